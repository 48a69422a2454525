//! Results as CSV: one file a topic, a header line first, an empty cell where there is no value.
//!
//! Spreadsheets take a cell that begins with `=`, `+`, `-`, `@`, a tab or an end of line for a
//! formula, and compute it. A text of a scenario may begin so; then an apostrophe stands in front
//! of it, which spreadsheets take for a mark of text. Numbers are never changed.

use super::fleet::phase_name;
use super::{Report, format};
use crate::kernel::time::{Duration, Instant};
use crate::observe::Results;
use crate::observe::minutes::Minute;
use crate::scenario::Scenario;
use crate::scenario::measure::{ClassMeasure, IntervalMeasure, Measure, Milestone};
use crate::scenario::model::Nodes;
use crate::sim::observation::{Gauges, Outcome};
use crate::stats::Range90;
use std::borrow::Cow;

/// Rows of cells as CSV.
pub(super) fn write(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let cells = row.iter().map(|cell| inert(cell));
        writer.write_record(cells.map(Cow::into_owned)).expect("rows are of equal length");
    }
    let bytes = writer.into_inner().expect("nothing is left to flush");
    String::from_utf8(bytes).expect("the cells were text")
}

/// How a text begins that a spreadsheet would compute; some take the wide forms as well.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Whether a spreadsheet would compute a text, or would if it had fewer apostrophes in front.
fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(FORMULA)
}

/// A cell that no spreadsheet computes.
fn inert(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) && cell.parse::<f64>().is_err() {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// What was written as a cell.
#[cfg(any(test, feature = "html"))]
pub(super) fn written(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| is_formula(text)).unwrap_or(cell)
}

/// A number for machines; empty if it is none.
pub(super) fn cell(number: f64) -> String {
    if number.is_nan() { String::new() } else { number.to_string() }
}

fn header(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// `time` and `seconds` of a row.
pub(super) fn when(report: &Report, at: Instant) -> [String; 2] {
    [format::rfc3339(&report.study.scenario, at), format!("{:.3}", at.as_secs_f64())]
}

/// The windows of the first replication. Requests are counted where they were issued, attempts
/// where they were accepted.
pub fn timeline(report: &Report) -> String {
    let mut head = header(&["time", "seconds", "offered_per_s", "issued", "accepted", "completed"]);
    head.push("failed".to_string());
    let kinds = &Outcome::ALL[1..];
    head.extend(kinds.iter().map(|kind| kind.name().to_string()));
    head.extend(header(&["sojourn_p50_s", "sojourn_p99_s", "nodes_serving", "nodes_up"]));
    let clock = &report.study.scenario.clock;
    let rows = report.first.series.iter().flat_map(|series| &series.rows).map(|row| {
        let length = clock.window.min(clock.horizon.since(row.start)).as_secs_f64();
        let seconds = |ns: Option<u64>| ns.map_or(String::new(), |ns| cell(ns as f64 * 1e-9));
        let mut cells = when(report, row.start).to_vec();
        cells.push(cell(f64::from(row.issued) / length));
        cells.push(row.issued.to_string());
        cells.push(row.accepted.to_string());
        cells.push(row.completed().to_string());
        cells.push(row.failed().to_string());
        cells.extend(kinds.iter().map(|&kind| row.settled[kind as usize].to_string()));
        cells.extend([seconds(row.p50), seconds(row.p99)]);
        cells.extend([row.nodes_serving.to_string(), row.nodes_up.to_string()]);
        cells
    });
    write(std::iter::once(head).chain(rows))
}

/// The gauges of every node of the first replication; `utilisation` is that of all its cores since
/// the row before, of whatever is running.
pub fn nodes(report: &Report) -> String {
    let head = header(&[
        "time",
        "seconds",
        "node",
        "phase",
        "up",
        "in_service",
        "queued",
        "memory_bytes",
        "utilisation",
    ]);
    let cores = f64::from(report.study.scenario.nodes.cores);
    let mut last: Vec<Option<(Instant, Gauges)>> = Vec::new();
    let gauges = report.first.series.iter().flat_map(|series| &series.story.gauges);
    let rows = gauges.filter_map(|&(at, node, gauges)| {
        let index = node as usize;
        if last.len() <= index {
            last.resize(index + 1, None);
        }
        // At the end the gauges are read once more, which may be at the time of the last window.
        if last[index].is_some_and(|(before, _)| before == at) {
            return None;
        }
        let used = last[index].map_or(f64::NAN, |(before, old)| {
            let busy = gauges.busy.as_secs_f64() - old.busy.as_secs_f64();
            busy / (at.since(before).as_secs_f64() * cores)
        });
        last[index] = Some((at, gauges));
        let mut cells = when(report, at).to_vec();
        cells.push(Nodes::name(node));
        cells.push(phase_name(gauges.phase).to_string());
        cells.push(u8::from(gauges.up).to_string());
        cells.extend([gauges.in_service.to_string(), gauges.queued.to_string()]);
        cells.push(gauges.memory.to_string());
        cells.push(if used.is_finite() { format!("{used:.6}") } else { String::new() });
        Some(cells)
    });
    write(std::iter::once(head).chain(rows))
}

/// Every replication with all that was measured of it; milestones are times in UTC.
pub fn replications(report: &Report) -> String {
    let scenario = &report.study.scenario;
    let mut head = header(&["seed"]);
    head.extend(results_head(scenario));
    let rows = report.results.iter().zip(0_u64..).map(|(result, number)| {
        let mut cells = vec![report.seed.wrapping_add(number).to_string()];
        cells.extend(results_cells(scenario, result));
        cells
    });
    write(std::iter::once(head).chain(rows))
}

/// The names of all that is measured of a replication.
pub(super) fn results_head(scenario: &Scenario) -> Vec<String> {
    let mut head = header(&["digest"]);
    head.extend(Measure::ALL.iter().map(|measure| measure.name().to_string()));
    for interval in &scenario.intervals {
        let name = |measure: &IntervalMeasure| format!("{}.{}", interval.name, measure.name());
        head.extend(IntervalMeasure::ALL.iter().map(name));
    }
    if scenario.classes.len() > 1 {
        for class in &scenario.classes {
            let name = |measure: &ClassMeasure| format!("class.{}.{}", class.name, measure.name());
            head.extend(ClassMeasure::ALL.iter().map(name));
        }
    }
    head.extend(Milestone::ALL.iter().map(|milestone| milestone.name().to_string()));
    head
}

/// All that was measured of a replication.
pub(super) fn results_cells(scenario: &Scenario, result: &Results) -> Vec<String> {
    let mut cells = vec![result.digest.to_string()];
    cells.extend(result.measures.iter().map(|&value| cell(value)));
    cells.extend(result.intervals.iter().flatten().map(|&value| cell(value)));
    cells.extend(result.classes.iter().flatten().map(|&value| cell(value)));
    let time = |at: Instant| format::rfc3339(scenario, at);
    cells.extend(result.milestones.iter().map(|milestone| milestone.map_or(String::new(), time)));
    cells
}

/// The 5 %, 50 % and 95 % quantiles over the replications, minute by minute.
pub fn bands(report: &Report) -> String {
    let mut head = header(&["time", "seconds"]);
    for name in ["offered_per_s", "failed_share", "nodes_serving"] {
        head.extend(["p05", "p50", "p95"].map(|quantile| format!("{name}_{quantile}")));
    }
    let minutes = &report.first.minutes;
    let horizon = report.study.scenario.clock.horizon;
    let rows = (0..minutes.all.len()).map(|number| {
        let start = minutes.start + minutes.length * number as u64;
        let length = minutes.length.min(left(horizon, start)).as_secs_f64();
        let mut cells = when(report, start).to_vec();
        let mut band = |of: &dyn Fn(&Minute) -> f64| {
            let each = report.results.iter().filter_map(|result| result.minutes.all.get(number));
            let values: Vec<f64> = each.map(of).filter(|value| !value.is_nan()).collect();
            match Range90::of(&values) {
                Some(range) => cells.extend([range.p05, range.p50, range.p95].map(cell)),
                None => cells.extend(std::iter::repeat_n(String::new(), 3)),
            }
        };
        band(&|minute| f64::from(minute.issued) / length);
        band(&|minute| f64::from(minute.failed) / f64::from(minute.settled));
        band(&|minute| f64::from(minute.nodes_serving));
        cells
    });
    write(std::iter::once(head).chain(rows))
}

fn left(horizon: Instant, start: Instant) -> Duration {
    horizon.since(start.min(horizon))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written is read again, and only what is no number is marked as text.
    #[test]
    fn no_cell_is_a_formula() {
        let cases = [
            ("=1+2", "'=1+2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-cmd", "'-cmd"),
            ("+x", "'+x"),
            ("\tx", "'\tx"),
            ("'=1", "''=1"),
            ("--1", "'--1"),
            ("-1.5", "-1.5"),
            ("+1e-3", "+1e-3"),
            ("-inf", "-inf"),
            ("it's", "it's"),
            ("'quoted'", "'quoted'"),
            ("", ""),
            ("'", "'"),
            ("node-1", "node-1"),
        ];
        for (text, cell) in cases {
            assert_eq!(inert(text), cell);
            assert_eq!(written(cell), text);
        }
        let table = write([vec!["=a,b\"".to_string(), "-2".to_string()]]);
        assert_eq!(table, "\"'=a,b\"\"\",-2\n");
    }
}
