//! Timers that are nearly always cancelled: a list that is swept now and then.
//!
//! The time-outs of clients hardly ever fire, yet in a heap each would be sifted in, stay long
//! after its request is done, and be sifted out again. Here a timer has a place of its own, by its
//! number: setting it writes the place, cancelling clears it. Now and then all places are looked
//! at, and only what comes due before the next look is sorted.

use super::heap::{Halves, Heap, Keyed, whole};

/// Least time between two sweeps: 2^29 ns, half a second. Longer, and more timers are sorted that
/// will be cancelled; shorter, and those that wait are looked at more often.
const STRIDE: u64 = 1 << 29;
/// The time of a timer that is not set: later than any that fires.
const UNSET: u64 = u64::MAX;

#[derive(Clone, Copy, Debug)]
struct Due {
    time: u64,
    seq: u64,
    number: u32,
}

impl Keyed for Due {
    #[inline]
    fn key(&self) -> u128 {
        whole((self.time, self.seq))
    }
}

/// Numbered timers, each of which is set or not.
#[derive(Clone, Debug)]
pub struct Timers<E> {
    times: Vec<u64>,
    /// For each time its sequence number, which no other timer has, and what happens then.
    events: Vec<(u64, E)>,
    /// What comes due before this time is in `due`.
    swept: u64,
    /// Those that are not set any more, or anew, are passed over.
    due: Heap<Due>,
    /// No timer comes due, and no sweep, before this time.
    quiet_until: u64,
}

impl<E: Copy> Default for Timers<E> {
    fn default() -> Timers<E> {
        let (times, events, due) = (Vec::new(), Vec::new(), Heap::default());
        Timers { times, events, swept: 0, due, quiet_until: 0 }
    }
}

impl<E: Copy> Timers<E> {
    /// Sets a timer to `time` with the sequence number `seq`, which no other timer has.
    #[inline(always)]
    pub fn set(&mut self, number: u32, time: u64, seq: u64, event: E) {
        let at = number as usize;
        if at >= self.times.len() {
            self.times.resize(at + 1, UNSET);
            self.events.resize(at + 1, (seq, event));
        }
        self.times[at] = time;
        self.events[at] = (seq, event);
        if time < self.swept {
            self.due.push(Due { time, seq, number });
            self.quiet_until = self.quiet_until.min(time);
        }
    }

    /// Cancels a timer if it is set.
    #[inline]
    pub fn cancel(&mut self, number: u32) {
        if let Some(time) = self.times.get_mut(number as usize) {
            *time = UNSET;
        }
    }

    /// The key of the first timer due at or before `limit`, if there is one: its time and its
    /// sequence number.
    #[inline]
    pub(super) fn first(&mut self, limit: u64) -> Option<Halves> {
        if limit < self.quiet_until { None } else { self.look_for_first(limit) }
    }

    #[inline(never)]
    fn look_for_first(&mut self, limit: u64) -> Option<Halves> {
        loop {
            while let Some(&Due { time, seq, number }) = self.due.peek() {
                let at = number as usize;
                if self.times[at] == time && self.events[at].0 == seq {
                    self.quiet_until = time;
                    return (time <= limit).then_some((time, seq));
                }
                self.due.pop();
            }
            self.quiet_until = self.swept;
            if limit < self.swept || self.swept == UNSET {
                return None;
            }
            self.sweep(limit);
        }
    }

    /// Takes the timer that `first` has just reported.
    #[inline]
    pub fn take(&mut self) -> E {
        let due = self.due.pop().expect("a timer was reported as due");
        self.cancel(due.number);
        self.events[due.number as usize].1
    }

    /// Lets every timer that is set fire later by so much.
    pub fn postpone(&mut self, by: u64) {
        for time in self.times.iter_mut().filter(|time| **time != UNSET) {
            *time = time.saturating_add(by);
        }
        self.swept = self.swept.saturating_add(by);
        self.due.change(|due| due.time = due.time.saturating_add(by));
    }

    /// Sorts what comes due until a stride after `limit`.
    #[cold]
    fn sweep(&mut self, limit: u64) {
        let from = self.swept;
        // Where a rush has left many places that nobody uses, they are looked at less often.
        let set = self.times.iter().filter(|time| **time != UNSET).count();
        let stride = STRIDE * (1 + self.times.len() as u64 / (64 + 8 * set as u64));
        // Nothing comes due at the end of time, which is also what is not set.
        self.swept = limit.saturating_add(stride);
        let timers = self.times.iter().zip(&self.events).zip(0..);
        for ((&time, &(seq, _)), number) in timers {
            if (from..self.swept).contains(&time) {
                self.due.push(Due { time, seq, number });
            }
        }
    }
}
