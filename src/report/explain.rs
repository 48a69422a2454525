//! What a key of a scenario or a result is, for people, from the declarations of the reference.

use super::format::{Palette, plural, wrap};
use crate::scenario::keys::Document;
use crate::scenario::measure::{ClassMeasure, IntervalMeasure, Measure, Milestone};
use crate::scenario::text::diagnostic::all_nearest;
use crate::scenario::text::explain::{Entry, entries};
use crate::scenario::text::keys::{Choice, Section, Variant, one_line};
use crate::scenario::text::{Key, Kind};

/// Width of the text.
const WIDTH: usize = 100;
/// Names that are proposed for one that is unknown.
const PROPOSED: usize = 3;

/// A result that a claim can be about.
struct Measured {
    /// As it is written in a claim; NAME stands for a name of the scenario.
    written: String,
    name: &'static str,
    unit: &'static str,
    about: &'static str,
    /// Which key of a claim names it.
    key: &'static str,
}

/// What `query` is: the path of a key, the end of one, or the name of a result; if it is empty, all
/// tables of a scenario.
///
/// # Errors
/// That there is nothing of that name, in a line, and the names most like it.
pub fn explain(query: &str, palette: &Palette) -> Result<String, (String, Vec<String>)> {
    let query = query.trim().trim_matches('.');
    if query.is_empty() {
        return Ok(whole(palette));
    }
    let words: Vec<&str> = query.split('.').map(|word| word.trim_matches('"')).collect();
    let entries = entries::<Document>();
    let results = results();
    let mut parts = Vec::new();
    let at: Vec<&Entry> = entries.iter().filter(|entry| entry.is_at(&words)).collect();
    parts.extend(at.first().map(|entry| key(entry, palette)));
    // `NAME.restarts` is a result only where no key is meant.
    let last = words.last().copied().unwrap_or_default();
    let named = results.iter().filter(|one| one.name == last && one.is_meant(&words));
    parts.extend(named.map(|one| result(one, palette)));
    let ending = ending(&entries, &words, &at);
    match (&parts[..], &ending[..]) {
        ([], []) => return Err(unknown(query, &words, &entries, &results)),
        ([], [(only, _)]) => parts.push(key(only, palette)),
        (_, []) => {}
        // Whoever writes a whole path means no other.
        ([_, ..], _) if words.len() > 1 => {}
        _ => parts.push(list(query, &ending, palette)),
    }
    Ok(parts.join("\n"))
}

impl Measured {
    /// Whether the words are how it is written in a claim.
    fn is_meant(&self, words: &[&str]) -> bool {
        let pattern: Vec<&str> = self.written.split('.').collect();
        let fits = |(own, word): (&&str, &&str)| *own == "NAME" || own == word;
        words.len() == 1 || (pattern.len() == words.len() && pattern.iter().zip(words).all(fits))
    }
}

fn results() -> Vec<Measured> {
    let mut all = Vec::new();
    let mut add = |before: &str, key, name, unit, about| {
        all.push(Measured { written: format!("{before}{name}"), name, unit, about, key });
    };
    for one in Measure::ALL {
        add("", "measure", one.name(), one.unit(), one.about());
    }
    for one in Milestone::ALL {
        add("", "milestone", one.name(), one.unit(), one.about());
    }
    for one in IntervalMeasure::ALL {
        add("NAME.", "measure", one.name(), one.unit(), one.about());
    }
    for one in ClassMeasure::ALL {
        add("class.NAME.", "measure", one.name(), one.unit(), one.about());
    }
    all
}

/// The keys that end with the words, each declaration once with the number of its paths; not what
/// is at the words themselves.
fn ending<'a>(entries: &'a [Entry], words: &[&str], at: &[&Entry]) -> Vec<(&'a Entry, usize)> {
    let mut found: Vec<(&Entry, usize)> = Vec::new();
    let known = |entry: &Entry| at.iter().any(|other| other.declared == entry.declared);
    for entry in entries.iter().filter(|entry| entry.ends_with(words) && !known(entry)) {
        match found.iter_mut().find(|(other, _)| other.declared == entry.declared) {
            Some((_, count)) => *count += 1,
            None => found.push((entry, 1)),
        }
    }
    found
}

fn list(query: &str, found: &[(&Entry, usize)], palette: &Palette) -> String {
    let mut text = format!("Keys that end with `{query}`:\n");
    for (entry, count) in found {
        let more = match count {
            1 => String::new(),
            more => format!(" (and in {})", plural(*more as u64 - 1, "other place")),
        };
        text += &row(&entry.to_string(), &(first_sentence(entry.doc) + &more), 4, palette);
    }
    text
}

fn unknown(
    query: &str,
    words: &[&str],
    entries: &[Entry],
    results: &[Measured],
) -> (String, Vec<String>) {
    let paths: Vec<String> = entries.iter().map(Entry::to_string).collect();
    let mut known: Vec<&str> = if words.len() > 1 {
        paths.iter().map(String::as_str).chain(results.iter().map(|one| &*one.written)).collect()
    } else {
        entries.iter().filter_map(Entry::last).chain(results.iter().map(|one| one.name)).collect()
    };
    known.sort_unstable();
    known.dedup();
    let near = all_nearest(query, &known).into_iter().take(PROPOSED).map(str::to_string);
    (format!("there is no key and no result `{query}`"), near.collect())
}

fn result(one: &Measured, palette: &Palette) -> String {
    let Palette { bold, reset, .. } = palette;
    let what = match (one.key, one.written.starts_with("class."), one.written == one.name) {
        ("milestone", ..) => "a milestone, a moment of a replication",
        (_, true, _) => "a measure of every `[class.NAME]` where there are several",
        (_, _, false) => "a measure of every `[interval.NAME]`",
        _ => "a measure, a number of a replication",
    };
    let bound =
        if one.key == "milestone" { "not_after = 2024-05-06T12:30:00Z" } else { "at_most = 1" };
    let unit = if one.unit == "1" { "none, a plain number" } else { one.unit };
    let example =
        format!("expect = [{{ claim = \"..\", {} = \"{}\", {bound} }}]", one.key, one.written);
    format!("{bold}{}{reset}\n  {}\n\n", one.written, wrap(one.about, WIDTH - 2, "  "))
        + &fact("Type", what)
        + &fact("Unit", unit)
        + &fact("Example", &example)
}

fn key(entry: &Entry, palette: &Palette) -> String {
    let Palette { bold, reset, .. } = palette;
    let mut text = format!("{bold}{entry}{reset}\n");
    let told = one_line(entry.doc);
    text += &paragraph(&told);
    let mut kind = entry.kind.as_ref();
    let mut wrapped = String::new();
    while let Some(Kind::Named(of) | Kind::List { of, .. }) = kind {
        wrapped += match kind {
            Some(Kind::Named(_)) => "by name, each ",
            _ => "a list, each item ",
        };
        kind = Some(of);
    }
    if let Some(Kind::Section(Section { doc, .. }) | Kind::Choice(Choice { doc, .. })) = kind {
        let about = one_line(doc);
        if about != told {
            text += &paragraph(&about);
        }
    }
    text.push('\n');
    text += &fact("Type", &(wrapped + &kind_words(kind)));
    if let Some(field) = &entry.field {
        text += &field.range().map_or_else(String::new, |range| fact("Range", &range));
        let default = match (field.default_text(), field.required) {
            (Some(text), _) if text == "{}" => "the defaults of its keys".to_string(),
            (Some(text), _) => text,
            (None, true) => "none, it is required".to_string(),
            (None, false) => "none".to_string(),
        };
        text += &fact("Default", &default);
    }
    let example = entry.example().filter(|line| line.chars().count() <= WIDTH - 10);
    text += &example.map_or_else(String::new, |line| fact("Example", &line));
    text + &inside(entry, kind, palette)
}

/// The tables of a scenario.
fn whole(palette: &Palette) -> String {
    let Kind::Section(document) = Document::describe() else { return String::new() };
    let mut text = format!("{}\n\n", wrap(&one_line(document.doc), WIDTH, ""));
    text += "`fleetfall explain KEY` explains each of these, and `KEY.KEY` what is in it\n";
    for field in (document.fields)() {
        text += &row(field.name, &first_sentence(field.doc), 2, palette);
    }
    text
}

fn kind_words(kind: Option<&Kind>) -> String {
    match kind {
        None => "a word that is chosen, in quotes".to_string(),
        Some(Kind::Choice(_)) => "one of those below".to_string(),
        Some(kind) => kind.wanted(),
    }
}

/// What may stand in it: the keys of a table, the words of a choice.
fn inside(entry: &Entry, kind: Option<&Kind>, palette: &Palette) -> String {
    match kind {
        Some(Kind::Section(section)) => {
            let fields = (section.fields)();
            if fields.is_empty() {
                return String::new();
            }
            let heading = format!("Keys, each of which `fleetfall explain {entry}.KEY` explains");
            let mut text = format!("\n{}\n", wrap(&heading, WIDTH, ""));
            for field in &fields {
                text += &row(field.name, &first_sentence(field.doc), 2, palette);
            }
            text
        }
        Some(Kind::Choice(choice)) => {
            let mut text = String::from("\nOne of\n");
            for variant in (choice.variants)() {
                text += &row(&form(&variant), &one_line(variant.doc), 2, palette);
            }
            if let Some(tag) = choice.shorthand {
                text += &paragraph(&format!("The data of `{tag}` may be written without it."));
            }
            text
        }
        Some(Kind::Leaf(_) | Kind::List { .. } | Kind::Named(_) | Kind::Any) | None => {
            String::new()
        }
    }
}

/// How a variant is written.
fn form(variant: &Variant) -> String {
    let Variant { tag, data, bare, .. } = variant;
    match (data, bare) {
        (None, _) => format!("\"{tag}\""),
        (Some(_), true) => format!("\"{tag}\", {{ {tag} = .. }}"),
        (Some(_), false) => format!("{{ {tag} = .. }}"),
    }
}

/// What is explained and its explanation, beside it or, if it is long, below.
fn row(name: &str, about: &str, indent: usize, palette: &Palette) -> String {
    const NAMES: usize = 24;
    let Palette { bold, reset, .. } = palette;
    let left = " ".repeat(indent);
    let hanging = " ".repeat(NAMES + 2);
    let about = wrap(about, WIDTH - NAMES - 2, &hanging);
    let used = indent + name.chars().count();
    if used > NAMES {
        return format!("{left}{bold}{name}{reset}\n{hanging}{about}\n");
    }
    format!("{left}{bold}{name}{reset}{}  {about}\n", " ".repeat(NAMES - used))
}

fn fact(name: &str, words: &str) -> String {
    format!("  {name:8}{}\n", wrap(words, WIDTH - 10, &" ".repeat(10)))
}

fn paragraph(words: &str) -> String {
    format!("  {}\n", wrap(words, WIDTH - 2, "  "))
}

fn first_sentence(doc: &str) -> String {
    let line = one_line(doc);
    line.split_once(". ").map_or(line.clone(), |(first, _)| format!("{first}."))
}

#[cfg(test)]
mod tests;
