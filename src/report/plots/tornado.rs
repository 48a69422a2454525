//! A tornado: how far each assumption moves the outcome by itself.

use super::frame::{self, Area, Axis, Failed, Mark};
use crate::experiment::sensitivity::{Effect, Question};
use crate::report::claims::is_share;
use crate::report::format;
use crate::report::sensitivity::Sensitivity;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Height of an assumption.
const ROW: u32 = 40;
/// Height of what surrounds them.
const REST: u32 = 96;

const LEGEND: [(Mark, RGBColor, &str); 4] = [
    (Mark::Fill, frame::SHADE, "all means over the range"),
    (Mark::Fill, frame::SKY, "mean at the low end"),
    (Mark::Fill, frame::ORANGE, "mean at the high end"),
    (Mark::Line, BLACK, "as the scenario stands"),
];

/// Draws the picture.
pub(super) fn draw(report: &Sensitivity) -> Result<String, Failed> {
    let order = report.tornado.order();
    let height = frame::HEAD + REST + ROW * order.len() as u32;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (frame::WIDTH, height)).into_drawing_area();
        let title = title(report, &order);
        let replications = format::plural(report.replications, "replication");
        let name = &report.study.scenario.name;
        let mut about = format!("{name}, seed {}; {replications} of each value", report.seed);
        for change in report.with.iter().chain(report.set) {
            about += &format!(", {change}");
        }
        about += "; * more than chance explains";
        let body = frame::head_of(&root, &title, &about, &LEGEND)?;
        let (left, right) = body.split_horizontally(frame::WIDTH / 2);
        panel(&left, report, &order, Question::Measure)?;
        panel(&right, report, &order, Question::Outage)?;
        root.present()?;
    }
    Ok(svg)
}

/// What the picture shows.
fn title(report: &Sensitivity, order: &[usize]) -> String {
    let clear = |number: &&usize| report.tornado.is_clear(**number, Question::Measure);
    let name = report.name(Question::Measure);
    let first = order.iter().find(clear);
    let ends = first.and_then(|&number| report.tornado.effects[number].ends(Question::Measure));
    let Some((&first, (low, high))) = first.zip(ends) else {
        return format!("No assumption moves {name} by itself by more than chance explains");
    };
    let show = |value: f64| match is_share(&name) {
        true => format::percent(value),
        false => format::with_unit(report.unit(Question::Measure), value),
    };
    format!("{} moves {name} the most: from {} to {}", report.key(first), show(low), show(high))
}

fn panel(
    area: &Area,
    report: &Sensitivity,
    order: &[usize],
    question: Question,
) -> Result<(), Failed> {
    let name = report.name(question);
    let base = match question {
        Question::Measure => report.tornado.base.figures[0].mean,
        Question::Outage => report.tornado.base.outage_share(),
    };
    let ends = report.tornado.effects.iter().filter_map(|effect| effect.ends(question));
    let ends = ends.fold((base.min(0.0), base.max(0.0)), |(least, most), (low, high)| {
        (least.min(low), most.max(high))
    });
    let (unit, factor) = match format::scale(report.unit(question), ends.1.max(-ends.0)) {
        _ if question == Question::Outage || is_share(&name) => ("%", 0.01),
        found => found,
    };
    let (least, most) = (ends.0 / factor, ends.1 / factor);
    let top = if unit == "%" && most <= 100.0 { 100.0 } else { format::round_up(1.05 * most) };
    let bottom = if least < 0.0 { -format::round_up(-1.05 * least) } else { 0.0 };
    let count = order.len() as f64;
    let gap = if unit.is_empty() { "" } else { ", " };
    let mut chart = ChartBuilder::on(area)
        .margin_left(24)
        .margin_right(24)
        .margin_bottom(8)
        .margin_top(10)
        .x_label_area_size(44)
        .build_cartesian_2d(bottom..top, Axis::new(0.0..count, Vec::new()))?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .light_line_style(TRANSPARENT)
        .x_labels(6)
        .x_desc(format!("mean of {name}{gap}{unit}"))
        .x_label_formatter(&|&value| format::number(value))
        .draw()?;
    let plain = ("sans-serif", 11).into_font();
    for (place, &number) in order.iter().enumerate() {
        let high = count - place as f64;
        let effect = &report.tornado.effects[number];
        let clear = if report.tornado.is_clear(number, question) { " *" } else { "" };
        let label = format!("{}: {}{clear}", report.key(number), range(effect));
        let style = plain.clone().color(&BLACK).pos(Pos::new(HPos::Left, VPos::Center));
        chart.draw_series([Text::new(label, (bottom, high - 0.24), style)])?;
        let Some((from, to)) = effect.ends(question) else { continue };
        let bar = [(from / factor, high - 0.88), (to / factor, high - 0.48)];
        chart.draw_series([Rectangle::new(bar, frame::SHADE.filled())])?;
        // The lower one is larger, so that both are seen where they agree.
        let ends =
            [(effect.levels.first(), 7, frame::SKY), (effect.levels.last(), 4, frame::ORANGE)];
        for (end, size, color) in ends {
            let mean = end.map_or(f64::NAN, |level| level.mean(question)) / factor;
            if !mean.is_nan() {
                let mark = Circle::new((mean, high - 0.68), size, color.filled());
                chart.draw_series([mark])?;
            }
        }
    }
    if !base.is_nan() {
        let line = vec![(base / factor, 0.0), (base / factor, count)];
        chart.draw_series([PathElement::new(line, BLACK.stroke_width(1))])?;
    }
    Ok(())
}

/// The values at both ends.
fn range(effect: &Effect) -> String {
    let value = |level: Option<&crate::experiment::sensitivity::Response>| {
        level
            .and_then(|level| level.assumed.first())
            .map_or("", |one| one.value.as_str())
            .to_owned()
    };
    format!("{} to {}", value(effect.levels.first()), value(effect.levels.last()))
}
