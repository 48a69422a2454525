//! From TOML text to typed values, with every problem at its place.
//!
//! A type that a scenario can hold is declared once, by `section!` or `choice!`,
//! and from the declaration come the reader, the printer, the merging of
//! patches, the reference page and the JSON schema. Nothing here knows what is simulated.

pub mod bounds;
pub mod check;
pub mod choice;
pub mod civil;
pub mod collect;
pub mod diagnostic;
pub mod explain;
pub mod keys;
pub mod leaf;
pub mod patch;
pub mod place;
pub mod print;
pub mod quantity;
pub mod reference;
mod render;
pub mod schema;
pub mod section;
pub mod set;
pub mod tree;
pub mod written;

pub use crate::kernel::time::Duration;
pub use bounds::Bounded;
pub use check::check_defaults;
pub use civil::{Timestamp, Zone};
pub use collect::{At, Named, Raw};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use keys::{Key, KeyPath, Kind, read};
pub use leaf::Name;
pub use patch::{along, kind_at, lookup, merge};
pub use place::{Place, Source, SourceId, Sources};
pub use print::print;
pub use quantity::{Bytes, Rate, Share};
pub use reference::reference_page;
pub use schema::json_schema;
pub use set::set;
pub use tree::{Node, Table, Value, parse, parse_default};
pub use written::{Layout, Written};

#[allow(unused_imports, reason = "sections are declared elsewhere in this crate")]
pub(crate) use {choice::choice, section::section};

#[cfg(test)]
mod tests;
