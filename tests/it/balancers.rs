//! Balancers against what products were seen to do: refusals, silence, queues, ejections.
//!
//! Arrivals are random; what follows an arrival is worked out by hand from its time.

use crate::support;
use crate::traces::{check, issued};
use expect_test::expect;
use fleetfall::kernel::time::{Duration, Instant};
use fleetfall::observe::Results;
use fleetfall::scenario::measure::Measure;
use fleetfall::sim::observation::{Observation, Outcome};

/// Two arrivals, 3.648 s apart.
const SURGE: &str = r#"
load.surge.all = { onset = 2021-02-01T00:00:10Z, ramp = "0s", rate = "0.3/s", plateau = "6s", decay = "0s" }"#;
const APART: u64 = 24;

/// HAProxy's own default, measured with 2.6.12: an attempt that hashes to a dead server is tried
/// three times more, a second apart, and fails after 3 s.
#[test]
fn haproxy_tries_the_same_server_for_three_seconds() {
    check(
        12,
        APART,
        &format!(
            r#"{SURGE}
class.web.stages = [{{ wait = "1s" }}]
balancer = {{ product = "haproxy", health = "none" }}
process.slots = 2
fault.kill = {{ at = 2021-02-01T00:00:01Z, kind.crash_process = {{}} }}"#
        ),
        issued,
        expect![[r#"
            0.000   issued
            3.000   attempt refused
            3.000   refused: issued at 0.000, attempts 1, waited 0.000
            3.648   issued
            6.648   attempt refused
            6.648   refused: issued at 3.648, attempts 1, waited 0.000
        "#]],
    );
}

/// A machine that is gone answers nothing: the connection is given up after 2 s, and goes to the
/// other node.
#[test]
fn a_connection_that_nothing_answers_is_given_up() {
    check(
        12,
        APART,
        &format!(
            r#"{SURGE}
class.web.stages = [{{ wait = "1s" }}]
nodes.count = 2
balancer = {{ redispatch = 1, connect_timeout = "2s", weights = {{ node-2 = 9 }} }}
process.slots = 2
fault.kill = {{ at = 2021-02-01T00:00:01Z, kind.crash_node = {{ nodes.count = 1 }} }}"#
        ),
        issued,
        expect![[r#"
            0.000   issued
            2.000   accepted by node-1
            3.000   completed: issued at 0.000, attempts 1, waited 0.000
            3.648   issued
            5.648   accepted by node-1
            6.648   completed: issued at 3.648, attempts 1, waited 0.000
        "#]],
    );
}

/// A kernel whose accept queue is full drops the request for a connection; it is repeated after 1 s
/// and after 3 s, when the request of 6 s that came 3.648 s earlier has ended.
#[test]
fn a_full_accept_queue_looks_like_latency() {
    check(
        15,
        APART,
        &format!(
            r#"{SURGE}
class.web.stages = [{{ wait = "6s" }}]
process = {{ slots = 1, backlog = 0, when_full = "dropped" }}"#
        ),
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            3.648   issued
            6.000   completed: issued at 0.000, attempts 1, waited 0.000
            6.648   accepted by node-1
            12.648  completed: issued at 3.648, attempts 1, waited 0.000
        "#]],
    );
}

/// systemd holds the socket: what comes while the process restarts waits for it. The process is
/// killed 1 s before the first request, starts again after 100 ms, and boots for 3 s.
#[test]
fn an_inherited_socket_bridges_a_restart() {
    check(
        12,
        APART,
        &format!(
            r#"{SURGE}
class.web.stages = [{{ wait = "1s" }}]
process = {{ slots = 1, boot = "3s", socket = "inherited" }}
supervisor = "systemd"
fault.kill = {{ at = 2021-02-01T00:00:09Z, kind.crash_process = {{}} }}"#
        ),
        |seen| matches!(seen, Observation::Crashed { .. }),
        expect![[r#"
            0.000   node-1 crashed
            0.000   fleet down
            0.000   node-1 process ended
            0.100   node-1 restart, Crash
            0.100   node-1 starting
            1.897   issued
            3.100   node-1 serving
            3.100   accepted by node-1
            3.100   fleet serving
            4.100   completed: issued at 1.897, attempts 1, waited 0.000
            5.545   issued
            5.545   accepted by node-1
            6.545   completed: issued at 5.545, attempts 1, waited 0.000
        "#]],
    );
}

/// The times, in seconds, at which balancers change their minds about a node.
fn marks(text: &str, seed: u64, node: u32) -> Vec<(f64, bool)> {
    let seen = support::log(&support::scenario(3, text), seed);
    let marked = seen.iter().filter_map(|(now, seen)| match seen {
        Observation::NodeMarked { node: n, up, .. } if *n == node => Some((now.as_secs_f64(), *up)),
        _ => None,
    });
    marked.collect()
}

/// Measured with HAProxy 2.6.12, `inter 2s fall 3 rise 2`: a server that refuses is DOWN after more
/// than 4 s and at most 6 s, and UP again 2 to 4 s after its port is bound. A hung one is down
/// later, since every check takes its time-out.
#[test]
fn haproxy_marks_in_the_measured_windows() {
    let crash = |kind: &str| {
        format!(
            r#"
load.constant.all.rate = "1/s"
class.web.stages = [{{ wait = "10ms" }}]
nodes.count = 2
balancer.product = "haproxy"
process = {{ slots = 4, boot = "20s" }}
supervisor.systemd.restart_sec = "1s"
fault.kill = {{ at = 2021-02-01T00:01:00Z, kind.{kind} }}"#
        )
    };
    let mut phases = Vec::new();
    for seed in 1..=60 {
        let seen = marks(&crash("crash_process = {}"), seed, 0);
        assert_eq!(seen.iter().map(|mark| mark.1).collect::<Vec<_>>(), [false, true]);
        // Killed at 60 s, started after 1 s, bound 20 s later.
        let (down, up) = (seen[0].0 - 60.0, seen[1].0 - 81.0);
        assert!((4.0..=6.0).contains(&down), "down after {down} s");
        assert!((2.0..=4.0).contains(&up), "up after {up} s");
        phases.push(down);
        let hung = marks(&crash("crash_node.nodes = \"all\""), seed, 0);
        // Every check takes 2 s to fail, and the next comes 2 s later.
        assert!((10.0..=12.0).contains(&(hung[0].0 - 60.0)), "{hung:?}");
    }
    let spread =
        phases.iter().copied().fold(0.0, f64::max) - phases.iter().copied().fold(9.0, f64::min);
    assert!(spread > 1.7, "any phase is possible");
}

/// One of two servers is dead for a minute and a half under 20 requests a second.
fn dead(balancer: &str) -> Results {
    let text = format!(
        r#"
load.constant.all.rate = "20/s"
class.web.stages = [{{ wait = "10ms" }}]
nodes.count = 2
{balancer}
process = {{ slots = 50, boot = "1s" }}
fault.kill = {{ at = 2021-02-01T00:01:30Z, kind.crash_process.nodes.count = 1 }}"#
    );
    support::results(&support::scenario(3, &text), 1, 1).remove(0)
}

/// What a dead server costs, product by product.
#[test]
fn a_dead_server_costs_what_the_product_makes_of_it() {
    // HAProxy with redispatch: no error. Measured so.
    let haproxy = dead("balancer = { product = \"haproxy\", redispatch = 3 }");
    assert!(haproxy.measure(Measure::RequestsFailed) <= 0.0);
    // Without: half of the requests of 4 to 6 s, as it was measured over 4.6 s.
    let plain = dead("balancer.product = \"haproxy\"");
    let failed = plain.measure(Measure::RequestsFailed);
    assert!((35.0..65.0).contains(&failed), "{failed}");
    // nginx hands a failure on, so that nobody sees it.
    let nginx = dead("balancer.product = \"nginx\"");
    assert!(nginx.measure(Measure::RequestsFailed) <= 0.0);
    // The same without the second try: one failure in 10 s, 9 in 90 s.
    let once = dead("balancer = { product = \"nginx\", redispatch = 0 }");
    let failed = once.measure(Measure::RequestsFailed);
    assert!((8.0..=10.0).contains(&failed), "{failed}");
    // Envoy without retries and without ejection: half of the requests.
    let envoy = dead("balancer.product = \"envoy\"");
    let share = envoy.measure(Measure::RequestsFailed) / envoy.measure(Measure::Requests);
    assert!((share - 0.25).abs() < 0.02, "{share} of three minutes, of which half are bad");
    // With ejection after five in a row: 5 failures, then at each return 5 more.
    let ejecting = dead("balancer = { product = \"envoy\", ejection = \"consecutive\" }");
    let failed = ejecting.measure(Measure::RequestsFailed);
    assert!((10.0..=15.0).contains(&failed), "{failed}");
}

/// Four nodes with one slot each behind a balancer that queues are one queue with four servers: an
/// attempt is only sent where it is served at once. So no attempt waits on a node, and what waits at
/// the balancer does so in order.
#[test]
fn a_queue_of_the_balancer_is_first_come_first_served() {
    let text = r#"
load.constant.all.rate = "30/s"
class.web.stages = [{ wait.exponential.mean = "100ms" }]
nodes.count = 4
balancer = { policy = "least_outstanding", node_limit = 1, queue = {} }
process = { slots = 1, backlog = 0 }"#;
    let seen = support::log(&support::scenario(5, text), 3);
    let mut issued: Vec<Instant> = Vec::new();
    let (mut accepted, mut waited) = (0, 0);
    for (now, seen) in seen {
        match seen {
            Observation::RequestIssued { .. } => issued.push(now),
            Observation::AttemptAccepted { .. } => {
                waited += u32::from(now > issued[accepted]);
                accepted += 1;
            }
            Observation::RequestSettled { outcome, wait, .. } => {
                assert_eq!((outcome, wait), (Outcome::Completed, Duration::ZERO));
            }
            _ => {}
        }
    }
    assert!(waited > 1_000, "{waited} of {accepted} waited at the balancer");
}

/// A node that is drained before its restart loses nothing, whatever it does when it is told to
/// stop.
#[test]
fn a_drained_node_loses_nothing() {
    let rollout = |drain: &str| {
        let text = format!(
            r#"
load.constant.all.rate = "20/s"
class.web.stages = [{{ wait = "900ms" }}]
nodes.count = 4
balancer = {{ redispatch = 3, health.active = {{ path = "connect" }} }}
process = {{ slots = 50, boot = "5s", stop = "drop" }}
first_release = "one"
release.one = {{}}
release.two = {{}}
deploy.two = {{ at = 2021-02-01T00:00:30Z, release = "two", method.rolling = {{ pause = "2s"{drain} }} }}"#
        );
        support::results(&support::scenario(3, &text), 1, 1).remove(0)
    };
    let drained = rollout(", drain = \"10s\"");
    assert!(drained.measure(Measure::RequestsFailed) <= 0.0);
    assert!((drained.measure(Measure::Restarts) - 4.0).abs() < 0.5);
    let dropped = rollout("");
    assert!(dropped.measure(Measure::Reset) > 8.0, "some 4 or 5 are lost with every node");
}

/// Two servers, of which one dies at 60 s, is started again after 1 s and bound 20 s later.
fn killed(health: &str) -> String {
    format!(
        r#"
load.constant.all.rate = "1/s"
class.web.stages = [{{ wait = "10ms" }}]
nodes.count = 2
balancer = {{ product = "haproxy", health.active = {{ {health} }} }}
process = {{ slots = 4, boot = "20s" }}
supervisor.systemd.restart_sec = "1s"
fault.kill = {{ at = 2021-02-01T00:01:00Z, kind.crash_process = {{}} }}"#
    )
}

/// HAProxy with `inter 2s fastinter 500ms downinter 5s fall 3 rise 2`. The first check fails up to
/// 2 s after the kill and two more follow at once, half a second apart; while it is DOWN it is
/// looked for every 5 s, and once a check has passed the other comes half a second later.
#[test]
fn haproxy_checks_faster_on_the_way_and_slower_when_down() {
    let text = killed(r#"fast_interval = "500ms", down_interval = "5s""#);
    let (mut down, mut up) = (Vec::new(), Vec::new());
    for seed in 1..=60 {
        let seen = marks(&text, seed, 0);
        down.push(seen[0].0 - 60.0);
        up.push(seen[1].0 - 81.0);
        // Both looks of the way up follow a whole number of long intervals after the mark.
        let looks = (seen[1].0 - seen[0].0 - 0.5) / 5.0;
        assert!((looks - looks.round()).abs() < 1e-6, "{looks}");
    }
    let range = |values: &[f64]| {
        values.iter().fold((f64::MAX, 0.0), |(low, high): (f64, f64), &value| {
            (low.min(value), high.max(value))
        })
    };
    let (low, high) = range(&down);
    assert!((1.0..1.2).contains(&low) && (2.8..=3.0).contains(&high), "{low} to {high}");
    // Up is what the phase of the first look leaves: one that had to wait for 5 s is 2 s wide.
    let (low, high) = range(&up);
    assert!(low >= 0.5 && high <= 5.5 && high - low > 1.5, "{low} to {high}");
}

/// The ALB: out after two failed checks, 30 to 60 s; back after five passed ones, 120 to 150 s; if
/// no target is healthy, all of them are used.
#[test]
fn the_alb_takes_minutes_and_uses_everything_at_last() {
    let text = r#"
load.constant.all.rate = "2/s"
class.web.stages = [{ wait = "10ms" }]
nodes.count = 2
balancer.product = "alb"
process = { slots = 4, boot = "100s" }
supervisor.systemd = {}
fault.kill = { at = 2021-02-01T00:01:00Z, kind.crash_process = {} }"#;
    let scenario = support::scenario(6, text);
    let mut phases = (f64::MAX, 0.0_f64);
    for seed in 1..=40 {
        let seen = support::log(&scenario, seed);
        let (mut up, mut served) = (2, 0);
        for (now, seen) in seen {
            let now = now.as_secs_f64();
            match seen {
                Observation::NodeMarked { up: false, .. } => {
                    up -= 1;
                    let down = now - 60.0;
                    assert!((30.0..=60.0).contains(&down), "down after {down} s");
                    phases = (phases.0.min(down), phases.1.max(down));
                }
                Observation::NodeMarked { up: true, .. } => {
                    up += 1;
                    let after = now - 160.1;
                    assert!((120.0..=150.0).contains(&after), "up after {after} s");
                }
                Observation::AttemptFailed { how } if now > 60.0 => {
                    assert_eq!(how, Outcome::Refused);
                }
                Observation::RequestSettled { outcome: Outcome::Completed, .. } if up == 0 => {
                    served += 1;
                }
                _ => {}
            }
        }
        assert!(served > 150, "nobody is healthy for two minutes, and both serve");
    }
    assert!(phases.1 - phases.0 > 25.0, "any phase is possible");
}

/// A server that accepts and never answers passes checks that only connect. Observing answers, it
/// is down with the tenth that does not come in time; with `on-error fail-check` ten take two
/// seconds and more, a check that passes in between forgives that, and it stays up.
#[test]
fn haproxy_takes_down_a_server_that_does_not_answer() {
    let text = |observe: &str| {
        format!(
            r#"
load.constant.all.rate = "8/s"
class.web.stages = [{{ wait = "10ms" }}]
nodes.count = 2
balancer = {{ product = "haproxy", response_timeout = "700ms", health.active = {{ path = "connect"{observe} }} }}
process = {{ slots = 4, backlog = 1000 }}
fault.stop = {{ at = 2021-02-01T00:00:30Z, kind.hang = {{ nodes.count = 1, lasting = "never" }} }}"#
        )
    };
    let seen = |observe: &str| support::log(&support::scenario(1, &text(observe)), 1);
    let is_down =
        |seen: &(Instant, Observation)| matches!(seen.1, Observation::NodeMarked { up: false, .. });
    assert!(!seen("").iter().any(is_down));
    assert!(!seen(", observe = \"layer4\"").iter().any(is_down), "every connection is accepted");
    assert!(!seen(", observe = \"layer7\"").iter().any(is_down), "a check passes in between");
    let seen = seen(", observe.layer7.on_error = \"mark_down\"");
    let unanswered = |(_, seen): &&(Instant, Observation)| {
        matches!(seen, Observation::AttemptFailed { how: Outcome::NoAnswer })
    };
    let tenth = seen.iter().filter(unanswered).nth(9).expect("there are ten").0;
    let down = seen.iter().find(|seen| is_down(seen)).expect("it is marked down").0;
    assert_eq!(down, tenth);
}

/// What a server has in hand when it is marked down goes on by itself, or is cut off in that moment.
#[test]
fn haproxy_shuts_sessions_when_it_marks_down() {
    let text = |own: &str| {
        format!(
            r#"
load.constant.all.rate = "5/s"
class.web.stages = [{{ wait = "10s" }}]
nodes.count = 2
balancer = {{ product = "haproxy", redispatch = 1, health.active = {{ path = "separate", interval = "1s", timeout = "1s"{own} }} }}
process = {{ slots = 500, backlog = 1000 }}
fault.stop = {{ at = 2021-02-01T00:00:30Z, kind.hang = {{ nodes.count = 1, lasting.after = "20s" }} }}"#
        )
    };
    let run = |own: &str| support::log(&support::scenario(2, &text(own)), 3);
    let reset = |seen: &[(Instant, Observation)]| -> Vec<Instant> {
        let is_reset = |seen: &&(Instant, Observation)| {
            matches!(seen.1, Observation::AttemptFailed { how: Outcome::Reset })
        };
        seen.iter().filter(is_reset).map(|(now, _)| *now).collect()
    };
    assert_eq!(reset(&run("")), []);
    let seen = run(", on_marked_down = \"shutdown_sessions\"");
    let down = seen.iter().find_map(|(now, seen)| match seen {
        Observation::NodeMarked { up: false, .. } => Some(*now),
        _ => None,
    });
    let reset = reset(&seen);
    assert!(reset.iter().all(|at| Some(*at) == down), "{reset:?} but {down:?}");
    // Half of 5/s for the last 10 s, and for the 5 to 6 s that it took to notice.
    assert!((25..55).contains(&reset.len()), "{}", reset.len());
    // The node does not notice, and finishes what nobody waits for.
    let wasted = |seen: &&(Instant, Observation)| matches!(seen.1, Observation::WorkWasted { .. });
    assert_eq!(seen.iter().filter(wasted).count(), reset.len());
}

/// Six nodes behind Envoy; one fails a third of its attempts, which is hardly ever five in a row.
/// Comparing success rates it is taken out at the end of an interval, and not without.
#[test]
fn envoy_compares_success_rates_of_nodes() {
    let run = |own: &str| {
        let text = format!(
            r#"
load.constant.all.rate = "150/s"
class.web.stages = [{{ wait = "10ms" }}]
nodes.count = 6
balancer = {{ product = "envoy", connect_timeout = "100ms", ejection.consecutive = {{ errors = 30{own} }} }}
process.slots = 50
fault.way = {{ at = 2021-02-01T00:00:20Z, kind.link = {{ nodes.count = 1, lasting = "never", drops = "33%" }} }}"#
        );
        let seen = support::log(&support::scenario(1, &text), 1);
        let ejected = seen.into_iter().filter_map(|(now, seen)| match seen {
            Observation::Ejected { node, .. } => Some((now.as_secs_f64(), node)),
            _ => None,
        });
        ejected.collect::<Vec<_>>()
    };
    assert_eq!(run(""), []);
    let ejected = run(", success_rate = {}");
    // At the first look after the trouble began, for 30 s, and nobody else before it is back.
    assert!(ejected.len() == 1 && (30.0..30.1).contains(&ejected[0].0), "{ejected:?}");
}
