//! Results that were kept.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fleetfall_fuzz::baseline(data));
