//! The arrivals of a source.

use super::batch::{Batch, Batches};
use super::cells::Cells;
use super::course::{Course, Stretch};
use super::die;
use super::recorded::{RateFeed, Recording, RequestFeed};
use crate::kernel::chance::Sequence;
use crate::kernel::time::{Duration, Instant};
use crate::kernel::ziggurat;

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
    /// What makes them other than requests that come one by one along a course in memory.
    other: Option<Box<Other>>,
}

/// What few sources are.
#[derive(Clone, Debug)]
enum Other {
    /// Several requests come at a time.
    Batches(Batches),
    /// They are drawn cell by cell.
    Cells(Cells),
    /// The course is read from a recording, piece by piece.
    Rates(RateFeed),
    /// The requests themselves are; the course is what they amount to.
    Requests(RequestFeed),
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
            other: None,
        };
        arrivals.pending_time = arrivals.find_next();
        arrivals
    }

    /// The arrivals of a recording with rates.
    ///
    /// # Panics
    /// Here and later if the recording is not as it must be.
    pub fn along(recording: &Recording, sequence: Sequence) -> Arrivals {
        let mut arrivals = Arrivals::new(Course::default(), sequence);
        arrivals.other = Some(Box::new(Other::Rates(RateFeed::new(recording))));
        arrivals.pending_time = arrivals.find_next();
        arrivals
    }

    /// The arrivals of a recording of single requests, which amount to the course `expected`; how
    /// often each of them comes is drawn from `copies`.
    ///
    /// # Panics
    /// Here and later if the recording is not as it must be.
    pub fn replayed(
        recording: &Recording,
        expected: Course,
        sequence: Sequence,
        copies: Sequence,
    ) -> Arrivals {
        let mut arrivals = Arrivals::new(Course::default(), sequence);
        let feed = RequestFeed::new(recording, copies);
        arrivals.course = expected;
        arrivals.pending_time = feed.pending;
        arrivals.other = Some(Box::new(Other::Requests(feed)));
        arrivals
    }

    /// The same in batches, whose sizes are drawn from `sizes`; the course counts requests.
    pub fn in_batches(mut self, batch: Batch, sizes: Sequence) -> Arrivals {
        if batch != Batch::Always(1) {
            let mut batches = Batches { batch, sizes, left: 0, begun: false };
            batches.begin();
            self.other = Some(Box::new(Other::Batches(batches)));
            (self.stretch, self.offset) = (self.origin.stretch, self.origin.offset);
            self.pending_time = self.find_next();
        }
        self
    }

    /// The same law up to the horizon, drawn in cells of this length, so that arrivals can be
    /// passed over; `counts` says how many there are in each. They are other arrivals than without
    /// cells.
    pub fn in_cells(mut self, length: Duration, horizon: Instant, counts: Sequence) -> Arrivals {
        self.other = Some(Box::new(Other::Cells(Cells::new(length, horizon, counts))));
        self.begin_cell(0);
        self
    }

    /// Passes over all arrivals before `until`, of arrivals in cells; how many that are.
    pub fn pass(&mut self, until: Instant) -> u64 {
        let mut passed = 0;
        while self.pending_time < until {
            let Some(Other::Cells(cells)) = self.other.as_deref() else { return passed };
            passed += 1;
            if cells.end() <= until {
                passed += cells.left;
                let next = cells.number + 1;
                self.begin_cell(next);
            } else {
                self.follow_in_cell();
            }
        }
        passed
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
        if self.other.is_some() && self.is_followed() {
            return;
        }
        let (time, stretch, offset) = (self.pending_time, self.stretch, self.offset);
        self.origin = Origin { time, stretch, offset, spent: 0.0 };
        self.sequence.advance();
        self.pending_time = self.find_next();
    }

    /// The class of the pending arrival, if a recording tells it.
    #[inline(never)]
    pub fn class(&self) -> Option<u32> {
        match self.other.as_deref() {
            Some(Other::Requests(feed)) => feed.class(),
            Some(Other::Batches(_) | Other::Cells(_) | Other::Rates(_)) | None => None,
        }
    }

    /// Whether the pending arrival is followed by one that no gap separates from it by law: one of
    /// the same batch, or of a recording. If so, that one is pending now.
    #[cold]
    fn is_followed(&mut self) -> bool {
        match self.other.as_deref_mut() {
            None => return false,
            Some(Other::Batches(batches)) if batches.left == 0 => {
                batches.begin();
                return false;
            }
            Some(Other::Batches(batches)) => {
                batches.left -= 1;
                batches.begun = true;
            }
            Some(Other::Rates(feed)) => {
                feed.begin_gap();
                return false;
            }
            Some(Other::Cells(_)) => {
                self.follow_in_cell();
                return true;
            }
            Some(Other::Requests(feed)) => {
                feed.advance();
                self.pending_time = feed.pending;
            }
        }
        self.sequence.advance();
        true
    }

    /// Turns to the first arrival from the start of this cell on.
    fn begin_cell(&mut self, mut number: u64) {
        loop {
            let Some(Other::Cells(cells)) = self.other.as_deref_mut() else { return };
            cells.number = number;
            let (start, end) = (cells.start(), cells.end());
            if start >= self.course.end().min(cells.horizon) {
                (cells.left, self.pending_time) = (0, Instant::NEVER);
                return;
            }
            let first = cells.begin(self.course.mean_arrivals(start, end));
            if cells.left > 0 {
                self.sequence.seek(first);
                (self.stretch, self.offset) = self.course.position(start);
                self.place_in_cell();
                return;
            }
            number += 1;
        }
    }

    /// Turns from the pending arrival to the next.
    fn follow_in_cell(&mut self) {
        let Some(Other::Cells(cells)) = self.other.as_deref() else { return };
        if cells.left == 0 {
            let next = cells.number + 1;
            self.begin_cell(next);
        } else {
            self.sequence.advance();
            self.place_in_cell();
        }
    }

    /// Finds the time of the pending arrival, one of those that are left in the cell.
    fn place_in_cell(&mut self) {
        let exponential = ziggurat::exponential(&mut self.sequence.die(die::GAP));
        let Some(Other::Cells(cells)) = self.other.as_deref_mut() else { return };
        let (gap, end) = (cells.gap(exponential), cells.end());
        // The last of a cell may be pushed over its end by the last bit.
        self.pending_time = self.go(gap).unwrap_or(end).min(end);
    }

    /// Goes on along another course in cells. The count of the cell in hand is drawn already, so
    /// the course has an effect on where its arrivals lie, and on the counts from the next cell on.
    /// Before anything has happened the first cell is drawn anew.
    fn change_course_in_cells(&mut self, course: Course, now: Instant) -> Instant {
        let Some(Other::Cells(cells)) = self.other.as_deref_mut() else { return self.pending_time };
        let in_hand = now.as_nanos() / cells.length.as_nanos();
        let before = std::mem::replace(&mut self.course, course);
        if now == Instant::START {
            self.begin_cell(0);
            return self.pending_time;
        }
        if cells.number != in_hand {
            // The one at hand had no more arrivals.
            self.begin_cell(in_hand + 1);
            return self.pending_time;
        }
        let (start, end) = (cells.start(), cells.end());
        if before.within(start, end) == self.course.within(start, end) {
            // What has been added up so far stays to the last bit.
            let current = before.stretches.get(self.stretch);
            let same = self.course.stretches.iter().position(|s| Some(s) == current);
            self.stretch = same.unwrap_or(self.stretch);
        } else {
            cells.rest = self.course.mean_arrivals(self.pending_time, end);
            (self.stretch, self.offset) = self.course.position(self.pending_time);
        }
        self.pending_time
    }

    #[inline(always)]
    fn find_next(&mut self) -> Instant {
        let mut gap = ziggurat::exponential(&mut self.sequence.die(die::GAP));
        if let Some(other) = &self.other
            && let Other::Batches(batches) = &**other
        {
            gap *= batches.batch.mean();
        }
        match self.go((gap - self.origin.spent).max(0.0)) {
            Ok(time) => time,
            Err(rest) => self.read_on(rest),
        }
    }

    /// Goes so many expected arrivals along the course in memory: the time reached, or what is left
    /// at its end.
    #[inline(always)]
    fn go(&mut self, mut mass: f64) -> Result<Instant, f64> {
        while let Some(s) = self.course.stretches.get(self.stretch) {
            let (length, slope) = self.course.lines[self.stretch];
            let rate = s.from + slope * self.offset;
            let left = length - self.offset;
            let here = 0.5 * (rate + s.to) * left;
            if here > mass {
                // Where the rate is constant the root is the rate, to the last digit.
                let root = match slope == 0.0 {
                    true => rate,
                    false => (rate * rate + 2.0 * slope * mass).max(0.0).sqrt(),
                };
                self.offset += 2.0 * mass / (rate + root);
                let ns = (self.offset * 1e9 + 0.5) as u64;
                return Ok(Instant::from_nanos((s.start.as_nanos() + ns).min(s.end.as_nanos())));
            }
            mass -= here;
            self.stretch += 1;
            self.offset = 0.0;
        }
        Err(mass)
    }

    /// Goes on with the next pieces of a recording, if there are any.
    #[cold]
    fn read_on(&mut self, mut mass: f64) -> Instant {
        loop {
            let Some(Other::Rates(feed)) = self.other.as_deref_mut() else {
                return Instant::NEVER;
            };
            let chunk = feed.chunk();
            if chunk.is_empty() {
                return Instant::NEVER;
            }
            self.course = Course::new(chunk);
            (self.stretch, self.offset) = (0, 0.0);
            match self.go(mass) {
                Ok(time) => return time,
                Err(rest) => mass = rest,
            }
        }
    }

    /// Keeps the rate at its value at `now` for ever; returns the time of the pending arrival then.
    pub fn freeze(&mut self, now: Instant) -> Instant {
        let stays = |other: &mut Box<Other>| matches!(**other, Other::Batches(_) | Other::Cells(_));
        match self.other.take_if(|other| !stays(other)).as_deref() {
            // The piece of the course that matters may not be the one in memory any more.
            Some(Other::Rates(feed)) => {
                let passed = Course::new(feed.since_origin(now.max(self.origin.time)));
                self.follow_from(now, Course::constant(now, passed.rate(now)), &passed)
            }
            Some(Other::Requests(_)) => {
                self.origin = Origin { time: now, stretch: 0, offset: 0.0, spent: 0.0 };
                let rate = self.course.rate(now);
                let passed = Course::default();
                self.follow_from(now, Course::constant(now, rate), &passed)
            }
            Some(Other::Batches(_) | Other::Cells(_)) | None => {
                let rate = self.course.rate(now);
                self.change_course(Course::constant(now, rate), now)
            }
        }
    }

    /// Follows another course from now on, after `passed` since the gap in hand began.
    fn follow_from(&mut self, now: Instant, course: Course, passed: &Course) -> Instant {
        self.origin.spent += passed.mean_arrivals(self.origin.time, now);
        self.origin.time = now;
        (self.origin.stretch, self.origin.offset) = course.position(now);
        self.course = course;
        (self.stretch, self.offset) = (self.origin.stretch, self.origin.offset);
        self.pending_time = self.find_next().max(now);
        self.pending_time
    }

    /// Follows another course from `now` on, which is not later than the pending arrival; returns
    /// the time of that arrival under it. Not for recordings.
    ///
    /// Where the courses agree up to `now`, the arrivals are to the bit those of a source that has
    /// followed the new course all along.
    pub fn change_course(&mut self, course: Course, now: Instant) -> Instant {
        if course == self.course {
            return self.pending_time;
        }
        if matches!(self.other.as_deref(), Some(Other::Cells(_))) {
            return self.change_course_in_cells(course, now);
        }
        // The rest of a batch comes at once, whatever the rate.
        if matches!(self.other.as_deref(), Some(Other::Batches(batches)) if batches.begun) {
            (self.stretch, self.offset) = course.position(self.pending_time);
            self.course = course;
            return self.pending_time;
        }
        let since = self.origin.time;
        let passed = |course: &Course| -> Vec<Stretch> {
            let all = course.stretches.iter();
            all.filter(|s| s.end > since && s.start < now).copied().collect()
        };
        if passed(&course) != passed(&self.course) {
            let before = std::mem::take(&mut self.course);
            return self.follow_from(now, course, &before);
        }
        let current = self.course.stretches.get(self.origin.stretch);
        match course.stretches.iter().position(|s| Some(s) == current) {
            Some(same) => self.origin.stretch = same,
            None => (self.origin.stretch, self.origin.offset) = course.position(since),
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

    /// The highest rate in `[from, to)`, in arrivals per second.
    pub fn highest_rate(&self, from: Instant, to: Instant) -> f64 {
        self.course.highest_rate(from, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::load::Stretch;
    use crate::fleet::load::recorded::Between;
    use crate::kernel::chance::{Purpose, Seed, Streams};
    use crate::kernel::time::Duration;
    use std::sync::Arc;

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

    fn in_cells(course: Course, number: u64) -> Arrivals {
        let streams = Streams::new(Seed(5));
        let counts = streams.sequence(Purpose(1), number);
        Arrivals::new(course, streams.sequence(Purpose(0), number)).in_cells(
            Duration::from_secs(7),
            Instant::NEVER,
            counts,
        )
    }

    /// Mean and variance of the number of arrivals in parts that are no whole cells, and where the
    /// first lies, against the law.
    #[test]
    fn arrivals_in_cells_follow_the_same_law() {
        let runs = 2000;
        let (mut early, mut squares, mut late, mut first) = (0.0, 0.0, 0.0, 0.0);
        for run in 0..runs {
            let mut arrivals = in_cells(ramp(), run);
            first += arrivals.time().as_secs_f64();
            let (mut count, mut last) = (0.0, Instant::START);
            while arrivals.time() != Instant::NEVER {
                let time = arrivals.time();
                assert!(time >= last, "arrivals come in order");
                last = time;
                let s = time.as_secs_f64();
                assert!(!(100.1..200.0).contains(&s), "no arrival falls where the rate is zero");
                count += f64::from(s < 31.0);
                late += f64::from(s > 250.0);
                arrivals.advance();
            }
            early += count;
            squares += count * count;
        }
        let runs = runs as f64;
        let near = |got: f64, expected: f64, error: f64| {
            assert!((got / runs - expected).abs() < 5.0 * error, "{} {expected}", got / runs);
        };
        // 31 s of a rate that rises from 50 by one a second; 50 s of one that falls from 50.
        let mean = 31.0 * 50.0 + 31.0 * 31.0 / 2.0;
        near(early, mean, (mean / runs).sqrt());
        near(late, 1250.0, (1250.0 / runs).sqrt());
        near(first, 0.02, 0.02 / runs.sqrt());
        let variance = squares / runs - (early / runs) * (early / runs);
        assert!((variance / mean - 1.0).abs() < 5.0 * (2.0 / runs).sqrt(), "{variance} {mean}");
    }

    /// Passing over arrivals leaves those that come later alone, wherever it ends.
    #[test]
    fn arrivals_that_are_passed_over_leave_the_others_alone() {
        for until in [0, 7, 14, 33, 98, 180, 231, 500] {
            let until = Instant::from_nanos(until * 1_000_000_000);
            let (mut one_by_one, mut passed) = (in_cells(ramp(), 3), in_cells(ramp(), 3));
            let mut count = 0;
            while one_by_one.time() < until {
                one_by_one.advance();
                count += 1;
            }
            assert_eq!(passed.pass(until), count, "until {until:?}");
            for _ in 0..1000 {
                assert_eq!(passed.time(), one_by_one.time());
                if passed.time() == Instant::NEVER {
                    break;
                }
                assert_eq!(passed.draw().occurrence(), one_by_one.draw().occurrence());
                passed.advance();
                one_by_one.advance();
            }
        }
    }

    /// A course that differs from a later cell on could have been followed all along.
    #[test]
    fn a_cell_keeps_its_count_when_the_course_changes() {
        let at = |s: u64| Instant::from_nanos(s * 1_000_000_000);
        let mut other = ramp().stretches().to_vec();
        other[1].from = 300.0;
        let other = Course::new(other);
        let (mut changed, mut followed) = (in_cells(ramp(), 4), in_cells(other.clone(), 4));
        while changed.time() < at(150) {
            assert_eq!(changed.time(), followed.time());
            let now = changed.time();
            changed.advance();
            followed.advance();
            if (at(60)..at(61)).contains(&now) || now > at(99) {
                assert_eq!(changed.change_course(other.clone(), now), followed.time());
            }
        }
        assert!(changed.time() > at(195), "the first after the gap");
        let rate = changed.rate(at(200));
        let frozen = changed.freeze(at(250));
        assert!((rate - 300.0).abs() < 1e-9 && frozen >= at(200));
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

    /// Rows every half a second, for a thousand of them: four pieces at a time.
    fn recording() -> (Recording, Course) {
        let rate = |n: usize| ((n * 37) % 41) as f64;
        let rows: String = (0..1000).map(|n| format!("{},{}\n", n as f64 / 2.0, rate(n))).collect();
        let end = Instant::from_nanos(600_000_000_000);
        let at = |n: usize| Instant::from_nanos(n as u64 * 500_000_000);
        let mut stretches: Vec<Stretch> = (0..999)
            .map(|n| Stretch { start: at(n), end: at(n + 1), from: rate(n), to: rate(n + 1) })
            .collect();
        stretches.push(Stretch { start: at(999), end, from: rate(999), to: rate(999) });
        let content = Arc::new(format!("time,rate\n{rows}").into_bytes());
        let (shift, factor, between) = (0, 1.0, Between::Lines);
        let recording = Recording { content, shift, factor, between, end, classes: Vec::new() };
        (recording, Course::new(stretches))
    }

    #[test]
    fn a_recording_is_followed_as_a_course_in_memory() {
        let streams = Streams::new(Seed(5));
        let (recording, course) = recording();
        let mut read = Arrivals::along(&recording, streams.sequence(Purpose(0), 0));
        let mut known = Arrivals::new(course, streams.sequence(Purpose(0), 0));
        let mut count = 0;
        while known.time() != Instant::NEVER {
            assert_eq!(read.time(), known.time(), "arrival {count}");
            // Frozen at some moment before the pending arrival, both go on alike.
            if count % 97 == 0 {
                let (mut a, mut b) = (read.clone(), known.clone());
                let last = known.origin.time.as_nanos();
                let now = Instant::from_nanos(last + (known.time().as_nanos() - last) / 3);
                let close = |a: Instant, b: Instant| a.as_nanos().abs_diff(b.as_nanos()) < 1_000;
                assert!(close(a.freeze(now), b.freeze(now)), "arrival {count}");
                for _ in 0..5 {
                    a.advance();
                    b.advance();
                    assert!(a.time() == b.time() || close(a.time(), b.time()), "arrival {count}");
                }
            }
            read.advance();
            known.advance();
            count += 1;
        }
        assert_eq!(read.time(), Instant::NEVER);
        assert!(count > 9_000, "{count}");
    }
}
