//! A sequential test of a share: whether something happens at least as often as claimed, decided
//! as soon as the trials tell, with error probabilities that hold whenever one looks.
//!
//! Wald's test (Sequential Tests of Statistical Hypotheses, 1945) sets one alternative against the
//! hypothesis; where the truth lies beyond both, as when what is claimed of 90 % happens always,
//! it takes longer than it must. So several alternatives are weighed together, as Robbins proposed
//! (Statistical Methods Related to the Law of the Iterated Logarithm, 1970): the weighted mean of
//! their likelihood ratios is at most 1 in expectation under the hypothesis, and by Ville's
//! inequality (1939) it ever reaches `1 / p` with a probability of at most `p`.

use super::interval::share_bounds;

/// Alternatives that are weighed together.
const ALTERNATIVES: u32 = 4;

/// A claim about a share, and how sure its verdict shall be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShareTest {
    /// The claim: the share is at least this, between 0 and 1.
    pub claimed: f64,
    /// A share below the claimed one by less than this may get either verdict, above 0. A margin
    /// of more than half of the claimed share counts as half of it.
    pub margin: f64,
    /// The probability with which the verdict on a share that is as claimed is that it is not.
    pub alpha: f64,
    /// The probability with which the verdict on a share that is less by the margin or more is
    /// that it is as claimed.
    pub beta: f64,
}

/// What the trials say of the claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it holds.
    pub holds: bool,
    /// Trials that decided it.
    pub trials: u64,
}

impl ShareTest {
    /// Goes through trials, each a success or none, until the claim is decided; `None` if they are
    /// too few for that.
    pub fn decide(&self, trials: impl IntoIterator<Item = bool>) -> Option<Decision> {
        let least = self.claimed - self.margin.min(0.5 * self.claimed);
        // For each side logarithms of the likelihood ratios of its alternatives.
        let mut above = Ratios::new(self.claimed, 1.0, least);
        let mut below = Ratios::new(0.0, least, self.claimed);
        for (number, success) in trials.into_iter().enumerate() {
            let trials = number as u64 + 1;
            if below.take(success) >= 1.0 / self.alpha {
                return Some(Decision { holds: false, trials });
            }
            if above.take(success) >= 1.0 / self.beta {
                return Some(Decision { holds: true, trials });
            }
        }
        None
    }

    /// The fewest trials that can decide for the claim: those of a success each time.
    pub fn fewest(&self) -> u64 {
        let all = self.decide(std::iter::repeat_n(true, 1_000_000));
        all.map_or(u64::MAX, |decision| decision.trials)
    }
}

/// Bounds that hold the share with 95 % also where a [`ShareTest`] has chosen the number of trials:
/// the exact ones of Clopper and Pearson at 98 %. At 95 % they would miss it in up to 9.5 % of the
/// tests, since a test tends to stop when the trials look clearer than they are.
pub fn bounds_after_stopping(successes: u64, trials: u64) -> (f64, f64) {
    share_bounds(successes, trials, 0.98)
}

/// The evidence for alternatives from one share to another, against a hypothesis.
struct Ratios {
    /// By alternative, what a success and what a failure adds to the logarithm of the ratio.
    steps: [[f64; 2]; ALTERNATIVES as usize],
    logs: [f64; ALTERNATIVES as usize],
}

impl Ratios {
    fn new(from: f64, to: f64, hypothesis: f64) -> Ratios {
        let alternative = |number: usize| {
            let share = from + (to - from) * number as f64 / f64::from(ALTERNATIVES - 1);
            [
                libm::log(share / hypothesis),
                // With certain success no failure is possible: the ratio is 0 or infinite.
                libm::log((1.0 - share) / (1.0 - hypothesis)),
            ]
        };
        let mut steps = [[0.0; 2]; ALTERNATIVES as usize];
        steps.iter_mut().enumerate().for_each(|(number, step)| *step = alternative(number));
        Ratios { steps, logs: [0.0; ALTERNATIVES as usize] }
    }

    /// The weighted mean of the ratios after one more trial.
    fn take(&mut self, success: bool) -> f64 {
        let mut sum = 0.0;
        for (log, step) in self.logs.iter_mut().zip(&self.steps) {
            *log += step[usize::from(!success)];
            // An alternative that is as impossible as the hypothesis says nothing.
            sum += if log.is_nan() { 0.0 } else { libm::exp(*log) };
        }
        sum / f64::from(ALTERNATIVES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const TEST: ShareTest = ShareTest { claimed: 0.9, margin: 0.05, alpha: 0.05, beta: 0.05 };

    /// Of 2,000 tests of up to `ceiling` trials with this share: how many decide for the claim, how
    /// many against it, and how many trials they take on average.
    fn verdicts(test: ShareTest, share: f64, ceiling: usize) -> (f64, f64, f64) {
        let mut dice = ChaCha8Rng::seed_from_u64((share * 1e6) as u64);
        let mut unit = || (dice.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let (mut holds, mut fails, mut spent) = (0, 0, 0);
        for _ in 0..2_000 {
            let trials = std::iter::repeat_with(|| unit() < share).take(ceiling);
            let decision = test.decide(trials);
            holds += u32::from(decision.is_some_and(|one| one.holds));
            fails += u32::from(decision.is_some_and(|one| !one.holds));
            spent += decision.map_or(ceiling as u64, |one| one.trials);
        }
        let share = |count: u32| f64::from(count) / 2_000.0;
        (share(holds), share(fails), spent as f64 / 2_000.0)
    }

    #[test]
    fn wrong_verdicts_are_no_more_frequent_than_said() {
        // 5 %, and three standard errors of 2,000 trials.
        let most = 0.05 + 3.0 * (0.05_f64 * 0.95 / 2_000.0).sqrt();
        for (claimed, margin) in [(0.9, 0.05), (0.95, 0.05), (0.5, 0.1), (1.0, 0.05)] {
            let test = ShareTest { claimed, margin, ..TEST };
            // As claimed: hardly ever refused. Less by the margin: hardly ever accepted.
            let (holds, fails, _) = verdicts(test, claimed, 3_000);
            assert!(fails <= most, "{fails} of true claims of {claimed} fail");
            assert!(holds > 0.9, "{holds} of true claims of {claimed} hold");
            let (holds, fails, _) = verdicts(test, claimed - margin, 3_000);
            assert!(holds <= most, "{holds} of wrong claims of {claimed} hold");
            assert!(fails > 0.9, "{fails} of wrong claims of {claimed} fail");
        }
    }

    #[test]
    fn a_looser_test_errs_more_often() {
        // What the assertions above rest on can be seen to fail.
        let loose = ShareTest { alpha: 0.5, beta: 0.5, ..TEST };
        let (_, fails, _) = verdicts(loose, 0.9, 3_000);
        let (holds, _, _) = verdicts(loose, 0.85, 3_000);
        assert!(fails > 0.1 && holds > 0.1, "{fails} {holds}");
    }

    #[test]
    fn clear_cases_take_few_trials_and_close_ones_more() {
        // ln(80) / ln(1 / 0.85), and a little for the other alternatives.
        assert!((24..=27).contains(&TEST.fewest()), "{}", TEST.fewest());
        let never = TEST.decide(std::iter::repeat_n(false, 100)).expect("that is clear");
        assert!(!never.holds && never.trials <= 3, "{never:?}");
        let (_, _, clear) = verdicts(TEST, 0.99, 3_000);
        let (_, _, close) = verdicts(TEST, 0.9, 3_000);
        assert!(clear < 50.0 && close > 100.0, "{clear} {close}");
    }

    #[test]
    fn always_is_refuted_by_one_failure() {
        let always = ShareTest { claimed: 1.0, ..TEST };
        let trials = (0..100).map(|number| number != 17);
        assert_eq!(always.decide(trials), Some(Decision { holds: false, trials: 18 }));
        // 0.95^59 is less than 5 %, 0.95^58 is not.
        assert_eq!(always.fewest(), 59);
        assert_eq!(always.decide(std::iter::repeat_n(true, 58)), None);
    }

    #[test]
    fn the_margin_leaves_something_of_a_small_share() {
        let small = ShareTest { claimed: 0.02, ..TEST };
        let (holds, fails, _) = verdicts(small, 0.2, 3_000);
        assert!(holds > 0.99 && fails < 0.01, "{holds} {fails}");
    }

    /// In how many of 2,000 tests of up to 200 trials, looked at in rounds, bounds hold the share.
    fn coverage(test: ShareTest, share: f64, bounds: impl Fn(u64, u64) -> (f64, f64)) -> f64 {
        let mut dice = ChaCha8Rng::seed_from_u64((share * 1e6) as u64);
        let mut unit = || (dice.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let held = (0..2_000).filter(|_| {
            let trials: Vec<bool> = (0..200).map(|_| unit() < share).collect();
            let decided = test.decide(trials.iter().copied()).map_or(200, |one| one.trials);
            let count = decided.div_ceil(20) * 20;
            let successes = trials[..count as usize].iter().filter(|success| **success).count();
            let (low, high) = bounds(successes as u64, count);
            low <= share && share <= high
        });
        held.count() as f64 / 2_000.0
    }

    #[test]
    fn the_bounds_hold_the_share_also_after_stopping() {
        for claimed in [0.5, 0.9, 0.95, 1.0] {
            let test = ShareTest { claimed, ..TEST };
            for share in [0.1, 0.45, 0.5, 0.6, 0.8, 0.85, 0.88, 0.9, 0.93, 0.95, 0.98, 0.995] {
                let held = coverage(test, share, bounds_after_stopping);
                assert!(held >= 0.95, "{held} of {share} where {claimed} is claimed");
            }
        }
        // Those of a number of trials fixed before do not.
        let held = coverage(ShareTest { claimed: 0.5, ..TEST }, 0.45, |successes, trials| {
            share_bounds(successes, trials, 0.95)
        });
        assert!(held < 0.935, "{held}");
    }
}
