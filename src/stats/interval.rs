//! Intervals of confidence: for a mean of replications and for a share of trials.

use super::beta;
use super::tally::Tally;

/// The mean of independent replications with the 95 % interval of confidence around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// How many replications there are; at least 1.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// Their sample standard deviation (divisor `count - 1`); `None` for a single replication.
    pub standard_deviation: Option<f64>,
    /// Half the width of the 95 % interval by Student's t; `None` for a single replication,
    /// whose interval is unbounded.
    pub half_width: Option<f64>,
}

impl Estimate {
    /// The confidence of the interval.
    pub const CONFIDENCE: f64 = 0.95;

    /// The estimate from `values`, one per replication, or `None` if there are none.
    pub fn of(values: &[f64]) -> Option<Estimate> {
        Estimate::of_tally(&values.iter().copied().collect())
    }

    /// The estimate from replications already summed up, or `None` if there are none.
    pub fn of_tally(tally: &Tally) -> Option<Estimate> {
        let count = tally.count();
        let standard_deviation = tally.standard_deviation();
        let half_width = standard_deviation.and_then(|sd| half_width(count, sd, Self::CONFIDENCE));
        Some(Estimate { count, mean: tally.mean()?, standard_deviation, half_width })
    }

    /// The lower end of the interval, `None` where it is unbounded.
    pub fn low(&self) -> Option<f64> {
        self.half_width.map(|half| self.mean - half)
    }

    /// The upper end of the interval, `None` where it is unbounded.
    pub fn high(&self) -> Option<f64> {
        self.half_width.map(|half| self.mean + half)
    }
}

/// Half the width of the two-sided interval around the mean of `count` independent values whose
/// sample standard deviation is `standard_deviation`, by Student's t; in the unit of the values.
///
/// `None` below two values: one value says nothing about its own spread.
///
/// # Panics
/// If `confidence` does not lie strictly between 0 and 1.
pub fn half_width(count: u64, standard_deviation: f64, confidence: f64) -> Option<f64> {
    check(confidence);
    if count < 2 {
        return None;
    }
    let freedom = (count - 1) as f64;
    // freedom / (freedom + t^2) has this beta distribution when t has Student's.
    let x = beta::quantile(0.5 * freedom, 0.5, 1.0 - confidence);
    let t = (freedom * (1.0 - x) / x).sqrt();
    Some(t * standard_deviation / (count as f64).sqrt())
}

/// Both bounds of the true share behind `successes` in `trials`, exact by Clopper and Pearson:
/// each side errs with probability at most half of `1 - confidence`.
///
/// No trials leave the share anywhere between 0 and 1.
///
/// # Panics
/// If there are more successes than trials, or if `confidence` does not lie strictly between 0
/// and 1.
pub fn share_bounds(successes: u64, trials: u64, confidence: f64) -> (f64, f64) {
    check(confidence);
    let side = 0.5 * (1.0 - confidence);
    (lower(successes, trials, side), upper(successes, trials, side))
}

/// The one-sided lower bound of the true share: it is lower with probability at most
/// `1 - confidence`. With no success it is 0.
///
/// # Panics
/// As [`share_bounds`].
pub fn share_lower(successes: u64, trials: u64, confidence: f64) -> f64 {
    check(confidence);
    lower(successes, trials, 1.0 - confidence)
}

/// The one-sided upper bound of the true share: it is higher with probability at most
/// `1 - confidence`. With no success in `n` trials it is 1 - (1 - confidence)^(1/n), about
/// 3/n at 95 %.
///
/// # Panics
/// As [`share_bounds`].
pub fn share_upper(successes: u64, trials: u64, confidence: f64) -> f64 {
    check(confidence);
    upper(successes, trials, 1.0 - confidence)
}

fn check(confidence: f64) {
    assert!(
        0.0 < confidence && confidence < 1.0,
        "the confidence {confidence} does not lie between 0 and 1"
    );
}

/// The share at which `successes` or more of `trials` have the probability `side`.
fn lower(successes: u64, trials: u64, side: f64) -> f64 {
    assert!(successes <= trials, "{successes} of {trials} trials cannot succeed");
    let (hits, misses) = (successes as f64, (trials - successes) as f64);
    if successes == 0 {
        0.0
    } else if successes == trials {
        // The beta quantile has a closed form here, and it is the more exact one.
        libm::exp(libm::log(side) / hits)
    } else {
        beta::quantile(hits, misses + 1.0, side)
    }
}

/// The share at which `successes` or fewer of `trials` have the probability `side`.
fn upper(successes: u64, trials: u64, side: f64) -> f64 {
    assert!(successes <= trials, "{successes} of {trials} trials cannot succeed");
    let (hits, misses) = (successes as f64, (trials - successes) as f64);
    if successes == trials {
        1.0
    } else if successes == 0 {
        -libm::expm1(libm::log(side) / misses)
    } else {
        beta::quantile(hits + 1.0, misses, 1.0 - side)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(got: f64, want: f64, tolerance: f64) {
        assert!((got - want).abs() <= tolerance, "got {got}, want {want}");
    }

    #[test]
    fn students_t_is_that_of_the_tables() {
        for (freedom, confidence, t) in [
            (1u32, 0.95, 12.7062),
            (2, 0.95, 4.3027),
            (4, 0.95, 2.7764),
            (9, 0.95, 2.2622),
            (29, 0.95, 2.0452),
            (120, 0.95, 1.9799),
            (100_000, 0.95, 1.95999),
            (9, 0.90, 1.8331),
            (9, 0.99, 3.2498),
            (1, 0.999, 636.619),
        ] {
            let count = f64::from(freedom + 1);
            // A deviation of sqrt(count) leaves the bare quantile.
            let got = half_width(u64::from(freedom + 1), count.sqrt(), confidence).unwrap();
            near(got, t, 6e-5 * (t / 10.0).max(1.0));
        }
    }

    #[test]
    fn five_replications_by_hand() {
        let estimate = Estimate::of(&[9.0, 10.0, 11.0, 12.0, 8.0]).unwrap();
        assert_eq!(estimate.count, 5);
        near(estimate.mean, 10.0, 1e-12);
        near(estimate.standard_deviation.unwrap(), 1.581_138_83, 1e-8);
        // 2.776445 * sqrt(2.5 / 5)
        near(estimate.half_width.unwrap(), 1.963_243, 1e-6);
        near(estimate.low().unwrap(), 8.036_757, 1e-6);
        near(estimate.high().unwrap(), 11.963_243, 1e-6);
    }

    #[test]
    fn one_replication_has_a_mean_and_no_interval() {
        let estimate = Estimate::of(&[3.0]).unwrap();
        assert_eq!((estimate.count, estimate.mean), (1, 3.0));
        assert_eq!((estimate.half_width, estimate.low(), estimate.high()), (None, None, None));
        assert_eq!(Estimate::of(&[]), None);
        assert_eq!(half_width(1, 1.0, 0.95), None);
    }

    #[test]
    fn equal_replications_have_an_interval_of_no_width() {
        assert_eq!(Estimate::of(&[2.0; 8]).unwrap().half_width, Some(0.0));
    }

    #[test]
    fn the_exact_shares_are_those_published() {
        // The exact column of Newcombe's comparison of intervals, 1998, to its four places.
        for (successes, trials, low, high) in [
            (81, 263, 0.2527, 0.3676),
            (15, 148, 0.0578, 0.1617),
            (0, 20, 0.0, 0.1684),
            (1, 29, 0.0009, 0.1776),
            (5, 10, 0.1871, 0.8129),
            (10, 10, 0.6915, 1.0),
        ] {
            let got = share_bounds(successes, trials, 0.95);
            near(got.0, low, 5.1e-5);
            near(got.1, high, 5.1e-5);
        }
    }

    #[test]
    fn no_success_is_bounded_by_the_rule_of_three() {
        near(share_upper(0, 1, 0.95), 0.95, 1e-15);
        near(share_upper(0, 2, 0.96), 0.8, 1e-12);
        // 2.995732 is the natural logarithm of 20.
        for trials in [1_000_000u64, 1_000_000_000_000] {
            near(share_upper(0, trials, 0.95) * trials as f64, 2.995_732, 5e-6);
        }
        near(share_lower(0, 10, 0.95), 0.0, 0.0);
        near(share_upper(10, 10, 0.95), 1.0, 0.0);
        assert_eq!(share_bounds(0, 0, 0.95), (0.0, 1.0));
    }

    #[test]
    fn rare_events_have_the_bounds_of_a_poisson_count() {
        // Published exact 95 % limits of a Poisson mean.
        for trials in [1_000_000u64, 1_000_000_000] {
            for (events, low, high) in
                [(1, 0.0253, 5.572), (10, 4.795, 18.390), (100, 81.36, 121.63)]
            {
                let got = share_bounds(events, trials, 0.95);
                near(got.0 * trials as f64, low, 6e-4 * low.max(1.0));
                near(got.1 * trials as f64, high, 6e-4 * high);
            }
        }
    }

    #[test]
    fn the_two_sided_bounds_spend_half_the_error_on_each_side() {
        let (low, high) = share_bounds(7, 30, 0.9);
        near(low, share_lower(7, 30, 0.95), 1e-12);
        near(high, share_upper(7, 30, 0.95), 1e-12);
    }

    /// The probability of `successes` or fewer in `trials`, summed term by term.
    fn at_most(successes: u64, trials: u64, share: f64) -> f64 {
        let mut choose = 1.0;
        let mut sum = 0.0;
        for k in 0..=successes {
            let (hits, misses) = (k as i32, (trials - k) as i32);
            #[allow(clippy::disallowed_methods, reason = "a test tolerates the last bit")]
            let term = share.powi(hits) * (1.0 - share).powi(misses);
            sum += choose * term;
            choose *= (trials - k) as f64 / (k + 1) as f64;
        }
        sum
    }

    proptest! {
        #[test]
        fn at_each_bound_the_tail_has_exactly_the_error(
            trials in 1..200u64, part in 0.0..1.0f64, error in 0.001..0.3f64,
        ) {
            let successes = (part * (trials + 1) as f64) as u64;
            if successes < trials {
                let tail = at_most(successes, trials, share_upper(successes, trials, 1.0 - error));
                prop_assert!((tail - error).abs() < 1e-7, "upper: {tail} for {error}");
            }
            if successes > 0 {
                let low = share_lower(successes, trials, 1.0 - error);
                let tail = 1.0 - at_most(successes - 1, trials, low);
                prop_assert!((tail - error).abs() < 1e-7, "lower: {tail} for {error}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "cannot succeed")]
    fn more_successes_than_trials_are_a_mistake() {
        share_bounds(3, 2, 0.95);
    }

    #[test]
    #[should_panic(expected = "does not lie between 0 and 1")]
    fn certainty_is_no_confidence() {
        share_bounds(1, 2, 1.0);
    }
}
