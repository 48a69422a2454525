//! Supervisors: what starts a node's process, watches it, and starts it again.
//!
//! A supervisor sees its node's process and answers with an order; it neither schedules nor starts
//! anything itself. To add one: a module here with its settings and state, a variant in each of
//! the two enums below, its keys in `scenario::keys`, and the arms that the compiler then asks for.

pub mod bluepill;
pub mod exits;
pub mod monit;
pub mod rule;
pub mod systemd;

use crate::kernel::time::{Duration, Instant};
use exits::{Docker, Exit, Kubernetes, Probe, Record, Supervisord};
use systemd::Unit;

/// Which supervisor a fleet has, with its settings.
#[derive(Clone, Debug, PartialEq)]
pub enum Settings {
    /// Nobody: a process that ends stays away.
    None,
    /// Bluepill, a Ruby process monitor that polls.
    Bluepill(bluepill::Settings),
    /// systemd, which waits for the exit of the process.
    Systemd(systemd::Settings),
    /// monit, which polls in cycles.
    Monit(monit::Settings),
    /// supervisord.
    Supervisord(Supervisord),
    /// runit, and s6 with its defaults.
    Runit,
    /// Docker.
    Docker(Docker),
    /// The kubelet of Kubernetes.
    Kubernetes(Kubernetes),
}

/// What a supervisor that polls wants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// Nothing.
    Wait,
    /// Start the process, which is not there.
    Start,
    /// Stop and start the process, because a rule fired.
    Restart {
        /// Number of the rule.
        rule: usize,
        /// The sample that made it fire.
        value: f64,
    },
    /// It has given up: the process is left alone.
    GiveUp,
}

/// How a start command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// It returns after so long, and the process lives.
    Works(Duration),
    /// It returns after so long, and the process does not live.
    Fails(Duration),
    /// It does not return, although the supervisor expects it to.
    Never,
}

/// What follows an exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// The process is started then, if nothing forbids it.
    StartAt(Instant),
    /// The supervisor gives up then.
    GivesUpAt(Instant),
    /// Nobody starts it.
    Stays,
    /// The supervisor sees for itself at one of its next looks.
    Polls,
}

impl Settings {
    /// The name by which configurations refer to the supervisor.
    pub fn name(&self) -> &'static str {
        match self {
            Settings::None => "none",
            Settings::Bluepill(_) => "bluepill",
            Settings::Systemd(_) => "systemd",
            Settings::Monit(_) => "monit",
            Settings::Supervisord(_) => "supervisord",
            Settings::Runit => "runit",
            Settings::Docker(_) => "docker",
            Settings::Kubernetes(_) => "kubernetes",
        }
    }

    /// The rules by which the supervisor restarts a process that runs.
    pub fn rules(&self) -> &[rule::Rule] {
        match self {
            Settings::Bluepill(settings) => &settings.rules,
            Settings::Monit(settings) => &settings.rules,
            Settings::None
            | Settings::Systemd(_)
            | Settings::Supervisord(_)
            | Settings::Runit
            | Settings::Docker(_)
            | Settings::Kubernetes(_) => &[],
        }
    }

    /// The same, to be changed.
    pub fn rules_mut(&mut self) -> &mut [rule::Rule] {
        match self {
            Settings::Bluepill(settings) => &mut settings.rules,
            Settings::Monit(settings) => &mut settings.rules,
            Settings::None
            | Settings::Systemd(_)
            | Settings::Supervisord(_)
            | Settings::Runit
            | Settings::Docker(_)
            | Settings::Kubernetes(_) => &mut [],
        }
    }

    /// From one look at the process to the next, of those that poll.
    pub fn polls(&self) -> Option<Duration> {
        match self {
            Settings::Bluepill(settings) => Some(settings.tick),
            Settings::Monit(settings) => Some(settings.cycle),
            Settings::None
            | Settings::Systemd(_)
            | Settings::Supervisord(_)
            | Settings::Runit
            | Settings::Docker(_)
            | Settings::Kubernetes(_) => None,
        }
    }

    /// Whether it expects the start command to return and leave a process behind, which it then
    /// knows by the file that the process writes.
    pub fn expects_return(&self) -> bool {
        match self {
            Settings::Bluepill(settings) => !settings.daemonize,
            Settings::Monit(_) => true,
            Settings::Systemd(settings) => settings.unit == Unit::Forking,
            Settings::None
            | Settings::Supervisord(_)
            | Settings::Runit
            | Settings::Docker(_)
            | Settings::Kubernetes(_) => false,
        }
    }

    /// Whether a start is over only when that file is there.
    pub fn waits_for_pid_file(&self) -> bool {
        matches!(self, Settings::Monit(_))
    }

    /// Whether what a process leaves behind when it ends is killed with it.
    pub fn kills_what_is_left(&self) -> bool {
        matches!(self, Settings::Systemd(_) | Settings::Docker(_) | Settings::Kubernetes(_))
    }

    /// How long a start command may take, where one that takes longer is killed.
    pub fn kills_start_after(&self) -> Option<Duration> {
        match self {
            Settings::Monit(settings) => Some(settings.start_timeout),
            Settings::Systemd(settings) => {
                (settings.unit != Unit::Simple).then_some(settings.timeout_start)
            }
            Settings::None
            | Settings::Bluepill(_)
            | Settings::Supervisord(_)
            | Settings::Runit
            | Settings::Docker(_)
            | Settings::Kubernetes(_) => None,
        }
    }

    /// How long a process may take to say that it is ready, where it has to.
    pub fn ready_within(&self) -> Option<Duration> {
        match self {
            Settings::Systemd(settings) if settings.unit == Unit::Notify => {
                Some(settings.timeout_start)
            }
            Settings::Systemd(_)
            | Settings::None
            | Settings::Bluepill(_)
            | Settings::Monit(_)
            | Settings::Supervisord(_)
            | Settings::Runit
            | Settings::Docker(_)
            | Settings::Kubernetes(_) => None,
        }
    }

    /// From the stop signal to the kill; without it the process takes the time it wants.
    pub fn stop_timeout(&self) -> Option<Duration> {
        match self {
            Settings::Systemd(settings) => Some(settings.timeout_stop),
            Settings::Supervisord(settings) => Some(settings.stopwaitsecs),
            Settings::Docker(settings) => Some(settings.stop_timeout),
            Settings::Kubernetes(settings) => Some(settings.grace),
            Settings::None | Settings::Bluepill(_) | Settings::Monit(_) | Settings::Runit => None,
        }
    }

    /// Whether it starts a process only when the one before is gone.
    pub fn waits_for_exit(&self) -> bool {
        match self {
            Settings::None | Settings::Bluepill(_) => false,
            Settings::Systemd(_)
            | Settings::Monit(_)
            | Settings::Supervisord(_)
            | Settings::Runit
            | Settings::Docker(_)
            | Settings::Kubernetes(_) => true,
        }
    }

    /// Whether a start fails if what is run before it fails; otherwise that is only written to a
    /// log. Those that know nothing of it run a script which checks first, and ends there.
    pub fn heeds_start_check(&self) -> bool {
        !matches!(self, Settings::Bluepill(_))
    }

    /// Whether it does nothing else until a process that it has stopped is gone.
    pub fn waits_in_its_cycle(&self) -> bool {
        matches!(self, Settings::Monit(_))
    }

    /// How often another event wakes it at the time of an exit, 0 to 1.
    pub fn woken(&self) -> f64 {
        if let Settings::Supervisord(settings) = self { settings.woken } else { 0.0 }
    }

    /// Memory, in bytes, beyond which the kernel kills the process.
    pub fn memory_max(&self) -> Option<u64> {
        match self {
            Settings::Systemd(settings) => settings.memory_max,
            Settings::Docker(settings) => settings.memory_max,
            Settings::Kubernetes(settings) => settings.memory_max,
            Settings::None
            | Settings::Bluepill(_)
            | Settings::Monit(_)
            | Settings::Supervisord(_)
            | Settings::Runit => None,
        }
    }

    /// Memory, in bytes, beyond which the process slows down.
    pub fn memory_high(&self) -> Option<u64> {
        if let Settings::Systemd(settings) = self { settings.memory_high } else { None }
    }

    /// Whether all processes die together where one reaches [`Settings::memory_max`].
    pub fn dies_together(&self) -> bool {
        matches!(self, Settings::Systemd(_) | Settings::Kubernetes(_))
    }

    /// The age at which it ends the process, and how much may be added to it at random.
    pub fn runtime_max(&self) -> Option<(Duration, Duration)> {
        let Settings::Systemd(settings) = self else { return None };
        settings.runtime_max.map(|most| (most, settings.runtime_extra))
    }

    /// How long the process may give no sign of life before it is aborted.
    pub fn watchdog(&self) -> Option<Duration> {
        if let Settings::Systemd(settings) = self { settings.watchdog } else { None }
    }

    /// The probe that decides whether the process lives.
    pub fn liveness(&self) -> Option<Probe> {
        if let Settings::Kubernetes(settings) = self { settings.liveness } else { None }
    }
}

/// The supervisor of one node.
#[derive(Clone, Debug)]
pub enum Supervisor {
    /// Nobody.
    None,
    /// The state of a bluepill daemon.
    Bluepill(bluepill::Bluepill),
    /// The state of a systemd unit.
    Systemd(systemd::Systemd),
    /// The state of a monit daemon.
    Monit(monit::Monit),
    /// What supervisord, runit, Docker or the kubelet remembers.
    Exits(Record),
}

impl Supervisor {
    /// A supervisor that finds its process running; `phases` as in [`bluepill::Bluepill::new`].
    pub fn new(now: Instant, settings: &Settings, phases: impl Iterator<Item = f64>) -> Supervisor {
        match settings {
            Settings::None => Supervisor::None,
            Settings::Bluepill(settings) => {
                Supervisor::Bluepill(bluepill::Bluepill::new(now, settings, phases))
            }
            Settings::Systemd(_) => Supervisor::Systemd(systemd::Systemd::default()),
            Settings::Monit(settings) => Supervisor::Monit(monit::Monit::new(settings)),
            Settings::Supervisord(_)
            | Settings::Runit
            | Settings::Docker(_)
            | Settings::Kubernetes(_) => Supervisor::Exits(Record::default()),
        }
    }

    /// One look at the process, of a supervisor that polls.
    pub fn tick(
        &mut self,
        now: Instant,
        settings: &Settings,
        alive: bool,
        sample: impl FnMut(usize) -> (f64, bool),
    ) -> Order {
        match (self, settings) {
            (Supervisor::Bluepill(daemon), Settings::Bluepill(settings)) => {
                daemon.tick(now, settings, alive, sample)
            }
            (Supervisor::Monit(daemon), Settings::Monit(settings)) => {
                daemon.tick(now, settings, alive, sample)
            }
            _ => Order::Wait,
        }
    }

    /// A start command was given at `now`; how long it holds the supervisor up.
    pub fn started(&mut self, now: Instant, settings: &Settings, returns: Returns) -> Duration {
        match (self, settings) {
            (Supervisor::Bluepill(daemon), Settings::Bluepill(settings)) => {
                let returns = match returns {
                    Returns::Works(after) | Returns::Fails(after) => after,
                    Returns::Never => Duration::FOREVER,
                };
                daemon.started(now, settings, returns)
            }
            (Supervisor::Monit(daemon), Settings::Monit(settings)) => {
                daemon.started(settings, returns)
            }
            _ => Duration::ZERO,
        }
    }

    /// The process was told to stop at `now`.
    pub fn stopped(&mut self, now: Instant, settings: &Settings) {
        match (self, settings) {
            (Supervisor::Bluepill(daemon), Settings::Bluepill(settings)) => {
                daemon.stopped(now, settings);
            }
            (Supervisor::Systemd(unit), Settings::Systemd(_)) => unit.stopped(),
            _ => {}
        }
    }

    /// The process has exited.
    pub fn on_exit(&mut self, settings: &Settings, exit: Exit) -> After {
        match (self, settings) {
            (Supervisor::Systemd(unit), Settings::Systemd(settings)) => {
                let next = unit.on_exit(exit.at, settings, exit.how);
                next.map_or(After::Stays, After::StartAt)
            }
            (Supervisor::Exits(record), Settings::Supervisord(settings)) => {
                record.supervisord(exit, settings)
            }
            (Supervisor::Exits(record), Settings::Runit) => record.runit(exit),
            (Supervisor::Exits(record), Settings::Docker(settings)) => {
                record.docker(exit, settings)
            }
            (Supervisor::Exits(record), Settings::Kubernetes(settings)) => {
                record.kubernetes(exit, settings)
            }
            (Supervisor::Bluepill(_) | Supervisor::Monit(_), _) => After::Polls,
            _ => After::Stays,
        }
    }

    /// Whether it may start the process at `now`; counts the start if so.
    pub fn may_start(&mut self, now: Instant, settings: &Settings) -> bool {
        match (self, settings) {
            (Supervisor::Systemd(unit), Settings::Systemd(settings)) => unit.start(now, settings),
            _ => true,
        }
    }

    /// The restart that was ordered is not allowed: the process runs on.
    pub fn refused(&mut self) {
        match self {
            Supervisor::Bluepill(daemon) => daemon.refused(),
            Supervisor::Monit(daemon) => daemon.refused(),
            Supervisor::None | Supervisor::Systemd(_) | Supervisor::Exits(_) => {}
        }
    }

    /// Leaves the process alone until somebody starts it by hand.
    pub fn unmonitor(&mut self) {
        match self {
            Supervisor::Bluepill(daemon) => daemon.unmonitor(),
            Supervisor::Monit(daemon) => daemon.unmonitor(),
            Supervisor::None | Supervisor::Systemd(_) | Supervisor::Exits(_) => {}
        }
    }

    /// Somebody starts the process by hand: what was counted against it is forgotten.
    pub fn reset(&mut self) {
        match self {
            Supervisor::Systemd(unit) => unit.reset(),
            Supervisor::Monit(daemon) => daemon.monitor(),
            Supervisor::Exits(record) => *record = Record::default(),
            Supervisor::None | Supervisor::Bluepill(_) => {}
        }
    }
}
