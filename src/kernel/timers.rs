//! Timers that are nearly always cancelled: a wheel of buckets in which cancelling is O(1).
//!
//! The time-outs of clients hardly ever fire, yet in a heap each would be sifted in, stay long
//! after its request is done, and be sifted out again. Here a timer is linked into the bucket of
//! its time and unlinked when it is cancelled; only the few that are alive when their bucket comes
//! due are sorted.

use super::heap::{Heap, Keyed};

/// Width of a bucket: 2^27 ns, 134 ms.
const WIDTH_BITS: u32 = 27;
/// Buckets of the wheel; timers beyond its span of 137 s wait in a list of their own.
const BUCKETS: u64 = 1024;
/// How many buckets pass between two looks at that list.
const FAR_STRIDE: u64 = BUCKETS / 2;
/// End of a list.
const NIL: u32 = u32::MAX;

/// A pending timer, for cancelling it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    index: u32,
    generation: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spot {
    /// In the list with this head.
    Linked(u32),
    /// Its bucket was opened: in the `due` heap.
    Due,
    /// In the `due` heap, but cancelled.
    Cancelled,
    Free,
}

#[derive(Clone, Copy, Debug)]
struct Slot<E> {
    time: u64,
    seq: u64,
    event: E,
    prev: u32,
    next: u32,
    generation: u32,
    spot: Spot,
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

/// The timer wheel.
#[derive(Clone, Debug)]
pub struct Timers<E> {
    slots: Vec<Slot<E>>,
    free: Vec<u32>,
    /// Heads of the bucket lists, and last the list of far timers.
    heads: Vec<u32>,
    /// Number of the first bucket that has not been opened.
    cursor: u64,
    linked: usize,
    far: usize,
    due: Heap<Due>,
}

impl<E: Copy> Default for Timers<E> {
    fn default() -> Timers<E> {
        Timers {
            slots: Vec::new(),
            free: Vec::new(),
            heads: vec![NIL; BUCKETS as usize + 1],
            cursor: 0,
            linked: 0,
            far: 0,
            due: Heap::default(),
        }
    }
}

impl<E: Copy> Timers<E> {
    /// Adds a timer for `time` with the sequence number `seq`.
    #[inline]
    pub fn add(&mut self, time: u64, seq: u64, event: E) -> Timer {
        let index = match self.free.pop() {
            Some(index) => {
                let slot = &mut self.slots[index as usize];
                slot.time = time;
                slot.seq = seq;
                slot.event = event;
                index
            }
            None => self.add_slot(time, seq, event),
        };
        self.place(index);
        Timer { index, generation: self.slots[index as usize].generation }
    }

    #[cold]
    fn add_slot(&mut self, time: u64, seq: u64, event: E) -> u32 {
        let index = u32::try_from(self.slots.len()).expect("fewer than 2^32 timers");
        let spot = Spot::Free;
        self.slots.push(Slot { time, seq, event, prev: NIL, next: NIL, generation: 0, spot });
        index
    }

    /// Removes a timer that has not fired.
    ///
    /// # Panics
    /// If the timer has fired or was cancelled before: its owner has lost track of it.
    #[inline]
    pub fn cancel(&mut self, timer: Timer) {
        let slot = &mut self.slots[timer.index as usize];
        assert!(slot.generation == timer.generation, "a timer is cancelled that no longer exists");
        match slot.spot {
            Spot::Linked(head) => {
                self.unlink(timer.index, head);
                self.release(timer.index);
            }
            Spot::Due => {
                slot.spot = Spot::Cancelled;
                slot.generation = slot.generation.wrapping_add(1);
            }
            Spot::Cancelled | Spot::Free => panic!("a timer is cancelled twice"),
        }
    }

    /// The key of the first timer due at or before `limit`, if there is one.
    #[inline]
    pub fn first(&mut self, limit: u64) -> Option<u128> {
        let last_bucket = limit >> WIDTH_BITS;
        loop {
            while let Some(due) = self.due.peek() {
                if self.slots[due.index as usize].spot != Spot::Cancelled {
                    return (due.time <= limit).then(|| due.key());
                }
                let index = due.index;
                self.due.pop();
                self.release(index);
            }
            if self.cursor > last_bucket {
                return None;
            }
            self.open_through(last_bucket);
        }
    }

    /// Takes the timer that [`Timers::first`] has just reported.
    #[inline]
    pub fn take(&mut self) -> E {
        let due = self.due.pop().expect("a timer was reported as due");
        let event = self.slots[due.index as usize].event;
        self.release(due.index);
        event
    }

    /// How many timers are pending.
    pub fn pending(&self) -> usize {
        let cancelled = self.slots.iter().filter(|s| s.spot == Spot::Cancelled).count();
        self.linked + self.far + self.due.len() - cancelled
    }

    #[inline]
    fn place(&mut self, index: u32) {
        let slot = &mut self.slots[index as usize];
        let (time, seq) = (slot.time, slot.seq);
        let bucket = time >> WIDTH_BITS;
        if bucket < self.cursor {
            slot.spot = Spot::Due;
            self.due.push(Due { time, seq, index });
        } else if bucket - self.cursor < BUCKETS {
            self.linked += 1;
            self.link(index, (bucket % BUCKETS) as u32);
        } else {
            self.far += 1;
            self.link(index, BUCKETS as u32);
        }
    }

    #[inline]
    fn link(&mut self, index: u32, head: u32) {
        let first = self.heads[head as usize];
        let slot = &mut self.slots[index as usize];
        slot.prev = NIL;
        slot.next = first;
        slot.spot = Spot::Linked(head);
        if first != NIL {
            self.slots[first as usize].prev = index;
        }
        self.heads[head as usize] = index;
    }

    #[inline]
    fn unlink(&mut self, index: u32, head: u32) {
        let Slot { prev, next, .. } = self.slots[index as usize];
        if prev == NIL {
            self.heads[head as usize] = next;
        } else {
            self.slots[prev as usize].next = next;
        }
        if next != NIL {
            self.slots[next as usize].prev = prev;
        }
        if u64::from(head) == BUCKETS {
            self.far -= 1;
        } else {
            self.linked -= 1;
        }
    }

    #[inline]
    fn release(&mut self, index: u32) {
        let slot = &mut self.slots[index as usize];
        if slot.spot != Spot::Cancelled {
            slot.generation = slot.generation.wrapping_add(1);
        }
        slot.spot = Spot::Free;
        self.free.push(index);
    }

    fn open_through(&mut self, last: u64) {
        while self.cursor <= last {
            if self.linked == 0 && self.far == 0 {
                self.cursor = last + 1;
                return;
            }
            let head = (self.cursor % BUCKETS) as usize;
            self.cursor += 1;
            let mut index = std::mem::replace(&mut self.heads[head], NIL);
            while index != NIL {
                let slot = &mut self.slots[index as usize];
                slot.spot = Spot::Due;
                let due = Due { time: slot.time, seq: slot.seq, index };
                index = slot.next;
                self.linked -= 1;
                self.due.push(due);
            }
            if self.cursor.is_multiple_of(FAR_STRIDE) && self.far > 0 {
                self.draw_near();
            }
            // What was opened comes before all that was not: the rest can wait.
            if !self.due.is_empty() {
                return;
            }
        }
    }

    /// Moves the far timers that the wheel now spans into their buckets.
    #[cold]
    fn draw_near(&mut self) {
        let mut index = std::mem::replace(&mut self.heads[BUCKETS as usize], NIL);
        self.far = 0;
        while index != NIL {
            let next = self.slots[index as usize].next;
            self.place(index);
            index = next;
        }
    }
}
