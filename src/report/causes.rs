//! What the causes of an incident contribute, for people and for machines.
//!
//! As JSON, after what every document begins with (see [`mod@super::json`]):
//!
//! ```text
//! verdict          what contributes the most, in a sentence
//! replications     how many
//! stopped          whether something ended it before: see `partial`
//! quantities       name (downtime_s, requests_failed) -> all, none, and causes: name -> share;
//!                  each with mean, low and high at 95 %; the shares sum to all less none
//! ```

use super::format::{self, Palette, count, percent, with_unit};
use super::human::{answer, head};
use super::json::{self, Head};
use super::{Partial, Screen};
use crate::experiment::causes::{Causes, SHARED_OUT};
use crate::experiment::compare::{CONFIDENCE, Quantity};
use crate::experiment::paired::Part;
use crate::scenario::Study;
use serde::Serialize;

/// Causes that the verdict names.
const NAMED: usize = 3;

/// Everything that the outputs of `causes` are made from.
#[derive(Clone, Copy, Debug)]
pub struct CausesReport<'a> {
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
    /// What came out.
    pub causes: &'a Causes,
}

/// A value of a quantity with its sign only where it is negative.
fn value(quantity: Quantity, value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    let size = value.abs();
    match quantity {
        Quantity::Downtime | Quantity::Recovery => sign.to_string() + &with_unit("s", size),
        Quantity::Failed | Quantity::Restarts | Quantity::OomKills | Quantity::LostAtOnce => {
            sign.to_string() + &count(size.round() as u64)
        }
    }
}

/// `23.5 min (22.1 min to 24.2 min), 50 %`.
fn cell(quantity: Quantity, part: &Part, total: f64) -> String {
    let (low, high) = part.interval(CONFIDENCE);
    let mut text = format!(
        "{} ({} to {})",
        value(quantity, part.mean()),
        value(quantity, low),
        value(quantity, high)
    );
    if total > 0.0 {
        text += &format!(", {}", percent((part.mean() / total).max(0.0)));
    }
    text
}

/// The causes, that with the greatest share of the downtime first.
fn order(causes: &Causes) -> Vec<usize> {
    let mut order: Vec<usize> = (0..causes.names.len()).collect();
    order.sort_by(|&one, &other| {
        causes.shares[0][other].mean().total_cmp(&causes.shares[0][one].mean())
    });
    order
}

/// What contributes the most to the downtime, in a sentence.
fn verdict(report: &CausesReport) -> String {
    let causes = report.causes;
    let [all, none] = &causes.all_and_none[0];
    let (all, none) = (all.mean(), none.mean());
    let minutes = |seconds: f64| value(Quantity::Downtime, seconds);
    if all - none <= 0.0 {
        let replications = format::plural(causes.replications, "replication");
        return format!(
            "The causes add no downtime: {} with all of them and {} without, in the mean of \
             {replications}.",
            minutes(all),
            minutes(none),
        );
    }
    let share = |number: usize| {
        let mean = causes.shares[0][number].mean();
        let part = percent((mean / (all - none)).max(0.0));
        format!("`{}` {} ({part})", causes.names[number], minutes(mean))
    };
    let order = order(causes);
    let named: Vec<String> = order.iter().take(NAMED).map(|&number| share(number)).collect();
    format!(
        "Of {} of downtime in the mean the causes contribute {}: {}{}; without all of them {} are \
         left.",
        minutes(all),
        minutes(all - none),
        named.join(", "),
        if order.len() > NAMED { ", the others less" } else { "" },
        minutes(none),
    )
}

/// The shares of the causes for people.
pub fn human(report: &CausesReport, screen: &Screen) -> String {
    let Palette { bold, dim, reset, .. } = screen.palette;
    let causes = report.causes;
    let replications = format::plural(causes.replications, "replication");
    let seeds = format!("seeds from {} on, the same for every subset", report.seed);
    let mut text = head(report.study, report.with, report.set, &seeds, report.partial, screen);
    text += &answer(&verdict(report), screen);
    text += "\n";
    text += &screen.remark(&format!(
        "What each cause contributes: every subset of {} is taken away, in {replications} under \
         common random numbers.",
        format::plural(causes.names.len() as u64, "cause"),
    ));
    let mut rows = vec![vec![String::new()]];
    rows[0].extend(["downtime", "failed requests"].map(str::to_string));
    let ends = |label: &str, which: usize| {
        let mut row = vec![label.to_string()];
        for (quantity, ends) in SHARED_OUT.into_iter().zip(&causes.all_and_none) {
            row.push(value(quantity, ends[which].mean()));
        }
        row
    };
    rows.push(ends("as it stands", 0));
    for number in order(causes) {
        let mut row = vec![format!("  {}", causes.names[number])];
        for (which, quantity) in SHARED_OUT.into_iter().enumerate() {
            let [all, none] = &causes.all_and_none[which];
            let total = all.mean() - none.mean();
            row.push(cell(quantity, &causes.shares[which][number], total));
        }
        rows.push(row);
    }
    rows.push(ends("without all of them", 1));
    text += &format!("\n{}", screen.table(&rows));
    text += dim;
    text += &screen.remark(
        "A cause gets the mean of what it adds over all orders in which the causes can come \
         together (Shapley's value). The shares sum to the difference between the first line and \
         the last; intervals at 95 %, percentages of that difference.",
    );
    text += reset;
    text += &format!("\n{bold}What is taken away{reset}\n");
    for (name, keys) in report.study.document.cause.iter() {
        let about = format::wrap(&keys.about, screen.text() - 10, "      ");
        text += &format!("  {}\n      {about}\n", name.as_str());
    }
    text
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    verdict: String,
    replications: u64,
    stopped: bool,
    quantities: std::collections::BTreeMap<&'static str, SharedOut<'a>>,
}

#[derive(Serialize)]
struct SharedOut<'a> {
    all: Figure,
    none: Figure,
    causes: std::collections::BTreeMap<&'a str, Figure>,
}

#[derive(Serialize)]
struct Figure {
    mean: f64,
    low: f64,
    high: f64,
}

impl Figure {
    fn of(part: &Part) -> Figure {
        let (low, high) = part.interval(CONFIDENCE);
        Figure { mean: part.mean(), low, high }
    }
}

/// The same as one JSON document.
pub fn json(report: &CausesReport) -> String {
    let causes = report.causes;
    let shared_out = |number: usize| SharedOut {
        all: Figure::of(&causes.all_and_none[number][0]),
        none: Figure::of(&causes.all_and_none[number][1]),
        causes: causes
            .names
            .iter()
            .zip(&causes.shares[number])
            .map(|(name, part)| (name.as_str(), Figure::of(part)))
            .collect(),
    };
    let document = Document {
        head: json::head(report.study, report.with, report.set, report.seed, report.partial),
        verdict: verdict(report),
        replications: causes.replications,
        stopped: causes.stopped,
        quantities: SHARED_OUT
            .into_iter()
            .enumerate()
            .map(|(number, quantity)| (quantity.name(), shared_out(number)))
            .collect(),
    };
    json::pretty(&document)
}
