//! Pictures of the first replication as SVG: load against capacity, failures, and a lane per node.
//!
//! They show the minutes around the incident if there was one, else the whole run.

mod failures;
mod frame;
mod lanes;
mod load;

use super::Report;

/// Every picture with the name of its file.
pub fn all(report: &Report) -> Vec<(&'static str, String)> {
    let Some(series) = &report.first.series else { return Vec::new() };
    let pictures = [
        ("load.svg", load::draw(report, series)),
        ("failures.svg", failures::draw(report, series)),
        ("nodes.svg", lanes::draw(report, series)),
    ];
    let whole = "a picture in memory has no writer that could fail";
    pictures.into_iter().map(|(name, picture)| (name, picture.expect(whole))).collect()
}
