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
