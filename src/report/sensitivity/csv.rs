//! The files of a sensitivity study.

use super::Sensitivity;
use crate::experiment::sensitivity::{Question, Response};
use crate::observe::Fate;
use crate::report::tables::{cell, write};
use crate::stats::Estimate;

/// `one-at-a-time.csv`, one row for each value of each assumption, after one for the scenario as it
/// is:
///
/// - `assumption` (empty for the scenario as it is), `share` of its range that lies below the
///   value, `value`, and `load_scale` if the load is scaled with it;
/// - `replications`, `class` (the most frequent fate) and the share of each fate;
/// - `outage_probability` with its exact 95 % bounds `outage_low` and `outage_high`;
/// - the measure: `_mean`, `_low`, `_high` (95 % interval), `_p05`, `_p50`, `_p95`;
/// - its change against the scenario as it is, over pairs of replications with the same seed:
///   `_change`, `_change_low`, `_change_high`; the same for the probability of an outage;
/// - `digest`.
pub fn one_at_a_time(report: &Sensitivity) -> String {
    let mut head: Vec<String> =
        ["assumption", "share", "value", "load_scale", "replications", "class"]
            .map(str::to_string)
            .into();
    head.extend(Fate::ALL.map(|fate| format!("{}_share", fate.name())));
    head.extend(["outage_probability", "outage_low", "outage_high"].map(str::to_string));
    let name = report.name(Question::Measure);
    head.extend(["mean", "low", "high", "p05", "p50", "p95"].map(|part| format!("{name}_{part}")));
    for name in Question::ALL.map(|question| report.name(question)) {
        head.extend(["change", "change_low", "change_high"].map(|part| format!("{name}_{part}")));
    }
    head.push("digest".to_string());
    let tornado = report.tornado;
    let base = Response {
        share: f64::NAN,
        assumed: Vec::new(),
        cell: tornado.base.clone(),
        change: [None, None],
        signs: [(0, 0); 2],
    };
    let mut rows = vec![head, row("", &base)];
    for (number, effect) in tornado.effects.iter().enumerate() {
        rows.extend(effect.levels.iter().map(|level| row(report.key(number), level)));
    }
    write(rows)
}

fn row(key: &str, level: &Response) -> Vec<String> {
    let found = &level.cell;
    let value = |number: usize| {
        level.assumed.get(number).map_or(String::new(), |assumed| assumed.value.clone())
    };
    let mut cells = vec![key.to_string(), cell(level.share), value(0), value(1)];
    cells.extend([found.replications.to_string(), found.fate().name().to_string()]);
    cells.extend(Fate::ALL.map(|fate| cell(found.share(fate))));
    let (low, high) = found.outage_bounds();
    cells.extend([found.outage_share(), low, high].map(cell));
    let figure = found.figures[0];
    let half = figure.half_width.unwrap_or(f64::NAN);
    let ends = [figure.mean, figure.mean - half, figure.mean + half];
    cells.extend(ends.map(cell));
    cells.extend([figure.p05, figure.p50, figure.p95].map(cell));
    for change in level.change {
        let mean = change.map_or(f64::NAN, |change| change.mean);
        let end =
            |end: fn(&Estimate) -> Option<f64>| change.as_ref().and_then(end).unwrap_or(f64::NAN);
        cells.extend([mean, end(Estimate::low), end(Estimate::high)].map(cell));
    }
    cells.push(found.digest.to_string());
    cells
}

/// `all-together.csv`, one row for each assumption and question: `assumption`, `outcome`,
/// `rank_correlation` with its 95 % interval `low` and `high`, `points` that have the outcome,
/// `chance` (the correlation that chance explains, with 95 % confidence for all assumptions
/// together), and `clear`, 1 if it is more than that.
pub fn all_together(report: &Sensitivity) -> String {
    let head = ["assumption", "outcome", "rank_correlation", "low", "high", "points", "chance"];
    let mut rows = vec![head.into_iter().chain(["clear"]).map(str::to_string).collect()];
    for question in Question::ALL {
        for number in 0..report.tornado.effects.len() {
            let Some(strength) = report.strength(number, question) else { continue };
            let (low, high) = strength.interval.unwrap_or((f64::NAN, f64::NAN));
            let mut cells = vec![report.key(number).to_string(), report.name(question)];
            cells.extend([strength.correlation.unwrap_or(f64::NAN), low, high].map(cell));
            cells.extend([strength.points.to_string(), cell(strength.chance)]);
            cells.push(u8::from(strength.is_clear()).to_string());
            rows.push(cells);
        }
    }
    write(rows)
}

/// `points.csv`, one row for each point of the hypercube: `seed`, the value of every assumption
/// (and of `load.scale` where the load is scaled), `class`, `outage` (1 or 0), the measure, and
/// `digest`.
pub fn points(report: &Sensitivity) -> String {
    let all = report.together.map_or(&[][..], |together| &together.points);
    let mut head = vec!["seed".to_string()];
    let assumed = all.first().map_or(&[][..], |point| point.assumed.as_slice());
    head.extend(assumed.iter().map(|one| one.key.clone()));
    head.extend(["class".to_string(), "outage".to_string(), report.name(Question::Measure)]);
    head.push("digest".to_string());
    let rows = all.iter().map(|point| {
        let row = &point.results;
        let mut cells = vec![point.seed.0.to_string()];
        cells.extend(point.assumed.iter().map(|one| one.value.clone()));
        cells.extend([row.fate.name().to_string(), u8::from(row.outage).to_string()]);
        cells.extend([cell(Question::Measure.answer(row)), row.digest.to_string()]);
        cells
    });
    write(std::iter::once(head).chain(rows))
}
