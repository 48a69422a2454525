//! What changes during a run: releases, deploys and faults, and the people and protections that
//! answer.

use crate::fleet::canary::Compare;
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
    /// Why its configuration does not work on the hosts that are all alike; `None` if it does.
    pub invalid: Option<String>,
    /// The same on the hosts that differ from them, by number.
    pub elsewhere: Vec<(u32, Option<String>)>,
    /// The same on the machine that builds it, where that is asked.
    pub at_build: Option<String>,
    /// What a start does where it is invalid.
    pub when_invalid: WhenInvalid,
    /// From the start command to the exit where the configuration is invalid.
    pub fails_after: Dist,
}

impl Start {
    /// Why its configuration does not work on a node; `None` if it does.
    pub fn invalid_on(&self, node: u32) -> Option<&str> {
        let own = self.elsewhere.iter().find(|(other, _)| *other == node);
        own.map_or(&self.invalid, |(_, invalid)| invalid).as_deref()
    }

    /// Why its configuration does not work on some node; `None` if it does on all.
    pub fn invalid_anywhere(&self) -> Option<&str> {
        let elsewhere = self.elsewhere.iter().map(|(_, invalid)| invalid);
        std::iter::once(&self.invalid).chain(elsewhere).find_map(Option::as_deref)
    }

    /// What is wrong with a start on a node, if anything.
    pub fn wrong_on(&self, node: u32) -> Option<WhenInvalid> {
        self.invalid_on(node).map(|_| self.when_invalid)
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
    /// Batch by batch, files and a restart, each when the one before is healthy.
    Rolling(Rolling),
    /// Some nodes first, which are compared with the rest.
    Canary(Box<Canary>),
    /// Batch by batch, files and a reload.
    Reload(Rolling, ReloadInvalid),
    /// New pods beside old ones.
    Kubernetes(Pods),
}

impl Method {
    /// How it goes from batch to batch, if it does.
    pub fn rolling(&self) -> Option<&Rolling> {
        match self {
            Method::Rolling(rolling) | Method::Reload(rolling, _) => Some(rolling),
            Method::Canary(canary) => match &canary.then {
                Then::Rolling(rolling) => Some(rolling),
                Then::Hot | Then::AtOnce => None,
            },
            Method::Hot | Method::AtOnce | Method::Kubernetes(_) => None,
        }
    }
}

/// The limits of a rollout of Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pods {
    /// How many there may be beside those wanted.
    pub max_surge: Amount,
    /// How many of those wanted may be missing.
    pub max_unavailable: Amount,
    /// How long a new one must have been ready to be available.
    pub min_ready: Duration,
    /// How long the rollout may make no progress before that is reported.
    pub progress_deadline: Duration,
}

/// A number of nodes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// A share of them.
    Share(f64),
    /// So many.
    Count(u32),
}

impl Amount {
    /// How many of so many that is, a share rounded up.
    pub fn up(self, of: u32) -> u32 {
        match self {
            Amount::Share(share) => (share * f64::from(of) - 1e-9).ceil().max(0.0) as u32,
            Amount::Count(count) => count,
        }
    }

    /// How many of so many that is, a share rounded down.
    pub fn down(self, of: u32) -> u32 {
        match self {
            Amount::Share(share) => (share * f64::from(of) + 1e-9).floor() as u32,
            Amount::Count(count) => count,
        }
    }
}

/// A planned event that empties machines, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Maintenance {
    /// Its name.
    pub name: String,
    /// The stream of its draws, from its name.
    pub stream: u64,
    /// When it begins.
    pub at: Instant,
    /// Which.
    pub nodes: Hit,
    /// How long each is away.
    pub away: Dist,
    /// How soon it tries again where a budget does not allow it.
    pub retry: Duration,
}

/// How many nodes a maintenance must leave available.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DisruptionBudget {
    /// So many.
    MinAvailable(Amount),
    /// All but so many.
    MaxUnavailable(Amount),
}

impl DisruptionBudget {
    /// How many of so many must be available.
    pub fn available(self, of: u32) -> u32 {
        match self {
            DisruptionBudget::MinAvailable(amount) => amount.up(of),
            DisruptionBudget::MaxUnavailable(amount) => of.saturating_sub(amount.up(of)),
        }
    }
}

/// How a deploy goes from batch to batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rolling {
    /// How many nodes are dealt with together.
    pub at_a_time: u32,
    /// After so many failures it stops.
    pub stop_after: u32,
    /// How long a node must have been healthy, without a break, to count as that.
    pub min_ready: Duration,
    /// From the end of one batch to the next.
    pub pause: Duration,
    /// How long a node may take to become healthy before that is a failure.
    pub patience: Duration,
    /// How long a node may take to finish what it has before its restart, while balancers send it
    /// nothing new.
    pub drain: Duration,
}

/// A deploy that begins with some nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Canary {
    /// Which.
    pub nodes: Canaries,
    /// Whether they are restarted, or their files changed alone.
    pub restarts: bool,
    /// How long one of them may take to become healthy.
    pub patience: Duration,
    /// How long they are compared with the rest.
    pub bake: Duration,
    /// What is compared.
    pub compare: Compare,
    /// How the rest gets the release.
    pub then: Then,
}

/// Nodes that get a release first.
#[derive(Clone, Debug, PartialEq)]
pub enum Canaries {
    /// A share of those that are there, drawn at random, at least one and not all.
    Share(f64),
    /// So many, drawn at random; not all.
    Count(u32),
    /// These.
    Named(Vec<u32>),
}

/// How the nodes that are no canaries get a release.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Then {
    /// Their files change.
    Hot,
    /// Their files change and they are restarted at the same time.
    AtOnce,
    /// Batch by batch.
    Rolling(Rolling),
}

/// What a process does that is told to read a configuration with which a start would exit or hang.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReloadInvalid {
    /// It keeps the one that it has.
    Keeps,
    /// It exits.
    Exits,
    /// It listens and never answers.
    Hangs,
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
    /// A check of the configuration before a restart stops the process.
    pub stop_check: Late<Option<StopCheck>>,
    /// What a check on the build machine finds.
    pub build_check: Late<Option<Finds>>,
    /// A check between the stop and the start.
    pub start_check: Late<Option<StartCheck>>,
    /// What a check before a reload finds.
    pub reload_check: Late<Option<Finds>>,
    /// How many nodes may be away because of restarts at a time.
    pub restart_budget: Late<Option<u32>>,
    /// How many nodes a maintenance must leave available.
    pub disruption_budget: Late<Option<DisruptionBudget>>,
    /// A process sheds requests while it holds so many, in service and waiting.
    pub shed_above: Option<u32>,
}

/// The probability that a check finds what is wrong, by what a start would do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Finds {
    /// For [`WhenInvalid::Exits`].
    pub exits: f64,
    /// For [`WhenInvalid::StaysInForeground`].
    pub stays_in_foreground: f64,
    /// For [`WhenInvalid::Daemonizes`].
    pub daemonizes: f64,
    /// For [`WhenInvalid::NoPidFile`].
    pub no_pid_file: f64,
    /// For [`WhenInvalid::Hangs`].
    pub hangs: f64,
    /// For [`WhenInvalid::Slow`].
    pub slow: f64,
}

impl Finds {
    /// The probability that this is found.
    pub fn of(&self, wrong: WhenInvalid) -> f64 {
        match wrong {
            WhenInvalid::Exits => self.exits,
            WhenInvalid::StaysInForeground => self.stays_in_foreground,
            WhenInvalid::Daemonizes => self.daemonizes,
            WhenInvalid::NoPidFile => self.no_pid_file,
            WhenInvalid::Hangs => self.hangs,
            WhenInvalid::Slow(_) => self.slow,
        }
    }
}

/// A check before a process is stopped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StopCheck {
    /// What it finds.
    pub finds: Finds,
    /// Whether it is made before the restarts of rules.
    pub rules: bool,
    /// Whether it is made before the restarts of deploys.
    pub deploys: bool,
}

/// A check between the stop and the start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StartCheck {
    /// What it finds.
    pub finds: Finds,
    /// How long it takes.
    pub takes: Duration,
}
