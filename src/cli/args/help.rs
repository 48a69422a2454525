//! How help is laid out: commands in groups, options under headings, examples below.

use super::{Arguments, examples};
use clap::{Arg, Command, CommandFactory};

/// The commands in the order in which they are met. One that is in no group comes last.
const GROUPS: &[(&str, &[&str])] = &[
    ("To begin", &["run", "list", "show", "init", "explain", "trace"]),
    (
        "To decide",
        &["check", "compare", "causes", "plan", "sweep", "sensitivity", "report", "merge"],
    ),
    ("To look up and to install", &["reference", "schema", "completions", "man"]),
];
const OTHERS: &str = "More";

/// Headings over options that several commands have.
const HEADINGS: &[(&str, &[&str])] = &[
    ("What is simulated", &["seed", "with", "set", "data", "replications", "release", "growth"]),
    ("How", &["threads", "store", "shard"]),
    ("Limits", &["dry_run", "large", "max_events", "max_memory", "time_limit"]),
    ("What comes out", &["format", "out", "no_report", "junit", "annotations", "save_baseline"]),
];

/// Everything that can be typed, with its help.
pub(in crate::cli) fn command() -> Command {
    let command = Arguments::command();
    let names: Vec<String> =
        command.get_subcommands().map(|one| one.get_name().to_string()).collect();
    let command =
        names.iter().fold(command, |command, name| command.mut_subcommand(name, laid_out));
    let template = template(&command);
    command.help_template(template)
}

fn laid_out(command: Command) -> Command {
    let examples = below(&command);
    let short = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let long = command.get_after_long_help().map(ToString::to_string);
    let command = command.after_help(format!("{examples}{short}")).mut_args(under_heading);
    match long {
        Some(long) => command.after_long_help(format!("{examples}{long}")),
        None => command,
    }
}

/// The examples of a command.
fn below(command: &Command) -> String {
    let header = command.get_styles().get_header();
    let mut text = format!("{header}Examples:{header:#}\n");
    for (line, what) in examples::of(command.get_name()) {
        text += &format!("  {line}\n      {what}\n");
    }
    text + "\n"
}

fn under_heading(arg: Arg) -> Arg {
    let id = arg.get_id().as_str();
    match HEADINGS.iter().find(|(_, ids)| ids.contains(&id)) {
        Some((heading, _)) if arg.get_help_heading().is_none() => arg.help_heading(*heading),
        _ => arg,
    }
}

/// The help of the program, with its commands in groups.
fn template(command: &Command) -> String {
    let header = command.get_styles().get_header();
    let grouped = |name: &str| GROUPS.iter().any(|(_, names)| names.contains(&name));
    let all = command.get_subcommands().map(Command::get_name);
    let others: Vec<&str> = all.filter(|name| !grouped(name)).collect();
    let mut text = String::from("{about-with-newline}\n{usage-heading} {usage}\n");
    for (heading, names) in GROUPS.iter().copied().chain([(OTHERS, &others[..])]) {
        let lines: String =
            names.iter().filter_map(|name| command.find_subcommand(name)).map(line).collect();
        if !lines.is_empty() {
            text += &format!("\n{header}{heading}:{header:#}\n{lines}");
        }
    }
    text + &format!("\n{header}Options:{header:#}\n{{options}}{{after-help}}")
}

fn line(command: &Command) -> String {
    let literal = command.get_styles().get_literal();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    format!("  {literal}{:11}{literal:#}  {about}\n", command.get_name())
}
