//! Replications: one seed each, in parallel, collected in the order of their seeds.

use super::halt::{Halt, Look};
use super::keep::Keeping;
use crate::kernel::chance::Seed;
use crate::kernel::time::Instant;
use crate::observe::{Recorder, Results};
use crate::scenario::Scenario;
use crate::sim::{Observer, Simulation};
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A simulation with its standard observer. A clone of both is a snapshot that goes on exactly as
/// the original does.
#[derive(Clone, Debug)]
pub struct Replication {
    /// The simulation.
    pub simulation: Simulation,
    /// What has been measured of it.
    pub recorder: Recorder,
}

impl Replication {
    /// A replication at its start; with details of its course if `detailed`.
    pub fn new(scenario: &Arc<Scenario>, seed: Seed, detailed: bool) -> Replication {
        Replication {
            simulation: Simulation::new(Arc::clone(scenario), seed),
            recorder: Recorder::new(Arc::clone(scenario), detailed),
        }
    }

    /// Simulates up to `until`.
    pub fn run_until(&mut self, until: Instant) {
        self.simulation.run_until(until, &mut self.recorder);
    }

    /// Simulates to the end.
    pub fn finish(mut self) -> Results {
        self.simulation.run(&mut self.recorder);
        self.recorder.finish()
    }

    /// A snapshot that goes on under another scenario.
    ///
    /// # Errors
    /// As [`Simulation::fork`].
    pub fn fork(
        &self,
        scenario: &Arc<Scenario>,
    ) -> Result<Replication, crate::sim::simulation::ForkError> {
        Ok(Replication {
            simulation: self.simulation.fork(Arc::clone(scenario))?,
            recorder: self.recorder.fork(Arc::clone(scenario)),
        })
    }
}

/// Which replications to make.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Seed of the first; the others count on from it.
    pub seed: Seed,
    /// How many.
    pub replications: u64,
    /// Whether the first keeps the details of its course.
    pub detailed: bool,
}

/// A replication that was stopped by a broken invariant: a fault of fleetfall, not of its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its seed.
    pub seed: Seed,
    /// What was wrong, and when in simulated time.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "replication with seed {} stopped: {}", self.seed.0, self.message)
    }
}

impl std::error::Error for Failure {}

/// What became of a plan.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Every replication is done; results in the order of their seeds.
    Done(Vec<Results>),
    /// It was asked to stop, or a replication needed too much; those that were done by then, from
    /// the first without a gap.
    Stopped(Vec<Results>),
}

/// Makes replications of a scenario.
///
/// The pool changes no result.
///
/// # Errors
/// The failure with the smallest seed, if an invariant was broken.
pub fn replicate(scenario: &Arc<Scenario>, plan: Plan, pool: Pool<'_>) -> Result<Outcome, Failure> {
    let keeping = pool.keeping;
    let part = keeping.part("run", std::slice::from_ref(scenario), &());
    let results = pool.run_some(plan.replications, |number| {
        let seed = Seed(plan.seed.0.wrapping_add(number));
        // Details are not kept.
        if plan.detailed && number == 0 && keeping.shard.is_none() {
            return run_within(scenario, seed, true, pool.halt);
        }
        keeping.or_do(&part, number, seed, || run_within(scenario, seed, false, pool.halt))
    })?;
    if results.len() as u64 == plan.replications {
        Ok(Outcome::Done(results))
    } else {
        Ok(Outcome::Stopped(results))
    }
}

/// Threads that work through numbered tasks.
#[derive(Clone, Copy)]
pub struct Pool<'a> {
    /// How many; at least 1.
    pub threads: usize,
    /// Told after each task how many are done.
    pub progress: &'a (dyn Fn(u64) + Sync),
    /// Looked at before each task.
    pub stop: &'a AtomicBool,
    /// Where tasks are kept, and which of them are done here.
    pub keeping: Keeping<'a>,
    /// What a replication may need, and what makes those in hand be given up.
    pub halt: Option<&'a Halt>,
}

impl fmt::Debug for Pool<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("threads", &self.threads).finish_non_exhaustive()
    }
}

impl<'a> Pool<'a> {
    /// A pool that keeps nothing, does all tasks itself and lets each take what it needs.
    pub fn new(
        threads: usize,
        progress: &'a (dyn Fn(u64) + Sync),
        stop: &'a AtomicBool,
    ) -> Pool<'a> {
        Pool { threads, progress, stop, keeping: Keeping::default(), halt: None }
    }

    /// Whether it was asked to stop, or something was too much.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.halt.is_some_and(Halt::is_over)
    }

    /// Whether somebody stopped it before all of `count` tasks were done, where `done` came back.
    pub fn was_cut_short(&self, done: usize, count: u64) -> bool {
        (done as u64) < count && (self.keeping.shard.is_none() || self.is_stopped())
    }

    /// Runs the tasks 0 to `count - 1`; what they give, in that order. When it is asked to stop,
    /// what is done by then from the first on without a gap.
    ///
    /// # Errors
    /// The error of the first task, by number, that has one.
    pub fn run<T: Send, E: Send>(
        &self,
        count: u64,
        task: impl Fn(u64) -> Result<T, E> + Sync,
    ) -> Result<Vec<T>, E> {
        self.run_some(count, |number| Some(task(number)))
    }

    /// As [`Pool::run`] with tasks of which some are not done here, or are given up. If the pool
    /// has a shard, nothing is returned.
    ///
    /// # Errors
    /// The error of the first task, by number, that has one.
    pub fn run_some<T: Send, E: Send>(
        &self,
        count: u64,
        task: impl Fn(u64) -> Option<Result<T, E>> + Sync,
    ) -> Result<Vec<T>, E> {
        let next = AtomicU64::new(0);
        let done = AtomicU64::new(0);
        let broken = AtomicBool::new(false);
        let worker = || {
            let mut mine = Vec::new();
            while !self.is_stopped() && !broken.load(Ordering::Relaxed) {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    break;
                }
                let Some(result) = task(number) else { continue };
                if result.is_err() {
                    broken.store(true, Ordering::Relaxed);
                }
                if result.is_err() || self.keeping.shard.is_none() {
                    mine.push((number, result));
                }
                (self.progress)(done.fetch_add(1, Ordering::Relaxed) + 1);
            }
            mine
        };
        let threads = self.threads.clamp(1, usize::try_from(count).unwrap_or(1).max(1));
        let mut all = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
            let mut all = worker();
            for other in others {
                all.extend(other.join().expect("a worker catches what goes wrong"));
            }
            all
        });
        all.sort_by_key(|(number, _)| *number);
        let mut results = Vec::with_capacity(all.len());
        for (number, result) in all {
            let result = result?;
            if number == results.len() as u64 {
                results.push(result);
            }
        }
        Ok(results)
    }
}

/// Runs one replication; a panic inside it ends it alone.
///
/// # Errors
/// If an invariant was broken.
pub fn run_caught(
    scenario: &Arc<Scenario>,
    seed: Seed,
    detailed: bool,
) -> Result<Results, Failure> {
    let done = run_within(scenario, seed, detailed, None);
    done.expect("it is given up for nothing")
}

/// The same, unless it needs too much or is given up: then there is nothing, and `halt` knows why.
///
/// # Errors
/// If an invariant was broken.
pub fn run_within(
    scenario: &Arc<Scenario>,
    seed: Seed,
    detailed: bool,
    halt: Option<&Halt>,
) -> Option<Result<Results, Failure>> {
    let mut replication = Replication::new(scenario, seed, detailed);
    match advance_caught(&mut replication, seed, Instant::NEVER, halt) {
        Ok(()) => Some(Ok(replication.recorder.finish())),
        Err(Stop::Failed(failure)) => Some(Err(failure)),
        Err(Stop::GivenUp) => None,
    }
}

/// Why a replication does not go on.
#[derive(Debug)]
pub(super) enum Stop {
    /// An invariant was broken.
    Failed(Failure),
    /// It needs too much, or nobody waits for it any more.
    GivenUp,
}

/// Simulates up to `until`; otherwise the replication is good for nothing.
pub(super) fn advance_caught(
    replication: &mut Replication,
    seed: Seed,
    until: Instant,
    halt: Option<&Halt>,
) -> Result<(), Stop> {
    let Replication { simulation, recorder } = replication;
    advance(simulation, seed, until, recorder, halt)
}

/// Simulates a replication up to `until` for an observer alone.
///
/// # Errors
/// If an invariant was broken.
pub fn watch(
    scenario: &Arc<Scenario>,
    seed: Seed,
    until: Instant,
    observer: &mut impl Observer,
) -> Result<(), Failure> {
    watch_within(scenario, seed, until, observer, None).map(|_| ())
}

/// The same. Whether it came to `until`: if not, it was given up, and `halt` knows why.
///
/// # Errors
/// If an invariant was broken.
pub fn watch_within(
    scenario: &Arc<Scenario>,
    seed: Seed,
    until: Instant,
    observer: &mut impl Observer,
    halt: Option<&Halt>,
) -> Result<bool, Failure> {
    let mut simulation = Simulation::new(Arc::clone(scenario), seed);
    match advance(&mut simulation, seed, until, observer, halt) {
        Ok(()) => Ok(true),
        Err(Stop::Failed(failure)) => Err(failure),
        Err(Stop::GivenUp) => Ok(false),
    }
}

fn advance(
    simulation: &mut Simulation,
    seed: Seed,
    until: Instant,
    observer: &mut impl Observer,
    halt: Option<&Halt>,
) -> Result<(), Stop> {
    let mut look = Look::new(halt, seed);
    let mut goes_on = |events, now| look.goes_on(events, now);
    let run =
        catch_unwind(AssertUnwindSafe(|| simulation.run_while(until, observer, &mut goes_on)));
    match run {
        Ok(true) if look.counts(simulation.dispatched(), simulation.now()) => Ok(()),
        Ok(_) => Err(Stop::GivenUp),
        Err(panic) => Err(Stop::Failed(failure(&*panic, seed, simulation))),
    }
}

fn failure(panic: &(dyn Any + Send), seed: Seed, simulation: &Simulation) -> Failure {
    let what = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_else(|| "an unknown panic".to_string());
    let now = simulation.now();
    let civil = simulation.scenario().civil(now);
    Failure { seed, message: format!("{what} (at {:.9} s, {civil})", now.as_secs_f64()) }
}
