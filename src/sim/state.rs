//! What the dispatcher remembers: requests, attempts, processes, nodes.

use super::check::Checked;
use super::observation::{Cause, Outcome, Phase};
use crate::fleet::canary::Bake;
use crate::fleet::cpu::{Cpu, Speed};
use crate::fleet::load::Arrivals;
use crate::fleet::recycler::Recycler;
use crate::fleet::supervisor::Supervisor;
use crate::kernel::calendar::Lane;
use crate::kernel::chance::Purpose;
use crate::kernel::slab::Ref;
use crate::kernel::time::{Area, Duration, Instant};
use crate::scenario::model::{REDISPATCH_MAX, STAGES_MAX};
use std::collections::VecDeque;

/// What draws are for. The numbers are part of the results: changing one changes every result.
pub(super) mod purpose {
    use super::Purpose;
    /// Gap, pick, patience and demands of the n-th arrival of a source.
    pub(in crate::sim) const ARRIVAL: Purpose = Purpose(1);
    /// Back-off before a later attempt of a request, and whether a person tries again.
    pub(in crate::sim) const ATTEMPT: Purpose = Purpose(2);
    /// The n-th start of a node's process.
    pub(in crate::sim) const START: Purpose = Purpose(3);
    /// What a node is born with: phases and limits.
    pub(in crate::sim) const NODE: Purpose = Purpose(4);
    /// A step of the repair.
    pub(in crate::sim) const REPAIR: Purpose = Purpose(5);
    /// Whether a check of the configuration finds a fault.
    pub(in crate::sim) const CHECK: Purpose = Purpose(6);
    /// Whether a comparison of configurations finds a difference.
    pub(in crate::sim) const COMPARISON: Purpose = Purpose(7);
    /// Which nodes a fault hits.
    pub(in crate::sim) const FAULT: Purpose = Purpose(8);
    /// The class of the n-th arrival of a source that has several.
    pub(in crate::sim) const CLASS: Purpose = Purpose(9);
    /// The size of the n-th batch of a source.
    pub(in crate::sim) const BATCH: Purpose = Purpose(10);
    /// How long the n-th state of a modulated source lasts.
    pub(in crate::sim) const MODULATION: Purpose = Purpose(11);
    /// Thinking, pick, patience and demands of the n-th request of a user, as for an arrival.
    pub(in crate::sim) const VISIT: Purpose = Purpose(12);
    /// Whether a user goes on after the n-th request.
    pub(in crate::sim) const LEAVE: Purpose = Purpose(13);
    /// Whether a bad way drops the n-th attempt to a node.
    pub(in crate::sim) const LINK: Purpose = Purpose(14);
    /// The n-th worker in one place of a node's process.
    pub(in crate::sim) const WORKER: Purpose = Purpose(15);
    /// When a process looks after its workers.
    pub(in crate::sim) const MASTER: Purpose = Purpose(16);
    /// How old the n-th process of a node may get.
    pub(in crate::sim) const RUNTIME: Purpose = Purpose(17);
    /// Whether the check on the build machine finds what is wrong with a deploy's release.
    pub(in crate::sim) const BUILD_CHECK: Purpose = Purpose(18);
    /// Whether a check finds what is wrong before the n-th start command of a node.
    pub(in crate::sim) const START_CHECK: Purpose = Purpose(19);
    /// Whether a check finds what is wrong before a node's reload by a deploy.
    pub(in crate::sim) const RELOAD_CHECK: Purpose = Purpose(20);
    /// Which nodes are the canaries of a deploy.
    pub(in crate::sim) const CANARIES: Purpose = Purpose(21);
    /// Whether another event wakes a node's supervisor at the exit after its n-th start.
    pub(in crate::sim) const WOKEN: Purpose = Purpose(22);
    /// How many requests a source issues in the n-th window.
    pub(in crate::sim) const CELL: Purpose = Purpose(26);
    /// How often the n-th request of a recording comes.
    pub(in crate::sim) const COPIES: Purpose = Purpose(25);
}

/// A load source at work.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub arrivals: Arrivals,
    pub lane: Lane,
    /// The class of its requests, if they have only one.
    pub class: Option<u32>,
    pub frozen: bool,
}

/// What a user wanted.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub source: u32,
    pub class: u32,
    /// Stages of its class, and one bit a stage: whether it needs the cores.
    pub stages: u8,
    pub computes: u8,
    /// Number among the arrivals of its source.
    pub number: u64,
    pub issued: Instant,
    pub patience: Duration,
    pub demands: [Duration; STAGES_MAX],
    /// For the balancer's choice at the first attempt, and that from which those of the later ones
    /// derive.
    pub pick: u64,
    /// Attempts made.
    pub attempts: u32,
    /// Attempts whose answer somebody waits for.
    pub waiting: u32,
    /// Attempts that some node still has.
    pub alive: u32,
    pub settled: bool,
    /// What few requests come to.
    pub again: Option<Box<Again>>,
}

/// What becomes of a request beyond a first attempt and plain retries.
#[derive(Clone, Debug, Default)]
pub(super) struct Again {
    /// Attempts made before the page was last loaded again.
    pub round: u32,
    /// How often it was loaded again.
    pub reloads: u32,
    /// Attempts that were due while another was not answered.
    pub hedges: u32,
    /// What the budget took for its last try, if it was tried again.
    pub paid: Option<f64>,
    /// All its attempts, where there can be several at a time.
    pub attempts: Vec<Ref>,
    /// Who goes on when it is settled.
    pub visitor: Option<Ref>,
}

/// A user who makes one request after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visitor {
    pub source: u32,
    /// Number among those of its source.
    pub number: u64,
    /// Requests made so far.
    pub turn: u32,
}

impl Request {
    /// What few requests come to, for one that does.
    pub(super) fn again(&mut self) -> &mut Again {
        self.again.get_or_insert_default()
    }

    /// Attempts made before the page was last loaded again.
    pub(super) fn round(&self) -> u32 {
        self.again.as_ref().map_or(0, |again| again.round)
    }

    /// What the budget took for its last try, if it was tried again.
    pub(super) fn paid(&self) -> Option<f64> {
        self.again.as_ref().and_then(|again| again.paid)
    }
}

/// Whom an attempt belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Request(Ref),
    /// A health check of the attempt's balancer.
    Check,
    /// A liveness probe of the node's supervisor.
    Probe,
}

/// One try.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub owner: Owner,
    /// The class of its request, or one more than the last for a check.
    pub class: u32,
    pub balancer: u32,
    pub node: u32,
    pub process: Option<Ref>,
    /// The stage it is in, and how many there are.
    pub stage: u8,
    pub stages: u8,
    /// One bit a stage: whether it needs the cores.
    pub computes: u8,
    pub in_slot: bool,
    /// Whoever waited for it has given up.
    pub abandoned: bool,
    /// When its client gives it up.
    pub deadline: Instant,
    /// It has come to its node along a way that takes its time.
    pub arrived: bool,
    /// Where it is while no process has it.
    pub routing: Option<Box<Routing>>,
    /// When the node took it.
    pub accepted: Instant,
    /// When it got its slot.
    pub started: Instant,
}

/// The timer that ends the patience of whoever waits for an attempt.
#[inline]
pub(super) fn patience_of(attempt: Ref) -> u32 {
    2 * attempt.index()
}

/// The timer of an attempt that no process has.
pub(super) fn way_of(attempt: Ref) -> u32 {
    2 * attempt.index() + 1
}

/// How far a balancer has got with an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    /// Nodes that refused it.
    pub tried: [u32; REDISPATCH_MAX as usize + 1],
    pub refusals: usize,
    /// How often it was tried again on the same node.
    pub again: u32,
    /// For the next choice.
    pub dice: u64,
}

impl Way {
    pub(super) fn new(dice: u64) -> Way {
        Way { tried: [0; REDISPATCH_MAX as usize + 1], refusals: 0, again: 0, dice }
    }

    pub(super) fn tried(&self) -> &[u32] {
        &self.tried[..self.refusals]
    }
}

/// What an attempt waits for that no process has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// A node does not answer; so many times it was asked, for the first time then.
    Connecting { since: Instant, asked: u32 },
    /// The pause before the same node is tried again.
    Pause,
    /// The way to its node.
    Delay,
    /// A node of its balancer that is not at its limit.
    Queue,
    /// A process on its node, whose socket has accepted it.
    Lobby,
}

/// An attempt that no process has.
#[derive(Clone, Debug)]
pub(super) struct Routing {
    pub way: Way,
    pub waiting: Waiting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProcessState {
    Booting,
    Serving,
    /// It listens and never answers.
    Hung,
    /// Told to stop: it finishes what it has.
    Stopping,
}

/// A process of a node.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub node: u32,
    pub release: usize,
    pub state: ProcessState,
    /// The supervisor knows it.
    pub supervised: bool,
    /// Factor on the work of its requests.
    pub work: f64,
    /// When its start command was given.
    pub born: Instant,
    /// How old it was at the start of the simulation.
    pub age_before: Duration,
    /// When it began to serve; its cold phase runs from here.
    pub serving_since: Instant,
    pub warm: bool,
    /// It has its port.
    pub bound: bool,
    /// The check that comes before it.
    pub checked: Checked,
    pub base: u64,
    pub retained: u64,
    /// Requests that it can serve at once as things are.
    pub slots: u32,
    pub in_service: u32,
    pub backlog: VecDeque<Ref>,
    pub served: u64,
    /// The node's busy core time when it was born.
    pub busy_before: Duration,
    /// When it is aborted if it gives no sign of life until then.
    pub aborted_at: Instant,
    /// The workers that it has forked; their memory is part of its own.
    pub workers: Option<Box<Workers>>,
}

/// The workers of a process.
#[derive(Clone, Debug)]
pub(super) struct Workers {
    pub recycler: Recycler<Ref>,
    /// Number of the process among those of its node.
    pub start: u64,
    /// Rounds in which all were replaced.
    pub rounds: u64,
}

/// Core and slot time, integrated.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Integrals {
    /// Until when the time offered is counted.
    pub since: Instant,
    pub offered: Area,
    pub slots_offered: Area,
    /// Until when the time in use is counted, which changes with every request.
    pub busy_since: Instant,
    pub slots_busy: Area,
}

impl Integrals {
    /// Counts the use of `slots` slots until `now`.
    #[inline]
    pub(super) fn count_busy(&mut self, now: Instant, slots: u32) {
        self.slots_busy.add(now.since(self.busy_since), slots);
        self.busy_since = now;
    }
}

/// What the faults on a node do together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Struck {
    pub hangs: bool,
    pub speed: Speed,
    /// Bytes a second.
    pub leaks: u64,
    pub drops: f64,
    pub delay: Duration,
    /// The result of its health checks.
    pub lie: Option<bool>,
}

impl Default for Struck {
    fn default() -> Struck {
        let delay = Duration::ZERO;
        Struck { hangs: false, speed: Speed::NORMAL, leaks: 0, drops: 0.0, delay, lie: None }
    }
}

/// What follows when a process that was told to stop is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// It is started again.
    Start,
    /// It is started again when its supervisor, which looks for that ten times a second and does
    /// nothing else meanwhile, sees that it is gone.
    StartWhenSeen,
    /// Its supervisor sees it exit.
    Exit,
}

/// A machine.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub cpu: Cpu<Ref>,
    pub lane: Lane,
    /// What the lane is set to.
    pub armed: Instant,
    /// The process that accepts requests.
    pub listener: Option<Ref>,
    /// Attempts that a socket has accepted while no process serves.
    pub lobby: VecDeque<Ref>,
    /// Every process that exists, in order of birth.
    pub processes: Vec<Ref>,
    /// Memory of all of them.
    pub memory: u64,
    pub thrashing: bool,
    /// Release on its disk.
    pub on_disk: usize,
    /// When its supervisor starts it or gives up, after the last exit that it has seen.
    pub decided: Instant,
    /// Start commands given so far: the occurrence of the next start's draw.
    pub starts: u64,
    pub supervisor: Supervisor,
    /// Limits of the supervisor's rules on this node.
    pub limits: Vec<f64>,
    /// For each rule, busy core time and time at its last sample.
    pub marks: Vec<(Duration, Instant)>,
    /// A restart was begun and its first start has not come to an end.
    pub restarting: bool,
    /// Why its process ended, until it is started again.
    pub ended: Option<Cause>,
    /// What follows when the last of its processes that was told to stop is gone.
    pub then: Option<Then>,
    /// Liveness probes that failed in a row.
    pub probe_failures: u32,
    pub lost: bool,
    /// It holds a token of the restart budget.
    pub token: bool,
    /// People keep it from starting until all are fixed.
    pub held: bool,
    /// The machine has crashed, or was taken away, and is not back.
    pub gone: bool,
    /// It was taken away: its processes may still finish what they have. For good, or not.
    pub removed: bool,
    pub evicted: bool,
    /// Faults at work on it, what they do together, and whether that concerns attempts.
    pub faults: Vec<u32>,
    pub struck: Struck,
    pub is_struck: bool,
    /// A fault on it waits for people.
    pub to_repair: bool,
    /// Attempts whose waits were over while its processes stood still.
    pub deferred: Vec<Ref>,
    /// Attempts that a bad way has been asked for.
    pub asked: u64,
    /// Config checks made before restarts.
    pub checks: u64,
    pub integrals: Integrals,
}

impl Node {
    pub(super) fn phase(&self) -> Phase {
        match self.listener {
            Some(_) => Phase::Serving,
            None if self.processes.is_empty() => Phase::Down,
            None => Phase::Booting,
        }
    }
}

/// A deploy at work that goes on for a while.
#[derive(Clone, Debug, Default)]
pub(super) struct Rollout {
    pub release: usize,
    pub running: bool,
    pub stage: Stage,
    /// Nodes that it has come to, by number, and to how many before the batch in hand.
    pub step: u32,
    pub begun: u32,
    /// Nodes in hand whose end is waited for.
    pub waiting: Vec<Awaited>,
    /// Nodes that have failed.
    pub failures: u32,
    /// By when the nodes in hand are restarted, drained or not.
    pub drained_by: Instant,
    /// The canaries, by number, and what each had on its disk before.
    pub canaries: Vec<(u32, usize)>,
    /// What has been counted since they are compared.
    pub bake: Option<Bake>,
    /// Its pods, of a rollout of Kubernetes.
    pub pods: Option<Pods>,
}

/// The pods of a rollout.
#[derive(Clone, Debug, Default)]
pub(super) struct Pods {
    /// Nodes with an old one, by number.
    pub old: Vec<u32>,
    /// Nodes with a new one, in order of their creation.
    pub new: Vec<u32>,
    /// Since when new ones are ready.
    pub ready: Vec<(u32, Instant)>,
    /// Nodes whose old one was deleted, and that have no new one yet.
    pub free: Vec<u32>,
    /// Nodes that have joined.
    pub joined: Vec<u32>,
    /// How many new ones were available at the last look, and when there was progress last.
    pub available: u32,
    pub progress: Instant,
    /// It has been reported that there is none.
    pub stalled: bool,
}

impl Rollout {
    /// The next nodes to deal with; canaries have been dealt with.
    pub(super) fn next_batch(&mut self, at_a_time: u32, nodes: &[Node]) -> Vec<u32> {
        let all = nodes.len() as u32;
        let is_canary = |node: &u32| self.canaries.iter().any(|(canary, _)| canary == node);
        let is_left = |node: &u32| !nodes[*node as usize].removed && !is_canary(node);
        let rest = (self.step..all).filter(is_left);
        let batch: Vec<u32> = rest.take(at_a_time as usize).collect();
        self.begun = self.step;
        self.step = batch.last().map_or(all, |last| last + 1);
        batch
    }
}

/// How far a deploy is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its canaries start.
    Canaries,
    /// They are compared with the rest.
    Bake,
    /// Batch by batch.
    #[default]
    Batches,
}

/// A node that a deploy waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Awaited {
    pub node: u32,
    /// Since when it is healthy, and by which process, where that has to last.
    pub ready: Option<(Instant, Ref)>,
}

impl Awaited {
    pub(super) fn new(node: u32) -> Awaited {
        Awaited { node, ready: None }
    }
}

/// What the monitoring has seen, and where the people are.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    /// Requests settled since the last look.
    pub succeeded: u64,
    pub failed: u64,
    /// Since when too few succeed, or too many nodes are lost.
    pub low_since: Option<Instant>,
    pub lost_since: Option<Instant>,
    /// An incident is being handled.
    pub busy: bool,
    /// Everything is fixed, and people wait for the requests to succeed.
    pub watching: bool,
    /// Incidents so far: the occurrence of the repair's draws.
    pub incidents: u64,
    /// Nodes that still need the fix, last first.
    pub to_fix: Vec<u32>,
    pub fixing: u32,
    pub fixed: Vec<u32>,
}

/// Totals, for conservation and for results.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub issued: u64,
    pub settled: [u64; Outcome::ALL.len()],
    pub attempts: u64,
    pub attempts_ended: u64,
    pub checks: u64,
    pub checks_ended: u64,
}

impl Counts {
    pub(super) fn settled_total(&self) -> u64 {
        self.settled.iter().sum()
    }
}
