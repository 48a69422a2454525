//! Reloads: a process reads its new configuration without going down, or does not survive it.

use super::observation::{Cause, Loss, Observation, Observer, Reloaded};
use super::simulation::Simulation;
use super::state::ProcessState;
use crate::fleet::supervisor::exits::How;
use crate::kernel::slab::Ref;
use crate::scenario::model::{ReloadInvalid, WhenInvalid};

impl Simulation {
    /// Tells the process of a node to read what is on its disk, for a deploy that goes from node to
    /// node.
    pub(super) fn reload(
        &mut self,
        deploy: u32,
        number: u32,
        when_invalid: ReloadInvalid,
        observer: &mut impl Observer,
    ) {
        if self.is_reload_forbidden(number, deploy) {
            self.refuse_deploy(number, observer);
            self.on_node_failed(deploy, number, observer);
            return;
        }
        // There is nobody to be told.
        let Some(at) = self.nodes[number as usize].listener else {
            self.on_node_failed(deploy, number, observer);
            return;
        };
        let release = self.nodes[number as usize].on_disk;
        let how = match (self.wrong_on_disk(number), when_invalid) {
            (Some(WhenInvalid::Exits | WhenInvalid::Hangs), ReloadInvalid::Keeps) => Reloaded::Kept,
            (Some(WhenInvalid::Exits | WhenInvalid::Hangs), ReloadInvalid::Exits) => {
                Reloaded::Exited
            }
            (Some(WhenInvalid::Exits | WhenInvalid::Hangs), ReloadInvalid::Hangs) => Reloaded::Hung,
            (Some(WhenInvalid::Slow(factor)), _) => self.take_configuration(at, release, factor),
            // These are about starts.
            (
                Some(
                    WhenInvalid::StaysInForeground
                    | WhenInvalid::Daemonizes
                    | WhenInvalid::NoPidFile,
                )
                | None,
                _,
            ) => self.take_configuration(at, release, 1.0),
        };
        let seen = Observation::Reloaded { node: number, release: release as u32, how };
        observer.observe(self.now(), &seen);
        match how {
            Reloaded::Took | Reloaded::Kept => self.look_at_health(deploy, number, observer),
            Reloaded::Exited => {
                self.nodes[number as usize].token = true;
                self.end_with(at, Cause::Exit, How::Code, observer);
                self.on_node_failed(deploy, number, observer);
            }
            Reloaded::Hung => {
                // Workers that load the application themselves fail one by one.
                if !self.replace_all_workers(at, observer) {
                    self.hang(at, observer);
                }
                self.on_node_failed(deploy, number, observer);
            }
        }
    }

    fn take_configuration(&mut self, at: Ref, release: usize, work: f64) -> Reloaded {
        let process = &mut self.processes[at];
        process.release = release;
        // Whether it is warm is found out with its next request.
        process.warm = false;
        process.work = work;
        self.reload_workers(at, release, work);
        Reloaded::Took
    }

    /// The workers of a process finish what they have, and no new one lives: it listens, and what
    /// its socket accepts waits.
    fn hang(&mut self, at: Ref, observer: &mut impl Observer) {
        self.close_listener(at, observer);
        let process = &mut self.processes[at];
        process.state = ProcessState::Hung;
        let number = process.node;
        let waiting: Vec<Ref> = process.backlog.iter().copied().collect();
        let bytes = self.working(&waiting);
        self.nodes[number as usize].memory -= bytes;
        self.back_to_socket(at);
        self.touch(number);
        self.lose_unless_serving(number, Loss::FailedRestart, observer);
    }
}
