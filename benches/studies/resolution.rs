//! Whether adaptive resolution comes out as exact does: differences over the same seeds, against
//! margins.
//!
//! Both resolutions draw the same nodes, clocks and people from a seed, and other requests. So
//! their differences vary less than either does: on Pinpoint by whole intervals of the rule.

use super::{replicated, seconds};
use fleetfall::observe::Results;
use fleetfall::scenario::measure::Measure;
use fleetfall::scenario::{Scenario, Study};
use fleetfall::stats::interval::{half_width, share_bounds};
use fleetfall::stats::quantile::quantile;
use fleetfall::stats::tally::Tally;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// The scenarios, each with how many replications of it tell enough.
const SCENARIOS: [(&str, &str, u64); 4] = [
    ("pinpoint-2021", include_str!("../../scenarios/pinpoint-2021.toml"), 2000),
    ("cloudflare-2019", include_str!("../../scenarios/cloudflare-2019.toml"), 2000),
    ("restarts-in-step", include_str!("../../scenarios/restarts-in-step.toml"), 32_000),
    ("small-incident", include_str!("../scenarios/incident.toml"), 32_000),
];
/// Replications of which all is held at a time.
const BATCH: u64 = 200;
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
/// Samples of as many seeds, drawn from the seeds, by which the quantiles are judged.
const RESAMPLES: usize = 4000;

/// What a replication came to.
#[derive(Clone, Copy)]
struct Row {
    first_restart: Option<f64>,
    has_outage: bool,
    failed: f64,
}

impl Row {
    fn of(results: &Results) -> Row {
        let first_restart = results.measure(Measure::FirstRestart);
        Row {
            first_restart: first_restart.is_finite().then_some(first_restart),
            has_outage: results.measure(Measure::Outages) > 0.0,
            failed: results.measure(Measure::RequestsFailed),
        }
    }
}

/// What a seed came to in exact and in adaptive resolution.
type Pair = [Row; 2];

/// Prints for every scenario what the difference between the resolutions may be, beside the margin
/// it must lie within. `most` replications of each are made at most. Those that are named are
/// looked at, or all.
pub(in crate::studies) fn resolution(most: u64, is_named: &dyn Fn(&str) -> bool) {
    println!(
        "\nAdaptive less exact resolution: what the difference may be, all with 95 % together"
    );
    let all = !SCENARIOS.iter().any(|(name, ..)| is_named(name));
    for (name, text, count) in SCENARIOS.into_iter().filter(|(name, ..)| all || is_named(name)) {
        let count = count.min(most);
        let scenarios = ["exact", "adaptive"].map(|resolution| -> Arc<Scenario> {
            let none: [&str; 0] = [];
            let sets = [format!("clock.resolution=\"{resolution}\"")];
            Study::load(name, text, &none, &sets).expect("it is a scenario").scenario
        });
        let (mut pairs, mut took) = (Vec::new(), [0.0; 2]);
        while (pairs.len() as u64) < count {
            let batch = BATCH.min(count - pairs.len() as u64);
            let mut rows = [0, 1].map(|side| {
                let mut results = Vec::new();
                let first = pairs.len() as u64;
                took[side] += seconds(|| {
                    results = replicated(&scenarios[side], first, batch, 2);
                });
                results.iter().map(Row::of).collect::<Vec<_>>().into_iter()
            });
            let [exact, adaptive] = &mut rows;
            pairs.extend(exact.zip(adaptive).map(|(exact, adaptive)| [exact, adaptive]));
        }
        println!(
            "{name}: {count} replications of each, adaptive {:.1} times as fast",
            took[0] / took[1]
        );
        compare(&pairs);
    }
}

fn compare(pairs: &[Pair]) {
    let confidence = 1.0 - (1.0 - CONFIDENCE) / (INTERVALS * SCENARIOS.len() as f64);
    for q in [0.05, 0.5, 0.95] {
        let apart = quantiles_apart(pairs, q, confidence);
        print(&format!("first restart, p{:02.0}", q * 100.0), apart, RESTART_MARGIN, "s");
    }
    print("an outage", Some(outages_apart(pairs, confidence)), OUTAGE_MARGIN, "");
    print("failed requests", failed_apart(pairs, confidence), FAILED_MARGIN, "of them");
}

/// Between what the difference of the quantiles lies: the percentile bootstrap over seeds, which
/// keeps together what belongs to a seed.
fn quantiles_apart(pairs: &[Pair], q: f64, confidence: f64) -> Option<(f64, f64)> {
    let mut rng = ChaCha8Rng::seed_from_u64(super::SEED);
    let mut sides = [Vec::new(), Vec::new()];
    let mut differences = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        sides.iter_mut().for_each(Vec::clear);
        for _ in pairs {
            let pair = &pairs[rng.random_range(0..pairs.len())];
            for (side, row) in sides.iter_mut().zip(pair) {
                side.extend(row.first_restart);
            }
        }
        let [exact, adaptive] = &sides;
        differences.push(quantile(adaptive, q)? - quantile(exact, q)?);
    }
    let side = 0.5 * (1.0 - confidence);
    quantile(&differences, side).zip(quantile(&differences, 1.0 - side))
}

/// Between what the difference of the probabilities lies, by exact bounds of both kinds of seeds
/// that differ; neither may fail.
fn outages_apart(pairs: &[Pair], confidence: f64) -> (f64, f64) {
    let bounds = |has: [bool; 2]| {
        let count = pairs.iter().filter(|pair| pair.map(|row| row.has_outage) == has).count();
        share_bounds(count as u64, pairs.len() as u64, 0.5 * (1.0 + confidence))
    };
    let (lost, gained) = (bounds([true, false]), bounds([false, true]));
    (gained.0 - lost.1, gained.1 - lost.0)
}

/// Between what the mean difference lies, by Student, as a share of what fails in exact resolution.
fn failed_apart(pairs: &[Pair], confidence: f64) -> Option<(f64, f64)> {
    let exact: Tally = pairs.iter().map(|[exact, _]| exact.failed).collect();
    let more: Tally =
        pairs.iter().map(|[exact, adaptive]| adaptive.failed - exact.failed).collect();
    let half = half_width(more.count(), more.standard_deviation()?, confidence)?;
    let (mean, of) = (more.mean()?, exact.mean()?);
    Some(((mean - half) / of, (mean + half) / of))
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
