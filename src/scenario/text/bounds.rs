//! The least and the greatest value of a key.

use super::diagnostic::Diagnostics;
use super::keys::{Key, KeyPath};
use super::place::Place;
use super::tree::{Node, Value, parse_default};
use super::written::Written;

/// A type whose values can be held between two bounds.
pub trait Bounded: Key {
    /// What is compared: the type itself, or what an option or a list holds.
    type Of: Key + PartialOrd;
}

/// Makes types [`Bounded`] by themselves.
macro_rules! bounded_by_itself {
    ($($name:ty),* $(,)?) => { $(
        impl $crate::scenario::text::bounds::Bounded for $name {
            type Of = $name;
        }
    )* };
}
pub(super) use bounded_by_itself;

/// Whether the value, or every item of the list, lies within the bounds; each that does not is
/// put into `log`, and what cannot be read is left to whoever reads it.
pub(super) fn check<T: Bounded>(
    node: &Node,
    at: &KeyPath<'_>,
    (min, max): (&str, &str),
    log: &mut Diagnostics,
) -> bool {
    if let Value::Array(items) = &node.value {
        let mut good = true;
        for (index, item) in items.iter().enumerate() {
            good &= check::<T>(item, &at.index(index), (min, max), log);
        }
        return good;
    }
    let bound = |text: &str, log: &mut Diagnostics| {
        T::Of::read(&parse_default(text, Place::NOWHERE, log)?, at, log)
    };
    let (Some(least), Some(greatest)) = (bound(min, log), bound(max, log)) else {
        return false;
    };
    let Some(value) = T::Of::read(node, at, &mut Diagnostics::new()) else { return true };
    let good = least <= value && value <= greatest;
    if !good {
        let (text, plain) = (Written::from(node).plain(), |bound: &str| bound.replace('"', ""));
        log.out_of_range(node.place, at, &text, &plain(min), &plain(max));
    }
    good
}
