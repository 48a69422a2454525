//! Nodes by how many attempts they have in hand, so that one with the fewest is found without a
//! look at the others.

/// Attempts in hand from which on nodes are no longer told apart here: it bounds the memory.
const TOP: u32 = 1 << 12;

/// A set of nodes for each number of attempts in hand.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    /// For each level from 0 on a bit a node, in so many words.
    sets: Vec<u64>,
    words: usize,
    /// No set below this level has a node.
    least: u32,
}

/// What the lowest level has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lowest {
    /// This node comes next.
    Node(u32),
    /// Nodes that have too many attempts in hand to be told apart.
    Beyond,
    /// There is no node.
    Empty,
}

impl Levels {
    /// The sets for `nodes` nodes, of which those given are in, each with its attempts in hand.
    pub(super) fn new(nodes: usize, among: impl Iterator<Item = (u32, u32)>) -> Levels {
        let words = nodes.div_ceil(64).max(1);
        let mut levels = Levels { sets: Vec::new(), words, least: TOP };
        for (node, count) in among {
            levels.put_in(node, count);
        }
        levels
    }

    /// Moves a node from one number of attempts in hand to another, if it is in.
    #[inline]
    pub(super) fn change(&mut self, node: u32, from: u32, to: u32) {
        let at = from.min(TOP) as usize * self.words + node as usize / 64;
        let bit = 1 << (node % 64);
        if self.sets.get(at).is_some_and(|set| set & bit != 0) {
            self.sets[at] &= !bit;
            self.put_in(node, to);
        }
    }

    #[inline]
    fn put_in(&mut self, node: u32, count: u32) {
        let level = count.min(TOP);
        self.least = self.least.min(level);
        let at = level as usize * self.words + node as usize / 64;
        if at >= self.sets.len() {
            self.add_levels(level);
        }
        self.sets[at] |= 1 << (node % 64);
    }

    #[cold]
    fn add_levels(&mut self, level: u32) {
        self.sets.resize((level as usize + 1) * self.words, 0);
    }

    /// Of the nodes with the fewest attempts in hand the first from `cursor` on, or else the first.
    #[inline]
    pub(super) fn lowest(&mut self, cursor: u32) -> Lowest {
        if self.words != 1 {
            return self.lowest_of_many(cursor);
        }
        while let Some(&set) = self.sets.get(self.least as usize) {
            let later = set & u64::MAX << (cursor % 64);
            let first = if later == 0 { set } else { later };
            if first != 0 {
                return self.found(first.trailing_zeros());
            }
            self.least += 1;
        }
        Lowest::Empty
    }

    #[inline(never)]
    fn lowest_of_many(&mut self, cursor: u32) -> Lowest {
        let place = cursor as usize / 64;
        loop {
            let start = self.least as usize * self.words;
            let Some(sets) = self.sets.get(start..start + self.words) else { return Lowest::Empty };
            let of = |at: usize, set: u64| at as u32 * 64 + set.trailing_zeros();
            let later = |(at, set): (usize, u64)| {
                let turn = if at == place { u64::MAX << (cursor % 64) } else { u64::MAX };
                (at >= place && set & turn != 0).then(|| of(at, set & turn))
            };
            let any = |(at, set): (usize, u64)| (set != 0).then(|| of(at, set));
            let mut all = sets.iter().copied().enumerate();
            if let Some(node) = all.clone().find_map(later).or_else(|| all.find_map(any)) {
                return self.found(node);
            }
            self.least += 1;
        }
    }

    #[inline]
    fn found(&self, node: u32) -> Lowest {
        if self.least == TOP { Lowest::Beyond } else { Lowest::Node(node) }
    }
}
