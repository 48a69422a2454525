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
    #[should_panic(expected = "does not lie between 0 and 1")]
    fn a_percentage_is_no_quantile() {
        quantile(&[1.0], 95.0);
    }
}
