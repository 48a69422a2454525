//! Files: whole or absent.

mod target;

pub(super) use target::Target;

use super::exit::Exit;
use super::{interrupt, output};
use fleetfall::report::page::{self, Documents};
use fleetfall::report::{Report, events, first, json, manifest, tables};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The only file that not every run has.
const BANDS: &str = "bands.csv";

/// Bytes of a file that fleetfall has written and reads again.
pub(super) const OWN_MAX: usize = 1 << 30;

/// A file: its name and its content.
pub(super) type Named = (&'static str, String);

/// The text of a file that has so many bytes at most. A longer one is not read to its end, which
/// may never come.
///
/// # Errors
/// What is wrong with it; it is too long if that is [`ErrorKind::FileTooLarge`].
pub(super) fn read(path: &Path, most: usize) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
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
pub(super) fn write(report: &Report, target: &Target, no_report: bool) -> Result<(), Exit> {
    let mut files = files(report);
    add_page(&mut files, no_report);
    let contents: Vec<(&str, &[u8])> =
        files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let manifest = manifest::manifest(report, &contents);
    // Last, so that a manifest speaks of files that are there.
    files.push(("manifest.json", manifest));
    write_all(target, &files, &[BANDS])
}

/// Writes the files of a study, with their page unless nobody wants it, as [`write_all`] does.
///
/// # Errors
/// The exit after the failure has been shown.
pub(super) fn write_study(
    target: &Target,
    mut files: Vec<Named>,
    sometimes: &[&str],
    no_report: bool,
) -> Result<(), Exit> {
    add_page(&mut files, no_report);
    write_all(target, &files, sometimes)
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

/// Writes the files of a command into a directory, all of them or none. Those of the names in
/// `sometimes` that are not among them are removed, and so is a page: they are of an earlier run,
/// and beside the files of this one they would lie.
///
/// # Errors
/// The exit after the failure has been shown.
fn write_all(target: &Target, files: &[Named], sometimes: &[&str]) -> Result<(), Exit> {
    let directory = target.path();
    interrupt::listen()?;
    create(directory)?;
    let files: Vec<(PathBuf, &str)> = files
        .iter()
        .map(|(name, content)| {
            debug_assert!(target::NAMES.contains(name), "`{name}` replaces what nobody looks at");
            (directory.join(name), content.as_str())
        })
        .collect();
    replace(&files)?;
    let mut stale = sometimes.iter().chain([&page::NAME]).map(|name| directory.join(name));
    stale.try_for_each(|path| match files.iter().any(|(written, _)| *written == path) {
        true => Ok(()),
        false => remove(&path),
    })
}

/// Writes a file of this name into a directory, and nowhere else: a link of the name is replaced.
///
/// # Errors
/// The exit after the failure has been shown.
pub(super) fn write_into(directory: &Path, name: &str, content: &str) -> Result<(), Exit> {
    interrupt::listen()?;
    create(directory)?;
    replace(&[(directory.join(name), content)])
}

/// Writes a file that was named in the arguments. A link to a file is kept, and the file replaced;
/// what is no file, as a terminal, takes the text as it comes.
///
/// # Errors
/// The exit after the failure has been shown.
pub(super) fn write_to(path: &Path, content: &str) -> Result<(), Exit> {
    interrupt::listen()?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if path.file_name().is_none() {
        output::complain(&format!("`{}` is no name of a file", path.display()));
        return Err(Exit::Usage);
    }
    create(directory.unwrap_or(Path::new(".")))?;
    if is_device(path) {
        let written = File::options().append(true).open(path);
        let written = written.and_then(|mut device| device.write_all(content.as_bytes()));
        return written.map_err(|error| failed(path, &error));
    }
    // Where a link leads nowhere, it is replaced.
    let is_link = path.symlink_metadata().is_ok_and(|found| found.is_symlink());
    let real = is_link.then(|| path.canonicalize().ok()).flatten();
    replace(&[(real.unwrap_or_else(|| path.to_path_buf()), content)])
}

/// Whether what is there is no plain file, or a name by which a process calls those it has open.
fn is_device(path: &Path) -> bool {
    let special = |found: fs::Metadata| !found.is_file() && !found.is_dir();
    let open = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"];
    let is_open = open.iter().any(|name| path.starts_with(name));
    fs::metadata(path).is_ok_and(|found| is_open || special(found))
}

/// Removes a file of an earlier run, if there is one.
fn remove(path: &Path) -> Result<(), Exit> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    fs::remove_file(path).map_err(|error| failed(path, &error))
}

fn create(directory: &Path) -> Result<(), Exit> {
    fs::create_dir_all(directory).map_err(|error| failed(directory, &error))
}

/// Says what could not be written.
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

/// Files that others write, piece by piece, and that are not whole yet. Locked while a file is put
/// in place.
static HALVES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn halves() -> MutexGuard<'static, Vec<PathBuf>> {
    HALVES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the program at once, but for the file that is being put in place; no half file is left.
pub(super) fn leave(exit: Exit) -> ! {
    let halves = halves();
    for half in halves.iter() {
        let _ = fs::remove_file(half);
        let _ = fs::remove_file(beside(half, "-journal"));
    }
    std::process::exit(i32::from(exit.code()));
}

/// A file that somebody writes piece by piece; it is removed unless it becomes whole.
#[cfg(feature = "store")]
#[derive(Debug)]
pub(super) struct Half(PathBuf);

#[cfg(feature = "store")]
impl Half {
    /// One that will stand at this path.
    pub(super) fn of(path: &Path) -> Half {
        let half = part(path);
        let mut all = halves();
        let _ = fs::remove_file(&half);
        all.push(half.clone());
        Half(half)
    }

    /// Where it stands until then.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Puts it in place, where nothing else may be.
    pub(super) fn finish(self, path: &Path) -> io::Result<()> {
        let whole = halves();
        if path.symlink_metadata().is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        fs::rename(&self.0, path)?;
        drop(whole);
        Ok(())
    }
}

#[cfg(feature = "store")]
impl Drop for Half {
    fn drop(&mut self) {
        let mut all = halves();
        let _ = fs::remove_file(&self.0);
        all.retain(|half| *half != self.0);
    }
}

/// Puts files in place: nobody sees half of one. What was there stays until all of them are on the
/// disk, so a disk that is full leaves everything as it was.
///
/// # Errors
/// The exit after the failure has been shown.
fn replace(files: &[(PathBuf, &str)]) -> Result<(), Exit> {
    let _whole = halves();
    let fill = |(path, content): &(PathBuf, &str)| {
        fill(&part(path), content.as_bytes()).map_err(|error| failed(path, &error))
    };
    let place = |(path, _): &(PathBuf, &str)| {
        fs::rename(part(path), path).map_err(|error| failed(path, &error))
    };
    let written = files.iter().try_for_each(fill).and_then(|()| files.iter().try_for_each(place));
    if written.is_err() {
        for (path, _) in files {
            // What cannot be written may not be removable either; the first error was told.
            let _ = fs::remove_file(part(path));
        }
    }
    written
}

/// Where a file stands until it is whole: beside its place, so that it can be moved there at once.
fn part(path: &Path) -> PathBuf {
    beside(path, &format!(".{}.part", std::process::id()))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(ending);
    path.with_file_name(name)
}

/// Writes a new file to the disk. What has its name is not written to, as it may be a link: it was
/// left by a process of the same number that was killed.
fn fill(part: &Path, content: &[u8]) -> io::Result<()> {
    let new = || File::options().write(true).create_new(true).open(part);
    let mut file = match new() {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(part)?;
            new()?
        }
        other => other?,
    };
    file.write_all(content)?;
    // Some disks say only now that they are full.
    file.sync_all()
}
