//! Clients that hedge, load pages again, keep budgets and give up: traces worked out by hand, and
//! counts that the rules of products fix.

use crate::support;
use crate::traces::{check, issued};
use expect_test::expect;
use fleetfall::kernel::time::{Duration, Instant};
use fleetfall::scenario::measure::{ClassMeasure, Measure};
use fleetfall::sim::observation::{Observation, Outcome};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A surge in which the seeds below have two arrivals, 0.869 s and 3.648 s apart.
const SURGE: &str = r#"
load.surge.all = { onset = 2021-02-01T00:00:10Z, ramp = "0s", rate = "0.3/s", plateau = "6s", decay = "0s" }"#;
const CLOSE: u64 = 15;
const APART: u64 = 24;

/// Requests of 1 s on two nodes: after 300 ms a second attempt goes to the other node, the first
/// answers after 1 s, and the other node finishes work that nobody wants.
#[test]
fn a_hedge_goes_to_the_next_node_and_the_first_answer_counts() {
    let text = format!(
        r#"{SURGE}
class.web.stages = [{{ wait = "1s" }}]
clients.hedge = {{ after = "300ms" }}
nodes.count = 2
process.slots = 2"#
    );
    check(
        5,
        CLOSE,
        &text,
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            0.300   accepted by node-2
            0.869   issued
            0.869   accepted by node-1
            1.000   completed: issued at 0.000, attempts 2, waited 0.000
            1.169   accepted by node-2
            1.300   node-2 finished unwanted work
            1.869   completed: issued at 0.869, attempts 2, waited 0.000
            2.169   node-2 finished unwanted work
        "#]],
    );
    let stopped = format!("{text}\nprocess.abandoned = \"stopped\"");
    check(
        5,
        CLOSE,
        &stopped,
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            0.300   accepted by node-2
            0.869   issued
            0.869   accepted by node-1
            1.000   completed: issued at 0.000, attempts 2, waited 0.000
            1.169   accepted by node-2
            1.869   completed: issued at 0.869, attempts 2, waited 0.000
        "#]],
    );
}

/// Everything is refused. Two attempts 100 ms apart, then the person loads the page again after 1 s,
/// which makes two more, and after that a last time; then everybody leaves.
#[test]
fn a_person_loads_the_page_again_until_it_is_enough() {
    check(
        9,
        CLOSE,
        &format!(
            r#"{SURGE}
class.web.stages = [{{ wait = "1s" }}]
clients.retry = {{ attempts = 2, base = "100ms", jitter = "none" }}
clients.reload = {{ share = "100%", pause = "1s", at_most = 2 }}
process = {{ slots = 1, backlog = 0 }}
fault.gone = {{ at = 2021-02-01T00:00:01Z, kind.crash_process.nodes = "all" }}"#
        ),
        issued,
        expect![[r#"
            0.000   issued
            0.000   attempt refused
            0.100   attempt refused
            0.869   issued
            0.869   attempt refused
            0.969   attempt refused
            1.100   attempt refused
            1.200   attempt refused
            1.969   attempt refused
            2.069   attempt refused
            2.200   attempt refused
            2.300   attempt refused
            2.300   refused: issued at 0.000, attempts 6, waited 0.000
            3.069   attempt refused
            3.169   attempt refused
            3.169   refused: issued at 0.869, attempts 6, waited 0.000
        "#]],
    );
}

/// One slot, requests of 5 s, clients that wait 1 s. The second request comes 3.648 s after the
/// first. Nodes that do not notice serve both; those that look when a request gets its slot serve
/// the first alone, since the second's client has left by 5 s; those that notice at once serve none.
#[test]
fn nodes_notice_abandoned_requests_as_they_are_told() {
    let text = |abandoned: &str| {
        format!(
            r#"{SURGE}
class.web.stages = [{{ wait = "5s" }}]
clients.patience = "1s"
process = {{ slots = 1, abandoned = "{abandoned}" }}"#
        )
    };
    check(
        20,
        APART,
        &text("served"),
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            1.000   attempt timed_out
            1.000   timed_out: issued at 0.000, attempts 1, waited 0.000
            3.648   issued
            3.648   accepted by node-1
            4.648   attempt timed_out
            4.648   timed_out: issued at 3.648, attempts 1, waited 0.000
            5.000   node-1 finished unwanted work
            10.000  node-1 finished unwanted work
        "#]],
    );
    check(
        20,
        APART,
        &text("skipped"),
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            1.000   attempt timed_out
            1.000   timed_out: issued at 0.000, attempts 1, waited 0.000
            3.648   issued
            3.648   accepted by node-1
            4.648   attempt timed_out
            4.648   timed_out: issued at 3.648, attempts 1, waited 0.000
            5.000   node-1 finished unwanted work
        "#]],
    );
    check(
        20,
        APART,
        &text("stopped"),
        issued,
        expect![[r#"
            0.000   issued
            0.000   accepted by node-1
            1.000   attempt timed_out
            1.000   timed_out: issued at 0.000, attempts 1, waited 0.000
            3.648   issued
            3.648   accepted by node-1
            4.648   attempt timed_out
            4.648   timed_out: issued at 3.648, attempts 1, waited 0.000
        "#]],
    );
}

/// An outage from the first second to the last under a load of 20 requests a second for a quarter of
/// an hour, of clients that try three times.
fn outage(clients: &str) -> fleetfall::observe::Results {
    let text = format!(
        r#"
load.constant.all.rate = "20/s"
class.web.stages = [{{ wait = "10ms" }}]
clients.retry = {{ attempts = 3, base = "100ms" }}
{clients}
process.slots = 10
fault.gone = {{ at = 2021-02-01T00:00:00Z, kind.crash_process.nodes = "all" }}"#
    );
    support::results(&support::scenario(15, &text), 1, 1).remove(0)
}

/// The attempts beyond the first, of all requests.
fn retries(results: &fleetfall::observe::Results) -> f64 {
    let settled = results.measure(Measure::Requests) - results.measure(Measure::OpenAtEnd);
    (results.measure(Measure::Attempts) - 1.0) * settled
}

/// The standard mode of the AWS SDKs makes 500 / 5 retries in all, each client; throttling as in
/// gRPC with 10 tokens 4; a share of the requests as in Finagle a fifth of them and 10 a second;
/// without a budget two for every request.
#[test]
fn budgets_bound_the_retries_of_an_outage() {
    let without = outage("");
    let requests = without.measure(Measure::Requests);
    assert!((without.measure(Measure::Attempts) - 3.0).abs() < 1e-12);
    assert!(without.measure(Measure::RetriesDenied) <= 0.0);
    for (clients, expected, slack) in [
        ("clients.budget = \"tokens\"", 100.0, 0.5),
        ("clients.budget = \"tokens\"\nclients.count = 7", 700.0, 0.5),
        ("clients.budget = \"throttle\"", 4.0, 0.5),
        // The windows are tumbling tenths of 10 s: at the edges up to one of them more or less.
        ("clients.budget = \"share\"", 0.2 * requests + 10.0 * 900.0, 0.03 * requests),
    ] {
        let with = outage(clients);
        assert!((with.measure(Measure::Requests) - requests).abs() < 0.5, "the same requests");
        let made = retries(&with);
        assert!((made - expected).abs() <= slack, "{clients}: {made} retries for {expected}");
        let denied = with.measure(Measure::RetriesDenied);
        assert!(denied > 0.0, "{clients}");
    }
}

/// Two classes on one fleet: 80 % browse for 100 ms, 20 % buy, wait 10 ms for it and give up after
/// 5 ms. What is measured of them adds up to what is measured of all, and is told apart.
#[test]
fn classes_are_measured_by_themselves() {
    let text = r#"
load.constant.all = { rate = "100/s", classes = { browse = "80%", buy = "20%" } }
class.browse.stages = [{ wait = "100ms" }]
class.buy = { stages = [{ wait = "10ms" }], patience = "5ms", in_service = "7 MiB" }
process = { slots = 1000, memory.in_service = "1 MiB" }"#;
    let scenario = support::scenario(10, text);
    for results in support::results(&scenario, 3, 1) {
        let of = |class: usize, measure: ClassMeasure| results.classes[class][measure as usize];
        let (browse, buy) = (of(0, ClassMeasure::Requests), of(1, ClassMeasure::Requests));
        assert!((browse + buy - results.measure(Measure::Requests)).abs() < 0.5);
        // 3.3 standard errors of a binomial count.
        let all = browse + buy;
        assert!((buy - 0.2 * all).abs() < 3.3 * (all * 0.16).sqrt(), "{buy} of {all}");
        assert!(of(0, ClassMeasure::FailedShare) <= 0.0);
        assert!((of(1, ClassMeasure::FailedShare) - 1.0).abs() < 1e-12);
        assert!((of(0, ClassMeasure::SojournP50) - 0.1).abs() < 0.001);
        assert!((of(0, ClassMeasure::SojournMean) - 0.1).abs() < 1e-9);
        let failed = results.measure(Measure::RequestsFailed);
        assert!((of(1, ClassMeasure::TimedOut) - failed).abs() < 0.5);
        // About 8 browse at a time and 0.2 buy, 7 MiB each.
        let most = results.measure(Measure::MemoryMax) / f64::from(1 << 20);
        assert!((8.0..50.0).contains(&most), "{most} MiB");
    }
}

/// What a budget learns, and what it is asked.
#[derive(Clone, Copy)]
enum Input {
    Issued,
    Failed,
    /// A second attempt is due.
    Due,
    Settled {
        completed: bool,
        hedged: bool,
    },
}

/// Requests of 1 s of which a second attempt is due after 300 ms, if a rule agrees that stands in the
/// test: it is told what was seen, and must allow and deny the same ones as the program for so many
/// seconds. How many it allowed and denied.
fn hedges_follow(secs: u64, more: &str, mut rule: impl FnMut(Input) -> bool) -> (u32, u32) {
    let text = format!(
        r#"
load.constant.all.rate = "30/s"
class.web.stages = [{{ wait = "1s" }}]
clients.hedge = {{ after = "300ms" }}
nodes.count = 2
balancer.policy = "random"
process.slots = 1000
{more}"#
    );
    let seen = support::log(&support::scenario(5, &text), 1);
    let is_denial = |seen: &&(Instant, Observation)| matches!(seen.1, Observation::RetryDenied);
    let denials: BTreeSet<Instant> = seen.iter().filter(is_denial).map(|seen| seen.0).collect();
    // Whether a second attempt was made of those that are open, by their time of issue.
    let mut open: BTreeMap<Instant, bool> = BTreeMap::new();
    let mut due: VecDeque<(Instant, Instant)> = VecDeque::new();
    let (mut allowed, mut denied) = (0, 0);
    let end = Instant::START + Duration::from_secs(secs);
    for (now, seen) in seen.into_iter().take_while(|seen| seen.0 < end) {
        while let Some(&(when, issued)) = due.front().filter(|due| due.0 <= now) {
            due.pop_front();
            let Some(hedged) = open.get_mut(&issued) else { continue };
            *hedged = rule(Input::Due);
            assert_eq!(*hedged, !denials.contains(&when), "{more}: due at {when:?}");
            allowed += u32::from(*hedged);
            denied += u32::from(!*hedged);
        }
        match seen {
            Observation::RequestIssued { .. } => {
                rule(Input::Issued);
                open.insert(now, false);
                due.push_back((now + Duration::from_millis(300), now));
            }
            Observation::AttemptFailed { .. } => {
                rule(Input::Failed);
            }
            Observation::RequestSettled { issued, outcome, attempts, .. } => {
                let hedged = open.remove(&issued).expect("it is open");
                assert_eq!(attempts, 1 + u32::from(hedged), "{more}: issued at {issued:?}");
                let completed = outcome == Outcome::Completed;
                rule(Input::Settled { completed, hedged });
            }
            _ => {}
        }
    }
    (allowed, denied)
}

/// 50 tokens at 5 each let ten second attempts be under way at once; a success returns what they
/// cost, or adds one.
#[test]
fn hedges_pay_for_themselves_in_tokens() {
    let mut tokens = 50.0_f64;
    let (allowed, denied) =
        hedges_follow(300, "clients.budget.tokens.capacity = 50", |input| match input {
            Input::Due if tokens >= 5.0 => {
                tokens -= 5.0;
                true
            }
            Input::Settled { completed: true, hedged } => {
                tokens = (tokens + if hedged { 5.0 } else { 1.0 }).min(50.0);
                true
            }
            Input::Due | Input::Issued | Input::Failed | Input::Settled { .. } => false,
        });
    assert!(allowed > 3_000 && denied > 1_000, "{allowed}, {denied}");
}

/// Second attempts are made for a fifth of what is open, and for three at least.
#[test]
fn hedges_are_a_share_of_what_is_open() {
    let (mut open, mut hedges) = (0.0_f64, 0.0);
    let (allowed, denied) =
        hedges_follow(300, "clients.budget = \"concurrent\"", |input| match input {
            Input::Issued => {
                open += 1.0;
                true
            }
            Input::Due => {
                let allows = hedges < (0.2 * open).max(3.0).floor();
                hedges += f64::from(u8::from(allows));
                allows
            }
            Input::Settled { hedged, .. } => {
                open -= 1.0;
                hedges -= f64::from(u8::from(hedged));
                true
            }
            Input::Failed => false,
        });
    assert!(allowed > 1_000 && denied > 1_000, "{allowed}, {denied}");
}

/// With a dead node every other attempt fails and takes a token, and a success adds a tenth: second
/// attempts are made while more than half of the ten are there.
#[test]
fn hedges_stop_at_half_of_the_tokens() {
    let mut tokens = 10.0_f64;
    let fails = "clients.budget.throttle = { tokens = 10, ratio = 0.9 }
fault.dead = { at = 2021-02-01T00:00:00Z, kind.crash_process.nodes.count = 1 }";
    let (allowed, denied) = hedges_follow(300, fails, |input| match input {
        Input::Due => tokens > 5.0,
        Input::Failed => {
            tokens = (tokens - 1.0).max(0.0);
            true
        }
        Input::Settled { completed: true, .. } => {
            tokens = (tokens + 0.9).min(10.0);
            true
        }
        Input::Issued | Input::Settled { .. } => false,
    });
    assert!(allowed > 100 && denied > 100, "{allowed}, {denied}");
}

/// A reserve of 100 and 0.2 for every request, of which nothing expires in the first nine seconds.
#[test]
fn hedges_are_a_share_of_the_requests() {
    let mut balance = 100.0_f64;
    let (allowed, denied) = hedges_follow(9, "clients.budget = \"share\"", |input| match input {
        Input::Issued => {
            balance += 0.2;
            true
        }
        Input::Due if balance >= 1.0 - 1e-6 => {
            balance -= 1.0;
            true
        }
        Input::Due | Input::Failed | Input::Settled { .. } => false,
    });
    assert!(allowed > 120 && denied > 50, "{allowed}, {denied}");
}
