//! Comparisons: right in small cases that can be worked out, the same on any number of threads, and
//! on the incident what its story says.

use crate::support;
use fleetfall::experiment::interaction::Together;
use fleetfall::experiment::{
    Compared, Comparison, Pool, Precision, Quantity, Rule, Variants, causes, compare,
};
use fleetfall::kernel::chance::Seed;
use fleetfall::scenario::Study;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Two nodes whose processes end together after 90 s and cannot start; people fix them.
const TOY: &str = r#"
first_release = "old"
load.constant.all = { rate = "20/s", class = "page" }
class.page.stages = [{ wait = "20ms" }]
nodes = { count = 2, cores = 1 }
process = { slots = 40, boot = "2s" }
supervisor.bluepill.rule.age = { above.age = "90s", every = "1s" }
environment.provides.workers = "8"
release.old = {}
release.wrong = { needs.workers = "9", fails_after = "1s" }
release.right = { needs.workers = "8" }
deploy.one = { at = 2021-02-01T00:00:20Z, release = "wrong" }
[people]
notice = "10s"
diagnose = "60s"
fix = "10s"
fixed_release = "right"
alert.success = { below = "90%", lasting = "10s" }
[mitigation.right]
about = "the configuration is right"
patch = { release.wrong.needs.workers = "8" }
[mitigation.compared]
about = "somebody compares the configurations"
patch = { deploy.one.comparison = { finds = "50%", corrected = "right" } }
[mitigation.faster]
about = "the cause is found a quarter of a minute sooner"
patch = { people.diagnose = "30s" }
[mitigation.together]
about = "both nodes are fixed at once"
patch = { people.at_a_time = 2 }
"#;

fn variants(study: &Study, patches: &[&[&str]]) -> Variants {
    let mut variants =
        Variants { scenarios: vec![Arc::clone(&study.scenario)], names: vec![Vec::new()] };
    for names in patches {
        variants.scenarios.push(study.combination(names).expect("the patches are valid"));
        variants.names.push(names.iter().map(ToString::to_string).collect());
    }
    variants
}

fn run(variants: &Variants, ceiling: u64, precision: Precision, threads: usize) -> Comparison {
    let stop = AtomicBool::new(false);
    let pool = Pool::new(threads, &|_| (), &stop);
    let rule = Rule { seed: Seed(1), ceiling, precision };
    compare(variants, rule, pool).expect("no invariant is broken")
}

fn named<'a>(comparison: &'a Comparison, names: &[&str]) -> &'a Compared {
    let found = comparison.variants.iter().find(|variant| variant.names == names);
    found.unwrap_or_else(|| panic!("{names:?} was compared"))
}

fn downtime(variant: &Compared) -> f64 {
    variant.quantity(Quantity::Downtime).variant().mean().expect("there are replications")
}

#[test]
fn a_toy_comes_out_as_worked_out_by_hand() {
    let study = support::study(8, TOY).expect("it is valid");
    let patches: [&[&str]; 5] =
        [&["right"], &["compared"], &["faster"], &["together"], &["faster", "together"]];
    let comparison = run(&variants(&study, &patches), 40, Precision::None, 2);
    assert_eq!(comparison.replications, 40);
    let baseline = &comparison.variants[0];
    assert_eq!(baseline.outages(), 40, "every process ends and none can start");
    let right = named(&comparison, &["right"]);
    assert_eq!((right.outages(), right.prevented(), right.caused()), (0, 40, 0));
    // Restarting takes two seconds; that is a matter of failed requests, not of an outage.
    assert!(right.quantity(Quantity::Failed).variant().mean() > Some(0.0));
    assert_eq!(right.quantity(Quantity::Downtime).better_same_worse, [40, 0, 0]);

    // It helps as often as the difference is found, and wholly or not at all.
    let compared = named(&comparison, &["compared"]);
    let [helped, same, worse] = compared.quantity(Quantity::Downtime).better_same_worse;
    assert_eq!((helped, same, worse), (compared.prevented(), compared.outages(), 0));
    assert!((10..=30).contains(&helped), "{helped} of 40 at one half");
    let mean = downtime(baseline) * (1.0 - helped as f64 / 40.0);
    assert!((downtime(compared) - mean).abs() < 1e-6 + 0.1 * mean);

    // What is saved in the diagnosis is saved of the outage, give or take a window.
    let faster = named(&comparison, &["faster"]).quantity(Quantity::Downtime);
    assert!((faster.difference() + 30.0).abs() <= 5.0, "{}", faster.difference());
    let (low, high) = faster.interval(0.95);
    assert!(low <= faster.difference() && faster.difference() <= high);
    let both = named(&comparison, &["faster", "together"]);
    let sum = faster.difference()
        + named(&comparison, &["together"]).quantity(Quantity::Downtime).difference();
    let saved = both.quantity(Quantity::Downtime).difference();
    assert!((saved - sum).abs() <= 5.0, "{saved}, {sum} one by one");
    assert_eq!(both.worse_than_a_part, 0);
    let together = both.interaction.as_ref().expect("it is a pair");
    assert!((together.mean() - (saved - sum)).abs() < 1e-6, "{}", together.mean());
    assert_eq!(together.together(0.95, 10.0), Together::AddsUp);
    assert!(right.interaction.is_none(), "one patch has nothing to interact with");

    let names: Vec<String> =
        comparison.ranked().iter().map(|variant| variant.names.join("+")).collect();
    assert_eq!(names[0], "right");
    assert_eq!(names[2], "faster+together");
    // Of 8 min the first 20 s to 3 min are shared, as the patch is needed early or late.
    let share = comparison.simulated as f64 / comparison.one_by_one as f64;
    assert!((0.7..0.85).contains(&share), "{share}");
}

#[test]
fn threads_change_nothing() {
    let study = support::study(8, TOY).expect("it is valid");
    let variants = variants(&study, &[&["compared"], &["faster"]]);
    let facts = |threads| {
        let comparison = run(&variants, 35, Precision::Relative(0.5), threads);
        let of = |variant: &Compared| {
            let failed = variant.quantity(Quantity::Failed);
            (downtime(variant).to_bits(), failed.difference().to_bits(), variant.outages())
        };
        let all: Vec<_> = comparison.variants.iter().map(of).collect();
        (comparison.replications, all)
    };
    assert_eq!(facts(1), facts(3));
}

#[test]
fn it_stops_when_it_knows_enough_and_says_what_it_does_not_know() {
    let study = support::study(8, TOY).expect("it is valid");
    let variants = variants(&study, &[&["compared"], &["right"]]);
    let coarse = run(&variants, 200, Precision::Relative(0.3), 2);
    assert!((30..200).contains(&coarse.replications), "{}", coarse.replications);
    assert!(coarse.undecided(Precision::Relative(0.3)).is_empty());
    let fine = Precision::Seconds(0.5);
    let ceiling = run(&variants, 40, fine, 2);
    assert_eq!(ceiling.replications, 40);
    assert_eq!(ceiling.undecided(fine).len(), 2);
}

/// Without the invalid configuration there is no outage, so a shorter diagnosis adds something in the
/// order in which it comes second alone.
#[test]
fn causes_share_out_what_they_do_together() {
    let study = support::study(8, TOY).expect("it is valid");
    let names = ["right", "faster"].map(str::to_string);
    let mut variants = variants(&study, &[&["right"], &["faster"], &["right", "faster"]]);
    let stop = AtomicBool::new(false);
    let pool = Pool::new(2, &|_| (), &stop);
    let shared = causes(&names, &variants, Seed(1), 6, pool).expect("no invariant is broken");
    let [all, none] = &shared.all_and_none[0];
    let [right, faster] = &shared.shares[0][..] else { panic!("there are two causes") };
    assert!(none.mean() <= 0.0 && all.mean() > 100.0);
    assert!((right.mean() + faster.mean() - all.mean()).abs() < 1e-6);
    let saved = 30.0;
    assert!((faster.mean() - saved / 2.0).abs() <= 5.0, "{}", faster.mean());
    assert!((right.mean() - (all.mean() - saved / 2.0)).abs() <= 5.0, "{}", right.mean());
    let (low, high) = right.interval(0.95);
    assert!(low <= right.mean() && right.mean() <= high);
    // As if there were one more.
    variants.scenarios.pop();
    let short = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        causes(&names, &variants, Seed(1), 1, pool).is_ok()
    }));
    assert!(short.is_err(), "every subset has its variant");
}

/// On the afternoon of the incident every mitigation does what its story says.
#[test]
fn the_mitigations_of_the_incident_do_what_is_said_of_them() {
    let text = include_str!("../../scenarios/pinpoint-2021.toml");
    // From shortly before the surge on, with what the processes have retained by then.
    let afternoon = [
        "clock.start=2021-02-01T15:40:00Z",
        "clock.end=2021-02-01T17:10:00Z",
        "deploy.february.at=2021-02-01T15:41:00Z",
        "interval.quiet.from=2021-02-01T15:42:00Z",
        "process.memory.retained_at_start={ uniform = { from = \"332 MiB\", to = \"336 MiB\" } }",
    ];
    let study = Study::load("pinpoint", text, support::NOTHING, &afternoon).expect("it is valid");
    let mitigations = study.document.mitigation.names();
    let patches: Vec<[&str; 1]> = mitigations.iter().map(|name| [*name]).collect();
    let patches: Vec<&[&str]> = patches.iter().map(|names| names.as_slice()).collect();
    let comparison = run(&variants(&study, &patches), 2, Precision::None, 2);
    let baseline = &comparison.variants[0];
    assert_eq!(baseline.outages(), 2);
    let of = |name: &str| named(&comparison, &[name]);
    let mean = |name: &str, quantity: Quantity| {
        of(name).quantity(quantity).variant().mean().expect("there are replications")
    };
    for prevents in ["right-configuration", "forced-restart", "config-check", "more-nodes"] {
        assert_eq!(of(prevents).outages(), 0, "{prevents}");
        assert!(mean(prevents, Quantity::OomKills) < 0.5, "{prevents}");
    }
    // The limit of the unit stands in for the rule: the kernel kills, and the processes come back.
    assert_eq!(of("release-supervisor").outages(), 0);
    assert!(mean("release-supervisor", Quantity::OomKills) >= 1.0);
    // One node restarts and no other may; health checks take the others out when they are overloaded.
    assert_eq!(of("restart-budget").outages(), 0);
    let restarts = of("restart-budget").quantity(Quantity::Restarts);
    assert_eq!((restarts.variant().max(), restarts.baseline().min()), (Some(1.0), Some(8.0)));
    // Each comparison finds the difference or leaves everything as it was.
    let compared = of("manual-comparison").quantity(Quantity::Failed);
    assert_eq!(compared.better_same_worse[1], of("manual-comparison").outages());
    // The diagnosis takes 20 minutes less; seven of eight fixes are made beside others.
    let minutes = |name: &str| of(name).quantity(Quantity::Downtime).difference() / 60.0;
    assert!((minutes("faster-diagnosis") + 20.4).abs() < 0.5, "{}", minutes("faster-diagnosis"));
    assert!((minutes("faster-fix") + 11.5).abs() < 0.5, "{}", minutes("faster-fix"));
    assert!(
        mean("load-shedding", Quantity::Failed) > mean("right-configuration", Quantity::Failed)
    );
    assert!(of("more-nodes").node_hours > 1.4 * baseline.node_hours);
}
