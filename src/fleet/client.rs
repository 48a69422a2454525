//! Clients: how they try again.

use crate::kernel::chance::unit;
use crate::kernel::time::Duration;
use rand::Rng;

/// Exponential back-off with jitter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retry {
    /// Attempts in all, the first included; at least 1.
    pub attempts: u32,
    /// Delay before the second attempt.
    pub base: Duration,
    /// Factor from one delay to the next.
    pub factor: f64,
    /// Longest delay.
    pub cap: Duration,
    /// Share of the delay that is random: 0 none, 1 full jitter.
    pub jitter: f64,
}

impl Retry {
    /// The delay before attempt number `attempt`, the second or a later one.
    pub fn delay(&self, attempt: u32, die: &mut impl Rng) -> Duration {
        let mut delay = self.base.as_secs_f64();
        let cap = self.cap.as_secs_f64();
        for _ in 2..attempt {
            delay = (delay * self.factor).min(cap);
        }
        Duration::from_secs_f64(delay.min(cap) * (1.0 - self.jitter * unit(die)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::chance::{Purpose, Seed, Streams};

    #[test]
    fn delays_double_to_the_cap_and_jitter_shortens_them() {
        let retry = Retry {
            attempts: 9,
            base: Duration::from_millis(100),
            factor: 2.0,
            cap: Duration::from_secs(1),
            jitter: 0.0,
        };
        let draw = Streams::new(Seed(0)).draw(Purpose(0), 0, 0, 0);
        let delays: Vec<String> =
            (2..=7).map(|k| retry.delay(k, &mut draw.die(0)).to_string()).collect();
        assert_eq!(delays, ["100ms", "200ms", "400ms", "800ms", "1s", "1s"]);
        let half = Retry { jitter: 0.5, ..retry };
        for occurrence in 0..100 {
            let draw = Streams::new(Seed(0)).draw(Purpose(0), 0, occurrence, 0);
            let delay = half.delay(2, &mut draw.die(0));
            assert!(Duration::from_millis(50) <= delay && delay <= Duration::from_millis(100));
        }
    }
}
