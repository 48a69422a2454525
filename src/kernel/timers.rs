//! Timers that are nearly always cancelled: a list that is swept now and then.
//!
//! The time-outs of clients hardly ever fire, yet in a heap each would be sifted in, stay long
//! after its request is done, and be sifted out again. Here a timer lies unsorted in its slot;
//! cancelling frees the slot. Once in a stride of simulated time all slots are looked at, and
//! only what comes due before the next look is sorted.

use super::heap::{Heap, Keyed};

/// Time between two sweeps: 2^29 ns, half a second. Longer, and more timers are sorted that will be
/// cancelled; shorter, and those that wait are looked at more often.
const STRIDE: u64 = 1 << 29;
/// The time of a slot that is free: later than any timer that fires.
const FREE: u64 = u64::MAX;

/// A pending timer, for cancelling it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    index: u32,
    /// The lower half of its sequence number, by which a stale timer is told.
    tag: u32,
}

#[derive(Clone, Copy, Debug)]
struct Slot<E> {
    time: u64,
    /// Of the timer that was here last; no two timers have the same.
    seq: u64,
    event: E,
    free: bool,
}

#[derive(Clone, Copy, Debug)]
struct Due {
    time: u64,
    seq: u64,
    index: u32,
}

impl Keyed for Due {
    #[inline]
    fn key(&self) -> u128 {
        u128::from(self.time) << 64 | u128::from(self.seq)
    }
}

/// Pending timers.
#[derive(Clone, Debug)]
pub struct Timers<E> {
    slots: Vec<Slot<E>>,
    free: Vec<u32>,
    /// What comes due before this time is in `due`.
    swept: u64,
    /// Those whose slot has another timer by now, or none, were cancelled.
    due: Heap<Due>,
}

impl<E: Copy> Default for Timers<E> {
    fn default() -> Timers<E> {
        Timers { slots: Vec::new(), free: Vec::new(), swept: 0, due: Heap::default() }
    }
}

impl<E: Copy> Timers<E> {
    /// Adds a timer for `time` with the sequence number `seq`, which no other timer has.
    #[inline(always)]
    pub fn add(&mut self, time: u64, seq: u64, event: E) -> Timer {
        let slot = Slot { time, seq, event, free: false };
        let index = match self.free.pop() {
            Some(index) => {
                self.slots[index as usize] = slot;
                index
            }
            None => self.add_slot(slot),
        };
        if time < self.swept {
            self.due.push(Due { time, seq, index });
        }
        Timer { index, tag: seq as u32 }
    }

    #[cold]
    fn add_slot(&mut self, slot: Slot<E>) -> u32 {
        let index = u32::try_from(self.slots.len()).expect("fewer than 2^32 timers");
        self.slots.push(slot);
        index
    }

    /// Removes a timer that has not fired.
    ///
    /// # Panics
    /// If the timer has fired or was cancelled before: its owner has lost track of it.
    #[inline]
    pub fn cancel(&mut self, timer: Timer) {
        let slot = self.slots[timer.index as usize];
        assert!(
            slot.seq as u32 == timer.tag && !slot.free,
            "a timer is cancelled that no longer exists"
        );
        self.release(timer.index);
    }

    /// The key of the first timer due at or before `limit`, if there is one.
    #[inline]
    pub fn first(&mut self, limit: u64) -> Option<u128> {
        loop {
            while let Some(due) = self.due.peek() {
                let slot = &self.slots[due.index as usize];
                if slot.seq == due.seq && !slot.free {
                    return (due.time <= limit).then(|| due.key());
                }
                self.due.pop();
            }
            if limit < self.swept || self.swept == FREE {
                return None;
            }
            self.sweep(limit);
        }
    }

    /// Takes the timer that [`Timers::first`] has just reported.
    #[inline]
    pub fn take(&mut self) -> E {
        let due = self.due.pop().expect("a timer was reported as due");
        self.release(due.index);
        self.slots[due.index as usize].event
    }

    /// Lets every timer fire later by so much.
    pub fn postpone(&mut self, by: u64) {
        for slot in self.slots.iter_mut().filter(|slot| !slot.free) {
            slot.time = slot.time.saturating_add(by);
        }
        self.swept = self.swept.saturating_add(by);
        self.due.change(|due| due.time = due.time.saturating_add(by));
    }

    /// How many timers are pending.
    pub fn pending(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    #[inline]
    fn release(&mut self, index: u32) {
        let slot = &mut self.slots[index as usize];
        slot.time = FREE;
        slot.free = true;
        self.free.push(index);
    }

    /// Sorts what comes due until a stride after `limit`.
    #[cold]
    fn sweep(&mut self, limit: u64) {
        let from = self.swept;
        // Nothing comes due at the end of time, which is also where free slots are.
        self.swept = limit.saturating_add(STRIDE);
        let slots = self.slots.iter().zip(0..);
        for (slot, index) in slots.filter(|(slot, _)| (from..self.swept).contains(&slot.time)) {
            self.due.push(Due { time: slot.time, seq: slot.seq, index });
        }
        if self.slots.len() > 64 + 4 * self.pending() {
            self.shrink();
        }
    }

    /// Gives up free slots at the end, which a rush has left behind.
    fn shrink(&mut self) {
        let last = self.slots.iter().rposition(|slot| !slot.free);
        self.slots.truncate(last.map_or(0, |last| last + 1));
        let numbered = self.slots.iter().zip(0_u32..);
        self.free.clear();
        self.free.extend(numbered.filter(|(slot, _)| slot.free).map(|(_, index)| index));
        // The first places are to be used again first.
        self.free.reverse();
    }
}
