//! Planning: for which values is a failure, such as an outage, rare enough?
//!
//! Every value is tried a few times, since with retries and restarts nothing guarantees that more
//! is better. Then the values are decided one by one from the end at which the answer is sought,
//! until one holds. The error probability covers the whole search: every look at every value gets
//! an equal part of it (Bonferroni), and each look takes the exact bounds of Clopper and Pearson.

use super::replication::Pool;
use crate::stats::{share_lower, share_upper};

/// What is asked of every value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// The probability of a failure that is still good enough, between 0 and 1.
    pub at_most: f64,
    /// How sure all verdicts together shall be, between 0 and 1.
    pub confidence: f64,
    /// Replications of every value before the search.
    pub scan: u64,
    /// The most replications of one value.
    pub ceiling: u64,
}

impl Question {
    /// The same with its error shared out among so many searches, so that all of them together are
    /// as sure as asked.
    #[must_use]
    pub fn shared(self, searches: usize) -> Question {
        let error = (1.0 - self.confidence) / searches.max(1) as f64;
        Question { confidence: 1.0 - error, ..self }
    }
}

/// What is known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Failures are rare enough.
    Holds,
    /// They are not.
    Fails,
    /// The replications are too few to tell.
    Open,
}

/// A value with its evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Replications.
    pub replications: u64,
    /// Those that failed.
    pub failures: u64,
    /// What they say.
    pub answer: Answer,
}

/// What a search has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Every value, in their order.
    pub tried: Vec<Tried>,
    /// The first value that holds.
    pub answer: Option<usize>,
    /// Whether somebody stopped the search.
    pub stopped: bool,
}

impl Found {
    /// Whether some value beyond the answer fails: what was sought is no threshold.
    pub fn is_broken(&self) -> bool {
        let beyond = self.answer.map(|answer| &self.tried[answer..]);
        beyond.is_some_and(|beyond| beyond.iter().any(|tried| tried.answer == Answer::Fails))
    }

    /// Replications spent.
    pub fn spent(&self) -> u64 {
        self.tried.iter().map(|tried| tried.replications).sum()
    }
}

/// Searches `values` values, from the first on, for one that holds. `failed` says whether
/// replication number *k* of value number *n* fails, or nothing where that is given up, which ends
/// the search; it is asked for the same replications of every value.
///
/// # Errors
/// The first error of `failed`.
///
/// # Panics
/// If a probability of the question does not lie strictly between 0 and 1, or there is no
/// replication.
pub fn search<E: Send>(
    values: usize,
    question: Question,
    pool: Pool<'_>,
    failed: impl Fn(usize, u64) -> Option<Result<bool, E>> + Sync,
) -> Result<Found, E> {
    let Question { scan, ceiling, .. } = question;
    assert!(ceiling > 0 && scan > 0, "nothing is known without replications");
    let looks = looks(scan, ceiling);
    let error = (1.0 - question.confidence) / (values.max(1) * looks.len()) as f64;
    let nothing = Tried { replications: 0, failures: 0, answer: Answer::Open };
    let mut found = Found { tried: vec![nothing; values], answer: None, stopped: false };
    let spent = std::cell::Cell::new(0);
    let look = |found: &mut Found, value: usize, until: u64| -> Result<(), E> {
        let tried = &mut found.tried[value];
        let from = tried.replications;
        let before = spent.get();
        let progress = |done: u64| (pool.progress)(before + done);
        let more = Pool { progress: &progress, ..pool }
            .run_some(until - from, |number| failed(value, from + number))?;
        spent.set(before + more.len() as u64);
        tried.replications += more.len() as u64;
        tried.failures += more.iter().filter(|failed| **failed).count() as u64;
        if tried.replications < until {
            found.stopped = true;
            return Ok(());
        }
        let (failures, trials) = (tried.failures, tried.replications);
        tried.answer = if share_upper(failures, trials, 1.0 - error) <= question.at_most {
            Answer::Holds
        } else if share_lower(failures, trials, 1.0 - error) > question.at_most {
            Answer::Fails
        } else {
            Answer::Open
        };
        Ok(())
    };
    for value in 0..values {
        if !found.stopped {
            look(&mut found, value, looks[0])?;
        }
    }
    for value in 0..values {
        for &until in &looks[1..] {
            if found.stopped || found.tried[value].answer != Answer::Open {
                break;
            }
            look(&mut found, value, until)?;
        }
        if found.tried[value].answer == Answer::Holds {
            found.answer = Some(value);
            break;
        }
    }
    Ok(found)
}

/// After how many replications a value is looked at: after the scan, then after twice as many each
/// time, and at the ceiling.
fn looks(scan: u64, ceiling: u64) -> Vec<u64> {
    let doubled = std::iter::successors(Some(scan.min(ceiling)), |look| look.checked_mul(2));
    let mut looks: Vec<u64> = doubled.take_while(|look| *look < ceiling).collect();
    looks.push(ceiling);
    looks
}

/// The fewest replications without a failure after which one of `values` values may hold.
pub fn fewest_to_hold(values: usize, question: Question) -> u64 {
    let looks = looks(question.scan, question.ceiling).len();
    let error = (1.0 - question.confidence) / (values.max(1) * looks) as f64;
    let holds = |trials: &u64| share_upper(0, *trials, 1.0 - error) <= question.at_most;
    (1..=question.ceiling).find(holds).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::chance::{Purpose, Seed, Streams, unit};
    use std::convert::Infallible;
    use std::sync::atomic::AtomicBool;

    const QUESTION: Question = Question { at_most: 0.1, confidence: 0.9, scan: 5, ceiling: 320 };

    /// Searches values whose probabilities of a failure are known.
    fn known(probabilities: &[f64], trial: u64, threads: usize) -> Found {
        let streams = Streams::new(Seed(trial));
        let stop = AtomicBool::new(false);
        let pool = Pool::new(threads, &|_| (), &stop);
        let failed = |value: usize, number: u64| -> Option<Result<bool, Infallible>> {
            let draw = streams.draw(Purpose(77), number, value as u64, 0);
            Some(Ok(unit(&mut draw.die(0)) < probabilities[value]))
        };
        match search(probabilities.len(), QUESTION, pool, failed) {
            Ok(found) => found,
            Err(never) => match never {},
        }
    }

    #[test]
    fn clear_cases_are_found_and_threads_change_nothing() {
        let clear = [1.0, 0.9, 0.8, 0.0, 0.0, 0.0];
        for trial in 0..50 {
            let found = known(&clear, trial, 1);
            assert_eq!(found.answer, Some(3));
            assert!(!found.is_broken() && !found.stopped);
            assert!(found.tried[..3].iter().all(|tried| tried.answer == Answer::Fails));
            // What lies beyond the answer costs no more than the scan.
            assert!(found.tried[4..].iter().all(|tried| tried.replications == QUESTION.scan));
        }
        assert_eq!(known(&clear, 1, 3), known(&clear, 1, 1));
    }

    #[test]
    fn what_is_no_threshold_is_said_to_be_none() {
        let found = known(&[1.0, 0.0, 1.0, 0.0], 1, 1);
        assert_eq!(found.answer, Some(1));
        assert!(found.is_broken());
        assert_eq!(known(&[1.0, 1.0], 1, 1).answer, None);
    }

    /// A wrong verdict anywhere in a search is at most as likely as asked for, also where every
    /// value lies close to what is asked.
    #[test]
    fn the_error_probability_covers_the_whole_search() {
        let trials = 2_000;
        let close = [0.13, 0.12, 0.11, 0.09, 0.08];
        let wrong = (0..trials).filter(|&trial| {
            let found = known(&close, 1_000 + trial, 1);
            found.tried.iter().zip(close).any(|(tried, p)| match tried.answer {
                Answer::Holds => p > QUESTION.at_most,
                Answer::Fails => p <= QUESTION.at_most,
                Answer::Open => false,
            })
        });
        let share = wrong.count() as f64 / trials as f64;
        assert!(share <= 1.0 - QUESTION.confidence, "{share}");
        assert!(share > 0.0, "some of 2,000 are wrong: the test can fail");
    }

    #[test]
    fn looks_double_up_to_the_ceiling() {
        assert_eq!(looks(5, 40), [5, 10, 20, 40]);
        assert_eq!(looks(5, 33), [5, 10, 20, 33]);
        assert_eq!(looks(50, 40), [40]);
        // 1 - (0.1 / 7)^(1/n) <= 0.1 from 41 on.
        assert_eq!(fewest_to_hold(1, QUESTION), 41);
    }
}
