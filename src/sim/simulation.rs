//! The simulation: its state, its birth, and its loop.

use super::adaptive::{Adaptive, Role, role};
use super::check::Checked;
use super::event::Event;
use super::foreseen::{Foreseen, foresees};
use super::load::has_sessions;
use super::memory::{memory_limit, slow_memory};
use super::observation::{Observation, Observer};
use super::state::{
    Attempt, Counts, Integrals, Node, Owner, Process, ProcessState, Request, Rollout, Source,
    Struck, Visitor, Watch, purpose,
};
use crate::fleet::balancer::Balancer;
use crate::fleet::client::budget::Budget;
use crate::fleet::cpu::Cpu;
use crate::fleet::supervisor::Supervisor;
use crate::kernel::calendar::{Calendar, Tournament};
use crate::kernel::chance::{Seed, Streams, unit};
use crate::kernel::slab::{Ref, Slab};
use crate::kernel::time::{Duration, Instant};
use crate::scenario::late::{Divergence, SettingSet};
use crate::scenario::model::{self, Abandoned, RequestMemory, Scenario};
use std::collections::VecDeque;
use std::sync::Arc;

/// Events between two checks of the invariants, a multiple of [`LOOK_STRIDE`].
const INVARIANT_STRIDE: u64 = 1 << 20;
/// Events between two questions whether a simulation goes on.
pub const LOOK_STRIDE: u64 = 1 << 16;
/// No node.
const NOBODY: u32 = u32::MAX;

/// Which die of a node's draw is thrown for what.
mod die {
    /// The phase of its supervisor.
    pub(super) const PHASE: usize = 0;
    /// The phases of the balancers' checks.
    pub(super) const CHECKS: usize = 1;
    /// Memory retained at the start.
    pub(super) const RETAINED: usize = 2;
    /// The limit of one of its supervisor's rules; a draw for each rule.
    pub(super) const LIMIT: usize = 0;
    /// When that rule samples for the first time.
    pub(super) const SAMPLES: usize = 1;
}

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

/// From where on it matters what a threshold is: the lowest that any scenario has for which the
/// simulation notes what it asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Watched {
    /// Of each restart rule.
    pub limits: Vec<f64>,
    /// Requests in a process.
    pub shed_above: u32,
}

impl Watched {
    fn of(scenario: &Scenario) -> Watched {
        Watched {
            limits: scenario.supervisor.rules().iter().map(|rule| rule.limit.0).collect(),
            shed_above: scenario.protections.shed_above.unwrap_or(u32::MAX),
        }
    }

    fn lower_to(&mut self, other: &Watched) {
        self.shed_above = self.shed_above.min(other.shed_above);
        for (mine, theirs) in self.limits.iter_mut().zip(&other.limits) {
            *mine = mine.min(*theirs);
        }
    }
}

/// The reason why a snapshot cannot go on under another scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForkError {
    what: &'static str,
}

impl std::fmt::Display for ForkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a snapshot cannot go on with other {}", self.what)
    }
}

impl std::error::Error for ForkError {}

impl Simulation {
    /// A simulation at its start: every node serves with a process that has run for a while.
    pub fn new(scenario: Arc<Scenario>, seed: Seed) -> Simulation {
        let streams = Streams::new(seed);
        let mut sim = Simulation {
            balancers: Vec::new(),
            budgets: budgets(&scenario),
            has_budgets: scenario.clients.budget.is_some(),
            hedges: scenario.clients.hedge.is_some(),
            takes_note: scenario.balancer.tuning.is_some(),
            response_timeout: scenario.balancer.response_timeout,
            queued: 0,
            queues: vec![VecDeque::new(); scenario.balancer.instances as usize],
            notices: scenario.process.abandoned != Abandoned::Served,
            memories: memories(&scenario),
            sources: Vec::new(),
            nodes: Vec::new(),
            rollouts: vec![Rollout::default(); scenario.deploys.len()],
            struck: u32::from(scenario.process.workers.is_some()),
            fault_counts: vec![0; scenario.faults.len()],
            to_empty: vec![None; scenario.maintenance.len()],
            calendar: Calendar::default(),
            requests: Slab::default(),
            attempts: Slab::default(),
            foreseen: Slab::default(),
            foresees: foresees(&scenario),
            visitors: Slab::default(),
            has_sessions: has_sessions(&scenario),
            processes: Slab::default(),
            watch: Watch::default(),
            counts: Counts::default(),
            serving: 0,
            restarted: false,
            release: scenario.first_release,
            memory_watch: memory_watch(&scenario),
            asked: SettingSet::default(),
            watched: Watched::of(&scenario),
            adaptive: Adaptive::of(&scenario),
            suspended: false,
            touched: NOBODY,
            dispatched: 0,
            ended: false,
            streams,
            scenario: Arc::clone(&scenario),
        };
        for source in 0..scenario.sources.len() as u32 {
            sim.add_source(source);
        }
        for _ in 0..scenario.nodes.count {
            sim.add_machine();
            sim.start_running(sim.nodes.len() as u32 - 1);
        }
        for instance in 0..scenario.balancer.instances {
            sim.balancers
                .push(Balancer::new(scenario.nodes.count, scenario.balancer.tuning.clone()));
            for node in 0..scenario.nodes.count {
                sim.schedule_first_check(instance, node);
            }
        }
        sim.schedule_plans(&scenario);
        sim.calendar.after(scenario.people.monitor, Event::MonitorTick);
        sim.calendar.after(Duration::ZERO, Event::Sample);
        sim
    }

    /// Schedules what the scenario has a time for.
    fn schedule_plans(&mut self, scenario: &Scenario) {
        for (number, deploy) in scenario.deploys.iter().enumerate() {
            self.calendar.at(deploy.at, Event::DeployDue(number as u32));
        }
        for (number, fault) in scenario.faults.iter().enumerate() {
            self.calendar.at(fault.at, Event::FaultDue(number as u32));
        }
        for (number, maintenance) in scenario.maintenance.iter().enumerate() {
            self.calendar.at(maintenance.at, Event::MaintenanceDue(number as u32));
        }
        for (number, addition) in scenario.nodes.additions.iter().enumerate() {
            self.calendar.at(addition.at, Event::NodesAdded(number as u32));
        }
    }

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

    /// A snapshot that goes on under another scenario. What was already decided or scheduled stays;
    /// everything that is decided from now on follows the new scenario, arrivals included. If the
    /// scenarios differ only in load that is still to come, the fork goes on as a simulation of the
    /// new scenario would from its start.
    ///
    /// # Errors
    /// If the scenarios differ in what cannot change on the way: civil start, load sources,
    /// classes, number of nodes or balancers, cores, rules, deploys or the windows.
    pub fn fork(&self, scenario: Arc<Scenario>) -> Result<Simulation, ForkError> {
        let (old, new) = (&self.scenario, &scenario);
        let are_alike = |(a, b): (&model::Source, &model::Source)| {
            let of = |s: &model::Source| (s.stream, s.batch, s.kind.users());
            of(a) == of(b) && a.classes == b.classes && a.kind.recording() == b.kind.recording()
        };
        let mut sources = old.sources.iter().zip(&new.sources);
        let other_sources = old.sources.len() != new.sources.len() || !sources.all(are_alike);
        let rules = |s: &Scenario| s.supervisor.rules().len();
        let differs = [
            (old.clock.start != new.clock.start, "civil start"),
            (old.clock.window != new.clock.window, "windows"),
            (other_sources, "load sources"),
            (old.classes.len() != new.classes.len(), "classes"),
            (old.nodes.count != new.nodes.count, "number of nodes"),
            (old.nodes.cores != new.nodes.cores, "cores"),
            (old.balancer.instances != new.balancer.instances, "number of balancers"),
            (old.balancer.tuning != new.balancer.tuning, "weights, limits or ejection"),
            (old.clients.budget != new.clients.budget, "retry budget"),
            (old.clients.count != new.clients.count, "number of clients"),
            (old.deploys.len() != new.deploys.len(), "deploys"),
            (old.faults != new.faults, "faults"),
            (old.maintenance != new.maintenance, "maintenance"),
            (old.releases.len() != new.releases.len(), "releases"),
            (old.supervisor.name() != new.supervisor.name(), "supervisor"),
            (!has_same_workers(old, new), "workers"),
            (rules(old) != rules(new), "restart rules"),
        ];
        if let Some((_, what)) = differs.into_iter().find(|(differs, _)| *differs) {
            return Err(ForkError { what });
        }
        let mut fork = self.clone();
        fork.unfold();
        fork.foresees &= foresees(&scenario);
        for source in 0..fork.sources.len() {
            fork.change_source(source, &scenario);
        }
        for node in 0..fork.nodes.len() as u32 {
            fork.integrate_slots(node);
        }
        fork.memory_watch = memory_watch(&scenario);
        fork.response_timeout = scenario.balancer.response_timeout;
        fork.notices = scenario.process.abandoned != Abandoned::Served;
        fork.hedges = scenario.clients.hedge.is_some();
        fork.memories = memories(&scenario);
        fork.watched = Watched::of(&scenario);
        if scenario.process.workers.is_none() {
            fork.processes.iter_mut().for_each(|process| process.slots = scenario.process.slots);
        }
        fork.scenario = scenario;
        for node in 0..fork.nodes.len() as u32 {
            let limits = fork.draw_limits(node);
            fork.nodes[node as usize].limits = limits;
        }
        Ok(fork)
    }

    /// Looks out for where simulations of `others` would part from this one, so that
    /// [`Simulation::has_parted`] can tell; to be called where they are still the same.
    pub fn look_out_for<'a>(&mut self, others: impl IntoIterator<Item = &'a Scenario>) {
        self.watched = Watched::of(&self.scenario);
        for other in others {
            self.watched.lower_to(&Watched::of(other));
        }
    }

    /// Whether a simulation of a scenario that parts from this one's as told might have taken
    /// another course by now.
    pub fn has_parted(&self, divergence: Divergence) -> bool {
        match divergence {
            Divergence::AtStart => true,
            Divergence::Later(settings, load) => self.asked.meets(settings) || self.now() >= load,
        }
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

    /// Adds a machine without a process.
    pub(super) fn add_machine(&mut self) {
        let number = self.nodes.len() as u32;
        let now = self.now();
        let setup = &self.scenario.nodes;
        let mut cpu = Cpu::new(setup.cores, setup.speed);
        cpu.busy(now);
        self.nodes.push(Node {
            cpu,
            lane: self.calendar.add_lane(Tournament::Large, Event::Completion(number)),
            armed: Instant::NEVER,
            listener: None,
            lobby: VecDeque::new(),
            processes: Vec::new(),
            memory: 0,
            thrashing: false,
            on_disk: self.release,
            starts: 0,
            supervisor: self.new_supervisor(number),
            limits: self.draw_limits(number),
            marks: vec![(Duration::ZERO, now); self.scenario.supervisor.rules().len()],
            restarting: false,
            ended: None,
            then: None,
            probe_failures: 0,
            lost: false,
            token: false,
            held: false,
            gone: false,
            removed: false,
            evicted: false,
            faults: Vec::new(),
            struck: Struck::default(),
            is_struck: false,
            to_repair: false,
            deferred: Vec::new(),
            asked: 0,
            checks: 0,
            integrals: Integrals { since: now, busy_since: now, ..Integrals::default() },
        });
        let draw = self.streams.draw(purpose::NODE, u64::from(number), 0, 0);
        let phase = unit(&mut draw.die(die::PHASE));
        if let Some(poll) = self.scenario.supervisor.polls() {
            self.calendar.after(poll.scaled(phase), Event::SupervisorTick(number));
        }
        if let Some(probe) = self.scenario.supervisor.liveness() {
            self.calendar.after(probe.period.scaled(phase), Event::ProbeDue(number));
        }
    }

    /// Gives a node the process that has run since before the start.
    fn start_running(&mut self, node: u32) {
        let now = self.now();
        let draw = self.streams.draw(purpose::NODE, u64::from(node), 0, 0);
        let memory = self.scenario.process.memory;
        let base = self.draw_base(node, 0);
        let retained = between(memory.retained_at_start, unit(&mut draw.die(die::RETAINED)));
        let process = self.processes.add(Process {
            node,
            release: self.scenario.first_release,
            state: ProcessState::Serving,
            supervised: true,
            work: 1.0,
            born: now,
            age_before: self.scenario.process.age_at_start,
            serving_since: now,
            warm: true,
            bound: true,
            checked: Checked::default(),
            base,
            retained,
            slots: self.scenario.process.slots,
            in_service: 0,
            backlog: VecDeque::new(),
            served: 0,
            busy_before: Duration::ZERO,
            aborted_at: Instant::NEVER,
            workers: None,
        });
        let node = &mut self.nodes[node as usize];
        node.starts = 1;
        node.memory = base + retained;
        node.processes.push(process);
        node.listener = Some(process);
        self.serving += 1;
        self.add_workers(process, 0, true);
        self.begin_duties(process, true);
        self.schedule_runtime_limit(process);
    }

    pub(super) fn new_supervisor(&self, node: u32) -> Supervisor {
        let phase = |rule: u32| {
            let draw = self.streams.draw(purpose::NODE, u64::from(node), 1, rule);
            unit(&mut draw.die(die::SAMPLES))
        };
        Supervisor::new(self.now(), &self.scenario.supervisor, (0..).map(phase))
    }

    fn draw_limits(&self, node: u32) -> Vec<f64> {
        let rules = self.scenario.supervisor.rules();
        let limit = |(number, rule): (usize, &crate::fleet::supervisor::rule::Rule)| {
            let draw = self.streams.draw(purpose::NODE, u64::from(node), 1, number as u32);
            let (low, high) = rule.limit;
            low + (high - low) * unit(&mut draw.die(die::LIMIT))
        };
        rules.iter().enumerate().map(limit).collect()
    }

    /// Schedules a balancer's first check of a node: the checks of one balancer are staggered over
    /// the interval, and every balancer begins at a time of its own.
    pub(super) fn schedule_first_check(&mut self, balancer: u32, node: u32) {
        let Some(health) = &self.scenario.balancer.health else { return };
        let draw = self.streams.draw(purpose::NODE, u64::from(balancer), 2, 0);
        let phase = unit(&mut draw.die(die::CHECKS));
        let share = (phase + f64::from(node) / f64::from(self.scenario.nodes.count)).fract();
        let delay = health.interval.scaled(share);
        self.plan_check(balancer, node, delay);
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

fn budgets(scenario: &Scenario) -> Vec<Budget> {
    let clients = &scenario.clients;
    clients
        .budget
        .map_or(Vec::new(), |settings| vec![Budget::new(settings); clients.count as usize])
}

/// What requests of each class need, and a check.
fn memories(scenario: &Scenario) -> Vec<RequestMemory> {
    let of_classes = scenario.classes.iter().map(|class| class.memory);
    of_classes.chain([scenario.process.memory.request]).collect()
}

/// The memory up to which a node neither slows down nor loses a process.
fn memory_watch(scenario: &Scenario) -> u64 {
    slow_memory(scenario).min(memory_limit(scenario))
}

/// Whether processes have the same workers, or none.
fn has_same_workers(old: &Scenario, new: &Scenario) -> bool {
    let (old, new) = (&old.process, &new.process);
    old.workers == new.workers && (old.workers.is_none() || old.slots == new.slots)
}

/// The point of a range that `share` (0 to 1) of it lies below.
pub(super) fn between(range: (u64, u64), share: f64) -> u64 {
    range.0 + ((range.1.saturating_sub(range.0)) as f64 * share) as u64
}
