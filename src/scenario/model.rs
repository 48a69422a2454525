//! What a scenario means: complete and valid, with every default filled in and every name resolved.

use super::late::Late;
use crate::fleet::balancer::tuning::Tuning;
use crate::fleet::balancer::{LostShare, NoneUp, Policy, Thresholds};
use crate::fleet::client::{Backoff, budget};
use crate::fleet::cpu::Speed;
use crate::fleet::load::{Batch, Course};
use crate::fleet::supervisor;
use crate::kernel::dist::Dist;
use crate::kernel::time::{Duration, Instant};

/// The most stages of a request.
pub const STAGES_MAX: usize = 5;
/// The most times a balancer hands a refused attempt on.
pub const REDISPATCH_MAX: u32 = 7;

/// A complete, valid scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name, which also names the folder of its results.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// Civil start, length and windows.
    pub clock: Clock,
    /// Where requests come from.
    pub sources: Vec<Source>,
    /// Whether the load stops changing at some point.
    pub freeze: Late<Freeze>,
    /// Classes of requests.
    pub classes: Vec<Class>,
    /// What clients do.
    pub clients: Clients,
    /// The balancers in front of the fleet.
    pub balancer: Balancing,
    /// The machines.
    pub nodes: Nodes,
    /// The process on each of them.
    pub process: Program,
    /// What starts and restarts it.
    pub supervisor: supervisor::Settings,
    /// Versions of the software with their configuration.
    pub releases: Vec<Release>,
    /// The release on every disk, and in every process, at the start.
    pub first_release: usize,
    /// Changes of the release, in order of time.
    pub deploys: Vec<Deploy>,
    /// What breaks from outside.
    pub faults: Vec<Fault>,
    /// Who notices and repairs.
    pub people: People,
    /// What protects the fleet from its own restarts.
    pub protections: Protections,
    /// What counts as an outage.
    pub outage: OutageRule,
    /// What availability is promised.
    pub slo: Slo,
    /// Stretches of time with measures of their own.
    pub intervals: Vec<Interval>,
}

/// What availability is promised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slo {
    /// Share of requests that must succeed.
    pub availability: f64,
    /// The period for which it is promised.
    pub period: Duration,
}

/// A stretch of time with measures of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub from: Instant,
    /// Where it ends.
    pub to: Instant,
}

/// Civil start, length and windows of a simulation.
#[derive(Clone, Debug, PartialEq)]
pub struct Clock {
    /// The civil time of [`Instant::START`].
    pub start: jiff::Timestamp,
    /// The end of the simulation.
    pub horizon: Instant,
    /// Requests issued before are simulated but not measured.
    pub warm_up: Instant,
    /// Length of the windows of the results, by which outages are judged too.
    pub window: Duration,
    /// The zone in which times are shown.
    pub zone: jiff::tz::TimeZone,
}

/// A load source.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Its name; a random stream belongs to it.
    pub name: String,
    /// The number of its stream, the same in every variant of the scenario.
    pub stream: u64,
    /// The classes of its requests.
    pub classes: Mix,
    /// Its rate over time; of a source that does not follow one, the rate to be expected while
    /// requests are answered without waiting.
    pub course: Course,
    /// What its requests follow.
    pub kind: SourceKind,
    /// How many of its requests come at the same time.
    pub batch: Batch,
}

/// What the requests of a source follow.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceKind {
    /// The course.
    Course,
    /// States that follow one another in order, for ever: their rates, and how long they last.
    Modulated(Vec<(f64, Dist)>),
    /// So many users who think between requests.
    Users {
        /// Users.
        count: u32,
        /// From an answer to the next request.
        think: Dist,
    },
    /// Users who arrive, make requests one after the other, and leave.
    Sessions {
        /// Users who arrive per second.
        arrivals: Course,
        /// Probability of another request after one.
        another: f64,
        /// From an answer to the next request.
        think: Dist,
        /// Probability of leaving after a failure.
        leave: f64,
    },
}

impl SourceKind {
    /// How many users there are, where their number is fixed.
    pub fn users(&self) -> Option<u32> {
        match self {
            SourceKind::Users { count, .. } => Some(*count),
            SourceKind::Course | SourceKind::Modulated(_) | SourceKind::Sessions { .. } => None,
        }
    }
}

/// The classes of a source's requests.
#[derive(Clone, Debug, PartialEq)]
pub enum Mix {
    /// All are of one.
    One(usize),
    /// They are drawn: up to which share each class reaches, in order; the last reaches 1.
    Drawn(Vec<(f64, usize)>),
}

impl Mix {
    /// Every class with its share.
    pub fn shares(&self) -> Vec<(f64, usize)> {
        match self {
            Mix::One(class) => vec![(1.0, *class)],
            Mix::Drawn(ends) => {
                let starts = std::iter::once(0.0).chain(ends.iter().map(|(end, _)| *end));
                ends.iter().zip(starts).map(|((end, class), start)| (end - start, *class)).collect()
            }
        }
    }

    /// The class for a random number in [0, 1).
    pub fn class(&self, drawn: f64) -> usize {
        match self {
            Mix::One(class) => *class,
            Mix::Drawn(ends) => ends[ends.partition_point(|(end, _)| *end <= drawn)].1,
        }
    }
}

/// Whether the load stops changing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freeze {
    /// It follows its course to the end.
    Never,
    /// It keeps the value it has at the first restart.
    FirstRestart,
}

/// A class of requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// What a request does while it holds its slot, one after the other; at most [`STAGES_MAX`].
    pub stages: Vec<Stage>,
    /// How long a client waits for an attempt before it gives that attempt up; one value a request.
    pub patience: Dist,
    /// Memory that a request needs.
    pub memory: RequestMemory,
}

/// A stage of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// What it needs.
    pub needs: Needs,
    /// How much of it: core time at speed 1, or time to wait.
    pub demand: Dist,
}

/// What a stage needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// A share of the node's cores.
    Cpu,
    /// Something else, such as a database; the cores are free meanwhile.
    Wait,
}

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

/// How clients behave.
#[derive(Clone, Debug, PartialEq)]
pub struct Clients {
    /// What they do when an attempt has failed.
    pub retry: Late<Retry>,
    /// What keeps them from trying too often.
    pub budget: Option<budget::Settings>,
    /// How many there are, each with a budget of its own.
    pub count: u32,
    /// Sending another attempt while none is answered.
    pub hedge: Option<Hedge>,
}

/// What a client does when an attempt has failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Attempts in all, the first included; at least 1.
    pub attempts: u32,
    /// The delays between them.
    pub backoff: Backoff,
    /// By [`Outcome`](crate::sim::observation::Outcome): whether another attempt is made after it.
    pub on: Failures,
    /// What the person does when all of them have failed; leaves without it.
    pub reload: Option<Reload>,
}

/// Kinds of failure after which another attempt is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// Given up by the client.
    pub timed_out: bool,
    /// Taken by no node.
    pub refused: bool,
    /// Lost with its process.
    pub reset: bool,
    /// A node did not answer in time.
    pub no_answer: bool,
    /// No node was up.
    pub no_node: bool,
    /// Shed by a process.
    pub shed: bool,
}

/// Loading a page again.
#[derive(Clone, Debug, PartialEq)]
pub struct Reload {
    /// The probability.
    pub share: f64,
    /// From the failure to the next attempt.
    pub pause: Dist,
    /// How often at most.
    pub at_most: u32,
}

/// Sending another attempt while none is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// From one attempt to the next.
    pub after: Duration,
    /// How many on top of the first.
    pub at_most: u32,
}

/// How a fresh process is slower.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cold {
    /// For how long.
    pub lasting: Duration,
    /// Factor on the work of its requests at first, falling to 1 over that time.
    pub factor: f64,
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

/// Memory that a request needs, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestMemory {
    /// Retained after it was served, until a restart.
    pub retained: u64,
    /// Used while it is in service.
    pub in_service: u64,
    /// Used while it waits for a slot.
    pub queued: u64,
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

/// What counts as an outage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutageRule {
    /// A window is bad if less than this share of its requests succeeds.
    pub below: f64,
    /// Bad windows must last so long to make an outage.
    pub lasting: Duration,
    /// A window is good if at least this share succeeds.
    pub recovered: f64,
    /// The outage ends where good windows that last so long begin.
    pub recovered_lasting: Duration,
}

impl Scenario {
    /// Core time of a request at speed 1, in seconds: the mean over the sources' classes, or over
    /// all classes if no source has a rate.
    pub fn mean_work(&self) -> f64 {
        let work = |class: &Class| -> f64 {
            let cpu = class.stages.iter().filter(|stage| stage.needs == Needs::Cpu);
            cpu.map(|stage| stage.demand.mean_secs()).sum()
        };
        self.mean_over_classes(work, |source| {
            source.course.mean_arrivals(Instant::START, self.clock.horizon)
        })
    }

    /// The mean of a value of the classes over the requests of sources of some weight, or over all
    /// classes if no source has any.
    pub fn mean_over_classes(
        &self,
        value: impl Fn(&Class) -> f64,
        weight: impl Fn(&Source) -> f64,
    ) -> f64 {
        let of = |source: &Source| -> f64 {
            let shares = source.classes.shares();
            shares.iter().map(|(share, class)| share * value(&self.classes[*class])).sum()
        };
        let total: f64 = self.sources.iter().map(&weight).sum();
        if total > 0.0 {
            self.sources.iter().map(|source| weight(source) * of(source)).sum::<f64>() / total
        } else {
            self.classes.iter().map(value).sum::<f64>() / self.classes.len() as f64
        }
    }

    /// The civil time of an instant.
    pub fn civil(&self, when: Instant) -> jiff::Timestamp {
        let ns = i128::from(when.as_nanos()) + self.clock.start.as_nanosecond();
        jiff::Timestamp::from_nanosecond(ns).unwrap_or(jiff::Timestamp::MAX)
    }

    /// The instant of a civil time; the start for all before it.
    pub fn instant(&self, civil: jiff::Timestamp) -> Instant {
        let ns = civil.as_nanosecond() - self.clock.start.as_nanosecond();
        Instant::from_nanos(u64::try_from(ns.max(0)).unwrap_or(u64::MAX))
    }

    /// Hours that nodes exist until the horizon, all together.
    pub fn node_hours(&self) -> f64 {
        let horizon = self.clock.horizon;
        let hours = |from: Instant, count: u32| {
            f64::from(count) * horizon.since(from.min(horizon)).as_secs_f64() / 3600.0
        };
        let added = self.nodes.additions.iter().map(|addition| hours(addition.at, addition.count));
        hours(Instant::START, self.nodes.count) + added.sum::<f64>()
    }

    /// Offered load at `when`: requests per second of all sources.
    pub fn offered(&self, when: Instant) -> f64 {
        self.sources.iter().map(|source| source.course.rate(when)).sum()
    }
}
