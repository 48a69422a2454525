//! Measures and milestones as tables for people.

use super::claims::{are_same, is_share, plus_minus};
use super::format::{self, number, percent, scale, with_unit};
use super::phases;
use super::{Report, Screen};
use crate::experiment::summary::{Figure, Moment};
use crate::kernel::time::Instant;
use crate::scenario::claim::Subject;
use crate::scenario::measure::{ClassMeasure, IntervalMeasure, Measure, Milestone};

/// What a single replication shows of its measures.
const KEY: &[Measure] = &[
    Measure::Downtime,
    Measure::PartialService,
    Measure::Availability,
    Measure::ErrorBudget,
    Measure::Requests,
    Measure::RequestsFailed,
    Measure::TimedOut,
    Measure::Refused,
    Measure::Reset,
    Measure::NoNode,
    Measure::Shed,
    Measure::NoAnswer,
    Measure::Dropped,
    Measure::Attempts,
    Measure::RetriesDenied,
    Measure::SojournMean,
    Measure::SojournP50,
    Measure::SojournP99,
    Measure::WaitMean,
    Measure::Utilisation,
    Measure::MemoryMax,
    Measure::Restarts,
    Measure::RestartsFailed,
    Measure::RestartsRefused,
    Measure::NodesLost,
    Measure::LossSpread,
    Measure::FixRollout,
];

/// Measures that are left out where they are zero: ways of failing that did not occur.
fn only_if_any(measure: Measure) -> bool {
    let ways = [
        Measure::TimedOut,
        Measure::Refused,
        Measure::Reset,
        Measure::NoNode,
        Measure::Shed,
        Measure::NoAnswer,
        Measure::Dropped,
        Measure::RestartsRefused,
        Measure::RetriesDenied,
        Measure::PartialService,
    ];
    ways.contains(&measure)
}

/// The name of a result for people: words instead of underscores, without the unit.
pub(super) fn words(name: &str) -> String {
    let name = ["_per_s", "_min", "_bytes", "_share", "_s"]
        .iter()
        .find_map(|unit| name.strip_suffix(unit))
        .unwrap_or(name);
    name.replace('_', " ")
}

fn one(name: &str, unit: &'static str, value: f64) -> String {
    if is_share(name) { percent(value) } else { with_unit(unit, value) }
}

/// The measures of the only replication, two columns.
pub(super) fn single(report: &Report) -> String {
    let mut text = String::new();
    for &measure in KEY {
        let value = report.first.measure(measure);
        if value.is_nan() || (only_if_any(measure) && value <= 0.0) {
            continue;
        }
        let name = words(measure.name());
        text += &format!("  {name:28}{}\n", one(measure.name(), measure.unit(), value));
    }
    text
}

/// Every measure with its interval and its range.
pub(super) fn many(report: &Report, screen: &Screen) -> String {
    let head = ["", "mean ± 95 %", "5-95 % of replications"];
    let mut rows = vec![head.map(str::to_string)];
    for &measure in Measure::ALL {
        let figure = report.summary.measure(measure);
        if figure.count > 0 && !phases::is_one(measure) {
            rows.push(row(&words(measure.name()), measure.name(), measure.unit(), figure, report));
        }
    }
    let intervals = &report.study.scenario.intervals;
    for (interval, figures) in intervals.iter().zip(&report.summary.intervals) {
        for (&measure, &figure) in IntervalMeasure::ALL.iter().zip(figures) {
            if figure.count > 0 {
                let name = format!("{}: {}", interval.name, words(measure.name()));
                rows.push(row(&name, measure.name(), measure.unit(), figure, report));
            }
        }
    }
    for (class, figures) in report.study.scenario.classes.iter().zip(&report.summary.classes) {
        for (&measure, &figure) in ClassMeasure::ALL.iter().zip(figures) {
            if figure.count > 0 {
                let name = format!("class {}: {}", class.name, words(measure.name()));
                rows.push(row(&name, measure.name(), measure.unit(), figure, report));
            }
        }
    }
    screen.table(&rows)
}

/// The classes of the only replication, if there are several.
pub(super) fn classes(report: &Report, screen: &Screen) -> Option<String> {
    let classes = &report.study.scenario.classes;
    if report.first.classes.is_empty() {
        return None;
    }
    let shown = [
        ClassMeasure::Requests,
        ClassMeasure::FailedShare,
        ClassMeasure::Attempts,
        ClassMeasure::SojournMean,
        ClassMeasure::SojournP50,
        ClassMeasure::SojournP99,
    ];
    let head = std::iter::once(String::new()).chain(shown.iter().map(|m| words(m.name())));
    let mut rows: Vec<Vec<String>> = vec![head.collect()];
    for (class, values) in classes.iter().zip(&report.first.classes) {
        let cell = |measure: &ClassMeasure| {
            let value = values[*measure as usize];
            if value.is_nan() {
                "-".to_string()
            } else {
                one(measure.name(), measure.unit(), value)
            }
        };
        rows.push(std::iter::once(class.name.clone()).chain(shown.iter().map(cell)).collect());
    }
    Some(screen.table(&rows))
}

fn row(
    words: &str,
    name: &str,
    unit: &'static str,
    figure: Figure,
    report: &Report,
) -> [String; 3] {
    let size = figure.p95.abs().max(figure.mean.abs());
    let (unit, factor) = if is_share(name) { ("%", 0.01) } else { scale(unit, size) };
    let mean = match figure.half_width {
        Some(half) => plus_minus(unit, 1.0 / factor, figure.mean, half),
        None => format!("{} {unit}", number(figure.mean / factor)),
    };
    let same = are_same(figure.p05, figure.p95);
    let mut range = if same {
        "always".to_string()
    } else {
        format!("{} to {}", number(figure.p05 / factor), number(figure.p95 / factor))
    };
    let all = report.results.len() as u64;
    if figure.count < all {
        range += &format!(", in {} of {all}", figure.count);
    }
    [words.to_string(), mean, range]
}

/// What a claim says was published about a milestone.
fn published(report: &Report, milestone: Milestone) -> String {
    let about = |claim: &&crate::scenario::claim::Claim| {
        claim.subject == Subject::Milestone(milestone) && claim.published.is_some()
    };
    let found = report.study.claims.iter().find(about);
    found.and_then(|claim| claim.published.clone()).unwrap_or_default()
}

/// The milestones beside what was published.
pub(super) fn milestones(report: &Report, screen: &Screen) -> String {
    let head: Vec<&str> = if report.is_many() {
        vec!["", "reached", "median", "5-95 %", "published"]
    } else {
        vec!["", "simulated", "published"]
    };
    let mut rows = vec![head.iter().map(ToString::to_string).collect::<Vec<_>>()];
    for &milestone in Milestone::ALL {
        let mut row = vec![words(milestone.name())];
        let moment = report.summary.milestone(milestone);
        let published = published(report, milestone);
        if moment.quantiles.is_none() && published.is_empty() {
            continue;
        }
        if report.is_many() {
            row.extend(times(report, moment));
        } else {
            row.extend(times(report, moment).into_iter().skip(1).take(1));
        }
        row.push(published);
        rows.push(row);
    }
    if rows.len() == 1 {
        return "  none was reached\n".to_string();
    }
    screen.table(&rows)
}

fn times(report: &Report, moment: Moment) -> [String; 3] {
    let scenario = &report.study.scenario;
    let several_days =
        format::day(scenario, Instant::START) != format::day(scenario, scenario.clock.horizon);
    let show = |when| {
        if several_days {
            format::weekday_time(scenario, when)
        } else {
            format::time(scenario, when)
        }
    };
    let Some([p05, p50, p95]) = moment.quantiles else {
        return [percent(moment.share), "-".to_string(), "-".to_string()];
    };
    let range = format!("{} to {}", show(p05), format::time(scenario, p95));
    [percent(moment.share), show(p50), range]
}
