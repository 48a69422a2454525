//! One balancer instance: its own view of the nodes, and its choice among those it believes up.

pub mod ejection;
mod levels;
pub mod tuning;

use crate::kernel::time::{Duration, Instant};
use ejection::{OnError, Trouble};
use levels::{Levels, Lowest};
use tuning::{Consequence, Knowledge, Tuning};

/// How a balancer picks a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// One after the other.
    RoundRobin,
    /// Any, equally likely.
    Random,
    /// The one with the fewest attempts in hand; among equals the one that waited longest for a
    /// turn.
    LeastOutstanding,
    /// Of two drawn at random, the one with fewer attempts in hand.
    PowerOfTwo,
    /// Of two drawn at random, the one with the lower product of latency, weighted exponentially,
    /// and attempts in hand.
    Latency,
}

/// What happens while a balancer believes no node up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoneUp {
    /// Attempts fail at once.
    Fail,
    /// Attempts go to all nodes, up or not.
    FailOpen,
}

/// What becomes of the share of a node that is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostShare {
    /// The nodes that are up take it: what balancers do.
    Moved,
    /// It is dropped for good. No product does this; it shows what the moving does.
    Dropped,
}

/// Consecutive results after which a check changes a node's mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Passed checks that bring a node up.
    pub rise: u32,
    /// Failed checks that take it down.
    pub fall: u32,
}

/// How sure a balancer is of its mark of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belief {
    /// Up, and the last check says so too.
    Up,
    /// Down, and the last check says so too.
    Down,
    /// The last check said otherwise.
    Wavers,
}

/// What a balancer believes about a node.
#[derive(Clone, Copy, Debug)]
struct Mark {
    up: bool,
    /// Consecutive results that speak against it.
    streak: u32,
    /// It was taken away, and what checks say of it counts for nothing.
    left: bool,
    /// The next check: its number, and when it is due; `None` while one is under way.
    check: (u16, Option<Instant>),
}

impl Mark {
    fn new(up: bool) -> Mark {
        Mark { up, streak: 0, left: false, check: (0, None) }
    }
}

/// So few nodes are sooner looked at than kept in sets.
const FEW: usize = 8;

/// A balancer instance.
#[derive(Clone, Debug)]
pub struct Balancer {
    marks: Vec<Mark>,
    /// Attempts sent to each node that it has not answered.
    outstanding: Vec<u32>,
    /// Nodes believed up, in order of their numbers.
    up: Vec<u32>,
    /// The same by their attempts in hand, where there are more than [`FEW`] nodes.
    levels: Option<Levels>,
    /// The node whose turn comes next.
    cursor: u32,
    /// Whether a node may have got room for another attempt since it was found that none has.
    freed: bool,
    /// What else it knows of the nodes, where it is asked to.
    knowledge: Option<Box<Knowledge>>,
}

impl Balancer {
    /// A balancer that believes all of `nodes` nodes up.
    pub fn new(nodes: u32, tuning: Option<Tuning>) -> Balancer {
        let mut balancer = Balancer {
            knowledge: tuning.map(|tuning| Box::new(Knowledge::new(tuning, nodes))),
            marks: vec![Mark::new(true); nodes as usize],
            outstanding: vec![0; nodes as usize],
            up: Vec::new(),
            levels: None,
            cursor: 0,
            freed: true,
        };
        balancer.recount();
        balancer
    }

    /// Adds a node. One that is checked must pass its checks before it is up.
    pub fn add_node(&mut self, up: bool) {
        self.freed = true;
        self.marks.push(Mark::new(up));
        self.outstanding.push(0);
        self.recount();
        if let Some(knowledge) = &mut self.knowledge {
            knowledge.add_node();
        }
    }

    /// Picks a node that is up and not among `tried`; `None` if there is none.
    ///
    /// `dice` decides where the policy is random.
    #[inline(always)]
    pub fn pick(&mut self, now: Instant, policy: Policy, tried: &[u32], dice: u64) -> Option<u32> {
        if self.knowledge.is_some() {
            return self.pick_knowingly(now, policy, tried, dice);
        }
        let picked = if !tried.is_empty() {
            let left: Vec<u32> = untried(&self.up, tried);
            self.choose(policy, &left, dice)?
        } else if policy == Policy::LeastOutstanding {
            self.pick_least()?
        } else {
            self.choose(policy, &self.up, dice)?
        };
        self.cursor = picked + 1;
        Some(picked)
    }

    #[inline(never)]
    fn pick_knowingly(
        &mut self,
        now: Instant,
        policy: Policy,
        tried: &[u32],
        dice: u64,
    ) -> Option<u32> {
        let usable = self.usable(now);
        let knowledge = self.knowledge.as_mut()?;
        let counts = &self.outstanding;
        let free = |node: &u32| {
            !tried.contains(node) && knowledge.has_room(now, *node, counts[*node as usize])
        };
        let left: Vec<u32> = usable.into_iter().filter(free).collect();
        if left.is_empty() {
            return None;
        }
        let picked = knowledge.choose(now, policy, &left, (counts, self.cursor), dice);
        self.cursor = picked + 1;
        Some(picked)
    }

    /// The nodes that get attempts while they have room for them.
    pub fn usable(&self, now: Instant) -> Vec<u32> {
        match &self.knowledge {
            Some(knowledge) => knowledge.usable(now, &|node| self.is_up(node)),
            None => self.up.clone(),
        }
    }

    /// Whether any of those has room. It is looked for only when that can have changed: when a node
    /// has answered or lost an attempt, or came up, or where time alone changes it.
    pub fn has_room(&mut self, now: Instant) -> bool {
        if self.freed || self.time_gives_room() {
            self.freed = self.looks_for_room(now);
        }
        self.freed
    }

    /// Whether time alone may give a node room.
    pub fn time_gives_room(&self) -> bool {
        self.knowledge.as_ref().is_some_and(|knowledge| knowledge.time_gives_room())
    }

    /// Whether any of those has room, looked for whatever has changed.
    pub fn looks_for_room(&self, now: Instant) -> bool {
        self.knowledge.as_ref().is_some_and(|knowledge| {
            let room = |node: u32| knowledge.has_room(now, node, self.outstanding[node as usize]);
            knowledge.any_usable(now, &|node| self.is_up(node), &room)
        })
    }

    /// Notes that a node has answered, so long after the attempt was sent.
    pub fn note_answer(&mut self, now: Instant, node: u32, after: Duration) {
        self.freed = true;
        if let Some(knowledge) = &mut self.knowledge {
            knowledge.answered(now, node, after);
        }
    }

    /// Notes that a node has failed an attempt; what that means for its checks.
    pub fn note_failure(&mut self, now: Instant, node: u32, trouble: Trouble) -> Consequence {
        self.knowledge.as_mut().and_then(|knowledge| knowledge.failed(now, node, trouble))
    }

    /// The nodes that were taken out since this was asked last.
    pub fn taken_out(&mut self) -> Vec<u32> {
        self.knowledge.as_mut().map_or_else(Vec::new, |knowledge| knowledge.taken_out())
    }

    /// Sends a node nothing new, or does so again.
    pub fn drain(&mut self, node: u32, draining: bool) {
        self.freed = true;
        if let Some(knowledge) = &mut self.knowledge {
            knowledge.drain(node, draining);
        }
    }

    /// Takes a node away: nothing is sent to it any more.
    pub fn remove(&mut self, node: u32) {
        let mark = &mut self.marks[node as usize];
        (mark.up, mark.streak, mark.left) = (false, 0, true);
        self.recount();
        self.drain(node, true);
    }

    /// Gives a node back that was taken away, with the mark of one that is added.
    pub fn restore(&mut self, node: u32, up: bool) {
        let mark = &mut self.marks[node as usize];
        (mark.up, mark.streak, mark.left) = (up, 0, false);
        self.recount();
        self.drain(node, false);
    }

    fn recount(&mut self) {
        let marks = &self.marks;
        self.up = (0..marks.len() as u32).filter(|&n| marks[n as usize].up).collect();
        let count = |&node: &u32| (node, self.outstanding[node as usize]);
        let many = marks.len() > FEW;
        self.levels = many.then(|| Levels::new(marks.len(), self.up.iter().map(count)));
    }

    /// Attempts in hand on a node.
    pub fn in_hand(&self, node: u32) -> u32 {
        self.outstanding[node as usize]
    }

    /// Picks among all nodes, up or not, as [`Balancer::pick`] does among those that are up.
    pub fn pick_any(&mut self, policy: Policy, tried: &[u32], dice: u64) -> Option<u32> {
        let is_there = |node: &u32| !self.marks[*node as usize].left;
        let all: Vec<u32> = (0..self.marks.len() as u32).filter(is_there).collect();
        let picked = self.choose(policy, &untried(&all, tried), dice)?;
        self.cursor = picked + 1;
        Some(picked)
    }

    /// Counts an attempt sent to a node.
    #[inline]
    pub fn sent(&mut self, node: u32) {
        let outstanding = &mut self.outstanding[node as usize];
        let before = *outstanding;
        *outstanding = before + 1;
        if let Some(levels) = &mut self.levels {
            levels.change(node, before, before + 1);
        }
    }

    /// Counts an attempt out that the node has answered or lost.
    #[inline]
    pub fn answered(&mut self, node: u32) {
        let outstanding = &mut self.outstanding[node as usize];
        let before = *outstanding;
        *outstanding = before.checked_sub(1).expect("an answer follows an attempt");
        if let Some(levels) = &mut self.levels {
            levels.change(node, before, before - 1);
        }
    }

    /// The same away from an answer, which is noted besides.
    pub fn lost(&mut self, node: u32) {
        self.freed = true;
        self.answered(node);
    }

    /// How sure it is of its mark of a node.
    pub fn belief(&self, node: u32) -> Belief {
        let mark = &self.marks[node as usize];
        match (mark.streak, mark.up) {
            (0, true) => Belief::Up,
            (0, false) => Belief::Down,
            (_, _) => Belief::Wavers,
        }
    }

    /// Plans the next check of a node; its number, which [`Balancer::begin_check`] wants.
    pub fn plan_check(&mut self, node: u32, due: Instant) -> u16 {
        let check = &mut self.marks[node as usize].check;
        check.1 = Some(due);
        check.0
    }

    /// Whether the check of this number is to be made now, and was not put forward.
    pub fn begin_check(&mut self, node: u32, number: u16) -> bool {
        let check = &mut self.marks[node as usize].check;
        let is_planned = check.0 == number;
        if is_planned {
            check.1 = None;
        }
        is_planned
    }

    /// Puts the next check of a node forward, unless it is under way or due before; its new number.
    pub fn put_forward(&mut self, node: u32, due: Instant) -> Option<u16> {
        let check = &mut self.marks[node as usize].check;
        let planned = check.1.filter(|planned| due < *planned);
        planned?;
        *check = (check.0.wrapping_add(1), Some(due));
        Some(check.0)
    }

    /// Errors of ordinary attempts count as a check that fails; `Some(false)` if that takes the
    /// node down.
    pub fn on_errors(
        &mut self,
        now: Instant,
        node: u32,
        on_error: OnError,
        thresholds: Thresholds,
    ) -> Option<bool> {
        let mark = &mut self.marks[node as usize];
        let before = match on_error {
            OnError::FastInterval => return None,
            OnError::FailCheck => 0,
            OnError::SuddenDeath => thresholds.fall.saturating_sub(2),
            OnError::MarkDown => thresholds.fall.saturating_sub(1),
        };
        if mark.up {
            mark.streak = mark.streak.max(before);
        }
        self.on_check(now, node, false, thresholds)
    }

    /// Takes in the result of a check; `Some(up)` if it changed the node's mark.
    pub fn on_check(
        &mut self,
        now: Instant,
        node: u32,
        passed: bool,
        thresholds: Thresholds,
    ) -> Option<bool> {
        let mark = &mut self.marks[node as usize];
        if passed == mark.up || mark.left {
            mark.streak = 0;
            return None;
        }
        mark.streak += 1;
        let needed = if passed { thresholds.rise } else { thresholds.fall };
        if mark.streak < needed {
            return None;
        }
        mark.up = passed;
        mark.streak = 0;
        self.freed = true;
        self.recount();
        if let Some(knowledge) = self.knowledge.as_mut().filter(|_| passed) {
            knowledge.came_up(now, node);
        }
        Some(passed)
    }

    /// Whether the node is believed up.
    #[inline]
    pub fn is_up(&self, node: u32) -> bool {
        self.marks[node as usize].up
    }

    /// Whether any node is believed up.
    #[inline]
    pub fn any_up(&self) -> bool {
        !self.up.is_empty()
    }

    /// Attempts in hand on all nodes.
    pub fn outstanding(&self) -> u64 {
        self.outstanding.iter().map(|&count| u64::from(count)).sum()
    }

    /// Of all nodes that are up one with the fewest attempts in hand.
    #[inline]
    fn pick_least(&mut self) -> Option<u32> {
        match self.levels.as_mut().map(|levels| levels.lowest(self.cursor)) {
            Some(Lowest::Node(node)) => Some(node),
            Some(Lowest::Empty) => None,
            // The usual case: no list of nodes to go by.
            None if self.up.len() == self.outstanding.len() => {
                self.least_of((0..).zip(self.outstanding.iter().copied()))
            }
            Some(Lowest::Beyond) | None => self.least_outstanding(&self.up),
        }
    }

    #[inline(always)]
    fn choose(&self, policy: Policy, among: &[u32], dice: u64) -> Option<u32> {
        if among.is_empty() {
            return None;
        }
        match policy {
            Policy::RoundRobin => {
                let after = among.partition_point(|&node| node < self.cursor);
                Some(among[if after == among.len() { 0 } else { after }])
            }
            Policy::Random => {
                let at = (u128::from(dice) * among.len() as u128) >> 64;
                Some(among[at as usize])
            }
            Policy::LeastOutstanding => self.least_outstanding(among),
            // Latency is known only where notes are taken.
            Policy::PowerOfTwo | Policy::Latency => Some(self.better_of_two(among, dice)),
        }
    }

    /// Of two different nodes drawn at random the one with fewer attempts in hand.
    fn better_of_two(&self, among: &[u32], dice: u64) -> u32 {
        let place = |half: u64, count: usize| ((half * count as u64) >> 32) as usize;
        let one = place(dice >> 32, among.len());
        let other = place(dice & 0xFFFF_FFFF, among.len() - 1);
        // Past the first one the places move up.
        let other = if among.len() == 1 { one } else { other + usize::from(other >= one) };
        let count = |at: usize| self.outstanding[among[at] as usize];
        among[if count(other) < count(one) { other } else { one }]
    }

    /// The same of these, each looked at.
    fn least_outstanding(&self, among: &[u32]) -> Option<u32> {
        self.least_of(among.iter().map(|&node| (node, self.outstanding[node as usize])))
    }

    /// The least of nodes with their counts.
    #[inline]
    fn least_of(&self, among: impl Iterator<Item = (u32, u32)>) -> Option<u32> {
        // Below the count stands how far the node is from its turn. Those that have had theirs wrap
        // round to the largest numbers, so they come last, in order. The least key tells its node.
        let key = |(node, count): (u32, u32)| {
            u64::from(count) << 32 | u64::from(node.wrapping_sub(self.cursor))
        };
        let least = among.map(key).fold(u64::MAX, u64::min);
        (least != u64::MAX).then(|| (least as u32).wrapping_add(self.cursor))
    }
}

fn untried(among: &[u32], tried: &[u32]) -> Vec<u32> {
    among.iter().copied().filter(|node| !tried.contains(node)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STEADY: Thresholds = Thresholds { rise: 2, fall: 3 };

    #[test]
    fn round_robin_passes_over_nodes_that_are_down() {
        let mut balancer = Balancer::new(4, None);
        for _ in 0..3 {
            balancer.on_check(Instant::START, 1, false, STEADY);
        }
        let picks: Vec<u32> = (0..6)
            .filter_map(|_| balancer.pick(Instant::START, Policy::RoundRobin, &[], 0))
            .collect();
        assert_eq!(picks, [0, 2, 3, 0, 2, 3]);
        assert_eq!(balancer.pick(Instant::START, Policy::RoundRobin, &[0, 2, 3], 0), None);
    }

    #[test]
    fn marks_change_after_rise_and_fall_consecutive_results() {
        let mut balancer = Balancer::new(1, None);
        let marks: Vec<Option<bool>> = "FFPFFFPPP"
            .chars()
            .map(|result| balancer.on_check(Instant::START, 0, result == 'P', STEADY))
            .collect();
        let none = None;
        let (down, up) = (Some(false), Some(true));
        assert_eq!(marks, [none, none, none, none, none, down, none, up, none]);
    }

    /// What HAProxy makes of errors: a failed check, all but one of those that take a node down, or
    /// all. Down it stays down.
    #[test]
    fn errors_count_as_failed_checks() {
        let failures_after = |on_error, thresholds: Thresholds| {
            let mut balancer = Balancer::new(1, None);
            let mut seen = balancer.on_errors(Instant::START, 0, on_error, thresholds);
            let mut failures = 0;
            while seen.is_none() {
                seen = balancer.on_check(Instant::START, 0, false, thresholds);
                failures += 1;
            }
            assert_eq!(balancer.on_errors(Instant::START, 0, on_error, thresholds), None);
            assert_eq!((seen, balancer.belief(0)), (Some(false), Belief::Down));
            failures
        };
        let all =
            [OnError::FastInterval, OnError::FailCheck, OnError::SuddenDeath, OnError::MarkDown];
        let five = Thresholds { rise: 2, fall: 5 };
        assert_eq!(all.map(|on_error| failures_after(on_error, five)), [5, 4, 1, 0]);
        let one = Thresholds { rise: 2, fall: 1 };
        assert_eq!(all.map(|on_error| failures_after(on_error, one)), [1, 0, 0, 0]);
    }

    /// What is looked for only when it may have changed is what would be found at any time: over
    /// random courses of four nodes with two attempts each at most, with and without ejection and a
    /// threshold of panic.
    #[test]
    fn room_is_found_whenever_there_is_some() {
        let ejection = ejection::Ejection::MaxFails { fails: 1, timeout: Duration::from_secs(3) };
        let (mut found, mut dice) = ([0, 0], 1_u64);
        for course in 0..200_u64 {
            let tuning = Tuning {
                weights: vec![1.0; 4],
                slow_start: Duration::from_secs(course % 2 * 9),
                panic_below: if course % 5 == 0 { 0.6 } else { 0.0 },
                limit: Some(2),
                limit_grows: course % 4 < 2,
                ejection: (course % 3 == 0).then_some(ejection),
                observe: None,
                decay: Duration::from_secs(10),
            };
            let mut balancer = Balancer::new(4, Some(tuning));
            for second in 0..150 {
                let now = Instant::START + Duration::from_secs(second);
                dice = dice.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
                let node = (dice >> 40) as u32 % balancer.marks.len() as u32;
                let has_some = balancer.in_hand(node) > 0;
                match dice >> 59 {
                    0..4 if has_some => balancer.lost(node),
                    4..8 if has_some => {
                        balancer.answered(node);
                        balancer.note_answer(now, node, Duration::ZERO);
                    }
                    8 => balancer.drain(node, true),
                    9 => balancer.drain(node, false),
                    10..12 => {
                        balancer.note_failure(now, node, Trouble::Connection);
                    }
                    12..15 => {
                        balancer.on_check(now, node, dice >> 58 & 1 == 0, STEADY);
                    }
                    15 if second % 10 == 0 => balancer.add_node(true),
                    _ => {
                        if let Some(node) = balancer.pick(now, Policy::Random, &[], dice) {
                            balancer.sent(node);
                        }
                    }
                }
                let knowledge = balancer.knowledge.as_ref().expect("it is tuned");
                let room = |node: &u32| knowledge.has_room(now, *node, balancer.in_hand(*node));
                let expected = balancer.usable(now).iter().any(room);
                assert_eq!(balancer.has_room(now), expected, "course {course}, second {second}");
                found[usize::from(expected)] += 1;
            }
        }
        assert!(found.iter().all(|count| *count > 3_000), "{found:?}");
    }

    /// A check that was put forward is made once, and not put back.
    #[test]
    fn a_check_is_put_forward_once() {
        let at = |secs| Instant::START + Duration::from_secs(secs);
        let mut balancer = Balancer::new(1, None);
        let first = balancer.plan_check(0, at(10));
        let second = balancer.put_forward(0, at(3)).expect("it is earlier");
        assert_eq!(balancer.put_forward(0, at(3)), None);
        assert!(balancer.begin_check(0, second));
        assert_eq!(balancer.put_forward(0, at(1)), None, "it is under way");
        balancer.plan_check(0, at(13));
        assert!(!balancer.begin_check(0, first), "the one that was put forward");
    }

    #[test]
    fn least_outstanding_takes_turns_among_equals() {
        let mut balancer = Balancer::new(3, None);
        let mut picks = Vec::new();
        for _ in 0..6 {
            let node = balancer.pick(Instant::START, Policy::LeastOutstanding, &[], 0).unwrap();
            balancer.sent(node);
            picks.push(node);
        }
        assert_eq!(picks, [0, 1, 2, 0, 1, 2]);
        balancer.answered(1);
        assert_eq!(balancer.pick(Instant::START, Policy::LeastOutstanding, &[], 0), Some(1));
    }

    proptest! {
        /// Against a look at every node: with more nodes than fit a word, with nodes that go down,
        /// leave and come, and with more attempts in hand than there are levels.
        #[test]
        fn the_least_busy_node_is_found_without_a_look_at_the_others(
            nodes in 1_u32..150,
            steps in prop::collection::vec((0_u32..40, any::<u32>()), 1..400),
        ) {
            let mut balancer = Balancer::new(nodes, None);
            for (step, node) in steps {
                let node = node % balancer.marks.len() as u32;
                match step {
                    0 => balancer.add_node(node.is_multiple_of(2)),
                    1 => balancer.remove(node),
                    2 => balancer.restore(node, true),
                    3..6 => {
                        for _ in 0..3 {
                            balancer.on_check(Instant::START, node, step == 3, STEADY);
                        }
                    }
                    6 => (0..5_000).for_each(|_| balancer.sent(node)),
                    7 => (0..balancer.in_hand(node)).for_each(|_| balancer.answered(node)),
                    8..20 if balancer.in_hand(node) > 0 => balancer.answered(node),
                    _ => {
                        let expected = balancer.least_outstanding(&balancer.up);
                        let policy = Policy::LeastOutstanding;
                        let picked = balancer.pick(Instant::START, policy, &[], 0);
                        prop_assert_eq!(picked, expected);
                        if let Some(node) = picked {
                            balancer.sent(node);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn random_covers_every_node() {
        let mut balancer = Balancer::new(5, None);
        let picks: Vec<u32> = (0..5)
            .filter_map(|i| {
                balancer.pick(Instant::START, Policy::Random, &[], u64::MAX / 5 * i + 1000)
            })
            .collect();
        assert_eq!(picks, [0, 1, 2, 3, 4]);
    }
}
