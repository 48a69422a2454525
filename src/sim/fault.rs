//! What breaks from outside.

use super::observation::{Cause, Observation, Observer};
use super::simulation::Simulation;
use super::state::purpose;
use crate::kernel::chance::unit;
use crate::scenario::model::FaultKind;

impl Simulation {
    pub(super) fn on_fault(&mut self, number: u32, observer: &mut impl Observer) {
        match self.scenario.faults[number as usize].kind {
            FaultKind::CrashProcess { nodes } => {
                for node in self.hit(number, nodes) {
                    self.crash_process(node, number, observer);
                }
            }
        }
    }

    /// The nodes that a fault hits, by number: so many of those there are, or all.
    fn hit(&self, fault: u32, count: Option<u32>) -> Vec<u32> {
        let mut left: Vec<u32> = (0..self.nodes.len() as u32).collect();
        let Some(count) = count.filter(|count| *count < left.len() as u32) else { return left };
        let stream = self.scenario.faults[fault as usize].stream;
        let mut hit: Vec<u32> = (0..count)
            .map(|step| {
                let draw = self.streams.draw(purpose::FAULT, stream, 0, step);
                let place = unit(&mut draw.die(0)) * left.len() as f64;
                left.remove(place as usize)
            })
            .collect();
        hit.sort_unstable();
        hit
    }

    /// Kills every process of a node; its supervisor sees the last one exit.
    fn crash_process(&mut self, number: u32, fault: u32, observer: &mut impl Observer) {
        let processes = self.nodes[number as usize].processes.clone();
        if processes.is_empty() {
            return;
        }
        observer.observe(self.now(), &Observation::ProcessCrashed { node: number, fault });
        for process in processes {
            self.kill(process, observer);
        }
        let node = &mut self.nodes[number as usize];
        node.ended = Some(Cause::Crash);
        node.token = true;
        self.on_exit(number, true, observer);
    }
}
