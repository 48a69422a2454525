//! Many variants of a scenario, each over the same seeds, of which little is kept.

use super::judge::subject_of;
use super::keep::Part;
use super::replication::{Failure, Pool, run_within};
use super::summary::Figure;
use crate::kernel::chance::{Purpose, Seed, Streams, unit};
use crate::observe::{Digest, Fate, Results};
use crate::scenario::Scenario;
use crate::scenario::claim::Subject;
use crate::scenario::vary::{Axis, Level};
use crate::stats::{latin_hypercube, share_bounds};
use std::sync::Arc;

/// What the draws of the points are for. Far from the numbers that simulations use.
const POINTS: Purpose = Purpose(0x5057_0002);
/// Confidence of all bounds.
const CONFIDENCE: f64 = 0.95;
/// Replications that are in memory at a time, unless one cell has more.
const BATCH: u64 = 1024;

/// What is kept of a replication.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Row {
    /// Its digest.
    pub digest: Digest,
    /// What became of the fleet.
    pub fate: Fate,
    /// Whether it had an outage.
    pub outage: bool,
    /// What was asked for, in that order; not a number where it has none.
    pub values: Vec<f64>,
}

impl Row {
    /// What is kept of these results.
    pub fn of(results: &Results, subjects: &[Subject]) -> Row {
        Row {
            digest: results.digest,
            fate: results.fate,
            outage: !results.outages.is_empty(),
            values: subjects.iter().map(|&subject| subject_of(subject, results)).collect(),
        }
    }
}

/// What the replications of one variant say together.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Replications.
    pub replications: u64,
    /// Digest of all of them in order.
    pub digest: Digest,
    /// Replications with an outage.
    pub outages: u64,
    /// Replications by fate, in the order of [`Fate::ALL`].
    pub fates: [u64; Fate::ALL.len()],
    /// What was asked for, in that order.
    pub figures: Vec<Figure>,
}

impl Cell {
    /// Sums up replications, of which there is at least one.
    pub fn of(rows: &[Row]) -> Cell {
        let mut fates = [0; Fate::ALL.len()];
        for row in rows {
            fates[row.fate as usize] += 1;
        }
        let subjects = rows.first().map_or(0, |row| row.values.len());
        let figure = |number: usize| Figure::of(rows.iter().map(|row| row.values[number]));
        Cell {
            replications: rows.len() as u64,
            digest: Digest::of(rows.iter().map(|row| row.digest)),
            outages: rows.iter().filter(|row| row.outage).count() as u64,
            fates,
            figures: (0..subjects).map(figure).collect(),
        }
    }

    /// The most frequent fate; of several the worst.
    pub fn fate(&self) -> Fate {
        let count = |fate: &Fate| self.fates[*fate as usize];
        Fate::ALL.into_iter().max_by_key(count).unwrap_or(Fate::Stable)
    }

    /// The share of the replications with this fate.
    pub fn share(&self, fate: Fate) -> f64 {
        self.fates[fate as usize] as f64 / self.replications as f64
    }

    /// The share of the replications with an outage.
    pub fn outage_share(&self) -> f64 {
        self.outages as f64 / self.replications as f64
    }

    /// The exact 95 % bounds of the probability of an outage.
    pub fn outage_bounds(&self) -> (f64, f64) {
        share_bounds(self.outages, self.replications, CONFIDENCE)
    }
}

/// A replication that was stopped by a broken invariant.
#[derive(Clone, Debug)]
pub struct CellFailure {
    /// Where and how.
    pub failure: Failure,
    /// The number of its variant.
    pub cell: usize,
}

/// Runs so many replications of each of the scenarios 0 to `cells - 1`, which `scenario` makes,
/// with the same seeds for each, and hands the rows of one scenario after the other to `take`,
/// with its number. The rows do not depend on the number of threads. No more than about a
/// thousand, and the scenarios that they belong to, are in memory unless one scenario has more.
///
/// Returns the number of scenarios that were done: all, unless the pool was asked to stop or a
/// replication needed too much.
///
/// # Errors
/// If an invariant was broken.
pub fn run_cells(
    cells: usize,
    scenario: impl Fn(usize) -> Arc<Scenario>,
    replications: u64,
    seed: Seed,
    subjects: &[Subject],
    pool: Pool<'_>,
    mut take: impl FnMut(usize, &[Row]),
) -> Result<usize, CellFailure> {
    let together = usize::try_from(BATCH / replications.max(1)).unwrap_or(1).max(1);
    let mut done = 0;
    while done < cells {
        let batch: Vec<_> = (done..cells.min(done + together)).map(&scenario).collect();
        let before = done as u64 * replications;
        let progress = |count: u64| (pool.progress)(before + count);
        let pool = Pool { progress: &progress, ..pool };
        let part = |cell| pool.keeping.part("row", std::slice::from_ref(cell), &subjects);
        let parts: Vec<Part> = batch.iter().map(part).collect();
        let count = batch.len() as u64 * replications;
        let rows = pool.run_some(count, |task| {
            let (cell, number) = ((task / replications) as usize, task % replications);
            let seed = Seed(seed.0.wrapping_add(number));
            pool.keeping.or_do(&parts[cell], before + task, seed, || {
                let run = run_within(&batch[cell], seed, false, pool.halt)?;
                let row = run.map(|results| Row::of(&results, subjects));
                Some(row.map_err(|failure| CellFailure { failure, cell: done + cell }))
            })
        })?;
        if pool.keeping.shard.is_some() && !pool.is_stopped() {
            done += batch.len();
            continue;
        }
        // What is left of a cell that was interrupted is no cell.
        let whole = rows.chunks_exact(replications as usize);
        let before = done;
        for rows in whole {
            take(done, rows);
            done += 1;
        }
        if done < before + batch.len() {
            break;
        }
    }
    Ok(done)
}

/// Every combination of the levels of the axes, the last axis fastest.
pub fn grid(axes: &[Axis]) -> Vec<Vec<Level>> {
    let mut cells = vec![Vec::new()];
    for axis in axes {
        let longer = |cell: &Vec<Level>| {
            let cell = cell.clone();
            axis.levels().iter().map(move |level| [&cell[..], std::slice::from_ref(level)].concat())
        };
        cells = cells.iter().flat_map(longer).collect();
    }
    cells
}

/// So many points of a Latin hypercube over the spans of the axes. They depend on the seed alone.
pub fn spread(axes: &[Axis], points: u32, seed: Seed) -> Vec<Vec<Level>> {
    let mut draws = Streams::new(seed).sequence(POINTS, 0);
    let draw = || {
        let share = unit(&mut draws.die(0));
        draws.advance();
        share
    };
    let shares = latin_hypercube(points as usize, axes.len(), draw);
    let level = |(axis, share): (&Axis, &f64)| axis.at(*share);
    shares.iter().map(|point| axes.iter().zip(point).map(level).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Study;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    const NONE: &[&str] = &[];

    fn study() -> Study {
        let text = include_str!("../report/tests/tiny.toml");
        Study::load("tiny.toml", text, NONE, NONE).unwrap()
    }

    fn row(fate: Fate, value: f64) -> Row {
        let outage = fate >= Fate::Recovers;
        Row { digest: Digest::default(), fate, outage, values: vec![value] }
    }

    #[test]
    fn a_cell_counts_its_replications() {
        let rows = [
            row(Fate::Stable, 0.0),
            row(Fate::Recovers, 4.0),
            row(Fate::StaysDown, 8.0),
            row(Fate::Stable, f64::NAN),
            row(Fate::StaysDown, 8.0),
        ];
        let cell = Cell::of(&rows);
        assert_eq!(cell.fates, [2, 0, 1, 2]);
        assert_eq!(cell.fate(), Fate::StaysDown, "of equally frequent ones the worst");
        assert_eq!((cell.outages, cell.figures[0].count), (3, 4));
        assert!((cell.figures[0].mean - 5.0).abs() < 1e-12);
        // Three of five, by the tables of Clopper and Pearson.
        let (low, high) = cell.outage_bounds();
        assert!((low - 0.1466).abs() < 1e-4 && (high - 0.9473).abs() < 1e-4, "{low} {high}");
    }

    #[test]
    fn a_grid_has_every_combination_and_the_last_key_runs_fastest() {
        let axes = study().axes(&["nodes.count=1..2", "load.scale=1,2,3"], NONE, true).unwrap();
        let cells: Vec<String> = grid(&axes)
            .iter()
            .map(|cell| cell.iter().map(|level| level.value.as_str()).collect::<String>())
            .collect();
        assert_eq!(cells, ["11", "12", "13", "21", "22", "23"]);
    }

    #[test]
    fn points_cover_every_range_evenly() {
        let axes = study().axes(&["nodes.count=1..4", "load.scale=0..1"], NONE, false).unwrap();
        let points = spread(&axes, 40, Seed(1));
        let count = |value: &str| points.iter().filter(|point| point[0].value == value).count();
        assert_eq!(["1", "2", "3", "4"].map(count), [10; 4]);
        let mut scales: Vec<f64> = points.iter().filter_map(|point| point[1].number).collect();
        scales.sort_by(f64::total_cmp);
        for (number, scale) in scales.iter().enumerate() {
            assert!((scale * 40.0 - number as f64 - 0.5).abs() <= 0.5, "{scale}");
        }
        assert_eq!(points, spread(&axes, 40, Seed(1)));
        assert_ne!(points, spread(&axes, 40, Seed(2)));
    }

    #[test]
    fn batches_and_threads_change_nothing_and_every_cell_has_the_same_seeds() {
        let study = study();
        let lists: Vec<Vec<String>> = [1, 2, 2].map(|n| vec![format!("nodes.count={n}")]).into();
        let make = |number: usize| study.with_values(&lists[number]).unwrap().scenario;
        let subjects = study.subjects(&["requests", "outage_start"]).unwrap();
        let run = |threads: usize, replications: u64| {
            let most = AtomicU64::new(0);
            let progress = |done: u64| _ = most.fetch_max(done, Ordering::Relaxed);
            let stop = AtomicBool::new(false);
            let pool = Pool::new(threads, &progress, &stop);
            let mut cells = Vec::new();
            let take = |number: usize, rows: &[Row]| {
                assert_eq!(number, cells.len());
                cells.push(rows.to_vec());
            };
            let done = run_cells(3, make, replications, Seed(7), &subjects, pool, take);
            assert_eq!(done.unwrap(), 3);
            assert_eq!(most.load(Ordering::Relaxed), 3 * replications);
            cells
        };
        let cells = run(1, 3);
        assert_eq!(cells, run(3, 3));
        assert_eq!(cells[1], cells[2]);
        for (one, other) in cells[0].iter().zip(&cells[1]) {
            assert_eq!(one.values[0].to_bits(), other.values[0].to_bits(), "the same customers");
            assert_ne!(one.digest, other.digest);
        }
        // 1024 replications of one cell fill a batch.
        let many = run(2, 600);
        assert_eq!(many[1], many[2]);
        assert_eq!(many[0][..3], cells[0][..]);
    }

    #[test]
    fn whole_cells_are_left_when_somebody_stops() {
        let study = study();
        let make = |_| Arc::clone(&study.scenario);
        let stop = AtomicBool::new(false);
        let progress = |done: u64| stop.store(done >= 7, Ordering::Relaxed);
        let pool = Pool::new(1, &progress, &stop);
        let mut cells = 0;
        let done = run_cells(4, make, 3, Seed(1), &[], pool, |_, _| cells += 1).unwrap();
        assert_eq!((done, cells), (2, 2));
    }
}
