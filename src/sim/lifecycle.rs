//! Processes: start, boot, stop, death, and the supervisors that order them.

use super::event::Event;
use super::observation::{Alert, Cause, Loss, Observation, Observer, Outcome, Refusal, Value};
use super::simulation::{Simulation, between};
use super::state::{Process, ProcessState, purpose};
use crate::fleet::supervisor::rule::{Metric, Rule};
use crate::fleet::supervisor::{Settings, Supervisor, bluepill};
use crate::kernel::chance::unit;
use crate::kernel::slab::Ref;
use crate::kernel::time::Duration;
use crate::scenario::late::Setting;
use crate::scenario::model::{Freeze, Scenario, Stop};
use std::collections::VecDeque;
use std::sync::Arc;

/// Which die of a start's draw is thrown for what.
mod die {
    /// Boot time.
    pub(super) const BOOT: usize = 0;
    /// Memory after the start.
    pub(super) const BASE: usize = 1;
    /// Time to the exit of an invalid configuration.
    pub(super) const FAILS_AFTER: usize = 2;
}

impl Simulation {
    pub(super) fn on_supervisor_tick(&mut self, number: u32, observer: &mut impl Observer) {
        let now = self.now();
        let scenario = Arc::clone(&self.scenario);
        let Settings::Bluepill(settings) = &scenario.supervisor else { return };
        if self.nodes[number as usize].gone {
            self.calendar.after(settings.tick, Event::SupervisorTick(number));
            return;
        }
        let order = self.ask_bluepill(number, settings);
        let blocked = match order {
            bluepill::Order::Wait => Duration::ZERO,
            bluepill::Order::Start if self.nodes[number as usize].held => Duration::ZERO,
            bluepill::Order::Start => {
                if let Some(cause) = self.nodes[number as usize].ended.take() {
                    self.note_restart(number, cause, observer);
                }
                self.start_process(number, observer)
            }
            bluepill::Order::Restart { rule, value } => {
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
        };
        self.calendar.at(now + blocked + settings.tick, Event::SupervisorTick(number));
    }

    fn ask_bluepill(&mut self, number: u32, settings: &bluepill::Settings) -> bluepill::Order {
        let now = self.now();
        // Taken out for the call, since sampling looks at the node that it belongs to.
        let node = &mut self.nodes[number as usize];
        let mut supervisor = std::mem::replace(&mut node.supervisor, Supervisor::None);
        let alive = !node.processes.is_empty();
        let order = match &mut supervisor {
            Supervisor::Bluepill(daemon) => daemon.tick(now, settings, alive, |rule| {
                let value = self.measure(number, rule, &settings.rules[rule]);
                if value > self.watched.limits[rule] {
                    self.asked.insert(Setting::Limits);
                }
                (value, value > self.nodes[number as usize].limits[rule])
            }),
            Supervisor::None | Supervisor::Systemd(_) => bluepill::Order::Wait,
        };
        self.nodes[number as usize].supervisor = supervisor;
        order
    }

    /// What a rule's metric is now, on the youngest process of a node.
    fn measure(&mut self, number: u32, which: usize, rule: &Rule) -> f64 {
        let now = self.now();
        let program = &self.scenario.process;
        let node = &mut self.nodes[number as usize];
        let Some(at) = node.processes.last().copied() else { return 0.0 };
        let process = &self.processes[at];
        let memory = program.memory;
        // A first process that forks the others serves nothing itself.
        let master = if rule.include_children { None } else { memory.master };
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
        if let Some(finds) = *protections.config_check.ask(&mut self.asked) {
            let node = &mut self.nodes[number as usize];
            let occurrence = node.checks;
            node.checks += 1;
            let release = &self.scenario.releases[node.on_disk];
            if release.start.ask(&mut self.asked).invalid.is_some() {
                let draw = self.streams.draw(purpose::CHECK, u64::from(number), occurrence, 0);
                if unit(&mut draw.die(0)) < finds {
                    return Some(Refusal::ConfigCheck);
                }
            }
        }
        None
    }

    fn refuse_restart(
        &mut self,
        number: u32,
        why: Refusal,
        cause: Cause,
        observer: &mut impl Observer,
    ) {
        if let Supervisor::Bluepill(daemon) = &mut self.nodes[number as usize].supervisor {
            daemon.refused();
        }
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
        if let (Supervisor::Bluepill(daemon), Settings::Bluepill(settings)) =
            (&mut self.nodes[number as usize].supervisor, &self.scenario.supervisor)
        {
            daemon.stopped(now, settings);
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
        if !std::mem::replace(&mut self.restarted, true)
            && *self.scenario.freeze.ask(&mut self.asked) == Freeze::FirstRestart
        {
            for source in &mut self.sources {
                let next = source.arrivals.freeze(now);
                source.frozen = true;
                self.calendar.set_lane(source.lane, next);
            }
        }
    }

    /// Tells every process of a node to stop.
    pub(super) fn stop_processes(&mut self, number: u32, observer: &mut impl Observer) {
        // A supervisor that kills what does not stop in time shortens the process's own limit.
        let patience = match &self.scenario.supervisor {
            Settings::Systemd(settings) => settings.timeout_stop,
            Settings::None | Settings::Bluepill(_) => Duration::FOREVER,
        };
        for at in self.nodes[number as usize].processes.clone() {
            let stop = *self.scenario.process.stop.ask(&mut self.asked);
            match (stop, self.processes[at].state) {
                (_, ProcessState::Stopping) => {}
                (Stop::Drop, _) | (_, ProcessState::Booting) => self.kill(at, observer),
                (Stop::Finish(limit), ProcessState::Serving) => {
                    self.close_listener(at, observer);
                    self.processes[at].state = ProcessState::Stopping;
                    if self.processes[at].in_service == 0 {
                        self.end_process(at, observer);
                    } else {
                        self.calendar.after(limit.min(patience), Event::StopOver(at));
                    }
                }
            }
        }
    }

    pub(super) fn on_stop_over(&mut self, process: Ref, observer: &mut impl Observer) {
        if self.processes.get(process).is_some() {
            self.kill(process, observer);
        }
    }

    /// Ends a process at once; what it has in hand is lost.
    pub(super) fn kill(&mut self, at: Ref, observer: &mut impl Observer) {
        let now = self.now();
        let number = self.processes[at].node;
        self.close_listener(at, observer);
        let lost = self.attempts_of(at);
        let working = self.working(&lost);
        let attempts = &self.attempts;
        self.nodes[number as usize]
            .cpu
            .retain(now, |&job| attempts.get(job).is_some_and(|a| a.process != Some(at)));
        for attempt in lost {
            self.fail(attempt, Outcome::Reset, observer);
        }
        let process = &mut self.processes[at];
        process.in_service = 0;
        process.backlog.clear();
        self.nodes[number as usize].memory -= working;
        self.end_process(at, observer);
    }

    /// Memory of a process.
    fn memory_of(&self, at: Ref) -> u64 {
        let process = &self.processes[at];
        let node = &self.nodes[process.node as usize];
        if node.processes.len() == 1 {
            return node.memory;
        }
        process.base + process.retained + self.working(&self.attempts_of(at))
    }

    /// Memory of the requests that some attempts of a node are about.
    pub(super) fn working(&self, attempts: &[Ref]) -> u64 {
        let bytes = |at: &Ref| {
            let attempt = &self.attempts[*at];
            let memory = self.memories[attempt.class as usize];
            if attempt.in_slot { memory.in_service } else { memory.queued }
        };
        attempts.iter().map(bytes).sum()
    }

    fn close_listener(&mut self, at: Ref, observer: &mut impl Observer) {
        let number = self.processes[at].node;
        if self.nodes[number as usize].listener != Some(at) {
            return;
        }
        self.integrate_slots(number);
        self.nodes[number as usize].listener = None;
        self.serving -= 1;
        if self.serving == 0 {
            observer.observe(self.now(), &Observation::FleetDown);
        }
    }

    /// A process without work is gone.
    pub(super) fn end_process(&mut self, at: Ref, observer: &mut impl Observer) {
        self.close_listener(at, observer);
        let process = self.processes.remove(at).expect("a process ends once");
        let node = &mut self.nodes[process.node as usize];
        node.processes.retain(|&other| other != at);
        node.memory -= process.base + process.retained;
        self.touch(process.node);
        observer.observe(self.now(), &Observation::ProcessEnded { node: process.node });
    }

    /// Gives the start command; returns how long the supervisor is held up by it.
    pub(super) fn start_process(&mut self, number: u32, observer: &mut impl Observer) -> Duration {
        let now = self.now();
        let scenario = Arc::clone(&self.scenario);
        let node = &mut self.nodes[number as usize];
        let occurrence = node.starts;
        node.starts += 1;
        let release = node.on_disk;
        let busy_before = node.cpu.busy(now);
        let draw = self.streams.draw(purpose::START, u64::from(number), occurrence, 0);
        let base = self.draw_base(number, occurrence);
        let process = self.processes.add(Process {
            node: number,
            release,
            state: ProcessState::Booting,
            born: now,
            age_before: Duration::ZERO,
            serving_since: now,
            warm: false,
            base,
            retained: 0,
            in_service: 0,
            backlog: VecDeque::new(),
            served: 0,
            busy_before,
        });
        let node = &mut self.nodes[number as usize];
        node.processes.push(process);
        node.memory += base;
        self.touch(number);
        let seen = Observation::ProcessStarting { node: number, release: release as u32 };
        observer.observe(now, &seen);
        let start = scenario.releases[release].start.ask(&mut self.asked);
        let (returns, event) = if start.invalid.is_some() {
            let after = start.fails_after.sample(&mut draw.die(die::FAILS_AFTER));
            (after, Event::StartFailed(process))
        } else {
            let boot = scenario.process.boot.ask(&mut self.asked).sample(&mut draw.die(die::BOOT));
            (boot, Event::BootDone(process))
        };
        self.calendar.after(returns, event);
        match (&mut self.nodes[number as usize].supervisor, &scenario.supervisor) {
            (Supervisor::Bluepill(daemon), Settings::Bluepill(settings)) => {
                daemon.started(now, settings, returns)
            }
            _ => Duration::ZERO,
        }
    }

    /// Memory of the n-th process of a node after its start.
    pub(super) fn draw_base(&self, node: u32, occurrence: u64) -> u64 {
        let draw = self.streams.draw(purpose::START, u64::from(node), occurrence, 0);
        let program = &self.scenario.process;
        let extra = program.extra_memory.iter().find(|(number, _)| *number == node);
        let base = between(program.memory.base, unit(&mut draw.die(die::BASE)));
        base + extra.map_or(0, |(_, bytes)| *bytes)
    }

    pub(super) fn on_boot_done(&mut self, at: Ref, observer: &mut impl Observer) {
        let now = self.now();
        // Stale if people or a rollout have stopped it meanwhile.
        let Some(process) = self.processes.get_mut(at) else { return };
        process.state = ProcessState::Serving;
        process.serving_since = now;
        let number = process.node;
        self.integrate_slots(number);
        let node = &mut self.nodes[number as usize];
        node.listener = Some(at);
        node.restarting = false;
        self.serving += 1;
        observer.observe(now, &Observation::ProcessServing { node: number });
        self.empty_lobby(number, observer);
        if self.serving == 1 {
            observer.observe(now, &Observation::FleetServing);
        }
        self.schedule_runtime_limit(at);
        self.consider_health(number, observer);
    }

    pub(super) fn on_start_failed(&mut self, at: Ref, observer: &mut impl Observer) {
        let Some(process) = self.processes.get(at) else { return };
        let (number, release) = (process.node, process.release);
        self.end_process(at, observer);
        let of_restart = std::mem::take(&mut self.nodes[number as usize].restarting);
        let seen = Observation::StartFailed { node: number, release: release as u32, of_restart };
        observer.observe(self.now(), &seen);
        self.lose(number, Loss::FailedRestart, observer);
        self.on_rollout_failure(number, observer);
        self.on_exit(number, true, observer);
    }

    /// A process has exited; its supervisor may start it again.
    pub(super) fn on_exit(&mut self, number: u32, failure: bool, observer: &mut impl Observer) {
        let now = self.now();
        let node = &mut self.nodes[number as usize];
        match (&mut node.supervisor, &self.scenario.supervisor) {
            (Supervisor::Systemd(unit), Settings::Systemd(settings)) => {
                match unit.on_exit(now, settings, failure) {
                    Some(when) => self.calendar.at(when, Event::StartDue(number)),
                    None => self.lose(number, Loss::Exit, observer),
                }
            }
            // It sees for itself at one of its next ticks.
            (Supervisor::Bluepill(_), _) => {}
            _ => self.lose(number, Loss::Exit, observer),
        }
    }

    pub(super) fn on_start_due(&mut self, number: u32, observer: &mut impl Observer) {
        let now = self.now();
        let node = &mut self.nodes[number as usize];
        if node.held || node.gone || !node.processes.is_empty() {
            return;
        }
        if let (Supervisor::Systemd(unit), Settings::Systemd(settings)) =
            (&mut node.supervisor, &self.scenario.supervisor)
            && !unit.start(now, settings)
        {
            observer.observe(now, &Observation::SupervisorGaveUp { node: number });
            self.lose(number, Loss::Exit, observer);
            return;
        }
        if let Some(cause) = node.ended.take() {
            self.note_restart(number, cause, observer);
        }
        self.start_process(number, observer);
    }

    pub(super) fn schedule_runtime_limit(&mut self, process: Ref) {
        if let Settings::Systemd(settings) = &self.scenario.supervisor
            && let Some(limit) = settings.runtime_max
        {
            let left = limit.saturating_sub(self.processes[process].age_before);
            self.calendar.after(left, Event::RuntimeOver(process));
        }
    }

    pub(super) fn on_runtime_over(&mut self, process: Ref, observer: &mut impl Observer) {
        if self.processes.get(process).is_some_and(|p| p.state == ProcessState::Serving) {
            let number = self.processes[process].node;
            self.kill(process, observer);
            self.nodes[number as usize].ended = Some(Cause::Runtime);
            self.on_exit(number, true, observer);
        }
    }

    /// Slows a node down or has the kernel kill a process, as its memory demands.
    pub(super) fn check_memory(&mut self, number: u32, observer: &mut impl Observer) {
        let node = &self.nodes[number as usize];
        let over = node.memory > self.scenario.nodes.memory;
        if over != node.thrashing {
            self.set_thrashing(number, over, observer);
        }
        if memory_limit(&self.scenario) < self.nodes[number as usize].memory {
            self.kill_for_memory(number, observer);
        }
    }

    #[cold]
    fn set_thrashing(&mut self, number: u32, on: bool, observer: &mut impl Observer) {
        let now = self.now();
        let setup = &self.scenario.nodes;
        let speed = if on { setup.speed.times(setup.thrash_speed) } else { setup.speed };
        let node = &mut self.nodes[number as usize];
        node.thrashing = on;
        node.cpu.set_speed(now, speed);
        self.touch(number);
        observer.observe(now, &Observation::Thrashing { node: number, on });
    }

    #[cold]
    fn kill_for_memory(&mut self, number: u32, observer: &mut impl Observer) {
        let node = &self.nodes[number as usize];
        let memory = node.memory;
        let processes = node.processes.iter().copied();
        // The largest; among equals the oldest.
        let Some(victim) = processes.rev().max_by_key(|&at| self.memory_of(at)) else { return };
        observer.observe(self.now(), &Observation::OutOfMemory { node: number, memory });
        let served = self.processes[victim].state == ProcessState::Serving;
        self.kill(victim, observer);
        if served {
            self.nodes[number as usize].ended = Some(Cause::OutOfMemory);
            self.nodes[number as usize].token = true;
            self.on_exit(number, true, observer);
        }
    }

    /// Notes that a node will not serve again by itself.
    pub(super) fn lose(&mut self, number: u32, why: Loss, observer: &mut impl Observer) {
        let node = &mut self.nodes[number as usize];
        if !std::mem::replace(&mut node.lost, true) {
            observer.observe(self.now(), &Observation::NodeLost { node: number, why });
        }
    }

    /// Whether a node serves and some balancer sends to it; tells those who wait for that.
    pub(super) fn consider_health(&mut self, number: u32, observer: &mut impl Observer) {
        let seen_up = self.balancers.iter().any(|balancer| balancer.is_up(number));
        let node = &mut self.nodes[number as usize];
        if node.listener.is_none() || !seen_up {
            return;
        }
        node.token = false;
        if std::mem::take(&mut node.lost) {
            observer.observe(self.now(), &Observation::NodeBack { node: number });
        }
        self.on_rollout_health(number, observer);
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
        if let (Supervisor::Systemd(unit), Settings::Systemd(settings)) =
            (&mut self.nodes[number as usize].supervisor, &self.scenario.supervisor)
        {
            unit.reset();
            unit.start(now, settings);
        }
        self.start_process(number, observer);
    }
}

/// The memory beyond which something on the node is killed.
pub(super) fn memory_limit(scenario: &Scenario) -> u64 {
    let host = scenario.nodes.memory + scenario.nodes.swap;
    match &scenario.supervisor {
        Settings::Systemd(settings) => settings.memory_max.map_or(host, |max| max.min(host)),
        Settings::None | Settings::Bluepill(_) => host,
    }
}
