//! `fleetfall check`.

mod baseline;
mod decide;

use super::args::{Annotations, Check as Arguments, Common, Format};
use super::exit::Exit;
use super::{files, junit, output, study, terminal};
use fleetfall::experiment::Verdict;
use fleetfall::experiment::baseline::Stored;
use fleetfall::report::cases::{self, Case};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A scenario that was checked, or could not be.
#[derive(Debug)]
pub(super) struct Checked {
    /// Its file.
    pub(super) file: String,
    /// How checking it alone would end.
    pub(super) exit: Exit,
    /// Its claims; none if it could not be checked.
    pub(super) cases: Vec<Case>,
    /// The name of its scenario and what may be kept of its results, if they were made.
    stored: Option<(String, Stored)>,
    /// The JSON document.
    json: String,
}

impl Checked {
    /// Whether it could not be checked.
    pub(super) fn is_broken(&self) -> bool {
        match self.exit {
            Exit::Usage | Exit::Bug => true,
            Exit::Limit | Exit::Interrupted => self.cases.is_empty(),
            Exit::Well | Exit::Claims => false,
        }
    }

    /// What did not pass, in the form that marks lines.
    fn annotations(&self) -> String {
        let broken = self.is_broken().then(|| cases::github_broken(&self.file));
        broken.unwrap_or_default() + &cases::github(&self.cases)
    }

    fn row(&self) -> [String; 3] {
        let count = |verdict| self.cases.iter().filter(|case| case.verdict == verdict).count();
        let [pass, undecided, fail] = [Verdict::Pass, Verdict::Undecided, Verdict::Fail].map(count);
        let verdict = match self.exit {
            Exit::Well => "pass",
            Exit::Claims if fail > 0 => "fail",
            Exit::Claims => "undecided",
            Exit::Usage => "could not be checked",
            Exit::Bug => "fault",
            Exit::Limit => "ended by a limit",
            Exit::Interrupted => "interrupted",
        };
        let counts = format!("{pass} pass, {undecided} undecided, {fail} fail");
        [self.file.clone(), verdict.to_string(), counts]
    }
}

/// Validates scenarios and decides their claims.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn check(arguments: &Arguments) -> Result<Exit, Exit> {
    let files = scenarios(arguments)?;
    if arguments.resolved && files.len() > 1 {
        output::complain("`--resolved` prints one scenario: name one file");
        return Err(Exit::Usage);
    }
    let kept = arguments.baseline.as_deref().map(baseline::read).transpose()?;
    let (mut all, mut dry) = (Vec::new(), Vec::new());
    let many = files.len() > 1;
    for file in files {
        let shown = output::shown(&file);
        let common = Common { file, ..arguments.common.clone() };
        let one = Arguments { common, more: Vec::new(), ..arguments.clone() };
        if arguments.resolved {
            let study = study::load(&one.common, &one.common.with)?;
            return output::print(&study.resolved());
        }
        if one.common.limits.dry_run {
            dry.push(decide::scenario(&one, None, many).map_or_else(|exit| exit, |one| one.exit));
            continue;
        }
        // What is wrong with one scenario was shown, and keeps nobody from the others.
        let checked = decide::scenario(&one, kept.as_ref(), many).unwrap_or_else(|exit| Checked {
            file: shown,
            exit,
            cases: Vec::new(),
            stored: None,
            json: "null".to_string(),
        });
        let stop = matches!(checked.exit, Exit::Interrupted | Exit::Limit);
        all.push(checked);
        if stop {
            break;
        }
    }
    if !dry.is_empty() {
        return Ok(gravest(dry));
    }
    if let Some(kept) = &kept {
        baseline::tell_missing(kept, &all);
    }
    conclude(arguments, &all)
}

/// The files of the arguments; of a directory those in it and below, by name.
fn scenarios(arguments: &Arguments) -> Result<Vec<PathBuf>, Exit> {
    let mut files = Vec::new();
    for path in std::iter::once(&arguments.common.file).chain(&arguments.more) {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        collect(path, &mut files).map_err(|error| {
            output::complain(&format!("failed to read `{}`: {error}", path.display()));
            Exit::Usage
        })?;
        files[before..].sort();
        if files.len() == before {
            output::complain(&format!("there is no TOML file in `{}`", path.display()));
            return Err(Exit::Usage);
        }
    }
    // A file that is named twice, or by its folder as well, is checked once.
    let mut seen = BTreeSet::new();
    files.retain(|file| seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())));
    Ok(files)
}

/// Links to folders are not followed: they may lead back.
fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            collect(&path, files)?;
        } else if path.is_file() && path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    Ok(())
}

/// What is said of all scenarios together; the exit is the gravest of theirs.
fn conclude(arguments: &Arguments, all: &[Checked]) -> Result<Exit, Exit> {
    let is_json = arguments.common.format == Format::Json;
    match all {
        [one] if is_json && !one.is_broken() => output::print(&one.json)?,
        [_] => Exit::Well,
        _ if is_json => {
            let documents: Vec<&str> = all.iter().map(|one| one.json.trim_end()).collect();
            output::print(&format!("[\n{}\n]\n", documents.join(",\n")))?
        }
        _ => {
            let rows: Vec<[String; 3]> = all.iter().map(Checked::row).collect();
            output::print(&format!("\nAll scenarios\n{}", terminal::screen().table(&rows)))?
        }
    };
    if arguments.annotations == Some(Annotations::Github) {
        let lines: String = all.iter().map(Checked::annotations).collect();
        // Standard output belongs to the document, if there is one; both are read.
        if is_json {
            output::command_aside(lines.trim_end());
        } else {
            output::command(&lines)?;
        }
    }
    if let Some(path) = &arguments.junit {
        files::write_to(path, &junit::document(all)?)?;
    }
    if let Some(path) = &arguments.save_baseline {
        baseline::save(path, all)?;
    }
    Ok(gravest(all.iter().map(|one| one.exit)))
}

/// The gravest of some exits.
fn gravest(all: impl IntoIterator<Item = Exit>) -> Exit {
    all.into_iter().max_by_key(|exit| exit.code()).unwrap_or(Exit::Well)
}
