//! Causes: what is shared out among the removals that a scenario names.
//!
//! A scenario says how each of its causes would be taken away. Every subset of them is taken away
//! under the same seed, and the difference between all causes and none is shared out by Shapley's
//! value (1953): a cause gets the mean of what it adds over all orders in which they can come
//! together. So the shares of one replication sum to the difference, and a cause that changes
//! nothing beside any others gets nothing. Only this is called a cause; see
//! [`crate::observe`] for when things happened.

use super::compare::{Quantity, Variants};
use super::paired::Part;
use super::replication::Pool;
use super::shared_past::{VariantFailure, run_together_within};
use crate::kernel::chance::Seed;
use crate::observe::Results;
use crate::scenario::measure::Measure;

/// The most causes: every subset of them is simulated.
pub const MOST: usize = 8;

/// What is shared out.
pub const SHARED_OUT: [Quantity; 2] = [Quantity::Downtime, Quantity::Failed];

/// What the causes of a scenario contribute.
#[derive(Clone, Debug)]
pub struct Causes {
    /// Names of the causes.
    pub names: Vec<String>,
    /// For each of [`SHARED_OUT`] the share of every cause.
    pub shares: Vec<Vec<Part>>,
    /// For each of them the value under all causes and under none.
    pub all_and_none: Vec<[Part; 2]>,
    /// Replications.
    pub replications: u64,
    /// Events simulated, and events that the variants would have needed one by one.
    pub events: (u64, u64),
    /// Whether somebody stopped it.
    pub stopped: bool,
}

/// Shares out the downtime and the failures among causes. `variants` has one scenario for every
/// subset of the causes: in number `n` those are taken away whose bit is set in `n`.
///
/// # Errors
/// If an invariant was broken.
///
/// # Panics
/// If there is not one variant for every subset.
pub fn causes(
    names: &[String],
    variants: &Variants,
    seed: Seed,
    replications: u64,
    pool: Pool<'_>,
) -> Result<Causes, VariantFailure> {
    assert_eq!(variants.scenarios.len(), 1 << names.len(), "every subset has its variant");
    let mut causes = Causes {
        names: names.to_vec(),
        shares: vec![vec![Part::NOTHING; names.len()]; SHARED_OUT.len()],
        all_and_none: vec![[Part::NOTHING; 2]; SHARED_OUT.len()],
        replications: 0,
        events: (0, 0),
        stopped: false,
    };
    let length = variants.scenarios[0].clock.horizon.as_secs_f64();
    // A few at a time, so that memory does not grow with their number.
    let batch = 4 * pool.threads as u64;
    // The same tasks as those of a comparison of these variants.
    let part = pool.keeping.part("compare", &variants.scenarios, &());
    let mut done = 0;
    while done < replications && !causes.stopped {
        let count = batch.min(replications - done);
        let progress = |finished: u64| (pool.progress)(done + finished);
        let together = Pool { progress: &progress, ..pool }.run_some(count, |number| {
            let seed = Seed(seed.0.wrapping_add(done + number));
            let task = || run_together_within(&variants.scenarios, seed, pool.halt);
            pool.keeping.or_do(&part, done + number, seed, task)
        })?;
        causes.stopped = pool.was_cut_short(together.len(), count);
        for together in &together {
            causes.add(&together.results, length);
            causes.events.0 += together.simulated;
            causes.events.1 += together.one_by_one;
        }
        done += count;
    }
    Ok(causes)
}

impl Causes {
    fn add(&mut self, results: &[Results], length: f64) {
        let outage = results[0].measure(Measure::Outages) > 0.0;
        for (number, quantity) in SHARED_OUT.into_iter().enumerate() {
            let values: Vec<f64> = results.iter().map(|one| quantity.of(one, length)).collect();
            for (share, part) in shapley(&values).iter().zip(&mut self.shares[number]) {
                part.add(outage, *share);
            }
            let ends = [values[0], values[values.len() - 1]];
            for (value, part) in ends.iter().zip(&mut self.all_and_none[number]) {
                part.add(outage, *value);
            }
        }
        self.replications += 1;
    }
}

/// Shapley's values. `values[n]` is what comes out when the causes are taken away whose bit is set
/// in `n`.
fn shapley(values: &[f64]) -> Vec<f64> {
    let causes = values.len().trailing_zeros();
    (0..causes)
        .map(|cause| {
            let bit = 1 << cause;
            let without = (0..values.len()).filter(|taken| taken & bit != 0);
            let added = without.map(|taken| {
                let others = causes - taken.count_ones();
                weight(others, causes) * (values[taken & !bit] - values[taken])
            });
            added.sum()
        })
        .collect()
}

/// The share of the orders of `causes` causes in which a given set of `others` comes first and a
/// given cause next.
fn weight(others: u32, causes: u32) -> f64 {
    let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
    factorial(others) * factorial(causes - others - 1) / factorial(causes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(values: &[f64], expected: &[f64]) {
        let off = values.iter().zip(expected).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f64::max) < 1e-12, "{values:?}, not {expected:?}");
    }

    #[test]
    fn textbook_games_have_their_values() {
        // Both are needed: each gets half. The third changes nothing.
        let both = |taken: usize| if taken & 0b011 == 0 { 12.0 } else { 0.0 };
        close(&shapley(&(0..8).map(both).collect::<Vec<f64>>()), &[6.0, 6.0, 0.0]);
        // Either suffices: the same.
        let either = |taken: usize| if taken & 0b11 == 0b11 { 0.0 } else { 12.0 };
        close(&shapley(&(0..4).map(either).collect::<Vec<f64>>()), &[6.0, 6.0]);
        // A left glove and two right ones: 2/3, 1/6, 1/6.
        let gloves = |taken: usize| f64::from(taken & 1 == 0 && taken & 0b110 != 0b110);
        let shares = [2.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0];
        close(&shapley(&(0..8).map(gloves).collect::<Vec<f64>>()), &shares);
    }

    proptest::proptest! {
        #[test]
        fn the_shares_sum_to_the_difference(
            values in proptest::collection::vec(0.0..1e4_f64, 16),
        ) {
            let sum: f64 = shapley(&values).iter().sum();
            proptest::prop_assert!((sum - (values[0] - values[15])).abs() < 1e-6);
        }
    }
}
