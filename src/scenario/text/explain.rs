//! Every key that a document can have, by the path that leads to it, and which of them are meant.

use super::keys::{Choice, Field, Key, Kind, Variant};
use std::fmt;

/// A step of a path.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A key of a table.
    Key(&'static str),
    /// The word for what is chosen; it may be left out where its data may stand without it.
    Tag(&'static str, bool),
    /// A name given by the user, to a table with these keys.
    Name(Vec<&'static str>),
    /// The number of an item.
    Index,
}

/// A key, something that may be chosen, or what a name or a number stands for.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The way to it.
    pub path: Vec<Part>,
    /// What it is.
    pub doc: &'static str,
    /// What it holds; nothing, if it is a word that takes no data.
    pub kind: Option<Kind>,
    /// How the key is declared, if it is one.
    pub field: Option<Field>,
    /// Where it is declared, and its name there: what is declared once can stand at many paths.
    pub declared: (&'static str, &'static str),
}

/// `a.NAME.b`.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&dotted(&self.path))
    }
}

/// All entries of a document of type `T`, in the order of the declarations.
pub fn entries<T: Key>() -> Vec<Entry> {
    let mut walk = Walk { path: Vec::new(), inside: Vec::new(), found: Vec::new() };
    walk.below(&T::describe());
    walk.found
}

struct Walk {
    path: Vec<Part>,
    /// The sections and choices on the way: one that holds itself is not entered again.
    inside: Vec<&'static str>,
    found: Vec<Entry>,
}

impl Walk {
    fn below(&mut self, kind: &Kind) {
        match kind {
            Kind::Leaf(_) | Kind::Any => {}
            Kind::Named(of) => self.item(Part::Name(keys_of(of)), of),
            Kind::List { of, .. } => self.item(Part::Index, of),
            Kind::Section(section) => self.enter(section.id, |walk| {
                for field in (section.fields)() {
                    let entry = Entry {
                        path: Vec::new(),
                        doc: field.doc,
                        kind: Some(field.kind.clone()),
                        declared: (section.id, field.name),
                        field: Some(field),
                    };
                    walk.step(Part::Key(entry.declared.1), entry);
                }
            }),
            Kind::Choice(choice) => self.enter(choice.id, |walk| {
                for variant in (choice.variants)() {
                    let entry = Entry {
                        path: Vec::new(),
                        doc: variant.doc,
                        kind: variant.data,
                        field: None,
                        declared: (choice.id, variant.tag),
                    };
                    let bare = choice.shorthand == Some(variant.tag);
                    walk.step(Part::Tag(variant.tag, bare), entry);
                }
            }),
        }
    }

    fn enter(&mut self, id: &'static str, each: impl FnOnce(&mut Walk)) {
        if self.inside.contains(&id) {
            return;
        }
        self.inside.push(id);
        each(self);
        self.inside.pop();
    }

    /// What a name or a number stands for; a single value is what the key before it says.
    fn item(&mut self, part: Part, of: &Kind) {
        let (doc, id) = match of {
            Kind::Section(section) => (section.doc, section.id),
            Kind::Choice(choice) => (choice.doc, choice.id),
            Kind::Leaf(_) | Kind::List { .. } | Kind::Named(_) | Kind::Any => {
                (self.found.last().map_or("", |before| before.doc), "")
            }
        };
        let entry = Entry {
            path: Vec::new(),
            doc,
            kind: Some(of.clone()),
            field: None,
            declared: (id, ""),
        };
        self.step(part, entry);
    }

    fn step(&mut self, part: Part, entry: Entry) {
        self.path.push(part);
        let kind = entry.kind.clone();
        self.found.push(Entry { path: self.path.clone(), ..entry });
        if let Some(kind) = kind {
            self.below(&kind);
        }
        self.path.pop();
    }
}

fn keys_of(kind: &Kind) -> Vec<&'static str> {
    match kind {
        Kind::Section(section) => (section.fields)().iter().map(|field| field.name).collect(),
        Kind::Leaf(_) | Kind::Choice(_) | Kind::List { .. } | Kind::Named(_) | Kind::Any => {
            Vec::new()
        }
    }
}

impl Entry {
    /// Whether the words are its whole path, as it is here or in a file. Numbers of items may be
    /// left out, and names too where a key of the named table follows.
    pub fn is_at(&self, words: &[&str]) -> bool {
        leads(&self.path, words)
    }

    /// Whether its path ends with the words.
    pub fn ends_with(&self, words: &[&str]) -> bool {
        let begins = |part: &Part| matches!(part, Part::Key(_) | Part::Tag(..));
        let starts = (0..self.path.len()).filter(|&start| begins(&self.path[start]));
        starts.into_iter().any(|start| leads(&self.path[start..], words))
    }

    /// The key or word that it ends with.
    pub fn last(&self) -> Option<&'static str> {
        match self.path.last()? {
            Part::Key(key) => Some(key),
            Part::Tag(tag, _) => Some(tag),
            Part::Name(_) | Part::Index => None,
        }
    }

    /// A line of TOML in which it stands, if one can be made from the declarations.
    pub fn example(&self) -> Option<String> {
        let (last, before) = self.path.split_last()?;
        match (&self.field, &self.kind, last) {
            // One item is no list where more must stand in it.
            (_, _, Part::Index) => None,
            (_, Some(Kind::Section(_)), _) if !self.path.contains(&Part::Index) => {
                Some(format!("[{}]", dotted(&self.path)))
            }
            (Some(field), _, _) => Some(assigned(&self.path, &example_of_field(field)?)),
            (None, Some(kind), _) => Some(assigned(&self.path, &example_of(kind)?)),
            (None, None, Part::Tag(tag, _)) => Some(assigned(before, &format!("\"{tag}\""))),
            (None, None, Part::Key(_) | Part::Name(_)) => None,
        }
    }
}

/// Whether the words lead along all of the path.
fn leads(path: &[Part], words: &[&str]) -> bool {
    let Some((part, rest)) = path.split_first() else { return words.is_empty() };
    let Some((word, following)) = words.split_first() else { return false };
    let skipped = || !rest.is_empty() && leads(rest, words);
    match part {
        Part::Key(key) => word == key && leads(rest, following),
        Part::Tag(tag, optional) => {
            (word == tag && leads(rest, following)) || (*optional && skipped())
        }
        Part::Name(keys) if keys.contains(word) => skipped(),
        Part::Name(_) => leads(rest, following),
        Part::Index => {
            let is_number = *word == "N" || word.parse::<usize>().is_ok();
            (is_number && leads(rest, following)) || skipped()
        }
    }
}

fn dotted(path: &[Part]) -> String {
    let words = path.iter().map(|part| match part {
        Part::Key(word) | Part::Tag(word, _) => word,
        Part::Name(_) => "NAME",
        Part::Index => "N",
    });
    words.collect::<Vec<_>>().join(".")
}

/// `path = value`; what stands in an item of a list stands in brackets.
fn assigned(path: &[Part], value: &str) -> String {
    let Some(at) = path.iter().position(|part| *part == Part::Index) else {
        return format!("{} = {value}", dotted(path));
    };
    let inside = match &path[at + 1..] {
        [] => value.to_string(),
        rest => format!("{{ {} }}", assigned(rest, value)),
    };
    match &path[..at] {
        [] => format!("[{inside}]"),
        before => format!("{} = [{inside}]", dotted(before)),
    }
}

/// The default, if it says something, or else any value within the bounds.
fn example_of_field(field: &Field) -> Option<String> {
    let default = field.default_text().filter(|text| text != "{}" && text != "[]");
    let least = field.within.map(|(min, _)| min.to_string());
    let least = least.map(|text| match &field.kind {
        Kind::List { .. } => format!("[{text}]"),
        Kind::Leaf(_) | Kind::Section(_) | Kind::Choice(_) | Kind::Named(_) | Kind::Any => text,
    });
    let candidates = [default, example_of(&field.kind), least];
    candidates.into_iter().flatten().find(|text| field.accepts(text))
}

/// A value of that kind, if one is shown where its type is declared.
fn example_of(kind: &Kind) -> Option<String> {
    match kind {
        Kind::Leaf(leaf) => {
            let shown = leaf.format.split_once("such as ").map_or(leaf.format, |(_, shown)| shown);
            shown.split('`').nth(1).map(str::to_string)
        }
        Kind::Section(section) => {
            let fields = (section.fields)();
            let required = fields.iter().filter(|field| field.required);
            let parts = required
                .map(|field| Some(format!("{} = {}", field.name, example_of_field(field)?)));
            let parts: Vec<String> = parts.collect::<Option<_>>()?;
            Some(if parts.is_empty() { "{}".into() } else { format!("{{ {} }}", parts.join(", ")) })
        }
        Kind::Choice(choice) => example_of_choice(choice),
        Kind::List { of, length } => {
            let items = vec![example_of(of)?; length.unwrap_or(1)];
            Some(format!("[{}]", items.join(", ")))
        }
        Kind::Named(of) => Some(format!("{{ NAME = {} }}", example_of(of)?)),
        Kind::Any => None,
    }
}

fn example_of_choice(choice: &Choice) -> Option<String> {
    let variants = (choice.variants)();
    let short = choice.shorthand.and_then(|tag| choice.variant(tag));
    let short = short.and_then(|variant| example_of(variant.data.as_ref()?));
    let of = |variant: &Variant| match &variant.data {
        None => Some(format!("\"{}\"", variant.tag)),
        Some(data) => Some(format!("{{ {} = {} }}", variant.tag, example_of(data)?)),
    };
    short.or_else(|| variants.iter().find_map(of))
}
