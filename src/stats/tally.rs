//! Count, mean, variance and extremes of a stream of values, in constant memory.

/// A running summary of values: how many, their mean, spread, least and greatest.
///
/// The mean and the variance are updated by Welford's recurrence, which stays accurate when the
/// spread is small beside the mean. A value that is not a number makes the mean and the variance
/// not a number and leaves the extremes alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tally {
    count: u64,
    mean: f64,
    /// The sum of squared deviations from the mean.
    squares: f64,
    min: f64,
    max: f64,
}

impl Tally {
    /// A tally of nothing.
    pub const fn new() -> Tally {
        Tally { count: 0, mean: 0.0, squares: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }

    /// Takes in one value.
    #[inline]
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        let before = value - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (value - self.mean);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Takes in everything `other` has seen.
    ///
    /// The result equals that of one tally of all values up to rounding; the last bits depend on
    /// the order of merging, so merge in a fixed order where results must repeat exactly.
    pub fn merge(&mut self, other: &Tally) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        let count = self.count + other.count;
        let apart = other.mean - self.mean;
        let share = other.count as f64 / count as f64;
        self.squares += other.squares + apart * apart * share * self.count as f64;
        self.mean += apart * share;
        self.count = count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// How many values were taken in.
    #[inline]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The mean, or `None` before the first value.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// The sample variance (divisor `count - 1`), or `None` before the second value.
    pub fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.squares / (self.count - 1) as f64)
    }

    /// The square root of [`Tally::variance`].
    pub fn standard_deviation(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }

    /// The least value, or `None` before the first.
    pub fn min(&self) -> Option<f64> {
        (self.count > 0).then_some(self.min)
    }

    /// The greatest value, or `None` before the first.
    pub fn max(&self) -> Option<f64> {
        (self.count > 0).then_some(self.max)
    }
}

impl Default for Tally {
    fn default() -> Tally {
        Tally::new()
    }
}

impl Extend<f64> for Tally {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, values: I) {
        for value in values {
            self.add(value);
        }
    }
}

impl FromIterator<f64> for Tally {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Tally {
        let mut tally = Tally::new();
        tally.extend(values);
        tally
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(got: Option<f64>, want: f64) {
        let got = got.expect("there are enough values");
        assert!((got - want).abs() <= 1e-12 * want.abs(), "got {got}, want {want}");
    }

    #[test]
    fn the_first_integers_have_their_closed_forms() {
        // Mean (n+1)/2 and sample variance n(n+1)/12.
        let tally: Tally = (1..=1000).map(f64::from).collect();
        assert_eq!(tally.count(), 1000);
        close(tally.mean(), 500.5);
        close(tally.variance(), 1000.0 * 1001.0 / 12.0);
        assert_eq!((tally.min(), tally.max()), (Some(1.0), Some(1000.0)));
    }

    #[test]
    fn a_small_spread_beside_a_large_mean_survives() {
        // The sum-of-squares formula gives nonsense here: 1e9 squared leaves no bits for 30.
        let tally: Tally = [4.0, 7.0, 13.0, 16.0].into_iter().map(|x| x + 1e9).collect();
        close(tally.mean(), 1e9 + 10.0);
        close(tally.variance(), 30.0);
        close(tally.standard_deviation(), 5.477_225_575_051_661);
    }

    #[test]
    fn too_few_values_have_no_statistics() {
        let mut tally = Tally::default();
        assert_eq!(
            (tally.mean(), tally.variance(), tally.min(), tally.max()),
            (None, None, None, None)
        );
        tally.add(3.0);
        assert_eq!((tally.mean(), tally.variance()), (Some(3.0), None));
    }

    #[test]
    fn merging_with_nothing_changes_nothing() {
        let full: Tally = [-1.0, 2.5].into_iter().collect();
        let mut left = Tally::new();
        left.merge(&full);
        let mut right = full;
        right.merge(&Tally::new());
        assert_eq!((left, right), (full, full));
    }

    proptest! {
        #[test]
        fn merged_parts_equal_the_two_pass_statistics(
            left in prop::collection::vec(-1e3..1e3f64, 0..50),
            right in prop::collection::vec(-1e3..1e3f64, 2..50),
        ) {
            let mut merged: Tally = left.iter().copied().collect();
            merged.merge(&right.iter().copied().collect());
            let all = [left, right].concat();
            let n = all.len() as f64;
            let mean = all.iter().sum::<f64>() / n;
            let variance = all.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
            prop_assert_eq!(merged.count(), all.len() as u64);
            prop_assert!((merged.mean().unwrap() - mean).abs() < 1e-9);
            prop_assert!((merged.variance().unwrap() - variance).abs() < 1e-6 * (1.0 + variance));
            prop_assert_eq!(merged.min(), all.iter().copied().min_by(f64::total_cmp));
            prop_assert_eq!(merged.max(), all.iter().copied().max_by(f64::total_cmp));
        }
    }
}
