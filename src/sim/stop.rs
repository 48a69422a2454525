//! How processes stop and end, and what becomes of what they had in hand.

use super::event::Event;
use super::observation::{Observation, Observer, Outcome};
use super::simulation::Simulation;
use super::state::{ProcessState, Then};
use crate::fleet::supervisor::exits::How;
use crate::kernel::slab::Ref;
use crate::kernel::time::Duration;
use crate::scenario::model::Stop;

impl Simulation {
    /// Tells every process of a node to stop.
    pub(super) fn stop_processes(&mut self, number: u32, observer: &mut impl Observer) {
        // A supervisor that kills what does not stop in time shortens the process's own limit.
        let patience = self.scenario.supervisor.stop_timeout().unwrap_or(Duration::FOREVER);
        for at in self.nodes[number as usize].processes.clone() {
            let stop = *self.scenario.process.stop.ask(&mut self.asked);
            match (stop, self.processes[at].state) {
                (_, ProcessState::Stopping) => {}
                (Stop::Drop, _) | (_, ProcessState::Booting | ProcessState::Hung) => {
                    self.kill(at, observer);
                }
                (Stop::Finish(limit), ProcessState::Serving) => {
                    self.close_listener(at, observer);
                    self.processes[at].state = ProcessState::Stopping;
                    if !self.end_if_drained(at, observer) {
                        self.calendar.after(limit.min(patience), Event::StopOver(at));
                    }
                }
            }
        }
    }

    pub(super) fn on_stop_over(&mut self, process: Ref, observer: &mut impl Observer) {
        if self.processes.get(process).is_some() {
            self.kill(process, observer);
        }
    }

    /// Ends a process at once; what it has in hand is lost.
    pub(super) fn kill(&mut self, at: Ref, observer: &mut impl Observer) {
        let now = self.now();
        self.unfold();
        let number = self.processes[at].node;
        self.close_listener(at, observer);
        // Nobody stops it once more while it ends.
        if self.processes[at].state == ProcessState::Serving {
            self.processes[at].state = ProcessState::Stopping;
        }
        let working = self.working(&self.attempts_of(at));
        self.return_to_socket(at);
        let lost = self.attempts_of(at);
        let attempts = &self.attempts;
        self.nodes[number as usize]
            .cpu
            .retain(now, |&job| attempts.get(job).is_some_and(|a| a.process != Some(at)));
        for attempt in lost {
            self.fail(attempt, Outcome::Reset, observer);
        }
        let process = &mut self.processes[at];
        process.in_service = 0;
        process.backlog.clear();
        self.nodes[number as usize].memory -= working;
        self.end_process(at, observer);
        if self.nodes[number as usize].listener.is_some() {
            // Another one has the same socket.
            self.empty_lobby(number, observer);
        }
    }

    pub(super) fn close_listener(&mut self, at: Ref, observer: &mut impl Observer) {
        let number = self.processes[at].node;
        if self.nodes[number as usize].listener != Some(at) {
            return;
        }
        self.integrate_slots(number);
        let node = &mut self.nodes[number as usize];
        let serves = |at: &Ref| self.processes[*at].state == ProcessState::Serving;
        let mut others = node.processes.iter().rev().copied().filter(|&other| other != at);
        node.listener = others.find(serves);
        if node.listener.is_some() {
            return;
        }
        self.serving -= 1;
        if self.serving == 0 {
            observer.observe(self.now(), &Observation::FleetDown);
        }
    }

    /// Ends a process that was told to stop, if it has finished what it had; whether it had. One
    /// that stands still, or waits for a worker, may have slots to spare and requests that wait.
    pub(super) fn end_if_drained(&mut self, at: Ref, observer: &mut impl Observer) -> bool {
        let process = &self.processes[at];
        let drained = process.state == ProcessState::Stopping
            && process.in_service == 0
            && process.backlog.is_empty();
        if drained {
            self.end_process(at, observer);
        }
        drained
    }

    /// A process without work is gone.
    pub(super) fn end_process(&mut self, at: Ref, observer: &mut impl Observer) {
        self.close_listener(at, observer);
        let process = self.processes.remove(at).expect("a process ends once");
        let node = &mut self.nodes[process.node as usize];
        node.processes.retain(|&other| other != at);
        node.memory -= process.base + process.retained;
        self.touch(process.node);
        observer.observe(self.now(), &Observation::ProcessEnded { node: process.node });
        if process.state == ProcessState::Hung {
            self.lose_lobby(process.node, observer);
        }
        let node = &mut self.nodes[process.node as usize];
        if node.processes.is_empty() {
            if node.struck.hangs {
                self.end_hangs(process.node, observer);
            }
            match self.nodes[process.node as usize].then.take() {
                Some(Then::Start) => {
                    self.start_at(process.node, self.now());
                }
                Some(Then::Exit) => {
                    self.on_exit(process.node, How::Signal, process.born, observer);
                }
                // Its supervisor's next look is due.
                Some(Then::StartWhenSeen) => {
                    self.nodes[process.node as usize].then = Some(Then::StartWhenSeen);
                }
                None => {}
            }
        }
    }
}
