//! The integration tests, one binary.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks only at what it asks about")]

mod blackhole;
#[cfg(feature = "cli")]
mod cli;
mod common_random_numbers;
mod littles_law;
mod properties;
mod scenario_errors;
mod support;
mod theory;
mod tidy;
mod time_varying;
mod traces;
