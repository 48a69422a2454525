//! The report as one JSON document.
//!
//! ```text
//! scenario, title, source   its name, what it is called, and where its facts come from
//! fleetfall                 the version that has simulated it
//! scenario_hash             a hash of the file with every default filled in
//! with, set                 the patches and assignments applied
//! seed, replications        the first seed; how many replications there are
//! partial                   null if everything that was asked for is done; else reason
//!                           (interrupted, time_limit, max_memory, max_events, stands_still), words
//! replications_planned      how many were asked for; more only where it is partial
//! digest                    of all replications in order
//! verdict                   what happened, in a sentence with its numbers
//! clock                     start and end (RFC 3339, UTC), zone in which times are shown, window_s
//! fleet                     nodes at the start, cores of each, slots of a process
//! measures                  name -> unit, mean, half_width (at 95 %), p05, p50, p95; bounds: of
//!                           each of these quantiles the bounds at 95 %, null where the
//!                           replications are too few
//! intervals                 the same for `INTERVAL.measure`
//! classes                   the same for `class.CLASS.measure`, where there are several
//! milestones                name -> share of replications, p05, p50, p95 as RFC 3339 times in UTC
//! expect                    claim, published, observed, verdict: pass, fail, undecided,
//!                           not_judged; held (replications within the bounds) of replications
//!                           that count; decided_after: replications after which it was clear
//! assumptions               key, value in this scenario, low and high end of its range, why
//! first_replication         its seed; from_s and to_s: the stretch that pictures show;
//!                           capacity_per_node_per_s; crossing: when the load was more than what
//!                           was left could serve (time, seconds since the start, offered_per_s,
//!                           capacity_per_s); outages; story: time, seconds, tone (bad, warn, good,
//!                           people, input, published), who, text, standing of the fleet
//! ```
//!
//! What a result does not have is `null`. A check has further keys; what nobody asked it for is
//! left out, and so is all from `replications` to `expect` if that is the scenario itself:
//!
//! ```text
//! verdict                   how many of the claims hold, in a sentence
//! advice                    name, weight (note, warning), found, remedy: what can be said of the
//!                           scenario before it is simulated
//! counterfactuals           name, about, replications, expect
//! hypercube                 over the ranges of the assumptions: points, expect; first_restarts
//!                           (points with one), of which collapsed_within_120_s, collapsed_later
//!                           and not_collapsed; correlations: key -> rank correlation with a
//!                           collapse after a first restart; correlations_within_120_s: the
//!                           same with a collapse that soon instead of a later one
//! ```

use super::advice::{Advice, advice};
use super::assumptions::{Assumption, assumptions};
use super::first::{self, First};
use super::hypercube::{Collapses, correlations, correlations_of_speed};
use super::{Check, Hypercube, Partial, Report, claims, format, headline, scenario_hash};
use crate::experiment::Judgement;
use crate::experiment::summary::{Figure, Moment};
use crate::kernel::time::Instant;
use crate::scenario::measure::{ClassMeasure, IntervalMeasure, Measure, Milestone};
use crate::scenario::{Scenario, Study};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

#[derive(Serialize)]
pub(super) struct Head<'a> {
    scenario: &'a str,
    title: &'a str,
    source: Option<&'a str>,
    fleetfall: &'static str,
    scenario_hash: String,
    with: &'a [String],
    set: &'a [String],
    seed: u64,
    partial: Option<&'a Partial>,
}

#[derive(Serialize)]
struct Body<'a> {
    replications: u64,
    replications_planned: u64,
    digest: String,
    clock: Clock<'a>,
    fleet: Fleet,
    measures: InOrder<Estimate>,
    intervals: InOrder<Estimate>,
    classes: InOrder<Estimate>,
    milestones: InOrder<Time>,
    expect: Vec<Decided<'a>>,
    assumptions: Vec<Assumption<'a>>,
    first_replication: Option<First>,
}

#[derive(Serialize)]
struct Clock<'a> {
    start: String,
    end: String,
    zone: &'a str,
    window_s: f64,
}

#[derive(Serialize)]
struct Fleet {
    nodes: u32,
    cores: u32,
    slots: u32,
}

#[derive(Serialize)]
struct Run<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    verdict: String,
    #[serde(flatten)]
    body: Body<'a>,
}

#[derive(Serialize)]
struct Checked<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    verdict: String,
    advice: Vec<Advice>,
    #[serde(flatten)]
    body: Option<Body<'a>>,
    counterfactuals: Vec<Variant<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hypercube: Option<Points<'a>>,
}

/// A map in the order of its entries.
pub(super) struct InOrder<T>(pub(super) Vec<(String, T)>);

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
pub(super) struct Estimate {
    unit: &'static str,
    mean: f64,
    half_width: Option<f64>,
    p05: f64,
    p50: f64,
    p95: f64,
    /// Of each quantile the lower and the upper bound.
    bounds: [(Option<f64>, Option<f64>); 3],
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
    decided_after: Option<u64>,
}

#[derive(Serialize)]
struct Variant<'a> {
    name: &'a str,
    about: &'a str,
    replications: u64,
    expect: Vec<Decided<'a>>,
}

#[derive(Serialize)]
struct Points<'a> {
    points: usize,
    first_restarts: u64,
    collapsed_within_120_s: u64,
    collapsed_later: u64,
    not_collapsed: u64,
    expect: Vec<Decided<'a>>,
    correlations: InOrder<Option<f64>>,
    correlations_within_120_s: InOrder<Option<f64>>,
}

/// The document of a run.
pub fn report(report: &Report) -> String {
    let head = head(report.study, report.with, report.set, report.seed, report.partial);
    let verdict = headline::headline(report);
    pretty(&Run { head, verdict, body: body(report) })
}

/// The document of a check.
pub fn check(check: &Check) -> String {
    let scenario = &check.study.scenario;
    let variants = check.counterfactuals.iter().map(|one| Variant {
        name: &one.name,
        about: &one.about,
        replications: one.replications,
        expect: all_decided(&one.judgements, true, scenario),
    });
    pretty(&Checked {
        head: head(check.study, check.with, check.set, check.seed, check.partial),
        verdict: claims::verdict(check.judgements()),
        advice: advice(scenario),
        body: check.own.map(body),
        counterfactuals: variants.collect(),
        hypercube: check.hypercube.map(|one| points(one, check.study)),
    })
}

pub(super) fn pretty(document: &impl Serialize) -> String {
    let mut text =
        serde_json::to_string_pretty(document).expect("numbers and texts can be written as JSON");
    text.push('\n');
    text
}

pub(super) fn head<'a>(
    study: &'a Study,
    with: &'a [String],
    set: &'a [String],
    seed: u64,
    partial: Option<&'a Partial>,
) -> Head<'a> {
    Head {
        scenario: &study.scenario.name,
        title: &study.scenario.title,
        source: study.document.source.as_deref(),
        fleetfall: env!("CARGO_PKG_VERSION"),
        scenario_hash: scenario_hash(study),
        with,
        set,
        seed,
        partial,
    }
}

fn body<'a>(report: &Report<'a>) -> Body<'a> {
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
    let classes = scenario.classes.iter().zip(&summary.classes);
    let classes = classes.flat_map(|(class, figures)| {
        ClassMeasure::ALL.iter().zip(figures).map(|(measure, &figure)| {
            let name = format!("class.{}.{}", class.name, measure.name());
            (name, estimate(measure.unit(), figure))
        })
    });
    let milestones = Milestone::ALL.iter().map(|&milestone| {
        (milestone.name().to_string(), time(scenario, summary.milestone(milestone)))
    });
    Body {
        replications: summary.replications,
        replications_planned: report.planned,
        digest: summary.digest.to_string(),
        clock: Clock {
            start: format::rfc3339(scenario, Instant::START),
            end: format::rfc3339(scenario, scenario.clock.horizon),
            zone: format::zone(scenario),
            window_s: scenario.clock.window.as_secs_f64(),
        },
        fleet: Fleet {
            nodes: scenario.nodes.count,
            cores: scenario.nodes.cores,
            slots: scenario.process.slots,
        },
        measures: InOrder(measures.collect()),
        intervals: InOrder(intervals.collect()),
        classes: InOrder(classes.collect()),
        milestones: InOrder(milestones.collect()),
        expect: all_decided(report.judgements, report.judged, scenario),
        assumptions: assumptions(report.study),
        first_replication: first::first(report),
    }
}

fn points<'a>(hypercube: &'a Hypercube, study: &Study) -> Points<'a> {
    let Collapses { restarted, soon, late, never } = Collapses::of(hypercube);
    let by_key = |strengths: Vec<Option<f64>>| {
        let keys = study.document.assumption.iter().map(|one| one.key.value.clone());
        InOrder(keys.zip(strengths).collect())
    };
    Points {
        points: hypercube.points.len(),
        first_restarts: restarted,
        collapsed_within_120_s: soon,
        collapsed_later: late,
        not_collapsed: never,
        expect: all_decided(&hypercube.judgements, true, &study.scenario),
        correlations: by_key(correlations(hypercube)),
        correlations_within_120_s: by_key(correlations_of_speed(hypercube)),
    }
}

fn all_decided<'a>(
    judgements: &'a [Judgement],
    judged: bool,
    scenario: &Scenario,
) -> Vec<Decided<'a>> {
    judgements.iter().map(|one| decided(one, judged, scenario)).collect()
}

pub(super) fn estimate(unit: &'static str, figure: Figure) -> Estimate {
    let Figure { mean, half_width, p05, p50, p95, bounds, .. } = figure;
    Estimate { unit, mean, half_width, p05, p50, p95, bounds }
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
        decided_after: judgement.decided_after,
    }
}
