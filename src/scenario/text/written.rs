//! Values on their way out, to be printed as TOML.

use super::diagnostic::is_obeyed;
use super::tree::{Node, Value};

/// A value as it shall be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// A string.
    Str(String),
    /// A whole number.
    Int(i128),
    /// Another number.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// What is written as it stands, such as a date-time.
    Bare(String),
    /// An array.
    Array(Vec<Written>),
    /// A table with its shape on the page.
    Table(Layout, Vec<(String, Written)>),
}

/// How a table is best shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Under a `[header]`.
    Section,
    /// Under a `[header]`, and the order of its entries means something.
    Named,
    /// In braces on one line, if it fits.
    Inline,
}

impl Written {
    /// The value in braces and brackets on one line.
    pub fn inline(&self) -> String {
        match self {
            Written::Str(text) => toml::Value::String(text.clone()).to_string(),
            Written::Int(number) => number.to_string(),
            Written::Float(number) => float(*number),
            Written::Bool(value) => value.to_string(),
            Written::Bare(text) => text.clone(),
            Written::Array(items) => {
                let items: Vec<String> = items.iter().map(Written::inline).collect();
                format!("[{}]", items.join(", "))
            }
            Written::Table(_, entries) if entries.is_empty() => "{}".to_string(),
            Written::Table(_, entries) => {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(key, value)| format!("{} = {}", key_text(key), value.inline()))
                    .collect();
                format!("{{ {} }}", entries.join(", "))
            }
        }
    }

    /// The value as a message shows it: a string without its quotes.
    pub fn plain(&self) -> String {
        if let Written::Str(text) = self { text.clone() } else { self.inline() }
    }

    /// The value as JSON.
    pub fn json(&self) -> serde_json::Value {
        match self {
            Written::Str(text) | Written::Bare(text) => text.as_str().into(),
            Written::Int(number) => match (u64::try_from(*number), i64::try_from(*number)) {
                (Ok(number), _) => number.into(),
                (_, Ok(number)) => number.into(),
                _ => serde_json::Value::Null,
            },
            Written::Float(number) => (*number).into(),
            Written::Bool(value) => (*value).into(),
            Written::Array(items) => items.iter().map(Written::json).collect(),
            Written::Table(_, entries) => {
                entries.iter().map(|(key, value)| (key.clone(), value.json())).collect()
            }
        }
    }
}

impl From<&Node> for Written {
    fn from(node: &Node) -> Written {
        match &node.value {
            Value::Str(text) => Written::Str(text.clone()),
            Value::Int(number) => Written::Int(*number),
            Value::Float(number) => Written::Float(*number),
            Value::Bool(value) => Written::Bool(*value),
            Value::Datetime(value) => Written::Bare(value.to_string()),
            Value::Array(items) => Written::Array(items.iter().map(Written::from).collect()),
            Value::Table(table) => Written::Table(
                Layout::Section,
                table
                    .entries
                    .iter()
                    .map(|entry| (entry.key.clone(), Written::from(&entry.node)))
                    .collect(),
            ),
        }
    }
}

/// A key with quotes if it needs them.
pub fn key_text(key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !key.is_empty() && key.bytes().all(plain) {
        return key.to_string();
    }
    // A string on one line is a key too; only the `toml` crate's choice of quotes must be tamed.
    let mut text = String::from("\"");
    for letter in key.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            letter if is_obeyed(letter) => text.push_str(&format!("\\u{:04X}", letter as u32)),
            letter => text.push(letter),
        }
    }
    text + "\""
}

/// A TOML float, exact and short.
fn float(number: f64) -> String {
    if number.is_nan() { "nan".to_string() } else { format!("{number:?}") }
}
