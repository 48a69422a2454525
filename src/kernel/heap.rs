//! A 4-ary min-heap: shallower than a binary one, and its children share a cache line.

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
    #[inline]
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

    /// Removes every entry.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    #[inline]
    fn sift_up(&mut self, mut at: usize) {
        let entry = self.entries[at];
        let key = entry.key();
        while at > 0 {
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
    fn sift_down(&mut self, mut at: usize) {
        let len = self.entries.len();
        if at >= len {
            return;
        }
        let entry = self.entries[at];
        let key = entry.key();
        loop {
            let first = 4 * at + 1;
            if first >= len {
                break;
            }
            let children = &self.entries[first..(first + 4).min(len)];
            let mut least = 0;
            let mut least_key = children[0].key();
            for (i, child) in children.iter().enumerate().skip(1) {
                let child_key = child.key();
                if child_key < least_key {
                    least = i;
                    least_key = child_key;
                }
            }
            if key <= least_key {
                break;
            }
            self.entries[at] = children[least];
            at = first + least;
        }
        self.entries[at] = entry;
    }
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
        fn entries_come_out_sorted(values in prop::collection::btree_set(any::<u32>(), 0..300), below in any::<u32>()) {
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
