//! Requests whose end is known when they come, against the same followed step by step.

use crate::properties::{MINUTES, config, scenarios};
use crate::support;
use fleetfall::kernel::chance::Seed;
use fleetfall::kernel::time::{Duration, Instant};
use fleetfall::observe::Recorder;
use fleetfall::scenario::Scenario;
use fleetfall::sim::Simulation;
use proptest::prelude::*;
use std::sync::Arc;

/// Requests that do nothing but wait, and little else.
const WAITS: [&str; 2] = [
    r#"class.page.stages=[{ wait.lognormal = { mean = "90ms", sigma = 0.7 } }]"#,
    r#"class.slow.stages=[{ wait.exponential.mean = "200ms" }]"#,
];

/// The results of a run and how many events it took, step by step or not; followed step by step
/// from `cut` on in any case.
fn run(scenario: &Arc<Scenario>, seed: u64, cut: Instant, foresees: bool) -> (Vec<u64>, u64) {
    let mut simulation = Simulation::new(Arc::clone(scenario), Seed(seed));
    let mut recorder = Recorder::new(Arc::clone(scenario), false);
    if !foresees {
        simulation.foresee_nothing();
    }
    simulation.run_until(cut, &mut recorder);
    simulation.foresee_nothing();
    simulation.run(&mut recorder);
    let results = recorder.finish();
    let mut bits: Vec<u64> = results.measures.iter().map(|value| value.to_bits()).collect();
    bits.push(results.digest.value());
    (bits, simulation.dispatched())
}

/// So that the other test tests something.
#[test]
fn requests_that_only_wait_are_foreseen() {
    let none: [&str; 0] = [];
    let text = include_str!("../../benches/scenarios/w2.toml");
    let study = fleetfall::scenario::Study::load("w2", text, &none, &none).expect("it is valid");
    let mut simulation = Simulation::new(Arc::clone(&study.scenario), Seed(1));
    simulation.run_until(Instant::START + Duration::from_secs(5), &mut ());
    // 4,000 requests a second take 100 ms.
    let foreseen = simulation.foreseen();
    assert!((300..500).contains(&foreseen), "{foreseen} requests are foreseen");
    simulation.foresee_nothing();
    simulation.run_until(Instant::START + Duration::from_secs(6), &mut ());
    assert_eq!(simulation.foreseen(), 0);
}

proptest! {
    #![proptest_config(config())]

    /// Whatever the scenario, and whenever the foresight ends: the same happens at the same time.
    #[test]
    fn what_is_foreseen_happens(
        text in scenarios(),
        seed in 0..1_000_u64,
        cut in 1..300_u64,
        adaptive in any::<bool>(),
    ) {
        let study = support::study(MINUTES, &text).expect("the scenario is valid");
        let more = ["clock.resolution=\"adaptive\"", "clock.window=\"500ms\""];
        let more = if adaptive { &more[..] } else { &[] };
        let sets: Vec<&str> = WAITS.iter().chain(more).copied().collect();
        let scenario = study.with_values(&sets).expect("it fits every scenario").scenario;
        let cut = Instant::START + Duration::from_secs(cut);
        prop_assert_eq!(run(&scenario, seed, cut, true), run(&scenario, seed, cut, false));
    }
}
