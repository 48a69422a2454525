//! Whether the declarations themselves are right: for the tests of whoever declares sections.

use super::bounds::{self, Bounded};
use super::diagnostic::Diagnostics;
use super::keys::{Field, Key, KeyPath, Kind};
use super::place::Place;
use super::tree::{Node, parse_default};

/// What is wrong with the defaults, bounds and comments of `T` and all it holds; nothing, if the
/// declarations are right.
#[must_use]
pub fn check_defaults<T: Key>() -> Vec<String> {
    let mut checker = Checker { seen: Vec::new(), problems: Vec::new() };
    checker.kind(&T::describe());
    checker.problems
}

struct Checker {
    /// Names and ids of the sections and choices.
    seen: Vec<(&'static str, &'static str)>,
    problems: Vec<String>,
}

impl Checker {
    fn kind(&mut self, kind: &Kind) {
        match kind {
            Kind::Leaf(_) | Kind::Any => {}
            Kind::List { of, .. } | Kind::Named(of) => self.kind(of),
            Kind::Section(section) => {
                if self.is_new(section.name, section.id, section.doc) {
                    for field in (section.fields)() {
                        self.field(section.name, &field);
                    }
                }
            }
            Kind::Choice(choice) => {
                if self.is_new(choice.name, choice.id, choice.doc) {
                    for variant in (choice.variants)() {
                        self.doc(&format!("{}.{}", choice.name, variant.tag), variant.doc);
                        if let Some(data) = &variant.data {
                            self.kind(data);
                        }
                    }
                }
            }
        }
    }

    fn is_new(&mut self, name: &'static str, id: &'static str, doc: &str) -> bool {
        if self.seen.iter().any(|(_, other)| *other == id) {
            return false;
        }
        if self.seen.iter().any(|(other, _)| *other == name) {
            self.problems.push(format!("two types are called {name}, one of them {id}"));
        }
        self.seen.push((name, id));
        self.doc(name, doc);
        true
    }

    fn doc(&mut self, what: &str, doc: &str) {
        if doc.trim().is_empty() {
            self.problems.push(format!("{what} has no comment"));
        }
    }

    fn field(&mut self, section: &str, field: &Field) {
        let what = format!("{section}.{}", field.name);
        self.doc(&what, field.doc);
        let mut log = Diagnostics::new();
        (field.check)(field, &mut log);
        for diagnostic in log.sorted() {
            self.problems.push(format!("{what}: {}", diagnostic.message));
        }
        self.kind(&field.kind);
    }
}

/// Checks that the default can be read, and is read again as it is printed.
pub(super) fn default_of<T: Key + PartialEq>(field: &Field, log: &mut Diagnostics) {
    read_default::<T>(field, log);
}

/// The same, and that the default lies within the bounds.
pub(super) fn default_and_bounds_of<T: Key + PartialEq + Bounded>(
    field: &Field,
    log: &mut Diagnostics,
) {
    let Some(bounds) = field.within else { return };
    for text in [bounds.0, bounds.1] {
        if let Some(node) = parse_default(text, Place::NOWHERE, log) {
            let _ = T::Of::read(&node, &KeyPath::root().key(field.name), log);
        }
    }
    if read_default::<T>(field, log).is_some()
        && let Some(node) = field.default_node(Place::NOWHERE, log)
    {
        bounds::check::<T>(&node, &KeyPath::root().key(field.name), bounds, log);
    }
}

/// Checks that a value can be read.
pub(super) fn value_of<T: Key>(field: &Field, node: &Node, log: &mut Diagnostics) {
    let _ = T::read(node, &KeyPath::root().key(field.name), log);
}

/// The same, and that it lies within the bounds.
pub(super) fn bounded_value_of<T: Bounded>(field: &Field, node: &Node, log: &mut Diagnostics) {
    value_of::<T>(field, node, log);
    if let Some(bounds) = field.within {
        let _ = bounds::check::<T>(node, &KeyPath::root().key(field.name), bounds, log);
    }
}

fn read_default<T: Key + PartialEq>(field: &Field, log: &mut Diagnostics) -> Option<T> {
    let node = field.default_node(Place::NOWHERE, log)?;
    let root = KeyPath::root();
    let at = root.key(field.name);
    let before = log.len();
    let value = T::read(&node, &at, log);
    if value.is_none() && log.len() == before {
        log.problem(None, "the default is refused without a word");
    }
    let value = value?;
    let lists = matches!(field.kind, Kind::List { .. } | Kind::Named(_));
    if T::absent().is_some() && !lists {
        log.problem(None, "a key that may be absent cannot have a default");
    }
    if let Some(written) = value.write() {
        let again = parse_default(&written.inline(), Place::NOWHERE, log)
            .and_then(|node| T::read(&node, &at, log));
        if again.as_ref() != Some(&value) {
            log.problem(None, "the default is not read again as it is printed");
        }
    }
    Some(value)
}
