//! The command line: what was typed becomes library calls, and what comes out becomes bytes. Only
//! here is anything printed, read, written, timed or ended.

mod args;
mod begin;
mod causes;
mod check;
mod compare;
mod exit;
mod files;
mod guard;
mod init;
mod interrupt;
mod junit;
mod manual;
mod need;
mod output;
mod plan;
mod progress;
mod replicas;
mod report;
mod run;
mod sensitivity;
#[cfg(feature = "store")]
mod store;
mod study;
mod sweep;
mod terminal;
mod trace;

use args::{Arguments, Command};
use clap::FromArgMatches;
use exit::Exit;
use fleetfall::report::reference;
use std::ffi::OsString;
use std::process::ExitCode;

/// Does what the arguments say.
pub(crate) fn main() -> ExitCode {
    guard::begin();
    let arguments = match parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(error) => {
            let typed = std::env::args_os().map(|typed| typed.to_string_lossy().into_owned());
            terminal::choose_colors(terminal::chosen_colors(typed));
            // Help and version are no errors; both kinds know where they are printed.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Well };
            return match error.print() {
                Ok(()) => exit.into(),
                Err(broken) => output::failed(&broken).into(),
            };
        }
    };
    terminal::choose_colors(arguments.color);
    let Some(command) = arguments.command else {
        return begin::welcome().unwrap_or_else(|exit| exit).into();
    };
    let exit = match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Trace(arguments) => trace::trace(&arguments),
        Command::List(arguments) => begin::list(&arguments),
        Command::Show(arguments) => begin::show(&arguments),
        Command::Init(arguments) => init::init(&arguments),
        Command::Explain(arguments) => begin::explain(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::Causes(arguments) => causes::causes(&arguments),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Sweep(arguments) => sweep::sweep(&arguments),
        Command::Sensitivity(arguments) => sensitivity::sensitivity(&arguments),
        Command::Plan(arguments) => plan::plan(&arguments),
        #[cfg(feature = "store")]
        Command::Merge(arguments) => store::merge(&arguments),
        Command::Report(arguments) => report::report(&arguments),
        Command::Reference => output::print(&reference::page()),
        Command::Schema => output::print(&reference::schema()),
        Command::Completions(arguments) => manual::completions(&arguments),
        Command::Man(arguments) => manual::pages(&arguments),
    };
    exit.unwrap_or_else(|exit| exit).into()
}

/// What was typed, the name of the program in front.
fn parse(typed: impl IntoIterator<Item = OsString>) -> Result<Arguments, clap::Error> {
    let mut command = args::command();
    let matches = command.try_get_matches_from_mut(typed)?;
    Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

#[cfg(test)]
mod tests;
