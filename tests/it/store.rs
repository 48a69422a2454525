//! Studies that are interrupted, shared out and joined come out as if nothing had happened.
#![allow(clippy::disallowed_types, reason = "a test waits for another process")]

use crate::cli::{TINY, fleetfall, scratch, text};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn folder(name: &str) -> PathBuf {
    let folder = scratch(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Standard output and every file of a command that writes to `out`.
fn outcome(arguments: &[&str], out: &Path) -> Vec<(String, Vec<u8>)> {
    let _ = std::fs::remove_dir_all(out);
    let run =
        fleetfall(&[arguments, &["--format", "json", "--out", out.to_str().unwrap()]].concat());
    assert_eq!(text(&run.stderr), "", "{arguments:?}");
    let mut all = vec![("stdout".to_string(), run.stdout)];
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    all.extend(paths.iter().map(|path| (path.display().to_string(), std::fs::read(path).unwrap())));
    assert!(all.len() > 1, "there are files");
    all
}

/// What each of these commands is asked, beside the file.
const STUDIES: &[&[&str]] = &[
    &["run", TINY, "--replications", "9"],
    &["compare", TINY, "--replications", "34"],
    &["sweep", TINY, "--vary", "nodes.count=1..3", "--replications", "4"],
];

#[test]
fn shards_joined_are_the_whole() {
    let folder = folder("shards");
    let out = folder.join("out");
    for (number, study) in STUDIES.iter().enumerate() {
        let whole = outcome(study, &out);
        let path = |name: &str| folder.join(format!("{number}-{name}.db")).display().to_string();
        let shards = ["1/3", "2/3", "3/3"].map(|shard| (shard, path(&shard[..1])));
        for (shard, store) in &shards {
            let run = fleetfall(&[study, &["--shard", shard, "--store", store][..]].concat());
            assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
            assert!(run.stdout.is_empty() && text(&run.stderr).contains("is done"));
        }
        let joined = path("joined");
        let stores = shards.each_ref().map(|(_, store)| store.as_str());
        let merge = fleetfall(&[&["merge", &joined][..], &stores].concat());
        assert_eq!(merge.status.code(), Some(0), "{}", text(&merge.stderr));
        assert!(text(&merge.stdout).contains("from 3 stores"), "{}", text(&merge.stdout));
        let before = tasks(&joined);
        let again = outcome(&[study, &["--store", &joined][..]].concat(), &out);
        assert_eq!(again, whole, "{study:?}");
        assert_eq!(tasks(&joined), before, "nothing was left to simulate");
        // What is there is not overwritten, and the same twice is the same.
        assert_eq!(fleetfall(&["merge", &joined, stores[0]]).status.code(), Some(2));
        let twice = path("twice");
        let merge = fleetfall(&["merge", &twice, &joined, stores[0], stores[1]]);
        assert_eq!(merge.status.code(), Some(0), "{}", text(&merge.stderr));
        assert_eq!(tasks(&twice), before);
    }
}

/// How many tasks a store keeps.
pub(crate) fn tasks(store: &str) -> u64 {
    let other = format!("{store}.count");
    let _ = std::fs::remove_file(&other);
    let merge = fleetfall(&["merge", &other, store]);
    assert_eq!(merge.status.code(), Some(0), "{}", text(&merge.stderr));
    let words = text(&merge.stdout);
    words.split(' ').next().and_then(|count| count.replace(',', "").parse().ok()).expect("a count")
}

#[test]
fn a_killed_study_goes_on_where_it_was() {
    let folder = folder("killed");
    let (out, store) = (folder.join("out"), folder.join("study.db"));
    let store = store.to_str().unwrap();
    let study = ["run", TINY, "--replications", "400", "--set", "load.scale=8"];
    let whole = outcome(&study, &out);
    let stored = [&study[..], &["--store", store]].concat();
    let (mut kept, mut further) = (0, 0);
    // On a busy machine a try may be killed before it has kept anything: then the next gets longer.
    for seconds in 1..=10 {
        if further == 3 || kept >= 399 {
            break;
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_fleetfall"))
            .args(&stored)
            .args(["--threads", "1", "--out", folder.join("killed").to_str().unwrap()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let limit = Instant::now() + Duration::from_secs(seconds);
        let size = |path: &str| std::fs::metadata(path).map_or(0, |file| file.len());
        let before = size(store);
        while size(store) <= before.max(20_000) && Instant::now() < limit {
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let now = tasks(store);
        assert!(now >= kept, "a try has lost what was kept: {now} after {kept}");
        further += u32::from(now > kept);
        kept = now;
    }
    assert!(further > 0, "no try kept anything");
    assert_eq!(outcome(&stored, &out), whole);
    // The first keeps its details nowhere, so it is always simulated.
    assert_eq!(tasks(store), 399);
}

#[test]
fn what_is_no_store_of_the_study_is_refused_and_left_as_it_is() {
    let folder = folder("stores");
    let store = folder.join("study.db");
    let path = store.to_str().unwrap();
    let refused = |more: &[&str], why: &str| {
        let before = std::fs::read(&store).unwrap();
        let run = fleetfall(&[&["run", TINY, "--store", path][..], more].concat());
        assert_eq!(run.status.code(), Some(2), "{why}");
        assert!(text(&run.stderr).contains(why), "{}", text(&run.stderr));
        assert!(std::fs::read(&store).unwrap() == before, "{why}: the file is another");
    };
    let out = folder.join("out").display().to_string();
    let made = ["run", TINY, "--replications", "5", "--out", &out, "--store", path];
    assert_eq!(fleetfall(&made).status.code(), Some(1), "too few for its claims");
    refused(&["--set", "nodes.count=3"], "the scenario is not the same any more");
    refused(&["--with", "check"], "the scenario is not the same any more");
    let tiny = std::fs::read_to_string(TINY).unwrap();
    let other = folder.join("other.toml");
    std::fs::write(&other, tiny.replace("name = \"tiny\"", "name = \"other\"")).unwrap();
    let run = fleetfall(&["run", other.to_str().unwrap(), "--store", path]);
    assert!(text(&run.stderr).contains("of scenario `tiny`, not `other`"), "{}", text(&run.stderr));
    assert_eq!(run.status.code(), Some(2));

    let whole = std::fs::read(&store).unwrap();
    std::fs::write(&store, &whole[..whole.len() / 2]).unwrap();
    refused(&[], "is damaged");
    std::fs::write(&store, &whole[..50]).unwrap();
    refused(&[], "cannot be used as a store");
    std::fs::write(&store, "replications, downtime\n1, 2\n".repeat(300)).unwrap();
    refused(&[], "it is no database");
    let merged = folder.join("merged.db");
    let merge = fleetfall(&["merge", merged.to_str().unwrap(), path]);
    assert_eq!(merge.status.code(), Some(2));
    assert!(!merged.exists(), "a merge that fails leaves nothing");

    for wrong in ["0/3", "4/3", "1", "a/b"] {
        let run = fleetfall(&["run", TINY, "--store", path, "--shard", wrong]);
        assert_eq!(run.status.code(), Some(2), "{wrong}");
        assert!(text(&run.stderr).contains("from 1/4 to 4/4"), "{}", text(&run.stderr));
    }
    assert_eq!(fleetfall(&["run", TINY, "--shard", "1/2"]).status.code(), Some(2));
}

/// Some stores of the same study with a few bytes changed, each by a seed.
#[test]
fn no_damage_to_a_store_changes_a_result() {
    use crate::fuzz::mutate::Numbers;
    let folder = folder("damaged");
    let (out, store) = (folder.join("out"), folder.join("study.db"));
    let path = store.to_str().unwrap();
    let study = ["run", TINY, "--replications", "12"];
    let whole = outcome(&study, &out);
    let stored = [&study[..], &["--store", path]].concat();
    assert_eq!(outcome(&stored, &out), whole);
    let sound = std::fs::read(&store).unwrap();
    let first = crate::support::fresh_seed();
    let (mut refused, mut read) = (0, 0);
    for seed in first..first + 120 {
        let mut numbers = Numbers::new(seed);
        let mut damaged = sound.clone();
        match numbers.below(4) {
            // Anywhere, in its head, and as a disk that was full would.
            0 => damaged[numbers.below(sound.len())] ^= 1 << numbers.below(8),
            1 => damaged[numbers.below(200)] = numbers.next() as u8,
            2 => damaged.truncate(numbers.below(sound.len())),
            _ => {
                let from = numbers.below(sound.len());
                let to = (from + numbers.below(600)).min(sound.len());
                damaged[from..to].fill(numbers.next() as u8);
            }
        }
        std::fs::write(&store, &damaged).unwrap();
        let _ = std::fs::remove_file(folder.join("study.db-journal"));
        let merged = folder.join("merged.db");
        let _ = std::fs::remove_file(&merged);
        let merge = fleetfall(&["merge", merged.to_str().unwrap(), path]);
        assert_eq!(merge.status.success(), merged.exists(), "FLEETFALL_SEED={seed}");
        let run = fleetfall(&[&stored[..], &["--format", "json", "--out", "out"]].concat());
        match run.status.code() {
            // Refused in words, and nothing is told that might be wrong.
            Some(2) => {
                assert!(run.stdout.is_empty(), "FLEETFALL_SEED={seed}");
                assert!(text(&run.stderr).contains("study.db"), "{}", text(&run.stderr));
                refused += 1;
            }
            code => {
                assert!(
                    matches!(code, Some(0 | 1)),
                    "FLEETFALL_SEED={seed}: {}",
                    text(&run.stderr)
                );
                assert!(run.stdout == whole[0].1, "FLEETFALL_SEED={seed}: a result is another");
                read += 1;
            }
        }
    }
    assert!(refused > 10 && read > 10, "{refused} were refused, {read} were read");
}

/// What SQLite cannot know: a row whose content is another than was kept, or of another task.
#[test]
fn a_row_that_was_changed_is_simulated_again() {
    let folder = folder("rows");
    let (out, store) = (folder.join("out"), folder.join("study.db"));
    let path = store.to_str().unwrap();
    let study = ["run", TINY, "--replications", "6"];
    let whole = outcome(&study, &out);
    let stored = [&study[..], &["--store", path]].concat();
    let changes = [
        "UPDATE task SET done = (SELECT done FROM task WHERE seed = 3) WHERE seed = 4",
        "UPDATE task SET done = substr(done, 1, length(done) - 3) WHERE seed = 2",
        "UPDATE task SET done = CAST('text' AS BLOB) WHERE seed = 2",
        "UPDATE task SET done = zeroblob(length(done))",
        "UPDATE task SET seed = seed + 1000",
        "DELETE FROM task WHERE seed > 3",
    ];
    for change in changes {
        let _ = std::fs::remove_file(&store);
        assert_eq!(outcome(&stored, &out), whole);
        let database = rusqlite::Connection::open(&store).unwrap();
        database.execute_batch(change).unwrap();
        database.close().unwrap();
        assert_eq!(outcome(&stored, &out), whole, "{change}");
        assert_eq!(outcome(&stored, &out), whole, "{change}, and again");
    }
    // A type that no task has.
    let database = rusqlite::Connection::open(&store).unwrap();
    database.execute_batch("UPDATE task SET done = 7.5").unwrap();
    database.close().unwrap();
    let run = fleetfall(&stored);
    assert!(matches!(run.status.code(), Some(1 | 2)), "{}", text(&run.stderr));
    assert!(!text(&run.stderr).contains("panicked"), "{}", text(&run.stderr));
}
