//! Processes: start, boot, stop, death, and the supervisors that order them.

use super::event::Event;
use super::observation::{Alert, Cause, Loss, Observation, Observer, Outcome, Refusal, Value};
use super::simulation::{Simulation, between};
use super::state::{Process, ProcessState, Then, purpose};
use crate::fleet::cpu::Speed;
use crate::fleet::supervisor::exits::Exit;
use crate::fleet::supervisor::rule::{Metric, Rule};
use crate::fleet::supervisor::{After, Order, Returns, Settings, Supervisor};
use crate::kernel::chance::unit;
use crate::kernel::slab::Ref;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::late::Setting;
use crate::scenario::model::{Freeze, Scenario, Stop, WhenInvalid};
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

/// How often a fresh process tries to get a port that is taken.
const BIND_AGAIN: Duration = Duration::from_millis(500);

impl Simulation {
    pub(super) fn on_supervisor_tick(&mut self, number: u32, observer: &mut impl Observer) {
        let now = self.now();
        let Some(poll) = self.scenario.supervisor.polls() else { return };
        if self.nodes[number as usize].gone {
            self.calendar.after(poll, Event::SupervisorTick(number));
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
        self.calendar.at(now + blocked + poll, Event::SupervisorTick(number));
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
    fn is_seen_alive(&self, number: u32) -> bool {
        self.nodes[number as usize].processes.iter().any(|&at| self.processes[at].supervised)
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
            if release.start.ask(&mut self.asked).wrong() == Some(WhenInvalid::Exits) {
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
            node.then = Some(Then::Start);
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
        let patience = self.scenario.supervisor.stop_timeout().unwrap_or(Duration::FOREVER);
        for at in self.nodes[number as usize].processes.clone() {
            let stop = *self.scenario.process.stop.ask(&mut self.asked);
            match (stop, self.processes[at].state) {
                (_, ProcessState::Stopping) => {}
                (Stop::Drop, _) | (_, ProcessState::Booting | ProcessState::Hung) => {
                    self.kill(at, observer);
                }
                (Stop::Finish(limit), ProcessState::Serving) => {
                    self.close_listener(at, observer);
                    self.processes[at].state = ProcessState::Stopping;
                    let process = &self.processes[at];
                    // One that stands still may have slots to spare for those that wait.
                    if process.in_service == 0 && process.backlog.is_empty() {
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
        if process.state == ProcessState::Hung {
            self.lose_lobby(process.node, observer);
        }
        let node = &mut self.nodes[process.node as usize];
        if node.processes.is_empty() {
            if node.struck.hangs {
                self.end_hangs(process.node, observer);
            }
            match self.nodes[process.node as usize].then.take() {
                Some(Then::Start) => {
                    self.calendar.after(Duration::ZERO, Event::StartDue(process.node));
                }
                Some(Then::Exit) => self.on_exit(process.node, true, process.born, observer),
                None => {}
            }
        }
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
        let is_taken = self.is_port_taken(number);
        let start = scenario.releases[release].start.ask(&mut self.asked);
        let wrong = start.wrong();
        let course = Course::of(wrong, &scenario.supervisor);
        let base = self.draw_base(number, occurrence);
        let process = self.processes.add(Process {
            node: number,
            release,
            state: ProcessState::Booting,
            supervised: course != Course::Unseen,
            work: if let Some(WhenInvalid::Slow(factor)) = wrong { factor } else { 1.0 },
            born: now,
            age_before: Duration::ZERO,
            serving_since: now,
            warm: false,
            bound: false,
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
        let returns = if course == Course::Exits {
            let draw = self.streams.draw(purpose::START, u64::from(number), occurrence, 0);
            let after = start.fails_after.sample(&mut draw.die(die::FAILS_AFTER));
            self.calendar.after(after, Event::StartFailed(process));
            Returns::Fails(after)
        } else if is_taken {
            self.calendar.after(BIND_AGAIN, Event::BindDue(process));
            Returns::Fails(scenario.process.bind_retries)
        } else {
            let boot = self.boot(process, occurrence);
            match course {
                // A launcher that expects to stay ends at once, and leaves the process behind.
                Course::Unseen if wrong == Some(WhenInvalid::Daemonizes) => {
                    Returns::Fails(Duration::ZERO)
                }
                Course::Waits => Returns::Never,
                Course::Unseen if wrong == Some(WhenInvalid::StaysInForeground) => Returns::Never,
                Course::Unseen if scenario.supervisor.waits_for_pid_file() => Returns::Never,
                Course::Works | Course::Unseen | Course::Exits => Returns::Works(boot),
            }
        };
        self.after_start(process, number, course, wrong, returns)
    }

    /// What the supervisor makes of a start command; how long it is held up by it.
    fn after_start(
        &mut self,
        process: Ref,
        number: u32,
        course: Course,
        wrong: Option<WhenInvalid>,
        returns: Returns,
    ) -> Duration {
        let now = self.now();
        let settings = &self.scenario.supervisor;
        if course == Course::Waits
            && let Some(limit) = settings.kills_start_after()
        {
            self.calendar.after(limit, Event::StartTimeout(process));
        }
        // It sees the launcher exit, and thinks that was the process.
        if course == Course::Unseen && wrong == Some(WhenInvalid::Daemonizes) {
            let exit = Exit { at: now, failure: false, lived: Duration::ZERO };
            let after = self.nodes[number as usize].supervisor.on_exit(settings, exit);
            self.follow(number, after);
        }
        let settings = &self.scenario.supervisor;
        self.nodes[number as usize].supervisor.started(now, settings, returns)
    }

    /// Begins to boot a process; how long it takes.
    fn boot(&mut self, process: Ref, occurrence: u64) -> Duration {
        let node = u64::from(self.processes[process].node);
        let draw = self.streams.draw(purpose::START, node, occurrence, 0);
        let boot = self.scenario.process.boot.ask(&mut self.asked);
        let boot = boot.sample(&mut draw.die(die::BOOT));
        self.processes[process].bound = true;
        self.calendar.after(boot, Event::BootDone(process));
        boot
    }

    /// Whether a fresh process on a node finds its port taken.
    fn is_port_taken(&self, number: u32) -> bool {
        let holds = self.scenario.process.holds_port;
        self.nodes[number as usize].processes.iter().any(|&at| match self.processes[at].state {
            ProcessState::Serving | ProcessState::Hung => true,
            ProcessState::Stopping => holds,
            ProcessState::Booting => self.processes[at].bound,
        })
    }

    pub(super) fn on_bind_due(&mut self, at: Ref, observer: &mut impl Observer) {
        let Some(process) = self.processes.get(at) else { return };
        let (number, born) = (process.node, process.born);
        if !self.is_port_taken(number) {
            let occurrence = self.nodes[number as usize].starts - 1;
            self.boot(at, occurrence);
        } else if self.now().since(born) >= self.scenario.process.bind_retries {
            self.on_start_failed(at, observer);
        } else {
            self.calendar.after(BIND_AGAIN, Event::BindDue(at));
        }
    }

    /// A start command has not returned, and is killed with what it started.
    pub(super) fn on_start_timeout(&mut self, at: Ref, observer: &mut impl Observer) {
        let Some(process) = self.processes.get(at) else { return };
        let (number, born) = (process.node, process.born);
        self.kill(at, observer);
        self.nodes[number as usize].ended = Some(Cause::Exit);
        self.on_exit(number, true, born, observer);
    }

    pub(super) fn on_gives_up(&mut self, number: u32, observer: &mut impl Observer) {
        let node = &self.nodes[number as usize];
        if node.gone || (node.listener.is_some() && self.is_seen_alive(number)) {
            return;
        }
        observer.observe(self.now(), &Observation::SupervisorGaveUp { node: number });
        if self.nodes[number as usize].listener.is_none() {
            self.lose(number, Loss::Exit, observer);
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
        let release = &self.scenario.releases[process.release];
        if release.start.ask(&mut self.asked).wrong() == Some(WhenInvalid::Hangs) {
            process.state = ProcessState::Hung;
            let number = process.node;
            self.lose(number, Loss::FailedRestart, observer);
            return;
        }
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
        let (number, release, born) = (process.node, process.release, process.born);
        let supervised = process.supervised;
        let daemonizes = self.scenario.releases[release].start.ask(&mut self.asked).wrong()
            == Some(WhenInvalid::Daemonizes);
        self.end_process(at, observer);
        let of_restart = std::mem::take(&mut self.nodes[number as usize].restarting);
        let seen = Observation::StartFailed { node: number, release: release as u32, of_restart };
        observer.observe(self.now(), &seen);
        // A copy may fail beside a process that serves and that nobody knows.
        if self.nodes[number as usize].listener.is_none() {
            self.lose(number, Loss::FailedRestart, observer);
        }
        self.on_rollout_failure(number, observer);
        // What its supervisor does not know, it does not see end.
        if supervised {
            // A launcher that has detached its server exits without an error.
            self.on_exit(number, !daemonizes, born, observer);
        }
    }

    /// A process that began at `born` has exited; its supervisor may start it again.
    pub(super) fn on_exit(
        &mut self,
        number: u32,
        failure: bool,
        born: Instant,
        observer: &mut impl Observer,
    ) {
        let now = self.now();
        let exit = Exit { at: now, failure, lived: now.since(born) };
        let node = &mut self.nodes[number as usize];
        let after = node.supervisor.on_exit(&self.scenario.supervisor, exit);
        if after == After::Stays && node.listener.is_none() {
            self.lose(number, Loss::Exit, observer);
        }
        self.follow(number, after);
    }

    fn follow(&mut self, number: u32, after: After) {
        match after {
            After::StartAt(when) => self.calendar.at(when, Event::StartDue(number)),
            After::GivesUpAt(when) => self.calendar.at(when, Event::GivesUp(number)),
            After::Stays | After::Polls => {}
        }
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

    pub(super) fn schedule_runtime_limit(&mut self, process: Ref) {
        if let Some(limit) = self.scenario.supervisor.runtime_max() {
            let left = limit.saturating_sub(self.processes[process].age_before);
            self.calendar.after(left, Event::RuntimeOver(process));
        }
    }

    pub(super) fn on_runtime_over(&mut self, process: Ref, observer: &mut impl Observer) {
        if self.processes.get(process).is_some_and(|p| p.state == ProcessState::Serving) {
            let (number, born) = (self.processes[process].node, self.processes[process].born);
            self.kill(process, observer);
            self.nodes[number as usize].ended = Some(Cause::Runtime);
            self.on_exit(number, true, born, observer);
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
        self.nodes[number as usize].thrashing = on;
        self.set_speed(number);
        observer.observe(self.now(), &Observation::Thrashing { node: number, on });
    }

    /// Gives a node's cores the speed that they have now.
    pub(super) fn set_speed(&mut self, number: u32) {
        let now = self.now();
        let setup = &self.scenario.nodes;
        let node = &mut self.nodes[number as usize];
        let healthy = setup.speed.times(node.struck.speed);
        let speed = match (node.struck.hangs, node.thrashing) {
            (true, _) => Speed::STOPPED,
            (false, true) => healthy.times(setup.thrash_speed),
            (false, false) => healthy,
        };
        node.cpu.set_speed(now, speed);
        self.touch(number);
    }

    #[cold]
    fn kill_for_memory(&mut self, number: u32, observer: &mut impl Observer) {
        let node = &self.nodes[number as usize];
        let memory = node.memory;
        let processes = node.processes.iter().copied();
        // The largest; among equals the oldest.
        let Some(victim) = processes.rev().max_by_key(|&at| self.memory_of(at)) else { return };
        observer.observe(self.now(), &Observation::OutOfMemory { node: number, memory });
        let Process { state, supervised, born, .. } = self.processes[victim];
        self.kill(victim, observer);
        if state == ProcessState::Serving {
            self.nodes[number as usize].ended = Some(Cause::OutOfMemory);
            self.nodes[number as usize].token = true;
            if supervised {
                self.on_exit(number, true, born, observer);
            }
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
        let node = &mut self.nodes[number as usize];
        node.then = None;
        node.supervisor.reset();
        node.supervisor.may_start(now, &self.scenario.supervisor);
        self.start_process(number, observer);
    }
}

/// How a start goes that may be one that its supervisor does not expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// As the supervisor expects: the process lives, and is known.
    Works,
    /// The process exits, or what it leaves behind is killed with its launcher.
    Exits,
    /// The command does not return; the supervisor waits, and kills it in the end.
    Waits,
    /// The process lives, and the supervisor does not know it.
    Unseen,
}

impl Course {
    fn of(wrong: Option<WhenInvalid>, settings: &Settings) -> Course {
        match wrong {
            None | Some(WhenInvalid::Hangs | WhenInvalid::Slow(_)) => Course::Works,
            Some(WhenInvalid::Exits) => Course::Exits,
            Some(WhenInvalid::StaysInForeground) => match settings.kills_start_after() {
                Some(_) => Course::Waits,
                None if settings.expects_return() => Course::Unseen,
                None => Course::Works,
            },
            Some(WhenInvalid::Daemonizes) if settings.expects_return() => Course::Works,
            Some(WhenInvalid::Daemonizes) if settings.kills_what_is_left() => Course::Exits,
            Some(WhenInvalid::Daemonizes) => Course::Unseen,
            Some(WhenInvalid::NoPidFile) if matches!(settings, Settings::Systemd(_)) => {
                if settings.expects_return() { Course::Waits } else { Course::Works }
            }
            Some(WhenInvalid::NoPidFile) if settings.expects_return() => Course::Unseen,
            Some(WhenInvalid::NoPidFile) => Course::Works,
        }
    }
}

/// The memory beyond which something on the node is killed.
pub(super) fn memory_limit(scenario: &Scenario) -> u64 {
    let host = scenario.nodes.memory + scenario.nodes.swap;
    scenario.supervisor.memory_max().map_or(host, |max| max.min(host))
}
