//! The fleet: balancers, machines, and the process on each.

use super::RequestMemory;
use crate::fleet::balancer::tuning::Tuning;
use crate::fleet::balancer::{LostShare, NoneUp, Policy, Thresholds};
use crate::fleet::cpu::Speed;
use crate::fleet::recycler;
use crate::kernel::dist::Dist;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::late::Late;

/// The most times a balancer hands a refused attempt on.
pub const REDISPATCH_MAX: u32 = 7;

/// The balancers in front of the fleet.
#[derive(Clone, Debug, PartialEq)]
pub struct Balancing {
    /// How many instances there are, each with its own view.
    pub instances: u32,
    /// How they pick a node.
    pub policy: Policy,
    /// How often a refused attempt is handed on to another node.
    pub redispatch: Late<u32>,
    /// How often it is then tried again on the same node, and the pause before that.
    pub retries: Late<(u32, Duration)>,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long a node may take to answer.
    pub response_timeout: Option<Duration>,
    /// What it knows of nodes beyond marks; `None` where nothing is asked for that needs it.
    pub tuning: Option<Tuning>,
    /// How many attempts may wait while every usable node is at its limit, and for how long.
    pub queue: Option<(u32, Duration)>,
    /// What happens without a node that is up.
    pub none_up: NoneUp,
    /// What becomes of the share of a node that is down.
    pub lost_share: LostShare,
    /// Active health checks; `None` if all nodes are always believed up.
    pub health: Option<Health>,
}

/// Active health checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// From the end of one check of a node to the next.
    pub interval: Duration,
    /// The same after a result that is not the node's mark.
    pub fast_interval: Duration,
    /// The same while it is down.
    pub down_interval: Duration,
    /// Whether what a balancer has on a node that it marks down fails at once.
    pub shuts_sessions: bool,
    /// When an unanswered check has failed.
    pub timeout: Duration,
    /// Consecutive results that change a mark.
    pub thresholds: Thresholds,
    /// How checks are answered.
    pub path: CheckPath,
    /// Core time that answering takes.
    pub work: Duration,
}

/// How health checks are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckPath {
    /// They wait for a slot as requests do.
    Queued,
    /// A path of their own answers at once while the process serves.
    Separate,
    /// They only connect.
    Connect,
}

/// The machines of the fleet.
#[derive(Clone, Debug, PartialEq)]
pub struct Nodes {
    /// How many there are at the start.
    pub count: u32,
    /// Cores of each.
    pub cores: u32,
    /// Speed of a core.
    pub speed: Speed,
    /// Memory in bytes; beyond it the node slows down.
    pub memory: u64,
    /// Swap in bytes; beyond memory and swap the kernel kills the process.
    pub swap: u64,
    /// Speed, relative to the normal one, while memory is exceeded.
    pub thrash_speed: Speed,
    /// Nodes that join later.
    pub additions: Vec<Addition>,
}

impl Nodes {
    /// How many there are at a moment, those included that boot.
    pub fn at(&self, when: Instant) -> u32 {
        let joined = self.additions.iter().filter(|addition| addition.at <= when);
        self.count + joined.map(|addition| addition.count).sum::<u32>()
    }

    /// The name of a node.
    pub fn name(node: u32) -> String {
        format!("node-{}", node + 1)
    }

    /// The node with this name.
    pub fn named(name: &str) -> Option<u32> {
        let number: u32 = name.strip_prefix("node-")?.parse().ok()?;
        (Nodes::name(number.checked_sub(1)?) == name).then(|| number - 1)
    }
}

/// Nodes that join during the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Addition {
    /// When they begin to boot.
    pub at: Instant,
    /// How many.
    pub count: u32,
}

/// How a fresh process is slower.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cold {
    /// For how long.
    pub lasting: Duration,
    /// Factor on the work of its requests at first, falling to 1 over that time.
    pub factor: f64,
}

impl Cold {
    /// What a demand grows to in a process that has served for less than [`Cold::lasting`], and
    /// whose requests need so many times the `work`.
    pub fn slows(self, demand: Duration, age: Duration, work: f64) -> Duration {
        let left = 1.0 - age.as_secs_f64() / self.lasting.as_secs_f64();
        demand.scaled(work * (1.0 + (self.factor - 1.0) * left))
    }
}

/// The process that serves on a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Requests served at once.
    pub slots: u32,
    /// Requests that may wait for a slot.
    pub backlog: u32,
    /// Whether nothing answers an attempt beyond that, instead of a refusal.
    pub drops_when_full: bool,
    /// Whether connections wait while no process serves, instead of being refused.
    pub inherits_socket: bool,
    /// From the start command to serving.
    pub boot: Late<Dist>,
    /// How a fresh process is slower.
    pub cold: Late<Cold>,
    /// What becomes of the requests in hand when it is told to stop.
    pub stop: Late<Stop>,
    /// How long a fresh one tries to get the port that another one has.
    pub bind_retries: Duration,
    /// Whether one that was told to stop keeps the port until it is gone.
    pub holds_port: bool,
    /// What it does with requests whose clients have given up.
    pub abandoned: Abandoned,
    /// Its memory.
    pub memory: Memory,
    /// Memory that it needs on top of [`Memory::base`] on some nodes, in bytes: node and amount.
    pub extra_memory: Vec<(u32, u64)>,
    /// How old the processes are that run at the start.
    pub age_at_start: Duration,
    /// The workers that it forks.
    pub workers: Option<Workers>,
}

/// The workers of a process.
#[derive(Clone, Debug, PartialEq)]
pub struct Workers {
    /// How many there are, and when they are replaced.
    pub rules: recycler::Settings,
    /// From its fork until a worker serves.
    pub boot: Dist,
    /// Whether every worker is what the master was started with.
    pub preload: bool,
    /// Whether the process ends where a worker cannot load what is on the disk.
    pub ends_process: bool,
    /// Memory of a worker after its fork, in bytes; of every worker a value between these.
    pub memory: (u64, u64),
    /// Requests served by the workers that run at the start, a value between these.
    pub served_at_start: (f64, f64),
}

/// What a process that is told to stop does with the requests in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It drops them and exits at once.
    Drop,
    /// It closes its listener, serves them, and exits when done or after this time.
    Finish(Duration),
}

/// What a process does with a request whose client has given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abandoned {
    /// The work, all the same.
    Served,
    /// Nothing, once it gets a slot.
    Skipped,
    /// It notices at once, and stops.
    Stopped,
}

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Memory {
    /// After the start; of every start a value between these, equally likely.
    pub base: (u64, u64),
    /// The part of [`Memory::base`] in the first process, which forks the others; all of it if the
    /// process forks none.
    pub master: Option<u64>,
    /// Retained at the start of the simulation by the processes that run then, a value between
    /// these.
    pub retained_at_start: (u64, u64),
    /// That of a health check, and of requests whose class has none of its own.
    pub request: RequestMemory,
}
