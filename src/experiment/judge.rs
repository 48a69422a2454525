//! Claims, decided over replications.

use super::paired::Paired;
use crate::observe::Results;
use crate::scenario::Study;
use crate::scenario::claim::{Claim, Subject};
use crate::scenario::keys::claims::{Against, Of};
use crate::scenario::measure::Measure;
use crate::stats::{
    Class, ShareTest, Tally, bounds_after_stopping, half_width, mixture_interval, share_lower,
};

/// Confidence of the bound that says how often a violation could still occur.
const CONFIDENCE: f64 = 0.95;
/// Replications before the first look at a mean; there are twice as many before each other.
const FIRST_LOOK: u64 = 10;

/// Whether a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It does.
    Pass,
    /// The replications are too few to tell.
    Undecided,
    /// It does not.
    Fail,
}

/// How sure verdicts shall be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assurance {
    /// By how much a share may be less than claimed and still pass, unless a claim says otherwise.
    pub margin: f64,
    /// The greatest probability with which a claim that is true fails.
    pub alpha: f64,
    /// The greatest probability with which a claim passes that is wrong by the margin or more.
    pub beta: f64,
    /// The most replications.
    pub ceiling: u64,
}

impl Assurance {
    /// What a study asks for, with at most so many replications.
    pub fn of(study: &Study, ceiling: u64) -> Assurance {
        let keys = &study.document.experiment;
        let (margin, alpha, beta) = (keys.margin.get(), keys.alpha.get(), keys.beta.get());
        Assurance { margin, alpha, beta, ceiling }
    }
}

/// A claim with what was observed.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The claim.
    pub claim: Claim,
    /// Replications that were looked at.
    pub replications: u64,
    /// The value of each replication that counts; not a number where it has none.
    pub values: Vec<f64>,
    /// Replications in which the bounds hold.
    pub held: u64,
    /// Interval of what the claim is about, the share of replications or the mean: it holds it with
    /// at least 95 %, also after stopping.
    pub interval: Option<(f64, f64)>,
    /// The verdict.
    pub verdict: Verdict,
    /// After how many replications it was clear; `None` if it is not.
    pub decided_after: Option<u64>,
    /// The fewest replications that count after which a claim about a share can pass; 1 for one
    /// about the mean.
    pub fewest: u64,
}

/// What a replication says of a claim.
#[derive(Clone, Copy, Debug)]
struct Seen {
    value: f64,
    outage: bool,
    /// What the measure is set against, and whether there was an outage there.
    other: Option<(f64, bool)>,
}

/// Decides a claim as soon as the replications, taken in their order, are enough.
///
/// `versus` holds the same replications under what the claim is set against, if there is such a
/// thing. A replication without a value does not keep within any bounds.
///
/// - *all*: fails with the first violation; passes when violations in a share of the margin or
///   more are refuted.
/// - *share*: passes when a share that is less than claimed by the margin is refuted, fails when
///   the share claimed is; see [`ShareTest`].
/// - *mean*: looked at after 10 replications, 20, 40 and so on and at the ceiling; passes when its
///   interval lies within the bounds widened by the margin, fails when it lies outside the bounds.
///   All looks together have the error probability (Bonferroni).
///
/// # Panics
/// If `versus` is needed and missing.
pub fn judge(
    claim: &Claim,
    results: &[Results],
    versus: Option<&[Results]>,
    assurance: Assurance,
) -> Judgement {
    let seen: Vec<Option<Seen>> =
        (0..results.len()).map(|number| see(claim, results, versus, number)).collect();
    let values: Vec<f64> = seen.iter().flatten().map(|one| set_against(claim, one)).collect();
    let held: Vec<bool> = values.iter().map(|value| is_within(claim, *value)).collect();
    let successes = held.iter().filter(|held| **held).count() as u64;
    let trials = values.len() as u64;
    let claimed = match &claim.of {
        Of::All => Some(1.0),
        Of::Share(share) => Some(share.get()),
        Of::Mean => None,
    };
    let (interval, verdict, decided_after, fewest) = match claimed {
        Some(claimed) => {
            let Assurance { alpha, beta, .. } = assurance;
            let margin = claim.margin.unwrap_or(assurance.margin);
            let test = ShareTest { claimed, margin, alpha, beta };
            let decision = test.decide(held.iter().copied());
            let verdict = match decision {
                // It was decided before, but what is seen is seen.
                _ if claim.of == Of::All && successes < trials => Verdict::Fail,
                None => Verdict::Undecided,
                Some(decision) if decision.holds => Verdict::Pass,
                Some(_) => Verdict::Fail,
            };
            let interval = match claim.of {
                Of::All => (share_lower(successes, trials, CONFIDENCE), 1.0),
                Of::Share(_) | Of::Mean => bounds_after_stopping(successes, trials),
            };
            let violation = held.iter().position(|held| !held).map(|first| first as u64 + 1);
            let trial = match (&claim.of, violation) {
                (Of::All, Some(first)) => Some(first),
                (Of::All | Of::Share(_) | Of::Mean, _) => decision.map(|one| one.trials),
            };
            let after = trial.map(|trial| nth_that_counts(&seen, trial));
            (Some(interval), verdict, after, test.fewest())
        }
        None => {
            let (interval, verdict, after) = judge_mean(claim, &seen, assurance);
            (interval, verdict, after, 1)
        }
    };
    Judgement {
        claim: claim.clone(),
        replications: results.len() as u64,
        values,
        held: successes,
        interval,
        verdict,
        decided_after,
        fewest,
    }
}

/// The number, from 1, of the `count`th replication that counts.
fn nth_that_counts(seen: &[Option<Seen>], count: u64) -> u64 {
    let counting = seen.iter().enumerate().filter(|(_, seen)| seen.is_some());
    let nth = counting.map(|(number, _)| number as u64 + 1).nth(count as usize - 1);
    nth.unwrap_or(seen.len() as u64)
}

/// What a replication says; `None` if it does not count.
fn see(
    claim: &Claim,
    results: &[Results],
    versus: Option<&[Results]>,
    number: usize,
) -> Option<Seen> {
    let own = &results[number];
    if claim.given.is_some_and(|milestone| own.milestone(milestone).is_none()) {
        return None;
    }
    let outage = |results: &Results| results.measure(Measure::Outages) > 0.0;
    let other = (claim.against != Against::Nothing).then(|| {
        let other = &versus.expect("the claim sets two variants against each other")[number];
        (value_of(claim, other), outage(other))
    });
    Some(Seen { value: value_of(claim, own), outage: outage(own), other })
}

/// The value that is bounded.
fn set_against(claim: &Claim, seen: &Seen) -> f64 {
    match (&claim.against, seen.other) {
        (Against::Difference, Some((other, _))) => seen.value - other,
        (Against::Ratio, Some((other, _))) => seen.value / other,
        (Against::Nothing, _) | (_, None) => seen.value,
    }
}

fn is_within(claim: &Claim, value: f64) -> bool {
    claim.at_least.is_none_or(|least| value >= least)
        && claim.at_most.is_none_or(|most| value <= most)
        && !value.is_nan()
}

fn judge_mean(
    claim: &Claim,
    seen: &[Option<Seen>],
    assurance: Assurance,
) -> (Option<(f64, f64)>, Verdict, Option<u64>) {
    let done = seen.len() as u64;
    let looks = looks(assurance.ceiling);
    let confidence = |error: f64| 1.0 - error / looks.len() as f64;
    let least = claim.at_least.unwrap_or(f64::NEG_INFINITY);
    let most = claim.at_most.unwrap_or(f64::INFINITY);
    let margin = claim.margin.unwrap_or(0.0);
    let verdict = |look: u64| {
        let known: Vec<Seen> = seen[..look as usize].iter().flatten().copied().collect();
        let (low, high) = mean_interval(claim, &known, confidence(assurance.alpha))?;
        if high < least || low > most {
            return Some(Verdict::Fail);
        }
        let (low, high) = mean_interval(claim, &known, confidence(assurance.beta))?;
        (low >= least - margin && high <= most + margin).then_some(Verdict::Pass)
    };
    let mut verdicts = looks.iter().filter(|look| **look <= done);
    let decided = verdicts.find_map(|&look| verdict(look).map(|verdict| (look, verdict)));
    let known: Vec<Seen> = seen.iter().flatten().copied().collect();
    let interval = mean_interval(claim, &known, confidence(1.0 - CONFIDENCE));
    match decided {
        Some((look, verdict)) => (interval, verdict, Some(look)),
        None => (interval, Verdict::Undecided, None),
    }
}

/// After how many replications a mean is looked at.
fn looks(ceiling: u64) -> Vec<u64> {
    let doubled = std::iter::successors(Some(FIRST_LOOK), |look| look.checked_mul(2));
    let mut looks: Vec<u64> = doubled.take_while(|look| *look < ceiling).collect();
    looks.push(ceiling);
    looks
}

/// The interval of a mean. With outages in some of the replications and none in others, or where
/// what is not there without an outage was seen with one in all of them, no normal curve describes
/// it, and each class counts by itself.
fn mean_interval(claim: &Claim, seen: &[Seen], confidence: f64) -> Option<(f64, f64)> {
    let is_known = |one: &&Seen| set_against(claim, one).is_finite();
    let known: Vec<&Seen> = seen.iter().filter(is_known).collect();
    if known.len() < 2 {
        return None;
    }
    let needs_outage = needs_outage(claim) && claim.given.is_none();
    if claim.against == Against::Difference && needs_outage {
        let mut paired = Paired::new(true);
        for one in &known {
            let (other, other_outage) = one.other?;
            paired.add_pair(other_outage, one.outage, other, one.value);
        }
        return Some(paired.interval(confidence));
    }
    let mut classes = [Tally::new(); 2];
    known.iter().for_each(|one| classes[usize::from(one.outage)].add(set_against(claim, one)));
    let [without, with] = classes;
    if needs_outage && with.count() == 0 {
        // How long the outage would be that was not seen, nobody knows.
        return None;
    }
    let only = [without, with].into_iter().find(|one| one.count() == known.len() as u64);
    match only {
        Some(only) if !needs_outage => {
            let half = half_width(only.count(), only.standard_deviation()?, confidence)?;
            Some((only.mean()? - half, only.mean()? + half))
        }
        _ => {
            let all: Tally = known.iter().map(|one| set_against(claim, one)).collect();
            let range = |tally: &Tally| match tally.count() {
                0 => (0.0, 0.0),
                1 => (all.min().unwrap_or(0.0), all.max().unwrap_or(0.0)),
                _ => (f64::NEG_INFINITY, f64::INFINITY),
            };
            let classes = [without, with].map(|values| Class { values, range: range(&values) });
            let seen = |class: &Class| class.values.count() > 0 || needs_outage;
            let classes: Vec<Class> = classes.into_iter().filter(seen).collect();
            Some(mixture_interval(&classes, confidence))
        }
    }
}

/// Whether there is nothing of what is bounded without an outage.
fn needs_outage(claim: &Claim) -> bool {
    match claim.subject {
        Subject::Measure(measure) => measure.needs_outage() && claim.over.is_none(),
        Subject::Interval(..) | Subject::Class(..) | Subject::Milestone(_) => false,
    }
}

fn value_of(claim: &Claim, results: &Results) -> f64 {
    let value = subject_of(claim.subject, results);
    match claim.over {
        Some(over) => value / subject_of(over, results),
        None => value,
    }
}

/// The value of a subject; milestones in seconds since the start, not a number where there is none.
pub(super) fn subject_of(subject: Subject, results: &Results) -> f64 {
    match subject {
        Subject::Measure(measure) => results.measure(measure),
        Subject::Interval(number, measure) => results.intervals[number][measure as usize],
        Subject::Class(number, measure) => results.classes[number][measure as usize],
        Subject::Milestone(milestone) => {
            results.milestone(milestone).map_or(f64::NAN, |when| when.as_secs_f64())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Replication;
    use crate::kernel::chance::{Purpose, Seed, Streams, unit};
    use crate::kernel::ziggurat;

    const ASSURANCE: Assurance = Assurance { margin: 0.05, alpha: 0.05, beta: 0.05, ceiling: 40 };

    fn claim(at_most: f64, of: Of, margin: Option<f64>) -> Claim {
        Claim {
            text: String::new(),
            published: None,
            subject: Subject::Measure(Measure::Downtime),
            over: None,
            given: None,
            with: None,
            against: Against::Nothing,
            versus: None,
            at_least: None,
            at_most: Some(at_most),
            of,
            margin,
            place: None,
        }
    }

    /// A replication with so much downtime.
    fn down_for(seconds: f64) -> Results {
        thread_local! {
            static NOTHING: Results = {
                let text = include_str!("../report/tests/tiny.toml");
                let study = Study::load("tiny.toml", text, &[] as &[&str], &[] as &[&str]);
                let scenario = study.expect("it is a scenario").scenario;
                Replication::new(&scenario, Seed(1), false).finish()
            };
        }
        let mut results = NOTHING.with(Results::clone);
        results.measures[Measure::Downtime as usize] = seconds;
        results.measures[Measure::Outages as usize] = f64::from(u8::from(seconds > 0.0));
        results
    }

    /// In which shares of 2,000 tests the mean of replications with an outage in a share `p` of
    /// them, of 60 s ± 5 s, is found to be at most `bound`, and found to be more.
    fn verdicts(p: f64, bound: f64, margin: f64) -> [f64; 2] {
        let streams = Streams::new(Seed(11));
        let mut counts = [0.0; 2];
        for trial in 0..2_000 {
            let mut dice = streams.sequence(Purpose(3), trial);
            let results: Vec<Results> = (0..ASSURANCE.ceiling)
                .map(|_| {
                    dice.advance();
                    let outage = unit(&mut dice.die(0)) < p;
                    let seconds = 60.0 + 5.0 * ziggurat::normal(&mut dice.die(1));
                    down_for(if outage { seconds } else { 0.0 })
                })
                .collect();
            let judged = judge(&claim(bound, Of::Mean, Some(margin)), &results, None, ASSURANCE);
            match judged.verdict {
                Verdict::Pass => counts[0] += 1.0 / 2_000.0,
                Verdict::Fail => counts[1] += 1.0 / 2_000.0,
                Verdict::Undecided => {}
            }
        }
        counts
    }

    #[test]
    fn verdicts_on_means_are_wrong_no_more_often_than_said() {
        for p in [0.05, 0.5, 1.0] {
            let mean = 60.0 * p;
            // As claimed, with the mean on the bound.
            let [_, fails] = verdicts(p, mean, 3.0);
            assert!(fails <= 0.05, "{fails} of true claims fail where {p} have an outage");
            // Wrong by the margin.
            let [passes, _] = verdicts(p, mean - 3.0, 3.0);
            assert!(passes <= 0.05, "{passes} of wrong claims pass where {p} have an outage");
        }
        // Without an outage nothing is said of their mean length.
        let results: Vec<Results> = (0..40).map(|_| down_for(0.0)).collect();
        let judged = judge(&claim(1.0, Of::Mean, Some(1.0)), &results, None, ASSURANCE);
        assert_eq!(judged.verdict, Verdict::Undecided);
        // Clear cases are decided.
        assert!(verdicts(1.0, 70.0, 3.0)[0] > 0.99);
        assert!(verdicts(0.5, 5.0, 3.0)[1] > 0.99);
    }

    #[test]
    fn always_is_refuted_also_after_it_was_clear() {
        let mut results: Vec<Results> = (0..80).map(|_| down_for(0.0)).collect();
        let judged = judge(&claim(0.0, Of::All, None), &results, None, ASSURANCE);
        assert_eq!((judged.verdict, judged.decided_after), (Verdict::Pass, Some(59)));
        results.push(down_for(1.0));
        let judged = judge(&claim(0.0, Of::All, None), &results, None, ASSURANCE);
        assert_eq!((judged.verdict, judged.decided_after), (Verdict::Fail, Some(81)));
        let judged = judge(&claim(0.0, Of::All, None), &results[..58], None, ASSURANCE);
        assert_eq!((judged.verdict, judged.fewest), (Verdict::Undecided, 59));
    }

    #[test]
    fn means_are_looked_at_after_numbers_fixed_before() {
        assert_eq!(looks(160), [10, 20, 40, 80, 160]);
        assert_eq!(looks(30), [10, 20, 30]);
        assert_eq!(looks(3), [3]);
    }
}
