//! Answers to questions of capacity, for people and for machines.
//!
//! As JSON, beside what every document has (see [`mod@super::json`]):
//!
//! ```text
//! verdict          the answer in sentences
//! question         outage, recovery or losses
//! outage_at_most   the probability of an outage, or of not coming back, that was asked for;
//!                  confidence of all verdicts together
//! growth           the factor on the load
//! stopped          whether something ended it before: see `partial`
//! replications     spent in all
//! ```
//!
//! A search is an object with
//!
//! ```text
//! answer           the value that answers the question; null if none does
//! threshold        false if a value beyond the answer fails
//! values           value, replications, failures, failure_low, failure_high (at 95 %), answer:
//!                  holds, fails, open
//! ```
//!
//! `outage` has `key` and the fields of its search. `recovery` has `key`, `within_s`, `release`,
//! `loads` (value, `requests_per_s`, `nodes`) and two searches: `bears` fails if an outage goes on
//! under constant load alone, `recovers` if the fleet has not come back from a crash of all its
//! processes by then.
//! `losses` has `within_s`, `release` and `hours`: `hour` of the local day, `requests_per_s`,
//! `nodes`, and a search whose values are nodes lost for good at once.

mod evidence;
mod losses;
mod outage;
mod recovery;

use super::format::{self, Palette, number, percent, plural};
use super::human::head;
use super::json::{head as document_head, pretty};
use super::{Partial, Screen};
use crate::experiment::plan::{Found, Question};
use crate::kernel::time::Duration;
use crate::scenario::Study;
use serde_json::{Map, Value, json};

/// What was asked, of what.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The scenario and what its file says.
    pub study: &'a Study,
    /// Seed of the first replication.
    pub seed: u64,
    /// Names of the patches applied.
    pub with: &'a [String],
    /// Assignments applied.
    pub set: &'a [String],
    /// What ended it before everything was done, if something did.
    pub partial: Option<&'a Partial>,
    /// The factor on the load.
    pub growth: f64,
    /// The probabilities and limits of the whole question.
    pub question: Question,
}

/// Values of a key, in the order in which an answer is sought.
#[derive(Clone, Debug)]
pub struct Levels {
    /// The key.
    pub key: String,
    /// Its values.
    pub values: Vec<String>,
    /// Whether the greatest value was sought instead of the least.
    pub greatest: bool,
}

/// A constant load on a fleet.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Requests per second.
    pub rate: f64,
    /// Nodes.
    pub nodes: u32,
}

/// What trials have in common.
#[derive(Clone, Debug)]
pub struct Held {
    /// How long the fleet has to come back.
    pub within: Duration,
    /// The release on every node; the first, taken to be valid, without one.
    pub release: Option<String>,
}

/// An hour of the local day.
#[derive(Clone, Copy, Debug)]
pub struct Hour {
    /// From 0 to 23.
    pub hour: u8,
    /// Requests per second at its busiest moment.
    pub rate: f64,
    /// Nodes that exist then.
    pub nodes: u32,
    /// Which search is about its load.
    pub search: usize,
}

/// A search over nodes lost at once.
#[derive(Clone, Debug)]
pub struct Search {
    /// How many are lost, in the order in which an answer was sought: most first.
    pub losses: Vec<u32>,
    /// What was found.
    pub found: Found,
}

/// What came out.
#[derive(Clone, Debug)]
pub enum Reply {
    /// With which value an outage is rare enough.
    Outage {
        /// What was tried.
        levels: Levels,
        /// What was found.
        found: Found,
    },
    /// Which load the fleet bears, and from which it comes back.
    Recovery {
        /// What was tried.
        levels: Levels,
        /// The load of every level.
        loads: Vec<Load>,
        /// What the trials have in common.
        held: Held,
        /// Where the fleet serves on.
        bears: Found,
        /// Where the fleet comes back.
        recovers: Found,
    },
    /// How many nodes may be lost.
    Losses {
        /// Every hour of the day.
        hours: Vec<Hour>,
        /// What the trials have in common.
        held: Held,
        /// Searches; hours with the same load share one.
        searches: Vec<Search>,
    },
}

impl Reply {
    fn found(&self) -> Vec<&Found> {
        match self {
            Reply::Outage { found, .. } => vec![found],
            Reply::Recovery { bears, recovers, .. } => vec![bears, recovers],
            Reply::Losses { searches, .. } => searches.iter().map(|one| &one.found).collect(),
        }
    }

    /// Whether somebody stopped it.
    pub fn was_stopped(&self) -> bool {
        self.found().iter().any(|found| found.stopped)
    }

    /// Replications spent.
    pub fn spent(&self) -> u64 {
        self.found().iter().map(|found| found.spent()).sum()
    }
}

/// Everything that the outputs of `plan` are made from.
#[derive(Clone, Copy, Debug)]
pub struct PlanReport<'a> {
    /// What was asked.
    pub asked: Asked<'a>,
    /// What came out.
    pub reply: &'a Reply,
}

/// The answer and its evidence for people.
pub fn human(report: &PlanReport, screen: &Screen) -> String {
    let Palette { bold, dim, reset, .. } = screen.palette;
    let asked = report.asked;
    let seeds = format!("seeds from {} on, the same for every value", asked.seed);
    let mut text = head(asked.study, asked.with, asked.set, &seeds, asked.partial, screen);
    let (answer, evidence) = match report.reply {
        Reply::Outage { levels, found } => outage::human(&asked, levels, found, screen),
        Reply::Recovery { levels, loads, held, bears, recovers } => {
            recovery::human(&asked, levels, loads, held, [bears, recovers], screen)
        }
        Reply::Losses { hours, held, searches } => {
            losses::human(&asked, hours, held, searches, screen)
        }
    };
    text += &format!("\n{bold}Answer{reset}\n{answer}");
    text += &format!("\n{bold}Evidence{reset}\n{evidence}");
    text += dim;
    text += &screen.remark(&format!(
        "{} in all, the same seeds for every value. Bounds at 95 % each; the verdicts are right \
         together with {} confidence. Values beyond an answer were only scanned.",
        plural(report.reply.spent(), "replication"),
        percent(asked.question.confidence),
    ));
    text + reset
}

/// The answer in a few words, for the title of a picture.
#[cfg(feature = "plots")]
pub(super) fn short(report: &PlanReport) -> String {
    let value = |levels: &Levels, found: &Found, words: &str| {
        let answer = found.answer.map(|answer| format!("{words} {}", levels.values[answer]));
        answer.unwrap_or_else(|| "with no value that was tried".to_string())
    };
    let most = percent(report.asked.question.at_most);
    match report.reply {
        Reply::Outage { levels, found: Found { answer: None, .. } } => {
            format!("No value of {} is shown to keep an outage to {most} or less", levels.key)
        }
        Reply::Outage { levels, found } => format!(
            "An outage has a probability of at most {most} {}",
            value(levels, found, &format!("with {} =", levels.key)),
        ),
        Reply::Recovery { levels, bears, recovers, .. } => {
            let end = if levels.greatest { "up to" } else { "from" };
            format!(
                "By {}: the fleet bears the load {}, and comes back from a crash {}",
                levels.key,
                value(levels, bears, end),
                value(levels, recovers, end),
            )
        }
        Reply::Losses { hours, searches, .. } => losses::short(hours, searches),
    }
}

/// The answer in sentences.
fn verdict(report: &PlanReport) -> String {
    let asked = &report.asked;
    match report.reply {
        Reply::Outage { levels, found } => outage::answer(asked, levels, found),
        Reply::Recovery { levels, loads, bears, recovers, .. } => {
            recovery::answers(asked, levels, loads, [bears, recovers]).join(" ")
        }
        Reply::Losses { hours, searches, .. } => losses::answer(asked, hours, searches),
    }
}

/// `, with 1.5 times the load`, if it has grown.
fn grown(growth: f64) -> String {
    if (growth - 1.0).abs() > f64::EPSILON {
        format!(", with {} times the load", number(growth))
    } else {
        String::new()
    }
}

/// What every trial does before its fault, in a sentence.
fn conditions(held: &Held) -> String {
    let release = match &held.release {
        Some(name) => format!("with release `{name}`"),
        None => "with a valid configuration".to_string(),
    };
    format!(
        "The load is constant, nobody deploys or repairs, and the nodes run {release}. Whether the \
         fleet serves, so that at least 95 % of the requests succeed, is looked at {} after what \
         befalls it.",
        format::length(held.within)
    )
}

/// The same as one JSON document.
pub fn json(report: &PlanReport) -> String {
    let asked = report.asked;
    let (question, own) = match report.reply {
        Reply::Outage { levels, found } => ("outage", outage::json(levels, found)),
        Reply::Recovery { levels, loads, held, bears, recovers } => {
            ("recovery", recovery::json(levels, loads, held, [bears, recovers]))
        }
        Reply::Losses { hours, held, searches } => ("losses", losses::json(hours, held, searches)),
    };
    let head = document_head(asked.study, asked.with, asked.set, asked.seed, asked.partial);
    let head = serde_json::to_value(head).expect("names and numbers have a JSON form");
    let mut document = object(head);
    document.extend(object(json!({
        "verdict": verdict(report),
        "question": question,
        "outage_at_most": asked.question.at_most,
        "confidence": asked.question.confidence,
        "growth": asked.growth,
        "stopped": report.reply.was_stopped(),
        "replications": report.reply.spent(),
    })));
    document.extend(own);
    pretty(&document)
}

/// The fields of what `json!` has made in braces.
fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(fields) = value { fields } else { Map::new() }
}
