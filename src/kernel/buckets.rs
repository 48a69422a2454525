//! A calendar queue: pending events in buckets by time.
//!
//! An event goes into the bucket of its time, unsorted, and the first one is looked for in the
//! first bucket that is not empty, so both cost the same however many are pending. A ring of
//! buckets covers what comes soon; what lies beyond its span waits in a heap. The width of a
//! bucket follows what is seen: wider if much lies beyond, narrower if buckets get full. What no
//! width parts, thousands of events at one moment, goes into the heap as well.

use super::heap::{Halves, Heap, Keyed, whole};

/// Buckets in the ring: as many as two words of bits can tell, one above the other.
const BUCKETS: usize = 64 * 64;
/// At first a bucket is 2^18 ns wide, a quarter of a millisecond, and the ring spans a second.
const WIDTH: u32 = 18;
/// Events between two looks at whether the width fits.
const LOOK: u64 = 1 << 12;
/// Events in one bucket beyond which they are sorted after all.
const CROWD: u64 = 128;
/// No event.
const NONE: u32 = u32::MAX;
/// The first event is in the heap.
const FAR: u32 = u32::MAX - 1;
/// The key of no event.
const NEVER: Halves = (u64::MAX, u64::MAX);

#[derive(Clone, Copy, Debug)]
struct Entry<E> {
    time: u64,
    seq: u64,
    event: E,
    /// The next in the same bucket, or the next place that is free.
    next: u32,
}

impl<E> Keyed for Entry<E> {
    #[inline]
    fn key(&self) -> u128 {
        whole((self.time, self.seq))
    }
}

/// Pending events, each with a time and a sequence number, by which they are ordered.
#[derive(Clone, Debug)]
pub struct Buckets<E> {
    /// The events of each bucket as a list.
    lists: Box<[u32; BUCKETS]>,
    /// A bit for each bucket that is not empty, and one for each word of them.
    words: [u64; 64],
    summary: u64,
    entries: Vec<Entry<E>>,
    free: u32,
    far: Heap<Entry<E>>,
    /// The width of a bucket as a power of two of nanoseconds.
    width: u32,
    /// The key of the first event, and its place.
    first: Halves,
    first_at: u32,
    seen: Seen,
}

/// What was seen since the last look.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    pushed: u64,
    /// Of those, the ones beyond the ring.
    far: u64,
    /// Events looked at in search of the first one.
    steps: u64,
}

impl<E: Copy> Default for Buckets<E> {
    fn default() -> Buckets<E> {
        Buckets {
            lists: Box::new([NONE; BUCKETS]),
            words: [0; 64],
            summary: 0,
            entries: Vec::new(),
            free: NONE,
            far: Heap::default(),
            width: WIDTH,
            first: NEVER,
            first_at: NONE,
            seen: Seen::default(),
        }
    }
}

impl<E: Copy> Buckets<E> {
    /// The key of the first event, its time and its sequence number; the largest without one.
    #[inline]
    pub(super) fn first(&self) -> Halves {
        self.first
    }

    /// Adds an event. No event is earlier than `now`, and `seq` is larger than all before.
    #[inline(always)]
    pub fn push(&mut self, now: u64, time: u64, seq: u64, event: E) {
        let at = self.put(now, time, seq, event);
        // At the same time the one that was there before comes first.
        if time < self.first.0 {
            (self.first, self.first_at) = ((time, seq), at);
        }
        self.seen.pushed += 1;
        if self.seen.pushed == LOOK {
            self.look(now);
        }
    }

    /// Takes the first event.
    #[inline]
    pub fn pop(&mut self) -> Option<E> {
        let time = self.first.0;
        let bucket = self.bucket(time);
        let event = match self.first_at {
            NONE => return None,
            FAR => self.far.pop()?.event,
            at => self.unlink(bucket, at),
        };
        self.find_first(bucket);
        Some(event)
    }

    /// Puts an event where it belongs; its place.
    #[inline]
    fn put(&mut self, now: u64, time: u64, seq: u64, event: E) -> u32 {
        if (time >> self.width) - (now >> self.width) >= BUCKETS as u64 {
            return self.put_far(Entry { time, seq, event, next: NONE });
        }
        let bucket = self.bucket(time);
        let next = self.lists[bucket];
        let at = match self.entries.get_mut(self.free as usize) {
            Some(place) => {
                let at = self.free;
                self.free = place.next;
                *place = Entry { time, seq, event, next };
                at
            }
            None => self.add_place(Entry { time, seq, event, next }),
        };
        self.lists[bucket] = at;
        self.words[bucket / 64] |= 1 << (bucket % 64);
        self.summary |= 1 << (bucket / 64);
        at
    }

    #[cold]
    fn add_place(&mut self, entry: Entry<E>) -> u32 {
        let at = self.entries.len() as u32;
        assert!(at < FAR, "a simulation has fewer than 2^32 - 2 pending events");
        self.entries.push(entry);
        at
    }

    #[cold]
    fn put_far(&mut self, entry: Entry<E>) -> u32 {
        self.seen.far += 1;
        self.far.push(entry);
        FAR
    }

    /// The bucket of a time that lies within the ring.
    #[inline]
    fn bucket(&self, time: u64) -> usize {
        (time >> self.width) as usize % BUCKETS
    }

    /// Takes an event out of its bucket.
    #[inline]
    fn unlink(&mut self, bucket: usize, at: u32) -> E {
        let Entry { event, next, .. } = self.entries[at as usize];
        if self.lists[bucket] == at {
            self.lists[bucket] = next;
            if next == NONE {
                self.words[bucket / 64] &= !(1 << (bucket % 64));
                let is_empty = self.words[bucket / 64] == 0;
                self.summary &= !(u64::from(is_empty) << (bucket / 64));
            }
        } else {
            let mut before = self.lists[bucket] as usize;
            while self.entries[before].next != at {
                before = self.entries[before].next as usize;
            }
            self.entries[before].next = next;
        }
        self.entries[at as usize].next = self.free;
        self.free = at;
        event
    }

    /// Looks for the first event, of which none lies in a bucket before this one.
    #[inline]
    fn find_first(&mut self, bucket: usize) {
        (self.first, self.first_at) = (NEVER, NONE);
        let mut at = self.next_list(bucket);
        let mut steps = 0;
        while let Some(entry) = self.entries.get(at as usize) {
            if entry.key() < whole(self.first) {
                (self.first, self.first_at) = ((entry.time, entry.seq), at);
            }
            at = entry.next;
            steps += 1;
        }
        self.seen.steps += steps;
        if steps > CROWD {
            self.sort(self.bucket(self.first.0));
        }
        if let Some(entry) = self.far.peek()
            && entry.key() < whole(self.first)
        {
            (self.first, self.first_at) = ((entry.time, entry.seq), FAR);
        }
    }

    /// Moves the events of a bucket, among which the first one is, into the heap.
    #[cold]
    fn sort(&mut self, bucket: usize) {
        while let Some(&Entry { time, seq, event, .. }) =
            self.entries.get(self.lists[bucket] as usize)
        {
            self.unlink(bucket, self.lists[bucket]);
            self.far.push(Entry { time, seq, event, next: NONE });
        }
        (self.first, self.first_at) = (NEVER, NONE);
    }

    /// The first list that is not empty, from this one on round the ring.
    #[inline]
    fn next_list(&self, bucket: usize) -> u32 {
        let here = self.words[bucket / 64] & u64::MAX << (bucket % 64);
        if here != 0 {
            return self.lists[bucket / 64 * 64 + here.trailing_zeros() as usize];
        }
        let later = self.summary & (u64::MAX << (bucket / 64)) << 1;
        let any = if later == 0 { self.summary } else { later };
        if any == 0 {
            return NONE;
        }
        let word = any.trailing_zeros() as usize;
        self.lists[word * 64 + self.words[word].trailing_zeros() as usize]
    }

    /// Changes the width if it does not fit what was seen. A step one way never calls for one back.
    #[cold]
    fn look(&mut self, now: u64) {
        let Seen { pushed, far, steps } = std::mem::take(&mut self.seen);
        if steps > 16 * pushed && self.width > 0 {
            self.set_width(self.width - 1, now);
        } else if far > pushed / 8 && steps < 4 * pushed && self.width < 40 {
            self.set_width(self.width + 1, now);
        }
    }

    fn set_width(&mut self, width: u32, now: u64) {
        let all: Vec<Entry<E>> = self.iter().copied().collect();
        self.refill(width, now, all);
    }

    /// Holds these events and no others.
    fn refill(&mut self, width: u32, now: u64, all: Vec<Entry<E>>) {
        *self = Buckets { width, ..Buckets::default() };
        for entry in all {
            self.put(now, entry.time, entry.seq, entry.event);
        }
        self.seen = Seen::default();
        self.find_first(self.bucket(now));
    }

    /// All events, in no order that matters.
    fn iter(&self) -> impl Iterator<Item = &Entry<E>> {
        let at = |place: u32| self.entries.get(place as usize);
        let list = move |bucket: usize| {
            std::iter::successors(at(self.lists[bucket]), move |entry| at(entry.next))
        };
        let used = self.words.iter().enumerate().flat_map(|(word, &bits)| {
            let rest = |bits: u64| Some(bits).filter(|bits| *bits != 0);
            let each = std::iter::successors(rest(bits), move |bits| rest(bits & (bits - 1)));
            each.map(move |bits| word * 64 + bits.trailing_zeros() as usize)
        });
        used.flat_map(list).chain(self.far.iter())
    }

    /// Calls `change` with the sequence number of each event and the event, in no order.
    pub fn each_mut(&mut self, mut change: impl FnMut(u64, &mut E)) {
        for list in *self.lists {
            let mut at = list;
            while let Some(entry) = self.entries.get_mut(at as usize) {
                change(entry.seq, &mut entry.event);
                at = entry.next;
            }
        }
        self.far.change(|entry| change(entry.seq, &mut entry.event));
    }

    /// When each event happens, and what; in no order that matters.
    pub fn pending(&self) -> impl Iterator<Item = (u64, &E)> {
        self.iter().map(|entry| (entry.time, &entry.event))
    }

    /// Takes out the events that `is_meant` says, to be put back by [`Buckets::put_back`].
    pub fn take_out(&mut self, now: u64, is_meant: impl Fn(&E) -> bool) -> Vec<(u64, u64, E)> {
        let (taken, rest): (Vec<Entry<E>>, Vec<Entry<E>>) =
            self.iter().copied().partition(|entry| is_meant(&entry.event));
        self.refill(self.width, now, rest);
        taken.into_iter().map(|entry| (entry.time, entry.seq, entry.event)).collect()
    }

    /// Puts back events, each with its time, which is not before `now`, and its sequence number.
    pub fn put_back(&mut self, now: u64, events: impl IntoIterator<Item = (u64, u64, E)>) {
        for (time, seq, event) in events {
            self.put(now, time, seq, event);
        }
        self.find_first(self.bucket(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Thousands of clients that try again at one moment do not look at one another.
    #[test]
    fn a_crowd_at_one_moment_is_sorted() {
        const MANY: u64 = 20_000;
        let mut buckets = Buckets::default();
        for seq in 0..MANY {
            buckets.push(0, 7, seq, seq);
        }
        let mut steps = 0;
        for seq in 0..10 * MANY {
            assert_eq!(buckets.first(), (7, seq));
            assert_eq!(buckets.pop(), Some(seq));
            steps += std::mem::take(&mut buckets.seen.steps);
            buckets.push(7, 7, MANY + seq, MANY + seq);
        }
        assert!(steps < CROWD * 10 * MANY, "{steps} steps for {} events", 10 * MANY);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// Against a sorted set, with delays that change their scale on the way, so that buckets
        /// get wider and narrower.
        #[test]
        fn events_come_in_order(
            scales in prop::collection::vec((0_u32..46, 1_usize..2_000), 1..6),
            seed in any::<u64>(),
        ) {
            let mut buckets = Buckets::default();
            let mut sorted = BTreeSet::new();
            let (mut now, mut seq, mut dice) = (0, 0, seed);
            let mut widths = BTreeSet::new();
            for (scale, pending) in scales {
                for step in 0..30_000 {
                    if sorted.len() < pending || (sorted.len() == pending && step % 2 == 0) {
                        dice = dice.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E);
                        let time = now + (dice >> 18 >> scale.min(45));
                        buckets.push(now, time, seq, seq);
                        sorted.insert((time, seq));
                        seq += 1;
                    } else {
                        let (time, expected) = sorted.pop_first().expect("some are pending");
                        prop_assert_eq!(buckets.first(), (time, expected));
                        prop_assert_eq!(buckets.pop(), Some(expected));
                        now = time;
                    }
                }
                widths.insert(buckets.width);
            }
            while let Some((_, expected)) = sorted.pop_first() {
                prop_assert_eq!(buckets.pop(), Some(expected));
            }
            prop_assert_eq!(buckets.pop(), None);
            prop_assert_eq!(buckets.first(), NEVER);
        }
    }
}
