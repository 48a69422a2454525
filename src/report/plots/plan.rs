//! The curve behind an answer of `plan`: how probable it is that a value fails.

use super::frame::{self, Area, Axis, Failed, Mark};
use crate::experiment::plan::{Answer, Found, Tried};
use crate::report::format;
use crate::report::plan::{Asked, Hour, Levels, PlanReport, Reply, Search, short};
use crate::stats::share_bounds;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Height of a panel.
const PANEL: u32 = 340;
/// Labels on an axis at most.
const LABELS: usize = 20;

const LEGEND: [(Mark, RGBColor, &str); 4] = [
    (Mark::Line, frame::BLUE, "holds"),
    (Mark::Line, frame::VERMILION, "fails"),
    (Mark::Line, frame::GREY, "open, or only scanned"),
    (Mark::Line, BLACK, "wanted at most"),
];

fn color(answer: Answer) -> RGBColor {
    match answer {
        Answer::Holds => frame::BLUE,
        Answer::Fails => frame::VERMILION,
        Answer::Open => frame::GREY,
    }
}

fn about(asked: &Asked) -> String {
    let mut about = format!("{}, seed {}", asked.study.scenario.name, asked.seed);
    for change in asked.with.iter().chain(asked.set) {
        about += &format!(", {change}");
    }
    if (asked.growth - 1.0).abs() > f64::EPSILON {
        about += &format!("; {} times the load", format::number(asked.growth));
    }
    about + "; dots are shares of the replications, lines their 95 % bounds"
}

/// Draws the picture.
pub(super) fn draw(report: &PlanReport) -> Result<String, Failed> {
    let asked = &report.asked;
    let panels = if matches!(report.reply, Reply::Recovery { .. }) { 2 } else { 1 };
    let mut svg = String::new();
    {
        let height = frame::HEAD + panels * PANEL;
        let root = SVGBackend::with_string(&mut svg, (frame::WIDTH, height)).into_drawing_area();
        let title = short(report);
        match report.reply {
            Reply::Outage { levels, found } => {
                let body = frame::head_of(&root, &title, &about(asked), &LEGEND)?;
                curve(&body, asked, levels, found, "probability of an outage, %")?;
            }
            Reply::Recovery { levels, bears, recovers, .. } => {
                let body = frame::head_of(&root, &title, &about(asked), &LEGEND)?;
                let (upper, lower) = body.split_vertically(PANEL);
                curve(&upper, asked, levels, bears, "does not bear the load, %")?;
                curve(&lower, asked, levels, recovers, "stays down after a crash of all, %")?;
            }
            Reply::Losses { hours, searches, .. } => {
                let legend = [
                    (Mark::Line, frame::BLUE, "nodes that may be lost"),
                    (Mark::Fill, frame::SHADE, "nodes that there are"),
                ];
                let about = about(asked)
                    .replace("; dots are shares of the replications, lines their 95 % bounds", "");
                let body = frame::head_of(&root, &title, &about, &legend)?;
                steps(&body, hours, searches)?;
            }
        }
        root.present()?;
    }
    Ok(svg)
}

/// The values of a key in the order of their size, with what was found.
fn ascending<'a>(levels: &'a Levels, found: &'a Found) -> Vec<(&'a str, &'a Tried, bool)> {
    let answer = |number: usize| found.answer == Some(number);
    let all = levels.values.iter().zip(&found.tried).enumerate();
    let mut all: Vec<_> =
        all.map(|(number, (value, tried))| (value.as_str(), tried, answer(number))).collect();
    if levels.greatest {
        all.reverse();
    }
    all
}

fn curve(
    area: &Area,
    asked: &Asked,
    levels: &Levels,
    found: &Found,
    name: &str,
) -> Result<(), Failed> {
    let all = ascending(levels, found);
    let every = all.len().div_ceil(LABELS).max(1);
    let marks = (0..all.len()).step_by(every).map(|number| number as f64).collect();
    let places = Axis::new(-0.6..all.len() as f64 - 0.4, marks);
    let mut chart = ChartBuilder::on(area)
        .margin_left(24)
        .margin_right(24)
        .margin_bottom(8)
        .margin_top(14)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(places, 0.0..100.0)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .y_labels(6)
        .x_desc(levels.key.as_str())
        .y_desc(name)
        .x_label_formatter(&|&at| all.get(at.round() as usize).map_or("", |one| one.0).to_string())
        .y_label_formatter(&|&value| format::number(value))
        .draw()?;
    let wanted = 100.0 * asked.question.at_most;
    let limit = vec![(-0.6, wanted), (all.len() as f64 - 0.4, wanted)];
    chart.draw_series([PathElement::new(limit, BLACK.stroke_width(1))])?;
    for (number, (value, tried, is_answer)) in all.iter().enumerate() {
        let at = number as f64;
        if *is_answer {
            let line = vec![(at, 0.0), (at, 100.0)];
            chart.draw_series([PathElement::new(line, frame::BLUE.stroke_width(1))])?;
            let side = if 2 * number > all.len() { HPos::Right } else { HPos::Left };
            let gap = if 2 * number > all.len() { -0.08 } else { 0.08 };
            let style = ("sans-serif", 13).into_font().color(&frame::BLUE);
            let style = style.pos(Pos::new(side, VPos::Top));
            let text = format!("answer: {value}");
            chart.draw_series([Text::new(text, (at + gap, 99.0), style)])?;
        }
        if tried.replications == 0 {
            continue;
        }
        let color = color(tried.answer);
        let (low, high) = share_bounds(tried.failures, tried.replications, 0.95);
        let line = |from, to| PathElement::new(vec![from, to], color.stroke_width(2));
        let (low, high) = (100.0 * low, 100.0 * high);
        chart.draw_series([
            line((at, low), (at, high)),
            line((at - 0.08, low), (at + 0.08, low)),
            line((at - 0.08, high), (at + 0.08, high)),
        ])?;
        let share = 100.0 * tried.failures as f64 / tried.replications as f64;
        chart.draw_series([Circle::new((at, share), 4, color.filled())])?;
    }
    Ok(())
}

/// How many nodes may be lost, hour by hour.
fn steps(area: &Area, hours: &[Hour], searches: &[Search]) -> Result<(), Failed> {
    let most = hours.iter().map(|hour| hour.nodes).max().unwrap_or(1);
    let top = format::round_up(1.05 * f64::from(most));
    let marks = (0..hours.len()).map(|number| number as f64 + 0.5).collect();
    let mut chart = ChartBuilder::on(area)
        .margin_left(24)
        .margin_right(24)
        .margin_bottom(8)
        .margin_top(14)
        .x_label_area_size(44)
        .y_label_area_size(56)
        .build_cartesian_2d(Axis::new(0.0..hours.len().max(1) as f64, marks), 0.0..top)?;
    for (number, hour) in hours.iter().enumerate() {
        let at = number as f64;
        let all = [(at + 0.05, 0.0), (at + 0.95, f64::from(hour.nodes))];
        chart.draw_series([Rectangle::new(all, frame::SHADE.filled())])?;
    }
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .y_labels(most.min(10) as usize + 1)
        .x_desc("hour of the local day")
        .y_desc("nodes")
        .x_label_formatter(&|&at| {
            hours.get(at as usize).map_or(String::new(), |hour| format!("{:02}", hour.hour))
        })
        .y_label_formatter(&|&value| format::number(value))
        .draw()?;
    for (number, hour) in hours.iter().enumerate() {
        let at = number as f64;
        let spare = searches[hour.search].spare();
        let height = f64::from(spare.unwrap_or(0));
        let line = vec![(at, height), (at + 1.0, height)];
        chart.draw_series([PathElement::new(line, frame::BLUE.stroke_width(4))])?;
        let style = ("sans-serif", 12).into_font().color(&frame::BLUE);
        let style = style.pos(Pos::new(HPos::Center, VPos::Bottom));
        let text = spare.map_or("?".to_string(), |spare| format!("N+{spare}"));
        chart.draw_series([Text::new(text, (at + 0.5, height + 0.015 * top), style)])?;
    }
    Ok(())
}
