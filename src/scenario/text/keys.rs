//! What a key of a scenario is: how it is described, read and written.

use std::fmt;

use super::diagnostic::Diagnostics;
use super::place::Place;
use super::tree::{self, Node};
use super::written::{Written, key_text};

/// A type that a scenario can hold.
pub trait Key: Sized {
    /// What the type is, for the reference, the JSON schema and for merging.
    fn describe() -> Kind;

    /// Reads a value, putting every problem into `log`; `None` if there was one.
    fn read(node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<Self>;

    /// What an absent key means; `None` if the key is required.
    fn absent() -> Option<Self> {
        None
    }

    /// The value to be printed; `None` if it is printed by leaving out the key.
    fn write(&self) -> Option<Written>;
}

/// Reads a whole document.
pub fn read<T: Key>(node: &Node, log: &mut Diagnostics) -> Option<T> {
    T::read(node, &KeyPath::root(), log)
}

/// The keys that lead to a value, each with the way to it.
///
/// It borrows all of them: a scenario has thousands of values, and hardly any path is ever shown.
#[derive(Clone, Copy, Debug)]
pub struct KeyPath<'a> {
    /// The last step and what leads to it; the whole document has none.
    last: Option<(&'a KeyPath<'a>, Last<'a>)>,
}

/// A step down.
#[derive(Clone, Copy, Debug)]
enum Last<'a> {
    Key(&'a str),
    Index(usize),
}

/// What kind of thing a key holds.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A single value.
    Leaf(Leaf),
    /// A table with fixed keys.
    Section(Section),
    /// One of several.
    Choice(Choice),
    /// An array.
    List {
        /// What is in it.
        of: Box<Kind>,
        /// How many there are, if that is fixed.
        length: Option<usize>,
    },
    /// A table whose keys are names given by the user.
    Named(Box<Kind>),
    /// Anything.
    Any,
}

/// A single value.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// With its article, such as `a duration`.
    pub type_name: &'static str,
    /// How it is written, in Markdown, to follow the type's name and a comma.
    pub format: &'static str,
    /// What JSON schema says about it.
    pub schema: fn() -> serde_json::Value,
}

/// A table with fixed keys.
#[derive(Clone, Debug)]
pub struct Section {
    /// The name of the type.
    pub name: &'static str,
    /// The name of the type with its module, which no other type has.
    pub id: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its keys.
    pub fields: fn() -> Vec<Field>,
}

/// One of several.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The name of the type.
    pub name: &'static str,
    /// The name of the type with its module, which no other type has.
    pub id: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// What may be chosen.
    pub variants: fn() -> Vec<Variant>,
    /// The tag of the variant whose data may be written without it.
    pub shorthand: Option<&'static str>,
}

/// One of the things that may be chosen.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The word for it.
    pub tag: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// The data that goes with it.
    pub data: Option<Kind>,
    /// Whether the word alone will do.
    pub bare: bool,
}

/// One key of a section.
#[derive(Clone, Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The value of the absent key, as TOML.
    pub default: Option<&'static str>,
    /// Whether the key must be there.
    pub required: bool,
    /// The least and the greatest value, as TOML.
    pub within: Option<(&'static str, &'static str)>,
    /// Says what is wrong with the default and the bounds themselves.
    pub(super) check: fn(&Field, &mut Diagnostics),
    /// Says what is wrong with a value.
    pub(super) value: fn(&Field, &Node, &mut Diagnostics),
}

impl<'a> KeyPath<'a> {
    /// The path of the whole document.
    pub const fn root() -> KeyPath<'static> {
        KeyPath { last: None }
    }

    /// The path of the key `key` in the table at this path.
    pub fn key(&'a self, key: &'a str) -> KeyPath<'a> {
        KeyPath { last: Some((self, Last::Key(key))) }
    }

    /// The path of the item `index` in the array at this path.
    pub fn index(&'a self, index: usize) -> KeyPath<'a> {
        KeyPath { last: Some((self, Last::Index(index))) }
    }

    /// Whether this is the whole document.
    pub fn is_root(&self) -> bool {
        self.last.is_none()
    }

    fn text(&self) -> String {
        let Some((path, last)) = &self.last else { return String::new() };
        let last = match last {
            Last::Key(key) => key_text(key),
            Last::Index(index) => index.to_string(),
        };
        if path.is_root() { last } else { format!("{}.{last}", path.text()) }
    }
}

/// `a.b.c`; with `#` in backticks, and the root in words.
impl fmt::Display for KeyPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (f.alternate(), self.is_root()) {
            (true, true) => f.write_str("the scenario"),
            (true, false) => write!(f, "`{}`", self.text()),
            (false, _) => f.write_str(&self.text()),
        }
    }
}

impl Kind {
    /// With its article, such as `a duration` or `a table`.
    pub fn type_name(&self) -> String {
        match self {
            Kind::Leaf(leaf) => leaf.type_name.to_string(),
            Kind::Section(_) | Kind::Named(_) => "a table".to_string(),
            Kind::Choice(choice) => {
                let variants = (choice.variants)();
                let tags: Vec<&str> = variants.iter().map(|variant| variant.tag).collect();
                format!("one of {}", super::diagnostic::quoted(&tags))
            }
            Kind::List { length: None, .. } => "an array".to_string(),
            Kind::List { length: Some(length), .. } => format!("an array of {length} values"),
            Kind::Any => "any value".to_string(),
        }
    }

    /// With its article and how it is written, as far as that is known.
    pub fn wanted(&self) -> String {
        match self {
            Kind::Leaf(leaf) => format!("{}, {}", leaf.type_name, leaf.format),
            Kind::Section(_) | Kind::Choice(_) | Kind::List { .. } | Kind::Named(_) | Kind::Any => {
                self.type_name()
            }
        }
    }

    /// What an empty list or table is written as, where it cannot be left out.
    pub(super) fn empty(&self) -> Option<Written> {
        match self {
            Kind::List { .. } => Some(Written::Array(Vec::new())),
            Kind::Named(_) => Some(Written::Table(super::written::Layout::Named, Vec::new())),
            Kind::Leaf(_) | Kind::Section(_) | Kind::Choice(_) | Kind::Any => None,
        }
    }
}

impl Choice {
    /// The variant of that tag.
    pub fn variant(&self, tag: &str) -> Option<Variant> {
        (self.variants)().into_iter().find(|variant| variant.tag == tag)
    }
}

impl Field {
    /// A key without bounds.
    pub fn new<T: Key + PartialEq>(
        name: &'static str,
        doc: &'static str,
        default: Option<&'static str>,
    ) -> Field {
        Field {
            name: key_name(name),
            doc,
            kind: T::describe(),
            default,
            required: default.is_none() && T::absent().is_none(),
            within: None,
            check: super::check::default_of::<T>,
            value: super::check::value_of::<T>,
        }
    }

    /// The same with bounds.
    pub fn bounded<T: Key + PartialEq + super::bounds::Bounded>(
        mut self,
        min: &'static str,
        max: &'static str,
    ) -> Field {
        self.within = Some((min, max));
        self.check = super::check::default_and_bounds_of::<T>;
        self.value = super::check::bounded_value_of::<T>;
        self
    }

    /// The default as it is written, on one line.
    pub fn default_text(&self) -> Option<String> {
        let node = self.default_node(Place::NOWHERE, &mut Diagnostics::new())?;
        Some(Written::from(&node).inline())
    }

    /// Whether `text`, written as in TOML, is a value that the key takes.
    pub fn accepts(&self, text: &str) -> bool {
        let mut log = Diagnostics::new();
        if let Some(node) = tree::parse_default(text, Place::NOWHERE, &mut log) {
            (self.value)(self, &node, &mut log);
        }
        log.is_empty()
    }

    /// The least and the greatest value, in words.
    pub fn range(&self) -> Option<String> {
        let (min, max) = self.within?;
        Some(format!("{} to {}", min.trim_matches('"'), max.trim_matches('"')))
    }

    /// The default as a value that stands at `place`.
    pub(super) fn default_node(&self, place: Place, log: &mut Diagnostics) -> Option<Node> {
        tree::parse_default(self.default?, place, log)
    }
}

/// The key of a Rust field.
pub(super) fn key_name(name: &'static str) -> &'static str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// Writes a value that cannot be left out.
pub(super) fn write_present<T: Key>(value: &T) -> Option<Written> {
    value.write().or_else(|| T::describe().empty())
}

/// The words of a `///` comment on one line.
pub fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
