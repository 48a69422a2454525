//! Claims, decided over replications.

use crate::observe::Results;
use crate::scenario::claim::{Claim, Subject};
use crate::scenario::keys::claims::{Against, Of};
use crate::stats::{half_width, share_bounds, share_lower, share_upper};

/// Confidence of every verdict.
const CONFIDENCE: f64 = 0.95;

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

/// A claim with what was observed.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The claim.
    pub claim: Claim,
    /// The value of each replication that counts; not a number where it has none.
    pub values: Vec<f64>,
    /// Replications in which the bounds hold.
    pub held: u64,
    /// Interval of what the claim is about: the share of replications, or the mean.
    pub interval: Option<(f64, f64)>,
    /// The verdict.
    pub verdict: Verdict,
}

/// Decides a claim.
///
/// `baseline` holds the same replications without the patch; it is needed where the claim sets one
/// against the other. A replication without a value does not keep within any bounds.
///
/// - *all*: fails with the first violation. It never becomes certain; [`Judgement::interval`] says
///   how large the share of violations may still be.
/// - *share*: passes if the share is at least as claimed with 95 % confidence, fails if it is less
///   with that confidence.
/// - *mean*: passes if the 95 % interval of the mean lies within the bounds, fails if it lies
///   outside.
///
/// # Panics
/// If `baseline` is needed and missing.
pub fn judge(claim: &Claim, results: &[Results], baseline: Option<&[Results]>) -> Judgement {
    let given = |number: &usize| {
        claim.given.is_none_or(|milestone| results[*number].milestone(milestone).is_some())
    };
    let values: Vec<f64> = (0..results.len())
        .filter(given)
        .map(|number| {
            let value = value_of(claim, &results[number]);
            let other = || {
                let baseline = baseline.expect("the claim sets two variants against each other");
                value_of(claim, &baseline[number])
            };
            match claim.against {
                Against::Nothing => value,
                Against::Difference => value - other(),
                Against::Ratio => value / other(),
            }
        })
        .collect();
    let within = |value: f64| {
        claim.at_least.is_none_or(|least| value >= least)
            && claim.at_most.is_none_or(|most| value <= most)
            && !value.is_nan()
    };
    let held = values.iter().filter(|&&value| within(value)).count() as u64;
    let trials = values.len() as u64;
    let (interval, verdict) = match &claim.of {
        Of::All => {
            let verdict = match trials {
                0 => Verdict::Undecided,
                _ if held < trials => Verdict::Fail,
                _ => Verdict::Pass,
            };
            (Some((share_lower(held, trials, CONFIDENCE), 1.0)), verdict)
        }
        Of::Share(share) => {
            let share = share.get();
            let verdict = if share_lower(held, trials, CONFIDENCE) >= share {
                Verdict::Pass
            } else if share_upper(held, trials, CONFIDENCE) < share {
                Verdict::Fail
            } else {
                Verdict::Undecided
            };
            (Some(share_bounds(held, trials, CONFIDENCE)), verdict)
        }
        Of::Mean => judge_mean(claim, &values),
    };
    Judgement { claim: claim.clone(), values, held, interval, verdict }
}

fn judge_mean(claim: &Claim, values: &[f64]) -> (Option<(f64, f64)>, Verdict) {
    let known: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    let count = known.len() as u64;
    let mean = known.iter().sum::<f64>() / count as f64;
    let variance = known.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
    let deviation = (variance / (count as f64 - 1.0)).sqrt();
    let Some(half) = half_width(count, deviation, CONFIDENCE).filter(|_| count > 1) else {
        return (None, Verdict::Undecided);
    };
    let (low, high) = (mean - half, mean + half);
    let least = claim.at_least.unwrap_or(f64::NEG_INFINITY);
    let most = claim.at_most.unwrap_or(f64::INFINITY);
    let verdict = if low >= least && high <= most {
        Verdict::Pass
    } else if high < least || low > most {
        Verdict::Fail
    } else {
        Verdict::Undecided
    };
    (Some((low, high)), verdict)
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
        Subject::Milestone(milestone) => {
            results.milestone(milestone).map_or(f64::NAN, |when| when.as_secs_f64())
        }
    }
}
