//! The commands to begin with: the bare `fleetfall`, `list`, `show` and `explain`.

use super::args::{Explain, Format, List, Show};
use super::exit::Exit;
use super::{output, study};
use fleetfall::report::{Palette, builtin, explain as explanation};
use fleetfall::scenario::Builtin;
use fleetfall::scenario::text::diagnostic::quoted;

/// What is said to somebody who types the name of the program alone.
const WELCOME: &str = "\
fleetfall simulates a fleet of web nodes request by request: how it fails when
its processes restart, how long it stays down, and what would have helped.

  fleetfall run pinpoint-2021     tells the story of a real outage
  fleetfall list                  lists the built-in scenarios
  fleetfall init                  writes a scenario of your own to begin with
  fleetfall explain nodes.count   explains a key of a scenario, or a result

Begin with `fleetfall run pinpoint-2021`. All commands: `fleetfall --help`.
";

/// Says what it is and what to type.
///
/// # Errors
/// The exit if standard output has failed.
pub(super) fn welcome() -> Result<Exit, Exit> {
    output::print(WELCOME)
}

/// Lists the built-in scenarios.
///
/// # Errors
/// The exit if standard output has failed.
pub(super) fn list(arguments: &List) -> Result<Exit, Exit> {
    output::print(&match arguments.format {
        Format::Human => builtin::human(&Palette::COLOR),
        Format::Json => builtin::json(),
    })
}

/// Prints the text of a built-in scenario.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn show(arguments: &Show) -> Result<Exit, Exit> {
    let Show { name } = arguments;
    if let Some(builtin) = Builtin::named(name) {
        return output::print(builtin.text);
    }
    output::complain(&format!("there is no built-in scenario `{name}`"));
    study::help_with_builtin(name);
    Err(Exit::Usage)
}

/// Explains a key or a result.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn explain(arguments: &Explain) -> Result<Exit, Exit> {
    match explanation::explain(&arguments.key, &Palette::COLOR) {
        Ok(text) => output::print(&text),
        Err((problem, near)) => {
            output::complain(&problem);
            let near: Vec<&str> = near.iter().map(String::as_str).collect();
            match near[..] {
                [] => {}
                [only] => output::help(&format!("did you mean `{only}`?")),
                _ => output::help(&format!("did you mean one of {}?", quoted(&near))),
            }
            output::help("`fleetfall reference` prints all keys and results");
            Err(Exit::Usage)
        }
    }
}
