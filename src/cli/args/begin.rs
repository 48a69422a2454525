//! Arguments of the commands to begin with, and of those about the program itself.

use super::{EXIT_CODES, Format};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, ValueHint};
use clap_complete::Shell;
use fleetfall::scenario::starter::{Question, Starter};
use std::path::PathBuf;

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli) struct List {
    /// What is printed on standard output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(in crate::cli) format: Format,
}

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli) struct Show {
    /// A built-in scenario; `fleetfall list` names them
    pub(in crate::cli) name: String,
}

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli) struct Explain {
    /// A key such as nodes.count, the end of one such as slots, a table such as balancer, or a
    /// result such as downtime_s [default: all tables of a scenario]
    #[arg(default_value = "", hide_default_value = true)]
    pub(in crate::cli) key: String,
}

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli) struct Init {
    /// File that is written [default: the name of the scenario, with .toml]
    #[arg(value_hint = ValueHint::FilePath)]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Ask nothing: what is not given has its default, as it has where nobody can be asked
    #[arg(long, short)]
    pub(in crate::cli) yes: bool,
    /// Overwrite the file if it is there
    #[arg(long)]
    pub(in crate::cli) force: bool,
    #[command(flatten)]
    pub(in crate::cli) answers: Answers,
}

/// The answers that were given as options, by the names of their questions. The options are made
/// from the questions, so that both have the same words and bounds.
#[derive(Debug)]
pub(in crate::cli) struct Answers(pub(in crate::cli) Vec<(&'static str, String)>);

impl Args for Answers {
    fn augment_args(command: Command) -> Command {
        command.args(Starter::questions().into_iter().map(option))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Answers::augment_args(command)
    }
}

impl FromArgMatches for Answers {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Answers, clap::Error> {
        let questions = Starter::questions().into_iter();
        let given = questions.filter_map(|question| {
            Some((question.name, matches.get_one::<String>(question.name)?.clone()))
        });
        Ok(Answers(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Answers::from_arg_matches(matches)?;
        Ok(())
    }
}

fn option(question: Question) -> Arg {
    let Question { name, about, default, range, choices } = question;
    let range = range.map_or_else(String::new, |range| format!(", from {range}"));
    let option = Arg::new(name)
        .long(name.replace('_', "-"))
        .value_name(name.to_uppercase())
        .help_heading("What is asked")
        .help(format!("{about}{range} [default: {default}]"));
    if choices.is_empty() {
        return option
            .value_parser(move |text: &str| Starter::check(name, text).map(|()| text.to_string()));
    }
    let choices = choices.into_iter().map(|(tag, about)| PossibleValue::new(tag).help(about));
    option.value_parser(PossibleValuesParser::new(choices))
}

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli) struct Completions {
    /// The shell
    pub(in crate::cli) shell: Shell,
}

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli) struct Man {
    /// Directory for the pages of all commands [default: one page, on standard output]
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(in crate::cli) directory: Option<PathBuf>,
}
