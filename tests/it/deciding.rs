//! Claims about a scenario and its variants are decided together as they would be one by one.

use fleetfall::experiment::{
    Assurance, Outcome, Part, Plan, Pool, Variants, Verdict, decide, judge, replicate,
};
use fleetfall::kernel::chance::Seed;
use fleetfall::observe::Results;
use fleetfall::scenario::{Scenario, Study};
use std::sync::Arc;

const TINY: &str = include_str!("../../src/report/tests/tiny.toml");
const CLAIMS: &str = r#"
[[expect]]
claim = "the check saves a minute or more"
measure = "downtime_s"
with = "check"
against = "difference"
at_most = -60
of = "mean"

[[expect]]
claim = "it loses nothing beside a slower fix"
measure = "requests_failed"
with = "check"
against = "ratio"
versus = "slower"
at_most = 1
of = { share = "80%" }

[[expect]]
claim = "a slower fix is worse"
measure = "downtime_s"
with = "slower"
against = "difference"
at_least = 30

[mitigation.slower]
about = "A fix takes twice the time."
patch = { people = { fix = "2min" } }
"#;

fn study() -> Study {
    let text = format!("{TINY}{CLAIMS}");
    Study::load("tiny.toml", &text, &[] as &[&str], &[] as &[&str]).expect("it is a scenario")
}

fn replications(scenario: &Arc<Scenario>, count: u64) -> Vec<Results> {
    let plan = Plan { seed: Seed(4), replications: count, detailed: false };
    match replicate(scenario, plan, Pool::new(2, &|_| (), &Default::default())) {
        Ok(Outcome::Done(results)) => results,
        other => panic!("every replication is made: {other:?}"),
    }
}

#[test]
fn together_is_as_one_by_one_on_any_number_of_threads() {
    let study = study();
    let patched = |name: &str| study.combination(&[name]).expect("it is a patch");
    let scenarios = vec![Arc::clone(&study.scenario), patched("check"), patched("slower")];
    let names = ["", "check", "slower"].map(|name| vec![name.to_string()]).to_vec();
    let variants = Variants { scenarios, names };
    let number = |name: &Option<String>| {
        let name = name.clone().unwrap_or_default();
        variants.names.iter().position(|names| names[0] == name).expect("it is a variant")
    };
    let assurance = Assurance::of(&study, 90);
    let claims = study.claims.iter().map(|claim| {
        let versus = claim.needs_variants().then(|| number(&claim.versus));
        (claim.clone(), number(&claim.with), versus)
    });
    let part = Part { claims: claims.collect(), assurance, at_least: Some((0, 10)) };
    let parts = [part];
    let run = |threads: usize| {
        let stop = std::sync::atomic::AtomicBool::new(false);
        let pool = Pool::new(threads, &|_| (), &stop);
        decide(&parts, &variants, Seed(4), pool).expect("no invariant breaks")
    };
    let decided = run(1);
    let (text, again) = (format!("{:?}", decided.judgements), run(3));
    assert_eq!(text, format!("{:?}", again.judgements));
    assert!(decided.simulated < decided.one_by_one, "something is shared");

    let all: Vec<Vec<Results>> =
        variants.scenarios.iter().map(|one| replications(one, 90)).collect();
    for (made, all) in decided.results.iter().zip(&all) {
        assert!(made.len() < 90, "the verdicts are clear before");
        let digests =
            |results: &[Results]| results.iter().map(|one| one.digest).collect::<Vec<_>>();
        assert_eq!(digests(made), digests(&all[..made.len()]));
    }
    for ((claim, variant, versus), judged) in parts[0].claims.iter().zip(&decided.judgements[0]) {
        let versus = versus.map(|versus| &all[versus][..]);
        let by_itself = judge(claim, &all[*variant], versus, assurance);
        assert_eq!(
            (judged.verdict, judged.decided_after),
            (by_itself.verdict, by_itself.decided_after)
        );
        assert_eq!(judged.verdict, Verdict::Pass, "{}", claim.text);
    }
}

#[test]
fn claims_say_what_they_need() {
    let problem = |claim: &str| {
        let text = format!("{TINY}{CLAIMS}\n[[expect]]\nclaim = \"x\"\n{claim}");
        let study = Study::load("tiny.toml", &text, &[] as &[&str], &[] as &[&str]);
        study.expect_err("it is wrong").lines()
    };
    let says = |claim: &str, what: &str| {
        let lines = problem(claim);
        assert!(lines.contains(what), "{lines}");
    };
    let bound = "measure = \"restarts\"\nat_most = 1\n";
    says(&format!("{bound}with = \"chekc\""), "did you mean `check`?");
    says(&format!("{bound}versus = \"check\""), "does not say how it is set against it");
    says(&format!("{bound}against = \"ratio\""), "has nothing to be set against");
    says(&format!("{bound}margin = 0.7"), "is a share of replications");
    says(&format!("{bound}margin = -1.0\nof = \"mean\""), "margin");
    let other = "[mitigation.other]\nabout = \"x\"\npatch = { interval = { more = { from = \
                 2024-03-01T09:00:00Z, to = 2024-03-01T09:01:00Z } } }";
    let text = format!("{TINY}{other}");
    let study = Study::load("tiny.toml", &text, &[] as &[&str], &[] as &[&str]);
    let lines = study.expect_err("measures could not be set against one another").lines();
    assert!(lines.contains("patch `other` has other intervals"), "{lines}");
}
