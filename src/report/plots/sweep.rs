//! A sweep: curves over one key, maps over two.

use super::frame::{self, Area, Axis as Ticks, Failed, Mark};
use crate::experiment::Cell;
use crate::observe::Fate;
use crate::report::claims::is_share;
use crate::report::format;
use crate::report::sweep::{Knee, Sweep, Swept, collapses, knee, unit};
use crate::scenario::vary::{Axis, Level};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Height of a panel over one key.
const PANEL: u32 = 230;
/// Labels on an axis at most.
const LABELS: usize = 20;
/// Measures that get a panel.
const PANELS: usize = 4;

/// What the parts of the bars and the cells of the maps are.
const LEGEND: [(Mark, RGBColor, &str); 5] = [
    (Mark::Fill, color(Fate::Stable), "stable"),
    (Mark::Fill, color(Fate::Degraded), "degraded"),
    (Mark::Fill, color(Fate::Recovers), "collapses and recovers by itself"),
    (Mark::Fill, color(Fate::StaysDown), "collapses and stays down"),
    (Mark::Line, BLACK, "where it begins or ceases to collapse"),
];

const fn color(fate: Fate) -> RGBColor {
    match fate {
        Fate::Stable => frame::SKY,
        Fate::Degraded => frame::ORANGE,
        Fate::Recovers => frame::PURPLE,
        Fate::StaysDown => frame::VERMILION,
    }
}

/// The picture of a grid over one or two keys; `None` for other designs, and before the first cell.
pub(super) fn draw(sweep: &Sweep) -> Option<Result<String, Failed>> {
    match (sweep.axes, sweep.cells) {
        (_, []) => None,
        ([axis], cells) if sweep.is_grid => Some(curves(sweep, axis, cells)),
        ([across, up], cells) if sweep.is_grid => Some(maps(sweep, across, up, cells)),
        _ => None,
    }
}

fn about(sweep: &Sweep) -> String {
    let replications = format::plural(sweep.replications, "replication");
    let name = &sweep.study.scenario.name;
    let mut text = format!("{name}, seed {}; {replications} of each cell", sweep.seed);
    for change in sweep.with.iter().chain(sweep.set) {
        text += &format!(", {change}");
    }
    if sweep.cells.len() < sweep.planned {
        text += &format!("; stopped after {} of {} cells", sweep.cells.len(), sweep.planned);
    }
    text
}

/// Where the levels of an axis stand, and how wide a bar may be.
struct Places<'a> {
    levels: &'a [Level],
    at: Vec<f64>,
    gap: f64,
}

impl<'a> Places<'a> {
    fn of(axis: &'a Axis) -> Places<'a> {
        let levels = axis.levels();
        let by_number = axis.is_ascending();
        let place = |(number, level): (usize, &Level)| match level.number {
            Some(value) if by_number => value,
            _ => number as f64,
        };
        let at: Vec<f64> = levels.iter().enumerate().map(place).collect();
        let gap = at.windows(2).map(|two| two[1] - two[0]).fold(f64::INFINITY, f64::min);
        Places { levels, at, gap }
    }

    fn ticks(&self) -> Ticks {
        let every = self.at.len().div_ceil(LABELS).max(1);
        let marks = self.at.iter().copied().step_by(every).collect();
        let (first, last) = (self.at[0], self.at[self.at.len() - 1]);
        Ticks::new(first - self.gap * 0.6..last + self.gap * 0.6, marks)
    }

    fn label(&self, at: f64) -> String {
        let near = |place: &f64| (place - at).abs() < self.gap / 4.0;
        let found = self.at.iter().position(near);
        found.map_or(String::new(), |number| self.levels[number].value.clone())
    }
}

fn curves(sweep: &Sweep, axis: &Axis, cells: &[Swept]) -> Result<String, Failed> {
    let places = Places::of(axis);
    let shown = sweep.subjects.len().min(PANELS);
    let height = frame::HEAD + PANEL * (1 + shown as u32);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (frame::WIDTH, height)).into_drawing_area();
        let title = title(axis, cells);
        let body = frame::head_of(&root, &title, &about(sweep), &LEGEND)?;
        let panels = body.split_evenly((1 + shown, 1));
        fates(&panels[0], axis, &places, cells)?;
        let names = sweep.names();
        for (number, panel) in panels[1..].iter().enumerate() {
            let unit = unit(sweep.subjects[number]);
            measure(panel, axis, &places, cells, number, (&names[number], unit))?;
        }
        root.present()?;
    }
    Ok(svg)
}

/// What the curves show.
fn title(axis: &Axis, cells: &[Swept]) -> String {
    let key = &axis.key;
    let value = |number: usize| axis.levels()[number].value.as_str();
    match knee(axis, cells) {
        Some(Knee::From(at)) => format!("The fleet first collapses at {key} = {}", value(at)),
        Some(Knee::Until(at)) => format!("The fleet collapses up to {key} = {}", value(at - 1)),
        Some(Knee::Never) => format!("The fleet collapses at no value of {key}"),
        Some(Knee::Always) => format!("The fleet collapses at every value of {key}"),
        None => {
            let count = cells.iter().filter(|swept| collapses(swept)).count();
            format!("The fleet collapses at {count} of {} values of {key}", cells.len())
        }
    }
}

/// What the maps show.
fn title_of_maps(across: &Axis, up: &Axis, cells: &[Swept]) -> String {
    let count = cells.iter().filter(|swept| collapses(swept)).count();
    let all = cells.len();
    format!("The fleet collapses in {count} of {all} cells, by {} and {}", across.key, up.key)
}

/// The shares of the fates as bars, and the probability of an outage with its bounds.
fn fates(area: &Area, axis: &Axis, places: &Places, cells: &[Swept]) -> Result<(), Failed> {
    let mut chart = ChartBuilder::on(area)
        .margin_left(24)
        .margin_right(24)
        .margin_bottom(8)
        .x_label_area_size(44)
        .y_label_area_size(72)
        .build_cartesian_2d(places.ticks(), 0.0..100.0)?;
    chart
        .configure_mesh()
        .disable_mesh()
        .y_labels(6)
        .x_desc(axis.key.as_str())
        .y_desc("% of replications")
        .x_label_formatter(&|&at| places.label(at))
        .y_label_formatter(&|&value| format::number(value))
        .draw()?;
    for (swept, &at) in cells.iter().zip(&places.at) {
        let mut low = 0.0;
        // The worst at the bottom, so that outages reach up to their probability.
        for fate in Fate::ALL.into_iter().rev() {
            let high = low + 100.0 * swept.cell.share(fate);
            let (left, right) = (at - places.gap * 0.35, at + places.gap * 0.35);
            let bar = Rectangle::new([(left, low), (right, high)], color(fate).filled());
            chart.draw_series([bar])?;
            low = high;
        }
        let (low, high) = swept.cell.outage_bounds();
        whisker(&mut chart, places, at, (100.0 * low, 100.0 * high))?;
        let middle = (at, 100.0 * swept.cell.outage_share());
        chart.draw_series([Circle::new(middle, 3, BLACK.filled())])?;
    }
    if let Some(turn) = knee(axis, cells).and_then(Knee::turn) {
        let at = 0.5 * (places.at[turn - 1] + places.at[turn]);
        let line = vec![(at, 0.0), (at, 100.0)];
        chart.draw_series([PathElement::new(line, BLACK.stroke_width(3))])?;
    }
    Ok(())
}

type Chart<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<Ticks, plotters::coord::types::RangedCoordf64>>;

/// A line from the lower bound to the upper, with short lines across at both ends.
fn whisker(
    chart: &mut Chart,
    places: &Places,
    at: f64,
    (low, high): (f64, f64),
) -> Result<(), Failed> {
    let half = places.gap * 0.06;
    let line = |from, to| PathElement::new(vec![from, to], BLACK.stroke_width(1));
    chart.draw_series([
        line((at, low), (at, high)),
        line((at - half, low), (at + half, low)),
        line((at - half, high), (at + half, high)),
    ])?;
    Ok(())
}

/// The mean of a measure with its interval over the range of the replications.
fn measure(
    area: &Area,
    axis: &Axis,
    places: &Places,
    cells: &[Swept],
    number: usize,
    (name, unit): (&str, &'static str),
) -> Result<(), Failed> {
    let figure = |cell: &Cell| cell.figures[number];
    let known: Vec<_> = cells
        .iter()
        .zip(&places.at)
        .map(|(swept, &at)| (at, figure(&swept.cell)))
        .filter(|(_, figure)| figure.count > 0)
        .collect();
    let most = known.iter().fold(0.0_f64, |most, (_, figure)| {
        most.max(figure.p95).max(figure.mean + figure.half_width.unwrap_or(0.0))
    });
    // An interval may reach below zero where no value does; there it is cut off.
    let least = known.iter().fold(0.0_f64, |least, (_, figure)| least.min(figure.p05));
    let (words, factor) = match format::scale(unit, most.max(-least)) {
        _ if is_share(name) => ("%", 0.01),
        found => found,
    };
    let top = match format::round_up(1.05 * most / factor) {
        top if is_share(name) && most <= 1.05 => top.min(100.0),
        top => top,
    };
    let bottom = if least < 0.0 { -format::round_up(-1.05 * least / factor) } else { 0.0 };
    let gap = if words.is_empty() { "" } else { ", " };
    let mut chart = ChartBuilder::on(area)
        .margin_left(24)
        .margin_right(24)
        .margin_bottom(8)
        .x_label_area_size(44)
        .y_label_area_size(72)
        .build_cartesian_2d(places.ticks(), bottom..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .y_labels(6)
        .x_desc(axis.key.as_str())
        .y_desc(format!("{name}{gap}{words}"))
        .x_label_formatter(&|&at| places.label(at))
        .y_label_formatter(&|&value| format::number(value))
        .draw()?;
    for (at, figure) in &known {
        let (left, right) = (at - places.gap * 0.1, at + places.gap * 0.1);
        let range = [(left, figure.p05 / factor), (right, figure.p95 / factor)];
        chart.draw_series([Rectangle::new(range, frame::SHADE.filled())])?;
        if let Some(half) = figure.half_width {
            let inside = |end: f64| (end / factor).clamp(bottom, top);
            let bounds = (inside(figure.mean - half), inside(figure.mean + half));
            whisker(&mut chart, places, *at, bounds)?;
        }
    }
    let means = known.iter().map(|(at, figure)| (*at, figure.mean / factor));
    if axis.is_ascending() {
        chart.draw_series(LineSeries::new(means.clone(), frame::BLUE.stroke_width(2)))?;
    }
    chart.draw_series(means.map(|at| Circle::new(at, 3, frame::BLUE.filled())))?;
    Ok(())
}

fn maps(sweep: &Sweep, across: &Axis, up: &Axis, cells: &[Swept]) -> Result<String, Failed> {
    let lines = up.levels().len() as u32;
    let each = (400 / lines).clamp(14, 44);
    let height = frame::HEAD + 2 * (lines * each + 90);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (frame::WIDTH, height)).into_drawing_area();
        let title = title_of_maps(across, up, cells);
        let body = frame::head_of(&root, &title, &about(sweep), &LEGEND)?;
        let panels = body.split_evenly((2, 1));
        let most = "most frequent outcome of a cell; its % of the replications unless all agree";
        map(&panels[0], across, up, cells, most, |cell| {
            let fate = cell.fate();
            let share = 100.0 * cell.share(fate);
            let text = if share < 100.0 { format!("{share:.0}") } else { String::new() };
            (color(fate), text, BLACK)
        })?;
        map(&panels[1], across, up, cells, "probability of an outage, in %", |cell| {
            let share = cell.outage_share();
            let ink = if share > 0.6 { WHITE } else { BLACK };
            (shade(share), format!("{:.0}", 100.0 * share), ink)
        })?;
        root.present()?;
    }
    Ok(svg)
}

/// From nearly white to the colour of what stays down.
fn shade(share: f64) -> RGBColor {
    let mix = |light: u8, full: u8| {
        (f64::from(light) + share * (f64::from(full) - f64::from(light))).round() as u8
    };
    let RGBColor(red, green, blue) = frame::VERMILION;
    RGBColor(mix(246, red), mix(246, green), mix(246, blue))
}

fn map(
    area: &Area,
    across: &Axis,
    up: &Axis,
    cells: &[Swept],
    title: &str,
    look: impl Fn(&Cell) -> (RGBColor, String, RGBColor),
) -> Result<(), Failed> {
    let (columns, lines) = (across.levels().len(), up.levels().len());
    let middles = |count: usize| {
        let every = count.div_ceil(LABELS).max(1);
        let marks = (0..count).step_by(every).map(|number| number as f64 + 0.5).collect();
        Ticks::new(0.0..count as f64, marks)
    };
    let label = |axis: &Axis, at: f64| {
        axis.levels().get(at as usize).map_or(String::new(), |level| level.value.clone())
    };
    let words = up.levels().iter().map(|level| level.value.chars().count()).max().unwrap_or(0);
    let (head, body) = area.split_vertically(24);
    head.draw(&Text::new(title.to_string(), (16, 6), ("sans-serif", 14).into_font()))?;
    let mut chart = ChartBuilder::on(&body)
        .margin_left(24)
        .margin_right(24)
        .margin_bottom(8)
        .x_label_area_size(44)
        .y_label_area_size(40 + 7 * words.clamp(4, 24) as u32)
        .build_cartesian_2d(middles(columns), middles(lines))?;
    chart
        .configure_mesh()
        .disable_mesh()
        .x_desc(across.key.as_str())
        .y_desc(up.key.as_str())
        .x_label_formatter(&|&at| label(across, at))
        .y_label_formatter(&|&at| label(up, at))
        .draw()?;
    let fits = columns <= 30 && lines <= 28;
    for (number, swept) in cells.iter().enumerate() {
        let (x, y) = ((number / lines) as f64, (number % lines) as f64);
        let (fill, text, ink) = look(&swept.cell);
        let square = [(x + 0.02, y + 0.02), (x + 0.98, y + 0.98)];
        chart.draw_series([Rectangle::new(square, fill.filled())])?;
        if fits && !text.is_empty() {
            let style = ("sans-serif", 12).into_font().color(&ink);
            let style = style.pos(Pos::new(HPos::Center, VPos::Center));
            chart.draw_series([Text::new(text, (x + 0.5, y + 0.5), style)])?;
        }
    }
    let border = border(cells, lines).into_iter();
    chart.draw_series(border.map(|line| PathElement::new(line.to_vec(), BLACK.stroke_width(3))))?;
    Ok(())
}

/// The lines between cells in which the fleet collapses and those in which it does not.
fn border(cells: &[Swept], lines: usize) -> Vec<[(f64, f64); 2]> {
    let mut border = Vec::new();
    let differ = |one: usize, other: usize| {
        let pair = cells.get(one).zip(cells.get(other));
        pair.is_some_and(|(one, other)| collapses(one) != collapses(other))
    };
    for number in 0..cells.len() {
        let (x, y) = ((number / lines) as f64, (number % lines) as f64);
        if differ(number, number + lines) {
            border.push([(x + 1.0, y), (x + 1.0, y + 1.0)]);
        }
        if (number + 1) % lines != 0 && differ(number, number + 1) {
            border.push([(x, y + 1.0), (x + 1.0, y + 1.0)]);
        }
    }
    border
}
