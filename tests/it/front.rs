//! What a newcomer types first, and sees. `UPDATE_EXPECT=1` blesses.

use crate::cli::{scratch, text};
use expect_test::expect_file;
use std::path::Path;
use std::process::{Command, Output};

/// The command in that folder, on a terminal of 80 columns that is none.
fn fleetfall(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleetfall"));
    let command = command.args(arguments).current_dir(folder).env("COLUMNS", "80");
    command.stdin(std::process::Stdio::null()).output().unwrap()
}

/// A folder without any file.
fn empty(name: &str) -> std::path::PathBuf {
    let folder = scratch(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[track_caller]
fn printed(folder: &Path, arguments: &[&str]) -> String {
    let run = fleetfall(folder, arguments);
    assert_eq!(run.status.code(), Some(0), "{arguments:?}: {}", text(&run.stderr));
    assert!(run.stderr.is_empty(), "{}", text(&run.stderr));
    text(&run.stdout).to_string()
}

#[test]
fn the_name_alone_says_what_to_type() {
    let folder = empty("bare");
    let bare = printed(&folder, &[]);
    expect_file!["expected/bare.txt"].assert_eq(&bare);
    assert!(bare.lines().count() <= 10);
    assert!(bare.lines().all(|line| line.chars().count() <= 80));
    // Everything that it names is a command.
    for command in ["list", "init", "explain nodes.count"] {
        assert!(bare.contains(&format!("fleetfall {command} ")));
        printed(&folder, &command.split(' ').collect::<Vec<_>>());
    }
}

#[test]
fn the_built_in_scenarios_are_listed_and_shown() {
    let folder = empty("list");
    expect_file!["expected/list.txt"].assert_eq(&printed(&folder, &["list"]));
    let rows = printed(&folder, &["list", "--format", "json"]);
    let rows: serde_json::Value = serde_json::from_str(&rows).unwrap();
    assert_eq!(rows[0]["name"], "pinpoint-2021");
    assert_eq!(rows[0]["nodes"], 8);
    for row in rows.as_array().unwrap() {
        let name = row["name"].as_str().unwrap();
        let path = format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(printed(&folder, &["show", name]), std::fs::read_to_string(path).unwrap());
    }
}

#[test]
fn a_name_stands_for_a_built_in_scenario_unless_there_is_a_file() {
    let folder = empty("built-in");
    let story = printed(&folder, &["run", "real-fleet-killed"]);
    assert!(story.contains("  fleetfall check real-fleet-killed\n"), "{story}");
    assert!(folder.join("output/real-fleet-killed/manifest.json").is_file());
    // Commands with other arguments read it in the same way.
    let set = ["--set", "load.scale=0.1", "--replications", "1"];
    for command in [&["sweep", "--vary", "nodes.count=5..6"][..], &["compare"], &["check"]] {
        let name = if command[0] == "compare" { "retry-storm" } else { "real-fleet-killed" };
        let arguments = [command, &[name], &set].concat();
        let run = fleetfall(&folder, &arguments);
        assert_ne!(run.status.code(), Some(2), "{arguments:?}: {}", text(&run.stderr));
    }
    let tiny = std::fs::read_to_string(crate::cli::TINY).unwrap();
    std::fs::write(folder.join("retry-storm"), tiny).unwrap();
    let own = printed(&folder, &["check", "retry-storm", "--resolved"]);
    assert!(own.contains("name = \"tiny\""), "{own}");
}

#[test]
fn init_writes_a_scenario_once() {
    let folder = empty("init");
    let said = printed(&folder, &["init", "--yes"]);
    expect_file!["expected/init.txt"].assert_eq(&said);
    let written = std::fs::read_to_string(folder.join("my-fleet.toml")).unwrap();
    expect_file!["expected/my-fleet.toml"].assert_eq(&written);
    printed(&folder, &["run", "my-fleet.toml"]);

    let again = fleetfall(&folder, &["init", "my-fleet.toml"]);
    assert_eq!(again.status.code(), Some(2));
    expect_file!["expected/init-again.txt"].assert_eq(text(&again.stderr));
    printed(&folder, &["init", "my-fleet.toml", "--force", "--nodes", "7"]);
    let forced = std::fs::read_to_string(folder.join("my-fleet.toml")).unwrap();
    assert!(forced.contains("count = 7\n"), "{forced}");

    // Where nobody can be asked the defaults are taken, and a file gives the scenario its name.
    printed(&folder, &["init", "below/shop.toml", "--invalid-deploy", "no"]);
    let shop = std::fs::read_to_string(folder.join("below/shop.toml")).unwrap();
    assert!(shop.contains("name = \"shop\"") && !shop.contains("[deploy"), "{shop}");
}

#[test]
fn mistakes_say_what_to_type_instead() {
    let folder = empty("mistakes");
    let cases: [(&str, &[&str]); 8] = [
        ("missing-file", &["run", "shop.toml"]),
        ("misspelt-built-in", &["run", "pinpont-2021"]),
        ("built-in-elsewhere", &["check", "scenarios/retry-storm.toml"]),
        ("no-built-in", &["show", "pinpoint"]),
        ("unknown-key", &["run", "retry-storm", "--set", "nodes.cuont=3"]),
        ("unknown-name", &["explain", "nodes.cuont"]),
        ("wrong-option", &["run", "retry-storm", "--replicatons", "3"]),
        ("wrong-answer", &["init", "--rate", "100"]),
    ];
    for (name, arguments) in cases {
        let run = fleetfall(&folder, arguments);
        assert_eq!(run.status.code(), Some(2), "{arguments:?}");
        assert!(run.stdout.is_empty(), "{arguments:?}");
        expect_file![format!("expected/{name}.txt")].assert_eq(text(&run.stderr));
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "nothing is written");
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let folder = empty("manual");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(&folder, &["completions", shell]);
        assert!(script.contains("sensitivity") && script.contains("invalid-deploy"), "{shell}");
    }
    let page = printed(&folder, &["man"]);
    assert!(page.contains(".SH NAME") && page.contains("fleetfall\\-sensitivity(1)"), "{page}");
    printed(&folder, &["man", "man1"]);
    let pages = std::fs::read_dir(folder.join("man1")).unwrap();
    let names: Vec<String> =
        pages.map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    let listed = page.matches("(1)\n").count();
    assert_eq!(names.len(), 1 + listed, "{names:?}");
    assert!(names.iter().any(|name| name == "fleetfall-init.1"), "{names:?}");
    let run = std::fs::read_to_string(folder.join("man1/fleetfall-run.1")).unwrap();
    assert!(run.contains("fleetfall run pinpoint\\-2021"), "{run}");
}
