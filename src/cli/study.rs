//! Reading a scenario, from a file or from those that are built in.

use super::args::Common;
use super::exit::Exit;
use super::{files, output};
use fleetfall::fleet::load::recorded::ReadAt;
use fleetfall::scenario::limits::TEXT_MAX;
use fleetfall::scenario::text::diagnostic::nearest;
use fleetfall::scenario::{Builtin, Files, Problems, Study};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads the scenario, with these patches and the assignments of the arguments.
///
/// # Errors
/// The exit after every problem has been shown.
pub(super) fn load(common: &Common, with: &[String]) -> Result<Study, Exit> {
    let name = common.file.display().to_string();
    let text = text(&common.file)?;
    let beside = || common.file.parent().map(Path::to_path_buf).unwrap_or_default();
    let folder = common.data.clone().unwrap_or_else(beside);
    let files = Files::opened_by(move |name| open(&folder, name));
    Study::load_with(&name, &text, with, &common.set, files).map_err(|problems| show(&problems))
}

/// The text of a scenario: that of the file, or, if nothing is there, of the built-in scenario of
/// that name.
fn text(file: &Path) -> Result<String, Exit> {
    let error = match files::read(file, TEXT_MAX) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let is_missing = error.kind() == ErrorKind::NotFound;
    let builtin = file.to_str().and_then(Builtin::named).filter(|_| is_missing);
    if let Some(builtin) = builtin {
        return Ok(builtin.text.to_string());
    }
    output::complain(&format!("failed to read `{}`: {error}", file.display()));
    if is_missing {
        // Whoever types `scenarios/pinpoint-2021.toml` elsewhere means the built-in one too.
        let name = file.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
        help_with_builtin(&name);
    }
    Err(Exit::Usage)
}

/// What to type instead of `name`, which stands for no scenario.
pub(super) fn help_with_builtin(name: &str) {
    let names = Builtin::names();
    let part = || names.iter().copied().find(|known| !name.is_empty() && known.contains(name));
    if let Some(best) = nearest(name, &names).or_else(part) {
        output::help(&format!("did you mean the built-in scenario `{best}`?"));
    }
    output::help("`fleetfall list` shows the built-in scenarios");
}

/// A file that stays open for as long as somebody reads it.
#[derive(Debug)]
struct Opened(File);

impl ReadAt for Opened {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize, String> {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(&self.0, into, offset);
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(&self.0, into, offset);
        read.map_err(|error| error.to_string())
    }
}

/// Opens a file that a scenario names.
fn open(folder: &Path, name: &str) -> Result<Arc<dyn ReadAt>, String> {
    let path: PathBuf = folder.join(name);
    let failed = |why: String| {
        format!("failed to open `{}`: {why}; `--data` says in which folder to look", path.display())
    };
    // What cannot be read twice cannot be simulated twice; opening it may wait for a writer.
    match std::fs::metadata(&path) {
        Ok(metadata) if !metadata.is_file() => {
            return Err(failed("it is no plain file".to_string()));
        }
        Ok(_) => {}
        Err(error) => return Err(failed(error.to_string())),
    }
    let file = File::open(&path).map_err(|error| failed(error.to_string()))?;
    Ok(Arc::new(Opened(file)))
}

/// Shows the problems of a scenario.
pub(super) fn show(problems: &Problems) -> Exit {
    let text = problems.render(true);
    output::note(text.trim_end_matches('\n'));
    Exit::Usage
}
