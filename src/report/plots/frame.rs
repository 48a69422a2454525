//! What all pictures share: size, title, legend, and an axis of civil time.

use crate::kernel::time::{Duration, Instant};
use crate::report::axis::{self, stretch};
use crate::report::{Report, fleet, format};
use plotters::coord::Shift;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use std::ops::Range;

pub(super) type Failed = Box<dyn std::error::Error>;
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Colours that colour-blind people can tell apart, by Okabe and Ito.
pub(super) const BLUE: RGBColor = RGBColor(0, 114, 178);
pub(super) const SKY: RGBColor = RGBColor(86, 180, 233);
pub(super) const ORANGE: RGBColor = RGBColor(230, 159, 0);
pub(super) const VERMILION: RGBColor = RGBColor(213, 94, 0);
pub(super) const PURPLE: RGBColor = RGBColor(204, 121, 167);
pub(super) const GREY: RGBColor = RGBColor(110, 110, 110);
pub(super) const SHADE: RGBColor = RGBColor(226, 226, 226);

pub(super) const WIDTH: u32 = 1000;
const FONT: &str = "sans-serif";
/// Height of title and legend.
pub(super) const HEAD: u32 = 74;

/// What an entry of the legend looks like.
#[derive(Clone, Copy)]
pub(super) enum Mark {
    Line,
    Fill,
}

/// Fills the picture, writes title and legend, and gives the rest.
pub(super) fn head<'a>(
    root: &Area<'a>,
    report: &Report,
    title: &str,
    legend: &[(Mark, RGBColor, &str)],
) -> Result<Area<'a>, Failed> {
    let scenario = &report.study.scenario;
    let (start, _) = fleet::stretch(report);
    let about = format!(
        "{}, seed {}; {} ({})",
        scenario.name,
        report.seed,
        format::day(scenario, start),
        format::zone(scenario)
    );
    head_of(root, title, &about, legend)
}

/// The same with a line of its own below the title.
pub(super) fn head_of<'a>(
    root: &Area<'a>,
    title: &str,
    about: &str,
    legend: &[(Mark, RGBColor, &str)],
) -> Result<Area<'a>, Failed> {
    root.fill(&WHITE)?;
    let (head, body) = root.split_vertically(HEAD);
    head.draw(&Text::new(title.to_string(), (16, 10), (FONT, 19).into_font()))?;
    head.draw(&Text::new(about.to_string(), (16, 33), (FONT, 13).into_font().color(&GREY)))?;
    let mut left = 16;
    for (mark, color, text) in legend {
        let box_ = match mark {
            Mark::Line => [(left, 59), (left + 18, 62)],
            Mark::Fill => [(left, 54), (left + 18, 66)],
        };
        head.draw(&Rectangle::new(box_, color.filled()))?;
        let at = (left + 24, 53);
        head.draw(&Text::new(text.to_string(), at, (FONT, 13).into_font()))?;
        left += 24 + 7 * text.chars().count() as i32 + 22;
    }
    Ok(body)
}

/// An axis with its marks where they are wanted.
pub(super) struct Axis {
    all: RangedCoordf64,
    marks: Vec<f64>,
}

impl Axis {
    pub(super) fn new(range: Range<f64>, marks: Vec<f64>) -> Axis {
        Axis { all: range.into(), marks }
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.all.map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.marks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.all.range()
    }
}

/// An axis with marks at full minutes or hours of civil time.
pub(super) fn time_axis(report: &Report) -> Axis {
    let (from, to) = stretch(report);
    Axis::new(from..to, axis::marks(report, 12))
}

/// The name of the axis of time; in another zone than UTC with what a time there is in UTC.
pub(super) fn time_name(report: &Report) -> String {
    let scenario = &report.study.scenario;
    let (from, to) = stretch(report);
    let mark = time_axis(report).marks.first().copied().unwrap_or(from);
    let here = format::zoned(scenario, Instant::START + Duration::from_secs_f64(mark));
    if here.offset().is_zero() {
        return format!("time ({})", format::zone(scenario));
    }
    let pattern = axis::pattern(to - from);
    let there = here.with_time_zone(jiff::tz::TimeZone::UTC);
    format!(
        "time ({}; {} is {} UTC)",
        format::zone(scenario),
        here.strftime(pattern),
        there.strftime(pattern),
    )
}

/// A step function within the stretch: its corners; none if it has no steps.
pub(super) fn corners(report: &Report, steps: &[(Instant, f64)]) -> Vec<(f64, f64)> {
    let (from, to) = stretch(report);
    let mut corners: Vec<(f64, f64)> = Vec::new();
    let mut value = 0.0;
    for &(at, next) in steps {
        let at = at.as_secs_f64();
        if at > to {
            break;
        }
        if at <= from {
            corners.clear();
            corners.push((from, next));
        } else {
            corners.push((at, value));
            corners.push((at, next));
        }
        value = next;
    }
    if !steps.is_empty() {
        corners.push((to, value));
    }
    corners
}
