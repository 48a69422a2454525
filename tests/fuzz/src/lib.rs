//! Coverage-guided fuzzing of everything that fleetfall reads. The targets themselves are those of
//! `cargo test`.
//!
//! ```text
//! cd tests/fuzz
//! cargo run --release --bin seeds -- DIRECTORIES     # corpus/TARGET and fleetfall.dict
//! cargo run --release --bin scenario -- corpus/scenario -dict=fleetfall.dict -max_total_time=600
//! ```
//!
//! Targets: `scenario`, `typed` (`--set`, `--with`, `--vary`), `recording`, `kept` (what a store
//! keeps), `documents` (what `fleetfall report` reads), `baseline`, `swarm` (whole scenarios,
//! simulated).

#![allow(dead_code, reason = "what the tests share is more than what is fuzzed")]

#[path = "../../it/accounts.rs"]
mod accounts;
#[path = "../../it/support.rs"]
mod support;
mod swarm;
#[path = "../../it/fuzz/targets.rs"]
mod targets;

/// The text of a scenario.
pub fn scenario(data: &[u8]) {
    targets::scenario(data);
}

/// What is typed on the command line.
pub fn typed(data: &[u8]) {
    targets::typed(data);
}

/// A recorded load.
pub fn recording(data: &[u8]) {
    targets::recording(data);
}

/// What a store keeps of a task.
pub fn kept(data: &[u8]) {
    targets::kept(data);
}

/// The files of a directory.
pub fn documents(data: &[u8]) {
    targets::documents(data);
}

/// Results that were kept.
pub fn baseline(data: &[u8]) {
    targets::baseline(data);
}

/// Bytes of one change of a scenario.
const CHANGE: usize = 80;

/// A scenario with a change for every so many bytes, simulated.
pub fn swarm(data: &[u8]) {
    let Some((cut, rest)) = data.split_first() else { return };
    let mut study = None;
    let mut kept: Vec<String> = vec!["load.scale=0.05".to_string()];
    for change in rest.chunks(CHANGE).take(12) {
        let words: Vec<u16> =
            change.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        kept.push(swarm::grammar::assignment(&mut swarm::grammar::Words(&words)));
        match support::study_with(4, swarm::grammar::PLAIN, &kept) {
            Ok(with) => study = Some(with),
            Err(_) => drop(kept.pop()),
        }
    }
    if let Some(study) = study {
        let seed = u64::from(*cut);
        let _ = swarm::checks::check(&study, &[], seed, f64::from(*cut) / 256.0);
    }
}

/// The first inputs of every target.
pub fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    let mut all = vec![
        ("scenario", text(targets::WHOLE)),
        ("scenario", text(targets::TINY)),
        ("scenario", text(swarm::grammar::PLAIN)),
        ("typed", text("snodes.count=3\nwcheck\nvnodes.count=1..4\n")),
        ("typed", text("sload.scale=0.5\nvload.scale=0.8..1.6:0.1\nvprocess.boot=5s..30s:5s\n")),
        (
            "typed",
            text("sclass.page.stages=[{ cpu = \"3ms\" }]\nvbalancer.policy={random,latency}\n"),
        ),
        ("recording", text("\0time,rate\n0,3\n# more\n1.5,\"7\"\n2021-02-01T00:00:09Z,0.25\n")),
        (
            "recording",
            text("\u{1}time,class\n1,page\n1,slow\n3.25,page\n2021-02-01T00:00:09Z,slow\n"),
        ),
        ("kept", postcard::to_stdvec(targets::results()).expect("it has a form")),
        ("baseline", serde_json::to_vec(&targets::kept_today()).expect("it has a form")),
        ("swarm", (0..=255).collect()),
    ];
    let built_in = fleetfall::scenario::Builtin::names().into_iter();
    let built_in = built_in.filter_map(fleetfall::scenario::Builtin::named);
    all.extend(built_in.map(|one| ("scenario", text(one.text))));
    all
}

/// Files of a directory as an input of `documents`.
pub fn together(files: &[(&str, String)]) -> Vec<u8> {
    let files = files.iter().map(|(name, text)| format!("{}{name}\n{text}", targets::NEXT));
    files.collect::<String>().into_bytes()
}

/// The words of scenarios, as a dictionary of libFuzzer.
pub fn dictionary() -> String {
    let schema: serde_json::Value =
        serde_json::from_str(&fleetfall::report::reference::schema()).expect("it is JSON");
    let mut words = std::collections::BTreeSet::new();
    collect(&schema, &mut words);
    let entry =
        |word: &String| format!("\"{}\"\n", word.replace('\\', "\\\\").replace('"', "\\\""));
    words.iter().map(entry).collect()
}

/// Keys and words of a schema.
fn collect(schema: &serde_json::Value, words: &mut std::collections::BTreeSet<String>) {
    match schema {
        serde_json::Value::Object(entries) => {
            for (key, value) in entries {
                match (key.as_str(), value) {
                    ("properties", serde_json::Value::Object(keys)) => {
                        words.extend(keys.keys().cloned());
                    }
                    ("const" | "default", serde_json::Value::String(word)) => {
                        words.insert(format!("\"{word}\""));
                    }
                    ("enum", serde_json::Value::Array(all)) => {
                        words.extend(all.iter().map(ToString::to_string));
                    }
                    _ => {}
                }
                collect(value, words);
            }
        }
        serde_json::Value::Array(all) => all.iter().for_each(|one| collect(one, words)),
        _ => {}
    }
}
