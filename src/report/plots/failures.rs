//! Failures: what share of the requests, and how many.

use super::frame::{self, Area, Failed, Mark};
use crate::observe::recorder::Series;
use crate::report::{Report, axis, format};
use crate::scenario::measure::Measure;
use plotters::prelude::*;

/// Draws the picture.
pub(super) fn draw(report: &Report, series: &Series) -> Result<String, Failed> {
    let (from, to) = axis::stretch(report);
    let clock = &report.study.scenario.clock;
    let mut share = Vec::new();
    let mut rate = Vec::new();
    for row in &series.rows {
        let length = clock.window.min(clock.horizon.since(row.start)).as_secs_f64();
        let at = row.start.as_secs_f64() + length / 2.0;
        if at < from || at > to {
            continue;
        }
        let failed = row.failed() as f64;
        let settled = row.settled_total();
        share.push((at, if settled > 0 { 100.0 * failed / settled as f64 } else { 0.0 }));
        rate.push((at, failed / length));
    }
    let most = rate.iter().fold(1.0_f64, |most, point| most.max(point.1));
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (frame::WIDTH, 620)).into_drawing_area();
        let legend = [
            (Mark::Line, frame::VERMILION, "requests that fail, by the time they were issued"),
            (Mark::Fill, frame::SHADE, "outage"),
        ];
        let body = frame::head(&root, report, &title(report), &legend)?;
        let (upper, lower) = body.split_vertically(263);
        panel(&upper, report, &share, (100.0, "% of the requests"))?;
        let top = format::round_up(most * 1.05);
        panel(&lower, report, &rate, (top, "failing requests per second"))?;
        root.present()?;
    }
    Ok(svg)
}

/// What the picture shows.
fn title(report: &Report) -> String {
    let whole = |measure| report.first.measure(measure).max(0.0).round() as u64;
    let (failed, all) = (whole(Measure::RequestsFailed), whole(Measure::Requests));
    format!("{} of {} requests fail", format::count(failed), format::count(all))
}

fn panel(
    area: &Area,
    report: &Report,
    points: &[(f64, f64)],
    (top, name): (f64, &str),
) -> Result<(), Failed> {
    let mut chart = ChartBuilder::on(area)
        .margin_left(24)
        .margin_right(24)
        .margin_bottom(8)
        .x_label_area_size(44)
        .y_label_area_size(72)
        .build_cartesian_2d(frame::time_axis(report), 0.0..top)?;
    chart
        .draw_series(axis::outages(report).map(|(start, end)| {
            Rectangle::new([(start, 0.0), (end, top)], frame::SHADE.filled())
        }))?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .y_labels(6)
        .x_desc(frame::time_name(report))
        .y_desc(name)
        .x_label_formatter(&|&seconds| axis::label(report, seconds))
        .y_label_formatter(&|&value| format::number(value))
        .draw()?;
    let points = points.iter().copied();
    chart.draw_series(LineSeries::new(points, frame::VERMILION.stroke_width(2)))?;
    Ok(())
}
