//! Whole scenarios, simulated.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fleetfall_fuzz::swarm(data));
