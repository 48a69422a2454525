//! What each cause contributes, as bars that add up.

use super::documents::{Head, Unreadable};
use super::shell;
use crate::report::figures::words;
use crate::report::format::{count, percent, plural, with_unit};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `causes.json`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Causes {
    #[serde(flatten)]
    head: Head,
    verdict: String,
    replications: u64,
    quantities: BTreeMap<String, SharedOut>,
}

#[derive(Clone, Debug, Deserialize)]
struct SharedOut {
    all: Figure,
    none: Figure,
    causes: BTreeMap<String, Figure>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Figure {
    mean: f64,
    low: f64,
    high: f64,
}

/// The page.
pub(super) fn page(causes: &Causes) -> Result<String, Unreadable> {
    let about = format!(
        "Shapley values over {} from seed {}, each of every subset of the causes.",
        plural(causes.replications, "replication"),
        causes.head.seed,
    );
    let body = html! {
        (shell::top(&causes.head, &about, &[&causes.verdict]))
        @for (name, shared) in &causes.quantities {
            section { h2 { (words(name)) } (bar(name, shared)) (table(name, shared)) }
        }
    };
    Ok(shell::document(&causes.head, "what each cause contributes", None, &body))
}

fn value(name: &str, value: f64) -> String {
    if name.ends_with("_s") { with_unit("s", value) } else { count(value.max(0.0).round() as u64) }
}

/// The part of what all causes add that a cause has; none of what takes away.
fn share(shared: &SharedOut, cause: &Figure) -> f64 {
    let whole = shared.all.mean - shared.none.mean;
    if whole > 0.0 { cause.mean / whole } else { 0.0 }
}

fn bar(name: &str, shared: &SharedOut) -> Markup {
    let parts: Vec<(usize, &String, f64)> = shared
        .causes
        .iter()
        .enumerate()
        .map(|(place, (cause, figure))| (place % 7, cause, share(shared, figure)))
        .collect();
    let spoken: Vec<String> =
        parts.iter().map(|(_, cause, share)| format!("{cause} {}", percent(*share))).collect();
    html! {
        figure {
            figcaption {
                h3 { "The causes add " (value(name, shared.all.mean - shared.none.mean)) }
                p { "Without any of them there are " (value(name, shared.none.mean)) "." }
            }
            div.bar role="img" aria-label=(spoken.join(", ")) {
                @for (place, cause, share) in &parts {
                    @if *share > 0.0 {
                        span.(format!("phase-{place}")) style=(format!("flex-grow:{share:.6}"))
                            title=(format!("{cause}: {}", percent(*share))) {
                            @if *share > 0.07 { (cause) }
                        }
                    }
                }
            }
        }
    }
}

fn table(name: &str, shared: &SharedOut) -> Markup {
    let row = |(place, (cause, figure)): (usize, (&String, &Figure))| {
        let Figure { mean, low, high } = *figure;
        vec![
            html! { span.key.(format!("phase-{}", place % 7)) {} (cause) },
            shell::cell(with_sign(name, mean)),
            shell::cell(format!("{} to {}", with_sign(name, low), with_sign(name, high))),
            shell::cell(percent(share(shared, figure))),
        ]
    };
    let rows: Vec<Vec<Markup>> = shared.causes.iter().enumerate().map(row).collect();
    let caption = format!("What each cause contributes to {}", words(name));
    shell::table(&caption, &["cause", "mean", "95 %", "share"], &rows)
}

fn with_sign(name: &str, number: f64) -> String {
    let sign = if number < 0.0 { "-" } else { "" };
    format!("{sign}{}", value(name, number.abs()))
}
