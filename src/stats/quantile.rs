//! Quantiles of a small sample, such as one number per replication.

/// The `q`-quantile of `values`, interpolated linearly between the two nearest of them, or `None`
/// if there are none.
///
/// This is type 7 of Hyndman and Fan, the default of R and NumPy: the least value is the
/// 0-quantile, the greatest the 1-quantile, and `n` values divide the way between them evenly.
///
/// # Panics
/// If `q` lies outside 0 to 1.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    of_sorted(&sorted(values), q)
}

/// Between which of the values the `q`-quantile of what they are drawn from lies, with at least
/// `confidence`, whatever its distribution: two order statistics whose ranks are exact by the
/// binomial distribution (W. J. Conover, Practical Nonparametric Statistics, 1999, section 3.2).
/// `None` on a side where the values are too few to bound it.
///
/// # Panics
/// If `q` or `confidence` does not lie strictly between 0 and 1.
pub fn quantile_bounds(values: &[f64], q: f64, confidence: f64) -> (Option<f64>, Option<f64>) {
    assert!(q > 0.0 && q < 1.0, "the quantile {q} does not lie between 0 and 1");
    assert!(confidence > 0.0 && confidence < 1.0, "{confidence} does not lie between 0 and 1");
    let (sorted, count) = (sorted(values), values.len());
    let tail = 0.5 * (1.0 - confidence);
    // Of so many below the quantile: the probability of as many or fewer, as logarithms are summed.
    let (mut below, mut log) = (0.0, count as f64 * libm::log1p(-q));
    let (mut low, mut high) = (None, None);
    for (rank, &value) in sorted.iter().enumerate() {
        below += libm::exp(log);
        // As many as `rank` or fewer lie below it: the next is not below then.
        if below <= tail {
            low = Some(value);
        }
        if high.is_none() && 1.0 - below <= tail {
            high = Some(value);
        }
        log += libm::log((count - rank) as f64 / (rank + 1) as f64 * q / (1.0 - q));
    }
    (low, high)
}

/// The middle 90 % of a sample and its median.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range90 {
    /// The 5 % quantile.
    pub p05: f64,
    /// The median.
    pub p50: f64,
    /// The 95 % quantile.
    pub p95: f64,
}

impl Range90 {
    /// The range of `values` by [`quantile`], or `None` if there are none.
    pub fn of(values: &[f64]) -> Option<Range90> {
        let sorted = sorted(values);
        Some(Range90 {
            p05: of_sorted(&sorted, 0.05)?,
            p50: of_sorted(&sorted, 0.5)?,
            p95: of_sorted(&sorted, 0.95)?,
        })
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

fn of_sorted(sorted: &[f64], q: f64) -> Option<f64> {
    assert!((0.0..=1.0).contains(&q), "the quantile {q} does not lie between 0 and 1");
    let last = sorted.len().checked_sub(1)?;
    let place = q * last as f64;
    let below = place as usize;
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    let part = place - below as f64;
    // Between equal neighbours, infinities included, there is nothing to interpolate.
    if part == 0.0 || low >= high { Some(low) } else { Some(low + part * (high - low)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_quantiles_are_those_of_r() {
        // quantile(c(15, 20, 35, 40, 50), c(.05, .3, .4, .95), type = 7) in R.
        let values = [35.0, 15.0, 50.0, 40.0, 20.0];
        for (q, want) in
            [(0.0, 15.0), (0.05, 16.0), (0.3, 23.0), (0.4, 29.0), (0.95, 48.0), (1.0, 50.0)]
        {
            let got = quantile(&values, q).unwrap();
            assert!((got - want).abs() < 1e-12, "q {q}: got {got}, want {want}");
        }
    }

    #[test]
    fn a_ladder_of_a_hundred_and_one_steps_reads_off_its_percentiles() {
        let values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert_eq!(Range90::of(&values), Some(Range90 { p05: 5.0, p50: 50.0, p95: 95.0 }));
    }

    #[test]
    fn one_value_is_all_its_quantiles_and_no_value_has_none() {
        assert_eq!(Range90::of(&[7.0]), Some(Range90 { p05: 7.0, p50: 7.0, p95: 7.0 }));
        assert_eq!(Range90::of(&[]), None);
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn infinite_neighbours_do_not_make_a_quantile_undefined() {
        assert_eq!(quantile(&[1.0, f64::INFINITY, f64::INFINITY], 0.9), Some(f64::INFINITY));
        assert_eq!(quantile(&[1.0, 2.0, f64::INFINITY], 0.5), Some(2.0));
    }

    #[test]
    fn the_ranks_are_those_of_the_tables() {
        // Of 1 to n the order statistics that bound the median at 95 %, as published in tables of
        // the sign test: 2 and 9 of 10, 6 and 15 of 20, 40 and 61 of 100.
        let ladder = |count: u32| (1..=count).map(f64::from).collect::<Vec<f64>>();
        for (count, low, high) in [(10, 2.0, 9.0), (20, 6.0, 15.0), (100, 40.0, 61.0)] {
            assert_eq!(quantile_bounds(&ladder(count), 0.5, 0.95), (Some(low), Some(high)));
        }
        // Five do not bound a median, and 20 not the 95 % quantile from above: 0.95^20 is 36 %.
        assert_eq!(quantile_bounds(&ladder(5), 0.5, 0.95), (None, None));
        let (low, high) = quantile_bounds(&ladder(20), 0.95, 0.95);
        assert!(low.is_some() && high.is_none());
        assert_eq!(quantile_bounds(&[], 0.5, 0.95), (None, None));
    }

    #[test]
    fn the_bounds_hold_the_quantile_at_least_as_often_as_they_say() {
        let mut dice = ChaCha8Rng::seed_from_u64(5);
        let mut unit = || (dice.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        // An exponential, and steps of a quarter of it, of which many are equal.
        let exponential = |u: f64| -libm::log1p(-u);
        let steps = |u: f64| libm::floor(-4.0 * libm::log1p(-u));
        for draw in [&exponential as &dyn Fn(f64) -> f64, &steps] {
            for (q, count) in [(0.5, 12), (0.5, 60), (0.95, 100), (0.05, 100)] {
                let truth = draw(q);
                let held = (0..2_000).filter(|_| {
                    let values: Vec<f64> = (0..count).map(|_| draw(unit())).collect();
                    let (low, high) = quantile_bounds(&values, q, 0.95);
                    low.is_none_or(|low| low <= truth) && high.is_none_or(|high| truth <= high)
                });
                let share = held.count() as f64 / 2_000.0;
                // Three standard errors below 95 %.
                assert!(share >= 0.935, "{share} at {q} of {count}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "does not lie between 0 and 1")]
    fn a_percentage_is_no_quantile() {
        quantile(&[1.0], 95.0);
    }
}
