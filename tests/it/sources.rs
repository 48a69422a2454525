//! What sources issue, by a second method: from the times at which requests are issued and settled
//! it follows who made which, and how many came at a time.

use crate::support::{self, chi_squared};
use fleetfall::kernel::time::{Duration, Instant};
use fleetfall::sim::observation::{Observation, Outcome};
use std::collections::BTreeMap;

/// A request: when it was settled, and whether well.
#[derive(Clone, Copy)]
struct Settled {
    at: Instant,
    completed: bool,
}

/// Requests by their time of issue, which is another for each.
fn by_issue(seen: &[(Instant, Observation)]) -> BTreeMap<Instant, Settled> {
    let mut all = BTreeMap::new();
    for (now, seen) in seen {
        if let Observation::RequestSettled { issued, outcome, .. } = seen {
            let settled = Settled { at: *now, completed: *outcome == Outcome::Completed };
            assert!(all.insert(*issued, settled).is_none(), "two requests at one time");
        }
    }
    all
}

/// From an answer to the next request of its user.
const THINK: Duration = Duration::from_secs(10);
/// Sessions that begin in the first half of the time have come to their end in the second.
const MINUTES: u64 = 60;

/// Sessions with a mean of four requests, on two nodes of which one is dead.
fn sessions(leave: &str) -> BTreeMap<Instant, Settled> {
    let text = format!(
        r#"
load.sessions.all = {{ rate = "20/s", requests = 4, think = "10s"{leave} }}
class.web.stages = [{{ wait = "1ms" }}]
balancer.policy = "random"
nodes.count = 2
process.slots = 1000
fault.dead = {{ at = 2021-02-01T00:00:00Z, kind.crash_process.nodes.count = 1 }}"#
    );
    by_issue(&support::log(&support::scenario(MINUTES, &text), 3))
}

/// Every user thinks for the same time, so the next request of one whose answer came at t is the one
/// that is issued at t and that time, to the nanosecond. The number of requests of a session is
/// geometric: n of them with probability 3/4^(n - 1) / 4.
#[test]
fn the_requests_of_a_session_are_geometric() {
    let all = sessions("");
    let next = |settled: &Settled| settled.at + THINK;
    let followers: BTreeMap<Instant, ()> = all.values().map(|s| (next(s), ())).collect();
    let half = Instant::START + Duration::from_secs(MINUTES * 30);
    let mut counts = [0_u32; 12];
    for (issued, settled) in all.range(..half) {
        if followers.contains_key(issued) {
            continue;
        }
        let (mut length, mut last) = (1, settled);
        while let Some(following) = all.get(&next(last)) {
            length += 1;
            last = following;
        }
        counts[(length - 1).min(11)] += 1;
    }
    let geometric = |mean: f64| {
        let another = 1.0 - 1.0 / mean;
        let mut shares: Vec<f64> =
            (0..11).map(|n| libm::pow(another, f64::from(n)) / mean).collect();
        shares.push(libm::pow(another, 11.0));
        shares
    };
    assert!(counts.iter().sum::<u32>() > 30_000);
    // The 99.9 % point with 11 degrees of freedom.
    let limit = 31.26;
    let statistic = |mean| chi_squared(&counts.map(f64::from), &geometric(mean));
    assert!(statistic(4.0) < limit, "{} of {counts:?}", statistic(4.0));
    assert!(statistic(3.85) > limit && statistic(4.15) > limit, "neighbours are told apart");
}

/// Of those who would go on 40 % leave after a failure, and nobody does after a success.
#[test]
fn a_failure_sends_its_share_of_users_away() {
    let all = sessions(", leave_after_failure = \"40%\"");
    let half = Instant::START + Duration::from_secs(MINUTES * 30);
    for (completed, another) in [(true, 0.75), (false, 0.75 * 0.6)] {
        let requests = all.range(..half).filter(|(_, settled)| settled.completed == completed);
        let (mut count, mut going_on) = (0.0_f64, 0.0);
        for (_, settled) in requests {
            count += 1.0;
            going_on += f64::from(u8::from(all.contains_key(&(settled.at + THINK))));
        }
        let error = 3.29 * (another * (1.0 - another) / count).sqrt();
        assert!(error < 0.01, "{count} requests");
        assert!((going_on / count - another).abs() < error, "{going_on} of {count}: {another}");
    }
}

/// Users are neither lost nor made: each has one request at a time, or thinks. All think for 1 s at
/// first, so they come together; from then on a request is issued exactly 1 s after every settlement,
/// whatever that was: some are answered, some time out, some are refused, some are reset.
#[test]
fn users_are_conserved() {
    const USERS: usize = 40;
    let text = r#"
load.users.all = { count = 40, think = "1s" }
class.web.stages = [{ wait.exponential.mean = "300ms" }]
clients.patience.exponential.mean = "2s"
process = { slots = 8, backlog = 20, boot = "4s", abandoned = "skipped" }
supervisor = "systemd"
fault.kill = { at = 2021-02-01T00:02:00Z, again.every = "2min", kind.crash_process = {} }"#;
    let seen = support::log(&support::scenario(20, text), 1);
    let think = Duration::from_secs(1);
    let (mut issued, mut settled, mut ends) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (now, seen) in seen {
        match seen {
            Observation::RequestIssued { .. } => issued.push(now),
            Observation::RequestSettled { outcome, .. } => {
                settled.push(now);
                *ends.entry(outcome.name()).or_insert(0) += 1;
            }
            _ => {}
        }
    }
    let horizon = Instant::START + Duration::from_secs(20 * 60);
    let expected: Vec<Instant> = vec![Instant::START + think; USERS]
        .into_iter()
        .chain(settled.iter().map(|&settled| settled + think))
        .filter(|&issue| issue < horizon)
        .collect();
    assert_eq!(issued, expected);
    let ways: Vec<_> = ends.keys().copied().collect();
    assert_eq!(ways, ["completed", "refused", "reset", "timed_out"], "{ends:?}");
    assert!(ends.values().all(|&count| count > 20), "{ends:?}");
}

/// How many requests of a source were issued at each time.
fn sizes(batch: &str) -> Vec<u32> {
    let text = format!(
        r#"
load.constant.all = {{ rate = "40/s", batch.{batch} }}
class.web.stages = [{{ wait = "1ms" }}]
process.slots = 1000"#
    );
    let mut sizes: BTreeMap<Instant, u32> = BTreeMap::new();
    for (now, seen) in support::log(&support::scenario(60, &text), 2) {
        if let Observation::RequestIssued { .. } = seen {
            *sizes.entry(now).or_default() += 1;
        }
    }
    sizes.into_values().collect()
}

/// A batch of fixed size always has it; a geometric one has n with probability (1 - 1/m)^(n - 1) / m.
#[test]
fn batches_have_the_sizes_they_should() {
    assert!(sizes("always = 3").iter().all(|&size| size == 3));
    let sizes = sizes("geometric = 2.5");
    let mut counts = [0.0; 9];
    for size in &sizes {
        counts[(*size as usize - 1).min(8)] += 1.0;
    }
    let shares = |mean: f64| {
        let another = 1.0 - 1.0 / mean;
        let mut shares: Vec<f64> =
            (0..8).map(|n| libm::pow(another, f64::from(n)) / mean).collect();
        shares.push(libm::pow(another, 8.0));
        shares
    };
    assert!(sizes.len() > 50_000);
    // The 99.9 % point with 8 degrees of freedom.
    let limit = 26.12;
    assert!(chi_squared(&counts, &shares(2.5)) < limit, "{counts:?}");
    assert!(chi_squared(&counts, &shares(2.45)) > limit, "a neighbour is told apart");
    assert!(chi_squared(&counts, &shares(2.55)) > limit, "a neighbour is told apart");
}
