//! What is printed where: colours, widths, and traces as a user calls for them.

use super::cli::{TINY, fleetfall, scratch, text};
use std::process::Command;

const ESCAPE: u8 = 0x1b;

/// Runs the command with variables of the environment.
fn with(variables: &[(&str, &str)], arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleetfall"));
    command.env_remove("COLUMNS").env_remove("NO_COLOR").args(arguments);
    command.envs(variables.iter().copied()).output().unwrap()
}

#[test]
fn colours_are_where_they_are_wanted() {
    let out = scratch("colours");
    let out = out.to_str().unwrap();
    let run = |color: &[&str]| fleetfall(&[&["run", TINY, "--out", out], color].concat()).stdout;
    let plain = run(&[]);
    assert!(!plain.contains(&ESCAPE) && plain == run(&["--color", "never"]));
    let colored = run(&["--color", "always"]);
    assert!(colored.contains(&ESCAPE));
    assert!(!text(&colored).contains('█'), "a pipe has colour if asked, but no blocks");
    // Messages of the argument parser and about scenarios, before and after the command.
    for arguments in [["--color=always", "rnu", TINY], ["run", "--color=always", "no.toml"]] {
        assert!(fleetfall(&arguments).stderr.contains(&ESCAPE), "{arguments:?}");
        let never =
            arguments.map(|one| if one == "--color=always" { "--color=never" } else { one });
        assert!(!fleetfall(&never).stderr.contains(&ESCAPE), "{never:?}");
    }
    let help = fleetfall(&["--color", "sometimes", "schema"]);
    assert_eq!(help.status.code(), Some(2));
    assert!(text(&help.stderr).contains("auto, always, never"));
}

#[test]
fn tables_are_as_wide_as_there_are_columns() {
    let widest = |columns: &str| {
        let arguments = ["compare", TINY, "--replications", "3"];
        let done = with(&[("COLUMNS", columns)], &arguments);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        text(&done.stdout).lines().map(|line| line.chars().count()).max().unwrap()
    };
    assert!(widest("80") <= 80 && widest("100") <= 100 && widest("200") > 100);
    assert!(widest("10") <= 60, "not narrower than that");
    assert!(widest("none") <= 100 && widest("0") <= 100, "what is no width is none");
}

#[test]
fn a_trace_is_about_a_milestone_or_a_time() {
    let trace = |arguments: &[&str]| fleetfall(&[&["trace", TINY], arguments].concat());
    let around = trace(&["--around", "first_restart", "--window", "2s"]);
    assert_eq!(around.status.code(), Some(0), "{}", text(&around.stderr));
    let told = text(&around.stdout);
    assert!(told.contains("  -- first_restart\n") && told.contains("request_issued"), "{told}");
    let rows = trace(&["--around", "+5min", "--window", "10s", "--format", "csv"]);
    let rows = text(&rows.stdout);
    assert!(rows.starts_with("time,local,seconds,event,node,"));
    let seconds = |row: &str| row.split(',').nth(2).unwrap().parse::<f64>().unwrap();
    assert!(rows.lines().skip(1).count() > 100);
    assert!(rows.lines().skip(1).all(|row| (295.0..=305.0).contains(&seconds(row))));
    let limited = trace(&["--around", "10:05", "--limit", "2", "--format", "json"]);
    assert_eq!(text(&limited.stdout).lines().count(), 2);
    assert!(text(&limited.stderr).contains("more left out"));
}

#[test]
fn a_trace_of_what_does_not_happen_says_what_does() {
    let trace = |arguments: &[&str]| {
        let done = fleetfall(&[&["trace", TINY], arguments].concat());
        assert_eq!(done.status.code(), Some(2), "{arguments:?}");
        assert!(done.stdout.is_empty());
        text(&done.stderr).to_string()
    };
    let fixed = ["--set", "deploy.new.release=\"fixed\"", "--around", "outage_start"];
    let unreached = trace(&fixed);
    assert!(unreached.contains("seed 1 does not reach `outage_start`"), "{unreached}");
    assert!(unreached.contains("first_restart     is reached on Fri 10:0"), "{unreached}");
    assert!(trace(&["--around", "fleet_donw"]).contains("did you mean `fleet_down`?"));
    assert!(trace(&["--around", "09:00"]).contains("not within the scenario's clock"));
    assert!(trace(&["--around", "+1h"]).contains("it goes from Friday 1 March 2024, 10:00:00"));
    let wrong = trace(&["--around", "+1min", "--node", "1", "--only", "reqest_issued"]);
    assert!(wrong.contains("`1` is no node") && wrong.contains("did you mean `request_issued`?"));
}
