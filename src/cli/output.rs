//! Standard output and standard error.

use super::exit::Exit;
use fleetfall::report::Palette;
use std::io::{self, ErrorKind, Write};

/// Prints on standard output; colour only where somebody sees it.
///
/// # Errors
/// The exit that follows: a reader who has gone away is no failure.
pub(super) fn print(text: &str) -> Result<Exit, Exit> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Exit::Well),
        Err(broken) => Err(failed(&broken)),
    }
}

/// The exit after standard output has failed.
pub(super) fn failed(error: &io::Error) -> Exit {
    if error.kind() == ErrorKind::BrokenPipe {
        return Exit::Well;
    }
    complain(&format!("failed to write to standard output: {error}"));
    Exit::Usage
}

/// Prints a line on standard error. If even that fails there is nobody left to tell.
pub(super) fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Prints an error on standard error.
pub(super) fn complain(message: &str) {
    let Palette { bold, bad, reset, .. } = Palette::COLOR;
    note(&format!("{bold}{bad}error{reset}: {message}"));
}

/// Prints below an error what may be done about it, as the problems of a scenario do.
pub(super) fn help(advice: &str) {
    let Palette { bold, reset, .. } = Palette::COLOR;
    note(&format!("  = {bold}help{reset}: {advice}"));
}
