//! The exponential and the normal distribution, by the ziggurat method of Marsaglia and Tsang.
//!
//! The area under a falling density is cut into horizontal layers of equal area. A point in a
//! random layer nearly always lies left of the layer above, hence under the density: one word of
//! chance, one multiplication, one comparison. What remains is decided with libm, and the tables
//! are computed with it, so a sample has the same bits on every platform and with every feature.

use super::chance::unit;
use rand::Rng;
use std::sync::LazyLock;

const LAYERS: usize = 256;

/// Where the tail beyond 256 layers of equal area begins.
const EXPONENTIAL_TAIL: f64 = 7.697_117_470_131_487;
const NORMAL_TAIL: f64 = 3.654_152_885_361_009;

/// The layers under a density that is 1 at 0 and falls.
#[derive(Debug)]
struct Ziggurat {
    /// The right ends of the layers from the lowest, which is as wide as its area demands when its
    /// tail is squared off, to 0 above the highest.
    ends: [f64; LAYERS + 1],
    /// The density at each of them.
    heights: [f64; LAYERS + 1],
}

static EXPONENTIAL: LazyLock<Ziggurat> = LazyLock::new(|| {
    let beyond = libm::exp(-EXPONENTIAL_TAIL);
    Ziggurat::new(|x| libm::exp(-x), |y| -libm::log(y), EXPONENTIAL_TAIL, beyond)
});

static NORMAL: LazyLock<Ziggurat> = LazyLock::new(|| {
    let half = std::f64::consts::FRAC_PI_2.sqrt();
    let beyond = half * libm::erfc(NORMAL_TAIL / std::f64::consts::SQRT_2);
    let inverse = |y: f64| (-2.0 * libm::log(y)).sqrt();
    Ziggurat::new(|x| libm::exp(-0.5 * x * x), inverse, NORMAL_TAIL, beyond)
});

impl Ziggurat {
    /// The layers under `density`, of which `beyond` is the area beyond `tail`.
    fn new(
        density: impl Fn(f64) -> f64,
        inverse: impl Fn(f64) -> f64,
        tail: f64,
        beyond: f64,
    ) -> Ziggurat {
        let area = tail * density(tail) + beyond;
        let mut ends = [0.0; LAYERS + 1];
        ends[0] = area / density(tail);
        ends[1] = tail;
        for layer in 2..LAYERS {
            let below = ends[layer - 1];
            ends[layer] = inverse(density(below) + area / below);
        }
        Ziggurat { ends, heights: ends.map(density) }
    }

    /// Whether a point at a random height of a layer lies under the density, which is `density`
    /// there.
    fn is_under(&self, rng: &mut impl Rng, layer: usize, density: f64) -> bool {
        let (low, high) = (self.heights[layer], self.heights[layer + 1]);
        low + unit(rng) * (high - low) < density
    }
}

/// A sample of the exponential distribution with mean 1.
#[inline]
pub fn exponential(rng: &mut impl Rng) -> f64 {
    let layers = &*EXPONENTIAL;
    let word = rng.next_u64();
    let layer = (word & 0xff) as usize;
    let x = (word >> 11) as f64 * (1.0 / (1_u64 << 53) as f64) * layers.ends[layer];
    if x < layers.ends[layer + 1] { x } else { exponential_at_the_edge(rng, layer, x) }
}

#[cold]
fn exponential_at_the_edge(rng: &mut impl Rng, layer: usize, x: f64) -> f64 {
    if layer == 0 {
        // What is left beyond any point is again exponential.
        return EXPONENTIAL_TAIL - libm::log(1.0 - unit(rng));
    }
    if EXPONENTIAL.is_under(rng, layer, libm::exp(-x)) { x } else { exponential(rng) }
}

/// A sample of the standard normal distribution.
#[inline]
pub fn normal(rng: &mut impl Rng) -> f64 {
    let layers = &*NORMAL;
    let word = rng.next_u64();
    let layer = (word & 0xff) as usize;
    // The upper 53 bits as a signed number: in [-1, 1).
    let x = (word as i64 >> 11) as f64 * (1.0 / (1_u64 << 52) as f64) * layers.ends[layer];
    if x.abs() < layers.ends[layer + 1] { x } else { normal_at_the_edge(rng, layer, x) }
}

#[cold]
fn normal_at_the_edge(rng: &mut impl Rng, layer: usize, x: f64) -> f64 {
    if layer == 0 {
        // Marsaglia's tail: an exponential beyond its start, accepted by another.
        loop {
            let past = -libm::log(1.0 - unit(rng)) / NORMAL_TAIL;
            let height = -libm::log(1.0 - unit(rng));
            if 2.0 * height > past * past {
                return (NORMAL_TAIL + past).copysign(x);
            }
        }
    }
    if NORMAL.is_under(rng, layer, libm::exp(-0.5 * x * x)) { x } else { normal(rng) }
}

#[cfg(test)]
mod tests {
    use super::super::chance::{Purpose, Seed, Streams};
    use super::*;

    #[test]
    fn the_highest_layer_has_the_area_of_the_others() {
        for layers in [&*EXPONENTIAL, &*NORMAL] {
            let area = layers.ends[0] * layers.heights[1];
            let highest = layers.ends[LAYERS - 1] * (1.0 - layers.heights[LAYERS - 1]);
            assert!((highest / area - 1.0).abs() < 1e-9, "{highest} beside {area}");
            assert!(layers.ends.is_sorted_by(|a, b| a > b));
        }
    }

    /// The share of samples beyond a point, against the probability: five standard errors.
    fn check_share(name: &str, hits: u64, n: u64, p: f64) {
        let expected = p * n as f64;
        assert!(
            (hits as f64 - expected).abs() < 5.0 * expected.sqrt(),
            "{name}: {hits}, {expected}"
        );
    }

    #[test]
    fn moments_and_tails_are_those_of_the_distributions() {
        let n = 2_000_000;
        let mut sequence = Streams::new(Seed(3)).sequence(Purpose(0), 0);
        let mut sums = [0.0; 4];
        let mut beyond = [0; 4];
        for _ in 0..n {
            let (x, z) = (exponential(&mut sequence.die(0)), normal(&mut sequence.die(1)));
            sequence.advance();
            for (sum, value) in sums.iter_mut().zip([x, x * x, z, z * z]) {
                *sum += value;
            }
            let far = [x > EXPONENTIAL_TAIL, x > 10.0, z > NORMAL_TAIL, z < -4.0];
            for (count, far) in beyond.iter_mut().zip(far) {
                *count += u64::from(far);
            }
        }
        // Mean and standard deviation of each summand.
        let theory = [(1.0, 1.0), (2.0, 20_f64.sqrt()), (0.0, 1.0), (1.0, 2_f64.sqrt())];
        for (sum, (mean, deviation)) in sums.into_iter().zip(theory) {
            let error = (sum / n as f64 - mean) / deviation * (n as f64).sqrt();
            assert!(error.abs() < 4.0, "a moment of {mean} is {error} standard errors off");
        }
        let above = |z: f64| 0.5 * libm::erfc(z / std::f64::consts::SQRT_2);
        check_share("exponential tail", beyond[0], n, libm::exp(-EXPONENTIAL_TAIL));
        check_share("exponential beyond 10", beyond[1], n, libm::exp(-10.0));
        check_share("normal tail", beyond[2], n, above(NORMAL_TAIL));
        check_share("normal below -4", beyond[3], n, above(4.0));
    }
}
