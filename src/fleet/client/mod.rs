//! Clients: when they try again, and how often they may.

pub mod budget;

use crate::kernel::time::Duration;

/// How the delay before another attempt is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Jitter {
    /// This share of the delay is random: 0 none, 1/2 equal jitter, 1 full jitter.
    Share(f64),
    /// The delay times a number this far from 1 at most, equally likely to each side.
    Around(f64),
    /// Between the base and three times the delay before, at most the cap.
    Decorrelated,
}

/// Exponential back-off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// Delay before the second attempt.
    pub base: Duration,
    /// Factor from one delay to the next; without meaning where jitter is decorrelated.
    pub factor: f64,
    /// Longest delay, before jitter around it.
    pub cap: Duration,
    /// How it is drawn.
    pub jitter: Jitter,
}

impl Backoff {
    /// The delay before attempt number `attempt`, the second or a later one, where `throw` gives
    /// the random number in [0, 1) that belongs to an attempt up to that one.
    pub fn delay(&self, attempt: u32, mut throw: impl FnMut(u32) -> f64) -> Duration {
        if self.base == Duration::ZERO {
            // Nothing grows from it, whatever the jitter.
            return Duration::ZERO;
        }
        let (base, cap) = (self.base.as_secs_f64(), self.cap.as_secs_f64());
        let delay = match self.jitter {
            Jitter::Share(share) => self.grown(attempt) * (1.0 - share * throw(attempt)),
            Jitter::Around(share) => {
                self.grown(attempt) * (1.0 + share * (2.0 * throw(attempt) - 1.0))
            }
            Jitter::Decorrelated => (2..=attempt).fold(base, |before, attempt| {
                (base + (3.0 * before - base).max(0.0) * throw(attempt)).min(cap)
            }),
        };
        Duration::from_secs_f64(delay)
    }

    /// The delay before an attempt, without jitter.
    fn grown(&self, attempt: u32) -> f64 {
        let cap = self.cap.as_secs_f64();
        let grow = |delay: f64, _| (delay * self.factor).min(cap);
        (2..attempt).fold(self.base.as_secs_f64(), grow).min(cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::chance::{Purpose, Seed, Streams, unit};

    const EXPONENTIAL: Backoff = Backoff {
        base: Duration::from_millis(100),
        factor: 2.0,
        cap: Duration::from_secs(1),
        jitter: Jitter::Share(0.0),
    };

    /// The delays before the attempts 2 to 7, from the same dice.
    fn delays(backoff: Backoff, occurrence: u64) -> Vec<f64> {
        let streams = Streams::new(Seed(0));
        let throw = |attempt| unit(&mut streams.draw(Purpose(0), 0, occurrence, attempt).die(0));
        (2..=7).map(|attempt| backoff.delay(attempt, throw).as_secs_f64()).collect()
    }

    #[test]
    fn delays_double_to_the_cap() {
        assert_eq!(delays(EXPONENTIAL, 0), [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]);
        let fixed = Backoff { factor: 1.0, ..EXPONENTIAL };
        assert_eq!(delays(fixed, 0), [0.1; 6]);
    }

    /// Each kind of jitter stays within its bounds, reaches near them, and has its mean.
    #[test]
    fn jitter_keeps_its_bounds_and_its_mean() {
        let grown = [0.1, 0.2, 0.4, 0.8, 1.0, 1.0];
        let kinds = [
            (Jitter::Share(1.0), 0.0, 1.0),
            (Jitter::Share(0.5), 0.5, 1.0),
            (Jitter::Around(0.2), 0.8, 1.2),
        ];
        for (jitter, least, most) in kinds {
            let runs: Vec<Vec<f64>> =
                (0..2_000).map(|n| delays(Backoff { jitter, ..EXPONENTIAL }, n)).collect();
            for (at, grown) in grown.iter().enumerate() {
                let shares: Vec<f64> = runs.iter().map(|delays| delays[at] / grown).collect();
                let low = shares.iter().copied().fold(f64::MAX, f64::min);
                let high = shares.iter().copied().fold(0.0, f64::max);
                assert!(least - 1e-6 <= low && low < least + 0.02, "{jitter:?}: {low}");
                assert!(high <= most + 1e-6 && most - 0.02 < high, "{jitter:?}: {high}");
                let mean = shares.iter().sum::<f64>() / 2_000.0;
                assert!((mean - 0.5 * (least + most)).abs() < 0.03, "{jitter:?}: mean {mean}");
            }
        }
    }

    /// The k-th delay lies between the base and three times the one before, at most the cap.
    #[test]
    fn decorrelated_delays_grow_from_the_delay_before() {
        let backoff = Backoff { jitter: Jitter::Decorrelated, ..EXPONENTIAL };
        let mut capped = 0;
        for occurrence in 0..500 {
            let mut before = 0.1_f64;
            for delay in delays(backoff, occurrence) {
                assert!((0.1 - 1e-9..=(3.0 * before).min(1.0) + 1e-9).contains(&delay));
                capped += u32::from(delay > 1.0 - 1e-9);
                before = delay;
            }
        }
        assert!(capped > 50, "some reach the cap");
    }
}
