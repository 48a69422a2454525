//! A sweep for people: two keys as a map, others as a table.

use super::{Sweep, Swept, unit, verdict};
use crate::experiment::summary::Figure;
use crate::observe::Fate;
use crate::report::Screen;
use crate::report::claims::{is_share, plus_minus, share_of};
use crate::report::figures::words;
use crate::report::format::{self, number, percent, plural};
use crate::report::human::{answer, head, tail};
use crate::scenario::vary::Level;

/// Measures that the table shows; the files have all.
const SHOWN: usize = 3;

/// The whole report.
pub fn human(sweep: &Sweep, screen: &Screen) -> String {
    let mut text = head(sweep.study, sweep.with, sweep.set, &seeds(sweep), sweep.partial, screen);
    text += &format!("{}\n", format::wrap(&design(sweep), screen.text() - 2, "  "));
    text += &answer(&verdict(sweep), screen);
    if sweep.is_grid && sweep.axes.len() == 2 {
        text += &maps(sweep, screen);
    } else {
        text += &screen.heading("What came out");
        text += &rows(sweep, screen);
    }
    text += &legend(screen);
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

fn legend(screen: &Screen) -> String {
    let words = "Means with 95 % intervals over the replications of a cell; probabilities with \
                 exact 95 % bounds. Where all replications agree an interval has no width and \
                 says little: the bounds of the probability still hold.";
    screen.paragraph(words)
}

/// A row for each cell.
fn rows(sweep: &Sweep, screen: &Screen) -> String {
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
    screen.table(&rows)
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
fn maps(sweep: &Sweep, screen: &Screen) -> String {
    let letters = Fate::ALL.map(|fate| format!("`{}` {}", letter(fate), fate.words())).join(", ");
    let mut text = screen.heading("What became of the fleet, most often");
    text += &format!("{}\n", screen.paragraph(&letters));
    text += &map(sweep, screen, |swept| letter(swept.cell.fate()).to_string());
    text += &screen.heading("Probability of an outage, in %");
    text += "\n";
    text += &map(sweep, screen, |swept| {
        let share = percent(swept.cell.outage_share());
        share.trim_end_matches(" %").to_string()
    });
    text + "\n"
}

/// In parts below one another if the columns have no room side by side.
fn map(sweep: &Sweep, screen: &Screen, show: impl Fn(&Swept) -> String) -> String {
    let (columns, lines) = (sweep.axes[0].levels(), sweep.axes[1].levels());
    let values = |levels: &[Level]| levels.iter().map(|level| level.value.clone()).collect();
    let column = |(number, name): (usize, String)| {
        let first = number * lines.len();
        let cells = (first..first + lines.len())
            .map(|cell| sweep.cells.get(cell).map_or(String::new(), &show));
        std::iter::once(name).chain(cells).collect::<Vec<String>>()
    };
    let names: Vec<String> = values(columns);
    let all: Vec<Vec<String>> = names.into_iter().enumerate().map(column).collect();
    let mut left: Vec<String> = values(lines);
    left.insert(0, format!("`{}`", sweep.axes[1].key));
    let width = |cells: &[String]| cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
    let indent = width(&left);
    let mut text = String::new();
    let mut rest = &all[..];
    while !rest.is_empty() {
        let mut used = 2 + indent;
        let fits = |cells: &&Vec<String>| {
            used += 3 + width(cells);
            used <= screen.columns()
        };
        let count = rest.iter().take_while(fits).count().max(1);
        let (here, later) = rest.split_at(count);
        rest = later;
        let row = |line: usize| {
            let cells = here.iter().map(|column| column[line].clone());
            std::iter::once(left[line].clone()).chain(cells).collect::<Vec<String>>()
        };
        let rows: Vec<Vec<String>> = (0..left.len()).map(row).collect();
        let head = format!("  {:indent$}   `{}`\n", "", sweep.axes[0].key);
        let gap = if text.is_empty() { "" } else { "\n" };
        text += &format!("{gap}{head}{}", screen.table(&rows));
    }
    text
}
