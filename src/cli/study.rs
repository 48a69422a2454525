//! Reading a scenario file.

use super::args::Common;
use super::exit::Exit;
use super::output;
use fleetfall::fleet::load::recorded::ReadAt;
use fleetfall::scenario::{Files, Problems, Study};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads the scenario, with these patches and the assignments of the arguments.
///
/// # Errors
/// The exit after every problem has been shown.
pub(super) fn load(common: &Common, with: &[String]) -> Result<Study, Exit> {
    let name = common.file.display().to_string();
    let text = std::fs::read_to_string(&common.file).map_err(|error| {
        output::complain(&format!("failed to read `{name}`: {error}"));
        Exit::Usage
    })?;
    let beside = || common.file.parent().map(Path::to_path_buf).unwrap_or_default();
    let folder = common.data.clone().unwrap_or_else(beside);
    let files = Files::opened_by(move |name| open(&folder, name));
    Study::load_with(&name, &text, with, &common.set, files).map_err(|problems| show(&problems))
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
    let file = File::open(&path).map_err(|error| failed(error.to_string()))?;
    match file.metadata() {
        // What cannot be read twice cannot be simulated twice.
        Ok(metadata) if !metadata.is_file() => Err(failed("it is no plain file".to_string())),
        Ok(_) => Ok(Arc::new(Opened(file))),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Shows the problems of a scenario.
pub(super) fn show(problems: &Problems) -> Exit {
    let text = problems.render(true);
    let text = if text.ends_with('\n') { text } else { text + "\n" };
    let _ = anstream::stderr().write_all(text.as_bytes());
    Exit::Usage
}
