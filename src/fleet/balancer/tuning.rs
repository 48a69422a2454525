//! What a balancer knows of its nodes beyond marks and counts, where a scenario asks for it:
//! weights, limits, slow start, latency, passive ejection, draining.

use super::Policy;
use super::ejection::{Ejection, Record};
use crate::kernel::time::{Duration, Instant};

/// How a balancer treats its nodes beyond picking among those that are up.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuning {
    /// Weight of every node at the start, by number; those that join have 1.
    pub weights: Vec<f64>,
    /// How long a node that came up takes to reach its full weight; linear, from a tenth of it.
    pub slow_start: Duration,
    /// Below this share of usable nodes all of them get attempts.
    pub panic_below: f64,
    /// The most attempts that a node has from this balancer at a time.
    pub limit: Option<u32>,
    /// Taking nodes out for the errors of ordinary attempts.
    pub ejection: Option<Ejection>,
    /// How fast a latency is forgotten, where a policy looks at it.
    pub decay: Duration,
}

/// The least weight of a node that starts slowly, as a share of its full one.
const SLOWEST: f64 = 0.1;

/// What is known of one node.
#[derive(Clone, Debug)]
struct Known {
    weight: f64,
    /// When it came up; `None` if it was up from the start.
    up_since: Option<Instant>,
    /// What smooth weighted round robin has given it ahead of its turn.
    credit: f64,
    draining: bool,
    record: Record,
    latency: Peak,
}

/// Finagle's mean latency that jumps to peaks: weighted exponentially, and brought up to date
/// whenever it is looked at, as if nothing had taken no time.
#[derive(Clone, Copy, Debug)]
struct Peak {
    /// In seconds; zero before the first answer.
    mean: f64,
    /// When it was brought up to date.
    then: Instant,
}

/// What the latency of a node counts as that has attempts in hand and has never answered, in
/// seconds: Finagle's, 2^47 ns. Without it everything would go to a node that is new.
const NEVER_ANSWERED: f64 = 140_737.0;

impl Peak {
    /// Takes in an answer that took so many seconds.
    fn take(&mut self, now: Instant, decay: Duration, secs: f64) {
        let kept = libm::exp(-now.since(self.then).as_secs_f64() / decay.as_secs_f64());
        self.mean = if secs > self.mean { secs } else { self.mean * kept + secs * (1.0 - kept) };
        self.then = now;
    }

    /// What another attempt would cost, beside so many in hand.
    fn cost(&mut self, now: Instant, decay: Duration, in_hand: u32) -> f64 {
        self.take(now, decay, 0.0);
        if self.mean <= 0.0 && in_hand > 0 {
            NEVER_ANSWERED + f64::from(in_hand)
        } else {
            self.mean * (f64::from(in_hand) + 1.0)
        }
    }
}

/// A balancer's knowledge of its nodes.
#[derive(Clone, Debug)]
pub(super) struct Knowledge {
    tuning: Tuning,
    nodes: Vec<Known>,
}

impl Knowledge {
    pub(super) fn new(tuning: Tuning, nodes: u32) -> Knowledge {
        let mut knowledge = Knowledge { tuning, nodes: Vec::new() };
        for _ in 0..nodes {
            knowledge.add_node();
        }
        knowledge
    }

    pub(super) fn add_node(&mut self) {
        let weight = self.tuning.weights.get(self.nodes.len()).copied().unwrap_or(1.0);
        self.nodes.push(Known {
            weight,
            up_since: None,
            credit: 0.0,
            draining: false,
            record: Record::default(),
            latency: Peak { mean: 0.0, then: Instant::START },
        });
    }

    pub(super) fn came_up(&mut self, now: Instant, node: u32) {
        let known = &mut self.nodes[node as usize];
        known.up_since = Some(now);
        known.record.forgive();
    }

    pub(super) fn drain(&mut self, node: u32, draining: bool) {
        self.nodes[node as usize].draining = draining;
    }

    /// The nodes that may be picked, in order of their numbers, where `up` says which are believed
    /// up.
    pub(super) fn usable(&self, now: Instant, up: &dyn Fn(u32) -> bool) -> Vec<u32> {
        let all: Vec<u32> = (0..self.nodes.len() as u32)
            .filter(|&node| !self.nodes[node as usize].draining)
            .collect();
        let ejection = self.tuning.ejection;
        let is_in = |node: &u32| {
            let out = ejection
                .is_some_and(|ejection| self.nodes[*node as usize].record.is_out(now, ejection));
            up(*node) && !out
        };
        let healthy: Vec<u32> = all.iter().copied().filter(is_in).collect();
        let share = healthy.len() as f64 / all.len().max(1) as f64;
        if share < self.tuning.panic_below { all } else { healthy }
    }

    /// Whether a node may have another attempt beside those it has.
    pub(super) fn has_room(&self, outstanding: u32) -> bool {
        self.tuning.limit.is_none_or(|limit| outstanding < limit)
    }

    /// Picks among `usable`, which is not empty.
    pub(super) fn choose(
        &mut self,
        now: Instant,
        policy: Policy,
        usable: &[u32],
        (outstanding, cursor): (&[u32], u32),
        dice: u64,
    ) -> u32 {
        let weights: Vec<f64> = usable.iter().map(|&node| self.weight(now, node)).collect();
        // The dice in two independent halves.
        let (first, second) = (dice >> 32, dice & 0xFFFF_FFFF);
        let share = |half: u64| half as f64 / (1_u64 << 32) as f64;
        let load = |node: u32, weight: f64| (f64::from(outstanding[node as usize]) + 1.0) / weight;
        let picked = match policy {
            Policy::RoundRobin => self.next_in_turn(usable, &weights, cursor),
            Policy::Random => usable[drawn(&weights, share(first))],
            Policy::LeastOutstanding => {
                let key = |&at: &usize| {
                    let behind = usable[at].wrapping_sub(cursor);
                    (load(usable[at], weights[at]), behind)
                };
                let least = (0..usable.len()).min_by(|a, b| {
                    let (a, b) = (key(a), key(b));
                    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
                });
                usable[least.unwrap_or(0)]
            }
            Policy::PowerOfTwo => {
                let (one, other) = two(&weights, share(first), share(second));
                let cost = |at: usize| load(usable[at], weights[at]);
                usable[if cost(other) < cost(one) { other } else { one }]
            }
            Policy::Latency => {
                let (one, other) = two(&weights, share(first), share(second));
                let mut cost = |at: usize| {
                    let node = usable[at] as usize;
                    let latency = &mut self.nodes[node].latency;
                    latency.cost(now, self.tuning.decay, outstanding[node]) / weights[at]
                };
                usable[if other != one && cost(other) < cost(one) { other } else { one }]
            }
        };
        if self.tuning.ejection.is_some() {
            self.nodes[picked as usize].record.picked(now);
        }
        picked
    }

    /// Smooth weighted round robin: every node earns its weight, the richest is picked and pays for
    /// all; the turns of a heavy node are spread among those of the others.
    fn next_in_turn(&mut self, usable: &[u32], weights: &[f64], cursor: u32) -> u32 {
        let total: f64 = weights.iter().sum();
        let mut best: Option<(f64, u32, u32)> = None;
        for (&node, weight) in usable.iter().zip(weights) {
            let known = &mut self.nodes[node as usize];
            known.credit += weight;
            let (credit, behind) = (known.credit, node.wrapping_sub(cursor));
            let is_better = best.is_none_or(|(most, nearest, _)| {
                credit > most + 1e-9 || (credit > most - 1e-9 && behind < nearest)
            });
            if is_better {
                best = Some((credit, behind, node));
            }
        }
        let (_, _, node) = best.expect("there is a node to pick");
        self.nodes[node as usize].credit -= total;
        node
    }

    fn weight(&self, now: Instant, node: u32) -> f64 {
        let known = &self.nodes[node as usize];
        let window = self.tuning.slow_start.as_secs_f64();
        let Some(since) = known.up_since.filter(|_| window > 0.0) else { return known.weight };
        let grown = now.since(since).as_secs_f64() / window;
        known.weight * grown.clamp(SLOWEST, 1.0)
    }

    /// A node has answered after so long.
    pub(super) fn answered(&mut self, now: Instant, node: u32, after: Duration) {
        let known = &mut self.nodes[node as usize];
        known.latency.take(now, self.tuning.decay, after.as_secs_f64());
        if let Some(ejection) = self.tuning.ejection {
            known.record.succeeded(ejection);
        }
    }

    /// An attempt on a node has failed for the balancer; whether that takes the node out.
    pub(super) fn failed(&mut self, now: Instant, node: u32) -> bool {
        let Some(ejection) = self.tuning.ejection else { return false };
        let nodes = self.nodes.len();
        let out = self.nodes.iter().filter(|known| known.record.is_out(now, ejection)).count();
        self.nodes[node as usize].record.failed(now, ejection, (out, nodes))
    }
}

/// The place of a draw by weight.
fn drawn(weights: &[f64], share: f64) -> usize {
    let total: f64 = weights.iter().sum();
    let mut left = share * total;
    for (at, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return at;
        }
    }
    weights.len() - 1
}

/// Two different places, each drawn by weight; the same one twice if there is no other.
fn two(weights: &[f64], first: f64, second: f64) -> (usize, usize) {
    let one = drawn(weights, first);
    if weights.len() == 1 {
        return (one, one);
    }
    let mut rest = weights.to_vec();
    rest[one] = 0.0;
    let other = drawn(&rest, second);
    // A draw at the very end may fall on the one that is out.
    (one, if other == one { (one + 1) % weights.len() } else { other })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(nodes: u32) -> Tuning {
        Tuning {
            weights: vec![1.0; nodes as usize],
            slow_start: Duration::ZERO,
            panic_below: 0.0,
            limit: None,
            ejection: None,
            decay: Duration::from_secs(10),
        }
    }

    fn at(secs: u64) -> Instant {
        Instant::START + Duration::from_secs(secs)
    }

    /// nginx's example: weights 5, 1 and 1 give a a b a c a a.
    #[test]
    fn weighted_turns_are_spread() {
        let tuning = Tuning { weights: vec![5.0, 1.0, 1.0], ..plain(3) };
        let mut knowledge = Knowledge::new(tuning, 3);
        let turns: Vec<u32> = (0..7)
            .map(|_| knowledge.choose(at(0), Policy::RoundRobin, &[0, 1, 2], (&[0; 3], 0), 0))
            .collect();
        assert_eq!(turns, [0, 0, 1, 0, 2, 0, 0]);
    }

    /// Of 10 s of slow start 3 have passed: a node gets 3 of 13 turns beside one that was there.
    #[test]
    fn a_node_that_came_up_grows_into_its_weight() {
        let tuning = Tuning { slow_start: Duration::from_secs(10), ..plain(2) };
        let mut knowledge = Knowledge::new(tuning, 2);
        knowledge.came_up(at(7), 1);
        let mut turns = |now| {
            let pick = |_| knowledge.choose(at(now), Policy::RoundRobin, &[0, 1], (&[0; 2], 0), 0);
            (0..1300).map(pick).filter(|&node| node == 1).count() as i64
        };
        assert!((turns(7) - 1300 / 11).abs() <= 1, "a tenth at first");
        assert!((turns(10) - 300).abs() <= 1);
        assert!((turns(17) - 650).abs() <= 1, "the full weight in the end");
    }

    #[test]
    fn two_choices_prefer_the_less_busy_and_cover_all_pairs() {
        let mut knowledge = Knowledge::new(plain(3), 3);
        let mut seen = [0; 3];
        for dice in 0..9_000_u64 {
            let dice = dice.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let picked =
                knowledge.choose(at(0), Policy::PowerOfTwo, &[0, 1, 2], (&[5, 3, 4], 0), dice);
            seen[picked as usize] += 1;
        }
        // Of the three pairs, node 1 wins two, node 2 one, node 0 none.
        assert_eq!(seen[0], 0);
        assert!((seen[1] - 6_000_i32).abs() < 200 && (seen[2] - 3_000_i32).abs() < 200, "{seen:?}");
    }

    #[test]
    fn a_peak_of_latency_counts_at_once_and_is_forgotten() {
        let decay = Duration::from_secs(10);
        let mut latency = Peak { mean: 0.0, then: Instant::START };
        latency.take(at(1), decay, 2.0);
        assert!((latency.cost(at(1), decay, 2) - 6.0).abs() < 1e-12);
        latency.take(at(11), decay, 0.1);
        // A weight of 1/e is left of the 2 s.
        let e = libm::exp(-1.0);
        let mean = 2.0 * e + 0.1 * (1.0 - e);
        assert!((latency.mean - mean).abs() < 1e-12);
        assert!((latency.cost(at(31), decay, 0) - mean * e * e).abs() < 1e-12);
    }

    /// A node that is new gets one attempt; then it counts as the slowest until it has answered.
    #[test]
    fn a_node_that_never_answered_gets_one_attempt() {
        let decay = Duration::from_secs(10);
        let mut latency = Peak { mean: 0.0, then: Instant::START };
        assert!(latency.cost(at(1), decay, 0) <= 0.0);
        assert!(latency.cost(at(1), decay, 1) > 3_600.0);
        latency.take(at(2), decay, 1.0);
        assert!((latency.cost(at(2), decay, 1) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn drains_and_panic_change_who_is_usable() {
        let tuning = Tuning { limit: Some(2), panic_below: 0.5, ..plain(4) };
        let mut knowledge = Knowledge::new(tuning, 4);
        let up = |down: &'static [u32]| move |node: u32| !down.contains(&node);
        assert_eq!(knowledge.usable(at(0), &up(&[3])), [0, 1, 2]);
        knowledge.drain(0, true);
        assert_eq!(knowledge.usable(at(0), &up(&[3])), [1, 2]);
        // One of three is up: below half of those that are not drained.
        assert_eq!(knowledge.usable(at(0), &up(&[2, 3])), [1, 2, 3]);
        assert!(knowledge.has_room(1) && !knowledge.has_room(2));
    }
}
