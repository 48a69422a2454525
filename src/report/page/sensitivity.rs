//! Which of the unknowns decide.

use super::documents::{Assumption, Documents, Head, Measured, Unreadable};
use super::number::{measured, unit};
use super::shell;
use crate::report::claims::is_share;
use crate::report::format::{number, percent, plural, with_unit};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the probability of an outage is called.
const OUTAGE: &str = "outage_probability";

/// `sensitivity.json`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Sensitivity {
    #[serde(flatten)]
    pub(super) head: Head,
    pub(super) verdict: String,
    measure: String,
    replications: u64,
    base: Base,
    one_at_a_time: Vec<Moved>,
    all_together: Option<Together>,
}

#[derive(Clone, Debug, Deserialize)]
struct Base {
    measures: BTreeMap<String, Measured>,
}

#[derive(Clone, Debug, Deserialize)]
struct Moved {
    key: String,
    swing: BTreeMap<String, Option<f64>>,
    clear: BTreeMap<String, bool>,
    values: Vec<Value>,
}

#[derive(Clone, Debug, Deserialize)]
struct Value {
    assumed: BTreeMap<String, String>,
    measures: BTreeMap<String, Measured>,
}

#[derive(Clone, Debug, Deserialize)]
struct Together {
    points: u64,
    rank_correlations: BTreeMap<String, Vec<Correlation>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Correlation {
    key: String,
    correlation: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    clear: bool,
}

/// The page of a study of its own.
pub(super) fn page(study: &Sensitivity, documents: &Documents) -> Result<String, Unreadable> {
    let about = format!(
        "Every assumption over its range, one at a time in {} of each value, then all together; \
         from seed {}.",
        plural(study.replications, "replication"),
        study.head.seed,
    );
    let body = html! {
        (shell::top(&study.head, &about, &[&study.verdict]))
        section {
            h2 { "One at a time" }
            @if let Some(svg) = documents.text("tornado.svg") {
                (shell::picture("tornado", &study.title(), "Means over each range, and at both of \
                    its ends; * is more than chance explains.", svg))
            }
            (one_at_a_time(study))
        }
        (together(study))
    };
    Ok(shell::document(&study.head, "which of the unknowns decide", None, &body))
}

impl Sensitivity {
    /// How much moving an assumption over its range moves the measure, the widest first.
    fn widest(&self) -> Option<&Moved> {
        let swing = |moved: &&Moved| moved.swing.get(&self.measure).copied().flatten();
        let moved = self.one_at_a_time.iter().filter(|moved| swing(moved).is_some());
        moved.max_by(|one, other| swing(one).unwrap_or(0.0).total_cmp(&swing(other).unwrap_or(0.0)))
    }

    fn show(&self, value: f64) -> String {
        let found = self.base.measures.get(&self.measure);
        let unit = unit(found.map_or("1", |measured| &measured.unit));
        if is_share(&self.measure) { percent(value) } else { with_unit(unit, value) }
    }

    fn title(&self) -> String {
        let swing = |moved: &Moved| moved.swing.get(&self.measure).copied().flatten();
        match self.widest().and_then(|moved| Some((moved, swing(moved)?))) {
            Some((moved, swing)) if swing > 0.0 => {
                format!("{} moves {} the most: by {}", moved.key, self.measure, self.show(swing))
            }
            _ => format!("No assumption moves {}", self.measure),
        }
    }

    /// For the table of assumptions on another page: how much one matters, as text and as a share
    /// of the widest.
    fn matters(&self, key: &str) -> Option<(String, f64, bool)> {
        let moved = self.one_at_a_time.iter().find(|moved| moved.key == key)?;
        let swing = moved.swing.get(&self.measure).copied().flatten()?;
        let widest = self.widest()?.swing.get(&self.measure).copied().flatten()?;
        let share = if widest > 0.0 { swing / widest } else { 0.0 };
        let clear = [self.measure.as_str(), OUTAGE]
            .iter()
            .any(|name| moved.clear.get(*name).copied().unwrap_or(false));
        Some((self.show(swing), share, clear))
    }
}

fn one_at_a_time(study: &Sensitivity) -> Markup {
    let end = |value: Option<&Value>, key: &str| {
        let Some(value) = value else { return "-".to_string() };
        let assumed = value.assumed.get(key).map_or("", String::as_str).trim_matches('"');
        let found = value.measures.get(&study.measure);
        format!("{assumed}: {}", found.map_or("-".to_string(), |one| measured(&study.measure, one)))
    };
    let row = |moved: &Moved| {
        let swing = moved.swing.get(&study.measure).copied().flatten();
        let outage = moved.swing.get(OUTAGE).copied().flatten();
        let clear = |name: &str| if moved.clear.get(name) == Some(&true) { " *" } else { "" };
        let swing = swing.map_or("-".to_string(), |one| study.show(one));
        let outage = outage.map_or("-".to_string(), percent);
        vec![
            html! { code { (moved.key) } },
            shell::cell(end(moved.values.first(), &moved.key)),
            shell::cell(end(moved.values.last(), &moved.key)),
            shell::cell(format!("{swing}{}", clear(&study.measure))),
            shell::cell(format!("{outage}{}", clear(OUTAGE))),
        ]
    };
    let mut moved: Vec<&Moved> = study.one_at_a_time.iter().collect();
    let swing = |one: &Moved| one.swing.get(&study.measure).copied().flatten().unwrap_or(0.0);
    moved.sort_by(|one, other| swing(other).total_cmp(&swing(one)));
    let rows: Vec<Vec<Markup>> = moved.into_iter().map(row).collect();
    let moves = format!("moves {}", study.measure);
    let head = ["assumption", "low end", "high end", moves.as_str(), "moves outages"];
    shell::table("What each changes by itself; * is more than chance explains", &head, &rows)
}

fn together(study: &Sensitivity) -> Markup {
    let Some(together) = &study.all_together else { return html! {} };
    html! {
        section {
            h2 { "All together, " (plural(together.points, "point")) }
            @for (name, correlations) in &together.rank_correlations {
                @if correlations.iter().any(|one| one.correlation.is_some()) {
                    (table(name, correlations))
                } @else {
                    p { code { (name) } " is the same at all points." }
                }
            }
        }
    }
}

fn table(name: &str, correlations: &[Correlation]) -> Markup {
    let row = |one: &Correlation| {
        let bounds = match (one.low, one.high) {
            (Some(low), Some(high)) => format!("{} to {}", number(low), number(high)),
            _ => String::new(),
        };
        let star = if one.clear { " *" } else { "" };
        let value = one.correlation.map_or("-".to_string(), number);
        vec![html! { code { (one.key) } }, shell::cell(value + star), shell::cell(bounds)]
    };
    let rows: Vec<Vec<Markup>> = correlations.iter().map(row).collect();
    let caption = format!("Rank correlation with {name}; * is more than chance explains");
    shell::table(&caption, &["assumption", "correlation", "95 %"], &rows)
}

/// Assumptions with their ranges, and where a study of them is at hand how much each matters.
pub(super) fn assumptions(all: &[Assumption], study: Option<&Sensitivity>) -> Markup {
    if all.is_empty() {
        return html! {};
    }
    let row = |one: &Assumption| {
        let mut row = vec![
            html! { code { (one.key) } },
            shell::cell(one.value.as_deref().unwrap_or("")),
            shell::cell(format!("{} to {}", one.low, one.high)),
        ];
        if let Some(study) = study {
            row.push(matters(study.matters(&one.key)));
        }
        row.push(shell::cell(&one.why));
        row
    };
    let rows: Vec<Vec<Markup>> = all.iter().map(row).collect();
    let mut head = vec!["key", "here", "range"];
    let moves = study.map(|study| format!("moves {} by", study.measure));
    head.extend(moves.as_deref());
    head.push("why");
    html! {
        section {
            h2 { "What nobody knows" }
            @if let Some(study) = study { p { (shell::marked(&study.verdict)) } }
            (shell::table("Assumptions with their ranges", &head, &rows))
        }
    }
}

fn matters(found: Option<(String, f64, bool)>) -> Markup {
    let Some((text, share, clear)) = found else { return shell::cell("-") };
    html! {
        (text) @if clear { " *" }
        div.swing style=(format!("width:{:.1}%", 100.0 * share)) {}
    }
}
