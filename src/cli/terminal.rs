//! What standard output is: how wide, in which colours and characters it shows what is printed.
//!
//! Columns are those of the variable `COLUMNS`, else those of the terminal, else
//! [`Screen::WIDTH`]. Lines and blocks that are no ASCII are shown on a terminal whose locale is
//! UTF-8, colours on a terminal unless somebody says otherwise; see [`choose_colors`].

use super::args::Colors;
use anstream::ColorChoice;
use fleetfall::report::{Palette, Screen};
use std::env;
use std::io::{IsTerminal, stdout};

/// Sets where colours are shown from now on, here and in the messages of the argument parser.
///
/// Where nobody chooses, that is on terminals, but for those called `dumb`, and not if `NO_COLOR`
/// is set.
pub(super) fn choose_colors(colors: Colors) {
    match colors {
        Colors::Auto => ColorChoice::Auto,
        Colors::Always => ColorChoice::Always,
        Colors::Never => ColorChoice::Never,
    }
    .write_global();
}

/// The colours that the arguments choose, looked up before anything else is known of them, since
/// messages about wrong arguments have colours too.
pub(super) fn chosen_colors(arguments: impl IntoIterator<Item = String>) -> Colors {
    let mut chosen = Colors::Auto;
    let mut arguments = arguments.into_iter().take_while(|argument| argument != "--");
    while let Some(argument) = arguments.next() {
        let value = match argument.strip_prefix("--color") {
            Some("") => arguments.next(),
            Some(rest) => rest.strip_prefix('=').map(str::to_string),
            None => None,
        };
        let known = value.and_then(|value| Colors::named(&value));
        chosen = known.unwrap_or(chosen);
    }
    chosen
}

/// What standard output shows. Marks that it does not show are taken out when it is printed.
pub(super) fn screen() -> Screen {
    let of = |name: &str| env::var(name).ok();
    let is_terminal = stdout().is_terminal();
    let own = || terminal_size::terminal_size_of(stdout()).map(|(width, _)| usize::from(width.0));
    let columns = of("COLUMNS").and_then(|columns| columns.trim().parse().ok());
    let width = columns.or_else(own).filter(|width| *width > 0).unwrap_or(Screen::WIDTH);
    let unicode = is_terminal && of("TERM").is_none_or(|term| term != "dumb") && is_utf8(of);
    Screen { width, unicode, palette: Palette::COLOR }
}

/// Whether texts are UTF-8 in the locale: the first of these variables that is not empty decides.
fn is_utf8(of: impl Fn(&str) -> Option<String>) -> bool {
    let variables = ["LC_ALL", "LC_CTYPE", "LANG"];
    let locale = variables.into_iter().filter_map(of).find(|locale| !locale.is_empty());
    let locale = locale.unwrap_or_default().to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_found_among_arguments_that_may_be_wrong() {
        let chosen = |line: &str| chosen_colors(line.split(' ').map(str::to_string));
        assert_eq!(chosen("fleetfall run shop.toml"), Colors::Auto);
        assert_eq!(chosen("fleetfall --color always rnu shop.toml"), Colors::Always);
        assert_eq!(chosen("fleetfall rnu --color=never"), Colors::Never);
        assert_eq!(chosen("fleetfall --color=never run --color always"), Colors::Always);
        assert_eq!(chosen("fleetfall --color red --colors=never"), Colors::Auto);
        assert_eq!(chosen("fleetfall run -- --color=never"), Colors::Auto);
        assert_eq!(chosen("fleetfall run --color"), Colors::Auto);
    }

    #[test]
    fn the_first_variable_of_the_locale_that_says_something_decides() {
        let locale = |all: [&str; 3]| {
            is_utf8(|name| {
                let at = ["LC_ALL", "LC_CTYPE", "LANG"].iter().position(|one| *one == name)?;
                Some(all[at].to_string())
            })
        };
        assert!(locale(["", "", "en_GB.UTF-8"]) && locale(["C.utf8", "C", "C"]));
        assert!(!locale(["C", "", "en_GB.UTF-8"]) && !locale(["", "", "de_DE.ISO-8859-1"]));
        assert!(!is_utf8(|_| None));
    }
}
