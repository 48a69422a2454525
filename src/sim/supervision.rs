//! Supervisors at work: what they see of a node's process, what they order, and what forbids it.

use super::event::Event;
use super::observation::{Alert, Cause, Loss, Observation, Observer, Refusal, Value};
use super::simulation::Simulation;
use super::start::FORK;
use super::state::{Process, ProcessState, Then, purpose};
use crate::fleet::balancer::Balancer;
use crate::fleet::supervisor::exits::{Exit, How};
use crate::fleet::supervisor::rule::{Metric, Rule};
use crate::fleet::supervisor::{After, Order, Supervisor};
use crate::kernel::chance::unit;
use crate::kernel::slab::Ref;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::late::Setting;
use crate::scenario::model::Freeze;
use std::sync::Arc;

/// How often a supervisor that waits in its cycle looks whether its process has exited.
const LOOKS_FOR_EXIT: Duration = Duration::from_millis(100);

impl Simulation {
    pub(super) fn on_supervisor_tick(&mut self, number: u32, observer: &mut impl Observer) {
        let now = self.now();
        let Some(poll) = self.scenario.supervisor.polls() else { return };
        if self.nodes[number as usize].gone {
            self.calendar.after(poll, Event::SupervisorTick(number));
            return;
        }
        if self.nodes[number as usize].then == Some(Then::StartWhenSeen) {
            self.look_for_exit(number, poll, observer);
            return;
        }
        let blocked = match self.ask_supervisor(number) {
            Order::Wait => Duration::ZERO,
            Order::Start if self.nodes[number as usize].held => Duration::ZERO,
            Order::Start => {
                if let Some(cause) = self.nodes[number as usize].ended.take() {
                    self.note_restart(number, cause, observer);
                }
                self.start_process(number, observer)
            }
            Order::Restart { rule, value } => {
                let limit = self.nodes[number as usize].limits[rule];
                let cause =
                    Cause::Rule { rule: rule as u32, value: Value(value), limit: Value(limit) };
                match self.refusal(number) {
                    Some(why) => {
                        self.refuse_restart(number, why, cause, observer);
                        Duration::ZERO
                    }
                    None => self.restart(number, cause, observer),
                }
            }
            Order::GiveUp => {
                self.on_gives_up(number, observer);
                Duration::ZERO
            }
        };
        let node = &mut self.nodes[number as usize];
        if node.then == Some(Then::Start) && self.scenario.supervisor.waits_in_its_cycle() {
            node.then = Some(Then::StartWhenSeen);
            self.calendar.after(LOOKS_FOR_EXIT, Event::SupervisorTick(number));
            return;
        }
        self.calendar.at(now + blocked + poll, Event::SupervisorTick(number));
    }

    /// A supervisor that has stopped its process looks whether it is gone, and starts it then. Only
    /// after that its cycle goes on.
    fn look_for_exit(&mut self, number: u32, poll: Duration, observer: &mut impl Observer) {
        let node = &mut self.nodes[number as usize];
        if !node.processes.is_empty() {
            self.calendar.after(LOOKS_FOR_EXIT, Event::SupervisorTick(number));
            return;
        }
        node.then = None;
        let is_held = node.held;
        let blocked = if is_held { Duration::ZERO } else { self.start_process(number, observer) };
        self.calendar.after(blocked + poll, Event::SupervisorTick(number));
    }

    fn ask_supervisor(&mut self, number: u32) -> Order {
        let now = self.now();
        let scenario = Arc::clone(&self.scenario);
        let settings = &scenario.supervisor;
        let alive = self.is_seen_alive(number);
        // Taken out for the call, since sampling looks at the node that it belongs to.
        let node = &mut self.nodes[number as usize];
        let mut supervisor = std::mem::replace(&mut node.supervisor, Supervisor::None);
        let order = supervisor.tick(now, settings, alive, |rule| {
            let value = self.measure(number, rule, &settings.rules()[rule]);
            if value > self.watched.limits[rule] {
                self.asked.insert(Setting::Limits);
            }
            (value, value > self.nodes[number as usize].limits[rule])
        });
        self.nodes[number as usize].supervisor = supervisor;
        order
    }

    /// Whether a node's supervisor knows a process of it.
    pub(super) fn is_seen_alive(&self, number: u32) -> bool {
        self.nodes[number as usize].processes.iter().any(|&at| self.processes[at].supervised)
    }

    /// What a rule's metric is now, on the youngest process of a node.
    fn measure(&mut self, number: u32, which: usize, rule: &Rule) -> f64 {
        let now = self.now();
        let program = &self.scenario.process;
        let Some(at) = self.nodes[number as usize].processes.last().copied() else { return 0.0 };
        // A first process that forks the others serves nothing itself.
        let master = program.memory.master.or_else(|| self.master_memory(at));
        let master = master.filter(|_| !rule.include_children);
        let process = &self.processes[at];
        let node = &mut self.nodes[number as usize];
        let busy = node.cpu.busy(now);
        let (busy_then, then) = std::mem::replace(&mut node.marks[which], (busy, now));
        let share = |used: Duration, elapsed: Duration| {
            if elapsed == Duration::ZERO { 0.0 } else { used.as_secs_f64() / elapsed.as_secs_f64() }
        };
        match (rule.metric, master) {
            (Metric::Memory, Some(master)) => master as f64,
            (Metric::Memory, None) => self.memory_of(at) as f64,
            (Metric::CpuWindow | Metric::CpuLife, Some(_)) => 0.0,
            (Metric::CpuWindow, None) => share(busy.saturating_sub(busy_then), now.since(then)),
            (Metric::CpuLife, None) => {
                share(busy.saturating_sub(process.busy_before), now.since(process.born))
            }
            (Metric::InFlight, _) => f64::from(process.in_service),
            (Metric::Backlog, _) => process.backlog.len() as f64,
            (Metric::RequestsServed, _) => process.served as f64,
            (Metric::Age, _) => (now.since(process.born) + process.age_before).as_secs_f64(),
        }
    }

    /// Whether a protection forbids the restart of a node that serves.
    fn refusal(&mut self, number: u32) -> Option<Refusal> {
        let protections = &self.scenario.protections;
        if let Some(budget) = *protections.restart_budget.ask(&mut self.asked) {
            let away = self.nodes.iter().filter(|node| node.token).count();
            if away >= budget as usize && !self.nodes[number as usize].token {
                return Some(Refusal::Budget);
            }
        }
        self.is_stop_forbidden(number, false).then_some(Refusal::ConfigCheck)
    }

    fn refuse_restart(
        &mut self,
        number: u32,
        why: Refusal,
        cause: Cause,
        observer: &mut impl Observer,
    ) {
        self.nodes[number as usize].supervisor.refused();
        let seen = Observation::RestartRefused { node: number, why, cause };
        observer.observe(self.now(), &seen);
        if why == Refusal::ConfigCheck && self.scenario.people.restart_refused {
            self.raise_alert(Alert::RestartRefused, observer);
        }
    }

    /// Stops a node's process and starts it again; returns how long its supervisor is held up.
    pub(super) fn restart(
        &mut self,
        number: u32,
        cause: Cause,
        observer: &mut impl Observer,
    ) -> Duration {
        self.note_restart(number, cause, observer);
        self.stop_processes(number, observer);
        let now = self.now();
        let settings = &self.scenario.supervisor;
        let node = &mut self.nodes[number as usize];
        node.supervisor.stopped(now, settings);
        if settings.waits_for_exit() && !node.processes.is_empty() {
            // One that a supervisor waits for already is started by that supervisor.
            if node.then != Some(Then::StartWhenSeen) {
                node.then = Some(Then::Start);
            }
            return Duration::ZERO;
        }
        self.start_process(number, observer)
    }

    pub(super) fn note_restart(&mut self, number: u32, cause: Cause, observer: &mut impl Observer) {
        let now = self.now();
        let node = &mut self.nodes[number as usize];
        node.restarting = true;
        node.token = true;
        node.ended = None;
        observer.observe(now, &Observation::RestartBegun { node: number, cause });
        if self.takes_note {
            self.tally(number, |group| group.restarts += 1);
        }
        if !std::mem::replace(&mut self.restarted, true)
            && *self.scenario.freeze.ask(&mut self.asked) == Freeze::FirstRestart
        {
            for number in 0..self.sources.len() {
                let source = &mut self.sources[number];
                let next = source.arrivals.freeze(now);
                source.frozen = true;
                self.await_arrival(number, next);
            }
        }
    }

    /// A process that began at `born` has exited; its supervisor may start it again.
    pub(super) fn on_exit(
        &mut self,
        number: u32,
        how: How,
        born: Instant,
        observer: &mut impl Observer,
    ) {
        let now = self.now();
        let woken = self.is_woken(number);
        let exit = Exit { at: now, how, lived: now.since(born), woken };
        let after = self.tell_of_exit(number, exit);
        if after == After::Stays {
            self.lose_unless_serving(number, Loss::Exit, observer);
        }
    }

    /// A process has ended that the supervisor did not know.
    pub(super) fn on_unseen_exit(&mut self, number: u32, observer: &mut impl Observer) {
        if !self.is_looked_after(number) {
            self.lose_unless_serving(number, Loss::Exit, observer);
        }
    }

    /// Whether a node's supervisor is about to start it or to give up, or will see that there is no
    /// process.
    pub(super) fn is_looked_after(&self, number: u32) -> bool {
        self.nodes[number as usize].decided >= self.now()
            || self.scenario.supervisor.polls().is_some()
    }

    /// Tells a node's supervisor what it takes for an exit, and does what it wants then.
    pub(super) fn tell_of_exit(&mut self, number: u32, exit: Exit) -> After {
        let settings = &self.scenario.supervisor;
        let after = self.nodes[number as usize].supervisor.on_exit(settings, exit);
        match after {
            After::StartAt(when) => {
                let earliest = exit.at + FORK.saturating_sub(exit.lived);
                self.start_at(number, when.max(earliest));
            }
            After::GivesUpAt(when) => self.follow_at(number, when, Event::GivesUp(number)),
            After::Stays | After::Polls => {}
        }
        after
    }

    /// Has a node's supervisor start its process then.
    pub(super) fn start_at(&mut self, number: u32, when: Instant) {
        self.follow_at(number, when, Event::StartDue(number));
    }

    fn follow_at(&mut self, number: u32, when: Instant, event: Event) {
        let node = &mut self.nodes[number as usize];
        node.decided = node.decided.max(when);
        self.calendar.at(when, event);
    }

    /// Whether another event wakes a node's supervisor at an exit that it would have seen at its
    /// next look.
    pub(super) fn is_woken(&self, number: u32) -> bool {
        let share = self.scenario.supervisor.woken();
        if share <= 0.0 {
            return false;
        }
        let occurrence = self.nodes[number as usize].starts;
        let draw = self.streams.draw(purpose::WOKEN, u64::from(number), occurrence, 0);
        unit(&mut draw.die(0)) < share
    }

    pub(super) fn on_gives_up(&mut self, number: u32, observer: &mut impl Observer) {
        let node = &self.nodes[number as usize];
        if node.gone || (node.listener.is_some() && self.is_seen_alive(number)) {
            return;
        }
        observer.observe(self.now(), &Observation::SupervisorGaveUp { node: number });
        self.lose_unless_serving(number, Loss::Exit, observer);
    }

    pub(super) fn on_start_due(&mut self, number: u32, observer: &mut impl Observer) {
        let now = self.now();
        let node = &mut self.nodes[number as usize];
        let known = node.processes.iter().any(|&at| self.processes[at].supervised);
        if node.held || node.gone || known {
            return;
        }
        if !node.supervisor.may_start(now, &self.scenario.supervisor) {
            self.on_gives_up(number, observer);
            return;
        }
        if let Some(cause) = node.ended.take() {
            self.note_restart(number, cause, observer);
        }
        self.start_process(number, observer);
    }

    /// Starts a node's process by hand.
    pub(super) fn start_by_hand(&mut self, number: u32, observer: &mut impl Observer) {
        let node = &mut self.nodes[number as usize];
        node.held = false;
        node.ended = None;
        node.restarting = false;
        if node.listener.is_some() || node.gone {
            return;
        }
        for process in node.processes.clone() {
            self.kill(process, observer);
        }
        let now = self.now();
        let node = &mut self.nodes[number as usize];
        node.then = None;
        node.supervisor.reset();
        node.supervisor.may_start(now, &self.scenario.supervisor);
        self.start_process(number, observer);
    }

    pub(super) fn schedule_runtime_limit(&mut self, process: Ref) {
        if let Some((limit, extra)) = self.scenario.supervisor.runtime_max() {
            let mut limit = limit;
            if extra > Duration::ZERO {
                let number = self.processes[process].node;
                let start = self.nodes[number as usize].starts;
                let draw = self.streams.draw(purpose::RUNTIME, u64::from(number), start, 0);
                limit += extra.scaled(unit(&mut draw.die(0)));
            }
            let left = limit.saturating_sub(self.processes[process].age_before);
            self.calendar.after(left, Event::RuntimeOver(process));
        }
    }

    pub(super) fn on_runtime_over(&mut self, process: Ref, observer: &mut impl Observer) {
        let is_old = |state| matches!(state, ProcessState::Serving | ProcessState::Hung);
        if self.processes.get(process).is_some_and(|p| is_old(p.state)) {
            self.end_with(process, Cause::Runtime, How::Timeout, observer);
        }
    }

    /// Ends a process at once, for which its supervisor knows a cause.
    pub(super) fn end_with(
        &mut self,
        process: Ref,
        cause: Cause,
        how: How,
        observer: &mut impl Observer,
    ) {
        let Process { node: number, born, supervised, .. } = self.processes[process];
        self.kill(process, observer);
        self.nodes[number as usize].ended = Some(cause);
        if supervised {
            self.on_exit(number, how, born, observer);
        } else {
            self.on_unseen_exit(number, observer);
        }
        self.return_token(number);
    }

    /// A process gives no sign of life from now on. It gave the last one at some half of the time
    /// after which its supervisor aborts it, counted from when it began to serve.
    pub(super) fn stand_still(&mut self, at: Ref) {
        let Some(limit) = self.scenario.supervisor.watchdog() else { return };
        let now = self.now();
        let process = &mut self.processes[at];
        let is_ready = matches!(process.state, ProcessState::Serving | ProcessState::Hung);
        if !is_ready || process.aborted_at < Instant::NEVER {
            return;
        }
        let half = (limit.as_nanos() / 2).max(1);
        let silent = now.since(process.serving_since).as_nanos() % half;
        process.aborted_at = now + limit.saturating_sub(Duration::from_nanos(silent));
        self.calendar.at(process.aborted_at, Event::WatchdogDue(at));
    }

    pub(super) fn on_watchdog_due(&mut self, process: Ref, observer: &mut impl Observer) {
        // Stale if it is gone, or has gone on meanwhile.
        if self.processes.get(process).is_some_and(|p| p.aborted_at == self.now()) {
            self.end_with(process, Cause::Watchdog, How::Watchdog, observer);
        }
    }

    /// A process of a node is of no use: the node is lost, unless another one serves there, which
    /// nobody may know or which shares its socket.
    pub(super) fn lose_unless_serving(
        &mut self,
        number: u32,
        why: Loss,
        observer: &mut impl Observer,
    ) {
        if self.nodes[number as usize].listener.is_none() {
            self.lose(number, why, observer);
        }
    }

    /// Notes that a node will not serve again by itself.
    pub(super) fn lose(&mut self, number: u32, why: Loss, observer: &mut impl Observer) {
        let node = &mut self.nodes[number as usize];
        if !std::mem::replace(&mut node.lost, true) {
            observer.observe(self.now(), &Observation::NodeLost { node: number, why });
            if self.takes_note {
                self.tally(number, |group| group.lost += 1);
            }
        }
    }

    /// Whether a node serves and some balancer sends to it; its token of the restart budget is free
    /// then.
    pub(super) fn return_token(&mut self, number: u32) -> bool {
        let node = &mut self.nodes[number as usize];
        let is_up = |balancer: &Balancer| balancer.is_up(number);
        let is_healthy = node.listener.is_some() && self.balancers.iter().any(is_up);
        node.token &= !is_healthy;
        is_healthy
    }

    /// Tells those who wait for it that a node serves and some balancer sends to it, if so.
    pub(super) fn consider_health(&mut self, number: u32, observer: &mut impl Observer) {
        if !self.return_token(number) {
            return;
        }
        if std::mem::take(&mut self.nodes[number as usize].lost) {
            observer.observe(self.now(), &Observation::NodeBack { node: number });
        }
        self.on_rollout_health(number, observer);
    }
}
