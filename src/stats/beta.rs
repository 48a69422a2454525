//! The beta distribution, behind both Student's t and the exact bounds of a share.
//!
//! Our own for two reasons: the quantile of statrs 0.19 does not return for some shapes (the lower
//! bound of one event in 10^9 trials), and its logarithms come from the platform, whose last bits
//! differ.

/// More terms than the continued fraction needs for shapes up to 10^9, so that it always ends.
const MOST_TERMS: u32 = 200_000;

/// The probability that a beta variable with the positive shapes `a` and `b` is at most `x`.
///
/// The relative error is about 1e-14 for shapes up to a thousand and grows with them, to about
/// 1e-5 at 10^9.
pub(crate) fn distribution(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast on this side of the mean only; the other is its mirror image.
    let log_front = a * libm::log(x) + b * libm::log1p(-x) - log_beta(a, b);
    if x < (a + 1.0) / (a + b + 2.0) {
        libm::exp(log_front) / a * fraction(a, b, x)
    } else {
        1.0 - libm::exp(log_front) / b * fraction(b, a, 1.0 - x)
    }
}

/// The `x` at which [`distribution`] reaches `probability`, a number strictly between 0 and 1.
pub(crate) fn quantile(a: f64, b: f64, probability: f64) -> f64 {
    // Positive floats are ordered as their bits are, so halving the range of bits finds tiny
    // quantiles to the same relative precision as others, and ends within 64 steps.
    let (mut low, mut high) = (0u64, 1f64.to_bits());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if distribution(a, b, f64::from_bits(middle)) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::from_bits(high)
}

fn log_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

/// The continued fraction 1/(1 + d1/(1 + d2/(1 + ...))) of the incomplete beta function, by
/// Lentz's method.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    // A zero denominator is replaced by this, which cancels out of the next step.
    const TINY: f64 = 1e-300;
    let safe = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut value, mut upper, mut lower) = (1.0, 1.0, 0.0);
    for term in 1..MOST_TERMS {
        let m = f64::from(term / 2);
        let numerator = if term % 2 == 0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        lower = 1.0 / safe(1.0 + numerator * lower);
        upper = safe(1.0 + numerator / upper);
        let step: f64 = upper * lower;
        value *= step;
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    1.0 / value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use statrs::function::beta::beta_reg;

    use super::*;

    proptest! {
        #[test]
        fn it_agrees_with_another_implementation(
            a in 0.1..400f64, b in 0.1..400f64, x in 0.001..0.999f64,
        ) {
            let (got, want) = (distribution(a, b, x), beta_reg(a, b, x));
            prop_assert!((got - want).abs() < 1e-11, "got {got}, want {want}");
        }

        #[test]
        fn a_quantile_is_where_the_distribution_reaches_it(
            a in 0.1..3000f64, b in 0.1..3000f64, probability in 0.0001..0.9999f64,
        ) {
            let x = quantile(a, b, probability);
            let got = distribution(a, b, x);
            // Where the density is steep the neighbouring float is the best there is.
            let below = distribution(a, b, x.next_down());
            prop_assert!(below - 1e-11 <= probability && probability <= got + 1e-11);
        }
    }

    #[test]
    fn one_shape_of_one_has_a_closed_form() {
        for (a, x) in [(1.0, 0.3), (2.0, 0.5), (7.5, 0.9), (0.5, 1e-12)] {
            let power = libm::pow(x, a);
            assert!((distribution(a, 1.0, x) - power).abs() < 1e-13 * power);
            let rest = 1.0 - libm::pow(1.0 - x, a);
            assert!((distribution(1.0, a, x) - rest).abs() < 1e-13);
        }
    }

    #[test]
    fn the_ends_of_the_range_are_certain() {
        assert!(distribution(2.0, 3.0, 0.0) <= 0.0);
        assert!(distribution(2.0, 3.0, 1.0) >= 1.0);
    }

    #[test]
    fn a_large_symmetric_distribution_is_normal() {
        // The 97.5 % point of the normal is 1.959964, the deviation 1 / (2 sqrt(2n + 1)).
        for n in [50_000f64, 5e6, 5e8] {
            let width = (quantile(n, n, 0.975) - 0.5) * 2.0 * (2.0 * n + 1.0).sqrt();
            assert!((width - 1.959_964).abs() < 1e-4, "{n}: {width}");
        }
    }
}
