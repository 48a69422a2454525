//! Requests: from the client through a balancer into a slot, and back.

use super::event::Event;
use super::observation::{Observation, Observer, Outcome};
use super::simulation::Simulation;
use super::state::{Attempt, Owner, ProcessState, Request, purpose};
use crate::fleet::balancer::{LostShare, NoneUp};
use crate::fleet::load::die;
use crate::kernel::chance::DICE;
use crate::kernel::slab::Ref;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::late::Setting;
use crate::scenario::model::{Needs, REDISPATCH_MAX, STAGES_MAX};
use rand::Rng;

const _: () = assert!(die::FIRST_STAGE + STAGES_MAX <= DICE, "every stage has a die of its own");

/// Which die of a later attempt's draw is thrown for what.
mod again {
    /// The jitter of the back-off before it.
    pub(super) const BACKOFF: usize = 0;
    /// The balancer's choice.
    pub(super) const PICK: usize = 1;
}

/// A node's answer to an attempt.
enum Answer {
    Accepted,
    Refused,
    Shed,
}

impl Simulation {
    pub(super) fn on_arrival(&mut self, number: u32, observer: &mut impl Observer) {
        let now = self.now();
        let class = self.scenario.sources[number as usize].class;
        let source = &mut self.sources[number as usize];
        let draw = source.arrivals.draw();
        let mut demands = [Duration::ZERO; STAGES_MAX];
        let mut computes = 0;
        let stages = &self.scenario.classes[class].stages;
        for (i, (stage, demand)) in stages.iter().zip(&mut demands).enumerate() {
            *demand = stage.demand.sample(&mut draw.die(die::FIRST_STAGE + i));
            computes |= u8::from(stage.needs == Needs::Cpu) << i;
        }
        let request = self.requests.add(Request {
            source: number,
            stages: stages.len() as u8,
            computes,
            number: draw.occurrence(),
            issued: now,
            patience: self.scenario.clients.patience.sample(&mut draw.die(die::PATIENCE)),
            demands,
            pick: draw.die(die::PICK).next_u64(),
            attempts: 0,
            alive: 0,
            settled: false,
        });
        source.arrivals.advance();
        self.calendar.set_lane(source.lane, source.arrivals.time());
        self.counts.issued += 1;
        observer.observe(now, &Observation::RequestIssued { source: number });
        self.send(request, observer);
    }

    pub(super) fn on_retry(&mut self, request: Ref, observer: &mut impl Observer) {
        self.send(request, observer);
    }

    /// Makes the next attempt of a request.
    fn send(&mut self, at: Ref, observer: &mut impl Observer) {
        let now = self.now();
        let instances = self.scenario.balancer.instances;
        let request = &mut self.requests[at];
        request.attempts += 1;
        request.alive += 1;
        if request.attempts > 1 {
            // The stream is the source's in every variant of the scenario, its number is not.
            let entity = self.scenario.sources[request.source as usize].stream;
            let occurrence = request.number;
            let draw = self.streams.draw(purpose::ATTEMPT, entity, occurrence, request.attempts);
            request.pick = draw.die(again::PICK).next_u64();
        }
        let (pick, patience) = (request.pick, request.patience);
        let (stages, computes) = (request.stages, request.computes);
        let balancer =
            if instances == 1 { 0 } else { (request.number % u64::from(instances)) as u32 };
        self.counts.attempts += 1;
        let attempt = self.attempts.add(Attempt {
            owner: Owner::Request(at),
            balancer,
            node: 0,
            process: None,
            stage: 0,
            stages,
            computes,
            in_slot: false,
            abandoned: false,
            timer: None,
            accepted: now,
            started: now,
        });
        let routed = if self.belongs_to_lost(at, balancer) {
            Err(Outcome::Dropped)
        } else {
            self.route(attempt, balancer, pick)
        };
        match routed {
            Ok(node) => {
                let timer = self.calendar.timer(patience, Event::PatienceOver(attempt));
                self.attempts[attempt].timer = Some(timer);
                observer.observe(now, &Observation::AttemptAccepted { node });
            }
            Err(how) => self.fail(attempt, how, observer),
        }
    }

    /// Whether a request is part of the share of a node that is down, where such shares are
    /// dropped: of n nodes each has every n-th request of a source.
    #[inline]
    fn belongs_to_lost(&self, at: Ref, balancer: u32) -> bool {
        if self.scenario.balancer.lost_share == LostShare::Moved {
            return false;
        }
        let owner = (self.requests[at].number % self.nodes.len() as u64) as u32;
        let serves = self.nodes[owner as usize].listener.is_some();
        !serves || !self.balancers[balancer as usize].is_up(owner)
    }

    /// Finds a node that takes the attempt.
    #[inline]
    fn route(&mut self, attempt: Ref, balancer: u32, pick: u64) -> Result<u32, Outcome> {
        let setup = &self.scenario.balancer;
        let policy = setup.policy;
        let fail_open = setup.none_up == NoneUp::FailOpen;
        let mut tried = [0; REDISPATCH_MAX as usize + 1];
        let mut refusals = 0;
        // Each further choice needs dice of its own; the odd constant spreads them over the range.
        let mut dice = pick;
        loop {
            let view = &mut self.balancers[balancer as usize];
            let node = if fail_open && !view.any_up() {
                view.pick_any(policy, &tried[..refusals], dice)
            } else {
                view.pick(policy, &tried[..refusals], dice)
            };
            let Some(node) = node else {
                return Err(if refusals == 0 { Outcome::NoNode } else { Outcome::Refused });
            };
            match self.offer(attempt, balancer, node) {
                Answer::Accepted => return Ok(node),
                Answer::Shed => return Err(Outcome::Shed),
                Answer::Refused => {
                    if refusals as u32 >= *self.scenario.balancer.redispatch.ask(&mut self.asked) {
                        return Err(Outcome::Refused);
                    }
                    tried[refusals] = node;
                    refusals += 1;
                    dice = dice.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
                }
            }
        }
    }

    /// Offers an attempt to a node.
    #[inline(always)]
    fn offer(&mut self, at: Ref, balancer: u32, number: u32) -> Answer {
        let now = self.now();
        let node = &mut self.nodes[number as usize];
        let Some(listener) = node.listener else { return Answer::Refused };
        let process = &mut self.processes[listener];
        let program = &self.scenario.process;
        let held = process.in_service + process.backlog.len() as u32;
        let attempt = &mut self.attempts[at];
        if held >= self.watched.shed_above && attempt.owner != Owner::Check {
            self.asked.insert(Setting::ShedAbove);
            if self.scenario.protections.shed_above.is_some_and(|limit| held >= limit) {
                return Answer::Shed;
            }
        }
        let free = process.in_service < program.slots;
        if !free && process.backlog.len() as u32 >= program.backlog {
            return Answer::Refused;
        }
        attempt.node = number;
        attempt.process = Some(listener);
        attempt.accepted = now;
        self.balancers[balancer as usize].sent(number);
        if free {
            self.take_slot(at);
        } else {
            process.backlog.push_back(at);
            node.memory += program.memory.queued;
        }
        self.touch(number);
        Answer::Accepted
    }

    /// Gives an attempt a slot of its process and starts its first stage. The caller touches the
    /// node.
    #[inline(always)]
    fn take_slot(&mut self, at: Ref) {
        let now = self.now();
        let attempt = &mut self.attempts[at];
        attempt.in_slot = true;
        attempt.started = now;
        let (number, holder) = (attempt.node, attempt.process.expect("it was accepted"));
        let (node, process) = (&mut self.nodes[number as usize], &mut self.processes[holder]);
        if node.listener == Some(holder) {
            node.integrals.count_busy(now, process.in_service);
        }
        process.in_service += 1;
        node.memory += self.scenario.process.memory.in_service;
        self.start_stage(at);
    }

    /// Starts the stage that an attempt has come to. The caller touches the node.
    #[inline(always)]
    fn start_stage(&mut self, at: Ref) {
        let attempt = &self.attempts[at];
        let stage = attempt.stage;
        let demand = match attempt.owner {
            Owner::Request(request) => self.requests[request].demands[usize::from(stage)],
            Owner::Check => {
                let health = self.scenario.balancer.health.as_ref();
                health.map_or(Duration::ZERO, |health| health.work)
            }
        };
        if attempt.computes >> stage & 1 == 0 {
            self.calendar.after(demand, Event::WaitOver(at));
            return;
        }
        let (number, process) = (attempt.node, attempt.process.expect("it has a slot"));
        let demand =
            if self.processes[process].warm { demand } else { self.cold_demand(process, demand) };
        let now = self.now();
        self.nodes[number as usize].cpu.start(now, demand, at);
    }

    /// What a demand grows to in a process that is still cold.
    #[cold]
    fn cold_demand(&mut self, process: Ref, demand: Duration) -> Duration {
        let cold = *self.scenario.process.cold.ask(&mut self.asked);
        let now = self.now();
        let process = &mut self.processes[process];
        let age = now.since(process.serving_since);
        if age >= cold.lasting {
            process.warm = true;
            return demand;
        }
        let left = 1.0 - age.as_secs_f64() / cold.lasting.as_secs_f64();
        demand.scaled(1.0 + (cold.factor - 1.0) * left)
    }

    pub(super) fn on_completion(&mut self, number: u32, observer: &mut impl Observer) {
        let now = self.now();
        self.nodes[number as usize].armed = Instant::NEVER;
        self.touch(number);
        while let Some(attempt) = self.nodes[number as usize].cpu.finished(now) {
            self.finish_stage(attempt, observer);
        }
    }

    pub(super) fn on_wait_over(&mut self, attempt: Ref, observer: &mut impl Observer) {
        // Stale if the process was killed meanwhile.
        if self.attempts.get(attempt).is_some() {
            self.finish_stage(attempt, observer);
        }
    }

    #[inline]
    fn finish_stage(&mut self, at: Ref, observer: &mut impl Observer) {
        let attempt = &mut self.attempts[at];
        attempt.stage += 1;
        let (number, more) = (attempt.node, attempt.stage < attempt.stages);
        self.touch(number);
        if more {
            self.start_stage(at);
        } else {
            self.complete(at, observer);
        }
    }

    fn complete(&mut self, at: Ref, observer: &mut impl Observer) {
        let now = self.now();
        let attempt = self.attempts.remove(at).expect("a stage of it has just ended");
        let number = attempt.node;
        let process = attempt.process.expect("it was in service");
        self.release_slot(number, process, observer);
        self.balancers[attempt.balancer as usize].answered(number);
        match attempt.owner {
            Owner::Check => {
                self.counts.checks_ended += 1;
                if !attempt.abandoned {
                    self.cancel_timer(&attempt);
                    self.on_check_result(attempt.balancer, number, true, observer);
                }
            }
            Owner::Request(request) => {
                self.counts.attempts_ended += 1;
                self.requests[request].alive -= 1;
                if attempt.abandoned {
                    observer.observe(now, &Observation::WorkWasted { node: number });
                    self.forget_if_done(request);
                } else {
                    self.cancel_timer(&attempt);
                    let wait = attempt.started.since(attempt.accepted);
                    self.settle(request, Outcome::Completed, wait, observer);
                }
            }
        }
    }

    /// Frees a slot and gives it to whoever has waited longest. The caller touches the node.
    fn release_slot(&mut self, number: u32, at: Ref, observer: &mut impl Observer) {
        let now = self.now();
        let memory = &self.scenario.process.memory;
        let (node, process) = (&mut self.nodes[number as usize], &mut self.processes[at]);
        if node.listener == Some(at) {
            node.integrals.count_busy(now, process.in_service);
        }
        process.in_service -= 1;
        process.served += 1;
        process.retained += memory.retained_per_request;
        let next = process.backlog.pop_front();
        let drained = process.state == ProcessState::Stopping && process.in_service == 0;
        node.memory = node.memory + memory.retained_per_request - memory.in_service;
        if let Some(next) = next {
            node.memory -= memory.queued;
            self.take_slot(next);
        } else if drained {
            self.end_process(at, observer);
        }
    }

    #[inline]
    fn cancel_timer(&mut self, attempt: &Attempt) {
        if let Some(timer) = attempt.timer {
            self.calendar.cancel(timer);
        }
    }

    /// An attempt ends without an answer from the node.
    pub(super) fn fail(&mut self, at: Ref, how: Outcome, observer: &mut impl Observer) {
        let attempt = self.attempts.remove(at).expect("an attempt fails once");
        if attempt.process.is_some() {
            self.balancers[attempt.balancer as usize].answered(attempt.node);
        }
        self.cancel_timer(&attempt);
        match attempt.owner {
            Owner::Check => {
                self.counts.checks_ended += 1;
                if !attempt.abandoned {
                    self.on_check_result(attempt.balancer, attempt.node, false, observer);
                }
            }
            Owner::Request(request) => {
                self.counts.attempts_ended += 1;
                self.requests[request].alive -= 1;
                if attempt.abandoned {
                    self.forget_if_done(request);
                } else {
                    self.after_failure(request, how, observer);
                }
            }
        }
    }

    pub(super) fn on_patience_over(&mut self, at: Ref, observer: &mut impl Observer) {
        let attempt = self.attempts.get_mut(at).expect("its timer is cancelled when it ends");
        attempt.timer = None;
        // The node does not notice: the attempt keeps its place and its work is done all the same.
        attempt.abandoned = true;
        let (owner, balancer, node) = (attempt.owner, attempt.balancer, attempt.node);
        match owner {
            Owner::Check => self.on_check_result(balancer, node, false, observer),
            Owner::Request(request) => self.after_failure(request, Outcome::TimedOut, observer),
        }
    }

    /// The client tries again, or the request has failed.
    fn after_failure(&mut self, at: Ref, how: Outcome, observer: &mut impl Observer) {
        let now = self.now();
        observer.observe(now, &Observation::AttemptFailed { how });
        let retry = *self.scenario.clients.retry.ask(&mut self.asked);
        let request = &self.requests[at];
        if request.attempts >= retry.attempts || how == Outcome::Dropped {
            self.settle(at, how, Duration::ZERO, observer);
            return;
        }
        let next = request.attempts + 1;
        let entity = self.scenario.sources[request.source as usize].stream;
        let draw = self.streams.draw(purpose::ATTEMPT, entity, request.number, next);
        let delay = retry.delay(next, &mut draw.die(again::BACKOFF));
        self.calendar.after(delay, Event::RetryDue(at));
    }

    fn settle(&mut self, at: Ref, outcome: Outcome, wait: Duration, observer: &mut impl Observer) {
        let request = &mut self.requests[at];
        request.settled = true;
        let (issued, attempts) = (request.issued, request.attempts);
        self.counts.settled[outcome as usize] += 1;
        if outcome == Outcome::Completed {
            self.watch.succeeded += 1;
        } else {
            self.watch.failed += 1;
        }
        let seen = Observation::RequestSettled { issued, outcome, attempts, wait };
        observer.observe(self.now(), &seen);
        self.forget_if_done(at);
    }

    /// Frees a request that is settled and of which no node has an attempt any more.
    #[inline]
    fn forget_if_done(&mut self, at: Ref) {
        let request = &self.requests[at];
        if request.settled && request.alive == 0 {
            self.requests.remove(at);
        }
    }

    /// Makes a health check that goes the way of a request.
    pub(super) fn send_check(
        &mut self,
        balancer: u32,
        node: u32,
        timeout: Duration,
        observer: &mut impl Observer,
    ) {
        let now = self.now();
        self.counts.checks += 1;
        let attempt = self.attempts.add(Attempt {
            owner: Owner::Check,
            balancer,
            node,
            process: None,
            stage: 0,
            stages: 1,
            computes: 1,
            in_slot: false,
            abandoned: false,
            timer: None,
            accepted: now,
            started: now,
        });
        match self.offer(attempt, balancer, node) {
            Answer::Accepted => {
                let timer = self.calendar.timer(timeout, Event::PatienceOver(attempt));
                self.attempts[attempt].timer = Some(timer);
            }
            Answer::Refused | Answer::Shed => self.fail(attempt, Outcome::Refused, observer),
        }
    }

    /// Brings a node's time integrals up to date.
    pub(super) fn integrate_slots(&mut self, number: u32) {
        let now = self.now();
        let (cores, slots) = (self.scenario.nodes.cores, self.scenario.process.slots);
        let node = &mut self.nodes[number as usize];
        let elapsed = now.since(node.integrals.since);
        node.integrals.since = now;
        if let Some(listener) = node.listener {
            node.integrals.count_busy(now, self.processes[listener].in_service);
            node.integrals.slots_offered.add(elapsed, slots);
            node.integrals.offered.add(elapsed, cores);
        } else {
            node.integrals.busy_since = now;
        }
    }
}
