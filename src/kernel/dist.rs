//! Distributions of times.

use super::chance::unit;
use super::exp::exp;
use super::time::Duration;
use super::ziggurat;
use rand::Rng;
use std::sync::Arc;

/// A distribution of a time that is not negative.
#[derive(Clone, Debug, PartialEq)]
pub struct Dist {
    shape: Shape,
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Constant(Duration),
    /// From the first inclusive to the second exclusive, in nanoseconds.
    Uniform(f64, f64),
    /// Mean in nanoseconds.
    Exponential(f64),
    /// Mean of the logarithm of nanoseconds, and its standard deviation.
    Lognormal(f64, f64),
    Empirical(Arc<[Duration]>),
}

impl Dist {
    /// Always `value`.
    pub fn constant(value: Duration) -> Dist {
        Dist { shape: Shape::Constant(value) }
    }

    /// Equally likely between `from` and `to`; the bounds may come in either order.
    pub fn uniform(from: Duration, to: Duration) -> Dist {
        let (low, high) = (from.min(to), from.max(to));
        Dist { shape: Shape::Uniform(low.as_nanos() as f64, high.as_nanos() as f64) }
    }

    /// Exponential with this mean.
    pub fn exponential(mean: Duration) -> Dist {
        Dist { shape: Shape::Exponential(mean.as_nanos() as f64) }
    }

    /// Lognormal with this mean; `sigma` is the standard deviation of the logarithm, not negative.
    /// A mean of zero gives zero.
    pub fn lognormal(mean: Duration, sigma: f64) -> Dist {
        if mean == Duration::ZERO {
            return Dist::constant(mean);
        }
        let mu = libm::log(mean.as_nanos() as f64) - 0.5 * sigma * sigma;
        Dist { shape: Shape::Lognormal(mu, sigma) }
    }

    /// One of `values`, each as likely as it is frequent among them.
    ///
    /// Returns `None` if there are none.
    pub fn empirical(values: &[Duration]) -> Option<Dist> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        (!sorted.is_empty()).then(|| Dist { shape: Shape::Empirical(sorted.into()) })
    }

    /// One value. The number of words taken from `rng` varies; give each value a die of its own.
    #[inline]
    pub fn sample(&self, rng: &mut impl Rng) -> Duration {
        match &self.shape {
            Shape::Constant(value) => *value,
            Shape::Uniform(low, high) => nanos(low + (high - low) * unit(rng)),
            Shape::Exponential(mean) => nanos(mean * ziggurat::exponential(rng)),
            Shape::Lognormal(mu, sigma) => nanos(exp(mu + sigma * ziggurat::normal(rng))),
            Shape::Empirical(values) => {
                values[((unit(rng) * values.len() as f64) as usize).min(values.len() - 1)]
            }
        }
    }

    /// The mean in seconds.
    pub fn mean_secs(&self) -> f64 {
        let ns = match &self.shape {
            Shape::Constant(value) => value.as_nanos() as f64,
            Shape::Uniform(low, high) => 0.5 * (low + high),
            Shape::Exponential(mean) => *mean,
            Shape::Lognormal(mu, sigma) => libm::exp(mu + 0.5 * sigma * sigma),
            Shape::Empirical(values) => {
                values.iter().map(|v| v.as_nanos() as f64).sum::<f64>() / values.len() as f64
            }
        };
        ns * 1e-9
    }
}

#[inline]
fn nanos(ns: f64) -> Duration {
    Duration::from_nanos((ns + 0.5) as u64)
}

#[cfg(test)]
mod tests {
    use super::super::chance::{Purpose, Seed, Streams};
    use super::*;

    /// Largest distance between the empirical distribution function of `n` samples and `cdf`.
    fn kolmogorov_smirnov(dist: &Dist, cdf: impl Fn(f64) -> f64, n: u64) -> f64 {
        let mut sequence = Streams::new(Seed(42)).sequence(Purpose(0), 0);
        let mut next = || {
            let value = dist.sample(&mut sequence.die(0)).as_secs_f64();
            sequence.advance();
            value
        };
        let mut sample: Vec<f64> = (0..n).map(|_| next()).collect();
        sample.sort_by(f64::total_cmp);
        let steps = sample.iter().enumerate().map(|(i, &x)| {
            let f = cdf(x);
            (f - i as f64 / n as f64).abs().max((f - (i + 1) as f64 / n as f64).abs())
        });
        steps.fold(0.0, f64::max)
    }

    #[test]
    fn samples_follow_their_distribution() {
        let n = 100_000;
        // 99.9 % point of the Kolmogorov distribution.
        let critical = 1.95 / (n as f64).sqrt();
        let second = Duration::from_secs(1);
        let exponential = |x: f64| 1.0 - libm::exp(-x);
        let dist = Dist::exponential(second);
        assert!(kolmogorov_smirnov(&dist, exponential, n) < critical);
        // A mean 3 % off is told apart.
        let off = Dist::exponential(Duration::from_millis(1030));
        assert!(kolmogorov_smirnov(&off, exponential, n) > critical);

        let normal = |z: f64| 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2);
        let lognormal = |x: f64| normal((libm::log(x) + 0.125) / 0.5);
        assert!(kolmogorov_smirnov(&Dist::lognormal(second, 0.5), lognormal, n) < critical);
        assert!(kolmogorov_smirnov(&Dist::lognormal(second, 0.52), lognormal, n) > critical);

        let uniform = Dist::uniform(second * 2, second * 4);
        assert!(kolmogorov_smirnov(&uniform, |x| (x - 2.0) / 2.0, n) < critical);
    }

    #[test]
    fn draws_keep_their_values() {
        // Changing these changes every result: say so in the changelog.
        let draw = Streams::new(Seed(1)).draw(Purpose(1), 2, 3, 4);
        let mean = Duration::from_millis(100);
        let values = [
            Dist::exponential(mean).sample(&mut draw.die(0)),
            Dist::lognormal(mean, 0.5).sample(&mut draw.die(1)),
            Dist::uniform(mean, mean * 2).sample(&mut draw.die(2)),
        ];
        expect_test::expect!["124888341 104460443 161017646"]
            .assert_eq(&values.map(|v| v.as_nanos().to_string()).join(" "));
    }

    #[test]
    fn means_are_those_asked_for() {
        let mean = Duration::from_millis(100);
        for dist in [Dist::constant(mean), Dist::exponential(mean), Dist::lognormal(mean, 0.7)] {
            assert!((dist.mean_secs() - 0.1).abs() < 1e-12);
        }
    }
}
