//! Histograms of latencies in fixed memory, exact to a stated relative error.

use std::fmt;

/// A histogram of times in nanoseconds with logarithmic buckets, each octave cut linearly into
/// 2^`BITS` of them.
///
/// Values below 2^(`BITS` + 1) are kept exactly. A larger one is known to within half the width
/// of its bucket, a relative error of at most 2^-(`BITS` + 1): 0.4 % with 7 bits, 6.3 % with 3.
/// Values from [`Histogram::LIMIT`] up (73 minutes) are counted, but only as being that large.
/// The memory is fixed: 18 KiB with 7 bits, 1.3 KiB with 3.
///
/// `BITS` lies between 1 and 16; anything else does not compile.
#[derive(Clone, PartialEq, Eq)]
pub struct Histogram<const BITS: u32> {
    buckets: Box<[u32]>,
    count: u64,
    /// How many of `count` were at or over the limit.
    clamped: u64,
    /// The first and the last bucket in use; the first is past the end while all are empty.
    first: usize,
    last: usize,
}

/// The limit is this power of two of nanoseconds.
const LIMIT_BITS: u32 = 42;

impl<const BITS: u32> Histogram<BITS> {
    /// The first value in nanoseconds that is beyond the range, 2^42.
    pub const LIMIT: u64 = 1 << LIMIT_BITS;

    /// The number of buckets: one block of 2^`BITS` for the values that need no rounding and one
    /// for each octave above it.
    const BUCKETS: usize = ((LIMIT_BITS - BITS + 1) as usize) << BITS;

    /// An empty histogram.
    pub fn new() -> Histogram<BITS> {
        const { assert!(BITS >= 1 && BITS <= 16, "a histogram has 1 to 16 bits") };
        Histogram {
            buckets: vec![0; Self::BUCKETS].into_boxed_slice(),
            count: 0,
            clamped: 0,
            first: usize::MAX,
            last: 0,
        }
    }

    /// Counts one value, in nanoseconds.
    ///
    /// # Panics
    /// If one bucket has been hit 2^32 times, so that a quantile is never quietly wrong.
    #[inline]
    pub fn record(&mut self, nanoseconds: u64) {
        let index = Self::index(nanoseconds.min(Self::LIMIT - 1));
        bump(&mut self.buckets[index], 1);
        self.count += 1;
        // Branches that are hardly ever taken cost less here than three more stores each time.
        if nanoseconds >= Self::LIMIT {
            self.clamped += 1;
        }
        if index < self.first {
            self.first = index;
        }
        if index > self.last {
            self.last = index;
        }
    }

    /// How many values were recorded, those beyond the range included.
    #[inline]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// How many of the values were [`Histogram::LIMIT`] or more.
    #[inline]
    pub const fn clamped(&self) -> u64 {
        self.clamped
    }

    /// The `q`-quantile in nanoseconds: the middle of the bucket that holds the value of rank
    /// ceil(q * count), or the first value for a `q` of 0; `None` if nothing was recorded.
    ///
    /// A quantile among the values beyond the range is [`Histogram::LIMIT`], which bounds it
    /// from below.
    ///
    /// # Panics
    /// If `q` lies outside 0 to 1.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        assert!((0.0..=1.0).contains(&q), "the quantile {q} does not lie between 0 and 1");
        if self.count == 0 {
            return None;
        }
        let rank = rank(q, self.count);
        if rank > self.count - self.clamped {
            return Some(Self::LIMIT);
        }
        let mut seen = 0;
        for (index, &hits) in self.buckets[self.first..=self.last].iter().enumerate() {
            seen += u64::from(hits);
            if seen >= rank {
                return Some(Self::middle(self.first + index));
            }
        }
        unreachable!("the buckets hold fewer values than were counted")
    }

    /// Adds everything `other` has recorded.
    ///
    /// # Panics
    /// As [`Histogram::record`].
    pub fn merge(&mut self, other: &Histogram<BITS>) {
        if other.count == 0 {
            return;
        }
        let used = other.first..=other.last;
        for (mine, &hits) in self.buckets[used.clone()].iter_mut().zip(&other.buckets[used]) {
            bump(mine, hits);
        }
        self.count += other.count;
        self.clamped += other.clamped;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    /// What was recorded since `before`, an earlier state of the same histogram.
    pub fn since(&self, before: &Histogram<BITS>) -> Histogram<BITS> {
        let mut newer = Histogram::new();
        for index in self.first.min(self.buckets.len())..self.buckets.len().min(self.last + 1) {
            let hits = self.buckets[index] - before.buckets[index];
            if hits > 0 {
                newer.buckets[index] = hits;
                newer.first = newer.first.min(index);
                newer.last = newer.last.max(index);
            }
        }
        newer.count = self.count - before.count;
        newer.clamped = self.clamped - before.clamped;
        newer
    }

    /// Adds `count` values that are spread as those of `other` are, as evenly as whole numbers can
    /// be. Nothing is added if `other` is empty.
    ///
    /// # Panics
    /// As [`Histogram::record`].
    pub fn add_like(&mut self, other: &Histogram<BITS>, count: u64) {
        if other.count == 0 || count == 0 {
            return;
        }
        let part = |hits: u64| {
            let part = u128::from(hits) * u128::from(count) / u128::from(other.count);
            u64::try_from(part).unwrap_or(u64::MAX)
        };
        let (mut seen, mut added) = (0, 0);
        for index in other.first..=other.last {
            seen += u64::from(other.buckets[index]);
            let hits = part(seen) - added;
            if hits > 0 {
                let hits =
                    u32::try_from(hits).expect("one bucket of a histogram was hit 2^32 times");
                bump(&mut self.buckets[index], hits);
                self.first = self.first.min(index);
                self.last = self.last.max(index);
            }
            added += u64::from(u32::try_from(hits).unwrap_or(u32::MAX));
        }
        self.count += added;
        self.clamped += part(other.clamped);
    }

    /// Forgets every value and keeps the memory. The cost is that of the range in use, so
    /// clearing an empty histogram is free.
    pub fn clear(&mut self) {
        if self.count > 0 {
            self.buckets[self.first..=self.last].fill(0);
        }
        self.count = 0;
        self.clamped = 0;
        self.first = usize::MAX;
        self.last = 0;
    }

    /// The bucket of a value below the limit.
    #[inline]
    const fn index(value: u64) -> usize {
        // The bit set here makes the values that need no rounding one case with the others: they
        // get the shift 0 without a branch.
        let shift = 63 - (value | 1 << BITS).leading_zeros() - BITS;
        ((shift as usize) << BITS) + (value >> shift) as usize
    }

    /// The value in the middle of a bucket.
    const fn middle(index: usize) -> u64 {
        let shift = ((index >> BITS) as u32).saturating_sub(1);
        let low = (index as u64 - ((shift as u64) << BITS)) << shift;
        // A bucket of one value is that value, and the middle of a wider one rounds up.
        low + ((1 << shift) >> 1)
    }
}

#[inline]
fn bump(bucket: &mut u32, hits: u32) {
    *bucket = bucket.checked_add(hits).expect("one bucket of a histogram was hit 2^32 times");
}

/// The rank, from 1, of the `q`-quantile of `count` values.
fn rank(q: f64, count: u64) -> u64 {
    let place = q * count as f64;
    // 0.07 * 100 is a hair over 7 in binary; the 8th value would be the wrong one.
    let whole = place.round();
    let rank =
        if (place - whole).abs() <= 4.0 * f64::EPSILON * place { whole } else { place.ceil() };
    (rank as u64).clamp(1, count)
}

impl<const BITS: u32> Default for Histogram<BITS> {
    fn default() -> Histogram<BITS> {
        Histogram::new()
    }
}

impl<const BITS: u32> fmt::Debug for Histogram<BITS> {
    /// Shows the summary; thousands of buckets help no one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram")
            .field("count", &self.count)
            .field("clamped", &self.clamped)
            .field("p50", &self.quantile(0.5))
            .field("p99", &self.quantile(0.99))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled<const BITS: u32>(values: &[u64]) -> Histogram<BITS> {
        let mut histogram = Histogram::new();
        for &value in values {
            histogram.record(value);
        }
        histogram
    }

    /// Whether the quantile at `permille` is within the stated error of the exact one.
    fn within<const BITS: u32>(values: &[u64], permille: u64) -> bool {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let rank = (permille * sorted.len() as u64).div_ceil(1000).max(1);
        let exact = sorted[rank as usize - 1];
        let got = filled::<BITS>(values).quantile(permille as f64 / 1000.0).unwrap();
        if exact < 2 << BITS { got == exact } else { got.abs_diff(exact) << (BITS + 1) <= exact }
    }

    /// Values spread over all octaves of the range.
    fn values() -> impl Strategy<Value = Vec<u64>> {
        let value = (0..42u32, any::<u64>()).prop_map(|(octave, bits)| bits >> (63 - octave));
        prop::collection::vec(value.prop_filter("in range", |&v| v < 1 << 42), 1..200)
    }

    proptest! {
        #[test]
        fn quantiles_are_within_the_stated_error(values in values(), permille in 0..=1000u64) {
            prop_assert!(within::<7>(&values, permille));
            prop_assert!(within::<3>(&values, permille));
            prop_assert!(within::<1>(&values, permille));
        }

        #[test]
        fn merging_is_recording_both(left in values(), right in values()) {
            let mut merged = filled::<7>(&left);
            merged.merge(&filled(&right));
            prop_assert_eq!(merged, filled(&[left, right].concat()));
        }

        #[test]
        fn what_was_recorded_since_can_be_added_again(left in values(), right in values()) {
            let before = filled::<7>(&left);
            let after = filled::<7>(&[left, right.clone()].concat());
            let newer = after.since(&before);
            prop_assert_eq!(&newer, &filled(&right));
            let mut twice = Histogram::new();
            twice.add_like(&newer, 2 * newer.count());
            prop_assert_eq!(twice, filled::<7>(&[right.clone(), right].concat()));
            let mut some = Histogram::<7>::new();
            some.add_like(&newer, 3);
            prop_assert_eq!(some.count(), 3);
        }

        #[test]
        fn a_cleared_histogram_is_a_new_one(before in values(), after in values()) {
            let mut histogram = filled::<3>(&before);
            histogram.record(u64::MAX);
            histogram.clear();
            prop_assert_eq!(&histogram, &Histogram::new());
            for &value in &after {
                histogram.record(value);
            }
            prop_assert_eq!(histogram, filled(&after));
        }
    }

    #[test]
    fn the_memory_is_what_the_description_says() {
        assert_eq!(size_of_val(&*Histogram::<7>::new().buckets), 18 * 1024);
        assert_eq!(size_of_val(&*Histogram::<3>::new().buckets), 1280);
    }

    #[test]
    fn ranks_are_not_moved_by_binary_fractions() {
        // 0.07, 0.14, 0.28, 0.29, 0.56 and 0.57 times 100 are not whole in binary.
        let histogram = filled::<7>(&(1..=100).collect::<Vec<u64>>());
        for percent in 1..=100u64 {
            assert_eq!(histogram.quantile(percent as f64 / 100.0), Some(percent));
        }
        assert_eq!(histogram.quantile(0.0), Some(1));
        assert_eq!(histogram.quantile(0.951), Some(96));
    }

    #[test]
    fn values_beyond_the_range_are_counted_as_such() {
        let limit = Histogram::<7>::LIMIT;
        let mut histogram = filled::<7>(&[5, limit - 1, limit, u64::MAX]);
        assert_eq!((histogram.count(), histogram.clamped()), (4, 2));
        assert_eq!(histogram.quantile(0.25), Some(5));
        let top = histogram.quantile(0.5).unwrap();
        assert!(top < limit && top > limit - limit / 200, "{top}");
        assert_eq!(histogram.quantile(0.75), Some(limit));
        histogram.merge(&histogram.clone());
        assert_eq!((histogram.count(), histogram.clamped()), (8, 4));
    }

    #[test]
    fn nothing_has_no_quantile() {
        let mut histogram = Histogram::<7>::default();
        histogram.clear();
        histogram.merge(&Histogram::new());
        assert_eq!((histogram.count(), histogram.quantile(0.5)), (0, None));
        assert_eq!(
            format!("{histogram:?}"),
            "Histogram { count: 0, clamped: 0, p50: None, p99: None, .. }"
        );
    }

    #[test]
    #[should_panic(expected = "hit 2^32 times")]
    fn a_full_bucket_is_never_quietly_wrong() {
        // Doubling 33 times instead of recording four thousand million values.
        let mut histogram = filled::<3>(&[1_000]);
        for _ in 0..33 {
            let twin = histogram.clone();
            histogram.merge(&twin);
        }
    }

    #[test]
    #[should_panic(expected = "does not lie between 0 and 1")]
    fn a_percentage_is_no_quantile() {
        filled::<7>(&[1]).quantile(99.0);
    }
}
