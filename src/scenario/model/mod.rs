//! What a scenario means: complete and valid, with every default filled in and every name resolved.

mod changes;
mod fleet;
mod load;

pub use changes::*;
pub use fleet::*;
pub use load::*;

use super::late::Late;
use super::resolution::Resolution;
use crate::fleet::supervisor;
use crate::kernel::time::{Duration, Instant};

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
    /// What is planned to empty machines.
    pub maintenance: Vec<Maintenance>,
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
    /// How closely time is looked at.
    pub resolution: Resolution,
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
