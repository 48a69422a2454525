//! Requests of which it is known how they end when they come.
//!
//! Where a node has a free slot for a request that does nothing but wait in it, and waits less long
//! than anybody's patience lasts, nothing is left to decide: it leaves then, unless something takes
//! it away. So it needs no record of an attempt and no timer, only a note of where it is. Whatever
//! it does is done and told at the same moments as for any other request, in the same order, so
//! nothing else can tell the difference.
//!
//! What may take it away first [unfolds](Simulation::unfold) all such notes into the requests and
//! attempts that would be there without them: the kill of a process, a fault, sessions that are
//! shut, traffic that is suspended, another scenario. While a fault concerns attempts, or where
//! requests go to workers, are hedged or have budgets, none is foreseen.

use super::event::Event;
use super::load::request;
use super::observation::{Observation, Observer, Outcome};
use super::simulation::Simulation;
use super::state::{Attempt, Owner, Request, patience_of, purpose};
use super::traffic::occupy_slot;
use crate::fleet::balancer::LostShare;
use crate::kernel::calendar::Exchange;
use crate::kernel::slab::Ref;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::model::Scenario;

/// A request of which it is known how it ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Foreseen {
    /// Number among the arrivals of its source.
    number: u64,
    issued: Instant,
    pub process: Ref,
    source: u32,
    class: u32,
    node: u32,
}

/// Whether any request of a scenario can be foreseen.
pub(super) fn foresees(scenario: &Scenario) -> bool {
    let clients = &scenario.clients;
    let is_shared_out = scenario.balancer.lost_share == LostShare::Moved;
    clients.hedge.is_none() && clients.budget.is_none() && is_shared_out
}

impl Simulation {
    /// Follows every request step by step from now on, also where its end is known when it comes.
    /// It changes nothing but the time that a run takes.
    pub fn foresee_nothing(&mut self) {
        self.unfold();
        self.foresees = false;
    }

    /// How many requests are in hand of which it is known how they end.
    pub fn foreseen(&self) -> usize {
        self.foreseen.len()
    }

    /// Whether a request that comes now is served for sure by any node that has a free slot.
    #[inline(always)]
    pub(super) fn is_foreseen(&self, request: &Request) -> bool {
        let limit = self.response_timeout.unwrap_or(Duration::FOREVER).min(request.patience);
        let does_nothing_but_wait = (request.stages == 1) & (request.computes == 0);
        self.foresees & (self.struck == 0) & does_nothing_but_wait & (request.demands[0] < limit)
    }

    /// Issues a request that is served for sure by any node that has a free slot; if the one that
    /// is picked has none, it goes the way of the others.
    #[inline(always)]
    pub(super) fn issue_foreseen(&mut self, request: Request, observer: &mut impl Observer) {
        let now = self.now();
        let Request { number, issued, source, class, .. } = request;
        self.counts.issued += 1;
        observer.observe(now, &Observation::RequestIssued { source, class });
        let balancer = self.balancer_of(number);
        let picked = self.pick(balancer, request.pick);
        let Some((node, process)) = picked.and_then(|node| self.enter_at_once(node, class)) else {
            let at = self.requests.add(request);
            self.send_to(at, picked, observer);
            return;
        };
        self.counts.attempts += 1;
        self.balancers[balancer as usize].sent(node);
        let at = self.foreseen.add(Foreseen { number, issued, process, source, class, node });
        self.calendar.after_with_timer_to_come(request.demands[0], Event::ForeseenOver(at));
        self.touch_memory(node);
        observer.observe(now, &Observation::AttemptAccepted { node });
    }

    /// Takes a free slot for a request of a class, if a node has one and sheds nothing; its
    /// process.
    #[inline(always)]
    fn enter_at_once(&mut self, number: u32, class: u32) -> Option<(u32, Ref)> {
        let now = self.now();
        let node = &mut self.nodes[number as usize];
        let listener = node.listener?;
        let process = &mut self.processes[listener];
        if process.in_service >= process.slots.min(self.watched.shed_above) {
            return None;
        }
        node.integrals.count_busy(now, process.in_service);
        occupy_slot(node, process, &self.memories[class as usize]);
        Some((number, listener))
    }

    #[inline(always)]
    pub(super) fn on_foreseen_over(&mut self, at: Ref, observer: &mut impl Observer) {
        let now = self.now();
        let Foreseen { number, issued, process, class, node, .. } = self.foreseen[at];
        self.foreseen.discard(at);
        if self.release_slot(None, (node, process), class, true, observer) {
            self.touch(node);
        } else {
            self.touch_memory(node);
        }
        let balancer = self.balancer_of(number);
        self.balancers[balancer as usize].answered(node);
        if self.takes_note {
            self.note_answer((balancer, node), now.since(issued), true, observer);
        }
        self.counts.attempts_ended += 1;
        let outcome = Outcome::Completed;
        self.count_settled(outcome);
        let (attempts, wait) = (1, Duration::ZERO);
        let seen = Observation::RequestSettled { issued, class, outcome, attempts, wait };
        observer.observe(now, &seen);
    }

    /// Memory of a foreseen request.
    pub(super) fn working_of(&self, foreseen: &Foreseen) -> u64 {
        self.memories[foreseen.class as usize].in_service
    }

    /// Memory of the foreseen requests that a process has.
    pub(super) fn working_of_foreseen(&self, process: Ref) -> u64 {
        let all = self.foreseen.iter().map(|(_, foreseen)| foreseen);
        let its = all.filter(|foreseen| foreseen.process == process);
        its.map(|foreseen| self.working_of(foreseen)).sum()
    }

    /// Makes of every foreseen request what it would be had it been followed step by step.
    pub(super) fn unfold(&mut self) {
        if self.foreseen.is_empty() {
            return;
        }
        let mut calendar = std::mem::take(&mut self.calendar);
        calendar.exchange(|event| {
            let Event::ForeseenOver(at) = *event else { return None };
            Some(self.unfolded(at))
        });
        self.calendar = calendar;
    }

    /// Makes of a foreseen request a request with an attempt in its slot: what comes in place of
    /// the event that it would have ended with.
    fn unfolded(&mut self, at: Ref) -> Exchange<Event> {
        let Foreseen { number, issued, process, source, class, node } = self.foreseen[at];
        self.foreseen.discard(at);
        let entity = self.scenario.sources[source as usize].stream;
        let draw = self.streams.draw(purpose::ARRIVAL, entity, number, 0);
        let spec = &self.scenario.classes[class as usize];
        let request = request(spec, (source, class, number), issued, |slot| draw.die(slot));
        let Request { patience, stages, computes, .. } = request;
        let owner = self.requests.add(Request { attempts: 1, waiting: 1, alive: 1, ..request });
        let attempt = self.attempts.add(Attempt {
            owner: Owner::Request(owner),
            class,
            balancer: self.balancer_of(number),
            node,
            process: Some(process),
            stage: 0,
            stages,
            computes,
            in_slot: true,
            abandoned: false,
            deadline: issued.saturating_add(patience),
            arrived: false,
            routing: None,
            accepted: issued,
            started: issued,
        });
        let limit = self.response_timeout.map_or(patience, |limit| limit.min(patience));
        Exchange {
            event: Event::WaitOver(attempt),
            timer: patience_of(attempt),
            due: issued.saturating_add(limit),
            then: Event::PatienceOver(attempt),
        }
    }
}
