//! Rank correlation: how monotonically one quantity follows another.

use super::quantile::quantile;

/// Spearman's rank correlation of `xs[i]` with `ys[i]`, between -1 and 1.
///
/// Equal values share the mean of the ranks they occupy. `None` if there are fewer than two
/// pairs, if either side is constant, or if a value is not a number: no correlation is defined
/// then.
///
/// # Panics
/// If the slices differ in length.
pub fn spearman(xs: &[f64], ys: &[f64]) -> Option<f64> {
    assert_eq!(xs.len(), ys.len(), "a correlation needs pairs");
    if xs.iter().chain(ys).any(|value| value.is_nan()) {
        return None;
    }
    let (xs, ys) = (ranks(xs), ranks(ys));
    // Ranks are 1 to n whatever the ties, so their mean is known.
    let mean = (xs.len() + 1) as f64 / 2.0;
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in xs.iter().zip(&ys) {
        let (x, y) = (x - mean, y - mean);
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    // Ranks are halves of whole numbers, so these sums are exact and zero means constant.
    if xx == 0.0 || yy == 0.0 {
        return None;
    }
    Some((xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0))
}

/// The interval of confidence around Spearman's rank correlation: the quantiles of the correlations
/// of `resamples` samples of as many pairs, drawn from the pairs with replacement (the percentile
/// bootstrap of Efron). It makes no assumption about the two sides, so they may have ties.
///
/// `draw` gives uniform numbers in [0, 1). `None` if the correlation is not defined, or not for
/// nine in ten of the samples.
///
/// # Panics
/// As [`spearman`], or if `confidence` does not lie strictly between 0 and 1.
pub fn spearman_interval(
    xs: &[f64],
    ys: &[f64],
    confidence: f64,
    resamples: u32,
    mut draw: impl FnMut() -> f64,
) -> Option<(f64, f64)> {
    assert!(0.0 < confidence && confidence < 1.0, "a confidence lies between 0 and 1");
    spearman(xs, ys)?;
    let count = xs.len();
    let mut found = Vec::with_capacity(resamples as usize);
    let (mut some_xs, mut some_ys) = (vec![0.0; count], vec![0.0; count]);
    for _ in 0..resamples {
        for place in 0..count {
            // A draw just below 1 can round up to the excluded end.
            let pair = ((draw() * count as f64) as usize).min(count - 1);
            some_xs[place] = xs[pair];
            some_ys[place] = ys[pair];
        }
        found.extend(spearman(&some_xs, &some_ys));
    }
    if found.len() * 10 < resamples as usize * 9 {
        return None;
    }
    let side = 0.5 * (1.0 - confidence);
    Some((quantile(&found, side)?, quantile(&found, 1.0 - side)?))
}

/// The rank of every value, counted from 1; equal values get the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    // In ascending order a value that is not below the next one equals it.
    for tie in order.chunk_by(|&a, &b| values[a] >= values[b]) {
        // The ranks first+1 ..= first+len have this mean.
        let shared = first as f64 + (tie.len() + 1) as f64 / 2.0;
        for &index in tie {
            ranks[index] = shared;
        }
        first += tie.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// A normal variable, as the sum of twelve uniform ones; near enough here.
    fn normal(rng: &mut ChaCha8Rng) -> f64 {
        (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
    }

    /// The share of 600 samples of 80 pairs whose interval holds the true correlation.
    fn coverage(truth: f64, mut pair: impl FnMut(&mut ChaCha8Rng) -> (f64, f64)) -> f64 {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut held = 0;
        for _ in 0..600 {
            let (xs, ys): (Vec<f64>, Vec<f64>) = (0..80).map(|_| pair(&mut rng)).unzip();
            let draw = || rng.random();
            let (low, high) = spearman_interval(&xs, &ys, 0.95, 300, draw).unwrap();
            held += u32::from(low <= truth && truth <= high);
        }
        f64::from(held) / 600.0
    }

    #[test]
    fn intervals_hold_the_truth_about_as_often_as_they_say() {
        // Normal pairs with correlation r have the rank correlation 6/pi asin(r/2).
        let r = 0.6_f64;
        let truth = 6.0 / std::f64::consts::PI * (r / 2.0).asin();
        let share = coverage(truth, |rng| {
            let x = normal(rng);
            (x, r * x + (1.0 - r * r).sqrt() * normal(rng))
        });
        assert!((0.92..0.98).contains(&share), "{share}");
        // Yes or no, independent of the other side.
        let share = coverage(0.0, |rng| (rng.random(), f64::from(rng.random::<f64>() < 0.2)));
        assert!((0.92..0.98).contains(&share), "{share}");
    }

    #[test]
    fn no_interval_where_there_is_no_correlation() {
        let xs = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(spearman_interval(&xs, &[1.0; 4], 0.95, 100, || 0.5), None);
        // The one that differs is missing from too many samples.
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let draw = || rng.random();
        assert_eq!(spearman_interval(&xs, &[0.0, 0.0, 0.0, 1.0], 0.95, 100, draw), None);
    }

    #[test]
    fn without_ties_it_is_the_sum_of_squared_differences() {
        // 1 - 6 sum d^2 / (n (n^2 - 1)) with the ranks 1 2 3 4 5 and 2 1 4 3 5: d^2 sums to 4.
        let got = spearman(&[10.0, 20.0, 30.0, 40.0, 50.0], &[0.2, 0.1, 7.0, 0.3, 90.0]).unwrap();
        assert!((got - 0.8).abs() < 1e-12, "{got}");
    }

    #[test]
    fn intelligence_and_television_are_the_textbook_example() {
        // Ten pairs with sum d^2 = 194, hence rho = -29/165.
        let iq = [106.0, 86.0, 100.0, 101.0, 99.0, 103.0, 97.0, 113.0, 112.0, 110.0];
        let hours = [7.0, 0.0, 27.0, 50.0, 28.0, 29.0, 20.0, 12.0, 6.0, 17.0];
        let got = spearman(&iq, &hours).unwrap();
        assert!((got + 29.0 / 165.0).abs() < 1e-12, "{got}");
    }

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(
            ranks(&[3.0, 1.0, 3.0, 3.0, 2.0, -0.0, 0.0]),
            [6.0, 3.0, 6.0, 6.0, 4.0, 1.5, 1.5]
        );
        // Ranks 1 2.5 2.5 4 against 1 2 3 4: 4.5 / sqrt(4.5 * 5), the square root of 0.9.
        let got = spearman(&[1.0, 2.0, 2.0, 3.0], &[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert!((got - 0.948_683_298_050_513_8).abs() < 1e-12, "{got}");
    }

    #[test]
    fn any_rising_curve_is_one_and_any_falling_one_minus_one() {
        let xs: Vec<f64> = (1..40).map(f64::from).collect();
        let cubes: Vec<f64> = xs.iter().map(|x| x * x * x).collect();
        let inverses: Vec<f64> = xs.iter().map(|x| 1.0 / x).collect();
        assert!((spearman(&xs, &cubes).unwrap() - 1.0).abs() < 1e-12);
        assert!((spearman(&xs, &inverses).unwrap() + 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_constant_a_single_pair_and_a_non_number_have_no_correlation() {
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[5.0; 3]), None);
        assert_eq!(spearman(&[1.0], &[1.0]), None);
        assert_eq!(spearman(&[], &[]), None);
        assert_eq!(spearman(&[1.0, f64::NAN], &[1.0, 2.0]), None);
    }
}
