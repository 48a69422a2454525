//! Pictures over time that can be read, zoomed and switched: geometry as SVG in the units of the
//! data, everything written as HTML around it, so that text keeps its size on any width.
//!
//! What is drawn is complete without a script. The script of the page moves the view and reads
//! values off the same geometry, so no number is in the page twice.

use super::clock::Clock;
use super::documents::Stretch;
use crate::report::format;
use maud::{Markup, PreEscaped, html};
use std::fmt::Write;

/// The stretch of time that is shown at first, in seconds since the start.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) from: f64,
    pub(super) to: f64,
}

/// A curve; a gap where it has no value.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    pub(super) name: &'static str,
    /// How it is drawn: a class of the style sheet.
    pub(super) class: &'static str,
    /// The unit that is written behind its values.
    pub(super) unit: &'static str,
    pub(super) points: Vec<(f64, Option<f64>)>,
    /// Whether a value holds until the next; else values lie on a line.
    pub(super) steps: bool,
}

/// Curves over one axis.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    /// The name of the vertical axis, with its unit.
    pub(super) axis: &'static str,
    pub(super) curves: Vec<Curve>,
    /// The greatest value that must be seen.
    pub(super) highest: f64,
}

/// What lies behind curves: outages, and a moment with what happened there.
#[derive(Clone, Debug, Default)]
pub(super) struct Behind {
    pub(super) outages: Vec<Stretch>,
    pub(super) moment: Option<(f64, String)>,
}

/// A node's states: start, end, state.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) node: String,
    pub(super) states: Vec<(f64, f64, String)>,
    /// Whether it was ever down.
    pub(super) was_down: bool,
}

/// A figure with its title, a line below it, what is drawn, and the axis of time.
pub(super) fn figure(
    id: &str,
    title: &str,
    about: &str,
    body: &Markup,
    clock: &Clock,
    view: View,
) -> Markup {
    html! {
        figure id=(id) {
            figcaption { h3 { (title) } p { (about) } }
            (body)
            (time_axis(clock, view))
            p.readout aria-live="polite" {}
        }
    }
}

/// The names of curves, as switches where there is a script.
pub(super) fn legend(panels: &[&Panel], with_outages: bool) -> Markup {
    html! {
        ul.legend {
            @for curve in panels.iter().flat_map(|panel| &panel.curves) {
                // The script enables it: without one it switches nothing.
                li { button type="button" disabled aria-pressed="true" data-curve=(curve.name) {
                    span.key.(curve.class) {} (curve.name)
                } }
            }
            @if with_outages { li { span.key.outage {} "outage" } }
        }
    }
}

/// A panel.
pub(super) fn panel(panel: &Panel, behind: &Behind, view: View) -> Markup {
    let top = format::round_up((panel.highest * 1.05).max(1e-6));
    let height = view_box(view, -top, top);
    let marks = marks(top);
    let decimals = decimals(marks.get(1).copied().unwrap_or(1.0));
    html! {
        div.panel {
            p.axis { (panel.axis) }
            div.values aria-hidden="true" {
                @for value in &marks {
                    span style=(format!("bottom:{:.2}%", 100.0 * value / top)) {
                        (format::decimal(*value, decimals))
                    }
                }
            }
            div.area role="img" aria-label=(format!("time, {}", panel.axis)) {
                svg viewBox=(height) preserveAspectRatio="none" aria-hidden="true" {
                    @for stretch in &behind.outages {
                        rect.outage x=(stretch.start_s) y=(-top)
                            width=(stretch.end_s - stretch.start_s) height=(top) {}
                    }
                    @for value in &marks { path.grid d=(format!("M0 {}H1e9", -value)) {} }
                    @for curve in &panel.curves {
                        path.curve.(curve.class) data-curve=(curve.name) data-unit=(curve.unit)
                            data-steps=[curve.steps.then_some("")]
                            d=(PreEscaped(geometry(curve))) {}
                    }
                    @if let Some((at, _)) = &behind.moment {
                        path.moment d=(format!("M{at} 0V{}", -top)) {}
                    }
                }
            }
        }
    }
}

/// A lane per node, with a switch for each.
pub(super) fn lanes(lanes: &[Lane], view: View) -> Markup {
    let count = lanes.len() as f64;
    html! {
        div.panel.lanes {
            div.nodes {
                @for lane in lanes {
                    label data-node=(lane.node) data-down=[lane.was_down.then_some("")] {
                        input type="checkbox" checked; (lane.node)
                    }
                }
            }
            div.area role="img" aria-label="time, states of the nodes"
                style=(format!("height:{}rem", 1.5 * count)) {
                svg viewBox=(view_box(view, 0.0, count)) preserveAspectRatio="none"
                    aria-hidden="true" {
                    @for (place, lane) in lanes.iter().enumerate() {
                        g data-node=(lane.node) transform=(format!("translate(0 {place})")) {
                            @for (start, end, state) in &lane.states {
                                rect.(state) x=(start) width=(end - start) y="0.08" height="0.84"
                                    data-state=(state.replace('_', " ")) {}
                            }
                        }
                    }
                }
            }
        }
    }
}

fn view_box(view: View, y: f64, height: f64) -> String {
    format!("{} {y} {} {height}", view.from, view.to - view.from)
}

/// The values that an axis marks, from 0 to its top.
fn marks(top: f64) -> Vec<f64> {
    let rough = top / 5.0;
    let mut power = 1.0;
    while power > rough {
        power /= 10.0;
    }
    while power * 10.0 <= rough {
        power *= 10.0;
    }
    let fits = |factor: &&f64| top / (**factor * power) <= 5.0 + 1e-9;
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].iter().find(fits).copied().unwrap_or(10.0) * power;
    (0..=5).map(|number| f64::from(number) * step).filter(|mark| *mark <= top + 1e-9).collect()
}

/// Decimals that all multiples of a step need.
fn decimals(step: f64) -> usize {
    let mut scaled = step;
    let mut decimals = 0;
    while decimals < 6 && (scaled - scaled.round()).abs() > 1e-6 {
        scaled *= 10.0;
        decimals += 1;
    }
    decimals
}

fn geometry(curve: &Curve) -> String {
    let mut path = String::new();
    let mut last = None;
    for &(at, value) in &curve.points {
        let Some(value) = value else {
            last = None;
            continue;
        };
        match last {
            // Nothing long: between two gaps it is a dot.
            None => write!(path, "M{at} {}h0", Minus(value)),
            Some(before) if curve.steps => write!(path, "L{at} {}L{at} {}", before, Minus(value)),
            Some(_) => write!(path, "L{at} {}", Minus(value)),
        }
        .expect("a text in memory takes everything");
        last = Some(Minus(value));
    }
    path
}

/// A value as the picture has it: upwards is less, with six significant digits.
#[derive(Clone, Copy)]
struct Minus(f64);

impl std::fmt::Display for Minus {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rounded = format!("{:.5e}", self.0).parse().unwrap_or(self.0);
        if rounded == 0.0 { out.write_str("0") } else { write!(out, "{}", -rounded) }
    }
}

fn time_axis(clock: &Clock, view: View) -> Markup {
    let marks = clock.marks(view.from, view.to);
    let place = |at: f64| format!("left:{:.3}%", 100.0 * (at - view.from) / (view.to - view.from));
    html! {
        div.times aria-hidden="true" {
            div.local { @for (at, local, _) in &marks { span style=(place(*at)) { (local) } } }
            @if !clock.is_utc() {
                div.utc { @for (at, _, utc) in &marks { span style=(place(*at)) { (utc) } } }
            }
        }
        p.zone {
            "time in " (clock.name)
            @if !clock.is_utc() { ", below it UTC" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_a_few_round_marks() {
        assert_eq!(marks(1000.0), [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]);
        assert_eq!(marks(1.5), [0.0, 0.5, 1.0, 1.5]);
        assert_eq!(marks(100.0), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(marks(0.25), [0.0, 0.05, 0.1, 0.15000000000000002, 0.2, 0.25]);
    }

    #[test]
    fn a_curve_keeps_its_gaps_and_its_steps() {
        let points = vec![(0.0, Some(1.0)), (10.0, Some(2.5)), (20.0, None), (30.0, Some(0.0))];
        let mut curve = Curve { name: "load", class: "a", unit: "/s", points, steps: false };
        assert_eq!(geometry(&curve), "M0 -1h0L10 -2.5M30 0h0");
        curve.steps = true;
        assert_eq!(geometry(&curve), "M0 -1h0L10 -1L10 -2.5M30 0h0");
    }
}
