//! What is typed on the command line.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fleetfall_fuzz::typed(data));
