//! Writes the first inputs of every target, and the dictionary. Directories of results that are
//! named become inputs of `documents`. It is a target in form alone, as all that is built here
//! needs what counts coverage.
#![no_main]

use fleetfall::report::page::Documents;
use std::fs;

libfuzzer_sys::fuzz_target!(
    init: finish(write()),
    |data| {
        let _ = data;
    }
);

fn finish(written: std::io::Result<()>) {
    written.unwrap_or_else(|error| panic!("the inputs cannot be written: {error}"));
    std::process::exit(0);
}

fn write() -> std::io::Result<()> {
    let mut seeds = fleetfall_fuzz::seeds();
    for directory in std::env::args_os().skip(1).map(std::path::PathBuf::from) {
        let read =
            |name: &'static str| Some((name, fs::read_to_string(directory.join(name)).ok()?));
        let files: Vec<_> = Documents::NAMES.iter().copied().filter_map(read).collect();
        seeds.push(("documents", fleetfall_fuzz::together(&files)));
    }
    for (number, (target, data)) in seeds.into_iter().enumerate() {
        let folder = format!("corpus/{target}");
        fs::create_dir_all(&folder)?;
        fs::write(format!("{folder}/seed-{number}"), data)?;
    }
    fs::write("fleetfall.dict", fleetfall_fuzz::dictionary())
}
