//! What goes wrong around the program: no file is lost, none is half, and nothing lies.

mod disk;
mod interrupts;
mod names;
mod places;
mod surroundings;

use crate::cli::{TINY, scratch};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A fresh directory that exists.
fn folder(name: &str) -> PathBuf {
    let folder = scratch(&format!("robust-{name}"));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The program in a directory, with any arguments.
fn program(folder: &Path, arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleetfall"));
    command.current_dir(folder).env_remove("COLUMNS").env_remove("NO_COLOR").args(arguments);
    command
}

fn run(folder: &Path, arguments: &[impl AsRef<OsStr>]) -> Output {
    program(folder, arguments).output().unwrap()
}

/// A run that came to its end as it should.
#[track_caller]
fn ends(folder: &Path, arguments: &[impl AsRef<OsStr>], code: i32) -> Output {
    let output = run(folder, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    output
}

/// A run that was refused, and what it said.
#[track_caller]
fn refused(folder: &Path, arguments: &[impl AsRef<OsStr>]) -> String {
    let output = ends(folder, arguments, 2);
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

/// Every file below a directory with its content, links with where they lead.
fn everything(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return all };
    for entry in entries {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap();
        if kind.is_dir() {
            all.extend(everything(&path));
            all.insert(path, Vec::new());
        } else if kind.is_symlink() {
            let to = std::fs::read_link(&path).unwrap();
            all.insert(path, to.as_os_str().as_encoded_bytes().to_vec());
        } else if kind.is_file() {
            let content = std::fs::read(&path).unwrap();
            all.insert(path, content);
        }
    }
    all
}

/// Whether there is a file that was to become another one.
fn has_parts(folder: &Path) -> bool {
    everything(folder).keys().any(|path| path.to_string_lossy().contains(".part"))
}

/// Says that something cannot be tested on this machine.
#[allow(clippy::print_stdout, reason = "who looks at what a test says finds out why")]
fn skipped(why: &str) {
    println!("skipped: {why}");
}

/// The small scenario with another text in some place, as a file.
fn scenario(folder: &Path, file: &str, changes: &[(&str, &str)]) -> PathBuf {
    let mut text = std::fs::read_to_string(TINY).unwrap();
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    let path = folder.join(file);
    std::fs::write(&path, text).unwrap();
    path
}
