//! A sweep for people: two keys as a map, others as a table.

use super::{Sweep, Swept, unit, verdict};
use crate::experiment::summary::Figure;
use crate::observe::Fate;
use crate::report::claims::{is_share, plus_minus, share_of};
use crate::report::figures::{table, words};
use crate::report::format::{self, Palette, number, percent, plural};
use crate::report::human::{answer, head, heading, tail};

/// Measures that the table shows; the files have all.
const SHOWN: usize = 3;
/// Width at which texts are wrapped.
const WIDTH: usize = 98;

/// The whole report.
pub fn human(sweep: &Sweep, palette: &Palette) -> String {
    let mut text = head(sweep.study, sweep.with, sweep.set, &seeds(sweep), palette);
    text += &format!("{}\n", format::wrap(&design(sweep), WIDTH, "  "));
    text += &answer(&verdict(sweep), palette);
    if sweep.is_grid && sweep.axes.len() == 2 {
        text += &maps(sweep, palette);
    } else {
        text += &heading("What came out", palette);
        text += &rows(sweep);
    }
    text += &legend();
    text + &tail(sweep.study, sweep.seed, None)
}

fn seeds(sweep: &Sweep) -> String {
    let last = sweep.seed.wrapping_add(sweep.replications - 1);
    format!("seeds {} to {last}, the same in every cell", sweep.seed)
}

fn design(sweep: &Sweep) -> String {
    let axes: Vec<String> = sweep
        .axes
        .iter()
        .map(|axis| match axis.levels() {
            levels @ [_, ..] if !axis.is_ascending() => {
                let values: Vec<&str> = levels.iter().map(|level| level.value.as_str()).collect();
                format!("`{}` {}", axis.key, values.join(", "))
            }
            [first, .., last] => format!("`{}` from {} to {}", axis.key, first.value, last.value),
            _ => format!("`{}` over its range", axis.key),
        })
        .collect();
    let cells = plural(sweep.planned as u64, if sweep.is_grid { "cell" } else { "point" });
    let each = plural(sweep.replications, "replication");
    let mut text = format!("{}: {cells} of {each}", axes.join(", "));
    if sweep.cells.len() < sweep.planned {
        text += &format!(", stopped after {}", sweep.cells.len());
    }
    text
}

fn legend() -> String {
    let words = "Means with 95 % intervals over the replications of a cell; probabilities with \
                 exact 95 % bounds. Where all replications agree an interval has no width and \
                 says little: the bounds of the probability still hold.";
    format!("  {}\n", format::wrap(words, WIDTH, "  "))
}

/// A row for each cell.
fn rows(sweep: &Sweep) -> String {
    let names: Vec<String> = sweep.names().into_iter().take(SHOWN).collect();
    let mut head: Vec<String> = sweep.axes.iter().map(|axis| axis.key.clone()).collect();
    head.extend(["most often", "outages", "probability"].map(str::to_string));
    head.extend(names.iter().map(|name| words(name)));
    let mut rows = vec![head];
    for swept in sweep.cells {
        let mut row: Vec<String> = swept.levels.iter().map(|level| level.value.clone()).collect();
        let cell = &swept.cell;
        row.push(fate(swept));
        row.push(share_of(cell.outages, cell.replications));
        let (low, high) = cell.outage_bounds();
        row.push(format!("{} to {}", percent(low), percent(high)));
        let figures = cell.figures.iter().zip(sweep.subjects).zip(&names);
        row.extend(
            figures.map(|((figure, subject), name)| self::figure(name, unit(*subject), *figure)),
        );
        rows.push(row);
    }
    table(&rows)
}

fn fate(swept: &Swept) -> String {
    let fate = swept.cell.fate();
    let share = swept.cell.share(fate);
    match swept.cell.fates.iter().filter(|count| **count > 0).count() {
        1 => fate.words().to_string(),
        _ => format!("{} ({})", fate.words(), percent(share)),
    }
}

/// A mean with its interval.
pub(in crate::report) fn figure(name: &str, unit: &'static str, figure: Figure) -> String {
    let (unit, factor) =
        if is_share(name) { ("%", 0.01) } else { format::scale(unit, figure.mean) };
    match figure.half_width {
        _ if figure.count == 0 => "-".to_string(),
        Some(half) => plus_minus(unit, 1.0 / factor, figure.mean, half),
        None => format!("{} {unit}", number(figure.mean / factor)),
    }
}

fn letter(fate: Fate) -> &'static str {
    match fate {
        Fate::Stable => ".",
        Fate::Degraded => "d",
        Fate::Recovers => "r",
        Fate::StaysDown => "X",
    }
}

/// The fates and the probabilities of an outage, the first key from left to right, the second from
/// top to bottom.
fn maps(sweep: &Sweep, palette: &Palette) -> String {
    let letters = Fate::ALL.map(|fate| format!("`{}` {}", letter(fate), fate.words())).join(", ");
    let mut text = heading("What became of the fleet, most often", palette);
    text += &format!("  {}\n\n", format::wrap(&letters, WIDTH, "  "));
    text += &map(sweep, |swept| letter(swept.cell.fate()).to_string());
    text += &heading("Probability of an outage, in %", palette);
    text += "\n";
    text += &map(sweep, |swept| {
        let share = percent(swept.cell.outage_share());
        share.trim_end_matches(" %").to_string()
    });
    text + "\n"
}

fn map(sweep: &Sweep, show: impl Fn(&Swept) -> String) -> String {
    let (columns, lines) = (sweep.axes[0].levels(), sweep.axes[1].levels());
    let left = sweep.axes[1].key.clone();
    let mut rows = vec![vec![String::new(), format!("`{}`", sweep.axes[0].key)]];
    let mut head = vec![format!("`{left}`")];
    head.extend(columns.iter().map(|level| level.value.clone()));
    let top = rows.remove(0);
    rows.push(head);
    for (line, level) in lines.iter().enumerate() {
        let mut row = vec![level.value.clone()];
        row.extend((0..columns.len()).map(|column| {
            sweep.cells.get(column * lines.len() + line).map_or(String::new(), &show)
        }));
        rows.push(row);
    }
    let indent = rows.iter().map(|row| row[0].chars().count()).max().unwrap_or(0);
    format!("  {:indent$}   {}\n{}", top[0], top[1], table(&rows))
}
