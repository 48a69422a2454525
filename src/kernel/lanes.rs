//! Lanes: one pending time per entity, moved as often as needed without leaving anything behind.
//!
//! A node's next completion changes with each arrival on that node. In a heap each change would
//! leave a dead entry; here it overwrites one leaf of a tournament tree and replays log2(n) matches.

/// Time and sequence number of a lane that is silent.
const SILENT: u128 = u128::MAX;

/// A lane and its key: time in the upper half, sequence number in the lower.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: u128,
    lane: u32,
}

/// A tournament over the pending times of numbered lanes.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    /// The tree: its root is number 1, below number i are 2i and 2i + 1, and the lanes are the last
    /// half. Every inner place holds a copy of the winner below it.
    tree: Vec<Entry>,
    /// Number of lanes in use.
    count: u32,
}

impl Lanes {
    /// Adds a silent lane and returns its number.
    pub fn add(&mut self) -> u32 {
        let lane = self.count;
        self.count = lane.checked_add(1).expect("fewer than 2^32 lanes");
        if self.count as usize > self.tree.len() / 2 {
            self.widen();
        }
        lane
    }

    #[cold]
    fn widen(&mut self) {
        let width = (self.count as usize).next_power_of_two();
        let lanes = &self.tree[self.tree.len() / 2..];
        let mut tree = vec![Entry { key: SILENT, lane: 0 }; width];
        tree.extend_from_slice(lanes);
        let silent = |lane| Entry { key: SILENT, lane: lane as u32 };
        tree.extend((lanes.len()..width).map(silent));
        for at in (1..width).rev() {
            let (left, right) = (tree[2 * at], tree[2 * at + 1]);
            tree[at] = if right.key < left.key { right } else { left };
        }
        self.tree = tree;
    }

    /// Gives a lane a new key.
    #[inline]
    pub fn set(&mut self, lane: u32, key: u128) {
        let mut at = lane as usize + self.tree.len() / 2;
        let mut winner = Entry { key, lane };
        self.tree[at] = winner;
        while at > 1 {
            let other = self.tree[at ^ 1];
            if other.key < winner.key {
                winner = other;
            }
            at /= 2;
            self.tree[at] = winner;
        }
    }

    /// Silences a lane.
    #[inline]
    pub fn silence(&mut self, lane: u32) {
        self.set(lane, SILENT);
    }

    /// The lane with the smallest key, and that key ([`u128::MAX`] if all are silent).
    #[inline]
    pub fn first(&self) -> (u32, u128) {
        self.tree.get(1).map_or((0, SILENT), |winner| (winner.lane, winner.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_lane_has_the_smallest_key(
            count in 1_u32..40,
            moves in prop::collection::vec((any::<u32>(), any::<u64>()), 0..200),
        ) {
            let mut lanes = Lanes::default();
            for lane in 0..count {
                prop_assert_eq!(lanes.add(), lane);
            }
            let mut naive = vec![SILENT; count as usize];
            for (seq, (lane, time)) in moves.into_iter().enumerate() {
                let lane = lane % count;
                let key = u128::from(time) << 64 | seq as u128;
                lanes.set(lane, key);
                naive[lane as usize] = key;
                let least = *naive.iter().min().unwrap();
                let (first, key) = lanes.first();
                prop_assert_eq!(key, least);
                prop_assert_eq!(naive[first as usize], least);
            }
        }
    }
}
