//! What a command needs: said or refused before it begins.

use super::args::{Common, Format, Sharing};
use super::exit::Exit;
use super::{output, terminal};
use fleetfall::experiment::Variants;
use fleetfall::experiment::plan::Question;
use fleetfall::report::need::{human, json, note, refusal};
use fleetfall::scenario::Scenario;
use fleetfall::scenario::cost::{Cost, Keeps, Need, Way};
use std::sync::Arc;

/// Bytes that are kept of a replication where only some values are, and of each value.
pub(super) const ROW: f64 = 120.0;
const VALUE: f64 = 8.0;
/// Bytes of a cell with its replications summed up, and of each value in it.
const CELL: f64 = 600.0;
const FIGURE: f64 = 120.0;
/// Rows that are in memory at the same time, unless a cell has more.
const ROWS: f64 = 1024.0;
/// Cells whose cost is looked at; what all need is told from them.
const LOOKED_AT: usize = 64;
/// Simulations at the same time where variants share their past: the base, a snapshot of it, and
/// those that have parted from it.
const SHARED: f64 = 4.0;

/// Says what is worth a word, or all there is with `--dry-run`, and lets a command begin or not.
///
/// # Errors
/// The exit, if it is not to begin.
pub(super) fn admit(common: &Common, need: &Need) -> Result<(), Exit> {
    let limits = &common.limits;
    let most = limits.max_memory.get();
    if limits.dry_run {
        output::print(&match common.format {
            Format::Human => human(need, most, &terminal::screen()),
            Format::Json => json(need, most),
        })?;
    }
    if let Some(refused) = refusal(need, most, limits.large) {
        output::complain(&refused.what);
        for help in refused.help {
            output::help(&help);
        }
        return Err(Exit::Usage);
    }
    if limits.dry_run {
        return Err(Exit::Well);
    }
    if let Some(note) = note(need, most) {
        output::note(&note);
    }
    Ok(())
}

/// How many of so many tasks are done here.
pub(super) fn share(sharing: Sharing, count: u64) -> u64 {
    #[cfg(feature = "store")]
    let parts = sharing.shard.map_or(1, |shard| shard.of);
    #[cfg(not(feature = "store"))]
    let (parts, _) = (1, sharing);
    count.div_ceil(parts)
}

/// Replications of one scenario, all of whose results are kept, with the course of the first.
pub(super) fn of_results(scenario: &Scenario, count: u64, threads: usize) -> Need {
    let way = Way { threads, at_once: 1.0, keeps: Keeps::Results(1.0), detailed: true };
    Need::of(&[(Cost::of(scenario), count)], way)
}

/// Replications of variants that share their past, of which only sums are kept.
pub(super) fn of_sums(variants: &Variants, count: u64, threads: usize) -> Need {
    let all: Vec<(Cost, u64)> =
        variants.scenarios.iter().map(|one| (Cost::of(one), count)).collect();
    together(&all, threads, Keeps::InAll(CELL * all.len() as f64))
}

/// Variants that share their past.
pub(super) fn together(all: &[(Cost, u64)], threads: usize, keeps: Keeps) -> Need {
    let at_once = SHARED.min(all.len() as f64 + 1.0);
    Need::of(all, Way { threads, at_once, keeps, detailed: false })
}

/// So many replications of each of so many cells, of which so many values are kept.
pub(super) fn of_cells(
    cells: usize,
    scenario: impl Fn(usize) -> Arc<Scenario>,
    count: u64,
    values: usize,
    threads: usize,
) -> Need {
    let all = of_some(cells, scenario, count);
    let values = values as f64;
    let rows = ROWS.max(count as f64) * (ROW + VALUE * values);
    let kept = rows + cells as f64 * (CELL + FIGURE * values);
    Need::of(&all, Way { threads, at_once: 1.0, keeps: Keeps::InAll(kept), detailed: false })
}

/// One replication at each of so many points between these scenarios, of which so many bytes are
/// kept.
pub(super) fn of_points(
    scenarios: &[Arc<Scenario>],
    points: u32,
    bytes: f64,
    threads: usize,
) -> Need {
    let each = (f64::from(points) / scenarios.len() as f64).ceil() as u64;
    let all: Vec<(Cost, u64)> = scenarios.iter().map(|one| (Cost::of(one), each)).collect();
    let keeps = Keeps::InAll(f64::from(points) * bytes);
    Need::of(&all, Way { threads, at_once: 1.0, keeps, detailed: false })
}

/// A search through scenarios: all are scanned, and the dearest takes as many replications as one
/// may have.
pub(super) fn of_search(
    scenarios: &[Arc<Scenario>],
    question: Question,
    searches: u64,
    threads: usize,
) -> Need {
    let way = Way { threads, at_once: 1.0, keeps: Keeps::InAll(0.0), detailed: false };
    let cells = |count| of_some(scenarios.len(), |number| Arc::clone(&scenarios[number]), count);
    let mut all = cells(question.scan.min(question.ceiling) * searches);
    let dearest = all.iter().max_by(|one, other| one.0.events.total_cmp(&other.0.events));
    all.extend(dearest.map(|(cost, _)| (*cost, question.ceiling * searches)));
    Need::of(&all, way)
}

/// The costs of cells, told from some of them that are spread over all.
fn of_some(
    cells: usize,
    scenario: impl Fn(usize) -> Arc<Scenario>,
    count: u64,
) -> Vec<(Cost, u64)> {
    let looks = cells.min(LOOKED_AT);
    let last = (looks.max(2) - 1) as f64;
    let at = |look: usize| ((cells - 1) as f64 * look as f64 / last).round() as usize;
    // Each stands for as many cells as lie around it.
    let stands_for = cells as f64 / looks as f64;
    let count = (count as f64 * stands_for).round() as u64;
    (0..looks).map(|look| (Cost::of(&scenario(at(look))), count)).collect()
}
