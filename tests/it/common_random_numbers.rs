//! Common random numbers: what two variants of a scenario have in common happens in both.

use crate::support;
use fleetfall::kernel::time::{Duration, Instant};
use fleetfall::scenario::Scenario;
use fleetfall::sim::observation::{Observation, Outcome};
use std::collections::BTreeMap;
use std::sync::Arc;

type Seen = Vec<(Instant, Observation)>;

/// Times of the requests of the source with this name.
fn arrivals(scenario: &Scenario, seen: &Seen, name: &str) -> Vec<Instant> {
    let number = scenario.sources.iter().position(|source| source.name == name);
    let number = number.expect("there is such a source") as u32;
    let from = |seen: &Observation| matches!(*seen, Observation::RequestIssued { source, .. } if source == number);
    seen.iter().filter(|(_, seen)| from(seen)).map(|(now, _)| *now).collect()
}

/// Boot times of a node, in order: when each began, and how long it took.
fn boots(seen: &Seen, node: u32) -> Vec<(Instant, Duration)> {
    let mut began = None;
    let mut boots = Vec::new();
    for (now, seen) in seen {
        match *seen {
            Observation::ProcessStarting { node: n, .. } if n == node => began = Some(*now),
            Observation::ProcessServing { node: n } if n == node => {
                let began: Instant = began.expect("a process starts before it serves");
                boots.push((began, now.since(began)));
            }
            _ => {}
        }
    }
    boots
}

/// How a request ended: after how many attempts, how, and how long after it was issued.
type End = (u32, Outcome, Duration);

/// The ends of all requests by the time they were issued.
fn ends(seen: &Seen) -> BTreeMap<Instant, End> {
    let mut ends = BTreeMap::new();
    for (now, seen) in seen {
        if let Observation::RequestSettled { issued, outcome, attempts, .. } = *seen {
            let twice = ends.insert(issued, (attempts, outcome, now.since(issued)));
            assert!(twice.is_none(), "two requests issued in the same nanosecond");
        }
    }
    ends
}

fn run(text: &str) -> (Arc<Scenario>, Seen) {
    let scenario = support::scenario(20, text);
    let seen = support::log(&scenario, 7);
    (scenario, seen)
}

/// Two nodes that a supervisor restarts when they are five minutes old, with boot times that are
/// drawn, and clients that try again soon.
const AGEING: &str = r#"
first_release = "one"
release.one = {}
load.constant.all.rate = "20/s"
class.web.stages = [{ wait = "10ms" }]
clients.retry = { attempts = 3, base = "2s" }
nodes.count = 2
process = { slots = 1000, boot.exponential.mean = "20s" }
supervisor.bluepill.rule.old = { above.age = "5min", every = "10s" }
"#;

/// The same with one restart more, of node-1, after a minute.
fn with_a_restart_more() -> String {
    let deploy = r#"deploy.now = { at = 2021-02-01T00:01:00Z, release = "one", method = { rolling = { pause = "1h" } } }"#;
    format!("{AGEING}{deploy}")
}

#[test]
fn a_restart_more_on_one_node_leaves_the_boots_of_the_other() {
    let ((_, without), (_, with)) = (run(AGEING), run(&with_a_restart_more()));
    // Of node-2 everything stays, the times of its restarts included.
    assert_eq!(boots(&without, 1), boots(&with, 1));
    assert!(boots(&with, 1).len() >= 3);
    // Node-1 starts more often and earlier, and its n-th start takes as long as before.
    let took = |seen: &Seen| -> Vec<Duration> {
        boots(seen, 0).into_iter().map(|(_, took)| took).collect()
    };
    let (without, with) = (took(&without), took(&with));
    assert!(with.len() > without.len());
    assert_eq!(without, with[..without.len()]);
    let mut different = with.clone();
    different.dedup();
    assert_eq!(with, different, "boot times are drawn anew for every start");
}

/// The end of a request is that of its last attempt; with constant service all that is random in its
/// time are the back-offs before it. So two requests with as many attempts end equally late, whatever
/// happened to others.
#[test]
fn a_restart_more_leaves_the_back_off_of_every_request() {
    let ((_, without), (_, with)) = (run(AGEING), run(&with_a_restart_more()));
    let (without, with) = (ends(&without), ends(&with));
    assert!(without.keys().eq(with.keys()), "the same requests are issued");
    let (mut alike, mut different) = (0, 0);
    for (issued, with) in &with {
        let without = &without[issued];
        different += u32::from((with.0, with.1) != (without.0, without.1));
        if (with.0, with.1) == (without.0, without.1) && with.0 > 1 {
            assert_eq!(with.2, without.2, "the request issued at {issued:?}");
            alike += 1;
        }
    }
    // Many requests had to try again in both, and many fared differently.
    assert!(alike > 100 && different > 100, "{alike} alike, {different} different");
}

/// Back-offs can be told apart from one another, or the test above would say nothing.
#[test]
fn the_back_offs_of_two_requests_differ() {
    let (_, seen) = run(AGEING);
    let mut delays: Vec<Duration> = ends(&seen)
        .into_values()
        .filter(|(attempts, outcome, _)| *attempts == 2 && *outcome == Outcome::Completed)
        .map(|(_, _, took)| took)
        .collect();
    let all = delays.len();
    delays.sort_unstable();
    delays.dedup();
    assert!(all > 100 && delays.len() == all, "{} of {all} are different", delays.len());
    // Full jitter: between no delay and the 2 s of the first back-off, besides the service.
    let most = delays.last().expect("there are some").as_secs_f64();
    assert!((1.5..=2.01).contains(&most), "{most}");
}

/// Three nodes, more than enough slots, and everything about a request is drawn: its work, its
/// client's patience, and the back-off before another attempt.
fn customers(policy: &str) -> String {
    format!(
        r#"
load.constant.steady = {{ rate = "10/s", class = "web" }}
load.surge.rush = {{ onset = 2021-02-01T00:05:00Z, ramp = "1min", rate = "20/s", plateau = "1min", decay = "1min", class = "web" }}
class.web.stages = [{{ wait.exponential.mean = "1s" }}, {{ wait.lognormal = {{ mean = "1s", sigma = 1 }} }}]
clients = {{ patience.exponential.mean = "3s", retry = {{ attempts = 2, base = "5s" }} }}
balancer.policy = "{policy}"
nodes.count = 3
process = {{ slots = 1000 }}
"#
    )
}

/// Wherever the other source is declared: a stream belongs to a source's name, not to its place.
#[test]
fn another_load_source_leaves_the_customers_of_the_others() {
    let customers = customers("random");
    let (few, before) = run(&customers);
    let ends_before = ends(&before);
    let constant = "load.constant.other = { rate = \"7/s\", class = \"web\" }";
    let surge = "load.surge.other = { onset = 2021-02-01T00:01:00Z, ramp = \"1min\", \
                 rate = \"20/s\", plateau = \"9min\", decay = \"1min\", class = \"web\" }";
    for other in [constant, surge] {
        for text in [format!("{customers}\n{other}"), format!("{other}\n{customers}")] {
            let (many, after) = run(&text);
            assert!(arrivals(&many, &after, "other").len() > 5_000);
            let ends_after = ends(&after);
            for source in ["steady", "rush"] {
                let issued = arrivals(&few, &before, source);
                assert!(issued.len() > 2_000);
                assert_eq!(issued, arrivals(&many, &after, source), "{source}");
                for issued in issued {
                    assert_eq!(ends_before.get(&issued), ends_after.get(&issued), "{source}");
                }
            }
        }
    }
}

/// With more than enough slots a request ends when its work is done or its patience is over, so the
/// ends show both.
#[test]
fn the_policy_of_the_balancer_leaves_arrivals_work_and_patience() {
    let (_, round_robin) = run(&customers("round_robin"));
    let ends_round_robin = ends(&round_robin);
    let timed_out =
        ends_round_robin.values().filter(|(_, outcome, _)| *outcome == Outcome::TimedOut).count();
    assert!(timed_out > 1_000 && ends_round_robin.len() - timed_out > 1_000);
    let nodes = |seen: &Seen| -> Vec<u32> {
        let node = |(_, seen): &(Instant, Observation)| match seen {
            Observation::AttemptAccepted { node } => Some(*node),
            _ => None,
        };
        seen.iter().filter_map(node).collect()
    };
    for policy in ["random", "least_outstanding"] {
        let (_, other) = run(&customers(policy));
        assert_eq!(ends_round_robin, ends(&other), "{policy}");
        assert_ne!(nodes(&round_robin), nodes(&other), "{policy} picks other nodes");
    }
}

/// A repair takes the same steps as long, however many requests it keeps waiting.
#[test]
fn the_load_leaves_the_steps_of_the_repair() {
    let text = |rate: &str| {
        format!(
            r#"
first_release = "good"
release.good = {{}}
release.bad.needs.workers = "9"
deploy.bad = {{ at = 2021-02-01T00:01:00Z, release = "bad", method = {{ rolling = {{}} }} }}
load.constant.all.rate = "{rate}"
class.web.stages = [{{ cpu.exponential.mean = "10ms" }}]
nodes.count = 3
process = {{ slots = 10 }}
people = {{ notice.exponential.mean = "1min", diagnose.exponential.mean = "2min", fix.exponential.mean = "1min", fixed_release = "good" }}
"#
        )
    };
    let steps = |seen: &Seen| -> Seen {
        let step = |seen: &Observation| {
            matches!(
                seen,
                Observation::Alerted { .. }
                    | Observation::Detected
                    | Observation::Diagnosed
                    | Observation::NodeFixed { .. }
                    | Observation::FixFinished
            )
        };
        seen.iter().filter(|(_, seen)| step(seen)).copied().collect()
    };
    let (few, many) = (steps(&run(&text("1/s")).1), steps(&run(&text("100/s")).1));
    assert_eq!(few.len(), 5, "{few:?}");
    assert_eq!(few, many);
}

/// A user who is alone on a fleet, at full speed and at half of it: the n-th think time is the same,
/// and the n-th work too, which takes twice as long.
#[test]
fn a_user_thinks_and_asks_for_the_same_on_a_slow_fleet() {
    let turns = |speed: &str, seed: u64| {
        let text = format!(
            r#"
load.users.one = {{ count = 1, think.exponential.mean = "900ms" }}
class.web.stages = [{{ cpu.exponential.mean = "40ms" }}]
nodes.speed = {speed}
process.slots = 4"#
        );
        let (mut thinks, mut works) = (Vec::new(), Vec::new());
        let mut settled = Instant::START;
        for (now, seen) in support::log(&support::scenario(10, &text), seed) {
            match seen {
                Observation::RequestIssued { .. } => thinks.push(now.since(settled)),
                Observation::RequestSettled { issued, .. } => {
                    settled = now;
                    works.push(now.since(issued).as_nanos());
                }
                _ => {}
            }
        }
        (thinks, works)
    };
    let (fast, slow) = (turns("1", 7), turns("0.5", 7));
    assert!(slow.1.len() > 500 && fast.1.len() > slow.1.len());
    assert_eq!(fast.0[..slow.0.len()], slow.0[..]);
    let twice = |(fast, slow): (&u64, &u64)| slow.abs_diff(2 * fast) <= 2;
    assert!(fast.1.iter().zip(&slow.1).all(twice));
    assert_ne!(turns("1", 8).0[..100], fast.0[..100]);
}
