//! Whole reports of a tiny scenario as people and programs see them. `UPDATE_EXPECT=1` blesses.

mod screens;

use super::{
    Check, Counterfactual, Hypercube, Palette, Report, Screen, compare, events, human, hypercube,
    json, manifest, sensitivity, story, sweep, tables,
};
use crate::experiment::sensitivity::{Gathering, Question, strengths, trials};
use crate::experiment::{
    self, Assurance, Cell, Outcome, Plan, Pool, Row, Summary, judge, replicate,
};
use crate::kernel::chance::Seed;
use crate::scenario::Study;
use crate::scenario::model::Nodes;
use crate::sim::observation::Observation;
use expect_test::expect_file;

const TINY: &str = include_str!("tests/tiny.toml");

/// Hands the report of so many replications to `test`.
pub(super) fn with_report(replications: u64, sets: &[&str], test: impl FnOnce(&Report)) {
    let study = Study::load("tiny.toml", TINY, &[] as &[&str], sets).unwrap();
    let plan = Plan { seed: Seed(1), replications, detailed: true };
    let stop = Default::default();
    let outcome = replicate(&study.scenario, plan, Pool::new(1, &|_| (), &stop));
    let Ok(Outcome::Done(results)) = outcome else { panic!("every replication is made") };
    let assurance = Assurance::of(&study, replications);
    let judgements: Vec<_> =
        study.claims.iter().map(|claim| judge(claim, &results, None, assurance)).collect();
    test(&Report {
        study: &study,
        seed: 1,
        with: &[],
        set: &[],
        partial: None,
        planned: replications,
        first: &results[0],
        results: &results,
        summary: &Summary::of(&results),
        judgements: &judgements,
        judged: replications > 1,
    });
}

#[test]
fn one_replication_tells_a_story() {
    with_report(1, &[], |report| {
        expect_file!["tests/one.txt"].assert_eq(&human::report(report, &Screen::PLAIN));
    });
}

#[test]
fn many_replications_give_figures_and_verdicts() {
    with_report(8, &[], |report| {
        expect_file!["tests/many.txt"].assert_eq(&human::report(report, &Screen::PLAIN));
    });
}

/// Hands a check of the scenario, a counterfactual and so many points to `test`.
fn with_check(points: u32, sets: &[&str], test: impl FnOnce(&Check)) {
    with_report(8, sets, |report| {
        let counterfactuals = [Counterfactual {
            name: "same".to_string(),
            about: "Nothing is changed.".to_string(),
            replications: 8,
            judgements: report.judgements.to_vec(),
        }];
        let stop = std::sync::atomic::AtomicBool::new(false);
        let pool = Pool::new(1, &|_| (), &stop);
        let points = experiment::hypercube(report.study, points, true, Seed(1), pool, |all| all);
        let points = points.expect("every point is a scenario").expect("nobody stops it");
        let results: Vec<_> = points.iter().map(|point| point.results.clone()).collect();
        let claims = &report.study.hypercube_claims;
        let assurance = Assurance::of(report.study, results.len() as u64);
        let judge = |claim| judge(claim, &results, None, assurance);
        let judgements = claims.iter().map(judge).collect();
        test(&Check {
            study: report.study,
            seed: 1,
            with: &[],
            set: &[],
            partial: None,
            own: Some(report),
            counterfactuals: &counterfactuals,
            hypercube: Some(&Hypercube { points, judgements }),
            events: (900, 1000),
        });
    });
}

#[test]
fn a_check_decides_claims_of_three_kinds() {
    with_check(40, &[], |check| {
        expect_file!["tests/check.txt"].assert_eq(&human::check(check, &Screen::PLAIN));
        expect_file!["tests/check.json"].assert_eq(&json::check(check));
    });
}

#[test]
fn what_nobody_asked_for_is_left_out() {
    with_check(2, &[], |check| {
        let hypercube = Check { own: None, counterfactuals: &[], ..check.clone() };
        let text = human::check(&hypercube, &Screen::PLAIN);
        assert!(!text.contains("\nClaims\n") && !text.contains("digest"), "{text}");
        assert!(text.contains("\nOver the ranges of the assumptions, 2 points\n"), "{text}");
        let document: serde_json::Value = serde_json::from_str(&json::check(&hypercube)).unwrap();
        assert!(document["measures"].is_null() && document["expect"].is_null());
        assert_eq!(document["hypercube"]["points"], 2);
        let own = Check { hypercube: None, ..check.clone() };
        assert!(!json::check(&own).contains("hypercube"));
    });
}

#[test]
fn where_the_fleet_does_not_collapse_it_is_said_why() {
    // With the right configuration only a fleet of one goes down when a node restarts.
    with_check(20, &["deploy.new.release=\"fixed\""], |check| {
        let text = human::check(check, &Screen::PLAIN);
        let from = text.find("\nOver the ranges").expect("it has points");
        let to = text.find("\nVerdict").expect("it has a verdict");
        expect_file!["tests/points.txt"].assert_eq(&text[from + 1..to]);
        let cube = check.hypercube.unwrap();
        let counts = hypercube::Collapses::of(cube);
        assert_eq!(counts.restarted, counts.soon + counts.late + counts.never);
        assert!(hypercube::correlations(cube)[0].is_some_and(|strength| strength < -0.5));
        let table = hypercube::csv(cube, &check.study.scenario);
        let mut lines = table.lines();
        let head = "seed,nodes.count,supervisor.bluepill.rule.memory.above.memory,load.scale,";
        assert!(lines.next().unwrap().starts_with(&(head.to_string() + "digest,downtime_s,")));
        assert_eq!(lines.count(), 20);
    });
}

#[test]
fn marks_change_nothing_but_the_marks() {
    with_report(1, &[], |report| {
        let mut colored =
            human::report(report, &Screen { palette: Palette::COLOR, ..Screen::PLAIN });
        let all = Palette::COLOR;
        for mark in [all.bold, all.bad, all.warn, all.good, all.people, all.published, all.dim] {
            colored = colored.replace(mark, "");
        }
        let plain = human::report(report, &Screen::PLAIN);
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
fn a_start_that_the_kernel_ends_is_not_blamed_on_the_configuration() {
    let sets = ["process.memory.base=\"300 MiB\"", "nodes.memory=\"256 MiB\""];
    with_report(1, &sets, |report| {
        let lines = story::story(report);
        let with = |what: &str| lines.iter().filter(|line| line.text.contains(what)).count();
        assert_eq!(with("the new process is killed as well, before it serves"), 2);
        assert_eq!(with("does not work here"), 0);
    });
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
        assert!(
            pictures
                .iter()
                .all(|(_, svg)| svg.contains("time (Europe/Berlin; 10:00 is 09:00 UTC)"))
        );
    });
}

/// Hands a sweep over these keys to `test`.
fn with_sweep(vary: &[&str], test: impl FnOnce(&sweep::Sweep)) {
    let study = Study::load("tiny.toml", TINY, &[] as &[&str], &[] as &[&str]).unwrap();
    let axes = study.axes(vary, &[] as &[&str], true).unwrap();
    let subjects = study.subjects(&["downtime_s", "availability", "first_restart"]).unwrap();
    let levels = experiment::grid(&axes);
    let assign = |cell: &Vec<crate::scenario::vary::Level>| -> Vec<String> {
        axes.iter().zip(cell).map(|(axis, level)| axis.assignment(level)).collect()
    };
    let make = |number: usize| study.with_values(&assign(&levels[number])).unwrap().scenario;
    let stop = std::sync::atomic::AtomicBool::new(false);
    let pool = Pool::new(2, &|_| (), &stop);
    let mut cells = Vec::new();
    let take = |number: usize, rows: &[Row]| {
        cells.push(sweep::Swept { levels: levels[number].clone(), cell: Cell::of(rows) });
    };
    experiment::run_cells(levels.len(), make, 6, Seed(1), &subjects, pool, take).unwrap();
    test(&sweep::Sweep {
        study: &study,
        seed: 1,
        with: &[],
        set: &[],
        partial: None,
        axes: &axes,
        is_grid: true,
        subjects: &subjects,
        replications: 6,
        planned: levels.len(),
        cells: &cells,
    });
}

#[test]
fn a_sweep_over_one_key_is_a_table_and_over_two_a_map() {
    let limit = "supervisor.bluepill.rule.memory.above.memory=150 MiB..500 MiB:50 MiB";
    with_sweep(&[limit], |one| {
        expect_file!["tests/sweep-one.txt"].assert_eq(&sweep::human(one, &Screen::PLAIN));
        let stopped = sweep::Sweep { cells: &one.cells[..2], ..one.clone() };
        assert!(sweep::human(&stopped, &Screen::PLAIN).contains("stopped after 2"));
    });
    with_sweep(&[limit, "load.scale=0.5..1.5:0.5"], |two| {
        expect_file!["tests/sweep-two.txt"].assert_eq(&sweep::human(two, &Screen::PLAIN));
        let stopped = sweep::Sweep { cells: &two.cells[..4], ..two.clone() };
        let text = sweep::human(&stopped, &Screen::PLAIN);
        assert!(text.contains("stopped after 4"), "{text}");
    });
}

#[test]
fn a_sensitivity_study_tells_what_decides() {
    let study = Study::load("tiny.toml", TINY, &[] as &[&str], &[] as &[&str]).unwrap();
    let subject = study.subjects(&["downtime_s"]).unwrap()[0];
    let trials = trials(&study, 5, true).unwrap();
    let mut scenarios = vec![std::sync::Arc::clone(&study.scenario)];
    scenarios.extend(trials.iter().map(|trial| std::sync::Arc::clone(&trial.scenario)));
    let stop = std::sync::atomic::AtomicBool::new(false);
    let pool = Pool::new(2, &|_| (), &stop);
    let mut gathering = Gathering::new(&trials);
    let take = |_, rows: &[Row]| gathering.take(rows);
    let make = |number: usize| std::sync::Arc::clone(&scenarios[number]);
    experiment::run_cells(scenarios.len(), make, 6, Seed(1), &[subject], pool, take).unwrap();
    let tornado = gathering.finish().unwrap();
    let keep = |results| Row::of(&results, &[subject]);
    let points = experiment::hypercube(&study, 40, true, Seed(1), pool, keep).unwrap().unwrap();
    let strengths = Question::ALL.map(|question| strengths(&points, question, Seed(1)));
    let together = sensitivity::Together { points, strengths };
    let report = sensitivity::Sensitivity {
        study: &study,
        seed: 1,
        with: &[],
        set: &[],
        partial: None,
        subject,
        replications: 6,
        scale_load: true,
        tornado: &tornado,
        together: Some(&together),
    };
    expect_file!["tests/sensitivity.txt"].assert_eq(&sensitivity::human(&report, &Screen::PLAIN));
    let alone = sensitivity::Sensitivity { together: None, ..report };
    let text = sensitivity::human(&alone, &Screen::PLAIN);
    assert!(!text.contains("All together"), "{text}");
}

/// Hands a comparison of the scenario with its only mitigation to `test`.
fn with_comparison(sets: &[&str], test: impl FnOnce(&compare::Compare)) {
    let study = Study::load("tiny.toml", TINY, &[] as &[&str], sets).unwrap();
    let names = vec![vec![], vec!["check".to_string()]];
    let scenarios = vec![
        std::sync::Arc::clone(&study.scenario),
        study.combination(&["check".to_string()]).unwrap(),
    ];
    let variants = experiment::Variants { scenarios, names };
    let precision = experiment::Precision::None;
    let rule = experiment::Rule { seed: Seed(1), ceiling: 30, precision };
    let stop = std::sync::atomic::AtomicBool::new(false);
    let pool = Pool::new(2, &|_| (), &stop);
    let comparison = experiment::compare(&variants, rule, pool).unwrap();
    test(&compare::Compare {
        study: &study,
        seed: 1,
        with: &[],
        set: &[],
        partial: None,
        comparison: &comparison,
        precision,
    });
}

#[test]
fn a_comparison_answers_first() {
    with_comparison(&[], |report| {
        let document: serde_json::Value = serde_json::from_str(&compare::json(report)).unwrap();
        let verdict = document["verdict"].as_str().unwrap();
        let downtime = document["variants"][0]["quantities"]["downtime_s"]["mean"].as_f64();
        let downtime = super::format::with_unit("s", downtime.unwrap());
        assert_eq!(
            verdict,
            format!(
                "`check` would have prevented the outage in 30 of 30 replications; as it stands \
                 there is one in 30 of 30, {downtime} of downtime in the mean."
            )
        );
        let text = compare::human(report, &Screen::PLAIN).replace('\n', " ");
        assert!(text.find(verdict) < text.find("Downtime"), "{text}");
        #[cfg(feature = "plots")]
        for (name, svg) in super::plots::compare(report) {
            assert!(svg.contains("as it stands") && svg.contains("check"), "{name}: {svg}");
            let saves = svg.contains(&format!("check shortens the downtime by {downtime}"));
            assert!(saves || name == "pareto.svg", "{svg}");
        }
    });
    with_comparison(&["deploy.new.release=\"fixed\""], |report| {
        let document: serde_json::Value = serde_json::from_str(&compare::json(report)).unwrap();
        assert_eq!(
            document["verdict"],
            "As it stands there is no outage in any of 30 replications: no variant has downtime to \
             save, and none causes any."
        );
    });
}

#[test]
fn nodes_with_slow_cores_have_less_capacity() {
    let fault = "fault.rule={ at = 2024-03-01T09:01:00Z, kind = { slow = { speed = 0.25, \
                 lasting = { after = \"20s\" } } } }";
    with_report(1, &[fault, "deploy={}"], |report| {
        let lanes = super::first::lanes(report);
        let slow: Vec<&str> =
            lanes.lines().filter(|line| line.contains(",60.") || line.contains(",80.")).collect();
        assert_eq!(
            slow,
            [
                "2024-03-01T09:01:00.000Z,60.000,node-1,slow,0.25",
                "2024-03-01T09:01:20.000Z,80.000,node-1,serving,1",
                "2024-03-01T09:01:00.000Z,60.000,node-2,slow,0.25",
                "2024-03-01T09:01:20.000Z,80.000,node-2,serving,1",
            ]
        );
        let series = report.first.series.as_ref().unwrap();
        let each = super::fleet::capacity_per_node(report);
        let capacity = super::fleet::capacity(report, series);
        let at = |seconds| {
            let when = crate::kernel::time::Instant::START
                + crate::kernel::time::Duration::from_secs(seconds);
            super::fleet::at(&capacity, when).unwrap() / each
        };
        assert_eq!([at(30), at(70), at(90)].map(|nodes| (nodes * 4.0) as u32), [8, 2, 8]);
    });
}
