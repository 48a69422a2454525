//! Load sources: Poisson arrivals whose rate follows a given course, exactly.

use crate::kernel::chance::Sequence;
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

/// The course of a rate over time: stretches in order, without overlap. Between them the rate is zero.
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

    /// The stretches.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }
}

fn slope(s: &Stretch) -> f64 {
    (s.to - s.from) / s.end.since(s.start).as_secs_f64()
}

/// The arrivals of one source, in order.
///
/// The gap between two arrivals is a standard exponential in units of expected arrivals, so the n-th
/// arrival is the point where the integral of the rate reaches the sum of n exponentials. Nothing is
/// thinned or rejected: the process has exactly the course's rate, and a change of the rate moves
/// arrivals without exchanging them for others.
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
}

impl Arrivals {
    /// The arrivals of a course, drawn from `sequence`.
    pub fn new(course: Course, sequence: Sequence) -> Arrivals {
        let mut arrivals =
            Arrivals { course, sequence, stretch: 0, offset: 0.0, pending_time: Instant::START };
        arrivals.pending_time = arrivals.find_next();
        arrivals
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
        self.sequence.advance();
        self.pending_time = self.find_next();
    }

    #[inline]
    fn find_next(&mut self) -> Instant {
        let mut mass = ziggurat::exponential(&mut self.sequence.die(die::GAP));
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

    /// Keeps the rate at its value at `now` from the pending arrival on, for ever.
    pub fn freeze(&mut self, now: Instant) {
        let rate = self.course.rate(now);
        let (start, end) = (self.pending_time, Instant::NEVER);
        self.change_course(Course::new(vec![Stretch { start, end, from: rate, to: rate }]));
    }

    /// Follows another course from the pending arrival on, which keeps its time.
    ///
    /// Where both courses share the stretch in hand, arrivals within it stay the same to the bit.
    pub fn change_course(&mut self, course: Course) {
        let current = self.course.stretches.get(self.stretch);
        if let Some(same) = course.stretches.iter().position(|s| Some(s) == current) {
            self.stretch = same;
            self.course = course;
            return;
        }
        let last = self.pending_time;
        let passed = course.stretches.iter().take_while(|s| s.end <= last).count();
        self.offset = course
            .stretches
            .get(passed)
            .map_or(0.0, |s| if s.start < last { last.since(s.start).as_secs_f64() } else { 0.0 });
        self.stretch = passed;
        self.course = course;
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
        while arrivals.time() < now {
            arrivals.advance();
        }
        let pending = arrivals.time();
        arrivals.freeze(now);
        assert!((arrivals.rate(Instant::from_nanos(u64::MAX / 2)) - 100.0).abs() < 1e-9);
        assert_eq!(arrivals.time(), pending, "the pending arrival comes first");
        arrivals.advance();
        assert!(arrivals.time() >= pending);
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
                b.change_course(ramp());
            }
        }
    }
}
