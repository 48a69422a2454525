//! Keys made of other keys: options, lists, named tables, and values that remember their place.

use std::ops::Deref;

use super::bounds::Bounded;
use super::diagnostic::Diagnostics;
use super::keys::{Key, KeyPath, Kind, write_present};
use super::leaf::Name;
use super::place::Place;
use super::tree::{Node, Value};
use super::written::{Layout, Written};

/// An absent key is `None`.
impl<T: Key> Key for Option<T> {
    fn describe() -> Kind {
        T::describe()
    }

    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<Option<T>> {
        T::read(node, at, log).map(Some)
    }

    fn absent() -> Option<Option<T>> {
        Some(None)
    }

    fn write(&self) -> Option<Written> {
        self.as_ref().and_then(write_present)
    }
}

impl<T: Bounded> Bounded for Option<T> {
    type Of = T::Of;
}

impl<T: Key> Key for Box<T> {
    fn describe() -> Kind {
        T::describe()
    }

    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<Box<T>> {
        T::read(node, at, log).map(Box::new)
    }

    fn absent() -> Option<Box<T>> {
        T::absent().map(Box::new)
    }

    fn write(&self) -> Option<Written> {
        T::write(self)
    }
}

/// Reads every item, so that one bad item does not hide the next.
fn items<T: Key>(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<Vec<T>> {
    let Value::Array(items) = &node.value else {
        log.wrong_type(node, at, "an array");
        return None;
    };
    let read: Vec<Option<T>> = items
        .iter()
        .enumerate()
        .map(|(index, item)| T::read(item, &at.index(index), log))
        .collect();
    read.into_iter().collect()
}

/// An absent key is the empty list.
impl<T: Key> Key for Vec<T> {
    fn describe() -> Kind {
        Kind::List { of: Box::new(T::describe()), length: None }
    }

    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<Vec<T>> {
        items(node, at, log)
    }

    fn absent() -> Option<Vec<T>> {
        Some(Vec::new())
    }

    fn write(&self) -> Option<Written> {
        if self.is_empty() {
            return None;
        }
        Some(Written::Array(self.iter().filter_map(write_present).collect()))
    }
}

impl<T: Bounded> Bounded for Vec<T> {
    type Of = T::Of;
}

impl<T: Key, const N: usize> Key for [T; N] {
    fn describe() -> Kind {
        Kind::List { of: Box::new(T::describe()), length: Some(N) }
    }

    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<[T; N]> {
        if let Value::Array(found) = &node.value
            && found.len() != N
        {
            log.wrong_length(node.place, at, found.len(), N);
            // The items have places of their own.
            let _ = items::<T>(node, at, log);
            return None;
        }
        items(node, at, log)?.try_into().ok()
    }

    fn write(&self) -> Option<Written> {
        Some(Written::Array(self.iter().filter_map(write_present).collect()))
    }
}

impl<T: Bounded, const N: usize> Bounded for [T; N] {
    type Of = T::Of;
}

/// A value that remembers where it was written; equality does not ask where.
///
/// A value that was not written has the place of the table it would stand in.
#[derive(Clone, Copy, Debug)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub place: Place,
}

impl<T> At<T> {
    /// A value that was written nowhere.
    pub fn nowhere(value: T) -> At<T> {
        At { value, place: Place::NOWHERE }
    }
}

impl<T> Deref for At<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for At<T> {
    fn eq(&self, other: &At<T>) -> bool {
        self.value == other.value
    }
}

impl<T: Key> Key for At<T> {
    fn describe() -> Kind {
        T::describe()
    }

    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<At<T>> {
        T::read(node, at, log).map(|value| At { value, place: node.place })
    }

    fn absent() -> Option<At<T>> {
        T::absent().map(At::nowhere)
    }

    fn write(&self) -> Option<Written> {
        self.value.write()
    }
}

impl<T: Bounded> Bounded for At<T> {
    type Of = T::Of;
}

/// Things that the user gave names, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<T> {
    entries: Vec<(At<Name>, T)>,
}

impl<T> Default for Named<T> {
    fn default() -> Named<T> {
        Named { entries: Vec::new() }
    }
}

impl<T> Named<T> {
    /// The thing of that name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.entries.iter().find(|(key, _)| key.as_str() == name).map(|(_, value)| value)
    }

    /// Adds a thing, or replaces the one of that name.
    pub fn insert(&mut self, name: At<Name>, value: T) {
        match self.entries.iter_mut().find(|(key, _)| *key == name) {
            Some(entry) => *entry = (name, value),
            None => self.entries.push((name, value)),
        }
    }

    /// The names and the things.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&At<Name>, &T)> + ExactSizeIterator {
        self.entries.iter().map(|(name, value)| (name, value))
    }

    /// The things.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.entries.iter().map(|(_, value)| value)
    }

    /// The names.
    pub fn names(&self) -> Vec<&str> {
        self.entries.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Where the name is written.
    pub fn place(&self, name: &str) -> Option<Place> {
        self.entries.iter().find(|(key, _)| key.as_str() == name).map(|(key, _)| key.place)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// An absent key is no things.
impl<T: Key> Key for Named<T> {
    fn describe() -> Kind {
        Kind::Named(Box::new(T::describe()))
    }

    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<Named<T>> {
        let Some(table) = node.as_table() else {
            log.wrong_type(node, at, "a table of names");
            return None;
        };
        let mut entries = Vec::new();
        let mut complete = true;
        for entry in &table.entries {
            let name = Name::new(&entry.key);
            if name.is_none() {
                log.bad_name(entry.key_place, at, &entry.key);
            }
            let value = T::read(&entry.node, &at.key(&entry.key), log);
            match (name, value) {
                (Some(name), Some(value)) => {
                    entries.push((At { value: name, place: entry.key_place }, value));
                }
                _ => complete = false,
            }
        }
        complete.then_some(Named { entries })
    }

    fn absent() -> Option<Named<T>> {
        Some(Named::default())
    }

    fn write(&self) -> Option<Written> {
        if self.is_empty() {
            return None;
        }
        let entries = self.entries.iter().filter_map(|(name, value)| {
            write_present(value).map(|value| (name.as_str().to_string(), value))
        });
        Some(Written::Table(Layout::Named, entries.collect()))
    }
}

/// A value that is kept as it was written, to be read later.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw(pub Node);

impl Key for Raw {
    fn describe() -> Kind {
        Kind::Any
    }

    fn read(node: &Node, _: &KeyPath<'_>, _: &mut Diagnostics) -> Option<Raw> {
        Some(Raw(node.clone()))
    }

    fn write(&self) -> Option<Written> {
        Some(Written::from(&self.0))
    }
}
