//! Distributions of times.

pub mod fit;
pub mod poisson;
mod special;

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
    /// Shape, and scale in nanoseconds.
    Gamma(f64, f64),
    /// Scale in nanoseconds, and one over the shape.
    Weibull(f64, f64),
    /// Bounds in nanoseconds, and alpha.
    BoundedPareto(f64, f64, f64),
    /// Up to which share each branch reaches, and its mean in nanoseconds.
    Hyperexponential(Arc<[(f64, f64)]>),
}

/// One of the exponentials of which a hyperexponential distribution is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Branch {
    /// How often it is this one, relative to the others; not negative.
    pub share: f64,
    /// Its mean.
    pub mean: Duration,
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

    /// Gamma with this mean; `shape` is positive. Shape 1 is exponential, a greater one lighter.
    pub fn gamma(mean: Duration, shape: f64) -> Dist {
        Dist { shape: Shape::Gamma(shape, mean.as_nanos() as f64 / shape) }
    }

    /// Weibull with this mean; `shape` is positive. Shape 1 is exponential, a greater one lighter.
    pub fn weibull(mean: Duration, shape: f64) -> Dist {
        let scale = mean.as_nanos() as f64 / fit::gamma(1.0 + 1.0 / shape);
        Dist { shape: Shape::Weibull(scale, 1.0 / shape) }
    }

    /// Pareto between two bounds: the density falls as the power `-alpha - 1` of the time.
    ///
    /// Returns `None` unless `from` is positive and less than `to`, and `alpha` positive.
    pub fn bounded_pareto(from: Duration, to: Duration, alpha: f64) -> Option<Dist> {
        let valid = Duration::ZERO < from && from < to && alpha > 0.0;
        let (from, to) = (from.as_nanos() as f64, to.as_nanos() as f64);
        valid.then_some(Dist { shape: Shape::BoundedPareto(from, to, alpha) })
    }

    /// One of several exponentials, as often as their shares say; without any, zero.
    pub fn hyperexponential(branches: &[Branch]) -> Dist {
        let total: f64 = branches.iter().map(|branch| branch.share).sum();
        let mut reached = 0.0;
        let ends: Vec<(f64, f64)> = branches
            .iter()
            .map(|branch| {
                reached += branch.share / total;
                (reached, branch.mean.as_nanos() as f64)
            })
            .collect();
        if ends.is_empty() {
            return Dist::constant(Duration::ZERO);
        }
        Dist { shape: Shape::Hyperexponential(ends.into()) }
    }

    /// One value. The number of words taken from `rng` varies; give each value a die of its own.
    #[inline(always)]
    pub fn sample(&self, rng: &mut impl Rng) -> Duration {
        match &self.shape {
            Shape::Constant(value) => *value,
            Shape::Uniform(low, high) => nanos(low + (high - low) * unit(rng)),
            Shape::Exponential(mean) => nanos(mean * ziggurat::exponential(rng)),
            Shape::Lognormal(mu, sigma) => nanos(exp(mu + sigma * ziggurat::normal(rng))),
            Shape::Empirical(values) => {
                values[((unit(rng) * values.len() as f64) as usize).min(values.len() - 1)]
            }
            Shape::Gamma(..)
            | Shape::Weibull(..)
            | Shape::BoundedPareto(..)
            | Shape::Hyperexponential(_) => self.sample_heavy(rng),
        }
    }

    /// The shapes that take powers and logarithms, out of the way of the others.
    #[inline(never)]
    fn sample_heavy(&self, rng: &mut impl Rng) -> Duration {
        match &self.shape {
            Shape::Gamma(shape, scale) => nanos(scale * gamma(*shape, rng)),
            Shape::Weibull(scale, inverse) => {
                nanos(scale * libm::pow(ziggurat::exponential(rng), *inverse))
            }
            Shape::BoundedPareto(from, to, alpha) => {
                let beyond = 1.0 - unit(rng) * (1.0 - libm::pow(from / to, *alpha));
                nanos((from / libm::pow(beyond, 1.0 / alpha)).min(*to))
            }
            Shape::Hyperexponential(ends) => {
                // What is left of the number that chose the branch is equally likely in [0, 1) too.
                let chosen = unit(rng);
                let at = ends.partition_point(|(end, _)| *end <= chosen).min(ends.len() - 1);
                let start = if at == 0 { 0.0 } else { ends[at - 1].0 };
                let rest = ((chosen - start) / (ends[at].0 - start)).min(1.0 - f64::EPSILON);
                nanos(-ends[at].1 * libm::log(1.0 - rest))
            }
            Shape::Constant(_)
            | Shape::Uniform(..)
            | Shape::Exponential(_)
            | Shape::Lognormal(..)
            | Shape::Empirical(_) => unreachable!("the caller samples these"),
        }
    }

    /// The share of values below so many seconds.
    pub fn below(&self, secs: f64) -> f64 {
        let ns = secs * 1e9;
        if ns <= 0.0 {
            return 0.0;
        }
        match &self.shape {
            Shape::Constant(value) => f64::from(u8::from((value.as_nanos() as f64) < ns)),
            Shape::Uniform(low, high) => ((ns - low) / (high - low)).clamp(0.0, 1.0),
            Shape::Exponential(mean) => -libm::expm1(-ns / mean),
            Shape::Lognormal(mu, sigma) => {
                let z = (libm::log(ns) - mu) / sigma;
                0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
            }
            Shape::Empirical(values) => {
                let below = values.partition_point(|value| (value.as_nanos() as f64) < ns);
                below as f64 / values.len() as f64
            }
            Shape::Gamma(shape, scale) => special::gamma_below(*shape, ns / scale),
            Shape::Weibull(scale, inverse) => -libm::expm1(-libm::pow(ns / scale, 1.0 / inverse)),
            Shape::BoundedPareto(from, to, alpha) => {
                let ns = ns.clamp(*from, *to);
                (1.0 - libm::pow(from / ns, *alpha)) / (1.0 - libm::pow(from / to, *alpha))
            }
            Shape::Hyperexponential(ends) => {
                let share = |at: usize| ends[at].0 - if at == 0 { 0.0 } else { ends[at - 1].0 };
                (0..ends.len()).map(|at| -share(at) * libm::expm1(-ns / ends[at].1)).sum()
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
            Shape::Gamma(shape, scale) => shape * scale,
            Shape::Weibull(scale, inverse) => scale * fit::gamma(1.0 + inverse),
            Shape::BoundedPareto(from, to, alpha) => {
                let left = 1.0 - libm::pow(from / to, *alpha);
                if (alpha - 1.0).abs() < 1e-9 {
                    from * libm::log(to / from) / left
                } else {
                    let falls = 1.0 - libm::pow(from / to, alpha - 1.0);
                    from * alpha / (alpha - 1.0) * falls / left
                }
            }
            Shape::Hyperexponential(ends) => {
                let starts = std::iter::once(0.0).chain(ends.iter().map(|(end, _)| *end));
                ends.iter().zip(starts).map(|((end, mean), start)| (end - start) * mean).sum()
            }
        };
        ns * 1e-9
    }
}

/// A sample of the gamma distribution of this shape and scale 1, by the method of Marsaglia and
/// Tsang (2000); a shape below 1 is that of one more, times a power of a uniform number.
fn gamma(shape: f64, rng: &mut impl Rng) -> f64 {
    if shape < 1.0 {
        let power = exp(-ziggurat::exponential(rng) / shape);
        return gamma(shape + 1.0, rng) * power;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = ziggurat::normal(rng);
        let root = 1.0 + c * x;
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        if libm::log(1.0 - unit(rng)) < 0.5 * x * x + d - d * v + d * libm::log(v) {
            return d * v;
        }
    }
}

#[inline]
fn nanos(ns: f64) -> Duration {
    Duration::from_nanos((ns + 0.5) as u64)
}

#[cfg(test)]
mod tests;
