//! What state every node was in, made out from what happened.

use super::Report;
use crate::kernel::time::Instant;
use crate::observe::recorder::Series;
use crate::sim::observation::{Observation, Phase, Reloaded};

/// The state of a node as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// Nothing serves, or what is started cannot come up.
    Down,
    /// A process is starting that will serve.
    Booting,
    /// It serves.
    Serving,
    /// It serves, slowly, for want of memory.
    Thrashing,
    /// It serves, but every balancer has marked it down.
    MarkedDown,
}

/// A change of a node's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) at: Instant,
    pub(super) state: State,
}

#[derive(Clone, Debug)]
struct Node {
    serving: bool,
    booting: bool,
    thrashing: bool,
    /// By balancer.
    up: Vec<bool>,
    changes: Vec<Change>,
}

impl Node {
    fn new(balancers: usize, up: bool, serving: bool) -> Node {
        let up = vec![up; balancers];
        Node { serving, booting: false, thrashing: false, up, changes: Vec::new() }
    }

    fn note(&mut self, at: Instant) {
        let state = match () {
            () if self.serving && !self.up.contains(&true) => State::MarkedDown,
            () if self.serving && self.thrashing => State::Thrashing,
            () if self.serving => State::Serving,
            () if self.booting => State::Booting,
            () => State::Down,
        };
        if self.changes.last().is_none_or(|last| last.state != state) {
            self.changes.push(Change { at, state });
        }
    }
}

/// The states of every node over time, from when it was there.
pub(super) fn lanes(report: &Report, series: &Series) -> Vec<Vec<Change>> {
    let scenario = &report.study.scenario;
    let balancers = scenario.balancer.instances as usize;
    let mut nodes = vec![Node::new(balancers, true, true); scenario.nodes.count as usize];
    nodes.iter_mut().for_each(|node| node.note(Instant::START));
    for (at, seen) in &series.story.events {
        if let Observation::NodeAdded { .. } = seen {
            nodes.push(Node::new(balancers, scenario.balancer.health.is_none(), false));
        }
        let Some(number) = node_of(seen) else { continue };
        let Some(node) = nodes.get_mut(number as usize) else { continue };
        match *seen {
            Observation::ProcessStarting { release, .. } => {
                let start = scenario.releases[release as usize].start.known();
                node.booting = start.invalid_on(number).is_none();
            }
            Observation::ProcessServing { .. } => (node.serving, node.booting) = (true, false),
            // A process that finishes what it has in hand has left the fleet with the restart.
            Observation::RestartBegun { .. }
            | Observation::OutOfMemory { .. }
            | Observation::Crashed { .. }
            | Observation::ProcessEnded { .. }
            | Observation::NodeRemoved { .. }
            | Observation::WorkerFailed { last: true, .. }
            | Observation::Reloaded { how: Reloaded::Hung, .. } => node.serving = false,
            Observation::StartFailed { .. } => node.booting = false,
            Observation::Thrashing { on, .. } => node.thrashing = on,
            Observation::NodeMarked { balancer, up, .. } => node.up[balancer as usize] = up,
            Observation::Ejected { .. }
            | Observation::WorkerEnded { .. }
            | Observation::WorkerServing { .. }
            | Observation::WorkerFailed { last: false, .. }
            | Observation::Struck { .. }
            | Observation::RequestIssued { .. }
            | Observation::AttemptAccepted { .. }
            | Observation::AttemptFailed { .. }
            | Observation::WorkWasted { .. }
            | Observation::RetryDenied
            | Observation::HandedOn { .. }
            | Observation::RequestSettled { .. }
            | Observation::NodeSampled { .. }
            | Observation::RestartRefused { .. }
            | Observation::SupervisorGaveUp { .. }
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
            | Observation::RolloutStalled { .. }
            | Observation::Evicted { .. }
            | Observation::Ended { .. } => {}
        }
        node.note(*at);
    }
    nodes.into_iter().map(|node| node.changes).collect()
}

/// How many nodes served from when on.
pub(super) fn serving(lanes: &[Vec<Change>]) -> Vec<(Instant, u32)> {
    let serves = |state| matches!(state, State::Serving | State::Thrashing | State::MarkedDown);
    let mut steps: Vec<(Instant, i32)> = Vec::new();
    for lane in lanes {
        let mut before = false;
        for change in lane {
            let now = serves(change.state);
            if now != before {
                steps.push((change.at, if now { 1 } else { -1 }));
            }
            before = now;
        }
    }
    steps.sort();
    let mut counts: Vec<(Instant, u32)> = Vec::new();
    let mut count = 0;
    for (at, step) in steps {
        count += step;
        let count = u32::try_from(count).unwrap_or(0);
        match counts.last_mut() {
            Some(last) if last.0 == at => last.1 = count,
            _ => counts.push((at, count)),
        }
    }
    counts
}

/// The value of a step function at `when`.
pub(super) fn at<T: Copy>(steps: &[(Instant, T)], when: Instant) -> Option<T> {
    let after = steps.partition_point(|(at, _)| *at <= when);
    after.checked_sub(1).map(|index| steps[index].1)
}

/// The stretch that tells the story of an incident, with a quarter of an hour around it; all of the
/// run where there was none.
pub(super) fn stretch(report: &Report) -> (Instant, Instant) {
    const AROUND: crate::kernel::time::Duration = crate::kernel::time::Duration::from_secs(15 * 60);
    let clock = &report.study.scenario.clock;
    let Some(first) = report.first.outages.first() else {
        return (Instant::START, clock.horizon);
    };
    let end = report.first.outages.last().map_or(first.end, |last| last.end);
    let start = report
        .first
        .milestones
        .iter()
        .flatten()
        .fold(first.start, |earliest, milestone| earliest.min(*milestone));
    let before = start.since(Instant::START).saturating_sub(AROUND);
    (Instant::START + before, end.saturating_add(AROUND).min(clock.horizon))
}

/// The name of a phase in results.
pub(super) fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Down => "down",
        Phase::Booting => "booting",
        Phase::Serving => "serving",
    }
}

/// The node that an observation is about.
pub(super) fn node_of(seen: &Observation) -> Option<u32> {
    match *seen {
        Observation::AttemptAccepted { node }
        | Observation::WorkWasted { node }
        | Observation::NodeSampled { node, .. }
        | Observation::RestartBegun { node, .. }
        | Observation::RestartRefused { node, .. }
        | Observation::ProcessStarting { node, .. }
        | Observation::StartFailed { node, .. }
        | Observation::ProcessServing { node }
        | Observation::ProcessEnded { node }
        | Observation::OutOfMemory { node, .. }
        | Observation::Crashed { node, .. }
        | Observation::Ejected { node, .. }
        | Observation::WorkerEnded { node, .. }
        | Observation::WorkerServing { node, .. }
        | Observation::WorkerFailed { node, .. }
        | Observation::Struck { node, .. }
        | Observation::HandedOn { node }
        | Observation::Thrashing { node, .. }
        | Observation::SupervisorGaveUp { node }
        | Observation::NodeMarked { node, .. }
        | Observation::NodeLost { node, .. }
        | Observation::NodeBack { node }
        | Observation::NodeAdded { node }
        | Observation::NodeRemoved { node }
        | Observation::Reloaded { node, .. }
        | Observation::Evicted { node, .. }
        | Observation::RolloutStopped { node, .. }
        | Observation::NodeFixed { node } => Some(node),
        Observation::RequestIssued { .. }
        | Observation::RetryDenied
        | Observation::AttemptFailed { .. }
        | Observation::RequestSettled { .. }
        | Observation::FleetDown
        | Observation::FleetServing
        | Observation::Deployed { .. }
        | Observation::RolloutDone { .. }
        | Observation::Alerted { .. }
        | Observation::Detected
        | Observation::Diagnosed
        | Observation::NothingToFix
        | Observation::FixStarted { .. }
        | Observation::FixFinished
        | Observation::ReleaseRefused { .. }
        | Observation::CanaryJudged { .. }
        | Observation::RolloutStalled { .. }
        | Observation::Ended { .. } => None,
    }
}
