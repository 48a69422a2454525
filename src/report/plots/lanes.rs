//! A lane per node, coloured by its state.

use super::frame::{self, Failed, Mark};
use crate::observe::recorder::Series;
use crate::report::fleet::{self, Change, State};
use crate::report::{Report, axis, format};
use crate::scenario::model::Nodes;
use plotters::prelude::*;

const LEGEND: [(Mark, RGBColor, &str); 5] = [
    (Mark::Fill, frame::SKY, "serves"),
    (Mark::Fill, frame::ORANGE, "serves slowly or stands still"),
    (Mark::Fill, frame::PURPLE, "serves, but marked down"),
    (Mark::Fill, frame::BLUE, "boots"),
    (Mark::Fill, frame::VERMILION, "down, or its starts fail"),
];

fn color(state: State) -> RGBColor {
    match state {
        State::Serving => frame::SKY,
        State::Slow => frame::ORANGE,
        State::MarkedDown => frame::PURPLE,
        State::Booting => frame::BLUE,
        State::Down => frame::VERMILION,
    }
}

/// Draws the picture.
pub(super) fn draw(report: &Report, series: &Series) -> Result<String, Failed> {
    let lanes = fleet::lanes(report, series);
    let count = lanes.len();
    let lane_height = if count <= 24 { 30 } else { 600 / count as u32 + 6 };
    let height = frame::HEAD + 60 + lane_height * count as u32;
    let names_every = if count <= 24 { 1 } else { count.div_ceil(24) };
    let middle = |number: usize| (count - number) as f64 - 0.5;
    let marks = (0..count).step_by(names_every).map(middle).collect();
    let names = frame::Axis::new(0.0..count as f64, marks);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (frame::WIDTH, height)).into_drawing_area();
        let body = frame::head(&root, report, &title(report, &lanes), &LEGEND)?;
        let mut chart = ChartBuilder::on(&body)
            .margin_left(24)
            .margin_right(24)
            .margin_bottom(8)
            .x_label_area_size(44)
            .y_label_area_size(72)
            .build_cartesian_2d(frame::time_axis(report), names)?;
        for (number, lane) in lanes.iter().enumerate() {
            let (low, high) = (middle(number) - 0.4, middle(number) + 0.4);
            chart.draw_series(stretches(report, lane).into_iter().map(|(start, end, state)| {
                Rectangle::new([(start, low), (end, high)], color(state).filled())
            }))?;
        }
        chart
            .configure_mesh()
            .disable_mesh()
            .x_desc(frame::time_name(report))
            .x_label_formatter(&|&seconds| axis::label(report, seconds))
            .y_label_formatter(&|&place| Nodes::name((count as f64 - place) as u32))
            .draw()?;
        root.present()?;
    }
    Ok(svg)
}

/// What the picture shows.
fn title(report: &Report, lanes: &[Vec<Change>]) -> String {
    let all = format::plural(lanes.len() as u64, "node");
    match fleet::serving(lanes).into_iter().min_by_key(|(_, serving)| *serving) {
        Some((at, fewest)) if (fewest as usize) < lanes.len() => {
            let at = format::time(&report.study.scenario, at);
            format!("At the fewest {fewest} of {all} serve, first at {at}")
        }
        _ => format!("All of {all} serve all the time"),
    }
}

/// The states of a lane within the picture: start, end, state.
fn stretches(report: &Report, lane: &[Change]) -> Vec<(f64, f64, State)> {
    let (from, to) = axis::stretch(report);
    let ends = lane.iter().skip(1).map(|next| next.at.as_secs_f64()).chain([f64::INFINITY]);
    lane.iter()
        .zip(ends)
        .map(|(change, end)| (change.at.as_secs_f64().max(from), end.min(to), change.state))
        .filter(|(start, end, _)| start < end)
        .collect()
}
