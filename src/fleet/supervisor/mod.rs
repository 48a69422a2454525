//! Supervisors: what starts a node's process, watches it, and starts it again.
//!
//! A supervisor sees its node's process and answers with an order; it neither schedules nor starts
//! anything itself. To add one: a module here with its settings and state, a variant in each of
//! the two enums below, its keys in `scenario::keys`, and the arms that the compiler then asks for.

pub mod bluepill;
pub mod rule;
pub mod systemd;

use crate::kernel::time::Instant;

/// Which supervisor a fleet has, with its settings.
#[derive(Clone, Debug, PartialEq)]
pub enum Settings {
    /// Nobody: a process that ends stays away.
    None,
    /// Bluepill, a Ruby process monitor that polls.
    Bluepill(bluepill::Settings),
    /// systemd, which waits for the exit of the process.
    Systemd(systemd::Settings),
}

impl Settings {
    /// The name by which configurations refer to the supervisor.
    pub fn name(&self) -> &'static str {
        match self {
            Settings::None => "none",
            Settings::Bluepill(_) => "bluepill",
            Settings::Systemd(_) => "systemd",
        }
    }

    /// The rules by which the supervisor restarts a process that runs.
    pub fn rules(&self) -> &[rule::Rule] {
        match self {
            Settings::Bluepill(settings) => &settings.rules,
            Settings::None | Settings::Systemd(_) => &[],
        }
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
        }
    }
}
