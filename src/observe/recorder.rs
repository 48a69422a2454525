//! The standard observer: it measures a replication.

mod aftermath;
mod measures;
mod passed;

use super::attribution::{Attribution, Shares};
use super::digest::Digest;
use super::fate::Fate;
use super::minutes::Minutes;
use super::outage::{Finder, Outage};
use super::story::Story;
use super::windows::{Row, Windows};
use crate::kernel::time::{Duration, Instant};
use crate::scenario::measure::{Measure, Milestone};
use crate::scenario::model::Scenario;
use crate::sim::observation::{Gauges, Loss, Observation, Observer, Outcome, Phase};
use crate::stats::Histogram;
use aftermath::Aftermath;
use passed::Passing;
use std::sync::Arc;

/// The busiest stretch of this length is looked for.
const HOUR: u64 = 3_600_000_000_000;

/// Measures a replication while it runs. A clone goes on from where it was taken.
#[derive(Clone, Debug)]
pub struct Recorder {
    scenario: Arc<Scenario>,
    /// That of the scenario, at hand for every request.
    warm_up: Instant,
    digest: Digest,
    windows: Windows,
    finder: Finder,
    counts: Counts,
    sojourns: Histogram<7>,
    intervals: Vec<IntervalCounts>,
    /// By class; empty if there is only one.
    classes: Vec<ClassCounts>,
    milestones: [Option<Instant>; Milestone::ALL.len()],
    nodes: Vec<NodeView>,
    readings: Readings,
    aftermath: Aftermath,
    /// The node of the first restart, and whether its first start failed.
    first_restart: Option<(u32, Option<bool>)>,
    /// Since when no node serves.
    down_since: Option<Instant>,
    losses: Vec<Instant>,
    /// When people fixed a node.
    fixes: Vec<Instant>,
    lost_since: Option<Instant>,
    loss_spread: Option<Duration>,
    phases: Attribution,
    lost_at_once: usize,
    minutes: Minutes,
    /// What is known of traffic that may be passed over.
    passing: Option<Box<Passing>>,
    series: Option<Series>,
    ended: Option<Instant>,
}

/// What one replication shows in detail: its story and its windows.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// Control events and gauges.
    pub story: Story,
    /// One row a window.
    pub rows: Vec<Row>,
}

/// The results of a replication. What is kept of them are not the details.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Results {
    /// Its digest.
    pub digest: Digest,
    /// Values by [`Measure`], in the order of [`Measure::ALL`]; not a number where there is none.
    pub measures: Vec<f64>,
    /// Values of every interval of the scenario, in the order of
    /// [`IntervalMeasure::ALL`](crate::scenario::measure::IntervalMeasure::ALL).
    pub intervals: Vec<Vec<f64>>,
    /// Values of every class of requests, in the order of
    /// [`ClassMeasure::ALL`](crate::scenario::measure::ClassMeasure::ALL); empty if there is only
    /// one class.
    pub classes: Vec<Vec<f64>>,
    /// Times by [`Milestone`], in the order of [`Milestone::ALL`].
    pub milestones: Vec<Option<Instant>>,
    /// The outages.
    pub outages: Vec<Outage>,
    /// What became of the fleet.
    pub fate: Fate,
    /// Downtime and failures by phase.
    pub phases: Shares,
    /// Requests and nodes, minute by minute.
    pub minutes: Minutes,
    /// Details, if they were asked for.
    #[serde(skip)]
    pub series: Option<Series>,
}

impl Results {
    /// The value of a measure.
    pub fn measure(&self, measure: Measure) -> f64 {
        self.measures[measure as usize]
    }

    /// Whether an outage is going on at a moment.
    pub fn is_down_at(&self, when: Instant) -> bool {
        self.outages.iter().any(|outage| outage.start <= when && when < outage.end)
    }

    /// The time of a milestone.
    pub fn milestone(&self, milestone: Milestone) -> Option<Instant> {
        self.milestones[milestone as usize]
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    settled: [u64; Outcome::ALL.len()],
    issued: u64,
    attempts: u64,
    sojourn_ns: u128,
    wait_ns: u128,
    in_system: u64,
    /// Time in the system of all requests, in nanoseconds: the sum of the moments at which one
    /// leaves less that of the moments at which one comes.
    in_system_area: i128,
    wasted: u64,
    retries_denied: u64,
    restarts: u64,
    restarts_failed: u64,
    restarts_refused: u64,
    starts: u64,
    starts_failed: u64,
    redispatches: u64,
    oom_kills: u64,
    workers_recycled: u64,
    workers_killed: u64,
    lost_in_collapse: u64,
    lost_to_restart: u64,
    memory_max: u64,
    no_node_serves: Duration,
    partial_service: Duration,
    /// Windows that were not good, in outages or outside.
    poor: Duration,
    error_budget_ns: f64,
    /// Time in which traffic was passed over.
    skipped: Duration,
}

/// Sums over the gauges of nodes that serve.
#[derive(Clone, Copy, Debug, Default)]
struct Readings {
    count: u64,
    /// Requests and checks in a slot or waiting for one.
    held: u64,
    held_squares: u64,
    memory: u128,
}

impl Readings {
    fn add(&mut self, gauges: &Gauges) {
        let held = u64::from(gauges.in_service) + u64::from(gauges.queued);
        self.count += 1;
        self.held += held;
        self.held_squares += held * held;
        self.memory += u128::from(gauges.memory);
    }
}

#[derive(Clone, Debug, Default)]
struct IntervalCounts {
    issued: u64,
    failed: u64,
    settled: u64,
    restarts: u64,
    losses: u64,
    hours: Vec<u64>,
}

#[derive(Clone, Debug)]
struct ClassCounts {
    issued: u64,
    settled: [u64; Outcome::ALL.len()],
    attempts: u64,
    sojourn_ns: u128,
    wait_ns: u128,
    sojourns: Histogram<7>,
}

impl ClassCounts {
    fn of(scenario: &Scenario) -> Vec<ClassCounts> {
        let none = ClassCounts {
            issued: 0,
            settled: [0; Outcome::ALL.len()],
            attempts: 0,
            sojourn_ns: 0,
            wait_ns: 0,
            sojourns: Histogram::new(),
        };
        match scenario.classes.len() {
            0 | 1 => Vec::new(),
            classes => vec![none; classes],
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct NodeView {
    gauges: Option<Gauges>,
    /// The first reading that counts.
    first: Option<Gauges>,
    lost: bool,
}

impl Recorder {
    /// A recorder for a replication of `scenario`, with details if `detailed`.
    pub fn new(scenario: Arc<Scenario>, detailed: bool) -> Recorder {
        let view = NodeView { gauges: None, first: None, lost: false };
        Recorder {
            digest: Digest::default(),
            windows: Windows::new(scenario.clock.warm_up, scenario.clock.window),
            finder: Finder::new(scenario.outage),
            counts: Counts::default(),
            sojourns: Histogram::new(),
            intervals: vec![IntervalCounts::default(); scenario.intervals.len()],
            classes: ClassCounts::of(&scenario),
            milestones: [None; Milestone::ALL.len()],
            nodes: vec![view; scenario.nodes.count as usize],
            readings: Readings::default(),
            aftermath: Aftermath::default(),
            first_restart: None,
            down_since: None,
            losses: Vec::new(),
            fixes: Vec::new(),
            lost_since: None,
            loss_spread: None,
            phases: Attribution::new(scenario.nodes.count, scenario.outage.recovered_lasting),
            lost_at_once: 0,
            minutes: Minutes::new(scenario.clock.warm_up, scenario.clock.window),
            passing: None,
            series: detailed.then(Series::default),
            ended: None,
            warm_up: scenario.clock.warm_up,
            scenario,
        }
    }

    /// Goes on under another scenario, as a fork of the simulation does.
    pub fn fork(&self, scenario: Arc<Scenario>) -> Recorder {
        Recorder { warm_up: scenario.clock.warm_up, scenario, ..self.clone() }
    }

    /// The results, once the simulation has ended.
    ///
    /// # Panics
    /// If it has not.
    pub fn finish(self) -> Results {
        let end = self.ended.expect("results are taken when the simulation has ended");
        let outages = self.finder.outages(end);
        let mut milestones = self.milestones.to_vec();
        milestones[Milestone::OutageStart as usize] = outages.first().map(|outage| outage.start);
        let last = outages.last().filter(|outage| outage.end < end);
        milestones[Milestone::OutageEnd as usize] = last.map(|outage| outage.end);
        let phases = self.phases.shares(&outages);
        let measures = Measure::ALL
            .iter()
            .map(|&measure| self.measure(measure, end, &outages, &milestones, &phases))
            .collect();
        let intervals = (0..self.intervals.len()).map(|number| self.interval(number)).collect();
        let rule = &self.scenario.outage;
        let fate = Fate::of(rule, &outages, end, self.counts.poor, &self.fixes);
        Results {
            digest: self.digest,
            measures,
            intervals,
            classes: self.classes.iter().map(measures::class).collect(),
            milestones,
            outages,
            fate,
            phases,
            minutes: self.minutes.shrunk(),
            series: self.series,
        }
    }

    fn reach(&mut self, milestone: Milestone, now: Instant) {
        self.milestones[milestone as usize].get_or_insert(now);
    }

    fn close_windows(&mut self) {
        while let Some(row) = self.windows.close_next() {
            self.take_row(row);
        }
    }

    fn take_row(&mut self, row: Row) {
        let window = self.scenario.clock.window;
        let left = self.scenario.clock.horizon.since(row.start);
        let length = window.min(left);
        let (completed, settled) = (row.completed(), row.settled_total());
        self.finder.add(row.start, length, completed, settled);
        if settled > 0 {
            let share = completed as f64 / settled as f64;
            self.counts.error_budget_ns += (1.0 - share) * length.as_nanos() as f64;
            let rule = &self.scenario.outage;
            if share < rule.recovered {
                self.counts.poor += length;
                if share >= rule.below {
                    self.counts.partial_service += length;
                }
            }
        }
        let spans = self.scenario.intervals.iter().zip(&mut self.intervals);
        for (interval, counts) in spans {
            if row.start < interval.from || row.start >= interval.to {
                continue;
            }
            counts.issued += u64::from(row.issued);
            counts.settled += settled;
            counts.failed += row.failed();
            let hour = (row.start.since(interval.from).as_nanos() / HOUR) as usize;
            if counts.hours.len() <= hour {
                counts.hours.resize(hour + 1, 0);
            }
            counts.hours[hour] += u64::from(row.issued);
        }
        self.minutes.add(&row);
        if let Some(series) = &mut self.series {
            series.rows.push(row);
        }
    }

    #[inline(always)]
    fn on_issued(&mut self, now: Instant, class: u32) {
        if now < self.warm_up {
            return;
        }
        if self.windows.advance(now) {
            self.close_windows();
        }
        self.windows.issue();
        self.counts.in_system_area -= i128::from(now.as_nanos());
        self.counts.in_system += 1;
        self.counts.issued += 1;
        if let Some(class) = self.classes.get_mut(class as usize) {
            class.issued += 1;
        }
    }

    #[inline]
    fn on_settled(
        &mut self,
        now: Instant,
        issued: Instant,
        class: u32,
        (outcome, attempts, wait): (Outcome, u32, Duration),
    ) {
        if issued < self.warm_up {
            return;
        }
        let sojourn = now.since(issued);
        if let Some(class) = self.classes.get_mut(class as usize) {
            class.settled[outcome as usize] += 1;
            class.attempts += u64::from(attempts);
            if outcome == Outcome::Completed {
                class.sojourn_ns += u128::from(sojourn.as_nanos());
                class.wait_ns += u128::from(wait.as_nanos());
                class.sojourns.record(sojourn.as_nanos());
            }
        }
        self.windows.settle(issued, outcome, sojourn);
        self.counts.in_system_area += i128::from(now.as_nanos());
        let counts = &mut self.counts;
        counts.in_system -= 1;
        counts.settled[outcome as usize] += 1;
        counts.attempts += u64::from(attempts);
        if outcome != Outcome::Completed {
            self.phases.failed(now, issued);
        } else {
            counts.sojourn_ns += u128::from(sojourn.as_nanos());
            counts.wait_ns += u128::from(wait.as_nanos());
            self.sojourns.record(sojourn.as_nanos());
        }
    }

    /// Requests in the system, integrated until now, in nanoseconds.
    fn in_system_area(&self, now: Instant) -> i128 {
        let counts = &self.counts;
        counts.in_system_area + i128::from(now.as_nanos()) * i128::from(counts.in_system)
    }

    fn on_sampled(&mut self, now: Instant, node: u32, gauges: Gauges) {
        let counted = now >= self.warm_up;
        let view = &mut self.nodes[node as usize];
        view.gauges = Some(gauges);
        if counted {
            view.first.get_or_insert(gauges);
            self.counts.memory_max = self.counts.memory_max.max(gauges.memory);
            if gauges.phase == Phase::Serving {
                self.readings.add(&gauges);
            }
        }
        if node as usize + 1 == self.nodes.len() {
            let count = |of: fn(&Gauges) -> bool| {
                self.nodes.iter().filter_map(|node| node.gauges.as_ref()).filter(|g| of(g)).count()
            };
            let serving = count(|gauges| gauges.phase == Phase::Serving);
            let up = count(|gauges| gauges.up);
            self.windows.set_nodes(serving as u32, up as u32);
            if counted && self.windows.advance(now) {
                self.close_windows();
            }
        }
    }

    fn on_lost(&mut self, now: Instant, node: u32, why: Loss) {
        self.reach(Milestone::FirstNodeLost, now);
        self.losses.push(now);
        if self.loss_spread.is_none() {
            self.counts.lost_in_collapse += 1;
            self.counts.lost_to_restart += u64::from(why == Loss::FailedRestart);
        }
        self.count_in_intervals(now, |counts| counts.losses += 1);
        self.nodes[node as usize].lost = true;
        let lost = self.nodes.iter().filter(|node| node.lost).count();
        self.lost_at_once = self.lost_at_once.max(lost);
        let since = *self.lost_since.get_or_insert(now);
        if self.nodes.iter().all(|node| node.lost) {
            self.loss_spread.get_or_insert(now.since(since));
        }
    }

    fn on_back(&mut self, node: u32) {
        self.nodes[node as usize].lost = false;
        if self.nodes.iter().all(|node| !node.lost) {
            self.lost_since = None;
        }
    }

    fn count_in_intervals(&mut self, now: Instant, count: impl Fn(&mut IntervalCounts)) {
        for (interval, counts) in self.scenario.intervals.iter().zip(&mut self.intervals) {
            if interval.from <= now && now < interval.to {
                count(counts);
            }
        }
    }

    fn note_first_restart(&mut self, node: u32, failed: bool) {
        if let Some((first, outcome @ None)) = &mut self.first_restart
            && *first == node
        {
            *outcome = Some(failed);
        }
    }

    fn on_ended(&mut self, now: Instant) {
        // Those that are still here leave now, as far as this counts.
        self.counts.in_system_area = self.in_system_area(now);
        self.windows.end();
        while let Some(row) = self.windows.take_first() {
            if row.start < now {
                self.take_row(row);
            }
        }
        self.ended = Some(now);
    }
}

impl Observer for Recorder {
    /// What every request does is dealt with at the place where it happens, where the kind is
    /// known.
    #[inline(always)]
    #[expect(clippy::wildcard_enum_match_arm, reason = "all the others are in `on_control`")]
    fn observe(&mut self, now: Instant, seen: &Observation) {
        self.digest.observe(now, seen);
        match *seen {
            Observation::RequestIssued { class, .. } => self.on_issued(now, class),
            Observation::AttemptAccepted { .. } => {
                if now >= self.warm_up {
                    self.windows.accept();
                }
            }
            Observation::RequestSettled { issued, class, outcome, attempts, wait } => {
                self.on_settled(now, issued, class, (outcome, attempts, wait));
            }
            _ if seen.is_traffic() => self.on_other_traffic(now, seen),
            _ => self.on_control(now, seen),
        }
    }
}

impl Recorder {
    #[cold]
    fn on_restart(&mut self, now: Instant, node: u32) {
        self.reach(Milestone::FirstRestart, now);
        self.first_restart.get_or_insert((node, None));
        self.counts.restarts += 1;
        self.count_in_intervals(now, |counts| counts.restarts += 1);
    }

    fn on_worker_ended(&mut self, now: Instant, killed: bool) {
        let counts = &mut self.counts;
        let count = if killed { &mut counts.workers_killed } else { &mut counts.workers_recycled };
        *count += u64::from(now >= self.warm_up);
    }

    fn on_fleet_down(&mut self, now: Instant) {
        self.reach(Milestone::FleetDown, now);
        self.down_since = Some(now);
    }

    fn on_out_of_memory(&mut self, memory: u64) {
        self.counts.oom_kills += 1;
        self.counts.memory_max = self.counts.memory_max.max(memory);
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are about no people")]
    fn on_people(&mut self, now: Instant, seen: &Observation) {
        match *seen {
            Observation::Alerted { .. } => self.reach(Milestone::Alerted, now),
            Observation::Detected => self.reach(Milestone::Detected, now),
            Observation::Diagnosed => self.reach(Milestone::Diagnosed, now),
            Observation::FixStarted { .. } => self.reach(Milestone::FixStarted, now),
            Observation::NodeFixed { .. } => {
                self.reach(Milestone::FirstNodeFixed, now);
                self.fixes.push(now);
            }
            Observation::FixFinished => self.reach(Milestone::FixFinished, now),
            _ => {}
        }
    }

    /// What single requests do, but for what every one of them does.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others count nothing")]
    fn on_other_traffic(&mut self, now: Instant, seen: &Observation) {
        let counted = u64::from(now >= self.warm_up);
        match *seen {
            Observation::HandedOn { .. } => self.counts.redispatches += counted,
            Observation::WorkWasted { .. } => self.counts.wasted += counted,
            Observation::RetryDenied => self.counts.retries_denied += counted,
            Observation::Passage(passage) => self.on_passage(now, passage),
            _ => {}
        }
    }

    fn on_control(&mut self, now: Instant, seen: &Observation) {
        if let Some(series) = &mut self.series {
            series.story.observe(now, seen);
        }
        self.phases.observe(now, seen);
        self.aftermath.observe(now, seen);
        match *seen {
            Observation::ProcessStarting { .. } => self.counts.starts += 1,
            Observation::NodeSampled { node, gauges } => self.on_sampled(now, node, gauges),
            Observation::RestartBegun { node, .. } => self.on_restart(now, node),
            Observation::RestartRefused { .. } => self.counts.restarts_refused += 1,
            Observation::StartFailed { node, of_restart, .. } => {
                self.note_first_restart(node, true);
                self.counts.starts_failed += 1;
                self.counts.restarts_failed += u64::from(of_restart);
            }
            Observation::OutOfMemory { memory, .. } => self.on_out_of_memory(memory),
            Observation::NodeLost { node, why } => self.on_lost(now, node, why),
            Observation::NodeBack { node } | Observation::NodeRemoved { node } => {
                self.on_back(node);
            }
            Observation::NodeAdded { .. } => {
                self.nodes.push(NodeView { gauges: None, first: None, lost: false });
            }
            Observation::FleetDown => self.on_fleet_down(now),
            Observation::FleetServing => {
                let since = self.down_since.take().unwrap_or(now);
                self.counts.no_node_serves += now.since(since);
            }
            Observation::ProcessServing { node } => self.note_first_restart(node, false),
            Observation::Alerted { .. }
            | Observation::Detected
            | Observation::Diagnosed
            | Observation::FixStarted { .. }
            | Observation::NodeFixed { .. }
            | Observation::FixFinished => self.on_people(now, seen),
            Observation::WorkerEnded { killed, .. } => self.on_worker_ended(now, killed),
            Observation::Passage(passage) => self.on_passage(now, passage),
            Observation::Ended { .. } => self.on_ended(now),
            Observation::RequestIssued { .. }
            | Observation::AttemptAccepted { .. }
            | Observation::RequestSettled { .. }
            | Observation::AttemptFailed { .. }
            | Observation::WorkWasted { .. }
            | Observation::RetryDenied
            | Observation::HandedOn { .. }
            | Observation::ProcessEnded { .. }
            | Observation::Crashed { .. }
            | Observation::Ejected { .. }
            | Observation::WorkerServing { .. }
            | Observation::WorkerFailed { .. }
            | Observation::Struck { .. }
            | Observation::Thrashing { .. }
            | Observation::SupervisorGaveUp { .. }
            | Observation::NodeMarked { .. }
            | Observation::Deployed { .. }
            | Observation::RolloutDone { .. }
            | Observation::RolloutStopped { .. }
            | Observation::ReleaseRefused { .. }
            | Observation::CanaryJudged { .. }
            | Observation::Reloaded { .. }
            | Observation::RolloutStalled { .. }
            | Observation::Evicted { .. }
            | Observation::NothingToFix => {}
        }
    }
}
