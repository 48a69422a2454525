//! Balancers against what products were seen to do: refusals, silence, queues, ejections.
//!
//! Arrivals are random; what follows an arrival is worked out by hand from its time.

use crate::support::{self, chi_squared};
use crate::traces::{check, issued};
use expect_test::expect;
use fleetfall::kernel::time::{Duration, Instant};
use fleetfall::observe::Results;
use fleetfall::scenario::measure::Measure;
use fleetfall::sim::observation::{Observation, Outcome};
use std::collections::BTreeMap;

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

/// Finagle's mean latency as it is published (PeakEwma): an answer that took longer than the mean
/// becomes the mean, any other is averaged in with a weight that grows with the time since it was
/// last looked at; looking at it is an answer that took no time; who has never answered and has
/// something in hand comes last.
#[derive(Clone, Copy, Default)]
struct Published {
    mean: f64,
    stamp: f64,
    pending: u32,
}

impl Published {
    fn observe(&mut self, now: f64, took: f64, jumps: bool) {
        let weight = libm::exp(-(now - self.stamp) / 10.0);
        if jumps && took > self.mean {
            self.mean = took;
        } else {
            self.mean = self.mean * weight + took * (1.0 - weight);
        }
        self.stamp = now;
    }

    fn load(&mut self, now: f64, jumps: bool, penalty: bool) -> f64 {
        self.observe(now, 0.0, jumps);
        match self.mean <= 0.0 && self.pending > 0 {
            true if penalty => 1e12 + f64::from(self.pending),
            _ => self.mean * f64::from(self.pending + 1),
        }
    }
}

/// Two nodes under a balancer that goes by latency; the second joins after half a minute, and one
/// of them is slow in the last minute. How many picks differ from those
/// that the published rule makes of what was seen; and of how many.
fn replayed(jumps: bool, penalty: bool) -> (u32, u32) {
    let text = r#"
load.constant.all.rate = "200/s"
class.web.stages = [{ cpu.lognormal = { mean = "8ms", sigma = 1 } }, { wait.lognormal = { mean = "60ms", sigma = 1.5 } }]
balancer = { policy = { latency = {} }, health.active = { path = "separate", rise = 1, interval = "500ms" } }
nodes = { cores = 4, add = [{ at = 2021-02-01T00:00:30Z, count = 1 }] }
process.slots = 1000
fault.slow = { at = 2021-02-01T00:02:00Z, kind.slow = { nodes.count = 1, speed = 0.05, lasting = "never" } }"#;
    let mut nodes = [Published::default(); 2];
    let mut known = 1;
    let mut holders = BTreeMap::new();
    let (mut differ, mut picks) = (0, 0);
    for (now, seen) in support::log(&support::scenario(3, text), 1) {
        let secs = now.as_secs_f64();
        match seen {
            Observation::NodeMarked { node: 1, up: true, .. } => known = 2,
            Observation::AttemptAccepted { node } => {
                if known == 2 {
                    let loads = [0, 1].map(|node: usize| nodes[node].load(secs, jumps, penalty));
                    let other = loads[1 - node as usize];
                    // Which of two equal ones is taken is a matter of the dice.
                    differ += u32::from(loads[node as usize] > other * (1.0 + 1e-9));
                    picks += 1;
                }
                nodes[node as usize].pending += 1;
                holders.insert(now, node as usize);
            }
            Observation::RequestSettled { issued, outcome, .. } => {
                assert_eq!(outcome, Outcome::Completed);
                let node = &mut nodes[holders[&issued]];
                node.pending -= 1;
                node.observe(secs, now.since(issued).as_secs_f64(), jumps);
            }
            _ => {}
        }
    }
    (differ, picks)
}

#[test]
fn latencies_follow_the_published_recurrence() {
    let (differ, picks) = replayed(true, true);
    assert!(picks > 20_000, "{picks}");
    assert_eq!(differ, 0, "of {picks}");
    // The same replay tells a mean that does not jump to peaks.
    let (differ, _) = replayed(false, true);
    assert!(differ > 100, "{differ}");
    // And one to which a node that never answered is the fastest of all.
    let (differ, _) = replayed(true, false);
    assert!(differ > 0);
}

/// Below half of healthy nodes all ten get a tenth of the requests each; the six dead ones refuse
/// theirs. With five dead, the five others get a fifth each.
#[test]
fn panic_gives_everybody_the_same() {
    let counts = |dead: u32| {
        let text = format!(
            r#"
load.constant.all.rate = "100/s"
class.web.stages = [{{ wait = "1ms" }}]
nodes.count = 10
balancer = {{ policy = "random", panic_below = "50%", health.active = {{ interval = "1s" }} }}
process.slots = 100
fault.dead = {{ at = 2021-02-01T00:00:01Z, kind.crash_process.nodes.count = {dead} }}"#
        );
        let mut accepted = BTreeMap::new();
        let mut refused = 0.0;
        for (now, seen) in support::log(&support::scenario(6, &text), 1) {
            match seen {
                _ if now < Instant::START + Duration::from_secs(60) => {}
                Observation::AttemptAccepted { node } => {
                    *accepted.entry(node).or_insert(0.0) += 1.0
                }
                Observation::AttemptFailed { how: Outcome::Refused } => refused += 1.0,
                _ => {}
            }
        }
        (accepted.into_values().collect::<Vec<f64>>(), refused)
    };
    // 99.9 % points with four degrees of freedom.
    let (mut panic, refused) = counts(6);
    assert_eq!(panic.len(), 4);
    panic.push(refused);
    let statistic = chi_squared(&panic, &[0.1, 0.1, 0.1, 0.1, 0.6]);
    assert!(statistic < 18.47, "{panic:?}");
    assert!(chi_squared(&panic, &[0.11, 0.09, 0.1, 0.1, 0.6]) > 18.47);
    let (healthy, refused) = counts(5);
    assert!(refused < 0.5 && chi_squared(&healthy, &[0.2; 5]) < 18.47, "{healthy:?}");
}

/// A host's socket keeps what comes while its process restarts, and what waits in it when a process
/// is killed. One request is served at a time, in order; which of them is lost with a process and
/// when the others end is worked out from the times of arrivals, kills and starts.
#[test]
fn a_host_s_socket_loses_only_what_is_served() {
    let text = r#"
load.constant.all.rate = "60/s"
class.web.stages = [{ wait = "12ms" }]
clients.patience = "1h"
process = { slots = 1, backlog = 10000, boot.uniform = { from = "1s", to = "8s" }, socket = "inherited" }
supervisor.systemd.start_limit_burst = 1000
fault.kill = { at = 2021-02-01T00:00:20Z, again.random = "25s", kind.crash_process = {} }"#;
    let work = Duration::from_millis(12);
    let (mut issued, mut kills, mut ready) = (Vec::new(), Vec::new(), Vec::new());
    let mut settled = BTreeMap::new();
    for (now, seen) in support::log(&support::scenario(10, text), 1) {
        match seen {
            Observation::RequestIssued { .. } => issued.push(now),
            Observation::Crashed { .. } => kills.push(now),
            Observation::ProcessServing { .. } => ready.push(now),
            Observation::RequestSettled { issued, outcome, .. } => {
                settled.insert(issued, (now, outcome));
            }
            _ => {}
        }
    }
    // A kill that meets a process that boots starts the wait anew; `ready` has those that came up.
    let up = |at: Instant| {
        let killed = kills.iter().rev().find(|&&kill| kill <= at);
        killed.map_or(at, |&kill| match ready.iter().find(|&&ready| ready > kill) {
            Some(&ready) => ready.max(at),
            None => Instant::NEVER,
        })
    };
    let mut free = Instant::START;
    let (mut lost, mut waited) = (0, 0);
    for &issue in &issued {
        let start = up(issue.max(free));
        let end = start.saturating_add(work);
        let kill = kills.iter().copied().find(|&kill| kill > start && kill < end);
        free = kill.unwrap_or(end);
        let expected = match kill {
            Some(kill) => (kill, Outcome::Reset),
            None => (end, Outcome::Completed),
        };
        match settled.get(&issue) {
            Some(seen) => assert_eq!(*seen, expected, "issued at {issue:?}"),
            None => assert!(expected.0 >= Instant::START + Duration::from_secs(600)),
        }
        lost += u32::from(kill.is_some());
        waited += u32::from(start.since(issue) > Duration::from_secs(1));
    }
    assert!(kills.len() > 15 && lost > 5 && waited > 1_000, "{kills:?}, {lost}, {waited}");
}

/// Copies of a process that share the host's socket: nobody finds the port taken, though the process
/// before still has work in hand and would hold its own port.
#[test]
fn who_inherits_a_socket_does_not_find_it_taken() {
    let failed = |socket: &str| {
        let text = format!(
            r#"
load.constant.all.rate = "20/s"
class.web.stages = [{{ wait = "15s" }}]
process = {{ slots = 1000, boot = "1s", stop.finish = "20s", holds_port = true, {socket} }}
supervisor.bluepill.rule.age = {{ above.age = "50s", every = "2s" }}"#
        );
        let seen = support::log(&support::scenario(4, &text), 1);
        let restarts = seen.iter().filter(|(_, s)| matches!(s, Observation::RestartBegun { .. }));
        assert!(restarts.count() >= 2);
        let starts = seen.iter().filter(|(_, s)| matches!(s, Observation::ProcessStarting { .. }));
        let serving = seen.iter().filter(|(_, s)| matches!(s, Observation::ProcessServing { .. }));
        starts.count() - serving.count()
    };
    assert!(failed("socket = \"own\"") >= 2, "it gives up after 2.5 s, before the other is gone");
    assert_eq!(failed("socket = \"inherited\""), 0);
}

/// A balancer does not know that nobody reads from a socket that accepts: it gives up when its own
/// time is over, not the client's.
#[test]
fn a_balancer_gives_up_on_a_socket_that_nobody_reads() {
    let text = r#"
load.constant.all.rate = "5/s"
class.web.stages = [{ wait = "10ms" }]
balancer.response_timeout = "3s"
process = { slots = 10, boot = "1s" }
supervisor = "systemd"
first_release = "old"
release.old = {}
release.new = { needs.workers = "9", when_invalid = "hangs" }
deploy.new = { at = 2021-02-01T00:00:10Z, release = "new" }
fault.kill = { at = 2021-02-01T00:00:20Z, kind.crash_process = {} }"#;
    let mut silent = 0;
    for (now, seen) in support::log(&support::scenario(2, text), 1) {
        if let Observation::RequestSettled { issued, outcome, .. } = seen
            && issued > Instant::START + Duration::from_secs(25)
        {
            assert_eq!((outcome, now.since(issued)), (Outcome::NoAnswer, Duration::from_secs(3)));
            silent += 1;
        }
    }
    assert!(silent > 300, "{silent}");
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
