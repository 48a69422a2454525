//! How a simulation begins: every node serves with a process that has run for a while.

use super::fork::Watched;
use super::{NOBODY, Simulation};
use crate::fleet::balancer::Balancer;
use crate::fleet::client::budget::Budget;
use crate::fleet::cpu::Cpu;
use crate::fleet::supervisor::Supervisor;
use crate::fleet::supervisor::rule::Rule;
use crate::kernel::calendar::{Calendar, Tournament};
use crate::kernel::chance::{Seed, Streams, unit};
use crate::kernel::slab::Slab;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::late::SettingSet;
use crate::scenario::model::{Abandoned, RequestMemory, Scenario};
use crate::sim::adaptive::Adaptive;
use crate::sim::check::Checked;
use crate::sim::event::Event;
use crate::sim::foreseen::foresees;
use crate::sim::load::has_sessions;
use crate::sim::memory::{memory_limit, slow_memory};
use crate::sim::state::{
    Counts, Integrals, Node, Process, ProcessState, Rollout, Struck, Watch, purpose,
};
use std::collections::VecDeque;
use std::sync::Arc;

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

    /// Adds a machine without a process.
    pub(in crate::sim) fn add_machine(&mut self) {
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
            decided: Instant::START,
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

    pub(in crate::sim) fn new_supervisor(&self, node: u32) -> Supervisor {
        let phase = |rule: u32| {
            let draw = self.streams.draw(purpose::NODE, u64::from(node), 1, rule);
            unit(&mut draw.die(die::SAMPLES))
        };
        Supervisor::new(self.now(), &self.scenario.supervisor, (0..).map(phase))
    }

    pub(super) fn draw_limits(&self, node: u32) -> Vec<f64> {
        let rules = self.scenario.supervisor.rules();
        let limit = |(number, rule): (usize, &Rule)| {
            let draw = self.streams.draw(purpose::NODE, u64::from(node), 1, number as u32);
            let (low, high) = rule.limit;
            low + (high - low) * unit(&mut draw.die(die::LIMIT))
        };
        rules.iter().enumerate().map(limit).collect()
    }

    /// Schedules a balancer's first check of a node: the checks of one balancer are staggered over
    /// the interval, and every balancer begins at a time of its own.
    pub(in crate::sim) fn schedule_first_check(&mut self, balancer: u32, node: u32) {
        let Some(health) = &self.scenario.balancer.health else { return };
        let draw = self.streams.draw(purpose::NODE, u64::from(balancer), 2, 0);
        let phase = unit(&mut draw.die(die::CHECKS));
        let share = (phase + f64::from(node) / f64::from(self.scenario.nodes.count)).fract();
        let delay = health.interval.scaled(share);
        self.plan_check(balancer, node, delay);
    }
}

fn budgets(scenario: &Scenario) -> Vec<Budget> {
    let clients = &scenario.clients;
    clients
        .budget
        .map_or(Vec::new(), |settings| vec![Budget::new(settings); clients.count as usize])
}

/// What requests of each class need, and a check.
pub(super) fn memories(scenario: &Scenario) -> Vec<RequestMemory> {
    let of_classes = scenario.classes.iter().map(|class| class.memory);
    of_classes.chain([scenario.process.memory.request]).collect()
}

/// The memory up to which a node neither slows down nor loses a process.
pub(super) fn memory_watch(scenario: &Scenario) -> u64 {
    slow_memory(scenario).min(memory_limit(scenario))
}

/// The point of a range that `share` (0 to 1) of it lies below.
pub(in crate::sim) fn between(range: (u64, u64), share: f64) -> u64 {
    range.0 + ((range.1.saturating_sub(range.0)) as f64 * share) as u64
}
