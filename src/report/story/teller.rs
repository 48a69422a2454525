//! Telling what happens to the fleet, what people do, and what the scenario puts in.

use super::group::Group;
use super::{Line, Tone};
use crate::fleet::canary::Verdict;
use crate::kernel::time::Instant;
use crate::observe::recorder::Series;
use crate::report::fleet::node_of;
use crate::report::format::{self, length, number, percent, plural};
use crate::report::{Report, fleet, words};
use crate::scenario::Scenario;
use crate::scenario::model::{Nodes, Rejoin};
use crate::sim::observation::Observation;
use std::collections::BTreeMap;

/// What is known of a node while its story is told.
#[derive(Clone, Debug, Default)]
pub(super) struct Tale {
    /// The line of the restart under way, and when it began.
    pub(super) restart: Option<(usize, Instant)>,
    /// The line to which the return to service is added.
    pub(super) returning: Option<usize>,
    /// The line of its marking while it serves.
    pub(super) marked: Option<usize>,
    /// Whether a start has failed since it last served.
    pub(super) failing: bool,
    pub(super) serving: bool,
    pub(super) starting: Option<Instant>,
    /// When the kernel killed its process last.
    pub(super) killed: Option<Instant>,
}

/// Starts that fail again and again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repeat {
    pub(super) first: Instant,
    pub(super) last: Instant,
    pub(super) count: u64,
    pub(super) nodes: u64,
}

/// Turns what happened into lines.
pub(super) struct Teller<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) series: &'a Series,
    /// How many nodes serve from when on.
    pub(super) serving: Vec<(Instant, u32)>,
    /// Since when each node is there.
    pub(super) added: Vec<Instant>,
    pub(super) lines: Vec<Line>,
    pub(super) tales: Vec<Tale>,
    /// Failing starts by node, while they last.
    pub(super) repeats: BTreeMap<u32, Repeat>,
    /// Those that are over.
    pub(super) told: Vec<Repeat>,
    pub(super) reason_given: bool,
    pub(super) rule_given: bool,
    pub(super) alerted: Instant,
    /// Restarts that failed.
    pub(super) failures: u32,
    /// Nodes fixed, of how many.
    pub(super) fixed: (u32, u32),
}

impl<'a> Teller<'a> {
    pub(super) fn new(report: &'a Report, series: &'a Series) -> Teller<'a> {
        let scenario = &report.study.scenario;
        let lanes = fleet::lanes(report, series);
        let added = lanes.iter().filter_map(|lane| lane.first()).map(|first| first.at);
        let tale = Tale { serving: true, ..Tale::default() };
        Teller {
            scenario,
            series,
            serving: fleet::serving(&lanes),
            added: added.collect(),
            lines: Vec::new(),
            tales: vec![tale; scenario.nodes.count as usize],
            repeats: BTreeMap::new(),
            told: Vec::new(),
            reason_given: false,
            rule_given: false,
            alerted: Instant::START,
            failures: 0,
            fixed: (0, 0),
        }
    }

    /// Every line, not yet in order.
    pub(super) fn tell_all(mut self, report: &Report) -> Vec<Line> {
        for (at, seen) in &self.series.story.events {
            self.tell(*at, seen);
        }
        self.close_repeats();
        self.inputs(report);
        self.outages(report);
        self.lines
    }

    pub(super) fn line(&mut self, at: Instant, tone: Tone, who: &str, text: String) -> usize {
        let who = who.to_string();
        self.lines.push(Line { at, tone, who, text, standing: None, group: None });
        self.lines.len() - 1
    }

    pub(super) fn node_line(
        &mut self,
        at: Instant,
        tone: Tone,
        (node, group): (u32, Group),
        text: String,
    ) -> usize {
        let line = self.line(at, tone, &Nodes::name(node), text);
        self.lines[line].group = Some(group);
        line
    }

    /// Adds to a line how the fleet stands.
    pub(super) fn stands(&mut self, line: usize) {
        let at = self.lines[line].at;
        let window = self.scenario.clock.window.as_secs_f64();
        let after = self.series.rows.partition_point(|row| row.start <= at);
        let Some(row) = after.checked_sub(1).map(|index| &self.series.rows[index]) else { return };
        let serving = fleet::at(&self.serving, at).unwrap_or(0);
        let there = self.added.iter().filter(|added| **added <= at).count();
        let rate = f64::from(row.issued) / window;
        let mut text = format!(
            "{} requests/s on {} of {}",
            number(rate.round()),
            serving,
            plural(there as u64, "node"),
        );
        if serving > 0 && rate >= 1.0 {
            text += &format!(", {} each", number((rate / f64::from(serving)).round()));
        }
        if row.settled_total() > 0 {
            let failed = row.failed() as f64 / row.settled_total() as f64;
            text += &format!(", {} of them fail", percent(failed));
        }
        self.lines[line].standing = Some(text);
    }

    fn tell(&mut self, at: Instant, seen: &Observation) {
        if let Some(node) = node_of(seen) {
            self.tell_node(at, node, seen);
        }
        match *seen {
            Observation::FleetDown => {
                let line = self.fleet(at, Tone::Bad, "no node serves any more");
                self.stands(line);
            }
            Observation::FleetServing => {
                self.fleet(at, Tone::Good, "the first node serves again");
            }
            Observation::Deployed { .. }
            | Observation::RolloutDone { .. }
            | Observation::ReleaseRefused { .. }
            | Observation::CanaryJudged { .. }
            | Observation::RolloutStalled { .. } => self.tell_deploy(at, seen),
            Observation::Alerted { alert } => {
                self.alerted = at;
                self.people(at, &format!("are called: {}", words::alert(self.scenario, alert)));
            }
            Observation::Detected => {
                let text = format!("attend to it, {} later", length(at.since(self.alerted)));
                let line = self.people(at, &text);
                self.stands(line);
            }
            Observation::Diagnosed => {
                let after = length(at.since(self.alerted));
                let text = format!("have found and confirmed the cause, {after} after the alert");
                self.people(at, &text);
            }
            Observation::NothingToFix => _ = self.people(at, "find nothing to fix"),
            Observation::FixStarted { nodes } => self.fix_started(at, nodes),
            Observation::FixFinished => _ = self.people(at, "have fixed every node"),
            Observation::Ended { .. } => self.ended(),
            Observation::RequestIssued { .. }
            | Observation::AttemptAccepted { .. }
            | Observation::AttemptFailed { .. }
            | Observation::WorkWasted { .. }
            | Observation::HandedOn { .. }
            | Observation::RetryDenied
            | Observation::RequestSettled { .. }
            | Observation::NodeSampled { .. }
            | Observation::Passage(_)
            | Observation::RestartBegun { .. }
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
            | Observation::RolloutStopped { .. }
            | Observation::Reloaded { .. }
            | Observation::NodeRemoved { .. }
            | Observation::Evicted { .. }
            | Observation::NodeFixed { .. } => {}
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are about no deploy")]
    fn tell_deploy(&mut self, at: Instant, seen: &Observation) {
        let scenario = self.scenario;
        let (tone, text) = match *seen {
            Observation::Deployed { deploy, release, corrected } => {
                (Tone::Input, words::deploy(scenario, deploy, release, corrected))
            }
            Observation::RolloutDone { .. } => {
                (Tone::Input, "every node is healthy with it".to_string())
            }
            Observation::ReleaseRefused { deploy, release } => {
                (Tone::Good, words::release_refused(scenario, deploy, release))
            }
            Observation::CanaryJudged { verdict: Verdict::Passed, .. } => {
                (Tone::Input, words::verdict(Verdict::Passed).to_string())
            }
            Observation::CanaryJudged { verdict, .. } => {
                (Tone::Warn, words::verdict(verdict).to_string())
            }
            Observation::RolloutStalled { .. } => {
                (Tone::Warn, "the rollout makes no progress, and goes on trying".to_string())
            }
            _ => return,
        };
        self.line(at, tone, "deploy", text);
    }

    fn people(&mut self, at: Instant, text: &str) -> usize {
        self.line(at, Tone::People, "people", text.to_string())
    }

    fn fleet(&mut self, at: Instant, tone: Tone, text: &str) -> usize {
        let line = self.line(at, tone, "fleet", text.to_string());
        self.lines[line].group = Some(Group::Fleet);
        line
    }

    fn fix_started(&mut self, at: Instant, nodes: u32) {
        self.fixed = (0, nodes);
        let repair = self.scenario.people.repair.known();
        let release = repair.fixed_release.map(|r| &self.scenario.releases[r].name);
        let release = release.map_or(String::new(), |name| format!(": release `{name}`"));
        let rejoin = match repair.rejoin {
            Rejoin::Each => "each serves again as soon as it is fixed",
            Rejoin::Together => "they come back together at the end",
        };
        let text = format!(
            "begin the fix{release} on {}, {} at a time; {rejoin}",
            plural(u64::from(nodes), "node"),
            repair.at_a_time
        );
        self.line(at, Tone::People, "people", text);
    }

    /// Tells of failing starts once for all nodes that failed at the same time.
    fn close_repeats(&mut self) {
        let mut all = std::mem::take(&mut self.told);
        all.extend(std::mem::take(&mut self.repeats).into_values());
        all.sort_by_key(|repeat| repeat.first);
        let mut together: Vec<(Repeat, Instant)> = Vec::new();
        for one in all {
            match together.last_mut() {
                Some((before, shown)) if one.first <= before.last => {
                    before.last = before.last.max(one.last);
                    before.count += one.count;
                    before.nodes += 1;
                    *shown = one.first;
                }
                _ => together.push((one, one.first)),
            }
        }
        for (repeat, shown) in together {
            let until = format::time(self.scenario, repeat.last);
            let text = format!(
                "{} keeps trying: {} fail on {} until {until}",
                words::supervisor(self.scenario),
                plural(repeat.count, "more start"),
                plural(repeat.nodes, "node"),
            );
            self.line(shown, Tone::Bad, "fleet", text);
        }
    }

    /// What the scenario puts in.
    fn inputs(&mut self, report: &Report) {
        let start = self.scenario.clock.warm_up;
        let line = self.line(start, Tone::Input, "start", String::new());
        self.stands(line);
        self.lines[line].text = self.lines[line].standing.take().unwrap_or_default();
        for (name, surge) in report.study.document.load.surge.iter() {
            let rate = surge.rate.as_per_second() * report.study.document.load.scale;
            let text = format!(
                "`{}` begins: within {} it brings {} requests/s more",
                name.as_str(),
                length(surge.ramp),
                number(rate)
            );
            let at = self.scenario.instant(surge.onset.0);
            if at < self.scenario.clock.horizon && rate > 0.0 {
                let line = self.line(at, Tone::Input, "surge", text);
                self.stands(line);
            }
        }
    }

    fn outages(&mut self, report: &Report) {
        let rule = &self.scenario.outage;
        for outage in &report.first.outages {
            let below = percent(rule.below);
            let text = format!(
                "begins: of the requests issued in the {} from here on, less than {below} succeed",
                length(self.scenario.clock.window)
            );
            self.line(outage.start, Tone::Bad, "OUTAGE", text);
            if outage.end >= self.scenario.clock.horizon {
                continue;
            }
            let text = format!(
                "ends after {}: at least {} of the requests succeed",
                length(outage.end.since(outage.start)),
                percent(rule.recovered)
            );
            let line = self.line(outage.end, Tone::Good, "OUTAGE", text);
            self.stands(line);
        }
    }
}
