//! Everything that fleetfall reads, with bytes that nobody meant: changes of what is right, by a seed.
//! `tests/fuzz` looks further, guided by what code is reached; what it finds becomes a test here.

pub(crate) mod mutate;
pub(crate) mod targets;

use fleetfall::scenario::{Builtin, Study};
use mutate::{Numbers, mutated};
use std::panic::{AssertUnwindSafe, catch_unwind};
use targets::{NEXT, TINY, WHOLE};

/// Gives a target as many inputs, each from a seed of its own that a failure names.
#[track_caller]
fn fuzz(target: fn(&[u8]), corpus: &[&[u8]], count: u64) {
    let first = crate::support::fresh_seed();
    let watched = crate::support::watched();
    for data in corpus {
        target(data);
    }
    for seed in first..first + count {
        watched.send(seed).expect("somebody watches");
        let data = mutated(corpus, &mut Numbers::new(seed));
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(&data))) {
            let why = panic.downcast_ref::<String>().cloned();
            let why = why.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            let why = why.unwrap_or_default();
            let made = String::from_utf8(data).unwrap_or_else(|e| format!("{:?}", e.into_bytes()));
            panic!("FLEETFALL_SEED={seed} fails: {why}\nIt makes\n{made}");
        }
    }
}

#[test]
fn scenarios() {
    let starter = include_str!("../../src/guide/shop.toml");
    let corpus: Vec<&[u8]> = [WHOLE, TINY, starter, crate::swarm::grammar::PLAIN]
        .iter()
        .map(|text| text.as_bytes())
        .collect();
    fuzz(targets::scenario, &corpus, 3_000);
    // The long ones take as long to read.
    let built_in = Builtin::names().into_iter().filter_map(Builtin::named);
    let built_in: Vec<&[u8]> = built_in.map(|one| one.text.as_bytes()).collect();
    fuzz(targets::scenario, &built_in, 60);
}

#[test]
fn what_is_typed() {
    let corpus: &[&[u8]] = &[
        b"snodes.count=3\nwcheck\nvnodes.count=1..4\n",
        b"sload.scale=0.5\nvload.scale=0.8..1.6:0.1\nvprocess.boot=5s..30s:5s\n",
        b"sclass.page.stages=[{ cpu = \"3ms\" }]\nvbalancer.policy=random,least_outstanding\n",
        b"smitigation.more.patch={ nodes.count = 9 }\nwmore\nv\"nodes\".count={2,3}\n",
        b"sassumption.0.why=\"x\"\nsprocess.workers.count=2\nvprocess.slots=20..100/5\n",
    ];
    fuzz(targets::typed, corpus, 3_000);
}

#[test]
fn recordings() {
    let rates = "\0time,rate\n0,3\n# more\n1.5,\"7\"\n2021-02-01T00:00:09Z,0.25\n";
    let requests = "\u{1}time,class\n1,page\n1,slow\n3.25,page\n2021-02-01T00:00:09Z,slow\n";
    fuzz(
        targets::recording,
        &[rates.as_bytes(), requests.as_bytes(), b"\0rate,time\r\n1,1"],
        3_000,
    );
}

#[test]
fn what_a_store_keeps() {
    let bytes = postcard::to_stdvec(targets::results()).unwrap();
    fuzz(targets::kept, &[&bytes], 2_000);
}

#[test]
fn baselines() {
    let kept = serde_json::to_vec_pretty(&targets::kept_today()).unwrap();
    fuzz(targets::baseline, &[&kept], 2_000);
}

/// Where a product has defaults for a section, what was missing beside it had no place.
#[test]
fn what_is_missing_beside_the_defaults_of_a_product() {
    let without = WHOLE.replace("slots = 8\n", "");
    let files = crate::support::files(&[]);
    let none: &[&str] = &[];
    let refused = Study::load_with("x.toml", &without, none, none, files).expect_err("no slots");
    let line = without.lines().position(|line| line == "[process]").map_or(0, |at| at + 1);
    let told = refused.lines();
    assert!(told.starts_with(&format!("x.toml:{line}:1: missing key `slots`")), "{told}");
}

/// Of a source of which nothing was written there was no place either.
#[test]
fn a_source_without_a_list_has_a_place() {
    for (source, wrong) in [
        ("profile", "a load profile needs a point"),
        ("modulated", "the states of a modulated source last too short a time"),
    ] {
        let text = format!("{}\nload.{source}.jobs.class = \"page\"", crate::swarm::grammar::PLAIN);
        let refused = crate::support::study(4, &text).expect_err("it says nothing").lines();
        let told =
            refused.lines().any(|line| line.starts_with("test.toml:") && line.contains(wrong));
        assert!(told, "{refused}");
    }
}

/// Nodes that join before there is a fleet had no place.
#[test]
fn nodes_that_join_too_early_have_a_place() {
    let early = "nodes.add = [{ at = 2021-01-31T23:00:00Z, count = 1 }]";
    let text = format!("{early}\n{}", crate::swarm::grammar::PLAIN);
    let told = crate::support::study(4, &text).expect_err("it is before the start").lines();
    assert!(told.contains(":21: `nodes.add.at` is before"), "{told}");
}

/// The documents of every command, as it writes them.
#[cfg(feature = "cli")]
#[test]
fn documents() {
    use crate::cli::{TINY, fleetfall, scratch};
    let folder = scratch("documents");
    let commands: [&[&str]; 6] = [
        &["run", "--replications", "3"],
        &["compare", "--replications", "3"],
        &["sweep", "--vary", "nodes.count=1..3", "--replications", "3"],
        &["plan", "--vary", "nodes.count=1,2", "--replications", "5"],
        &["check", "--replications", "3"],
        &["sensitivity", "--replications", "3", "--points", "5"],
    ];
    let mut corpus = Vec::new();
    for command in commands {
        let out = folder.join(command[0]);
        let out = out.to_str().unwrap();
        fleetfall(&[&[command[0], TINY][..], &command[1..], &["--out", out]].concat());
        let mut text = String::new();
        for name in fleetfall::report::page::Documents::NAMES {
            if let Ok(document) = std::fs::read_to_string(folder.join(command[0]).join(name)) {
                text += &format!("{NEXT}{name}\n{document}");
            }
        }
        corpus.push(text.into_bytes());
    }
    let corpus: Vec<&[u8]> =
        corpus.iter().map(Vec::as_slice).filter(|one| !one.is_empty()).collect();
    assert!(corpus.len() >= 5, "{}", corpus.len());
    fuzz(targets::documents, &corpus, 2_000);
}
