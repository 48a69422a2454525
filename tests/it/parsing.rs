//! Whatever a file holds, it is read as a scenario or refused in words.

use crate::support::{self, NOTHING};
use fleetfall::scenario::Study;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A scenario in which most of what can be written is.
const WHOLE: &str = r#"schema = 1
name = "whole"
title = "Everything"
first_release = "one"
[clock]
start = 2021-02-01T00:00:00Z
end = 2021-02-01T01:00:00Z
zone = "Europe/London"
[load]
rate = "100/s"
region.here = { zone = "UTC", share = "100%", weekday = [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1], weekend = [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1], class = "page" }
surge.rush = { onset = 2021-02-01T00:10:00Z, ramp = "20s", rate = "9/s", plateau = "1min", decay = "20s", class = "page" }
users.staff = { count = 12, think.mean_p95 = { mean = "700ms", p95 = "2s" }, classes = { slow = "50%", page = "50%" } }
recorded.rates = { file = "rates.csv", class = "page" }
recorded.requests = { file = "requests.csv", factor = 1.5 }
[class.page]
stages = [{ cpu.bounded_pareto = { from = "1ms", to = "1s", alpha = 1.1 } }, { wait = "20ms" }]
[class.slow]
stages = [{ cpu.hyperexponential = [{ share = "90%", mean = "2ms" }, { share = "10%", mean = "50ms" }] }]
patience = "3s"
[clients]
retry = { attempts = 3, jitter = "equal", on = ["refused", "reset"] }
budget = { tokens = { capacity = 100 } }
[balancer]
product = "haproxy"
health.active = { interval = "1s" }
weights = { node-1 = 2.5 }
[nodes]
count = 4
[process]
slots = 8
workers = { product = "gunicorn", count = 4, max_requests = { count = 500, jitter = 50 } }
memory = { base.uniform = { from = "80 MiB", to = "120 MiB" } }
[supervisor.systemd]
restart = "always"
[environment]
provides.workers = "8"
[release.one]
[release.two]
needs.workers = "9"
fails_after = "2s"
[deploy.first]
at = 2021-02-01T00:20:00Z
release = "two"
method = { rolling = { pause = "5s" } }
[fault.crash]
at = 2021-02-01T00:30:00Z
kind = { crash_process = { nodes = { share = "50%" } } }
[people]
alert.success = { below = "80%", lasting = "20s" }
fixed_release = "one"
[protections]
restart_budget.nodes = 1
[[assumption]]
key = "nodes.count"
range = [2, 6]
why = "nobody knows"
[mitigation.more]
about = "More nodes."
patch.nodes.count = 8
[[expect]]
claim = "it stays up"
measure = "downtime_s"
at_most = 0
"#;

/// What somebody may put anywhere.
const PIECES: &[&str] = &[
    "",
    " ",
    "\n",
    "=",
    "[",
    "]",
    "[[",
    "{",
    "}",
    "\"",
    "'",
    ",",
    ".",
    "#",
    "-",
    "0",
    "-1",
    "1e999",
    "nan",
    "inf",
    "99999999999999999999",
    "true",
    "\"\"",
    "\"-3s\"",
    "\"1e400 GiB\"",
    "\"120%\"",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "[]",
    "{}",
    "\u{0}",
    "é",
    "\u{1F600}",
    "\"none\"",
    "\"1ns\"",
    "4294967296",
    "0.0000000001",
    "\"584d\"",
    "\"0/s\"",
];

/// One change of a text: a stretch of it gives way to a piece, or to another stretch.
fn change() -> impl Strategy<Value = (Index, usize, Option<(Index, usize)>, &'static str)> {
    let copied = proptest::option::of((any::<Index>(), 0..60_usize));
    (any::<Index>(), 0..25_usize, copied, select(PIECES))
}

/// The boundary of characters at or before a place.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

fn changed(
    text: &str,
    (at, length, copied, piece): &(Index, usize, Option<(Index, usize)>, &str),
) -> String {
    let from = boundary(text, at.index(text.len() + 1));
    let to = boundary(text, from + length).max(from);
    let new = copied.as_ref().map_or(piece.to_string(), |(at, length)| {
        let from = boundary(text, at.index(text.len() + 1));
        text[from..boundary(text, from + length).max(from)].to_string()
    });
    format!("{}{new}{}", &text[..from], &text[to..])
}

#[test]
fn the_whole_scenario_is_right() {
    let study = Study::load_with("whole.toml", WHOLE, NOTHING, NOTHING, support::files(&[]));
    support::reads_back(&study.unwrap_or_else(|problems| panic!("{problems}")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..crate::properties::config() })]

    /// It comes to an end without a panic, and a refusal says something.
    #[test]
    fn no_text_makes_the_reader_panic(changes in proptest::collection::vec(change(), 1..4)) {
        let text = changes.iter().fold(WHOLE.to_string(), |text, one| changed(&text, one));
        let loaded = Study::load_with("whole.toml", &text, NOTHING, NOTHING, support::files(&[]));
        if let Err(problems) = loaded {
            prop_assert!(problems.count() > 0);
            prop_assert!(!problems.render(false).is_empty() && !problems.lines().is_empty());
        }
    }

    /// Nor does any recording.
    #[test]
    fn no_recording_makes_the_reader_panic(
        requests in any::<bool>(),
        changes in proptest::collection::vec(change(), 1..6),
    ) {
        let head = if requests { "time,class\n" } else { "time,rate\n" };
        let row = |n: usize| if requests { format!("{n},page\n") } else { format!("{n}.5,{n}\n") };
        let file: String = (0..20).map(row).collect();
        let file = changes.iter().fold(format!("{head}{file}"), |text, one| changed(&text, one));
        let name = if requests { "requests.csv" } else { "rates.csv" };
        let files = support::files(&[(name, &file)]);
        if let Err(problems) = Study::load_with("whole.toml", WHOLE, NOTHING, NOTHING, files) {
            prop_assert!(problems.lines().contains(name), "{}", problems.lines());
        }
    }

    /// Nor does any assignment.
    #[test]
    fn no_assignment_makes_the_reader_panic(
        path in select(vec!["nodes.count", "load.rate", "process.workers.count", "class.page.stages", "clock.end", "x..y", ""]),
        pieces in proptest::collection::vec(select(PIECES), 0..4),
    ) {
        let set = format!("{path}={}", pieces.concat());
        let _ = Study::load_with("whole.toml", WHOLE, NOTHING, &[set], support::files(&[]));
    }
}
