//! The scenario over the ranges of its assumptions: where the fleet collapses after a first
//! restart, and which assumptions decide whether it does.

use super::claims::share_of;
use super::{Hypercube, Screen, claims, format, tables};
use crate::experiment::rank_correlations;
use crate::observe::Results;
use crate::scenario::assumption::towards;
use crate::scenario::measure::{Measure, Milestone};
use crate::scenario::{Scenario, Study};

/// A collapse that takes longer, in seconds, is a late one.
pub const SOON_S: f64 = 120.0;
/// Assumptions that are named at most.
const NAMED: usize = 4;
/// Standard deviations within which chance leaves a correlation in 95 of 100 cases.
const CHANCE: f64 = 1.96;

/// What became of the points in which some process was restarted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collapses {
    /// Points with a first restart.
    pub restarted: u64,
    /// In these no node served any more within two minutes.
    pub soon: u64,
    /// In these it took longer.
    pub late: u64,
    /// In these some node always served.
    pub never: u64,
}

impl Collapses {
    /// Counts them.
    pub fn of(hypercube: &Hypercube) -> Collapses {
        let mut counts = Collapses::default();
        for results in hypercube.points.iter().map(|point| &point.results) {
            if results.milestone(Milestone::FirstRestart).is_none() {
                continue;
            }
            counts.restarted += 1;
            let seconds = results.measure(Measure::Collapse);
            *match () {
                () if seconds.is_nan() => &mut counts.never,
                () if seconds <= SOON_S => &mut counts.soon,
                () => &mut counts.late,
            } += 1;
        }
        counts
    }
}

/// How strongly each assumption goes with a collapse: rank correlations with whether the fleet went
/// down, over the points with a first restart.
pub fn correlations(hypercube: &Hypercube) -> Vec<Option<f64>> {
    rank_correlations(&hypercube.points, |results: &Results| {
        results.milestone(Milestone::FirstRestart)?;
        Some(f64::from(results.milestone(Milestone::FleetDown).is_some()))
    })
}

/// The same for a collapse within two minutes rather than a later one, over the points with either.
pub fn correlations_of_speed(hypercube: &Hypercube) -> Vec<Option<f64>> {
    rank_correlations(&hypercube.points, |results: &Results| {
        let seconds = results.measure(Measure::Collapse);
        (!seconds.is_nan()).then(|| f64::from(seconds <= SOON_S))
    })
}

/// The claims and what they rest on, for people.
pub(super) fn list(hypercube: &Hypercube, study: &Study, screen: &Screen) -> String {
    let mut text = claims::list(&hypercube.judgements, true, &study.scenario, screen);
    let counts = Collapses::of(hypercube);
    let all = counts.restarted;
    let wrapped = |words: String| screen.paragraph(&words);
    let points = format::plural(hypercube.points.len() as u64, "point");
    if all == 0 {
        return text + &wrapped(format!("None of the {points} has a restart."));
    }
    text += &wrapped(format!(
        "{all} of {points} have a first restart. Of these, the fleet collapsed within {} in {}, \
         later in {}, and not at all in {}.",
        format::with_unit("s", SOON_S),
        share_of(counts.soon, all),
        share_of(counts.late, all),
        share_of(counts.never, all),
    ));
    let Collapses { soon, late, never, .. } = counts;
    if never > 0 && soon + late > 0 {
        let what = "After a first restart, a collapse";
        text += &reasons(what, &correlations(hypercube), all, study, screen);
    }
    if soon > 0 && late > 0 {
        let what = format!("A collapse within {} instead of later", format::with_unit("s", SOON_S));
        let correlations = correlations_of_speed(hypercube);
        text += &reasons(&what, &correlations, soon + late, study, screen);
    }
    text
}

/// The assumptions that something goes with, the strongest first; not those whose correlation over
/// so many trials may well be chance.
fn reasons(
    what: &str,
    correlations: &[Option<f64>],
    trials: u64,
    study: &Study,
    screen: &Screen,
) -> String {
    let chance = CHANCE / ((trials.max(2) - 1) as f64).sqrt();
    let assumptions = study.document.assumption.iter().zip(correlations);
    let mut found: Vec<_> = assumptions
        .filter_map(|(assumption, strength)| Some((assumption, (*strength)?)))
        .filter(|(_, strength)| strength.abs() > chance)
        .collect();
    found.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
    if found.is_empty() {
        let chance = format::number(chance);
        let words = format!("{what} goes with no assumption: chance alone gives up to {chance}.");
        return screen.paragraph(&words);
    }
    let mut text = screen.paragraph(&format!("{what} is more likely with (rank correlation)"));
    let room = (screen.text() - 10).min(56);
    for (assumption, strength) in found.into_iter().take(NAMED) {
        let words = format::wrap(&towards(assumption, strength > 0.0), room, "    ");
        let last = words.rsplit_once("\n    ").map_or(words.as_str(), |(_, last)| last);
        let space = " ".repeat(room.saturating_sub(last.chars().count()));
        text += &format!("    {words}{space}{:.2}\n", strength.abs());
    }
    text
}

/// Every point: seed, the value of every assumption, and all that was measured.
pub fn csv(hypercube: &Hypercube, scenario: &Scenario) -> String {
    let mut head = vec!["seed".to_string()];
    let assumed = hypercube.points.first().map_or(&[][..], |point| point.assumed.as_slice());
    head.extend(assumed.iter().map(|one| one.key.clone()));
    head.extend(tables::results_head(scenario));
    let rows = hypercube.points.iter().map(|point| {
        let mut cells = vec![point.seed.0.to_string()];
        cells.extend(point.assumed.iter().map(|one| one.value.clone()));
        cells.extend(tables::results_cells(scenario, &point.results));
        cells
    });
    tables::write(std::iter::once(head).chain(rows))
}
