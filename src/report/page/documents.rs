//! The files of a directory, and what the page reads in them.

use super::picture;
use crate::report::tables;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt;

/// Files by name, with their text. Of two with one name the first counts.
#[derive(Clone, Debug, Default)]
pub struct Documents(BTreeMap<String, String>);

/// Why there is no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

impl Unreadable {
    pub(super) fn new(why: impl Into<String>) -> Unreadable {
        Unreadable(why.into())
    }
}

impl Documents {
    /// The names of all files that a page may be made from; others need not be read.
    pub const NAMES: &[&str] = &[
        "summary.json",
        "timeline.csv",
        "lanes.csv",
        "compare.json",
        "sensitivity.json",
        "sweep.json",
        "plan.json",
        "check.json",
        "causes.json",
        "pareto.svg",
        "tornado.svg",
        "sweep.svg",
        "plan.svg",
    ];

    /// No files.
    pub fn new() -> Documents {
        Documents::default()
    }

    /// Adds a file, unless there is one of that name.
    pub fn add(&mut self, name: &str, text: impl Into<String>) {
        self.0.entry(name.to_string()).or_insert_with(|| text.into());
    }

    /// The text of a file.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether all pictures are such as this version draws.
    pub(super) fn check_pictures(&self) -> Result<(), Unreadable> {
        let mut pictures = self.0.iter().filter(|(name, _)| name.ends_with(".svg"));
        match pictures.find(|(_, svg)| !picture::is_plain(svg)) {
            Some((name, _)) => Err(Unreadable::new(format!("{name}: it is no picture of ours"))),
            None => Ok(()),
        }
    }

    /// A JSON document; `None` if there is none of that name.
    pub(super) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Unreadable> {
        let read = |text| {
            serde_json::from_str(text).map_err(|error| Unreadable::new(format!("{name}: {error}")))
        };
        self.text(name).map(read).transpose()
    }

    /// The rows of a table; none if there is no such file.
    pub(super) fn rows<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>, Unreadable> {
        let Some(text) = self.text(name) else { return Ok(Vec::new()) };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let mut read = || -> Result<Vec<T>, csv::Error> {
            let head = reader.headers()?.clone();
            let row = |record: csv::StringRecord| {
                let cells: csv::StringRecord = record.iter().map(tables::written).collect();
                cells.deserialize(Some(&head))
            };
            reader.records().map(|record| row(record?)).collect()
        };
        read().map_err(|error| Unreadable::new(format!("{name}: {error}")))
    }
}

/// What every document begins with.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Head {
    pub(super) fleetfall: String,
    pub(super) scenario: String,
    pub(super) title: String,
    pub(super) source: Option<String>,
    pub(super) scenario_hash: String,
    pub(super) with: Vec<String>,
    pub(super) set: Vec<String>,
    pub(super) seed: u64,
    pub(super) partial: Option<Partial>,
}

/// Why it is of less than was asked for.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Partial {
    pub(super) words: String,
}

/// `summary.json`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Summary {
    #[serde(flatten)]
    pub(super) head: Head,
    pub(super) replications: u64,
    pub(super) replications_planned: u64,
    pub(super) digest: String,
    pub(super) verdict: String,
    pub(super) clock: Clock,
    pub(super) fleet: Fleet,
    pub(super) measures: BTreeMap<String, Estimate>,
    pub(super) milestones: BTreeMap<String, Milestone>,
    pub(super) expect: Vec<Expected>,
    pub(super) assumptions: Vec<Assumption>,
    pub(super) first_replication: Option<First>,
}

/// The clock of the simulation.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Clock {
    pub(super) start: jiff::Timestamp,
    pub(super) end: jiff::Timestamp,
    pub(super) zone: String,
    pub(super) window_s: f64,
}

/// The fleet at the start.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Fleet {
    pub(super) nodes: u64,
    pub(super) cores: u64,
    pub(super) slots: u64,
}

/// A measure over replications.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Estimate {
    pub(super) mean: Option<f64>,
    pub(super) half_width: Option<f64>,
    pub(super) p05: Option<f64>,
    pub(super) p50: Option<f64>,
    pub(super) p95: Option<f64>,
}

/// A measure of a study, with its unit.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Measured {
    pub(super) unit: String,
    pub(super) mean: Option<f64>,
    pub(super) half_width: Option<f64>,
}

/// A milestone over replications.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Milestone {
    pub(super) share: f64,
    pub(super) p05: Option<jiff::Timestamp>,
    pub(super) p50: Option<jiff::Timestamp>,
    pub(super) p95: Option<jiff::Timestamp>,
}

/// A claim with what was observed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Expected {
    pub(super) claim: String,
    pub(super) published: Option<String>,
    pub(super) observed: String,
    pub(super) verdict: String,
}

/// What nobody knows.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Assumption {
    pub(super) key: String,
    pub(super) value: Option<String>,
    pub(super) low: String,
    pub(super) high: String,
    pub(super) why: String,
}

/// The course of the first replication.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct First {
    pub(super) from_s: f64,
    pub(super) to_s: f64,
    pub(super) capacity_per_node_per_s: Option<f64>,
    pub(super) crossing: Option<Crossing>,
    pub(super) outages: Vec<Stretch>,
    pub(super) story: Vec<Told>,
}

/// When the offered load was more than what was left of the fleet could serve.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Crossing {
    pub(super) seconds: f64,
    pub(super) offered_per_s: f64,
    pub(super) capacity_per_s: f64,
}

/// A stretch of time in seconds since the start.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Stretch {
    pub(super) start_s: f64,
    pub(super) end_s: f64,
}

/// A line of the story.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Told {
    pub(super) seconds: f64,
    pub(super) tone: String,
    pub(super) who: String,
    pub(super) text: String,
    pub(super) standing: Option<String>,
}

/// A row of `timeline.csv`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Window {
    pub(super) seconds: f64,
    pub(super) offered_per_s: f64,
    pub(super) issued: f64,
    pub(super) completed: f64,
    pub(super) failed: f64,
    pub(super) sojourn_p50_s: Option<f64>,
    pub(super) sojourn_p99_s: Option<f64>,
}

/// A row of `lanes.csv`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Change {
    pub(super) seconds: f64,
    pub(super) node: String,
    pub(super) state: String,
    pub(super) speed: f64,
}
