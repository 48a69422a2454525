//! The story of a replication: what happened and why, with what repeats told once.

use super::Report;
use super::fleet::{self, node_of};
use super::format::{self, length, number, percent, plural, with_unit};
use super::words;
use crate::kernel::time::{Duration, Instant};
use crate::observe::recorder::Series;
use crate::scenario::Scenario;
use crate::scenario::model::{Nodes, Rejoin};
use crate::sim::observation::{Cause, Loss, Observation};
use std::collections::BTreeMap;

/// A line of the story.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When.
    pub at: Instant,
    /// What sort of thing.
    pub tone: Tone,
    /// Whom it is about, such as `node-3`; may be empty.
    pub who: String,
    /// What happened.
    pub text: String,
    /// How the fleet stood at that moment: load, nodes that serve, share that fails.
    pub standing: Option<String>,
    /// What it looks like many times over.
    group: Option<Group>,
}

/// What sort of thing a line tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something breaks.
    Bad,
    /// Something is in danger.
    Warn,
    /// Something comes back.
    Good,
    /// People do something.
    People,
    /// An input of the scenario.
    Input,
    /// What was published.
    Published,
}

/// Lines that may be told as one where they are many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    FailedRestart,
    Restart,
    Refused,
    Ended,
    OutOfMemory,
    Thrashing,
    GaveUp,
    Marked,
    Lost,
    Fixed,
    Added,
    Fleet,
}

impl Group {
    /// Lines before the rest is told as one.
    fn first(self) -> usize {
        match self {
            Group::FailedRestart | Group::Fixed | Group::Added => 8,
            Group::Restart | Group::Refused => 5,
            Group::Ended
            | Group::OutOfMemory
            | Group::Thrashing
            | Group::GaveUp
            | Group::Marked
            | Group::Lost
            | Group::Fleet => 4,
        }
    }

    fn more(self, count: u64) -> String {
        let nodes = || plural(count, "more node");
        match self {
            Group::FailedRestart => format!("{} restart and fail in the same way", nodes()),
            Group::Restart => format!("{} like these", plural(count, "more restart")),
            Group::Refused => format!("{} refused", plural(count, "more restart")),
            Group::Ended => format!("{count} more processes end"),
            Group::OutOfMemory => format!("{} for want of memory", plural(count, "more kill")),
            Group::Thrashing => format!("{} begin to swap", nodes()),
            Group::GaveUp => format!("{} given up", nodes()),
            Group::Marked => {
                format!("health checks take nodes out {} more times", format::count(count))
            }
            Group::Lost => format!("{} lost like these", nodes()),
            Group::Fixed => format!("{} fixed", nodes()),
            Group::Added => format!("{} added", nodes()),
            Group::Fleet => format!("it goes and comes {} more times", count.div_ceil(2)),
        }
    }
}

/// What is known of a node while its story is told.
#[derive(Clone, Debug, Default)]
struct Tale {
    /// The line of the restart under way, and when it began.
    restart: Option<(usize, Instant)>,
    /// The line to which the return to service is added.
    returning: Option<usize>,
    /// The line of its marking while it serves.
    marked: Option<usize>,
    /// Whether a start has failed since it last served.
    failing: bool,
    serving: bool,
    starting: Option<Instant>,
}

/// Starts that fail again and again.
#[derive(Clone, Copy, Debug)]
struct Repeat {
    first: Instant,
    last: Instant,
    count: u64,
    nodes: u64,
}

/// Tells the first replication; nothing if its course was not kept.
pub fn story(report: &Report) -> Vec<Line> {
    let Some(series) = &report.first.series else { return Vec::new() };
    let scenario = &report.study.scenario;
    let lanes = fleet::lanes(report, series);
    let serving = fleet::serving(&lanes);
    let tales = vec![Tale { serving: true, ..Tale::default() }; scenario.nodes.count as usize];
    let mut teller = Teller {
        scenario,
        series,
        serving,
        lines: Vec::new(),
        tales,
        repeats: BTreeMap::new(),
        told: Vec::new(),
        reason_given: false,
        rule_given: false,
        alerted: Instant::START,
        fixed: (0, 0),
    };
    for (at, seen) in &series.story.events {
        teller.tell(*at, seen);
    }
    teller.close_repeats();
    teller.inputs(report);
    teller.outages(report);
    let mut lines = fold(scenario, teller.lines);
    lines.extend(report.study.document.fact.iter().map(|fact| Line {
        at: scenario.instant(fact.at.0),
        tone: Tone::Published,
        who: "published".to_string(),
        text: fact.text.clone(),
        standing: None,
        group: None,
    }));
    lines.sort_by_key(|line| line.at);
    lines
}

struct Teller<'a> {
    scenario: &'a Scenario,
    series: &'a Series,
    serving: Vec<(Instant, u32)>,
    lines: Vec<Line>,
    tales: Vec<Tale>,
    /// Failing starts by node, while they last.
    repeats: BTreeMap<u32, Repeat>,
    /// Those that are over.
    told: Vec<Repeat>,
    reason_given: bool,
    rule_given: bool,
    alerted: Instant,
    /// Nodes fixed, of how many.
    fixed: (u32, u32),
}

impl Teller<'_> {
    fn line(&mut self, at: Instant, tone: Tone, who: &str, text: String) -> usize {
        let who = who.to_string();
        self.lines.push(Line { at, tone, who, text, standing: None, group: None });
        self.lines.len() - 1
    }

    fn node_line(
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
    fn stands(&mut self, line: usize) {
        let at = self.lines[line].at;
        let window = self.scenario.clock.window.as_secs_f64();
        let after = self.series.rows.partition_point(|row| row.start <= at);
        let Some(row) = after.checked_sub(1).map(|index| &self.series.rows[index]) else { return };
        let serving = fleet::at(&self.serving, at).unwrap_or(0);
        let mut text = format!(
            "{} requests/s on {} of {}",
            number((f64::from(row.issued) / window).round()),
            serving,
            plural(self.tales.len() as u64, "node"),
        );
        if row.settled_total() > 0 {
            let failed = row.failed() as f64 / row.settled_total() as f64;
            text += &format!(", {} of them fail", percent(failed));
        }
        self.lines[line].standing = Some(text);
    }

    fn tell(&mut self, at: Instant, seen: &Observation) {
        let scenario = self.scenario;
        if let Some(node) = node_of(seen) {
            self.tell_node(at, node, seen);
        }
        match *seen {
            Observation::FleetDown => {
                let text = "no node serves any more".to_string();
                let line = self.line(at, Tone::Bad, "fleet", text);
                self.lines[line].group = Some(Group::Fleet);
                self.stands(line);
            }
            Observation::FleetServing => {
                let line = self.line(at, Tone::Good, "fleet", "the first node serves again".into());
                self.lines[line].group = Some(Group::Fleet);
            }
            Observation::Deployed { deploy, release, corrected } => {
                let text = words::deploy(scenario, deploy, release, corrected);
                self.line(at, Tone::Input, "deploy", text);
            }
            Observation::RolloutDone { .. } => {
                self.line(at, Tone::Input, "deploy", "every node is healthy with it".to_string());
            }
            Observation::Alerted { alert } => {
                self.alerted = at;
                let why = words::alert(scenario, alert);
                self.line(at, Tone::People, "people", format!("are called: {why}"));
            }
            Observation::Detected => {
                let text = format!("attend to it, {} later", length(at.since(self.alerted)));
                let line = self.line(at, Tone::People, "people", text);
                self.stands(line);
            }
            Observation::Diagnosed => {
                let after = length(at.since(self.alerted));
                let text = format!("have found and confirmed the cause, {after} after the alert");
                self.line(at, Tone::People, "people", text);
            }
            Observation::NothingToFix => {
                self.line(at, Tone::People, "people", "find nothing to fix".to_string());
            }
            Observation::FixStarted { nodes } => self.fix_started(at, nodes),
            Observation::FixFinished => {
                self.line(at, Tone::People, "people", "have fixed every node".to_string());
            }
            Observation::Ended { .. } => self.ended(),
            Observation::RequestIssued { .. }
            | Observation::AttemptAccepted { .. }
            | Observation::AttemptFailed { .. }
            | Observation::WorkWasted { .. }
            | Observation::RequestSettled { .. }
            | Observation::NodeSampled { .. }
            | Observation::RestartBegun { .. }
            | Observation::RestartRefused { .. }
            | Observation::ProcessStarting { .. }
            | Observation::StartFailed { .. }
            | Observation::ProcessServing { .. }
            | Observation::ProcessEnded { .. }
            | Observation::OutOfMemory { .. }
            | Observation::Thrashing { .. }
            | Observation::SupervisorGaveUp { .. }
            | Observation::NodeMarked { .. }
            | Observation::NodeLost { .. }
            | Observation::NodeBack { .. }
            | Observation::NodeAdded { .. }
            | Observation::RolloutStopped { .. }
            | Observation::NodeFixed { .. } => {}
        }
    }

    fn fix_started(&mut self, at: Instant, nodes: u32) {
        self.fixed = (0, nodes);
        let people = &self.scenario.people;
        let release = people.fixed_release.map_or("?", |r| &self.scenario.releases[r].name);
        let rejoin = match people.rejoin {
            Rejoin::Each => "each serves again as soon as it is fixed",
            Rejoin::Together => "they come back together at the end",
        };
        let text = format!(
            "begin the fix: release `{release}` on {}, {} at a time; {rejoin}",
            plural(u64::from(nodes), "node"),
            people.at_a_time
        );
        self.line(at, Tone::People, "people", text);
    }

    fn tell_node(&mut self, at: Instant, node: u32, seen: &Observation) {
        match *seen {
            Observation::NodeAdded { .. } => {
                let text = "is added and boots".to_string();
                let line = self.node_line(at, Tone::Input, (node, Group::Added), text);
                self.tales.push(Tale { returning: Some(line), ..Tale::default() });
            }
            Observation::RestartBegun { cause, .. } => self.restart_begun(at, node, cause),
            Observation::RestartRefused { why, cause, .. } => {
                let cause = words::cause(self.scenario, cause, true);
                let text = format!("would restart, {cause}, but {}", words::refusal(why));
                self.node_line(at, Tone::Warn, (node, Group::Refused), text);
            }
            Observation::ProcessStarting { .. } => {
                self.tales[node as usize].starting = Some(at);
            }
            Observation::StartFailed { release, of_restart, .. } => {
                self.start_failed(at, node, release, of_restart);
            }
            Observation::ProcessServing { .. } => self.serves(at, node),
            Observation::ProcessEnded { .. } => {
                let tale = &mut self.tales[node as usize];
                if std::mem::take(&mut tale.serving) {
                    let text = "its process ends".to_string();
                    self.node_line(at, Tone::Warn, (node, Group::Ended), text);
                }
            }
            Observation::OutOfMemory { memory, .. } => {
                self.tales[node as usize].serving = false;
                let used = with_unit("B", memory as f64);
                let text = format!("the kernel kills the process: {used} of memory are needed");
                self.node_line(at, Tone::Bad, (node, Group::OutOfMemory), text);
            }
            Observation::Thrashing { on: true, .. } => {
                let has = with_unit("B", self.scenario.nodes.memory as f64);
                let text = format!("needs more than its {has} of memory and slows down");
                self.node_line(at, Tone::Warn, (node, Group::Thrashing), text);
            }
            Observation::SupervisorGaveUp { .. } => {
                let text = format!("{} gives up starting it", words::supervisor(self.scenario));
                self.node_line(at, Tone::Bad, (node, Group::GaveUp), text);
            }
            Observation::NodeMarked { balancer, up, .. } => self.marked(at, node, balancer, up),
            Observation::NodeLost { why, .. } => self.lost(at, node, why),
            Observation::RolloutStopped { .. } => {
                let text = format!("the rollout stops at {}", Nodes::name(node));
                self.line(at, Tone::Warn, "deploy", text);
            }
            Observation::NodeFixed { .. } => {
                self.fixed.0 += 1;
                let (count, all) = self.fixed;
                let text = format!("is fixed, {count} of {all}");
                let line = self.node_line(at, Tone::Good, (node, Group::Fixed), text);
                if !self.tales[node as usize].serving {
                    self.tales[node as usize].returning = Some(line);
                }
            }
            Observation::RequestIssued { .. }
            | Observation::AttemptAccepted { .. }
            | Observation::AttemptFailed { .. }
            | Observation::WorkWasted { .. }
            | Observation::RequestSettled { .. }
            | Observation::Thrashing { on: false, .. }
            | Observation::NodeSampled { .. }
            | Observation::NodeBack { .. }
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
            | Observation::Ended { .. } => {}
        }
    }

    fn restart_begun(&mut self, at: Instant, node: u32, cause: Cause) {
        let is_first = !std::mem::replace(&mut self.rule_given, true);
        let why = words::cause(self.scenario, cause, is_first);
        let text = match cause {
            Cause::Rule { .. } if is_first => {
                let supervisor = words::supervisor(self.scenario);
                format!("{supervisor} restarts the process: {why}")
            }
            Cause::Rule { .. } | Cause::Deploy => format!("restarts: {why}"),
            Cause::OutOfMemory | Cause::Runtime | Cause::Exit => {
                format!("is started again: {why}")
            }
        };
        let line = self.node_line(at, Tone::Warn, (node, Group::Restart), text);
        let tale = &mut self.tales[node as usize];
        tale.restart = Some((line, at));
        tale.returning = Some(line);
        tale.serving = false;
        tale.marked = None;
        if is_first {
            self.stands(line);
        }
    }

    fn start_failed(&mut self, at: Instant, node: u32, release: u32, of_restart: bool) {
        let tale = &mut self.tales[node as usize];
        let took = tale.starting.map_or(Duration::ZERO, |start| at.since(start));
        let was_failing = std::mem::replace(&mut tale.failing, true);
        let restart = tale.restart.take();
        tale.returning = None;
        let release = &self.scenario.releases[release as usize];
        let why = if std::mem::replace(&mut self.reason_given, true) {
            "and cannot start either".to_string()
        } else {
            let why = release.invalid.as_deref().unwrap_or("invalid");
            let name = &release.name;
            let took = length(took);
            format!(
                "the new process exits after {took}: the configuration of release `{name}` does not work here ({why})"
            )
        };
        match restart {
            Some((line, _)) if of_restart => {
                let line = &mut self.lines[line];
                let comma = if why.starts_with("and") { ", " } else { "; " };
                line.text += &format!("{comma}{why}");
                line.tone = Tone::Bad;
                line.group = Some(Group::FailedRestart);
            }
            _ if !was_failing => {
                self.node_line(at, Tone::Bad, (node, Group::FailedRestart), why);
            }
            _ => {
                let new = Repeat { first: at, last: at, count: 0, nodes: 1 };
                let repeat = self.repeats.entry(node).or_insert(new);
                repeat.last = at;
                repeat.count += 1;
            }
        }
    }

    fn serves(&mut self, at: Instant, node: u32) {
        let tale = &mut self.tales[node as usize];
        let (restart, returning) = (tale.restart.take(), tale.returning);
        let was_failing = std::mem::take(&mut tale.failing);
        (tale.serving, tale.marked) = (true, None);
        if let Some(repeat) = self.repeats.remove(&node) {
            self.told.push(repeat);
        }
        match (restart, returning) {
            (Some((line, began)), _) => {
                let took = length(at.since(began));
                self.lines[line].text += &format!("; serves again after {took}");
            }
            (None, Some(line)) => {
                let when = format::time(self.scenario, at);
                self.lines[line].text += &format!("; serves from {when}");
            }
            (None, None) if was_failing => {
                self.node_line(at, Tone::Good, (node, Group::Fixed), "serves again".to_string());
            }
            (None, None) => {}
        }
    }

    fn marked(&mut self, at: Instant, node: u32, balancer: u32, up: bool) {
        let balancers = self.scenario.balancer.instances;
        let tale = &mut self.tales[node as usize];
        if !tale.serving {
            return;
        }
        if up {
            tale.marked = None;
            if let Some(line) = tale.returning.take() {
                let when = format::time(self.scenario, at);
                self.lines[line].text += &format!(", in rotation from {when}");
            }
        } else if tale.marked.is_none() {
            let who = match balancers {
                1 => "the balancer marks it down".to_string(),
                _ => format!("balancer {} of {balancers} marks it down", balancer + 1),
            };
            let text = format!("{who}: it serves, but health checks are not answered in time");
            let line = self.node_line(at, Tone::Warn, (node, Group::Marked), text);
            self.tales[node as usize].marked = Some(line);
        }
    }

    fn lost(&mut self, at: Instant, node: u32, why: Loss) {
        match why {
            // The line of the restart says it.
            Loss::FailedRestart => {}
            Loss::HealthCheck => {
                let text = "gets no more requests: it serves, but does not answer health checks in \
                            time, and every balancer has marked it down";
                let marked = self.tales[node as usize].marked;
                let line = marked.unwrap_or_else(|| {
                    self.node_line(at, Tone::Bad, (node, Group::Marked), String::new())
                });
                self.lines[line].tone = Tone::Bad;
                self.lines[line].text = text.to_string();
            }
            Loss::Exit => {
                let text = "is lost: nothing starts its process again".to_string();
                self.node_line(at, Tone::Bad, (node, Group::Lost), text);
            }
        }
    }

    fn ended(&mut self) {
        for tale in &self.tales {
            if let Some((line, _)) = tale.restart {
                self.lines[line].text += "; it still starts when the simulation ends";
            }
        }
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
            let text = format!("begins: less than {below} of the requests succeed");
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

/// Tells groups with too many lines shorter: the first ones, and one line for the others.
fn fold(scenario: &Scenario, mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by_key(|line| line.at);
    let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        if let Some(group) = line.group {
            groups.entry(group).or_default().push(index);
        }
    }
    let mut hidden = vec![false; lines.len()];
    for (group, members) in groups {
        // One line in place of two would save little.
        if members.len() <= group.first() + 2 {
            continue;
        }
        let rest = &members[group.first()..];
        let last = rest.last().map_or(Instant::START, |&index| lines[index].at);
        let kept = rest[0];
        rest.iter().skip(1).for_each(|&index| hidden[index] = true);
        let more = group.more(rest.len() as u64);
        lines[kept].text = format!("{more} until {}", format::time(scenario, last));
        lines[kept].who = "fleet".to_string();
        lines[kept].standing = None;
    }
    let mut hidden = hidden.into_iter();
    lines.retain(|_| !hidden.next().unwrap_or(false));
    lines
}
