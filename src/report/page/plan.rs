//! An answer to a question of capacity, and the evidence for it.

use super::documents::{Documents, Head, Unreadable};
use super::shell;
use crate::report::format::{number, percent, plural};
use maud::{Markup, html};
use serde::Deserialize;

/// `plan.json`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Plan {
    #[serde(flatten)]
    head: Head,
    verdict: String,
    question: String,
    outage_at_most: f64,
    confidence: f64,
    replications: u64,
    key: Option<String>,
    /// Of a question with one search.
    values: Option<Vec<Tried>>,
    loads: Option<Vec<Load>>,
    bears: Option<Search>,
    recovers: Option<Search>,
    hours: Option<Vec<Hour>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Search {
    values: Vec<Tried>,
}

#[derive(Clone, Debug, Deserialize)]
struct Tried {
    value: String,
    replications: u64,
    failures: u64,
    failure_low: f64,
    failure_high: f64,
    answer: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Load {
    value: String,
    requests_per_s: f64,
}

#[derive(Clone, Debug, Deserialize)]
struct Hour {
    hour: u64,
    requests_per_s: f64,
    nodes: u64,
    answer: Option<String>,
    values: Vec<Tried>,
}

/// The page.
pub(super) fn page(plan: &Plan, documents: &Documents) -> Result<String, Unreadable> {
    let about = format!(
        "A probability of at most {}, with {} confidence for the whole search; {} from seed {}.",
        percent(plan.outage_at_most),
        percent(plan.confidence),
        plural(plan.replications, "replication"),
        plan.head.seed,
    );
    let (title, below) = match plan.question.as_str() {
        "losses" => ("How many nodes may be lost, hour by hour", "Lost for good and at once."),
        "recovery" => (
            "Under which load it serves, and from which it comes back",
            "Left to itself \
            under constant load.",
        ),
        _ => (
            "How likely an outage is, value by value",
            "With bounds at 95 %; the line is what \
            was asked for.",
        ),
    };
    let body = html! {
        (shell::top(&plan.head, &about, &[&plan.verdict]))
        section {
            h2 { "The answer and what lies behind it" }
            @if let Some(svg) = documents.text("plan.svg") {
                (shell::picture("plan", title, below, svg))
            }
            (evidence(plan))
        }
    };
    Ok(shell::document(&plan.head, "how much is enough", None, &body))
}

fn evidence(plan: &Plan) -> Markup {
    let key = plan.key.as_deref().unwrap_or("value");
    html! {
        @if let Some(hours) = &plan.hours { (by_hour(hours)) }
        @else {
            @if let Some(values) = &plan.values {
                (tried("Values that were tried", key, values, None))
            }
            @for (caption, search) in [
                ("Does it bear the load?", &plan.bears),
                ("Does it come back after all processes were killed?", &plan.recovers),
            ] {
                @if let Some(search) = search {
                    (tried(caption, key, &search.values, plan.loads.as_deref()))
                }
            }
        }
    }
}

fn tried(caption: &str, key: &str, values: &[Tried], loads: Option<&[Load]>) -> Markup {
    let row = |one: &Tried| {
        let mut row = vec![shell::cell(one.value.trim_matches('"'))];
        if let Some(loads) = loads {
            let load = loads.iter().find(|load| load.value == one.value);
            row.push(shell::cell(load.map_or(String::new(), |load| number(load.requests_per_s))));
        }
        row.extend([
            shell::cell(format!("{} of {}", one.failures, one.replications)),
            shell::cell(probability(one)),
            html! { span.tag.(one.answer) { (one.answer) } },
        ]);
        row
    };
    // What was never tried says nothing.
    let values = values.iter().filter(|one| one.replications > 0);
    let rows: Vec<Vec<Markup>> = values.map(row).collect();
    let mut head = vec![key];
    head.extend(loads.map(|_| "requests/s"));
    head.extend(["fails", "probability (95 %)", "verdict"]);
    shell::table(caption, &head, &rows)
}

fn probability(one: &Tried) -> String {
    format!("{} to {}", percent(one.failure_low), percent(one.failure_high))
}

fn by_hour(hours: &[Hour]) -> Markup {
    let row = |hour: &Hour| {
        let verdict = hour.answer.as_deref().map_or("none".to_string(), |lost| format!("N+{lost}"));
        let tried: Vec<String> = hour
            .values
            .iter()
            .filter(|one| one.replications > 0)
            .map(|one| {
                format!("{} lost: down in {} of {}", one.value, one.failures, one.replications)
            })
            .collect();
        vec![
            shell::cell(format!("{:02}:00", hour.hour)),
            shell::cell(number(hour.requests_per_s)),
            shell::cell(hour.nodes.to_string()),
            shell::cell(verdict),
            shell::cell(tried.join("; ")),
        ]
    };
    let rows: Vec<Vec<Markup>> = hours.iter().map(row).collect();
    let head = ["hour", "requests/s", "nodes", "verdict", "evidence"];
    shell::table("Nodes that may be lost at the busiest moment of each hour", &head, &rows)
}
