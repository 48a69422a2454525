//! What changes during a run: releases, deploys and faults, and the people and protections that
//! answer.

use crate::fleet::cpu::Speed;
use crate::kernel::dist::Dist;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::late::Late;

/// A version of the software with its configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// What becomes of a start with it.
    pub start: Late<Start>,
}

/// What becomes of a start with a release.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// Why its configuration does not work where it runs; `None` if it does.
    pub invalid: Option<String>,
    /// What a start does where it is invalid.
    pub when_invalid: WhenInvalid,
    /// From the start command to the exit where the configuration is invalid.
    pub fails_after: Dist,
}

impl Start {
    /// What is wrong with a start, if anything.
    pub fn wrong(&self) -> Option<WhenInvalid> {
        self.invalid.as_ref().map(|_| self.when_invalid)
    }
}

/// What a start does where the configuration is invalid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WhenInvalid {
    /// The process exits.
    Exits,
    /// It stays in the foreground.
    StaysInForeground,
    /// It detaches itself.
    Daemonizes,
    /// The file with its number is missing.
    NoPidFile,
    /// It listens and never answers.
    Hangs,
    /// Its requests need so many times the work.
    Slow(f64),
}

/// A change of the release.
#[derive(Clone, Debug, PartialEq)]
pub struct Deploy {
    /// Its name.
    pub name: String,
    /// When.
    pub at: Instant,
    /// What is done then.
    pub plan: Late<Plan>,
}

/// Something that breaks from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Its name.
    pub name: String,
    /// The stream of its draws, from its name.
    pub stream: u64,
    /// When.
    pub at: Instant,
    /// Whether it happens again.
    pub again: Again,
    /// What.
    pub kind: FaultKind,
}

/// Whether a fault happens again.
#[derive(Clone, Debug, PartialEq)]
pub enum Again {
    /// No.
    Never,
    /// After each of these times.
    After(Dist),
}

/// Nodes that a fault hits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hit {
    /// All.
    All,
    /// So many, drawn at random; all if there are fewer.
    Count(u32),
    /// A share of them, drawn at random, at least one.
    Share(f64),
}

/// What breaks.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// Processes are killed at once.
    CrashProcess {
        /// On which nodes.
        nodes: Hit,
    },
    /// Machines are gone at once with all that runs on them.
    CrashNode {
        /// Which.
        nodes: Hit,
        /// When their processes are started again.
        back: Lasting,
    },
    /// Something is wrong for a while.
    Lasting {
        /// On which nodes.
        nodes: Hit,
        /// How it ends.
        lasting: Lasting,
        /// What.
        effect: Effect,
    },
}

/// How a fault ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Lasting {
    /// Never.
    Never,
    /// After this time.
    After(Dist),
    /// When people fix the node.
    Repair,
}

/// What is wrong with a node for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// Its processes stand still.
    Hang,
    /// Its cores have this speed, relative to their own.
    Slow(Speed),
    /// Its process needs so many bytes more with every second.
    Leak(u64),
    /// The way to it drops a share of the connections, and delays the others.
    Link {
        /// The share.
        drops: f64,
        /// By how much.
        delay: Duration,
    },
    /// Its health checks have this result.
    Lie(bool),
}

/// What a deploy brings, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Which release.
    pub release: usize,
    /// How.
    pub method: Method,
    /// A comparison of the configurations before testing begins: the release with the difference
    /// removed, and the probability that it is found.
    pub comparison: Option<(usize, f64)>,
}

/// How a release is brought to the nodes.
#[derive(Clone, Debug, PartialEq)]
pub enum Method {
    /// The files change on every node; no process is touched.
    Hot,
    /// The files change and every process is restarted.
    AtOnce,
    /// Node by node, files and a restart, each when the one before is healthy.
    Rolling {
        /// From one healthy node to the next restart.
        pause: Duration,
        /// How long a node may take to become healthy before the rollout stops.
        patience: Duration,
        /// How long a node may take to finish what it has before its restart, while balancers send
        /// it nothing new.
        drain: Duration,
    },
}

/// Who notices and repairs.
#[derive(Clone, Debug, PartialEq)]
pub struct People {
    /// How often the monitoring looks.
    pub monitor: Duration,
    /// Alert when this share of requests or less succeeds for that long.
    pub success_below: Option<(f64, Duration)>,
    /// Alert when so many nodes are lost for that long.
    pub nodes_lost: Option<(u32, Duration)>,
    /// Alert when a rollout stops.
    pub rollout_stopped: bool,
    /// Alert when a restart is refused.
    pub restart_refused: bool,
    /// From the alert until somebody attends to it.
    pub notice: Late<Dist>,
    /// From there until the cause is found and confirmed.
    pub diagnose: Late<Dist>,
    /// How they fix the nodes.
    pub repair: Late<Repair>,
}

/// How people fix the nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Repair {
    /// To fix one node.
    pub fix: Dist,
    /// How many nodes are fixed at a time.
    pub at_a_time: u32,
    /// When fixed nodes come back.
    pub rejoin: Rejoin,
    /// The release that the fix puts in place; without one nothing can be fixed.
    pub fixed_release: Option<usize>,
}

/// When fixed nodes come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejoin {
    /// Each as soon as it is fixed.
    Each,
    /// All together when the last one is fixed.
    Together,
}

/// What protects the fleet from its own restarts.
#[derive(Clone, Debug, PartialEq)]
pub struct Protections {
    /// Before a rule's restart stops the process, the configuration on disk is checked; the
    /// probability that an invalid one is found.
    pub config_check: Late<Option<f64>>,
    /// How many nodes may be away because of restarts at a time.
    pub restart_budget: Late<Option<u32>>,
    /// A process sheds requests while it holds so many, in service and waiting.
    pub shed_above: Option<u32>,
}
