//! Ctrl-C, and readers that go away.
#![allow(clippy::disallowed_types, reason = "a test waits for another process")]

use super::{TINY, ends, everything, folder, has_parts, program, run};
use crate::cli::text;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A run that takes minutes unless somebody stops it.
const LONG: [&str; 7] =
    ["run", TINY, "--replications", "1000000", "--set", "load.scale=8", "--threads"];

fn begin(folder: &Path, more: &[&str]) -> Child {
    let mut command = program(folder, &[&LONG[..], &["1"], more].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn press(child: &Child) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
}

/// Waits, but not for ever.
#[track_caller]
fn end(mut child: Child) -> (ExitStatus, String, String) {
    let limit = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > limit {
            child.kill().unwrap();
            panic!("it does not stop");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status, text(output.stdout), text(output.stderr))
}

/// Reads standard error until somebody has noticed the first Ctrl-C.
fn noticed(child: &mut Child) {
    let mut told = Vec::new();
    let mut byte = [0];
    let stderr = child.stderr.as_mut().unwrap();
    while !told.ends_with(b"at once\n") && stderr.read(&mut byte).unwrap() > 0 {
        told.push(byte[0]);
    }
    assert!(told.ends_with(b"at once\n"), "{}", String::from_utf8_lossy(&told));
}

#[test]
fn once_stops_in_order_and_writes_what_is_done() {
    let folder = folder("once");
    let child = begin(&folder, &["--out", "out"]);
    // What was simulated by then is not known; something was, or nothing is written.
    std::thread::sleep(Duration::from_millis(700));
    press(&child);
    let (status, stdout, stderr) = end(child);
    assert_eq!(status.code(), Some(130), "{stderr}");
    if stderr.contains("nothing is written") {
        assert!(everything(&folder).is_empty() && stdout.is_empty());
        return;
    }
    assert!(stdout.contains("files in out\n"), "{stdout}");
    let manifest = std::fs::read(folder.join("out/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    assert!(manifest["replications"].as_u64() < manifest["replications_planned"].as_u64());
    for file in manifest["files"].as_array().unwrap() {
        let path = folder.join("out").join(file["name"].as_str().unwrap());
        assert_eq!(std::fs::metadata(path).unwrap().len(), file["bytes"].as_u64().unwrap());
    }
    assert!(!has_parts(&folder));
}

/// Whatever it does when it happens, an earlier result stays whole or is replaced as a whole.
#[test]
fn twice_stops_at_once_and_leaves_no_half_file() {
    let folder = folder("interrupted");
    ends(&folder, &["run", TINY, "--out", "out"], 0);
    let before = everything(&folder);
    for wait in [0, 1, 3, 10, 30, 100] {
        let mut child = begin(&folder, &["--out", "out"]);
        std::thread::sleep(Duration::from_millis(50 + 5 * wait));
        press(&child);
        noticed(&mut child);
        std::thread::sleep(Duration::from_millis(wait));
        press(&child);
        let (status, ..) = end(child);
        assert_eq!(status.code(), Some(130));
        assert!(!has_parts(&folder), "after {wait} ms");
        let now = everything(&folder);
        assert!(before.keys().all(|path| now.contains_key(path)), "after {wait} ms");
        let json = std::fs::read(folder.join("out/summary.json")).unwrap();
        assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok(), "after {wait} ms");
    }
}

#[cfg(feature = "store")]
#[test]
fn a_store_outlives_being_interrupted_twice() {
    let folder = folder("interrupted-store");
    let store = ["--store", "study.db", "--out", "out"];
    for wait in [0, 20] {
        let mut child = begin(&folder, &store);
        std::thread::sleep(Duration::from_millis(400));
        press(&child);
        noticed(&mut child);
        std::thread::sleep(Duration::from_millis(wait));
        press(&child);
        end(child);
        // It is as whole as after any other end, and can be joined.
        let joined = format!("joined-{wait}.db");
        ends(&folder, &["merge", &joined, "study.db"], 0);
        assert!(folder.join(&joined).is_file() && !has_parts(&folder));
    }
}

/// Runs the program with a reader who leaves after so many bytes.
fn read_by(folder: &Path, bytes: usize, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = program(folder, arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut vec![0; bytes]).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    (output.status.code(), text(&output.stderr).to_string())
}

/// The exit says what came out, and the files are there, whoever has read how much of it.
#[test]
fn a_reader_who_goes_away_changes_nothing() {
    let folder = folder("pipe");
    let few = ["check", TINY, TINY, "--replications", "3", "--junit", "junit.xml"];
    let enough = ["check", TINY, "--replications", "100"];
    let wrong = ["check", TINY, "no.toml", "--replications", "100", "--out", "both"];
    let trace = ["trace", TINY, "--around", "first_restart", "--format", "csv"];
    let cases: [(&[&str], i32); 7] = [
        (&few, 1),
        (&enough, 0),
        (&["run", TINY], 0),
        (&["reference"], 0),
        (&trace, 0),
        (&["--help"], 0),
        (&wrong, 2),
    ];
    for (arguments, code) in cases {
        for bytes in [0, 5] {
            let (got, told) = read_by(&folder, bytes, arguments);
            assert_eq!(got, Some(code), "{arguments:?}: {told}");
            assert!(!told.contains("pipe") && !told.contains("panicked"), "{told}");
            assert_eq!(told.is_empty(), code != 2, "{told}");
        }
    }
    let junit = std::fs::read_to_string(folder.join("junit.xml")).unwrap();
    assert!(junit.contains("failures=\"2\""), "the claims are not lost with their reader: {junit}");
    assert!(folder.join("output/tiny-check/check.json").is_file());
    // In a shell, as it is typed.
    let script = format!("\"{}\" run {TINY} | head -1", env!("CARGO_BIN_EXE_fleetfall"));
    let shell = Command::new("sh").current_dir(&folder).args(["-c", &script]).output().unwrap();
    assert_eq!(text(&shell.stdout).lines().count(), 1);
    assert!(shell.stderr.is_empty(), "{}", text(&shell.stderr));
    // Nobody to complain to is no trouble either.
    let mut command = program(&folder, &["run", "no.toml"]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert_eq!(run(&folder, &["run", "no.toml"]).status.code(), Some(2));
}
