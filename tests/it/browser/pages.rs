//! The pages that are tested. A line of `PAGES` brings a page to all tests that are about every page.

use crate::cli::{TINY, fleetfall, scratch, text};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Three of four nodes are gone for some minutes, in a zone other than UTC.
pub(super) const OUTAGE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/browser/outage.toml");
/// Texts that must stay texts.
pub(super) const HOSTILE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/browser/hostile.toml");

const REPLICATIONS: &str = "--replications=2";
const COUNT: &str = "--vary=nodes.count=3,4";
const SCALE: &str = "--vary=load.scale=0.5,1";

/// A page by the command that makes it.
pub(super) struct Page {
    /// Its name in messages and in the names of screenshots.
    pub(super) name: &'static str,
    pub(super) arguments: &'static [&'static str],
    /// The document in which its numbers stand.
    document: &'static str,
}

const fn page(
    name: &'static str,
    arguments: &'static [&'static str],
    document: &'static str,
) -> Page {
    Page { name, arguments, document }
}

/// Every page of the tests.
pub(super) const PAGES: &[Page] = &[
    page("run", &["run", OUTAGE], "summary.json"),
    page("runs", &["run", OUTAGE, "--replications", "5", "--with", "more-nodes"], "summary.json"),
    page(
        "well",
        &["run", TINY, "--set", "process.memory.retained_per_request=0 B"],
        "summary.json",
    ),
    page("hostile", &["run", HOSTILE], "summary.json"),
    page("compare", &["compare", OUTAGE, "--replications", "5"], "compare.json"),
    page("curve", &["sweep", OUTAGE, "--vary=nodes.count=3..5", REPLICATIONS], "sweep.json"),
    page("map", &["sweep", OUTAGE, COUNT, SCALE, REPLICATIONS], "sweep.json"),
    page("sensitivity", &["sensitivity", OUTAGE, "--points=5", REPLICATIONS], "sensitivity.json"),
    page("plan", &["plan", OUTAGE, "--vary=nodes.count=4,8", "--outage-at-most=30%"], "plan.json"),
    page("losses", &["plan", OUTAGE, "--ask=losses", "--outage-at-most=30%"], "plan.json"),
    page("check", &["check", OUTAGE, "--replications", "5"], "check.json"),
    page("causes", &["causes", OUTAGE, REPLICATIONS], "causes.json"),
];

impl Page {
    /// The page of this name.
    pub(super) fn named(name: &str) -> &'static Page {
        PAGES.iter().find(|page| page.name == name).expect("it stands in the table")
    }

    /// The folder with its files. They are made once.
    pub(super) fn folder(&self) -> PathBuf {
        static MADE: Mutex<BTreeMap<&str, PathBuf>> = Mutex::new(BTreeMap::new());
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let folder = scratch(&format!("page-{}", self.name));
            let out = ["--out", folder.to_str().expect("it is UTF-8")];
            let run = fleetfall(&[self.arguments, &out].concat());
            // A claim that fails is no mistake.
            assert!(matches!(run.status.code(), Some(0 | 1)), "{}", text(&run.stderr));
            folder
        };
        made.entry(self.name).or_insert_with(make).clone()
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder().join("report.html")
    }

    /// What the page is made from.
    pub(super) fn document(&self) -> Value {
        let file = std::fs::read(self.folder().join(self.document)).expect("it is written");
        serde_json::from_slice(&file).expect("it is JSON")
    }

    /// How many numbers at least say where they come from.
    pub(super) fn fewest_numbers(&self) -> usize {
        match self.document {
            "summary.json" => 5,
            "compare.json" | "sweep.json" => 1,
            _ => 0,
        }
    }

    /// The rows of one of its tables.
    pub(super) fn rows(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let file = self.folder().join(name);
        let mut reader = csv::Reader::from_path(file).expect("it is written");
        reader.deserialize().map(|row| row.expect("it is a table")).collect()
    }
}
