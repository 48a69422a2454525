//! Samples against the exact distributions.

use super::*;
use crate::kernel::chance::{Purpose, Seed, Streams};

const SECOND: Duration = Duration::from_secs(1);
const SAMPLES: u64 = 100_000;
/// 99.9 % point of the Kolmogorov distribution.
const CRITICAL: f64 = 1.949;

/// Samples in seconds, sorted.
fn samples(dist: &Dist) -> Vec<f64> {
    let mut sequence = Streams::new(Seed(42)).sequence(Purpose(0), 0);
    let mut next = || {
        let value = dist.sample(&mut sequence.die(0)).as_secs_f64();
        sequence.advance();
        value
    };
    let mut sample: Vec<f64> = (0..SAMPLES).map(|_| next()).collect();
    sample.sort_by(f64::total_cmp);
    sample
}

/// Largest distance between the empirical distribution function of samples and `below`, in units
/// of the critical one.
fn kolmogorov_smirnov(dist: &Dist, below: impl Fn(f64) -> f64) -> f64 {
    let n = SAMPLES as f64;
    let sample = samples(dist);
    let steps = sample.iter().enumerate().map(|(i, &x)| {
        let f = below(x);
        (f - i as f64 / n).abs().max((f - (i + 1) as f64 / n).abs())
    });
    steps.fold(0.0, f64::max) * n.sqrt() / CRITICAL
}

fn normal(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// Each against a closed form that is written down here, and a neighbour that is told apart.
#[test]
fn samples_follow_their_distribution() {
    let exponential = |mean: f64| move |x: f64| 1.0 - libm::exp(-x / mean);
    let lognormal = |sigma: f64| move |x: f64| normal((libm::log(x) + 0.5 * sigma * sigma) / sigma);
    // Shape 2 with mean 1, so scale 1/2: the sum of two exponentials.
    let erlang = |rate: f64| move |x: f64| 1.0 - libm::exp(-rate * x) * (1.0 + rate * x);
    // Shape 1/2 with mean 1, so scale 2: the square of a normal number.
    let square = |scale: f64| move |x: f64| libm::erf((x / scale).sqrt());
    // Shape 2 with mean 1, so scale 2 / sqrt(pi): the distribution of Rayleigh.
    let rayleigh =
        |factor: f64| move |x: f64| 1.0 - libm::exp(-x * x * factor * std::f64::consts::FRAC_PI_4);
    let pareto =
        |alpha: f64| move |x: f64| (1.0 - libm::pow(x, -alpha)) / (1.0 - libm::pow(100.0, -alpha));
    let mixture = |share: f64| {
        move |x: f64| 1.0 - share * libm::exp(-x / 0.5) - (1.0 - share) * libm::exp(-x / 5.0)
    };
    let two = [
        Branch { share: 0.9, mean: Duration::from_millis(500) },
        Branch { share: 0.1, mean: SECOND * 5 },
    ];
    type Below = Box<dyn Fn(f64) -> f64>;
    let cases: [(&str, Dist, Below, Below); 8] = [
        (
            "exponential",
            Dist::exponential(SECOND),
            Box::new(exponential(1.0)),
            Box::new(exponential(1.03)),
        ),
        (
            "lognormal",
            Dist::lognormal(SECOND, 0.5),
            Box::new(lognormal(0.5)),
            Box::new(lognormal(0.52)),
        ),
        (
            "uniform",
            Dist::uniform(SECOND * 2, SECOND * 4),
            Box::new(|x| (x - 2.0) / 2.0),
            Box::new(|x| (x - 2.0) / 2.03),
        ),
        ("gamma of 2", Dist::gamma(SECOND, 2.0), Box::new(erlang(2.0)), Box::new(erlang(2.05))),
        ("gamma of 1/2", Dist::gamma(SECOND, 0.5), Box::new(square(2.0)), Box::new(square(2.06))),
        ("weibull", Dist::weibull(SECOND, 2.0), Box::new(rayleigh(1.0)), Box::new(rayleigh(1.04))),
        (
            "bounded pareto",
            Dist::bounded_pareto(SECOND, SECOND * 100, 1.2).expect("the bounds are in order"),
            Box::new(pareto(1.2)),
            Box::new(pareto(1.24)),
        ),
        (
            "hyperexponential",
            Dist::hyperexponential(&two),
            Box::new(mixture(0.9)),
            Box::new(mixture(0.89)),
        ),
    ];
    for (name, dist, right, wrong) in cases {
        let distance = kolmogorov_smirnov(&dist, &right);
        assert!(distance < 1.0, "{name}: {distance}");
        assert!(kolmogorov_smirnov(&dist, &wrong) > 1.0, "{name}: the neighbour is not told apart");
        // What the library says of its own distribution is the same.
        for x in [0.1, 0.7, 1.0, 2.5, 3.9, 40.0] {
            assert!((dist.below(x) - right(x).clamp(0.0, 1.0)).abs() < 1e-9, "{name} below {x}");
        }
    }
}

/// The same for shapes without a closed form, against the incomplete gamma function.
#[test]
fn gammas_of_any_shape_follow_the_incomplete_gamma_function() {
    for shape in [0.3, 0.99, 1.0, 3.7, 400.0] {
        let dist = Dist::gamma(SECOND * 1000, shape);
        let distance = kolmogorov_smirnov(&dist, |x| dist.below(x));
        assert!(distance < 1.0, "shape {shape}: {distance}");
    }
}

/// Pearson's statistic of the counts of three values, one of them twice as likely.
#[test]
fn empirical_values_come_as_often_as_they_are_listed() {
    let values = [SECOND, SECOND * 2, SECOND * 2, SECOND * 3];
    let dist = Dist::empirical(&values).expect("there are values");
    let sample = samples(&dist);
    let n = SAMPLES as f64;
    let statistic = |shares: [f64; 3]| -> f64 {
        let part = |(value, share): (f64, f64)| {
            let count = sample.iter().filter(|x| (**x - value).abs() < 1e-9).count() as f64;
            (count - n * share) * (count - n * share) / (n * share)
        };
        [1.0, 2.0, 3.0].into_iter().zip(shares).map(part).sum()
    };
    // 99.9 % point of chi squared with two degrees of freedom.
    assert!(statistic([0.25, 0.5, 0.25]) < 13.82);
    assert!(statistic([0.26, 0.49, 0.25]) > 13.82);
}

#[test]
fn draws_keep_their_values() {
    // Changing these changes every result: say so in the changelog.
    let draw = Streams::new(Seed(1)).draw(Purpose(1), 2, 3, 4);
    let mean = Duration::from_millis(100);
    let values = [
        Dist::exponential(mean).sample(&mut draw.die(0)),
        Dist::lognormal(mean, 0.5).sample(&mut draw.die(1)),
        Dist::uniform(mean, mean * 2).sample(&mut draw.die(2)),
        Dist::gamma(mean, 0.5).sample(&mut draw.die(3)),
        Dist::weibull(mean, 0.5).sample(&mut draw.die(4)),
    ];
    expect_test::expect!["124888341 104460443 161017646 230231799 135094305"]
        .assert_eq(&values.map(|v| v.as_nanos().to_string()).join(" "));
}

/// The mean that was asked for, and that of the samples within four standard errors.
#[test]
fn means_are_those_asked_for() {
    let mean = Duration::from_millis(100);
    let branches = [
        Branch { share: 3.0, mean: Duration::from_millis(50) },
        Branch { share: 1.0, mean: Duration::from_millis(250) },
    ];
    let dists = [
        Dist::constant(mean),
        Dist::exponential(mean),
        Dist::lognormal(mean, 0.7),
        Dist::gamma(mean, 0.3),
        Dist::weibull(mean, 0.8),
        Dist::hyperexponential(&branches),
    ];
    for dist in dists {
        assert!((dist.mean_secs() - 0.1).abs() < 1e-12, "{dist:?}");
    }
    for alpha in [0.5, 1.0, 1.7, 4.0] {
        let dist = Dist::bounded_pareto(SECOND, SECOND * 50, alpha).expect("in order");
        let sample = samples(&dist);
        let n = SAMPLES as f64;
        let found = sample.iter().sum::<f64>() / n;
        let spread = sample.iter().map(|x| (x - found) * (x - found)).sum::<f64>() / n;
        let error = 4.0 * (spread / n).sqrt();
        assert!((found - dist.mean_secs()).abs() < error, "{found} for {}", dist.mean_secs());
    }
}
