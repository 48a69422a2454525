//! What all pictures share: size, title, legend, and an axis of civil time.

use crate::kernel::time::{Duration, Instant};
use crate::report::{Report, fleet, format};
use plotters::coord::Shift;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use std::ops::Range;

pub(super) use crate::report::format::round_up;

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

/// The stretch that is shown, in seconds since the start.
pub(super) fn stretch(report: &Report) -> (f64, f64) {
    let (start, end) = fleet::stretch(report);
    (start.as_secs_f64(), end.as_secs_f64().max(start.as_secs_f64() + 1e-3))
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
    let steps = [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 43_200, 86_400];
    let fits = |step: &&u64| (to - from) / **step as f64 <= 12.0;
    let step = steps.iter().find(fits).copied().unwrap_or(604_800);
    let scenario = &report.study.scenario;
    let offset = i64::from(format::zoned(scenario, instant(from)).offset().seconds());
    let begin = scenario.clock.start.as_second() + offset;
    let step = step as i64;
    let first = (begin + from as i64).div_euclid(step) * step - begin;
    let marks = (0..16).map(|number| (first + number * step) as f64);
    let marks = marks.filter(|&mark| mark >= from && mark <= to).collect();
    Axis::new(from..to, marks)
}

/// The label of a mark on the axis of time.
pub(super) fn time_label(report: &Report, seconds: f64) -> String {
    let (from, to) = stretch(report);
    let when = format::zoned(&report.study.scenario, instant(seconds));
    let pattern = match to - from {
        length if length > 86_400.0 => "%a %H:%M",
        length if length > 120.0 => "%H:%M",
        _ => "%H:%M:%S",
    };
    when.strftime(pattern).to_string()
}

fn instant(seconds: f64) -> Instant {
    Instant::START + Duration::from_secs_f64(seconds)
}

/// The name of the axis of time; in another zone than UTC with what a time there is in UTC.
pub(super) fn time_name(report: &Report) -> String {
    let scenario = &report.study.scenario;
    let (from, to) = stretch(report);
    let mark = time_axis(report).marks.first().copied().unwrap_or(from);
    let here = format::zoned(scenario, instant(mark));
    if here.offset().is_zero() {
        return format!("time ({})", format::zone(scenario));
    }
    let pattern = if to - from > 120.0 { "%H:%M" } else { "%H:%M:%S" };
    let there = here.with_time_zone(jiff::tz::TimeZone::UTC);
    format!(
        "time ({}; {} is {} UTC)",
        format::zone(scenario),
        here.strftime(pattern),
        there.strftime(pattern),
    )
}

/// Outages within the stretch, in seconds since the start.
pub(super) fn outages(report: &Report) -> impl Iterator<Item = (f64, f64)> {
    let (from, to) = stretch(report);
    report.first.outages.iter().map(move |outage| {
        (outage.start.as_secs_f64().clamp(from, to), outage.end.as_secs_f64().clamp(from, to))
    })
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
