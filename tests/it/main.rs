//! The integration tests, one binary.

mod blackhole;
mod common_random_numbers;
mod littles_law;
mod properties;
mod scenario_errors;
mod support;
mod theory;
mod tidy;
mod time_varying;
mod traces;
