//! Load sources: Poisson arrivals whose rate follows a given course, exactly.

use crate::kernel::chance::{Sequence, unit};
use crate::kernel::dist::Dist;
use crate::kernel::time::Instant;
use crate::kernel::ziggurat;

/// Which die of an arrival's draw is thrown for what.
pub mod die {
    /// The exponential that separates this arrival from the one before.
    pub const GAP: usize = 0;
    /// The balancer's choice, where it chooses at random.
    pub const PICK: usize = 1;
    /// The client's patience.
    pub const PATIENCE: usize = 2;
    /// The demand of the first stage; the others follow.
    pub const FIRST_STAGE: usize = 3;
}

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
    stretches: Vec<Stretch>,
    /// The length of each in seconds, and by how much its rate grows in a second.
    lines: Vec<(f64, f64)>,
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

    /// The rate at `when`, in arrivals per second.
    pub fn rate(&self, when: Instant) -> f64 {
        let found = self.stretches.iter().find(|s| s.start <= when && when < s.end);
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

    /// From when on it may differ from another course: the start of the first stretch that the two
    /// do not share; `None` if they are the same.
    pub fn parts_from(&self, other: &Course) -> Option<Instant> {
        let (mine, theirs) = (&self.stretches, &other.stretches);
        let shared = mine.iter().zip(theirs).take_while(|(one, another)| one == another).count();
        [mine.get(shared), theirs.get(shared)].into_iter().flatten().map(|s| s.start).min()
    }

    /// The first stretch that has not ended at `when`, and how many seconds of it have passed.
    fn position(&self, when: Instant) -> (usize, f64) {
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

/// How many requests come at the same time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Batch {
    /// So many, at least 1.
    Always(u32),
    /// One and more, with this mean; after each another follows with the same probability.
    Geometric(f64),
}

impl Batch {
    fn mean(self) -> f64 {
        match self {
            Batch::Always(size) => f64::from(size),
            Batch::Geometric(mean) => mean,
        }
    }
}

/// What is left of a batch, and what draws the size of the next.
#[derive(Clone, Debug)]
struct Batches {
    batch: Batch,
    sizes: Sequence,
    /// Requests of the batch after the pending one.
    left: u32,
    /// Whether the pending one is not the first of its batch.
    begun: bool,
}

impl Batches {
    /// Draws the size of the next batch, of which the first request is pending.
    fn begin(&mut self) {
        self.left = match self.batch {
            Batch::Always(size) => size - 1,
            Batch::Geometric(mean) => {
                // Another follows with probability 1 - 1 / mean.
                let ratio = libm::log(1.0 - unit(&mut self.sizes.die(0)));
                let base = libm::log(1.0 - 1.0 / mean);
                if base < 0.0 { (ratio / base).min(f64::from(u32::MAX)) as u32 } else { 0 }
            }
        };
        self.sizes.advance();
        self.begun = false;
    }
}

/// The arrivals of one source, in order.
///
/// The gap between two arrivals is a standard exponential in units of expected arrivals, so the
/// n-th arrival is the point where the integral of the rate reaches the sum of n exponentials.
/// Nothing is thinned or rejected: the process has exactly the course's rate, and a change of the
/// rate moves arrivals without exchanging them for others.
#[derive(Clone, Debug)]
pub struct Arrivals {
    course: Course,
    /// Its draw in hand is that of the pending arrival.
    sequence: Sequence,
    /// The stretch in which the last arrival fell.
    stretch: usize,
    /// Seconds from that stretch's start to the last arrival.
    offset: f64,
    pending_time: Instant,
    origin: Origin,
    /// Without it requests come one by one.
    batches: Option<Box<Batches>>,
}

/// Where the gap before the pending arrival begins.
#[derive(Clone, Copy, Debug)]
struct Origin {
    time: Instant,
    stretch: usize,
    offset: f64,
    /// The part of the gap that had passed by then, in expected arrivals.
    spent: f64,
}

impl Arrivals {
    /// The arrivals of a course, drawn from `sequence`.
    pub fn new(course: Course, sequence: Sequence) -> Arrivals {
        let pending_time = Instant::START;
        let origin = Origin { time: pending_time, stretch: 0, offset: 0.0, spent: 0.0 };
        let mut arrivals = Arrivals {
            course,
            sequence,
            stretch: 0,
            offset: 0.0,
            pending_time,
            origin,
            batches: None,
        };
        arrivals.pending_time = arrivals.find_next();
        arrivals
    }

    /// The same in batches, whose sizes are drawn from `sizes`; the course counts requests.
    pub fn in_batches(mut self, batch: Batch, sizes: Sequence) -> Arrivals {
        if batch != Batch::Always(1) {
            let mut batches = Batches { batch, sizes, left: 0, begun: false };
            batches.begin();
            self.batches = Some(Box::new(batches));
            (self.stretch, self.offset) = (self.origin.stretch, self.origin.offset);
            self.pending_time = self.find_next();
        }
        self
    }

    /// The time of the pending arrival; [`Instant::NEVER`] when the course has ended.
    #[inline]
    pub fn time(&self) -> Instant {
        self.pending_time
    }

    /// The draw of the pending arrival; its occurrence is the arrival's number.
    #[inline]
    pub fn draw(&self) -> &Sequence {
        &self.sequence
    }

    /// Moves on to the next arrival.
    #[inline]
    pub fn advance(&mut self) {
        if self.batches.is_some() && self.is_followed() {
            return;
        }
        let (time, stretch, offset) = (self.pending_time, self.stretch, self.offset);
        self.origin = Origin { time, stretch, offset, spent: 0.0 };
        self.sequence.advance();
        self.pending_time = self.find_next();
    }

    /// Whether the pending arrival is followed by one of the same batch; if so, that one is pending
    /// now.
    #[cold]
    fn is_followed(&mut self) -> bool {
        let Some(batches) = &mut self.batches else { return false };
        if batches.left == 0 {
            batches.begin();
            return false;
        }
        batches.left -= 1;
        batches.begun = true;
        self.sequence.advance();
        true
    }

    #[inline]
    fn find_next(&mut self) -> Instant {
        let mut gap = ziggurat::exponential(&mut self.sequence.die(die::GAP));
        if let Some(batches) = &self.batches {
            gap *= batches.batch.mean();
        }
        let mut mass = (gap - self.origin.spent).max(0.0);
        while let Some(s) = self.course.stretches.get(self.stretch) {
            let (length, slope) = self.course.lines[self.stretch];
            let rate = s.from + slope * self.offset;
            let left = length - self.offset;
            let here = 0.5 * (rate + s.to) * left;
            if here > mass {
                let root = (rate * rate + 2.0 * slope * mass).max(0.0).sqrt();
                self.offset += 2.0 * mass / (rate + root);
                let ns = (self.offset * 1e9 + 0.5) as u64;
                return Instant::from_nanos((s.start.as_nanos() + ns).min(s.end.as_nanos()));
            }
            mass -= here;
            self.stretch += 1;
            self.offset = 0.0;
        }
        Instant::NEVER
    }

    /// Keeps the rate at its value at `now` for ever; returns the time of the pending arrival then.
    pub fn freeze(&mut self, now: Instant) -> Instant {
        let rate = self.course.rate(now);
        self.change_course(Course::constant(now, rate), now)
    }

    /// Follows another course from `now` on, which is not later than the pending arrival; returns
    /// the time of that arrival under it.
    ///
    /// Where the courses agree up to `now`, the arrivals are to the bit those of a source that has
    /// followed the new course all along.
    pub fn change_course(&mut self, course: Course, now: Instant) -> Instant {
        if course == self.course {
            return self.pending_time;
        }
        // The rest of a batch comes at once, whatever the rate.
        if self.batches.as_ref().is_some_and(|batches| batches.begun) {
            (self.stretch, self.offset) = course.position(self.pending_time);
            self.course = course;
            return self.pending_time;
        }
        let since = self.origin.time;
        let passed = |course: &Course| -> Vec<Stretch> {
            let all = course.stretches.iter();
            all.filter(|s| s.end > since && s.start < now).copied().collect()
        };
        if passed(&course) == passed(&self.course) {
            let current = self.course.stretches.get(self.origin.stretch);
            match course.stretches.iter().position(|s| Some(s) == current) {
                Some(same) => self.origin.stretch = same,
                None => (self.origin.stretch, self.origin.offset) = course.position(since),
            }
        } else {
            self.origin.spent += self.course.mean_arrivals(since, now);
            self.origin.time = now;
            (self.origin.stretch, self.origin.offset) = course.position(now);
        }
        self.course = course;
        (self.stretch, self.offset) = (self.origin.stretch, self.origin.offset);
        self.pending_time = self.find_next().max(now);
        self.pending_time
    }

    /// The rate at `when`, in arrivals per second.
    pub fn rate(&self, when: Instant) -> f64 {
        self.course.rate(when)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::chance::{Purpose, Seed, Streams};
    use crate::kernel::time::Duration;

    fn ramp() -> Course {
        let at = |s: u64| Instant::from_nanos(s * 1_000_000_000);
        Course::new(vec![
            Stretch { start: at(0), end: at(100), from: 50.0, to: 150.0 },
            Stretch { start: at(200), end: at(300), from: 100.0, to: 0.0 },
        ])
    }

    #[test]
    fn counts_match_the_integral_of_the_rate() {
        let streams = Streams::new(Seed(5));
        let runs = 400;
        // Expected: 10,000 and 5,000 arrivals; first half of the ramp 3,750.
        let (mut first, mut half, mut second) = (0.0, 0.0, 0.0);
        for run in 0..runs {
            let mut arrivals = Arrivals::new(ramp(), streams.sequence(Purpose(0), run));
            while arrivals.time() != Instant::NEVER {
                let s = arrivals.time().as_secs_f64();
                assert!(!(100.1..200.0).contains(&s), "no arrival falls where the rate is zero");
                first += f64::from(s < 150.0);
                half += f64::from(s < 50.0);
                second += f64::from(s > 150.0);
                arrivals.advance();
            }
        }
        // 3.3 standard errors of a Poisson count.
        for (count, mean) in [(first, 10_000.0), (half, 3_750.0), (second, 5_000.0)] {
            let expected = mean * runs as f64;
            assert!((count - expected).abs() < 3.3 * expected.sqrt(), "{count} for {expected}");
        }
        let whole = ramp().mean_arrivals(Instant::START, Instant::NEVER);
        assert!((whole - 15_000.0).abs() < 1e-6);
    }

    #[test]
    fn a_frozen_rate_stays() {
        let streams = Streams::new(Seed(5));
        let mut arrivals = Arrivals::new(ramp(), streams.sequence(Purpose(0), 0));
        let now = Instant::from_nanos(50_000_000_000);
        let mut pending = arrivals.time();
        while pending < now {
            arrivals.advance();
            pending = arrivals.time();
        }
        pending = arrivals.freeze(now);
        assert!((arrivals.rate(Instant::from_nanos(u64::MAX / 2)) - 100.0).abs() < 1e-9);
        let mut count = 0.0;
        while pending < now + Duration::from_secs(1_000) {
            assert!(pending >= now);
            count += 1.0;
            arrivals.advance();
            pending = arrivals.time();
        }
        assert!((count - 100_000.0_f64).abs() < 3.3 * 317.0, "{count} arrivals in 1,000 s");
    }

    #[test]
    fn what_has_not_begun_when_the_rate_is_frozen_never_does() {
        let streams = Streams::new(Seed(5));
        let at = |s: u64| Instant::from_nanos(s * 1_000_000_000);
        let late = Stretch { start: at(100), end: at(200), from: 10.0, to: 10.0 };
        let course = Course::new(vec![late]);
        let mut arrivals = Arrivals::new(course, streams.sequence(Purpose(0), 0));
        assert!(arrivals.time() > at(100));
        assert_eq!(arrivals.freeze(at(50)), Instant::NEVER);
    }

    /// A ramp that is followed by another one 50 s later, at 150 s instead of 200 s.
    #[test]
    fn a_course_that_agrees_so_far_could_have_been_followed_all_along() {
        let streams = Streams::new(Seed(5));
        let at = |s: u64| Instant::from_nanos(s * 1_000_000_000);
        let other = Course::new(vec![
            Stretch { start: at(0), end: at(100), from: 50.0, to: 150.0 },
            Stretch { start: at(150), end: at(300), from: 100.0, to: 0.0 },
        ]);
        for change in [0, 1, 50, 99, 100, 120, 149, 150] {
            let mut a = Arrivals::new(ramp(), streams.sequence(Purpose(0), change));
            let mut b = Arrivals::new(other.clone(), streams.sequence(Purpose(0), change));
            let (mut from_a, mut from_b) = (a.time(), b.time());
            while from_a <= at(change) {
                assert_eq!(from_a, from_b);
                a.advance();
                b.advance();
                (from_a, from_b) = (a.time(), b.time());
            }
            from_a = a.change_course(other.clone(), at(change));
            for n in 0..1000 {
                assert_eq!(from_a, from_b, "arrival {n} after a change at {change} s");
                a.advance();
                b.advance();
                (from_a, from_b) = (a.time(), b.time());
            }
        }
    }

    /// Ten per second until 100 s, a hundred from then on: what has passed of the gap at the change
    /// counts, so the process has exactly the new rate at once.
    #[test]
    fn a_course_that_differs_applies_at_once() {
        let streams = Streams::new(Seed(5));
        let at = |s: u64| Instant::from_nanos(s * 1_000_000_000);
        let constant =
            |rate| Course::new(vec![Stretch { start: at(0), end: at(1000), from: rate, to: rate }]);
        let runs = 20_000;
        let mut count = 0.0;
        for run in 0..runs {
            let mut arrivals = Arrivals::new(constant(0.1), streams.sequence(Purpose(0), run));
            let mut time = arrivals.time();
            while time <= at(100) {
                arrivals.advance();
                time = arrivals.time();
            }
            time = arrivals.change_course(constant(1.0), at(100));
            assert!(time >= at(100));
            while time <= at(103) {
                count += 1.0;
                arrivals.advance();
                time = arrivals.time();
            }
        }
        let expected = 3.0 * runs as f64;
        assert!((count - expected).abs() < 3.3 * expected.sqrt(), "{count} for {expected}");
    }

    #[test]
    fn the_same_course_again_changes_nothing() {
        let streams = Streams::new(Seed(5));
        let mut a = Arrivals::new(ramp(), streams.sequence(Purpose(0), 0));
        let mut b = a.clone();
        for n in 0..12_000 {
            assert_eq!(a.time(), b.time(), "arrival {n}");
            a.advance();
            b.advance();
            if n % 1000 == 0 {
                b.change_course(ramp(), b.pending_time);
            }
        }
    }
}
