//! A sweep: what becomes of the fleet where, and where it first collapses.

use super::documents::{Documents, Head, Measured, Unreadable};
use super::number::{data, measured};
use super::shell;
use crate::report::figures::words;
use crate::report::format::{percent, plural};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `sweep.json`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Sweep {
    #[serde(flatten)]
    head: Head,
    verdict: String,
    design: String,
    keys: Vec<Key>,
    replications: u64,
    cells_planned: u64,
    cells: Vec<Cell>,
}

#[derive(Clone, Debug, Deserialize)]
struct Key {
    key: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Cell {
    values: BTreeMap<String, String>,
    class: String,
    outage: Outage,
    measures: BTreeMap<String, Measured>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Outage {
    probability: f64,
    low: f64,
    high: f64,
}

impl Cell {
    fn value(&self, key: &Key) -> &str {
        self.values.get(&key.key).map_or("", |value| value.trim_matches('"'))
    }

    fn collapses(&self) -> bool {
        matches!(self.class.as_str(), "recovers" | "stays_down")
    }

    fn probability(&self) -> String {
        let Outage { probability, low, high } = self.outage;
        format!("{} ({} to {})", percent(probability), percent(low), percent(high))
    }
}

/// The page.
pub(super) fn page(sweep: &Sweep, documents: &Documents) -> Result<String, Unreadable> {
    let done = plural(sweep.cells.len() as u64, "cell");
    let missing = if (sweep.cells.len() as u64) < sweep.cells_planned {
        format!(" of {}", sweep.cells_planned)
    } else {
        String::new()
    };
    let about = format!(
        "{done}{missing}, {} of each from seed {}, the same customers in all.",
        plural(sweep.replications, "replication"),
        sweep.head.seed,
    );
    let is_map = sweep.design == "grid" && sweep.keys.len() == 2;
    let body = html! {
        (shell::top(&sweep.head, &about, &[&sweep.verdict]))
        section {
            h2 { "What became of the fleet" }
            @if is_map { (map(sweep)) }
            @else if let Some(svg) = documents.text("sweep.svg") {
                (shell::picture("sweep", &sweep.verdict, "The share of replications with an \
                    outage, the class of most of them, and where the fleet first collapses.", svg))
            }
        }
        section { h2 { "Every cell" } (cells(sweep)) }
    };
    Ok(shell::document(&sweep.head, "where it breaks", None, &body))
}

/// The values of a key in the order of the cells.
fn values<'a>(sweep: &'a Sweep, key: &'a Key) -> Vec<&'a str> {
    let mut all: Vec<&str> = Vec::new();
    for cell in &sweep.cells {
        let value = cell.value(key);
        if !all.contains(&value) {
            all.push(value);
        }
    }
    all
}

/// The classes of outcome over two keys; a heavy line where it begins or ceases to collapse.
fn map(sweep: &Sweep) -> Markup {
    let [down, across] = &sweep.keys[..] else { return html! {} };
    let columns = values(sweep, across);
    let rows = values(sweep, down);
    let find = |row: &str, column: &str| {
        sweep.cells.iter().find(|cell| cell.value(down) == row && cell.value(across) == column)
    };
    let grid: Vec<Vec<Option<&Cell>>> =
        rows.iter().map(|row| columns.iter().map(|column| find(row, column)).collect()).collect();
    let caption = format!(
        "Class of most replications, share with an outage; {} down, {} across, a heavy line where \
         the fleet begins or ceases to collapse",
        down.key, across.key
    );
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table.map {
                caption { (caption) }
                thead { tr {
                    th scope="col" { code { (down.key) } }
                    @for column in &columns { th scope="col" { (*column) } }
                } }
                tbody { @for (row, name) in rows.iter().enumerate() { tr {
                    th scope="row" { (name) }
                    @for column in 0..columns.len() { (place(&grid, row, column)) }
                } } }
            }
        }
    }
}

/// A place of the map.
fn place(grid: &[Vec<Option<&Cell>>], row: usize, column: usize) -> Markup {
    let Some(cell) = grid[row][column] else { return html! { td {} } };
    let differs = |row: Option<usize>, column: Option<usize>| {
        let other = row.zip(column).and_then(|(row, column)| grid[row][column]);
        other.is_some_and(|other| other.collapses() != cell.collapses())
    };
    let mut class = cell.class.clone();
    if differs(row.checked_sub(1), Some(column)) {
        class += " edge-above";
    }
    if differs(Some(row), column.checked_sub(1)) {
        class += " edge-left";
    }
    html! {
        td class=(class) title=(cell.probability()) {
            (cell.class.replace('_', " ")) small { (percent(cell.outage.probability)) }
        }
    }
}

fn cells(sweep: &Sweep) -> Markup {
    let names: Vec<&String> =
        sweep.cells.first().map(|cell| cell.measures.keys().collect()).unwrap_or_default();
    let row = |(number, cell): (usize, &Cell)| {
        let mut row: Vec<Markup> =
            sweep.keys.iter().map(|key| shell::cell(cell.value(key))).collect();
        row.push(html! { span.tag.(cell.class) { (cell.class.replace('_', " ")) } });
        row.push(html! {
            (data(cell.outage.probability, &format!("cells.{number}.outage.probability"),
                &percent(cell.outage.probability)))
            " (" (percent(cell.outage.low)) " to " (percent(cell.outage.high)) ")"
        });
        row.extend(names.iter().map(|name| {
            let found = cell.measures.get(*name);
            shell::cell(found.map_or("-".to_string(), |one| measured(name, one)))
        }));
        row
    };
    let rows: Vec<Vec<Markup>> = sweep.cells.iter().enumerate().map(row).collect();
    let measures: Vec<String> = names.iter().map(|name| words(name)).collect();
    let mut head: Vec<&str> = sweep.keys.iter().map(|key| key.key.as_str()).collect();
    head.extend(["class", "outage (95 %)"]);
    head.extend(measures.iter().map(String::as_str));
    shell::table("Every cell with its measures, means ± 95 %", &head, &rows)
}
