//! The story of a run: everything that happened but the traffic itself.

use crate::kernel::time::Instant;
use crate::sim::observation::{Gauges, Observation, Observer, Passage};

/// Every observation that is not traffic, in order, and the gauges of every node.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// What happened, and when.
    pub events: Vec<(Instant, Observation)>,
    /// The readings of every node's gauges.
    pub gauges: Vec<(Instant, u32, Gauges)>,
}

impl Observer for Story {
    #[inline]
    fn observe(&mut self, now: Instant, seen: &Observation) {
        match seen {
            Observation::RequestIssued { .. }
            | Observation::AttemptAccepted { .. }
            | Observation::AttemptFailed { .. }
            | Observation::WorkWasted { .. }
            | Observation::RetryDenied
            | Observation::HandedOn { .. }
            | Observation::Passage(
                Passage::Sampled | Passage::Passed { .. } | Passage::Postponed { .. },
            )
            | Observation::RequestSettled { .. } => {}
            Observation::NodeSampled { node, gauges } => self.gauges.push((now, *node, *gauges)),
            Observation::RestartBegun { .. }
            | Observation::RestartRefused { .. }
            | Observation::ProcessStarting { .. }
            | Observation::StartFailed { .. }
            | Observation::ProcessServing { .. }
            | Observation::ProcessEnded { .. }
            | Observation::OutOfMemory { .. }
            | Observation::Crashed { .. }
            | Observation::Ejected { .. }
            | Observation::WorkerEnded { .. }
            | Observation::WorkerServing { .. }
            | Observation::WorkerFailed { .. }
            | Observation::Struck { .. }
            | Observation::Thrashing { .. }
            | Observation::SupervisorGaveUp { .. }
            | Observation::NodeMarked { .. }
            | Observation::NodeLost { .. }
            | Observation::NodeBack { .. }
            | Observation::NodeAdded { .. }
            | Observation::FleetDown
            | Observation::FleetServing
            | Observation::Deployed { .. }
            | Observation::RolloutDone { .. }
            | Observation::RolloutStopped { .. }
            | Observation::Alerted { .. }
            | Observation::Detected
            | Observation::Diagnosed
            | Observation::NothingToFix
            | Observation::FixStarted { .. }
            | Observation::NodeFixed { .. }
            | Observation::FixFinished
            | Observation::ReleaseRefused { .. }
            | Observation::CanaryJudged { .. }
            | Observation::Reloaded { .. }
            | Observation::NodeRemoved { .. }
            | Observation::RolloutStalled { .. }
            | Observation::Evicted { .. }
            | Observation::Passage(Passage::Suspended | Passage::Resumed)
            | Observation::Ended { .. } => self.events.push((now, *seen)),
        }
    }
}
