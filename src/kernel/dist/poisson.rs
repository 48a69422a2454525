//! How many events of a Poisson process happen: by its gaps while few are expected, else by
//! Hörmann's transformed rejection with squeeze (PTRS, 1993).
//!
//! The usual crates take logarithms from the platform, whose last bits differ; here they come from
//! libm, so that a count is the same everywhere.

use crate::kernel::chance::unit;
use crate::kernel::ziggurat::exponential;
use rand::Rng;

/// From this mean on counting gaps costs more than rejection, which is exact from 10 on.
const MANY: f64 = 16.0;

/// A count with this mean, which is finite; none if it is not positive.
pub fn poisson(mean: f64, rng: &mut impl Rng) -> u64 {
    if mean < MANY { by_gaps(mean, rng) } else { by_rejection(mean, rng) }
}

fn by_gaps(mean: f64, rng: &mut impl Rng) -> u64 {
    let mut count = 0;
    let mut reached = exponential(rng);
    while reached < mean {
        count += 1;
        reached += exponential(rng);
    }
    count
}

fn by_rejection(mean: f64, rng: &mut impl Rng) -> u64 {
    let slope = 0.931 + 2.53 * mean.sqrt();
    let bend = -0.059 + 0.024_83 * slope;
    let inverse_alpha = 1.1239 + 1.1328 / (slope - 3.4);
    let surely = 0.9277 - 3.6224 / (slope - 2.0);
    let log_mean = libm::log(mean);
    loop {
        let across = unit(rng) - 0.5;
        let up = 1.0 - unit(rng);
        let edge = 0.5 - across.abs();
        let count = ((2.0 * bend / edge + slope) * across + mean + 0.43).floor();
        if edge >= 0.07 && up <= surely {
            return count as u64;
        }
        if count < 0.0 || (edge < 0.013 && up > edge) {
            continue;
        }
        let hat = libm::log(up * inverse_alpha / (bend / (edge * edge) + slope));
        if hat <= count * log_mean - mean - libm::lgamma(count + 1.0) {
            return count as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::chance::{Purpose, Seed, Streams};

    /// Chi-squared against the exact probabilities, in cells that expect 20 and more; five standard
    /// deviations of the statistic.
    fn check(mean: f64, draws: u64) {
        let mut sequence = Streams::new(Seed(11)).sequence(Purpose(0), mean.to_bits());
        let most = (mean + 12.0 * mean.sqrt() + 12.0) as usize;
        let mut seen = vec![0_u64; most];
        for _ in 0..draws {
            seen[(poisson(mean, &mut sequence.die(0)) as usize).min(most - 1)] += 1;
            sequence.advance();
        }
        let (mut statistic, mut cells, mut hits, mut expected) = (0.0, 0.0, 0.0, 0.0);
        for (count, here) in seen.iter().enumerate() {
            let k = count as f64;
            let chance = libm::exp(k * libm::log(mean) - mean - libm::lgamma(k + 1.0));
            hits += *here as f64;
            expected += chance * draws as f64;
            if expected >= 20.0 {
                statistic += (hits - expected) * (hits - expected) / expected;
                (cells, hits, expected) = (cells + 1.0, 0.0, 0.0);
            }
        }
        let freedom: f64 = cells - 1.0;
        let limit = freedom + 5.0 * (2.0 * freedom).sqrt();
        assert!(statistic < limit, "mean {mean}: {statistic} over {cells} cells");
        assert!(cells >= 3.0, "mean {mean}: too few cells to tell");
    }

    #[test]
    fn counts_have_the_probabilities_of_the_distribution() {
        for mean in [0.3, 2.0, 15.9, 16.0, 40.0, 700.0] {
            check(mean, 100_000);
        }
    }

    #[test]
    fn nothing_is_expected_and_nothing_happens() {
        let mut sequence = Streams::new(Seed(1)).sequence(Purpose(0), 0);
        for _ in 0..100 {
            assert_eq!(poisson(0.0, &mut sequence.die(0)), 0);
            sequence.advance();
        }
    }
}
