//! The scenario over the ranges of all its assumptions together.

use super::replication::{Failure, Pool, run_within};
use crate::kernel::chance::{Purpose, Seed, Streams, unit};
use crate::observe::Results;
use crate::scenario::assumption::Assumed;
use crate::scenario::{Problems, Study};
use crate::stats::{latin_hypercube, spearman};
use std::sync::Arc;

/// What the draws of the points are for. Far from the numbers that simulations use.
const POINTS: Purpose = Purpose(0x5057_0001);

/// A point of the hypercube, and what came out there.
#[derive(Clone, Debug)]
pub struct Point<T = Results> {
    /// Seed of its replication.
    pub seed: Seed,
    /// The value of every assumption, and of what is scaled with them.
    pub assumed: Vec<Assumed>,
    /// How much of every range lies below it.
    pub shares: Vec<f64>,
    /// What came out, or what was kept of it.
    pub results: T,
}

/// Why a hypercube could not be run.
#[derive(Clone, Debug)]
pub enum HypercubeError {
    /// The values of a point do not go together.
    Scenario(Problems),
    /// An invariant was broken.
    Failure {
        /// Where and how.
        failure: Failure,
        /// The point.
        assumed: Vec<Assumed>,
    },
}

/// Runs one replication at every point and keeps what `keep` makes of its results. Points, and
/// what comes out at them, depend on the seed alone.
///
/// Returns `None` if the pool was asked to stop, or a point needed too much.
///
/// # Errors
/// If a point is no valid scenario, or an invariant was broken.
pub fn hypercube<T: Send>(
    study: &Study,
    points: u32,
    scale_load: bool,
    seed: Seed,
    pool: Pool<'_>,
    keep: impl Fn(Results) -> T + Sync,
) -> Result<Option<Vec<Point<T>>>, HypercubeError> {
    let mut draws = Streams::new(seed).sequence(POINTS, 0);
    let draw = || {
        let share = unit(&mut draws.die(0));
        draws.advance();
        share
    };
    let all = latin_hypercube(points as usize, study.document.assumption.len(), draw);
    let run = |number: u64| {
        let shares = &all[number as usize];
        let (assumed, variant) =
            study.point(shares, scale_load).map_err(HypercubeError::Scenario)?;
        let seed = Seed(seed.0.wrapping_add(number));
        let part = pool.keeping.part("run", &[Arc::clone(&variant.scenario)], &());
        let task = || run_within(&variant.scenario, seed, false, pool.halt);
        Ok(pool.keeping.or_do(&part, number, seed, task).map(|done| match done {
            Ok(results) => {
                Ok(Point { seed, assumed, shares: shares.clone(), results: keep(results) })
            }
            Err(failure) => Err(HypercubeError::Failure { failure, assumed }),
        }))
    };
    // What is wrong with a point is wrong wherever it is done.
    let done = pool.run_some(u64::from(points), |number| match run(number) {
        Ok(done) => done,
        Err(problems) => Some(Err(problems)),
    })?;
    Ok((done.len() == points as usize).then_some(done))
}

/// How strongly an outcome goes with each assumption: rank correlations, in the order of the
/// assumptions; `None` where either does not vary. Points without an outcome are left out.
pub fn rank_correlations(
    points: &[Point],
    outcome: impl Fn(&Results) -> Option<f64>,
) -> Vec<Option<f64>> {
    let known: Vec<(&Point, f64)> =
        points.iter().filter_map(|p| outcome(&p.results).map(|value| (p, value))).collect();
    let outcomes: Vec<f64> = known.iter().map(|(_, value)| *value).collect();
    let assumptions = points.first().map_or(0, |point| point.shares.len());
    let correlation = |number: usize| {
        let shares: Vec<f64> = known.iter().map(|(point, _)| point.shares[number]).collect();
        spearman(&shares, &outcomes)
    };
    (0..assumptions).map(correlation).collect()
}
