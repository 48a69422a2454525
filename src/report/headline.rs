//! What happened, in a sentence or two with its numbers.

use super::claims::plus_minus;
use super::format::{self, percent, plural, scale, with_unit};
use super::{Report, fleet};
use crate::kernel::time::Duration;
use crate::scenario::measure::{Measure, Milestone};
use crate::scenario::model::Nodes;
use crate::sim::observation::Observation;

/// The answer that all outputs begin or end with.
pub(super) fn headline(report: &Report) -> String {
    if report.is_many() { headline_many(report) } else { headline_single(report) }
}

fn headline_single(report: &Report) -> String {
    let scenario = &report.study.scenario;
    let first = report.first;
    let whole = |measure: Measure| first.measure(measure).max(0.0) as u64;
    let failed = format!(
        "{} of {} requests failed ({})",
        format::count(whole(Measure::RequestsFailed)),
        format::count(whole(Measure::Requests)),
        percent(1.0 - first.measure(Measure::Availability)),
    );
    let stretches: Vec<String> = first
        .outages
        .iter()
        .take(3)
        .map(|outage| {
            let from = format::time(scenario, outage.start);
            if outage.end >= scenario.clock.horizon {
                format!("{from} until the end of the simulation")
            } else {
                format!("{from} to {}", format::time(scenario, outage.end))
            }
        })
        .collect();
    let down = format::length(Duration::from_secs_f64(first.measure(Measure::Downtime)));
    let dots = if first.outages.len() > 3 { ", ..." } else { "" };
    let outage = match first.outages.len() {
        0 => "No outage".to_string(),
        1 => format!("{down} down, from {}", stretches[0]),
        count => format!("{count} outages, {down} down in all: {}{dots}", stretches.join(", ")),
    };
    let outage = match gone(report).filter(|_| !first.outages.is_empty()) {
        Some(gone) => format!("{gone}; {outage}"),
        None => outage,
    };
    let restarts = match (whole(Measure::Restarts), whole(Measure::RestartsFailed)) {
        (0, _) => "No process was restarted".to_string(),
        (all, 0) => format!("{}, none failed", plural(all, "restart")),
        (all, failed) if all == failed => format!("{}, all failed", plural(all, "restart")),
        (all, failed) => format!("{}, {failed} failed", plural(all, "restart")),
    };
    let lost = match (whole(Measure::NodesLost), first.measure(Measure::LossSpread)) {
        (0, _) => "no node was lost".to_string(),
        (count, spread) if spread.is_nan() => format!("{} lost", plural(count, "node")),
        (count, spread) => {
            let losses = if count == 1 { "loss of a node" } else { "losses of nodes" };
            format!("{count} {losses}, {} from the first to the last", with_unit("s", spread))
        }
    };
    format!("{outage}. {failed}. {restarts}; {lost}.")
}

/// How long the whole fleet took to go, if it did, and from what on.
fn gone(report: &Report) -> Option<String> {
    let first = report.first;
    let down = first.milestone(Milestone::FleetDown)?;
    // A planned event may take the fleet away before anything breaks.
    let before = |what| first.milestone(what).filter(|at| *at <= down);
    let restart = before(Milestone::FirstRestart);
    let from = restart.or(before(Milestone::FirstNodeLost))?;
    let events = first.series.iter().flat_map(|series| &series.story.events);
    let begins = |seen: &Observation| match restart {
        Some(_) => matches!(seen, Observation::RestartBegun { .. }),
        None => matches!(seen, Observation::NodeLost { .. }),
    };
    let cause = events.filter(|(at, _)| *at == from).find(|(_, seen)| begins(seen));
    let node = cause.and_then(|(_, seen)| fleet::node_of(seen));
    let what = match (node.map(Nodes::name), restart) {
        (Some(node), Some(_)) => format!("{node} restarted"),
        (Some(node), None) => format!("{node} was lost"),
        (None, Some(_)) => "the first restart".to_string(),
        (None, None) => "the first loss of a node".to_string(),
    };
    Some(format!(
        "The fleet of {} was gone {} after {what}",
        report.study.scenario.nodes.count,
        with_unit("s", down.since(from).as_secs_f64()),
    ))
}

fn headline_many(report: &Report) -> String {
    let all = report.results.len();
    let with = report.results.iter().filter(|result| !result.outages.is_empty()).count();
    let mean = |measure: Measure| {
        let figure = report.summary.measure(measure);
        let (unit, factor) = scale(measure.unit(), figure.mean);
        plus_minus(unit, 1.0 / factor, figure.mean, figure.half_width.unwrap_or(0.0))
    };
    let availability = report.summary.measure(Measure::Availability);
    let collapse = report.summary.measure(Measure::Collapse);
    let gone = if collapse.count == 0 {
        String::new()
    } else {
        let [low, high] = [collapse.p05, collapse.p95].map(|one| with_unit("s", one));
        let (nodes, median) = (report.study.scenario.nodes.count, with_unit("s", collapse.p50));
        format!(
            " The fleet of {nodes} is gone {median} after the first restart in the median, {low} \
             to {high} in 90 %."
        )
    };
    format!(
        "{with} of {all} replications have an outage. Mean downtime {}; {} restarts, {} of them \
         fail; {} of the requests fail.{gone}",
        mean(Measure::Downtime),
        mean(Measure::Restarts),
        mean(Measure::RestartsFailed),
        percent(1.0 - availability.mean),
    )
}
