//! Distributions from what people know: a mean and a 95th percentile, or a median and a 99th.
//!
//! Every family here has, beside its scale, one number that says how heavy its tail is. As that
//! number grows from the least, p95 over mean grows from one to a greatest value and falls again:
//! a tail so heavy that it is nearly all of the mean leaves the other values small. So most pairs
//! have two solutions, of which the lighter is taken; others have one, or none.

use super::special::{NORMAL_P95, NORMAL_P99, bisect, gamma_quantile};
use super::{Branch, Dist};
use crate::kernel::time::Duration;
use std::fmt;

/// A family of distributions with one number beside its scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Lognormal, with a standard deviation of the logarithm of at most 5.
    Lognormal,
    /// Gamma, with a shape from 0.1 to 10,000.
    Gamma,
    /// Weibull, with a shape from 0.1 to 100.
    Weibull,
    /// Two exponentials of which each brings half of the mean, the rarer one at most once in a
    /// thousand times.
    Hyperexponential,
}

/// Two figures of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figures {
    /// A mean and a 95th percentile.
    MeanP95(Duration, Duration),
    /// A median and a 99th percentile.
    MedianP99(Duration, Duration),
}

/// No distribution of the family has these figures: the second must be between these multiples of
/// the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impossible {
    /// Least possible multiple.
    pub least: f64,
    /// Greatest possible multiple.
    pub greatest: f64,
}

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} to {:.3} times as long", self.least, self.greatest)
    }
}

impl std::error::Error for Impossible {}

/// Mean, median, 95th and 99th percentile of a member of a family, all in the same unit.
struct Member {
    mean: f64,
    median: f64,
    p95: f64,
    p99: f64,
}

impl Family {
    /// All families.
    pub const ALL: [Family; 4] =
        [Family::Lognormal, Family::Gamma, Family::Weibull, Family::Hyperexponential];

    /// The name in scenarios.
    pub fn name(self) -> &'static str {
        match self {
            Family::Lognormal => "lognormal",
            Family::Gamma => "gamma",
            Family::Weibull => "weibull",
            Family::Hyperexponential => "hyperexponential",
        }
    }

    /// The lightest member with these figures.
    ///
    /// # Errors
    /// If there is none, which figures are possible.
    pub fn with(self, figures: Figures) -> Result<Dist, Impossible> {
        let (first, second) = match figures {
            Figures::MeanP95(mean, p95) => (mean, p95),
            Figures::MedianP99(median, p99) => (median, p99),
        };
        if first == Duration::ZERO && second == Duration::ZERO {
            return Ok(Dist::constant(first));
        }
        let ratio = |weight: f64| {
            let member = self.member(weight);
            match figures {
                Figures::MeanP95(..) => member.p95 / member.mean,
                Figures::MedianP99(..) => member.p99 / member.median,
            }
        };
        let wanted = second.as_secs_f64() / first.as_secs_f64();
        let weight = lightest(ratio, self.weights(), wanted)?;
        let scale = match figures {
            Figures::MeanP95(mean, _) => mean.as_nanos() as f64,
            Figures::MedianP99(median, _) => {
                let member = self.member(weight);
                median.as_nanos() as f64 * (member.mean / member.median)
            }
        };
        Ok(self.make(weight, Duration::from_nanos((scale + 0.5) as u64)))
    }

    /// The range of the number that says how heavy the tail is.
    fn weights(self) -> (f64, f64) {
        match self {
            Family::Lognormal => (0.0, 5.0),
            Family::Gamma => (0.000_1, 10.0),
            Family::Weibull => (0.01, 10.0),
            Family::Hyperexponential => (0.5, 0.999),
        }
    }

    /// The figures of the member of this weight and some scale.
    fn member(self, weight: f64) -> Member {
        let of = |quantile: &dyn Fn(f64, f64) -> f64, mean| Member {
            mean,
            median: quantile(0.5, 0.0),
            p95: quantile(0.95, NORMAL_P95),
            p99: quantile(0.99, NORMAL_P99),
        };
        match self {
            Family::Lognormal => {
                of(&|_, normal| libm::exp(weight * normal), libm::exp(0.5 * weight * weight))
            }
            Family::Gamma => of(&|share, _| gamma_quantile(1.0 / weight, share), 1.0 / weight),
            Family::Weibull => {
                of(&|share, _| libm::pow(-libm::log(1.0 - share), weight), gamma(1.0 + weight))
            }
            Family::Hyperexponential => {
                let [often, seldom] = balanced(weight);
                let beyond = |x: f64| {
                    often.0 * libm::exp(-x / often.1) + seldom.0 * libm::exp(-x / seldom.1)
                };
                let most = 40.0 * seldom.1;
                of(&|share, _| bisect(0.0, most, |x| beyond(x) > 1.0 - share), 1.0)
            }
        }
    }

    fn make(self, weight: f64, mean: Duration) -> Dist {
        match self {
            Family::Lognormal => Dist::lognormal(mean, weight),
            Family::Gamma => Dist::gamma(mean, 1.0 / weight),
            Family::Weibull => Dist::weibull(mean, 1.0 / weight),
            Family::Hyperexponential => {
                let branch = |(share, relative): (f64, f64)| Branch {
                    share,
                    mean: Duration::from_nanos((mean.as_nanos() as f64 * relative + 0.5) as u64),
                };
                Dist::hyperexponential(&balanced(weight).map(branch))
            }
        }
    }
}

/// Share and mean of two exponentials that bring half of a mean of 1 each, the first `often`.
fn balanced(often: f64) -> [(f64, f64); 2] {
    [(often, 0.5 / often), (1.0 - often, 0.5 / (1.0 - often))]
}

/// The gamma function.
pub(super) fn gamma(x: f64) -> f64 {
    libm::exp(libm::lgamma(x))
}

/// The least weight in the range at which `ratio` is `wanted`, where it rises to a peak, which may
/// be at the end, and falls from there.
fn lightest(
    ratio: impl Fn(f64) -> f64,
    (low, high): (f64, f64),
    wanted: f64,
) -> Result<f64, Impossible> {
    let (at_low, at_high) = (ratio(low), ratio(high));
    let mut peak = peak(&ratio, low, high);
    if ratio(peak) < at_high {
        peak = high;
    }
    let greatest = ratio(peak);
    if (at_low..=greatest).contains(&wanted) {
        Ok(bisect(low, peak, |weight| ratio(weight) < wanted))
    } else if (at_high..=greatest).contains(&wanted) {
        Ok(bisect(peak, high, |weight| ratio(weight) > wanted))
    } else {
        Err(Impossible { least: at_low.min(at_high), greatest })
    }
}

/// Where a function that rises and then falls is greatest, by golden sections.
fn peak(ratio: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    for _ in 0..80 {
        let (left, right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if ratio(left) < ratio(right) {
            low = left;
        } else {
            high = right;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn mean_p95(family: Family, ratio: f64) -> Result<Dist, Impossible> {
        family.with(Figures::MeanP95(SECOND, SECOND.scaled(ratio)))
    }

    #[test]
    fn a_lognormal_of_known_sigma_is_found_again() {
        for sigma in [0.1_f64, 0.5, 1.0, 1.6] {
            let p95 = libm::exp(NORMAL_P95 * sigma - 0.5 * sigma * sigma);
            let found = mean_p95(Family::Lognormal, p95).expect("it is possible");
            let expected = Dist::lognormal(SECOND, sigma);
            assert!((found.mean_secs() - 1.0).abs() < 1e-9);
            assert!((found.below(p95) - 0.95).abs() < 1e-8, "{found:?} for {expected:?}");
        }
    }

    /// Sigma is 1.04 or 2.25 for three times the mean: the lighter is taken.
    #[test]
    fn of_two_solutions_the_lighter_is_taken() {
        let dist = mean_p95(Family::Lognormal, 3.0).expect("it is possible");
        let light = NORMAL_P95 - (NORMAL_P95 * NORMAL_P95 - 2.0 * libm::log(3.0)).sqrt();
        let half_way = Dist::lognormal(SECOND, light).below(0.5);
        assert!((dist.below(0.5) - half_way).abs() < 1e-8);
    }

    #[test]
    fn every_family_has_the_figures_that_were_asked_for() {
        for family in Family::ALL {
            for ratio in [3.0, 3.2] {
                let dist = mean_p95(family, ratio).expect("it is possible");
                assert!((dist.mean_secs() - 1.0).abs() < 1e-8, "{family:?}");
                assert!((dist.below(ratio) - 0.95).abs() < 1e-7, "{family:?} at {ratio}");
            }
            for ratio in [6.7, 20.0] {
                let figures = Figures::MedianP99(SECOND, SECOND.scaled(ratio));
                let dist = family.with(figures).expect("it is possible");
                assert!((dist.below(1.0) - 0.5).abs() < 1e-7, "{family:?}");
                assert!((dist.below(ratio) - 0.99).abs() < 1e-7, "{family:?} at {ratio}");
            }
        }
    }

    /// The greatest p95 of a lognormal is exp(z^2 / 2) times its mean.
    #[test]
    fn impossible_figures_say_which_are_possible() {
        let impossible = mean_p95(Family::Lognormal, 5.0).expect_err("no tail is that long");
        assert!((impossible.greatest - libm::exp(0.5 * NORMAL_P95 * NORMAL_P95)).abs() < 1e-6);
        let shorter = Figures::MedianP99(SECOND, SECOND.scaled(0.9));
        for family in Family::ALL {
            assert!(family.with(shorter).is_err(), "{family:?}: a p99 below the median");
        }
    }
}
