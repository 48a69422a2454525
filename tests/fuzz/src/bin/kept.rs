//! What a store keeps of a task.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fleetfall_fuzz::kept(data));
