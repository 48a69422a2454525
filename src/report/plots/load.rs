//! Load against capacity.

use super::frame::{self, Failed, Mark};
use crate::observe::recorder::Series;
use crate::report::fleet::{self, Crossing};
use crate::report::{Report, axis, format};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Draws the picture.
pub(super) fn draw(report: &Report, series: &Series) -> Result<String, Failed> {
    let (from, to) = axis::stretch(report);
    let offered = axis::offered(report, series);
    let capacity = frame::corners(report, &fleet::capacity(report, series));
    let crossing = fleet::crossing(report, series).filter(|crossing| {
        let at = crossing.at.as_secs_f64();
        at >= from && at <= to
    });
    let highest = offered.iter().chain(&capacity).fold(1.0_f64, |most, point| most.max(point.1));
    // Above the curves there is room for the label of the crossing.
    let top = format::round_up(highest * if crossing.is_some() { 1.15 } else { 1.05 });
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (frame::WIDTH, 480)).into_drawing_area();
        let title = title(report, crossing, &offered, &capacity);
        let body = frame::head(&root, report, &title, &LEGEND)?;
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
        if let Some(crossing) = crossing {
            let at = crossing.at.as_secs_f64();
            let line = vec![(at, 0.0), (at, top)];
            chart.draw_series([PathElement::new(line, BLACK.stroke_width(1))])?;
            chart.draw_series([Circle::new((at, crossing.offered), 4, BLACK.filled())])?;
            let gap = 0.008 * (to - from);
            let (side, gap) = match at - from > 0.7 * (to - from) {
                true => (HPos::Right, -gap),
                false => (HPos::Left, gap),
            };
            let style = ("sans-serif", 13).into_font().color(&BLACK);
            let style = style.pos(Pos::new(side, VPos::Top));
            chart.draw_series([Text::new(
                label(report, crossing),
                (at + gap, 0.985 * top),
                style,
            )])?;
        }
        root.present()?;
    }
    Ok(svg)
}

const LEGEND: [(Mark, RGBColor, &str); 3] = [
    (Mark::Line, frame::BLUE, "offered load (first issues of requests)"),
    (Mark::Line, frame::VERMILION, "capacity: serving nodes x cores x speed / mean work"),
    (Mark::Fill, frame::SHADE, "outage"),
];

/// What the picture shows.
fn title(
    report: &Report,
    crossing: Option<Crossing>,
    offered: &[(f64, f64)],
    capacity: &[(f64, f64)],
) -> String {
    let rates = |points: &[(f64, f64)]| points.iter().map(|point| point.1).collect::<Vec<f64>>();
    let most = rates(offered).into_iter().fold(0.0, f64::max);
    let least = rates(capacity).into_iter().fold(f64::INFINITY, f64::min);
    match crossing {
        Some(Crossing { at, offered, capacity }) => format!(
            "From {} on the nodes that are left can do {} of the {} requests/s that come",
            format::time(&report.study.scenario, at),
            format::number(capacity),
            format::number(offered),
        ),
        None if least.is_finite() => format!(
            "Up to {} requests/s come; the nodes that serve can do {} or more",
            format::number(most),
            format::number(least),
        ),
        None => format!("Up to {} requests/s come", format::number(most)),
    }
}

/// What stands beside the crossing.
fn label(report: &Report, crossing: Crossing) -> String {
    format!("{}: load above capacity", format::time(&report.study.scenario, crossing.at))
}
