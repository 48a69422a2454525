//! A node that refuses at once has no outstanding attempts, so a balancer that looks for the fewest of
//! them sends it everything, until it is marked down.

use crate::support;
use fleetfall::kernel::time::Instant;
use fleetfall::sim::observation::{Observation, Outcome};

/// Four nodes, requests of 200 ms, and a restart of node-1 that takes half a minute.
fn refusing(policy: &str, redispatch: u32, rate: u32) -> String {
    format!(
        r#"
release.one = {{}}
deploy.now = {{ at = 2021-02-01T00:00:30Z, release = "one", method = {{ rolling = {{ pause = "1h" }} }} }}
load.constant.all.rate = "{rate}/s"
class.web.stages = [{{ wait = "200ms" }}]
balancer = {{ policy = "{policy}", redispatch = {redispatch}, health.active = {{ path = "separate" }} }}
nodes.count = 4
process = {{ slots = 100, boot = "30s", stop.finish = "1s" }}
"#
    )
}

/// Shares of the requests that failed, over 40 replications: of those issued from the moment node-1
/// refuses until it is marked down, and of those issued in the 15 s after that.
fn failed(policy: &str, redispatch: u32, rate: u32) -> (Vec<f64>, Vec<f64>) {
    let scenario = support::scenario(1, &refusing(policy, redispatch, rate));
    let shares = (1..=40).map(|seed| {
        let seen = support::log(&scenario, seed);
        let first = |what: fn(&Observation) -> bool| {
            seen.iter().find(|(_, seen)| what(seen)).expect("it happens").0
        };
        let stopped = first(|seen| matches!(seen, Observation::RestartBegun { .. }));
        let marked = first(|seen| matches!(seen, Observation::NodeMarked { up: false, .. }));
        assert!((4.0..=6.0).contains(&marked.since(stopped).as_secs_f64()));
        let later = Instant::from_nanos(marked.as_nanos() + 15_000_000_000);
        (failed_share(&seen, stopped, marked), failed_share(&seen, marked, later))
    });
    shares.unzip()
}

/// The share that failed of the requests issued in `[from, to)`.
fn failed_share(seen: &[(Instant, Observation)], from: Instant, to: Instant) -> f64 {
    let outcomes = seen.iter().filter_map(|(_, seen)| match *seen {
        Observation::RequestSettled { issued, outcome, .. } if from <= issued && issued < to => {
            Some(outcome)
        }
        _ => None,
    });
    let (mut all, mut failed) = (0.0, 0.0);
    for outcome in outcomes {
        all += 1.0;
        failed += f64::from(outcome != Outcome::Completed);
    }
    failed / all
}

/// A node that holds a request has more of them than the one that refuses, so each of the other three
/// is given at most one at a time: 15 requests a second, however many there are. The rest fails: 85 %
/// of 100 a second, 96 % of 400 a second.
#[test]
fn least_outstanding_sends_everything_to_a_node_that_refuses() {
    for (rate, all_but_15) in [(100, 0.85), (400, 0.9625)] {
        let (while_up, when_down) = failed("least_outstanding", 0, rate);
        let (mean, half) = support::interval(&while_up);
        // Before it looks empty, the node must have finished what it had, which takes 200 ms of at
        // least 4 s.
        assert!(mean - half > 0.95 * all_but_15, "{mean} ± {half} of {rate}/s fail");
        assert!(when_down.iter().all(|&share| share == 0.0), "a node that is down gets nothing");
    }
}

#[test]
fn round_robin_and_random_send_it_its_quarter() {
    for policy in ["round_robin", "random"] {
        let (while_up, when_down) = failed(policy, 0, 100);
        let (mean, half) = support::interval(&while_up);
        assert!(half < 0.02, "{policy}: {mean} ± {half} is too wide");
        assert!((mean - 0.25).abs() <= half.max(0.001), "{policy}: {mean} ± {half}");
        assert!(when_down.iter().all(|&share| share == 0.0), "a node that is down gets nothing");
    }
}

/// Handed on to a node that serves, no attempt is lost, whatever the policy.
#[test]
fn redispatch_hides_the_node_that_refuses() {
    for policy in ["least_outstanding", "round_robin", "random"] {
        let (while_up, when_down) = failed(policy, 1, 100);
        assert!(while_up.iter().chain(&when_down).all(|&share| share == 0.0), "{policy}");
    }
}
