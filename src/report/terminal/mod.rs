//! Pictures of a run made of characters: load against capacity, and what every node was doing, one
//! above the other over the same stretch of time.
//!
//! On a screen that shows them they are made of blocks and lines, elsewhere of ASCII; the legend
//! says what each stands for. A column shows the mean load of its time, the least capacity, and of
//! what a node was doing the worst.

mod lanes;
mod load;

use super::{Report, Screen, axis, fleet, format};
use crate::kernel::time::{Duration, Instant};

/// Columns of a picture at most.
const WIDEST: usize = 120;
/// Columns before a picture, for names and numbers.
const LEFT: usize = 11;

/// The stretch of time, in columns.
#[derive(Clone, Copy, Debug)]
struct Time {
    from: f64,
    to: f64,
    columns: usize,
}

impl Time {
    /// When a column begins and ends, in seconds since the start.
    fn of(&self, column: usize) -> (f64, f64) {
        let each = (self.to - self.from) / self.columns as f64;
        (self.from + each * column as f64, self.from + each * (column + 1) as f64)
    }

    /// The column of a time.
    fn column(&self, seconds: f64) -> usize {
        let share = (seconds - self.from) / (self.to - self.from);
        ((share * self.columns as f64) as usize).min(self.columns - 1)
    }
}

/// A character with what marks it.
type Cell = (char, &'static str);

/// The pictures of the first replication; nothing if its course was not kept.
pub(super) fn pictures(report: &Report, screen: &Screen) -> String {
    let Some(series) = &report.first.series else { return String::new() };
    let (from, to) = axis::stretch(report);
    let time = Time { from, to, columns: screen.columns().min(WIDEST) - LEFT - 1 };
    let (start, _) = fleet::stretch(report);
    let scenario = &report.study.scenario;
    let day = format::day(scenario, start);
    let title = format!("Load, capacity and nodes, {day} ({})", format::zone(scenario));
    let mut text = screen.heading(&title);
    text += &load::picture(report, series, &time, screen);
    text += &times(report, &time, screen);
    text += &outages(report, &time, screen);
    text += &lanes::picture(report, series, &time, screen);
    text
}

/// A line of the picture with what stands before it.
fn line(left: &str, border: &str, cells: &[Cell], screen: &Screen) -> String {
    let reset = screen.palette.reset;
    let mut text = format!("{left:>width$}{border}", width = LEFT - 1);
    let mut marked = "";
    for &(char, mark) in cells {
        if mark != marked {
            text += if marked.is_empty() { "" } else { reset };
            text += mark;
            marked = mark;
        }
        text.push(char);
    }
    text = text.trim_end().to_string();
    text + if marked.is_empty() { "" } else { reset } + "\n"
}

/// The axis of time with its labels.
fn times(report: &Report, time: &Time, screen: &Screen) -> String {
    let [corner, along, mark] =
        if screen.unicode { ['└', '─', '┬'] } else { ['+', '-', '+'] };
    let widest = axis::label(report, time.from).chars().count() + 3;
    let marks = axis::marks(report, (time.columns / widest).clamp(1, 12));
    let mut cells = vec![(along, ""); time.columns];
    let mut labels = vec![' '; LEFT + time.columns + 1];
    for seconds in marks {
        let column = time.column(seconds);
        cells[column] = (mark, "");
        let label = axis::label(report, seconds);
        let length = label.chars().count();
        let first = (LEFT + column).saturating_sub(length / 2).min(labels.len() - length);
        // A label that would touch the one before it is left out.
        if labels[first.saturating_sub(1)..first + length].iter().all(|char| *char == ' ') {
            labels.splice(first..first + length, label.chars());
        }
    }
    let labels: String = labels.into_iter().collect();
    line("0 ", &corner.to_string(), &cells, screen) + labels.trim_end() + "\n"
}

/// A lane of the outages.
fn outages(report: &Report, time: &Time, screen: &Screen) -> String {
    let mut cells = vec![(' ', ""); time.columns];
    let mark = if screen.unicode { '▀' } else { 'X' };
    for (start, end) in axis::outages(report).filter(|(start, end)| start < end) {
        let (first, last) = (time.column(start), time.column(end - 1e-9));
        cells[first..=last].fill((mark, screen.palette.bad));
    }
    if cells.iter().all(|(char, _)| *char == ' ') {
        return String::new();
    }
    line("outage ", " ", &cells, screen)
}

fn instant(seconds: f64) -> Instant {
    Instant::START + Duration::from_secs_f64(seconds.max(0.0))
}

/// Entries of a legend in lines: what a character stands for.
fn legend(entries: &[(char, &'static str, &str)], screen: &Screen) -> String {
    let mut text = String::new();
    let mut used = 0;
    for (char, mark, words) in entries {
        let length = words.chars().count() + 2;
        if used > 0 && used + 3 + length > screen.text() - 2 {
            text.push('\n');
            used = 0;
        }
        text += if used == 0 { "  " } else { "   " };
        let end = if mark.is_empty() { "" } else { screen.palette.reset };
        text += &format!("{mark}{char}{end} {words}");
        used += 3 + length;
    }
    text + "\n"
}
