//! A stretch of a replication with everything that happens in it, up to a limit.

use crate::kernel::time::Instant;
use crate::sim::observation::{Observation, Observer};
use std::collections::VecDeque;

/// Which stretch of time is kept, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first instant that counts.
    pub from: Instant,
    /// The instant that it is about. Where there is too much, what is nearest to it is kept.
    pub at: Instant,
    /// The last instant that counts.
    pub to: Instant,
    /// At most so many events are kept.
    pub limit: usize,
}

/// Keeps what happens in a stretch of time, if a filter wants it. It never holds more than twice
/// the limit.
#[derive(Clone, Debug)]
pub struct Tracer<F> {
    span: Span,
    wanted: F,
    /// Before the instant that it is about; the oldest are given up first.
    before: VecDeque<(Instant, Observation)>,
    /// From that instant on; what comes last is given up.
    after: Vec<(Instant, Observation)>,
    left_out: u64,
}

/// What was kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// The events in the order in which they happened.
    pub events: Vec<(Instant, Observation)>,
    /// Events of the stretch that the filter wanted and for which there was no room.
    pub left_out: u64,
}

impl<F: Fn(&Observation) -> bool> Tracer<F> {
    /// Keeps nothing yet.
    pub fn new(span: Span, wanted: F) -> Tracer<F> {
        Tracer { span, wanted, before: VecDeque::new(), after: Vec::new(), left_out: 0 }
    }

    /// What was kept: of too many half before and half after the instant, and if there are fewer
    /// on one side, more of the other.
    pub fn finish(self) -> Trace {
        let Tracer { span, before, mut after, mut left_out, .. } = self;
        let room = span.limit.saturating_sub(before.len()).max(span.limit.div_ceil(2));
        left_out += after.len().saturating_sub(room) as u64;
        after.truncate(room);
        let surplus = (before.len() + after.len()).saturating_sub(span.limit);
        left_out += surplus as u64;
        let mut events: Vec<_> = before.into_iter().skip(surplus).collect();
        events.append(&mut after);
        Trace { events, left_out }
    }
}

impl<F: Fn(&Observation) -> bool> Observer for Tracer<F> {
    fn observe(&mut self, now: Instant, seen: &Observation) {
        let span = &self.span;
        if now < span.from || now > span.to || !(self.wanted)(seen) {
            return;
        }
        if now < span.at {
            self.before.push_back((now, *seen));
            if self.before.len() > span.limit {
                self.before.pop_front();
                self.left_out += 1;
            }
        } else if self.after.len() < span.limit {
            self.after.push((now, *seen));
        } else {
            self.left_out += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Instant {
        Instant::from_nanos(second * 1_000_000_000)
    }

    /// Seconds of what is kept of an event each second from 0 to 100, and how much is left out.
    fn kept(from: u64, about: u64, to: u64, limit: usize) -> (Vec<u64>, u64) {
        let span = Span { from: at(from), at: at(about), to: at(to), limit };
        let mut tracer = Tracer::new(span, |seen: &Observation| *seen != Observation::FleetDown);
        for second in 0..=100 {
            tracer.observe(at(second), &Observation::Detected);
            tracer.observe(at(second), &Observation::FleetDown);
        }
        let trace = tracer.finish();
        (trace.events.iter().map(|(at, _)| at.as_secs_f64() as u64).collect(), trace.left_out)
    }

    #[test]
    fn a_stretch_has_both_its_ends() {
        assert_eq!(kept(10, 11, 13, 9), (vec![10, 11, 12, 13], 0));
        assert_eq!(kept(10, 11, 13, 4), (vec![10, 11, 12, 13], 0));
    }

    #[test]
    fn where_there_is_too_much_what_is_nearest_is_kept() {
        assert_eq!(kept(0, 50, 100, 4), (vec![48, 49, 50, 51], 97));
        assert_eq!(kept(0, 50, 100, 5), (vec![48, 49, 50, 51, 52], 96));
        assert_eq!(kept(50, 50, 100, 3), (vec![50, 51, 52], 48));
        assert_eq!(kept(49, 50, 100, 4), (vec![49, 50, 51, 52], 48));
        assert_eq!(kept(0, 100, 100, 4), (vec![97, 98, 99, 100], 97));
        assert_eq!(kept(0, 50, 100, 1), (vec![50], 100));
    }
}
