//! Health checks, gauges and nodes that join.

use super::event::Event;
use super::observation::{Cause, Gauges, Loss, Observation, Observer, Outcome};
use super::simulation::Simulation;
use super::state::{Owner, ProcessState, Then, Waiting};
use super::traffic::Connects;
use crate::fleet::balancer::Belief;
use crate::fleet::balancer::ejection::OnError;
use crate::kernel::slab::Ref;
use crate::kernel::time::Duration;
use crate::scenario::model::CheckPath;
use std::sync::Arc;

impl Simulation {
    /// Plans a balancer's next check of a node.
    pub(super) fn plan_check(&mut self, balancer: u32, node: u32, delay: Duration) {
        let due = self.now() + delay;
        let number = self.balancers[balancer as usize].plan_check(node, due);
        self.calendar.at(due, Event::CheckDue { balancer: balancer as u16, number, node });
    }

    pub(super) fn on_check_due(
        &mut self,
        balancer: u32,
        number: u16,
        node: u32,
        observer: &mut impl Observer,
    ) {
        let scenario = Arc::clone(&self.scenario);
        let Some(health) = &scenario.balancer.health else { return };
        if self.nodes[node as usize].removed
            || !self.balancers[balancer as usize].begin_check(node, number)
        {
            return;
        }
        if let Some(passed) = self.nodes[node as usize].struck.lie {
            self.on_check_result(balancer, node, passed, observer);
            return;
        }
        if self.suspended {
            // Whether a node serves is all that a check can find while nothing is near.
            let serves = self.nodes[node as usize].listener.is_some();
            self.on_check_result(balancer, node, serves, observer);
            return;
        }
        let sends = match health.path {
            CheckPath::Queued => true,
            CheckPath::Connect => match self.connects(node) {
                Connects::Silent => true,
                answer @ (Connects::Yes | Connects::Refused) => {
                    let passed = matches!(answer, Connects::Yes);
                    self.on_check_result(balancer, node, passed, observer);
                    false
                }
            },
            // Its socket accepts the check, and nobody answers.
            CheckPath::Separate if self.nodes[node as usize].struck.hangs => true,
            CheckPath::Separate => {
                let serves = self.nodes[node as usize].listener.is_some();
                self.on_check_result(balancer, node, serves, observer);
                false
            }
        };
        if sends {
            self.send_check(Owner::Check, balancer, node, health.timeout, observer);
        }
    }

    /// The result of a health check or a probe.
    pub(super) fn on_answer(
        &mut self,
        owner: Owner,
        balancer: u32,
        node: u32,
        passed: bool,
        observer: &mut impl Observer,
    ) {
        match owner {
            Owner::Check => self.on_check_result(balancer, node, passed, observer),
            Owner::Probe => self.on_probe_result(node, passed, observer),
            Owner::Request(_) => {}
        }
    }

    /// The node's supervisor probes its process, once it is old enough.
    pub(super) fn on_probe_due(&mut self, number: u32, observer: &mut impl Observer) {
        let now = self.now();
        let Some(probe) = self.scenario.supervisor.liveness() else { return };
        self.calendar.after(probe.period, Event::ProbeDue(number));
        let node = &self.nodes[number as usize];
        let process = node.processes.last().map(|&at| &self.processes[at]);
        let Some(process) = process.filter(|_| node.then.is_none()) else { return };
        if now.since(process.born) + process.age_before < probe.delay {
            return;
        }
        if self.suspended && node.listener.is_some() {
            self.on_probe_result(number, true, observer);
        } else {
            self.send_check(Owner::Probe, 0, number, probe.timeout, observer);
        }
    }

    fn on_probe_result(&mut self, number: u32, passed: bool, observer: &mut impl Observer) {
        let Some(probe) = self.scenario.supervisor.liveness() else { return };
        let node = &mut self.nodes[number as usize];
        node.probe_failures = if passed { 0 } else { node.probe_failures + 1 };
        let stops = |at: &Ref| self.processes[*at].state == ProcessState::Stopping;
        if node.probe_failures < probe.failures
            || node.processes.iter().all(stops)
            || node.then.is_some()
        {
            return;
        }
        node.probe_failures = 0;
        // Its supervisor sees it exit when it has stopped, and starts it again after its back-off.
        node.then = Some(Then::Exit);
        node.ended = Some(Cause::Probe);
        node.token = true;
        self.stop_processes(number, observer);
    }

    pub(super) fn on_check_result(
        &mut self,
        balancer: u32,
        node: u32,
        passed: bool,
        observer: &mut impl Observer,
    ) {
        let Some(health) = &self.scenario.balancer.health else { return };
        let (now, thresholds) = (self.now(), health.thresholds);
        let view = &mut self.balancers[balancer as usize];
        let marked = view.on_check(now, node, passed, thresholds);
        let interval = match view.belief(node) {
            Belief::Up => health.interval,
            Belief::Down => health.down_interval,
            Belief::Wavers => health.fast_interval,
        };
        self.plan_check(balancer, node, interval);
        self.follow_mark(balancer, node, marked, observer);
    }

    /// A balancer may have changed its mark of a node.
    fn follow_mark(
        &mut self,
        balancer: u32,
        node: u32,
        marked: Option<bool>,
        observer: &mut impl Observer,
    ) {
        let Some(up) = marked else { return };
        observer.observe(self.now(), &Observation::NodeMarked { balancer, node, up });
        if up {
            self.consider_health(node, observer);
            return;
        }
        if self.nodes[node as usize].listener.is_some()
            && self.balancers.iter().all(|balancer| !balancer.is_up(node))
        {
            self.lose(node, Loss::HealthCheck, observer);
        }
        if !self.balancers.iter().any(|balancer| balancer.is_up(node)) {
            self.on_rollout_unready(node);
        }
        if self.scenario.balancer.health.as_ref().is_some_and(|health| health.shuts_sessions) {
            // In a moment, when whatever failed the check has lost what it had besides.
            let shut = Event::SessionsShut { balancer: balancer as u16, node };
            self.calendar.after(Duration::ZERO, shut);
        }
    }

    /// Errors of ordinary attempts on a node have come to what its balancer does something about.
    pub(super) fn on_errors(
        &mut self,
        balancer: u32,
        node: u32,
        on_error: OnError,
        observer: &mut impl Observer,
    ) {
        let now = self.now();
        let Some(health) = &self.scenario.balancer.health else { return };
        let (thresholds, fast) = (health.thresholds, health.fast_interval);
        let view = &mut self.balancers[balancer as usize];
        let marked = view.on_errors(now, node, on_error, thresholds);
        if let Some(number) = view.put_forward(node, now + fast) {
            let due = Event::CheckDue { balancer: balancer as u16, number, node };
            self.calendar.at(now + fast, due);
        }
        self.follow_mark(balancer, node, marked, observer);
    }

    /// A balancer ends what it has on a node; the node notices only if it looks.
    pub(super) fn shut_sessions(&mut self, balancer: u32, node: u32, observer: &mut impl Observer) {
        self.unfold();
        let found = self.attempts_with(|at, attempt| {
            let waits = attempt.routing.as_ref().map(|routing| routing.waiting);
            let connects = matches!(waits, Some(Waiting::Connecting { .. } | Waiting::Delay));
            attempt.balancer == balancer
                && attempt.node == node
                && !attempt.abandoned
                && matches!(attempt.owner, Owner::Request(_))
                && (connects || self.is_on_node(at))
        });
        for at in found {
            self.give_up(at, Outcome::Reset, observer);
        }
    }

    pub(super) fn on_sample(&mut self, observer: &mut impl Observer) {
        self.count_passed(observer);
        self.sample_all(observer);
        self.calendar.after(self.scenario.clock.window, Event::Sample);
        self.consider_traffic(observer);
    }

    pub(super) fn sample_all(&mut self, observer: &mut impl Observer) {
        let now = self.now();
        for number in 0..self.nodes.len() as u32 {
            self.integrate_slots(number);
            let node = &mut self.nodes[number as usize];
            let held = node.processes.iter().map(|&at| &self.processes[at]);
            let (in_service, queued) = held.fold((0, 0), |(in_service, queued), process| {
                (in_service + process.in_service, queued + process.backlog.len() as u32)
            });
            let (in_service, memory) = match self.adaptive.as_ref() {
                Some(adaptive) if self.suspended => {
                    adaptive.expected(number, (in_service, node.memory))
                }
                Some(_) | None => (in_service, node.memory),
            };
            let gauges = Gauges {
                in_service,
                queued,
                memory,
                busy: node.cpu.busy(now),
                offered: node.integrals.offered,
                slots_busy: node.integrals.slots_busy,
                slots_offered: node.integrals.slots_offered,
                phase: node.phase(),
                up: self.balancers.iter().any(|balancer| balancer.is_up(number)),
            };
            observer.observe(now, &Observation::NodeSampled { node: number, gauges });
        }
    }

    pub(super) fn on_nodes_added(&mut self, addition: u32, observer: &mut impl Observer) {
        for _ in 0..self.scenario.nodes.additions[addition as usize].count {
            self.add_node(None, observer);
        }
    }

    /// Adds a node with this release, or the one that new nodes get, and starts its process.
    pub(super) fn add_node(&mut self, release: Option<usize>, observer: &mut impl Observer) {
        let number = self.nodes.len() as u32;
        self.add_machine();
        let node = &mut self.nodes[number as usize];
        node.on_disk = release.unwrap_or(node.on_disk);
        for balancer in 0..self.balancers.len() as u32 {
            let unchecked = self.scenario.balancer.health.is_none();
            self.balancers[balancer as usize].add_node(unchecked);
            self.schedule_first_check(balancer, number);
        }
        observer.observe(self.now(), &Observation::NodeAdded { node: number });
        self.start_process(number, observer);
    }
}
