//! What breaks from outside.

use super::event::Event;
use super::observation::{Cause, Loss, Observation, Observer};
use super::simulation::Simulation;
use super::state::purpose;
use crate::kernel::chance::unit;
use crate::scenario::model::FaultKind;

impl Simulation {
    pub(super) fn on_fault(&mut self, number: u32, observer: &mut impl Observer) {
        let kind = self.scenario.faults[number as usize].kind;
        let (FaultKind::CrashProcess { nodes } | FaultKind::CrashNode { nodes, .. }) = kind;
        for node in self.hit(number, nodes) {
            match kind {
                FaultKind::CrashProcess { .. } => self.crash_process(node, number, observer),
                FaultKind::CrashNode { back_after, .. } => {
                    self.crash_node(node, number, observer);
                    if let Some(after) = back_after {
                        self.calendar.after(after, Event::MachineBack(node));
                    }
                }
            }
            // Nodes are looked at one by one: only the last one touched is remembered.
            self.settle_touched(observer);
        }
    }

    /// The nodes that a fault hits, by number: so many of those there are, or all.
    fn hit(&self, fault: u32, count: Option<u32>) -> Vec<u32> {
        let there = |node: &u32| !self.nodes[*node as usize].gone;
        let mut left: Vec<u32> = (0..self.nodes.len() as u32).filter(there).collect();
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
        if self.nodes[number as usize].processes.is_empty() {
            return;
        }
        observer.observe(self.now(), &Observation::Crashed { node: number, fault });
        let known = self.nodes[number as usize].processes.iter();
        let known = known.map(|&at| &self.processes[at]).find(|process| process.supervised);
        let born = known.map(|process| process.born);
        self.nodes[number as usize].then = None;
        self.kill_all(number, observer);
        if let Some(born) = born {
            self.on_exit(number, true, born, observer);
        }
    }

    /// Takes a machine away, with its processes and their supervisor.
    fn crash_node(&mut self, number: u32, fault: u32, observer: &mut impl Observer) {
        observer.observe(self.now(), &Observation::Crashed { node: number, fault });
        self.nodes[number as usize].gone = true;
        self.nodes[number as usize].then = None;
        self.kill_all(number, observer);
        self.lose_lobby(number, observer);
        self.lose(number, Loss::Crash, observer);
    }

    fn kill_all(&mut self, number: u32, observer: &mut impl Observer) {
        for process in self.nodes[number as usize].processes.clone() {
            self.kill(process, observer);
        }
        let node = &mut self.nodes[number as usize];
        node.ended = Some(Cause::Crash);
        node.token = true;
    }

    /// A machine has booted: a fresh supervisor starts its process.
    pub(super) fn on_machine_back(&mut self, number: u32, observer: &mut impl Observer) {
        let now = self.now();
        let supervisor = self.new_supervisor(number);
        let node = &mut self.nodes[number as usize];
        node.gone = false;
        node.supervisor = supervisor;
        // Who holds it back starts it later by hand.
        if node.held {
            return;
        }
        node.then = None;
        node.supervisor.may_start(now, &self.scenario.supervisor);
        self.note_restart(number, Cause::Crash, observer);
        self.start_process(number, observer);
    }
}
