//! Reports on screens of other widths, pictures in both their forms, and traces.

use super::{TINY, with_check, with_report, with_sweep};
use crate::experiment::replication::watch;
use crate::kernel::chance::Seed;
use crate::kernel::time::{Duration, Instant};
use crate::observe::trace::{Span, Tracer};
use crate::report::trace::{Filter, Traced, csv, human as told, json_lines};
use crate::report::{Palette, Screen, human, kinds, sweep, terminal, trace};
use crate::scenario::Study;
use crate::scenario::measure::Milestone;
use expect_test::expect_file;

/// Every line of a text has room on every screen.
fn fits(what: &str, text: impl Fn(&Screen) -> String) {
    for width in [60, 61, 72, 80, 100, 130, 200] {
        for unicode in [false, true] {
            let text = text(&Screen { width, unicode, ..Screen::PLAIN });
            for line in text.lines() {
                let length = line.chars().count();
                assert!(length <= width, "{what}, {length} of {width} columns:\n{line}\n\n{text}");
            }
        }
    }
}

#[test]
fn no_report_is_wider_than_its_screen() {
    with_report(1, &[], |report| fits("one", |screen| human::report(report, screen)));
    with_report(8, &[], |report| fits("many", |screen| human::report(report, screen)));
    with_check(20, &[], |check| fits("check", |screen| human::check(check, screen)));
    let limit = "supervisor.bluepill.rule.memory.above.memory=150 MiB..500 MiB:50 MiB";
    with_sweep(&[limit], |one| fits("sweep", |screen| sweep::human(one, screen)));
    let axes = ["load.scale=0.5..1.5:0.05", "nodes.count=1..2"];
    with_sweep(&axes, |two| fits("map", |screen| sweep::human(two, screen)));
}

#[test]
fn pictures_are_blocks_where_there_are_any_and_ascii_elsewhere() {
    with_report(1, &[], |report| {
        let narrow = Screen { width: 70, ..Screen::PLAIN };
        let ascii = terminal::pictures(report, &narrow);
        let blocks = terminal::pictures(report, &Screen { unicode: true, ..narrow });
        expect_file!["pictures.txt"].assert_eq(&format!("{ascii}{blocks}"));
        assert!(ascii.is_ascii());
        let colored = Screen { palette: Palette::COLOR, unicode: true, ..narrow };
        let mut colored = terminal::pictures(report, &colored);
        let all = Palette::COLOR;
        for mark in [all.bold, all.bad, all.warn, all.good, all.people, all.published, all.reset] {
            colored = colored.replace(mark, "");
        }
        assert_eq!(colored, blocks, "colours change nothing but the colours");
    });
}

#[test]
fn pictures_of_many_nodes_and_of_nothing_in_particular_are_pictures_too() {
    with_report(1, &["nodes.count=30", "deploy.new.release=\"fixed\""], |report| {
        let text = terminal::pictures(report, &Screen::PLAIN);
        assert!(text.contains("\n  node-24  ") && !text.contains("node-25"), "{text}");
        assert!(text.contains("and 6 nodes more") && !text.contains("outage"), "{text}");
    });
}

/// Traces a second around a milestone of the tiny scenario.
fn with_trace(filter: &Filter, limit: usize, test: impl FnOnce(&Traced)) {
    let study = Study::load("tiny.toml", TINY, &[] as &[&str], &[] as &[&str]).unwrap();
    let mut at = Instant::START;
    with_report(1, &[], |report| {
        at = report.first.milestone(Milestone::FirstRestart).expect("it restarts");
    });
    let half = Duration::from_millis(500);
    let from = Instant::from_nanos(at.as_nanos() - half.as_nanos());
    let span = Span { from, at, to: at.saturating_add(half), limit };
    let mut tracer = Tracer::new(span, |seen: &_| filter.wants(seen));
    watch(&study.scenario, Seed(1), span.to, &mut tracer).unwrap();
    test(&Traced {
        study: &study,
        seed: 1,
        with: &[],
        set: &[],
        around: "first_restart",
        span,
        trace: &tracer.finish(),
    });
}

#[test]
fn a_trace_has_everything_around_a_moment() {
    with_trace(&Filter::default(), 1000, |traced| {
        let all = [told(traced, &Screen::PLAIN), csv(traced), json_lines(traced)];
        expect_file!["trace.txt"].assert_eq(&all.join("\n"));
        fits("trace", |screen| told(traced, screen));
        let known = |name: &str| kinds::KINDS.iter().any(|(one, _)| *one == name);
        let table = csv(traced);
        let mut lines = table.lines();
        let head: Vec<&str> = lines.next().unwrap().split(',').collect();
        assert_eq!(head, trace::COLUMNS.map(|(name, _)| name));
        assert!(lines.all(|line| known(line.split(',').nth(3).unwrap())));
        for line in json_lines(traced).lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(event["seconds"].is_f64() && event["event"].is_string(), "{line}");
        }
    });
}

#[test]
fn a_trace_leaves_out_what_is_not_wanted_and_what_is_too_much() {
    let kinds = vec!["attempt_accepted".to_string(), "restart_begun".to_string()];
    with_trace(&Filter { nodes: vec![1], kinds }, 1000, |traced| {
        assert!(!traced.trace.events.is_empty() && traced.trace.left_out == 0);
        assert!(csv(traced).lines().skip(1).all(|line| line.contains(",node-2,")));
    });
    with_trace(&Filter::default(), 3, |traced| {
        let text = told(traced, &Screen::PLAIN);
        assert_eq!(traced.trace.events.len(), 3);
        assert!(text.contains(" more left out: `--limit "), "{text}");
        assert!(traced.note().starts_with("3 events, those nearest to first_restart; "));
    });
    with_trace(&Filter { nodes: vec![7], kinds: Vec::new() }, 3, |traced| {
        assert!(told(traced, &Screen::PLAIN).contains("-- first_restart\n\n  0 events.\n"));
    });
}
