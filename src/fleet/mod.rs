//! Layer 1: the parts of a fleet as state machines.

pub mod cpu;
pub mod load;
