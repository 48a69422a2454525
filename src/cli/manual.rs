//! `fleetfall completions` and `fleetfall man`, made from what can be typed.

use super::args::{self, Completions, Man};
use super::exit::Exit;
use super::{files, output};
use clap::Command;
use clap_mangen::Man as Page;

/// Prints what makes a shell complete commands and options.
///
/// # Errors
/// The exit if standard output has failed.
pub(super) fn completions(arguments: &Completions) -> Result<Exit, Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut args::command(), "fleetfall", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}

/// Prints the manual page of the program, or writes those of all commands.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn pages(arguments: &Man) -> Result<Exit, Exit> {
    let mut program = args::command().disable_help_subcommand(true);
    // Gives every command its whole name.
    program.build();
    let Some(directory) = &arguments.directory else {
        return output::print(&page(program).1);
    };
    let commands: Vec<Command> = program.get_subcommands().cloned().collect();
    let all: Vec<(String, String)> = commands.into_iter().chain([program]).map(page).collect();
    for (name, text) in &all {
        files::write_into(directory, name, text)?;
    }
    let (count, directory) = (all.len(), output::shown(directory));
    output::print(&format!("{count} pages are written to {directory}\n"))
}

/// The name of a page's file, and its text.
fn page(command: Command) -> (String, String) {
    let page = Page::new(command);
    let mut text = Vec::new();
    // A list of bytes takes whatever is written.
    page.render(&mut text).expect("there is memory for a page");
    (page.get_filename(), String::from_utf8_lossy(&text).into_owned())
}
