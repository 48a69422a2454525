//! Where a series that begins far from its level has reached it.

use super::Tally;

/// How many values make a batch.
const BATCH: usize = 5;

/// The fewest values of which something is said.
pub const WARM_UP_FEWEST: usize = 50;

/// How many values at the start are better left out of the mean of a series whose level does not
/// change: the number that makes the standard error of the mean of the others least, as if they
/// were independent, in batches of five (MSER-5: K. P. White, M. J. Cobb and S. C. Spratt, A
/// comparison of five steady-state truncation heuristics for simulation, 2000).
///
/// At most half of them are left out. `None` if there are fewer than [`WARM_UP_FEWEST`] values, or
/// if half of them are not enough: then the series is too short to tell, or has no level.
pub fn warm_up(values: &[f64]) -> Option<usize> {
    if values.len() < WARM_UP_FEWEST {
        return None;
    }
    let batches: Vec<f64> =
        values.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    let half = batches.len() / 2;
    let mut rest: Tally = batches[half + 1..].iter().copied().collect();
    let mut best = (f64::INFINITY, half);
    for (cut, &value) in batches[..=half].iter().enumerate().rev() {
        rest.add(value);
        let count = (batches.len() - cut) as f64;
        let error = rest.variance().unwrap_or(0.0) * (count - 1.0) / (count * count);
        // Among equals the longest series.
        if error <= best.0 {
            best = (error, cut);
        }
    }
    (best.1 < half).then_some(best.1 * BATCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Noise around 1, after a start at `from` that fades within `fades` values.
    fn series(seed: u64, from: f64, fades: f64) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut value = |number: u32| {
            let noise = rng.random::<f64>() - 0.5;
            1.0 + (from - 1.0) * libm::exp(-f64::from(number) / fades) + noise
        };
        (0..400).map(&mut value).collect()
    }

    #[test]
    fn a_start_far_from_the_level_is_cut_off_and_noise_is_not() {
        let cut = |seed| warm_up(&series(seed, 21.0, 10.0)).expect("there is a level");
        let cuts: Vec<usize> = (0..200).map(cut).collect();
        // It has faded to the size of the noise after 37 values, to a hundredth of it after 76.
        assert!(cuts.iter().all(|&cut| cut >= 30), "{cuts:?}");
        let good = cuts.iter().filter(|&&cut| cut <= 110).count();
        assert!(good >= 180, "{good} of 200 cut no more than needed");
        let long = |seed| warm_up(&series(seed, 1.0, 1.0)).is_none_or(|cut| cut > 40);
        let often = (0..200).filter(|&seed| long(seed)).count();
        assert!(often < 60, "of noise alone more than a tenth is cut in {often} of 200");
    }

    /// The mean of what is left is nearer to the level than the mean of all.
    #[test]
    fn the_mean_of_the_rest_has_less_bias() {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (mut all, mut rest) = (0.0, 0.0);
        for seed in 0..200 {
            let values = series(seed, 21.0, 10.0);
            all += mean(&values) - 1.0;
            rest += mean(&values[warm_up(&values).expect("there is a level")..]) - 1.0;
        }
        assert!(all / 200.0 > 0.4 && (rest / 200.0).abs() < 0.02, "{all} {rest}");
    }

    #[test]
    fn without_a_level_nothing_is_said() {
        let rising: Vec<f64> = (0..400).map(f64::from).collect();
        assert_eq!(warm_up(&rising), None);
        assert_eq!(warm_up(&rising[..49]), None);
        assert_eq!(warm_up(&[1.0; 100]), Some(0));
    }
}
