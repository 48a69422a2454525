//! Lanes: one pending time per entity, moved as often as needed without leaving anything behind.
//!
//! A node's next completion changes with each arrival on that node. In a heap each change would
//! leave a dead entry; here it overwrites one leaf of a tournament tree and replays log2(n) matches.

/// Time and sequence number of a lane that is silent.
const SILENT: u128 = u128::MAX;

/// A tournament over the pending times of numbered lanes.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    /// Key of each lane: time in the upper half, sequence number in the lower; padded to `width`.
    keys: Vec<u128>,
    /// `winners[i]` is the lane with the smallest key below tree position `i`; the root is 1.
    winners: Vec<u32>,
    /// Number of leaves, a power of two.
    width: usize,
    /// Number of lanes in use.
    count: usize,
}

impl Lanes {
    /// Adds a silent lane and returns its number.
    pub fn add(&mut self) -> u32 {
        let lane = self.count;
        self.count += 1;
        if self.count > self.width {
            self.width = self.count.next_power_of_two();
            self.keys.resize(self.width, SILENT);
            self.winners = vec![0; self.width];
            for at in (1..self.width).rev() {
                self.winners[at] = self.match_at(at);
            }
        }
        u32::try_from(lane).expect("fewer than 2^32 lanes")
    }

    /// Gives a lane a new key.
    #[inline]
    pub fn set(&mut self, lane: u32, key: u128) {
        let lane = lane as usize;
        self.keys[lane] = key;
        let mut at = (lane + self.width) / 2;
        while at >= 1 {
            self.winners[at] = self.match_at(at);
            at /= 2;
        }
    }

    /// Silences a lane.
    #[inline]
    pub fn silence(&mut self, lane: u32) {
        self.set(lane, SILENT);
    }

    /// The key of a lane; [`u128::MAX`] if it is silent.
    pub fn key(&self, lane: u32) -> u128 {
        self.keys[lane as usize]
    }

    /// The lane with the smallest key, and that key ([`u128::MAX`] if all are silent).
    #[inline]
    pub fn first(&self) -> (u32, u128) {
        match self.width {
            0 => (0, SILENT),
            1 => (0, self.keys[0]),
            _ => {
                let lane = self.winners[1];
                (lane, self.keys[lane as usize])
            }
        }
    }

    #[inline]
    fn match_at(&self, at: usize) -> u32 {
        let (left, right) = if 2 * at >= self.width {
            let leaf = 2 * at - self.width;
            (leaf as u32, leaf as u32 + 1)
        } else {
            (self.winners[2 * at], self.winners[2 * at + 1])
        };
        if self.keys[right as usize] < self.keys[left as usize] { right } else { left }
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
