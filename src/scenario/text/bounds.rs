//! The least and the greatest value of a key.

use super::diagnostic::Diagnostics;
use super::keys::{Key, KeyPath, write_present};
use super::place::Place;
use super::tree::{Node, Value, parse_default};

/// A type whose values can be held between two bounds.
pub trait Bounded: Key {
    /// What is compared: the type itself, or what an option or a list holds.
    type Of: Key + PartialOrd;

    /// The values to be compared.
    fn values(&self) -> Vec<&Self::Of>;
}

/// Makes types [`Bounded`] by themselves.
macro_rules! bounded_by_itself {
    ($($name:ty),* $(,)?) => { $(
        impl $crate::scenario::text::bounds::Bounded for $name {
            type Of = $name;
            fn values(&self) -> Vec<&$name> {
                vec![self]
            }
        }
    )* };
}
pub(super) use bounded_by_itself;

/// Whether every value lies within the bounds; each that does not is put into `log`.
pub(super) fn check<T: Bounded>(
    value: &T,
    node: &Node,
    at: &KeyPath,
    (min, max): (&str, &str),
    log: &mut Diagnostics,
) -> bool {
    let bound = |text: &str, log: &mut Diagnostics| {
        let node = parse_default(text, Place::NOWHERE, log)?;
        T::Of::read(&node, at, log)
    };
    let (Some(least), Some(greatest)) = (bound(min, log), bound(max, log)) else {
        return false;
    };
    let values = value.values();
    let mut good = true;
    for (index, value) in values.iter().enumerate() {
        if least <= **value && **value <= greatest {
            continue;
        }
        good = false;
        let (place, at) = match &node.value {
            Value::Array(items) if items.len() == values.len() => {
                (items[index].place, at.index(index))
            }
            Value::Array(_)
            | Value::Str(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Bool(_)
            | Value::Datetime(_)
            | Value::Table(_) => (node.place, at.clone()),
        };
        let text = write_present(*value).map_or_else(String::new, |value| value.plain());
        log.out_of_range(place, &at, &text, min.trim_matches('"'), max.trim_matches('"'));
    }
    good
}
