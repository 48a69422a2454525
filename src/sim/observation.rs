//! What has happened.

use crate::fleet::canary::Verdict;
use crate::fleet::recycler::Why;
use crate::kernel::time::{Area, Duration, Instant};

/// How a request ended, or an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Served within the client's patience.
    Completed,
    /// The client waited as long as it would.
    TimedOut,
    /// No node that was tried took it: nothing listened, the backlog was full, or connecting took
    /// too long; or it waited too long at the balancer.
    Refused,
    /// The process that had it was stopped or killed.
    Reset,
    /// No node was up.
    NoNode,
    /// A process shed it.
    Shed,
    /// It belonged to the share of a lost node, and that share is dropped.
    Dropped,
    /// The balancer waited for the node's answer as long as it would.
    NoAnswer,
}

impl Outcome {
    /// All outcomes, in the order of their columns.
    pub const ALL: [Outcome; 8] = [
        Outcome::Completed,
        Outcome::TimedOut,
        Outcome::Refused,
        Outcome::Reset,
        Outcome::NoNode,
        Outcome::Shed,
        Outcome::Dropped,
        Outcome::NoAnswer,
    ];

    /// The name in results.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Completed => "completed",
            Outcome::TimedOut => "timed_out",
            Outcome::Refused => "refused",
            Outcome::Reset => "reset",
            Outcome::NoNode => "no_node",
            Outcome::Shed => "shed",
            Outcome::Dropped => "dropped",
            Outcome::NoAnswer => "no_answer",
        }
    }
}

/// A measured value that can be hashed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value(pub f64);

impl std::hash::Hash for Value {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// Why a process that ran is started again.
#[derive(Clone, Copy, Debug, PartialEq, Hash)]
pub enum Cause {
    /// A restart rule fired.
    Rule {
        /// Number of the rule.
        rule: u32,
        /// The sample that made it fire.
        value: Value,
        /// The limit on this node.
        limit: Value,
    },
    /// The kernel killed it for want of memory.
    OutOfMemory,
    /// It was old enough.
    Runtime,
    /// A deploy.
    Deploy,
    /// It had ended, nobody knows why.
    Exit,
    /// A fault killed it.
    Crash,
    /// Its liveness probe failed too often.
    Probe,
    /// Its supervisor aborted it because it gave no sign of life.
    Watchdog,
    /// Its machine was emptied for maintenance.
    Eviction,
}

/// Why a node is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Loss {
    /// Its process was stopped or died, and could not be started again.
    FailedRestart,
    /// Every balancer has marked it down although its process serves.
    HealthCheck,
    /// Its process ended and nobody starts it.
    Exit,
    /// Its machine has crashed.
    Crash,
}

/// Why a restart did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The check found the configuration invalid.
    ConfigCheck,
    /// Too many nodes were away.
    Budget,
}

/// What made people look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alert {
    /// Too few requests succeeded.
    Success,
    /// Too many nodes were lost.
    NodesLost,
    /// A rollout stopped.
    RolloutStopped,
    /// A restart was refused.
    RestartRefused,
}

/// What a process did that was told to read its new configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reloaded {
    /// It has taken it.
    Took,
    /// It has kept the one that it had, since the new one is invalid.
    Kept,
    /// It exited.
    Exited,
    /// It listens and does not answer any more.
    Hung,
}

/// Gauges of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gauges {
    /// Requests and checks that hold a slot.
    pub in_service: u32,
    /// Requests and checks that wait for one.
    pub queued: u32,
    /// Resident memory of the node's processes, in bytes.
    pub memory: u64,
    /// Core time used so far.
    pub busy: Duration,
    /// Core time that serving processes had so far.
    pub offered: Area,
    /// Slot time used so far.
    pub slots_busy: Area,
    /// Slot time that serving processes had so far.
    pub slots_offered: Area,
    /// What the node's process is doing.
    pub phase: Phase,
    /// Whether any balancer believes it up.
    pub up: bool,
}

/// What a node's process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nothing runs.
    Down,
    /// Starting.
    Booting,
    /// Serving.
    Serving,
}

/// Something that has happened, at the time given with it.
///
/// The order of the kinds is part of every digest, here as in what they hold: a new one comes last.
#[derive(Clone, Copy, Debug, PartialEq, Hash)]
pub enum Observation {
    /// A client issued a request.
    RequestIssued {
        /// The load source.
        source: u32,
        /// The class of the request.
        class: u32,
    },
    /// A node took an attempt of a request, into a slot or its backlog.
    AttemptAccepted {
        /// The node.
        node: u32,
    },
    /// An attempt of a request failed.
    AttemptFailed {
        /// How.
        how: Outcome,
    },
    /// A node finished an attempt that its client had given up.
    WorkWasted {
        /// The node.
        node: u32,
    },
    /// A request ended.
    RequestSettled {
        /// When it was issued.
        issued: Instant,
        /// Its class.
        class: u32,
        /// How it ended.
        outcome: Outcome,
        /// How many attempts it took.
        attempts: u32,
        /// How long its last attempt waited for a slot, if it was completed.
        wait: Duration,
    },
    /// A node's gauges were read.
    NodeSampled {
        /// The node.
        node: u32,
        /// The readings.
        gauges: Gauges,
    },
    /// A running process is to be replaced, or one that ended is started again.
    RestartBegun {
        /// The node.
        node: u32,
        /// Why.
        cause: Cause,
    },
    /// A restart did not happen; the process runs on.
    RestartRefused {
        /// The node.
        node: u32,
        /// Why.
        why: Refusal,
        /// The rule that fired and its values.
        cause: Cause,
    },
    /// A start command was given.
    ProcessStarting {
        /// The node.
        node: u32,
        /// The release on its disk.
        release: u32,
    },
    /// A process ended before it served: its configuration is invalid, its port was taken, or the
    /// kernel killed it.
    StartFailed {
        /// The node.
        node: u32,
        /// The release.
        release: u32,
        /// Whether this was the first attempt of a restart.
        of_restart: bool,
    },
    /// A process serves.
    ProcessServing {
        /// The node.
        node: u32,
    },
    /// A process is gone.
    ProcessEnded {
        /// The node.
        node: u32,
    },
    /// The kernel killed a process.
    OutOfMemory {
        /// The node.
        node: u32,
        /// Memory in use, in bytes.
        memory: u64,
    },
    /// A node began to swap, or ceased to.
    Thrashing {
        /// The node.
        node: u32,
        /// Whether it does now.
        on: bool,
    },
    /// The supervisor gave up.
    SupervisorGaveUp {
        /// The node.
        node: u32,
    },
    /// A balancer changed its mind about a node.
    NodeMarked {
        /// The balancer.
        balancer: u32,
        /// The node.
        node: u32,
        /// Whether it is up now.
        up: bool,
    },
    /// A node no longer serves and will not by itself.
    NodeLost {
        /// The node.
        node: u32,
        /// Why.
        why: Loss,
    },
    /// A lost node serves again.
    NodeBack {
        /// The node.
        node: u32,
    },
    /// A node was added.
    NodeAdded {
        /// The node.
        node: u32,
    },
    /// No node serves any more.
    FleetDown,
    /// The first node serves again.
    FleetServing,
    /// A deploy began.
    Deployed {
        /// The deploy.
        deploy: u32,
        /// The release it brings.
        release: u32,
        /// Whether a comparison found the difference and the corrected release is brought.
        corrected: bool,
    },
    /// A rolling deploy has reached every node.
    RolloutDone {
        /// The deploy.
        deploy: u32,
    },
    /// A rolling deploy stopped at a node.
    RolloutStopped {
        /// The deploy.
        deploy: u32,
        /// The node.
        node: u32,
    },
    /// The monitoring raised an alert.
    Alerted {
        /// Why.
        alert: Alert,
    },
    /// Somebody attends to the alert.
    Detected,
    /// The cause is found and confirmed.
    Diagnosed,
    /// There was nothing to fix.
    NothingToFix,
    /// The fix begins.
    FixStarted {
        /// How many nodes need it.
        nodes: u32,
    },
    /// A node is fixed.
    NodeFixed {
        /// The node.
        node: u32,
    },
    /// Every node is fixed.
    FixFinished,
    /// The simulation has reached its horizon.
    Ended {
        /// Requests that were still open.
        open: u64,
    },
    /// A fault killed a node's processes, or took its machine away.
    Crashed {
        /// The node.
        node: u32,
        /// The fault.
        fault: u32,
    },
    /// The budget of a client did not allow another attempt.
    RetryDenied,
    /// A balancer took a node out because attempts on it failed.
    Ejected {
        /// The balancer.
        balancer: u32,
        /// The node.
        node: u32,
    },
    /// A fault that is no crash began, or ended, on a node.
    Struck {
        /// The node.
        node: u32,
        /// The fault.
        fault: u32,
        /// Whether it began.
        on: bool,
    },
    /// A worker of a node's process has ended, to be replaced.
    WorkerEnded {
        /// The node.
        node: u32,
        /// The worker's place.
        worker: u32,
        /// Why it was to end.
        why: Why,
        /// Whether it was killed, and did not end by itself.
        killed: bool,
    },
    /// A worker that replaces another serves.
    WorkerServing {
        /// The node.
        node: u32,
        /// Its place.
        worker: u32,
        /// The release that it runs.
        release: u32,
    },
    /// A worker could not load what is on the disk, for the first time since one served in its
    /// place.
    WorkerFailed {
        /// The node.
        node: u32,
        /// Its place.
        worker: u32,
        /// The release.
        release: u32,
        /// Whether no worker of the process serves any more, and none will.
        last: bool,
    },
    /// The check on the build machine stopped a deploy before it reached a node.
    ReleaseRefused {
        /// The deploy.
        deploy: u32,
        /// The release.
        release: u32,
    },
    /// The canaries of a deploy were compared with the rest, or could not be.
    CanaryJudged {
        /// The deploy.
        deploy: u32,
        /// What came of it.
        verdict: Verdict,
    },
    /// A process was told to read its new configuration.
    Reloaded {
        /// The node.
        node: u32,
        /// The release on its disk.
        release: u32,
        /// What it did.
        how: Reloaded,
    },
    /// A node has left the fleet for good.
    NodeRemoved {
        /// The node.
        node: u32,
    },
    /// A rollout has made no progress for as long as it may take.
    RolloutStalled {
        /// The deploy.
        deploy: u32,
    },
    /// A node was emptied for maintenance.
    Evicted {
        /// The node.
        node: u32,
        /// The maintenance.
        maintenance: u32,
    },
    /// Traffic is passed over, or may be.
    Passage(Passage),
    /// A balancer handed an attempt on to another node. It stands in no digest: what follows from
    /// it does.
    HandedOn {
        /// The node that did not take it.
        node: u32,
    },
}

/// How traffic by which nothing is decided is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Hash)]
pub enum Passage {
    /// Traffic from now on is a sample of what may be passed over.
    Sampled,
    /// Traffic is passed over from now on.
    Suspended,
    /// Some was, since the last window or the suspension.
    Passed {
        /// Requests issued in it.
        issued: u64,
    },
    /// A request that was open when traffic was suspended stands for one that is open now.
    Postponed {
        /// When it was issued.
        issued: Instant,
        /// By how much that counts as later from now on.
        by: Duration,
    },
    /// Traffic is simulated again.
    Resumed,
}

impl Observation {
    /// Whether it is about one request and nothing else: there are millions of these, and what
    /// becomes of the fleet is told by the others.
    pub fn is_traffic(&self) -> bool {
        matches!(
            self,
            Observation::RequestIssued { .. }
                | Observation::AttemptAccepted { .. }
                | Observation::AttemptFailed { .. }
                | Observation::RequestSettled { .. }
                | Observation::WorkWasted { .. }
                | Observation::RetryDenied
                | Observation::HandedOn { .. }
                | Observation::Passage(
                    Passage::Sampled | Passage::Passed { .. } | Passage::Postponed { .. }
                )
        )
    }
}

/// Somebody who watches a simulation. It is told everything and can change nothing.
pub trait Observer {
    /// Something happened at `now`.
    fn observe(&mut self, now: Instant, seen: &Observation);
}

/// Two observers at once.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn observe(&mut self, now: Instant, seen: &Observation) {
        self.0.observe(now, seen);
        self.1.observe(now, seen);
    }
}

impl<O: Observer + ?Sized> Observer for &mut O {
    fn observe(&mut self, now: Instant, seen: &Observation) {
        (**self).observe(now, seen);
    }
}

/// Nobody.
impl Observer for () {
    fn observe(&mut self, _: Instant, _: &Observation) {}
}
