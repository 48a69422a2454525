//! Checks of a configuration, each at its place.

use super::observation::{Alert, Cause, Observation, Observer, Refusal};
use super::simulation::Simulation;
use super::state::purpose;
use crate::kernel::chance::{Purpose, unit};
use crate::kernel::time::Duration;
use crate::scenario::model::{Finds, WhenInvalid};

/// What a check between a stop and a start comes to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Checked {
    /// How long it takes.
    pub takes: Duration,
    /// Whether it makes the start fail.
    pub stops: bool,
}

impl Simulation {
    /// Whether the check on the build machine stops a release. It knows that machine alone.
    pub(super) fn is_stopped_at_build(&mut self, deploy: u32, release: usize) -> bool {
        let Some(finds) = *self.scenario.protections.build_check.ask(&mut self.asked) else {
            return false;
        };
        let start = self.scenario.releases[release].start.ask(&mut self.asked);
        let wrong = start.at_build.as_ref().map(|_| start.when_invalid);
        self.finds(finds, wrong, purpose::BUILD_CHECK, (deploy, 0))
    }

    /// Whether a check of a node's configuration before a rule, or a deploy, stops its process
    /// forbids it.
    pub(super) fn is_stop_forbidden(&mut self, number: u32, of_deploy: bool) -> bool {
        let Some(check) = *self.scenario.protections.stop_check.ask(&mut self.asked) else {
            return false;
        };
        if !(if of_deploy { check.deploys } else { check.rules }) {
            return false;
        }
        let node = &mut self.nodes[number as usize];
        let occurrence = node.checks;
        node.checks += 1;
        let wrong = self.wrong_on_disk(number);
        self.finds(check.finds, wrong, purpose::CHECK, (number, occurrence))
    }

    /// What comes of the check before a node's n-th start command, under a supervisor that heeds it
    /// or does not.
    pub(super) fn check_start(&mut self, number: u32, occurrence: u64) -> Checked {
        let Some(check) = *self.scenario.protections.start_check.ask(&mut self.asked) else {
            return Checked::default();
        };
        let wrong = self.wrong_on_disk(number);
        let heeds = self.scenario.supervisor.heeds_start_check();
        let found = self.finds(check.finds, wrong, purpose::START_CHECK, (number, occurrence));
        Checked { takes: check.takes, stops: found && heeds }
    }

    /// Whether a check forbids that a node's process reads its new configuration.
    pub(super) fn is_reload_forbidden(&mut self, number: u32, deploy: u32) -> bool {
        let Some(finds) = *self.scenario.protections.reload_check.ask(&mut self.asked) else {
            return false;
        };
        let wrong = self.wrong_on_disk(number);
        self.finds(finds, wrong, purpose::RELOAD_CHECK, (number, u64::from(deploy)))
    }

    /// What is wrong with the release on a node's disk, if anything.
    pub(super) fn wrong_on_disk(&mut self, number: u32) -> Option<WhenInvalid> {
        let release = self.nodes[number as usize].on_disk;
        self.scenario.releases[release].start.ask(&mut self.asked).wrong_on(number)
    }

    fn finds(
        &self,
        finds: Finds,
        wrong: Option<WhenInvalid>,
        purpose: Purpose,
        (entity, occurrence): (u32, u64),
    ) -> bool {
        let Some(wrong) = wrong else { return false };
        let draw = self.streams.draw(purpose, u64::from(entity), occurrence, 0);
        unit(&mut draw.die(0)) < finds.of(wrong)
    }

    /// Restarts a node for a deploy, or reports that a check forbids it; whether it does.
    pub(super) fn restart_for_deploy(&mut self, number: u32, observer: &mut impl Observer) -> bool {
        let forbidden = self.is_stop_forbidden(number, true);
        if forbidden {
            self.refuse_deploy(number, observer);
        } else {
            self.restart(number, Cause::Deploy, observer);
        }
        !forbidden
    }

    /// A check has found something before a deploy touches the process of a node.
    pub(super) fn refuse_deploy(&mut self, number: u32, observer: &mut impl Observer) {
        let (why, cause) = (Refusal::ConfigCheck, Cause::Deploy);
        observer.observe(self.now(), &Observation::RestartRefused { node: number, why, cause });
        if self.scenario.people.restart_refused {
            self.raise_alert(Alert::RestartRefused, observer);
        }
    }
}
