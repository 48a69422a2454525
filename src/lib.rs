//! fleetfall: a discrete-event simulator of web fleets that fail by restarting.

pub mod kernel;
pub mod stats;
