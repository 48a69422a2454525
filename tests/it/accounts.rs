//! What a run looks like from outside, and whether its accounts balance.

use fleetfall::kernel::time::Instant;
use fleetfall::scenario::Scenario;
use fleetfall::sim::observation::{Observation, Outcome, Passage};
use std::sync::Arc;

/// How many attempts a request can take, and how many of them beside another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most {
    attempts: u32,
    hedges: u32,
    /// Whether balancers give up what they have on a node that they mark down.
    shuts: bool,
}

impl Most {
    pub(crate) fn of(scenario: &Scenario) -> Most {
        let retry = scenario.clients.retry.known();
        let rounds = 1 + retry.reload.as_ref().map_or(0, |reload| reload.at_most);
        let hedges = scenario.clients.hedge.map_or(0, |hedge| hedge.at_most);
        let shuts = scenario.balancer.health.as_ref().is_some_and(|health| health.shuts_sessions);
        Most { attempts: retry.attempts * rounds + hedges, hedges, shuts }
    }
}

/// What a run looks like from outside, checked as it goes.
pub(crate) struct Accounts {
    pub(crate) issued: u64,
    /// Requests that were passed over; what became of them is not told one by one.
    pub(crate) passed: u64,
    /// Times that a request stood for another one, when traffic went on.
    pub(crate) postponed: u64,
    /// Whether traffic is passed over.
    is_passed_over: bool,
    settled: u64,
    completed: u64,
    failed_attempts: u64,
    attempts_of_settled: u64,
    accepted: u64,
    wasted: u64,
    timed_out: u64,
    last: Instant,
    /// Processes of each node.
    processes: Vec<i64>,
    /// Whether each node is lost.
    lost: Vec<bool>,
    fleet_down: bool,
}

impl Accounts {
    pub(crate) fn new(scenario: &Scenario) -> Accounts {
        let nodes = scenario.nodes.count as usize;
        Accounts {
            issued: 0,
            passed: 0,
            postponed: 0,
            is_passed_over: false,
            settled: 0,
            completed: 0,
            failed_attempts: 0,
            attempts_of_settled: 0,
            accepted: 0,
            wasted: 0,
            timed_out: 0,
            last: Instant::START,
            processes: vec![1; nodes],
            lost: vec![false; nodes],
            fleet_down: false,
        }
    }

    pub(crate) fn add(&mut self, now: Instant, seen: &Observation, most: Most) {
        assert!(now >= self.last, "the clock ran back");
        self.last = now;
        match *seen {
            Observation::RequestIssued { .. } => {
                assert!(!self.is_passed_over, "a request is issued where all are passed over");
                self.issued += 1;
            }
            Observation::Passage(passage) => self.pass(now, passage),
            Observation::AttemptAccepted { .. } => self.accepted += 1,
            Observation::AttemptFailed { how } => {
                self.failed_attempts += 1;
                let given_up = matches!(how, Outcome::TimedOut | Outcome::NoAnswer)
                    || (most.shuts && how == Outcome::Reset);
                self.timed_out += u64::from(given_up);
            }
            Observation::WorkWasted { .. } => self.wasted += 1,
            Observation::RequestSettled { issued, outcome, attempts, wait, .. } => {
                self.settled += 1;
                self.completed += u64::from(outcome == Outcome::Completed);
                self.attempts_of_settled += u64::from(attempts);
                assert!((1..=most.attempts).contains(&attempts), "{attempts} attempts");
                assert!(wait <= now.since(issued), "it waited longer than it was there");
            }
            Observation::ProcessStarting { node, .. } => self.processes[node as usize] += 1,
            Observation::ProcessEnded { node } => {
                self.processes[node as usize] -= 1;
                assert!(self.processes[node as usize] >= 0, "a process ended twice");
            }
            Observation::NodeAdded { node } => {
                assert_eq!(node as usize, self.processes.len(), "nodes are numbered in order");
                self.processes.push(0);
                self.lost.push(false);
            }
            Observation::NodeRemoved { node } => self.lost[node as usize] = false,
            Observation::NodeLost { node, .. } => {
                let lost = std::mem::replace(&mut self.lost[node as usize], true);
                assert!(!lost, "a node was lost twice");
            }
            Observation::NodeBack { node } => {
                let lost = std::mem::replace(&mut self.lost[node as usize], false);
                assert!(lost, "a node came back that was not away");
            }
            Observation::FleetDown => {
                assert!(
                    !std::mem::replace(&mut self.fleet_down, true),
                    "the fleet went down twice"
                );
            }
            Observation::FleetServing => {
                assert!(std::mem::replace(&mut self.fleet_down, false), "the fleet was not down");
            }
            Observation::NodeSampled { gauges, .. } => {
                assert!(
                    gauges.slots_busy <= gauges.slots_offered,
                    "more slots busy than there are"
                );
            }
            Observation::Ended { open } => self.close(open, most),
            _ => {}
        }
    }

    fn pass(&mut self, now: Instant, passage: Passage) {
        let was = self.is_passed_over;
        match passage {
            Passage::Sampled => assert!(!was, "a sample of what is passed over"),
            Passage::Suspended => {
                assert!(!was, "traffic is suspended twice");
                self.is_passed_over = true;
            }
            Passage::Passed { issued } => {
                assert!(was, "requests are passed over where all are simulated");
                self.passed += issued;
            }
            Passage::Postponed { issued, .. } => {
                assert!(was && issued <= now, "it is postponed before it is there");
                self.postponed += 1;
            }
            Passage::Resumed => {
                assert!(was, "traffic goes on that was not suspended");
                self.is_passed_over = false;
            }
        }
    }

    /// Conservation, from what was told alone.
    fn close(&self, open: u64, most: Most) {
        assert_eq!(self.issued, self.settled + open, "requests are not conserved");
        // Every attempt of a settled request has failed or been completed, but those that lost to
        // another of the same request; what failed beyond that belongs to requests that are open.
        let beaten = self.settled * u64::from(most.hedges);
        let ended = self.failed_attempts + self.completed;
        let of_open = (ended + beaten)
            .checked_sub(self.attempts_of_settled)
            .expect("an attempt of a settled request neither failed nor was completed");
        assert!(of_open <= open * u64::from(most.attempts) + beaten, "failed attempts of nobody");
        assert!(self.completed <= self.accepted, "more was completed than accepted");
        assert!(self.wasted <= self.timed_out + beaten, "unwanted work that nobody gave up");
    }
}

/// The scenario cut off at `end`.
pub(crate) fn until(scenario: &Arc<Scenario>, end: Instant) -> Arc<Scenario> {
    let mut shorter = Scenario::clone(scenario);
    shorter.clock.horizon = end;
    Arc::new(shorter)
}
