//! Timings of real products as scripts of inputs and verdicts.
//!
//! A vector is a product with its settings, what happens to it, and the times of what follows; those
//! that were measured on the product hold to 0.3 s, those read in its source exactly. Where a vector
//! is kept:
//!
//! | vector | product and input | test |
//! |---|---|---|
//! | G1 | supervisord, instant crash | [`supervisord_gives_up_after_four_starts`] |
//! | G2 | runit, instant crash | [`runit_starts_once_a_second`] |
//! | G4 | Kubernetes, instant crash | [`kubernetes_backs_off`] |
//! | G5, G6 | systemd, instant crash, crash after 2 s | [`systemd_has_a_start_limit`] |
//! | G8 | systemd, `forking`, stays in foreground | [`systemd_kills_a_start_that_does_not_return`] |
//! | G9 | bluepill, a check that is always bad | [`bluepill_restarts_what_is_always_bad`] |
//! | G10 | bluepill, invalid at the first restart | [`bluepill_tries_for_ever`] |
//! | G11 | bluepill, stays in foreground, no pid file | [`bluepill_loses_sight_of_an_orphan`] |
//! | G14 | monit, instant crash | [`monit_waits_for_every_start`] |
//! | G15 | monit, stays in foreground | [`monit_kills_a_start_that_does_not_return`] |
//! | G16 | monit, a test that is always bad | [`monit_restarts_what_is_always_bad`] |
//! | G17 | HAProxy, a server that refuses | `balancers::haproxy_marks_in_the_measured_windows`, `balancers::haproxy_tries_the_same_server_for_three_seconds` |
//! | G19 | ALB, a target that fails its checks | [`alb_marks_in_its_windows`], [`alb_fails_open`] |
//! | G21, G22 | gunicorn and nginx told to read a bad configuration | none: these supervisors restart, they do not reload |
//! | G24 | AWS SDK, standard mode, total outage | [`aws_budget_ends_and_comes_back`] |
//! | G26 | Finagle's budget | [`finagle_budget_is_a_reserve_and_a_share`] |
//!
//! The numbers that are missing are vectors of features that the program does not have.

use crate::support;
use fleetfall::kernel::time::Instant;
use fleetfall::scenario::measure::Measure;
use fleetfall::sim::observation::{Observation, Outcome};

/// What measured times hold to.
const MEASURED: f64 = 0.3;
/// What times from a source hold to: how far a second has been rounded in writing it down.
const READ: f64 = 1e-6;

/// What happened to the one node of a fleet, in seconds from the event.
#[derive(Default)]
struct Course {
    starts: Vec<f64>,
    restarts: Vec<f64>,
    /// From when to when somebody served; the last may be open.
    served: Vec<(f64, Option<f64>)>,
    given_up: Option<f64>,
}

/// The event is at this second.
const EVENT: f64 = 60.0;

fn course(minutes: u64, text: &str) -> Course {
    let whole = format!(
        r#"
load.constant.all.rate = "0.01/s"
class.web.stages = [{{ wait = "10ms" }}]
process = {{ slots = 4, boot = "0s", memory.base = "100 MiB" }}
{text}"#
    );
    let mut course = Course { served: vec![(-EVENT, None)], ..Course::default() };
    for (now, seen) in support::log(&support::scenario(minutes, &whole), 1) {
        let now = now.as_secs_f64() - EVENT;
        match seen {
            Observation::ProcessStarting { .. } => course.starts.push(now),
            Observation::RestartBegun { .. } => course.restarts.push(now),
            Observation::FleetServing => course.served.push((now, None)),
            Observation::FleetDown => {
                course.served.last_mut().expect("somebody served").1 = Some(now);
            }
            Observation::SupervisorGaveUp { .. } => course.given_up = Some(now),
            _ => {}
        }
    }
    course
}

/// The process is killed when a release is on its disk that does not fit.
fn killed(minutes: u64, supervisor: &str, wrong: &str) -> Course {
    course(
        minutes,
        &format!(
            r#"{supervisor}
first_release = "old"
release.old = {{}}
release.new = {{ needs.workers = "9", {wrong} }}
deploy.new = {{ at = 2021-02-01T00:00:30Z, release = "new" }}
fault.kill = {{ at = 2021-02-01T00:01:00Z, kind.crash_process = {{}} }}"#
        ),
    )
}

const AT_ONCE: &str = r#"fails_after = "0s""#;
const IN_FOREGROUND: &str = r#"when_invalid = "stays_in_foreground""#;

/// Times from the first one on, against the expected ones.
#[track_caller]
fn check_times(seen: &[f64], expected: &[f64], slack: f64) {
    let from_first: Vec<f64> = seen.iter().map(|time| time - seen[0]).collect();
    assert!(from_first.len() >= expected.len(), "{from_first:?} for {expected:?}");
    for (seen, expected) in from_first.iter().zip(expected) {
        assert!((seen - expected).abs() <= slack, "{from_first:?} for {expected:?}");
    }
}

/// Times that follow one another after the same period.
#[track_caller]
fn check_period(times: &[f64], least: usize, period: f64, slack: f64) {
    assert!(times.len() >= least, "{} times: {times:?}", times.len());
    for pair in times.windows(2) {
        assert!((pair[1] - pair[0] - period).abs() <= slack, "{times:?}");
    }
}

/// G1. Measured with supervisord 4.2.5: starts at 0, 1, 3 and 6 s, FATAL at about 7 s.
#[test]
fn supervisord_gives_up_after_four_starts() {
    let course = killed(5, "supervisor = \"supervisord\"", AT_ONCE);
    check_times(&course.starts, &[0.0, 1.0, 3.0, 6.0], MEASURED);
    assert_eq!(course.starts.len(), 4);
    let given_up = course.given_up.expect("it is FATAL") - course.starts[0];
    assert!((given_up - 7.0).abs() <= MEASURED, "{given_up}");
}

/// G2. Measured with runsv 2.1.2: a start every second, without end.
#[test]
fn runit_starts_once_a_second() {
    let course = killed(11, "supervisor = \"runit\"", AT_ONCE);
    check_period(&course.starts, 600, 1.0, MEASURED);
    assert_eq!(course.given_up, None);
}

/// G4. The kubelet's source: the first restart at once, then 10 s, doubled to 300 s, for ever.
#[test]
fn kubernetes_backs_off() {
    let course = killed(20, "supervisor = \"kubernetes\"", AT_ONCE);
    let expected = [0.0, 10.0, 30.0, 70.0, 150.0, 310.0, 610.0, 910.0];
    assert!(course.starts[0] <= READ, "at once: {:?}", course.starts);
    check_times(&course.starts, &expected, READ);
    assert_eq!((course.starts.len(), course.given_up), (expected.len(), None));
}

/// G5, G6. systemd's source: five starts 100 ms apart and no sixth; a process that lives for 2 s
/// never has five starts in 10 s.
#[test]
fn systemd_has_a_start_limit() {
    let course = killed(5, "supervisor = \"systemd\"", AT_ONCE);
    check_times(&course.starts, &[0.0, 0.1, 0.2, 0.3, 0.4], READ);
    assert_eq!(course.starts.len(), 5);
    let given_up = course.given_up.expect("start-limit-hit") - course.starts[0];
    assert!((given_up - 0.5).abs() <= READ, "{given_up}");
    let slow = killed(11, "supervisor = \"systemd\"", r#"fails_after = "2s""#);
    check_period(&slow.starts, 280, 2.1, READ);
    assert_eq!(slow.given_up, None);
}

/// G8. systemd's source: a command that does not return serves until the start times out after 90 s,
/// and is started again 100 ms later.
#[test]
fn systemd_kills_a_start_that_does_not_return() {
    let course = killed(11, "supervisor.systemd.type = \"forking\"", IN_FOREGROUND);
    check_period(&course.starts, 6, 90.1, READ);
    // The first is the process that was killed.
    for ((from, to), start) in course.served[1..].iter().zip(&course.starts) {
        assert!((from - start).abs() <= READ);
        assert!(to.is_none_or(|to| (to - from - 90.0).abs() <= READ), "{:?}", course.served);
    }
    assert!(course.served.len() >= 6);
}

/// A check of bluepill or monit that every process fails.
const ALWAYS_BAD: &str = "above.memory = \"1 MiB\", over = 2, samples = 2";

/// G9. Measured with bluepill 0.1.3: a memory check every 2 s, bad twice, with graces of 3 s makes a
/// restart every 9.1 s.
#[test]
fn bluepill_restarts_what_is_always_bad() {
    let text = format!("supervisor.bluepill.rule.memory = {{ {ALWAYS_BAD}, every = \"2s\" }}");
    let course = course(11, &text);
    // A tick decides when a check runs, so single gaps are a tick longer or shorter.
    let gaps = course.restarts.len() as f64 - 1.0;
    let mean = (course.restarts.last().expect("there are some") - course.restarts[0]) / gaps;
    assert!((mean - 9.1).abs() <= MEASURED, "{mean}: {:?}", course.restarts);
    assert!(gaps > 60.0);
}

/// A release that does not fit lies on the disk when the memory check makes its first restart; the
/// times are counted from there.
fn first_restart(wrong: &str) -> (Course, f64) {
    let text = format!(
        r#"supervisor.bluepill.rule.memory = {{ {ALWAYS_BAD}, every = "2s" }}
first_release = "old"
release.old = {{}}
release.new = {{ needs.workers = "9", {wrong} }}
deploy.new = {{ at = 2021-02-01T00:00:00Z, release = "new" }}"#
    );
    let course = course(3, &text);
    let stop = course.restarts[0];
    (course, stop)
}

/// G10. Measured: the first attempt 0.1 s after the stop, the next at 7.2 s, then every 4.2 s; nobody
/// serves.
#[test]
fn bluepill_tries_for_ever() {
    let (course, stop) = first_restart(r#"fails_after = "100ms""#);
    let starts: Vec<f64> = course.starts.iter().map(|start| start - stop).collect();
    for (start, expected) in starts.iter().zip([0.1, 7.2, 11.4, 15.6]) {
        assert!((start - expected).abs() <= MEASURED, "{starts:?}");
    }
    check_period(&starts[1..], 30, 4.2, MEASURED);
    let served = &course.served;
    assert!(served.len() == 1 && served[0].1.is_some_and(|to| (to - stop).abs() <= MEASURED));
}

/// G11. Measured: the command does not return, so it is left behind and serves on; the first copy
/// comes at 7.1 s, the others every 6.6 s, and each dies of the taken port.
#[test]
fn bluepill_loses_sight_of_an_orphan() {
    let (course, stop) = first_restart(IN_FOREGROUND);
    let copies: Vec<f64> = course.starts[1..].iter().map(|start| start - stop).collect();
    assert!((copies[0] - 7.1).abs() <= MEASURED, "{copies:?}");
    check_period(&copies, 18, 6.6, MEASURED);
    let &(from, to) = course.served.last().expect("it serves");
    assert!(from - stop <= MEASURED && to.is_none(), "{:?}", course.served);
}

const MONIT: &str = "cycle = \"5s\", start_timeout = \"8s\"";

/// G14. Measured with monit 5.33: an attempt every 13.3 s; with `3 restarts within 5 cycles` none
/// after the third.
#[test]
fn monit_waits_for_every_start() {
    let course = killed(11, &format!("supervisor.monit = {{ {MONIT} }}"), AT_ONCE);
    check_period(&course.starts, 40, 13.3, MEASURED);
    let limited =
        format!("supervisor.monit = {{ {MONIT}, gives_up = {{ restarts = 3, cycles = 5 }} }}");
    let limited = killed(11, &limited, AT_ONCE);
    check_times(&limited.starts, &[0.0, 13.3, 26.6], 2.0 * MEASURED);
    assert_eq!(limited.starts.len(), 3);
    assert!(limited.given_up.is_some());
}

/// G15. Measured: 8 s up, 5 s down.
#[test]
fn monit_kills_a_start_that_does_not_return() {
    let course = killed(11, &format!("supervisor.monit = {{ {MONIT} }}"), IN_FOREGROUND);
    let served = &course.served[1..];
    assert!(served.len() > 40);
    for pair in served.windows(2) {
        let (from, to) = (pair[0].0, pair[0].1.expect("it was killed"));
        assert!((to - from - 8.0).abs() <= MEASURED, "{pair:?} up");
        assert!((pair[1].0 - to - 5.0).abs() <= MEASURED, "{pair:?} down");
    }
}

/// G16. Measured: the first restart after two cycles, then one in every cycle and the time that the
/// restart takes, since what was bad before a restart is not forgotten.
#[test]
fn monit_restarts_what_is_always_bad() {
    let text = format!("supervisor.monit = {{ cycle = \"5s\", rule.memory = {{ {ALWAYS_BAD} }} }}");
    let course = course(11, &text);
    let first = course.restarts[0] + EVENT;
    // The second cycle ends between 5 and 10 s after the start, by the phase of the daemon.
    assert!((5.0 - MEASURED..=10.0 + MEASURED).contains(&first), "{first}");
    check_period(&course.restarts, 110, 5.0, 2.0 * MEASURED);
}

/// When a balancer marked the first node down, and up again.
fn marks(text: &str, seed: u64) -> (f64, f64) {
    let seen = support::log(&support::scenario(20, text), seed);
    let marked = |wanted: bool| {
        seen.iter().find_map(|(now, seen)| match seen {
            Observation::NodeMarked { node: 0, up, .. } if *up == wanted => Some(now.as_secs_f64()),
            _ => None,
        })
    };
    (marked(false).expect("it was marked down"), marked(true).expect("it was marked up"))
}

/// Two targets of a load balancer of AWS, whose processes are gone from 60 s on, for 300 s.
const ALB: &str = r#"
load.constant.all.rate = "5/s"
class.web.stages = [{ wait = "10ms" }]
nodes.count = 2
balancer.product = "alb"
process = { slots = 50, boot = "300s" }
supervisor.systemd.restart_sec = "0s"
fault.kill = { at = 2021-02-01T00:01:00Z, kind.crash_process = {} }"#;

/// G19. The ALB's manual: out after two failed checks, 30 s apart, and back after five that passed.
#[test]
fn alb_marks_in_its_windows() {
    let mut outs = Vec::new();
    for seed in 1..=20 {
        let (out, back) = marks(ALB, seed);
        let (out, back) = (out - 60.0, back - 360.0);
        assert!((30.0..=60.1).contains(&out), "out after {out} s");
        assert!((120.0..=150.1).contains(&back), "back after {back} s");
        outs.push(out);
    }
    let least = outs.iter().copied().fold(f64::INFINITY, f64::min);
    let most = outs.iter().copied().fold(0.0, f64::max);
    assert!(most - least > 20.0, "any phase is possible: {least} to {most}");
}

/// G19. With no healthy target all of them are used: a request meets a refusal, and never nobody.
#[test]
fn alb_fails_open() {
    let seen = support::log(&support::scenario(5, ALB), 1);
    let after = |secs: u64| Instant::from_nanos(secs * 1_000_000_000);
    let failed = |wanted: Outcome| {
        let is = |(now, seen): &&(Instant, Observation)| {
            *now > after(130)
                && matches!(seen, Observation::AttemptFailed { how } if *how == wanted)
        };
        seen.iter().filter(is).count()
    };
    let down = |node: u32| {
        let is = |seen: &(Instant, Observation)| matches!(seen.1, Observation::NodeMarked { node: n, up: false, .. } if n == node);
        seen.iter().any(is)
    };
    assert!(down(0) && down(1), "both are out");
    assert!(failed(Outcome::Refused) > 500);
    assert_eq!(failed(Outcome::NoNode), 0);
}

/// An outage of two minutes, then a short time of service, then an outage again.
fn two_outages(clients: &str, rate: u32, service: u32) -> Vec<(Instant, Observation)> {
    let text = format!(
        r#"
load.constant.all.rate = "{rate}/s"
class.web.stages = [{{ wait = "1ms" }}]
clients.retry = {{ attempts = 3, base = "1ms" }}
{clients}
process = {{ slots = 100, boot = "2min" }}
supervisor.systemd.restart_sec = "0s"
fault.one = {{ at = 2021-02-01T00:00:00Z, kind.crash_process = {{}} }}
fault.two = {{ at = 2021-02-01T00:02:{service}Z, kind.crash_process = {{}} }}"#
    );
    support::log(&support::scenario(4, &text), 1)
}

/// The attempts beyond the first of requests settled in an interval, in seconds, and how many were
/// completed at their first.
fn retries(seen: &[(Instant, Observation)], from: f64, to: f64) -> (u32, u32) {
    let (mut retries, mut clean) = (0, 0);
    for (now, seen) in seen {
        if let Observation::RequestSettled { attempts, outcome, .. } = seen
            && (from..to).contains(&now.as_secs_f64())
        {
            retries += attempts - 1;
            clean += u32::from(*outcome == Outcome::Completed && *attempts == 1);
        }
    }
    (retries, clean)
}

/// G24. botocore's standard mode: 500 tokens are 100 retries at 5 each, and then first attempts only;
/// a clean success brings a token back.
#[test]
fn aws_budget_ends_and_comes_back() {
    let seen = two_outages("clients.budget = \"tokens\"", 10, 20);
    let (retried, _) = retries(&seen, 0.0, 120.0);
    assert_eq!(retried, 100);
    let (none, clean) = retries(&seen, 120.0, 140.0);
    assert_eq!(none, 0, "nobody fails meanwhile");
    assert!((100..400).contains(&clean), "{clean} tokens come back, fewer than there is room for");
    let (again, _) = retries(&seen, 140.0, 240.0);
    assert_eq!(again, clean / 5);
}

/// G26. Finagle's budget: a reserve of 10 a second over 10 s, and 0.2 for every request. In the first
/// 9 s of an outage nothing expires.
#[test]
fn finagle_budget_is_a_reserve_and_a_share() {
    let text = r#"
load.constant.all.rate = "100/s"
class.web.stages = [{ wait = "1ms" }]
clients.retry = { attempts = 3, base = "1ms" }
clients.budget = "share"
process.slots = 100
fault.gone = { at = 2021-02-01T00:00:00Z, kind.crash_process = {} }"#;
    let seen = support::log(&support::scenario(1, text), 1);
    // Requests deposit when they are issued; all are settled within a few milliseconds.
    let (made, _) = retries(&seen, 0.0, 9.0);
    let issued = |seen: &&(Instant, Observation)| {
        matches!(seen.1, Observation::RequestIssued { .. }) && seen.0.as_secs_f64() < 9.0
    };
    let requests = seen.iter().filter(issued).count() as f64;
    let allowed = 100.0 + 0.2 * requests;
    // Two requests may be on their way.
    assert!((f64::from(made) - allowed).abs() <= 3.0, "{made} for {allowed}");
    // The same as a measure, for a budget that is never empty: two for every request.
    let idle = text.replace("100/s", "3/s");
    let results = support::results(&support::scenario(1, &idle), 1, 1).remove(0);
    assert!((results.measure(Measure::Attempts) - 3.0).abs() < 1e-12);
}
