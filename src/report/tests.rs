//! Whole reports of a tiny scenario as people and programs see them. `UPDATE_EXPECT=1` blesses.

use super::{Counterfactual, Palette, Report, events, human, json, manifest, story, tables};
use crate::experiment::{Outcome, Plan, Summary, judge, replicate};
use crate::kernel::chance::Seed;
use crate::scenario::Study;
use crate::scenario::model::Nodes;
use crate::sim::observation::Observation;
use expect_test::expect_file;

const TINY: &str = include_str!("tests/tiny.toml");

/// Hands the report of so many replications to `test`.
fn with_report(replications: u64, sets: &[&str], test: impl FnOnce(&Report)) {
    let study = Study::load("tiny.toml", TINY, &[] as &[&str], sets).unwrap();
    let plan = Plan { seed: Seed(1), replications, threads: 1, detailed: true };
    let outcome = replicate(&study.scenario, plan, &|_| (), &Default::default());
    let Ok(Outcome::Done(results)) = outcome else { panic!("every replication is made") };
    let judgements: Vec<_> =
        study.claims.iter().map(|claim| judge(claim, &results, None)).collect();
    let counterfactuals = [Counterfactual {
        name: "same".to_string(),
        about: "Nothing is changed.".to_string(),
        replications,
        judgements: judgements.clone(),
    }];
    test(&Report {
        study: &study,
        seed: 1,
        with: &[],
        set: &[],
        planned: replications,
        first: &results[0],
        results: &results,
        summary: &Summary::of(&results),
        judgements: &judgements,
        judged: replications > 1,
        counterfactuals: &counterfactuals,
    });
}

#[test]
fn one_replication_tells_a_story() {
    with_report(1, &[], |report| {
        expect_file!["tests/one.txt"].assert_eq(&human::report(report, &Palette::PLAIN));
    });
}

#[test]
fn many_replications_give_figures_and_verdicts() {
    with_report(8, &[], |report| {
        expect_file!["tests/many.txt"].assert_eq(&human::report(report, &Palette::PLAIN));
        expect_file!["tests/check.txt"].assert_eq(&human::check(report, &Palette::PLAIN));
        expect_file!["tests/check.json"].assert_eq(&json::check(report));
    });
}

#[test]
fn marks_change_nothing_but_the_marks() {
    with_report(1, &[], |report| {
        let mut colored = human::report(report, &Palette::COLOR);
        let all = Palette::COLOR;
        for mark in [all.bold, all.bad, all.warn, all.good, all.people, all.published, all.dim] {
            colored = colored.replace(mark, "");
        }
        let plain = human::report(report, &Palette::PLAIN);
        assert_eq!(colored.replace(all.reset, ""), plain);
    });
}

#[test]
fn every_restart_is_told_or_counted() {
    // A low limit on many nodes: far more restarts than lines.
    let sets =
        ["nodes.count=30", "supervisor.bluepill.rule.memory.above.memory.exactly=\"90 MiB\""];
    let right = "deploy.new.release=\"fixed\"";
    for sets in [vec![sets[0], sets[1]], vec![sets[0], sets[1], right]] {
        with_report(1, &sets, |report| {
            let lines = story::story(report);
            assert!(lines.windows(2).all(|pair| pair[0].at <= pair[1].at));
            assert!(lines.len() < 60, "{} lines", lines.len());
            let begun = |seen: &Observation| matches!(seen, Observation::RestartBegun { .. });
            let events = &report.first.series.as_ref().unwrap().story.events;
            let restarts = events.iter().filter(|(_, seen)| begun(seen)).count();
            let told = lines.iter().filter(|line| line.text.contains("restarts")).count();
            assert!(restarts > told);
            assert!(lines.iter().any(|line| line.text.contains(" more ")));
        });
    }
}

#[test]
fn tables_have_a_row_for_everything() {
    with_report(3, &[], |report| {
        let rows = |table: String| table.lines().count() - 1;
        let series = report.first.series.as_ref().unwrap();
        assert_eq!(rows(tables::timeline(report)), 72);
        assert_eq!(rows(tables::bands(report)), 12);
        assert_eq!(rows(tables::replications(report)), 3);
        // Both nodes at both ends of every window.
        assert_eq!(rows(tables::nodes(report)), 2 * 73);
        assert_eq!(rows(events::events(report)), series.story.events.len());
        let first = events::events(report).lines().nth(1).unwrap().to_string();
        assert_eq!(first, "2024-03-01T09:01:00.000Z,60.000,deployed,,,new,new,,,,,,");
        assert!(events::events(report).contains(&Nodes::name(1)));
    });
}

#[test]
fn a_manifest_knows_its_files() {
    with_report(1, &[], |report| {
        let text = manifest::manifest(report, &[("a.csv", b"a,b\n"), ("b.csv", b"a,c\n")]);
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(manifest["files"][0]["bytes"], 4);
        assert_ne!(manifest["files"][0]["hash"], manifest["files"][1]["hash"]);
        assert_eq!(manifest["scenario_hash"].as_str().unwrap(), report.scenario_hash());
    });
}

#[cfg(feature = "plots")]
#[test]
fn pictures_are_the_same_every_time() {
    with_report(1, &[], |report| {
        let pictures = super::plots::all(report);
        assert_eq!(pictures, super::plots::all(report));
        assert_eq!(pictures.len(), 3);
        assert!(pictures.iter().all(|(_, svg)| svg.contains("time (Europe/Berlin)")));
    });
}
