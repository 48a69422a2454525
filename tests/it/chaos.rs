//! Faults that last, come again, or hit a share: worked out by hand, or by counting.

use crate::support;
use crate::traces::{check, issued};
use expect_test::expect;
use fleetfall::kernel::time::{Duration, Instant};
use fleetfall::observe::Results;
use fleetfall::scenario::measure::Measure;
use fleetfall::sim::observation::Observation;

/// Two arrivals, at 10.897 s and 3.648 s later.
const SURGE: &str = r#"
load.surge.all = { onset = 2021-02-01T00:00:10Z, ramp = "0s", rate = "0.3/s", plateau = "6s", decay = "0s" }"#;
const APART: u64 = 24;

/// A process stands still for 5 s. The first request, which came 103 ms before and was to compute for
/// 1 s and then to wait for 1 s, is 5 s later. The second is accepted by the socket, and served when
/// the slot is free.
#[test]
fn a_process_that_stands_still_accepts_and_does_nothing() {
    check(
        20,
        APART,
        &format!(
            r#"{SURGE}
class.web.stages = [{{ cpu = "1s" }}, {{ wait = "1s" }}]
process.slots = 1
fault.stop = {{ at = 2021-02-01T00:00:11Z, kind.hang.lasting.after = "5s" }}"#
        ),
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            0.103   node-1 fault 0 begins
            3.648   issued
            3.648   accepted by node-1
            5.103   node-1 fault 0 ends
            7.000   completed: issued at 0.000, attempts 1, waited 0.000
            9.000   completed: issued at 3.648, attempts 1, waited 3.352
        "#]],
    );
}

/// From 103 ms after it has begun on, a core has a tenth of its speed (102 of 1024 parts): the 897 ms
/// that are left of the work take 9.005 s.
#[test]
fn slow_cores_take_their_time() {
    check(
        20,
        APART,
        &format!(
            r#"{SURGE}
class.web.stages = [{{ cpu = "1s" }}]
nodes.cores = 4
process.slots = 4
fault.throttle = {{ at = 2021-02-01T00:00:11Z, kind.slow = {{ speed = 0.1, lasting = "never" }} }}"#
        ),
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            0.103   node-1 fault 0 begins
            3.648   issued
            3.648   accepted by node-1
            9.106   completed: issued at 0.000, attempts 1, waited 0.000
            13.688  completed: issued at 3.648, attempts 1, waited 0.000
        "#]],
    );
}

fn run(minutes: u64, text: &str) -> Results {
    support::results(&support::scenario(minutes, text), 1, 1).remove(0)
}

const PLAIN: &str = r#"
load.constant.all.rate = "20/s"
class.web.stages = [{ wait = "10ms" }]
process.slots = 100
"#;

/// 100 MiB and 10 MiB more every second: the 16th second takes it past 256 MiB, the kernel kills it,
/// systemd starts it after 0.1 s, and so on every 16.1 s.
#[test]
fn a_leak_ends_in_a_kill_again_and_again() {
    let text = format!(
        "{PLAIN}
process.boot = \"0s\"
process.memory.base = \"100 MiB\"
nodes.memory = \"256 MiB\"
supervisor = \"systemd\"
fault.leak = {{ at = 2021-02-01T00:00:00Z, kind.leak = {{ per_second = \"10 MiB\", lasting = \"never\" }} }}"
    );
    let seen = support::log(&support::scenario(2, &text), 1);
    let killed = |seen: &&(Instant, Observation)| matches!(seen.1, Observation::OutOfMemory { .. });
    let kills: Vec<u64> =
        seen.iter().filter(killed).map(|(now, _)| now.as_nanos() / 1_000_000).collect();
    assert_eq!(kills, [16_000, 32_000, 48_000, 64_000, 80_000, 96_000, 112_000]);
}

/// One node under systemd: what happens to its process, in seconds since it was first killed.
fn after_the_first_kill(text: &str) -> Vec<String> {
    let text = format!("{PLAIN}{text}\nnodes.memory = \"256 MiB\"\nsupervisor = \"systemd\"");
    let seen = support::log(&support::scenario(1, &text), 1);
    let is_kill = |seen: &Observation| matches!(seen, Observation::OutOfMemory { .. });
    let first = seen.iter().find(|(_, seen)| is_kill(seen)).expect("it is killed").0;
    let since = seen.iter().filter(|(now, _)| *now >= first);
    let told = since.filter_map(|(now, seen)| {
        let what = match seen {
            seen if is_kill(seen) => "killed",
            Observation::ProcessStarting { .. } => "starts",
            Observation::ProcessServing { .. } => "serves",
            Observation::StartFailed { .. } => "start failed",
            Observation::SupervisorGaveUp { .. } => "given up",
            _ => return None,
        };
        Some(format!("{} {what}", support::seconds(first, *now)))
    });
    told.collect()
}

/// A process that outgrows the memory as it starts never serves: systemd starts it 0.1 s after every
/// kill, five times within 10 s, and then no more. The first one served as the scenario began.
#[test]
fn a_process_that_outgrows_its_memory_at_the_start_never_serves() {
    let told = after_the_first_kill("process.boot = \"5s\"\nprocess.memory.base = \"300 MiB\"");
    let mut expected = vec!["0.000 killed".to_string()];
    for start in 1..=5 {
        let at = format!("0.{start}00");
        expected.extend(["starts", "killed", "start failed"].map(|what| format!("{at} {what}")));
    }
    expected.push("0.600 given up".to_string());
    assert_eq!(told, expected);
}

/// One that hangs is seen to end as well, and started again, to hang again.
#[test]
fn a_process_that_hangs_is_killed_for_its_memory_and_started_again() {
    let told = after_the_first_kill(
        r#"process.memory.base = "100 MiB"
process.boot = "1s"
environment.provides.workers = "8"
release.one = {}
release.bad = { needs.workers = "9", when_invalid = "hangs" }
first_release = "one"
deploy.bad = { at = 2021-02-01T00:00:02Z, release = "bad", method = "at_once" }
fault.leak = { at = 2021-02-01T00:00:10Z, kind.leak = { per_second = "10 MiB", lasting = "never" } }"#,
    );
    let turn = |kill: &str, start: &str| [format!("{kill} killed"), format!("{start} starts")];
    let turns = [turn("0.000", "0.100"), turn("16.000", "16.100"), turn("32.000", "32.100")];
    assert_eq!(told, turns.concat());
}

/// supervisord takes the detached process of a wrong release for dead, tries 1, 2 and 3 s after each
/// failure, and gives up in its next second, since the port is taken. When that process is killed, nobody starts another: the node is lost.
#[test]
fn a_crash_that_no_supervisor_sees_loses_the_node() {
    let text = format!(
        r#"{PLAIN}process.boot = "1s"
supervisor = "supervisord"
environment.provides.workers = "8"
release.one = {{}}
release.bad = {{ needs.workers = "9", when_invalid = "daemonizes" }}
first_release = "one"
deploy.bad = {{ at = 2021-02-01T00:00:10Z, release = "bad", method = "at_once" }}
fault.kill = {{ at = 2021-02-01T00:01:00Z, kind.crash_process = {{}} }}"#
    );
    let seen = support::log(&support::scenario(3, &text), 1);
    let told = seen.iter().filter_map(|(now, seen)| {
        let what = match seen {
            Observation::SupervisorGaveUp { .. } => "given up",
            Observation::Crashed { .. } => "crashed",
            Observation::NodeLost { .. } => "lost",
            Observation::NodeBack { .. } => "back",
            _ => return None,
        };
        Some(format!("{} {what}", support::seconds(Instant::START + Duration::from_secs(10), *now)))
    });
    assert_eq!(told.collect::<Vec<_>>(), ["7.000 given up", "50.000 crashed", "50.000 lost"]);
}

/// Connections that the way drops are lost where nobody asks again in time, and late where somebody
/// does: with a time-out of 4 s three are asked (at 0, 1 and 3 s).
#[test]
fn a_bad_way_drops_or_delays() {
    let with = |timeout: &str, link: &str| {
        let text = format!(
            "{PLAIN}
balancer.connect_timeout = \"{timeout}\"
fault.way = {{ at = 2021-02-01T00:00:00Z, kind.link = {{ {link}, lasting = \"never\" }} }}"
        );
        run(30, &text)
    };
    let share = |results: &Results| {
        results.measure(Measure::RequestsFailed)
            / (results.measure(Measure::Requests) - results.measure(Measure::OpenAtEnd))
    };
    // 36,000 requests: a standard error of 0.24 %.
    let once = with("500ms", "drops = \"30%\"");
    assert!((share(&once) - 0.3).abs() < 0.008, "{}", share(&once));
    let thrice = with("4s", "drops = \"30%\"");
    assert!((share(&thrice) - 0.027).abs() < 0.003, "{}", share(&thrice));
    // 0.3 x 0.7 come 1 s later and 0.09 x 0.7 come 3 s later, of those that come.
    let late = (0.21 + 0.063 * 3.0) / (1.0 - 0.027) + 0.01;
    let mean = thrice.measure(Measure::SojournMean);
    assert!((mean - late).abs() < 0.02, "{mean} for {late}");
    let delayed = with("4s", "delay = \"30ms\"");
    assert!((delayed.measure(Measure::SojournMean) - 0.04).abs() < 1e-6);
}

/// A check that lies keeps a node out that serves, or one in that is dead.
#[test]
fn checks_that_lie_mislead_the_balancer() {
    let text = |passes: bool, crash: &str| {
        format!(
            "{PLAIN}
nodes.count = 2
balancer.health = {{ active = {{ path = \"connect\" }} }}
fault.lie = {{ at = 2021-02-01T00:01:00Z, kind.lie = {{ passes = {passes}, lasting = \"never\" }} }}
{crash}"
        )
    };
    let out = run(3, &text(false, ""));
    assert!(out.measure(Measure::NoNode) > 2_000.0, "no node is believed up though both serve");
    let crash = "fault.kill = { at = 2021-02-01T00:02:00Z, kind.crash_process.nodes.count = 1 }";
    let lied = run(3, &text(true, crash));
    let honest = run(3, &text(true, crash).replace("00:01:00Z, kind.lie", "00:02:59Z, kind.lie"));
    // A minute of half the requests, against 4 to 6 s of them.
    assert!((450.0..750.0).contains(&lied.measure(Measure::Refused)));
    assert!((35.0..65.0).contains(&honest.measure(Measure::Refused)));
}

/// Every 10 s for five minutes from the first on, and at random with that mean.
#[test]
fn faults_come_again_in_time_or_at_random() {
    let crashes = |again: &str, seed: u64| {
        let text = format!(
            "{PLAIN}
process.boot = \"0s\"
supervisor = \"runit\"
fault.monkey = {{ at = 2021-02-01T00:00:05Z, again.{again} = \"10s\", kind.crash_process = {{}} }}"
        );
        let seen = support::log(&support::scenario(5, &text), seed);
        seen.iter().filter(|(_, seen)| matches!(seen, Observation::Crashed { .. })).count() as f64
    };
    assert!((crashes("every", 1) - 30.0).abs() < 0.5, "at 5, 15 and so on to 295 s");
    let random: f64 = (0..60).map(|seed| crashes("random", seed)).sum();
    // The first and a Poisson number with mean 29.5, over 60 seeds; a crash that meets no process
    // does not count, which happens to one in a hundred in the second that runit waits.
    let expected = 60.0 * 30.5;
    assert!(
        (random - expected).abs() < 3.3 * (60.0_f64 * 29.5).sqrt() + 0.02 * expected,
        "{random}"
    );
}

/// What waits for people ends when they have fixed the node, and not before.
#[test]
fn people_repair_what_does_not_end_by_itself() {
    for kind in ["hang.lasting = \"repair\"", "crash_node = { nodes = \"all\", back = \"repair\" }"]
    {
        let text = format!(
            "{PLAIN}
process.boot = \"0s\"
clients.patience = \"1s\"
people = {{ notice = \"20s\", diagnose = \"40s\", fix = \"30s\", alert.success = {{ below = \"50%\", lasting = \"10s\" }} }}
fault.dead = {{ at = 2021-02-01T00:01:00Z, kind.{kind} }}"
        );
        let results = run(6, &text);
        let down = results.measure(Measure::Downtime);
        // 10 to 30 s until the alert, and 90 s from there; in windows of 10 s.
        assert!((100.0..=130.0).contains(&down), "{kind}: {down} s");
    }
}

/// A fault of no length changes nothing but that it is told.
#[test]
fn a_fault_of_no_length_changes_nothing() {
    let text = "
load.constant.all.rate = \"60/s\"
class.web.stages = [{ cpu.exponential.mean = \"20ms\" }, { wait.exponential.mean = \"50ms\" }]
nodes.count = 2
process.slots = 8
";
    let settled = |text: &str| {
        let seen = support::log(&support::scenario(5, text), 4);
        let of = |seen: &(Instant, Observation)| match seen.1 {
            Observation::RequestSettled { .. } => Some(*seen),
            _ => None,
        };
        seen.iter().filter_map(of).collect::<Vec<_>>()
    };
    let plain = settled(text);
    assert!(plain.len() > 10_000);
    for kind in
        ["hang", "slow = { speed = 0.5", "link = { drops = \"50%\"", "lie = { passes = false"]
    {
        let kind = match kind.contains('{') {
            true => format!("{kind}, lasting.after = \"0s\" }}"),
            false => format!("{kind}.lasting.after = \"0s\""),
        };
        let fault = format!("{text}\nfault.none = {{ at = 2021-02-01T00:02:00Z, kind.{kind} }}");
        assert_eq!(settled(&fault), plain, "{kind}");
    }
}

/// A share is rounded, and hits at least one.
#[test]
fn a_share_of_the_nodes_is_hit() {
    for (share, expected) in [("1%", 1), ("20%", 2), ("55%", 6), ("100%", 10)] {
        let text = format!(
            "{PLAIN}\nnodes.count = 10\nfault.half = {{ at = 2021-02-01T00:00:10Z, kind.crash_process.nodes.share = \"{share}\" }}"
        );
        let seen = support::log(&support::scenario(1, &text), 1);
        let hit = seen.iter().filter(|(_, seen)| matches!(seen, Observation::Crashed { .. }));
        assert_eq!(hit.count(), expected, "{share}");
        let after = Instant::START + Duration::from_secs(10);
        assert!(seen.iter().any(|(now, _)| *now > after));
    }
}

/// A deploy to all nodes at once leaves no capacity until they are back.
#[test]
fn a_deploy_to_all_at_once_takes_the_fleet_away() {
    let text = format!(
        "{PLAIN}
nodes.count = 3
process.boot = \"7s\"
first_release = \"one\"
release.one = {{}}
release.two = {{}}
deploy.two = {{ at = 2021-02-01T00:01:00Z, release = \"two\", method = \"at_once\" }}"
    );
    let results = run(3, &text);
    assert!((results.measure(Measure::NoNodeServes) - 7.0).abs() < 1e-9);
    assert!((results.measure(Measure::Restarts) - 3.0).abs() < 0.5);
    // 7 s of 20 a second, and what was in hand.
    assert!((100.0..185.0).contains(&results.measure(Measure::RequestsFailed)));
}
