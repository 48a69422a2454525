//! Golden traces: tiny scenarios with constant times whose course a person can work out by hand.
//!
//! A line is the seconds since the trace's origin and what happened. Arrivals are random, so the seeds
//! are chosen for few of them; everything after an arrival follows from its time by addition.

use crate::support;
use expect_test::{Expect, expect};
use fleetfall::kernel::time::{Duration, Instant};
use fleetfall::sim::observation::Observation;

/// The first `seconds` of the trace of a scenario, from the first observation for which `origin` holds.
#[track_caller]
pub(crate) fn check(
    seconds: u64,
    seed: u64,
    text: &str,
    origin: fn(&Observation) -> bool,
    expected: Expect,
) {
    let seen = support::log(&support::scenario(3, text), seed);
    let first = seen.iter().find(|(_, seen)| origin(seen));
    let &(origin, _) = first.expect("the trace has an origin");
    let end = origin + Duration::from_secs(seconds);
    let shown: Vec<_> = seen.into_iter().filter(|(now, _)| *now <= end).collect();
    expected.assert_eq(&support::trace(&shown, origin));
}

pub(crate) fn issued(seen: &Observation) -> bool {
    matches!(seen, Observation::RequestIssued { .. })
}

/// Two requests of 10 s on one core, the second d = 3.648 s after the first. Alone, the first does d
/// of its work. Then both get half a core: the first needs 2 (10 - d) more and leaves at 20 - d =
/// 16.352. By then the second has done 10 - d, has d left, and leaves at 20, when all the work is
/// done.
#[test]
fn two_requests_share_a_core() {
    check(
        25,
        TWO,
        r#"
load.surge.all = { onset = 2021-02-01T00:00:10Z, ramp = "0s", rate = "0.3/s", plateau = "6s", decay = "0s" }
class.web.stages = [{ cpu = "10s" }]
process = { slots = 2 }
"#,
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            3.648   issued
            3.648   accepted by node-1
            16.352  completed: issued at 0.000, attempts 1, waited 0.000
            20.000  completed: issued at 3.648, attempts 1, waited 0.000
        "#]],
    );
}

/// The same on two cores: nobody waits for anybody.
#[test]
fn two_requests_have_a_core_each() {
    check(
        25,
        TWO,
        r#"
load.surge.all = { onset = 2021-02-01T00:00:10Z, ramp = "0s", rate = "0.3/s", plateau = "6s", decay = "0s" }
class.web.stages = [{ cpu = "10s" }]
nodes.cores = 2
process = { slots = 2 }
"#,
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            3.648   issued
            3.648   accepted by node-1
            10.000  completed: issued at 0.000, attempts 1, waited 0.000
            13.648  completed: issued at 3.648, attempts 1, waited 0.000
        "#]],
    );
}

/// A seed with two arrivals within those 6 s.
const TWO: u64 = 24;

/// Two nodes with one slot and one place to wait, round robin. The first two requests are served at
/// once, the next two wait for them, the others are refused by either node and fail.
#[test]
fn a_full_backlog_refuses() {
    check(
        15,
        SEVEN,
        r#"
load.surge.all = { onset = 2021-02-01T00:00:10Z, ramp = "0s", rate = "7/s", plateau = "1s", decay = "0s" }
class.web.stages = [{ wait = "5s" }]
nodes.count = 2
process = { slots = 1, backlog = 1 }
"#,
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            0.015   issued
            0.015   accepted by node-2
            0.440   issued
            0.440   accepted by node-1
            0.520   issued
            0.520   accepted by node-2
            0.828   issued
            0.828   attempt refused
            0.828   refused: issued at 0.828, attempts 1, waited 0.000
            0.890   issued
            0.890   attempt refused
            0.890   refused: issued at 0.890, attempts 1, waited 0.000
            0.957   issued
            0.957   attempt refused
            0.957   refused: issued at 0.957, attempts 1, waited 0.000
            5.000   completed: issued at 0.000, attempts 1, waited 0.000
            5.015   completed: issued at 0.015, attempts 1, waited 0.000
            10.000  completed: issued at 0.440, attempts 1, waited 4.560
            10.015  completed: issued at 0.520, attempts 1, waited 4.495
        "#]],
    );
}

/// Two nodes, round robin, and node-1 is being restarted. It refuses, the balancer does not know, and
/// every attempt tries it first, since the one before went to node-2 in the end. There, within the same
/// instant, two are served, two wait for them, and the others are refused by both nodes.
#[test]
fn a_refused_attempt_is_redispatched() {
    check(
        4,
        SEVEN,
        r#"
first_release = "one"
release.one = {}
deploy.now = { at = 2021-02-01T00:00:09Z, release = "one", method = { rolling = {} } }
load.surge.all = { onset = 2021-02-01T00:00:10Z, ramp = "0s", rate = "7/s", plateau = "1s", decay = "0s" }
class.web.stages = [{ wait = "1s" }]
balancer = { redispatch = 1 }
nodes.count = 2
process = { slots = 2, backlog = 2, boot = "30s" }
"#,
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-2
            0.015   issued
            0.015   accepted by node-2
            0.440   issued
            0.440   accepted by node-2
            0.520   issued
            0.520   accepted by node-2
            0.828   issued
            0.828   attempt refused
            0.828   refused: issued at 0.828, attempts 1, waited 0.000
            0.890   issued
            0.890   attempt refused
            0.890   refused: issued at 0.890, attempts 1, waited 0.000
            0.957   issued
            0.957   attempt refused
            0.957   refused: issued at 0.957, attempts 1, waited 0.000
            1.000   completed: issued at 0.000, attempts 1, waited 0.000
            1.015   completed: issued at 0.015, attempts 1, waited 0.000
            2.000   completed: issued at 0.440, attempts 1, waited 0.560
            2.015   completed: issued at 0.520, attempts 1, waited 0.495
        "#]],
    );
}

/// A seed with seven arrivals within that second.
const SEVEN: u64 = 1;

/// One request of 5 s, a client that waits 3 s and tries again after 1 s, one slot. The first attempt
/// is given up at 3 and served to its end at 5 all the same. The second comes at 4, gets the slot at 5,
/// is given up at 7 and ends at 10.
#[test]
fn abandoned_work_is_done_all_the_same() {
    check(
        25,
        ONE,
        r#"
load.surge.all = { onset = 2021-02-01T00:00:10Z, ramp = "0s", rate = "0.2/s", plateau = "5s", decay = "0s" }
class.web.stages = [{ wait = "5s" }]
clients = { patience = "3s", retry = { attempts = 2, base = "1s", jitter = "0%" } }
process = { slots = 1 }
"#,
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            3.000   attempt timed_out
            4.000   accepted by node-1
            5.000   node-1 finished unwanted work
            7.000   attempt timed_out
            7.000   timed_out: issued at 0.000, attempts 2, waited 0.000
            10.000  node-1 finished unwanted work
        "#]],
    );
}

/// A seed with one arrival within those 5 s.
const ONE: u64 = 7;

/// bluepill 0.1.3 with an invalid configuration on disk, as measured: a rule fires, and the next
/// attempts come 7.2 s later and then every 4.14 s. By hand: 3 s + 3 s of grace blind it until 6; its
/// ticks are 1.01 s apart and held up 0.1 s by the start command, so it looks at 0.1 + 6 x 1.01 = 6.16,
/// sees nothing, and starts at 7.17. Then 3 s of grace: it looks at 7.27 + 3 x 1.01 = 10.30 and starts
/// at 11.31, and so on.
#[test]
fn bluepill_starts_an_invalid_configuration_for_ever() {
    check(
        24,
        1,
        r#"
first_release = "good"
release.good = {}
release.bad = { needs.workers = "9", fails_after = "100ms" }
deploy.bad = { at = 2021-02-01T00:00:10Z, release = "bad" }
load.constant.all.rate = "0/s"
class.web.stages = [{ wait = "5s" }]
process = { slots = 1 }
supervisor.bluepill.rule.old = { above.age = "95s", every = "1s" }
"#,
        |seen| matches!(seen, Observation::RestartBegun { .. }),
        expect![[r#"
            0.000   node-1 restart, 95.602 over 95.000
            0.000   fleet down
            0.000   node-1 process ended
            0.000   node-1 starting
            0.100   node-1 process ended
            0.100   node-1 start failed, the restart's
            0.100   node-1 lost, FailedRestart
            7.170   node-1 starting
            7.270   node-1 process ended
            7.270   node-1 start failed
            11.310  node-1 starting
            11.410  node-1 process ended
            11.410  node-1 start failed
            15.450  node-1 starting
            15.550  node-1 process ended
            15.550  node-1 start failed
            19.590  node-1 starting
            19.690  node-1 process ended
            19.690  node-1 start failed
            23.730  node-1 starting
            23.830  node-1 process ended
            23.830  node-1 start failed
        "#]],
    );
}

/// bluepill with a valid configuration and a rule that is over at two samples 2 s apart: measured, a
/// restart every 9.1 s. By hand: blind until 6, its ticks are at 0.1 + n x 1.01; it finds the process
/// up at 6.16, samples at 7.17, and again at 9.19, the first tick that is 2 s later.
#[test]
fn bluepill_restarts_a_process_that_is_always_over_every_nine_seconds() {
    check(
        19,
        1,
        r#"
load.constant.all.rate = "0/s"
class.web.stages = [{ wait = "5s" }]
process = { slots = 1, boot = "100ms", age_at_start = "1h" }
supervisor.bluepill.rule.old = { above.age = "0s", every = "2s", over = 2, samples = 2 }
"#,
        |seen| matches!(seen, Observation::RestartBegun { .. }),
        expect![[r#"
            0.000   node-1 restart, 3603.692 over 0.000
            0.000   fleet down
            0.000   node-1 process ended
            0.000   node-1 starting
            0.100   node-1 serving
            0.100   fleet serving
            9.190   node-1 restart, 9.190 over 0.000
            9.190   fleet down
            9.190   node-1 process ended
            9.190   node-1 starting
            9.290   node-1 serving
            9.290   fleet serving
            18.380  node-1 restart, 9.190 over 0.000
            18.380  fleet down
            18.380  node-1 process ended
            18.380  node-1 starting
            18.480  node-1 serving
            18.480  fleet serving
        "#]],
    );
}

/// systemd: the process reaches its age at 60 s, the configuration on disk is invalid by then. Starts
/// 0.1 s after each exit; five are allowed in 10 s, the sixth is refused and the unit has failed.
#[test]
fn systemd_gives_up_after_five_starts_in_ten_seconds() {
    check(
        2,
        1,
        r#"
first_release = "good"
release.good = {}
release.bad = { needs.workers = "9", fails_after = "0s" }
deploy.bad = { at = 2021-02-01T00:00:10Z, release = "bad" }
load.constant.all.rate = "0/s"
class.web.stages = [{ wait = "5s" }]
process = { slots = 1 }
supervisor.systemd = { runtime_max = "1min" }
"#,
        |seen| matches!(seen, Observation::FleetDown),
        expect![[r#"
            0.000   fleet down
            0.000   node-1 process ended
            0.100   node-1 restart, Runtime
            0.100   node-1 starting
            0.100   node-1 process ended
            0.100   node-1 start failed, the restart's
            0.100   node-1 lost, FailedRestart
            0.200   node-1 starting
            0.200   node-1 process ended
            0.200   node-1 start failed
            0.300   node-1 starting
            0.300   node-1 process ended
            0.300   node-1 start failed
            0.400   node-1 starting
            0.400   node-1 process ended
            0.400   node-1 start failed
            0.500   node-1 starting
            0.500   node-1 process ended
            0.500   node-1 start failed
            0.600   node-1 given up
        "#]],
    );
}

/// systemd: a process that takes 2 s to fail is started every 2.1 s and never reaches the limit.
#[test]
fn systemd_goes_on_with_a_process_that_fails_slowly() {
    check(
        7,
        1,
        r#"
first_release = "good"
release.good = {}
release.bad = { needs.workers = "9", fails_after = "2s" }
deploy.bad = { at = 2021-02-01T00:00:10Z, release = "bad" }
load.constant.all.rate = "0/s"
class.web.stages = [{ wait = "5s" }]
process = { slots = 1, age_at_start = "30s" }
supervisor.systemd = { runtime_max = "2min 14s" }
"#,
        |seen| matches!(seen, Observation::FleetDown),
        expect![[r#"
            0.000   fleet down
            0.000   node-1 process ended
            0.100   node-1 restart, Runtime
            0.100   node-1 starting
            2.100   node-1 process ended
            2.100   node-1 start failed, the restart's
            2.100   node-1 lost, FailedRestart
            2.200   node-1 starting
            4.200   node-1 process ended
            4.200   node-1 start failed
            4.300   node-1 starting
            6.300   node-1 process ended
            6.300   node-1 start failed
            6.400   node-1 starting
        "#]],
    );
}

/// A node that stops at 10 s and serves again at 40, with HAProxy's checks: every 2 s, three to fall,
/// two to rise.
const REFUSING: &str = r#"
release.one = {}
deploy.now = { at = 2021-02-01T00:00:10Z, release = "one", method = { rolling = { pause = "1h" } } }
load.constant.all.rate = "0/s"
class.web.stages = [{ wait = "5s" }]
balancer.health.active = { interval = "2s", rise = 2, fall = 3, work = "0s" }
nodes.count = 2
process = { slots = 1, boot = "30s" }
"#;

#[test]
fn a_refusing_node_is_marked_down_and_up_again() {
    check(
        33,
        1,
        REFUSING,
        |seen| matches!(seen, Observation::RestartBegun { .. }),
        expect![[r#"
            0.000   Deployed { deploy: 0, release: 0, corrected: false }
            0.000   node-1 restart, Deploy
            0.000   node-1 process ended
            0.000   node-1 starting
            4.151   node-1 marked down
            30.000  node-1 serving
            32.151  node-1 marked up
        "#]],
    );
}

/// From `from` to `to`, in seconds, of the first observations for which these hold.
fn between(
    seen: &[(Instant, Observation)],
    from: fn(&Observation) -> bool,
    to: fn(&Observation) -> bool,
) -> f64 {
    let start = seen.iter().position(|(_, seen)| from(seen)).expect("it begins");
    let end = seen[start..].iter().find(|(_, seen)| to(seen)).expect("it ends");
    end.0.since(seen[start].0).as_secs_f64()
}

/// The smallest and the largest of some times, which must lie in `(low, high]` and fill most of it.
#[track_caller]
fn fills(times: &[f64], low: f64, high: f64) {
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    let most = times.iter().copied().fold(0.0, f64::max);
    assert!(low < least && most <= high, "from {least} to {most}, not within ({low}, {high}]");
    assert!(most - least > 0.8 * (high - low), "from {least} to {most} hardly fills it");
}

/// Measured with HAProxy: inter 2 s, fall 3, rise 2. A backend that refuses is DOWN in (4, 6] s, and
/// UP in (2, 4] s after it serves again.
#[test]
fn marks_come_as_late_as_measured() {
    let scenario = support::scenario(1, REFUSING);
    let logs: Vec<_> = (0..100).map(|seed| support::log(&scenario, seed)).collect();
    let down = logs.iter().map(|seen| {
        between(
            seen,
            |seen| matches!(seen, Observation::ProcessEnded { .. }),
            |seen| matches!(seen, Observation::NodeMarked { up: false, .. }),
        )
    });
    fills(&down.collect::<Vec<f64>>(), 4.0, 6.0);
    let up = logs.iter().map(|seen| {
        between(
            seen,
            |seen| matches!(seen, Observation::ProcessServing { .. }),
            |seen| matches!(seen, Observation::NodeMarked { up: true, .. }),
        )
    });
    fills(&up.collect::<Vec<f64>>(), 2.0, 4.0);
}

/// A node that hangs accepts checks and does not answer. Each failed one costs its time-out of 2 s and
/// the interval of 2 s after it, so the third fails 2 + 2 x 4 = 10 s after the first was due: in
/// (10, 12] s, later than a node that refuses.
#[test]
fn a_hanging_node_is_marked_later() {
    let text = r#"
load.surge.all = { onset = 2021-02-01T00:00:10Z, ramp = "0s", rate = "10/s", plateau = "10s", decay = "0s" }
class.web.stages = [{ wait = "1h" }]
clients.patience = "1h"
balancer.health.active = { interval = "2s", timeout = "2s", rise = 2, fall = 3, work = "0s" }
process = { slots = 1, backlog = 1000 }
"#;
    let scenario = support::scenario(1, text);
    let hung = |seed| {
        let seen = support::log(&scenario, seed);
        assert!(!seen.iter().any(|(_, s)| matches!(s, Observation::ProcessEnded { .. })));
        let marked = |s: &Observation| matches!(s, Observation::NodeMarked { up: false, .. });
        between(&seen, |s| matches!(s, Observation::AttemptAccepted { .. }), marked)
    };
    fills(&(0..100).map(hung).collect::<Vec<f64>>(), 10.0, 12.0);
}
