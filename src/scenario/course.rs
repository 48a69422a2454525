//! The load of a place over civil time: from local hours to a course of simulated time.

use crate::fleet::load::{Course, Stretch};
use crate::kernel::time::{Duration, Instant};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

/// The rates at the full local hours of a day, by kind of day.
#[derive(Clone, Debug)]
pub(super) struct Day<'a> {
    /// Rates per second at 0:00 to 23:00, Monday to Friday.
    pub weekday: &'a [f64; 24],
    /// The same on Saturday and Sunday.
    pub weekend: &'a [f64; 24],
}

impl Day<'_> {
    fn at_hour(&self, local: &Zoned) -> f64 {
        use jiff::civil::Weekday::{Saturday, Sunday};
        let hour = usize::try_from(local.hour()).expect("an hour is 0 to 23");
        if matches!(local.weekday(), Saturday | Sunday) {
            self.weekend[hour]
        } else {
            self.weekday[hour]
        }
    }

    /// The rate at a moment: linear between the full hours of the local clock.
    fn rate(&self, when: Timestamp, zone: &TimeZone) -> f64 {
        let local = when.to_zoned(zone.clone());
        let past = f64::from(local.minute()) * 60.0
            + f64::from(local.second())
            + f64::from(local.subsec_nanosecond()) * 1e-9;
        let hour = local
            .with()
            .minute(0)
            .second(0)
            .subsec_nanosecond(0)
            .build()
            .expect("the full hour of a valid time is valid");
        // The next hour of the local clock, which may be of another day and so of another kind.
        let next = hour.datetime().checked_add(SignedDuration::from_hours(1));
        let next = next
            .ok()
            .and_then(|next| next.to_zoned(TimeZone::UTC).ok())
            .map_or_else(|| self.at_hour(&hour), |next| self.at_hour(&next));
        let from = self.at_hour(&hour);
        from + (next - from) * past / 3600.0
    }
}

/// The course of a place's load from `start` to `horizon`.
///
/// Knots lie at the full hours of the local clock and where that clock is changed; between two
/// knots the rate is linear.
pub(super) fn local_course(
    day: &Day<'_>,
    zone: &TimeZone,
    start: Timestamp,
    horizon: Instant,
    factor: f64,
) -> Course {
    let to_timestamp = |at: Instant| {
        let ns = start.as_nanosecond() + i128::from(at.as_nanos());
        Timestamp::from_nanosecond(ns).unwrap_or(Timestamp::MAX)
    };
    let to_instant = |when: Timestamp| {
        let ns = when.as_nanosecond() - start.as_nanosecond();
        Instant::from_nanos(u64::try_from(ns).unwrap_or(0)).min(horizon)
    };
    let mut stretches = Vec::new();
    let mut from = Instant::START;
    while from < horizon {
        let here = to_timestamp(from);
        let to = to_instant(next_knot(here, zone));
        // Just before the knot: at the knot itself the clock may already have been changed.
        let last = to_timestamp(Instant::from_nanos(to.as_nanos() - 1));
        let (rate, end) = (day.rate(here, zone), day.rate(last, zone));
        let length = to.since(from);
        let end = extrapolated(rate, end, length);
        stretches.push(Stretch { start: from, end: to, from: rate * factor, to: end * factor });
        from = to;
    }
    Course::new(stretches)
}

/// The value at the end of a stretch whose last nanosecond has `last`.
fn extrapolated(first: f64, last: f64, length: Duration) -> f64 {
    let ns = length.as_nanos() as f64;
    if ns <= 1.0 { last } else { (first + (last - first) * ns / (ns - 1.0)).max(0.0) }
}

/// The next full local hour after `here`, or the next change of the local clock if that is earlier.
fn next_knot(here: Timestamp, zone: &TimeZone) -> Timestamp {
    let local = here.to_zoned(zone.clone());
    let past = SignedDuration::new(
        i64::from(local.minute()) * 60 + i64::from(local.second()),
        local.subsec_nanosecond(),
    );
    let hour = here + (SignedDuration::from_hours(1) - past);
    let change = zone.following(here).next().map(|transition| transition.timestamp());
    change.map_or(hour, |change| change.min(hour))
}

/// The course of a surge: up, along, down.
pub(super) fn surge_course(
    onset: Instant,
    (ramp, plateau, decay): (Duration, Duration, Duration),
    rate: f64,
    horizon: Instant,
) -> Course {
    let top = onset + ramp;
    let fall = top + plateau;
    let end = fall + decay;
    let parts = [(onset, top, 0.0, rate), (top, fall, rate, rate), (fall, end, rate, 0.0)];
    let stretches = parts.into_iter().filter(|part| part.0 < horizon);
    Course::new(stretches.map(|(start, end, from, to)| Stretch { start, end, from, to }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(zone: &str, start: &str, hours: u64) -> Course {
        let weekday: [f64; 24] = std::array::from_fn(|hour| hour as f64);
        let weekend = [100.0; 24];
        let day = Day { weekday: &weekday, weekend: &weekend };
        let horizon = Instant::START + Duration::from_secs(hours * 3600);
        let zone = TimeZone::get(zone).unwrap();
        local_course(&day, &zone, start.parse().unwrap(), horizon, 1.0)
    }

    fn at(course: &Course, minutes: u64) -> f64 {
        course.rate(Instant::START + Duration::from_secs(minutes * 60))
    }

    #[test]
    fn local_hours_follow_the_zone() {
        // 16:00 in London is 11:00 in New York.
        let london = course("Europe/London", "2021-02-01T16:00:00Z", 3);
        let new_york = course("America/New_York", "2021-02-01T16:00:00Z", 3);
        for (minutes, rate) in [(0, 16.0), (30, 16.5), (90, 17.5)] {
            assert!((at(&london, minutes) - rate).abs() < 1e-6);
            assert!((at(&new_york, minutes) - (rate - 5.0)).abs() < 1e-6);
        }
    }

    #[test]
    fn half_hour_zones_and_odd_starts_have_their_knots_at_local_hours() {
        // 10:17 UTC is 15:47 in Kolkata.
        let kolkata = course("Asia/Kolkata", "2021-02-01T10:17:00Z", 2);
        assert!((at(&kolkata, 0) - (15.0 + 47.0 / 60.0)).abs() < 1e-6);
        assert!((at(&kolkata, 13) - 16.0).abs() < 1e-6);
    }

    #[test]
    fn sunday_turns_into_monday_at_local_midnight() {
        let london = course("Europe/London", "2021-01-31T22:00:00Z", 4);
        assert!((at(&london, 30) - 100.0).abs() < 1e-6);
        // From 100 at 23:00 on Sunday to 0 at 0:00 on Monday.
        assert!((at(&london, 90) - 50.0).abs() < 1e-6);
        assert!((at(&london, 150) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn the_change_to_summer_time_skips_an_hour() {
        // Amman, Friday 26 March 2021: at 22:00 UTC the clock goes from 0:00 to 1:00.
        let amman = course("Asia/Amman", "2021-03-25T20:30:00Z", 4);
        assert!((at(&amman, 0) - 22.5).abs() < 1e-6);
        assert!((at(&amman, 90) - 1.0).abs() < 1e-6);
        assert!((at(&amman, 120) - 1.5).abs() < 1e-6);
    }
}
