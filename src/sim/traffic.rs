//! Attempts: through a balancer into a slot of a node, and out of it again.

use super::event::Event;
use super::observation::{Observation, Observer, Outcome};
use super::simulation::Simulation;
use super::state::{Attempt, Node, Owner, Process, ProcessState, Struck, patience_of, purpose};
use crate::fleet::balancer::LostShare;
use crate::fleet::balancer::ejection::Trouble;
use crate::kernel::chance::unit;
use crate::kernel::slab::Ref;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::late::Setting;
use crate::scenario::model::RequestMemory;

/// A node's answer to an attempt.
pub(super) enum Answer {
    Accepted,
    Refused,
    Shed,
    /// None: whoever asks waits.
    Silent,
    /// The node's socket has accepted it, but no process.
    Lobby,
    /// It takes its time to get there.
    Delayed,
}

/// What becomes of a connection.
pub(super) enum Connects {
    Yes,
    Refused,
    Silent,
}

impl Simulation {
    /// Whether a request is part of the share of a node that is down, where such shares are
    /// dropped: of n nodes each has every n-th request of a source.
    #[inline]
    pub(super) fn belongs_to_lost(&self, at: Ref, balancer: u32) -> bool {
        if self.scenario.balancer.lost_share == LostShare::Moved {
            return false;
        }
        let owner = (self.requests[at].number % self.nodes.len() as u64) as u32;
        let serves = self.nodes[owner as usize].listener.is_some();
        !serves || !self.balancers[balancer as usize].is_up(owner)
    }

    /// Offers an attempt to a node.
    #[inline(always)]
    pub(super) fn offer(&mut self, at: Ref, balancer: u32, number: u32) -> Answer {
        let now = self.now();
        let node = &mut self.nodes[number as usize];
        let Some(listener) = node.listener else { return self.nobody_listens(number) };
        if self.struck > 0
            && let Some(answer) = self.offer_struck(at, balancer, number)
        {
            return answer;
        }
        let node = &mut self.nodes[number as usize];
        let process = &mut self.processes[listener];
        let program = &self.scenario.process;
        let held = process.in_service + process.backlog.len() as u32;
        let attempt = &mut self.attempts[at];
        if held >= self.watched.shed_above && matches!(attempt.owner, Owner::Request(_)) {
            self.asked.insert(Setting::ShedAbove);
            if self.scenario.protections.shed_above.is_some_and(|limit| held >= limit) {
                return Answer::Shed;
            }
        }
        let free = process.in_service < process.slots;
        if !free && process.backlog.len() as u32 >= program.backlog {
            return if program.drops_when_full { Answer::Silent } else { Answer::Refused };
        }
        attempt.node = number;
        attempt.process = Some(listener);
        attempt.accepted = now;
        self.balancers[balancer as usize].sent(number);
        let memory = &self.memories[attempt.class as usize];
        if free {
            enter_service(now, attempt, node, process, memory);
            let step = Step::of(attempt, number, listener);
            self.start_stage(at, step);
        } else {
            process.backlog.push_back(at);
            node.memory += memory.queued;
        }
        self.touch(number);
        Answer::Accepted
    }

    /// Whether the node of an attempt stands still, so that its wait counts when it goes on.
    #[cold]
    fn is_deferred(&mut self, at: Ref) -> bool {
        let node = &mut self.nodes[self.attempts[at].node as usize];
        if node.struck.hangs {
            node.deferred.push(at);
        }
        node.struck.hangs
    }

    /// The answer of a node on which a fault is at work, if that decides it.
    #[cold]
    fn offer_struck(&mut self, at: Ref, balancer: u32, number: u32) -> Option<Answer> {
        let node = &mut self.nodes[number as usize];
        let Struck { hangs, drops, delay, .. } = node.struck;
        if delay > Duration::ZERO && !self.attempts[at].arrived {
            return Some(Answer::Delayed);
        }
        if drops > 0.0 {
            let occurrence = node.asked;
            node.asked += 1;
            let draw = self.streams.draw(purpose::LINK, u64::from(number), occurrence, 0);
            if unit(&mut draw.die(0)) < drops {
                return Some(Answer::Silent);
            }
        }
        if !hangs {
            if let Some(listener) = node.listener {
                self.assign_offered(at, listener);
            }
            return None;
        }
        // Its socket accepts it, whatever slots there are, and nothing else happens.
        let node = &mut self.nodes[number as usize];
        let listener = node.listener?;
        let process = &mut self.processes[listener];
        if process.backlog.len() as u32 >= self.scenario.process.backlog {
            return Some(Answer::Silent);
        }
        let attempt = &mut self.attempts[at];
        (attempt.node, attempt.process) = (number, Some(listener));
        attempt.accepted = self.calendar.now();
        self.balancers[balancer as usize].sent(number);
        process.backlog.push_back(at);
        node.memory += self.memories[attempt.class as usize].queued;
        self.touch(number);
        Some(Answer::Accepted)
    }

    /// Gives the free slots of a node's processes to those that wait.
    pub(super) fn fill_slots(&mut self, number: u32, observer: &mut impl Observer) {
        for at in self.nodes[number as usize].processes.clone() {
            while self.processes[at].in_service < self.processes[at].slots {
                let Some(next) = self.next_in_line(at) else { break };
                self.take_slot(next);
            }
            self.end_if_drained(at, observer);
        }
        self.touch(number);
    }

    /// The answer of a node on which no process serves.
    #[cold]
    fn nobody_listens(&self, number: u32) -> Answer {
        let node = &self.nodes[number as usize];
        let program = &self.scenario.process;
        if node.gone {
            return Answer::Silent;
        }
        if !program.inherits_socket && !self.is_hung(number) {
            return Answer::Refused;
        }
        // What waited in a process that answers no more waits on.
        let hold = |at: &Ref| self.processes[*at].state == ProcessState::Hung;
        let held = node.processes.iter().filter(|at| hold(at));
        let waiting: usize = held.map(|&at| self.processes[at].backlog.len()).sum();
        match node.lobby.len() + waiting < program.backlog as usize {
            true => Answer::Lobby,
            false if program.drops_when_full => Answer::Silent,
            false => Answer::Refused,
        }
    }

    /// Whether a process of a node listens and never answers.
    pub(super) fn is_hung(&self, number: u32) -> bool {
        let processes = &self.nodes[number as usize].processes;
        processes.iter().any(|&at| self.processes[at].state == ProcessState::Hung)
    }

    /// What becomes of a connection to a node that asks for nothing.
    pub(super) fn connects(&self, number: u32) -> Connects {
        let node = &self.nodes[number as usize];
        let program = &self.scenario.process;
        let waiting = match node.listener {
            Some(listener) => self.processes[listener].backlog.len(),
            None if node.gone => return Connects::Silent,
            None if program.inherits_socket || self.is_hung(number) => node.lobby.len(),
            None => return Connects::Refused,
        };
        let is_full = program.drops_when_full && waiting >= program.backlog as usize;
        if is_full { Connects::Silent } else { Connects::Yes }
    }

    /// Whether an attempt belongs to a request.
    pub(super) fn is_request(&self, at: Ref) -> bool {
        matches!(self.attempts[at].owner, Owner::Request(_))
    }

    /// Gives an attempt that has waited in its backlog a slot of its process and starts its first
    /// stage. The caller touches the node.
    #[inline]
    fn take_slot(&mut self, at: Ref) {
        let now = self.now();
        let attempt = &mut self.attempts[at];
        let (number, holder) = (attempt.node, attempt.process.expect("it was accepted"));
        let node = &mut self.nodes[number as usize];
        let process = &mut self.processes[holder];
        let memory = &self.memories[attempt.class as usize];
        enter_service(now, attempt, node, process, memory);
        node.memory -= memory.queued;
        let step = Step::of(attempt, number, holder);
        self.start_stage(at, step);
    }

    /// Starts the stage that an attempt has come to. The caller touches the node.
    #[inline(always)]
    fn start_stage(&mut self, at: Ref, step: Step) {
        let Step { owner, stage, computes, node: number, process } = step;
        let demand = match owner {
            Owner::Request(request) => self.requests[request].demands[usize::from(stage)],
            Owner::Check => {
                let health = self.scenario.balancer.health.as_ref();
                health.map_or(Duration::ZERO, |health| health.work)
            }
            Owner::Probe => Duration::ZERO,
        };
        if !computes {
            self.calendar.after(demand, Event::WaitOver(at));
            return;
        }
        let demand =
            if self.processes[process].warm { demand } else { self.cold_demand(at, demand) };
        let now = self.now();
        self.nodes[number as usize].cpu.start(now, demand, at);
    }

    /// What a demand grows to in a process that is still cold.
    #[cold]
    fn cold_demand(&mut self, at: Ref, demand: Duration) -> Duration {
        let cold = *self.scenario.process.cold.ask(&mut self.asked);
        let now = self.now();
        let process = self.attempts[at].process.expect("it has a slot");
        if let Some((since, work, is_warm)) = self.worker_of(at, process) {
            let age = now.since(since);
            let is_cold = !is_warm && age < cold.lasting;
            return if is_cold { cold.slows(demand, age, work) } else { demand.scaled(work) };
        }
        let process = &mut self.processes[process];
        let age = now.since(process.serving_since);
        // One that is slow for good never gets warm.
        let is_slow = (process.work - 1.0).abs() > 0.0;
        if age >= cold.lasting {
            process.warm = !is_slow;
            return if is_slow { demand.scaled(process.work) } else { demand };
        }
        cold.slows(demand, age, process.work)
    }

    pub(super) fn on_completion(&mut self, number: u32, observer: &mut impl Observer) {
        let now = self.now();
        self.nodes[number as usize].armed = Instant::NEVER;
        self.touch(number);
        while let Some(attempt) = self.nodes[number as usize].cpu.finished(now) {
            self.finish_stage(attempt, observer);
        }
    }

    #[inline(always)]
    pub(super) fn on_wait_over(&mut self, attempt: Ref, observer: &mut impl Observer) {
        // Stale if the process was killed meanwhile.
        if self.attempts.get(attempt).is_some() && !(self.struck > 0 && self.is_deferred(attempt)) {
            self.finish_stage(attempt, observer);
        }
    }

    #[inline]
    fn finish_stage(&mut self, at: Ref, observer: &mut impl Observer) {
        let attempt = &mut self.attempts[at];
        attempt.stage += 1;
        let number = attempt.node;
        if attempt.stage < attempt.stages {
            let holder = attempt.process.expect("it is in service");
            let step = Step::of(attempt, number, holder);
            self.touch(number);
            self.start_stage(at, step);
        } else {
            self.touch(number);
            self.complete(at, observer);
        }
    }

    fn complete(&mut self, at: Ref, observer: &mut impl Observer) {
        let now = self.now();
        let attempt = &self.attempts[at];
        let Attempt { owner, class, balancer, node: number, process, .. } = *attempt;
        let Attempt { abandoned, accepted, started, .. } = *attempt;
        let process = process.expect("it was in service");
        self.attempts.discard(at);
        self.release_slot(Some(at), (number, process), class, true, observer);
        self.balancers[balancer as usize].answered(number);
        if self.takes_note {
            let is_awaited = !abandoned && matches!(owner, Owner::Request(_));
            self.note_answer((balancer, number), now.since(accepted), is_awaited, observer);
        }
        self.calendar.cancel_timer(patience_of(at));
        match owner {
            Owner::Check | Owner::Probe => {
                self.counts.checks_ended += 1;
                if !abandoned {
                    self.on_answer(owner, balancer, number, true, observer);
                }
            }
            Owner::Request(request) => {
                self.counts.attempts_ended += 1;
                self.requests[request].alive -= 1;
                if abandoned {
                    observer.observe(now, &Observation::WorkWasted { node: number });
                    self.forget_if_done(request);
                } else {
                    self.settle(request, Outcome::Completed, started.since(accepted), observer);
                }
            }
        }
    }

    /// Frees the slot that an attempt of a class had in a process, which has served it or not, and
    /// gives it to whoever has waited longest; whether anybody has. The caller touches the node.
    /// Without an attempt it was a foreseen request, which no worker has.
    #[inline(always)]
    pub(super) fn release_slot(
        &mut self,
        attempt: Option<Ref>,
        (number, at): (u32, Ref),
        class: u32,
        served: bool,
        observer: &mut impl Observer,
    ) -> bool {
        let now = self.now();
        let memory = &self.memories[class as usize];
        let (node, process) = (&mut self.nodes[number as usize], &mut self.processes[at]);
        if node.listener == Some(at) {
            node.integrals.count_busy(now, process.in_service);
        }
        process.in_service -= 1;
        node.memory -= memory.in_service;
        if served {
            process.served += 1;
            process.retained += memory.retained;
            node.memory += memory.retained;
        }
        let next = if self.notices | (self.struck > 0) {
            self.next_after(attempt, at, class, served, observer)
        } else {
            process.backlog.pop_front()
        };
        if let Some(next) = next {
            self.take_slot(next);
        } else {
            self.end_if_drained(at, observer);
        }
        next.is_some()
    }

    /// Who gets the slot that an attempt of a class has left, served or not.
    #[cold]
    fn next_after(
        &mut self,
        attempt: Option<Ref>,
        at: Ref,
        class: u32,
        served: bool,
        observer: &mut impl Observer,
    ) -> Option<Ref> {
        if let Some(attempt) = attempt {
            let kept = self.memories[class as usize].retained;
            self.finish_in_worker(attempt, at, served.then_some(kept), observer);
        }
        self.next_in_line(at)
    }

    /// Takes whoever has waited longest out of a process's backlog, unless it stands still or has
    /// no worker for it, and before that all those whose clients have given up, if it notices.
    #[cold]
    fn next_in_line(&mut self, at: Ref) -> Option<Ref> {
        let process = &self.processes[at];
        let is_full = process.in_service >= process.slots;
        if is_full || self.nodes[process.node as usize].struck.hangs {
            return None;
        }
        loop {
            let process = &mut self.processes[at];
            let next = process.backlog.pop_front()?;
            let waiting = &self.attempts[next];
            if !waiting.abandoned || !self.notices {
                self.assign(next, at);
                return Some(next);
            }
            let bytes = self.memories[waiting.class as usize].queued;
            self.nodes[waiting.node as usize].memory -= bytes;
            self.forget_attempt(next);
        }
    }

    /// Ends an attempt that nobody waits for and that has left its process.
    #[cold]
    fn forget_attempt(&mut self, at: Ref) {
        let Attempt { balancer, node, .. } = self.attempts[at];
        self.balancers[balancer as usize].lost(node);
        self.end_unwanted(at);
    }

    /// Ends an attempt that nobody waits for and nobody has.
    pub(super) fn end_unwanted(&mut self, at: Ref) {
        let attempt = self.attempts.remove(at).expect("it was there until now");
        match attempt.owner {
            Owner::Check | Owner::Probe => self.counts.checks_ended += 1,
            Owner::Request(request) => {
                self.counts.attempts_ended += 1;
                self.requests[request].alive -= 1;
                self.forget_if_done(request);
            }
        }
    }

    /// Stops an attempt that nobody waits for any more, wherever it is on its node.
    #[cold]
    pub(super) fn cancel(&mut self, at: Ref, observer: &mut impl Observer) {
        let now = self.now();
        let attempt = self.attempts[at].clone();
        let Some(holder) = attempt.process else { return };
        self.touch(attempt.node);
        if attempt.in_slot {
            self.nodes[attempt.node as usize].cpu.retain(now, |&job| job != at);
            self.forget_attempt(at);
            self.release_slot(Some(at), (attempt.node, holder), attempt.class, false, observer);
        } else {
            let bytes = self.memories[attempt.class as usize].queued;
            let process = &mut self.processes[holder];
            process.backlog.retain(|&waiting| waiting != at);
            self.nodes[attempt.node as usize].memory -= bytes;
            self.forget_attempt(at);
            self.end_if_drained(holder, observer);
        }
    }

    /// An attempt ends without an answer from the node.
    pub(super) fn fail(&mut self, at: Ref, how: Outcome, observer: &mut impl Observer) {
        let attempt = &mut self.attempts[at];
        let Attempt { owner, balancer, node, process, abandoned, .. } = *attempt;
        attempt.routing = None;
        self.attempts.discard(at);
        if process.is_some() {
            self.balancers[balancer as usize].lost(node);
            if self.takes_note && how == Outcome::Reset {
                self.note_failure(balancer, node, Trouble::Answer, observer);
                if !abandoned && matches!(owner, Owner::Request(_)) {
                    self.tally(node, |group| group.failed += 1);
                }
            }
        }
        self.calendar.cancel_timer(patience_of(at));
        match owner {
            Owner::Check | Owner::Probe => {
                self.counts.checks_ended += 1;
                if !abandoned {
                    self.on_answer(owner, balancer, node, false, observer);
                }
            }
            Owner::Request(request) => {
                self.counts.attempts_ended += 1;
                self.requests[request].alive -= 1;
                if abandoned {
                    self.forget_if_done(request);
                } else {
                    self.after_failure(request, how, observer);
                }
            }
        }
    }

    /// Makes a health check or a probe that goes the way of a request.
    pub(super) fn send_check(
        &mut self,
        owner: Owner,
        balancer: u32,
        node: u32,
        timeout: Duration,
        observer: &mut impl Observer,
    ) {
        let now = self.now();
        self.counts.checks += 1;
        let attempt = self.attempts.add(Attempt {
            owner,
            class: self.scenario.classes.len() as u32,
            balancer,
            node,
            process: None,
            stage: 0,
            stages: 1,
            computes: 1,
            in_slot: false,
            abandoned: false,
            deadline: now.saturating_add(timeout),
            arrived: true,
            routing: None,
            accepted: now,
            started: now,
        });
        match self.offer(attempt, balancer, node) {
            // Where nothing answers, it is for the check as if the answer took too long.
            Answer::Accepted | Answer::Silent | Answer::Lobby | Answer::Delayed => {
                let number = patience_of(attempt);
                self.calendar.set_timer(number, timeout, Event::PatienceOver(attempt));
            }
            Answer::Refused | Answer::Shed => self.fail(attempt, Outcome::Refused, observer),
        }
    }

    /// Brings a node's time integrals up to date.
    pub(super) fn integrate_slots(&mut self, number: u32) {
        let now = self.now();
        let cores = self.scenario.nodes.cores;
        let node = &mut self.nodes[number as usize];
        let elapsed = now.since(node.integrals.since);
        node.integrals.since = now;
        if let Some(listener) = node.listener {
            if self.suspended {
                // What is used meanwhile is counted with the traffic.
                node.integrals.busy_since = now;
            }
            node.integrals.count_busy(now, self.processes[listener].in_service);
            node.integrals.slots_offered.add(elapsed, self.processes[listener].slots);
            node.integrals.offered.add(elapsed, cores);
        } else {
            node.integrals.busy_since = now;
        }
    }
}

/// The stage that an attempt has come to, and where.
#[derive(Clone, Copy)]
struct Step {
    owner: Owner,
    stage: u8,
    computes: bool,
    node: u32,
    process: Ref,
}

impl Step {
    #[inline(always)]
    fn of(attempt: &Attempt, node: u32, process: Ref) -> Step {
        let Attempt { owner, stage, computes, .. } = *attempt;
        Step { owner, stage, computes: computes >> stage & 1 == 1, node, process }
    }
}

/// Counts an attempt in that gets a slot of its process on its node.
#[inline(always)]
fn enter_service(
    now: Instant,
    attempt: &mut Attempt,
    node: &mut Node,
    process: &mut Process,
    memory: &RequestMemory,
) {
    attempt.in_slot = true;
    attempt.started = now;
    if node.listener == attempt.process {
        node.integrals.count_busy(now, process.in_service);
    }
    occupy_slot(node, process, memory);
}

/// Counts a request in that gets a slot of a process, once the time until now is counted.
#[inline(always)]
pub(super) fn occupy_slot(node: &mut Node, process: &mut Process, memory: &RequestMemory) {
    process.in_service += 1;
    node.memory += memory.in_service;
}
