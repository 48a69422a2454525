//! Files: whole or absent.

use super::exit::Exit;
use super::output;
use fleetfall::report::page::{self, Documents};
use fleetfall::report::{Report, events, first, json, manifest, tables};
use fleetfall::scenario::Study;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The only file that not every run has.
const BANDS: &str = "bands.csv";

/// Bytes of a file that fleetfall has written and reads again.
pub(super) const OWN_MAX: usize = 1 << 30;

/// A file: its name and its content.
pub(super) type Named = (&'static str, String);

/// Where the files of a command go: where the arguments say, or into a directory that is called
/// after the scenario and the command.
pub(super) fn directory(given: Option<&Path>, study: &Study, command: &str) -> PathBuf {
    let usual = || Path::new("output").join(format!("{}-{command}", study.scenario.name));
    given.map_or_else(usual, Path::to_path_buf)
}

/// The line that says where they are.
pub(super) fn told(directory: &Path) -> String {
    format!("files in {}\n", directory.display())
}

/// The text of a file that has so many bytes at most. A longer one is not read to its end, which
/// may never come.
///
/// # Errors
/// What is wrong with it; it is too long if that is [`ErrorKind::FileTooLarge`].
pub(super) fn read(path: &Path, most: usize) -> io::Result<String> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        let what = format!("it is longer than {} MiB", most >> 20);
        return Err(io::Error::new(ErrorKind::FileTooLarge, what));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is no UTF-8"))
}

/// Writes all files of a run into a directory.
///
/// # Errors
/// The exit after the failure has been shown.
pub(super) fn write(report: &Report, directory: &Path, no_report: bool) -> Result<(), Exit> {
    let mut files = files(report);
    add_page(&mut files, no_report);
    let contents: Vec<(&str, &[u8])> =
        files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let manifest = manifest::manifest(report, &contents);
    // Last, so that a manifest speaks of files that are there.
    files.push(("manifest.json", manifest));
    write_all(directory, &files, &[BANDS])
}

/// Writes the files of a study, with their page unless nobody wants it, as [`write_all`] does.
///
/// # Errors
/// The exit after the failure has been shown.
pub(super) fn write_study(
    directory: &Path,
    mut files: Vec<Named>,
    sometimes: &[&str],
    no_report: bool,
) -> Result<(), Exit> {
    add_page(&mut files, no_report);
    write_all(directory, &files, sometimes)
}

/// Adds the page of these files to them, unless nobody wants it. If there is a fault in it, that is
/// told and the other files are written all the same: hours of simulation may stand behind them.
fn add_page(files: &mut Vec<Named>, no_report: bool) {
    if no_report {
        return;
    }
    let mut documents = Documents::new();
    for (name, text) in files.iter().filter(|(name, _)| Documents::NAMES.contains(name)) {
        documents.add(name, text.as_str());
    }
    match page::page(&documents) {
        Ok(page) => files.push((page::NAME, page)),
        Err(error) => {
            output::complain(&format!(
                "failed to make `{}`, a fault of fleetfall; the other files are whole: {error}",
                page::NAME
            ));
        }
    }
}

/// Writes the files of a command into a directory. Those of the names in `sometimes` that are not
/// among them are removed, and so is a page: they are of an earlier run, and beside the files of
/// this one they would lie.
///
/// # Errors
/// The exit after the failure has been shown.
fn write_all(directory: &Path, files: &[Named], sometimes: &[&str]) -> Result<(), Exit> {
    create(directory)?;
    for stale in sometimes
        .iter()
        .chain([&page::NAME])
        .filter(|name| !files.iter().any(|(known, _)| known == *name))
    {
        remove(directory, stale)?;
    }
    files.iter().try_for_each(|(name, content)| put(directory, name, content))
}

/// Writes a file that was named in the arguments.
///
/// # Errors
/// The exit after the failure has been shown.
pub(super) fn write_to(path: &Path, content: &str) -> Result<(), Exit> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let Some(name) = name else {
        output::complain(&format!("`{}` is no name of a file", path.display()));
        return Err(Exit::Usage);
    };
    create(directory)?;
    put(directory, &name, content)
}

fn put(directory: &Path, name: &str, content: &str) -> Result<(), Exit> {
    let path = directory.join(name);
    replace(&path, content.as_bytes()).map_err(|error| failed(&path, &error))
}

/// Removes a file of an earlier run, if there is one.
fn remove(directory: &Path, name: &str) -> Result<(), Exit> {
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
fn files(report: &Report) -> Vec<Named> {
    let mut files = vec![
        ("timeline.csv", tables::timeline(report)),
        ("nodes.csv", tables::nodes(report)),
        ("events.csv", events::events(report)),
        ("lanes.csv", first::lanes(report)),
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
