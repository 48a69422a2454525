//! Snapshots that go on under another scenario, and when two scenarios part.

use super::Simulation;
use super::birth::{memories, memory_watch};
use crate::scenario::late::Divergence;
use crate::scenario::model::{self, Abandoned, Scenario};
use crate::sim::foreseen::foresees;
use std::fmt;
use std::sync::Arc;

/// From where on it matters what a threshold is: the lowest that any scenario has for which the
/// simulation notes what it asks for.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::sim) struct Watched {
    /// Of each restart rule.
    pub limits: Vec<f64>,
    /// Requests in a process.
    pub shed_above: u32,
}

impl Watched {
    pub(super) fn of(scenario: &Scenario) -> Watched {
        Watched {
            limits: scenario.supervisor.rules().iter().map(|rule| rule.limit.0).collect(),
            shed_above: scenario.protections.shed_above.unwrap_or(u32::MAX),
        }
    }

    fn lower_to(&mut self, other: &Watched) {
        self.shed_above = self.shed_above.min(other.shed_above);
        for (mine, theirs) in self.limits.iter_mut().zip(&other.limits) {
            *mine = mine.min(*theirs);
        }
    }
}

/// The reason why a snapshot cannot go on under another scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForkError {
    what: &'static str,
}

impl fmt::Display for ForkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a snapshot cannot go on with other {}", self.what)
    }
}

impl std::error::Error for ForkError {}

impl Simulation {
    /// A snapshot that goes on under another scenario. What was already decided or scheduled stays;
    /// everything that is decided from now on follows the new scenario, arrivals included. If the
    /// scenarios differ only in load that is still to come, the fork goes on as a simulation of the
    /// new scenario would from its start.
    ///
    /// # Errors
    /// If the scenarios differ in what cannot change on the way: civil start, load sources,
    /// classes, number of nodes or balancers, cores, rules, deploys or the windows.
    pub fn fork(&self, scenario: Arc<Scenario>) -> Result<Simulation, ForkError> {
        let (old, new) = (&self.scenario, &scenario);
        let are_alike = |(a, b): (&model::Source, &model::Source)| {
            let of = |s: &model::Source| (s.stream, s.batch, s.kind.users());
            of(a) == of(b) && a.classes == b.classes && a.kind.recording() == b.kind.recording()
        };
        let mut sources = old.sources.iter().zip(&new.sources);
        let other_sources = old.sources.len() != new.sources.len() || !sources.all(are_alike);
        let rules = |s: &Scenario| s.supervisor.rules().len();
        let differs = [
            (old.clock.start != new.clock.start, "civil start"),
            (old.clock.window != new.clock.window, "windows"),
            (other_sources, "load sources"),
            (old.classes.len() != new.classes.len(), "classes"),
            (old.nodes.count != new.nodes.count, "number of nodes"),
            (old.nodes.cores != new.nodes.cores, "cores"),
            (old.balancer.instances != new.balancer.instances, "number of balancers"),
            (old.balancer.tuning != new.balancer.tuning, "weights, limits or ejection"),
            (old.clients.budget != new.clients.budget, "retry budget"),
            (old.clients.count != new.clients.count, "number of clients"),
            (old.deploys.len() != new.deploys.len(), "deploys"),
            (old.faults != new.faults, "faults"),
            (old.maintenance != new.maintenance, "maintenance"),
            (old.releases.len() != new.releases.len(), "releases"),
            (old.supervisor.name() != new.supervisor.name(), "supervisor"),
            (!has_same_workers(old, new), "workers"),
            (rules(old) != rules(new), "restart rules"),
        ];
        if let Some((_, what)) = differs.into_iter().find(|(differs, _)| *differs) {
            return Err(ForkError { what });
        }
        let mut fork = self.clone();
        fork.unfold();
        fork.foresees &= foresees(&scenario);
        for source in 0..fork.sources.len() {
            fork.change_source(source, &scenario);
        }
        for node in 0..fork.nodes.len() as u32 {
            fork.integrate_slots(node);
        }
        fork.memory_watch = memory_watch(&scenario);
        fork.response_timeout = scenario.balancer.response_timeout;
        fork.notices = scenario.process.abandoned != Abandoned::Served;
        fork.hedges = scenario.clients.hedge.is_some();
        fork.memories = memories(&scenario);
        fork.watched = Watched::of(&scenario);
        if scenario.process.workers.is_none() {
            fork.processes.iter_mut().for_each(|process| process.slots = scenario.process.slots);
        }
        fork.scenario = scenario;
        for node in 0..fork.nodes.len() as u32 {
            let limits = fork.draw_limits(node);
            fork.nodes[node as usize].limits = limits;
        }
        Ok(fork)
    }

    /// Looks out for where simulations of `others` would part from this one, so that
    /// [`Simulation::has_parted`] can tell; to be called where they are still the same.
    pub fn look_out_for<'a>(&mut self, others: impl IntoIterator<Item = &'a Scenario>) {
        self.watched = Watched::of(&self.scenario);
        for other in others {
            self.watched.lower_to(&Watched::of(other));
        }
    }

    /// Whether a simulation of a scenario that parts from this one's as told might have taken
    /// another course by now.
    pub fn has_parted(&self, divergence: Divergence) -> bool {
        match divergence {
            Divergence::AtStart => true,
            Divergence::Later(settings, load) => self.asked.meets(settings) || self.now() >= load,
        }
    }
}

/// Whether processes have the same workers, or none.
fn has_same_workers(old: &Scenario, new: &Scenario) -> bool {
    let (old, new) = (&old.process, &new.process);
    old.workers == new.workers && (old.workers.is_none() || old.slots == new.slots)
}
