//! Deploys: batches, canaries and reloads, by traces that can be worked out by hand.

use crate::support;
use crate::traces::check;
use expect_test::expect;
use fleetfall::fleet::canary::Verdict;
use fleetfall::sim::observation::{Observation, Reloaded};

fn deployed(seen: &Observation) -> bool {
    matches!(seen, Observation::Deployed { .. })
}

/// Four nodes, two at a time, 5 s to boot, 10 s of health before a node counts, 1 s of pause. Both
/// of a batch are done at 15, the next begins at 16 and is done at 31; at 32 nothing is left.
#[test]
fn a_batch_follows_when_all_of_the_one_before_are_healthy_for_long_enough() {
    check(
        40,
        1,
        r#"
release.one = {}
deploy.now = { at = 2021-02-01T00:00:10Z, release = "one", method = { rolling = { at_a_time = 2, min_ready = "10s", pause = "1s" } } }
load.constant.all.rate = "0/s"
class.web.stages = [{ wait = "5s" }]
nodes.count = 4
process = { slots = 1, boot = "5s" }
"#,
        deployed,
        expect![[r#"
            0.000   Deployed { deploy: 0, release: 0, corrected: false }
            0.000   node-1 restart, Deploy
            0.000   node-1 process ended
            0.000   node-1 starting
            0.000   node-2 restart, Deploy
            0.000   node-2 process ended
            0.000   node-2 starting
            5.000   node-1 serving
            5.000   node-2 serving
            16.000  node-3 restart, Deploy
            16.000  node-3 process ended
            16.000  node-3 starting
            16.000  node-4 restart, Deploy
            16.000  node-4 process ended
            16.000  node-4 starting
            21.000  node-3 serving
            21.000  node-4 serving
            32.000  RolloutDone { deploy: 0 }
        "#]],
    );
}

/// A process that is killed 3 s after it began to serve begins to count anew: it serves from 5, is
/// killed at 8, serves again from 8.1 + 5 = 13.1, and has done so for 10 s at 23.1.
#[test]
fn health_must_last_without_a_break() {
    check(
        30,
        1,
        r#"
release.one = {}
deploy.now = { at = 2021-02-01T00:00:10Z, release = "one", method = { rolling = { min_ready = "10s", pause = "1s" } } }
fault.kill = { at = 2021-02-01T00:00:18Z, kind.crash_process = {} }
supervisor = "systemd"
load.constant.all.rate = "0/s"
class.web.stages = [{ wait = "5s" }]
process = { slots = 1, boot = "5s" }
"#,
        deployed,
        expect![[r#"
            0.000   Deployed { deploy: 0, release: 0, corrected: false }
            0.000   node-1 restart, Deploy
            0.000   fleet down
            0.000   node-1 process ended
            0.000   node-1 starting
            5.000   node-1 serving
            5.000   fleet serving
            8.000   node-1 crashed
            8.000   fleet down
            8.000   node-1 process ended
            8.100   node-1 restart, Crash
            8.100   node-1 starting
            13.100  node-1 serving
            13.100  fleet serving
            24.100  RolloutDone { deploy: 0 }
        "#]],
    );
}

/// Five nodes with a release that cannot start, two at a time, and three failures that stop it: the
/// first batch fails at 1, the second begins at 3 and fails at 4. Its first failure is the third of
/// all; four nodes are lost, the fifth serves. With one failure, the default, it would be two nodes.
#[test]
fn a_rollout_bears_failures_up_to_a_number() {
    check(
        10,
        1,
        r#"
first_release = "old"
release.old = {}
release.new = { needs.workers = "9" }
deploy.now = { at = 2021-02-01T00:00:10Z, release = "new", method = { rolling = { at_a_time = 2, stop_after = 3, pause = "2s" } } }
people.alert.rollout_stopped = false
load.constant.all.rate = "0/s"
class.web.stages = [{ wait = "5s" }]
nodes.count = 5
process = { slots = 1, boot = "5s" }
"#,
        deployed,
        expect![[r#"
            0.000   Deployed { deploy: 0, release: 1, corrected: false }
            0.000   node-1 restart, Deploy
            0.000   node-1 process ended
            0.000   node-1 starting
            0.000   node-2 restart, Deploy
            0.000   node-2 process ended
            0.000   node-2 starting
            1.000   node-1 process ended
            1.000   node-1 start failed, the restart's
            1.000   node-1 lost, FailedRestart
            1.000   node-2 process ended
            1.000   node-2 start failed, the restart's
            1.000   node-2 lost, FailedRestart
            3.000   node-3 restart, Deploy
            3.000   node-3 process ended
            3.000   node-3 starting
            3.000   node-4 restart, Deploy
            3.000   node-4 process ended
            3.000   node-4 starting
            4.000   node-3 process ended
            4.000   node-3 start failed, the restart's
            4.000   node-3 lost, FailedRestart
            4.000   RolloutStopped { deploy: 0, node: 2 }
            4.000   node-4 process ended
            4.000   node-4 start failed, the restart's
            4.000   node-4 lost, FailedRestart
        "#]],
    );
}

/// A reload that keeps the old configuration is no protection: the new one lies on the disk, and
/// the kill at 20 s finds it there.
#[test]
fn a_configuration_that_was_not_taken_waits_for_the_next_restart() {
    let text = |invalid: &str| {
        format!(
            r#"
first_release = "old"
release.old = {{}}
release.new = {{ needs.workers = "9", fails_after = "2s", {invalid} }}
deploy.now = {{ at = 2021-02-01T00:00:10Z, release = "new", method = "reload" }}
fault.kill = {{ at = 2021-02-01T00:00:30Z, kind.crash_process = {{}} }}
supervisor = "systemd"
load.constant.all.rate = "0/s"
class.web.stages = [{{ wait = "5s" }}]
process = {{ slots = 1, boot = "5s" }}
"#
        )
    };
    check(
        25,
        1,
        &text(""),
        deployed,
        expect![[r#"
        0.000   Deployed { deploy: 0, release: 1, corrected: false }
        0.000   node-1 reload, Kept
        20.000  node-1 crashed
        20.000  fleet down
        20.000  node-1 process ended
        20.100  node-1 restart, Crash
        20.100  node-1 starting
        22.100  node-1 process ended
        22.100  node-1 start failed, the restart's
        22.100  node-1 lost, FailedRestart
        22.200  node-1 starting
        24.200  node-1 process ended
        24.200  node-1 start failed
        24.300  node-1 starting
    "#]],
    );
    // What is about starts alone is taken, and waits there all the same.
    let daemonizes = text("when_invalid = \"daemonizes\"");
    check(
        25,
        1,
        &daemonizes,
        deployed,
        expect![[r#"
        0.000   Deployed { deploy: 0, release: 1, corrected: false }
        0.000   node-1 reload, Took
        20.000  node-1 crashed
        20.000  fleet down
        20.000  node-1 process ended
        20.100  node-1 restart, Crash
        20.100  node-1 starting
        22.100  node-1 process ended
        22.100  node-1 start failed, the restart's
        22.100  node-1 lost, FailedRestart
    "#]],
    );
}

/// A worker that is busy at a reload that hangs ends its request; the request that waits behind it
/// is never answered.
#[test]
fn a_reload_that_hangs_keeps_what_waits() {
    check(
        30,
        24,
        r#"
first_release = "old"
release.old = {}
release.new = { needs.workers = "9" }
deploy.now = { at = 2021-02-01T00:00:17Z, release = "new", method.reload.when_invalid = "hangs" }
people.alert.rollout_stopped = false
clients.patience = "15s"
load.surge.all = { onset = 2021-02-01T00:00:10Z, ramp = "0s", rate = "0.3/s", plateau = "6s", decay = "0s" }
class.web.stages = [{ wait = "10s" }]
process = { slots = 1, backlog = 4 }
"#,
        crate::traces::issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            3.648   issued
            3.648   accepted by node-1
            6.103   Deployed { deploy: 0, release: 1, corrected: false }
            6.103   node-1 reload, Hung
            6.103   fleet down
            6.103   node-1 lost, FailedRestart
            6.103   RolloutStopped { deploy: 0, node: 0 }
            10.000  completed: issued at 0.000, attempts 1, waited 0.000
            18.648  attempt timed_out
            18.648  timed_out: issued at 3.648, attempts 1, waited 0.000
        "#]],
    );
}

/// Eight nodes that need nothing special.
const FLEET: &str = r#"
first_release = "old"
release.old = {}
nodes = { count = 8, cores = 1 }
balancer = { policy = "round_robin", redispatch = 1 }
process = { slots = 8, boot = "5s" }
"#;

/// What came of a deploy by canary: the verdict, starts with its release, restarts and losses.
#[derive(Debug, PartialEq)]
struct Outcome {
    verdict: Verdict,
    starts: usize,
    restarts: usize,
    lost: usize,
}

/// Runs 20 minutes of it with 40 requests/s of 10 ms on a core, 5 a node, unless `text` says more.
fn outcome(text: &str) -> Outcome {
    let load = r#"
load.constant.all.rate = "40/s"
class.web.stages = [{ cpu = "10ms" }]"#;
    let seen = support::log(&support::scenario(20, &format!("{FLEET}{load}{text}")), 1);
    let verdicts: Vec<Verdict> = seen
        .iter()
        .filter_map(|(_, seen)| match seen {
            Observation::CanaryJudged { verdict, .. } => Some(*verdict),
            _ => None,
        })
        .collect();
    assert_eq!(verdicts.len(), 1, "it is judged once");
    let count = |what: fn(&Observation) -> bool| seen.iter().filter(|(_, s)| what(s)).count();
    Outcome {
        verdict: verdicts[0],
        starts: count(|seen| matches!(seen, Observation::ProcessStarting { release: 1, .. })),
        restarts: count(|seen| matches!(seen, Observation::RestartBegun { .. })),
        lost: count(|seen| matches!(seen, Observation::NodeLost { .. })),
    }
}

/// A canary of one node that is restarted with a release that cannot start here: it is found before
/// anything bakes, the canary goes back, and no other node is touched.
#[test]
fn a_canary_that_is_restarted_finds_what_cannot_start() {
    let found = outcome(
        r#"
release.new = { needs.workers = "9" }
deploy.now = { at = 2021-02-01T00:01:00Z, release = "new", method.canary = { nodes.count = 1 } }
"#,
    );
    let expected = Outcome { verdict: Verdict::NotHealthy, starts: 1, restarts: 2, lost: 1 };
    assert_eq!(found, expected);
}

/// The same by files alone: nothing is restarted, so nothing is found, and the release goes to every
/// disk; a crash of all processes at minute 15 then loses all of them.
#[test]
fn a_canary_by_files_is_blind() {
    let blind = r#"
release.new = { needs.workers = "9" }
deploy.now = { at = 2021-02-01T00:01:00Z, release = "new", method.canary = { nodes.count = 1, by = "files" } }
supervisor.systemd.restart_sec = "5s"
"#;
    let crash = "fault.kill = { at = 2021-02-01T00:15:00Z, kind.crash_process = {} }";
    let alone = Outcome { verdict: Verdict::Passed, starts: 0, restarts: 0, lost: 0 };
    assert_eq!(outcome(blind), alone);
    let found = outcome(&format!("{blind}{crash}"));
    assert_eq!((found.verdict, found.restarts, found.lost), (Verdict::Passed, 8, 8));
    // Unless something restarts a canary while it bakes.
    let early = "fault.kill = { at = 2021-02-01T00:05:00Z, kind.crash_process = {} }";
    assert_eq!(outcome(&format!("{blind}{early}")).verdict, Verdict::Lost);
}

/// Tested under one supervisor, run under another: the canary's host has what the release needs,
/// so it starts there, and the comparison passes; the first other node to restart is lost, and a
/// rollout stops there. Were node-1 like the others, the canary would have found it.
#[test]
fn a_canary_on_a_host_unlike_the_others_finds_nothing() {
    let drift = r#"
supervisor = "bluepill"
release.new = { needs.supervisor = "systemd" }
deploy.now = { at = 2021-02-01T00:01:00Z, release = "new", method.canary = { nodes.named = ["node-1"], then = { rolling = {} } } }
"#;
    let other = "environment.node.node-1.provides.supervisor = \"systemd\"";
    let found = outcome(&format!("{drift}{other}"));
    assert_eq!((found.verdict, found.restarts, found.lost), (Verdict::Passed, 2, 1));
    assert_eq!(outcome(drift).verdict, Verdict::NotHealthy);
}

/// Twice the work on a node that has five requests of 10 ms a second: 20 ms instead of 10, and half
/// a time more is tolerated. With 1.4 times the work it passes: 14 ms and some waiting, below 15.
#[test]
fn a_canary_that_is_slower_is_found_beyond_the_tolerance() {
    let slow = |factor: f64| {
        outcome(&format!(
            r#"
release.new = {{ needs.workers = "9", when_invalid = {{ slow = {factor} }} }}
deploy.now = {{ at = 2021-02-01T00:01:00Z, release = "new", method.canary = {{ nodes.count = 1 }} }}
"#
        ))
    };
    assert_eq!(slow(2.0).verdict, Verdict::Latency);
    assert_eq!(slow(2.0).restarts, 2, "there and back");
    assert_eq!(slow(1.4).verdict, Verdict::Passed);
}

/// Clients that wait 15 ms give up on a canary that takes 20, and nearly never on the others.
#[test]
fn a_canary_on_which_requests_fail_is_found() {
    let release = r#"
release.new = { needs.workers = "9", when_invalid = { slow = 2 } }
clients.patience = "15ms"
deploy.now = { at = 2021-02-01T00:01:00Z, release = "new", method.canary = { nodes.count = 1"#;
    assert_eq!(outcome(&format!("{release} }} }}")).verdict, Verdict::Failed);
    // Ten minutes bring it 3,000 requests, which are not enough here.
    let many = format!("{release}, compare.requests = 5000 }} }}");
    assert_eq!(outcome(&many).verdict, Verdict::Passed);
}

/// What the whole fleet suffers during the bake time does not speak against the canary: every node
/// is killed once, and comes back.
#[test]
fn trouble_of_the_whole_fleet_passes() {
    let both = outcome(
        r#"
release.new = {}
supervisor = "systemd"
fault.kill = { at = 2021-02-01T00:05:00Z, kind.crash_process = {} }
deploy.now = { at = 2021-02-01T00:01:00Z, release = "new", method.canary = { nodes.share = "25%", compare.restarts = 0 } }
"#,
    );
    // Two canaries are restarted, and eight processes killed.
    assert_eq!((both.verdict, both.restarts), (Verdict::Passed, 10));
}

/// Which nodes are canaries is drawn: over 200 seeds each of four nodes is one about 50 times, within
/// four standard deviations (sqrt(200 x 1/4 x 3/4) = 6.1).
#[test]
fn canaries_are_drawn_evenly() {
    let scenario = support::scenario(
        1,
        r#"
release.one = {}
deploy.now = { at = 2021-02-01T00:00:10Z, release = "one", method.canary = { nodes.count = 1 } }
load.constant.all.rate = "0/s"
class.web.stages = [{ wait = "5s" }]
nodes.count = 4
process.slots = 1
"#,
    );
    let mut drawn = [0_i32; 4];
    for seed in 1..=200 {
        let seen = support::log(&scenario, seed);
        let first = seen.iter().find_map(|(_, seen)| match seen {
            Observation::RestartBegun { node, .. } => Some(*node),
            _ => None,
        });
        drawn[first.expect("a canary is restarted") as usize] += 1;
    }
    assert!(drawn.iter().all(|count| (count - 50).abs() < 25), "{drawn:?}");
}

/// A check before the restart stops a rollout at its first node, with the files on its disk and its
/// process as it was; the same check before a canary's restart sends the files back.
#[test]
fn a_check_before_the_stop_stops_a_deploy() {
    let text = |method: &str| {
        format!(
            "{FLEET}release.new = {{ needs.workers = \"9\" }}\n\
             load.constant.all.rate = \"0/s\"\nclass.web.stages = [{{ wait = \"5s\" }}]\n\
             protections.check.before_stop = {{}}\n\
             deploy.now = {{ at = 2021-02-01T00:01:00Z, release = \"new\", method = {method} }}\n"
        )
    };
    let rolling = text("{ rolling = {} }");
    check(
        9,
        1,
        &rolling,
        deployed,
        expect![[r#"
        0.000   Deployed { deploy: 0, release: 1, corrected: false }
        0.000   node-1 restart refused, ConfigCheck
        0.000   Alerted { alert: RestartRefused }
        0.000   RolloutStopped { deploy: 0, node: 0 }
    "#]],
    );
    let canary = text("{ canary = { nodes.named = [\"node-2\"] } }");
    check(
        9,
        1,
        &canary,
        deployed,
        expect![[r#"
        0.000   Deployed { deploy: 0, release: 1, corrected: false }
        0.000   node-2 restart refused, ConfigCheck
        0.000   Alerted { alert: RestartRefused }
        0.000   CanaryJudged { deploy: 0, verdict: NotHealthy }
        0.000   RolloutStopped { deploy: 0, node: 1 }
    "#]],
    );
}

/// Reloads from batch to batch: a process that is gone is a failure, one that keeps what it has is
/// none.
#[test]
fn a_reload_goes_from_node_to_node() {
    let seen = support::log(
        &support::scenario(
            5,
            &format!(
                "{FLEET}release.new = {{ needs.workers = \"9\" }}\n\
                 load.constant.all.rate = \"0/s\"\nclass.web.stages = [{{ wait = \"5s\" }}]\n\
                 deploy.now = {{ at = 2021-02-01T00:01:00Z, release = \"new\", \
                 method.reload = {{ at_a_time = 3, pause = \"10s\" }} }}\n"
            ),
        ),
        1,
    );
    let told: Vec<u64> = seen
        .iter()
        .filter(|(_, seen)| matches!(seen, Observation::Reloaded { how: Reloaded::Kept, .. }))
        .map(|(now, _)| now.as_nanos() / 1_000_000_000)
        .collect();
    assert_eq!(told, [60, 60, 60, 70, 70, 70, 80, 80]);
    let done = |(_, seen): &&(_, Observation)| matches!(seen, Observation::RolloutDone { .. });
    assert_eq!(seen.iter().filter(done).count(), 1);
}

#[test]
fn deploys_that_make_no_sense_are_refused() {
    let problems = |text: &str| {
        let whole = format!(
            "{FLEET}load.constant.all.rate = \"1/s\"\nclass.web.stages = [{{ wait = \"5s\" }}]\n{text}"
        );
        support::try_scenario(1, &whole).expect_err("something is wrong").lines()
    };
    let canary = |nodes: &str| {
        problems(&format!(
            "deploy.now = {{ at = 2021-02-01T00:00:10Z, release = \"old\", method.canary.nodes = {nodes} }}"
        ))
    };
    let all = [
        canary("{ count = 8 }"),
        canary("{ count = 0 }"),
        canary("{ named = [] }"),
        canary("{ named = [\"node-9\", \"node-1\"] }"),
        problems("environment.node.web-1.provides.workers = \"9\""),
        problems("environment.provides.supervisor = \"systemd\""),
        problems("protections.check.before_start = {}"),
        problems("maintenance.kernel = { at = 2021-02-01T00:00:10Z, nodes.count = 9 }"),
    ];
    expect![[r#"
        test.toml:14:92: deploy `now` has 8 canaries among 8 nodes; give from 1 to 7 of them, and leave some to compare
        test.toml:14:92: deploy `now` has 0 canaries among 8 nodes; give from 1 to 7 of them, and leave some to compare
        deploy `now` has 0 canaries among 8 nodes; give from 1 to 7 of them, and leave some to compare
        test.toml:14:93: no node is called `node-9`; nodes are `node-1` to `node-8`
        test.toml:14:18: no node is called `web-1`; nodes are `node-1` to `node-8`
        test.toml:14:22: `supervisor` is provided by the supervisor that the fleet has; remove this line; `[supervisor]` decides
        test.toml:14:19: unknown key `before_start` in `protections.check`; did you mean `before_stop`?
        test.toml:14:65: maintenance `kernel` hits 9 of 8 nodes; give a number from 1 to 8
    "#]].assert_eq(&all.concat());
}
