//! Workers of a process: who serves, who is replaced and when, and what that does to a fleet.

use crate::support;
use crate::traces::{check, issued};
use expect_test::expect;
use fleetfall::fleet::recycler::Why;
use fleetfall::kernel::chance::Seed;
use fleetfall::kernel::time::Instant;
use fleetfall::scenario::measure::Measure;
use fleetfall::sim::Simulation;
use fleetfall::sim::observation::Observation;
use std::fmt::Write;

/// Seven requests within a second, by this seed: 0, 15, 440, 520, 828, 890 and 957 ms after the first.
const SEVEN: u64 = 1;
const SEVEN_REQUESTS: &str = r#"
load.surge.all = { onset = 2021-02-01T00:00:10Z, ramp = "0s", rate = "7/s", plateau = "1s", decay = "0s" }
class.web.stages = [{ wait = "1s" }]
"#;

fn hot_deploy(preload: bool) -> String {
    format!(
        r#"
first_release = "old"
release.old = {{}}
release.new = {{}}
deploy.new = {{ at = 2021-02-01T00:00:05Z, release = "new" }}
process = {{ slots = 2, workers = {{ count = 2, boot = "2s", preload = {preload}, max_requests.count = 2 }} }}
{SEVEN_REQUESTS}"#
    )
}

/// Two workers with a slot each leave after two requests of 1 s and boot for 2 s. Each has served its
/// two by 2.000 and 2.015; for two seconds nobody serves, and the others wait. The fresh workers run
/// what is on the disk.
#[test]
fn a_hot_deploy_becomes_active_worker_by_worker() {
    check(
        7,
        SEVEN,
        &hot_deploy(false),
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            0.015   issued
            0.015   accepted by node-1
            0.440   issued
            0.440   accepted by node-1
            0.520   issued
            0.520   accepted by node-1
            0.828   issued
            0.828   accepted by node-1
            0.890   issued
            0.890   accepted by node-1
            0.957   issued
            0.957   accepted by node-1
            1.000   completed: issued at 0.000, attempts 1, waited 0.000
            1.015   completed: issued at 0.015, attempts 1, waited 0.000
            2.000   node-1 worker 1 left, Requests
            2.000   completed: issued at 0.440, attempts 1, waited 0.560
            2.015   node-1 worker 2 left, Requests
            2.015   completed: issued at 0.520, attempts 1, waited 0.495
            4.000   node-1 worker 1 serving release 1
            4.015   node-1 worker 2 serving release 1
            5.000   completed: issued at 0.828, attempts 1, waited 3.172
            5.015   completed: issued at 0.890, attempts 1, waited 3.125
            6.000   node-1 worker 1 left, Requests
            6.000   completed: issued at 0.957, attempts 1, waited 4.043
        "#]],
    );
}

/// Where the master has loaded the application, a fresh worker is what the master was started with.
#[test]
fn a_preloaded_release_stays() {
    let scenario = support::scenario(1, &hot_deploy(true));
    let seen = support::log(&scenario, SEVEN);
    let releases = seen.iter().filter_map(|(_, seen)| match seen {
        Observation::WorkerServing { release, .. } => Some(*release),
        _ => None,
    });
    assert_eq!(releases.collect::<Vec<u32>>(), [0, 0, 0]);
}

fn bad_release(failed_boot: &str, supervisor: &str) -> String {
    format!(
        r#"
first_release = "old"
release.old = {{}}
release.bad = {{ needs.workers = "9", fails_after = "3s" }}
deploy.bad = {{ at = 2021-02-01T00:00:05Z, release = "bad" }}
deploy.mend = {{ at = 2021-02-01T00:00:17Z, release = "old" }}
supervisor = "{supervisor}"
process = {{ slots = 2, workers = {{ count = 2, boot = "2s", max_requests.count = 1, failed_boot = "{failed_boot}" }} }}
{SEVEN_REQUESTS}"#
    )
}

/// Both workers have left, and boot for longer than anybody waits, when the process is told to stop. It
/// ends when the last of those who wait in it has given up, 3 s after it came, and not when a worker
/// could look.
#[test]
fn a_process_that_stops_ends_with_the_last_who_waits() {
    check(
        6,
        SEVEN,
        &format!(
            r#"
first_release = "old"
release.old = {{}}
release.new = {{}}
deploy.new = {{ at = 2021-02-01T00:00:13Z, release = "new", method = "at_once" }}
supervisor = "systemd"
clients.patience = "3s"
process = {{ slots = 2, boot = "1min", abandoned = "stopped", stop = {{ finish = "1min" }}, workers = {{ count = 2, boot = "20s", max_requests.count = 1 }} }}
{SEVEN_REQUESTS}"#
        ),
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            0.015   issued
            0.015   accepted by node-1
            0.440   issued
            0.440   accepted by node-1
            0.520   issued
            0.520   accepted by node-1
            0.828   issued
            0.828   accepted by node-1
            0.890   issued
            0.890   accepted by node-1
            0.957   issued
            0.957   accepted by node-1
            1.000   node-1 worker 1 left, Requests
            1.000   completed: issued at 0.000, attempts 1, waited 0.000
            1.015   node-1 worker 2 left, Requests
            1.015   completed: issued at 0.015, attempts 1, waited 0.000
            2.985   Deployed { deploy: 0, release: 1, corrected: false }
            2.985   node-1 restart, Deploy
            2.985   fleet down
            3.440   attempt timed_out
            3.440   timed_out: issued at 0.440, attempts 1, waited 0.000
            3.520   attempt timed_out
            3.520   timed_out: issued at 0.520, attempts 1, waited 0.000
            3.828   attempt timed_out
            3.828   timed_out: issued at 0.828, attempts 1, waited 0.000
            3.890   attempt timed_out
            3.890   timed_out: issued at 0.890, attempts 1, waited 0.000
            3.957   node-1 process ended
            3.957   attempt timed_out
            3.957   timed_out: issued at 0.957, attempts 1, waited 0.000
            3.957   node-1 starting
        "#]],
    );
}

/// Both workers leave after a request each, at 1.000 and 1.015, and take 3 s to find that they cannot
/// load what is on the disk. With the second the process answers no more; what waits, waits. Each is
/// tried again at once and fails at 7.000 and 7.015; by then the disk is mended, and they boot in 2 s.
#[test]
fn workers_that_cannot_load_the_release_leave_a_process_that_hangs() {
    check(
        11,
        SEVEN,
        &bad_release("again", "none"),
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            0.015   issued
            0.015   accepted by node-1
            0.440   issued
            0.440   accepted by node-1
            0.520   issued
            0.520   accepted by node-1
            0.828   issued
            0.828   accepted by node-1
            0.890   issued
            0.890   accepted by node-1
            0.957   issued
            0.957   accepted by node-1
            1.000   node-1 worker 1 left, Requests
            1.000   completed: issued at 0.000, attempts 1, waited 0.000
            1.015   node-1 worker 2 left, Requests
            1.015   completed: issued at 0.015, attempts 1, waited 0.000
            4.000   node-1 worker 1 failed
            4.015   node-1 worker 2 failed, none left
            4.015   fleet down
            4.015   node-1 lost, FailedRestart
            6.985   Deployed { deploy: 1, release: 0, corrected: false }
            9.000   node-1 worker 1 serving release 0
            9.000   node-1 serving
            9.000   fleet serving
            9.000   node-1 back
            9.015   node-1 worker 2 serving release 0
            10.000  node-1 worker 1 left, Requests
            10.000  completed: issued at 0.440, attempts 1, waited 8.560
            10.015  node-1 worker 2 left, Requests
            10.015  completed: issued at 0.520, attempts 1, waited 8.495
        "#]],
    );
}

/// With gunicorn a worker that cannot boot takes the master with it, and what waits. systemd starts the
/// master at 4.1, which fails too, after the 3 s that the release takes, and again at 7.2; by then the
/// disk is mended, and it boots in its 5 s.
#[test]
fn a_master_may_end_with_a_worker_that_fails() {
    check(
        14,
        SEVEN,
        &bad_release("ends_process", "systemd"),
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            0.015   issued
            0.015   accepted by node-1
            0.440   issued
            0.440   accepted by node-1
            0.520   issued
            0.520   accepted by node-1
            0.828   issued
            0.828   accepted by node-1
            0.890   issued
            0.890   accepted by node-1
            0.957   issued
            0.957   accepted by node-1
            1.000   node-1 worker 1 left, Requests
            1.000   completed: issued at 0.000, attempts 1, waited 0.000
            1.015   node-1 worker 2 left, Requests
            1.015   completed: issued at 0.015, attempts 1, waited 0.000
            4.000   node-1 worker 1 failed
            4.000   fleet down
            4.000   attempt reset
            4.000   reset: issued at 0.440, attempts 1, waited 0.000
            4.000   attempt reset
            4.000   reset: issued at 0.520, attempts 1, waited 0.000
            4.000   attempt reset
            4.000   reset: issued at 0.828, attempts 1, waited 0.000
            4.000   attempt reset
            4.000   reset: issued at 0.890, attempts 1, waited 0.000
            4.000   attempt reset
            4.000   reset: issued at 0.957, attempts 1, waited 0.000
            4.000   node-1 process ended
            4.100   node-1 restart, Exit
            4.100   node-1 starting
            6.985   Deployed { deploy: 1, release: 0, corrected: false }
            7.100   node-1 process ended
            7.100   node-1 start failed, the restart's
            7.100   node-1 lost, FailedRestart
            7.200   node-1 starting
            12.200  node-1 serving
            12.200  fleet serving
            12.200  node-1 back
        "#]],
    );
}

/// A master that came to serve on a whole second looks on whole seconds. The request of 5 s, in
/// service since `t`, is in service for more than 3 s at the first of them after `t + 3`.
#[test]
fn a_worker_that_takes_too_long_is_killed_at_the_next_look() {
    let text = r#"
first_release = "one"
release.one = {}
deploy.again = { at = 2021-02-01T00:00:05Z, release = "one", method = "at_once" }
load.surge.all = { onset = 2021-02-01T00:00:10Z, ramp = "0s", rate = "0.2/s", plateau = "5s", decay = "0s" }
class.web.stages = [{ wait = "5s" }]
process = { slots = 2, boot = "0s", workers = { count = 2, boot = "500ms", timeout = { after = "3s", look = "1s" } } }
"#;
    let seen = support::log(&support::scenario(1, text), 7);
    let when = |wanted: fn(&Observation) -> bool| {
        let mut found = seen.iter().filter(|(_, seen)| wanted(seen));
        let (at, _) = found.next().expect("it happens");
        assert!(found.next().is_none(), "it happens once");
        at.as_nanos()
    };
    let issued = when(|seen| matches!(seen, Observation::RequestIssued { .. }));
    let killed = when(|seen| {
        let why = Why::Timeout;
        matches!(seen, Observation::WorkerEnded { why: w, killed: true, .. } if *w == why)
    });
    let second = 1_000_000_000;
    assert_eq!(killed, (issued / second + 4) * second, "issued at {issued}");
    let failed = when(|seen| matches!(seen, Observation::AttemptFailed { .. }));
    assert_eq!(failed, killed, "its request is reset with it");
    let back = when(|seen| matches!(seen, Observation::WorkerServing { .. }));
    assert_eq!(back, killed + second / 2);
}

/// What becomes of idle workers in the minute after a process came to serve, in seconds from then.
fn idle(workers: &str, seconds: f64) -> String {
    let text = format!(
        r#"
first_release = "one"
release.one = {{}}
deploy.again = {{ at = 2021-02-01T00:00:05Z, release = "one", method = "at_once" }}
load.constant.all.rate = "0/s"
class.web.stages = [{{ wait = "5s" }}]
process = {{ slots = 3, boot = "0s", memory.base = "100 MiB", workers = {{ count = 3, memory = "50 MiB", {workers} }} }}
"#
    );
    let mut text_of = String::new();
    for (now, seen) in support::log(&support::scenario(2, &text), 1) {
        let at = now.as_secs_f64() - 5.0;
        let what = match seen {
            _ if at < 0.0 || at > seconds => continue,
            Observation::WorkerEnded { worker, .. } => format!("-{}", worker + 1),
            Observation::WorkerServing { worker, .. } => format!("+{}", worker + 1),
            _ => continue,
        };
        write!(text_of, "{at} {what}, ").expect("a string takes it");
    }
    text_of.trim_end_matches(", ").to_string()
}

/// 100 MiB and three times 50 are more than 180 at 1 s: the first of the largest leaves. 200 are at 2
/// s: the second. 150 at 3 s are not. At 3.5 s the first is back, so at 4 s it is the first of the
/// largest again; at 4.5 s the second, which is so at 5 s.
#[test]
fn the_largest_worker_leaves_one_a_period() {
    let seen = idle(r#"boot = "2500ms", killer = { above = "180 MiB", every = "1s" }"#, 5.5);
    assert_eq!(seen, "1 -1, 2 -2, 3.5 +1, 4 -1, 4.5 +2, 5 -2");
}

/// Rounds begin 20 s after the process or the round before; in a round a worker every 4 s.
#[test]
fn a_rolling_restart_takes_one_worker_after_the_other() {
    let seen = idle(r#"rolling = { every = "20s", extra = "0s", pause = "4s" }"#, 50.0);
    assert_eq!(seen, "20 -1, 21 +1, 24 -2, 25 +2, 28 -3, 29 +3, 48 -1, 49 +1");
}

/// The first round comes between 20 and 50 s after the process where up to 30 s are added, and fills
/// most of that over some seeds.
#[test]
fn the_random_part_of_a_rolling_restart() {
    let text = r#"
first_release = "one"
release.one = {}
deploy.again = { at = 2021-02-01T00:00:05Z, release = "one", method = "at_once" }
load.constant.all.rate = "0/s"
class.web.stages = [{ wait = "5s" }]
process = { slots = 1, boot = "0s", workers = { count = 1, rolling = { every = "20s", extra = "30s" } } }
"#;
    let scenario = support::scenario(1, text);
    let first = |seed: u64| {
        let seen = support::log(&scenario, seed);
        let served = |seen: &Observation| matches!(seen, Observation::ProcessServing { .. });
        let ended = |seen: &Observation| matches!(seen, Observation::WorkerEnded { .. });
        let mut later = seen.iter().skip_while(|(_, seen)| !served(seen));
        let first = later.find(|(_, seen)| ended(seen)).expect("a round is within a minute");
        first.0.as_secs_f64() - 5.0
    };
    let times: Vec<f64> = (0..60).map(first).collect();
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    let most = times.iter().copied().fold(0.0, f64::max);
    assert!((20.0..24.0).contains(&least) && (46.0..50.0).contains(&most), "{least} to {most}");
}

/// The most workers that are away at once, of 8 on each of 2 nodes, by the log of a run.
fn most_away(seen: &[(Instant, Observation)]) -> usize {
    let (mut away, mut most) = (0, 0);
    for (_, seen) in seen {
        match seen {
            Observation::WorkerEnded { .. } => away += 1,
            Observation::WorkerServing { .. } => away -= 1,
            _ => {}
        }
        most = most.max(away);
    }
    most
}

/// Workers that take turns have all served the same number of requests, give or take one; so with one
/// fixed limit they leave within two rounds: at 40 requests a second on 16 workers, 0.8 s, less than
/// the 10 s for which a fresh one boots. gunicorn's jitter of as much again spreads the 16 over the 120
/// s in which a worker serves 300 requests: 16 / 120 x 10 s = 1.3 are away on average.
#[test]
fn one_limit_for_all_takes_them_all_away_at_once_and_jitter_does_not() {
    let run = |jitter: u32| {
        let text = format!(
            r#"
load.constant.all.rate = "40/s"
class.web.stages = [{{ wait = "20ms" }}]
clients.patience = "1min"
nodes.count = 2
process = {{ slots = 8, backlog = 100000, workers = {{ count = 8, boot = "10s", max_requests = {{ count = 300, jitter = {jitter} }} }} }}
"#
        );
        let scenario = support::scenario(8, &text);
        (0..10).map(|seed| most_away(&support::log(&scenario, seed))).collect::<Vec<usize>>()
    };
    let (fixed, jittered) = (run(0), run(300));
    assert!(fixed.iter().all(|&most| most >= 14), "{fixed:?}");
    assert!(jittered.iter().all(|&most| most <= 9), "{jittered:?}");
}

/// What a worker keeps goes with it. Two workers of 50 MiB keep 1 MiB for each of at most 100
/// requests: with their master of 100 MiB never more than 100 + 2 x (50 + 100) MiB; and since both have
/// served about 99 at a time, nearly that. Without a limit, 1,200 requests keep 1,200 MiB.
#[test]
fn memory_goes_with_the_worker() {
    let most = |rule: &str| {
        let text = format!(
            r#"
load.constant.all.rate = "10/s"
class.web.stages = [{{ wait = "10ms" }}]
clock.window = "1s"
process = {{ slots = 2, memory = {{ base = "100 MiB", retained_per_request = "1 MiB" }}, workers = {{ count = 2, boot = "10ms", memory = "50 MiB"{rule} }} }}
"#
        );
        let results = &support::results(&support::scenario(2, &text), 1, 1)[0];
        results.measure(Measure::MemoryMax) / f64::from(1 << 20)
    };
    let (bounded, free) = (most(", max_requests.count = 100"), most(""));
    assert!((370.0..=400.0).contains(&bounded), "{bounded}");
    assert!((1_250.0..=1_550.0).contains(&free), "{free}");
}

/// A worker with more than its limit leaves after the request; the next one begins at its base. Limit
/// 60 MiB, base 50, 1 MiB a request, looked at every 4th: 51 to 60 are not over, the 11th is, and the
/// look at the 12th sees it.
#[test]
fn a_worker_that_keeps_too_much_leaves_at_its_next_look() {
    let text = r#"
load.constant.all.rate = "10/s"
class.web.stages = [{ wait = "10ms" }]
process = { slots = 1, memory.retained_per_request = "1 MiB", workers = { count = 1, boot = "10ms", memory = "50 MiB", memory_limit = { above = "60 MiB", check_every = 4 } } }
"#;
    let seen = support::log(&support::scenario(2, text), 1);
    let (mut served, mut lives) = (0, Vec::new());
    for (_, seen) in &seen {
        match seen {
            Observation::WorkerEnded { why: Why::Memory, killed: false, .. } => {
                // It is told of before the request that it served last.
                lives.push(served + 1);
                served = -1;
            }
            Observation::RequestSettled { .. } => served += 1,
            _ => {}
        }
    }
    assert!(lives.len() > 50 && lives.iter().all(|&served| served == 12), "{lives:?}");
}

/// The kernel kills the largest worker of a node that needs too much, and not the process; a systemd
/// unit with `memory_max` ends as a whole.
#[test]
fn the_kernel_kills_a_worker_or_all_together() {
    let count = |more: &str| {
        let text = format!(
            r#"
load.constant.all.rate = "10/s"
class.web.stages = [{{ wait = "10ms" }}]
process = {{ slots = 2, boot = "1s", memory = {{ base = "20 MiB", retained_per_request = "1 MiB" }}, workers = {{ count = 2, memory = "50 MiB" }} }}
{more}"#
        );
        let seen = support::log(&support::scenario(2, &text), 1);
        let of = |wanted: fn(&Observation) -> bool| seen.iter().filter(|(_, s)| wanted(s)).count();
        let workers = of(|seen| {
            matches!(seen, Observation::WorkerEnded { why: Why::OutOfMemory, killed: true, .. })
        });
        (workers, of(|seen| matches!(seen, Observation::ProcessEnded { .. })))
    };
    let (workers, processes) = count("nodes.memory = \"200 MiB\"");
    assert!(workers > 5 && processes == 0, "{workers} workers, {processes} processes");
    let (workers, processes) = count("supervisor.systemd.memory_max = \"200 MiB\"");
    assert!(workers == 0 && processes > 5, "{workers} workers, {processes} processes");
}

/// A rule that leaves out the children sees the master alone, whose 100 MiB stay as they are; one that
/// counts them sees what workers keep.
#[test]
fn a_rule_without_the_children_sees_the_master() {
    let restarts = |children: bool| {
        let text = format!(
            r#"
load.constant.all.rate = "10/s"
class.web.stages = [{{ wait = "10ms" }}]
process = {{ slots = 2, memory = {{ base = "100 MiB", retained_per_request = "1 MiB" }}, workers.count = 2 }}
supervisor.bluepill.rule.memory = {{ above.memory = "150 MiB", every = "1s", include_children = {children} }}
"#
        );
        support::results(&support::scenario(2, &text), 1, 1)[0].measure(Measure::Restarts)
    };
    assert!(restarts(false) < 1.0);
    assert!(restarts(true) > 5.0);
}

/// A fresh worker is cold, whoever else of its process is not; one of a slow release is slow.
#[test]
fn a_fresh_worker_is_slower() {
    let mean = |workers: &str| {
        let text = format!(
            r#"
first_release = "old"
release.old = {{}}
release.slow = {{ needs.workers = "9", when_invalid = {{ slow = 3 }} }}
deploy.slow = {{ at = 2021-02-01T00:00:00Z, release = "slow" }}
load.constant.all.rate = "1/s"
class.web.stages = [{{ cpu = "10ms" }}]
nodes.cores = 8
process = {{ slots = 8, cold = "1h", cold_factor = 2, workers = {{ count = 8, boot = "10ms", {workers} }} }}
"#
        );
        support::results(&support::scenario(30, &text), 1, 1)[0].measure(Measure::SojournMean)
    };
    // They run since long, and stay.
    let same = mean("preload = true");
    assert!((same - 0.010).abs() < 0.0005, "{same}");
    // Every request finds a worker that has just been forked: twice the work.
    let cold = mean("preload = true, max_requests.count = 1");
    assert!((cold - 0.020).abs() < 0.0005, "{cold}");
    // And three times that where it runs the slow release.
    let slow = mean("preload = false, max_requests.count = 1");
    assert!((slow - 0.060).abs() < 0.0005, "{slow}");
}

/// A snapshot has its workers and cannot go on with others; with more slots and none it can.
#[test]
fn a_snapshot_keeps_its_workers() {
    let scenario = |process: &str| {
        support::scenario(
            1,
            &format!(
                "load.constant.all.rate = \"9/s\"\nclass.web.stages = [{{ wait = \"1s\" }}]\nprocess = {{ {process} }}"
            ),
        )
    };
    let goes_on = |one: &str, other: &str| {
        let mut run = Simulation::new(scenario(one), Seed(1));
        run.run_until(Instant::from_nanos(30_000_000_000), &mut ());
        // The invariants are checked at its end.
        run.fork(scenario(other)).map(|mut fork| fork.run(&mut ())).is_ok()
    };
    assert!(goes_on("slots = 8", "slots = 12"));
    let workers = "slots = 8, workers = { count = 4, max_requests.count = 20 }";
    assert!(goes_on(workers, workers));
    for other in ["slots = 8", "slots = 16, workers = { count = 4, max_requests.count = 20 }"] {
        assert!(!goes_on(workers, other) && !goes_on(other, workers), "{other}");
    }
}

/// Workers that cannot be.
#[test]
fn impossible_workers_are_refused() {
    let problems = |workers: &str| {
        let text = format!(
            "load.constant.all.rate = \"1/s\"\nclass.web.stages = [{{ wait = \"1s\" }}]\n\
             process = {{ slots = 8, workers = {{ {workers} }} }}"
        );
        support::try_scenario(1, &text).expect_err("it is refused").lines()
    };
    let all = [
        "count = 3",
        "count = 0",
        "count = 4, timeout.after = \"0s\"",
        "count = 4, product = \"thin\"",
        "count = 4, max_requests.count = 0",
        "count = 4, memory_limit = {}",
        "count = 4, served_at_start = -1",
    ];
    expect![[r#"
        3 workers cannot share 8 slots equally; `process.slots` must be a multiple of `process.workers.count`, such as 9
        test.toml:8:44: `process.workers.count` is `0`, must be between `1` and `1024`
        a worker that may not take any time for a request serves none; `process.workers.timeout.after` must be more than nothing
        test.toml:8:57: `process.workers.product` is `thin`, must be one of `none`, `unicorn`, `unicorn_worker_killer`, `puma`, `puma_worker_killer`, `gunicorn`, `uwsgi`, `apache`
        test.toml:8:68: `process.workers.max_requests.count` is `0`, must be between `1` and `1000000000`
        test.toml:8:62: missing key `above` in `process.workers.memory_limit`; `above` is one of `exactly`, `uniform`
        `process.workers.served_at_start` is no number of requests
    "#]]
    .assert_eq(&all.map(problems).concat());
}
