//! Latin hypercubes: samples that cover every dimension evenly.

/// `n` points of the unit cube in `dims` dimensions, one in each `n`th of every dimension.
///
/// Each point is a `Vec` of `dims` coordinates in [0, 1). In every dimension exactly one point
/// lies in [k/n, (k+1)/n) for each k; which one it is is a random permutation, independent from
/// dimension to dimension, and its place within the stratum is uniform.
///
/// `draw` gives uniform numbers in [0, 1). They are consumed dimension by dimension, `n - 1` for
/// the permutation and then `n` for the places, so a dimension added at the end leaves the
/// earlier ones as they were.
pub fn latin_hypercube(n: usize, dims: usize, mut draw: impl FnMut() -> f64) -> Vec<Vec<f64>> {
    let mut points = vec![Vec::with_capacity(dims); n];
    let mut strata: Vec<usize> = Vec::with_capacity(n);
    for _ in 0..dims {
        strata.clear();
        strata.extend(0..n);
        // Fisher-Yates: every one of the n! orders is equally likely.
        for last in (1..n).rev() {
            let other = (draw() * (last + 1) as f64) as usize;
            // A draw just below 1 can round up to the excluded end.
            strata.swap(last, other.min(last));
        }
        for (point, &stratum) in points.iter_mut().zip(&strata) {
            let place = (stratum as f64 + draw()) / n as f64;
            let end = (stratum + 1) as f64 / n as f64;
            point.push(if place < end { place } else { end.next_down() });
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// How many points lie in each of `n` strata of one dimension.
    fn filling(points: &[Vec<f64>], dim: usize) -> Vec<usize> {
        let n = points.len();
        let bound = |k: usize| k as f64 / n as f64;
        (0..n)
            .map(|k| points.iter().filter(|p| bound(k) <= p[dim] && p[dim] < bound(k + 1)).count())
            .collect()
    }

    proptest! {
        #[test]
        fn every_stratum_of_every_dimension_holds_one_point(
            n in 1..80usize, dims in 0..6usize, seed: u64,
        ) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let points = latin_hypercube(n, dims, || rng.random());
            prop_assert_eq!(points.len(), n);
            for point in &points {
                prop_assert_eq!(point.len(), dims);
            }
            for dim in 0..dims {
                prop_assert_eq!(filling(&points, dim), vec![1; n]);
            }
        }

        #[test]
        fn the_extreme_draws_stay_in_their_strata(n in 1..200usize, high: bool) {
            let points = latin_hypercube(n, 2, || if high { 1f64.next_down() } else { 0.0 });
            prop_assert_eq!(filling(&points, 0), vec![1; n]);
            prop_assert_eq!(filling(&points, 1), vec![1; n]);
        }
    }

    #[test]
    fn all_orders_are_equally_frequent_in_both_dimensions_together() {
        // Two dimensions of three points: 36 pairs of orders, 1000 expected each.
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut seen = [0u32; 27 * 27];
        for _ in 0..36_000 {
            let points = latin_hypercube(3, 2, || rng.random());
            let code = points
                .iter()
                .fold(0, |code, p| code * 9 + (p[0] * 3.0) as usize * 3 + (p[1] * 3.0) as usize);
            seen[code] += 1;
        }
        let kinds: Vec<f64> = seen.iter().filter(|&&c| c > 0).map(|&c| f64::from(c)).collect();
        assert_eq!(kinds.len(), 36);
        let chi: f64 = kinds.iter().map(|c| (c - 1000.0) * (c - 1000.0) / 1000.0).sum();
        // The 99.9 % point of chi-squared with 35 degrees of freedom is 66.6.
        assert!(chi < 66.6, "{chi}");
    }

    #[test]
    fn a_dimension_added_at_the_end_moves_no_other() {
        let sample = |dims| {
            let mut rng = ChaCha8Rng::seed_from_u64(11);
            latin_hypercube(20, dims, || rng.random())
        };
        let (two, three) = (sample(2), sample(3));
        assert!(two.iter().zip(&three).all(|(a, b)| a[..] == b[..2]));
    }

    #[test]
    fn no_points_need_no_draws() {
        assert!(latin_hypercube(0, 3, || panic!("a draw for no point")).is_empty());
    }
}
