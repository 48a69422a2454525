//! The sign test: whether pairs differ in one direction more often than chance explains.

/// The probability that chance makes pairs as unequal as this: that of `ups + downs` fair tosses,
/// the rarer side comes up as rarely as it did, or more rarely; both directions count.
///
/// Pairs without a difference are not tosses. Without tosses it is 1. For yes-or-no outcomes this
/// is McNemar's exact test.
pub fn sign_test(ups: u64, downs: u64) -> f64 {
    let (rarer, tosses) = (ups.min(downs), (ups + downs) as f64);
    // Logarithms, since 2^-1100 is no number.
    let mut log = -tosses * std::f64::consts::LN_2;
    let mut sum = 0.0;
    for side in 0..=rarer {
        sum += libm::exp(log);
        log += libm::log((tosses - side as f64) / (side + 1) as f64);
    }
    (2.0 * sum).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{Binomial, DiscreteCDF};

    #[test]
    fn all_in_one_direction_is_half_as_likely_with_each_more() {
        assert!((sign_test(0, 0) - 1.0).abs() < 1e-15);
        assert!((sign_test(1, 0) - 1.0).abs() < 1e-15);
        assert!((sign_test(0, 2) - 0.5).abs() < 1e-15);
        assert!((sign_test(12, 0) - 2.0 / 4096.0).abs() < 1e-15);
    }

    #[test]
    fn it_is_twice_the_tail_of_the_binomial_distribution() {
        for (ups, downs) in [(9, 1), (3, 17), (40, 60), (5, 5), (700, 600)] {
            let tail = Binomial::new(0.5, ups + downs).unwrap().cdf(ups.min(downs));
            let expected = (2.0 * tail).min(1.0);
            assert!((sign_test(ups, downs) - expected).abs() < 1e-9, "{ups} {downs}");
        }
        assert!(sign_test(0, 5000) < 1e-300);
    }
}
