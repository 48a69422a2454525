//! What a simulation can be expected to need, by arithmetic before it: requests, events, memory.
//!
//! It is the course of a scenario in which nothing goes wrong but what surely does: too much load
//! for the fleet, and what happens every so often. An outage costs more, in retries, or less, where
//! nobody comes any more. Tests hold the figures against runs.

use super::capacity::Peak;
use super::model::{
    Again, CheckPath, Effect, FaultKind, Hit, Lasting, Scenario, Source, SourceKind,
};
use super::resolution::Resolution;
use crate::fleet::client::{Backoff, Jitter};
use crate::kernel::time::{Duration, Instant};

/// Bytes of a program that simulates nothing.
const PROGRAM: f64 = 9.5e6;
/// Of a node with its process, its supervisor, its lane and what is measured of it, and of what
/// each balancer knows of it.
const NODE: f64 = 1_800.0;
const BELIEF: f64 = 200.0;
/// Of a worker, of a user who comes again, and of the budget of a client.
const WORKER: f64 = 180.0;
const VISITOR: f64 = 80.0;
const BUDGET: f64 = 96.0;
/// Of a request and of an attempt, with their places in the calendar.
const REQUEST: f64 = 150.0;
const ATTEMPT: f64 = 150.0;
/// Of a window with requests that are still open: a histogram.
const OPEN_WINDOW: f64 = 2_700.0;
/// Of results without their minutes, of a minute, and of an hour of an interval.
const RESULTS: f64 = 1_600.0;
const MINUTE: f64 = 16.0;
const HOUR: f64 = 12.0;
/// Of a class or an interval in the results, and of a class while it is measured: a histogram.
const PART: f64 = 160.0;
const CLASS: f64 = 19_000.0;
/// Of a stretch of a course, which the scenario has and a replication once more.
const STRETCH: f64 = 96.0;
/// Of a window and of the gauges of a node in it where the course is kept, with the rows of the
/// files that are made of them.
const ROW: f64 = 450.0;
const READING: f64 = 165.0;

/// Moments at which the load is looked at, to see what of it is too much.
const LOOKS: u32 = 2_048;

/// What one replication can be expected to need.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Requests that are issued.
    pub requests: f64,
    /// Events that are simulated while the fleet serves.
    pub events: f64,
    /// Events if it answers nobody: every request is tried as often as its client does.
    pub events_at_most: f64,
    /// Windows of the results.
    pub windows: f64,
    /// Readings of the gauges of a node, one a window.
    pub readings: f64,
    /// Bytes while it is simulated.
    pub state: State,
    /// Bytes of its results.
    pub results: f64,
    /// Bytes of its course, if it is kept.
    pub course: f64,
    /// Whether traffic is passed over.
    pub passing: Passing,
}

/// Whether traffic is passed over, so that there are fewer events; how many fewer shows only in a
/// simulation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Passing {
    /// In no resolution.
    #[default]
    Never,
    /// In adaptive resolution, and this one is exact.
    IfAdaptive,
    /// It is.
    Yes,
}

impl Passing {
    fn of(scenario: &Scenario) -> Passing {
        match scenario.clock.resolution {
            _ if scenario.adaptive_obstacle().is_some() => Passing::Never,
            Resolution::Exact => Passing::IfAdaptive,
            Resolution::Adaptive => Passing::Yes,
        }
    }
}

/// Bytes that a replication needs while it is simulated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct State {
    /// Of nodes with all that runs on them, of balancers and of users, and of what is measured.
    pub fleet: f64,
    /// Of the requests that are open at the same time while the fleet serves.
    pub open: f64,
    /// Of as many as there can be, if nothing is answered at the peak.
    pub open_at_most: f64,
}

impl Cost {
    /// What a replication of this scenario needs.
    pub fn of(scenario: &Scenario) -> Cost {
        let horizon = scenario.clock.horizon.as_secs_f64();
        let windows = (horizon / scenario.clock.window.as_secs_f64()).ceil();
        let readings = windows * scenario.node_hours() * 3600.0 / horizon;
        let traffic = Traffic::of(scenario);
        let minute = scenario.clock.window.as_secs_f64().max(60.0);
        let intervals = scenario.intervals.iter();
        let hours: f64 = intervals.map(|one| one.to.since(one.from).as_secs_f64() / 3600.0).sum();
        let own = periodic(scenario) + windows;
        let parts = (scenario.classes.len() + scenario.intervals.len()) as f64;
        Cost {
            requests: traffic.requests,
            events: traffic.events + own,
            events_at_most: traffic.events_at_most + own,
            windows,
            readings,
            state: State { fleet: fleet(scenario) + HOUR * hours, ..open(scenario) },
            results: RESULTS + PART * parts + MINUTE * (horizon / minute).ceil(),
            course: ROW * windows + READING * readings,
            passing: Passing::of(scenario),
        }
    }
}

/// What replications need together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Need {
    /// Replications, those of every variant counted.
    pub replications: f64,
    /// Requests of all of them.
    pub requests: f64,
    /// Events of all of them while the fleet serves.
    pub events: f64,
    /// Events of all of them if it answers nobody.
    pub events_at_most: f64,
    /// Most windows that one has.
    pub windows: f64,
    /// Readings of gauges of all of them.
    pub readings: f64,
    /// Windows, and readings of gauges, that are written to files.
    pub written: f64,
    /// Bytes at the same time.
    pub memory: Memory,
    /// Threads.
    pub threads: f64,
    /// Whether traffic is passed over in any of them.
    pub passing: Passing,
}

/// Bytes at the same time, by what needs them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Memory {
    /// The program, and on every thread nodes with all that runs on them.
    pub fleet: f64,
    /// Open requests while the fleet serves.
    pub open: f64,
    /// Open requests if nothing is answered at the peak.
    pub open_at_most: f64,
    /// Results that are kept.
    pub results: f64,
    /// The course of the first replication.
    pub course: f64,
}

impl Memory {
    /// All together.
    pub fn expected(&self) -> f64 {
        self.fleet + self.open + self.results + self.course
    }

    /// All together at worst.
    pub fn at_most(&self) -> f64 {
        self.expected() - self.open + self.open_at_most
    }
}

/// What is kept of replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Keeps {
    /// All results, and as many times.
    Results(f64),
    /// So many bytes in all.
    InAll(f64),
}

/// How replications are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Way {
    /// Threads.
    pub threads: usize,
    /// Simulations that a thread has at the same time: more than one where variants share their
    /// past.
    pub at_once: f64,
    /// What is kept.
    pub keeps: Keeps,
    /// Whether the course of one is kept.
    pub detailed: bool,
}

/// Nanoseconds that an event takes, a reading of gauges, and a reading that is written to files:
/// roughly, on one core of a machine of 2024.
const EVENT_NS: f64 = 120.0;
const READING_NS: f64 = 50.0;
const WRITTEN_NS: f64 = 1_200.0;

impl Need {
    /// What so many replications of each of these need.
    pub fn of(all: &[(Cost, u64)], way: Way) -> Need {
        let count: f64 = all.iter().map(|(_, count)| *count as f64).sum();
        let threads = (way.threads as f64).min(count).max(1.0);
        let copies = threads * way.at_once;
        let sum = |of: &dyn Fn(&Cost) -> f64| -> f64 {
            all.iter().map(|(cost, count)| of(cost) * *count as f64).sum()
        };
        let most =
            |of: &dyn Fn(&Cost) -> f64| all.iter().map(|(one, _)| of(one)).fold(0.0, f64::max);
        Need {
            replications: count,
            requests: sum(&|one| one.requests),
            events: sum(&|one| one.events),
            events_at_most: sum(&|one| one.events_at_most),
            windows: most(&|one| one.windows),
            readings: sum(&|one| one.readings),
            written: if way.detailed { most(&|one| one.windows + one.readings) } else { 0.0 },
            memory: Memory {
                fleet: PROGRAM + copies * most(&|one| one.state.fleet),
                open: copies * most(&|one| one.state.open),
                open_at_most: copies * most(&|one| one.state.open_at_most),
                results: match way.keeps {
                    Keeps::Results(times) => times * sum(&|one| one.results),
                    Keeps::InAll(bytes) => bytes,
                },
                course: if way.detailed { most(&|one| one.course) } else { 0.0 },
            },
            threads,
            passing: all.iter().map(|(one, _)| one.passing).max().unwrap_or_default(),
        }
    }

    /// With what comes after it or before it, not at the same time.
    #[must_use]
    pub fn and(self, other: Need) -> Need {
        let (one, two) = (self.memory, other.memory);
        Need {
            replications: self.replications + other.replications,
            requests: self.requests + other.requests,
            events: self.events + other.events,
            events_at_most: self.events_at_most + other.events_at_most,
            windows: self.windows.max(other.windows),
            readings: self.readings + other.readings,
            written: self.written.max(other.written),
            memory: Memory {
                fleet: one.fleet.max(two.fleet),
                open: one.open.max(two.open),
                open_at_most: one.open_at_most.max(two.open_at_most),
                results: one.results + two.results,
                course: one.course.max(two.course),
            },
            threads: self.threads.max(other.threads),
            passing: self.passing.max(other.passing),
        }
    }

    /// Seconds that it takes, roughly: while the fleet serves, and if it answers nobody.
    pub fn seconds(&self) -> (f64, f64) {
        let of = |events: f64| {
            let simulated =
                (events * EVENT_NS + self.readings * READING_NS) / self.threads.max(1.0);
            1e-9 * (simulated + self.written * WRITTEN_NS)
        };
        (of(self.events), of(self.events_at_most))
    }
}

/// Requests and their events.
struct Traffic {
    requests: f64,
    events: f64,
    events_at_most: f64,
}

impl Traffic {
    fn of(scenario: &Scenario) -> Traffic {
        let length = scenario.clock.horizon.as_nanos() / u64::from(LOOKS);
        let looks =
            (0..LOOKS).map(|look| Instant::from_nanos(u64::from(look) * length + length / 2));
        let (mut offered, mut failing, mut held_back) = (0.0, 0.0, 0.0);
        let means = Means::of(scenario);
        for when in looks {
            let (open, users) = rates(scenario, when);
            let capacity = means.capacity(scenario, scenario.nodes.at(when));
            // Users wait for their answers, others come all the same.
            let left = (capacity - open).max(0.0);
            let patient = users * means.alone / (means.alone + means.patience).max(1e-9);
            let served = users.min(left.max(patient));
            offered += open + users;
            held_back += users - served;
            failing += (open + served - capacity).max(0.0);
        }
        let share = |part: f64| if offered > 0.0 { part / offered } else { 0.0 };
        let all: f64 = scenario.sources.iter().map(|source| issued(scenario, source)).sum();
        let requests = all * (1.0 - share(held_back));
        let failing = all * share(failing);
        let retry = scenario.clients.retry.known();
        let attempts = f64::from(retry.attempts) * rounds(scenario);
        // A request that fails has a time-out and a pause for each attempt; one that is served has
        // its arrival and its stages, and one that is hedged an attempt more.
        let served = requests - failing;
        let hedged = scenario.clients.hedge.map_or(0.0, |hedge| {
            let late = libm::exp(-hedge.after.as_secs_f64() / means.alone.max(1e-9));
            late * f64::from(hedge.at_most)
        });
        let each = means.stages + hedged * (1.0 + means.stages);
        let events = requests + served * each + failing * 2.0 * attempts;
        let hedges = scenario.clients.hedge.map_or(0.0, |hedge| f64::from(hedge.at_most));
        let tried = (2.0 + means.stages) * attempts * (1.0 + hedges);
        Traffic { requests, events, events_at_most: all * (1.0 + tried) }
    }
}

/// Means over the requests.
struct Means {
    stages: f64,
    work: f64,
    alone: f64,
    patience: f64,
}

impl Means {
    fn of(scenario: &Scenario) -> Means {
        let horizon = scenario.clock.horizon;
        let mean = |of: &dyn Fn(&super::model::Class) -> f64| {
            scenario.mean_over_classes(of, |one| one.course.mean_arrivals(Instant::START, horizon))
        };
        Means {
            stages: mean(&|class| class.stages.len() as f64),
            work: scenario.mean_work(),
            alone: mean(&|class| class.stages.iter().map(|one| one.demand.mean_secs()).sum()),
            patience: mean(&|class| class.patience.mean_secs()),
        }
    }

    /// Requests per second that so many nodes can serve.
    fn capacity(&self, scenario: &Scenario, nodes: u32) -> f64 {
        let nodes = f64::from(nodes);
        let cores = nodes * f64::from(scenario.nodes.cores) * scenario.nodes.speed.factor();
        let slots = nodes * f64::from(scenario.process.slots);
        (cores / self.work.max(1e-12)).min(slots / self.alone.max(1e-12))
    }
}

/// Requests per second at a moment: of those who come whatever happens, and of users who wait.
fn rates(scenario: &Scenario, when: Instant) -> (f64, f64) {
    let mut rates = (0.0, 0.0);
    for source in &scenario.sources {
        let rate = source.course.rate(when);
        match source.kind {
            SourceKind::Users { .. } => rates.1 += rate,
            SourceKind::Course
            | SourceKind::Modulated(_)
            | SourceKind::Recorded(_)
            | SourceKind::Sessions { .. } => rates.0 += rate,
        }
    }
    rates
}

/// Requests that a source issues, if nobody keeps it waiting.
fn issued(scenario: &Scenario, source: &Source) -> f64 {
    let horizon = scenario.clock.horizon;
    let expected = source.course.mean_arrivals(Instant::START, horizon);
    let SourceKind::Sessions { arrivals, another, think, .. } = &source.kind else {
        return expected;
    };
    // At the start nobody is there yet; sessions come to their number as their lengths allow.
    let sessions = arrivals.mean_arrivals(Instant::START, horizon);
    let turn = think.mean_secs() + Means::of(scenario).alone;
    let (length, horizon) = (turn / (1.0 - another).max(1e-9), horizon.as_secs_f64());
    let reached = 1.0 - length / horizon * (1.0 - libm::exp(-horizon / length.max(1e-9)));
    sessions + (expected - sessions) * reached
}

/// How often all attempts are made again by whoever loads the page once more.
fn rounds(scenario: &Scenario) -> f64 {
    let retry = scenario.clients.retry.known();
    retry.reload.as_ref().map_or(1.0, |reload| {
        let times = (0..=reload.at_most).map(|times| libm::pow(reload.share, f64::from(times)));
        times.sum()
    })
}

/// Events that come every so often, whatever the load.
fn periodic(scenario: &Scenario) -> f64 {
    let horizon = scenario.clock.horizon.as_secs_f64();
    let node_seconds = scenario.node_hours() * 3600.0;
    let per = |seconds: f64, every: Duration| seconds / every.as_secs_f64().max(1e-9);
    let mut events = per(horizon, scenario.people.monitor);
    if let Some(health) = &scenario.balancer.health {
        let checks = f64::from(scenario.balancer.instances) * per(node_seconds, health.interval);
        events += checks * if health.path == CheckPath::Queued { 2.0 } else { 1.0 };
    }
    events += scenario.supervisor.polls().map_or(0.0, |poll| per(node_seconds, poll));
    let probe = scenario.supervisor.liveness();
    events += probe.map_or(0.0, |probe| 2.0 * per(node_seconds, probe.period));
    if let Some(workers) = &scenario.process.workers {
        let rules = &workers.rules;
        let looks = [rules.timeout.map(|one| one.look), rules.killer.map(|one| one.every)];
        events += looks.into_iter().flatten().map(|every| per(node_seconds, every)).sum::<f64>();
    }
    events + faults(scenario)
}

/// Events of faults, each with an end on every node that it hits; a leak grows every second.
fn faults(scenario: &Scenario) -> f64 {
    let horizon = scenario.clock.horizon;
    let of = |fault: &super::model::Fault| {
        let left = horizon.since(fault.at.min(horizon)).as_secs_f64();
        let times = match &fault.again {
            Again::Never => 1.0,
            Again::After(gap) => 1.0 + left / gap.mean_secs().max(1e-3),
        };
        let all = f64::from(scenario.nodes.at(fault.at));
        let hit = |hit: &Hit| match hit {
            Hit::All => all,
            Hit::Count(count) => f64::from(*count).min(all),
            Hit::Share(share) => (share * all).max(1.0),
        };
        match &fault.kind {
            FaultKind::CrashProcess { nodes } | FaultKind::CrashNode { nodes, .. } => {
                times * (1.0 + 3.0 * hit(nodes))
            }
            FaultKind::Lasting { nodes, lasting, effect } => {
                let lasts = match lasting {
                    Lasting::Never | Lasting::Repair => left,
                    Lasting::After(after) => after.mean_secs().min(left),
                };
                let leaks = if matches!(effect, Effect::Leak(_)) { lasts } else { 0.0 };
                let at_once = (times * lasts).min(left).max(leaks);
                times * (1.0 + hit(nodes)) + hit(nodes) * if leaks > 0.0 { at_once } else { 0.0 }
            }
        }
    };
    scenario.faults.iter().map(of).sum()
}

/// Bytes of what is there whatever the load.
fn fleet(scenario: &Scenario) -> f64 {
    let added: f64 = scenario.nodes.additions.iter().map(|one| f64::from(one.count)).sum();
    let balancers = f64::from(scenario.balancer.instances) * BELIEF;
    let workers = scenario.process.workers.as_ref();
    let workers = workers.map_or(0.0, |workers| f64::from(workers.rules.count) * WORKER);
    let nodes = (f64::from(scenario.nodes.count) + added) * (NODE + balancers + workers);
    let users: f64 = scenario.sources.iter().map(visitors).sum();
    let budgets = scenario.clients.budget.map_or(0.0, |_| f64::from(scenario.clients.count));
    let stretches: usize = scenario.sources.iter().map(|one| one.course.stretches().len()).sum();
    let classes = scenario.classes.len() as f64;
    nodes + users * VISITOR + budgets * BUDGET + stretches as f64 * STRETCH + classes * CLASS
}

/// Users of a source who are there at the same time.
fn visitors(source: &Source) -> f64 {
    match &source.kind {
        SourceKind::Users { count, .. } => f64::from(*count),
        SourceKind::Sessions { arrivals, another, think, .. } => {
            let most = arrivals.stretches().iter().map(|s| s.from.max(s.to)).fold(0.0, f64::max);
            most * think.mean_secs() / (1.0 - another).max(1e-9)
        }
        SourceKind::Course | SourceKind::Modulated(_) | SourceKind::Recorded(_) => 0.0,
    }
}

/// Bytes of open requests and of the windows in which they were issued.
fn open(scenario: &Scenario) -> State {
    let Some(peak) = Peak::of(scenario) else {
        return State { fleet: 0.0, open: 0.0, open_at_most: 0.0 };
    };
    let horizon = scenario.clock.horizon.as_secs_f64();
    let retry = scenario.clients.retry.known();
    let rounds = rounds(scenario);
    let attempts = f64::from(retry.attempts) * rounds;
    // What a request spends between its attempts if all of them fail.
    let pauses: f64 = (1..retry.attempts).map(|n| pause(&retry.backoff, n)).sum();
    let reload = retry.reload.as_ref().map_or(0.0, |reload| reload.pause.mean_secs());
    let between = (pauses * rounds + reload * (rounds - 1.0)).min(horizon);
    let patient = (peak.patience * attempts).min(horizon);
    // How many attempts the fleet has places for.
    let process = &scenario.process;
    let places = f64::from(process.slots) + f64::from(process.backlog);
    let queues = scenario.balancer.queue.map_or(0.0, |(most, _)| f64::from(most));
    let places = f64::from(peak.nodes) * places + queues * f64::from(scenario.balancer.instances);
    let endless = process.drops_when_full || process.inherits_socket;
    let held = |seconds: f64| {
        let all = peak.rate * seconds;
        if endless { all } else { all.min(places) }
    };
    let users: f64 = scenario.sources.iter().map(visitors).sum();
    let is_closed = scenario.sources.iter().all(|one| one.kind.users().is_some());
    let most = if is_closed { users } else { f64::INFINITY };
    // While the fleet serves there are as many as Little's law says, and some that wait; with too
    // much load all wait for as long as they can.
    let used = peak.cores_used(scenario, peak.nodes).max(peak.slots_used(scenario, peak.nodes));
    let servers = f64::from(peak.nodes * scenario.nodes.cores).max(1.0);
    let (served, pausing) = if used < 1.0 {
        let waits = peak.alone * (1.0 + 1.0 / (servers * (1.0 - used)));
        (peak.rate * waits.min(peak.patience.max(peak.alone)), 0.0)
    } else {
        (held(peak.patience), peak.rate * between * (1.0 - 1.0 / used))
    };
    let usual = (served + pausing).min(most);
    let hedges = scenario.clients.hedge.map_or(0.0, |hedge| f64::from(hedge.at_most));
    let at_most = (held(patient) + peak.rate * between).min(most).max(usual);
    let attempts = (held(patient).min(most) * (1.0 + hedges)).max(served.min(most));
    let windows = |seconds: f64| {
        (1.0 + seconds.min(horizon) / scenario.clock.window.as_secs_f64()) * OPEN_WINDOW
    };
    State {
        fleet: 0.0,
        open: usual * REQUEST + served.min(most) * ATTEMPT + windows(usual / peak.rate),
        open_at_most: at_most * REQUEST + attempts * ATTEMPT + windows(patient + between),
    }
}

/// Seconds before another attempt, after so many.
fn pause(backoff: &Backoff, made: u32) -> f64 {
    let grown = backoff.base.as_secs_f64() * libm::pow(backoff.factor, f64::from(made - 1));
    let random = match backoff.jitter {
        Jitter::Share(share) => share,
        Jitter::Around(_) | Jitter::Decorrelated => 0.0,
    };
    grown.min(backoff.cap.as_secs_f64()) * (1.0 - 0.5 * random)
}
