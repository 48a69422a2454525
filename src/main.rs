//! The `fleetfall` command.
fn main() {}
