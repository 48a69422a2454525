//! `sensitivity.json`.

use super::Sensitivity;
use super::text::verdict;
use crate::experiment::sensitivity::{Question, Response};
use crate::report::json::{Head, InOrder, head, pretty};
use crate::report::sweep::{Found, found};
use crate::stats::Estimate;
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    verdict: String,
    measure: String,
    scale_load: bool,
    replications: u64,
    base: Found,
    one_at_a_time: Vec<Assumption<'a>>,
    all_together: Option<Together<'a>>,
}

#[derive(Serialize)]
struct Assumption<'a> {
    key: &'a str,
    swing: InOrder<f64>,
    clear: InOrder<bool>,
    high_less_low: InOrder<Option<Change>>,
    values: Vec<Value<'a>>,
}

#[derive(Serialize)]
struct Value<'a> {
    share: f64,
    assumed: InOrder<&'a str>,
    change: InOrder<Option<Change>>,
    #[serde(flatten)]
    found: Found,
}

#[derive(Serialize)]
struct Change {
    mean: f64,
    half_width: Option<f64>,
}

#[derive(Serialize)]
struct Together<'a> {
    points: usize,
    rank_correlations: InOrder<Vec<Correlation<'a>>>,
}

#[derive(Serialize)]
struct Correlation<'a> {
    key: &'a str,
    correlation: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    points: usize,
    chance: f64,
    clear: bool,
}

/// One JSON document:
///
/// ```text
/// scenario, title, source, fleetfall,
/// scenario_hash, with, set, seed,
/// partial                             as in the document of a run
/// verdict                             which of the unknowns decide, in sentences
/// measure, scale_load, replications   what was measured, and how
/// base            the scenario as it is: as a cell of a sweep
/// one_at_a_time   key; by outcome (the measure, outage_probability): swing of the mean over the
///                 range, clear (more than chance explains), high_less_low: mean and half_width
///                 (95 %) of the paired difference between the ends; values: share of the range
///                 below, assumed (key -> value), change against base by outcome, and all that a
///                 cell of a sweep has
/// all_together    null if it was stopped; points; rank_correlations: outcome -> key, correlation,
///                 its 95 % interval low and high, points that have the outcome, chance, clear
/// ```
pub fn json(report: &Sensitivity) -> String {
    let tornado = report.tornado;
    let (subjects, names) = ([report.subject], [report.name(Question::Measure)]);
    let value = |level: &'_ Response| found(&level.cell, &subjects, &names);
    let effects = tornado.effects.iter().enumerate().map(|(number, effect)| Assumption {
        key: report.key(number),
        swing: by_outcome(report, |question| effect.swing(question)),
        clear: by_outcome(report, |question| tornado.is_clear(number, question)),
        high_less_low: by_outcome(report, |question| change(effect.contrast[question as usize])),
        values: effect
            .levels
            .iter()
            .map(|level| Value {
                share: level.share,
                assumed: InOrder(
                    level.assumed.iter().map(|one| (one.key.clone(), one.value.as_str())).collect(),
                ),
                change: by_outcome(report, |question| change(level.change[question as usize])),
                found: value(level),
            })
            .collect(),
    });
    pretty(&Document {
        head: head(report.study, report.with, report.set, report.seed, report.partial),
        verdict: Question::ALL.map(|question| verdict(report, question)).join(" "),
        measure: report.name(Question::Measure),
        scale_load: report.scale_load,
        replications: report.replications,
        base: found(&tornado.base, &subjects, &names),
        one_at_a_time: effects.collect(),
        all_together: report.together.map(|together| Together {
            points: together.points.len(),
            rank_correlations: by_outcome(report, |question| correlations(report, question)),
        }),
    })
}

fn by_outcome<T>(report: &Sensitivity, of: impl Fn(Question) -> T) -> InOrder<T> {
    InOrder(Question::ALL.map(|question| (report.name(question), of(question))).into())
}

fn change(change: Option<Estimate>) -> Option<Change> {
    change.map(|change| Change { mean: change.mean, half_width: change.half_width })
}

fn correlations<'a>(report: &'a Sensitivity, question: Question) -> Vec<Correlation<'a>> {
    let all = (0..report.tornado.effects.len()).filter_map(|number| {
        let strength = report.strength(number, question)?;
        Some(Correlation {
            key: report.key(number),
            correlation: strength.correlation,
            low: strength.interval.map(|(low, _)| low),
            high: strength.interval.map(|(_, high)| high),
            points: strength.points,
            chance: strength.chance,
            clear: strength.is_clear(),
        })
    });
    all.collect()
}
