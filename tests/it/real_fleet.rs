//! What a small real fleet did that was measured on loopback: HAProxy 2.6.12, monit 5.33.0,
//! supervisord 4.2.5, five servers with six slots each. The scenarios `real-fleet-*.toml` claim its
//! figures; here are the effects behind them, each with the arithmetic of its mechanism.

use crate::support;
use fleetfall::kernel::time::Instant;
use fleetfall::observe::Results;
use fleetfall::scenario::measure::Measure;
use fleetfall::sim::observation::{Observation, Outcome};

/// The fleet with a key or two of its own: load and what breaks.
fn fleet(own: &str) -> String {
    format!(
        r#"
class.page.stages = [{{ wait.lognormal = {{ mean = "100ms", sigma = 0.5 }} }}]
{own}"#
    )
}

const BALANCER: &str = r#"balancer = { product = "haproxy", redispatch = 3, health.active = { interval = "1s", timeout = "1s", path = "separate" } }"#;

fn log(minutes: u64, text: &str, seed: u64) -> Vec<(f64, Observation)> {
    let seen = support::log(&support::scenario(minutes, text), seed);
    seen.into_iter().map(|(now, seen)| (now.as_secs_f64(), seen)).collect()
}

/// When nodes were marked so, by node.
fn marks(seen: &[(f64, Observation)], wanted: bool) -> Vec<(u32, f64)> {
    let marked = seen.iter().filter_map(|(now, seen)| match seen {
        Observation::NodeMarked { node, up, .. } if *up == wanted => Some((*node, *now)),
        _ => None,
    });
    marked.collect()
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-6
}

/// All five are killed at once. Every one is DOWN after two intervals and the wait for its first
/// check; since the checks are a fifth of an interval apart, so are the marks. UP comes one to two
/// intervals after the port is bound.
#[test]
fn checks_are_staggered_by_a_share_of_their_interval() {
    let text = fleet(&format!(
        r#"
load.constant.all.rate = "1/s"
nodes.count = 5
{BALANCER}
process = {{ slots = 6, boot = "20s" }}
supervisor.systemd.restart_sec = "1s"
fault.kill = {{ at = 2021-02-01T00:00:30Z, kind.crash_process = {{}} }}"#
    ));
    for seed in 1..=40 {
        let seen = log(2, &text, seed);
        let down: Vec<f64> = marks(&seen, false).iter().map(|(_, at)| at - 30.0).collect();
        assert_eq!(down.len(), 5);
        assert!(down.iter().all(|after| (2.0..=3.0).contains(after)), "{down:?}");
        assert!(down.windows(2).all(|pair| near(pair[1] - pair[0], 0.2)), "{down:?}");
        let up: Vec<f64> = marks(&seen, true).iter().map(|(_, at)| at - 51.0).collect();
        assert!(up.len() == 5 && up.iter().all(|after| (1.0..=2.0).contains(after)), "{up:?}");
    }
}

/// A node that stands still is asked three times, and each time the time-out of a second is added:
/// 5 to 6 s instead of 2 to 3. It was measured as 5.01 to 5.88.
#[test]
fn a_hung_node_is_down_later_by_three_time_outs() {
    let text = fleet(&format!(
        r#"
load.constant.all.rate = "1/s"
nodes.count = 5
{BALANCER}
process.slots = 6
fault.stop = {{ at = 2021-02-01T00:00:30Z, kind.hang = {{ nodes.count = 1, lasting = "never" }} }}"#
    ));
    let after: Vec<f64> =
        (1..=40).map(|seed| marks(&log(1, &text, seed), false)[0].1 - 30.0).collect();
    assert!(after.iter().all(|after| (5.0..=6.0).contains(after)), "{after:?}");
    assert!(after.iter().any(|after| *after < 5.2) && after.iter().any(|after| *after > 5.8));
}

/// Requests that failed after `from`: when they were issued, how long it took, and how.
fn failures(seen: &[(f64, Observation)], from: f64) -> Vec<(f64, f64, Outcome)> {
    let failed = seen.iter().filter_map(|(now, seen)| match seen {
        Observation::RequestSettled { issued, outcome, .. } if *outcome != Outcome::Completed => {
            let issued = issued.as_secs_f64();
            Some((issued, now - issued, *outcome))
        }
        _ => None,
    });
    failed.filter(|(issued, ..)| *issued >= from).collect()
}

/// With others left the next server is tried at once, and nobody who comes after the kill fails.
/// With one server left there is none to go to: each of three tries waits a second, and the error
/// comes after 3 s. With none it comes at once.
#[test]
fn redispatch_needs_another_server() {
    let killed = |nodes: u32| {
        fleet(&format!(
            r#"
load.constant.all.rate = "60/s"
nodes.count = {nodes}
{BALANCER}
process.slots = 60
fault.kill = {{ at = 2021-02-01T00:00:30Z, kind.crash_process.nodes.count = 1 }}"#
        ))
    };
    let seen = log(1, &killed(5), 1);
    assert_eq!(failures(&seen, 30.0), []);
    let handed_on = |(_, seen): &&(f64, Observation)| matches!(seen, Observation::HandedOn { .. });
    assert!(seen.iter().filter(handed_on).count() > 20, "the dead one was picked all the same");

    let seen = log(1, &killed(1), 1);
    let down = marks(&seen, false)[0].1;
    let failed = failures(&seen, 30.0);
    let (before, after): (Vec<_>, Vec<_>) = failed.iter().partition(|(at, ..)| *at < down);
    assert!(before.len() > 100 && after.len() > 1_000);
    let waits =
        |(_, took, how): &&(f64, f64, Outcome)| near(*took, 3.0) && *how == Outcome::Refused;
    assert!(before.iter().all(waits), "{before:?}");
    let at_once =
        |(_, took, how): &&(f64, f64, Outcome)| near(*took, 0.0) && *how == Outcome::NoNode;
    assert!(after.iter().all(at_once));
}

/// A stopped process accepts what its backlog has room for; whoever comes after that waits for a
/// connection, to the connect timeout of 2 s. A model in which it refuses would fail them at once,
/// one in which it accepts for ever would not fail them.
#[test]
fn a_stopped_process_accepts_until_its_backlog_is_full() {
    let text = r#"
load.constant.all.rate = "4/s"
class.page.stages = [{ wait = "10ms" }]
balancer.connect_timeout = "2s"
process = { slots = 2, backlog = 5, when_full = "dropped" }
fault.stop = { at = 2021-02-01T00:00:30Z, kind.hang.lasting = "never" }"#;
    let seen = log(1, text, 1);
    let accepted = |(now, seen): &&(f64, Observation)| {
        *now > 30.0 && matches!(seen, Observation::AttemptAccepted { .. })
    };
    assert_eq!(seen.iter().filter(accepted).count(), 5);
    let failed = failures(&seen, 30.0);
    assert!(failed.len() > 60);
    let waits = |(_, took, how): &(f64, f64, Outcome)| near(*took, 2.0) && *how == Outcome::Refused;
    assert!(failed.iter().all(waits), "{failed:?}");
}

/// When start commands were given.
fn starts(seen: &[(f64, Observation)]) -> Vec<f64> {
    let started = seen.iter().filter(|(_, s)| matches!(s, Observation::ProcessStarting { .. }));
    started.map(|(now, _)| *now).collect()
}

/// The script returns 1 at once, and monit waits out its start timeout of 10 s, 0.21 s of its own
/// and a cycle of 2 s.
#[test]
fn monit_waits_out_the_timeout_of_a_failed_start() {
    let text = fleet(
        r#"
load.constant.all.rate = "1/s"
process.slots = 6
supervisor.monit = { cycle = "2s", start_timeout = "10s" }
first_release = "good"
release.good = {}
release.bad.needs.setting = "missing"
deploy.bad = { at = 2021-02-01T00:00:10Z, release = "bad", method = "hot" }
fault.kill = { at = 2021-02-01T00:00:30Z, kind.crash_process = {} }"#,
    );
    let starts = starts(&log(3, &text, 1));
    assert!(starts.len() > 10 && (30.0..32.0).contains(&starts[0]), "{starts:?}");
    assert!(starts.windows(2).all(|pair| near(pair[1] - pair[0], 12.21)), "{starts:?}");
}

/// monit does nothing else while it waits for an exit, for which it looks ten times a second: the
/// new process is started up to 0.1 s after the old one is gone, and the cycle goes on from there.
/// A supervisor whose cycle went on beside that would keep the phase of its looks.
#[test]
fn a_restart_by_monit_shifts_its_cycle() {
    let text = r#"
load.constant.all.rate = "20/s"
class.page.stages = [{ wait.lognormal = { mean = "700ms", sigma = 0.5 } }]
process = { slots = 60, boot = "1s", stop = { finish = "10s" } }
supervisor.monit = { cycle = "2s", start_timeout = "10s", rule.age.above.age = "19s" }"#;
    let seen = log(5, text, 2);
    let mut restarts = Vec::new();
    let (mut begun, mut ended) = (0.0, 0.0);
    for (now, seen) in &seen {
        match seen {
            Observation::RestartBegun { .. } => begun = *now,
            Observation::ProcessEnded { .. } => ended = *now,
            Observation::ProcessStarting { .. } => restarts.push((begun, ended, *now)),
            _ => {}
        }
    }
    assert!(restarts.len() > 8);
    let is_whole = |number: f64| near(number, number.round());
    for &(begun, ended, started) in &restarts {
        assert!(ended > begun && (ended..=ended + 0.1).contains(&started));
        assert!(is_whole((started - begun) * 10.0), "it looks ten times a second");
    }
    for pair in restarts.windows(2) {
        // The start that works takes 0.1 s to be noticed.
        assert!(is_whole((pair[1].0 - pair[0].2 - 0.1) / 2.0), "{pair:?}");
    }
    let phase = |begun: f64| begun.rem_euclid(2.0);
    let moved = restarts.windows(2).filter(|pair| !near(phase(pair[0].0), phase(pair[1].0)));
    assert!(moved.count() + 2 > restarts.len());
}

/// It starts a process at its next pass, a second later, or at once if another event wakes it; one
/// that has lived past `startsecs` has no back-off, however often it dies.
#[test]
fn supervisord_passes_once_a_second() {
    let text = |own: &str| {
        fleet(&format!(
            r#"
load.constant.all.rate = "1/s"
process = {{ slots = 6, boot = "500ms" }}
supervisor.supervisord = {{ {own} }}
fault.kill = {{ at = 2021-02-01T00:00:30Z, kind.crash_process = {{}}, again.every = "10s" }}"#
        ))
    };
    let after = |own: &str| -> Vec<f64> {
        let starts = starts(&log(2, &text(own), 1));
        assert_eq!(starts.len(), 9, "every kill is followed by one start");
        (0..).zip(starts).map(|(kill, at)| at - 30.0 - 10.0 * f64::from(kill)).collect()
    };
    assert!(after("").iter().all(|after| near(*after, 1.0)));
    assert!(after(r#"woken = "100%""#).iter().all(|after| near(*after, 0.01)));
    let some = after(r#"woken = "50%""#);
    assert!(some.iter().any(|after| near(*after, 1.0)) && some.iter().any(|a| near(*a, 0.01)));
}

fn minutes_of(own: &str) -> Vec<Results> {
    let text = fleet(&format!(
        r#"
clock.window = "1s"
clock.warm_up = "10s"
load.constant.all.rate = "180/s"
nodes.count = 5
{own}"#
    ));
    support::results(&support::scenario(2, &text), 4, 2)
}

fn mean(results: &[Results], measure: Measure) -> f64 {
    results.iter().map(|results| results.measure(measure)).sum::<f64>() / results.len() as f64
}

/// Of 3.6 requests in hand the deviation is sqrt(3.6) = 1.9 with Poisson arrivals and no end of
/// slots, and more where some wait. Round robin makes it 1.29, as measured.
#[test]
fn round_robin_smooths_arrivals() {
    let deviation = |policy: &str| {
        let results = minutes_of(&format!("balancer.policy = \"{policy}\"\nprocess.slots = 6"));
        mean(&results, Measure::NodeInFlightSd)
    };
    let (smooth, random) = (deviation("round_robin"), deviation("random"));
    assert!((smooth - 1.29).abs() < 0.06, "{smooth}");
    assert!((1.9..2.3).contains(&random), "{random}");
}

/// Clients that wait for 50 ms give up four requests of five. The nodes serve them all the same and
/// hold exactly as much as if everybody waited; a node that stopped would hold half of it.
#[test]
fn abandoned_work_is_served() {
    let run = |patience: &str, abandoned: &str| {
        minutes_of(&format!(
            "clients.patience = \"{patience}\"\n\
             process = {{ slots = 6, abandoned = \"{abandoned}\" }}"
        ))
    };
    let (patient, hasty) = (run("30s", "served"), run("50ms", "served"));
    let in_hand = |results: &[Results]| mean(results, Measure::NodeInFlightMean);
    assert!(mean(&hasty, Measure::WorkWasted) > 0.8 * mean(&hasty, Measure::Requests));
    assert!(near(in_hand(&patient), in_hand(&hasty)));
    assert!(in_hand(&run("50ms", "stopped")) < 0.6 * in_hand(&patient));
}

/// The deviation by hand: the gauges of two readings of one node.
#[test]
fn gauges_give_the_mean_and_the_deviation_in_hand() {
    let text = r#"
clock.window = "1s"
load.constant.all.rate = "5/s"
class.page.stages = [{ wait.exponential.mean = "300ms" }]
process = { slots = 2, memory = { base = "10 MB", in_service = "1 MB", queued = "1 MB" } }"#;
    let scenario = support::scenario(2, text);
    let mut held = Vec::new();
    for (_, seen) in support::log(&scenario, 1) {
        if let Observation::NodeSampled { gauges, .. } = seen {
            held.push(f64::from(gauges.in_service + gauges.queued));
        }
    }
    let count = held.len() as f64;
    let mean = held.iter().sum::<f64>() / count;
    let variance = held.iter().map(|held| (held - mean) * (held - mean)).sum::<f64>() / count;
    let results = support::results(&scenario, 1, 1).remove(0);
    assert!(near(results.measure(Measure::NodeInFlightMean), mean));
    assert!(near(results.measure(Measure::NodeInFlightSd), variance.sqrt()));
    let memory = results.measure(Measure::NodeMemoryMean);
    assert!((memory - 1e6 * (10.0 + mean)).abs() < 1.0, "{memory}");
}

/// The times after a fault, on a fleet in which everything is known: killed at 30 s, started 2 s
/// later, serving after another 7 s; nothing of it belongs to the other node.
#[test]
fn times_after_a_fault_are_those_of_its_node() {
    let text = fleet(&format!(
        r#"
load.constant.all.rate = "40/s"
nodes.count = 2
{BALANCER}
process = {{ slots = 60, boot = "7s" }}
supervisor.systemd.restart_sec = "2s"
fault.kill = {{ at = 2021-02-01T00:00:30Z, kind.crash_process.nodes.count = 1 }}
fault.other = {{ at = 2021-02-01T00:01:00Z, kind.crash_process = {{}} }}"#
    ));
    let scenario = support::scenario(2, &text);
    let results = support::results(&scenario, 1, 1).remove(0);
    assert!(near(results.measure(Measure::FaultToStart), 2.0));
    assert!(near(results.measure(Measure::FaultToServing), 9.0));
    let seen = support::log(&scenario, 1);
    let first = |wanted: bool| {
        let mark = seen.iter().find_map(|(now, seen)| match seen {
            Observation::NodeMarked { up, .. } if *up == wanted => Some(*now),
            _ => None,
        });
        mark.expect("it was marked").since(Instant::START).as_secs_f64() - 30.0
    };
    assert!(near(results.measure(Measure::FaultToDown), first(false)));
    assert!(near(results.measure(Measure::FaultToUp), first(true)));
    assert!(results.measure(Measure::FaultToGivenUp).is_nan());
    // One restart, then one of each node.
    assert!(near(results.measure(Measure::Starts), 3.0));
    let handed_on = seen.iter().filter(|(_, s)| matches!(s, Observation::HandedOn { .. }));
    assert!(near(results.measure(Measure::Redispatches), handed_on.count() as f64));
}
