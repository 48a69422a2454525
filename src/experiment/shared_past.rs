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
    match run.simulate_from_start((0..variants.len()).collect()) {
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

impl Run<'_> {
    /// Simulates variants from their start: the first, those that part from it later, and then the
    /// others in the same way.
    fn simulate_from_start(&mut self, mut open: Vec<usize>) -> Result<(), Stopped> {
        while !open.is_empty() {
            let base = open.remove(0);
            let mut later = Vec::new();
            open.retain(|&other| {
                let parts = Divergence::between(&self.variants[base], &self.variants[other]);
                if parts != Divergence::AtStart {
                    later.push(other);
                }
                parts == Divergence::AtStart
            });
            let replication = Replication::new(&self.variants[base], self.seed, false);
            self.follow(base, replication, later)?;
        }
        Ok(())
    }

    /// Simulates `base` to its end, and the variants in `open`, which have had the same course so
    /// far.
    fn follow(
        &mut self,
        base: usize,
        mut replication: Replication,
        mut open: Vec<usize>,
    ) -> Result<(), Stopped> {
        let before = replication.simulation.dispatched();
        let scenario = &self.variants[base];
        let horizon = scenario.clock.horizon;
        let stretch = Duration::from_nanos(horizon.as_nanos() / STRETCHES + 1);
        replication.simulation.look_out_for(open.iter().map(|&other| &*self.variants[other]));
        let parts = |other: usize| Divergence::between(scenario, &self.variants[other]);
        let mut parts: Vec<Divergence> = open.iter().map(|&other| parts(other)).collect();
        while !open.is_empty() && replication.simulation.now() < horizon {
            let snapshot = replication.clone();
            let until = snapshot.simulation.now().saturating_add(stretch).min(horizon);
            self.advance(base, &mut replication, until)?;
            let (mut parted, mut rest) = (Vec::new(), Vec::new());
            for (other, divergence) in open.into_iter().zip(parts) {
                if replication.simulation.has_parted(divergence) {
                    parted.push(other);
                } else {
                    rest.push((other, divergence));
                }
            }
            (open, parts) = rest.into_iter().unzip();
            // The variant that differs least comes first: the others may share more with it.
            parted.sort_by_key(|&other| (self.distance(base, other), other));
            if let Some((&first, others)) = parted.split_first() {
                match snapshot.fork(&self.variants[first]) {
                    Ok(fork) => self.follow(first, fork, others.to_vec())?,
                    Err(_) => self.simulate_from_start(parted)?,
                }
            }
        }
        self.advance(base, &mut replication, Instant::NEVER)?;
        let events = replication.simulation.dispatched();
        self.sums.0 += events - before;
        self.sums.1 += events * (1 + open.len() as u64);
        let results = replication.recorder.finish();
        for same in open {
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
