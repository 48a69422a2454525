//! When the downtime happened, as one bar that adds up.

use super::documents::Summary;
use super::number;
use super::shell;
use crate::report::format::percent;
use crate::report::phases::PHASES;
use crate::scenario::measure::Measure;
use maud::{Markup, html};

/// The bar and its table; nothing where there was no outage.
pub(super) fn section(summary: &Summary) -> Markup {
    let mean = |measure: Measure| {
        summary.measures.get(measure.name()).and_then(|one| one.mean).unwrap_or(0.0)
    };
    let (all, failed) = (mean(Measure::Downtime), mean(Measure::RequestsFailed));
    if all <= 0.0 {
        return html! {};
    }
    let parts: Vec<(&str, usize, f64)> = PHASES
        .iter()
        .enumerate()
        .filter_map(|(place, (name, down, _))| Some((*name, place, mean((*down)?) / all)))
        .collect();
    let largest = parts.iter().copied().max_by(|one, other| one.2.total_cmp(&other.2));
    let (name, _, share) = largest.unwrap_or_default();
    let title = format!("{} of the downtime is {name}", percent(share));
    html! {
        section {
            h2 { "Where the time went" }
            figure id="phases" {
                figcaption { h3 { (title) } p { "The parts add up to the downtime." } }
                div.bar role="img" aria-label=(spoken(&parts)) {
                    @for (name, place, share) in &parts {
                        @if *share > 0.0 {
                            span.(format!("phase-{place}")) style=(format!("flex-grow:{share:.6}"))
                                title=(format!("{name}: {}", percent(*share))) {
                                @if *share > 0.07 { (name) }
                            }
                        }
                    }
                }
            }
            (table(summary, all, failed))
        }
    }
}

fn spoken(parts: &[(&str, usize, f64)]) -> String {
    let parts = parts.iter().filter(|(_, _, share)| *share > 0.0);
    let parts: Vec<String> =
        parts.map(|(name, _, share)| format!("{name} {}", percent(*share))).collect();
    parts.join(", ")
}

fn table(summary: &Summary, all: f64, failed: f64) -> Markup {
    let value = |measure| number::measure(summary, measure).unwrap_or_else(|| shell::cell("-"));
    let share = |measure: Measure, whole: f64| {
        let mean = summary.measures.get(measure.name()).and_then(|one| one.mean);
        shell::cell(mean.filter(|_| whole > 0.0).map_or(String::new(), |one| percent(one / whole)))
    };
    let mut rows: Vec<Vec<Markup>> = PHASES
        .iter()
        .enumerate()
        .map(|(place, (name, down, fail))| {
            vec![
                html! {
                    span.key.(format!("phase-{place}")) {} (name)
                    small { (down.unwrap_or(*fail).about()) }
                },
                down.map_or(shell::cell("-"), value),
                down.map_or(shell::cell(""), |down| share(down, all)),
                value(*fail),
                share(*fail, failed),
            ]
        })
        .collect();
    let whole = [Measure::Downtime, Measure::RequestsFailed].map(value);
    let [down, fail] = whole;
    rows.push(vec![shell::cell("all"), down, shell::cell(""), fail, shell::cell("")]);
    let head = ["phase", "downtime", "of it", "failed requests", "of them"];
    shell::table("Downtime and failed requests by phase", &head, &rows)
}
