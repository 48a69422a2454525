//! What downtime costs: node-hours of every variant against its mean downtime, and the front of
//! those that no other one beats.

use super::forest::{about, short};
use super::frame::{self, Failed, Mark};
use crate::experiment::compare::Quantity;
use crate::report::compare::{Compare, in_order, name};
use crate::report::format;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

const LEGEND: [(Mark, RGBColor, &str); 3] = [
    (Mark::Line, frame::BLUE, "on the front: no other has both less downtime and fewer hours"),
    (Mark::Line, frame::GREY, "beaten by another"),
    (Mark::Line, BLACK, "as it stands"),
];
/// Height of the picture.
const HEIGHT: u32 = 560;
/// Height of a label and the width of one of its characters, in pixels.
const LABEL: (f64, f64) = (15.0, 6.6);
/// Names longer than this are cut off.
const LONGEST: usize = 32;
/// Variants in one place that are named one by one.
const NAMED: usize = 2;

/// Which points are on the front: no other is at least as good in both, and better in one.
fn front(points: &[(f64, f64)]) -> Vec<bool> {
    let beats = |one: &(f64, f64), other: &(f64, f64)| {
        one.0 <= other.0 && one.1 <= other.1 && (one.0 < other.0 || one.1 < other.1)
    };
    points.iter().map(|point| !points.iter().any(|other| beats(other, point))).collect()
}

/// A place in the picture with the variants that are there.
struct Spot {
    names: Vec<String>,
    hours: f64,
    downtime: f64,
    on_front: bool,
    is_baseline: bool,
}

impl Spot {
    fn label(&self) -> String {
        let shown: Vec<&str> = self.names.iter().take(NAMED).map(String::as_str).collect();
        let words = short(&shown.join(", "), LONGEST);
        match self.names.len() - shown.len() {
            0 => words,
            more => format!("{words} and {more} more"),
        }
    }

    fn color(&self) -> RGBColor {
        match () {
            () if self.is_baseline => BLACK,
            () if self.on_front => frame::BLUE,
            () => frame::GREY,
        }
    }
}

/// The variants by where they are; what is less than a window apart is in one place.
fn spots(report: &Compare) -> Vec<Spot> {
    let window = report.comparison.window.as_secs_f64();
    let mut spots: Vec<Spot> = Vec::new();
    for (is_baseline, variant) in in_order(report.comparison) {
        let downtime = variant.quantity(Quantity::Downtime).variant().mean().unwrap_or(0.0);
        let hours = variant.node_hours;
        let near = |spot: &&mut Spot| {
            (spot.downtime - downtime).abs() < window && (spot.hours - hours).abs() < 1e-9
        };
        match spots.iter_mut().find(near) {
            Some(spot) => spot.names.push(name(variant)),
            None => spots.push(Spot {
                names: vec![name(variant)],
                hours,
                downtime,
                on_front: false,
                is_baseline,
            }),
        }
    }
    let points: Vec<(f64, f64)> = spots.iter().map(|spot| (spot.hours, spot.downtime)).collect();
    for (spot, on_front) in spots.iter_mut().zip(front(&points)) {
        spot.on_front = on_front;
    }
    spots
}

fn title(spots: &[Spot]) -> String {
    let on_front = spots.iter().filter(|spot| spot.on_front);
    let Some(best) = on_front.min_by(|a, b| a.downtime.total_cmp(&b.downtime)) else {
        return "No variant was compared".to_string();
    };
    let base = spots.iter().find(|spot| spot.is_baseline);
    let extra = best.hours - base.map_or(best.hours, |base| base.hours);
    let cost = match extra {
        none if none.abs() < 1e-9 => "for no node-hour more".to_string(),
        more if more > 0.0 => format!("for {} node-hours more", format::number(more)),
        less => format!("with {} node-hours less", format::number(-less)),
    };
    let downtime = format::with_unit("s", best.downtime);
    format!("The least downtime is {downtime}, {cost}: {}", best.label())
}

/// Draws the picture.
pub(super) fn draw(report: &Compare) -> Result<String, Failed> {
    let spots = spots(report);
    let most = spots.iter().fold(0.0_f64, |most, spot| most.max(spot.downtime));
    let (unit, factor) = format::scale("s", most);
    let hours = spots.iter().map(|spot| spot.hours);
    let (least, greatest) =
        hours.fold((f64::INFINITY, 0.0_f64), |(a, b), one| (a.min(one), b.max(one)));
    let span = if greatest > least { greatest - least } else { greatest.max(1.0) };
    let (from, to) = ((least - 0.15 * span).max(0.0), greatest + 0.6 * span);
    let top = format::round_up((1.1 * most / factor).max(1e-3));
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (frame::WIDTH, HEIGHT)).into_drawing_area();
        let body = frame::head_of(&root, &title(&spots), &about(report), &LEGEND)?;
        let mut chart = ChartBuilder::on(&body)
            .margin(24)
            .margin_top(12)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(from..to, -0.04 * top..top)?;
        chart
            .configure_mesh()
            .disable_mesh()
            .x_desc("node-hours over the whole run")
            .y_desc(format!("mean downtime, {unit}"))
            .x_label_formatter(&|&value| format::number(value))
            .y_label_formatter(&|&value| format::number(value))
            .draw()?;
        let mut on_front: Vec<(f64, f64)> = spots
            .iter()
            .filter(|spot| spot.on_front)
            .map(|spot| (spot.hours, spot.downtime / factor))
            .collect();
        on_front.sort_by(|a, b| a.0.total_cmp(&b.0));
        chart.draw_series(LineSeries::new(
            corners(&on_front, top, to),
            frame::SKY.stroke_width(2),
        ))?;
        let places: Vec<(f64, f64)> = spots
            .iter()
            .map(|spot| chart.backend_coord(&(spot.hours, spot.downtime / factor)))
            .map(|(x, y)| (f64::from(x), f64::from(y)))
            .collect();
        let labels: Vec<String> = spots.iter().map(Spot::label).collect();
        for ((spot, place), at) in spots.iter().zip(&places).zip(labelled(&places, &labels)) {
            let point = (spot.hours, spot.downtime / factor);
            chart.draw_series([Circle::new(point, 5, spot.color().filled())])?;
            let line = [(place.0 + 6.0, place.1), at].map(|(x, y)| (x as i32, y as i32));
            root.draw(&PathElement::new(line.to_vec(), frame::GREY.stroke_width(1)))?;
            let style = ("sans-serif", 13).into_font().color(&spot.color());
            let style = style.pos(Pos::new(HPos::Left, VPos::Center));
            root.draw(&Text::new(spot.label(), (at.0 as i32 + 3, at.1 as i32), style))?;
        }
        root.present()?;
    }
    Ok(svg)
}

/// The front as steps: down at each of its points, and level until the next.
fn corners(front: &[(f64, f64)], top: f64, to: f64) -> Vec<(f64, f64)> {
    let mut corners = Vec::new();
    let mut before = top;
    for &(x, y) in front {
        corners.extend([(x, before), (x, y)]);
        before = y;
    }
    corners.push((to, before));
    corners
}

/// Where the labels begin, in pixels: to the right of their points, moved up or down until none
/// covers another or a point.
fn labelled(places: &[(f64, f64)], labels: &[String]) -> Vec<(f64, f64)> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|&a, &b| places[a].1.total_cmp(&places[b].1));
    let mut taken: Vec<(usize, (f64, f64))> = Vec::new();
    for number in order {
        let (x, y) = places[number];
        let width = |which: usize| LABEL.1 * labels[which].chars().count() as f64 + 10.0;
        let free = |at: (f64, f64)| {
            let apart = |x: f64, wide: f64, y: f64| {
                x > at.0 + width(number) || x + wide < at.0 || (y - at.1).abs() >= LABEL.0
            };
            let other = |&(which, (x, y)): &(usize, (f64, f64))| apart(x, width(which), y);
            let point = |&(x, y): &(f64, f64)| apart(x - 6.0, 12.0, y);
            taken.iter().all(other) && places.iter().all(point)
        };
        let steps = (0..40).flat_map(|step| [f64::from(step), -f64::from(step)]);
        let tried = steps.map(|step| (x + 12.0, y + 8.0 * step));
        let inside = |at: &(f64, f64)| at.1 > f64::from(frame::HEAD) + 16.0 && at.1 < 470.0;
        let found = tried.filter(inside).find(|&at| free(at));
        taken.push((number, found.unwrap_or((x + 12.0, y))));
    }
    taken.sort_by_key(|(number, _)| *number);
    taken.into_iter().map(|(_, at)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_what_no_other_point_beats() {
        let points = [(1.0, 9.0), (2.0, 5.0), (2.0, 6.0), (3.0, 5.0), (4.0, 1.0), (4.0, 1.0)];
        assert_eq!(front(&points), [true, true, false, false, true, true]);
        assert_eq!(front(&[(1.0, 1.0), (2.0, 2.0)]), [true, false]);
        assert!(front(&[]).is_empty());
    }

    #[test]
    fn labels_cover_neither_each_other_nor_points() {
        let places: Vec<(f64, f64)> =
            (0..9).map(|n| (300.0 + 3.0 * f64::from(n % 3), 250.0 + f64::from(n))).collect();
        let labels: Vec<String> = (0..9).map(|n| format!("variant {n}")).collect();
        let found = labelled(&places, &labels);
        for (number, one) in found.iter().enumerate() {
            for other in &found[number + 1..] {
                assert!((one.1 - other.1).abs() >= LABEL.0, "{one:?} and {other:?}");
            }
        }
    }
}
