//! `manifest.json`: what made the files of a run, so that they can be made again and compared.

use super::{Partial, Report, hash};
use serde::Serialize;

#[derive(Serialize)]
struct Manifest<'a> {
    fleetfall: &'static str,
    scenario: &'a str,
    scenario_hash: String,
    seed: u64,
    replications: u64,
    replications_planned: u64,
    partial: Option<&'a Partial>,
    with: &'a [String],
    set: &'a [String],
    digest: String,
    files: Vec<File<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    name: &'a str,
    bytes: usize,
    hash: String,
}

/// The manifest of a report and its files, each with its name and content.
pub fn manifest(report: &Report, files: &[(&str, &[u8])]) -> String {
    let files = files.iter().map(|(name, content)| File {
        name,
        bytes: content.len(),
        hash: hash(content),
    });
    let manifest = Manifest {
        fleetfall: env!("CARGO_PKG_VERSION"),
        scenario: &report.study.scenario.name,
        scenario_hash: report.scenario_hash(),
        seed: report.seed,
        replications: report.summary.replications,
        replications_planned: report.planned,
        partial: report.partial,
        with: report.with,
        set: report.set,
        digest: report.summary.digest.to_string(),
        files: files.collect(),
    };
    let mut text =
        serde_json::to_string_pretty(&manifest).expect("numbers and texts can be written as JSON");
    text.push('\n');
    text
}
