//! Layer 6: what a run is told as. Pure functions from a [`Report`] to text; nothing here
//! simulates, prints or writes files.

pub mod advice;
mod assumptions;
mod axis;
pub mod baseline;
pub mod builtin;
pub mod cases;
pub mod causes;
pub mod claims;
pub mod compare;
pub mod events;
pub mod explain;
pub mod figures;
pub mod first;
mod fleet;
pub mod format;
mod headline;
pub mod human;
pub mod hypercube;
pub mod json;
pub mod kinds;
pub mod manifest;
pub mod need;
#[cfg(feature = "html")]
pub mod page;
pub mod partial;
mod phases;
pub mod plan;
#[cfg(feature = "plots")]
pub mod plots;
pub mod reference;
mod screen;
pub mod sensitivity;
mod steady;
pub mod story;
pub mod sweep;
pub mod tables;
mod terminal;
#[cfg(test)]
mod tests;
pub mod trace;
mod words;

pub use format::Palette;
pub use partial::{Partial, Reason};
pub use screen::Screen;

use crate::experiment::{Judgement, Point, Summary};
use crate::observe::{Digest, Results};
use crate::scenario::Study;
use std::hash::Hasher;

/// Everything that the outputs of `run` are made from.
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
    /// Replications asked for; more than there are where something ended them.
    pub planned: u64,
    /// What ended them, if something did.
    pub partial: Option<&'a Partial>,
    /// The first replication, with its details.
    pub first: &'a Results,
    /// Every replication, in the order of their seeds.
    pub results: &'a [Results],
    /// Estimates over all of them.
    pub summary: &'a Summary,
    /// The claims of the scenario with what was observed.
    pub judgements: &'a [Judgement],
    /// Whether the verdicts on them count: one replication tells a story and decides nothing, and
    /// the claims of a scenario are not about what a patch has made of it.
    pub judged: bool,
}

/// Everything that the outputs of `check` are made from.
#[derive(Clone, Debug)]
pub struct Check<'a> {
    /// The scenario and what its file says.
    pub study: &'a Study,
    /// Seed of the first replication of everything.
    pub seed: u64,
    /// Names of the patches applied.
    pub with: &'a [String],
    /// Assignments applied.
    pub set: &'a [String],
    /// The scenario's own claims; `None` if nobody asked for them.
    pub own: Option<&'a Report<'a>>,
    /// The counterfactuals that were asked for, with their claims.
    pub counterfactuals: &'a [Counterfactual],
    /// The scenario over the ranges of its assumptions, if it was asked for.
    pub hypercube: Option<&'a Hypercube>,
    /// Events simulated for the scenario and its variants, and events that they would have needed
    /// one by one.
    pub events: (u64, u64),
    /// What ended it before everything was decided, if something did.
    pub partial: Option<&'a Partial>,
}

/// A counterfactual with its claims, decided.
#[derive(Clone, Debug)]
pub struct Counterfactual {
    /// Its name.
    pub name: String,
    /// What it asks, in a sentence.
    pub about: String,
    /// Replications that were made of it.
    pub replications: u64,
    /// The claims with what was observed.
    pub judgements: Vec<Judgement>,
}

/// The scenario over the ranges of its assumptions, with the claims about them.
#[derive(Clone, Debug)]
pub struct Hypercube {
    /// The points, each with what came out there.
    pub points: Vec<Point>,
    /// The claims with what was observed.
    pub judgements: Vec<Judgement>,
}

impl Check<'_> {
    /// Every claim that was decided.
    pub fn judgements(&self) -> impl Iterator<Item = &Judgement> {
        let own = self.own.into_iter().flat_map(|own| own.judgements);
        let others = self.counterfactuals.iter().flat_map(|one| &one.judgements);
        own.chain(others).chain(self.hypercube.into_iter().flat_map(|one| &one.judgements))
    }
}

impl Report<'_> {
    /// Whether it is about more than one replication.
    pub fn is_many(&self) -> bool {
        self.results.len() > 1
    }

    /// The hash of the resolved scenario.
    pub fn scenario_hash(&self) -> String {
        scenario_hash(self.study)
    }
}

fn scenario_hash(study: &Study) -> String {
    hash(study.resolved().as_bytes())
}

/// A hash of bytes as sixteen hexadecimal digits, the same on every platform. It tells files apart;
/// it does not protect against somebody who wants two to look the same.
pub fn hash(bytes: &[u8]) -> String {
    let mut hasher = Digest::default();
    hasher.write(bytes);
    hasher.to_string()
}
