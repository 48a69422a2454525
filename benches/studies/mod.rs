//! What studies cost beside the same work done otherwise, in turns within one run.

#![expect(clippy::disallowed_types, reason = "the clock is what a benchmark reads")]

mod resolution;

use super::ratios::{peak, reset_peak};
use super::workloads::{SEED, W2, W4, simulate};
use fleetfall::experiment::{
    Outcome, Plan, Pool, Precision, Replication, Rule, Variants, compare, replicate, run_together,
};
use fleetfall::kernel::chance::Seed;
use fleetfall::kernel::time::Duration;
use fleetfall::observe::Results;
use fleetfall::scenario::Scenario;
use std::hint::black_box;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// What the argument of a worker begins with; its replications follow.
pub(super) const WORKER: &str = "--worker=";
/// Mitigations of the incident that part from it early, late and last.
const MITIGATIONS: [&str; 4] =
    ["right-configuration", "config-check", "load-shedding", "faster-diagnosis"];
/// Pairs of a comparison, each of a minute.
const FEW: usize = 3;
/// Pairs of what takes seconds.
const MANY: usize = 9;
/// Replications of each of two programs.
const EACH: u64 = 8;

/// Prints all of them.
pub(super) fn studies() {
    sharing();
    threads();
    memory();
}

/// A program of its own with one thread: so many replications.
pub(super) fn work(count: &str) {
    let count = count.parse().expect("a number of replications");
    replications(&W2.scenario(W2.large.set), count, 1);
}

/// Prints whether adaptive resolution comes out as exact does, on so many replications at most of
/// the scenarios that are named, or of all.
pub(super) fn resolution(most: Option<u64>, is_named: &dyn Fn(&str) -> bool) {
    resolution::resolution(most.unwrap_or(u64::MAX), is_named);
}

fn replications(scenario: &Arc<Scenario>, count: u64, threads: usize) {
    drop(black_box(replicated(scenario, 0, count, threads)));
}

/// Replications of so many seeds, from the one with this number on.
fn replicated(scenario: &Arc<Scenario>, first: u64, count: u64, threads: usize) -> Vec<Results> {
    let stop = AtomicBool::new(false);
    let plan = Plan { seed: Seed(SEED + first), replications: count, detailed: false };
    match replicate(scenario, plan, Pool::new(threads, &|_| (), &stop)) {
        Ok(Outcome::Done(results)) => results,
        Ok(Outcome::Stopped(_)) => panic!("nobody stops them"),
        Err(failure) => panic!("{failure}"),
    }
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// The median of the ratios of so many pairs, with the least and the greatest.
fn pairs(count: usize, pair: impl Fn() -> f64) -> String {
    let mut ratios: Vec<f64> = (0..count).map(|_| pair()).collect();
    ratios.sort_by(f64::total_cmp);
    let (least, most) = (ratios[0], ratios[count - 1]);
    format!("{:.3} ({least:.3} to {most:.3}, {count} pairs)", ratios[count / 2])
}

/// A scenario with one mitigation after the other, over what they cost by themselves less what
/// is shared. That has a cost of its own, as events of a quiet night are cheaper than those of an
/// outage: it is timed in the scenario alone, to the event at which the two part.
fn sharing() {
    let study = W4.study(W4.large.set);
    let base = &study.scenario;
    let ratio = pairs(FEW, || {
        let (mut together, mut apart) = (0.0, 0.0);
        for name in MITIGATIONS {
            let variant = study.combination(&[name]).expect("it is a mitigation");
            let both = [Arc::clone(base), Arc::clone(&variant)];
            let mut shared = 0;
            together += seconds(|| {
                let done = run_together(&both, Seed(SEED)).expect("no invariant breaks");
                shared = done.one_by_one - done.simulated;
            });
            apart += seconds(|| drop(black_box(simulate(base))));
            apart += seconds(|| drop(black_box(simulate(&variant))));
            apart -= seconds(|| up_to(base, shared));
        }
        together / apart
    });
    println!("a comparison over separate runs less what is shared: {ratio}, limit 1.15");
}

/// Simulates up to this event, or a second more.
fn up_to(scenario: &Arc<Scenario>, event: u64) {
    let mut replication = Replication::new(scenario, Seed(SEED), false);
    let second = Duration::from_secs(1);
    while replication.simulation.dispatched() < event {
        let until = replication.simulation.now().saturating_add(second);
        replication.run_until(until);
    }
    drop(black_box(replication));
}

/// Two programs with one thread each, at the same time, over one with two threads.
fn threads() {
    let scenario = W2.scenario(W2.large.set);
    let program = std::env::current_exe().expect("the benchmark is a file");
    let ratio = pairs(MANY, || {
        let two_programs = seconds(|| {
            let start = |_| Command::new(&program).arg(format!("{WORKER}{EACH}")).spawn();
            let started: Vec<_> = (0..2).map(start).collect();
            for program in started {
                let ended = program.and_then(|mut program| program.wait());
                assert!(ended.expect("it runs").success());
            }
        });
        two_programs / seconds(|| replications(&scenario, 2 * EACH, 2))
    });
    println!("two threads over two programs: {ratio}, limit 0.95");
}

/// The memory of comparisons of few and of many replications.
fn memory() {
    let scenario = W4.scenario(W4.small.set);
    let variants = Variants {
        scenarios: vec![Arc::clone(&scenario), scenario],
        names: vec![Vec::new(), vec!["the same".to_string()]],
    };
    for ceiling in [30, 3_000] {
        reset_peak();
        let rule = Rule { seed: Seed(SEED), ceiling, precision: Precision::None };
        let stop = AtomicBool::new(false);
        let done = compare(&variants, rule, Pool::new(2, &|_| (), &stop));
        drop(black_box(done.expect("no invariant breaks")));
        let peak = peak().map_or("unknown".to_string(), |peak| format!("{peak:.1}"));
        println!("a comparison of {ceiling} replications: peak of {peak} MB");
    }
}
