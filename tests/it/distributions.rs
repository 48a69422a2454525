//! Everything that a scenario can draw, against its distribution by other hands.
//!
//! A distribution is written as in a scenario, sampled 100,000 times, and held against a distribution
//! function that does not come from this package, by the test of Kolmogorov and Smirnov at 99.9 %. A
//! neighbour must be told apart. `FLEETFALL_SEED=7` or `fresh` before the command takes other seeds,
//! with which one distribution in a thousand misses by chance.

use crate::support::{self, chi_squared, first_seed};
use fleetfall::kernel::chance::{Purpose, Seed, Streams};
use statrs::distribution::{ContinuousCDF, Exp, Gamma, LogNormal, Weibull};

const SAMPLES: usize = 100_000;
/// 99.9 % point of the Kolmogorov distribution.
const CRITICAL: f64 = 1.949;

/// Sorted samples, in seconds, of what a scenario calls a time.
fn samples(time: &str) -> Vec<f64> {
    let text = format!(
        "load.constant.all.rate = \"1/s\"\nclass.web.stages = [{{ wait{time} }}]\nprocess.slots = 1"
    );
    let scenario = support::scenario(1, &text);
    let dist = &scenario.classes[0].stages[0].demand;
    let mut sequence = Streams::new(Seed(first_seed())).sequence(Purpose(0), 0);
    let mut sample: Vec<f64> = (0..SAMPLES)
        .map(|_| {
            let value = dist.sample(&mut sequence.die(0)).as_secs_f64();
            sequence.advance();
            value
        })
        .collect();
    sample.sort_by(f64::total_cmp);
    sample
}

/// A distribution function.
type Below = Box<dyn Fn(f64) -> f64>;

/// Largest distance between an empirical distribution function and another one, in units of the
/// critical one.
fn distance(sample: &[f64], below: &Below) -> f64 {
    let n = sample.len() as f64;
    let steps = sample.iter().enumerate().map(|(i, &x)| {
        let f = below(x);
        (f - i as f64 / n).abs().max((f - (i + 1) as f64 / n).abs())
    });
    steps.fold(0.0, f64::max) * n.sqrt() / CRITICAL
}

/// Holds samples against a family of distribution functions by their mean in seconds: the right mean
/// fits, and one that is 6 % greater does not.
#[track_caller]
fn check(time: &str, of_mean: impl Fn(f64) -> Below, mean: f64) {
    let sample = samples(time);
    let right = distance(&sample, &of_mean(mean));
    assert!(right < 1.0, "{time}: {right}");
    let wrong = distance(&sample, &of_mean(1.06 * mean));
    assert!(wrong > 1.0, "{time}: the neighbour is not told apart, {wrong}");
}

fn exponential(mean: f64) -> Below {
    let dist = Exp::new(1.0 / mean).expect("it is positive");
    Box::new(move |x| dist.cdf(x))
}

fn lognormal(sigma: f64) -> impl Fn(f64) -> Below {
    move |mean| {
        let dist = LogNormal::new(libm::log(mean) - 0.5 * sigma * sigma, sigma);
        let dist = dist.expect("it is positive");
        Box::new(move |x| dist.cdf(x))
    }
}

fn gamma(shape: f64) -> impl Fn(f64) -> Below {
    move |mean| {
        let dist = Gamma::new(shape, shape / mean).expect("they are positive");
        Box::new(move |x| dist.cdf(x))
    }
}

fn weibull(shape: f64) -> impl Fn(f64) -> Below {
    move |mean| {
        let dist = Weibull::new(shape, mean / libm::tgamma(1.0 + 1.0 / shape));
        let dist = dist.expect("they are positive");
        Box::new(move |x| dist.cdf(x))
    }
}

/// Exponentials with their shares and their parts of the mean.
fn mixture(branches: &'static [(f64, f64)]) -> impl Fn(f64) -> Below {
    move |mean| {
        Box::new(move |x| {
            let above = |&(share, part): &(f64, f64)| share * libm::exp(-x / (part * mean));
            1.0 - branches.iter().map(above).sum::<f64>()
        })
    }
}

#[test]
fn what_is_given_by_parameters_has_them() {
    check(".exponential.mean = \"100ms\"", exponential, 0.1);
    for sigma in [0.3, 1.0] {
        let time = format!(".lognormal = {{ mean = \"100ms\", sigma = {sigma} }}");
        check(&time, lognormal(sigma), 0.1);
    }
    for shape in [0.3, 0.99, 1.0, 3.7] {
        let time = format!(".gamma = {{ mean = \"10s\", shape = {shape} }}");
        check(&time, gamma(shape), 10.0);
    }
    for shape in [0.5, 1.0, 2.5] {
        let time = format!(".weibull = {{ mean = \"10s\", shape = {shape} }}");
        check(&time, weibull(shape), 10.0);
    }
    check(
        r#".hyperexponential = [{ share = "70%", mean = "500ms" }, { share = "30%", mean = "4s" }]"#,
        mixture(&[(0.7, 0.5 / 1.55), (0.3, 4.0 / 1.55)]),
        1.55,
    );
    // From 2 to 4 s: scaled with the mean, so is the lower bound.
    check(
        r#".uniform = { from = "2s", to = "4s" }"#,
        |mean| Box::new(move |x| (x - mean / 1.5) / (mean / 1.5)),
        3.0,
    );
    // (1 - (L / x)^a) / (1 - (L / H)^a); the mean stands for the lower bound here.
    check(
        r#".bounded_pareto = { from = "1s", to = "100s", alpha = 1.2 }"#,
        |low| {
            let part = move |x: f64| 1.0 - libm::pow(low / x, 1.2);
            Box::new(move |x| part(x).max(0.0) / part(100.0 * low))
        },
        1.0,
    );
}

/// Where a function that rises on an interval has a value.
fn solve(value: f64, (mut low, mut high): (f64, f64), rising: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        *(if rising(middle) < value { &mut low } else { &mut high }) = middle;
    }
    low
}

/// Of the distributions of a family with a mean of 100 ms the one that has its 95th percentile where
/// it was asked for is found by bisection, on the side of the lighter tails.
#[test]
fn what_is_given_by_mean_and_95th_percentile_has_them() {
    let time = |family: &str, p95: u32| {
        format!(".mean_p95 = {{ mean = \"100ms\", p95 = \"{p95}ms\", family = \"{family}\" }}")
    };
    let shape = solve(0.95, (1.0, 50.0), |shape| gamma(shape)(0.1)(0.25));
    check(&time("gamma", 250), gamma(shape), 0.1);
    let shape = solve(0.95, (1.0, 50.0), |shape| weibull(shape)(0.1)(0.25));
    check(&time("weibull", 250), weibull(shape), 0.1);
    let lightness = solve(0.95, (-1.6, -0.05), |negative| lognormal(-negative)(0.1)(0.25));
    check(&time("lognormal", 250), lognormal(-lightness), 0.1);
    // Each of two exponentials brings half of the mean.
    let halves = |share: f64, mean: f64| -> Below {
        let of = move |share: f64, x: f64| share * libm::exp(-x * 2.0 * share / mean);
        Box::new(move |x| 1.0 - of(share, x) - of(1.0 - share, x))
    };
    let share = -solve(0.95, (-0.99, -0.5), |negative| halves(-negative, 0.1)(0.35));
    check(&time("hyperexponential", 350), |mean| halves(share, mean), 0.1);
}

/// ln x of a lognormal is normal, whose 99th percentile is 2.3263 deviations above the median; -ln
/// of what is above x is (x / scale)^shape for a Weibull.
#[test]
fn what_is_given_by_median_and_99th_percentile_has_them() {
    let time = |family: &str| {
        format!(".median_p99 = {{ median = \"50ms\", p99 = \"400ms\", family = \"{family}\" }}")
    };
    let sigma = libm::log(8.0) / 2.326_347_874;
    check(&time("lognormal"), lognormal(sigma), 0.05 * libm::exp(0.5 * sigma * sigma));
    let shape = libm::log(libm::log(100.0) / std::f64::consts::LN_2) / libm::log(8.0);
    let scale = 0.05 / libm::pow(std::f64::consts::LN_2, 1.0 / shape);
    check(&time("weibull"), weibull(shape), scale * libm::tgamma(1.0 + 1.0 / shape));
}

/// A list has each of its values as often as it names it.
#[test]
fn a_list_has_its_values() {
    let sample = samples(r#".empirical = ["3s", "1s", "2s", "3s", "2s", "3s"]"#);
    let counts = [1.0, 2.0, 3.0]
        .map(|value: f64| sample.iter().filter(|x| (**x - value).abs() < 1e-9).count() as f64);
    assert!((counts.iter().sum::<f64>() - SAMPLES as f64).abs() < 0.5, "and no other");
    // 99.9 % point with two degrees of freedom.
    let limit = 13.82;
    let shares = |first: f64| [first, 1.0 / 3.0, 2.0 / 3.0 - first];
    assert!(chi_squared(&counts, &shares(1.0 / 6.0)) < limit, "{counts:?}");
    assert!(chi_squared(&counts, &shares(1.06 / 6.0)) > limit, "a neighbour is told apart");
}

/// A plain time is always that long.
#[test]
fn a_constant_is_constant() {
    assert!(samples(" = \"37ms\"").iter().all(|x| (x - 0.037).abs() < 1e-12));
}
