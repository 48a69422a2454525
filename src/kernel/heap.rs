//! A 4-ary min-heap: shallower than a binary one, and its children share a cache line.

use std::hint::select_unpredictable;

/// What a heap orders its entries by.
pub trait Keyed {
    /// The key; smaller comes out first. Equal keys must not occur.
    fn key(&self) -> u128;
}

/// A min-heap of small `Copy` entries.
#[derive(Clone, Debug)]
pub struct Heap<T> {
    entries: Vec<T>,
}

impl<T> Default for Heap<T> {
    fn default() -> Heap<T> {
        Heap { entries: Vec::new() }
    }
}

impl<T: Copy + Keyed> Heap<T> {
    /// How many entries the heap holds.
    #[inline]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the heap is empty.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The smallest entry.
    #[inline]
    pub fn peek(&self) -> Option<&T> {
        self.entries.first()
    }

    /// Adds an entry in O(log n).
    #[inline(always)]
    pub fn push(&mut self, entry: T) {
        self.entries.push(entry);
        self.sift_up(self.entries.len() - 1);
    }

    /// Takes the smallest entry in O(log n).
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        let last = self.entries.pop()?;
        match self.entries.first_mut() {
            None => Some(last),
            Some(first) => {
                let top = std::mem::replace(first, last);
                self.sift_down(0);
                Some(top)
            }
        }
    }

    /// Removes every entry for which `keep` is false, in O(n).
    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.entries.retain(keep);
        for at in (0..self.entries.len().div_ceil(4)).rev() {
            self.sift_down(at);
        }
    }

    /// All entries, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter()
    }

    /// Changes every entry in a way that leaves their order as it is.
    pub fn change(&mut self, change: impl FnMut(&mut T)) {
        self.entries.iter_mut().for_each(change);
    }

    /// Removes every entry.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    #[inline]
    fn sift_up(&mut self, at: usize) {
        self.rise(at, 0, self.entries[at]);
    }

    /// Puts `entry` at `at`, or nearer to `top` until what is above it is smaller.
    #[inline]
    fn rise(&mut self, mut at: usize, top: usize, entry: T) {
        let key = entry.key();
        while at > top {
            let parent = (at - 1) / 4;
            if self.entries[parent].key() <= key {
                break;
            }
            self.entries[at] = self.entries[parent];
            at = parent;
        }
        self.entries[at] = entry;
    }

    #[inline]
    fn sift_down(&mut self, top: usize) {
        let Some(&entry) = self.entries.get(top) else { return };
        // The gap goes all the way down before the entry is looked at: one from the end of the heap
        // belongs near the bottom, so comparing it on the way would mostly be in vain.
        let mut gap = top;
        loop {
            let first = 4 * gap + 1;
            let least = match self.entries.get(first..) {
                Some([a, b, c, d, ..]) => least_of_four([a.key(), b.key(), c.key(), d.key()]),
                Some([a, b, c]) => least_of_four([a.key(), b.key(), c.key(), u128::MAX]),
                Some([a, b]) => usize::from(b.key() < a.key()),
                Some([_]) => 0,
                Some([]) | None => break,
            };
            self.entries[gap] = self.entries[first + least];
            gap = first + least;
        }
        self.rise(gap, top, entry);
    }
}

/// The two halves of a key, the upper one first.
pub(super) type Halves = (u64, u64);

/// A key in one piece, for comparing.
#[inline]
pub(super) fn whole((high, low): Halves) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// The smaller of two keys, and whether it is the second: without a jump, since which event is next
/// is anybody's guess, the processor's too.
#[inline]
pub(super) fn smaller(first: Halves, second: Halves) -> (Halves, bool) {
    let wins = whole(second) < whole(first);
    // By halves: to choose between whole keys the compiler jumps all the same.
    let high = select_unpredictable(wins, second.0, first.0);
    let low = select_unpredictable(wins, second.1, first.1);
    ((high, low), wins)
}

/// Which of four keys is the smallest.
#[inline]
pub(super) fn least_of_four([a, b, c, d]: [u128; 4]) -> usize {
    let halves = |key: u128| ((key >> 64) as u64, key as u64);
    let (left, left_at) = smaller(halves(a), halves(b));
    let (right, right_at) = smaller(halves(c), halves(d));
    select_unpredictable(
        whole(right) < whole(left),
        2 + usize::from(right_at),
        usize::from(left_at),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Keyed for u32 {
        fn key(&self) -> u128 {
            u128::from(*self)
        }
    }

    proptest! {
        #[test]
        fn entries_come_out_sorted(
            values in prop::collection::btree_set(any::<u32>(), 0..300),
            below in any::<u32>(),
        ) {
            let mut heap = Heap::default();
            for &v in values.iter().rev() {
                heap.push(v);
            }
            heap.retain(|v| *v >= below);
            let out: Vec<u32> = std::iter::from_fn(|| heap.pop()).collect();
            let expected: Vec<u32> = values.into_iter().filter(|v| *v >= below).collect();
            prop_assert_eq!(out, expected);
        }
    }
}
