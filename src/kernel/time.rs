//! Simulated time: whole nanoseconds since the scenario's start.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Add, AddAssign, Mul, Sub};

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;

/// A point of simulated time, in nanoseconds since the start of the simulation.
///
/// The range is 584 years; arithmetic that leaves it panics.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Instant(u64);

/// A length of simulated time, in nanoseconds.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Duration(u64);

impl Instant {
    /// The start of the simulation.
    pub const START: Instant = Instant(0);
    /// Later than every event: the time of what will not happen.
    pub const NEVER: Instant = Instant(u64::MAX);

    /// The instant `ns` nanoseconds after the start.
    #[inline]
    pub const fn from_nanos(ns: u64) -> Instant {
        Instant(ns)
    }

    /// Nanoseconds since the start.
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start, rounded to the nearest `f64`.
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / SECOND as f64
    }

    /// The time from `earlier` to this instant.
    ///
    /// # Panics
    /// If `earlier` is later than this instant: the clock never runs back.
    #[inline]
    pub fn since(self, earlier: Instant) -> Duration {
        Duration(
            self.0
                .checked_sub(earlier.0)
                .expect("an instant lies before the one it is measured from"),
        )
    }

    /// This instant moved later by `delay`, or [`Instant::NEVER`] if that is out of range.
    #[inline]
    pub const fn saturating_add(self, delay: Duration) -> Instant {
        Instant(self.0.saturating_add(delay.0))
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);
    /// Longer than any simulation.
    pub const FOREVER: Duration = Duration(u64::MAX);

    /// `ns` nanoseconds.
    #[inline]
    pub const fn from_nanos(ns: u64) -> Duration {
        Duration(ns)
    }

    /// `ms` milliseconds.
    pub const fn from_millis(ms: u64) -> Duration {
        Duration(ms * 1_000_000)
    }

    /// `s` seconds.
    pub const fn from_secs(s: u64) -> Duration {
        Duration(s * SECOND)
    }

    /// `s` seconds rounded to the nearest nanosecond; negative and NaN give zero, too large gives
    /// [`Duration::FOREVER`].
    #[inline]
    pub fn from_secs_f64(s: f64) -> Duration {
        // `as` saturates at both ends and maps NaN to zero.
        Duration((s * SECOND as f64 + 0.5) as u64)
    }

    /// Nanoseconds.
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds, rounded to the nearest `f64`.
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / SECOND as f64
    }

    /// `factor` times this length, rounded to the nearest nanosecond.
    #[inline]
    pub fn scaled(self, factor: f64) -> Duration {
        Duration((self.0 as f64 * factor + 0.5) as u64)
    }

    /// This length less `other`, or zero.
    #[inline]
    pub const fn saturating_sub(self, other: Duration) -> Duration {
        Duration(self.0.saturating_sub(other.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;
    #[inline]
    fn add(self, delay: Duration) -> Instant {
        Instant(self.0.checked_add(delay.0).expect("simulated time exceeds 584 years"))
    }
}

impl AddAssign<Duration> for Instant {
    #[inline]
    fn add_assign(&mut self, delay: Duration) {
        *self = *self + delay;
    }
}

impl Add for Duration {
    type Output = Duration;
    #[inline]
    fn add(self, other: Duration) -> Duration {
        Duration(self.0.checked_add(other.0).expect("a duration exceeds 584 years"))
    }
}

impl AddAssign for Duration {
    #[inline]
    fn add_assign(&mut self, other: Duration) {
        *self = *self + other;
    }
}

impl Sub for Duration {
    type Output = Duration;
    #[inline]
    fn sub(self, other: Duration) -> Duration {
        Duration(self.0.checked_sub(other.0).expect("a duration is negative"))
    }
}

impl Mul<u64> for Duration {
    type Output = Duration;
    #[inline]
    fn mul(self, times: u64) -> Duration {
        Duration(self.0.checked_mul(times).expect("a duration exceeds 584 years"))
    }
}

/// The area under a count over time, in nanoseconds times the count: how long something was in use,
/// all of its kind together.
///
/// The count may be 32 bits wide and time as long as an [`Instant`] can tell, and still the area
/// stays far within its range, so nothing is checked where it grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Area(u128);

impl Area {
    /// Adds `length` during which there were `count`.
    #[inline]
    pub fn add(&mut self, length: Duration, count: u32) {
        // A product of 64 by 64 bits: one multiplication and one addition with carry.
        self.0 += u128::from(length.0) * u128::from(count);
    }

    /// Nanoseconds times the count.
    #[inline]
    pub const fn as_nanos(self) -> u128 {
        self.0
    }

    /// Seconds times the count, rounded to the nearest `f64`.
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / SECOND as f64
    }
}

/// As a [`Duration`] of that many nanoseconds wherever it is no longer than one.
impl Hash for Area {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0 as u64).hash(state);
        if let Ok(high @ 1..) = u64::try_from(self.0 >> 64) {
            high.hash(state);
        }
    }
}

/// The shortest exact text in units from `d` to `ns`, such as `1h 30min`, `250ms` or `0s`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        const UNITS: [(&str, u64); 7] = [
            ("d", 86_400 * SECOND),
            ("h", 3_600 * SECOND),
            ("min", 60 * SECOND),
            ("s", SECOND),
            ("ms", 1_000_000),
            ("us", 1_000),
            ("ns", 1),
        ];
        let mut rest = self.0;
        let mut first = true;
        for (unit, size) in UNITS {
            let count = rest / size;
            rest %= size;
            if count > 0 {
                if !first {
                    f.write_str(" ")?;
                }
                write!(f, "{count}{unit}")?;
                first = false;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_text_is_exact_and_short() {
        let cases = [
            (0, "0s"),
            (250_000_000, "250ms"),
            (5_400 * SECOND, "1h 30min"),
            (90_000_000_001, "1min 30s 1ns"),
            (86_400 * SECOND, "1d"),
        ];
        for (ns, text) in cases {
            assert_eq!(Duration::from_nanos(ns).to_string(), text);
        }
    }

    #[test]
    fn seconds_round_to_the_nearest_nanosecond() {
        assert_eq!(Duration::from_secs_f64(0.1).as_nanos(), 100_000_000);
        assert_eq!(Duration::from_secs_f64(-3.0), Duration::ZERO);
        assert_eq!(Duration::from_secs_f64(1e30), Duration::FOREVER);
    }

    #[test]
    fn an_area_may_be_longer_than_any_duration() {
        let mut area = Area::default();
        area.add(Duration::from_secs(3), 2);
        assert_eq!(area.as_nanos(), 6_000_000_000);
        area.add(Duration::FOREVER, u32::MAX);
        assert_eq!(area.as_nanos(), u128::from(u64::MAX) * u128::from(u32::MAX) + 6_000_000_000);
    }

    #[test]
    #[should_panic(expected = "lies before")]
    fn the_clock_does_not_run_back() {
        let _ = Instant::START.since(Instant::from_nanos(1));
    }
}
