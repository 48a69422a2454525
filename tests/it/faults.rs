//! What breaks from outside, under every supervisor, by hand.

use crate::support::{log, scenario, try_scenario};
use crate::traces::check;
use expect_test::expect;
use fleetfall::kernel::time::{Duration, Instant};
use fleetfall::sim::observation::Observation;

fn crash(seen: &Observation) -> bool {
    matches!(seen, Observation::Crashed { .. })
}

const QUIET: &str = r#"
load.constant.all.rate = "0/s"
class.web.stages = [{ wait = "5s" }]
process = { slots = 1, boot = "2s" }
"#;

fn quiet(more: &str) -> String {
    format!("{QUIET}{more}")
}

/// Nobody starts it again.
#[test]
fn a_killed_process_without_a_supervisor_stays_away() {
    check(
        100,
        1,
        &quiet("fault.kill = { at = 2021-02-01T00:01:00Z, kind.crash_process = {} }"),
        crash,
        expect![[r#"
            0.000   node-1 crashed
            0.000   fleet down
            0.000   node-1 process ended
            0.000   node-1 lost, Exit
        "#]],
    );
}

/// systemd sees the exit and starts it 0.1 s later.
#[test]
fn systemd_starts_a_killed_process_after_a_tenth_of_a_second() {
    let text = "supervisor.systemd = {}
fault.kill = { at = 2021-02-01T00:01:00Z, kind.crash_process = {} }";
    check(
        100,
        1,
        &quiet(text),
        crash,
        expect![[r#"
            0.000   node-1 crashed
            0.000   fleet down
            0.000   node-1 process ended
            0.100   node-1 restart, Crash
            0.100   node-1 starting
            2.100   node-1 serving
            2.100   fleet serving
        "#]],
    );
}

/// bluepill sees at its next tick that the process is gone, and starts it at the one after. Its ticks
/// are at 0.662 + n x 1.01 s, so the first after 60 s is at 60.252 and the second at 61.262.
#[test]
fn bluepill_starts_a_killed_process_at_its_second_tick() {
    let text = "supervisor.bluepill = {}
fault.kill = { at = 2021-02-01T00:01:00Z, kind.crash_process = {} }";
    check(
        100,
        1,
        &quiet(text),
        crash,
        expect![[r#"
        0.000   node-1 crashed
        0.000   fleet down
        0.000   node-1 process ended
        1.262   node-1 restart, Crash
        1.262   node-1 starting
        3.262   node-1 serving
        3.262   fleet serving
    "#]],
    );
}

/// A machine that is gone takes its supervisor with it; 30 s later a fresh one starts the process,
/// under any supervisor.
#[test]
fn a_machine_that_comes_back_starts_its_process() {
    for supervisor in ["", "supervisor.systemd = {}", "supervisor.bluepill = {}"] {
        let text = format!(
            "{supervisor}
fault.power = {{ at = 2021-02-01T00:01:00Z, kind.crash_node = {{ nodes = \"all\", back.after = \"30s\" }} }}"
        );
        check(
            100,
            1,
            &quiet(&text),
            crash,
            expect![[r#"
                0.000   node-1 crashed
                0.000   fleet down
                0.000   node-1 process ended
                0.000   node-1 lost, Crash
                30.000  node-1 restart, Crash
                30.000  node-1 starting
                32.000  node-1 serving
                32.000  fleet serving
                32.000  node-1 back
            "#]],
        );
    }
}

/// Neither a supervisor, a deploy nor people bring back what is gone for good.
#[test]
fn nobody_brings_back_a_machine_that_is_gone_for_good() {
    let text = r#"
first_release = "bad"
release.good = {}
release.bad = { needs.workers = "9" }
deploy.rolling = { at = 2021-02-01T00:01:10Z, release = "good", method.rolling = { pause = "1s", patience = "20s" } }
people.alert.nodes_lost = { count = 1, lasting = "1s" }
people.notice = "1s"
people.diagnose = "1s"
people.fix = "1s"
people.fixed_release = "good"
supervisor.systemd = {}
fault.loss = { at = 2021-02-01T00:01:00Z, kind.crash_node.nodes = "all" }"#;
    check(
        100,
        1,
        &quiet(text),
        crash,
        expect![[r#"
        0.000   node-1 crashed
        0.000   fleet down
        0.000   node-1 process ended
        0.000   node-1 lost, Crash
        10.000  Deployed { deploy: 0, release: 0, corrected: false }
        10.000  Alerted { alert: NodesLost }
        11.000  Detected
        12.000  Diagnosed
        12.000  NothingToFix
        20.000  Alerted { alert: NodesLost }
        21.000  Detected
        22.000  Diagnosed
        22.000  NothingToFix
        30.000  RolloutStopped { deploy: 0, node: 0 }
        30.000  Alerted { alert: RolloutStopped }
        31.000  Detected
        32.000  Diagnosed
        32.000  NothingToFix
        40.000  Alerted { alert: NodesLost }
        41.000  Detected
        42.000  Diagnosed
        42.000  NothingToFix
        50.000  Alerted { alert: NodesLost }
        51.000  Detected
        52.000  Diagnosed
        52.000  NothingToFix
        60.000  Alerted { alert: NodesLost }
        61.000  Detected
        62.000  Diagnosed
        62.000  NothingToFix
        70.000  Alerted { alert: NodesLost }
        71.000  Detected
        72.000  Diagnosed
        72.000  NothingToFix
        80.000  Alerted { alert: NodesLost }
        81.000  Detected
        82.000  Diagnosed
        82.000  NothingToFix
        90.000  Alerted { alert: NodesLost }
        91.000  Detected
        92.000  Diagnosed
        92.000  NothingToFix
        100.000 Alerted { alert: NodesLost }
    "#]],
    );
}

/// What a killed process has in hand is reset; the requests that come then are refused.
#[test]
fn requests_in_hand_are_reset() {
    let text = r#"
load.constant.all.rate = "1/s"
class.web.stages = [{ wait = "5s" }]
nodes.count = 3
process = { slots = 50 }
fault.kill = { at = 2021-02-01T00:01:00Z, kind.crash_process.nodes.count = 2 }"#;
    let seen = log(&scenario(2, text), 1);
    let crashed = |node: u32| {
        let hit = |s: &Observation| matches!(*s, Observation::Crashed { node: n, .. } if n == node);
        seen.iter().any(|(_, s)| hit(s))
    };
    // Each request takes 5 s: in hand is what those nodes accepted in the 5 s before.
    let crash = Instant::START + Duration::from_secs(60);
    let in_hand = seen.iter().filter(|(now, s)| match *s {
        Observation::AttemptAccepted { node } => {
            *now < crash && crash.since(*now) < Duration::from_secs(5) && crashed(node)
        }
        _ => false,
    });
    let reset =
        |s: &Observation| matches!(s, Observation::AttemptFailed { how } if how.name() == "reset");
    let resets: Vec<_> = seen.iter().filter(|(_, s)| reset(s)).collect();
    assert!(!resets.is_empty() && resets.len() == in_hand.count(), "{} resets", resets.len());
    assert!(resets.iter().all(|(now, _)| *now == crash));
}

/// Which nodes are hit depends on the fault's name and the seed alone, and every node is hit equally
/// often: 2 of 5 in 400 replications, each 160 times but for 4 standard deviations of 9.8.
#[test]
fn nodes_are_drawn_evenly_and_by_name() {
    let text = |rate: &str| {
        format!(
            r#"
load.constant.all.rate = "{rate}"
class.web.stages = [{{ wait = "1s" }}]
nodes.count = 5
process = {{ slots = 5 }}
fault.kill = {{ at = 2021-02-01T00:00:10Z, kind.crash_process.nodes.count = 2 }}"#
        )
    };
    let hit = |text: &str, seed| -> Vec<u32> {
        let seen = log(&scenario(1, text), seed);
        let node = |(_, seen): &(_, Observation)| match *seen {
            Observation::Crashed { node, .. } => Some(node),
            _ => None,
        };
        seen.iter().filter_map(node).collect()
    };
    let mut times = [0_u32; 5];
    for seed in 0..400 {
        let nodes = hit(&text("0/s"), seed);
        assert_eq!(nodes.len(), 2);
        assert_ne!(nodes[0], nodes[1]);
        if seed < 20 {
            assert_eq!(nodes, hit(&text("3/s"), seed), "the load changes who is hit");
        }
        for node in nodes {
            times[node as usize] += 1;
        }
    }
    assert!(times.iter().all(|&times| (121..=199).contains(&times)), "{times:?}");
}

/// A second fault leaves a machine that is gone alone, also as to when it is back.
#[test]
fn a_machine_that_is_gone_is_not_hit_again() {
    let text = r#"
nodes.count = 2
fault.one = { at = 2021-02-01T00:00:10Z, kind.crash_node = { nodes.count = 1, back.after = "30s" } }
fault.two = { at = 2021-02-01T00:00:20Z, kind.crash_node.nodes = "all" }"#;
    let seen = log(&scenario(3, &quiet(text)), 1);
    let crashed: Vec<u32> = seen
        .iter()
        .filter_map(|(_, seen)| match *seen {
            Observation::Crashed { node, .. } => Some(node),
            _ => None,
        })
        .collect();
    assert_eq!(crashed.len(), 2);
    assert_ne!(crashed[0], crashed[1]);
    let back = seen.iter().filter(|(_, s)| matches!(s, Observation::NodeBack { .. }));
    assert_eq!(back.count(), 1);
}

#[test]
fn bad_faults_are_refused_at_their_place() {
    let problems = |text: &str| match try_scenario(2, &quiet(text)) {
        Ok(_) => panic!("it is refused"),
        Err(problems) => problems.to_string(),
    };
    let none = "fault.kill = { at = 2021-02-01T00:01:00Z, kind.crash_process.nodes.count = 0 }";
    assert!(problems(none).contains("hits 0 of 1 nodes"), "{}", problems(none));
    let many = "fault.kill = { at = 2021-02-01T00:01:00Z, kind.crash_node.nodes.count = 2 }";
    assert!(problems(many).contains("hits 2 of 1 nodes"), "{}", problems(many));
    let early = "fault.kill = { at = 2021-01-31T23:00:00Z, kind.crash_process = {} }";
    assert!(problems(early).contains("fault `kill`"), "{}", problems(early));
    let kind = "fault.kill = { at = 2021-02-01T00:01:00Z, kind.crash_proces = {} }";
    assert!(problems(kind).contains("crash_process"), "{}", problems(kind));
}
