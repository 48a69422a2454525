//! A comparison: what each mitigation would have changed, and what it costs.

use super::documents::{Documents, Head, Unreadable};
use super::number::data;
use super::shell;
use crate::report::format::{self, number, percent, with_unit};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `compare.json`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Compare {
    #[serde(flatten)]
    pub(super) head: Head,
    pub(super) verdict: String,
    replications: u64,
    variants: Vec<Variant>,
    interactions: Vec<Pair>,
}

#[derive(Clone, Debug, Deserialize)]
struct Variant {
    names: Vec<String>,
    label: String,
    about: Vec<String>,
    verdict: Option<String>,
    outages: u64,
    outage_low: f64,
    outage_high: f64,
    downtime_given_outage_s: Option<f64>,
    node_hours: f64,
    quantities: BTreeMap<String, Paired>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Paired {
    mean: Option<f64>,
    difference: f64,
    low: f64,
    high: f64,
    better: u64,
    same: u64,
    worse: u64,
}

#[derive(Clone, Debug, Deserialize)]
struct Pair {
    names: Vec<String>,
    downtime_beyond_the_sum_s: Beyond,
    words: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Beyond {
    mean: f64,
    low: f64,
    high: f64,
}

/// The page of a comparison by itself.
pub(super) fn page(compare: &Compare, documents: &Documents) -> Result<String, Unreadable> {
    let body = html! {
        (shell::top(&compare.head, &compare.about(), &[&compare.verdict]))
        (section(compare, documents))
    };
    Ok(shell::document(&compare.head, "what would have helped", None, &body))
}

/// Its part of a page.
pub(super) fn section(compare: &Compare, documents: &Documents) -> Markup {
    html! {
        section {
            h2 { "What would have helped" }
            (forest(compare))
            (others(compare))
            (interactions(compare))
            @if let Some(svg) = documents.text("pareto.svg") {
                (shell::picture("pareto", "What it costs: node-hours against downtime",
                    "Nothing in the picture is better in both than what the line joins.", svg))
            }
            (abouts(compare))
        }
    }
}

impl Compare {
    fn about(&self) -> String {
        format!(
            "{} against the scenario as it stands, in {} from seed {}, the same customers for all.",
            format::plural(self.variants.len().saturating_sub(1) as u64, "variant"),
            format::plural(self.replications, "replication"),
            self.head.seed,
        )
    }
}

impl Variant {
    fn quantity(&self, name: &str) -> Option<&Paired> {
        self.quantities.get(name)
    }

    fn is_baseline(&self) -> bool {
        self.names.is_empty()
    }
}

/// `-47.1 min`; what rounds to nothing has no sign.
fn signed(value: f64, (unit, factor): (&str, f64)) -> String {
    let text = number((value / factor).abs());
    let sign = match value {
        _ if text == "0" => "",
        value if value < 0.0 => "-",
        _ => "+",
    };
    format!("{sign}{text} {unit}").trim_end().to_string()
}

/// Where a value stands between the ends of the axis, in percent.
fn place(value: f64, (low, high): (f64, f64)) -> f64 {
    let room = 0.04 * if high > low { high - low } else { 1.0 };
    100.0 * (value - low + room) / (high - low + 2.0 * room)
}

fn forest(compare: &Compare) -> Markup {
    let variants = compare.variants.iter().enumerate();
    let rows: Vec<(usize, &Variant, &Paired)> = variants
        .filter(|(_, variant)| !variant.is_baseline())
        .filter_map(|(place, one)| Some((place, one, one.quantity("downtime_s")?)))
        .collect();
    let low = rows.iter().fold(0.0_f64, |least, (.., paired)| least.min(paired.low));
    let high = rows.iter().fold(0.0_f64, |most, (.., paired)| most.max(paired.high));
    let scale = format::scale("s", low.abs().max(high.abs()));
    let shorter =
        rows.iter().filter(|(_, one, _)| one.verdict.as_deref() == Some("shorter")).count();
    html! {
        figure id="forest" {
            figcaption {
                h3 { (shorter) " of " (rows.len()) " shorten the downtime" }
                p {
                    "Difference in downtime against the scenario as it stands, paired replication \
                     by replication: mean and 95 % interval. The verdict holds for all of them \
                     together at 95 %."
                }
            }
            div.scroll tabindex="0" role="region" aria-label="Differences in downtime" {
                table.forest data-per=(scale.1) {
                    caption { "Differences in downtime, the shortest downtime first" }
                    thead { tr {
                        th scope="col" { "variant" }
                        th scope="col" { "difference" }
                        th scope="col" {
                            div.ends { span { (number(low / scale.1)) } " " (scale.0) " "
                                span { (number(high / scale.1)) } }
                        }
                        th scope="col" { "effect" }
                        th scope="col" { "shorter, same, longer" }
                    } }
                    tbody { @for row in &rows { (forest_row(*row, scale, (low, high))) } }
                }
            }
        }
    }
}

fn forest_row(
    (number, variant, paired): (usize, &Variant, &Paired),
    scale: (&'static str, f64),
    ends: (f64, f64),
) -> Markup {
    let Paired { difference, low, high, .. } = *paired;
    let left = place(low, ends);
    let (bar, dot) = (100.0 - place(high, ends), place(difference, ends));
    let interval = [low, high].map(|end| signed(end, ("", scale.1)));
    let from = format!("variants.{number}.quantities.downtime_s.difference");
    html! {
        tr data-low=(low) data-high=(high) data-mean=(difference) {
            th scope="row" { label { input.scripted type="checkbox" checked; (variant.label) } }
            td {
                (data(difference, &from, &signed(difference, scale)))
                " (" (interval[0]) " to " (interval[1]) ")"
            }
            td.plot { div.interval {
                span.zero style=(format!("left:{:.3}%", place(0.0, ends))) {}
                span.bar-of style=(format!("left:{left:.3}%;right:{bar:.3}%")) {}
                span.dot style=(format!("left:{dot:.3}%")) {}
            } }
            td { (shell::verdict(variant.verdict.as_deref().unwrap_or("undecided"))) }
            td { (paired.better) ", " (paired.same) ", " (paired.worse) }
        }
    }
}

/// The other quantities.
fn others(compare: &Compare) -> Markup {
    let base = compare.variants.iter().find(|variant| variant.is_baseline());
    let mean = |variant: &Variant, name: &str| variant.quantity(name).and_then(|one| one.mean);
    let row = |variant: &Variant| {
        let share = variant.outages as f64 / compare.replications.max(1) as f64;
        let time = |value: Option<f64>| value.map_or("-".to_string(), |one| with_unit("s", one));
        let plain = |value: Option<f64>| value.map_or("-".to_string(), number);
        let hours = match base {
            Some(base) if !variant.is_baseline() => {
                signed(variant.node_hours - base.node_hours, ("", 1.0))
            }
            _ => number(variant.node_hours),
        };
        let bounds = (percent(variant.outage_low), percent(variant.outage_high));
        vec![
            shell::cell(&variant.label),
            shell::cell(format!("{} ({} to {})", percent(share), bounds.0, bounds.1)),
            shell::cell(time(mean(variant, "downtime_s"))),
            shell::cell(time(variant.downtime_given_outage_s)),
            shell::cell(plain(mean(variant, "requests_failed").map(f64::round))),
            shell::cell(plain(mean(variant, "restarts"))),
            shell::cell(time(mean(variant, "time_to_recover_s"))),
            shell::cell(hours),
        ]
    };
    let rows: Vec<Vec<Markup>> = compare.variants.iter().map(row).collect();
    let head = [
        "variant",
        "outage",
        "downtime",
        "given an outage",
        "failed requests",
        "restarts",
        "recovers in",
        "node-hours",
    ];
    shell::table("Means over the replications", &head, &rows)
}

fn interactions(compare: &Compare) -> Markup {
    let row = |pair: &Pair| {
        let Beyond { mean, low, high } = pair.downtime_beyond_the_sum_s;
        let scale = format::scale("s", low.abs().max(high.abs()));
        let plain = ("", scale.1);
        vec![
            shell::cell(pair.names.join(" + ")),
            shell::cell(format!(
                "{} ({} to {})",
                signed(mean, scale),
                signed(low, plain),
                signed(high, plain)
            )),
            shell::cell(&pair.words),
        ]
    };
    let rows: Vec<Vec<Markup>> = compare.interactions.iter().map(row).collect();
    let caption =
        "Interactions: the downtime that two change together, less what each changes alone";
    let head = ["pair", "beyond the sum", "together"];
    html! { @if !rows.is_empty() { (shell::table(caption, &head, &rows)) } }
}

fn abouts(compare: &Compare) -> Markup {
    html! {
        details {
            summary { "What the variants are" }
            dl.abouts {
                @for variant in compare.variants.iter().filter(|one| one.names.len() == 1) {
                    dt { (variant.label) } dd { (shell::marked(&variant.about.join(" "))) }
                }
            }
        }
    }
}
