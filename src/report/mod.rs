//! Layer 6: what a run is told as. Pure functions from a [`Report`] to text; nothing here simulates,
//! prints or writes files.

use crate::experiment::{Judgement, Summary};
use crate::observe::Results;
use crate::scenario::Study;

/// Everything that the outputs of `run` and `check` are made from.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// The scenario and what its file says.
    pub study: &'a Study,
    /// Seed of the first replication.
    pub seed: u64,
    /// Names of the patches applied.
    pub with: &'a [String],
    /// Assignments applied.
    pub set: &'a [String],
    /// The first replication, with its details.
    pub first: &'a Results,
    /// Every replication, in the order of their seeds.
    pub results: &'a [Results],
    /// Estimates over all of them.
    pub summary: &'a Summary,
    /// The claims of the scenario, decided; empty where one replication tells a story only.
    pub judgements: &'a [Judgement],
}
