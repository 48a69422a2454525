//! The text of a scenario.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fleetfall_fuzz::scenario(data));
