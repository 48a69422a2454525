//! Layer 2: scenarios, from a TOML file to what is simulated.
//!
//! [`text`] reads any declared keys with every problem at its place, `keys` declares those of a
//! fleet, `resolve` turns them into a [`model::Scenario`], in which nothing is optional, misnamed
//! or impossible any more.

pub mod assumption;
pub mod builtin;
pub mod capacity;
pub mod claim;
pub mod cost;
mod course;
pub mod files;
pub mod keys;
pub mod late;
pub mod limits;
pub mod measure;
pub mod model;
mod product;
pub mod resolution;
pub mod resolve;
pub mod scale;
pub mod starter;
pub mod study;
pub mod text;
pub mod trial;
pub mod variant;
pub mod vary;

pub use builtin::Builtin;
pub use files::Files;
pub use model::Scenario;
pub use starter::Starter;
pub use study::{Problems, Study};
pub use trial::Trial;
pub use variant::Variant;
