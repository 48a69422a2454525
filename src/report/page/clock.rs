//! Civil time on the page: seconds since the start as people read them.

use super::documents::{self, Unreadable};
use crate::report::axis;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

/// Marks on an axis at most.
const MARKS: usize = 8;

/// The clock of a simulation.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    start: Timestamp,
    zone: TimeZone,
    /// The name of the zone.
    pub(super) name: String,
    /// Length of the simulation in seconds.
    pub(super) length: f64,
}

impl Clock {
    pub(super) fn new(clock: &documents::Clock) -> Result<Clock, Unreadable> {
        let zone = TimeZone::get(&clock.zone);
        let zone = zone.map_err(|error| Unreadable::new(format!("summary.json: {error}")))?;
        let length = clock.end.duration_since(clock.start).as_secs_f64();
        Ok(Clock { start: clock.start, zone, name: clock.zone.clone(), length })
    }

    /// The start, in milliseconds since 1970.
    pub(super) fn start_ms(&self) -> i64 {
        self.start.as_millisecond()
    }

    /// Whether local time is UTC.
    pub(super) fn is_utc(&self) -> bool {
        matches!(self.name.as_str(), "UTC" | "Etc/UTC")
    }

    fn at(&self, seconds: f64) -> Timestamp {
        let after = SignedDuration::try_from_secs_f64(seconds).unwrap_or_default();
        self.start.checked_add(after).unwrap_or(Timestamp::MAX)
    }

    fn local(&self, seconds: f64) -> Zoned {
        self.at(seconds).to_zoned(self.zone.clone())
    }

    /// The time of day.
    pub(super) fn time(&self, seconds: f64) -> String {
        self.local(seconds).strftime("%H:%M:%S").to_string()
    }

    /// The time of day in UTC.
    pub(super) fn utc(&self, seconds: f64) -> String {
        self.at(seconds).strftime("%H:%M:%S").to_string()
    }

    /// Both, for machines and for whoever points at a time.
    pub(super) fn rfc3339(&self, seconds: f64) -> String {
        format!("{:.3}", self.at(seconds).round(jiff::Unit::Millisecond).unwrap_or_default())
    }

    /// The day.
    pub(super) fn day(&self, seconds: f64) -> String {
        self.local(seconds).strftime("%A %-d %B %Y").to_string()
    }

    /// The time of day of a timestamp, with its day where the run has several.
    pub(super) fn moment(&self, when: Timestamp) -> String {
        let several = self.day(0.0) != self.day(self.length);
        let pattern = if several { "%a %H:%M:%S" } else { "%H:%M:%S" };
        when.to_zoned(self.zone.clone()).strftime(pattern).to_string()
    }

    /// The marks of an axis: full minutes or hours of local time, each with its local and its UTC
    /// label.
    pub(super) fn marks(&self, from: f64, to: f64) -> Vec<(f64, String, String)> {
        let begin = self.start.as_second() + i64::from(self.local(from).offset().seconds());
        let marks = axis::round_times(begin, (from, to), MARKS).into_iter();
        let pattern = axis::pattern(to - from);
        let label = |mark| {
            let local = self.local(mark).strftime(pattern).to_string();
            (mark, local, self.at(mark).strftime(pattern).to_string())
        };
        marks.map(label).collect()
    }
}
