//! Sensitivity: which of the assumptions decide the outcome.

mod csv;
mod json;
mod text;

pub use csv::{all_together, one_at_a_time, points};
pub use json::json;
pub use text::human;

use super::Partial;
use super::sweep::unit;
use crate::experiment::sensitivity::{Question, Strength, Tornado};
use crate::experiment::{Point, Row};
use crate::scenario::Study;
use crate::scenario::claim::Subject;

/// Everything that the outputs of `sensitivity` are made from.
#[derive(Clone, Debug)]
pub struct Sensitivity<'a> {
    /// The scenario and what its file says.
    pub study: &'a Study,
    /// Seed of the first replication of everything.
    pub seed: u64,
    /// Names of the patches applied.
    pub with: &'a [String],
    /// Assignments applied.
    pub set: &'a [String],
    /// What ended it before everything was done, if something did.
    pub partial: Option<&'a Partial>,
    /// What was measured.
    pub subject: Subject,
    /// Replications of each value when one assumption is moved at a time.
    pub replications: u64,
    /// Whether the load is scaled with the capacity of the fleet.
    pub scale_load: bool,
    /// What came out when the assumptions were moved one at a time.
    pub tornado: &'a Tornado,
    /// What came out when they were moved together; `None` if something ended that.
    pub together: Option<&'a Together>,
}

/// All assumptions over their ranges together.
#[derive(Clone, Debug)]
pub struct Together {
    /// The points.
    pub points: Vec<Point<Row>>,
    /// How strongly the answer to each question goes with each assumption.
    pub strengths: [Vec<Strength>; 2],
}

impl Sensitivity<'_> {
    /// The name of the answer to a question.
    pub(super) fn name(&self, question: Question) -> String {
        match question {
            Question::Measure => self.subject.name(&self.study.scenario),
            Question::Outage => "outage_probability".to_string(),
        }
    }

    /// Its unit.
    pub(super) fn unit(&self, question: Question) -> &'static str {
        match question {
            Question::Measure => unit(self.subject),
            Question::Outage => "1",
        }
    }

    /// The key of an assumption.
    pub(super) fn key(&self, assumption: usize) -> &str {
        &self.study.document.assumption[assumption].key.value
    }

    /// The strength of an assumption, if all were moved together.
    pub(super) fn strength(&self, assumption: usize, question: Question) -> Option<&Strength> {
        self.together?.strengths[question as usize].get(assumption)
    }
}
