//! A lane a node: what it was doing.

use super::{Cell, Time, instant, legend, line};
use crate::observe::recorder::Series;
use crate::report::fleet::{self, Change, State};
use crate::report::{Palette, Report, Screen, format};
use crate::scenario::model::Nodes;

/// Nodes that have a lane at most.
const MOST: usize = 24;

/// States from the worst on, as they stand in the legend backwards.
const STATES: [State; 5] =
    [State::Down, State::Booting, State::MarkedDown, State::Slow, State::Serving];

/// What a state looks like.
fn cell(state: State, unicode: bool, palette: &Palette) -> Cell {
    let (block, ascii, mark) = match state {
        State::Serving => ('█', '=', palette.good),
        State::Slow => ('▓', '~', palette.warn),
        State::MarkedDown => ('▒', '-', palette.published),
        State::Booting => ('░', '.', palette.people),
        State::Down => ('x', 'x', palette.bad),
    };
    (if unicode { block } else { ascii }, mark)
}

fn words(state: State) -> &'static str {
    match state {
        State::Serving => "serves",
        State::Slow => "serves slowly or stands still",
        State::MarkedDown => "serves, but marked down",
        State::Booting => "starts",
        State::Down => "down, or its starts fail",
    }
}

/// The worst state of a node in a stretch of time; `None` before it was there.
fn worst(lane: &[Change], start: f64, end: f64) -> Option<State> {
    let (start, end) = (instant(start), instant(end));
    let first = lane.partition_point(|change| change.at <= start).saturating_sub(1);
    let within = lane.iter().skip(first).take_while(|change| change.at < end);
    let states: Vec<State> = within.map(|change| change.state).collect();
    STATES.into_iter().find(|state| states.contains(state))
}

/// The lanes with their legend.
pub(super) fn picture(report: &Report, series: &Series, time: &Time, screen: &Screen) -> String {
    let lanes = fleet::lanes(report, series);
    let look = |state| cell(state, screen.unicode, &screen.palette);
    let mut text = String::new();
    let mut seen = Vec::new();
    for (number, lane) in lanes.iter().enumerate().take(MOST) {
        let states = (0..time.columns).map(|column| {
            let (start, end) = time.of(column);
            worst(lane, start, end)
        });
        let states: Vec<Option<State>> = states.collect();
        let cells: Vec<Cell> = states.iter().map(|one| one.map_or((' ', ""), look)).collect();
        text += &line(&format!("{} ", Nodes::name(number as u32)), " ", &cells, screen);
        seen.extend(states.into_iter().flatten());
    }
    if lanes.len() > MOST {
        let more = format::plural((lanes.len() - MOST) as u64, "node");
        text += &screen.paragraph(&format!("and {more} more, which are not shown"));
    }
    let there = STATES.into_iter().rev().filter(|state| seen.contains(state));
    let entries: Vec<_> = there
        .map(|state| {
            let (char, mark) = look(state);
            (char, mark, words(state))
        })
        .collect();
    text + &legend(&entries, screen)
}
