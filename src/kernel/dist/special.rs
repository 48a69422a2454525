//! Special functions and quantiles, from `libm` alone: what is computed here becomes part of a
//! scenario, so it has the same bits on every platform.

/// The 95th and the 99th percentile of the standard normal distribution.
pub(super) const NORMAL_P95: f64 = 1.644_853_626_951_472_7;
pub(super) const NORMAL_P99: f64 = 2.326_347_874_040_841;

/// The share of a gamma distribution of this shape and scale 1 that lies below `x`: the lower
/// incomplete gamma function, regularised.
pub(super) fn gamma_below(shape: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = libm::exp(shape * libm::log(x) - x - libm::lgamma(shape));
    if x < shape + 1.0 {
        // The series of positive terms.
        let (mut term, mut sum) = (1.0 / shape, 1.0 / shape);
        let mut n = shape;
        while term > sum * 1e-17 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        (front * sum).min(1.0)
    } else {
        1.0 - front * upper_fraction(shape, x)
    }
}

/// The continued fraction of the upper incomplete gamma function, by Lentz's method.
fn upper_fraction(shape: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - shape;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for i in 1..10_000 {
        let i = f64::from(i);
        let a = -i * (i - shape);
        b += 2.0;
        let next = a * d + b;
        d = 1.0 / if next.abs() < TINY { TINY } else { next };
        c = b + a / c;
        if c.abs() < TINY {
            c = TINY;
        }
        let change = c * d;
        fraction *= change;
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

/// The value below which `share` of a gamma distribution of this shape and scale 1 lies.
pub(super) fn gamma_quantile(shape: f64, share: f64) -> f64 {
    // In the logarithm, since a small shape has quantiles of any order of magnitude.
    let below = |log: f64| gamma_below(shape, libm::exp(log)) < share;
    let mut high = libm::log(shape + 1.0);
    while below(high) {
        high += 1.0;
    }
    let mut low = high - 1.0;
    while !below(low) && low > -700.0 {
        low -= (high - low).max(1.0);
    }
    libm::exp(bisect(low, high, below))
}

/// The point between `low` and `high` up to which `holds`.
pub(super) fn bisect(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shapes 1 and 2 in closed form, and shape 1/2 by the error function.
    #[test]
    fn the_incomplete_gamma_function_agrees_with_closed_forms() {
        for x in [0.01, 0.3, 1.0, 1.9, 3.0, 7.5, 30.0] {
            let e = libm::exp(-x);
            let exact = [(1.0, 1.0 - e), (2.0, 1.0 - e * (1.0 + x)), (0.5, libm::erf(x.sqrt()))];
            for (shape, value) in exact {
                assert!((gamma_below(shape, x) - value).abs() < 1e-14, "{shape} at {x}");
            }
        }
    }

    #[test]
    fn quantiles_turn_the_distribution_round() {
        for shape in [0.02, 0.3, 1.0, 4.2, 90.0, 9_000.0] {
            for share in [0.5, 0.95, 0.99] {
                let x = gamma_quantile(shape, share);
                assert!((gamma_below(shape, x) - share).abs() < 1e-11, "{shape} at {share}");
            }
        }
        assert!((gamma_quantile(1.0, 0.95) - libm::log(20.0)).abs() < 1e-12);
    }
}
