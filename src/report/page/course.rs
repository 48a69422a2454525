//! The course of the first replication as curves and lanes, thinned to what a page can hold.

use super::chart::{Curve, Lane, Panel};
use super::clock::Clock;
use super::documents::{Change, Documents, Summary, Unreadable, Window};
use crate::report::fleet::summed;
use crate::report::format::{percent, plural};

/// Windows on a page at most; outside of the incident several are joined to stay below.
const WINDOWS: usize = 4000;
/// Lanes on a page at most.
const LANES: usize = 48;
/// States in all lanes at most; the shortest are left out to stay below.
const STATES: usize = 6000;

/// The course of a replication.
#[derive(Clone, Debug)]
pub(super) struct Course {
    windows: Vec<Window>,
    pub(super) lanes: Vec<Lane>,
    /// Nodes for which there was no room.
    left_out: usize,
    /// How many nodes served from when on.
    serving: Vec<(f64, f64)>,
    /// How fast all of them are together.
    speeds: Vec<(f64, f64)>,
    capacity_each: Option<f64>,
    length: f64,
    window_s: f64,
    /// Nodes that were down at some time, of all.
    down: (usize, usize),
}

impl Course {
    /// Reads it; `None` if the files do not tell it.
    pub(super) fn read(
        documents: &Documents,
        summary: &Summary,
        clock: &Clock,
    ) -> Result<Option<Course>, Unreadable> {
        let Some(first) = &summary.first_replication else { return Ok(None) };
        let windows: Vec<Window> = documents.rows("timeline.csv")?;
        let changes: Vec<Change> = documents.rows("lanes.csv")?;
        if windows.is_empty() || changes.is_empty() {
            return Ok(None);
        }
        let lanes = lanes(&changes, clock.length);
        let serving = total(&changes, clock.length, |_| 1.0);
        let speeds = total(&changes, clock.length, |change| change.speed);
        let down = (lanes.iter().filter(|lane| lane.was_down).count(), lanes.len());
        let (lanes, left_out) = fitted(lanes, clock.length);
        Ok(Some(Course {
            windows: thinned(&windows, first.from_s, first.to_s),
            lanes,
            left_out,
            serving,
            speeds,
            capacity_each: first.capacity_per_node_per_s,
            length: clock.length,
            window_s: summary.clock.window_s,
            down,
        }))
    }

    /// The middle of a window.
    fn middle(&self, window: &Window) -> f64 {
        (window.seconds + self.window_s / 2.0).min(self.length)
    }

    fn curve(
        &self,
        (name, class, unit): (&'static str, &'static str, &'static str),
        value: impl Fn(&Window) -> Option<f64>,
    ) -> Curve {
        let points = self.windows.iter().map(|window| (self.middle(window), value(window)));
        Curve { name, class, unit, points: points.collect(), steps: false }
    }

    /// Offered load against the capacity that is left.
    pub(super) fn load(&self) -> Panel {
        let mut curves =
            vec![self.curve(("offered load", "load", "/s"), |window| Some(window.offered_per_s))];
        if let Some(each) = self.capacity_each {
            let mut points: Vec<(f64, Option<f64>)> =
                self.speeds.iter().map(|&(at, speed)| (at, Some(speed * each))).collect();
            let last = points.last().and_then(|(_, value)| *value);
            points.push((self.length, last));
            let (name, class, unit) = ("capacity that serves", "capacity", "/s");
            curves.push(Curve { name, class, unit, points, steps: true });
        }
        panel("requests per second", curves, 1.0)
    }

    /// The share of requests that fail.
    pub(super) fn failures(&self) -> Panel {
        let share = |window: &Window| {
            let settled = window.completed + window.failed;
            (settled > 0.0).then(|| 100.0 * window.failed / settled)
        };
        let curve = self.curve(("failed requests", "failed", "%"), share);
        Panel { axis: "requests that fail, %", curves: vec![curve], highest: 95.0 }
    }

    /// Median and 99th percentile of the latency.
    pub(super) fn latency(&self) -> Panel {
        let p99 = self.curve(("p99", "p99", "s"), |window| window.sojourn_p99_s);
        let p50 = self.curve(("median", "p50", "s"), |window| window.sojourn_p50_s);
        panel("latency, s", vec![p99, p50], 0.1)
    }

    /// What the lanes show.
    pub(super) fn lanes_title(&self, clock: &Clock) -> String {
        let (down, all) = self.down;
        let nobody = self.serving.iter().find(|(_, count)| *count == 0.0);
        let all = plural(all as u64, "node");
        match (down, nobody) {
            (0, _) => format!("No node of {} goes down", self.down.1),
            (_, Some((at, _))) => {
                format!("{down} of {all} go down; from {} on none serves", clock.time(*at))
            }
            _ => format!("{down} of {all} go down"),
        }
    }

    /// What is not in the lanes.
    pub(super) fn lanes_note(&self) -> &'static str {
        if self.left_out > 0 {
            "The nodes that were down for longest; the others are in lanes.csv."
        } else {
            "What every node was doing."
        }
    }

    /// What the failures show.
    pub(super) fn failures_title(&self, clock: &Clock) -> String {
        let share = |window: &&Window| window.failed / (window.completed + window.failed).max(1.0);
        // The first of the worst: `max_by` would give the last.
        let worst = self.windows.iter().rev().max_by(|a, b| share(a).total_cmp(&share(b)));
        match worst.map(|window| (share(&window), window)) {
            Some((worst, window)) if worst > 0.0 => {
                let at = clock.time(window.seconds);
                format!("At the worst, first at {at}, {} of the requests fail", percent(worst))
            }
            _ => "No request fails".to_string(),
        }
    }
}

fn panel(axis: &'static str, curves: Vec<Curve>, least: f64) -> Panel {
    let values = curves.iter().flat_map(|curve| &curve.points).filter_map(|(_, value)| *value);
    let highest = values.fold(least, f64::max);
    Panel { axis, curves, highest }
}

/// A lane for each node, in the order in which they appear.
fn lanes(changes: &[Change], length: f64) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    for (place, change) in changes.iter().enumerate() {
        let end = end(changes, place, length);
        if lanes.last().is_none_or(|lane| lane.node != change.node) {
            lanes.push(Lane { node: change.node.clone(), states: Vec::new(), was_down: false });
        }
        if let Some(lane) = lanes.last_mut() {
            lane.was_down |= change.state == "down";
            lane.states.push((change.seconds, end, change.state.clone()));
        }
    }
    lanes
}

fn serves(state: &str) -> bool {
    matches!(state, "serving" | "slow" | "marked_down")
}

/// The sum of a value over the nodes that serve, from when on. Speeds are multiples of 2^-10, so
/// nothing is lost in adding and taking away.
fn total(changes: &[Change], length: f64, value: impl Fn(&Change) -> f64) -> Vec<(f64, f64)> {
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for (place, change) in changes.iter().enumerate().filter(|(_, one)| serves(&one.state)) {
        let value = value(change);
        steps.extend([(change.seconds, value), (end(changes, place, length), -value)]);
    }
    steps.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut sums = summed(&steps);
    // What ends with the run is no loss.
    sums.retain(|(at, _)| *at < length);
    sums
}

/// When a state ends: rows are sorted by node, so the next one says so, or the run ends.
fn end(changes: &[Change], place: usize, length: f64) -> f64 {
    let next = changes.get(place + 1).filter(|next| next.node == changes[place].node);
    next.map_or(length, |next| next.seconds)
}

/// The lanes that have room: those that were down for longest, in their order.
fn fitted(lanes: Vec<Lane>, length: f64) -> (Vec<Lane>, usize) {
    let down = |lane: &Lane| -> f64 {
        let down = lane.states.iter().filter(|(_, _, state)| !serves(state));
        down.map(|(start, end, _)| end - start).sum()
    };
    let left_out = lanes.len().saturating_sub(LANES);
    let mut order: Vec<usize> = (0..lanes.len()).collect();
    order.sort_by(|&one, &other| down(&lanes[other]).total_cmp(&down(&lanes[one])));
    order.truncate(LANES);
    order.sort_unstable();
    let mut lanes: Vec<Lane> = order.into_iter().map(|place| lanes[place].clone()).collect();
    let mut shortest = length / 5000.0;
    while lanes.iter().map(|lane| lane.states.len()).sum::<usize>() > STATES {
        lanes.iter_mut().for_each(|lane| join(lane, shortest));
        shortest *= 2.0;
    }
    (lanes, left_out)
}

/// Lets states that are shorter than so many seconds become part of what was before.
fn join(lane: &mut Lane, shortest: f64) {
    let mut kept: Vec<(f64, f64, String)> = Vec::new();
    for (start, end, state) in lane.states.drain(..) {
        match kept.last_mut() {
            Some(last) if end - start < shortest || last.2 == state => last.1 = end,
            _ => kept.push((start, end, state)),
        }
    }
    lane.states = kept;
}

/// The windows of the incident as they are, of the others as many joined as it takes.
fn thinned(windows: &[Window], from: f64, to: f64) -> Vec<Window> {
    let is_inside = |window: &Window| window.seconds >= from && window.seconds <= to;
    let inside = windows.iter().filter(|window| is_inside(window)).count();
    let every = |count: usize, room: usize| count.div_ceil(room.max(1)).max(1);
    let within = every(inside, WINDOWS / 2);
    let without = every(windows.len() - inside, WINDOWS - inside.min(WINDOWS / 2));
    let mut thin = Vec::new();
    let mut rest = windows;
    while let Some(first) = rest.first() {
        let inside = is_inside(first);
        let same = rest.iter().take_while(|window| is_inside(window) == inside).count();
        let (now, later) = rest.split_at(same.min(if inside { within } else { without }));
        thin.extend(joined(now));
        rest = later;
    }
    thin
}

/// Several windows as one: rates and counts add up, of the latency the worst.
fn joined(windows: &[Window]) -> Option<Window> {
    let first = windows.first()?;
    let sum = |of: fn(&Window) -> f64| windows.iter().map(of).sum::<f64>();
    let worst =
        |of: fn(&Window) -> Option<f64>| windows.iter().filter_map(of).max_by(f64::total_cmp);
    Some(Window {
        seconds: first.seconds,
        offered_per_s: sum(|window| window.offered_per_s) / windows.len() as f64,
        issued: sum(|window| window.issued),
        completed: sum(|window| window.completed),
        failed: sum(|window| window.failed),
        sojourn_p50_s: worst(|window| window.sojourn_p50_s),
        sojourn_p99_s: worst(|window| window.sojourn_p99_s),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(seconds: f64, node: &str, state: &str) -> Change {
        Change { seconds, node: node.to_string(), state: state.to_string(), speed: 1.0 }
    }

    #[test]
    fn lanes_say_how_many_nodes_serve() {
        let changes = [
            change(0.0, "node-1", "serving"),
            change(10.0, "node-1", "down"),
            change(30.0, "node-1", "serving"),
            change(0.0, "node-2", "serving"),
            change(20.0, "node-2", "booting"),
        ];
        let lanes = lanes(&changes, 100.0);
        let serving = |changes: &[Change]| total(changes, 100.0, |_| 1.0);
        assert_eq!(serving(&changes), [(0.0, 2.0), (10.0, 1.0), (20.0, 0.0), (30.0, 1.0)]);
        // From the last loss on nobody serves, to the end.
        let gone = [change(0.0, "node-1", "serving"), change(60.0, "node-1", "down")];
        assert_eq!(serving(&gone), [(0.0, 1.0), (60.0, 0.0)]);
        assert!(lanes[0].was_down && !lanes[1].was_down);
        assert_eq!(lanes[1].states[1], (20.0, 100.0, "booting".to_string()));
    }

    #[test]
    fn a_long_run_is_thinned_outside_of_the_incident_alone() {
        let window = |number: usize| Window {
            seconds: 10.0 * number as f64,
            offered_per_s: 5.0,
            issued: 50.0,
            completed: 40.0,
            failed: 10.0,
            sojourn_p50_s: None,
            sojourn_p99_s: Some(number as f64),
        };
        let windows: Vec<Window> = (0..100_000).map(window).collect();
        let thin = thinned(&windows, 500_000.0, 510_000.0);
        assert!(thin.len() <= WINDOWS + 3, "{}", thin.len());
        let inside = thin.iter().filter(|one| (500_000.0..=510_000.0).contains(&one.seconds));
        assert_eq!(inside.count(), 1001);
        let issued: f64 = thin.iter().map(|one| one.issued).sum();
        assert!((issued - 5_000_000.0).abs() < 1e-6, "{issued}");
    }

    #[test]
    fn many_nodes_leave_room_for_those_that_were_down() {
        let mut changes = Vec::new();
        for number in 0..1000 {
            let node = format!("node-{number}");
            changes.push(change(0.0, &node, "serving"));
            if number % 100 == 7 {
                changes.push(change(10.0, &node, "down"));
                changes.push(change(20.0, &node, "serving"));
            }
        }
        let (fitted, left_out) = fitted(lanes(&changes, 100.0), 100.0);
        assert_eq!((fitted.len(), left_out), (LANES, 1000 - LANES));
        assert_eq!(fitted.iter().filter(|lane| lane.was_down).count(), 10);
    }
}
