//! `sweep.json`.

use super::{Sweep, Swept, unit, verdict};
use crate::experiment::Cell;
use crate::observe::Fate;
use crate::report::json::{Estimate, Head, InOrder, estimate, head, pretty};
use crate::scenario::claim::Subject;
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    verdict: String,
    design: &'static str,
    keys: Vec<Key<'a>>,
    replications: u64,
    cells_planned: usize,
    cells: Vec<One<'a>>,
}

#[derive(Serialize)]
struct Key<'a> {
    key: &'a str,
    unit: Option<&'static str>,
}

#[derive(Serialize)]
struct One<'a> {
    values: InOrder<&'a str>,
    numbers: InOrder<Option<f64>>,
    #[serde(flatten)]
    found: Found,
}

/// What came out at one place.
#[derive(Serialize)]
pub(in crate::report) struct Found {
    class: &'static str,
    replications_by_class: InOrder<u64>,
    outage: Outage,
    measures: InOrder<Estimate>,
    digest: String,
}

#[derive(Serialize)]
struct Outage {
    replications: u64,
    probability: f64,
    low: f64,
    high: f64,
}

/// One JSON document:
///
/// ```text
/// scenario, title, source, fleetfall,
/// scenario_hash, with, set, seed,
/// partial        as in the document of a run
/// verdict        where the fleet collapses, in a sentence
/// design         grid, or lhs: points of a Latin hypercube
/// keys           key and unit of its numbers (null for words)
/// replications   of each cell, with the same seeds
/// cells_planned  how many were asked for
/// cells          values: key -> as written; numbers: key -> number in its unit, null for words;
///                class: stable, degraded, recovers, stays_down; replications_by_class;
///                outage: replications, probability and its exact 95 % bounds low and high;
///                measures: name -> unit, mean, half_width (at 95 %), p05, p50, p95; digest
/// ```
pub fn json(sweep: &Sweep) -> String {
    let key = |axis: &'_ crate::scenario::vary::Axis| axis.scale.map(|scale| scale.unit());
    let one = |swept: &Swept| found(&swept.cell, sweep.subjects, &sweep.names());
    let cells = sweep.cells.iter().map(|swept| {
        let by_key = sweep.axes.iter().zip(&swept.levels);
        let values = by_key.clone().map(|(axis, level)| (axis.key.clone(), level.value.as_str()));
        let numbers = by_key.map(|(axis, level)| (axis.key.clone(), level.number));
        One {
            values: InOrder(values.collect()),
            numbers: InOrder(numbers.collect()),
            found: one(swept),
        }
    });
    pretty(&Document {
        head: head(sweep.study, sweep.with, sweep.set, sweep.seed, sweep.partial),
        verdict: verdict(sweep),
        design: if sweep.is_grid { "grid" } else { "lhs" },
        keys: sweep.axes.iter().map(|axis| Key { key: &axis.key, unit: key(axis) }).collect(),
        replications: sweep.replications,
        cells_planned: sweep.planned,
        cells: cells.collect(),
    })
}

/// What came out in a cell.
pub(in crate::report) fn found(cell: &Cell, subjects: &[Subject], names: &[String]) -> Found {
    let fates = Fate::ALL.map(|fate| (fate.name().to_string(), cell.fates[fate as usize]));
    let (low, high) = cell.outage_bounds();
    let probability = cell.outage_share();
    let measures = names.iter().zip(subjects).zip(&cell.figures);
    let measures =
        measures.map(|((name, subject), figure)| (name.clone(), estimate(unit(*subject), *figure)));
    Found {
        class: cell.fate().name(),
        replications_by_class: InOrder(fates.into()),
        outage: Outage { replications: cell.outages, probability, low, high },
        measures: InOrder(measures.collect()),
        digest: cell.digest.to_string(),
    }
}
