//! Variants of a scenario under one seed, with what they share simulated once.
//!
//! Nobody declares where a variant parts from another. The simulation notes which settings it asks
//! for; as long as it has asked for none in which a variant differs, the variant has the same past.
//! So the base is simulated in stretches with a snapshot before each, and a variant forks from the
//! last snapshot before the stretch in which the two may have parted.

use super::halt::Halt;
use super::replication::{Failure, Replication, Stop, advance_caught};
use crate::kernel::chance::Seed;
use crate::kernel::time::{Duration, Instant};
use crate::observe::Results;
use crate::scenario::Scenario;
use crate::scenario::late::Divergence;
use std::sync::Arc;

/// Stretches of the horizon: the more, the less is simulated twice, and the more snapshots are
/// taken.
const STRETCHES: u64 = 256;

/// What came out under every variant.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Together {
    /// In the order of the variants.
    pub results: Vec<Results>,
    /// Events that were simulated.
    pub simulated: u64,
    /// Events that the variants would have needed one by one.
    pub one_by_one: u64,
}

/// A broken invariant, and the variant in which it broke.
#[derive(Clone, Debug)]
pub struct VariantFailure {
    /// What was wrong.
    pub failure: Failure,
    /// The number of the variant.
    pub variant: usize,
}

/// Simulates every variant under `seed`. What comes out of each is what [`Replication::finish`]
/// would give, to the digest.
///
/// # Errors
/// If an invariant was broken.
pub fn run_together(variants: &[Arc<Scenario>], seed: Seed) -> Result<Together, VariantFailure> {
    run_together_within(variants, seed, None).expect("none is given up for nothing")
}

/// The same, unless one of them needs too much or is given up: then there is nothing of any of
/// them, and `halt` knows why.
///
/// # Errors
/// If an invariant was broken.
pub fn run_together_within(
    variants: &[Arc<Scenario>],
    seed: Seed,
    halt: Option<&Halt>,
) -> Option<Result<Together, VariantFailure>> {
    let mut run = Run { variants, seed, halt, results: vec![None; variants.len()], sums: (0, 0) };
    match run.simulate((0..variants.len()).collect()) {
        Ok(()) => Some(Ok(Together {
            results: run.results.into_iter().flatten().collect(),
            simulated: run.sums.0,
            one_by_one: run.sums.1,
        })),
        Err((Stop::Failed(failure), variant)) => Some(Err(VariantFailure { failure, variant })),
        Err((Stop::GivenUp, _)) => None,
    }
}

/// Why a variant does not go on, and which.
type Stopped = (Stop, usize);

struct Run<'a> {
    variants: &'a [Arc<Scenario>],
    seed: Seed,
    halt: Option<&'a Halt>,
    results: Vec<Option<Results>>,
    /// Events simulated, and events that separate runs would have simulated.
    sums: (u64, u64),
}

/// Variants that are to be simulated.
enum Waiting {
    /// From their start.
    FromStart(Vec<usize>),
    /// From where a simulation of the first of them stands, which is that of the others too.
    Together(usize, Box<Replication>, Vec<usize>),
    /// As far as others have parted from it.
    GoesOn(Box<Followed>),
}

/// A variant on its way, and those that have had the same course so far.
struct Followed {
    base: usize,
    replication: Replication,
    /// Those others, and where each parts from it.
    open: Vec<(usize, Divergence)>,
    /// Events before it was followed.
    before: u64,
}

impl Run<'_> {
    /// Simulates these variants: one after the other, with those that part from it on the way
    /// from there on. There may be more of them than a stack is deep.
    fn simulate(&mut self, all: Vec<usize>) -> Result<(), Stopped> {
        let mut waiting = vec![Waiting::FromStart(all)];
        while let Some(next) = waiting.pop() {
            match next {
                Waiting::FromStart(open) => self.begin(open, &mut waiting),
                Waiting::Together(base, replication, open) => {
                    waiting.push(Waiting::GoesOn(self.together(base, replication, open)));
                }
                Waiting::GoesOn(followed) => self.follow(followed, &mut waiting)?,
            }
        }
        Ok(())
    }

    /// Begins the first of these variants, with those that part from it later; the others wait for
    /// a start of their own.
    fn begin(&self, mut open: Vec<usize>, waiting: &mut Vec<Waiting>) {
        if open.is_empty() {
            return;
        }
        let base = open.remove(0);
        let parts_later = |other: &usize| {
            Divergence::between(&self.variants[base], &self.variants[*other]) != Divergence::AtStart
        };
        let (later, others) = open.into_iter().partition(parts_later);
        waiting.push(Waiting::FromStart(others));
        let replication = Replication::new(&self.variants[base], self.seed, false);
        waiting.push(Waiting::Together(base, Box::new(replication), later));
    }

    fn together(
        &self,
        base: usize,
        mut replication: Box<Replication>,
        open: Vec<usize>,
    ) -> Box<Followed> {
        let before = replication.simulation.dispatched();
        replication.simulation.look_out_for(open.iter().map(|&other| &*self.variants[other]));
        let parts = |other: usize| Divergence::between(&self.variants[base], &self.variants[other]);
        let open = open.into_iter().map(|other| (other, parts(other))).collect();
        Box::new(Followed { base, replication: *replication, open, before })
    }

    /// Simulates a variant until others part from it, or to its end.
    fn follow(
        &mut self,
        mut followed: Box<Followed>,
        waiting: &mut Vec<Waiting>,
    ) -> Result<(), Stopped> {
        let base = followed.base;
        let horizon = self.variants[base].clock.horizon;
        let stretch = Duration::from_nanos(horizon.as_nanos() / STRETCHES + 1);
        while !followed.open.is_empty() && followed.replication.simulation.now() < horizon {
            let snapshot = followed.replication.clone();
            let until = snapshot.simulation.now().saturating_add(stretch).min(horizon);
            self.advance(base, &mut followed.replication, until)?;
            let simulation = &followed.replication.simulation;
            let has_parted =
                |(_, divergence): &(usize, Divergence)| simulation.has_parted(*divergence);
            let (parted, rest): (Vec<_>, Vec<_>) = followed.open.into_iter().partition(has_parted);
            followed.open = rest;
            let mut parted: Vec<usize> = parted.into_iter().map(|(other, _)| other).collect();
            // The variant that differs least comes first: the others may share more with it.
            parted.sort_by_cached_key(|&other| (self.distance(base, other), other));
            let Some((&first, others)) = parted.split_first() else { continue };
            let fork = match snapshot.fork(&self.variants[first]) {
                Ok(fork) => Waiting::Together(first, Box::new(fork), others.to_vec()),
                Err(_) => Waiting::FromStart(parted),
            };
            // Few are under way at a time: the fork comes first, unless nobody waits for the base.
            if followed.open.is_empty() {
                waiting.push(fork);
                break;
            }
            waiting.extend([Waiting::GoesOn(followed), fork]);
            return Ok(());
        }
        self.finish(*followed)
    }

    /// Simulates a variant to its end, from where on nothing parts from it any more.
    fn finish(&mut self, followed: Followed) -> Result<(), Stopped> {
        let Followed { base, mut replication, open, before } = followed;
        self.advance(base, &mut replication, Instant::NEVER)?;
        let events = replication.simulation.dispatched();
        self.sums.0 += events - before;
        self.sums.1 += events * (1 + open.len() as u64);
        let results = replication.recorder.finish();
        for (same, _) in open {
            self.results[same] = Some(results.clone());
        }
        self.results[base] = Some(results);
        Ok(())
    }

    fn advance(
        &self,
        variant: usize,
        replication: &mut Replication,
        until: Instant,
    ) -> Result<(), Stopped> {
        let done = advance_caught(replication, self.seed, until, self.halt);
        done.map_err(|stop| (stop, variant))
    }

    /// In how many settings two variants differ.
    fn distance(&self, one: usize, other: usize) -> u32 {
        match Divergence::between(&self.variants[one], &self.variants[other]) {
            Divergence::AtStart => u32::MAX,
            Divergence::Later(settings, load) => settings.len() + u32::from(load < Instant::NEVER),
        }
    }
}
