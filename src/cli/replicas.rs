//! Making replications, with a progress bar, an end in order and a word about what goes wrong.

use super::args::{Common, Sharing};
use super::exit::Exit;
use super::guard::Guard;
use super::progress::Progress;
#[cfg(feature = "store")]
use super::store::Database;
use super::{need, output, study};
#[cfg(feature = "store")]
use fleetfall::experiment::Store;
use fleetfall::experiment::keep;
use fleetfall::experiment::plan::{Found, Question, search};
use fleetfall::experiment::replication::{run_within, watch_within};
use fleetfall::experiment::{
    Causes, Comparison, Decided, Failure, HypercubeError, Keeping, Outcome, Part, Plan, Point,
    Pool, Row, Rule, Shard, Variants, causes, compare, decide, hypercube, replicate, run_cells,
};
use fleetfall::kernel::chance::Seed;
use fleetfall::kernel::time::Instant;
use fleetfall::observe::Results;
use fleetfall::report::{Partial, Reason};
use fleetfall::scenario::assumption::Assumed;
use fleetfall::scenario::claim::Subject;
use fleetfall::scenario::cost::Need;
use fleetfall::scenario::text::diagnostic::is_obeyed;
use fleetfall::scenario::{Scenario, Study};
use fleetfall::sim::Observer;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Makes replications until somebody presses Ctrl-C, or a limit is reached.
#[derive(Debug)]
pub(super) struct Replicas<'a> {
    common: &'a Common,
    threads: usize,
    guard: Arc<Guard>,
    shard: Option<Shard>,
    #[cfg(feature = "store")]
    store: Option<Database>,
}

/// Which replications.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// What the progress bar says of them.
    pub(super) label: &'a str,
    /// Patches applied beside those of the arguments.
    pub(super) with: &'a [String],
    /// Seed of the first.
    pub(super) seed: u64,
    /// How many.
    pub(super) count: u64,
    /// Whether the first keeps its course.
    pub(super) detailed: bool,
}

impl<'a> Replicas<'a> {
    /// Looks after the command from now on, if it is not too much what it needs with so many
    /// threads, and opens the store of the study if there is to be one.
    ///
    /// # Errors
    /// The exit if it is too much, if somebody only wants to know, or if that is impossible.
    pub(super) fn new(
        common: &'a Common,
        study: &Study,
        need: impl FnOnce(usize) -> Need,
    ) -> Result<Replicas<'a>, Exit> {
        let available = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = common.threads.map_or_else(available, NonZeroUsize::get);
        need::admit(common, &need(threads))?;
        let guard = Guard::of(&common.limits)?;
        #[cfg(feature = "store")]
        let store = match &common.store {
            Some(path) => Some(Database::open(path, study, &guard.stop)?),
            None => None,
        };
        #[cfg(not(feature = "store"))]
        let _ = study;
        Ok(Replicas {
            common,
            threads,
            guard,
            shard: None,
            #[cfg(feature = "store")]
            store,
        })
    }

    /// The same for one part of the tasks, if that was asked for.
    pub(super) fn sharing(self, sharing: Sharing) -> Replicas<'a> {
        #[cfg(feature = "store")]
        let shard = sharing.shard;
        #[cfg(not(feature = "store"))]
        let (shard, _) = (None, sharing);
        Replicas { shard, ..self }
    }

    /// How the command ends, if it was about a part of the tasks: there is nothing to report yet.
    pub(super) fn after_shard(&self, scenario: &Scenario) -> Option<Exit> {
        let shard = self.shard?;
        let (number, of) = (shard.number + 1, shard.of);
        if self.is_ended() {
            let why = self.guard.reason().words(scenario);
            output::note(&format!("{why}; shard {number} of {of} is not done"));
            return Some(self.ended());
        }
        output::note(&format!(
            "shard {number} of {of} is done; when all are, join their stores with \
             `fleetfall merge` and give the same command the joined store without `--shard`"
        ));
        Some(Exit::Well)
    }

    /// Whether the command ends before everything is done, or has come to its end as that happened.
    fn is_ended(&self) -> bool {
        self.guard.stop.load(Ordering::Relaxed) || self.guard.halt.is_over()
    }

    /// The exit of a command that ends before everything is done.
    pub(super) fn ended(&self) -> Exit {
        match self.guard.reason() {
            Reason::Interrupted => Exit::Interrupted,
            Reason::TimeLimit(_) | Reason::MaxMemory(_) | Reason::Cut(_) => Exit::Limit,
        }
    }

    /// Why results are of less than was asked for, and what there is, in words.
    pub(super) fn partial(&self, scenario: &Scenario, there_is: &str) -> Partial {
        Partial::new(self.guard.reason(), there_is, scenario)
    }

    /// Says that nothing is done that could be reported, and how the command ends.
    pub(super) fn nothing(&self, scenario: &Scenario, what: &str) -> Exit {
        let exit = self.ended();
        if exit == Exit::Interrupted {
            output::note(&format!("stopped before {what}; nothing is written"));
        } else {
            output::complain(&self.guard.reason().words(scenario));
            output::note(&format!("  that was before {what}: nothing is written"));
        }
        exit
    }

    /// Does something with the threads, while somebody may watch; then everything is kept.
    fn work<T>(
        &self,
        label: &str,
        count: Option<u64>,
        work: impl FnOnce(Pool) -> T,
    ) -> Result<T, Exit> {
        let progress = Progress::new(label, count);
        let tell = |done| progress.set(done);
        #[cfg(feature = "store")]
        let store = self.store.as_ref().map(|store| store as &dyn Store);
        #[cfg(not(feature = "store"))]
        let store = None;
        let keeping = Keeping { store, shard: self.shard };
        let guard = &*self.guard;
        let pool = Pool::new(self.threads, &tell, &guard.stop);
        let pool = Pool { keeping, halt: Some(&guard.halt), ..pool };
        let done = quietly(|| work(pool));
        drop(progress);
        #[cfg(feature = "store")]
        if let Some(store) = &self.store {
            store.flush()?;
        }
        Ok(done)
    }

    /// The results in the order of their seeds; fewer than wanted if the command ends before.
    ///
    /// # Errors
    /// The exit after a broken invariant has been shown.
    pub(super) fn make(
        &self,
        scenario: &Arc<Scenario>,
        wanted: Wanted,
    ) -> Result<Vec<Results>, Exit> {
        let plan =
            Plan { seed: Seed(wanted.seed), replications: wanted.count, detailed: wanted.detailed };
        let outcome =
            self.work(wanted.label, Some(wanted.count), |pool| replicate(scenario, plan, pool))?;
        match outcome {
            Ok(Outcome::Done(results) | Outcome::Stopped(results)) => Ok(results),
            Err(failure) => {
                self.explain(&failure, wanted.with, &[]);
                Err(Exit::Bug)
            }
        }
    }

    /// Simulates one replication up to `until` once more, for an observer.
    ///
    /// # Errors
    /// The exit after a broken invariant has been shown, or that the command ends before.
    pub(super) fn watch(
        &self,
        scenario: &Arc<Scenario>,
        seed: u64,
        until: Instant,
        observer: &mut impl Observer,
    ) -> Result<(), Exit> {
        let halt = Some(&self.guard.halt);
        match quietly(|| watch_within(scenario, Seed(seed), until, observer, halt)) {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.nothing(scenario, "the end of the stretch")),
            Err(failure) => {
                self.explain(&failure, &[], &[]);
                Err(Exit::Bug)
            }
        }
    }

    /// Hands the rows of one scenario after the other to `take`; how many scenarios were done, all
    /// unless the command ends before. `sets` are the assignments that make each scenario.
    ///
    /// # Errors
    /// The exit after a broken invariant has been shown.
    pub(super) fn cells(
        &self,
        scenario: impl Fn(usize) -> Arc<Scenario>,
        sets: &[Vec<String>],
        wanted: Wanted,
        subjects: &[Subject],
        take: impl FnMut(usize, &[Row]),
    ) -> Result<usize, Exit> {
        let count = wanted.count * sets.len() as u64;
        let seed = Seed(wanted.seed);
        let done = self.work(wanted.label, Some(count), |pool| {
            run_cells(sets.len(), scenario, wanted.count, seed, subjects, pool, take)
        })?;
        done.map_err(|error| {
            self.explain(&error.failure, wanted.with, &sets[error.cell]);
            Exit::Bug
        })
    }

    /// The points of the hypercube over the ranges of a study's assumptions, with what `keep` makes
    /// of their results; `None` if the command ends before.
    ///
    /// # Errors
    /// The exit after a point that is no scenario, or a broken invariant, has been shown.
    pub(super) fn hypercube<T: Send>(
        &self,
        study: &Study,
        points: u32,
        scale_load: bool,
        seed: u64,
        keep: impl Fn(Results) -> T + Sync,
    ) -> Result<Option<Vec<Point<T>>>, Exit> {
        let done = self.work("hypercube", Some(u64::from(points)), |pool| {
            hypercube(study, points, scale_load, Seed(seed), pool, keep)
        })?;
        done.map_err(|error| match error {
            HypercubeError::Scenario(problems) => study::show(&problems),
            HypercubeError::Failure { failure, assumed } => {
                let sets: Vec<String> = assumed.iter().map(Assumed::assignment).collect();
                self.explain(&failure, &[], &sets);
                Exit::Bug
            }
        })
    }

    /// Compares variants; on fewer replications than the rule says if the command ends before.
    ///
    /// # Errors
    /// The exit after a broken invariant has been shown.
    pub(super) fn compare(&self, variants: &Variants, rule: Rule) -> Result<Comparison, Exit> {
        let ceiling = Some(rule.ceiling);
        let done = self.work("compare", ceiling, |pool| compare(variants, rule, pool))?;
        done.map_err(|broken| {
            self.explain(&broken.failure, &variants.names[broken.variant], &[]);
            Exit::Bug
        })
    }

    /// Decides claims about variants; on fewer replications than they need if the command ends
    /// before.
    ///
    /// # Errors
    /// The exit after a broken invariant has been shown.
    pub(super) fn decide(
        &self,
        parts: &[Part],
        variants: &Variants,
        seed: u64,
    ) -> Result<Decided, Exit> {
        let count = parts.iter().map(|part| part.assurance.ceiling).max().unwrap_or(0);
        let done =
            self.work("check", Some(count), |pool| decide(parts, variants, Seed(seed), pool))?;
        done.map_err(|broken| {
            self.explain(&broken.failure, &variants.names[broken.variant], &[]);
            Exit::Bug
        })
    }

    /// Searches scenarios for the first in which outages are rare enough. Each is made from the
    /// study by the assignments of the same number.
    ///
    /// # Errors
    /// The exit after a broken invariant has been shown.
    pub(super) fn plan(
        &self,
        label: &str,
        scenarios: &[Arc<Scenario>],
        sets: Option<&[Vec<String>]>,
        question: Question,
        seed: u64,
        fails: impl Fn(&Results) -> bool + Sync,
    ) -> Result<Found, Exit> {
        let done = self.work(label, None, |pool| {
            let part = |one| pool.keeping.part("run", std::slice::from_ref(one), &());
            let parts: Vec<keep::Part> = scenarios.iter().map(part).collect();
            let failed = |value: usize, number: u64| {
                let seed = Seed(seed.wrapping_add(number));
                let task = || run_within(&scenarios[value], seed, false, pool.halt);
                let done = pool.keeping.or_do(&parts[value], number, seed, task)?;
                Some(match done {
                    Ok(results) => Ok(fails(&results)),
                    Err(failure) => Err((value, failure)),
                })
            };
            search(scenarios.len(), question, pool, failed)
        })?;
        done.map_err(|(value, failure)| {
            match sets {
                Some(sets) => self.explain(&failure, &[], &sets[value]),
                None => {
                    output::complain(&failure.to_string());
                    output::note("this is a fault of fleetfall, not of the scenario");
                }
            }
            Exit::Bug
        })
    }

    /// Shares out what `variants` differ in among causes; fewer replications if the command ends
    /// before.
    ///
    /// # Errors
    /// The exit after a broken invariant has been shown.
    pub(super) fn causes(
        &self,
        names: &[String],
        variants: &Variants,
        seed: u64,
        count: u64,
    ) -> Result<Causes, Exit> {
        let done = self
            .work("causes", Some(count), |pool| causes(names, variants, Seed(seed), count, pool))?;
        done.map_err(|broken| {
            self.explain(&broken.failure, &variants.names[broken.variant], &[]);
            Exit::Bug
        })
    }

    fn explain(&self, failure: &Failure, with: &[String], sets: &[String]) {
        output::complain(&failure.to_string());
        let mut command = format!(
            "fleetfall run {} --seed {} --replications 1",
            quoted(&self.common.file.display().to_string()),
            failure.seed.0
        );
        for name in self.common.with.iter().chain(with) {
            command += &format!(" --with {}", quoted(name));
        }
        for assignment in self.common.set.iter().chain(sets) {
            command += &format!(" --set {}", quoted(assignment));
        }
        output::note("this is a fault of fleetfall, not of the scenario; it happens again with");
        output::note(&format!("  {command}"));
    }
}

/// Does something without a word about panics: they are caught and explained. Who asks for
/// backtraces sees them all the same.
fn quietly<T>(work: impl FnOnce() -> T) -> T {
    if std::env::var_os("RUST_BACKTRACE").is_some() {
        return work();
    }
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let done = work();
    std::panic::set_hook(usual);
    done
}

/// An argument as a shell reads it.
pub(super) fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_string();
    }
    // What a terminal would obey is written in numbers.
    if argument.contains(is_obeyed) {
        let letter = |c: char| match c {
            '\'' | '\\' => format!("\\{c}"),
            c if is_obeyed(c) => c.to_string().bytes().map(|b| format!("\\x{b:02x}")).collect(),
            c => c.to_string(),
        };
        return format!("$'{}'", argument.chars().map(letter).collect::<String>());
    }
    format!("'{}'", argument.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn arguments_survive_a_shell() {
        assert_eq!(quoted("scenarios/pinpoint-2021.toml"), "scenarios/pinpoint-2021.toml");
        assert_eq!(quoted("load.rate=\"8/s\""), "'load.rate=\"8/s\"'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted("a\u{1b}[31m\n'\\"), "$'a\\x1b[31m\\x0a\\'\\\\'");
        assert_eq!(quoted("a\u{202e}b"), "$'a\\xe2\\x80\\xaeb'");
    }
}
