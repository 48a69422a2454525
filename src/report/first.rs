//! The course of the first replication as data: what a reader of `summary.json` needs to tell its
//! story again without simulating.

use super::fleet::{self, Crossing, State};
use super::story::{Tone, story};
use super::{Report, format};
use crate::kernel::time::Instant;
use crate::observe::recorder::Series;
use crate::scenario::Scenario;
use crate::scenario::model::Nodes;
use serde::Serialize;

/// What `summary.json` says of the first replication.
#[derive(Serialize)]
pub(super) struct First {
    seed: u64,
    from_s: f64,
    to_s: f64,
    capacity_per_node_per_s: Option<f64>,
    crossing: Option<Crossed>,
    outages: Vec<Stretch>,
    story: Vec<Told>,
}

#[derive(Serialize)]
struct Crossed {
    #[serde(flatten)]
    at: Moment,
    offered_per_s: f64,
    capacity_per_s: f64,
}

/// A time as people in other places read it, and as a number.
#[derive(Serialize)]
struct Moment {
    time: String,
    seconds: f64,
}

#[derive(Serialize)]
struct Stretch {
    start: String,
    start_s: f64,
    end: String,
    end_s: f64,
}

#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    at: Moment,
    tone: &'static str,
    who: String,
    text: String,
    standing: Option<String>,
}

impl Moment {
    fn new(scenario: &Scenario, at: Instant) -> Moment {
        Moment { time: format::rfc3339(scenario, at), seconds: at.as_secs_f64() }
    }
}

/// The first replication; `None` if its course was not kept.
pub(super) fn first(report: &Report) -> Option<First> {
    let series = report.first.series.as_ref()?;
    let scenario = &report.study.scenario;
    let (from, to) = fleet::stretch(report);
    let outages = report.first.outages.iter().map(|outage| Stretch {
        start: format::rfc3339(scenario, outage.start),
        start_s: outage.start.as_secs_f64(),
        end: format::rfc3339(scenario, outage.end),
        end_s: outage.end.as_secs_f64(),
    });
    let told = story(report).into_iter().map(|line| Told {
        at: Moment::new(scenario, line.at),
        tone: tone_name(line.tone),
        who: line.who,
        text: line.text,
        standing: line.standing,
    });
    let crossing = |Crossing { at, offered, capacity }| Crossed {
        at: Moment::new(scenario, at),
        offered_per_s: offered,
        capacity_per_s: capacity,
    };
    let each = fleet::capacity_per_node(report);
    Some(First {
        seed: report.seed,
        from_s: from.as_secs_f64(),
        to_s: to.as_secs_f64(),
        capacity_per_node_per_s: each.is_finite().then_some(each),
        crossing: fleet::crossing(report, series).map(crossing),
        outages: outages.collect(),
        story: told.collect(),
    })
}

/// What a sort of line is called in results.
fn tone_name(tone: Tone) -> &'static str {
    match tone {
        Tone::Bad => "bad",
        Tone::Warn => "warn",
        Tone::Good => "good",
        Tone::People => "people",
        Tone::Input => "input",
        Tone::Published => "published",
    }
}

/// `lanes.csv`: what state every node of the first replication was in from when on; a state lasts
/// until the next row of its node, or to the end. `speed` is that of its cores, relative to what it
/// is without faults and with enough memory.
pub fn lanes(report: &Report) -> String {
    let head = ["time", "seconds", "node", "state", "speed"].map(str::to_string).to_vec();
    let rows = report.first.series.iter().flat_map(|series| rows(report, series));
    super::tables::write(std::iter::once(head).chain(rows))
}

fn rows(report: &Report, series: &Series) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (node, lane) in (0..).zip(fleet::lanes(report, series)) {
        rows.extend(lane.into_iter().map(|change| {
            let mut cells = super::tables::when(report, change.at).to_vec();
            cells.extend([Nodes::name(node), state_name(change.state).to_string()]);
            cells.push(super::tables::cell(change.speed));
            cells
        }));
    }
    rows
}

/// What the state of a node is called in results.
pub(super) fn state_name(state: State) -> &'static str {
    match state {
        State::Down => "down",
        State::Booting => "booting",
        State::Serving => "serving",
        State::Slow => "slow",
        State::MarkedDown => "marked_down",
    }
}
