//! `fleetfall init`.

use super::args::Init;
use super::exit::Exit;
use super::replicas::quoted;
use super::{files, output};
use dialoguer::Input;
use fleetfall::scenario::starter::{Question, Starter};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

/// Writes a scenario to begin with.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn init(arguments: &Init) -> Result<Exit, Exit> {
    if let Some(file) = &arguments.file {
        refuse_existing(file, arguments.force)?;
    }
    let ask = !arguments.yes && io::stdin().is_terminal() && io::stderr().is_terminal();
    let mut answers = arguments.answers.0.clone();
    for mut question in Starter::questions() {
        if answers.iter().any(|(name, _)| *name == question.name) {
            continue;
        }
        // A scenario is called as its file is, if that is a name.
        if let Some(stem) = arguments.file.as_deref().and_then(Path::file_stem)
            && let Some(stem) = stem.to_str().filter(|_| question.name == "name")
            && Starter::check("name", stem).is_ok()
        {
            question.default = stem.to_string();
        }
        let answer = if ask { answer(&question)? } else { question.default };
        answers.push((question.name, answer));
    }
    let answers: Vec<(&str, &str)> =
        answers.iter().map(|(name, answer)| (*name, answer.as_str())).collect();
    let starter = Starter::of(&answers).map_err(|problem| {
        output::complain(&problem);
        Exit::Usage
    })?;
    let by_name = || PathBuf::from(format!("{}.toml", starter.name));
    let file = arguments.file.clone().unwrap_or_else(by_name);
    refuse_existing(&file, arguments.force)?;
    files::write_to(&file, &starter.text())?;
    let file = quoted(&file.display().to_string());
    output::print(&format!(
        "{file} is written: a scenario that explains itself, to be read and changed.\n  \
         fleetfall run {file}\n      tells what happens in it\n  \
         fleetfall compare {file}\n      tells what would help\n"
    ))
}

fn refuse_existing(file: &Path, force: bool) -> Result<(), Exit> {
    // A link that leads nowhere is there as well.
    if force || file.symlink_metadata().is_err() {
        return Ok(());
    }
    output::complain(&format!("`{}` is there already", file.display()));
    output::help("name another file, or overwrite it with `--force`");
    Err(Exit::Usage)
}

/// Asks on the terminal until there is an answer. Lists to choose from would hide the cursor, and
/// leave it hidden after Ctrl-C.
fn answer(question: &Question) -> Result<String, Exit> {
    let Question { name, about, default, choices, .. } = question;
    let tags: Vec<&str> = choices.iter().map(|(tag, _)| *tag).collect();
    let tags = if tags.is_empty() { String::new() } else { format!(" ({})", tags.join(", ")) };
    let asked = Input::new()
        .with_prompt(format!("{about}{tags}"))
        .default(default.clone())
        .validate_with(|text: &String| Starter::check(name, text))
        .interact_text();
    asked.map_err(|error| {
        output::complain(&format!("there is no answer, so nothing is written: {error}"));
        Exit::Usage
    })
}
