//! The README shows what the program prints. Its commands are run again here, and what it shows of
//! their output is compared with what they print; lines `[...]` stand for any lines.
//!
//! ```sh
//! cargo test --test it readme
//! FLEETFALL_BINARY=target/release/fleetfall cargo test --test it readme
//! ```
//!
//! The first leaves out the commands that take long in a build for tests, the second runs all of
//! them with that binary. With `UPDATE_EXPECT=1` before it the README is rewritten: every stretch of
//! lines between two `[...]` becomes the stretch of the output that is most like it.
//!
//! Comments in the README, which nobody sees, stand right before what they are about:
//! - `<!-- file: NAME -->`: the block is a file that commands read;
//! - `<!-- output of: COMMAND -->`: the block is the output of a command that it does not show;
//! - `<!-- dear -->`, `<!-- dear; output of: COMMAND -->`: the command takes long;
//! - `<!-- dear; picture: PATH -->`: the picture below is a file that these commands wrote.

use crate::cli::scratch;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const ELIDED: &str = "[...]";

/// What stands between two fences, or a picture, with the comment before it.
#[derive(Debug, PartialEq)]
struct Block {
    /// The number of its first line in the README, from 0.
    from: usize,
    lines: Vec<String>,
    comment: String,
    is_console: bool,
}

/// A command with what the README shows of its output.
struct Shown {
    command: String,
    dear: bool,
    /// The number of the first line of the output, from 0.
    from: usize,
    lines: Vec<String>,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut comment = String::new();
    let mut open: Option<Block> = None;
    for (number, line) in text.lines().enumerate() {
        if let Some(block) = open.as_mut() {
            if line == "```" {
                blocks.extend(open.take());
            } else {
                block.lines.push(line.to_string());
            }
            continue;
        }
        let new = |from, lines| {
            let is_console = line == "```console";
            Block { from, lines, comment: comment.clone(), is_console }
        };
        if line.starts_with("```") {
            open = Some(new(number + 1, Vec::new()));
        } else if line.starts_with("![") {
            blocks.push(new(number, vec![line.to_string()]));
        }
        let inside = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        comment = inside.unwrap_or_default().to_string();
    }
    assert_eq!(open, None, "a block is not closed");
    blocks
}

/// The command of a block and the output that it shows, if it shows any.
fn shown(block: &Block) -> Option<Shown> {
    let dear = block.comment.starts_with("dear");
    if let Some((_, command)) = block.comment.split_once("output of: ") {
        let (command, lines) = (command.to_string(), block.lines.clone());
        return Some(Shown { command, dear, from: block.from, lines });
    }
    if !block.is_console {
        return None;
    }
    let mut lines = block.lines.iter();
    let mut command = lines.next()?.strip_prefix("$ ")?.to_string();
    let mut count = 1;
    while let Some(more) = command.strip_suffix('\\') {
        command = format!("{more}{}", lines.next()?.trim_start());
        count += 1;
    }
    let lines: Vec<String> = lines.cloned().collect();
    // Several commands and no output.
    if lines.is_empty() || lines.iter().any(|line| line.starts_with("$ ")) {
        return None;
    }
    Some(Shown { command, dear, from: block.from + count, lines })
}

/// The arguments of fleetfall, as a shell would take them apart.
fn arguments(command: &str) -> Vec<String> {
    let cargo = "cargo run --release -- ";
    let rest = command.strip_prefix(cargo).or_else(|| command.strip_prefix("fleetfall "));
    let rest = rest.unwrap_or_else(|| panic!("`{command}` does not run fleetfall"));
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in rest.chars() {
        let word = words.last_mut().expect("there is one from the start");
        match quote {
            Some(open) if letter == open => quote = None,
            None if letter == '\'' || letter == '"' => quote = Some(letter),
            None if letter == ' ' => words.push(String::new()),
            _ => word.push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What is shown, as stretches between `[...]`; the first and the last are empty where output is
/// left out before and after them.
fn stretches(shown: &[String]) -> Vec<&[String]> {
    shown.split(|line| line.trim() == ELIDED).collect()
}

/// The first line that is shown and does not come, if there is one.
fn missing(shown: &[String], printed: &[String]) -> Option<String> {
    let stretches = stretches(shown);
    let last = stretches.len() - 1;
    let mut from = 0;
    for (number, stretch) in stretches.iter().enumerate() {
        let Some(latest) = printed.len().checked_sub(stretch.len()) else {
            return stretch.first().cloned();
        };
        let places = match (number == 0, number == last && !stretch.is_empty()) {
            (true, true) if printed.len() != stretch.len() => return Some("its length".into()),
            (true, _) => 0..=0,
            (false, true) => latest.max(from)..=latest,
            (false, false) => from..=latest,
        };
        let fits = |at: usize| printed[at..at + stretch.len()] == **stretch;
        let Some(at) = places.into_iter().filter(|at| *at <= latest).find(|at| fits(*at)) else {
            // The line to blame is the first that comes nowhere; else the stretch is torn.
            let nowhere = stretch.iter().find(|line| !printed.contains(line));
            return nowhere.or(stretch.first()).cloned();
        };
        from = at + stretch.len();
    }
    None
}

/// How much two lines have in common: words, and words that differ in their digits alone.
fn likeness(one: &str, other: &str) -> f64 {
    let masked = |word: &str| word.replace(|letter: char| letter.is_ascii_digit(), "0");
    let words: Vec<&str> = other.split_whitespace().collect();
    let score = |word: &str| match words.contains(&word) {
        true => 2.0,
        false if words.iter().any(|other| masked(other) == masked(word)) => 1.0,
        false => 0.0,
    };
    let count = one.split_whitespace().count().max(words.len()).max(1);
    one.split_whitespace().map(score).sum::<f64>() / count as f64
}

/// What is to be shown: each stretch of lines replaced by the one in the output that is most like
/// it, in the same order.
fn renewed(shown: &[String], printed: &[String]) -> Vec<String> {
    let stretches = stretches(shown);
    let last = stretches.len() - 1;
    if last == 0 {
        return printed.to_vec();
    }
    // The best places of the stretches so far that end before a line, with how alike they are.
    let mut best: Vec<Option<(f64, Vec<usize>)>> = vec![Some((0.0, Vec::new())); printed.len() + 1];
    for (number, stretch) in stretches.iter().enumerate() {
        let mut next: Vec<Option<(f64, Vec<usize>)>> = vec![None; printed.len() + 1];
        for end in 0..=printed.len() {
            let before = if end == 0 { None } else { next[end - 1].clone() };
            let here = end.checked_sub(stretch.len()).and_then(|at| {
                let is_bound = number == last && !stretch.is_empty() && end != printed.len();
                if number == 0 && at != 0 || is_bound {
                    return None;
                }
                let (alike, places) = best[at].as_ref()?;
                let lines = stretch.iter().zip(&printed[at..end]);
                let more: f64 = lines.map(|(one, other)| likeness(one, other)).sum();
                Some((alike + more, [&places[..], &[at]].concat()))
            });
            let better = |one: &(f64, _), other: &(f64, _)| one.0 > other.0;
            next[end] = match (before, here) {
                (Some(before), Some(here)) if better(&here, &before) => Some(here),
                (None, here) => here,
                (before, _) => before,
            };
        }
        best = next;
    }
    let places = best.pop().flatten().expect("the output has as many lines as are shown").1;
    let elided = shown.iter().filter(|line| line.trim() == ELIDED);
    let mut lines = Vec::new();
    let mut elided = elided.cloned();
    for (stretch, at) in stretches.iter().zip(places) {
        lines.extend_from_slice(&printed[at..at + stretch.len()]);
        lines.extend(elided.next());
    }
    lines
}

/// Where commands run: the scenarios of the package and the files of the README are there.
fn place(blocks: &[Block]) -> PathBuf {
    let place = scratch("readme");
    fs::create_dir_all(place.join("scenarios")).unwrap();
    for entry in fs::read_dir(Path::new(ROOT).join("scenarios")).unwrap() {
        let from = entry.unwrap().path();
        fs::copy(&from, place.join("scenarios").join(from.file_name().unwrap())).unwrap();
    }
    for block in blocks {
        if let Some(name) = block.comment.strip_prefix("file: ") {
            fs::write(place.join(name), block.lines.join("\n") + "\n").unwrap();
        }
    }
    place
}

/// What a command prints, line by line; if that is nothing, what it complains about.
fn print(binary: &Path, command: &str, place: &Path) -> Vec<String> {
    let mut run = Command::new(binary);
    // What a terminal says of itself changes nothing here.
    run.env_remove("COLUMNS").env_remove("CLICOLOR_FORCE");
    let run = run.args(arguments(command)).current_dir(place).output().unwrap();
    let bytes = if run.stdout.is_empty() { run.stderr } else { run.stdout };
    let text = String::from_utf8(bytes).unwrap();
    text.lines().map(|line| line.trim_end().to_string()).collect()
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let path = Path::new(ROOT).join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let blocks = blocks(&text);
    let place = place(&blocks);
    let given = std::env::var_os("FLEETFALL_BINARY");
    let binary = match &given {
        Some(name) => {
            let binary = Path::new(ROOT).join(name);
            assert!(binary.exists(), "FLEETFALL_BINARY: there is no {}", binary.display());
            binary
        }
        None => PathBuf::from(env!("CARGO_BIN_EXE_fleetfall")),
    };
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    let mut outputs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    let all: Vec<Shown> = blocks.iter().filter_map(shown).collect();
    assert!(all.len() > 8, "only {} commands", all.len());
    // From the end on, so that the lines before keep their numbers.
    for shown in all.iter().rev().filter(|shown| !shown.dear || given.is_some()) {
        let printed = outputs
            .entry(shown.command.clone())
            .or_insert_with(|| print(&binary, &shown.command, &place));
        if let Some(line) = missing(&shown.lines, printed) {
            wrong.push(format!("`{}` does not print\n  {line}", shown.command));
            let until = shown.from + shown.lines.len();
            lines.splice(shown.from..until, renewed(&shown.lines, printed));
        }
    }
    for block in blocks.iter().filter(|_| given.is_some()) {
        let Some((_, drawn)) = block.comment.split_once("picture: ") else { continue };
        let shown = block.lines[0].split(['(', ')']).nth(1).unwrap();
        let (drawn, shown) = (place.join(drawn), Path::new(ROOT).join(shown));
        let drawn = fs::read(&drawn).unwrap();
        if fs::read(&shown).ok().as_ref() != Some(&drawn) {
            wrong.push(format!("{} is not what the program draws", shown.display()));
            if update {
                fs::write(shown, drawn).unwrap();
            }
        }
    }
    if update && !wrong.is_empty() {
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        return;
    }
    assert!(wrong.is_empty(), "{}\nUPDATE_EXPECT=1 rewrites the README", wrong.join("\n"));
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_string).collect()
}

#[test]
fn what_is_shown_is_held_against_what_is_printed() {
    let printed = lines("head\na 1\nb 2\n\nc 3\ntail");
    let first = |shown: &str| missing(&lines(shown), &printed);
    for right in ["head\n[...]", "[...]\nb 2\n\nc 3\n[...]", "head\n[...]\nb 2\n  [...]\ntail"] {
        assert_eq!(first(right), None, "{right}");
    }
    assert_eq!(first("head\na 1\nb 2\n\nc 3\ntail"), None);
    assert_eq!(first("[...]\na 2\n[...]"), Some("a 2".into()));
    // In another order, with a line left out, or not to the end.
    let long = &"x\n".repeat(9);
    for wrong in
        [long, "[...]\nb 2\n[...]\na 1\n[...]", "head\nb 2\n[...]", "head\n[...]\nc 3", "head"]
    {
        assert!(first(wrong).is_some(), "{wrong}");
    }
}

#[test]
fn what_is_shown_is_renewed_from_what_is_printed() {
    let printed =
        lines("head\nnode-1 fails at 12:03\nnode-2 fails at 12:05\ndowntime 48 s\ntail 7");
    let renew = |shown: &str| renewed(&lines(shown), &printed).join("\n");
    let old = "head\n[...]\nnode-2 fails at 12:04\n  [...]\ntail 6";
    assert_eq!(renew(old), "head\n[...]\nnode-2 fails at 12:05\n  [...]\ntail 7");
    assert_eq!(renew("[...]\ndowntime 47 s\n[...]"), "[...]\ndowntime 48 s\n[...]");
    assert_eq!(renew("other"), printed.join("\n"));
    assert_eq!(missing(&lines(&renew(old)), &printed), None);
}

#[test]
fn commands_and_comments_are_found() {
    let readme = "<!-- file: a.toml -->\n```toml\nx = 1\n```\n<!-- dear -->\n```console\n\
                  $ fleetfall run a.toml \\\n    --set 'b={ c = \"d\" }'\nout\n```\ntext\n\
                  ```console\n$ cargo run --release -- run a.toml\n$ cargo test\n```\n";
    let blocks = blocks(readme);
    assert_eq!(blocks.len(), 3);
    assert_eq!(
        (blocks[0].comment.as_str(), blocks[0].lines[0].as_str()),
        ("file: a.toml", "x = 1")
    );
    let shown: Vec<Shown> = blocks.iter().filter_map(shown).collect();
    assert_eq!(shown.len(), 1, "two commands without output are none");
    assert!(shown[0].dear && shown[0].lines == ["out"] && shown[0].from == 8);
    let words = arguments(&shown[0].command);
    assert_eq!(words, ["run", "a.toml", "--set", "b={ c = \"d\" }"]);
}
