//! Whether the start of a run belongs to the steady state that it is about.

use super::Report;
use super::format::length;
use crate::scenario::Scenario;
use crate::stats::warm_up;

/// By how much of the level the start must differ to be worth a word.
const WORTH_A_WORD: f64 = 0.1;

/// A word about a warm-up that is too short, where the load is constant and nothing is done to the
/// fleet: then the means are meant to be those of a steady state.
pub(super) fn hint(report: &Report) -> Option<String> {
    let scenario = &report.study.scenario;
    let series = report.first.series.as_ref()?;
    if !is_steady(scenario) || !report.first.outages.is_empty() {
        return None;
    }
    let measured = series.rows.iter().filter(|row| row.start >= scenario.clock.warm_up);
    let medians: Vec<f64> = measured.filter_map(|row| row.p50).map(|p50| p50 as f64).collect();
    let cut = warm_up(&medians).filter(|cut| *cut > 0)?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (start, level) = (mean(&medians[..cut]), mean(&medians[cut..]));
    if (start - level).abs() <= WORTH_A_WORD * level {
        return None;
    }
    let window = scenario.clock.window;
    let from = (0..cut).fold(scenario.clock.warm_up, |end, _| end + window);
    Some(format!(
        "The load is constant, but the first {} are not like the rest: the median sojourn is \
         {:.0} % {} there. `clock.warm_up = \"{}\"` leaves them out of the figures.",
        length(from.since(scenario.clock.warm_up)),
        100.0 * (start / level - 1.0).abs(),
        if start < level { "less" } else { "more" },
        length(from.since(crate::kernel::time::Instant::START)),
    ))
}

fn is_steady(scenario: &Scenario) -> bool {
    let constant = scenario.sources.iter().all(|source| {
        let stretches = source.course.stretches();
        stretches.len() == 1
            && stretches[0].end >= scenario.clock.horizon
            && stretches[0].from.total_cmp(&stretches[0].to).is_eq()
    });
    constant
        && scenario.deploys.is_empty()
        && scenario.faults.is_empty()
        && scenario.nodes.additions.is_empty()
}
