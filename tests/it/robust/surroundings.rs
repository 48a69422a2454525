//! Clocks, languages and zones of the machine: no result depends on them.

use super::{TINY, everything, folder, program, skipped};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Standard output, and what a command has written below the directory.
type Written = (Vec<u8>, BTreeMap<PathBuf, Vec<u8>>);

fn outcome(folder: &Path, mut command: Command) -> Written {
    let _ = std::fs::remove_dir_all(folder.join("output"));
    let output = command.output().unwrap();
    // Where a clock races, one is told how far it is.
    let told = String::from_utf8(output.stderr).unwrap();
    let other = told.lines().find(|line| !line.contains(" replications, "));
    assert!(other.is_none(), "{told}");
    (output.stdout, everything(folder))
}

const STUDIES: [&[&str]; 3] = [
    &["run", TINY, "--replications", "3"],
    &["sweep", TINY, "--vary", "load.scale=0.5..1.5:0.5", "--replications", "3"],
    &["trace", TINY, "--around", "first_restart"],
];

#[test]
fn languages_and_zones_change_no_byte() {
    let folder = folder("languages");
    for study in STUDIES {
        let plain = outcome(&folder, program(&folder, study));
        for language in ["de_DE.UTF-8", "C", "fr_FR", "ar_EG.UTF-8", "tr_TR.UTF-8", "nonsense"] {
            let mut command = program(&folder, study);
            for name in ["LANG", "LC_ALL", "LC_NUMERIC", "LANGUAGE"] {
                command.env(name, language);
            }
            command.env("TZ", "Asia/Kathmandu");
            assert!(outcome(&folder, command) == plain, "{language}: {study:?}");
        }
        let mut bare = program(&folder, study);
        bare.env_clear();
        assert!(outcome(&folder, bare) == plain, "without a variable: {study:?}");
    }
}

/// Under a clock that is years away, that jumps back while it runs, and that races.
#[test]
fn clocks_change_no_byte() {
    let folder = folder("clocks");
    let is_there = Command::new("faketime").args(["-f", "+0", "true"]).status();
    if !is_there.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("FLEETFALL_FAKETIME").is_none(), "there is no `faketime`");
        // That nobody reads the time of day is a rule of `tidy`.
        skipped("there is no `faketime`");
        return;
    }
    for study in STUDIES {
        let plain = outcome(&folder, program(&folder, study));
        for clock in ["@1970-01-02 00:00:00", "@2199-12-31 23:59:59", "+0 i-3600", "+0 x1000"] {
            let mut command = Command::new("faketime");
            command.current_dir(&folder).env_remove("COLUMNS").env_remove("NO_COLOR");
            command.args(["-f", clock, env!("CARGO_BIN_EXE_fleetfall")]).args(study);
            assert!(outcome(&folder, command) == plain, "{clock}: {study:?}");
        }
    }
}
