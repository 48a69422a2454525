//! The exponential function for samplers: a table and a short polynomial, with the same bits on
//! every platform.

use std::sync::LazyLock;

/// Steps of the table to a factor of two.
const STEPS: usize = 128;
const STEPS_PER_UNIT: f64 = STEPS as f64 * std::f64::consts::LOG2_E;
/// The length of a step, ln 2 / 128, in two parts: the first has so few digits that its product
/// with any number of steps is exact.
const STEP_HIGH: f64 = 0.005_415_212_344_814_79;
const STEP_LOW: f64 = 3.309_782_317_038_503e-12;
/// Added and taken away again it leaves the nearest whole number, which its last bits tell
/// meanwhile.
const ROUND: f64 = 1.5 * (1_u64 << 52) as f64;

/// 2^(i / [`STEPS`]).
static POWERS: LazyLock<[f64; STEPS]> =
    LazyLock::new(|| std::array::from_fn(|i| libm::exp2(i as f64 / STEPS as f64)));

/// e to the power of `x`, to the last digit or the one before it.
#[inline]
pub fn exp(x: f64) -> f64 {
    if x.is_nan() || x.abs() > 700.0 {
        return libm::exp(x);
    }
    let shifted = x * STEPS_PER_UNIT + ROUND;
    let (steps, count) = (shifted.to_bits() as i32, shifted - ROUND);
    let rest = (x - count * STEP_HIGH) - count * STEP_LOW;
    // The series of e^rest - 1, as |rest| is at most half a step; two short chains instead of a
    // long one.
    let square = rest * rest;
    let series = (rest + 0.5 * square)
        + square * (rest * (1.0 / 6.0) + square * (1.0 / 24.0 + rest * (1.0 / 120.0)));
    let power = POWERS[steps as usize % STEPS];
    let factor = power + power * series;
    // Whole powers of two go straight into the exponent, which is far from its ends.
    let twos = i64::from(steps >> STEPS.trailing_zeros());
    f64::from_bits(factor.to_bits().wrapping_add_signed(twos << 52))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_powers_of_e_are_those_of_libm() {
        let mut worst = 0.0_f64;
        for i in -2_000_000..=2_000_000_i32 {
            let x = f64::from(i) * 0.000_350_1;
            worst = worst.max((exp(x) / libm::exp(x) - 1.0).abs());
        }
        assert!(worst < 3.0 * f64::EPSILON, "{worst}");
    }

    #[test]
    fn far_out_it_is_that_of_libm() {
        for x in [0.0, -0.0, 700.5, -700.5, 1e9, -1e9, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(exp(x).to_bits(), libm::exp(x).to_bits(), "{x}");
        }
        assert!(exp(f64::NAN).is_nan());
    }
}
