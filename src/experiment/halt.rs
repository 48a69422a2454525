//! Ending before everything is done: replications that need too much, and giving up those in hand.
//!
//! What is left of a replication that is given up would be a wrong number, so it gives none.

use crate::kernel::chance::Seed;
use crate::kernel::time::Instant;
use crate::sim::simulation::LOOK_STRIDE;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Events at one moment of simulated time after which it is taken for granted that there is no
/// next one.
pub const AT_ONCE_MAX: u64 = 1 << 25;

/// Why a replication needs too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// More events than it may have.
    Events(u64),
    /// Simulated time stands still: something follows on itself without any time in between.
    StandsStill,
}

/// A replication that needs too much, and was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Its seed.
    pub seed: Seed,
    /// How far it had come in simulated time.
    pub at: Instant,
    /// What was too much.
    pub why: Why,
}

/// What ends replications before they are done.
#[derive(Debug)]
pub struct Halt {
    most_events: u64,
    /// Nothing more is begun.
    over: AtomicBool,
    /// What is in hand is given up.
    now: AtomicBool,
    cut: Mutex<Option<Cut>>,
}

impl Default for Halt {
    fn default() -> Halt {
        Halt::new(None)
    }
}

impl Halt {
    /// Replications may have so many events, or any number.
    pub fn new(most_events: Option<u64>) -> Halt {
        Halt {
            most_events: most_events.unwrap_or(u64::MAX),
            over: AtomicBool::new(false),
            now: AtomicBool::new(false),
            cut: Mutex::new(None),
        }
    }

    /// Gives up the replications in hand, within [`LOOK_STRIDE`] events of each, and begins no
    /// more.
    pub fn give_up(&self) {
        self.over.store(true, Ordering::Relaxed);
        self.now.store(true, Ordering::Relaxed);
    }

    /// Whether nothing more is begun.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// The replication that needed too much; of several the one with the least seed, which does
    /// not depend on the threads.
    pub fn cut(&self) -> Option<Cut> {
        *self.cut.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a replication that needs too much: no more are begun, and those in hand go on, since
    /// the results up to this one are wanted.
    fn note(&self, cut: Cut) {
        let mut known = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none_or(|known| cut.seed.0 < known.seed.0) {
            *known = Some(cut);
        }
        self.over.store(true, Ordering::Relaxed);
    }
}

/// Looks after one replication.
#[derive(Debug)]
pub(super) struct Look<'a> {
    halt: Option<&'a Halt>,
    seed: Seed,
    last: Instant,
    /// Looks at which the time was that of the one before.
    still: u64,
}

impl<'a> Look<'a> {
    pub(super) fn new(halt: Option<&'a Halt>, seed: Seed) -> Look<'a> {
        Look { halt, seed, last: Instant::START, still: 0 }
    }

    /// Whether the replication goes on, after so many events.
    pub(super) fn goes_on(&mut self, events: u64, now: Instant) -> bool {
        let Some(halt) = self.halt else { return true };
        if halt.now.load(Ordering::Relaxed) {
            return false;
        }
        self.still = if now == self.last { self.still + 1 } else { 0 };
        self.last = now;
        let why = match () {
            () if events > halt.most_events => Why::Events(halt.most_events),
            () if self.still * LOOK_STRIDE >= AT_ONCE_MAX => Why::StandsStill,
            () => return true,
        };
        halt.note(Cut { seed: self.seed, at: now, why });
        false
    }

    /// Whether a replication that has come to its end after so many events counts.
    pub(super) fn counts(&self, events: u64, now: Instant) -> bool {
        let Some(halt) = self.halt.filter(|halt| events > halt.most_events) else { return true };
        halt.note(Cut { seed: self.seed, at: now, why: Why::Events(halt.most_events) });
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replication_is_given_up_for_too_many_events_or_if_no_time_passes() {
        let (halt, seed) = (Halt::new(Some(1000)), Seed(7));
        let mut look = Look::new(Some(&halt), seed);
        let at = |ns| Instant::from_nanos(ns);
        assert!(look.goes_on(1000, at(5)) && look.counts(1000, at(5)) && !halt.is_over());
        assert!(!look.goes_on(1001, at(6)) && halt.is_over());
        let cut = Cut { seed, at: at(6), why: Why::Events(1000) };
        assert_eq!(halt.cut(), Some(cut));
        // What another thread was at when that happened; it counts if it comes first.
        assert!(!Look::new(Some(&halt), Seed(9)).counts(2000, at(8)));
        assert_eq!(halt.cut(), Some(cut));
        assert!(!Look::new(Some(&halt), Seed(3)).counts(2000, at(8)));
        assert_eq!(halt.cut().map(|cut| cut.seed), Some(Seed(3)));

        let halt = Halt::default();
        let mut look = Look::new(Some(&halt), seed);
        assert!(look.goes_on(1, at(5)));
        let looks = AT_ONCE_MAX / LOOK_STRIDE;
        assert!((1..looks).all(|_| look.goes_on(1, at(5))));
        assert!(look.goes_on(1, at(6)), "a nanosecond is enough");
        assert!((1..looks).all(|_| look.goes_on(1, at(6))) && !look.goes_on(1, at(6)));
        assert_eq!(halt.cut(), Some(Cut { seed, at: at(6), why: Why::StandsStill }));
    }

    #[test]
    fn what_is_in_hand_is_given_up_only_if_somebody_says_so() {
        let halt = Halt::new(Some(10));
        assert!(!Look::new(Some(&halt), Seed(1)).goes_on(11, Instant::START));
        assert!(Look::new(Some(&halt), Seed(0)).goes_on(9, Instant::START));
        halt.give_up();
        assert!(!Look::new(Some(&halt), Seed(0)).goes_on(9, Instant::START));
    }
}
