//! Arrivals follow the rate that the scenario gives, hour by hour.

use crate::support;
use fleetfall::sim::observation::Observation;

/// Relative load at the full hours of a working day, and of a day off.
const WEEKDAY: [f64; 24] = [
    0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0, 1.0, 0.9, 0.9, 1.0, 1.0, 0.9, 0.8, 0.7,
    0.7, 0.6, 0.5, 0.4, 0.3,
];
const WEEKEND: [f64; 24] = [0.5; 24];
/// Requests per second where the shape is 1.
const RATE: f64 = 4.0;
const HOURS: usize = 48;
const RUNS: u64 = 10;

/// A region five hours behind UTC from Sunday 31 January 2021, 19:00 local, on: the expected number of
/// arrivals in each hour by the trapezoidal rule, which is exact for a rate that is linear between the
/// full hours.
fn expected(hour: usize) -> f64 {
    // The simulation starts at 0:00 UTC on Monday, when it is 19:00 on Sunday in New York.
    let local = 19 + hour;
    let shape = |local: usize| if local < 24 { WEEKEND[local] } else { WEEKDAY[local % 24] };
    0.5 * (shape(local) + shape(local + 1)) * RATE * 3600.0
}

/// Issued requests by hour, over all runs, for a region whose clock is that of `zone`.
fn counts(zone: &str) -> Vec<f64> {
    let text = format!(
        r#"
clock.window = "1h"
class.web.stages = [{{ wait = "1ms" }}]
load.rate = "{RATE}/s"
load.region.all = {{ zone = "{zone}", share = "100%", weekday = {WEEKDAY:?}, weekend = {WEEKEND:?} }}
process = {{ slots = 1000 }}
"#
    );
    let scenario = support::scenario(60 * HOURS as u64, &text);
    let mut counts = vec![0.0; HOURS];
    for seed in 1..=RUNS {
        for (now, seen) in support::log(&scenario, seed) {
            if let Observation::RequestIssued { .. } = seen {
                counts[(now.as_nanos() / 3_600_000_000_000) as usize] += 1.0;
            }
        }
    }
    counts
}

/// Pearson's statistic of the counts against the expected ones; they are independent Poisson counts,
/// so it has a chi-squared distribution with as many degrees of freedom as there are hours.
fn chi_squared(counts: &[f64]) -> f64 {
    let term = |(hour, count): (usize, &f64)| {
        let mean = RUNS as f64 * expected(hour);
        (count - mean) * (count - mean) / mean
    };
    counts.iter().enumerate().map(term).sum()
}

#[test]
fn hourly_counts_are_poisson_with_the_integral_of_the_rate() {
    // The 0.05 % and the 99.95 % quantile of chi-squared with 48 degrees of freedom.
    let within = 20.0..=87.0;
    let counts = counts("America/New_York");
    let statistic = chi_squared(&counts);
    assert!(within.contains(&statistic), "chi-squared is {statistic}");
    // Every hour by itself, at 99.9 % each: one in twenty such tests has a miss, so one is allowed.
    let miss = |&(hour, count): &(usize, &f64)| {
        let mean = RUNS as f64 * expected(hour);
        (*count - mean).abs() > 3.29 * mean.sqrt()
    };
    assert!(counts.iter().enumerate().filter(miss).count() <= 1);
}

/// The same test sees a clock that is an hour wrong, and a rate that is 1 % off.
#[test]
fn the_test_of_the_counts_can_fail() {
    assert!(chi_squared(&counts("America/Chicago")) > 1000.0);
    let more: Vec<f64> = counts("America/New_York").iter().map(|count| 1.01 * count).collect();
    assert!(chi_squared(&more) > 87.0);
}
