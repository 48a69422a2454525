//! Help as it is seen, and what it shows by example. `UPDATE_EXPECT=1` blesses.

use super::{args, parse};
use clap::Command;
use expect_test::expect_file;
use std::ffi::OsString;

/// Everything that can be typed, on a terminal of 80 columns.
fn program() -> Command {
    let mut program = args::command().term_width(80);
    program.build();
    program
}

fn commands(program: &Command) -> Vec<Command> {
    program.get_subcommands().filter(|one| one.get_name() != "help").cloned().collect()
}

#[test]
fn the_program_and_every_command_have_help() {
    let mut program = program();
    expect_file!["tests/help/fleetfall.txt"].assert_eq(&program.render_long_help().to_string());
    for mut command in commands(&program) {
        let file = format!("tests/help/{}.txt", command.get_name());
        expect_file![file].assert_eq(&command.render_long_help().to_string());
    }
}

#[test]
fn every_line_of_the_list_of_commands_fits() {
    let help = program().render_help().to_string();
    for command in commands(&program()) {
        let name = command.get_name();
        let line = help.lines().find(|line| line.starts_with(&format!("  {name} ")));
        let line = line.unwrap_or_else(|| panic!("{name} is not listed:\n{help}"));
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(!about.is_empty() && line.ends_with(&about), "{line}");
        assert!(line.chars().count() <= 80, "{line}");
    }
}

/// The examples are commands of a shell: what follows `>` or `|` is not for fleetfall.
#[test]
fn every_command_has_an_example_and_every_example_is_one() {
    let examples = args::EXAMPLES;
    let program = program();
    for command in commands(&program) {
        let name = command.get_name();
        let own = examples.iter().find(|(other, _)| *other == name);
        let (_, lines) = own.unwrap_or_else(|| panic!("{name} has no example"));
        assert!(!lines.is_empty(), "{name} has no example");
        for (line, about) in *lines {
            assert!(!about.is_empty(), "{line}");
            let typed = line.split(['>', '|']).next().unwrap_or_default();
            let words: Vec<OsString> = typed.split_whitespace().map(OsString::from).collect();
            assert!(line.starts_with(&format!("fleetfall {name}")), "{line}");
            if let Err(error) = parse(words) {
                panic!("{line}: {error}");
            }
        }
    }
    for (name, _) in examples {
        // Without the feature `store` there is no `merge`.
        assert!(program.find_subcommand(name).is_some() || *name == "merge", "there is no {name}");
    }
}
