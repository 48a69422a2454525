//! Results that were kept, and whether they have become worse since.

use super::compare::CONFIDENCE;
use super::paired::Paired;
use crate::observe::Results;
use crate::scenario::measure::Measure;
use crate::stats::{Tally, half_width};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The form of the file; another is refused.
pub const FORMAT: u32 = 1;

/// The fewest replications, then and now, that can be compared: the spread of fewer says nothing.
pub const FEWEST: usize = 10;

/// By how much measures may become worse, as shares of their earlier means.
#[derive(Clone, Debug, PartialEq)]
pub struct Tolerances {
    /// That of all others.
    pub usual: f64,
    /// Those of some.
    pub own: Vec<(Measure, f64)>,
}

impl Tolerances {
    /// That of a measure.
    pub fn of(&self, measure: Measure) -> f64 {
        let own = self.own.iter().rev().find(|(known, _)| *known == measure);
        own.map_or(self.usual, |(_, share)| *share)
    }
}

/// The measures that may become worse, and whether more of each is worse.
pub const JUDGED: [(Measure, bool); 7] = [
    (Measure::Downtime, true),
    (Measure::Availability, false),
    (Measure::RequestsFailed, true),
    (Measure::RestartsFailed, true),
    (Measure::OomKills, true),
    (Measure::SojournP99, true),
    (Measure::ErrorBudget, true),
];

/// A file of kept results.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// [`FORMAT`].
    pub format: u32,
    /// The version that made them.
    pub version: String,
    /// By the name of the scenario.
    pub scenarios: BTreeMap<String, Stored>,
}

/// The kept results of one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// Hash of the resolved scenario.
    pub scenario_hash: String,
    /// Seed of the first replication.
    pub seed: u64,
    /// Digest of all of them.
    pub digest: String,
    /// Number of outages and every judged measure, replication by replication; none where it has
    /// no value.
    pub measures: BTreeMap<String, Vec<Option<f64>>>,
}

impl Stored {
    /// What is to be kept of these results.
    pub fn of(results: &[Results], scenario_hash: String, seed: u64, digest: String) -> Stored {
        let values = |measure: Measure| {
            let value =
                |one: &Results| Some(one.measure(measure)).filter(|value| value.is_finite());
            (measure.name().to_string(), results.iter().map(value).collect())
        };
        let judged = JUDGED.iter().map(|(measure, _)| *measure);
        let measures = std::iter::once(Measure::Outages).chain(judged).map(values).collect();
        Stored { scenario_hash, seed, digest, measures }
    }

    /// How many replications were kept.
    pub fn replications(&self) -> usize {
        self.values(Measure::Outages).len()
    }

    fn values(&self, measure: Measure) -> &[Option<f64>] {
        self.measures.get(measure.name()).map_or(&[], Vec::as_slice)
    }
}

/// What became of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// Better, with confidence.
    Better,
    /// Not worse by more than the tolerance, as far as can be told.
    Same,
    /// Worse by more than the tolerance, with confidence.
    Worse,
}

/// A measure then and now.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// The measure.
    pub measure: Measure,
    /// Its mean then.
    pub before: f64,
    /// Its mean now.
    pub after: f64,
    /// Interval of the difference, now less then.
    pub interval: (f64, f64),
    /// By how much it may become worse, as a share.
    pub share: f64,
    /// The same in its unit.
    pub tolerance: f64,
    /// Whether replications were set against one another seed by seed.
    pub is_paired: bool,
    /// What became of it.
    pub trend: Trend,
}

/// Sets results against earlier ones, measure by measure; what has no value then or now is left
/// out. A tolerance is a share of the earlier mean, and of an availability of what it lacked to
/// be whole. Nothing is compared with fewer than [`FEWEST`] replications then or now. All verdicts
/// are right together with 95 % confidence.
pub fn changes(before: &Stored, after: &Stored, tolerances: &Tolerances) -> Vec<Change> {
    if before.replications().min(after.replications()) < FEWEST {
        return Vec::new();
    }
    let confidence = 1.0 - (1.0 - CONFIDENCE) / JUDGED.len() as f64;
    let change = |&(measure, more_is_worse): &(Measure, bool)| {
        let (old, new) = (before.values(measure), after.values(measure));
        let mean = |values: &[Option<f64>]| values.iter().flatten().copied().collect::<Tally>();
        let (old_tally, new_tally) = (mean(old), mean(new));
        let (was, is) = (old_tally.mean()?, new_tally.mean()?);
        let paired = paired(before, after, measure);
        let is_paired = paired.is_some();
        let interval = match paired {
            Some(paired) => of_pairs(&paired, confidence)?,
            None => independent(&old_tally, &new_tally, confidence)?,
        };
        // Of an availability what is missing counts: 5 % of 99.9 % would be fifty times that.
        let whole = if measure == Measure::Availability { 1.0 - was } else { was.abs() };
        let share = tolerances.of(measure);
        let tolerance = share * whole;
        let (worse, better) = if more_is_worse {
            (interval.0 > tolerance, interval.1 < 0.0)
        } else {
            (interval.1 < -tolerance, interval.0 > 0.0)
        };
        let trend = match () {
            () if worse => Trend::Worse,
            () if better => Trend::Better,
            () => Trend::Same,
        };
        let (before, after) = (was, is);
        Some(Change { measure, before, after, interval, share, tolerance, is_paired, trend })
    };
    JUDGED.iter().filter_map(change).collect()
}

/// Pairs of the same seed, if the two agree in seeds and in what has a value.
fn paired(before: &Stored, after: &Stored, measure: Measure) -> Option<Paired> {
    let (old, new) = (before.values(measure), after.values(measure));
    let outages = |stored: &Stored| -> Vec<bool> {
        let values = stored.values(Measure::Outages).iter();
        values.map(|value| value.is_some_and(|outages| outages > 0.0)).collect()
    };
    let (old_outages, new_outages) = (outages(before), outages(after));
    let agree = before.seed == after.seed
        && [new.len(), old_outages.len(), new_outages.len()].iter().all(|&len| len == old.len());
    if !agree {
        return None;
    }
    let mut paired = Paired::new(measure == Measure::Downtime);
    for (number, values) in old.iter().zip(new).enumerate() {
        let (Some(old), Some(new)) = values else { return None };
        paired.add_pair(old_outages[number], new_outages[number], *old, *new);
    }
    Some(paired)
}

/// The interval of the mean of differences. Where outages have come or gone it allows for what was
/// not seen; where none has, the question is whether what there is has changed, and Student's
/// interval answers it.
fn of_pairs(paired: &Paired, confidence: f64) -> Option<(f64, f64)> {
    let Some(alike) = paired.of_one_class() else { return Some(paired.interval(confidence)) };
    let half = half_width(alike.count(), alike.standard_deviation()?, confidence)?;
    Some((alike.mean()? - half, alike.mean()? + half))
}

/// The interval of the difference of two independent means; Student's with the degrees of freedom
/// of the smaller sample, which is wider than Welch's.
fn independent(old: &Tally, new: &Tally, confidence: f64) -> Option<(f64, f64)> {
    let fewer = old.count().min(new.count());
    let part = |tally: &Tally| Some(tally.variance()? / tally.count() as f64);
    let error = (part(old)? + part(new)?).sqrt();
    let half = half_width(fewer, error * (fewer as f64).sqrt(), confidence)?;
    let difference = new.mean()? - old.mean()?;
    Some((difference - half, difference + half))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::chance::{Purpose, Seed, Streams};
    use crate::kernel::ziggurat;

    const NONE: Tolerances = Tolerances { usual: 0.0, own: Vec::new() };

    /// Thirty replications whose p99 is about one second, times a factor, drawn under a number.
    fn stored(draw: u32, factor: f64, seed: u64) -> Stored {
        let mut dice = Streams::new(Seed(9)).sequence(Purpose(draw), 0);
        let mut values = || {
            dice.advance();
            Some((1.0 + 0.1 * ziggurat::normal(&mut dice.die(0))) * factor)
        };
        let p99: Vec<Option<f64>> = (0..30).map(|_| values()).collect();
        let none = vec![Some(0.0); 30];
        let measures = [(Measure::Outages, none.clone()), (Measure::Downtime, none)];
        let mut measures: BTreeMap<String, Vec<Option<f64>>> =
            measures.into_iter().map(|(measure, all)| (measure.name().to_string(), all)).collect();
        measures.insert(Measure::SojournP99.name().to_string(), p99);
        let (scenario_hash, digest) = (String::new(), String::new());
        Stored { scenario_hash, seed, digest, measures }
    }

    fn trend(before: &Stored, after: &Stored) -> (Trend, bool) {
        let all = changes(before, after, &Tolerances { usual: 0.05, own: Vec::new() });
        let p99 = all.iter().find(|change| change.measure == Measure::SojournP99);
        p99.map(|change| (change.trend, change.is_paired)).expect("it has values")
    }

    #[test]
    fn what_became_worse_is_told_from_noise() {
        let before = stored(1, 1.0, 1);
        // Other seeds: noise of ± 2 % passes, a fifth more does not.
        assert_eq!(trend(&before, &stored(2, 1.0, 100)), (Trend::Same, false));
        assert_eq!(trend(&before, &stored(3, 1.2, 100)), (Trend::Worse, false));
        assert_eq!(trend(&before, &stored(4, 0.8, 100)), (Trend::Better, false));
        // Less than the tolerance is no regression.
        assert_eq!(trend(&before, &stored(5, 1.03, 100)), (Trend::Same, false));
    }

    #[test]
    fn noise_is_not_called_a_regression_more_often_than_said() {
        let calls = (0..2_000).filter(|&n| {
            let pair = (stored(10 + 2 * n, 1.0, 1), stored(11 + 2 * n, 1.0, 100));
            changes(&pair.0, &pair.1, &NONE).iter().any(|change| change.trend == Trend::Worse)
        });
        let share = calls.count() as f64 / 2_000.0;
        // One side of an error of 5 %, shared by seven measures of which one varies.
        assert!(share < 0.01, "{share}");
    }

    #[test]
    fn a_measure_may_have_a_tolerance_of_its_own() {
        let (before, after) = (stored(1, 1.0, 1), stored(3, 1.2, 100));
        let own = vec![(Measure::SojournP99, 0.01), (Measure::SojournP99, 0.4)];
        let all = changes(&before, &after, &Tolerances { usual: 0.05, own });
        let p99 = all.iter().find(|change| change.measure == Measure::SojournP99);
        assert_eq!(p99.map(|change| change.trend), Some(Trend::Same), "the last one counts");
    }

    #[test]
    fn few_replications_say_nothing() {
        let (mut before, mut after) = (stored(1, 1.0, 1), stored(1, 2.0, 1));
        for stored in [&mut before, &mut after] {
            stored.measures.values_mut().for_each(|values| values.truncate(FEWEST - 1));
        }
        assert!(changes(&before, &after, &NONE).is_empty());
    }

    #[test]
    fn the_same_results_are_the_same() {
        let before = stored(1, 1.0, 1);
        assert_eq!(trend(&before, &before.clone()), (Trend::Same, true));
        let text = serde_json::to_string(&before).expect("it has a JSON form");
        let read: Stored = serde_json::from_str(&text).expect("it is as it was written");
        assert_eq!(read, before);
    }
}
