//! Variants that share their past come out as if each had been simulated by itself.

use crate::properties::{MINUTES, config, scenarios};
use crate::support;
use fleetfall::experiment::{Replication, run_together};
use fleetfall::kernel::chance::Seed;
use fleetfall::observe::Results;
use fleetfall::scenario::Scenario;
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::Arc;

/// Changes of which some are asked for at the start, some late, some never.
const CHANGES: &[&str] = &[
    "people.notice=\"9s\"",
    "people.diagnose={ exponential = { mean = \"8s\" } }",
    "people.fix=\"7s\"",
    "people.at_a_time=2",
    "people.rejoin=\"each\"",
    "people.fixed_release=\"one\"",
    "people.alert.nodes_lost={ count = 1, lasting = \"1s\" }",
    "process.boot=\"11s\"",
    "process.cold_factor=1.5",
    "process.cold=\"40s\"",
    "process.stop={ finish = \"5s\" }",
    "process.stop=\"drop\"",
    "process.slots=25",
    "process.memory.in_service=\"3 MiB\"",
    "clients.retry.attempts=2",
    "clients.retry.base=\"300ms\"",
    "clients.patience=\"2s\"",
    "clients.budget=\"throttle\"",
    "clients.reload={ share = \"50%\", pause = \"2s\" }",
    "clients.hedge={ after = \"50ms\" }",
    "clients.retry.on=[\"refused\"]",
    "clients.retry.jitter=\"decorrelated\"",
    "process.abandoned=\"stopped\"",
    "balancer.redispatch=0",
    "balancer.redispatch=3",
    "balancer.policy=\"round_robin\"",
    "balancer.lost_share=\"dropped\"",
    "nodes.count=5",
    "nodes.memory=\"300 MiB\"",
    "load.freeze=\"first_restart\"",
    "load.constant.other.rate=\"31/s\"",
    "load.surge.rush.rate=\"90/s\"",
    "load.surge.rush.ramp=\"35s\"",
    "load.surge.rush.onset=2021-02-01T00:02:00Z",
    "release.wrong.needs.workers=\"8\"",
    "release.two.needs={ workers = \"9\" }",
    "release.wrong.fails_after=\"2s\"",
    "deploy.first.release=\"wrong\"",
    "deploy.first.method={ rolling = { pause = \"2s\", patience = \"30s\" } }",
    "deploy.second.method=\"hot\"",
    "deploy.first.at=2021-02-01T00:01:00Z",
    "deploy.first.comparison={ finds = \"50%\", corrected = \"two\" }",
    "protections.check.before_stop={ finds = { exits = \"40%\" } }",
    "protections.check.build={ finds.exits = \"40%\" }",
    "protections.check.after_stop={ takes = \"1s\", finds.exits = \"40%\" }",
    "protections.check.before_reload={ finds.hangs = \"40%\" }",
    "protections.disruption_budget.min_available=\"70%\"",
    "deploy.third.method={ kubernetes = { max_surge = \"0%\", max_unavailable = { count = 1 } } }",
    "deploy.third.release=\"wrong\"",
    "maintenance.patches.away=\"11s\"",
    "environment.node.node-1.provides.workers=\"9\"",
    "environment.provides.workers=\"9\"",
    "deploy.first.method={ canary = { nodes.count = 1, bake = \"20s\", patience = \"20s\", then = \"at_once\" } }",
    "deploy.second.method={ reload = { when_invalid = \"exits\", at_a_time = 1, pause = \"2s\" } }",
    "deploy.second.method={ rolling = { at_a_time = 3, min_ready = \"3s\", stop_after = 4 } }",
    "protections.restart_budget={ nodes = 2 }",
    "protections.shed_above=6",
    "protections.shed_above=20",
    "supervisor.bluepill.rule.one.above={ memory = \"150 MiB\" }",
    "supervisor.bluepill.rule.other.above={ requests_served = 400 }",
    "supervisor.bluepill.start_grace=\"5s\"",
    "supervisor.systemd.restart_sec=\"4s\"",
    "clock.end=2021-02-01T00:03:00Z",
];

/// The scenario, and those of its variants whose changes fit it, with these.
fn variants(text: &str, changes: &[Vec<&'static str>]) -> (Vec<Arc<Scenario>>, Vec<String>) {
    let study = support::study(MINUTES, text).expect("the scenario is valid");
    let mut scenarios = vec![Arc::clone(&study.scenario)];
    let mut names = vec![String::from("the scenario itself")];
    for sets in changes {
        if let Ok(variant) = study.with_values(sets) {
            scenarios.push(variant.scenario);
            names.push(sets.join(", "));
        }
    }
    (scenarios, names)
}

fn measured(results: &Results) -> (u64, Vec<u64>) {
    (results.digest.value(), results.measures.iter().map(|value| value.to_bits()).collect())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn sharing_the_past_changes_nothing(
        text in scenarios(),
        seed in 0..1_000_u64,
        changes in prop::collection::vec(
            prop::collection::vec(select(CHANGES.to_vec()), 1..3), 4..9,
        ),
    ) {
        let (variants, names) = variants(&text, &changes);
        let together = run_together(&variants, Seed(seed)).expect("no invariant is broken");
        prop_assert_eq!(together.results.len(), variants.len());
        for (number, shared) in together.results.iter().enumerate() {
            let alone = Replication::new(&variants[number], Seed(seed), false).finish();
            prop_assert_eq!(measured(&alone), measured(shared), "{}", names[number]);
        }
    }
}

/// A process restarts after a minute and a half; what concerns its start is not needed before.
#[test]
fn what_is_needed_late_is_shared_until_then() {
    let text = r#"
load.constant.all = { rate = "50/s", class = "page" }
class.page.stages = [{ wait = "20ms" }]
nodes = { count = 3, cores = 2 }
process = { slots = 40, boot = "5s" }
supervisor.bluepill.rule.old = { above.age = "90s", every = "1s" }
"#;
    let change = |set| vec![vec![set]];
    let share = |set| {
        let (variants, _) = variants(text, &change(set));
        let together = run_together(&variants, Seed(1)).expect("no invariant is broken");
        let share = together.simulated as f64 / together.one_by_one as f64;
        let digests: Vec<u64> = together.results.iter().map(|r| r.digest.value()).collect();
        (share, digests[0] != digests[1])
    };
    // 90 s of 240 s are shared: 1 + 150/240 of 2, give or take a stretch and the moment of the
    // sample.
    let (boot, differs) = share("process.boot=\"9s\"");
    assert!(differs && (0.80..0.84).contains(&boot), "{boot}");
    // A limit that no sample comes near is never asked for.
    let (limit, differs) = share("supervisor.bluepill.rule.old.above={ age = \"80s\" }");
    assert!(differs && (0.82..0.86).contains(&limit), "{limit}");
    // Nobody is ever called.
    let (nobody, differs) = share("people.fix=\"9s\"");
    assert!(!differs && nobody <= 0.5, "{nobody}");
    // Every request is concerned.
    let (all, differs) = share("clients.patience=\"10s\"");
    assert!(!differs && all > 0.999, "{all}");
}
