//! Disks that are full, and places where nothing can be written.

use super::{TINY, ends, everything, folder, has_parts, program, refused, run, skipped};
use crate::cli::text;
use std::path::Path;
use std::process::{Command, Output};

/// The program where no file may grow beyond so many blocks of 512 bytes.
fn limited(folder: &Path, blocks: u32, arguments: &[&str]) -> Output {
    // Who does not ignore the signal dies of it.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.current_dir(folder).args(["-c", &script, env!("CARGO_BIN_EXE_fleetfall")]);
    command.args(arguments).output().unwrap()
}

#[test]
fn a_disk_that_is_full_leaves_everything_as_it_was() {
    let folder = folder("full");
    let study = ["run", TINY, "--out", "out"];
    ends(&folder, &study, 0);
    let before = everything(&folder);
    for blocks in [0, 1, 2, 8, 20] {
        let other = [&study[..], &["--seed", "9"]].concat();
        let full = limited(&folder, blocks, &other);
        assert_eq!(full.status.code(), Some(2), "{}", text(&full.stderr));
        assert!(text(&full.stderr).contains("out"), "{}", text(&full.stderr));
        assert!(full.stdout.is_empty(), "what is not written is not told as if it were");
        assert!(everything(&folder) == before, "{blocks} blocks: something is another");
    }
    // What is to be new is not there at all.
    assert_eq!(limited(&folder, 2, &["run", TINY, "--out", "new"]).status.code(), Some(2));
    assert!(everything(&folder.join("new")).is_empty());
    let check = ["check", TINY, "--replications", "100", "--out", "out"];
    let junit = [&check[..], &["--junit", "junit.xml", "--save-baseline", "kept.json"]].concat();
    ends(&folder, &junit, 0);
    let before = everything(&folder);
    assert_eq!(limited(&folder, 1, &junit).status.code(), Some(2));
    let mut after = everything(&folder);
    // That it could not be checked is told to the build server.
    let told = after.insert(folder.join("junit.xml"), before[&folder.join("junit.xml")].clone());
    assert!(String::from_utf8(told.unwrap()).unwrap().contains("could not be checked"));
    assert!(after == before);
}

#[cfg(feature = "store")]
#[test]
fn a_store_on_a_full_disk_keeps_what_it_has() {
    let folder = folder("full-store");
    let study = ["run", TINY, "--replications", "100", "--store", "study.db", "--out", "out"];
    let full = limited(&folder, 40, &study);
    assert_eq!(full.status.code(), Some(2), "{}", text(&full.stderr));
    assert!(text(&full.stderr).contains("study.db"), "{}", text(&full.stderr));
    // It goes on from there, and comes to the same as without.
    let stored = ends(&folder, &study, 0).stdout;
    let plain = ["run", TINY, "--replications", "100", "--out", "out"];
    assert!(ends(&folder, &plain, 0).stdout == stored);
    let merge = limited(&folder, 8, &["merge", "joined.db", "study.db"]);
    assert_eq!(merge.status.code(), Some(2), "{}", text(&merge.stderr));
    assert!(!folder.join("joined.db").exists() && !has_parts(&folder));
    assert!(!folder.join("joined.db-journal").exists());
}

/// A file system of its own that is really full, where one may be mounted.
#[test]
fn a_small_file_system_fills_up() {
    let folder = folder("tmpfs");
    let script = "mkdir -p disk && mount -t tmpfs -o size=48k none disk && \"$0\" \"$@\"; \
                  code=$?; ls disk | wc -l; find disk -name '*.part*'; exit $code";
    let own = ["-rm", "sh", "-c", script, env!("CARGO_BIN_EXE_fleetfall")];
    let mut command = Command::new("unshare");
    command.current_dir(&folder).args(own).args(["run", TINY, "--out", "disk/out"]);
    let Ok(output) = command.output() else {
        skipped("there is no `unshare`");
        return;
    };
    let stderr = text(&output.stderr);
    if !stderr.contains("disk/out") {
        skipped(&format!("no file system may be mounted here: {stderr}"));
        return;
    }
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("No space left on device"), "{stderr}");
    assert_eq!(text(&output.stdout).trim(), "1", "the directory, and no half file");
}

#[test]
fn standard_output_that_is_full_is_told() {
    let folder = folder("dev-full");
    if !Path::new("/dev/full").exists() {
        skipped("there is no /dev/full");
        return;
    }
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = program(&folder, &["run", TINY, "--out", "out"]);
    let output = command.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert!(stderr.starts_with("error: failed to write to standard output: "), "{stderr}");
    assert!(folder.join("out/manifest.json").is_file(), "the files are there all the same");
}

#[test]
fn what_cannot_be_written_is_told_before_anything_is_simulated() {
    let folder = folder("unwritable");
    std::fs::write(folder.join("file"), "mine").unwrap();
    std::fs::create_dir(folder.join("closed")).unwrap();
    let mut closed = std::fs::metadata(folder.join("closed")).unwrap().permissions();
    closed.set_readonly(true);
    std::fs::set_permissions(folder.join("closed"), closed.clone()).unwrap();
    // Nobody may write there, whoever they are.
    let mut places = vec!["file", "file/below", "/proc/fleetfall"];
    // Root may do as it likes with directories that are closed to others.
    if std::fs::write(folder.join("closed/probe"), "").is_err() {
        places.extend(["closed", "closed/below/more"]);
    }
    for place in places {
        // As many replications would take hours.
        let long = ["run", TINY, "--replications", "1000000", "--out", place];
        let told = refused(&folder, &long);
        assert!(told.starts_with(&format!("error: `{place}` cannot be written to: ")), "{told}");
        assert!(told.contains("help: name another directory with `--out`"), "{told}");
    }
    let all: [&[&str]; 5] = [
        &["compare", TINY, "--out", "file"],
        &["sweep", TINY, "--vary", "nodes.count=1,2", "--out", "file"],
        &["plan", TINY, "--out", "file"],
        &["check", TINY, "--out", "file", "--format", "json"],
        &["sensitivity", TINY, "--out", "file"],
    ];
    for command in all {
        assert!(refused(&folder, command).contains("`file` cannot be written to"), "{command:?}");
    }
    // The default directory is no other.
    std::fs::write(folder.join("output"), "mine").unwrap();
    assert!(refused(&folder, &["run", TINY]).contains("it is no directory"));
    assert_eq!(std::fs::read(folder.join("output")).unwrap(), b"mine");
    let junit =
        run(&folder, &["check", TINY, "--replications", "3", "--out", "out", "--junit", "file/x"]);
    assert_eq!(junit.status.code(), Some(2));
    assert!(text(&junit.stderr).contains("failed to write `file"), "{}", text(&junit.stderr));
    assert_eq!(std::fs::read(folder.join("file")).unwrap(), b"mine");
    assert!(!has_parts(&folder));
}
