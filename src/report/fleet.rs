//! What state every node was in, made out from what happened.

use super::Report;
use crate::fleet::cpu::Speed;
use crate::kernel::time::{Duration, Instant};
use crate::observe::recorder::Series;
use crate::observe::windows::Row;
use crate::scenario::Scenario;
use crate::scenario::model::{Effect, FaultKind};
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
    /// It serves slowly, for want of memory or because of a fault, or stands still.
    Slow,
    /// It serves, but every balancer has marked it down.
    MarkedDown,
}

/// A change of a node's state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Change {
    pub(super) at: Instant,
    pub(super) state: State,
    /// How fast its cores are, relative to what they are without faults and with enough memory.
    pub(super) speed: f64,
}

#[derive(Clone, Debug)]
struct Node {
    serving: bool,
    booting: bool,
    thrashing: bool,
    /// Those that last now.
    faults: Vec<u32>,
    /// By balancer.
    up: Vec<bool>,
    changes: Vec<Change>,
}

impl Node {
    fn new(balancers: usize, up: bool, serving: bool) -> Node {
        let up = vec![up; balancers];
        Node {
            serving,
            booting: false,
            thrashing: false,
            faults: Vec::new(),
            up,
            changes: Vec::new(),
        }
    }

    /// How fast its cores are.
    fn speed(&self, scenario: &Scenario) -> f64 {
        let mut speed = if self.thrashing { scenario.nodes.thrash_speed } else { Speed::NORMAL };
        for &fault in &self.faults {
            match scenario.faults[fault as usize].kind {
                FaultKind::Lasting { effect: Effect::Slow(factor), .. } => {
                    speed = speed.times(factor);
                }
                FaultKind::Lasting { effect: Effect::Hang, .. } => return 0.0,
                FaultKind::Lasting { .. }
                | FaultKind::CrashProcess { .. }
                | FaultKind::CrashNode { .. } => {}
            }
        }
        speed.factor()
    }

    /// A fault begins or ends.
    fn strike(&mut self, fault: u32, on: bool) {
        if on {
            self.faults.push(fault);
        } else {
            self.faults.retain(|one| *one != fault);
        }
    }

    fn note(&mut self, at: Instant, scenario: &Scenario) {
        let speed = self.speed(scenario);
        let state = match () {
            () if self.serving && !self.up.contains(&true) => State::MarkedDown,
            () if self.serving && speed < 1.0 => State::Slow,
            () if self.serving => State::Serving,
            () if self.booting => State::Booting,
            () => State::Down,
        };
        let change = Change { at, state, speed };
        if self.changes.last().is_none_or(|last| Change { at, ..*last } != change) {
            self.changes.push(change);
        }
    }
}

/// The states of every node over time, from when it was there.
pub(super) fn lanes(report: &Report, series: &Series) -> Vec<Vec<Change>> {
    let scenario = &report.study.scenario;
    let balancers = scenario.balancer.instances as usize;
    let mut nodes = vec![Node::new(balancers, true, true); scenario.nodes.count as usize];
    nodes.iter_mut().for_each(|node| node.note(Instant::START, scenario));
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
            Observation::Struck { fault, on, .. } => node.strike(fault, on),
            Observation::NodeMarked { balancer, up, .. } => node.up[balancer as usize] = up,
            Observation::Ejected { .. }
            | Observation::WorkerEnded { .. }
            | Observation::WorkerServing { .. }
            | Observation::WorkerFailed { last: false, .. }
            | Observation::RequestIssued { .. }
            | Observation::AttemptAccepted { .. }
            | Observation::AttemptFailed { .. }
            | Observation::WorkWasted { .. }
            | Observation::RetryDenied
            | Observation::HandedOn { .. }
            | Observation::RequestSettled { .. }
            | Observation::NodeSampled { .. }
            | Observation::Passage(_)
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
        node.note(*at, scenario);
    }
    nodes.into_iter().map(|node| node.changes).collect()
}

/// How many nodes served from when on.
pub(super) fn serving(lanes: &[Vec<Change>]) -> Vec<(Instant, u32)> {
    // Whole numbers are exact.
    total(lanes, |_| 1.0).into_iter().map(|(at, count)| (at, count as u32)).collect()
}

/// The sum of a value over the nodes that served, from when on. Values are multiples of 2^-10, as
/// speeds are, so that nothing is lost in adding and taking away.
fn total(lanes: &[Vec<Change>], value: impl Fn(&Change) -> f64) -> Vec<(Instant, f64)> {
    let serves = |state| matches!(state, State::Serving | State::Slow | State::MarkedDown);
    let mut steps: Vec<(Instant, f64)> = Vec::new();
    for lane in lanes {
        let mut before = 0.0;
        for change in lane {
            let now = if serves(change.state) { value(change) } else { 0.0 };
            steps.push((change.at, now - before));
            before = now;
        }
    }
    steps.sort_by_key(|(at, _)| *at);
    let mut sums = summed(&steps);
    sums.dedup_by(|later, earlier| later.1.total_cmp(&earlier.1).is_eq());
    sums
}

/// What steps in the order of their times add up to, from when on.
pub(super) fn summed<T: Copy + PartialEq>(steps: &[(T, f64)]) -> Vec<(T, f64)> {
    let mut sums: Vec<(T, f64)> = Vec::new();
    let mut sum = 0.0;
    for &(at, step) in steps {
        sum += step;
        match sums.last_mut() {
            Some(last) if last.0 == at => last.1 = sum,
            _ => sums.push((at, sum)),
        }
    }
    sums
}

/// The value of a step function at `when`.
pub(super) fn at<T: Copy>(steps: &[(Instant, T)], when: Instant) -> Option<T> {
    let after = steps.partition_point(|(at, _)| *at <= when);
    after.checked_sub(1).map(|index| steps[index].1)
}

/// Requests per second that a node which serves can do the work of: cores x speed / mean work;
/// infinite if requests need no core.
pub(super) fn capacity_per_node(report: &Report) -> f64 {
    let scenario = &report.study.scenario;
    let nodes = &scenario.nodes;
    f64::from(nodes.cores) * nodes.speed.factor() / scenario.mean_work()
}

/// Requests per second that the serving nodes can do the work of, as fast as they are, from when
/// on. Empty if requests need no core.
pub(super) fn capacity(report: &Report, series: &Series) -> Vec<(Instant, f64)> {
    let each = capacity_per_node(report);
    if !each.is_finite() {
        return Vec::new();
    }
    let speeds = total(&lanes(report, series), |change| change.speed);
    speeds.into_iter().map(|(at, speed)| (at, speed * each)).collect()
}

/// Requests first issued per second, at the middle of every window.
pub(super) fn offered(report: &Report, series: &Series) -> Vec<(Instant, f64)> {
    let clock = &report.study.scenario.clock;
    let middle = |row: &Row| {
        let length = clock.window.min(clock.horizon.since(row.start)).as_secs_f64();
        let at = row.start + Duration::from_secs_f64(length / 2.0);
        (at, f64::from(row.issued) / length)
    };
    series.rows.iter().map(middle).collect()
}

/// The moment from which on the nodes that are left cannot do the work that comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Crossing {
    pub(super) at: Instant,
    /// Requests per second that come then, and that the serving nodes can do the work of.
    pub(super) offered: f64,
    pub(super) capacity: f64,
}

/// The first moment, from the first loss of a node on, at which the capacity of the serving nodes
/// is below the offered load; `None` if there is none.
pub(super) fn crossing(report: &Report, series: &Series) -> Option<Crossing> {
    cross(&capacity(report, series), &offered(report, series))
}

/// The same of a step function and of points that lines connect.
fn cross(capacity: &[(Instant, f64)], offered: &[(Instant, f64)]) -> Option<Crossing> {
    let fall = capacity.windows(2).find(|pair| pair[1].1 < pair[0].1)?;
    let loss = fall[1].0;
    let end = offered.last()?.0;
    let knots = capacity.iter().chain(offered).map(|(when, _)| *when);
    let mut knots: Vec<Instant> = knots.filter(|&when| when >= loss && when <= end).collect();
    knots.sort_unstable();
    knots.dedup();
    // Between two of these the capacity is constant and the load a line.
    knots.iter().enumerate().find_map(|(number, &from)| {
        let capacity = at(capacity, from)?;
        let load = line(offered, from)?;
        let crossing = |at, offered| Some(Crossing { at, offered, capacity });
        if load > capacity {
            return crossing(from, load);
        }
        let to = *knots.get(number + 1)?;
        let later = line(offered, to)?;
        if later <= capacity {
            return None;
        }
        let share = (capacity - load) / (later - load);
        crossing(from + Duration::from_secs_f64(share * to.since(from).as_secs_f64()), capacity)
    })
}

/// What a line through points is at `when`; level before the first and after the last of them.
fn line(points: &[(Instant, f64)], when: Instant) -> Option<f64> {
    let next = points.partition_point(|(at, _)| *at <= when);
    let (before, after) = (next.checked_sub(1).map(|index| points[index]), points.get(next));
    let Some((from, low)) = before else { return after.map(|(_, value)| *value) };
    let Some(&(to, high)) = after else { return Some(low) };
    let share = when.since(from).as_secs_f64() / to.since(from).as_secs_f64();
    Some(low + share * (high - low))
}

/// The stretch that tells the story of an incident, with a quarter of an hour around it; all of the
/// run where there was none.
pub(super) fn stretch(report: &Report) -> (Instant, Instant) {
    const AROUND: Duration = Duration::from_secs(15 * 60);
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
        | Observation::Passage(_)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn second(seconds: u64) -> Instant {
        Instant::START + Duration::from_secs(seconds)
    }

    fn points(all: &[(u64, f64)]) -> Vec<(Instant, f64)> {
        all.iter().map(|&(seconds, value)| (second(seconds), value)).collect()
    }

    #[test]
    fn load_and_capacity_cross_at_a_loss_or_where_the_load_rises() {
        let load = points(&[(5, 40.0), (15, 40.0), (25, 80.0), (35, 80.0)]);
        // The second loss is one too many: at once.
        let losses = points(&[(0, 100.0), (10, 50.0), (12, 30.0)]);
        let at = |at, offered, capacity| Some(Crossing { at: second(at), offered, capacity });
        assert_eq!(cross(&losses, &load), at(12, 40.0, 30.0));
        // One is borne until the load has risen: from 40 at 15 s to 80 at 25 s.
        let one = points(&[(0, 100.0), (10, 60.0)]);
        assert_eq!(cross(&one, &load), at(20, 60.0, 60.0));
        // The node is back before that.
        let back = points(&[(0, 100.0), (10, 60.0), (17, 100.0)]);
        assert_eq!(cross(&back, &load), None);
        // Too small from the start on, but nothing is lost.
        assert_eq!(cross(&points(&[(0, 10.0)]), &load), None);
        // A fleet that grows first has lost nothing yet.
        let grows = points(&[(0, 10.0), (8, 100.0), (14, 30.0)]);
        assert_eq!(cross(&grows, &load), at(14, 40.0, 30.0));
        assert_eq!(cross(&[], &load), None);
        assert_eq!(cross(&one, &[]), None);
    }
}
