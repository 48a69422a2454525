//! Load against capacity.

use super::frame::{self, Failed, Mark};
use crate::observe::recorder::Series;
use crate::report::{Report, axis, format};
use plotters::prelude::*;

/// Draws the picture.
pub(super) fn draw(report: &Report, series: &Series) -> Result<String, Failed> {
    let offered = axis::offered(report, series);
    let capacity = frame::corners(report, &axis::capacity(report, series));
    let highest = offered.iter().chain(&capacity).fold(1.0_f64, |most, point| most.max(point.1));
    let top = axis::round_up(highest * 1.05);
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
        chart.draw_series(axis::outages(report).map(|(start, end)| {
            Rectangle::new([(start, 0.0), (end, top)], frame::SHADE.filled())
        }))?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc(frame::time_name(report))
            .y_desc("requests per second")
            .x_label_formatter(&|&seconds| axis::label(report, seconds))
            .y_label_formatter(&|&rate| format::number(rate))
            .draw()?;
        chart.draw_series(LineSeries::new(capacity, frame::VERMILION.stroke_width(2)))?;
        chart.draw_series(LineSeries::new(offered, frame::BLUE.stroke_width(2)))?;
        root.present()?;
    }
    Ok(svg)
}
