//! Clients: requests are issued, tried again, hedged, loaded again, and settled.

use super::event::Event;
use super::observation::{Observation, Observer, Outcome};
use super::route::Routed;
use super::simulation::Simulation;
use super::state::{Attempt, Owner, patience_of, purpose};
use crate::fleet::balancer::ejection::Trouble;
use crate::kernel::chance::{derived, unit};
use crate::kernel::slab::Ref;
use crate::kernel::time::Duration;
use crate::scenario::model::{Abandoned, Failures};

/// Which die of a later attempt's draw is thrown for what.
mod again {
    /// The jitter of the back-off before it.
    pub(super) const BACKOFF: usize = 0;
    /// Whether the person loads the page again.
    pub(super) const RELOAD: usize = 2;
    /// How long that takes.
    pub(super) const PAUSE: usize = 3;
}

impl Simulation {
    /// A request that was made is on its way.
    #[inline(always)]
    pub(super) fn issue(&mut self, at: Ref, source: u32, class: u32, observer: &mut impl Observer) {
        let now = self.now();
        self.counts.issued += 1;
        if self.has_budgets {
            let client = self.client_of(at);
            self.budgets[client].issued(now);
        }
        observer.observe(now, &Observation::RequestIssued { source, class });
        self.send(at, observer);
        if self.hedges {
            self.plan_hedge(at);
        }
    }

    pub(super) fn on_retry(&mut self, request: Ref, observer: &mut impl Observer) {
        self.send(request, observer);
    }

    /// Makes the next attempt of a request.
    #[inline]
    fn send(&mut self, at: Ref, observer: &mut impl Observer) {
        let (attempt, balancer, dice) = self.make_attempt(at);
        let routed = if self.belongs_to_lost(at, balancer) {
            Routed::Failed(Outcome::Dropped)
        } else {
            let picked = self.pick(balancer, dice);
            self.route(attempt, balancer, (picked, dice), observer)
        };
        self.await_attempt(attempt, routed, observer);
    }

    /// Makes the first attempt of a request, for which a node, or none, has been picked.
    #[inline(never)]
    pub(super) fn send_to(&mut self, at: Ref, picked: Option<u32>, observer: &mut impl Observer) {
        let (attempt, balancer, dice) = self.make_attempt(at);
        let routed = self.route(attempt, balancer, (picked, dice), observer);
        self.await_attempt(attempt, routed, observer);
    }

    /// The balancer that the attempts of a request with this number go through.
    #[inline]
    pub(super) fn balancer_of(&self, number: u64) -> u32 {
        match self.scenario.balancer.instances {
            1 => 0,
            instances => (number % u64::from(instances)) as u32,
        }
    }

    /// The next attempt of a request, its balancer, and the dice for the choice of a node.
    #[inline(always)]
    fn make_attempt(&mut self, at: Ref) -> (Ref, u32, u64) {
        let now = self.now();
        let request = &mut self.requests[at];
        request.attempts += 1;
        request.alive += 1;
        request.waiting += 1;
        let pick = match request.attempts {
            1 => request.pick,
            attempts => derived(request.pick, u64::from(attempts)),
        };
        let (number, deadline) = (request.number, now.saturating_add(request.patience));
        let (stages, computes, class) = (request.stages, request.computes, request.class);
        let balancer = self.balancer_of(number);
        self.counts.attempts += 1;
        let attempt = self.attempts.add(Attempt {
            owner: Owner::Request(at),
            class,
            balancer,
            node: 0,
            process: None,
            stage: 0,
            stages,
            computes,
            in_slot: false,
            abandoned: false,
            deadline,
            arrived: false,
            routing: None,
            accepted: now,
            started: now,
        });
        if self.hedges {
            self.requests[at].again().attempts.push(attempt);
        }
        (attempt, balancer, pick)
    }

    /// Waits for the answer to an attempt that was just made.
    #[inline(always)]
    fn await_attempt(&mut self, attempt: Ref, routed: Routed, observer: &mut impl Observer) {
        let now = self.now();
        let patience = || self.attempts[attempt].deadline.since(now);
        match routed {
            Routed::Taken(node) => {
                let patience = patience();
                let limit = self.response_timeout.map_or(patience, |limit| limit.min(patience));
                let number = patience_of(attempt);
                self.calendar.set_timer(number, limit, Event::PatienceOver(attempt));
                observer.observe(now, &Observation::AttemptAccepted { node });
            }
            Routed::Waits => {
                let limit = self.patience_on_the_way(attempt, patience());
                let number = patience_of(attempt);
                self.calendar.set_timer(number, limit, Event::PatienceOver(attempt));
            }
            Routed::Failed(how) => self.fail(attempt, how, observer),
        }
    }

    pub(super) fn on_patience_over(&mut self, at: Ref, observer: &mut impl Observer) {
        let attempt = self.attempts.get_mut(at).expect("its timer is cancelled when it ends");
        attempt.abandoned = true;
        let (owner, balancer, node) = (attempt.owner, attempt.balancer, attempt.node);
        let by_client = self.calendar.now() >= attempt.deadline;
        let has_node = attempt.process.is_some();
        self.leave(at, observer);
        match owner {
            Owner::Check | Owner::Probe => {
                self.on_answer(owner, balancer, node, false, observer);
            }
            Owner::Request(request) if by_client => {
                if self.takes_note && has_node {
                    self.tally(node, |group| group.failed += 1);
                }
                self.after_failure(request, Outcome::TimedOut, observer);
            }
            Owner::Request(request) => {
                if self.takes_note {
                    self.note_failure(balancer, node, Trouble::Answer, observer);
                    self.tally(node, |group| group.failed += 1);
                }
                self.after_failure(request, Outcome::NoAnswer, observer);
            }
        }
    }

    /// An attempt that was waited for has failed: the client tries again, or the request has
    /// failed.
    pub(super) fn after_failure(&mut self, at: Ref, how: Outcome, observer: &mut impl Observer) {
        let now = self.now();
        observer.observe(now, &Observation::AttemptFailed { how });
        let request = &mut self.requests[at];
        request.waiting -= 1;
        if self.has_budgets {
            let client = self.client_of(at);
            self.budgets[client].failed();
        }
        let request = &self.requests[at];
        if request.waiting > 0 {
            // Another attempt may still be answered.
            return;
        }
        let retry = self.scenario.clients.retry.ask(&mut self.asked);
        if how == Outcome::Dropped {
            self.settle(at, how, Duration::ZERO, observer);
            return;
        }
        let next = request.attempts + 1;
        // The stream is the source's in every variant of the scenario, its number is not.
        let entity = self.scenario.sources[request.source as usize].stream;
        let (streams, number, round) = (&self.streams, request.number, request.round());
        let draw = |attempt: u32| streams.draw(purpose::ATTEMPT, entity, number, attempt);
        if request.attempts - round < retry.attempts && is_tried_again(retry.on, how) {
            let throw = |step: u32| unit(&mut draw(round + step).die(again::BACKOFF));
            let delay = retry.backoff.delay(next - round, throw);
            if self.may_try_again(at, how == Outcome::TimedOut) {
                self.calendar.after(delay, Event::RetryDue(at));
                return;
            }
            observer.observe(now, &Observation::RetryDenied);
        } else if let Some(reload) = &retry.reload
            && request.again.as_ref().map_or(0, |again| again.reloads) < reload.at_most
            && unit(&mut draw(next).die(again::RELOAD)) < reload.share
        {
            let pause = reload.pause.sample(&mut draw(next).die(again::PAUSE));
            let request = &mut self.requests[at];
            let attempts = request.attempts;
            request.again().reloads += 1;
            request.again().round = attempts;
            self.calendar.after(pause, Event::RetryDue(at));
            return;
        }
        self.settle(at, how, Duration::ZERO, observer);
    }

    /// Whether the budget of a request's client allows another attempt; takes it out if so.
    fn may_try_again(&mut self, at: Ref, timed_out: bool) -> bool {
        if !self.has_budgets {
            return true;
        }
        let now = self.now();
        let client = self.client_of(at);
        let request = &mut self.requests[at];
        let first = request.paid().is_none();
        let cost = self.budgets[client].withdraw(now, timed_out, first);
        if cost.is_some() {
            request.again().paid = cost;
        }
        cost.is_some()
    }

    /// The client that a request belongs to, of those that have budgets.
    fn client_of(&self, at: Ref) -> usize {
        (self.requests[at].number % self.budgets.len() as u64) as usize
    }

    fn plan_hedge(&mut self, at: Ref) {
        let Some(hedge) = self.scenario.clients.hedge else { return };
        // The first attempt may have failed at once, and the request with it.
        if let Some(request) = self.requests.get(at)
            && !request.settled
            && request.again.as_ref().map_or(0, |again| again.hedges) < hedge.at_most
        {
            self.calendar.after(hedge.after, Event::HedgeDue(at));
        }
    }

    pub(super) fn on_hedge_due(&mut self, at: Ref, observer: &mut impl Observer) {
        let Some(request) = self.requests.get_mut(at) else { return };
        // Whoever waits to try again has nothing to hedge.
        if request.settled || request.waiting == 0 {
            return;
        }
        request.again().hedges += 1;
        if self.may_try_again(at, false) {
            self.send(at, observer);
        } else {
            observer.observe(self.now(), &Observation::RetryDenied);
        }
        self.plan_hedge(at);
    }

    /// Counts a request that is settled; whether it is completed.
    #[inline(always)]
    pub(super) fn count_settled(&mut self, outcome: Outcome) -> bool {
        self.counts.settled[outcome as usize] += 1;
        let completed = outcome == Outcome::Completed;
        if completed {
            self.watch.succeeded += 1;
        } else {
            self.watch.failed += 1;
        }
        completed
    }

    pub(super) fn settle(
        &mut self,
        at: Ref,
        outcome: Outcome,
        wait: Duration,
        observer: &mut impl Observer,
    ) {
        let request = &mut self.requests[at];
        request.settled = true;
        let (issued, attempts, class) = (request.issued, request.attempts, request.class);
        let (is_plain, is_done) = (request.again.is_none(), request.alive == 0);
        let completed = self.count_settled(outcome);
        if self.has_budgets {
            let client = self.client_of(at);
            let paid = self.requests[at].paid();
            self.budgets[client].settled(completed, paid);
        }
        let seen = Observation::RequestSettled { issued, class, outcome, attempts, wait };
        observer.observe(self.now(), &seen);
        if !is_plain {
            self.settle_again(at, completed, observer);
            self.forget_if_done(at);
        } else if is_done {
            self.requests.discard(at);
        }
    }

    /// A request is settled: its user goes on, and nobody waits for its other attempts any more.
    #[inline(never)]
    fn settle_again(&mut self, at: Ref, completed: bool, observer: &mut impl Observer) {
        let issued = self.requests[at].issued;
        if let Some(visitor) = self.requests[at].again().visitor {
            self.go_on(visitor, issued, completed);
        }
        // It must outlive the last of them.
        self.requests[at].alive += 1;
        for other in std::mem::take(&mut self.requests[at].again().attempts) {
            self.abandon(other, observer);
        }
        self.requests[at].alive -= 1;
    }

    /// Nobody waits for this attempt any more, if it is still there.
    fn abandon(&mut self, at: Ref, observer: &mut impl Observer) {
        let Some(attempt) = self.attempts.get_mut(at).filter(|attempt| !attempt.abandoned) else {
            return;
        };
        attempt.abandoned = true;
        self.calendar.cancel_timer(patience_of(at));
        self.leave(at, observer);
    }

    /// A balancer gives an attempt up; its request fails, unless something else has settled it.
    pub(super) fn give_up(&mut self, at: Ref, how: Outcome, observer: &mut impl Observer) {
        let owner = self.attempts.get(at).filter(|a| !a.abandoned).map(|attempt| attempt.owner);
        if let Some(Owner::Request(request)) = owner {
            self.abandon(at, observer);
            self.after_failure(request, how, observer);
        }
    }

    /// Takes an attempt that nobody waits for any more away from where it is, unless its node has
    /// it and does not notice.
    fn leave(&mut self, at: Ref, observer: &mut impl Observer) {
        if !self.is_on_node(at) {
            self.drop_on_the_way(at);
        } else if self.scenario.process.abandoned == Abandoned::Stopped {
            self.cancel(at, observer);
        }
    }

    /// Frees a request that is settled and of which no node has an attempt any more.
    #[inline(always)]
    pub(super) fn forget_if_done(&mut self, at: Ref) {
        let request = &self.requests[at];
        if request.settled && request.alive == 0 {
            self.requests.discard(at);
        }
    }
}

fn is_tried_again(on: Failures, how: Outcome) -> bool {
    match how {
        Outcome::TimedOut => on.timed_out,
        Outcome::Refused => on.refused,
        Outcome::Reset => on.reset,
        Outcome::NoAnswer => on.no_answer,
        Outcome::NoNode => on.no_node,
        Outcome::Shed => on.shed,
        Outcome::Completed | Outcome::Dropped => false,
    }
}
