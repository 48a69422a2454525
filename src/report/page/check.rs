//! A check: every claim with its verdict.

use super::documents::{Assumption, Expected, Head, Unreadable};
use super::sensitivity::assumptions;
use super::shell;
use crate::report::format::{number, plural};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `check.json`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Check {
    #[serde(flatten)]
    head: Head,
    verdict: String,
    advice: Vec<Advice>,
    #[serde(default)]
    replications: u64,
    #[serde(default)]
    expect: Vec<Expected>,
    counterfactuals: Vec<Counterfactual>,
    hypercube: Option<Hypercube>,
    #[serde(default)]
    assumptions: Vec<Assumption>,
}

#[derive(Clone, Debug, Deserialize)]
struct Advice {
    weight: String,
    found: String,
    remedy: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Counterfactual {
    name: String,
    about: String,
    replications: u64,
    expect: Vec<Expected>,
}

#[derive(Clone, Debug, Deserialize)]
struct Hypercube {
    points: u64,
    first_restarts: u64,
    collapsed_within_120_s: u64,
    collapsed_later: u64,
    not_collapsed: u64,
    expect: Vec<Expected>,
    correlations: BTreeMap<String, Option<f64>>,
}

/// The page.
pub(super) fn page(check: &Check) -> Result<String, Unreadable> {
    let about = format!("Decided over replications from seed {}.", check.head.seed);
    let own: Vec<&Expected> = check.expect.iter().collect();
    let body = html! {
        (shell::top(&check.head, &about, &[&check.verdict]))
        @if !own.is_empty() {
            section {
                h2 { "The scenario's own claims, " (plural(check.replications, "replication")) }
                (shell::claims("Claims of the scenario", &own))
            }
        }
        @for one in &check.counterfactuals { (counterfactual(one)) }
        @if let Some(hypercube) = &check.hypercube { (cube(hypercube)) }
        (assumptions(&check.assumptions, None))
        (advice(&check.advice))
    };
    Ok(shell::document(&check.head, "do its claims hold", None, &body))
}

fn counterfactual(one: &Counterfactual) -> Markup {
    let claims: Vec<&Expected> = one.expect.iter().collect();
    html! {
        section {
            h2 { "What if: " (one.name) ", " (plural(one.replications, "replication")) }
            p { (shell::marked(&one.about)) }
            (shell::claims(&format!("Claims of {}", one.name), &claims))
        }
    }
}

fn cube(hypercube: &Hypercube) -> Markup {
    let claims: Vec<&Expected> = hypercube.expect.iter().collect();
    let mut strengths: Vec<(&String, f64)> =
        hypercube.correlations.iter().filter_map(|(key, one)| Some((key, (*one)?))).collect();
    strengths.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
    let rows: Vec<Vec<Markup>> = strengths
        .iter()
        .map(|(key, one)| vec![html! { code { (key) } }, shell::cell(number(*one))])
        .collect();
    html! {
        section {
            h2 { "Over the ranges of the assumptions, " (plural(hypercube.points, "point")) }
            p {
                "Of " (hypercube.points) " points " (hypercube.first_restarts)
                " have a first restart; after it the fleet collapsed within 120 s in "
                (hypercube.collapsed_within_120_s) ", later in " (hypercube.collapsed_later)
                ", not in " (hypercube.not_collapsed) "."
            }
            (shell::claims("Claims over the ranges", &claims))
            (shell::table("Rank correlation with a collapse after a first restart",
                &["assumption", "correlation"], &rows))
        }
    }
}

fn advice(all: &[Advice]) -> Markup {
    html! {
        @if !all.is_empty() {
            section {
                h2 { "What arithmetic says before a simulation" }
                ul { @for one in all {
                    li {
                        strong { (one.weight) } ": "
                        (shell::marked(&one.found)) " " (shell::marked(&one.remedy))
                    }
                } }
            }
        }
    }
}
