//! Reading a scenario file.

use super::args::Common;
use super::exit::Exit;
use super::output;
use fleetfall::scenario::{Problems, Study};
use std::io::Write;

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
    Study::load(&name, &text, with, &common.set).map_err(|problems| show(&problems))
}

/// Shows the problems of a scenario.
pub(super) fn show(problems: &Problems) -> Exit {
    let text = problems.render(true);
    let text = if text.ends_with('\n') { text } else { text + "\n" };
    let _ = anstream::stderr().write_all(text.as_bytes());
    Exit::Usage
}
