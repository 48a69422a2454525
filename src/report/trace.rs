//! Everything that happened around a moment of one replication: `fleetfall trace`.
//!
//! For machines each event is a row with the columns of [`COLUMNS`], as CSV, or as one JSON object
//! a line in which only the columns that apply stand. A request has no number of its own: it is
//! told by when it was issued, so the `issued_seconds` of its end are the `seconds` of its
//! beginning.

use super::events::Event;
use super::fleet::{node_of, phase_name};
use super::format::{self, with_unit};
use super::human::head;
use super::kinds::name;
use super::{Screen, tables, words};
use crate::kernel::time::Instant;
use crate::observe::trace::{Span, Trace};
use crate::scenario::Study;
use crate::scenario::model::Nodes;
use crate::sim::observation::{Observation, Outcome};

/// The columns of a row, and what stands in them where it applies.
pub const COLUMNS: [(&str, &str); 20] = [
    ("time", "when, RFC 3339 in UTC, to the millisecond"),
    ("local", "the same in the zone of the scenario's clock"),
    ("seconds", "seconds since the start of the simulation, to the nanosecond"),
    ("event", "what happened; one of the names of events"),
    ("node", "the node that it happened on or to"),
    ("class", "the class of a request that was issued or has ended"),
    ("source", "the load source of a request that was issued"),
    ("outcome", "how an attempt failed, or a request ended"),
    ("attempts", "attempts that a request took that has ended"),
    ("issued_seconds", "when that request was issued, as `seconds`"),
    ("wait_s", "seconds that its last attempt waited for a slot, if it was completed"),
    ("balancer", "number of the balancer"),
    ("release", "the release on the node's disk, or that a deploy brings"),
    ("deploy", "the deploy"),
    ("cause", "why: of a restart, a refusal, a loss, a worker's end or an alert"),
    ("rule", "the restart rule that fired"),
    ("metric", "what it measures"),
    ("value", "what was measured, in the metric's unit: bytes, cores, seconds or a number"),
    ("limit", "the limit on this node, in the same unit"),
    ("detail", "more about it; of gauges `phase`, `up`, `in_service`, `queued`, `memory_bytes`"),
];

/// Columns that hold numbers.
const NUMBERS: [&str; 7] =
    ["seconds", "attempts", "issued_seconds", "wait_s", "balancer", "value", "limit"];

/// Which events are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Numbers of nodes; if there are any, only what happens on or to these.
    pub nodes: Vec<u32>,
    /// Names of events; if there are any, only these.
    pub kinds: Vec<String>,
}

impl Filter {
    /// Whether an event is.
    pub fn wants(&self, seen: &Observation) -> bool {
        let node = || node_of(seen).is_some_and(|node| self.nodes.contains(&node));
        let kind = || self.kinds.iter().any(|kind| kind == name(seen));
        (self.nodes.is_empty() || node()) && (self.kinds.is_empty() || kind())
    }
}

/// Everything that the outputs of `trace` are made from.
#[derive(Clone, Debug)]
pub struct Traced<'a> {
    /// The scenario and what its file says.
    pub study: &'a Study,
    /// Seed of the replication.
    pub seed: u64,
    /// Names of the patches applied.
    pub with: &'a [String],
    /// Assignments applied.
    pub set: &'a [String],
    /// What the stretch is around: the name of a milestone, or a time as it was typed.
    pub around: &'a str,
    /// The stretch.
    pub span: Span,
    /// What happened in it.
    pub trace: &'a Trace,
}

/// Seconds since the start, to the nanosecond.
fn seconds(at: Instant) -> String {
    const SECOND: u64 = 1_000_000_000;
    let ns = at.as_nanos();
    format!("{}.{:09}", ns / SECOND, ns % SECOND)
}

impl Traced<'_> {
    /// An instant to the nearest millisecond in the zone of the clock.
    fn local(&self, at: Instant, pattern: &str) -> String {
        let civil = self.study.scenario.civil(at);
        let rounded = civil.round(jiff::Unit::Millisecond).unwrap_or(civil);
        rounded.to_zoned(self.study.scenario.clock.zone.clone()).strftime(pattern).to_string()
    }

    /// The time of day.
    fn clock(&self, at: Instant) -> String {
        self.local(at, "%H:%M:%S%.3f")
    }

    fn row(&self, at: Instant, seen: &Observation) -> Vec<String> {
        let scenario = &self.study.scenario;
        let local = self.local(at, "%Y-%m-%dT%H:%M:%S%.3f%:z");
        let [name, node, balancer, release, deploy, cause, rule, metric, value, limit, detail] =
            Event::of(scenario, seen).cells();
        let traffic = self.traffic(seen);
        let detail = gauges(seen).unwrap_or(detail);
        let mut row = vec![format::rfc3339(scenario, at), local, seconds(at), name, node];
        row.extend(traffic);
        row.extend([balancer, release, deploy, cause, rule, metric, value, limit, detail]);
        row
    }

    /// `class`, `source`, `outcome`, `attempts`, `issued_seconds` and `wait_s`.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are not about requests")]
    fn traffic(&self, seen: &Observation) -> [String; 6] {
        let scenario = &self.study.scenario;
        let class = |class: u32| scenario.classes[class as usize].name.clone();
        let mut cells: [String; 6] = Default::default();
        match *seen {
            Observation::RequestIssued { source, class: of } => {
                cells[0] = class(of);
                cells[1] = scenario.sources[source as usize].name.clone();
            }
            Observation::AttemptFailed { how } => cells[2] = how.name().to_string(),
            Observation::RequestSettled { issued, class: of, outcome, attempts, wait } => {
                cells[0] = class(of);
                cells[2] = outcome.name().to_string();
                cells[3] = attempts.to_string();
                cells[4] = seconds(issued);
                if outcome == Outcome::Completed {
                    cells[5] = wait.as_secs_f64().to_string();
                }
            }
            _ => {}
        }
        cells
    }

    /// What people want to know of an event beside its name and its node.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others have their cells in events.csv")]
    fn details(&self, at: Instant, seen: &Observation) -> String {
        let scenario = &self.study.scenario;
        let [class, source, outcome, ..] = self.traffic(seen);
        // Where there is one class only, everybody knows it.
        let is_one_of_several = scenario.classes.len() > 1 && !class.is_empty();
        let class = if is_one_of_several { format!("class {class}, ") } else { String::new() };
        match *seen {
            Observation::RequestIssued { .. } => format!("{class}from {source}"),
            Observation::AttemptFailed { .. } => outcome.replace('_', " "),
            Observation::RequestSettled { issued, outcome: how, attempts, wait, .. } => {
                let took = with_unit("s", at.since(issued).as_secs_f64());
                let mut text = format!("{class}{} after {took}", outcome.replace('_', " "));
                if attempts != 1 {
                    text += &format!(", {}", format::plural(u64::from(attempts), "attempt"));
                }
                text += &format!(", issued {}", self.clock(issued));
                if how == Outcome::Completed && wait.as_nanos() > 0 {
                    text += &format!(", waited {}", with_unit("s", wait.as_secs_f64()));
                }
                text
            }
            Observation::NodeSampled { gauges, .. } => format!(
                "{}, {}, {} in service, {} waiting, {}",
                phase_name(gauges.phase),
                if gauges.up { "marked up" } else { "marked down" },
                gauges.in_service,
                gauges.queued,
                with_unit("B", gauges.memory as f64),
            ),
            Observation::RestartBegun { cause, .. } => words::cause(scenario, cause, false),
            Observation::RestartRefused { why, .. } => words::refusal(why).to_string(),
            Observation::OutOfMemory { memory, .. } => with_unit("B", memory as f64),
            Observation::Alerted { alert } => words::alert(scenario, alert),
            _ => {
                let [_, _, balancer, release, deploy, cause, .., detail] =
                    Event::of(scenario, seen).cells();
                let named = |name: &str, cell: String| match cell.as_str() {
                    "" => None,
                    _ => Some(format!("{name}{cell}")),
                };
                let cells = [
                    named("balancer ", balancer),
                    named("release ", release),
                    named("deploy ", deploy),
                    named("", cause.replace('_', " ")),
                    named("", detail.replace('_', " ")),
                ];
                cells.into_iter().flatten().collect::<Vec<String>>().join(", ")
            }
        }
    }

    /// How many events there are, and what was left out.
    pub fn note(&self) -> String {
        let Trace { events, left_out } = self.trace;
        let count = events.len() as u64;
        let found = format::plural(count, "event");
        if *left_out == 0 {
            return found;
        }
        format!(
            "{found}, those nearest to {}; {} more left out: `--limit {}` shows all, `--only` and \
             `--node` want fewer",
            self.around,
            format::count(*left_out),
            count + left_out
        )
    }
}

/// What a gauge shows, as the detail of a row.
fn gauges(seen: &Observation) -> Option<String> {
    let Observation::NodeSampled { gauges, .. } = seen else { return None };
    Some(format!(
        "phase={} up={} in_service={} queued={} memory_bytes={}",
        phase_name(gauges.phase),
        gauges.up,
        gauges.in_service,
        gauges.queued,
        gauges.memory
    ))
}

/// The events as CSV.
pub fn csv(traced: &Traced) -> String {
    let head = COLUMNS.map(|(name, _)| name.to_string()).to_vec();
    let rows = traced.trace.events.iter().map(|(at, seen)| traced.row(*at, seen));
    tables::write(std::iter::once(head).chain(rows))
}

/// The events as JSON, one object a line.
pub fn json_lines(traced: &Traced) -> String {
    let mut text = String::new();
    for (at, seen) in &traced.trace.events {
        let row = traced.row(*at, seen);
        let cells = COLUMNS.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
        let fields: Vec<String> = cells
            .map(|((name, _), cell)| match NUMBERS.contains(name) {
                true => format!("\"{name}\":{cell}"),
                false => format!("\"{name}\":{}", serde_json::Value::from(cell)),
            })
            .collect();
        text += &format!("{{{}}}\n", fields.join(","));
    }
    text
}

/// The events for people, with a line where the moment is.
pub fn human(traced: &Traced, screen: &Screen) -> String {
    let (scenario, span) = (&traced.study.scenario, &traced.span);
    let palette = &screen.palette;
    let seed = format!("1 replication, seed {}", traced.seed);
    let mut text = head(traced.study, traced.with, traced.set, &seed, None, screen);
    let about = format!(
        "From {} to {} on {}, around {} at {}.",
        traced.clock(span.from),
        traced.clock(span.to),
        format::day(scenario, span.at),
        traced.around,
        traced.clock(span.at)
    );
    text += &format!("\n{}", screen.paragraph(&about));
    let events = &traced.trace.events;
    let names = events.iter().map(|(_, seen)| name(seen).len());
    let kind = names.max().unwrap_or(0).max("event".len());
    let nodes = events.iter().filter_map(|(_, seen)| node_of(seen)).max();
    let node = nodes.map_or(0, |node| Nodes::name(node).len()).max("node".len());
    let indent = 2 + "00:00:00.000".len() + 2 + kind + 2 + node + 2;
    let (dim, bold, reset) = (palette.dim, palette.bold, palette.reset);
    let heads = format!("  {:12}  {:kind$}  {:node$}  details", "time", "event", "node");
    text += &format!("\n{dim}{heads}{reset}\n");
    let moment = format!("  {}  {bold}-- {}{reset}\n", traced.clock(span.at), traced.around);
    let first = events.partition_point(|(at, _)| *at < span.at);
    for (number, (at, seen)) in events.iter().enumerate() {
        if number == first {
            text += &moment;
        }
        let name = format!("{:kind$}", name(seen));
        let color = if seen.is_traffic() { "" } else { bold };
        let end = if color.is_empty() { "" } else { reset };
        let who = node_of(seen).map_or(String::new(), Nodes::name);
        let room = screen.text().saturating_sub(indent).max(12);
        let details = format::wrap(&traced.details(*at, seen), room, &" ".repeat(indent));
        let line = format!("{color}{name}{end}  {who:node$}  {details}");
        text += &format!("  {dim}{}{reset}  {}\n", traced.clock(*at), line.trim_end());
    }
    if first == events.len() {
        text += &moment;
    }
    text + &format!("\n{}", screen.paragraph(&(traced.note() + ".")))
}
