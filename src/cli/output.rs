//! Standard output and standard error.

use super::exit::Exit;
use fleetfall::report::Palette;
use fleetfall::scenario::text::diagnostic::printable;
use std::borrow::Cow;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Prints on standard output; colour only where somebody sees it. A reader who has gone away is no
/// failure and changes nothing else: the files are written, and the exit says what came out.
///
/// # Errors
/// The exit after any other failure has been shown.
pub(super) fn print(text: &str) -> Result<Exit, Exit> {
    // A document is as it is in its file.
    let is_document = text.starts_with(['{', '[']);
    print_raw(&if is_document { Cow::Borrowed(text) } else { inert(text) })
}

/// Prints lines that are commands to a build server.
///
/// # Errors
/// As of [`print`].
pub(super) fn command(lines: &str) -> Result<Exit, Exit> {
    print_raw(lines)
}

fn print_raw(text: &str) -> Result<Exit, Exit> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Exit::Well),
        Err(broken) if broken.kind() == ErrorKind::BrokenPipe => Ok(Exit::Well),
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
    command_aside(&inert(text));
}

/// The same for lines that are commands to a build server.
pub(super) fn command_aside(lines: &str) {
    let _ = writeln!(anstream::stderr(), "{lines}");
}

/// What begins a command to a build server that reads what is printed: GitHub's at the start of a
/// line, the others anywhere. What a scenario says must not.
const COMMANDS: [&str; 3] = ["##[", "##vso[", "##teamcity["];

/// Text that is no command to anybody.
fn inert(text: &str) -> Cow<'_, str> {
    let is_command = |line: &str| {
        let mut line = line.trim_start();
        // Colours are taken out where no terminal is.
        while let Some((_, rest)) =
            line.strip_prefix('\x1b').and_then(|style| style.split_once('m'))
        {
            line = rest.trim_start();
        }
        line.starts_with("::")
    };
    if !COMMANDS.iter().any(|start| text.contains(start)) && !text.lines().any(is_command) {
        return Cow::Borrowed(text);
    }
    let lines = text.split_inclusive('\n').map(|line| match is_command(line) {
        true => line.replacen("::", ": :", 1),
        false => line.to_string(),
    });
    let inert = COMMANDS.iter().fold(lines.collect::<String>(), |text, start| {
        text.replace(start, &format!("# {}", &start[1..]))
    });
    Cow::Owned(inert)
}

/// Prints an error on standard error.
pub(super) fn complain(message: &str) {
    let Palette { bold, bad, reset, .. } = Palette::COLOR;
    note(&format!("{bold}{bad}error{reset}: {}", plain(message)));
}

/// Prints below an error what may be done about it, as the problems of a scenario do.
pub(super) fn help(advice: &str) {
    let Palette { bold, reset, .. } = Palette::COLOR;
    note(&format!("  = {bold}help{reset}: {}", plain(advice)));
}

/// Lines that say nothing to a terminal beside their letters, whoever wrote them.
pub(super) fn plain(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// A path as it is shown.
pub(super) fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn nothing_that_is_told_is_a_command() {
        let cases = [
            ("plain ::text:: # [x]\n", "plain ::text:: # [x]\n"),
            ("a\n  ::error::x\nb\n", "a\n  : :error::x\nb\n"),
            ("\x1b[1m ::error::x\x1b[0m\n", "\x1b[1m : :error::x\x1b[0m\n"),
            ("a ##vso[task.x]y", "a # #vso[task.x]y"),
            ("##[error]x", "# #[error]x"),
        ];
        for (text, told) in cases {
            assert_eq!(inert(text), told);
        }
    }
}
