//! What breaks from outside.

use super::event::Event;
use super::observation::{Cause, Loss, Observation, Observer};
use super::simulation::Simulation;
use super::state::{ProcessState, Struck, purpose};
use crate::fleet::cpu::Speed;
use crate::fleet::supervisor::exits::How;
use crate::kernel::chance::unit;
use crate::kernel::dist::Dist;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::model::{Again, Effect, FaultKind, Hit, Lasting};
use std::sync::Arc;

/// Which die of a fault's draw is thrown for what; a draw for each occurrence.
mod die {
    /// Which node is hit next; a step for each.
    pub(super) const NODE: usize = 0;
    /// The time to the next occurrence.
    pub(super) const AGAIN: usize = 1;
    /// How long it lasts on a node; a step for each node.
    pub(super) const LASTING: usize = 2;
}

/// From one growth of a leak to the next.
const LEAK_STEP: Duration = Duration::from_secs(1);

impl Simulation {
    pub(super) fn on_fault(&mut self, number: u32, observer: &mut impl Observer) {
        let scenario = Arc::clone(&self.scenario);
        let fault = &scenario.faults[number as usize];
        let occurrence = self.fault_counts[number as usize];
        self.fault_counts[number as usize] += 1;
        if let Again::After(gap) = &fault.again {
            let draw = self.streams.draw(purpose::FAULT, fault.stream, occurrence, 0);
            let gap = gap.sample(&mut draw.die(die::AGAIN));
            self.calendar.after(gap, Event::FaultDue(number));
        }
        let nodes = match fault.kind {
            FaultKind::CrashProcess { nodes }
            | FaultKind::CrashNode { nodes, .. }
            | FaultKind::Lasting { nodes, .. } => nodes,
        };
        for node in self.hit(fault.stream, occurrence, nodes) {
            match &fault.kind {
                FaultKind::CrashProcess { .. } => self.crash_process(node, number, observer),
                FaultKind::CrashNode { back, .. } => {
                    self.crash_node(node, number, observer);
                    match back {
                        Lasting::Never => {}
                        Lasting::After(after) => {
                            let after = self.lasts(fault.stream, occurrence, node, after);
                            self.calendar.after(after, Event::MachineBack(node));
                        }
                        Lasting::Repair => self.nodes[node as usize].to_repair = true,
                    }
                }
                FaultKind::Lasting { lasting, .. } => {
                    self.strike(node, number, occurrence, lasting, observer);
                }
            }
            // Nodes are looked at one by one: only the last one touched is remembered.
            self.settle_touched(observer);
        }
    }

    /// How long a fault, or a maintenance, with this stream lasts on a node.
    pub(super) fn lasts(&self, stream: u64, occurrence: u64, node: u32, length: &Dist) -> Duration {
        let draw = self.streams.draw(purpose::FAULT, stream, occurrence, node);
        length.sample(&mut draw.die(die::LASTING))
    }

    /// The nodes that a fault, or a maintenance, with this stream hits, by number.
    pub(super) fn hit(&self, stream: u64, occurrence: u64, hit: Hit) -> Vec<u32> {
        let there = |node: &u32| !self.nodes[*node as usize].gone;
        let mut left: Vec<u32> = (0..self.nodes.len() as u32).filter(there).collect();
        let count = match hit {
            Hit::All => return left,
            Hit::Count(count) => count,
            Hit::Share(share) => ((left.len() as f64 * share + 0.5) as u32).max(1),
        };
        if count as usize >= left.len() {
            return left;
        }
        let mut hit: Vec<u32> = (0..count)
            .map(|step| {
                let draw = self.streams.draw(purpose::FAULT, stream, occurrence, step);
                let place = unit(&mut draw.die(die::NODE)) * left.len() as f64;
                left.remove(place as usize)
            })
            .collect();
        hit.sort_unstable();
        hit
    }

    /// A fault that lasts begins on a node, unless it is there already.
    fn strike(
        &mut self,
        number: u32,
        fault: u32,
        occurrence: u64,
        lasting: &Lasting,
        observer: &mut impl Observer,
    ) {
        let node = &mut self.nodes[number as usize];
        if node.faults.contains(&fault) {
            return;
        }
        node.faults.push(fault);
        match lasting {
            Lasting::Never => {}
            Lasting::After(length) => {
                let stream = self.scenario.faults[fault as usize].stream;
                let length = self.lasts(stream, occurrence, number, length);
                self.calendar.after(length, Event::FaultOver { fault: fault as u16, node: number });
            }
            Lasting::Repair => node.to_repair = true,
        }
        observer.observe(self.now(), &Observation::Struck { node: number, fault, on: true });
        self.apply_faults(number, observer);
    }

    pub(super) fn on_fault_over(&mut self, fault: u16, number: u32, observer: &mut impl Observer) {
        let fault = u32::from(fault);
        let node = &mut self.nodes[number as usize];
        let Some(at) = node.faults.iter().position(|&other| other == fault) else { return };
        node.faults.remove(at);
        observer.observe(self.now(), &Observation::Struck { node: number, fault, on: false });
        self.apply_faults(number, observer);
    }

    /// People have fixed a node: what waits for them is over.
    pub(super) fn repair_node(&mut self, number: u32, observer: &mut impl Observer) {
        if !std::mem::take(&mut self.nodes[number as usize].to_repair) {
            return;
        }
        let scenario = Arc::clone(&self.scenario);
        for fault in self.nodes[number as usize].faults.clone() {
            let kind = &scenario.faults[fault as usize].kind;
            if let FaultKind::Lasting { lasting: Lasting::Repair, .. } = kind {
                self.on_fault_over(fault as u16, number, observer);
            }
        }
        if self.nodes[number as usize].gone {
            self.on_machine_back(number, observer);
        }
    }

    /// Nothing of what stood still is left: what is started now runs.
    pub(super) fn end_hangs(&mut self, number: u32, observer: &mut impl Observer) {
        let scenario = Arc::clone(&self.scenario);
        for fault in self.nodes[number as usize].faults.clone() {
            let kind = &scenario.faults[fault as usize].kind;
            if let FaultKind::Lasting { effect: Effect::Hang, .. } = kind {
                self.on_fault_over(fault as u16, number, observer);
            }
        }
    }

    /// Works out what the faults on a node do together.
    fn apply_faults(&mut self, number: u32, observer: &mut impl Observer) {
        self.unfold();
        let scenario = Arc::clone(&self.scenario);
        let mut sum = Struck::default();
        let mut speed = Speed::NORMAL;
        for &fault in &self.nodes[number as usize].faults {
            let FaultKind::Lasting { effect, .. } = scenario.faults[fault as usize].kind else {
                continue;
            };
            match effect {
                Effect::Hang => sum.hangs = true,
                Effect::Slow(factor) => speed = speed.times(factor),
                Effect::Leak(bytes) => sum.leaks += bytes,
                Effect::Link { drops, delay } => {
                    sum.drops = 1.0 - (1.0 - sum.drops) * (1.0 - drops);
                    sum.delay += delay;
                }
                Effect::Lie(passes) => sum.lie = Some(passes),
            }
        }
        sum.speed = speed;
        let node = &mut self.nodes[number as usize];
        let before = std::mem::replace(&mut node.struck, sum);
        let is_struck = sum.hangs || sum.drops > 0.0 || sum.delay > Duration::ZERO;
        let was_struck = std::mem::replace(&mut node.is_struck, is_struck);
        self.struck = self.struck + u32::from(is_struck) - u32::from(was_struck);
        self.set_speed(number);
        if before.leaks == 0 && sum.leaks > 0 {
            self.calendar.after(LEAK_STEP, Event::LeakDue(number));
        }
        if before.hangs && !sum.hangs {
            self.thaw(number, observer);
        }
        if !before.hangs && sum.hangs {
            for process in self.nodes[number as usize].processes.clone() {
                self.stand_still(process);
            }
        }
    }

    /// The processes of a node go on where they stood still.
    fn thaw(&mut self, number: u32, observer: &mut impl Observer) {
        for process in self.nodes[number as usize].processes.clone() {
            let process = &mut self.processes[process];
            if process.state != ProcessState::Hung {
                process.aborted_at = Instant::NEVER;
            }
        }
        for attempt in std::mem::take(&mut self.nodes[number as usize].deferred) {
            self.on_wait_over(attempt, observer);
        }
        self.fill_slots(number, observer);
    }

    pub(super) fn on_leak_due(&mut self, number: u32, observer: &mut impl Observer) {
        let node = &mut self.nodes[number as usize];
        let bytes = node.struck.leaks;
        if bytes == 0 {
            return;
        }
        self.calendar.after(LEAK_STEP, Event::LeakDue(number));
        if let Some(&at) = node.processes.last() {
            node.memory += bytes;
            self.processes[at].retained += bytes;
            self.touch(number);
            self.settle_touched(observer);
        }
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
        match born {
            Some(born) => self.on_exit(number, How::Signal, born, observer),
            None => self.on_unseen_exit(number, observer),
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
        // It may have crashed before it was taken away for good, or for a while.
        if node.removed || node.evicted {
            return;
        }
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
