//! Adaptive resolution: what is passed over makes no difference that could be told.

use crate::properties::{MINUTES, config, scenarios};
use crate::support;
use fleetfall::experiment::{Replication, run_together};
use fleetfall::kernel::chance::Seed;
use fleetfall::kernel::time::{Duration, Instant};
use fleetfall::observe::Results;
use fleetfall::scenario::measure::Measure;
use fleetfall::scenario::{Scenario, Study};
use fleetfall::stats::quantile::quantile_bounds;
use proptest::prelude::*;
use std::sync::Arc;

const ADAPTIVE: &str = "clock.resolution=\"adaptive\"";

/// Memory grows with every request, a release that cannot start is deployed hot, and when the load
/// rises the nodes restart one after the other, until people fix them.
const INCIDENT: &str = include_str!("../../benches/scenarios/incident.toml");

fn study(sets: &[&str]) -> Study {
    let none: [&str; 0] = [];
    Study::load("small-incident", INCIDENT, &none, sets).expect("it is a scenario")
}

fn finish(scenario: &Arc<Scenario>, seed: u64) -> Results {
    Replication::new(scenario, Seed(seed), false).finish()
}

/// What is asked of the two resolutions of a scenario, over so many seeds each.
struct Compared {
    exact: Vec<Results>,
    adaptive: Vec<Results>,
}

/// The confidence of each interval of a quantile: all of them hold together with more than 99 %.
const CONFIDENCE: f64 = 0.9995;

impl Compared {
    fn of(exact: &Arc<Scenario>, adaptive: &Arc<Scenario>, seeds: u64) -> Compared {
        Compared {
            exact: support::results(exact, seeds, 2),
            adaptive: support::results(adaptive, seeds, 2),
        }
    }

    fn values(&self, measure: Measure) -> [Vec<f64>; 2] {
        [&self.exact, &self.adaptive].map(|results| {
            results.iter().map(|r| r.measure(measure)).filter(|v| v.is_finite()).collect()
        })
    }

    /// The quantiles differ by no more than a margin, as far as the intervals of both can tell.
    fn check_quantile(&self, measure: Measure, q: f64, margin: f64) {
        let bounds = self.values(measure).map(|values| {
            let (low, high) = quantile_bounds(&values, q, CONFIDENCE);
            (low.expect("there are enough"), high.expect("there are enough"))
        });
        let [exact, adaptive] = bounds;
        // Each interval holds its quantile; the quantiles are closer than the farthest ends.
        let overlap = exact.0 <= adaptive.1 && adaptive.0 <= exact.1;
        assert!(overlap, "{} at {q}: {exact:?} and {adaptive:?}", measure.name());
        let widest = (exact.1 - exact.0).max(adaptive.1 - adaptive.0);
        assert!(widest < margin, "{} at {q}: {widest} is too wide to tell", measure.name());
    }

    /// The means differ by no more than a share, with a confidence of 99.9 %: seed by seed, since
    /// both have the same nodes, clocks and people.
    fn check_mean(&self, measure: Measure, margin: f64) {
        let pairs = self.exact.iter().zip(&self.adaptive);
        let pairs: Vec<[f64; 2]> = pairs
            .map(|(exact, adaptive)| [exact.measure(measure), adaptive.measure(measure)])
            .filter(|pair| pair.iter().all(|value| value.is_finite()))
            .collect();
        let differences: Vec<f64> = pairs.iter().map(|[exact, other]| other - exact).collect();
        let (difference, error) = support::interval(&differences);
        let mean = pairs.iter().map(|[exact, _]| exact).sum::<f64>() / pairs.len() as f64;
        let (least, most) = (difference - error, difference + error);
        let allowed = margin * mean.abs();
        assert!(
            -allowed < least && most < allowed,
            "{} of {mean} may differ by {least} to {most}, {allowed} allowed",
            measure.name()
        );
    }
}

/// The distributions agree, and hardly anything was simulated event by event.
#[test]
fn an_incident_comes_out_alike() {
    let exact = study(&[]).scenario;
    let adaptive = study(&[ADAPTIVE]).scenario;
    let compared = Compared::of(&exact, &adaptive, 150);
    let [_, skipped] = compared.values(Measure::Skipped);
    let simulated = 7200.0 - skipped.iter().sum::<f64>() / skipped.len() as f64;
    assert!((600.0..4200.0).contains(&simulated), "{simulated} s are simulated");
    for q in [0.1, 0.5, 0.9] {
        compared.check_quantile(Measure::FirstRestart, q, 150.0);
    }
    let outages = compared.values(Measure::Outages);
    assert!(outages.iter().flatten().all(|&count| count >= 1.0), "everybody has one");
    for (measure, margin) in [
        (Measure::FirstRestart, 0.012),
        (Measure::Requests, 0.003),
        (Measure::RequestsFailed, 0.015),
        (Measure::Downtime, 0.02),
        (Measure::SojournMean, 0.004),
        (Measure::SojournP50, 0.004),
        (Measure::Utilisation, 0.004),
        (Measure::SlotUtilisation, 0.004),
        (Measure::InSystem, 0.006),
        (Measure::NodeInFlightMean, 0.006),
        (Measure::NodeMemoryMean, 0.002),
    ] {
        compared.check_mean(measure, margin);
    }
}

/// A snapshot goes on as the original does, and pieces make the same whole, wherever they are cut:
/// also within a stretch that is passed over.
#[test]
fn pieces_make_the_same_whole() {
    let scenario = study(&[ADAPTIVE]).scenario;
    let whole = finish(&scenario, 3);
    for step in [47, 611, 1800] {
        let mut pieces = Replication::new(&scenario, Seed(3), false);
        for piece in 1..7200 / step {
            pieces.run_until(Instant::START + Duration::from_secs(piece * step));
            pieces = pieces.clone();
        }
        assert_eq!(pieces.finish().digest, whole.digest, "in pieces of {step} s");
    }
}

/// Variants that share their past come out as each by itself, though what is passed over depends on
/// limits and on load that is still to come.
#[test]
fn variants_share_what_was_passed_over() {
    let study = study(&[ADAPTIVE]);
    let variant = |name: &str| study.variant(name).expect("it is a mitigation").scenario;
    let variants =
        [Arc::clone(&study.scenario), variant("faster"), variant("higher"), variant("less-load")];
    for seed in 0..6 {
        let together = run_together(&variants, Seed(seed)).expect("no invariant is broken");
        for (scenario, shared) in variants.iter().zip(&together.results) {
            let alone = finish(scenario, seed);
            assert_eq!(alone.digest, shared.digest, "seed {seed}");
            let bits = |results: &Results| results.measure(Measure::Requests).to_bits();
            assert_eq!(bits(&alone), bits(shared));
        }
        assert!(together.simulated < together.one_by_one, "something is shared");
    }
}

proptest! {
    #![proptest_config(config())]

    /// Whatever the scenario: no invariant breaks, and pieces make the same whole.
    #[test]
    fn no_scenario_is_harmed(text in scenarios(), seed in 0..1_000_u64, cut in 1..240_u64) {
        let study = support::study(MINUTES, &text).expect("the scenario is valid");
        let sets = [ADAPTIVE, "clock.window=\"500ms\""];
        // A warm-up may be no whole number of these windows, and is valid all the same.
        let scenario = study.with_values(&sets).expect("it fits every scenario").scenario;
        let whole = finish(&scenario, seed);
        let mut pieces = Replication::new(&scenario, Seed(seed), false);
        pieces.run_until(Instant::START + Duration::from_secs(cut));
        let pieces = pieces.clone().finish();
        prop_assert_eq!(whole.digest, pieces.digest);
        let open = whole.measure(Measure::OpenAtEnd);
        prop_assert!(open >= 0.0 && open <= whole.measure(Measure::Requests));
        if !scenario.is_adaptive() {
            let exact = study.with_values(&sets[1..]).expect("it is valid").scenario;
            prop_assert_eq!(finish(&exact, seed).digest, whole.digest);
        }
    }
}
