//! The integration tests, one binary.

#![allow(
    clippy::wildcard_enum_match_arm,
    clippy::match_wildcard_for_single_variants,
    reason = "a test looks at what it is about, whatever else may happen"
)]

mod accounts;
mod adaptive;
mod advice;
mod balancers;
mod blackhole;
#[cfg(all(feature = "cli", unix))]
mod browser;
mod chaos;
mod checks;
#[cfg(feature = "cli")]
mod cli;
mod clients;
mod common_random_numbers;
mod compare;
mod cost;
mod deciding;
mod dependencies;
mod deploys;
mod distributions;
mod fates;
mod faults;
mod foreseen;
#[cfg(feature = "cli")]
mod front;
mod fuzz;
mod golden_vectors;
mod guide;
mod kubernetes;
#[cfg(feature = "cli")]
mod limits;
mod littles_law;
mod metamorphic;
mod parsing;
#[cfg(feature = "cli")]
mod planning;
mod properties;
#[cfg(feature = "cli")]
mod readme;
mod real_fleet;
mod recorded;
#[cfg(all(feature = "cli", unix))]
mod robust;
mod scenario_errors;
mod scenarios;
mod shared_past;
mod sources;
mod starter;
#[cfg(feature = "store")]
mod store;
mod supervisors;
mod support;
mod swarm;
#[cfg(feature = "cli")]
mod sweeps;
#[cfg(feature = "cli")]
mod terminal;
mod theory;
mod tidy;
mod time_varying;
mod traces;
mod workers;
