//! The course of a rate over time.

use crate::kernel::chance::Sequence;
use crate::kernel::dist::Dist;
use crate::kernel::time::Instant;

/// The most stretches of a course that is drawn.
pub const STRETCHES_MAX: usize = 1 << 22;

/// A stretch of time over which a rate changes linearly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Where it begins.
    pub start: Instant,
    /// Where it ends, later than `start`.
    pub end: Instant,
    /// Arrivals per second at the start, not negative.
    pub from: f64,
    /// Arrivals per second just before the end, not negative.
    pub to: f64,
}

/// The course of a rate over time: stretches in order, without overlap. Between them the rate is
/// zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    pub(super) stretches: Vec<Stretch>,
    /// The length of each in seconds, and by how much its rate grows in a second.
    pub(super) lines: Vec<(f64, f64)>,
}

impl Course {
    /// The course made of these stretches; empty ones are left out.
    ///
    /// # Panics
    /// If they overlap or are out of order, or a rate is negative or not finite.
    pub fn new(stretches: Vec<Stretch>) -> Course {
        let stretches: Vec<Stretch> = stretches.into_iter().filter(|s| s.start < s.end).collect();
        for pair in stretches.windows(2) {
            assert!(pair[0].end <= pair[1].start, "stretches of a course overlap");
        }
        for s in &stretches {
            let valid = |rate: f64| rate.is_finite() && rate >= 0.0;
            assert!(valid(s.from) && valid(s.to), "a rate is negative or not finite");
        }
        let line = |s: &Stretch| (s.end.since(s.start).as_secs_f64(), slope(s));
        Course { lines: stretches.iter().map(line).collect(), stretches }
    }

    /// The same rate for ever from `start` on.
    ///
    /// # Panics
    /// If the rate is negative or not finite.
    pub fn constant(start: Instant, rate: f64) -> Course {
        Course::new(vec![Stretch { start, end: Instant::NEVER, from: rate, to: rate }])
    }

    /// A course that goes through states in order, again and again, until `end`: each has its rate,
    /// in arrivals per second, and how long it lasts, drawn every time from `sequence`.
    pub fn modulated(states: &[(f64, Dist)], end: Instant, mut sequence: Sequence) -> Course {
        let mut stretches = Vec::new();
        let mut start = Instant::START;
        for (rate, lasting) in states.iter().cycle() {
            if start >= end || stretches.len() >= STRETCHES_MAX {
                break;
            }
            let next = start.saturating_add(lasting.sample(&mut sequence.die(0)));
            sequence.advance();
            stretches.push(Stretch { start, end: next, from: *rate, to: *rate });
            start = next;
        }
        Course::new(stretches)
    }

    /// The same with every rate multiplied by `factor`, which is finite and not negative.
    pub fn scaled(&self, factor: f64) -> Course {
        let scaled = |s: &Stretch| Stretch { from: s.from * factor, to: s.to * factor, ..*s };
        Course::new(self.stretches.iter().map(scaled).collect())
    }

    /// The rate at `when`, in arrivals per second.
    pub fn rate(&self, when: Instant) -> f64 {
        let first = self.stretches.partition_point(|s| s.end <= when);
        let found = self.stretches.get(first).filter(|s| s.start <= when);
        found.map_or(0.0, |s| s.from + slope(s) * when.since(s.start).as_secs_f64())
    }

    /// The expected number of arrivals in `[from, to)`.
    pub fn mean_arrivals(&self, from: Instant, to: Instant) -> f64 {
        let part = |s: &Stretch| {
            let (a, b) = (s.start.max(from), s.end.min(to));
            if a >= b {
                return 0.0;
            }
            let rate_at = |t: Instant| s.from + slope(s) * t.since(s.start).as_secs_f64();
            0.5 * (rate_at(a) + rate_at(b)) * b.since(a).as_secs_f64()
        };
        self.stretches.iter().map(part).sum()
    }

    /// The highest rate in `[from, to)`, in arrivals per second.
    pub fn highest_rate(&self, from: Instant, to: Instant) -> f64 {
        let highest = |s: &Stretch| {
            let (a, b) = (s.start.max(from), s.end.min(to));
            let rate_at = |t: Instant| s.from + slope(s) * t.since(s.start).as_secs_f64();
            if a >= b { 0.0 } else { rate_at(a).max(rate_at(b)) }
        };
        let from = self.stretches.partition_point(|s| s.end <= from);
        let there = self.stretches[from..].iter().take_while(|s| s.start < to);
        there.map(highest).fold(0.0, f64::max)
    }

    /// When it ends: from then on the rate is zero.
    pub fn end(&self) -> Instant {
        let mut late = self.stretches.iter().rev();
        late.find(|s| s.from.max(s.to) > 0.0).map_or(Instant::START, |s| s.end)
    }

    /// The stretches that lie in `[from, to)`, whole or in part.
    pub(super) fn within(&self, from: Instant, to: Instant) -> &[Stretch] {
        let first = self.stretches.partition_point(|s| s.end <= from);
        let past = self.stretches.partition_point(|s| s.start < to);
        &self.stretches[first..past.max(first)]
    }

    /// From when on it may differ from another course: the start of the first stretch that the two
    /// do not share; `None` if they are the same.
    pub fn parts_from(&self, other: &Course) -> Option<Instant> {
        let (mine, theirs) = (&self.stretches, &other.stretches);
        let shared = mine.iter().zip(theirs).take_while(|(one, another)| one == another).count();
        [mine.get(shared), theirs.get(shared)].into_iter().flatten().map(|s| s.start).min()
    }

    /// The first stretch that has not ended at `when`, and how many seconds of it have passed.
    pub(super) fn position(&self, when: Instant) -> (usize, f64) {
        let stretch = self.stretches.partition_point(|s| s.end <= when);
        let start = self.stretches.get(stretch).map_or(when, |s| s.start.min(when));
        (stretch, when.since(start).as_secs_f64())
    }

    /// The stretches.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }
}

fn slope(s: &Stretch) -> f64 {
    (s.to - s.from) / s.end.since(s.start).as_secs_f64()
}
