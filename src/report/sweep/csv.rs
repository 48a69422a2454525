//! `sweep.csv`.

use super::{Sweep, suffix};
use crate::experiment::summary::Figure;
use crate::observe::Fate;
use crate::report::tables::{cell, write};

/// One row for each cell:
///
/// - every key with its value as it is written in a scenario, and behind a key that holds a
///   quantity the same as a number (`KEY_s`, `KEY_bytes`, `KEY_per_s`, `KEY_share`);
/// - `replications`;
/// - `class`, the most frequent fate of its replications, of several the worst, and the share of
///   each: `stable_share`, `degraded_share`, `recovers_share`, `stays_down_share`;
/// - `outage_probability`, with its exact 95 % bounds `outage_low` and `outage_high`;
/// - for each measure `_mean`, `_low` and `_high` (the 95 % interval of the mean by Student's t),
///   `_p05`, `_p50`, `_p95` (quantiles over the replications), and `_count`, how many replications
///   have it; milestones are in seconds since the start;
/// - `digest`, of all its replications.
pub fn csv(sweep: &Sweep) -> String {
    let mut head = Vec::new();
    for axis in sweep.axes {
        head.push(axis.key.clone());
        head.extend(suffix(axis).map(|suffix| format!("{}{suffix}", axis.key)));
    }
    head.extend(["replications", "class"].map(str::to_string));
    head.extend(Fate::ALL.map(|fate| format!("{}_share", fate.name())));
    head.extend(["outage_probability", "outage_low", "outage_high"].map(str::to_string));
    for name in sweep.names() {
        let columns = ["mean", "low", "high", "p05", "p50", "p95", "count"];
        head.extend(columns.map(|column| format!("{name}_{column}")));
    }
    head.push("digest".to_string());
    let rows = sweep.cells.iter().map(|swept| {
        let mut cells = Vec::new();
        for (axis, level) in sweep.axes.iter().zip(&swept.levels) {
            cells.push(level.value.clone());
            cells.extend(suffix(axis).map(|_| cell(level.number.unwrap_or(f64::NAN))));
        }
        let found = &swept.cell;
        cells.extend([found.replications.to_string(), found.fate().name().to_string()]);
        cells.extend(Fate::ALL.map(|fate| cell(found.share(fate))));
        let (low, high) = found.outage_bounds();
        cells.extend([found.outage_share(), low, high].map(cell));
        for &Figure { count, mean, half_width, p05, p50, p95, .. } in &found.figures {
            let half = half_width.unwrap_or(f64::NAN);
            cells.extend([mean, mean - half, mean + half, p05, p50, p95].map(cell));
            cells.push(count.to_string());
        }
        cells.push(found.digest.to_string());
        cells
    });
    write(std::iter::once(head).chain(rows))
}
