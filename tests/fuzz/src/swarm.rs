//! Whole scenarios.

#[path = "../../it/swarm/checks.rs"]
pub(crate) mod checks;
#[path = "../../it/swarm/grammar.rs"]
pub(crate) mod grammar;
