//! Longer texts about fleetfall, for reading. They hold no code; what they show is run as tests.
//!
//! - [`your_incident`]: how to make a scenario of a postmortem, step by step.
//! - [`how_it_works`]: what is modelled and how, how results are judged, and what is left out.
//! - [`keys`]: every key of a scenario, and every result.
//! - [`glossary`]: the words.

#[doc = include_str!("glossary.md")]
pub mod glossary {}

#[doc = include_str!("how_it_works.md")]
pub mod how_it_works {}

/// Reference of keys and results: what `fleetfall reference` prints.
///
#[doc = include_str!("keys.md")]
pub mod keys {}

#[doc = include_str!("your_incident.md")]
pub mod your_incident {}
