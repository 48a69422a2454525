//! `fleetfall plan` against arithmetic and against brute force.

use crate::cli::{fleetfall, scratch, text};
use fleetfall::experiment::replication::run_caught;
use fleetfall::kernel::chance::Seed;
use fleetfall::kernel::time::{Duration, Instant};
use fleetfall::scenario::capacity::{Peak, busy_hours};
use fleetfall::scenario::model::{FaultKind, Hit, Lasting};
use fleetfall::scenario::trial::{Trial, deadline};
use fleetfall::scenario::{Scenario, Study};
use serde_json::Value;
use std::sync::Arc;

const NOTHING: &[&str] = &[];

/// Six nodes of 10 requests/s each, and health checks that take a lost one out within seconds. Three
/// nodes bear 25 requests/s, two do not; five bear 45, four do not.
const SPARE: &str = r#"
schema = 1
name = "spare"
title = "Six nodes"
clock = { start = 2024-05-06T10:30:00Z, end = 2024-05-06T12:30:00Z }
load.constant.some = { rate = "25/s" }
load.surge.more = { onset = 2024-05-06T12:00:00Z, ramp = "10min", rate = "20/s", plateau = "1h", decay = "1s" }
class.page.stages = [{ cpu = "100ms" }]
clients.patience = "10s"
balancer.policy = "least_outstanding"
balancer.redispatch = 2
balancer.health.active = { interval = "1s", timeout = "1s", path = "separate" }
nodes.count = 6
process = { slots = 20, boot = "5s" }
supervisor.systemd = {}
"#;

/// Clients who try again: a fleet that has been down for 20 s finds all of them waiting. It serves
/// them too late for their patience, so that they come four times each.
const STORM: &str = r#"
schema = 1
name = "storm"
title = "Two nodes and impatient clients"
clock = { start = 2024-05-06T10:30:00Z, end = 2024-05-06T10:40:00Z }
load.constant.all = { rate = "10/s" }
class.page.stages = [{ cpu = "50ms" }]
clients.patience = "2s"
clients.retry = { attempts = 4, base = "5s", factor = 1 }
nodes.count = 2
process = { slots = 50, backlog = 500, boot = "20s" }
supervisor.systemd = {}
"#;

fn file(name: &str, content: &str) -> String {
    let path = scratch(name).join(format!("{name}.toml"));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_string()
}

fn plan(arguments: &[&str]) -> Value {
    let run = fleetfall(&[&["plan"], arguments, &["--format", "json"]].concat());
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

#[test]
fn nodes_to_spare_are_those_that_arithmetic_allows() {
    let file = file("spare", SPARE);
    let common = [&file, "--ask", "losses", "--outage-at-most", "20%", "--within", "2min"];
    let document = plan(&[&common[..], &["--up-to", "5"]].concat());
    let hours = document["hours"].as_array().unwrap();
    // 10:00 and 11:00 are the same search, and 12:00 is at the top of the surge.
    let rows: Vec<(u64, f64, &str)> = hours
        .iter()
        .map(|hour| {
            assert_eq!((&hour["nodes"], &hour["threshold"]), (&6.into(), &true.into()));
            let rate = hour["requests_per_s"].as_f64().unwrap();
            (hour["hour"].as_u64().unwrap(), rate, hour["answer"].as_str().unwrap())
        })
        .collect();
    assert_eq!(rows, [(10, 25.0, "3"), (11, 25.0, "3"), (12, 45.0, "1")]);
    assert_eq!(hours[0]["values"], hours[1]["values"]);
    // Half as much load again: 37.5 and 67.5 requests/s, and the latter is too much for all six.
    let grown = plan(&[&common[..], &["--growth", "1.5"]].concat());
    assert_eq!(grown["hours"][0]["answer"], "2");
    assert_eq!(grown["hours"][2]["answer"], Value::Null);
    let run = fleetfall(&[&["plan"], &common[..]].concat());
    let shown = text(&run.stdout);
    assert!(shown.contains("N+1: at every hour of the day 1 node may be lost"), "{shown}");
    assert!(shown.contains("as at 10:00"), "{shown}");
}

/// The share of 60 replications in which the fleet is down at the deadline.
fn down(scenario: &Scenario, trial: Trial) -> f64 {
    let scenario = Arc::new(trial.of(scenario));
    let deadline = deadline(trial.within);
    let is_down = |seed| run_caught(&scenario, Seed(seed), false).unwrap().is_down_at(deadline);
    (1_000..1_060).filter(|&seed| is_down(seed)).count() as f64 / 60.0
}

/// The answers of the search are those of brute force with other seeds.
#[test]
fn recovery_is_what_brute_force_finds() {
    let file = file("storm", STORM);
    let levels = ["0.5", "1.0", "2.0", "3.0", "5.0"];
    let vary = format!("load.scale={}", levels.join(","));
    let common = ["--ask", "recovery", "--outage-at-most", "20%", "--within", "3min"];
    let document = plan(&[&[&file, "--vary", &vary], &common[..]].concat());
    let (bears, recovers) = (&document["bears"], &document["recovers"]);
    // By arithmetic: 40 requests/s can be served, so 30 are and 50 are not. Tried four times each, 10
    // just are, and 20 are not.
    assert_eq!((&bears["answer"], &recovers["answer"]), (&"3.0".into(), &"1.0".into()));
    let within = Duration::from_secs(180);
    for (index, level) in levels.iter().rev().enumerate() {
        let set = format!("load.scale={level}");
        let study = Study::load(&file, STORM, NOTHING, &[set]).unwrap();
        let load_of = Peak::of(&study.scenario).unwrap().when;
        let quiet = Trial { load_of, fault: None, within, release: None };
        let crash = Trial { fault: Some(FaultKind::CrashProcess { nodes: Hit::All }), ..quiet };
        for (search, trial) in [(bears, quiet), (recovers, crash)] {
            let verdict = search["values"][index]["answer"].as_str().unwrap();
            let share = down(&study.scenario, trial);
            match verdict {
                "holds" => assert!(share <= 0.2, "{level}: {share} of them fail"),
                "fails" => assert!(share > 0.2, "{level}: {share} of them fail"),
                _ => {}
            }
        }
    }
    let run = fleetfall(&[&["plan", &file, "--vary", &vary], &common[..]].concat());
    let shown = text(&run.stdout);
    assert!(shown.contains("Hysteresis: between load.scale = 1.0 and 3.0"), "{shown}");
    assert!(shown.contains("a gap of 20 requests/s"), "{shown}");
}

/// The trial of that search, written by hand: the fleet of the storm at one level of its load, killed
/// after five minutes, with three to come back. What the search derives from the file behaves alike.
#[test]
fn a_trial_is_what_a_person_would_write() {
    let by_hand = |level: f64, fault: &str| {
        let text = format!(
            r#"schema = 1
name = "by-hand"
title = "Five minutes, a crash, and three minutes to come back"
clock = {{ start = 2024-05-06T10:30:00Z, end = 2024-05-06T10:40:00Z }}
outage = {{ below = "95%", recovered = "95%" }}
load.constant.all = {{ rate = "{}/s" }}
class.page.stages = [{{ cpu = "50ms" }}]
clients.patience = "2s"
clients.retry = {{ attempts = 4, base = "5s", factor = 1 }}
nodes.count = 2
process = {{ slots = 50, backlog = 500, boot = "20s" }}
supervisor.systemd = {{}}
{fault}"#,
            10.0 * level
        );
        let study = Study::load("by-hand.toml", &text, NOTHING, NOTHING).unwrap();
        let deadline = Instant::START + Duration::from_secs(5 * 60 + 3 * 60);
        let is_down =
            |seed| run_caught(&study.scenario, Seed(seed), false).unwrap().is_down_at(deadline);
        (2_000..2_040).filter(|&seed| is_down(seed)).count()
    };
    let crash = "fault.all = { at = 2024-05-06T10:35:00Z, kind.crash_process = {} }";
    // The search says that it recovers from 10 requests/s on, and not from 20; and that it bears 30
    // as long as nothing happens, and not 50. At most 20 % of 40 may fail.
    assert!(by_hand(1.0, crash) <= 8);
    assert!(by_hand(2.0, crash) > 8);
    assert!(by_hand(3.0, "") <= 8);
    assert!(by_hand(5.0, "") > 8);
}

/// A release that cannot start does not come back, whatever the load.
#[test]
fn a_release_is_taken_to_be_valid_unless_it_is_named() {
    let broken = STORM.replace("schema = 1\n", "schema = 1\nfirst_release = \"new\"\n")
        + "\n[release.new]\nneeds.workers = \"9\"\n";
    let file = file("broken", &broken);
    let common = [
        &file,
        "--ask",
        "recovery",
        "--vary",
        "load.scale=0.1,0.2",
        "--outage-at-most",
        "40%",
        "--within",
        "1min",
    ];
    assert_eq!(plan(&common)["recovers"]["answer"], "0.2");
    let named = plan(&[&common[..], &["--release", "new"]].concat());
    assert_eq!(
        (&named["bears"]["answer"], &named["recovers"]["answer"]),
        (&"0.2".into(), &Value::Null)
    );
    assert_eq!(named["release"], "new");
}

#[test]
fn what_a_question_has_no_use_for_is_refused() {
    let file = file("idle", STORM);
    let complains = |arguments: &[&str], what: &str| {
        let run = fleetfall(&[&["plan", &file], arguments].concat());
        assert_eq!(run.status.code(), Some(2), "{arguments:?}");
        assert!(text(&run.stderr).contains(what), "{}", text(&run.stderr));
    };
    complains(&["--within", "5min"], "`--within` means nothing to `--ask outage`");
    complains(&["--ask", "losses", "--find", "least"], "`--find` means nothing");
    complains(&["--ask", "recovery", "--up-to", "3"], "`--up-to` means nothing");
    complains(&["--ask", "recovery", "--release", "old"], "there is no release `old`");
    complains(&["--ask", "recovery", "--within", "soon"], "such as 30min");
    complains(&["--ask", "gains"], "possible values");
    complains(&["--ask", "losses", "--set", "load.scale=0"], "without load");
}

/// A trial keeps the fleet and the load of one moment, and nothing of the day.
#[test]
fn a_trial_leaves_the_day_out() {
    let study = Study::load("spare.toml", SPARE, NOTHING, NOTHING).unwrap();
    let hours = busy_hours(&study.scenario);
    let trial = Trial {
        load_of: hours[2].when,
        fault: Some(FaultKind::CrashNode { nodes: Hit::Count(2), back: Lasting::Never }),
        within: Duration::from_secs(60),
        release: None,
    };
    let derived = trial.of(&study.scenario);
    let end = derived.clock.horizon;
    assert!((derived.offered(end) - 45.0).abs() < 1e-9);
    assert!((derived.offered(Default::default()) - 45.0).abs() < 1e-9);
    assert_eq!(derived.faults.len(), 1);
    assert_eq!(
        (&derived.nodes, &derived.process),
        (&study.scenario.nodes, &study.scenario.process)
    );
    let calm = Trial { fault: None, ..trial }.of(&study.scenario);
    assert!(calm.faults.is_empty() && calm.deploys.is_empty() && calm.nodes.additions.is_empty());
}
