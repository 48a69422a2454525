//! Load against capacity.

use super::frame::{self, Failed, Mark};
use crate::observe::recorder::Series;
use crate::report::{Report, fleet, format};
use plotters::prelude::*;

/// Requests per second that the nodes which serve can do the work of.
fn capacity(report: &Report, series: &Series) -> Vec<(f64, f64)> {
    let scenario = &report.study.scenario;
    let nodes = &scenario.nodes;
    let speed = report.study.document.nodes.speed;
    let each = f64::from(nodes.cores) * speed / scenario.mean_work();
    let serving = fleet::serving(&fleet::lanes(report, series));
    let each = if each.is_finite() { each } else { 0.0 };
    let steps: Vec<_> = serving.iter().map(|&(at, count)| (at, f64::from(count) * each)).collect();
    frame::corners(report, &steps)
}

/// Draws the picture.
pub(super) fn draw(report: &Report, series: &Series) -> Result<String, Failed> {
    let (from, to) = frame::stretch(report);
    let clock = &report.study.scenario.clock;
    let offered: Vec<(f64, f64)> = series
        .rows
        .iter()
        .map(|row| {
            let length = clock.window.min(clock.horizon.since(row.start)).as_secs_f64();
            (row.start.as_secs_f64() + length / 2.0, f64::from(row.issued) / length)
        })
        .filter(|&(at, _)| at >= from && at <= to)
        .collect();
    let capacity = capacity(report, series);
    let highest = offered.iter().chain(&capacity).fold(1.0_f64, |most, point| most.max(point.1));
    let top = frame::round_up(highest * 1.05);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (frame::WIDTH, 480)).into_drawing_area();
        let body = frame::head(
            &root,
            report,
            "Load against the capacity of the nodes that serve",
            &[
                (Mark::Line, frame::BLUE, "offered load (first issues of requests)"),
                (
                    Mark::Line,
                    frame::VERMILION,
                    "capacity: serving nodes x cores x speed / mean work",
                ),
                (Mark::Fill, frame::SHADE, "outage"),
            ],
        )?;
        let mut chart = ChartBuilder::on(&body)
            .margin_left(24)
            .margin_right(24)
            .margin_bottom(8)
            .x_label_area_size(44)
            .y_label_area_size(72)
            .build_cartesian_2d(frame::time_axis(report), 0.0..top)?;
        chart.draw_series(frame::outages(report).map(|(start, end)| {
            Rectangle::new([(start, 0.0), (end, top)], frame::SHADE.filled())
        }))?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc(frame::time_name(report))
            .y_desc("requests per second")
            .x_label_formatter(&|&seconds| frame::time_label(report, seconds))
            .y_label_formatter(&|&rate| format::number(rate))
            .draw()?;
        chart.draw_series(LineSeries::new(capacity, frame::VERMILION.stroke_width(2)))?;
        chart.draw_series(LineSeries::new(offered, frame::BLUE.stroke_width(2)))?;
        root.present()?;
    }
    Ok(svg)
}
