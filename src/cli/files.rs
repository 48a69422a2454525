//! Files: whole or absent.

use super::exit::Exit;
use super::output;
use fleetfall::report::{Report, events, json, manifest, tables};
use std::fs;
use std::io;
use std::path::Path;

/// The only file that not every run has.
const BANDS: &str = "bands.csv";

/// Writes all files of a run into a directory.
///
/// # Errors
/// The exit after the failure has been shown.
pub(super) fn write(report: &Report, directory: &Path) -> Result<(), Exit> {
    let files = files(report);
    let contents: Vec<(&str, &[u8])> =
        files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let manifest = manifest::manifest(report, &contents);
    create(directory)?;
    // Of an earlier run with many replications; beside the files of this one it would lie.
    if !report.is_many() {
        remove(directory, BANDS)?;
    }
    // Last, so that a manifest speaks of files that are there.
    let manifest = ("manifest.json", manifest.as_bytes());
    for (name, content) in contents.into_iter().chain([manifest]) {
        let path = directory.join(name);
        replace(&path, content).map_err(|error| failed(&path, &error))?;
    }
    Ok(())
}

/// Writes one file into a directory.
///
/// # Errors
/// The exit after the failure has been shown.
pub(super) fn write_one(directory: &Path, name: &str, content: &str) -> Result<(), Exit> {
    create(directory)?;
    let path = directory.join(name);
    replace(&path, content.as_bytes()).map_err(|error| failed(&path, &error))
}

/// Writes a file that was named in the arguments.
///
/// # Errors
/// The exit after the failure has been shown.
pub(super) fn write_to(path: &Path, content: &str) -> Result<(), Exit> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let Some(name) = name else {
        output::complain(&format!("`{}` is no name of a file", path.display()));
        return Err(Exit::Usage);
    };
    write_one(directory.unwrap_or(Path::new(".")), &name, content)
}

/// Removes a file of an earlier run, if there is one.
///
/// # Errors
/// The exit after the failure has been shown.
pub(super) fn remove(directory: &Path, name: &str) -> Result<(), Exit> {
    let path = directory.join(name);
    if !fs::exists(&path).unwrap_or(false) {
        return Ok(());
    }
    fs::remove_file(&path).map_err(|error| failed(&path, &error))
}

fn create(directory: &Path) -> Result<(), Exit> {
    fs::create_dir_all(directory).map_err(|error| failed(directory, &error))
}

fn failed(what: &Path, error: &io::Error) -> Exit {
    output::complain(&format!("failed to write `{}`: {error}", what.display()));
    Exit::Usage
}

/// Every file with its content.
fn files(report: &Report) -> Vec<(&'static str, String)> {
    let mut files = vec![
        ("timeline.csv", tables::timeline(report)),
        ("nodes.csv", tables::nodes(report)),
        ("events.csv", events::events(report)),
        ("replications.csv", tables::replications(report)),
        ("summary.json", json::report(report)),
        ("scenario.toml", report.study.resolved()),
    ];
    if report.is_many() {
        files.push((BANDS, tables::bands(report)));
    }
    #[cfg(feature = "plots")]
    files.extend(fleetfall::report::plots::all(report));
    files
}

/// Puts a file in place at once: nobody sees half of it, and what was there stays until then.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = fs::write(&part, content).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // What cannot be written may not be removable either; the first error is the one to tell.
        let _ = fs::remove_file(&part);
    }
    written
}
