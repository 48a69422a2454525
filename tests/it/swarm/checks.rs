//! What must hold of every scenario.

use crate::accounts::{Accounts, Most, until};
use crate::support;
use fleetfall::experiment::{Replication, Summary, run_together};
use fleetfall::kernel::chance::Seed;
use fleetfall::kernel::time::Instant;
use fleetfall::observe::{Digest, Results};
use fleetfall::report::page::{self, Documents};
use fleetfall::report::{Report, Screen, events, first, human, json, tables};
use fleetfall::scenario::measure::{Measure, Milestone};
use fleetfall::scenario::{Scenario, Study};
use fleetfall::sim::Simulation;
use fleetfall::sim::observation::{Observation, Observer};
use std::sync::Arc;

/// Events after which a case has been long enough.
const ENOUGH: u64 = 12_000;
/// Observations at one moment beyond which time stands still.
const ENDLESS: u64 = 100_000;
/// Observations that take too long for a test.
const DEAR: u64 = 5_000_000;
/// Pieces into which its time is cut, to see when that is.
const PIECES: u64 = 48;
/// Replications that are also made by several threads, of the seeds 1, 2, 3…
const REPLICATIONS: u64 = 3;

/// What has happened in a case, of all that a swarm is to come to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reached {
    pub(crate) failures: bool,
    pub(crate) starts: bool,
    pub(crate) outages: bool,
    pub(crate) passed_over: bool,
    /// Variants have shared some of their past.
    pub(crate) shared: bool,
}

/// What happens, seen from outside; it stops what never ends.
struct Watcher {
    accounts: Accounts,
    most: Most,
    digest: Digest,
    count: u64,
    /// The present moment, and how many there were before it.
    since: (Instant, u64),
}

impl Watcher {
    fn of(scenario: &Scenario) -> Watcher {
        let (accounts, most) = (Accounts::new(scenario), Most::of(scenario));
        let since = (Instant::START, 0);
        Watcher { accounts, most, digest: Digest::default(), count: 0, since }
    }
}

impl Observer for Watcher {
    fn observe(&mut self, now: Instant, seen: &Observation) {
        self.count += 1;
        if now > self.since.0 {
            self.since = (now, self.count);
        }
        let stands_still = self.count - self.since.1 > ENDLESS;
        assert!(!stands_still, "time stands still at {} s", now.as_secs_f64());
        assert!(self.count < DEAR, "{} s are too dear", now.as_secs_f64());
        self.accounts.add(now, seen, self.most);
        self.digest.observe(now, seen);
    }
}

/// The end of the piece of time by which enough has happened; where it comes thick and fast, as
/// from a supervisor that starts anew every nanosecond, a moment within the piece, unless time stands
/// still there: the watcher ends that.
fn long_enough(scenario: &Arc<Scenario>, seed: Seed) -> Instant {
    let horizon = scenario.clock.horizon;
    let mut running = Simulation::new(Arc::clone(scenario), seed);
    let mut watcher = Watcher::of(scenario);
    let mut last = None;
    for piece in 1..=PIECES {
        let end = Instant::from_nanos(horizon.as_nanos() / PIECES * piece);
        let mut goes_on =
            |events, now| events < ENOUGH || last.replace(now).is_none_or(|at| at == now);
        if !running.run_while(end, &mut watcher, &mut goes_on) {
            return running.now().max(Instant::from_nanos(1));
        }
        running.check_invariants();
        if running.dispatched() > ENOUGH {
            return end;
        }
    }
    horizon
}

/// The scenario until then; what is not measured must end before.
fn cut_at(scenario: &Arc<Scenario>, end: Instant) -> Arc<Scenario> {
    let mut shorter = Scenario::clone(&until(scenario, end));
    shorter.clock.warm_up = shorter.clock.warm_up.min(Instant::from_nanos(end.as_nanos() / 2));
    Arc::new(shorter)
}

fn bits(results: &Results) -> Vec<u64> {
    let all = results.measures.iter();
    let all = all.chain(results.intervals.iter().flatten()).chain(results.classes.iter().flatten());
    all.map(|value| value.to_bits()).collect()
}

/// Everything that must hold of a scenario, and of those that a change makes of it.
pub(crate) fn check(study: &Study, changes: &[String], seed: u64, cut: f64) -> Reached {
    support::reads_back(study);
    // What one seed comes to within a moment may go on for ever with another.
    let ends =
        (1..=REPLICATIONS).chain([seed]).map(|seed| long_enough(&study.scenario, Seed(seed)));
    let end = ends.min().expect("there are seeds");
    let seed = Seed(seed);
    let mut shorter = study.clone();
    shorter.scenario = cut_at(&study.scenario, end);
    let scenario = &shorter.scenario;
    let straight = Replication::new(scenario, seed, true).finish();
    // Conservation, as it looks from outside.
    let mut watcher = Watcher::of(scenario);
    Simulation::new(Arc::clone(scenario), seed).run(&mut watcher);
    assert_eq!(watcher.digest, straight.digest, "whoever watches changes something");
    are_counted(scenario, &watcher.accounts, &straight);
    // A snapshot and a fork go on as the original, whose invariants hold there too.
    let middle = Instant::from_nanos((end.as_nanos() as f64 * cut) as u64);
    let mut original = Replication::new(scenario, seed, true);
    original.run_until(middle);
    let mut here = original.simulation.fork(until(scenario, middle)).expect("only the end differs");
    here.run(&mut ());
    let snapshot = original.clone();
    let fork = original.fork(scenario).expect("it is the same scenario");
    let mut stepwise = Replication::new(scenario, seed, true);
    stepwise.simulation.foresee_nothing();
    let all = [
        ("original", original),
        ("snapshot", snapshot),
        ("fork", fork),
        ("stepwise run", stepwise),
    ];
    for (what, run) in all {
        let results = run.finish();
        assert_eq!(results.digest, straight.digest, "the {what} goes on otherwise");
        assert_eq!(bits(&results), bits(&straight), "the {what} is measured otherwise");
    }
    let threads = [1, 3].map(|threads| {
        let results = support::results(scenario, REPLICATIONS, threads);
        results.iter().map(|one| (one.digest, bits(one))).collect::<Vec<_>>()
    });
    assert_eq!(threads[0], threads[1], "the number of threads changes something");
    let variants = changes.iter().filter_map(|change| study.with_values(&[change]).ok());
    let variants: Vec<_> = variants.map(|variant| cut_at(&variant.scenario, end)).collect();
    let shared = share_their_past(scenario, variants, seed);
    are_finite(scenario, &straight);
    tell(&shorter, seed, &straight);
    Reached {
        failures: straight.measure(Measure::RequestsFailed) > 0.0,
        starts: straight.measure(Measure::Restarts) > 0.0,
        outages: straight.measure(Measure::Outages) > 0.0,
        passed_over: watcher.accounts.passed > 0,
        shared,
    }
}

/// Requests that are counted are those that were seen.
fn are_counted(scenario: &Scenario, seen: &Accounts, results: &Results) {
    let (counted, all) = (results.measure(Measure::Requests), seen.issued + seen.passed);
    // One that stands for another may do so in a window in which none was counted.
    let most = all + seen.postponed;
    assert!(counted <= most as f64, "{counted} requests are counted of {most}");
    let all_count = scenario.clock.warm_up == Instant::START;
    assert!(!all_count || counted >= all as f64, "{counted} requests are counted of {all}");
}

/// Variants come out as each does by itself, however much of their past is simulated once. One that
/// takes too long is left out. Whether some was.
fn share_their_past(
    scenario: &Arc<Scenario>,
    mut variants: Vec<Arc<Scenario>>,
    seed: Seed,
) -> bool {
    let end = scenario.clock.horizon;
    variants.retain(|variant| long_enough(variant, seed) == end);
    if variants.is_empty() {
        return false;
    }
    variants.insert(0, Arc::clone(scenario));
    let together = run_together(&variants, seed).unwrap_or_else(|failure| panic!("{failure:?}"));
    for (variant, shared) in variants.iter().zip(&together.results) {
        let alone = Replication::new(variant, seed, false).finish();
        assert_eq!(alone.digest, shared.digest, "a variant does not come out as by itself");
        assert_eq!(bits(&alone), bits(shared), "a variant is not measured as by itself");
    }
    together.simulated < together.one_by_one
}

/// A measure is a number or none, and a milestone lies in the time that is simulated.
fn are_finite(scenario: &Scenario, results: &Results) {
    let values = bits(results).into_iter().map(f64::from_bits);
    assert!(values.clone().all(|value| !value.is_infinite()), "{:?}", values.collect::<Vec<_>>());
    for &milestone in Milestone::ALL {
        let at = results.milestone(milestone);
        assert!(at.is_none_or(|at| at <= scenario.clock.horizon), "{}", milestone.name());
    }
}

/// Writes everything that is written of a run, so that nothing in it is without words or numbers.
fn tell(study: &Study, seed: Seed, results: &Results) {
    let results = std::slice::from_ref(results);
    let summed = Summary::of(results);
    let report = Report {
        study,
        seed: seed.0,
        with: &[],
        set: &[],
        planned: 1,
        partial: None,
        first: &results[0],
        results,
        summary: &summed,
        judgements: &[],
        judged: false,
    };
    assert!(!human::report(&report, &Screen::PLAIN).contains("NaN"));
    let summary = json::report(&report);
    let read: serde_json::Value = serde_json::from_str(&summary).expect("it is JSON");
    assert_eq!(read["digest"], summed.digest.to_string().as_str());
    let mut documents = Documents::new();
    documents.add("summary.json", summary);
    documents.add("timeline.csv", tables::timeline(&report));
    documents.add("lanes.csv", first::lanes(&report));
    let page = page::page(&documents).unwrap_or_else(|error| panic!("{error}"));
    assert!(page.starts_with("<!DOCTYPE html>"));
    for table in [tables::nodes(&report), tables::replications(&report), events::events(&report)] {
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        assert!(reader.records().all(|row| row.is_ok()), "rows have as many cells as the head");
    }
    #[cfg(feature = "plots")]
    assert!(fleetfall::report::plots::all(&report).iter().all(|(_, svg)| !svg.contains("NaN")));
}
