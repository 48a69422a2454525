//! Layer 2: text to meaning.

pub mod model;
