//! A sweep: a scenario with other values for some keys, cell by cell.

mod csv;
mod json;
mod knee;
mod text;

pub use csv::csv;
pub use json::json;
pub(super) use json::{Found, found};
pub(super) use knee::verdict;
#[cfg(feature = "plots")]
pub(super) use knee::{Knee, collapses, knee};
pub(super) use text::figure;
pub use text::human;

use super::Partial;
use crate::experiment::Cell;
use crate::scenario::Study;
use crate::scenario::claim::Subject;
use crate::scenario::scale::Scale;
use crate::scenario::vary::{Axis, Level};

/// Everything that the outputs of `sweep` are made from.
#[derive(Clone, Debug)]
pub struct Sweep<'a> {
    /// The scenario and what its file says.
    pub study: &'a Study,
    /// Seed of the first replication of every cell.
    pub seed: u64,
    /// Names of the patches applied.
    pub with: &'a [String],
    /// Assignments applied.
    pub set: &'a [String],
    /// What ended it before everything was done, if something did.
    pub partial: Option<&'a Partial>,
    /// The keys that are varied.
    pub axes: &'a [Axis],
    /// Whether the cells are all combinations of the keys' values; else points spread over their
    /// ranges.
    pub is_grid: bool,
    /// What was measured.
    pub subjects: &'a [Subject],
    /// Replications of each cell.
    pub replications: u64,
    /// Cells asked for; more than there are where something ended them.
    pub planned: usize,
    /// The cells, in order.
    pub cells: &'a [Swept],
}

/// A cell of a sweep.
#[derive(Clone, Debug)]
pub struct Swept {
    /// The value of every key that is varied.
    pub levels: Vec<Level>,
    /// What came out.
    pub cell: Cell,
}

impl Sweep<'_> {
    /// The names of what was measured.
    pub(super) fn names(&self) -> Vec<String> {
        self.subjects.iter().map(|subject| subject.name(&self.study.scenario)).collect()
    }
}

/// The unit in which a subject's value is; milestones are in seconds since the start.
pub(super) fn unit(subject: Subject) -> &'static str {
    match subject {
        Subject::Milestone(_) => "s",
        Subject::Measure(_) | Subject::Interval(..) | Subject::Class(..) => subject.unit(),
    }
}

/// What is put behind a key for its value as a plain number; `None` if it is one as it is written,
/// or no number.
fn suffix(axis: &Axis) -> Option<&'static str> {
    match axis.scale? {
        Scale::Whole | Scale::Number => None,
        Scale::Seconds => Some("_s"),
        Scale::Bytes => Some("_bytes"),
        Scale::Rate => Some("_per_s"),
        Scale::Share => Some("_share"),
    }
}
