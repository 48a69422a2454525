//! A forest: what every variant of a comparison changes of the downtime, with its interval.

use super::frame::{self, Axis, Failed, Mark};
use crate::experiment::compare::{CONFIDENCE, Compared, Quantity};
use crate::report::compare::{Compare, Effect, best, effect_word, in_order, name, who};
use crate::report::format;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Height of a variant.
const ROW: u32 = 34;
/// Height of what surrounds them.
const REST: u32 = 80;
/// Names longer than this are cut off.
const LONGEST: usize = 44;

const LEGEND: [(Mark, RGBColor, &str); 4] = [
    (Mark::Line, frame::BLUE, "shorter"),
    (Mark::Line, frame::VERMILION, "longer"),
    (Mark::Line, frame::GREY, "same, or undecided"),
    (Mark::Line, BLACK, "as it stands"),
];

pub(super) fn color(effect: Effect) -> RGBColor {
    match effect {
        Effect::Shorter => frame::BLUE,
        Effect::Longer => frame::VERMILION,
        Effect::Same | Effect::Undecided => frame::GREY,
    }
}

/// What stands below the title of pictures of a comparison.
pub(super) fn about(report: &Compare) -> String {
    let replications = format::plural(report.comparison.replications, "replication");
    let name = &report.study.scenario.name;
    let mut about = format!("{name}, seed {}; {replications} of each", report.seed);
    for change in report.with.iter().chain(report.set) {
        about += &format!(", {change}");
    }
    about
}

/// At most so many characters of a text.
pub(super) fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_string();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{kept}…")
}

fn title(report: &Compare) -> String {
    let best = best(report);
    let Some(first) = best.first() else {
        return "No variant is shown to shorten the downtime".to_string();
    };
    let saved = format::with_unit("s", -first.quantity(Quantity::Downtime).difference());
    let shortens = if best.len() > 1 { "each shorten" } else { "shortens" };
    format!(
        "{} {shortens} the downtime by {saved}",
        short(&who(&best).replace('`', ""), 2 * LONGEST)
    )
}

/// A variant with its difference and the ends of its interval, in seconds.
struct Row<'a> {
    variant: &'a Compared,
    middle: f64,
    ends: (f64, f64),
}

/// Draws the picture.
pub(super) fn draw(report: &Compare) -> Result<String, Failed> {
    let rows: Vec<Row> = in_order(report.comparison)
        .filter(|(is_baseline, _)| !is_baseline)
        .map(|(_, variant)| {
            let downtime = variant.quantity(Quantity::Downtime);
            Row { variant, middle: downtime.difference(), ends: downtime.interval(CONFIDENCE) }
        })
        .collect();
    let count = rows.len();
    let all = rows.iter().flat_map(|row| [row.middle, row.ends.0, row.ends.1]);
    let (least, most) = all.fold((0.0_f64, 0.0_f64), |(a, b), one| (a.min(one), b.max(one)));
    let (unit, factor) = format::scale("s", most.max(-least));
    let span = ((most - least) / factor).max(1e-3);
    let (from, to) = (least / factor - 0.04 * span, most / factor + 0.04 * span);
    let longest = rows.iter().map(|row| name(row.variant).chars().count()).max().unwrap_or(0);
    let left = 20 + 7 * longest.clamp(8, LONGEST) as u32;
    let height = frame::HEAD + REST + ROW * count.max(1) as u32;
    let middle = |number: usize| (count - number) as f64 - 0.5;
    let names = Axis::new(0.0..count.max(1) as f64, (0..count).map(middle).collect());
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (frame::WIDTH, height)).into_drawing_area();
        let body = frame::head_of(&root, &title(report), &about(report), &LEGEND)?;
        let (body, words) = body.split_horizontally(frame::WIDTH - 190);
        let mut chart = ChartBuilder::on(&body)
            .margin_left(16)
            .margin_right(8)
            .margin_bottom(8)
            .margin_top(8)
            .x_label_area_size(44)
            .y_label_area_size(left)
            .build_cartesian_2d(from..to, names)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .light_line_style(TRANSPARENT)
            .x_labels(8)
            .x_desc(format!("change of the downtime in the mean, 95 % interval ({unit})"))
            .x_label_formatter(&|&value| format::number(value))
            .y_label_formatter(&|&at| {
                let row = rows.get((count as f64 - at) as usize);
                row.map_or(String::new(), |row| short(&name(row.variant), LONGEST))
            })
            .draw()?;
        let zero = vec![(0.0, 0.0), (0.0, count.max(1) as f64)];
        chart.draw_series([PathElement::new(zero, BLACK.stroke_width(1))])?;
        for (number, row) in rows.iter().enumerate() {
            let color = color(report.effect(row.variant));
            let at = middle(number);
            let (low, high) = (row.ends.0 / factor, row.ends.1 / factor);
            let line = |from, to| PathElement::new(vec![from, to], color.stroke_width(2));
            chart.draw_series([
                line((low, at), (high, at)),
                line((low, at - 0.15), (low, at + 0.15)),
                line((high, at - 0.15), (high, at + 0.15)),
            ])?;
            chart.draw_series([Circle::new((row.middle / factor, at), 5, color.filled())])?;
            let (_, y) = chart.backend_coord(&(0.0, at));
            let style = ("sans-serif", 13).into_font().color(&color);
            let style = style.pos(Pos::new(HPos::Left, VPos::Center));
            let text = format!("{}, {}", signed(row.middle), effect_word(report, row.variant));
            words.draw(&Text::new(text, (8, y - frame::HEAD as i32), style))?;
        }
        root.present()?;
    }
    Ok(svg)
}

fn signed(seconds: f64) -> String {
    let sign = if seconds > 0.0 {
        "+"
    } else if seconds < 0.0 {
        "-"
    } else {
        ""
    };
    format!("{sign}{}", format::with_unit("s", seconds.abs()))
}
