//! Directories and files that are there already, and links that lead elsewhere.

use super::{TINY, ends, everything, folder, program, refused, scenario, skipped};
use crate::cli::text;
use std::os::unix::fs::symlink;

#[test]
fn results_of_another_scenario_are_not_replaced() {
    let folder = folder("other");
    let other = scenario(&folder, "other.toml", &[("name = \"tiny\"", "name = \"other\"")]);
    let other = other.to_str().unwrap();
    ends(&folder, &["run", TINY, "--out", "out"], 0);
    let before = everything(&folder);
    let commands: [&[&str]; 4] = [
        &["run", other, "--out", "out"],
        &["compare", other, "--out", "out"],
        &["check", other, "--out", "out"],
        &["sweep", other, "--vary", "nodes.count=1,2", "--out", "out"],
    ];
    for command in commands {
        assert_eq!(
            refused(&folder, command),
            "error: `out` cannot be written to: it holds the results of scenario `tiny`\n  \
             = help: name another directory with `--out`\n"
        );
        assert!(everything(&folder) == before, "{command:?}");
    }
    // Those of the same scenario are, and other commands put theirs beside them.
    ends(&folder, &["compare", TINY, "--replications", "3", "--out", "out"], 0);
    ends(&folder, &["run", TINY, "--seed", "5", "--out", "out"], 0);
    let after = everything(&folder);
    assert!(before.keys().all(|path| after.contains_key(path)) && after != before);
}

/// Two of one name would be one directory.
#[test]
fn scenarios_of_one_name_do_not_replace_one_another() {
    let folder = folder("twice");
    let copy = scenario(&folder, "copy.toml", &[("Two nodes", "A copy")]);
    let check = ["check", TINY, copy.to_str().unwrap(), "--replications", "3"];
    let check = ends(&folder, &check, 2);
    let told = text(&check.stderr);
    assert!(told.contains("another of these files has a scenario called `tiny` too"), "{told}");
    let kept = std::fs::read_to_string(folder.join("output/tiny-check/check.json")).unwrap();
    assert!(kept.contains("Two nodes"), "the first stays");
}

#[test]
fn files_that_no_run_has_written_stay() {
    let folder = folder("foreign");
    // A scenario beside which its results would be, and one of their names.
    let own = scenario(&folder, "scenario.toml", &[]);
    let before = everything(&folder);
    let told = refused(&folder, &["run", "scenario.toml", "--out", "."]);
    assert!(
        told.contains("`scenario.toml` is there, and nothing says that a run wrote it"),
        "{told}"
    );
    assert!(everything(&folder) == before);
    for (name, content) in [("summary.json", "{\"mine\": 1}"), ("timeline.csv", "a,b\n1,2\n")] {
        std::fs::remove_file(&own).unwrap();
        let there = folder.join(name);
        std::fs::write(&there, content).unwrap();
        assert!(refused(&folder, &["run", TINY, "--out", "."]).contains(name));
        assert_eq!(std::fs::read_to_string(&there).unwrap(), content);
        std::fs::rename(&there, &own).unwrap();
    }
    std::fs::create_dir_all(folder.join("out/summary.json")).unwrap();
    let told = refused(&folder, &["run", TINY, "--out", "out"]);
    assert!(told.contains("`summary.json` in it is a directory"), "{told}");
    // Beside what is called otherwise there is room.
    std::fs::create_dir(folder.join("room")).unwrap();
    std::fs::write(folder.join("room/notes.txt"), "mine").unwrap();
    ends(&folder, &["run", TINY, "--out", "room"], 0);
    assert_eq!(std::fs::read(folder.join("room/notes.txt")).unwrap(), b"mine");
    // What was damaged there is made again.
    std::fs::write(folder.join("room/summary.json"), "{ \"scenario\": ").unwrap();
    ends(&folder, &["run", TINY, "--out", "room"], 0);
}

/// What is called after a scenario lies below the directory that was named, and nowhere else.
#[test]
fn no_link_leads_out_of_the_directory() {
    let folder = folder("links");
    let (elsewhere, here) = (folder.join("elsewhere"), folder.join("here"));
    for made in [&elsewhere, &here, &here.join("output"), &here.join("out")] {
        std::fs::create_dir(made).unwrap();
    }
    std::fs::write(elsewhere.join("summary.json"), "mine").unwrap();
    let other = scenario(&folder, "other.toml", &[("name = \"tiny\"", "name = \"other\"")]);
    let before = everything(&elsewhere);
    for link in ["output/tiny", "output/tiny-check", "output/tiny-sweep", "all/other"] {
        let link = here.join(link);
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(&elsewhere, link).unwrap();
    }
    let told = refused(&here, &["run", TINY]);
    assert!(told.contains("it is a link, which may lead out of `output`"), "{told}");
    refused(&here, &["sweep", TINY, "--vary", "nodes.count=1,2"]);
    let many = ["check", TINY, other.to_str().unwrap(), "--replications", "3", "--out", "all"];
    let told = ends(&here, &many, 2);
    assert!(text(&told.stderr).contains("`all/other` cannot be written to: it is a link"));
    assert!(here.join("all/tiny/check.json").is_file(), "the other one is checked");
    assert!(everything(&elsewhere) == before);
    // A file that is a link is replaced, and what it led to stays.
    ends(&here, &["run", TINY, "--out", "out"], 0);
    let mine = elsewhere.join("mine.csv");
    std::fs::write(&mine, "mine").unwrap();
    for file in ["timeline.csv", "bands.csv", "report.html"] {
        let file = here.join("out").join(file);
        let _ = std::fs::remove_file(&file);
        symlink(&mine, file).unwrap();
    }
    ends(&here, &["run", TINY, "--out", "out", "--no-report"], 0);
    assert_eq!(std::fs::read(&mine).unwrap(), b"mine");
    assert!(!here.join("out/timeline.csv").symlink_metadata().unwrap().is_symlink());
    for stale in ["bands.csv", "report.html"] {
        assert!(here.join("out").join(stale).symlink_metadata().is_err(), "{stale} is of before");
    }
    symlink(&mine, here.join("out/report.html")).unwrap();
    ends(&here, &["report", "out"], 0);
    std::fs::create_dir(here.join("man")).unwrap();
    symlink(&mine, here.join("man/fleetfall.1")).unwrap();
    ends(&here, &["man", "man"], 0);
    assert_eq!(std::fs::read(&mine).unwrap(), b"mine");
    // A directory that somebody names may be a link.
    symlink("out", here.join("named")).unwrap();
    ends(&here, &["run", TINY, "--out", "named"], 0);
}

/// A file that the arguments name is the one that a link leads to, and a device is no file.
#[test]
fn files_that_are_named_may_be_links_and_devices() {
    let folder = folder("devices");
    let check = |junit: &str| {
        let check = ["check", TINY, "--replications", "100", "--format", "json", "--junit", junit];
        ends(&folder, &check, 0)
    };
    std::fs::write(folder.join("real.xml"), "earlier").unwrap();
    symlink("real.xml", folder.join("link.xml")).unwrap();
    check("link.xml");
    assert!(folder.join("link.xml").symlink_metadata().unwrap().is_symlink());
    let real = std::fs::read_to_string(folder.join("real.xml")).unwrap();
    assert!(real.contains("<testsuites"), "{real}");
    let both = check("/dev/stdout").stdout;
    assert!(text(&both).ends_with("</testsuites>\n") && text(&both).starts_with('{'));
    // Behind what was written to the same file, and not in its place.
    let both = std::fs::File::create(folder.join("both")).unwrap();
    let few = ["check", TINY, "--replications", "3", "--format", "json", "--junit", "/dev/stdout"];
    assert_eq!(program(&folder, &few).stdout(both).status().unwrap().code(), Some(1));
    let both = std::fs::read_to_string(folder.join("both")).unwrap();
    assert!(both.starts_with("{\n") && both.ends_with("</testsuites>\n"), "{both}");
    // The device, and not a file in its place; it is one of this test where it may be made.
    let null = folder.join("null");
    let made = std::process::Command::new("mknod").arg(&null).args(["c", "1", "3"]).status();
    if made.is_ok_and(|status| status.success()) && std::fs::write(&null, "x").is_ok() {
        check("null");
        assert!(!null.metadata().unwrap().is_file());
    } else {
        skipped("no device may be made here");
    }
    // What nobody writes to does not keep anybody waiting.
    let pipe = folder.join("rates.csv");
    if std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|done| done.success()) {
        let source = "load.recorded.x={ file = \"rates.csv\" }";
        let told = refused(&folder, &["run", TINY, "--data", ".", "--set", source]);
        assert!(told.contains("it is no plain file"), "{told}");
    }
}
