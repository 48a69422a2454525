//! How processes start, in every way that a start can go.

use super::check::Checked;
use super::event::Event;
use super::observation::{Cause, Loss, Observation, Observer};
use super::simulation::{Simulation, between};
use super::state::{Process, ProcessState, purpose};
use crate::fleet::supervisor::exits::{Exit, How};
use crate::fleet::supervisor::{Returns, Settings};
use crate::kernel::chance::unit;
use crate::kernel::slab::Ref;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::model::WhenInvalid;
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

/// A fork takes that long at least: what fails at once does not stop the clock.
pub(super) const FORK: Duration = Duration::from_millis(10);
/// How often a fresh process tries to get a port that is taken.
const BIND_AGAIN: Duration = Duration::from_millis(500);

impl Simulation {
    /// Gives the start command; returns how long the supervisor is held up by it.
    pub(super) fn start_process(&mut self, number: u32, observer: &mut impl Observer) -> Duration {
        let scenario = Arc::clone(&self.scenario);
        let node = &mut self.nodes[number as usize];
        let occurrence = node.starts;
        node.starts += 1;
        let release = node.on_disk;
        let is_taken = self.is_port_taken(number);
        let start = scenario.releases[release].start.ask(&mut self.asked);
        let wrong = start.wrong_on(number);
        let checked = self.check_start(number, occurrence);
        let course = match checked.stops {
            true => Course::Exits,
            false => Course::of(wrong, &scenario.supervisor),
        };
        let process = self.add_process(number, occurrence, course, wrong, checked);
        let seen = Observation::ProcessStarting { node: number, release: release as u32 };
        observer.observe(self.now(), &seen);
        let returns = if checked.stops {
            self.calendar.after(checked.takes, Event::StartFailed(process));
            Returns::Fails(Duration::ZERO)
        } else if course == Course::Exits {
            let draw = self.streams.draw(purpose::START, u64::from(number), occurrence, 0);
            let after = start.fails_after.sample(&mut draw.die(die::FAILS_AFTER));
            self.calendar.after(checked.takes + after, Event::StartFailed(process));
            Returns::Fails(after)
        } else if is_taken {
            self.calendar.after(checked.takes + BIND_AGAIN, Event::BindDue(process));
            Returns::Fails(scenario.process.bind_retries)
        } else {
            let boot = self.boot(process, occurrence, checked.takes);
            if let Some(limit) = scenario.supervisor.ready_within()
                && (boot > limit || wrong == Some(WhenInvalid::Hangs))
            {
                self.calendar.after(checked.takes + limit, Event::StartTimeout(process));
            }
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
        self.after_start(process, course, wrong, returns)
    }

    /// Adds the process that the n-th start command of a node gives birth to.
    fn add_process(
        &mut self,
        number: u32,
        occurrence: u64,
        course: Course,
        wrong: Option<WhenInvalid>,
        checked: Checked,
    ) -> Ref {
        let now = self.now();
        let base = self.draw_base(number, occurrence);
        let node = &mut self.nodes[number as usize];
        let process = self.processes.add(Process {
            node: number,
            release: node.on_disk,
            state: ProcessState::Booting,
            supervised: course != Course::Unseen,
            work: if let Some(WhenInvalid::Slow(factor)) = wrong { factor } else { 1.0 },
            born: now,
            age_before: Duration::ZERO,
            serving_since: now,
            warm: false,
            bound: false,
            checked,
            base,
            retained: 0,
            slots: self.scenario.process.slots,
            in_service: 0,
            backlog: VecDeque::new(),
            served: 0,
            busy_before: node.cpu.busy(now),
            aborted_at: Instant::NEVER,
            workers: None,
        });
        node.processes.push(process);
        node.memory += base;
        self.touch(number);
        self.add_workers(process, occurrence, false);
        process
    }

    /// What the supervisor makes of a start command; how long it is held up by it and by the check
    /// before it.
    fn after_start(
        &mut self,
        process: Ref,
        course: Course,
        wrong: Option<WhenInvalid>,
        returns: Returns,
    ) -> Duration {
        let Process { node: number, checked, .. } = self.processes[process];
        let begins = self.now() + checked.takes;
        let settings = &self.scenario.supervisor;
        // One that waits for a file runs the check as a part of the start.
        let is_part = settings.waits_for_pid_file();
        if course == Course::Waits
            && let Some(limit) = settings.kills_start_after()
        {
            let before = if is_part { Duration::ZERO } else { checked.takes };
            self.calendar.after(before + limit, Event::StartTimeout(process));
        }
        // It sees the launcher exit, and thinks that was the process.
        if course == Course::Unseen && wrong == Some(WhenInvalid::Daemonizes) {
            let woken = self.is_woken(number);
            let exit = Exit { at: begins, how: How::Success, lived: checked.takes, woken };
            self.tell_of_exit(number, exit);
        }
        let settings = &self.scenario.supervisor;
        let held = self.nodes[number as usize].supervisor.started(begins, settings, returns);
        match returns {
            Returns::Fails(_) | Returns::Never if is_part => held.max(checked.takes),
            Returns::Works(_) | Returns::Fails(_) | Returns::Never => checked.takes + held,
        }
    }

    /// Begins to boot a process after the check before it; how long it takes.
    fn boot(&mut self, process: Ref, occurrence: u64, check: Duration) -> Duration {
        let node = u64::from(self.processes[process].node);
        let draw = self.streams.draw(purpose::START, node, occurrence, 0);
        let boot = self.scenario.process.boot.ask(&mut self.asked);
        let boot = boot.sample(&mut draw.die(die::BOOT));
        self.processes[process].bound = true;
        self.calendar.after(check + boot, Event::BootDone(process));
        boot
    }

    /// Whether a fresh process on a node finds its port taken; one that inherits its socket binds
    /// none.
    fn is_port_taken(&self, number: u32) -> bool {
        if self.scenario.process.inherits_socket {
            return false;
        }
        let holds = self.scenario.process.holds_port;
        self.nodes[number as usize].processes.iter().any(|&at| match self.processes[at].state {
            ProcessState::Serving | ProcessState::Hung => true,
            ProcessState::Stopping => holds,
            ProcessState::Booting => self.processes[at].bound,
        })
    }

    pub(super) fn on_bind_due(&mut self, at: Ref, observer: &mut impl Observer) {
        let Some(process) = self.processes.get(at) else { return };
        let (number, born) = (process.node, process.born + process.checked.takes);
        if !self.is_port_taken(number) {
            let occurrence = self.nodes[number as usize].starts - 1;
            self.boot(at, occurrence, Duration::ZERO);
        } else if self.now().since(born) >= self.scenario.process.bind_retries {
            self.on_start_failed(at, observer);
        } else {
            self.calendar.after(BIND_AGAIN, Event::BindDue(at));
        }
    }

    /// A start command has not returned, and is killed with what it started.
    pub(super) fn on_start_timeout(&mut self, at: Ref, observer: &mut impl Observer) {
        let Some(process) = self.processes.get(at) else { return };
        let (number, state) = (process.node, process.state);
        let start = self.scenario.releases[process.release].start.ask(&mut self.asked);
        let wrong = start.wrong_on(number);
        if state == ProcessState::Serving && wrong == Some(WhenInvalid::Hangs) {
            // Its workers have come to serve after all.
            return;
        }
        self.end_with(at, Cause::Exit, How::Timeout, observer);
        if state == ProcessState::Booting {
            self.lose_unless_serving(number, Loss::FailedRestart, observer);
            self.on_rollout_failure(number, observer);
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
        let number = process.node;
        let release = &self.scenario.releases[process.release];
        if release.start.ask(&mut self.asked).wrong_on(number) == Some(WhenInvalid::Hangs) {
            process.state = ProcessState::Hung;
            process.serving_since = now;
            self.lose_unless_serving(number, Loss::FailedRestart, observer);
            self.fail_all_workers(at);
            self.begin_duties(at, false);
            if self.scenario.process.workers.is_some() {
                self.schedule_runtime_limit(at);
            }
            self.stand_still(at);
            return;
        }
        process.serving_since = now;
        self.begin_to_serve(at, observer);
        self.begin_duties(at, false);
        self.schedule_runtime_limit(at);
        if self.nodes[number as usize].struck.hangs {
            self.stand_still(at);
        }
        self.consider_health(number, observer);
    }

    /// A process accepts requests.
    pub(super) fn begin_to_serve(&mut self, at: Ref, observer: &mut impl Observer) {
        let now = self.now();
        let process = &mut self.processes[at];
        process.state = ProcessState::Serving;
        let number = process.node;
        self.integrate_slots(number);
        let node = &mut self.nodes[number as usize];
        // Of several that share an inherited socket the youngest takes what comes.
        let is_alone = node.listener.replace(at).is_none();
        node.restarting = false;
        node.ended = None;
        self.serving += u32::from(is_alone);
        observer.observe(now, &Observation::ProcessServing { node: number });
        self.empty_lobby(number, observer);
        if is_alone && self.serving == 1 {
            observer.observe(now, &Observation::FleetServing);
        }
    }

    pub(super) fn on_start_failed(&mut self, at: Ref, observer: &mut impl Observer) {
        let Some(process) = self.processes.get(at) else { return };
        let Process { node: number, release, checked, .. } = *process;
        let start = self.scenario.releases[release].start.ask(&mut self.asked);
        let daemonizes = start.wrong_on(number) == Some(WhenInvalid::Daemonizes) && !checked.stops;
        // A launcher that has detached its server exits without an error.
        let how = match (daemonizes, self.scenario.supervisor.ready_within()) {
            (false, _) => How::Code,
            (true, None) => How::Success,
            (true, Some(_)) => How::Protocol,
        };
        self.fail_start(at, how, observer);
    }

    /// A process ends before it serves.
    pub(super) fn fail_start(&mut self, at: Ref, how: How, observer: &mut impl Observer) {
        let Process { node: number, release, born, supervised, .. } = self.processes[at];
        self.kill(at, observer);
        let of_restart = std::mem::take(&mut self.nodes[number as usize].restarting);
        let seen = Observation::StartFailed { node: number, release: release as u32, of_restart };
        observer.observe(self.now(), &seen);
        self.lose_unless_serving(number, Loss::FailedRestart, observer);
        self.return_token(number);
        self.on_rollout_failure(number, observer);
        // What its supervisor does not know, it does not see end.
        if supervised {
            self.on_exit(number, how, born, observer);
        }
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
