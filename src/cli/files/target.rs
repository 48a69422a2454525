//! The directory of a command's files, and whether they may be written there.
//!
//! A directory belongs to the scenario whose name its documents bear: results of the same scenario
//! are replaced, those of another one are not, nor is any file that fleetfall has not written. All
//! this is looked at before anything is simulated.

use super::super::exit::Exit;
use super::super::output;
use fleetfall::report::page;
use fleetfall::scenario::Study;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Every name that a file of a command may have.
pub(super) const NAMES: &[&str] = &[
    "manifest.json",
    "summary.json",
    "check.json",
    "compare.json",
    "causes.json",
    "plan.json",
    "sensitivity.json",
    "sweep.json",
    "scenario.toml",
    "timeline.csv",
    "nodes.csv",
    "events.csv",
    "lanes.csv",
    "replications.csv",
    "bands.csv",
    "hypercube.csv",
    "compare.csv",
    "one-at-a-time.csv",
    "all-together.csv",
    "points.csv",
    "sweep.csv",
    "load.svg",
    "failures.svg",
    "nodes.svg",
    "forest.svg",
    "pareto.svg",
    "plan.svg",
    "sweep.svg",
    "tornado.svg",
    page::NAME,
];

/// What every document of results says of itself.
#[derive(Deserialize)]
struct Owned {
    scenario: String,
    #[serde(rename = "fleetfall")]
    _version: String,
}

/// A directory for the files of one command about one scenario.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Target {
    directory: PathBuf,
    scenario: String,
    /// The directory that it must not lead out of, where nobody named itself.
    below: Option<PathBuf>,
}

/// What is in the way, and what may be done about it.
struct Refused {
    why: String,
    help: &'static str,
}

/// A directory in which something else is.
fn taken(why: impl Into<String>) -> Refused {
    Refused { why: why.into(), help: "name another directory with `--out`" }
}

impl Target {
    /// The directory that the arguments name, or one that is called after the scenario and the
    /// command.
    pub(in crate::cli) fn new(given: Option<&Path>, study: &Study, command: &str) -> Target {
        let scenario = study.scenario.name.clone();
        let usual = Path::new("output");
        match given {
            Some(directory) => Target { directory: directory.to_path_buf(), scenario, below: None },
            None if command == "run" => Target::below(usual, &scenario, study),
            None => Target::below(usual, &format!("{scenario}-{command}"), study),
        }
    }

    /// The directory of this name below another one.
    pub(in crate::cli) fn below(folder: &Path, name: &str, study: &Study) -> Target {
        let (directory, below) = (folder.join(name), Some(folder.to_path_buf()));
        Target { directory, scenario: study.scenario.name.clone(), below }
    }

    /// The directory.
    pub(in crate::cli) fn path(&self) -> &Path {
        &self.directory
    }

    /// The line that says where the files are.
    pub(in crate::cli) fn told(&self) -> String {
        format!("files in {}\n", output::shown(&self.directory))
    }

    /// Looks whether the files may be written, unless none will be.
    ///
    /// # Errors
    /// The exit after it has been said why not.
    pub(in crate::cli) fn check(&self, idle: bool) -> Result<(), Exit> {
        if idle {
            return Ok(());
        }
        let looked = self.is_no_link().and_then(|()| {
            self.try_out().map_err(|error| taken(error.to_string()))?;
            self.is_own()?;
            self.is_first()
        });
        looked.map_err(|Refused { why, help }| {
            output::complain(&format!(
                "`{}` cannot be written to: {why}",
                self.directory.display()
            ));
            output::help(help);
            Exit::Usage
        })
    }

    /// Nothing that is called after a scenario leads anywhere else.
    fn is_no_link(&self) -> Result<(), Refused> {
        let is_link = self.directory.symlink_metadata().is_ok_and(|found| found.is_symlink());
        match &self.below {
            Some(folder) if is_link => Err(Refused {
                why: format!("it is a link, which may lead out of `{}`", folder.display()),
                help: "remove the link, or name the directory with `--out`",
            }),
            _ => Ok(()),
        }
    }

    /// What is overwritten is an earlier result of the same scenario.
    fn is_own(&self) -> Result<(), Refused> {
        let (mut is_own, mut foreign) = (false, None);
        for &name in NAMES {
            let path = self.directory.join(name);
            // A link to a file is replaced, and what it leads to stays.
            match path.symlink_metadata() {
                Err(_) => continue,
                Ok(found) if found.is_dir() => {
                    return Err(taken(format!("`{name}` in it is a directory")));
                }
                Ok(_) => {}
            }
            match owner(&path).filter(|_| name.ends_with(".json")) {
                Some(owner) if owner == self.scenario => is_own = true,
                Some(owner) => {
                    return Err(taken(format!("it holds the results of scenario `{owner}`")));
                }
                None => foreign = foreign.or(Some(name)),
            }
        }
        match foreign {
            Some(name) if !is_own => {
                Err(taken(format!("`{name}` is there, and nothing says that a run wrote it")))
            }
            _ => Ok(()),
        }
    }

    /// Of several files with scenarios of one name the later ones would replace the first.
    fn is_first(&self) -> Result<(), Refused> {
        static TAKEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
        let mut all = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        if all.insert(self.directory.clone()) {
            return Ok(());
        }
        let scenario = &self.scenario;
        Err(taken(format!("another of these files has a scenario called `{scenario}` too")))
    }

    /// Tries whether a file can be made here, or the directory if it is not there yet.
    fn try_out(&self) -> io::Result<()> {
        let exists = |path: &&Path| path.symlink_metadata().is_ok();
        let here = Path::new(".");
        let named = |path: &'_ Path| path.as_os_str().is_empty();
        let folder = self.directory.ancestors().find(|path| named(path) || exists(path));
        let folder = folder.filter(|path| !named(path)).unwrap_or(here);
        if !folder.is_dir() {
            return Err(io::Error::new(ErrorKind::NotADirectory, "it is no directory"));
        }
        let part = super::part(&folder.join("fleetfall"));
        File::options().write(true).create_new(true).open(&part)?;
        fs::remove_file(&part)
    }
}

/// The scenario whose results a document holds, if it is one.
fn owner(path: &Path) -> Option<String> {
    let text = fs::read(path).ok()?;
    serde_json::from_slice::<Owned>(&text).ok().map(|owned| owned.scenario)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fleetfall::report::page::Documents;

    #[test]
    fn every_file_that_a_page_is_made_from_is_known() {
        assert!(Documents::NAMES.iter().all(|name| NAMES.contains(name)));
    }
}
