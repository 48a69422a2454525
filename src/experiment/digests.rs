//! What small simulations come to, to the last bit, wherever this is built: with or without
//! optimisation, on one thread or several, for one processor or another.

use super::{Outcome, Plan, Pool, Summary, replicate};
use crate::kernel::chance::Seed;
use crate::kernel::time::{Duration, Instant};
use crate::observe::{Digest, Results};
use crate::scenario::{Builtin, Scenario, Study};
use expect_test::expect;
use std::fmt::Write;
use std::hash::Hasher;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const NONE: &[&str] = &[];
/// What may be passed over is.
const ADAPTIVE: &[&str] = &["clock.resolution=\"adaptive\""];
/// Of each scenario no more is simulated: it is done where everything takes fifty times as long.
const LONGEST: Duration = Duration::from_secs(100);

fn scenario(name: &str, text: &str, sets: &[&str], longest: Duration) -> Arc<Scenario> {
    // What a scenario takes from files is not needed here.
    let study = Study::load(name, text, NONE, sets).unwrap_or_else(|all| panic!("{all}"));
    let mut scenario = Scenario::clone(&study.scenario);
    scenario.clock.horizon = scenario.clock.horizon.min(Instant::START + longest);
    scenario.clock.warm_up =
        scenario.clock.warm_up.min(Instant::from_nanos(longest.as_nanos() / 4));
    Arc::new(scenario)
}

fn results(scenario: &Arc<Scenario>, threads: usize) -> Vec<Results> {
    let stop = AtomicBool::new(false);
    let plan = Plan { seed: Seed(1), replications: 2, detailed: true };
    match replicate(scenario, plan, Pool::new(threads, &|_| {}, &stop)) {
        Ok(Outcome::Done(results)) => results,
        other => panic!("{other:?}"),
    }
}

/// The measures to the last bit; the bits of what is no number are the processor's own.
fn measures(results: &[Results]) -> u64 {
    let mut digest = Digest::default();
    for value in results.iter().flat_map(|one| &one.measures) {
        digest.write_u64(if value.is_nan() { u64::MAX } else { value.to_bits() });
    }
    digest.value()
}

#[test]
fn every_build_comes_to_the_same() {
    let long = Duration::from_secs(7_200);
    let incident = include_str!("../../benches/scenarios/incident.toml");
    let mut cases = vec![
        ("tiny", scenario("tiny", include_str!("../report/tests/tiny.toml"), NONE, long)),
        ("incident, adaptive", scenario("incident", incident, ADAPTIVE, long)),
    ];
    for name in Builtin::names() {
        let builtin = Builtin::named(name).expect("it has that name");
        cases.push((name, scenario(name, builtin.text, NONE, LONGEST)));
    }
    let mut seen = String::new();
    for (name, scenario) in cases {
        let one = results(&scenario, 1);
        let several = results(&scenario, 3);
        let (digest, bits) = (Summary::of(&one).digest, measures(&one));
        assert_eq!(digest, Summary::of(&several).digest, "{name}: threads change something");
        assert_eq!(bits, measures(&several), "{name}: threads change a measure");
        writeln!(seen, "{digest} {bits:016x} {name}").expect("there is room");
    }
    expect![[r#"
        65a524626e1d62f1 70a9cc479938a00e tiny
        bb6513791d83d212 990ab3ef96718c42 incident, adaptive
        74f710bbd5718ff3 378fe540829189fa pinpoint-2021
        dd020ac632e85a3f 855320302d3e266e cloudflare-2019
        b34bcfca5437bb61 9c0bfe9122a20355 retry-storm
        dd1bce37005de438 b0cf4cf21bbe9123 restarts-in-step
        f93696c4737661db b6714c85d444d7f4 real-fleet-steady
        7d298fb19d974da2 3373cd58aa5dd7cb real-fleet-killed
    "#]]
    .assert_eq(&seen);
}
