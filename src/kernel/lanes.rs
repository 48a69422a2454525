//! Lanes: one pending time per entity, moved as often as needed without leaving anything behind.
//!
//! A node's next completion changes with each arrival on that node. In a heap each change would
//! leave a dead entry; here it overwrites one leaf of a tournament tree and replays the matches of
//! four on the way to the root.

use super::heap::{Halves, least_of_four, whole};

/// Time and sequence number of a lane that is silent.
const SILENT: Halves = (u64::MAX, u64::MAX);
/// Bits of a lane's number, which stands below the sequence number in its key.
const LANE_BITS: u32 = 20;

/// A tournament over the pending times of numbered lanes.
#[derive(Clone, Debug)]
pub struct Lanes {
    /// The matches, of which number 0 is the final: the winner of match i plays in match (i - 1) /
    /// 4, and the lanes play in the last round. A player is a key: the time, and in the lower half
    /// the sequence number, which decides among equal times, then the lane, which says whose it is.
    matches: Vec<[Halves; 4]>,
    /// The number of the first match of the last round.
    last_round: usize,
    /// The winner of the final.
    winner: Halves,
    /// Number of lanes in use.
    count: u32,
}

impl Default for Lanes {
    fn default() -> Lanes {
        Lanes { matches: vec![[SILENT; 4]], last_round: 0, winner: SILENT, count: 0 }
    }
}

impl Lanes {
    /// Adds a silent lane and returns its number.
    pub fn add(&mut self) -> u32 {
        let lane = self.count;
        assert!(lane < 1 << LANE_BITS, "a simulation has fewer than 2^20 nodes and sources");
        self.count += 1;
        if self.count as usize > 4 * (self.matches.len() - self.last_round) {
            self.add_round();
        }
        lane
    }

    /// Makes room for four times as many lanes.
    #[cold]
    fn add_round(&mut self) {
        let players = self.matches[self.last_round..].as_flattened().to_vec();
        self.last_round = self.matches.len();
        self.matches = vec![[SILENT; 4]; 4 * self.last_round + 1];
        for (lane, key) in players.into_iter().enumerate() {
            self.replay(lane as u32, key);
        }
    }

    /// Gives a lane a new time, and the sequence number that decides among equal times.
    #[inline]
    pub fn set(&mut self, lane: u32, time: u64, seq: u64) {
        assert!(seq >> (u64::BITS - LANE_BITS) == 0, "a simulation has fewer than 2^44 events");
        let order = seq << LANE_BITS | u64::from(lane);
        self.replay(lane, (time, order));
    }

    /// Silences a lane.
    #[inline]
    pub fn silence(&mut self, lane: u32) {
        self.replay(lane, SILENT);
    }

    #[inline]
    fn replay(&mut self, lane: u32, key: Halves) {
        // Numbered on as if the lanes were matches of one more round.
        let mut player = self.matches.len() + lane as usize;
        let mut winner = key;
        while player > 0 {
            player -= 1;
            let players = &mut self.matches[player / 4];
            players[player % 4] = winner;
            winner = players[least_of_four(players.map(whole))];
            player /= 4;
        }
        self.winner = winner;
    }

    /// The lane with the smallest key, and that key, its time above its sequence number
    /// ([`u128::MAX`] if all are silent).
    #[inline]
    pub fn first(&self) -> (u32, u128) {
        let (time, order) = self.winner;
        if self.winner == SILENT {
            return (0, u128::MAX);
        }
        (order as u32 & ((1 << LANE_BITS) - 1), whole((time, order >> LANE_BITS)))
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
            let mut naive = vec![u128::MAX; count as usize];
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
