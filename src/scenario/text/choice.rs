//! One of several: the macro that declares a choice and what it expands to.

use super::diagnostic::{Diagnostics, quoted};
use super::keys::{Choice, Key, KeyPath, Kind, Variant, write_present};
use super::tree::{Node, Table, Value};
use super::written::{Layout, Written};

/// Declares an enum that is a choice in the scenario.
///
/// A variant without data is written as its tag, `"round_robin"`; one with data as a table of one
/// key, `{ bluepill = { .. } }`, or as its tag if all of the data may be left out. After
/// `shorthand Variant` the data of that variant may stand without the tag.
#[allow(unused_macros, reason = "used by whoever declares sections")]
macro_rules! choice {
    (
        $(#[doc = $doc:literal])*
        $(#[derive($($derive:path),* $(,)?)])?
        $vis:vis enum $name:ident $(shorthand $short:ident)? {
            $(
                $(#[doc = $variant_doc:literal])*
                $variant:ident $(($data:ty))? = $tag:literal
            ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        $(#[derive($($derive),*)])?
        $vis enum $name {
            $( $(#[doc = $variant_doc])* $variant $(($data))?, )*
        }

        impl $crate::scenario::text::keys::Key for $name {
            fn describe() -> $crate::scenario::text::keys::Kind {
                fn variants() -> Vec<$crate::scenario::text::keys::Variant> {
                    vec![$(
                        $crate::scenario::text::keys::Variant::new(
                            $tag,
                            concat!($($variant_doc, "\n"),*),
                        )
                        $(.with::<$data>())?
                    ),*]
                }
                let shorthand = [$((stringify!($variant), $tag)),*]
                    .into_iter()
                    .find(|(variant, _)| *variant == stringify!($($short)?))
                    .map(|(_, tag)| tag);
                $crate::scenario::text::keys::Kind::Choice($crate::scenario::text::keys::Choice {
                    name: stringify!($name),
                    id: concat!(module_path!(), "::", stringify!($name)),
                    doc: concat!($($doc, "\n"),*),
                    variants,
                    shorthand,
                })
            }

            fn read(
                node: &$crate::scenario::text::tree::Node,
                at: &$crate::scenario::text::keys::KeyPath<'_>,
                log: &mut $crate::scenario::text::diagnostic::Diagnostics,
            ) -> Option<Self> {
                let kind = <Self as $crate::scenario::text::keys::Key>::describe();
                let chosen = $crate::scenario::text::choice::Chosen::of(&kind, node, at, log)?;
                match chosen.tag {
                    $(
                        $tag => Some(
                            Self::$variant $((chosen.data::<$data>(at, log)?))?
                        ),
                    )*
                    _ => None,
                }
            }

            #[allow(irrefutable_let_patterns, reason = "a choice may have one variant")]
            fn write(&self) -> Option<$crate::scenario::text::written::Written> {
                let kind = <Self as $crate::scenario::text::keys::Key>::describe();
                $(
                    $(
                        if let Self::$variant { 0: data } = self {
                            return $crate::scenario::text::choice::write::<$data>(
                                &kind, $tag, data,
                            );
                        }
                    )?
                    if let Self::$variant { .. } = self {
                        return Some($crate::scenario::text::written::Written::Str(
                            $tag.to_string(),
                        ));
                    }
                )*
                let _ = kind;
                None
            }
        }
    };
}
pub(crate) use choice;

impl Variant {
    /// A variant without data.
    pub fn new(tag: &'static str, doc: &'static str) -> Variant {
        Variant { tag, doc, data: None, bare: true }
    }

    /// The same with data.
    pub fn with<T: Key>(mut self) -> Variant {
        let kind = T::describe();
        self.bare = match &kind {
            Kind::Section(section) => (section.fields)().iter().all(|field| !field.required),
            Kind::Leaf(_) | Kind::Choice(_) | Kind::List { .. } | Kind::Named(_) | Kind::Any => {
                T::absent().is_some()
            }
        };
        self.data = Some(kind);
        self
    }
}

/// Which variant a value names, and its data.
#[derive(Debug)]
pub struct Chosen<'a> {
    /// The tag of the variant.
    pub tag: &'static str,
    node: &'a Node,
    data: Option<&'a Node>,
    /// The choice and its variant that needs no tag, if this is it: problems in such data say how
    /// else the choice can be written.
    short: Option<(&'a Choice, Variant)>,
}

impl<'a> Chosen<'a> {
    /// Finds the variant, or says what is wrong.
    pub fn of(
        kind: &'a Kind,
        node: &'a Node,
        at: &KeyPath<'_>,
        log: &mut Diagnostics,
    ) -> Option<Chosen<'a>> {
        let Kind::Choice(choice) = kind else { return None };
        match form(choice, node) {
            Form::Tag(variant) => Some(Chosen { tag: variant.tag, node, data: None, short: None }),
            Form::Tagged(variant, data) if variant.data.is_some() => {
                let data = Some(data);
                Some(Chosen { tag: variant.tag, node, data, short: None })
            }
            Form::Tagged(variant, _) => {
                log.no_data(node.place, at, variant.tag);
                None
            }
            Form::Shorthand(variant) => {
                let tag = variant.tag;
                Some(Chosen { tag, node, data: Some(node), short: Some((choice, variant)) })
            }
            Form::Wrong => {
                refuse(choice, node, at, log);
                None
            }
        }
    }

    /// Reads the data of the variant.
    pub fn data<T: Key>(&self, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<T> {
        let inside = if self.short.is_some() { *at } else { at.key(self.tag) };
        let Some(data) = self.data else {
            if matches!(T::describe(), Kind::Section(_)) {
                return T::read(&Node::empty_table(self.node.place), &inside, log);
            }
            let absent = T::absent();
            if absent.is_none() {
                let wanted = T::describe().wanted();
                log.needs_data(self.node.place, at, self.tag, &wanted);
            }
            return absent;
        };
        let before = log.len();
        let value = T::read(data, &inside, log);
        if let Some((choice, variant)) = &self.short
            && log.len() > before
        {
            log.help_since(before, &forms(choice, data, variant));
        }
        value
    }
}

/// How a value names its variant.
#[derive(Debug)]
pub(super) enum Form<'a> {
    /// By its tag alone.
    Tag(Variant),
    /// By its tag, with data.
    Tagged(Variant, &'a Node),
    /// The value is the data of the variant that needs no tag.
    Shorthand(Variant),
    /// Not at all.
    Wrong,
}

/// Finds how `node` names its variant.
pub(super) fn form<'a>(choice: &Choice, node: &'a Node) -> Form<'a> {
    if let Some(variant) = node.as_str().and_then(|text| choice.variant(text)) {
        return Form::Tag(variant);
    }
    if let Some(Table { entries }) = node.as_table()
        && let [entry] = entries.as_slice()
        && let Some(variant) = choice.variant(&entry.key)
    {
        return Form::Tagged(variant, &entry.node);
    }
    match choice.shorthand.and_then(|tag| choice.variant(tag)) {
        Some(variant) if node.as_table().is_none() || takes_tables(variant.data.as_ref()) => {
            Form::Shorthand(variant)
        }
        Some(_) | None => Form::Wrong,
    }
}

fn takes_tables(kind: Option<&Kind>) -> bool {
    match kind {
        None | Some(Kind::Leaf(_) | Kind::List { .. }) => false,
        Some(Kind::Section(_) | Kind::Choice(_) | Kind::Named(_) | Kind::Any) => true,
    }
}

/// Says why `node` names no variant.
fn refuse(choice: &Choice, node: &Node, at: &KeyPath<'_>, log: &mut Diagnostics) {
    let variants = (choice.variants)();
    let tags: Vec<&str> = variants.iter().map(|variant| variant.tag).collect();
    match &node.value {
        Value::Str(word) => {
            log.unknown_choice(node.place, at, word, &tags);
        }
        Value::Table(table) if table.entries.len() == 1 => {
            for entry in &table.entries {
                log.unknown_choice(entry.key_place, at, &entry.key, &tags);
            }
        }
        Value::Table(table) => {
            let keys: Vec<&str> = table.entries.iter().map(|entry| entry.key.as_str()).collect();
            log.not_one_choice(node.place, at, &keys, &tags);
        }
        Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Datetime(_) | Value::Array(_) => {
            log.wrong_type(node, at, format!("one of {}", quoted(&tags)));
        }
    }
}

/// Both ways of writing a choice with a shorthand, and the tag most like what was written.
fn forms(choice: &Choice, node: &Node, short: &Variant) -> String {
    let variants = (choice.variants)();
    let tags: Vec<&str> = variants.iter().map(|variant| variant.tag).collect();
    let near = node.as_str().and_then(|word| super::diagnostic::nearest(word, &tags));
    if let Some(tag) = near {
        return format!("did you mean `{tag}`?");
    }
    let wanted = short.data.as_ref().map_or_else(String::new, Kind::type_name);
    format!("write {wanted}, or one of {}", quoted(&tags))
}

/// Writes a variant with data.
pub fn write<T: Key>(kind: &Kind, tag: &str, data: &T) -> Option<Written> {
    let Kind::Choice(choice) = kind else { return None };
    let Some(written) = write_present(data) else { return Some(Written::Str(tag.to_string())) };
    let stands_alone = match &written {
        Written::Str(text) => choice.variant(text).is_none(),
        Written::Table(..) => false,
        Written::Int(_)
        | Written::Float(_)
        | Written::Bool(_)
        | Written::Bare(_)
        | Written::Array(_) => true,
    };
    if choice.shorthand == Some(tag) && stands_alone {
        return Some(written);
    }
    let is_section = matches!(T::describe(), Kind::Section(_));
    let is_empty = matches!(&written, Written::Table(_, entries) if entries.is_empty());
    Some(if is_section && is_empty {
        Written::Str(tag.to_string())
    } else {
        Written::Table(Layout::Inline, vec![(tag.to_string(), written)])
    })
}
