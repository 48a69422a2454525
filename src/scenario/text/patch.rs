//! Patches: one tree laid over another, and the way to a single value by its path.

use super::choice::{Form, form};
use super::diagnostic::Diagnostics;
use super::keys::{Choice, Field, KeyPath, Kind};
use super::place::Place;
use super::tree::{Node, Value};

/// Lays `patch` over `base`.
///
/// Tables are merged key by key; single values and lists are replaced. A choice is replaced if
/// the patch names another variant, and its data merged if it names the same. Keys that do not
/// exist are kept, so that reading the result reports them at the patch's place.
pub fn merge(base: &mut Node, patch: &Node, kind: &Kind) {
    match kind {
        Kind::Leaf(_) | Kind::List { .. } | Kind::Any => *base = patch.clone(),
        Kind::Named(of) => tables(base, patch, |_| Some(of)),
        Kind::Section(section) => {
            let fields = (section.fields)();
            tables(base, patch, |key| field(&fields, key).map(|field| &field.kind));
        }
        Kind::Choice(choice) => choices(base, patch, choice),
    }
}

fn field<'a>(fields: &'a [Field], key: &str) -> Option<&'a Field> {
    fields.iter().find(|field| field.name == key)
}

fn tables<'k>(base: &mut Node, patch: &Node, kind: impl Fn(&str) -> Option<&'k Kind>) {
    let Some(changes) = patch.as_table() else {
        *base = patch.clone();
        return;
    };
    if base.place == Place::NOWHERE {
        // What a product has by default is written where somebody writes of the same.
        base.place = patch.place;
    }
    let Some(table) = base.as_table_mut() else {
        *base = patch.clone();
        return;
    };
    for entry in &changes.entries {
        match (table.get_mut(&entry.key), kind(&entry.key)) {
            (Some(old), Some(kind)) => merge(old, &entry.node, kind),
            (Some(_), None) | (None, _) => {
                table.insert(&entry.key, entry.key_place, entry.node.clone());
            }
        }
    }
}

/// The tag a value names, and where its data is.
#[derive(Clone, Copy, PartialEq)]
enum DataIs {
    Nowhere,
    Below,
    TheValue,
}

fn named(choice: &Choice, node: &Node) -> Option<(&'static str, Option<Kind>, DataIs)> {
    match form(choice, node) {
        Form::Tag(variant) => Some((variant.tag, variant.data, DataIs::Nowhere)),
        Form::Tagged(variant, _) => Some((variant.tag, variant.data, DataIs::Below)),
        Form::Shorthand(variant) => Some((variant.tag, variant.data, DataIs::TheValue)),
        Form::Wrong => None,
    }
}

fn choices(base: &mut Node, patch: &Node, choice: &Choice) {
    if let (Some((old, Some(kind), old_data)), Some((new, _, new_data))) =
        (named(choice, base), named(choice, patch))
        && old == new
    {
        let change = match new_data {
            // The same variant without data changes nothing.
            DataIs::Nowhere => return,
            DataIs::Below => patch.as_table().and_then(|table| table.get(new)),
            DataIs::TheValue => Some(patch),
        };
        let data = match old_data {
            DataIs::Nowhere => None,
            DataIs::Below => base.as_table_mut().and_then(|table| table.get_mut(old)),
            DataIs::TheValue => Some(&mut *base),
        };
        if let (Some(data), Some(change)) = (data, change) {
            merge(data, change, &kind);
            return;
        }
    }
    *base = patch.clone();
}

/// One key of a path that the user wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The key, without quotes.
    pub key: String,
    /// Where it is written.
    pub place: Place,
}

impl Step {
    fn index(&self) -> Option<usize> {
        self.key.parse().ok()
    }
}

/// The value at a path, if the tree has it.
pub fn lookup<'a>(node: &'a Node, path: &[Step]) -> Option<&'a Node> {
    path.iter().try_fold(node, |node, step| match &node.value {
        Value::Table(table) => table.get(&step.key),
        Value::Array(items) => items.get(step.index()?),
        Value::Str(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Datetime(_) => {
            None
        }
    })
}

/// What a path leads to; a step that leads nowhere is put into `log` with the nearest name.
pub fn kind_at(kind: &Kind, path: &[Step], log: &mut Diagnostics) -> Option<Kind> {
    let mut kind = kind.clone();
    for (depth, step) in path.iter().enumerate() {
        let mut next = |at: &KeyPath<'_>| below(&kind, step, at, log);
        kind = along(&path[..depth], &KeyPath::root(), &mut next)?;
    }
    Some(kind)
}

/// Calls `then` with the path of these steps below `at`.
pub fn along<T>(steps: &[Step], at: &KeyPath<'_>, then: &mut dyn FnMut(&KeyPath<'_>) -> T) -> T {
    match steps {
        [] => then(at),
        [step, rest @ ..] => along(rest, &at.key(&step.key), then),
    }
}

/// What one step leads to.
fn below(kind: &Kind, step: &Step, at: &KeyPath<'_>, log: &mut Diagnostics) -> Option<Kind> {
    match kind {
        Kind::Any => Some(Kind::Any),
        Kind::Named(of) => Some(Kind::clone(of)),
        Kind::Section(section) => {
            let fields = (section.fields)();
            if let Some(field) = field(&fields, &step.key) {
                return Some(field.kind.clone());
            }
            let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
            log.unknown_key(step.place, at, &step.key, &known);
            None
        }
        Kind::Choice(choice) => match (choice.variant(&step.key), untagged(choice)) {
            (Some(variant), _) if variant.data.is_some() => variant.data,
            (Some(variant), _) => {
                log.no_data(step.place, at, variant.tag);
                None
            }
            (None, Some(data)) => below(&data, step, at, log),
            (None, None) => {
                let variants = (choice.variants)();
                let tags: Vec<&str> = variants.iter().map(|variant| variant.tag).collect();
                log.unknown_key(step.place, at, &step.key, &tags);
                None
            }
        },
        Kind::List { of, .. } if step.index().is_some() => Some(Kind::clone(of)),
        Kind::List { .. } => {
            log.no_such_step(step.place, at, &step.key, "an array, whose items have numbers");
            None
        }
        Kind::Leaf(leaf) => {
            log.no_such_step(step.place, at, &step.key, leaf.type_name);
            None
        }
    }
}

/// The data that may be a table without its tag.
fn untagged(choice: &Choice) -> Option<Kind> {
    let data = choice.variant(choice.shorthand?)?.data?;
    matches!(data, Kind::Section(_) | Kind::Named(_)).then_some(data)
}

/// Lays `value` over what is at `path`, making the tables that lead there.
pub(super) fn assign(
    base: &mut Node,
    kind: &Kind,
    path: &[Step],
    value: Node,
    at: &KeyPath<'_>,
    log: &mut Diagnostics,
) {
    let Some((step, rest)) = path.split_first() else {
        merge(base, &value, kind);
        return;
    };
    let inside = at.key(&step.key);
    let slot = match kind {
        Kind::Section(section) => {
            let fields = (section.fields)();
            let Some(field) = field(&fields, &step.key) else { return };
            let start = if rest.is_empty() { None } else { field.default_node(step.place, log) };
            entry(base, step, start).map(|node| (node, field.kind.clone()))
        }
        Kind::Named(of) => entry(base, step, None).map(|node| (node, Kind::clone(of))),
        Kind::Choice(choice) => {
            let Some(variant) = choice.variant(&step.key) else {
                if let Some(data) = untagged(choice) {
                    assign(base, &data, path, value, at, log);
                }
                return;
            };
            let data = variant.data.unwrap_or(Kind::Any);
            if named(choice, base)
                .is_some_and(|(tag, _, data)| tag == variant.tag && data == DataIs::TheValue)
            {
                assign(base, &data, rest, value, &inside, log);
                return;
            }
            if named(choice, base).is_none_or(|(tag, _, _)| tag != variant.tag) {
                *base = Node::empty_table(step.place);
            }
            entry(base, step, None).map(|node| (node, data))
        }
        Kind::List { of, .. } => item(base, step, at, log).map(|node| (node, Kind::clone(of))),
        Kind::Any if matches!(base.value, Value::Array(_)) => {
            item(base, step, at, log).map(|node| (node, Kind::Any))
        }
        Kind::Any => entry(base, step, None).map(|node| (node, Kind::Any)),
        Kind::Leaf(_) => None,
    };
    if let Some((node, kind)) = slot {
        assign(node, &kind, rest, value, &inside, log);
    }
}

/// The value of a key, made if it is not there.
fn entry<'a>(base: &'a mut Node, step: &Step, start: Option<Node>) -> Option<&'a mut Node> {
    if base.as_table().is_none() {
        *base = Node::empty_table(step.place);
    }
    let table = base.as_table_mut()?;
    if table.get(&step.key).is_none() {
        let node = start.unwrap_or_else(|| Node::empty_table(step.place));
        table.insert(&step.key, step.place, node);
    }
    table.get_mut(&step.key)
}

/// The item of an array, which must be there.
fn item<'a>(
    base: &'a mut Node,
    step: &Step,
    at: &KeyPath<'_>,
    log: &mut Diagnostics,
) -> Option<&'a mut Node> {
    let items =
        if let Value::Array(items) = &mut base.value { items.as_mut_slice() } else { &mut [] };
    let count = items.len();
    let item = step.index().and_then(|index| items.get_mut(index));
    if item.is_none() {
        log.no_item(step.place, at, &step.key, count);
    }
    item
}
