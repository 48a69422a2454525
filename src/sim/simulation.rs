//! The simulation: its state and its loop.

mod birth;
mod fork;

pub(super) use birth::between;
pub use fork::ForkError;

use super::adaptive::{Adaptive, Role, role};
use super::event::Event;
use super::foreseen::Foreseen;
use super::observation::{Observation, Observer};
use super::state::{
    Attempt, Counts, Node, Owner, Process, Request, Rollout, Source, Visitor, Watch,
};
use crate::fleet::balancer::Balancer;
use crate::fleet::client::budget::Budget;
use crate::kernel::calendar::Calendar;
use crate::kernel::chance::Streams;
use crate::kernel::slab::{Ref, Slab};
use crate::kernel::time::{Duration, Instant};
use crate::scenario::late::SettingSet;
use crate::scenario::model::{RequestMemory, Scenario};
use fork::Watched;
use std::collections::VecDeque;
use std::sync::Arc;

/// Events between two checks of the invariants, a multiple of [`LOOK_STRIDE`].
const INVARIANT_STRIDE: u64 = 1 << 20;
/// Events between two questions whether a simulation goes on.
pub const LOOK_STRIDE: u64 = 1 << 16;
/// No node.
const NOBODY: u32 = u32::MAX;

/// A running simulation.
///
/// It owns everything it needs and borrows nothing: a clone is a snapshot that continues exactly as
/// the original does, and [`Simulation::fork`] continues under another scenario.
#[derive(Clone, Debug)]
pub struct Simulation {
    pub(super) scenario: Arc<Scenario>,
    pub(super) streams: Streams,
    pub(super) calendar: Calendar<Event>,
    pub(super) sources: Vec<Source>,
    pub(super) requests: Slab<Request>,
    pub(super) attempts: Slab<Attempt>,
    /// Requests of which it is known how they end, and whether there may be any.
    pub(super) foreseen: Slab<Foreseen>,
    pub(super) foresees: bool,
    pub(super) visitors: Slab<Visitor>,
    /// Whether any source has sessions.
    pub(super) has_sessions: bool,
    pub(super) processes: Slab<Process>,
    pub(super) balancers: Vec<Balancer>,
    /// The budget of each client; empty without any.
    pub(super) budgets: Vec<Budget>,
    /// Whether there are budgets, and whether clients hedge: at hand for every request, as are the
    /// next two.
    pub(super) has_budgets: bool,
    pub(super) hedges: bool,
    /// How many attempts wait at balancers, each with those at one.
    pub(super) queued: usize,
    pub(super) queues: Vec<VecDeque<Ref>>,
    /// Whether balancers take note of how attempts end, or canaries are being compared; and how
    /// long balancers wait for an answer.
    pub(super) takes_note: bool,
    pub(super) response_timeout: Option<Duration>,
    /// Whether processes notice that a client has given up.
    pub(super) notices: bool,
    /// Memory of a request of each class, and of a check.
    pub(super) memories: Vec<RequestMemory>,
    pub(super) nodes: Vec<Node>,
    pub(super) rollouts: Vec<Rollout>,
    /// Nodes whose faults concern attempts, and one more where processes have workers: at hand for
    /// each attempt.
    pub(super) struck: u32,
    /// How often each fault has happened.
    pub(super) fault_counts: Vec<u64>,
    /// The nodes that each maintenance has still to empty, last first; `None` before it begins.
    pub(super) to_empty: Vec<Option<Vec<u32>>>,
    pub(super) watch: Watch,
    pub(super) counts: Counts,
    /// Nodes with a process that serves.
    pub(super) serving: u32,
    pub(super) restarted: bool,
    /// The release that new nodes get: the last one that was brought to the whole fleet.
    pub(super) release: usize,
    /// No node needs a look at its memory as long as it uses no more than this.
    pub(super) memory_watch: u64,
    /// Settings asked for so far, of those that may be needed late.
    pub(super) asked: SettingSet,
    pub(super) watched: Watched,
    /// What is known of traffic that may be passed over; `None` where none may.
    pub(super) adaptive: Option<Box<Adaptive>>,
    /// Whether traffic is passed over.
    pub(super) suspended: bool,
    /// The node whose cores or memory changed in the event in hand, or [`NOBODY`].
    touched: u32,
    dispatched: u64,
    ended: bool,
}

impl Simulation {
    /// The scenario that is simulated.
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }

    /// The present simulated time.
    pub fn now(&self) -> Instant {
        self.calendar.now()
    }

    /// Events dispatched so far.
    pub fn dispatched(&self) -> u64 {
        self.dispatched
    }

    /// Simulates up to and including `until`, but not past the scenario's horizon, and tells
    /// `observer` what happens.
    ///
    /// # Panics
    /// If an invariant is broken: the result would be wrong, so there is none.
    pub fn run_until(&mut self, until: Instant, observer: &mut impl Observer) {
        self.run_while(until, observer, &mut |_, _| true);
    }

    /// The same as long as `goes_on` says so: it is asked every [`LOOK_STRIDE`] events, and told
    /// how many were dispatched so far and the simulated time. Whether `until` was reached; if not,
    /// the simulation can go on where it was.
    ///
    /// # Panics
    /// As [`Simulation::run_until`].
    pub fn run_while(
        &mut self,
        until: Instant,
        observer: &mut impl Observer,
        goes_on: &mut dyn FnMut(u64, Instant) -> bool,
    ) -> bool {
        let horizon = until.min(self.scenario.clock.horizon);
        while let Some(event) = self.calendar.advance(horizon) {
            if self.suspended && role(&event) == Role::Disturbs {
                self.resume_traffic(observer);
            }
            self.dispatch(event, observer);
            self.settle_touched(observer);
            self.dispatched += 1;
            if self.dispatched.is_multiple_of(LOOK_STRIDE) {
                if self.dispatched.is_multiple_of(INVARIANT_STRIDE) {
                    self.check_invariants();
                }
                if !goes_on(self.dispatched, self.now()) {
                    return false;
                }
            }
        }
        if horizon == self.scenario.clock.horizon && !self.ended {
            self.ended = true;
            if self.suspended {
                self.resume_traffic(observer);
            }
            self.check_invariants();
            self.sample_all(observer);
            let open = self.counts.issued - self.counts.settled_total();
            observer.observe(self.now(), &Observation::Ended { open });
        }
        true
    }

    /// Simulates to the scenario's horizon.
    pub fn run(&mut self, observer: &mut impl Observer) {
        self.run_until(Instant::NEVER, observer);
    }

    /// What every request does is dealt with at once; what is rare needs a frame of its own on the
    /// stack, and a large one.
    #[inline(always)]
    #[expect(clippy::wildcard_enum_match_arm, reason = "all the others are in `dispatch_any`")]
    fn dispatch(&mut self, event: Event, observer: &mut impl Observer) {
        match event {
            Event::Arrival(source) => self.on_arrival(source, observer),
            Event::Completion(node) => self.on_completion(node, observer),
            Event::WaitOver(attempt) => self.on_wait_over(attempt, observer),
            Event::ForeseenOver(request) => self.on_foreseen_over(request, observer),
            _ => self.dispatch_any(event, observer),
        }
    }

    #[inline(never)]
    fn dispatch_any(&mut self, event: Event, observer: &mut impl Observer) {
        match event {
            Event::Arrival(source) => self.on_arrival(source, observer),
            Event::VisitorDue(visitor) => self.on_visitor_due(visitor, observer),
            Event::Completion(node) => self.on_completion(node, observer),
            Event::WaitOver(attempt) => self.on_wait_over(attempt, observer),
            Event::ForeseenOver(request) => self.on_foreseen_over(request, observer),
            Event::PatienceOver(attempt) => self.on_patience_over(attempt, observer),
            Event::RouteDue(attempt) => self.on_route_due(attempt, observer),
            Event::RetryDue(request) => self.on_retry(request, observer),
            Event::HedgeDue(request) => self.on_hedge_due(request, observer),
            Event::CheckDue { balancer, number, node } => {
                self.on_check_due(u32::from(balancer), number, node, observer);
            }
            Event::ErrorsSeen { balancer, on_error, node } => {
                self.on_errors(u32::from(balancer), node, on_error, observer);
            }
            Event::SessionsShut { balancer, node } => {
                self.shut_sessions(u32::from(balancer), node, observer);
            }
            Event::BootDone(process) => self.on_boot_done(process, observer),
            Event::BindDue(process) => self.on_bind_due(process, observer),
            Event::StartTimeout(process) => self.on_start_timeout(process, observer),
            Event::GivesUp(node) => self.on_gives_up(node, observer),
            Event::ProbeDue(node) => self.on_probe_due(node, observer),
            Event::StartFailed(process) => self.on_start_failed(process, observer),
            Event::StopOver(process) => self.on_stop_over(process, observer),
            Event::RuntimeOver(process) => self.on_runtime_over(process, observer),
            Event::WatchdogDue(process) => self.on_watchdog_due(process, observer),
            Event::WorkerDue { process, worker } => self.on_worker_due(process, worker, observer),
            Event::DutyDue { process, duty } => self.on_duty_due(process, duty, observer),
            Event::SupervisorTick(node) => self.on_supervisor_tick(node, observer),
            Event::StartDue(node) => self.on_start_due(node, observer),
            Event::DeployDue(deploy) => self.on_deploy(deploy, observer),
            Event::FaultDue(fault) => self.on_fault(fault, observer),
            Event::FaultOver { fault, node } => self.on_fault_over(fault, node, observer),
            Event::LeakDue(node) => self.on_leak_due(node, observer),
            Event::MachineBack(node) => self.on_machine_back(node, observer),
            Event::RolloutNext(deploy) => self.on_rollout_next(deploy, observer),
            Event::RolloutTimeout { deploy, step } => {
                self.on_rollout_timeout(u32::from(deploy), step, observer);
            }
            Event::Drained { deploy, step } => self.on_drained(u32::from(deploy), step, observer),
            Event::RolloutReady { deploy, node } => {
                self.on_rollout_ready(u32::from(deploy), node, observer);
            }
            Event::BakeOver(deploy) => self.on_bake_over(deploy, observer),
            Event::Restored(node) => self.on_restored(node, observer),
            Event::MaintenanceDue(number) => self.on_maintenance_due(number, observer),
            Event::MonitorTick => self.on_monitor_tick(observer),
            Event::Noticed => self.on_noticed(observer),
            Event::Diagnosed => self.on_diagnosed(observer),
            Event::NodeFixed(node) => self.on_node_fixed(node, observer),
            Event::NodesAdded(addition) => self.on_nodes_added(addition, observer),
            Event::Sample => self.on_sample(observer),
        }
    }

    /// Notes that the cores or the memory of a node changed. What follows from it is worked out
    /// once, when the event in hand is done.
    #[inline(always)]
    pub(super) fn touch(&mut self, node: u32) {
        let other = std::mem::replace(&mut self.touched, node);
        if (other != node) & (other != NOBODY) {
            self.rearm_another(other);
        }
    }

    /// The same for a node whose cores did not change: nothing follows unless its memory is short.
    #[inline(always)]
    pub(super) fn touch_memory(&mut self, number: u32) {
        let node = &self.nodes[number as usize];
        if (node.memory > self.memory_watch) | node.thrashing {
            self.touch(number);
        }
    }

    /// Moves the lane of a node where an event concerns several.
    #[cold]
    fn rearm_another(&mut self, node: u32) {
        self.rearm(node);
    }

    /// Works out what follows for the node touched last, and sends on what waits at balancers.
    #[inline(always)]
    pub(super) fn settle_touched(&mut self, observer: &mut impl Observer) {
        self.settle_nodes(observer);
        if self.queued > 0 {
            self.let_in(observer);
        }
    }

    /// The same but for what waits at balancers.
    #[inline(always)]
    pub(super) fn settle_nodes(&mut self, observer: &mut impl Observer) {
        // Swapping, or a kill for want of memory, touches the node once more.
        while self.touched != NOBODY {
            let node = std::mem::replace(&mut self.touched, NOBODY);
            self.after_touch(node, observer);
        }
    }

    #[inline(always)]
    fn after_touch(&mut self, number: u32, observer: &mut impl Observer) {
        let node = &self.nodes[number as usize];
        let may_be_short = (node.memory > self.memory_watch) | node.thrashing;
        self.rearm(number);
        if may_be_short {
            self.check_memory(number, observer);
        }
    }

    #[inline(always)]
    fn rearm(&mut self, node: u32) {
        let node = &mut self.nodes[node as usize];
        let next = node.cpu.next_completion();
        if next != node.armed {
            node.armed = next;
            self.calendar.set_lane(node.lane, next);
        }
    }

    /// The live attempts that a process holds, in a fixed order.
    pub(super) fn attempts_of(&self, process: Ref) -> Vec<Ref> {
        self.attempts_with(|_, attempt| attempt.process == Some(process))
    }

    /// The live attempts of which that holds, in an order that does not depend on their places in
    /// memory.
    pub(super) fn attempts_with(&self, holds: impl Fn(Ref, &Attempt) -> bool) -> Vec<Ref> {
        let all = self.attempts.iter().filter(|&(at, attempt)| holds(at, attempt));
        let order = |(at, attempt): (Ref, &Attempt)| {
            let owner = match attempt.owner {
                Owner::Request(request) => {
                    let request = &self.requests[request];
                    (0, request.source, request.number)
                }
                Owner::Check => (1, attempt.balancer, 0),
                Owner::Probe => (2, 0, 0),
            };
            ((attempt.accepted, owner), at)
        };
        let mut found: Vec<_> = all.map(order).collect();
        found.sort_by_key(|&(order, _)| order);
        found.into_iter().map(|(_, at)| at).collect()
    }
}
