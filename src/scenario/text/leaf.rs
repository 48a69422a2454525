//! Plain values: numbers, switches, text and names.

use std::fmt;

use serde_json::json;

use super::bounds::bounded_by_itself;
use super::diagnostic::{Diagnostics, is_obeyed};
use super::keys::{Key, KeyPath, Kind, Leaf};
use super::tree::{Node, Value};
use super::written::Written;

/// Makes a [`Kind::Leaf`].
pub(super) fn leaf(
    type_name: &'static str,
    format: &'static str,
    schema: fn() -> serde_json::Value,
) -> Kind {
    Kind::Leaf(Leaf { type_name, format, schema })
}

/// The string, or a problem that says what is expected.
pub(super) fn text<'a>(
    node: &'a Node,
    at: &KeyPath<'_>,
    expected: &str,
    log: &mut Diagnostics,
) -> Option<&'a str> {
    let text = node.as_str();
    if text.is_none() {
        log.wrong_type(node, at, expected);
    }
    text
}

/// Whole numbers of one Rust type.
macro_rules! whole_number {
    ($($type:ident),*) => { $(
        impl Key for $type {
            fn describe() -> Kind {
                fn schema() -> serde_json::Value {
                    json!({ "type": "integer", "minimum": $type::MIN, "maximum": $type::MAX })
                }
                leaf(WHOLE_NUMBER, "such as `3`", schema)
            }

            fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<$type> {
                let Value::Int(number) = node.value else {
                    log.wrong_type(node, at, WHOLE_NUMBER);
                    return None;
                };
                let fitting = $type::try_from(number).ok();
                if fitting.is_none() {
                    let (min, max) = ($type::MIN.to_string(), $type::MAX.to_string());
                    log.out_of_range(node.place, at, &number.to_string(), &min, &max);
                }
                fitting
            }

            fn write(&self) -> Option<Written> {
                i128::try_from(*self).ok().map(Written::Int)
            }
        }
    )* };
}

const WHOLE_NUMBER: &str = "a whole number";

whole_number!(u32, u64, usize, i64);
bounded_by_itself!(u32, u64, usize, i64, f64, String, Name);

impl Key for f64 {
    fn describe() -> Kind {
        leaf("a number", "such as `1.5`", || json!({ "type": "number" }))
    }

    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<f64> {
        match number(node) {
            Some(number) if number.is_finite() => Some(number),
            Some(number) => {
                log.bad_value(node.place, at, &number.to_string(), "must be finite");
                None
            }
            None => {
                log.wrong_type(node, at, "a number");
                None
            }
        }
    }

    fn write(&self) -> Option<Written> {
        Some(Written::Float(*self))
    }
}

/// The number, whole or not.
pub(super) fn number(node: &Node) -> Option<f64> {
    match node.value {
        Value::Int(number) => Some(number as f64),
        Value::Float(number) => Some(number),
        Value::Str(_) | Value::Bool(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => {
            None
        }
    }
}

impl Key for bool {
    fn describe() -> Kind {
        leaf("a switch", "`true` or `false`", || json!({ "type": "boolean" }))
    }

    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<bool> {
        if let Value::Bool(value) = node.value {
            return Some(value);
        }
        log.wrong_type(node, at, "`true` or `false`");
        None
    }

    fn write(&self) -> Option<Written> {
        Some(Written::Bool(*self))
    }
}

impl Key for String {
    fn describe() -> Kind {
        leaf("text", "such as `\"any text\"`", || json!({ "type": "string" }))
    }

    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<String> {
        let text = text(node, at, "text in quotes", log)?;
        if let Some(control) = control(text) {
            let why = format!("must not contain the character {}", control.escape_unicode());
            log.bad_value(node.place, at, text, why);
            return None;
        }
        Some(text.to_string())
    }

    fn write(&self) -> Option<Written> {
        Some(Written::Str(self.clone()))
    }
}

/// The first character that is none to be read: it would reach terminals and pages, which obey it,
/// and XML, which may not hold all of them. Ends of lines and tabs are fine.
fn control(text: &str) -> Option<char> {
    let lines = text.replace("\r\n", "\n");
    let unreadable = |c: &char| {
        let is_space = matches!(c, '\n' | '\t');
        (is_obeyed(*c) && !is_space) || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    lines.chars().find(unreadable)
}

/// What the user calls a thing: letters, digits, `-` and `_`, [`Name::LENGTH_MAX`] at most.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// The name, if it is one.
    pub fn new(text: &str) -> Option<Name> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let fits = (1..=Name::LENGTH_MAX).contains(&text.len());
        (fits && text.bytes().all(allowed)).then(|| Name(text.to_string()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Characters at most: a name is that of a folder too, and 255 bytes are all that most file
    /// systems allow.
    pub const LENGTH_MAX: usize = 100;

    /// The same for a JSON schema.
    pub(super) const PATTERN: &str = "^[A-Za-z0-9_-]{1,100}$";

    /// What a message says about a text that is no name.
    pub(super) const RULE: &str = "a name has only letters, digits, `-` and `_`, 100 at most";
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Key for Name {
    fn describe() -> Kind {
        leaf(
            "a name",
            "letters, digits, `-` and `_`, such as `\"api-1\"`",
            || json!({ "type": "string", "pattern": Name::PATTERN }),
        )
    }

    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<Name> {
        let text = text(node, at, "a name in quotes", log)?;
        let name = Name::new(text);
        if name.is_none() {
            log.bad_value(node.place, at, text, Name::RULE);
        }
        name
    }

    fn write(&self) -> Option<Written> {
        Some(Written::Str(self.0.clone()))
    }
}
