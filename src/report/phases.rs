//! When the downtime and the failures happened: a row for each phase of the incident.

use super::claims::plus_minus;
use super::format::{count, percent, scale, with_unit};
use super::{Report, Screen};
use crate::scenario::measure::Measure;

/// A phase's name, and its measures of downtime and of failures.
pub(super) const PHASES: [(&str, Option<Measure>, Measure); 7] = [
    ("cascade", Some(Measure::DowntimeCascade), Measure::FailedCascade),
    ("detection", Some(Measure::DowntimeDetection), Measure::FailedDetection),
    ("diagnosis", Some(Measure::DowntimeDiagnosis), Measure::FailedDiagnosis),
    ("fix", Some(Measure::DowntimeFix), Measure::FailedFix),
    ("return to service", Some(Measure::DowntimeReturn), Measure::FailedReturn),
    ("after-effects", Some(Measure::DowntimeAfterEffects), Measure::FailedAfterEffects),
    ("outside", None, Measure::FailedOutside),
];

/// Whether a measure is a phase's part of another.
pub(super) fn is_one(measure: Measure) -> bool {
    PHASES.iter().any(|&(_, downtime, failed)| downtime == Some(measure) || failed == measure)
}

/// The table; nothing where nothing failed.
pub(super) fn list(report: &Report, screen: &Screen) -> Option<String> {
    let mean = |measure: Measure| report.summary.measure(measure).mean;
    let (downtime, failed) = (mean(Measure::Downtime), mean(Measure::RequestsFailed));
    if downtime <= 0.0 {
        return None;
    }
    let mut rows = vec![["", "downtime", "", "failed requests", ""].map(str::to_string)];
    for (name, down, fail) in PHASES {
        let share = |part: f64, whole: f64| {
            if whole > 0.0 { percent(part / whole) } else { String::new() }
        };
        rows.push([
            name.to_string(),
            down.map_or("-".to_string(), |down| cell(report, down)),
            down.map_or(String::new(), |down| share(mean(down), downtime)),
            cell(report, fail),
            share(mean(fail), failed),
        ]);
    }
    rows.push([
        "all".to_string(),
        cell(report, Measure::Downtime),
        String::new(),
        cell(report, Measure::RequestsFailed),
        String::new(),
    ]);
    Some(screen.table(&rows))
}

/// A value, with its interval where there are many.
fn cell(report: &Report, measure: Measure) -> String {
    let figure = report.summary.measure(measure);
    match figure.half_width.filter(|_| report.is_many()) {
        Some(half) => {
            let (unit, factor) = scale(measure.unit(), figure.mean.abs());
            plus_minus(unit, 1.0 / factor, figure.mean, half)
        }
        None if measure.unit() == "1" => count(figure.mean.max(0.0).round() as u64),
        None => with_unit(measure.unit(), figure.mean),
    }
}
