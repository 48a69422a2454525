//! Layer 1: the parts of a fleet as state machines, each of which knows none of the others.
//!
//! A part takes an input and answers with a verdict. It does not schedule, and it draws only from
//! dice that it is handed.

pub mod balancer;
pub mod canary;
pub mod client;
pub mod cpu;
pub mod load;
pub mod recycler;
pub mod supervisor;
