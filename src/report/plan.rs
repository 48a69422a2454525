//! Answers to questions of capacity, for people and for machines.
//!
//! As JSON, after `scenario`, `scenario_hash`, `with`, `set` and `seed`:
//!
//! ```text
//! key              the key whose values were tried
//! outage_at_most   the probability of an outage that was asked for; confidence of all verdicts
//! growth           the factor on the load
//! answer           the value that answers the question; null if none does
//! threshold        false if a value beyond the answer fails
//! stopped          whether somebody stopped it before
//! replications     spent in all
//! values           value, replications, outages, outage_low, outage_high (at 95 %), answer:
//!                  holds, fails, open
//! ```

use super::figures::table;
use super::format::{self, Palette, number, percent, plural};
use super::human::head;
use super::scenario_hash;
use crate::experiment::plan::{Answer, Found, Question, Tried, fewest_to_hold};
use crate::scenario::Study;
use crate::stats::share_bounds;
use serde::Serialize;

/// Everything that the outputs of `plan` are made from.
#[derive(Clone, Copy, Debug)]
pub struct PlanReport<'a> {
    /// The scenario and what its file says.
    pub study: &'a Study,
    /// Seed of the first replication.
    pub seed: u64,
    /// Names of the patches applied.
    pub with: &'a [String],
    /// Assignments applied.
    pub set: &'a [String],
    /// The key.
    pub key: &'a str,
    /// Its values, in the order in which an answer was sought.
    pub values: &'a [String],
    /// Whether the greatest value was sought instead of the least.
    pub greatest: bool,
    /// The factor on the load.
    pub growth: f64,
    /// What was asked.
    pub question: Question,
    /// What was found.
    pub found: &'a Found,
}

fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Holds => "holds",
        Answer::Fails => "fails",
        Answer::Open => "open",
    }
}

fn bounds(tried: &Tried) -> (f64, f64) {
    share_bounds(tried.outages, tried.replications, 0.95)
}

/// The answer and its evidence for people.
pub fn human(report: &PlanReport, palette: &Palette) -> String {
    let Palette { bold, dim, reset, .. } = palette;
    let paragraph = |words: &str| format!("  {}\n", format::wrap(words, 96, "  "));
    let seeds = format!("seeds from {} on, the same for every value", report.seed);
    let mut text = head(report.study, report.with, report.set, &seeds, palette);
    text += &format!("\n{bold}Answer{reset}\n{}", paragraph(&answer(report)));
    let found = report.found;
    if found.is_broken() {
        text += &paragraph(&format!("It is no threshold: {}.", stretches(report)));
    }
    let open = found.tried.iter().filter(|tried| tried.answer == Answer::Open).count();
    if found.answer.is_none() && open > 0 {
        let needed = fewest_to_hold(report.values.len(), report.question);
        text += &paragraph(&if needed > report.question.ceiling {
            format!(
                "No value can hold within {}: even without an outage that is too few for {} with \
                 {} confidence. Raise `--replications`.",
                plural(report.question.ceiling, "replication"),
                percent(report.question.at_most),
                percent(report.question.confidence),
            )
        } else {
            format!("{} open after {} each.", plural(open as u64, "value is"), {
                plural(report.question.ceiling, "replication")
            })
        });
    }
    text += &format!("\n{bold}Evidence{reset}\n{}", table(&rows(report)));
    text += dim;
    text += &paragraph(&format!(
        "{} in all, the same seeds for every value. Bounds at 95 % each; the verdicts are right \
         together with {} confidence. Values beyond the answer were only scanned.",
        plural(found.spent(), "replication"),
        percent(report.question.confidence),
    ));
    text + reset
}

fn answer(report: &PlanReport) -> String {
    let asked = format!(
        "an outage happens with a probability of at most {}",
        percent(report.question.at_most)
    );
    let load = if (report.growth - 1.0).abs() > f64::EPSILON {
        format!(", with {} times the load", number(report.growth))
    } else {
        String::new()
    };
    let end = if report.greatest { "greatest" } else { "least" };
    let key = report.key;
    match report.found.answer {
        Some(answer) => format!(
            "{key} = {}: the {end} of {} with which {asked}{load}.",
            report.values[answer],
            plural(report.values.len() as u64, "value"),
        ),
        None if report.found.stopped => format!("None yet: stopped before {key} was decided."),
        None => {
            let values = plural(report.values.len() as u64, "value");
            format!("None of {values} of {key} is shown to be such that {asked}{load}.")
        }
    }
}

/// `1 to 8 fail, 9 holds, 10 is open`.
fn stretches(report: &PlanReport) -> String {
    let mut parts: Vec<(Answer, &str, &str)> = Vec::new();
    for (value, tried) in report.values.iter().zip(&report.found.tried) {
        match parts.last_mut() {
            Some((answer, _, last)) if *answer == tried.answer => *last = value,
            _ => parts.push((tried.answer, value, value)),
        }
    }
    let part = |(answer, first, last): &(Answer, &str, &str)| {
        let range = if first == last { (*first).to_string() } else { format!("{first} to {last}") };
        format!("{range} {}", word(*answer))
    };
    parts.iter().map(part).collect::<Vec<String>>().join(", ")
}

fn rows(report: &PlanReport) -> Vec<Vec<String>> {
    let mut rows =
        vec![[report.key, "replications", "outages", "probability", ""].map(str::to_string)];
    for (value, tried) in report.values.iter().zip(&report.found.tried) {
        let (low, high) = bounds(tried);
        rows.push([
            value.clone(),
            tried.replications.to_string(),
            tried.outages.to_string(),
            if tried.replications == 0 {
                "-".to_string()
            } else {
                format!("{} to {}", percent(low), percent(high))
            },
            word(tried.answer).to_string(),
        ]);
    }
    rows.into_iter().map(Vec::from).collect()
}

#[derive(Serialize)]
struct Document<'a> {
    scenario: &'a str,
    scenario_hash: String,
    with: &'a [String],
    set: &'a [String],
    seed: u64,
    key: &'a str,
    outage_at_most: f64,
    confidence: f64,
    growth: f64,
    answer: Option<&'a str>,
    threshold: bool,
    stopped: bool,
    replications: u64,
    values: Vec<Value<'a>>,
}

#[derive(Serialize)]
struct Value<'a> {
    value: &'a str,
    replications: u64,
    outages: u64,
    outage_low: f64,
    outage_high: f64,
    answer: &'static str,
}

/// The same as one JSON document.
pub fn json(report: &PlanReport) -> String {
    let found = report.found;
    let value = |(value, tried): (&'_ String, &Tried)| {
        let (outage_low, outage_high) = bounds(tried);
        (value.clone(), *tried, outage_low, outage_high)
    };
    let all: Vec<_> = report.values.iter().zip(&found.tried).map(value).collect();
    let document = Document {
        scenario: &report.study.scenario.name,
        scenario_hash: scenario_hash(report.study),
        with: report.with,
        set: report.set,
        seed: report.seed,
        key: report.key,
        outage_at_most: report.question.at_most,
        confidence: report.question.confidence,
        growth: report.growth,
        answer: found.answer.map(|answer| report.values[answer].as_str()),
        threshold: !found.is_broken(),
        stopped: found.stopped,
        replications: found.spent(),
        values: all
            .iter()
            .map(|(value, tried, outage_low, outage_high)| Value {
                value,
                replications: tried.replications,
                outages: tried.outages,
                outage_low: *outage_low,
                outage_high: *outage_high,
                answer: word(tried.answer),
            })
            .collect(),
    };
    let text = serde_json::to_string_pretty(&document).expect("numbers and texts have a JSON form");
    text + "\n"
}
