//! What follows the first fault on a node: when its process is started again, when it serves, and
//! when balancers notice.

use crate::kernel::time::{Duration, Instant};
use crate::sim::observation::Observation;

/// The node of the first fault, and what has happened to it since.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Aftermath {
    /// Which node, and when.
    fault: Option<(u32, Instant)>,
    pub(super) started: Option<Duration>,
    pub(super) serves: Option<Duration>,
    pub(super) marked_down: Option<Duration>,
    pub(super) marked_up: Option<Duration>,
    pub(super) given_up: Option<Duration>,
}

impl Aftermath {
    /// Takes in what is no traffic.
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else ends a wait")]
    pub(super) fn observe(&mut self, now: Instant, seen: &Observation) {
        if let Observation::Crashed { node, .. } | Observation::Struck { node, on: true, .. } =
            *seen
        {
            self.fault.get_or_insert((node, now));
            return;
        }
        let Some((struck, then)) = self.fault else { return };
        let (node, what) = match *seen {
            Observation::ProcessStarting { node, .. } => (node, &mut self.started),
            Observation::ProcessServing { node } => (node, &mut self.serves),
            Observation::NodeMarked { node, up: false, .. } => (node, &mut self.marked_down),
            // Up again, not up for another balancer that had not noticed.
            Observation::NodeMarked { node, up: true, .. } if self.marked_down.is_some() => {
                (node, &mut self.marked_up)
            }
            Observation::SupervisorGaveUp { node } => (node, &mut self.given_up),
            _ => return,
        };
        if node == struck {
            what.get_or_insert(now.since(then));
        }
    }
}
