//! The digest of a run: one number that changes if anything that happened does.

use crate::kernel::time::Instant;
use crate::sim::observation::{Observation, Observer};
use std::fmt;
use std::hash::{Hash, Hasher};

/// A running hash over every observation and its time.
///
/// Equal digests mean equal runs, as far as 64 bits can tell; it is no protection against somebody
/// who wants two runs to collide. Digests of different versions are not comparable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Digest {
        Digest(0x243F_6A88_85A3_08D3)
    }
}

impl Digest {
    /// The digest of several runs in order.
    pub fn of(runs: impl IntoIterator<Item = Digest>) -> Digest {
        let mut all = Digest::default();
        for run in runs {
            all.write_u64(run.0);
        }
        all
    }

    /// Folds two words in with one multiplication, of which both halves count.
    #[inline]
    fn fold(&mut self, a: u64, b: u64) {
        let product = u128::from(self.0 ^ a) * u128::from(b ^ 0x9E37_79B9_7F4A_7C15);
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    #[cold]
    fn fold_rare(&mut self, now: Instant, seen: &Observation) {
        // Told for its number alone.
        if matches!(seen, Observation::HandedOn { .. }) {
            return;
        }
        now.hash(self);
        seen.hash(self);
    }

    /// The digest as a number.
    pub fn value(self) -> u64 {
        self.0
    }
}

/// Sixteen hexadecimal digits.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Observer for Digest {
    /// What every request does is packed into few words; the numbers below keep the kinds apart.
    #[inline]
    #[expect(clippy::wildcard_enum_match_arm, reason = "all the others are hashed alike")]
    fn observe(&mut self, now: Instant, seen: &Observation) {
        match *seen {
            Observation::RequestIssued { source, class } => {
                self.fold(now.as_nanos(), u64::from(class) << 40 | u64::from(source) << 8 | 1);
            }
            Observation::AttemptAccepted { node } => {
                self.fold(now.as_nanos(), u64::from(node) << 8 | 2);
            }
            // The class was told when it was issued.
            Observation::RequestSettled { issued, class: _, outcome, attempts, wait } => {
                let how = u64::from(attempts) << 16 | (outcome as u64) << 8;
                self.fold(now.as_nanos(), issued.as_nanos());
                self.fold(wait.as_nanos(), how | 3);
            }
            Observation::AttemptFailed { how } => {
                self.fold(now.as_nanos(), (how as u64) << 8 | 4);
            }
            Observation::WorkWasted { node } => self.fold(now.as_nanos(), u64::from(node) << 8 | 5),
            _ => self.fold_rare(now, seen),
        }
    }
}

/// Every number is folded in as 64 bits, whatever its width, so that digests are the same on every
/// platform.
impl Hasher for Digest {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.fold(word, 0);
    }

    #[inline]
    fn write_u8(&mut self, word: u8) {
        self.write_u64(u64::from(word));
    }

    #[inline]
    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    #[inline]
    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    #[inline]
    fn write_isize(&mut self, word: isize) {
        self.write_u64(word as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_time_and_content_matter() {
        let digest = |seen: &[(u64, Observation)]| {
            let mut digest = Digest::default();
            for (at, seen) in seen {
                digest.observe(Instant::from_nanos(*at), seen);
            }
            digest
        };
        let issued = Observation::RequestIssued { source: 0, class: 0 };
        let other = Observation::RequestIssued { source: 1, class: 0 };
        let all = [
            digest(&[]),
            digest(&[(0, issued)]),
            digest(&[(1, issued)]),
            digest(&[(0, other)]),
            digest(&[(0, issued), (0, other)]),
            digest(&[(0, other), (0, issued)]),
            digest(&[(0, Observation::ProcessServing { node: 0 })]),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(!all[..i].contains(a), "digest {i} equals another");
        }
        assert_eq!(digest(&[(0, issued)]), digest(&[(0, issued)]));
    }
}
