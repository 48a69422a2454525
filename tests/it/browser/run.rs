//! The page of a run: pictures that are read, zoomed and switched.

use super::chrome::Tab;
use super::pages::Page;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ZONE: &str = "Europe/Berlin";
const LOAD: &str = "#load .area";

fn opened() -> Option<(&'static Page, Tab)> {
    let page = Page::named("run");
    Some((page, Tab::open(&page.file())?))
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().expect("it is a number")
}

/// The time of day on the clocks of the page, so many seconds after its start.
fn clock(page: &Page, seconds: f64, zone: &str, pattern: &str) -> String {
    let start = page.document()["clock"]["start"].as_str().expect("it has one").to_string();
    let start: Timestamp = start.parse().expect("it is a time");
    let at = start + SignedDuration::from_secs_f64(seconds);
    let zone = TimeZone::get(zone).expect("it is known");
    at.to_zoned(zone).strftime(pattern).to_string()
}

/// A number as a readout shows it.
fn shown(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 || size.fract() == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        text
    }
}

/// The stretch of time that a picture shows: its start and its length.
fn view(tab: &Tab, area: &str) -> [f64; 2] {
    let script = format!(
        "document.querySelector('{area} svg').getAttribute('viewBox').split(' ').map(Number)"
    );
    let [from, _, length, _] = tab.numbers(&script)[..] else { panic!("{script}") };
    [from, length]
}

/// What stands below a picture.
fn readout(tab: &Tab, figure: &str) -> String {
    tab.text(&format!("document.querySelector('{figure} .readout').textContent"))
}

/// The state of every node at a time, by `lanes.csv`.
fn states(page: &Page, at: f64) -> BTreeMap<String, String> {
    let rows = page.rows("lanes.csv");
    let before = rows.iter().filter(|row| number(row, "seconds") <= at);
    before.map(|row| (row["node"].clone(), row["state"].clone())).collect()
}

/// What the picture of load against capacity must say at a time.
fn load_at(page: &Page, at: f64) -> String {
    let document = page.document();
    let half = document["clock"]["window_s"].as_f64().expect("it has one") / 2.0;
    let away = |row: &BTreeMap<String, String>| (number(row, "seconds") + half - at).abs();
    let rows = page.rows("timeline.csv");
    // Of two that are as near the later.
    let row = rows.iter().rev().min_by(|one, other| away(one).total_cmp(&away(other)));
    let load = number(row.expect("there are some"), "offered_per_s");
    let serves = |state: &&String| ["serving", "slow", "marked_down"].contains(&state.as_str());
    let count = states(page, at).values().filter(serves).count() as f64;
    let each = &document["first_replication"]["capacity_per_node_per_s"];
    let capacity = count * each.as_f64().expect("it has one");
    let time = clock(page, at, ZONE, "%H:%M:%S");
    format!("{time} · offered load {}/s · capacity that serves {}/s", shown(load), shown(capacity))
}

/// What the lanes must say at a time.
fn lanes_at(page: &Page, at: f64) -> String {
    let mut nodes: Vec<(String, Vec<String>)> = Vec::new();
    for (node, state) in states(page, at) {
        let state = state.replace('_', " ");
        match nodes.iter_mut().find(|(known, _)| *known == state) {
            Some((_, nodes)) => nodes.push(node),
            None => nodes.push((state, vec![node])),
        }
    }
    let parts = nodes.iter().map(|(state, nodes)| format!(" · {state}: {}", nodes.join(", ")));
    format!("{}{}", clock(page, at, ZONE, "%H:%M:%S"), parts.collect::<String>())
}

#[test]
fn the_mouse_reads_what_the_files_say() {
    let Some((page, tab)) = opened() else { return };
    let [left, top, width, height] = tab.place(LOAD);
    assert_eq!(readout(&tab, "#load"), "");
    let [from, length] = view(&tab, LOAD);
    let mut seen = Vec::new();
    for share in [0.03, 0.3, 0.5, 0.6, 0.77, 0.97] {
        let x = (left + share * width).round();
        tab.mouse("mouseMoved", x, top + height / 2.0, 0);
        let at = from + (x - left) / width * length;
        let text = readout(&tab, "#load");
        assert_eq!(text, load_at(page, at), "at {at}");
        assert_eq!(readout(&tab, "#nodes"), lanes_at(page, at), "at {at}");
        seen.push(text);
        let lines = tab.numbers(
            "[...document.querySelectorAll('.cursor')]
                .map((line) => line.getBoundingClientRect().left)",
        );
        assert_eq!(lines.len(), 4, "one a picture");
        assert!(lines.iter().all(|line| (line - x).abs() < 2.0), "{x}: {lines:?}");
    }
    seen.dedup();
    assert_eq!(seen.len(), 6, "it says something else everywhere");
    assert!(seen.iter().any(|text| text.contains("capacity that serves 16.7/s")), "{seen:?}");
    tab.mouse("mouseMoved", 2.0, 2.0, 0);
    assert_eq!(readout(&tab, "#load"), "", "the mouse is elsewhere");
}

#[test]
fn arrow_keys_read_like_the_mouse() {
    let Some((page, tab)) = opened() else { return };
    tab.eval(&format!("document.querySelector('{LOAD}').focus()"));
    let [from, length] = view(&tab, LOAD);
    let attribute =
        |name: &str| tab.text(&format!("document.querySelector('{LOAD}').getAttribute('{name}')"));
    let keys = [("ArrowRight", 0.505), ("ArrowRight", 0.51), ("ArrowLeft", 0.505), ("Home", 0.0)];
    for (key, share) in keys.into_iter().chain([("ArrowRight", 0.005), ("End", 1.0)]) {
        tab.key(key);
        let text = load_at(page, from + share * length);
        assert_eq!(readout(&tab, "#load"), text, "{key}");
        assert_eq!(attribute("aria-valuetext"), text, "{key}");
        let percent: f64 = attribute("aria-valuenow").parse().expect("it is a number");
        assert!((percent - 100.0 * share).abs() <= 0.5, "{key}: {percent}");
    }
    tab.key("ArrowRight");
    assert_eq!(attribute("aria-valuenow"), "100", "it ends where the picture ends");
}

/// All pictures show one stretch of time, and their axes say which.
fn together(page: &Page, tab: &Tab) -> [f64; 2] {
    let views = tab.eval(
        "[...document.querySelectorAll('.area svg')].map((svg) =>
            svg.getAttribute('viewBox').split(' ').map(Number).filter((_, at) => at % 2 === 0))",
    );
    let views: Vec<[f64; 2]> = serde_json::from_value(views).expect("each has one");
    assert_eq!(views.len(), 4, "one a picture");
    let [from, length] = views[0];
    views.iter().for_each(|view| close(*view, from, length));
    for (row, zone) in [("local", ZONE), ("utc", "UTC")] {
        let script = format!(
            "[...document.querySelectorAll('.times .{row}')].map((row) => [...row.children]
                .map((mark) => [parseFloat(mark.style.left), mark.textContent]))"
        );
        let axes: Vec<Vec<(f64, String)>> =
            serde_json::from_value(tab.eval(&script)).expect("each has a place");
        assert!(axes.len() == 3 && axes.iter().all(|axis| *axis == axes[0]), "{axes:?}");
        assert!((2..=9).contains(&axes[0].len()), "{axes:?}");
        for (left, text) in &axes[0] {
            // A place has three digits.
            let at = (from + left / 100.0 * length).round();
            let whole = clock(page, at, zone, "%a %H:%M:%S");
            let seconds = text.matches(':').count() == 2;
            let is_it = if seconds { whole.ends_with(text) } else { whole.contains(text) };
            assert!(is_it && (seconds || whole.ends_with(":00")), "{text} at {whole}, {row}");
        }
    }
    views[0]
}

#[track_caller]
fn close(view: [f64; 2], from: f64, length: f64) {
    let is_close = (view[0] - from).abs() < 1e-6 && (view[1] - length).abs() < 1e-6;
    assert!(is_close, "{view:?} instead of {from} and {length}");
}

#[test]
fn buttons_move_all_pictures_together() {
    let Some((page, tab)) = opened() else { return };
    let first = page.document()["first_replication"].clone();
    let [start, end] = ["from_s", "to_s"].map(|key| first[key].as_f64().expect("it has one"));
    let [from, length] = together(page, &tab);
    close([from, length], start, end - start);
    let middle = from + length / 2.0;
    let press = |name: &str| {
        tab.click(&format!("[data-zoom={name}]"));
        together(page, &tab)
    };
    let inner = press("in");
    close(inner, middle - length / 4.0, length / 2.0);
    close(press("later"), inner[0] + length / 4.0, length / 2.0);
    close(press("earlier"), inner[0], length / 2.0);
    for _ in 0..3 {
        press("in");
    }
    close(press("in"), middle - length / 64.0, length / 32.0);
    press("out");
    close(press("incident"), from, length);
    close(press("whole"), 0.0, 6000.0);
    close(press("out"), 0.0, 6000.0);
}

#[test]
fn dragging_shows_what_was_dragged_over() {
    let Some((page, tab)) = opened() else { return };
    let [from, length] = together(page, &tab);
    let axis = "document.querySelector('#nodes .times').textContent";
    let before = tab.text(axis);
    let [left, top, width, height] = tab.place("#failures .area");
    let y = top + height / 2.0;
    // To the left as to the right.
    for (one, other) in [(0.25, 0.5), (0.75, 0.5)] {
        let [one, other] = [one, other].map(|share: f64| (left + share * width).round());
        tab.mouse("mouseMoved", one, y, 0);
        tab.mouse("mousePressed", one, y, 1);
        tab.mouse("mouseMoved", other, y, 1);
        tab.mouse("mouseReleased", other, y, 1);
        let low = from + (one.min(other) - left) / width * length;
        close(together(page, &tab), low, (one - other).abs() / width * length);
        assert_ne!(tab.text(axis), before);
        tab.key("Escape");
        close(together(page, &tab), from, length);
        assert_eq!(tab.text(axis), before);
    }
    // A click is no drag.
    tab.click("#failures .area");
    close(together(page, &tab), from, length);
}

#[test]
fn curves_can_be_switched_off() {
    let Some((_, tab)) = opened() else { return };
    let looks = || {
        let [left, top, width, height] = tab.place(LOAD);
        tab.mouse("mouseMoved", left + width / 2.0, top + height / 2.0, 0);
        let display =
            tab.text("getComputedStyle(document.querySelector('.curve.capacity')).display");
        (display == "none", readout(&tab, "#load").contains("capacity"))
    };
    let button = "button[data-curve='capacity that serves']";
    let pressed = format!("document.querySelector({button:?}).getAttribute('aria-pressed')");
    assert_eq!((looks(), tab.text(&pressed).as_str()), ((false, true), "true"));
    tab.click(button);
    assert_eq!((looks(), tab.text(&pressed).as_str()), ((true, false), "false"));
    tab.click(button);
    assert_eq!((looks(), tab.text(&pressed).as_str()), ((false, true), "true"));
}

/// The nodes whose names are shown, and whether the lane of each is; lanes lie beside their names.
fn lanes(tab: &Tab) -> Vec<(String, bool)> {
    let listed = tab.eval(
        "[...document.querySelectorAll('#nodes label')].filter((label) => label.checkVisibility())
            .map((label) => {
                const lane = [...document.querySelectorAll('#nodes g')]
                    .find((one) => one.dataset.node === label.dataset.node);
                const [one, other] = [label, lane].map((one) => one.getBoundingClientRect());
                const away = one.top + one.height / 2 - other.top - other.height / 2;
                return [label.textContent, getComputedStyle(lane).display !== 'none', away];
            })",
    );
    let listed: Vec<(String, bool, f64)> = serde_json::from_value(listed).expect("each is there");
    for (node, on, away) in &listed {
        assert!(!on || away.abs() < 2.0, "the lane of {node} is {away} px off");
    }
    listed.into_iter().map(|(node, on, _)| (node, on)).collect()
}

#[test]
fn nodes_can_be_switched_off() {
    let Some((page, tab)) = opened() else { return };
    let of = |on: [Option<bool>; 4]| -> Vec<(String, bool)> {
        let node =
            |(number, on): (usize, Option<bool>)| on.map(|on| (format!("node-{}", number + 1), on));
        on.into_iter().enumerate().filter_map(node).collect()
    };
    let yes = Some(true);
    assert_eq!(lanes(&tab), of([yes; 4]));
    let only_down = "#nodes [data-only-down]";
    let rows = page.rows("lanes.csv");
    let down = rows.iter().filter(|row| row["state"] == "down");
    let mut down: Vec<&str> = down.map(|row| row["node"].as_str()).collect();
    down.dedup();
    assert_eq!(down, ["node-2", "node-3", "node-4"]);
    tab.click(only_down);
    assert_eq!(lanes(&tab), of([None, yes, yes, yes]));
    tab.click("#nodes label[data-node=node-3] input");
    assert_eq!(lanes(&tab), of([None, yes, Some(false), yes]));
    let [left, top, width, height] = tab.place("#nodes .area");
    tab.mouse("mouseMoved", left + width / 2.0, top + height / 2.0, 0);
    let text = readout(&tab, "#nodes");
    assert!(text.contains("node-2") && text.contains("node-4"), "{text}");
    assert!(!text.contains("node-1") && !text.contains("node-3"), "{text}");
    tab.click(only_down);
    assert_eq!(lanes(&tab), of([yes, yes, Some(false), yes]));
    tab.click("#nodes label[data-node=node-3] input");
    assert_eq!(lanes(&tab), of([yes; 4]));
}

/// A page says only what there is: without an outage nothing offers to go to it.
#[test]
fn a_run_without_outage_has_no_incident() {
    let Some(tab) = Tab::open(&Page::named("well").file()) else { return };
    let found = "[...document.querySelectorAll('[data-zoom=incident], .outage, #phases')].length";
    assert_eq!(tab.eval(found), json!(0));
    assert_eq!(tab.eval("document.querySelector('#load .moment')"), Value::Null);
}
