//! Whether adaptive resolution comes out as exact does: distributions over seeds, against margins.

use super::{replicated, seconds};
use fleetfall::observe::Results;
use fleetfall::scenario::measure::Measure;
use fleetfall::scenario::{Scenario, Study};
use fleetfall::stats::interval::{half_width, share_bounds};
use fleetfall::stats::quantile::quantile_bounds;
use fleetfall::stats::tally::Tally;
use std::sync::Arc;

/// The scenarios, each with how many exact replications of it tell enough.
const SCENARIOS: [(&str, &str, u64); 4] = [
    ("pinpoint-2021", include_str!("../../scenarios/pinpoint-2021.toml"), 800),
    ("cloudflare-2019", include_str!("../../scenarios/cloudflare-2019.toml"), 1200),
    ("restarts-in-step", include_str!("../../scenarios/restarts-in-step.toml"), 1200),
    ("small-incident", include_str!("../scenarios/incident.toml"), 1200),
];
/// Adaptive replications for each exact one; they cost little.
const MORE: u64 = 4;
/// Intervals of each scenario: quantiles of the first restart, an outage, failed requests.
const INTERVALS: f64 = 5.0;
/// All intervals of all scenarios hold together with this confidence.
const CONFIDENCE: f64 = 0.95;
/// How far the quantiles of the first restart may lie apart, in seconds.
const RESTART_MARGIN: f64 = 5.0;
/// How far the probabilities of an outage may.
const OUTAGE_MARGIN: f64 = 0.01;
/// How far the mean numbers of failed requests may, as a share.
const FAILED_MARGIN: f64 = 0.01;

/// Prints for every scenario what the difference between the resolutions may be, beside the margin
/// it must lie within. `most` exact replications of each are made at most. Those that are named are
/// looked at, or all.
pub(in crate::studies) fn resolution(most: u64, is_named: &dyn Fn(&str) -> bool) {
    println!(
        "\nAdaptive less exact resolution: what the difference may be, all with 95 % together"
    );
    let all = !SCENARIOS.iter().any(|(name, ..)| is_named(name));
    for (name, text, count) in SCENARIOS.into_iter().filter(|(name, ..)| all || is_named(name)) {
        let count = count.min(most);
        let load = |resolution: &str| -> Arc<Scenario> {
            let none: [&str; 0] = [];
            let sets = [format!("clock.resolution=\"{resolution}\"")];
            Study::load(name, text, &none, &sets).expect("it is a scenario").scenario
        };
        let timed = |scenario: Arc<Scenario>, count: u64| -> (Vec<Results>, f64) {
            let mut results = Vec::new();
            let took = seconds(|| results = replicated(&scenario, count, 2));
            (results, took / count as f64)
        };
        let more = count * MORE;
        let (exact, adaptive) = (timed(load("exact"), count), timed(load("adaptive"), more));
        let faster = exact.1 / adaptive.1;
        println!(
            "{name}: {count} exact and {more} adaptive replications, {faster:.1} times as fast"
        );
        compare(&exact.0, &adaptive.0);
    }
}

fn compare(exact: &[Results], adaptive: &[Results]) {
    let confidence = 1.0 - (1.0 - CONFIDENCE) / (INTERVALS * SCENARIOS.len() as f64);
    // Of two intervals neither may fail.
    let each = 1.0 - 0.5 * (1.0 - confidence);
    let values = |results: &[Results], measure: Measure| -> Vec<f64> {
        results.iter().map(|r| r.measure(measure)).filter(|value| value.is_finite()).collect()
    };
    for q in [0.05, 0.5, 0.95] {
        let bounds = |results| quantile_bounds(&values(results, Measure::FirstRestart), q, each);
        let apart = match (bounds(exact), bounds(adaptive)) {
            ((Some(a), Some(b)), (Some(c), Some(d))) => Some((c - b, d - a)),
            _ => None,
        };
        print(&format!("first restart, p{:02.0}", q * 100.0), apart, RESTART_MARGIN, "s");
    }
    let outages = |results: &[Results]| {
        let with = results.iter().filter(|r| r.measure(Measure::Outages) > 0.0).count();
        share_bounds(with as u64, results.len() as u64, each)
    };
    let (a, b) = (outages(exact), outages(adaptive));
    print("an outage", Some((b.0 - a.1, b.1 - a.0)), OUTAGE_MARGIN, "");
    let tally = |results| values(results, Measure::RequestsFailed).into_iter().collect::<Tally>();
    let (a, b) = (tally(exact), tally(adaptive));
    let half = |tally: &Tally| half_width(tally.count(), tally.standard_deviation()?, confidence);
    let apart = a.mean().zip(b.mean()).zip(half(&a).zip(half(&b))).map(|((a, b), (e, f))| {
        let error = e.hypot(f);
        ((b - a - error) / a, (b - a + error) / a)
    });
    print("failed requests", apart, FAILED_MARGIN, "of them");
}

fn print(what: &str, apart: Option<(f64, f64)>, margin: f64, unit: &str) {
    let Some((least, most)) = apart else {
        println!("  {what:<20} there is none, or too few to tell");
        return;
    };
    let verdict = match () {
        () if least >= -margin && most <= margin => "alike",
        () if least > margin || most < -margin => "DIFFERENT",
        () => "not told by so many",
    };
    println!("  {what:<20} {least:>8.4} to {most:>8.4} {unit} (margin {margin}): {verdict}");
}
