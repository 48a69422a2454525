//! The story of a replication: what happened and why, with what repeats told once.

mod group;
mod nodes;
mod teller;

use super::Report;
use crate::kernel::time::Instant;
use group::Group;
use teller::Teller;

/// A line of the story.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When.
    pub at: Instant,
    /// What sort of thing.
    pub tone: Tone,
    /// Whom it is about, such as `node-3`; may be empty.
    pub who: String,
    /// What happened.
    pub text: String,
    /// How the fleet stood at that moment: load, nodes that serve, share that fails.
    pub standing: Option<String>,
    /// What it looks like many times over.
    group: Option<Group>,
}

/// What sort of thing a line tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something breaks.
    Bad,
    /// Something is in danger.
    Warn,
    /// Something comes back.
    Good,
    /// People do something.
    People,
    /// An input of the scenario.
    Input,
    /// What was published.
    Published,
}

/// Tells the first replication; nothing if its course was not kept.
pub fn story(report: &Report) -> Vec<Line> {
    let Some(series) = &report.first.series else { return Vec::new() };
    let scenario = &report.study.scenario;
    let told = Teller::new(report, series).tell_all(report);
    let mut lines = group::fold(scenario, told);
    lines.extend(report.study.document.fact.iter().map(|fact| Line {
        at: scenario.instant(fact.at.0),
        tone: Tone::Published,
        who: "published".to_string(),
        text: fact.text.clone(),
        standing: None,
        group: None,
    }));
    lines.sort_by_key(|line| line.at);
    lines
}
