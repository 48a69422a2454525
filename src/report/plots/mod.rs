//! Pictures as SVG. Of the first replication: load against capacity, failures, and a lane per node;
//! of many variants: sweeps, tornados, what every variant of a comparison changes and costs, and
//! the curve behind an answer of `plan`.
//!
//! The former show the minutes around the incident if there was one, else the whole run.

mod failures;
mod forest;
mod frame;
mod lanes;
mod load;
mod pareto;
mod plan;
mod sweep;
mod tornado;

use super::Report;
use super::compare::Compare;
use super::plan::PlanReport;
use super::sensitivity::Sensitivity;
use super::sweep::Sweep;

const WHOLE: &str = "a picture in memory has no writer that could fail";

/// The picture of a sweep: curves over one key, maps over two; `None` where there is nothing of
/// the kind.
pub fn sweep(sweep: &Sweep) -> Option<String> {
    sweep::draw(sweep).map(|picture| picture.expect(WHOLE))
}

/// How far each assumption moves the outcome by itself.
pub fn tornado(report: &Sensitivity) -> String {
    tornado::draw(report).expect(WHOLE)
}

/// The pictures of a comparison with the names of their files: what every variant changes of the
/// downtime, and what it costs in node-hours.
pub fn compare(report: &Compare) -> Vec<(&'static str, String)> {
    let pictures = [("forest.svg", forest::draw(report)), ("pareto.svg", pareto::draw(report))];
    pictures.into_iter().map(|(name, picture)| (name, picture.expect(WHOLE))).collect()
}

/// The curve behind an answer of `plan`.
pub fn plan(report: &PlanReport) -> String {
    plan::draw(report).expect(WHOLE)
}

/// Every picture with the name of its file.
pub fn all(report: &Report) -> Vec<(&'static str, String)> {
    let Some(series) = &report.first.series else { return Vec::new() };
    let pictures = [
        ("load.svg", load::draw(report, series)),
        ("failures.svg", failures::draw(report, series)),
        ("nodes.svg", lanes::draw(report, series)),
    ];
    pictures.into_iter().map(|(name, picture)| (name, picture.expect(WHOLE))).collect()
}
