//! Layer 3: the only place where the parts of a fleet meet.
//!
//! [`Simulation`] takes events from the calendar one by one, hands each to the parts it concerns,
//! and turns their verdicts into new events and into [`Observation`]s. Nothing else advances time.

mod adaptive;
mod canary;
mod check;
mod client;
mod control;
pub mod event;
mod fault;
mod foreseen;
mod invariant;
mod load;
mod maintenance;
mod memory;
pub mod observation;
mod people;
mod pods;
mod reload;
mod rollout;
mod route;
pub mod simulation;
mod start;
mod state;
mod stop;
mod supervision;
mod traffic;
mod workers;

pub use observation::{Observation, Observer};
pub use simulation::Simulation;
