//! fleetfall: a discrete-event simulator of web fleets that fail by restarting.

pub mod experiment;
pub mod fleet;
pub mod kernel;
pub mod observe;
pub mod report;
pub mod scenario;
pub mod sim;
pub mod stats;
