//! Scenarios: from a TOML file to what is simulated.

pub mod text;
