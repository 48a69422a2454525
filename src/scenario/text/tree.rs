//! A TOML document in which every key and value knows its place, in the order of the file.

use toml::de::{DeString, DeTable, DeValue};
use toml::value::Datetime;

use super::diagnostic::Diagnostics;
use super::place::{Place, SourceId, Sources};

/// A value and where it is written.
///
/// The place of a table is its braces, its `[header]`, or the key that implies it.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it is written.
    pub place: Place,
}

/// A TOML value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A string.
    Str(String),
    /// A whole number; wider than TOML asks, so that every `u64` has a text.
    Int(i128),
    /// A number with a fraction, or an infinity or NaN.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// A date, a time, or both.
    Datetime(Datetime),
    /// An array.
    Array(Vec<Node>),
    /// A table.
    Table(Table),
}

/// The entries of a table in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The entries; no key is there twice.
    pub entries: Vec<Entry>,
}

/// One `key = value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key, without quotes.
    pub key: String,
    /// Where the key is written.
    pub key_place: Place,
    /// The value.
    pub node: Node,
}

/// Equal values; the places do not matter.
impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        self.value == other.value
    }
}

/// The same keys with equal values, in any order.
impl PartialEq for Table {
    fn eq(&self, other: &Table) -> bool {
        self.entries.len() == other.entries.len()
            && self.entries.iter().all(|entry| other.get(&entry.key) == Some(&entry.node))
    }
}

impl Table {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// The value of `key`, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.node)
    }

    /// Sets `key`, in its old position if it is there already.
    pub fn insert(&mut self, key: &str, key_place: Place, node: Node) {
        let entry = Entry { key: key.to_string(), key_place, node };
        match self.entries.iter_mut().find(|old| old.key == key) {
            Some(old) => *old = entry,
            None => self.entries.push(entry),
        }
    }
}

impl Node {
    /// An empty table.
    pub fn empty_table(place: Place) -> Node {
        Node { value: Value::Table(Table::default()), place }
    }

    /// The table, if this is one.
    pub fn as_table(&self) -> Option<&Table> {
        if let Value::Table(table) = &self.value { Some(table) } else { None }
    }

    /// The table to be changed, if this is one.
    pub fn as_table_mut(&mut self) -> Option<&mut Table> {
        if let Value::Table(table) = &mut self.value { Some(table) } else { None }
    }

    /// The string, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::Str(text) = &self.value { Some(text) } else { None }
    }

    /// Gives this value and all below the same place.
    pub fn move_to(&mut self, place: Place) {
        self.place = place;
        match &mut self.value {
            Value::Array(items) => items.iter_mut().for_each(|item| item.move_to(place)),
            Value::Table(table) => {
                for entry in &mut table.entries {
                    entry.key_place = place;
                    entry.node.move_to(place);
                }
            }
            Value::Str(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Bool(_)
            | Value::Datetime(_) => {}
        }
    }
}

/// Reads a whole document; `None` if its syntax is wrong anywhere, with every such place in `log`.
pub fn parse(sources: &Sources, id: SourceId, log: &mut Diagnostics) -> Option<Node> {
    let Some(source) = sources.get(id) else {
        log.problem(None, "there is no such source");
        return None;
    };
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let mut reader = Converter { id, text: &source.text, offset: 0, log, failed: false };
    reader.syntax(&errors);
    let place = Place::new(id, 0..0);
    let table = reader.table(table.into_inner());
    (!reader.failed).then_some(Node { value: Value::Table(table), place })
}

/// Reads one value that stands at byte `offset` of the source, as the right side of a `--set`.
pub(super) fn parse_value(
    id: SourceId,
    text: &str,
    offset: usize,
    log: &mut Diagnostics,
) -> Option<Node> {
    let (value, errors) = DeValue::parse_recoverable(text);
    let mut reader = Converter { id, text, offset, log, failed: false };
    reader.syntax(&errors);
    let span = value.span();
    let node = reader.node(value.into_inner(), span);
    (!reader.failed).then_some(node)
}

/// Reads the text of a default or a bound, which stands in the program; everything gets `place`.
pub fn parse_default(text: &str, place: Place, log: &mut Diagnostics) -> Option<Node> {
    let mut own = Diagnostics::new();
    match parse_value(place.source, text, 0, &mut own) {
        Some(mut node) => {
            node.move_to(place);
            Some(node)
        }
        None => {
            log.problem(place, format!("the default `{text}` is no TOML value"));
            None
        }
    }
}

/// From the `toml` crate's spanned values to ours.
struct Converter<'a> {
    id: SourceId,
    text: &'a str,
    offset: usize,
    log: &'a mut Diagnostics,
    failed: bool,
}

impl Converter<'_> {
    fn place(&self, span: std::ops::Range<usize>) -> Place {
        Place::new(self.id, span.start + self.offset..span.end + self.offset)
    }

    fn syntax(&mut self, errors: &[toml::de::Error]) {
        for error in errors {
            self.failed = true;
            let span = error.span().unwrap_or(self.text.len()..self.text.len());
            let place = self.place(span.clone());
            match error.message() {
                "duplicate key" => {
                    let key = self.text.get(span).unwrap_or_default();
                    self.log.duplicate(place, "key", key);
                }
                message => {
                    self.log.syntax(place, message);
                }
            }
        }
    }

    fn table(&mut self, table: DeTable<'_>) -> Table {
        let mut entries: Vec<Entry> = Vec::new();
        for (key, value) in table {
            let key_place = self.place(key.span());
            let span = value.span();
            let node = self.node(value.into_inner(), span);
            entries.push(Entry { key: DeString::into_owned(key.into_inner()), key_place, node });
        }
        entries.sort_by_key(|entry| entry.key_place.start);
        Table { entries }
    }

    fn node(&mut self, value: DeValue<'_>, span: std::ops::Range<usize>) -> Node {
        let place = self.place(span);
        let value = match value {
            DeValue::String(text) => Value::Str(text.into_owned()),
            DeValue::Integer(number) => {
                match i128::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => Value::Int(number),
                    Err(_) => self.unreadable_number(place, number.as_str()),
                }
            }
            DeValue::Float(number) => match number.as_str().parse::<f64>() {
                Ok(parsed) if parsed.is_finite() || number.as_str().contains(['n', 'N']) => {
                    Value::Float(parsed)
                }
                _ => self.unreadable_number(place, number.as_str()),
            },
            DeValue::Boolean(value) => Value::Bool(value),
            DeValue::Datetime(value) => Value::Datetime(value),
            DeValue::Array(items) => {
                let mut nodes = Vec::new();
                for item in items {
                    let span = item.span();
                    nodes.push(self.node(item.into_inner(), span));
                }
                Value::Array(nodes)
            }
            DeValue::Table(table) => Value::Table(self.table(table)),
        };
        Node { value, place }
    }

    fn unreadable_number(&mut self, place: Place, text: &str) -> Value {
        // A syntax error elsewhere leaves half-read numbers that were reported there.
        if !self.failed {
            self.log.problem(place, format!("the number `{text}` is too large"));
        }
        self.failed = true;
        Value::Int(0)
    }
}
