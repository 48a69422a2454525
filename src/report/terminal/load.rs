//! Load against capacity: the load as an area, the capacity as a line over it.

use super::{Cell, Time, instant, legend, line};
use crate::observe::recorder::Series;
use crate::report::{Report, Screen, axis, fleet, format};

/// Lines of the picture.
const HEIGHT: usize = 10;

/// Which characters it is made of.
struct Ink {
    /// Heights of the area within a line, from low to full.
    area: &'static [char],
    along: char,
    up: char,
    /// Corners of a line that comes from the left and goes down, comes from above and goes right,
    /// comes from the left and goes up, comes from below and goes right.
    corners: [char; 4],
    border: &'static str,
}

const BLOCKS: Ink = Ink {
    area: &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
    along: '━',
    up: '┃',
    corners: ['┓', '┗', '┛', '┏'],
    border: "│",
};
const ASCII: Ink = Ink { area: &[':'], along: '=', up: '|', corners: ['+'; 4], border: "|" };

/// The mean load of each column; that of the nearest window if a column is shorter than one.
fn load(report: &Report, series: &Series, time: &Time) -> Vec<f64> {
    let offered = axis::offered(report, series);
    let mean = |column: usize| {
        let (start, end) = time.of(column);
        let first = offered.partition_point(|(at, _)| *at < start);
        let last = offered.partition_point(|(at, _)| *at < end);
        let within = &offered[first..last];
        if !within.is_empty() {
            return within.iter().map(|(_, rate)| rate).sum::<f64>() / within.len() as f64;
        }
        let middle = f64::midpoint(start, end);
        let near = offered[first.saturating_sub(1)..].iter().take(2);
        let nearest = near.min_by(|a, b| (a.0 - middle).abs().total_cmp(&(b.0 - middle).abs()));
        nearest.map_or(0.0, |(_, rate)| *rate)
    };
    (0..time.columns).map(mean).collect()
}

/// The least capacity of each column.
fn capacity(report: &Report, series: &Series, time: &Time) -> Vec<f64> {
    let steps = fleet::capacity(report, series);
    let least = |column: usize| {
        let (start, end) = time.of(column);
        let (start, end) = (instant(start), instant(end));
        let first = fleet::at(&steps, start).unwrap_or(0.0);
        let later = steps.iter().filter(|(at, _)| *at > start && *at < end);
        later.fold(first, |least, (_, capacity)| least.min(*capacity))
    };
    (0..time.columns).map(least).collect()
}

/// The picture with its legend.
pub(super) fn picture(report: &Report, series: &Series, time: &Time, screen: &Screen) -> String {
    let load = load(report, series, time);
    let capacity = capacity(report, series, time);
    let highest = load.iter().chain(&capacity).fold(1.0_f64, |most, rate| most.max(*rate));
    let top = format::round_up(highest * 1.05);
    let ink = if screen.unicode { BLOCKS } else { ASCII };
    let (blue, red) = (screen.palette.people, screen.palette.bad);
    let mut grid = vec![vec![(' ', ""); time.columns]; HEIGHT];
    let full = *ink.area.last().unwrap_or(&' ');
    for (column, rate) in load.iter().enumerate() {
        area(&mut grid, column, rate / top, &ink, blue);
    }
    // Without a demand on the cores there is no capacity to speak of.
    let has_capacity = capacity.iter().any(|rate| *rate > 0.0);
    if has_capacity {
        let shares: Vec<f64> = capacity.iter().map(|rate| rate / top).collect();
        stroke(&mut grid, &shares, &ink, red);
    }
    let mut entries = vec![(full, blue, "load, requests issued per second")];
    if has_capacity {
        entries.push((ink.along, red, "capacity: serving nodes x cores x speed / mean work"));
    }
    let mut text = legend(&entries, screen);
    for (number, cells) in grid.iter().enumerate() {
        let label = match number {
            0 => format::number(top),
            number if number * 2 == HEIGHT => format::number(top / 2.0),
            _ => String::new(),
        };
        text += &line(&format!("{label} "), ink.border, cells, screen);
    }
    text
}

/// Fills a column up to a share of the height.
fn area(grid: &mut [Vec<Cell>], column: usize, share: f64, ink: &Ink, mark: &'static str) {
    let levels = ink.area.len();
    let filled = (share * (HEIGHT * levels) as f64).round() as usize;
    // What is not quite nothing does not look like it.
    let filled = filled.max(usize::from(share > 0.0));
    for (number, cells) in grid.iter_mut().rev().enumerate() {
        let here = filled.saturating_sub(number * levels).min(levels);
        if here > 0 {
            cells[column] = (ink.area[here - 1], mark);
        }
    }
}

/// Draws a line through shares of the height, one a column, with corners where it steps.
fn stroke(grid: &mut [Vec<Cell>], shares: &[f64], ink: &Ink, mark: &'static str) {
    let height = grid.len();
    let row = |share: f64| {
        let below = (share * height as f64).round() as usize;
        height - below.clamp(1, height)
    };
    let mut before = shares.first().map_or(0, |share| row(*share));
    for (column, share) in shares.iter().enumerate() {
        let here = row(*share);
        let [down, from_above, up, from_below] = ink.corners;
        let (high, low) = (before.min(here), before.max(here));
        for cells in &mut grid[high..low] {
            cells[column] = (ink.up, mark);
        }
        let (leaves, arrives) = match here.cmp(&before) {
            std::cmp::Ordering::Equal => (ink.along, ink.along),
            std::cmp::Ordering::Greater => (down, from_above),
            std::cmp::Ordering::Less => (up, from_below),
        };
        grid[before][column] = (leaves, mark);
        grid[here][column] = (arrives, mark);
        before = here;
    }
}
