//! How closely a simulation looks at time: every event, or not where nothing is decided.

use super::model::{Needs, Scenario, SourceKind};
use crate::fleet::balancer::Policy;
use crate::fleet::load::Batch;
use crate::kernel::time::Duration;

/// How closely a simulation looks at time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Every event is simulated.
    Exact,
    /// Stretches in which no decision is near are passed over.
    Adaptive,
}

/// What a request needs in the mean over all that are to come. It depends on the load of the whole
/// time, and adaptive resolution decides by it from the start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanRequest {
    /// Work in seconds of a core of speed 1.
    pub work: f64,
    /// Time in a slot on an idle node, in seconds.
    pub time: f64,
    /// Bytes that its process retains.
    pub retained: f64,
    /// Bytes while it is served.
    pub in_service: f64,
}

/// Windows for which traffic has to have settled at least.
const SETTLING_WINDOWS: u64 = 3;
/// The same in mean times of a request.
const SETTLING_REQUESTS: f64 = 10.0;

impl Scenario {
    /// Whether stretches of it may be passed over.
    pub fn is_adaptive(&self) -> bool {
        self.clock.resolution == Resolution::Adaptive && self.adaptive_obstacle().is_none()
    }

    /// Why no stretch of it can be passed over, whatever its resolution; `None` if some can.
    pub fn adaptive_obstacle(&self) -> Option<&'static str> {
        let follows_a_course = |kind: &SourceKind| match kind {
            SourceKind::Course | SourceKind::Modulated(_) => true,
            SourceKind::Recorded(_) | SourceKind::Users { .. } | SourceKind::Sessions { .. } => {
                false
            }
        };
        let window = self.clock.window.as_nanos();
        let obstacles = [
            (
                !self.sources.iter().all(|source| follows_a_course(&source.kind)),
                "load is recorded or comes from users",
            ),
            (
                self.sources.iter().any(|source| source.batch != Batch::Always(1)),
                "requests come in batches",
            ),
            (
                !self.clock.warm_up.as_nanos().is_multiple_of(window),
                "the warm-up is no whole number of windows",
            ),
            (
                self.balancer.tuning.is_some() || self.balancer.policy == Policy::Latency,
                "balancers take note of how requests end",
            ),
            (self.clients.budget.is_some(), "clients have retry budgets"),
            (self.process.workers.is_some(), "processes have workers"),
            (self.process.inherits_socket, "sockets outlive their processes"),
        ];
        obstacles.into_iter().find(|(is_there, _)| *is_there).map(|(_, obstacle)| obstacle)
    }

    /// How long traffic takes to settle after a change.
    pub fn settling(&self) -> Duration {
        let request = Duration::from_secs_f64(self.mean_time() * SETTLING_REQUESTS);
        request.max(self.clock.window * SETTLING_WINDOWS)
    }

    /// How far ahead a simulation looks before it passes anything over.
    pub fn look_ahead(&self) -> Duration {
        self.settling() + self.clock.window * 2
    }

    /// What a request needs in the mean.
    pub fn mean_request(&self) -> MeanRequest {
        let bytes = |of: fn(&super::model::Class) -> f64| {
            self.mean_over_classes(of, |source| {
                let (start, horizon) = (crate::kernel::time::Instant::START, self.clock.horizon);
                source.course.mean_arrivals(start, horizon)
            })
        };
        MeanRequest {
            work: self.mean_work(),
            time: self.mean_time(),
            retained: bytes(|class| class.memory.retained as f64),
            in_service: bytes(|class| class.memory.in_service as f64),
        }
    }

    /// What a request needs in all, cores and waits, in seconds: the mean over the sources'
    /// classes.
    pub fn mean_time(&self) -> f64 {
        let waits = |class: &super::model::Class| -> f64 {
            let waits = class.stages.iter().filter(|stage| stage.needs != Needs::Cpu);
            waits.map(|stage| stage.demand.mean_secs()).sum()
        };
        let waits = self.mean_over_classes(waits, |source| {
            source.course.mean_arrivals(crate::kernel::time::Instant::START, self.clock.horizon)
        });
        waits + self.mean_work() / self.nodes.speed.factor()
    }
}
