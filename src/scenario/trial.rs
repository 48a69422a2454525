//! Trials: a scenario's fleet under constant load, hit by at most one fault and left to itself.
//!
//! Questions of capacity are about a fleet and a load, not about a day with its deploys, its people
//! and its surges. So a trial keeps the machines, the process, its supervisor, the balancer, the
//! clients and the protections of a scenario, holds the load of one moment, and leaves the rest
//! out.

use super::late::{Late, Setting};
use super::model::{Again, Fault, FaultKind, Freeze, OutageRule, Scenario, SourceKind, Start};
use crate::fleet::load::Course;
use crate::kernel::time::{Duration, Instant};

/// From the start of a trial to its fault: queues and caches have their level by then.
pub const SETTLE: Duration = Duration::from_secs(300);

/// The share of the requests that must succeed for the fleet to be said to serve.
pub const SERVES: f64 = 0.95;

/// What is tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The moment of the scenario whose load is held, with the nodes that exist then.
    pub load_of: Instant,
    /// What breaks, [`SETTLE`] after the start; nothing without it.
    pub fault: Option<FaultKind>,
    /// How long the fleet has to come back after it.
    pub within: Duration,
    /// The release on every node, as the scenario declares it; without one the scenario's first,
    /// and its configuration is valid whatever the scenario says.
    pub release: Option<usize>,
}

impl Trial {
    /// The scenario that tries it. Its outages begin and end where less, or at least, [`SERVES`]
    /// of the requests of a window succeed, for as long as the scenario's own must last.
    pub fn of(&self, scenario: &Scenario) -> Scenario {
        let mut trial = scenario.clone();
        for source in &mut trial.sources {
            let rate = source.course.rate(self.load_of);
            source.course = Course::constant(Instant::START, rate);
            source.kind = SourceKind::Course;
        }
        trial.freeze = Late::new(Setting::Freeze, Freeze::Never);
        trial.nodes.count = scenario.nodes.at(self.load_of);
        trial.nodes.additions.clear();
        match self.release {
            Some(release) => trial.first_release = release,
            None => {
                let release = &mut trial.releases[scenario.first_release];
                let known = release.start.known().clone();
                let start = Start { invalid: None, elsewhere: Vec::new(), ..known };
                release.start = Late::new(Setting::Releases, start);
            }
        }
        trial.deploys.clear();
        trial.faults.clear();
        trial.maintenance.clear();
        if let Some(kind) = self.fault.clone() {
            let at = Instant::START + SETTLE;
            trial.faults.push(Fault {
                name: "trial".to_string(),
                stream: 0,
                at,
                again: Again::Never,
                kind,
            });
        }
        let people = &mut trial.people;
        (people.success_below, people.nodes_lost) = (None, None);
        (people.rollout_stopped, people.restart_refused) = (false, false);
        trial.intervals.clear();
        trial.outage = OutageRule { below: SERVES, recovered: SERVES, ..scenario.outage };
        trial.clock.warm_up = Instant::START;
        // An outage is known to have begun, or ended, by the deadline only some time after it.
        let OutageRule { lasting, recovered_lasting, .. } = scenario.outage;
        let after = lasting.max(recovered_lasting) + scenario.clock.window;
        trial.clock.horizon = deadline(self.within) + after + scenario.clock.window;
        trial
    }
}

/// When the time to come back is over.
pub fn deadline(within: Duration) -> Instant {
    Instant::START + SETTLE + within
}
