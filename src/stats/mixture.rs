//! An interval of the mean where a variable falls into a few classes and is far from normal: an
//! outage lasts 47 minutes or does not happen, and nothing lies between.
//!
//! Student's interval fails there: after 30 outages of about 47 minutes it is seconds wide, though
//! nothing excludes that one run in twenty has none. Here the share of every class has its exact
//! bounds (Clopper and Pearson 1934) and the mean within it Student's, together at the confidence
//! asked for by Bonferroni's inequality; the interval is what the mean can be within all of them.
//! It is conservative: it holds the mean at least as often as it says.

use super::interval::{half_width, share_bounds};
use super::tally::Tally;

/// The part of the error probability that the shares of the classes may use up; the rest goes to
/// the means within them, which are far more certain as a rule.
const OF_SHARES: f64 = 0.8;

/// A class of outcomes.
#[derive(Clone, Copy, Debug)]
pub struct Class {
    /// The values seen in it.
    pub values: Tally,
    /// Between which values its mean surely lies, also where none was seen.
    pub range: (f64, f64),
}

/// The interval that holds the mean of a variable with at least `confidence`. Classes in which
/// nothing was seen count as one.
///
/// # Panics
/// If `confidence` does not lie strictly between 0 and 1.
pub fn mixture_interval(classes: &[Class], confidence: f64) -> (f64, f64) {
    let trials: u64 = classes.iter().map(|class| class.values.count()).sum();
    let (mut classes, unseen): (Vec<Class>, Vec<Class>) =
        classes.iter().partition(|class| class.values.count() > 0);
    let widest = |one: (f64, f64), other: (f64, f64)| (one.0.min(other.0), one.1.max(other.1));
    if let Some(range) = unseen.iter().map(|class| class.range).reduce(widest) {
        classes.push(Class { values: Tally::new(), range });
    }
    let error = (1.0 - confidence) / classes.len() as f64;
    let parts: Vec<Part> = classes
        .iter()
        .map(|class| Part {
            share: share_bounds(class.values.count(), trials, 1.0 - error * OF_SHARES),
            mean: mean_bounds(class, 1.0 - error * (1.0 - OF_SHARES)),
        })
        .collect();
    let high = most(parts.iter().map(|part| (part.share, part.mean.1)).collect());
    let low = -most(parts.iter().map(|part| (part.share, -part.mean.0)).collect());
    (low, high)
}

/// The interval of the mean of `values`: Student's, or where some of them are 0 and others are
/// not that of these two classes. `None` for fewer than two values.
///
/// # Panics
/// If `confidence` does not lie strictly between 0 and 1.
pub fn mean_interval(values: &[f64], confidence: f64) -> Option<(f64, f64)> {
    let all: Tally = values.iter().copied().collect();
    let some: Tally = values.iter().copied().filter(|value| value.abs() > 0.0).collect();
    let half = half_width(all.count(), all.standard_deviation()?, confidence)?;
    if some.count() == 0 || some.count() == all.count() {
        return Some((all.mean()? - half, all.mean()? + half));
    }
    let none: Tally = std::iter::repeat_n(0.0, (all.count() - some.count()) as usize).collect();
    // A few values say little of others like them: the mean may be as near to 0, or twice as far
    // as the farthest seen.
    let range = ((2.0 * some.min()?).min(0.0), (2.0 * some.max()?).max(0.0));
    let classes = [Class { values: none, range: (0.0, 0.0) }, Class { values: some, range }];
    Some(mixture_interval(&classes, confidence))
}

struct Part {
    share: (f64, f64),
    mean: (f64, f64),
}

fn mean_bounds(class: &Class, confidence: f64) -> (f64, f64) {
    let (low, high) = class.range;
    let spread = class.values.standard_deviation();
    let half = spread.and_then(|spread| half_width(class.values.count(), spread, confidence));
    match (class.values.mean(), half) {
        (Some(mean), Some(half)) => ((mean - half).max(low), (mean + half).min(high)),
        _ => (low, high),
    }
}

/// The most that the mean can be if every class has its greatest mean and a share within its
/// bounds: what the lower bounds leave goes to the classes with the greatest means.
fn most(mut parts: Vec<((f64, f64), f64)>) -> f64 {
    parts.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let mut left = 1.0 - parts.iter().map(|((low, _), _)| low).sum::<f64>();
    parts
        .into_iter()
        .map(|((low, high), mean)| {
            let more = (high - low).min(left).max(0.0);
            left -= more;
            (low + more) * mean
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Estimate;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn class(values: &[f64], range: (f64, f64)) -> Class {
        Class { values: values.iter().copied().collect(), range }
    }

    #[test]
    fn thirty_outages_do_not_make_the_next_one_certain() {
        let outages: Vec<f64> = (0..30).map(|n| 47.0 + f64::from(n % 3) * 0.1).collect();
        let classes = [class(&outages, (0.0, 50.0)), class(&[], (0.0, 0.0))];
        let (low, high) = mixture_interval(&classes, 0.95);
        // 0.02^(1/30)-ish: the share of outages may be as low as 86 %.
        assert!((39.0..42.0).contains(&low), "{low}");
        assert!((47.0..48.0).contains(&high), "{high}");
    }

    #[test]
    fn with_one_class_it_is_students_interval() {
        let values = [1.0, 2.0, 4.0, 7.0];
        let one = class(&values, (0.0, 100.0));
        let (low, high) = mixture_interval(&[one], 0.95);
        let spread = one.values.standard_deviation().expect("there are four");
        let half = half_width(4, spread, 1.0 - 0.05 * 0.2).expect("there are four");
        assert!((high - (3.5 + half)).abs() < 1e-12, "{high}");
        assert!((low - (3.5 - half).max(0.0)).abs() < 1e-12, "{low}");
    }

    /// How often the interval holds the mean of runs that have an outage with probability `p`.
    fn coverage(p: f64, runs: u64, trials: u64) -> f64 {
        let mut dice = ChaCha8Rng::seed_from_u64((p * 1000.0) as u64);
        let mut unit = || (dice.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let mean = p * 47.0;
        let mut held = 0;
        for _ in 0..trials {
            let (mut none, mut some) = (Tally::default(), Tally::default());
            for _ in 0..runs {
                if unit() < p {
                    some.add(46.0 + 2.0 * unit());
                } else {
                    none.add(0.0);
                }
            }
            let classes = [
                Class { values: some, range: (0.0, 50.0) },
                Class { values: none, range: (0.0, 0.0) },
            ];
            let (low, high) = mixture_interval(&classes, 0.95);
            held += u64::from(low <= mean && mean <= high);
        }
        held as f64 / trials as f64
    }

    /// How often the intervals of [`mean_interval`] and of Student hold the mean where a share `p`
    /// of the runs has an outage, in tests that have seen runs with one and runs without.
    fn of_both_seen(p: f64, runs: u64) -> (f64, f64) {
        let mut dice = ChaCha8Rng::seed_from_u64(9);
        let mut unit = || (dice.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let (mut held, mut students, mut trials) = (0, 0, 0);
        while trials < 2_000 {
            let draws = (0..runs).map(|_| [unit(), unit()]);
            let length =
                |[outage, more]: [f64; 2]| if outage < p { 46.0 + 2.0 * more } else { 0.0 };
            let values: Vec<f64> = draws.map(length).collect();
            let outages = values.iter().filter(|value| **value > 0.0).count() as u64;
            if outages == 0 || outages == runs {
                continue;
            }
            trials += 1;
            let within = |(low, high): (f64, f64)| low <= p * 47.0 && p * 47.0 <= high;
            held += u32::from(mean_interval(&values, 0.95).is_some_and(within));
            let student = Estimate::of(&values).and_then(|one| one.low().zip(one.high()));
            students += u32::from(student.is_some_and(within));
        }
        (f64::from(held) / 2_000.0, f64::from(students) / 2_000.0)
    }

    #[test]
    fn outages_in_some_replications_are_no_normal_curve() {
        for p in [0.05, 0.5, 0.95] {
            for runs in [30, 100] {
                let (held, _) = of_both_seen(p, runs);
                assert!(held > 0.935, "{held} with p = {p} and {runs} runs");
            }
        }
        let (_, students) = of_both_seen(0.95, 100);
        assert!(students < 0.9, "Student's interval would have done: {students}");
    }

    #[test]
    fn it_holds_the_mean_at_least_as_often_as_it_says() {
        for p in [0.01, 0.1, 0.5, 0.9, 0.98, 1.0] {
            for runs in [10, 30, 100] {
                let held = coverage(p, runs, 2_000);
                // Three standard errors below 95 %.
                assert!(held > 0.935, "{held} with p = {p} and {runs} runs");
            }
        }
    }
}
