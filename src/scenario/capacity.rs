//! The arithmetic of a scenario that a careful reader does before simulating it: what comes at the
//! peak, and what the fleet can bear.

use super::model::{Class, Needs, Scenario};
use crate::kernel::time::{Duration, Instant};

/// The load at the busiest moment against what the fleet has. Means, without waiting: a request
/// that waits holds its slot for longer, and one that is tried again comes twice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// When it is.
    pub when: Instant,
    /// Requests per second.
    pub rate: f64,
    /// Seconds that a request computes, on one core at speed 1.
    pub work: f64,
    /// Seconds that a request needs alone, so long does it hold a slot.
    pub alone: f64,
    /// Bytes that a request in service uses, times the seconds for which it does.
    pub held: f64,
    /// Seconds that its client waits for an attempt.
    pub patience: f64,
    /// Nodes that exist then.
    pub nodes: u32,
}

impl Peak {
    /// The busiest moment, the first of them; `None` without any load.
    pub fn of(scenario: &Scenario) -> Option<Peak> {
        let mut busiest: Option<(Instant, f64)> = None;
        for when in knots(scenario) {
            let rate = scenario.offered(when);
            if busiest.is_none_or(|(_, most)| rate > most) {
                busiest = Some((when, rate));
            }
        }
        let (when, rate) = busiest.filter(|(_, rate)| *rate > 0.0)?;
        let mean = |of: &dyn Fn(&Class) -> f64| {
            scenario.mean_over_classes(of, |source| source.course.rate(when))
        };
        Some(Peak {
            when,
            rate,
            work: mean(&|class| seconds(class, |needs| needs == Needs::Cpu)),
            alone: mean(&|class| seconds(class, |_| true)),
            held: mean(&|class| seconds(class, |_| true) * class.memory.in_service as f64),
            patience: mean(&|class| class.patience.mean_secs()),
            nodes: scenario.nodes.at(when),
        })
    }

    /// How much of the cores of `nodes` nodes it takes; above 1 requests pile up.
    pub fn cores_used(&self, scenario: &Scenario, nodes: u32) -> f64 {
        let cores = f64::from(nodes * scenario.nodes.cores) * scenario.nodes.speed.factor();
        self.rate * self.work / cores
    }

    /// How much of the slots of `nodes` nodes it takes; above 1 requests pile up.
    pub fn slots_used(&self, scenario: &Scenario, nodes: u32) -> f64 {
        self.rate * self.alone / (f64::from(nodes) * f64::from(scenario.process.slots))
    }

    /// The most memory that the process of a node can be expected to need then, in bytes, on a node
    /// that has nothing besides and on the one that has the most, if every process has run from the
    /// start on.
    pub fn memory(&self, scenario: &Scenario) -> (f64, f64) {
        let memory = &scenario.process.memory;
        let served: f64 = scenario
            .sources
            .iter()
            .map(|source| source.course.mean_arrivals(Instant::START, self.when))
            .sum();
        let nodes = f64::from(self.nodes);
        let each = scenario.mean_over_classes(
            |class| class.memory.retained as f64,
            |source| source.course.mean_arrivals(Instant::START, self.when),
        );
        let retained = memory.retained_at_start.1 as f64 + served / nodes * each;
        let working = self.rate / nodes * self.held;
        let usual = memory.base.1 as f64 + retained + working;
        let most = scenario.process.extra_memory.iter().map(|(_, bytes)| *bytes).max();
        (usual, usual + most.unwrap_or(0) as f64)
    }
}

/// Where the offered load may turn, in order: it is linear between these, and greatest at one.
fn knots(scenario: &Scenario) -> Vec<Instant> {
    let horizon = scenario.clock.horizon;
    let stretches = scenario.sources.iter().flat_map(|source| source.course.stretches());
    let mut moments: Vec<Instant> = stretches
        .flat_map(|s| {
            let last = Instant::from_nanos(s.end.min(horizon).as_nanos().saturating_sub(1));
            [s.start, last]
        })
        .filter(|&when| when < horizon)
        .collect();
    moments.sort_unstable();
    moments
}

/// The busiest moment of an hour of the local day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BusyHour {
    /// The hour, from 0 to 23.
    pub hour: u8,
    /// When it is, on any of the days; the first such moment.
    pub when: Instant,
    /// Requests per second.
    pub rate: f64,
}

/// The busiest moment of every hour of the local day that a scenario sees, in the order of the
/// hours; the load is looked at every minute and where it turns.
pub fn busy_hours(scenario: &Scenario) -> Vec<BusyHour> {
    let minute = Duration::from_secs(60);
    let minutes = std::iter::successors(Some(Instant::START), |&when| Some(when + minute))
        .take_while(|&when| when < scenario.clock.horizon);
    let mut moments = knots(scenario);
    moments.extend(minutes);
    moments.sort_unstable();
    let mut hours: [Option<BusyHour>; 24] = [None; 24];
    for when in moments {
        let local = scenario.civil(when).to_zoned(scenario.clock.zone.clone());
        let hour = u8::try_from(local.hour()).expect("an hour is 0 to 23");
        let rate = scenario.offered(when);
        let busiest = &mut hours[usize::from(hour)];
        if busiest.is_none_or(|known| rate > known.rate) {
            *busiest = Some(BusyHour { hour, when, rate });
        }
    }
    hours.into_iter().flatten().collect()
}

fn seconds(class: &Class, counts: impl Fn(Needs) -> bool) -> f64 {
    class.stages.iter().filter(|s| counts(s.needs)).map(|s| s.demand.mean_secs()).sum()
}

/// From the alert until the last node is fixed, if every step takes its mean; `None` if nothing
/// fixes it.
pub fn mean_repair(scenario: &Scenario) -> Option<Duration> {
    let people = &scenario.people;
    let repair = people.repair.known();
    repair.fixed_release?;
    let rounds = scenario.nodes.count.div_ceil(repair.at_a_time.max(1));
    let seconds = people.notice.known().mean_secs()
        + people.diagnose.known().mean_secs()
        + f64::from(rounds) * repair.fix.mean_secs();
    Some(Duration::from_secs_f64(seconds))
}
