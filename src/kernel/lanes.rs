//! Lanes: one pending time per entity, moved as often as needed without leaving anything behind.
//!
//! A node's next completion changes with each arrival on that node. In a heap each change would
//! leave a dead entry; here it overwrites one leaf of a tournament tree and replays log2(n) matches.

use std::hint::select_unpredictable;

/// Time and sequence number of a lane that is silent.
const SILENT: u128 = u128::MAX;
/// Bits of a lane's number, which stands below the sequence number in its key.
const LANE_BITS: u32 = 20;

/// A tournament over the pending times of numbered lanes.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    /// The tree: its root is number 1, below number i are 2i and 2i + 1, and the lanes are the last
    /// half. Every place holds the least key below it: the time in the upper half, then the sequence
    /// number, which decides, then the lane, which says whose it is.
    tree: Vec<u128>,
    /// Number of lanes in use.
    count: u32,
}

impl Lanes {
    /// Adds a silent lane and returns its number.
    pub fn add(&mut self) -> u32 {
        let lane = self.count;
        assert!(lane < 1 << LANE_BITS, "a simulation has fewer than 2^20 nodes and sources");
        self.count += 1;
        if self.count as usize > self.tree.len() / 2 {
            self.widen();
        }
        lane
    }

    #[cold]
    fn widen(&mut self) {
        let width = (self.count as usize).next_power_of_two();
        let lanes = &self.tree[self.tree.len() / 2..];
        let mut tree = vec![SILENT; 2 * width];
        tree[width..width + lanes.len()].copy_from_slice(lanes);
        for at in (1..width).rev() {
            tree[at] = tree[2 * at].min(tree[2 * at + 1]);
        }
        self.tree = tree;
    }

    /// Gives a lane a new time, and the sequence number that decides among equal times.
    #[inline]
    pub fn set(&mut self, lane: u32, time: u64, seq: u64) {
        assert!(seq >> (u64::BITS - LANE_BITS) == 0, "a simulation has fewer than 2^44 events");
        let order = seq << LANE_BITS | u64::from(lane);
        self.replay(lane, u128::from(time) << 64 | u128::from(order));
    }

    /// Silences a lane.
    #[inline]
    pub fn silence(&mut self, lane: u32) {
        self.replay(lane, SILENT);
    }

    #[inline]
    fn replay(&mut self, lane: u32, mut winner: u128) {
        let mut at = lane as usize + self.tree.len() / 2;
        self.tree[at] = winner;
        while at > 1 {
            let other = self.tree[at ^ 1];
            // Which of two nodes is next is anybody's guess, the processor's too.
            winner = select_unpredictable(other < winner, other, winner);
            at /= 2;
            self.tree[at] = winner;
        }
    }

    /// The lane with the smallest key, and that key, its time above its sequence number
    /// ([`u128::MAX`] if all are silent).
    #[inline]
    pub fn first(&self) -> (u32, u128) {
        let winner = self.tree.get(1).copied().unwrap_or(SILENT);
        if winner == SILENT {
            return (0, SILENT);
        }
        let order = winner as u64;
        let key = (winner >> 64) << 64 | u128::from(order >> LANE_BITS);
        (order as u32 & ((1 << LANE_BITS) - 1), key)
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
                lanes.set(lane, time, seq as u64);
                naive[lane as usize] = u128::from(time) << 64 | seq as u128;
                let least = *naive.iter().min().unwrap();
                let (first, key) = lanes.first();
                prop_assert_eq!(key, least);
                prop_assert_eq!(naive[first as usize], least);
            }
        }
    }
}
