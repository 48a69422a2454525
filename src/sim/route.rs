//! The way of an attempt to a process: picks, refusals, connections that nothing answers, queues.

use super::event::Event;
use super::observation::{Observation, Observer, Outcome};
use super::simulation::Simulation;
use super::state::{Routing, Waiting, Way, patience_of, way_of};
use super::traffic::Answer;
use crate::fleet::balancer::NoneUp;
use crate::fleet::balancer::ejection::Trouble;
use crate::kernel::slab::Ref;
use crate::kernel::time::{Duration, Instant};

/// After how long a connection that nothing answers is asked for again, counted from the first
/// time: the kernel's doubling from a second.
const ASKED_AGAIN: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(7),
    Duration::from_secs(15),
    Duration::from_secs(31),
];

/// Where an attempt is.
pub(super) enum Routed {
    /// With a process of this node.
    Taken(u32),
    /// Nowhere yet.
    Waits,
    /// It has failed.
    Failed(Outcome),
}

impl Simulation {
    /// Picks a node for the first try of an attempt.
    #[inline(always)]
    pub(super) fn pick(&mut self, balancer: u32, dice: u64) -> Option<u32> {
        let setup = &self.scenario.balancer;
        let view = &mut self.balancers[balancer as usize];
        if setup.none_up == NoneUp::FailOpen && !view.any_up() {
            return view.pick_any(setup.policy, &[], dice);
        }
        view.pick(self.calendar.now(), setup.policy, &[], dice)
    }

    /// Finds a node that takes the attempt, first the one that was picked.
    #[inline(always)]
    pub(super) fn route(
        &mut self,
        attempt: Ref,
        balancer: u32,
        (picked, pick): (Option<u32>, u64),
        observer: &mut impl Observer,
    ) -> Routed {
        let Some(node) = picked else {
            return self.nobody(attempt, balancer, Way::new(pick));
        };
        match self.offer(attempt, balancer, node) {
            Answer::Accepted => Routed::Taken(node),
            answer @ (Answer::Refused
            | Answer::Shed
            | Answer::Silent
            | Answer::Lobby
            | Answer::Delayed) => {
                let way = Way::new(pick);
                match self.not_taken(attempt, balancer, node, answer, way, observer) {
                    Ok(routed) => routed,
                    Err(way) => self.go_on_routing(attempt, balancer, way, observer),
                }
            }
        }
    }

    /// The way to a node takes its time.
    #[cold]
    fn delay(&mut self, at: Ref, balancer: u32, node: u32, way: Way) -> Routed {
        self.balancers[balancer as usize].sent(node);
        self.attempts[at].node = node;
        let delay = self.nodes[node as usize].struck.delay;
        self.wait(at, Waiting::Delay, way, delay);
        Routed::Waits
    }

    /// A node that was picked has not taken an attempt: where that leaves it, or the way on to
    /// another one.
    #[cold]
    fn not_taken(
        &mut self,
        at: Ref,
        balancer: u32,
        node: u32,
        answer: Answer,
        mut way: Way,
        observer: &mut impl Observer,
    ) -> Result<Routed, Way> {
        match answer {
            Answer::Accepted => return Ok(Routed::Taken(node)),
            Answer::Shed => {
                if self.takes_note {
                    self.note_failure(balancer, node, Trouble::Error, observer);
                    self.tally(node, |group| group.failed += 1);
                }
                return Ok(Routed::Failed(Outcome::Shed));
            }
            Answer::Silent => return Ok(self.connect(at, balancer, node, way)),
            Answer::Lobby => return Ok(self.enter_lobby(at, balancer, node, way)),
            Answer::Delayed => return Ok(self.delay(at, balancer, node, way)),
            Answer::Refused => {}
        }
        if self.takes_note {
            self.note_failure(balancer, node, Trouble::Connection, observer);
            self.tally(node, |group| group.failed += 1);
        }
        // Each further choice needs dice of its own; the odd constant spreads them over the range.
        way.dice = way.dice.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        if way.refusals as u32 >= *self.scenario.balancer.redispatch.ask(&mut self.asked) {
            return Ok(self.try_again(at, node, way));
        }
        way.tried[way.refusals] = node;
        way.refusals += 1;
        Err(way)
    }

    #[inline(never)]
    fn go_on_routing(
        &mut self,
        attempt: Ref,
        balancer: u32,
        mut way: Way,
        observer: &mut impl Observer,
    ) -> Routed {
        let now = self.now();
        let setup = &self.scenario.balancer;
        let policy = setup.policy;
        let fail_open = setup.none_up == NoneUp::FailOpen;
        loop {
            let view = &mut self.balancers[balancer as usize];
            let node = if fail_open && !view.any_up() {
                view.pick_any(policy, way.tried(), way.dice)
            } else {
                view.pick(now, policy, way.tried(), way.dice)
            };
            let Some(node) = node else { return self.nobody(attempt, balancer, way) };
            if let Some(&refused) = way.tried().last() {
                observer.observe(now, &Observation::HandedOn { node: refused });
            }
            let answer = self.offer_late(attempt, balancer, node);
            match self.not_taken(attempt, balancer, node, answer, way, observer) {
                Ok(routed) => return routed,
                Err(further) => way = further,
            }
        }
    }

    /// No node can be picked: all are at their limits, or refused the attempt, or none is up.
    #[cold]
    fn nobody(&mut self, at: Ref, balancer: u32, way: Way) -> Routed {
        if way.refusals > 0 {
            let last = way.tried[way.refusals - 1];
            return self.try_again(at, last, way);
        }
        if self.balancers[balancer as usize].usable(self.now()).is_empty() {
            return Routed::Failed(Outcome::NoNode);
        }
        let queue = &mut self.queues[balancer as usize];
        match self.scenario.balancer.queue {
            Some((most, timeout)) if queue.len() < most as usize => {
                queue.push_back(at);
                self.queued += 1;
                self.wait(at, Waiting::Queue, way, timeout);
                Routed::Waits
            }
            Some(_) | None => Routed::Failed(Outcome::Refused),
        }
    }

    /// A node has refused an attempt for which there is no other: the same one, after a pause.
    fn try_again(&mut self, at: Ref, node: u32, mut way: Way) -> Routed {
        let (retries, pause) = *self.scenario.balancer.retries.ask(&mut self.asked);
        if way.again >= retries {
            return Routed::Failed(Outcome::Refused);
        }
        way.again += 1;
        self.attempts[at].node = node;
        self.wait(at, Waiting::Pause, way, pause);
        Routed::Waits
    }

    /// A node does not answer: the attempt waits for a connection.
    #[cold]
    fn connect(&mut self, at: Ref, balancer: u32, node: u32, way: Way) -> Routed {
        self.balancers[balancer as usize].sent(node);
        self.attempts[at].node = node;
        self.ask_again(at, self.now(), 0, way);
        Routed::Waits
    }

    /// Asks a node that does not answer once more, or waits until it has taken too long.
    fn ask_again(&mut self, at: Ref, since: Instant, asked: u32, way: Way) {
        let limit = self.scenario.balancer.connect_timeout;
        let next = ASKED_AGAIN.get(asked as usize).map_or(limit, |&next| next.min(limit));
        let passed = self.now().since(since);
        let waiting = Waiting::Connecting { since, asked: asked + 1 };
        self.wait(at, waiting, way, next.saturating_sub(passed));
    }

    /// The socket of a node has accepted an attempt, and no process serves.
    #[cold]
    fn enter_lobby(&mut self, at: Ref, balancer: u32, node: u32, way: Way) -> Routed {
        self.balancers[balancer as usize].sent(node);
        self.attempts[at].node = node;
        self.nodes[node as usize].lobby.push_back(at);
        let routing = Routing { way, waiting: Waiting::Lobby };
        self.attempts[at].routing = Some(Box::new(routing));
        Routed::Waits
    }

    /// What waits for a slot of a process that is killed has not been taken from its socket yet: if
    /// the socket is the host's it stays there.
    #[cold]
    pub(super) fn return_to_socket(&mut self, process: Ref) {
        let number = self.processes[process].node;
        if self.scenario.process.inherits_socket && !self.nodes[number as usize].gone {
            self.back_to_socket(process);
        }
    }

    /// What waits for a slot of a process waits in its socket instead.
    pub(super) fn back_to_socket(&mut self, process: Ref) {
        let node = &mut self.nodes[self.processes[process].node as usize];
        for at in std::mem::take(&mut self.processes[process].backlog) {
            node.lobby.push_back(at);
            let attempt = &mut self.attempts[at];
            attempt.process = None;
            let routing = Routing { way: Way::new(0), waiting: Waiting::Lobby };
            attempt.routing = Some(Box::new(routing));
        }
    }

    /// How long an attempt that no process has is waited for. A balancer to which a socket has
    /// answered waits for the answer to the request.
    #[cold]
    pub(super) fn patience_on_the_way(&self, at: Ref, patience: Duration) -> Duration {
        match self.response_timeout {
            Some(limit) if self.is_on_node(at) => limit.min(patience),
            _ => patience,
        }
    }

    fn wait(&mut self, at: Ref, waiting: Waiting, way: Way, length: Duration) {
        self.calendar.set_timer(way_of(at), length, Event::RouteDue(at));
        self.attempts[at].routing = Some(Box::new(Routing { way, waiting }));
    }

    pub(super) fn on_route_due(&mut self, at: Ref, observer: &mut impl Observer) {
        let attempt = &mut self.attempts[at];
        let (balancer, node) = (attempt.balancer, attempt.node);
        let Some(routing) = attempt.routing.take() else { return };
        let Routing { way, waiting, .. } = *routing;
        let routed = match waiting {
            Waiting::Connecting { since, asked } => {
                self.balancers[balancer as usize].lost(node);
                let is_over = self.now().since(since) >= self.scenario.balancer.connect_timeout;
                let answer = match is_over {
                    true => Answer::Refused,
                    false => self.offer_late(at, balancer, node),
                };
                if let Answer::Silent = answer {
                    self.balancers[balancer as usize].sent(node);
                    self.ask_again(at, since, asked, way);
                    return;
                }
                self.answered_late(at, balancer, node, answer, way, observer)
            }
            // Without redispatch the choice is kept, even if the node is down by now.
            Waiting::Pause
                if self.balancers[balancer as usize].is_up(node)
                    || *self.scenario.balancer.redispatch.ask(&mut self.asked) == 0 =>
            {
                let answer = self.offer_late(at, balancer, node);
                self.answered_late(at, balancer, node, answer, way, observer)
            }
            Waiting::Pause => self.go_on_routing(at, balancer, way, observer),
            Waiting::Delay => {
                self.balancers[balancer as usize].lost(node);
                self.attempts[at].arrived = true;
                let answer = self.offer_late(at, balancer, node);
                self.attempts[at].arrived = false;
                self.answered_late(at, balancer, node, answer, way, observer)
            }
            Waiting::Queue => {
                self.queues[balancer as usize].retain(|&waiting| waiting != at);
                self.queued -= 1;
                Routed::Failed(Outcome::Refused)
            }
            Waiting::Lobby => return,
        };
        self.arrive(at, routed, observer);
    }

    fn answered_late(
        &mut self,
        at: Ref,
        balancer: u32,
        node: u32,
        answer: Answer,
        way: Way,
        observer: &mut impl Observer,
    ) -> Routed {
        match self.not_taken(at, balancer, node, answer, way, observer) {
            Ok(routed) => routed,
            Err(way) => self.go_on_routing(at, balancer, way, observer),
        }
    }

    /// Offers an attempt to a node, away from the first try of every request.
    #[inline(never)]
    fn offer_late(&mut self, at: Ref, balancer: u32, node: u32) -> Answer {
        self.offer(at, balancer, node)
    }

    /// What becomes of an attempt that has waited.
    fn arrive(&mut self, at: Ref, routed: Routed, observer: &mut impl Observer) {
        match routed {
            Routed::Taken(node) => {
                observer.observe(self.now(), &Observation::AttemptAccepted { node });
                self.await_answer(at);
            }
            Routed::Waits if self.is_on_node(at) => self.await_answer(at),
            Routed::Waits => {}
            Routed::Failed(how) => self.fail(at, how, observer),
        }
    }

    /// A node has an attempt that had to wait for it: from now on the balancer waits for an answer.
    fn await_answer(&mut self, at: Ref) {
        let now = self.now();
        let Some(timeout) = self.scenario.balancer.response_timeout else { return };
        let attempt = &self.attempts[at];
        if !attempt.abandoned && now + timeout < attempt.deadline {
            self.calendar.set_timer(patience_of(at), timeout, Event::PatienceOver(at));
        }
    }

    /// Sends on what waits at balancers, as far as nodes have room.
    #[cold]
    pub(super) fn let_in(&mut self, observer: &mut impl Observer) {
        let now = self.now();
        for balancer in 0..self.queues.len() as u32 {
            while let Some(&first) = self.queues[balancer as usize].front() {
                if !self.balancers[balancer as usize].has_room(now) {
                    break;
                }
                self.queues[balancer as usize].pop_front();
                self.queued -= 1;
                let Some(routing) = self.stop_waiting(first) else { continue };
                let routed = self.go_on_routing(first, balancer, routing.way, observer);
                self.arrive(first, routed, observer);
                self.settle_nodes(observer);
            }
        }
    }

    /// Ends the waiting of an attempt.
    fn stop_waiting(&mut self, at: Ref) -> Option<Routing> {
        let routing = self.attempts[at].routing.take()?;
        self.calendar.cancel_timer(way_of(at));
        Some(*routing)
    }

    /// Whether a process has an attempt, or a socket, so that it stays there when it is abandoned.
    pub(super) fn is_on_node(&self, at: Ref) -> bool {
        let attempt = &self.attempts[at];
        let lobby = attempt.routing.as_ref().is_some_and(|r| r.waiting == Waiting::Lobby);
        attempt.process.is_some() || lobby
    }

    /// Ends an attempt that nobody waits for and no node has.
    pub(super) fn drop_on_the_way(&mut self, at: Ref) {
        let balancer = self.attempts[at].balancer;
        let node = self.attempts[at].node;
        if let Some(routing) = self.stop_waiting(at) {
            match routing.waiting {
                Waiting::Connecting { .. } | Waiting::Delay => {
                    self.balancers[balancer as usize].lost(node);
                }
                Waiting::Queue => {
                    self.queues[balancer as usize].retain(|&waiting| waiting != at);
                    self.queued -= 1;
                }
                Waiting::Pause | Waiting::Lobby => {}
            }
        }
        self.end_unwanted(at);
    }

    /// The first process to serve takes what the socket of its node has accepted.
    pub(super) fn empty_lobby(&mut self, number: u32, observer: &mut impl Observer) {
        while let Some(at) = self.nodes[number as usize].lobby.pop_front() {
            let balancer = self.attempts[at].balancer;
            self.attempts[at].routing = None;
            self.balancers[balancer as usize].lost(number);
            if self.attempts[at].abandoned && self.notices {
                self.end_unwanted(at);
                continue;
            }
            match self.offer_late(at, balancer, number) {
                Answer::Accepted if self.is_request(at) => {
                    observer.observe(self.now(), &Observation::AttemptAccepted { node: number });
                }
                Answer::Accepted => {}
                Answer::Shed => self.fail(at, Outcome::Shed, observer),
                Answer::Refused | Answer::Silent | Answer::Lobby | Answer::Delayed => {
                    self.fail(at, Outcome::Refused, observer);
                }
            }
        }
    }

    /// What the socket of a node has accepted is lost with it.
    pub(super) fn lose_lobby(&mut self, number: u32, observer: &mut impl Observer) {
        while let Some(at) = self.nodes[number as usize].lobby.pop_front() {
            let balancer = self.attempts[at].balancer;
            self.attempts[at].routing = None;
            self.balancers[balancer as usize].lost(number);
            self.fail(at, Outcome::Reset, observer);
        }
    }

    /// A node has failed an attempt of a balancer that takes note.
    #[cold]
    pub(super) fn note_failure(
        &mut self,
        balancer: u32,
        node: u32,
        trouble: Trouble,
        observer: &mut impl Observer,
    ) {
        let now = self.now();
        let consequence = self.balancers[balancer as usize].note_failure(now, node, trouble);
        self.tell_taken_out(balancer, observer);
        if let Some(on_error) = consequence {
            // In a moment, when whatever lost this attempt has lost the others too.
            let seen = Event::ErrorsSeen { balancer: balancer as u16, on_error, node };
            self.calendar.after(Duration::ZERO, seen);
        }
    }

    /// An attempt was answered so long after a node took it: for the balancer that takes note, and
    /// for a comparison of canaries if it is a request that somebody waits for.
    #[inline(never)]
    pub(super) fn note_answer(
        &mut self,
        (balancer, node): (u32, u32),
        after: Duration,
        is_awaited: bool,
        observer: &mut impl Observer,
    ) {
        let now = self.now();
        self.balancers[balancer as usize].note_answer(now, node, after);
        self.tell_taken_out(balancer, observer);
        if is_awaited {
            self.tally(node, |group| {
                group.answered += 1;
                group.latency += after;
            });
        }
    }

    fn tell_taken_out(&mut self, balancer: u32, observer: &mut impl Observer) {
        let now = self.now();
        for node in self.balancers[balancer as usize].taken_out() {
            observer.observe(now, &Observation::Ejected { balancer, node });
        }
    }
}
