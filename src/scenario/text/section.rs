//! Tables with fixed keys: the macro that declares them and what it expands to.

use super::bounds::{self, Bounded};
use super::diagnostic::Diagnostics;
use super::keys::{Field, Key, KeyPath, Kind, Section, key_name};
use super::patch::merge;
use super::tree::{Node, Table};
use super::written::{Layout, Written};

/// Declares a struct that is a table of the scenario.
///
/// A key is `name: Type = default, within(least, greatest);`, where the default and the bounds
/// are TOML and may be left out. A key without a default is required, unless its type says what
/// its absence means.
#[allow(unused_macros, reason = "used by whoever declares sections")]
macro_rules! section {
    (
        $(#[doc = $doc:literal])*
        $(#[derive($($derive:path),* $(,)?)])?
        $vis:vis struct $name:ident {
            $(
                $(#[doc = $field_doc:literal])*
                $field_vis:vis $field:ident : $type:ty
                    $(= $default:tt $($default_rest:literal)?)?
                    $(, within(
                        $min:tt $($min_rest:literal)?,
                        $max:tt $($max_rest:literal)? $(,)?
                    ))? ;
            )*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        $(#[derive($($derive),*)])?
        $vis struct $name {
            $( $(#[doc = $field_doc])* $field_vis $field: $type, )*
        }

        impl $crate::scenario::text::keys::Key for $name {
            fn describe() -> $crate::scenario::text::keys::Kind {
                fn fields() -> Vec<$crate::scenario::text::keys::Field> {
                    vec![$(
                        $crate::scenario::text::keys::Field::new::<$type>(
                            stringify!($field),
                            concat!($($field_doc, "\n"),*),
                            None $(.or(Some(concat!(
                                stringify!($default) $(, stringify!($default_rest))?
                            ))))?,
                        )
                        $(.bounded::<$type>(
                            concat!(stringify!($min) $(, stringify!($min_rest))?),
                            concat!(stringify!($max) $(, stringify!($max_rest))?),
                        ))?
                    ),*]
                }
                $crate::scenario::text::keys::Kind::Section($crate::scenario::text::keys::Section {
                    name: stringify!($name),
                    id: concat!(module_path!(), "::", stringify!($name)),
                    doc: concat!($($doc, "\n"),*),
                    fields,
                })
            }

            fn read(
                node: &$crate::scenario::text::tree::Node,
                at: &$crate::scenario::text::keys::KeyPath<'_>,
                log: &mut $crate::scenario::text::diagnostic::Diagnostics,
            ) -> Option<Self> {
                let kind = <Self as $crate::scenario::text::keys::Key>::describe();
                #[allow(unused_mut, reason = "a section may have no keys")]
                let mut reader =
                    $crate::scenario::text::section::Reader::open(&kind, node, at, log)?;
                $(
                    let $field = reader.field::<$type>(stringify!($field));
                    $(
                        let _ = (stringify!($min), stringify!($max));
                        let $field = reader.bounded::<$type>(stringify!($field), $field);
                    )?
                )*
                reader.clean().then_some(())?;
                Some(Self { $( $field: $field? ),* })
            }

            fn write(&self) -> Option<$crate::scenario::text::written::Written> {
                let kind = <Self as $crate::scenario::text::keys::Key>::describe();
                #[allow(unused_mut, reason = "a section may have no keys")]
                let mut writer = $crate::scenario::text::section::Writer::open(&kind)?;
                $( writer.field::<$type>(stringify!($field), &self.$field); )*
                Some(writer.finish())
            }
        }
    };
}
pub(crate) use section;

/// Reads the keys of one table.
#[derive(Debug)]
pub struct Reader<'a> {
    fields: Vec<Field>,
    node: &'a Node,
    table: &'a Table,
    at: &'a KeyPath<'a>,
    log: &'a mut Diagnostics,
    clean: bool,
}

impl<'a> Reader<'a> {
    /// Begins with what can be said without the types: that it is a table of known keys.
    pub fn open(
        kind: &Kind,
        node: &'a Node,
        at: &'a KeyPath<'a>,
        log: &'a mut Diagnostics,
    ) -> Option<Reader<'a>> {
        let Some(table) = node.as_table() else {
            log.wrong_type(node, at, "a table");
            return None;
        };
        let fields = section_of(kind).map_or_else(Vec::new, |section| (section.fields)());
        let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let before = log.len();
        for entry in &table.entries {
            if !known.contains(&entry.key.as_str()) {
                log.unknown_key(entry.key_place, at, &entry.key, &known);
            }
        }
        let clean = log.len() == before;
        Some(Reader { fields, node, table, at, log, clean })
    }

    /// Reads one key, or its default.
    pub fn field<T: Key>(&mut self, name: &'static str) -> Option<T> {
        let name = key_name(name);
        let field = self.fields.iter().find(|field| field.name == name)?;
        let at = self.at.key(name);
        match (self.table.get(name), field.default) {
            // A table is a patch of its default, so that naming one key leaves the others be.
            (Some(node), Some(_)) if matches!(field.kind, Kind::Section(_) | Kind::Choice(_)) => {
                let mut whole = field.default_node(node.place, self.log)?;
                merge(&mut whole, node, &field.kind);
                T::read(&whole, &at, self.log)
            }
            (Some(node), _) => T::read(node, &at, self.log),
            (None, Some(_)) => {
                T::read(&field.default_node(self.node.place, self.log)?, &at, self.log)
            }
            (None, None) => {
                let absent = T::absent();
                if absent.is_none() {
                    let wanted = field.kind.wanted();
                    self.log.missing_key(self.node.place, self.at, name, &wanted);
                }
                absent
            }
        }
    }

    /// Holds what was read between the field's bounds; a default is not asked.
    ///
    /// Where some items of a list could not be read, the others are asked all the same.
    pub fn bounded<T: Bounded>(&mut self, name: &'static str, value: Option<T>) -> Option<T> {
        let name = key_name(name);
        let field = self.fields.iter().find(|field| field.name == name)?;
        if let (Some(bounds), Some(node)) = (field.within, self.table.get(name)) {
            bounds::check::<T>(node, &self.at.key(name), bounds, self.log).then_some(())?;
        }
        value
    }

    /// Whether the table has only known keys.
    pub fn clean(&self) -> bool {
        self.clean
    }
}

/// Writes the keys of one table.
#[derive(Debug)]
pub struct Writer {
    fields: Vec<Field>,
    entries: Vec<(String, Written)>,
}

impl Writer {
    /// Begins with nothing.
    pub fn open(kind: &Kind) -> Option<Writer> {
        Some(Writer { fields: (section_of(kind)?.fields)(), entries: Vec::new() })
    }

    /// Adds one key, unless its value is what its absence means.
    pub fn field<T: Key>(&mut self, name: &'static str, value: &T) {
        let name = key_name(name);
        let has_default =
            self.fields.iter().any(|field| field.name == name && field.default.is_some());
        let written = value.write().or_else(|| T::describe().empty().filter(|_| has_default));
        if let Some(written) = written {
            self.entries.push((name.to_string(), written));
        }
    }

    /// The table.
    pub fn finish(self) -> Written {
        Written::Table(Layout::Section, self.entries)
    }
}

fn section_of(kind: &Kind) -> Option<&Section> {
    if let Kind::Section(section) = kind { Some(section) } else { None }
}
