//! Memory of nodes: what fills it, and what happens when there is too little.

use super::observation::{Cause, Observation, Observer};
use super::simulation::Simulation;
use super::state::ProcessState;
use crate::fleet::cpu::Speed;
use crate::fleet::recycler::Why;
use crate::fleet::supervisor::exits::How;
use crate::kernel::slab::Ref;
use crate::scenario::model::Scenario;

impl Simulation {
    /// Memory of a process.
    pub(super) fn memory_of(&self, at: Ref) -> u64 {
        let process = &self.processes[at];
        let node = &self.nodes[process.node as usize];
        if node.processes.len() == 1 {
            return node.memory;
        }
        let foreseen = self.working_of_foreseen(at);
        process.base + process.retained + self.working(&self.attempts_of(at)) + foreseen
    }

    /// Memory of the requests that some attempts of a node are about.
    pub(super) fn working(&self, attempts: &[Ref]) -> u64 {
        let bytes = |at: &Ref| {
            let attempt = &self.attempts[*at];
            let memory = self.memories[attempt.class as usize];
            if attempt.in_slot { memory.in_service } else { memory.queued }
        };
        attempts.iter().map(bytes).sum()
    }

    /// Slows a node down or has the kernel kill a process, as its memory demands.
    pub(super) fn check_memory(&mut self, number: u32, observer: &mut impl Observer) {
        let node = &self.nodes[number as usize];
        let over = node.memory > slow_memory(&self.scenario);
        if over != node.thrashing {
            self.set_thrashing(number, over, observer);
        }
        if memory_limit(&self.scenario) < self.nodes[number as usize].memory {
            self.kill_for_memory(number, observer);
        }
    }

    #[cold]
    fn set_thrashing(&mut self, number: u32, on: bool, observer: &mut impl Observer) {
        self.nodes[number as usize].thrashing = on;
        self.set_speed(number);
        observer.observe(self.now(), &Observation::Thrashing { node: number, on });
    }

    /// Gives a node's cores the speed that they have now.
    pub(super) fn set_speed(&mut self, number: u32) {
        let now = self.now();
        let setup = &self.scenario.nodes;
        let node = &mut self.nodes[number as usize];
        let healthy = setup.speed.times(node.struck.speed);
        let speed = match (node.struck.hangs, node.thrashing) {
            (true, _) => Speed::STOPPED,
            (false, true) => healthy.times(setup.thrash_speed),
            (false, false) => healthy,
        };
        node.cpu.set_speed(now, speed);
        self.touch(number);
    }

    #[cold]
    fn kill_for_memory(&mut self, number: u32, observer: &mut impl Observer) {
        let node = &self.nodes[number as usize];
        let memory = node.memory;
        let processes = node.processes.iter().copied();
        // The largest; among equals the oldest.
        let Some(victim) = processes.rev().max_by_key(|&at| self.memory_of(at)) else { return };
        observer.observe(self.now(), &Observation::OutOfMemory { node: number, memory });
        // The kernel knows no masters: it kills the largest of all, but where they die together.
        let together = self.scenario.supervisor.memory_max().is_some_and(|max| memory > max)
            && self.scenario.supervisor.dies_together();
        if !together && let Some(worker) = self.worker_to_kill(victim) {
            self.kill_worker(victim, worker, Why::OutOfMemory, observer);
            return;
        }
        match self.processes[victim].state {
            ProcessState::Booting => self.fail_start(victim, How::OutOfMemory, observer),
            ProcessState::Serving | ProcessState::Hung => {
                self.nodes[number as usize].token = true;
                self.end_with(victim, Cause::OutOfMemory, How::OutOfMemory, observer);
            }
            ProcessState::Stopping => self.kill(victim, observer),
        }
    }
}

/// The memory beyond which a node slows down.
pub(super) fn slow_memory(scenario: &Scenario) -> u64 {
    let host = scenario.nodes.memory;
    scenario.supervisor.memory_high().map_or(host, |high| high.min(host))
}

/// The memory beyond which something on the node is killed.
pub(super) fn memory_limit(scenario: &Scenario) -> u64 {
    let host = scenario.nodes.memory + scenario.nodes.swap;
    scenario.supervisor.memory_max().map_or(host, |max| max.min(host))
}
