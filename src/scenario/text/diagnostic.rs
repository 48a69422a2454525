//! The problems of a scenario, and the words for them.
//!
//! Every message names the thing in backticks, what was found and what is allowed; it begins
//! lowercase and has no full stop. All wording lives here, so that like mistakes read alike.

use super::keys::KeyPath;
use super::place::Place;
use super::tree::{Node, Value};

/// One problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Where it is, if it is anywhere.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What may be done about it.
    pub help: Vec<String>,
}

/// The problems found so far.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "problems that are not shown are lost"]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostic {
    /// Adds a line of advice.
    pub fn help(&mut self, text: impl Into<String>) -> &mut Diagnostic {
        self.help.push(printable(&text.into()));
        self
    }

    /// Adds the nearest of the `known` names, or all of them if none is near and they are few.
    fn nearest(&mut self, name: &str, known: &[&str]) -> &mut Diagnostic {
        if let Some(best) = nearest(name, known) {
            self.help(format!("did you mean `{best}`?"))
        } else if known.is_empty() || known.len() > 40 {
            self
        } else {
            self.help(format!("known: {}", quoted(known)))
        }
    }
}

impl Diagnostics {
    /// No problems.
    pub fn new() -> Diagnostics {
        Diagnostics::default()
    }

    /// Whether there is no problem.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many problems there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The problems by source and position, each once; those without a place come last.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut list: Vec<&Diagnostic> = self.list.iter().collect();
        list.sort_by_key(|d| (d.place.is_none(), d.place.map(|p| (p.source, p.start))));
        list.dedup();
        list
    }

    /// Takes over the problems of `other`.
    pub fn append(&mut self, other: Diagnostics) {
        self.list.extend(other.list);
    }

    /// Adds `text` as advice to every problem after the first `count`.
    pub(super) fn help_since(&mut self, count: usize, text: &str) {
        for diagnostic in self.list.iter_mut().skip(count) {
            diagnostic.help(text);
        }
    }

    /// A problem in free words.
    pub fn problem(
        &mut self,
        place: impl Into<Option<Place>>,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let place = place.into().filter(|place| *place != Place::NOWHERE);
        let at = self.list.len();
        let message = printable(&message.into());
        self.list.push(Diagnostic { place, message, help: Vec::new() });
        &mut self.list[at]
    }

    /// The text is no TOML.
    pub fn syntax(&mut self, place: Place, message: &str) -> &mut Diagnostic {
        self.problem(place, format!("not valid TOML: {message}"))
    }

    /// A key that the section does not have.
    pub fn unknown_key(
        &mut self,
        place: Place,
        section: &KeyPath<'_>,
        key: &str,
        known: &[&str],
    ) -> &mut Diagnostic {
        self.problem(place, format!("unknown key `{key}`{}", inside(section))).nearest(key, known)
    }

    /// A key that must be there; `wanted` says what it holds.
    pub fn missing_key(
        &mut self,
        place: Place,
        section: &KeyPath<'_>,
        key: &str,
        wanted: &str,
    ) -> &mut Diagnostic {
        self.problem(place, format!("missing key `{key}`{}", inside(section)))
            .help(format!("`{key}` is {wanted}"))
    }

    /// A value of the wrong type.
    pub fn wrong_type(
        &mut self,
        node: &Node,
        at: &KeyPath<'_>,
        expected: impl AsRef<str>,
    ) -> &mut Diagnostic {
        let (expected, found) = (expected.as_ref(), found(node));
        self.problem(node.place, format!("{at:#} must be {expected}, found {found}"))
    }

    /// A value of the right type that says nothing; `why` completes "`path` is `text`, ...".
    pub fn bad_value(
        &mut self,
        place: Place,
        at: &KeyPath<'_>,
        text: &str,
        why: impl AsRef<str>,
    ) -> &mut Diagnostic {
        self.problem(place, format!("{at:#} is `{}`, {}", clipped(text), why.as_ref()))
    }

    /// A value outside its bounds.
    pub fn out_of_range(
        &mut self,
        place: Place,
        at: &KeyPath<'_>,
        value: &str,
        min: &str,
        max: &str,
    ) -> &mut Diagnostic {
        let allowed = if min == max {
            format!("must be `{min}`")
        } else {
            format!("must be between `{min}` and `{max}`")
        };
        self.bad_value(place, at, value, allowed)
    }

    /// A number without a unit; `example` is the same number with one.
    pub fn no_unit(
        &mut self,
        place: Place,
        at: &KeyPath<'_>,
        text: &str,
        example: &str,
    ) -> &mut Diagnostic {
        self.bad_value(place, at, text, format!("needs a unit, such as `{example}`"))
    }

    /// A unit that is none.
    pub fn bad_unit(
        &mut self,
        place: Place,
        at: &KeyPath<'_>,
        text: &str,
        unit: &str,
        units: &[&str],
    ) -> &mut Diagnostic {
        let text = clipped(text);
        let problem = self.problem(place, format!("{at:#} is `{text}`, `{unit}` is no unit"));
        if let Some(best) = nearest_unit(unit, units) {
            problem.help(format!("did you mean `{best}`?"));
        }
        problem.help(format!("allowed units: {}", quoted(units)))
    }

    /// The name of a thing that does not exist: "there is no node `x`".
    pub fn unknown_name(
        &mut self,
        place: Place,
        what: &str,
        name: &str,
        known: &[&str],
    ) -> &mut Diagnostic {
        self.problem(place, format!("there is no {what} `{name}`")).nearest(name, known)
    }

    /// A name that is none, as a key of the table `table`.
    pub fn bad_name(&mut self, place: Place, table: &KeyPath<'_>, name: &str) -> &mut Diagnostic {
        let rule = super::leaf::Name::RULE;
        self.problem(place, format!("bad name `{}`{}, {rule}", clipped(name), inside(table)))
    }

    /// A word that is none of the choice's.
    pub fn unknown_choice(
        &mut self,
        place: Place,
        at: &KeyPath<'_>,
        word: &str,
        known: &[&str],
    ) -> &mut Diagnostic {
        let problem = self.problem(
            place,
            format!("{at:#} is `{}`, must be one of {}", clipped(word), { quoted(known) }),
        );
        match nearest(word, known) {
            Some(best) => problem.help(format!("did you mean `{best}`?")),
            None => problem,
        }
    }

    /// Data for a variant that takes none.
    pub fn no_data(&mut self, place: Place, at: &KeyPath<'_>, tag: &str) -> &mut Diagnostic {
        self.problem(place, format!("{at:#} is `{tag}`, which takes no data"))
            .help(format!("write `\"{tag}\"`"))
    }

    /// The tag of a variant that needs data; `wanted` says which.
    pub fn needs_data(
        &mut self,
        place: Place,
        at: &KeyPath<'_>,
        tag: &str,
        wanted: &str,
    ) -> &mut Diagnostic {
        self.problem(place, format!("{at:#} is `{tag}`, which needs {wanted}"))
            .help(format!("write `{{ {tag} = .. }}`"))
    }

    /// A table that does not name exactly one variant.
    pub fn not_one_choice(
        &mut self,
        place: Place,
        at: &KeyPath<'_>,
        keys: &[&str],
        known: &[&str],
    ) -> &mut Diagnostic {
        let found = if keys.is_empty() { "none".to_string() } else { quoted(keys) };
        let known = quoted(known);
        self.problem(place, format!("{at:#} must have one key of {known}, found {found}"))
    }

    /// A path that goes on where nothing can follow.
    pub fn no_such_step(
        &mut self,
        place: Place,
        at: &KeyPath<'_>,
        key: &str,
        is: &str,
    ) -> &mut Diagnostic {
        self.problem(place, format!("{at:#} is {is}, there is no `{key}` in it"))
    }

    /// An item that an array does not have.
    pub fn no_item(
        &mut self,
        place: Place,
        at: &KeyPath<'_>,
        index: &str,
        count: usize,
    ) -> &mut Diagnostic {
        let items = if count == 1 { "item" } else { "items" };
        self.problem(place, format!("{at:#} has {count} {items}, there is no `{index}`"))
            .help("items are counted from 0")
    }

    /// A thing that is there twice.
    pub fn duplicate(&mut self, place: Place, what: &str, name: &str) -> &mut Diagnostic {
        self.problem(place, format!("duplicate {what} `{name}`"))
    }

    /// A list that is too short or too long.
    pub fn wrong_length(
        &mut self,
        place: Place,
        at: &KeyPath<'_>,
        found: usize,
        needed: usize,
    ) -> &mut Diagnostic {
        let values = if found == 1 { "value" } else { "values" };
        self.problem(place, format!("{at:#} has {found} {values}, must have {needed}"))
    }
}

/// The known name most like `name`, if it is like it at all.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    all_nearest(name, known).first().copied()
}

/// All known names that are as much like `name` as the one most like it; none if none is.
pub fn all_nearest<'a>(name: &str, known: &[&'a str]) -> Vec<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let name = plain(name);
    let allowed = name.chars().count().div_ceil(3);
    let distance = |other: &str| strsim::damerau_levenshtein(&name, &plain(other));
    let distances: Vec<usize> = known.iter().map(|other| distance(other)).collect();
    let least = distances.iter().copied().min().filter(|least| *least <= allowed);
    let paired = known.iter().zip(distances);
    paired.filter(|(_, distance)| Some(*distance) == least).map(|(other, _)| *other).collect()
}

/// The unit most likely meant: the same but for upper and lower case, or else what was written is a
/// longer form of it, as `sec` is. Units are too short for their mistakes to be counted.
fn nearest_unit<'a>(unit: &str, units: &[&'a str]) -> Option<&'a str> {
    let unit = unit.to_lowercase();
    let same = units.iter().find(|known| known.to_lowercase() == unit);
    let longer = || {
        let begins = |known: &&&str| unit.starts_with(&known.to_lowercase());
        units.iter().filter(begins).max_by_key(|known| known.len())
    };
    same.or_else(longer).copied()
}

/// Whether a character is not shown but obeyed: a control character, or one of those that turn
/// the direction of what follows until another ends it, so that a line reads as it is not meant
/// (bidirectional text spoofing in Unicode Technical Report 36).
pub fn is_obeyed(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with what is obeyed written out. What stands in a file may be anything, and a terminal
/// obeys some of it.
pub fn printable(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_obeyed(letter) {
            plain.extend(letter.escape_default());
        } else {
            plain.push(letter);
        }
    }
    plain
}

/// `` `a`, `b`, `c` ``
pub fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What a value is, in words.
pub fn found(node: &Node) -> String {
    match &node.value {
        Value::Str(text) => format!("the string `{}`", clipped(text)),
        Value::Int(number) => format!("the number `{number}`"),
        Value::Float(number) => format!("the number `{number:?}`"),
        Value::Bool(value) => format!("`{value}`"),
        Value::Datetime(value) => format!("the date-time `{value}`"),
        Value::Array(items) if items.is_empty() => "an empty array".to_string(),
        Value::Array(_) => "an array".to_string(),
        Value::Table(_) => "a table".to_string(),
    }
}

fn inside(section: &KeyPath<'_>) -> String {
    if section.is_root() { String::new() } else { format!(" in {section:#}") }
}

/// The text on one line and not too long.
fn clipped(text: &str) -> String {
    let line = text.escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'");
    if line.chars().count() <= 60 {
        line
    } else {
        line.chars().take(57).chain("...".chars()).collect()
    }
}
