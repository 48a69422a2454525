//! The report as one JSON document.
//!
//! ```text
//! scenario, scenario_hash   its name, and a hash of the file with every default filled in
//! with, set                 the patches and assignments applied
//! seed, replications        the first seed; how many replications there are
//! replications_planned      how many were asked for; more only if somebody stopped them
//! digest                    of all replications in order
//! measures                  name -> unit, mean, half_width (at 95 %), p05, p50, p95
//! intervals                 the same for `INTERVAL.measure`
//! milestones                name -> share of replications, p05, p50, p95 as RFC 3339 times in UTC
//! expect                    claim, published, observed, verdict: pass, fail, undecided,
//!                           not_judged; held (replications within the bounds) of replications
//! counterfactuals           only from `check`: name, about, replications, expect
//! ```
//!
//! What a result does not have is `null`.

use super::{Report, claims, format};
use crate::experiment::Judgement;
use crate::experiment::summary::{Figure, Moment};
use crate::scenario::Scenario;
use crate::scenario::measure::{IntervalMeasure, Measure, Milestone};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

#[derive(Serialize)]
struct Document<'a> {
    scenario: &'a str,
    scenario_hash: String,
    with: &'a [String],
    set: &'a [String],
    seed: u64,
    replications: u64,
    replications_planned: u64,
    digest: String,
    measures: InOrder<Estimate>,
    intervals: InOrder<Estimate>,
    milestones: InOrder<Time>,
    expect: Vec<Decided<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counterfactuals: Option<Vec<Variant<'a>>>,
}

/// A map in the order of its entries.
struct InOrder<T>(Vec<(String, T)>);

impl<T: Serialize> Serialize for InOrder<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct Estimate {
    unit: &'static str,
    mean: f64,
    half_width: Option<f64>,
    p05: f64,
    p50: f64,
    p95: f64,
}

#[derive(Serialize)]
struct Time {
    share: f64,
    p05: Option<String>,
    p50: Option<String>,
    p95: Option<String>,
}

#[derive(Serialize)]
struct Decided<'a> {
    claim: &'a str,
    published: Option<&'a str>,
    observed: String,
    verdict: &'static str,
    held: u64,
    replications: usize,
}

#[derive(Serialize)]
struct Variant<'a> {
    name: &'a str,
    about: &'a str,
    replications: u64,
    expect: Vec<Decided<'a>>,
}

/// The document of a run.
pub fn report(report: &Report) -> String {
    document(report, None)
}

/// The document of a check: with the counterfactuals.
pub fn check(report: &Report) -> String {
    let scenario = &report.study.scenario;
    let variants = report.counterfactuals.iter().map(|one| Variant {
        name: &one.name,
        about: &one.about,
        replications: one.replications,
        expect: one.judgements.iter().map(|judgement| decided(judgement, true, scenario)).collect(),
    });
    document(report, Some(variants.collect()))
}

fn document<'a>(report: &'a Report, counterfactuals: Option<Vec<Variant<'a>>>) -> String {
    let (scenario, summary) = (&report.study.scenario, report.summary);
    let measures = Measure::ALL.iter().map(|&measure| {
        (measure.name().to_string(), estimate(measure.unit(), summary.measure(measure)))
    });
    let intervals = scenario.intervals.iter().zip(&summary.intervals);
    let intervals = intervals.flat_map(|(interval, figures)| {
        IntervalMeasure::ALL.iter().zip(figures).map(|(measure, &figure)| {
            let name = format!("{}.{}", interval.name, measure.name());
            (name, estimate(measure.unit(), figure))
        })
    });
    let milestones = Milestone::ALL.iter().map(|&milestone| {
        (milestone.name().to_string(), time(scenario, summary.milestone(milestone)))
    });
    let expect = report.judgements.iter().map(|one| decided(one, report.judged, scenario));
    let document = Document {
        scenario: &scenario.name,
        scenario_hash: report.scenario_hash(),
        with: report.with,
        set: report.set,
        seed: report.seed,
        replications: summary.replications,
        replications_planned: report.planned,
        digest: summary.digest.to_string(),
        measures: InOrder(measures.collect()),
        intervals: InOrder(intervals.collect()),
        milestones: InOrder(milestones.collect()),
        expect: expect.collect(),
        counterfactuals,
    };
    let mut text =
        serde_json::to_string_pretty(&document).expect("numbers and texts can be written as JSON");
    text.push('\n');
    text
}

fn estimate(unit: &'static str, figure: Figure) -> Estimate {
    let Figure { mean, half_width, p05, p50, p95, .. } = figure;
    Estimate { unit, mean, half_width, p05, p50, p95 }
}

fn time(scenario: &Scenario, moment: Moment) -> Time {
    let at = |index: usize| moment.quantiles.map(|all| format::rfc3339(scenario, all[index]));
    Time { share: moment.share, p05: at(0), p50: at(1), p95: at(2) }
}

fn decided<'a>(judgement: &'a Judgement, judged: bool, scenario: &Scenario) -> Decided<'a> {
    Decided {
        claim: &judgement.claim.text,
        published: judgement.claim.published.as_deref(),
        observed: claims::observed(judgement, scenario),
        verdict: claims::verdict_name(judgement.verdict, judged),
        held: judgement.held,
        replications: judgement.values.len(),
    }
}
