//! Rollouts of pods, and disruption budgets, by traces that can be worked out by hand.
//!
//! The probe comes every second and needs one success, so a pod that serves from second 5 is ready
//! within the second after, and the rollout sees that at 6.

use crate::support;
use crate::traces::check;
use expect_test::expect;
use fleetfall::kernel::time::Instant;
use fleetfall::sim::observation::Observation;

const PODS: &str = r#"
first_release = "old"
release.old = {}
release.new = { needs.workers = "9" }
environment.provides.workers = "9"
supervisor = "kubernetes"
balancer = { policy = "random", health = { active = { interval = "1s", timeout = "500ms", fall = 3, rise = 1, work = "0s", path = "separate" } } }
class.web.stages = [{ wait = "5s" }]
load.constant.all.rate = "0/s"
process = { slots = 4, boot = "5s" }
"#;

fn deployed(seen: &Observation) -> bool {
    matches!(seen, Observation::Deployed { .. })
}

/// Four pods, one more and one less allowed (25 %). At 0 one joins and one is replaced: three old
/// ones are left, which is the least. At 6 both new ones are ready, five of the four wanted: two
/// more are replaced, which makes four new ones. At 12 these are ready, and the last old one leaves
/// for good.
#[test]
fn new_pods_take_the_place_of_old_ones() {
    check(
        20,
        1,
        &format!(
            "{PODS}nodes.count = 4\n\
             deploy.new = {{ at = 2021-02-01T00:00:10Z, release = \"new\", method = \"kubernetes\" }}"
        ),
        deployed,
        expect![[r#"
            0.000   Deployed { deploy: 0, release: 1, corrected: false }
            0.000   NodeAdded { node: 4 }
            0.000   node-5 starting
            0.000   node-1 process ended
            0.000   node-1 restart, Deploy
            0.000   node-1 starting
            5.000   node-5 serving
            5.000   node-1 serving
            5.076   node-1 marked up
            5.076   node-5 marked up
            6.000   node-2 process ended
            6.000   node-3 process ended
            6.000   node-2 restart, Deploy
            6.000   node-2 starting
            6.000   node-3 restart, Deploy
            6.000   node-3 starting
            11.000  node-2 serving
            11.000  node-3 serving
            11.326  node-2 marked up
            11.576  node-3 marked up
            12.000  node-4 process ended
            12.000  NodeRemoved { node: 3 }
            12.000  RolloutDone { deploy: 0 }
        "#]],
    );
}

/// How many nodes serve, and how many there are, at some seconds after the deploy at second 10.
fn capacity(text: &str, seconds: &[u64]) -> Vec<(u32, u32)> {
    let seen = support::log(&support::scenario(30, text), 1);
    let count = |until: Instant| {
        let mut serving = vec![];
        let nodes = support::scenario(30, text).nodes.count;
        let mut there = nodes;
        serving.resize(nodes as usize, true);
        for (_, seen) in seen.iter().take_while(|(now, _)| *now <= until) {
            match *seen {
                Observation::NodeAdded { .. } => {
                    serving.push(false);
                    there += 1;
                }
                Observation::NodeRemoved { node } => {
                    serving[node as usize] = false;
                    there -= 1;
                }
                Observation::ProcessServing { node } => serving[node as usize] = true,
                Observation::ProcessEnded { node } => serving[node as usize] = false,
                _ => {}
            }
        }
        (serving.iter().filter(|serves| **serves).count() as u32, there)
    };
    let at = |second: &u64| Instant::from_nanos((10 + second) * 1_000_000_000);
    seconds.iter().map(|second| count(at(second))).collect()
}

/// Ten pods and a release that cannot start: three join (25 % rounded up), two are replaced (rounded
/// down). Eight old ones serve beside five that crash, for ever. Without the surge it would be eight
/// beside two, without the limit on missing ones none.
#[test]
fn an_invalid_release_stalls_with_eight_old_pods_and_five_that_crash() {
    let text = |limits: &str| {
        format!(
            "{PODS}nodes.count = 10\npeople.alert.rollout_stopped = false\n\
             environment.provides.workers = \"8\"\n\
             deploy.new = {{ at = 2021-02-01T00:00:10Z, release = \"new\", method.kubernetes = {limits} }}"
        )
        .replace("environment.provides.workers = \"9\"\n", "")
    };
    let all = text("{}");
    assert_eq!(capacity(&all, &[1, 60, 600, 1700]), [(8, 13); 4]);
    let no_surge = text("{ max_surge = \"0%\" }");
    assert_eq!(capacity(&no_surge, &[1, 60, 600, 1700]), [(8, 10); 4]);
    let none_missing = text("{ max_unavailable = { count = 0 } }");
    assert_eq!(capacity(&none_missing, &[1, 60, 600, 1700]), [(10, 13); 4]);
    // Ten minutes without progress are reported once, and nothing rolls back.
    let seen = support::log(&support::scenario(30, &all), 1);
    let stalled: Vec<u64> = seen
        .iter()
        .filter(|(_, seen)| matches!(seen, Observation::RolloutStalled { .. }))
        .map(|(now, _)| now.as_nanos() / 1_000_000_000)
        .collect();
    assert_eq!(stalled, [610]);
}

/// People who find the cause end the rollout: the three pods that are too many leave, the two that
/// crash get the fixed release, and ten serve.
#[test]
fn a_fix_ends_the_rollout() {
    let text = format!(
        "{PODS}nodes.count = 10\nenvironment.provides.workers = \"8\"\n\
         deploy.new = {{ at = 2021-02-01T00:00:10Z, release = \"new\", method = \"kubernetes\" }}\n\
         people = {{ alert.nodes_lost = {{ count = 3, lasting = \"0s\" }}, notice = \"10s\", \
         diagnose = \"20s\", fix = \"5s\", fixed_release = \"old\" }}"
    )
    .replace("environment.provides.workers = \"9\"\n", "");
    assert_eq!(capacity(&text, &[30, 120, 1700]), [(8, 13), (10, 10), (10, 10)]);
}

/// The probe only connects: pods that listen and never answer are as ready as any, and one after
/// the other takes the place of one that serves. A probe that asks the process stalls it.
#[test]
fn a_shallow_probe_lets_hanging_pods_through() {
    let text = |path: &str| {
        format!(
            "{PODS}nodes.count = 10\npeople.alert.rollout_stopped = false\n\
             environment.provides.workers = \"8\"\n\
             deploy.new = {{ at = 2021-02-01T00:00:10Z, release = \"new\", method = \"kubernetes\" }}"
        )
        .replace("environment.provides.workers = \"9\"\n", "")
        .replace("needs.workers = \"9\"", "needs.workers = \"9\", when_invalid = \"hangs\"")
        .replace("path = \"separate\"", path)
    };
    assert_eq!(capacity(&text("path = \"connect\""), &[100]), [(0, 10)]);
    assert_eq!(capacity(&text("path = \"separate\""), &[100]), [(8, 13)]);
}

/// The probe of one pod fails before the deploy comes. With nothing missing allowed
/// the new pod must be ready first; then the one that is not ready is deleted, whatever its number.
#[test]
fn old_pods_that_are_not_ready_are_deleted_first() {
    let text = format!(
        "{PODS}nodes.count = 4\n\
         fault.probe = {{ at = 2021-02-01T00:00:02Z, kind.lie = {{ nodes.count = 1, lasting = \"never\", passes = false }} }}\n\
         deploy.new = {{ at = 2021-02-01T00:00:10Z, release = \"new\", method.kubernetes = {{ max_surge = {{ count = 1 }}, max_unavailable = \"0%\" }} }}"
    );
    let struck_and_first = |seed: u64| {
        let seen = support::log(&support::scenario(2, &text), seed);
        let struck = seen.iter().find_map(|(_, seen)| match seen {
            Observation::Struck { node, .. } => Some(*node),
            _ => None,
        });
        let first = seen.iter().find_map(|(_, seen)| match seen {
            Observation::RestartBegun { node, .. } => Some(*node),
            _ => None,
        });
        (struck, first)
    };
    let all: Vec<_> = (1..=8).map(struck_and_first).collect();
    assert!(all.iter().all(|(struck, first)| struck.is_some() && struck == first), "{all:?}");
    assert!(all.iter().any(|(struck, _)| *struck > Some(0)), "some seed strikes another");
}

fn evicted(seen: &Observation) -> bool {
    matches!(seen, Observation::Evicted { .. })
}

/// Three machines are emptied, each for 10 s, and its pod needs 5 s to boot. Without a budget the
/// second goes when the first is back, whose pod still boots. With one that leaves two available, it
/// waits: at 10 the first boots; at 15 it serves, but no probe has seen it; at 20 all is well.
#[test]
fn a_disruption_budget_holds_a_maintenance_back() {
    let text = |budget: &str| {
        format!(
            "{PODS}nodes.count = 3\n{budget}\
             maintenance.kernel = {{ at = 2021-02-01T00:00:10Z, away = \"10s\" }}"
        )
    };
    check(
        25,
        1,
        &text(""),
        evicted,
        expect![[r#"
        0.000   Evicted { node: 0, maintenance: 0 }
        0.000   node-1 process ended
        10.000  node-1 restart, Eviction
        10.000  node-1 starting
        10.000  Evicted { node: 1, maintenance: 0 }
        10.000  node-2 process ended
        15.000  node-1 serving
        15.076  node-1 marked up
        20.000  node-2 restart, Eviction
        20.000  node-2 starting
        20.000  Evicted { node: 2, maintenance: 0 }
        20.000  node-3 process ended
        25.000  node-2 serving
    "#]],
    );
    let least = text("protections.disruption_budget.min_available = { count = 2 }\n");
    check(
        25,
        1,
        &least,
        evicted,
        expect![[r#"
        0.000   Evicted { node: 0, maintenance: 0 }
        0.000   node-1 process ended
        10.000  node-1 restart, Eviction
        10.000  node-1 starting
        15.000  node-1 serving
        15.076  node-1 marked up
        20.000  Evicted { node: 1, maintenance: 0 }
        20.000  node-2 process ended
    "#]],
    );
    // A third of three may be missing: the same. None may: nobody is ever evicted.
    let most = text("protections.disruption_budget.max_unavailable = \"33%\"\n");
    let starts = |text: &str| {
        let seen = support::log(&support::scenario(5, text), 1);
        seen.iter().filter(|(_, seen)| evicted(seen)).map(|(now, _)| *now).collect::<Vec<_>>()
    };
    assert_eq!(starts(&most), starts(&least));
    assert_eq!(starts(&most).len(), 3);
    let none = text("protections.disruption_budget.max_unavailable = { count = 0 }\n");
    assert_eq!(starts(&none), []);
}

/// The budget limits evictions and nothing else: a rollout takes away what it may, whatever the
/// budget says, and what it has taken counts.
#[test]
fn a_disruption_budget_does_not_limit_a_rollout() {
    let text = |budget: &str| {
        format!(
            "{PODS}nodes.count = 4\n{budget}\
             deploy.new = {{ at = 2021-02-01T00:00:10Z, release = \"new\", method = \"kubernetes\" }}\n\
             maintenance.kernel = {{ at = 2021-02-01T00:00:11Z, nodes.count = 1, away = \"10s\" }}"
        )
    };
    let log = |budget: &str| support::log(&support::scenario(2, &text(budget)), 1);
    let when = |seen: &[(Instant, Observation)], what: fn(&Observation) -> bool| -> Vec<u64> {
        let of = seen.iter().filter(|(_, seen)| what(seen));
        of.map(|(now, _)| now.as_nanos() / 1_000_000_000).collect()
    };
    let all = log("protections.disruption_budget.min_available = \"100%\"\n");
    let done: fn(&Observation) -> bool = |seen| matches!(seen, Observation::RolloutDone { .. });
    // At 11 three of four are available; every five seconds it tries again. At 16 five are, two of
    // them new: one may go. It is node-1, a new one: its machine is back at 26, it serves at 31.
    assert_eq!(when(&all, evicted), [16]);
    assert_eq!(when(&all, done), [32]);
    assert_eq!(when(&log(""), evicted), [11]);
}

#[test]
fn a_rollout_without_pods_is_refused() {
    let text = |more: &str| {
        format!(
            "class.web.stages = [{{ wait = \"5s\" }}]\nprocess.slots = 1\nrelease.one = {{}}\n\
             deploy.now = {{ at = 2021-02-01T00:00:10Z, release = \"one\", method.kubernetes = {more} }}"
        )
    };
    let limits = "{ max_surge = \"0%\", max_unavailable = \"50%\" }";
    let problems = support::try_scenario(1, &text(limits)).expect_err("three things are wrong");
    expect![[r#"
        there is no load; add `[load.constant.NAME]`, `[load.region.NAME]` or another source
        deploy `now` is a rollout of Kubernetes, and no pods are there; add `supervisor = "kubernetes"`, or use `method.rolling`
        deploy `now` waits for pods to be ready, and nothing probes them; add `balancer.product = "kubernetes"`, or `balancer.health`
        deploy `now` may neither add a pod nor take one away; give `max_surge` or `max_unavailable` at least one of the nodes
    "#]].assert_eq(&problems.lines());
}
