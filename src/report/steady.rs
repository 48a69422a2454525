//! Whether the start of a run belongs to the steady state that it is about.

use super::Report;
use super::format::length;
use crate::kernel::time::Instant;
use crate::scenario::Scenario;
use crate::stats::warm_up;

/// By how much less than the level the start must be to be worth a word.
const WORTH_A_WORD: f64 = 0.1;

/// A word about a missing warm-up, where the load is constant and nothing is done to the fleet:
/// then the means are meant to be those of a steady state, and queues begin empty.
pub(super) fn hint(report: &Report) -> Option<String> {
    let scenario = &report.study.scenario;
    let series = report.first.series.as_ref()?;
    let is_asked_for = scenario.clock.warm_up > Instant::START;
    if is_asked_for || !is_steady(scenario) || !report.first.outages.is_empty() {
        return None;
    }
    let medians = series.rows.iter().filter_map(|row| row.p50);
    let medians: Vec<f64> = medians.map(|p50| p50 as f64).collect();
    let cut = warm_up(&medians).filter(|cut| *cut > 0)?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (start, level) = (mean(&medians[..cut]), mean(&medians[cut..]));
    // Queues wander; a start that is like some later stretch of its length is nothing special.
    let is_least = medians[cut..].chunks_exact(cut).all(|later| start < mean(later));
    if !is_least || start > (1.0 - WORTH_A_WORD) * level {
        return None;
    }
    let window = scenario.clock.window;
    let from = length((0..cut).fold(Instant::START, |end, _| end + window).since(Instant::START));
    Some(format!(
        "The load is constant, but the first {from} are not like the rest: queues begin empty, and \
         the median sojourn is {:.0} % less. `clock.warm_up = \"{from}\"` leaves them out of the \
         figures.",
        100.0 * (1.0 - start / level),
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
