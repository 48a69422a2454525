//! Whole random scenarios over nearly all keys there are, each simulated for a while under the
//! invariants, again, from snapshots and on several threads, and told in every form.
//!
//! A case comes from a seed, which a failure names together with the smallest scenario that still
//! fails. `FLEETFALL_SWARM` says how many cases there are, `FLEETFALL_SEED` the seed of the first; by
//! default they are new every time. A seed that has failed becomes a test of its own in [`failed`].

mod checks;
mod failed;
pub(crate) mod grammar;

use crate::properties::{MINUTES, scenarios};
use crate::support;
use checks::{Reached, check};
use fleetfall::scenario::Study;
use grammar::{PLAIN, Words, assignment};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use std::cell::Cell;
use std::sync::mpsc::Sender;

/// Cases where nobody says how many.
const CASES: u64 = 1_000;
/// What lets quiet stretches be passed over, in windows that are short enough for some to be.
const ADAPTIVE: [&str; 2] = ["clock.resolution=\"adaptive\"", "clock.window=\"500ms\""];

/// Each thing that a swarm is to come to happens in a greater share of so many cases.
const RARE: f64 = 0.01;

/// A scenario before it is read.
#[derive(Clone, Debug)]
struct Case {
    text: String,
    /// What is changed in it, one after the other, where that leaves a scenario.
    changes: Vec<String>,
    /// What makes a variant of it, each by itself.
    variants: Vec<String>,
    seed: u64,
    /// When a snapshot is taken, as a share of the time.
    cut: f64,
}

fn cases() -> impl Strategy<Value = Case> {
    let text = prop_oneof![1 => Just(PLAIN.to_string()), 3 => scenarios()];
    let words = prop::collection::vec(any::<u16>(), 0..60);
    let change = words.prop_map(|words| assignment(&mut Words(&words)));
    let changes = prop::collection::vec(change.clone(), 0..12);
    let variants = prop::collection::vec(change, 0..3);
    let is_adaptive = prop::bool::weighted(0.5);
    // Little load, so that much else happens in few events.
    let scale = prop::sample::select(vec!["0.05", "0.02", "0.1", "0.5"]);
    (text, scale, changes, variants, (0..1_000_u64, 0.0..1.0, is_adaptive)).prop_map(
        |(text, scale, mut changes, variants, (seed, cut, is_adaptive))| {
            if is_adaptive {
                changes.extend(ADAPTIVE.map(String::from));
            }
            Case { text: format!("{text}\nload.scale = {scale}"), changes, variants, seed, cut }
        },
    )
}

impl Case {
    /// The scenario with as many of the changes as go together.
    fn study(&self) -> Study {
        let load = |changes: &[&String]| support::study_with(MINUTES, &self.text, changes);
        let all: Vec<&String> = self.changes.iter().collect();
        if let Ok(study) = load(&all) {
            return study;
        }
        let mut kept = Vec::new();
        let mut study = load(&kept).unwrap_or_else(|problems| panic!("{problems}"));
        for change in &self.changes {
            kept.push(change);
            match load(&kept) {
                Ok(with) => study = with,
                Err(_) => drop(kept.pop()),
            }
        }
        study
    }
}

/// Checks the case of a seed, and if it fails the smallest like it.
fn check_seed(seed: u64, watched: &Sender<u64>) -> Reached {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: 2_000,
        max_shrink_time: 60_000,
        ..Config::default()
    };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &key));
    let tree = cases().new_tree(&mut runner).expect("nothing is filtered");
    let reached = Cell::new(Reached::default());
    let checked = runner.run_one(tree, |case| {
        watched.send(seed).expect("somebody watches");
        reached.set(check(&case.study(), &case.variants, case.seed, case.cut));
        Ok(())
    });
    if let Err(TestError::Fail(why, case)) = checked {
        let resolved = case.study().resolved();
        panic!(
            "FLEETFALL_SEED={seed} FLEETFALL_SWARM=1 fails: {why}\nThe smallest is {case:#?},\n\
             which is this with simulation seed {}:\n{resolved}",
            case.seed
        );
    }
    reached.get()
}

#[allow(clippy::print_stdout, reason = "who looks at what a test says finds out the seed")]
#[test]
fn whatever_is_a_scenario_can_be_simulated() {
    let first = support::fresh_seed();
    let count = std::env::var("FLEETFALL_SWARM").map(|count| count.parse::<u64>());
    let count = count.map_or(CASES, |count| count.expect("FLEETFALL_SWARM is a whole number"));
    println!("{count} cases from seed {first}");
    let watched = support::watched();
    let seeds = first..first + count;
    let reached: Vec<Reached> = seeds.map(|seed| check_seed(seed, &watched)).collect();
    // A swarm that comes to nothing finds nothing.
    let share = |what: fn(&Reached) -> bool| {
        reached.iter().filter(|case| what(case)).count() as f64 / count as f64
    };
    let shares = [
        ("failures", share(|case| case.failures)),
        ("starts", share(|case| case.starts)),
        ("outages", share(|case| case.outages)),
        ("stretches passed over", share(|case| case.passed_over)),
        ("variants with one past", share(|case| case.shared)),
    ];
    println!("{shares:?}");
    let rare = shares.iter().find(|(_, share)| *share < RARE);
    assert!(count < CASES || rare.is_none(), "{rare:?} from seed {first}");
}
