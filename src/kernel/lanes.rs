//! Lanes: one pending time per entity, moved as often as needed without leaving anything behind.
//!
//! A node's next completion changes with each arrival on that node. In a heap each change would
//! leave a dead entry; here it overwrites one leaf of a tournament tree and replays the matches of
//! four on the way to the root.

use super::calendar::SEQ_BITS;
use super::heap::{Halves, least_of_four, whole};

/// Time and sequence number of a lane that is silent.
pub(super) const SILENT: Halves = (u64::MAX, u64::MAX);
/// The bits of a lane's number, which stands in those that a sequence number leaves free.
const LANE: u64 = (1 << (u64::BITS - SEQ_BITS)) - 1;

/// A tournament over the pending times of numbered lanes.
#[derive(Clone, Debug)]
pub struct Lanes {
    /// The matches, of which number 0 is the final. Match i has the players 4i + 1 to 4i + 4, of
    /// which those below the number of matches are winners of a match and the others are the lanes
    /// in order: no lane plays more than one match more than another. A player is a key: the time,
    /// and in the lower half the sequence number, which decides among equal times, then the lane,
    /// which says whose it is.
    matches: Vec<[Halves; 4]>,
    /// The winner of the final.
    winner: Halves,
    /// Number of lanes in use.
    count: u32,
}

impl Default for Lanes {
    fn default() -> Lanes {
        Lanes { matches: vec![[SILENT; 4]], winner: SILENT, count: 0 }
    }
}

impl Lanes {
    /// Adds a silent lane and returns its number.
    pub fn add(&mut self) -> u32 {
        let lane = self.count;
        assert!(u64::from(lane) < LANE, "a simulation has fewer than 2^20 - 1 nodes, and sources");
        self.count += 1;
        // Every match has four players and sends one on, but for the final.
        if self.count as usize > 3 * self.matches.len() + 1 {
            self.add_match();
        }
        lane
    }

    /// Makes room for three more lanes: all of them move on by one place.
    #[cold]
    fn add_match(&mut self) {
        let players = self.matches.as_flattened();
        let mut keys = players[self.matches.len() - 1..].to_vec();
        self.matches.push([SILENT; 4]);
        let winners = self.matches.len() - 1;
        keys.resize(self.matches.len() * 4 - winners, SILENT);
        self.matches.as_flattened_mut()[winners..].copy_from_slice(&keys);
        for at in (1..self.matches.len()).rev() {
            let players = self.matches[at];
            self.matches.as_flattened_mut()[at - 1] = players[least_of_four(players.map(whole))];
        }
    }

    /// Gives a lane a new time, and the sequence number that decides among equal times, of which
    /// only the upper 44 bits are in use.
    #[inline(always)]
    pub fn set(&mut self, lane: u32, time: u64, seq: u64) {
        self.replay(lane, (time, seq | u64::from(lane)));
    }

    /// Silences a lane.
    #[inline]
    pub fn silence(&mut self, lane: u32) {
        self.replay(lane, SILENT);
    }

    #[inline]
    fn replay(&mut self, lane: u32, key: Halves) {
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

    /// As many lanes, all of them silent.
    pub fn silenced(&self) -> Lanes {
        Lanes { matches: vec![[SILENT; 4]; self.matches.len()], winner: SILENT, count: self.count }
    }

    /// Moves every lane that is not silent to a time that is later by so much.
    pub fn postpone(&mut self, by: u64) {
        // Every match is won by the same player as before.
        let later = |key: &mut Halves| {
            if *key != SILENT {
                key.0 = key.0.saturating_add(by);
            }
        };
        self.matches.as_flattened_mut().iter_mut().for_each(later);
        later(&mut self.winner);
    }

    /// The smallest key, a time and a sequence number with the number of its lane; [`SILENT`] if
    /// all are silent.
    #[inline]
    pub(super) fn first(&self) -> Halves {
        self.winner
    }

    /// The lane with the smallest key.
    #[inline]
    pub fn first_lane(&self) -> u32 {
        (self.winner.1 & LANE) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_lane_has_the_smallest_key(
            mut count in 1_u32..40,
            added in 0_u32..40,
            moves in prop::collection::vec((any::<u32>(), any::<u64>()), 0..200),
        ) {
            let mut lanes = Lanes::default();
            for lane in 0..count {
                prop_assert_eq!(lanes.add(), lane);
            }
            let mut naive = vec![u128::MAX; count as usize];
            for (seq, (lane, time)) in moves.into_iter().enumerate() {
                if seq < added as usize {
                    prop_assert_eq!(lanes.add(), count);
                    naive.push(u128::MAX);
                    count += 1;
                }
                let lane = lane % count;
                let seq = (seq as u64) << (u64::BITS - SEQ_BITS);
                lanes.set(lane, time, seq);
                naive[lane as usize] = u128::from(time) << 64 | u128::from(seq | u64::from(lane));
                let least = *naive.iter().min().unwrap();
                prop_assert_eq!(whole(lanes.first()), least);
                prop_assert_eq!(naive[lanes.first_lane() as usize], least);
            }
        }
    }
}
