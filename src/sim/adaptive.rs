//! Adaptive resolution: traffic by which nothing is decided is passed over.
//!
//! While every node serves well below all limits, or is out for now, the requests of a window
//! change nothing but totals. So, once such traffic has been simulated for a while, requests are
//! suspended: those in hand stay as they are, and window by window the totals grow as they did in
//! what was simulated. Health checks, supervisors, monitoring and people go on. Before anything
//! happens that traffic may have a part in, the requests in hand are taken up again as if no time
//! had passed for them, and the rest is simulated event by event.
//!
//! What that assumes: traffic that has settled depends on nothing but its rate and on which nodes
//! serve; in light load the shares of its outcomes do not depend on the rate; balancers share it
//! out evenly. What is decided near a limit is never passed over, and how near that is, is bounded
//! by six standard deviations of a Poisson count.

use super::event::Event;
use super::observation::{Observation, Observer, Outcome, Passage};
use super::simulation::Simulation;
use super::state::{ProcessState, Waiting};
use crate::fleet::balancer::Belief;
use crate::fleet::cpu::Aside;
use crate::fleet::supervisor::rule::{Metric, Rule};
use crate::kernel::slab::Ref;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::late::Setting;
use crate::scenario::model::Scenario;
use crate::scenario::resolution::MeanRequest;

/// Cores may be busy for this share of the time at most, so that requests hardly ever share one.
const BUSY_MOST: f64 = 0.6;
/// Standard deviations by which the number in hand on a node stays below a limit.
const DEVIATIONS: f64 = 6.0;
/// Windows of which a sample consists at least.
const SAMPLE_WINDOWS: u64 = 6;
/// By what factor the rate may differ from that of the sample.
const DRIFT: f64 = 1.5;

/// What an event has to do with traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It is part of it.
    Traffic,
    /// It may happen while traffic is suspended.
    Routine,
    /// Traffic must be there when it happens.
    Disturbs,
}

/// What an event has to do with traffic.
pub(super) fn role(event: &Event) -> Role {
    match event {
        Event::Arrival(_)
        | Event::VisitorDue(_)
        | Event::Completion(_)
        | Event::WaitOver(_)
        | Event::ForeseenOver(_)
        | Event::PatienceOver(_)
        | Event::RouteDue(_)
        | Event::RetryDue(_)
        | Event::HedgeDue(_) => Role::Traffic,
        Event::CheckDue { .. }
        | Event::ProbeDue(_)
        | Event::SupervisorTick(_)
        | Event::StartDue(_)
        | Event::StartFailed(_)
        | Event::GivesUp(_)
        | Event::MonitorTick
        | Event::Noticed
        | Event::Diagnosed
        | Event::NodeFixed(_)
        | Event::Sample => Role::Routine,
        Event::ErrorsSeen { .. }
        | Event::SessionsShut { .. }
        | Event::BootDone(_)
        | Event::BindDue(_)
        | Event::StartTimeout(_)
        | Event::StopOver(_)
        | Event::RuntimeOver(_)
        | Event::WatchdogDue(_)
        | Event::WorkerDue { .. }
        | Event::DutyDue { .. }
        | Event::DeployDue(_)
        | Event::FaultDue(_)
        | Event::FaultOver { .. }
        | Event::LeakDue(_)
        | Event::MachineBack(_)
        | Event::RolloutNext(_)
        | Event::Drained { .. }
        | Event::RolloutTimeout { .. }
        | Event::RolloutReady { .. }
        | Event::BakeOver(_)
        | Event::MaintenanceDue(_)
        | Event::Restored(_)
        | Event::NodesAdded(_) => Role::Disturbs,
    }
}

/// What is known of traffic that may be passed over.
#[derive(Clone, Debug)]
pub(super) struct Adaptive {
    /// Per request, in the mean: core time and time in a slot, in seconds, bytes that its process
    /// retains and bytes while it is served.
    work: f64,
    time: f64,
    retained: f64,
    in_service: f64,
    /// Bytes of the largest while it is served.
    largest: f64,
    settling: Duration,
    look_ahead: Duration,
    /// Which nodes served at the last look, if everything was settled.
    serving: Option<Vec<bool>>,
    /// Since when that is so, or since when traffic settles at another rate.
    since: Instant,
    /// Totals where the sample begins.
    began: Option<Totals>,
    suspension: Option<Suspension>,
}

/// What traffic has amounted to at a moment, or between two of them.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    at: Instant,
    issued: u64,
    settled: [u64; Outcome::ALL.len()],
    attempts: u64,
    /// Attempts that serving nodes have finished, and what these nodes have used.
    served: u64,
    busy: u64,
    slots_busy: u64,
}

/// Traffic that is suspended.
#[derive(Clone, Debug)]
struct Suspension {
    /// Until when it is counted.
    counted: Instant,
    /// What its sample amounted to.
    sample: Totals,
    /// Requests passed over so far.
    passed: u64,
    /// How many a node shows as in a slot, and what is left of the mean over the windows.
    shown: u32,
    held: f64,
    cpus: Vec<Aside<Ref>>,
}

impl Totals {
    fn since(&self, began: &Totals) -> Totals {
        let mut settled = self.settled;
        for (count, before) in settled.iter_mut().zip(began.settled) {
            *count = count.saturating_sub(before);
        }
        Totals {
            at: self.at,
            issued: self.issued.saturating_sub(began.issued),
            settled,
            attempts: self.attempts.saturating_sub(began.attempts),
            served: self.served.saturating_sub(began.served),
            busy: self.busy.saturating_sub(began.busy),
            slots_busy: self.slots_busy.saturating_sub(began.slots_busy),
        }
    }

    fn settled(&self) -> u64 {
        self.settled.iter().sum()
    }

    /// How much of a total of the sample comes with as many requests as `passed` has more than
    /// `before`. It adds up exactly, however the requests are cut into pieces.
    fn share(&self, total: u64, before: u64, passed: u64) -> u64 {
        let settled = u128::from(self.settled().max(1));
        let until = |requests: u64| u128::from(total) * u128::from(requests) / settled;
        u64::try_from(until(passed) - until(before)).unwrap_or(u64::MAX)
    }

    /// The outcomes of those requests.
    fn outcomes(&self, before: u64, passed: u64) -> [u64; Outcome::ALL.len()] {
        let mut left = passed - before;
        let usual = (0..self.settled.len()).max_by_key(|&outcome| self.settled[outcome]);
        let mut outcomes = [0; Outcome::ALL.len()];
        for (outcome, count) in outcomes.iter_mut().enumerate() {
            if Some(outcome) != usual {
                *count = self.share(self.settled[outcome], before, passed).min(left);
                left -= *count;
            }
        }
        if let Some(usual) = usual {
            outcomes[usual] = left;
        }
        outcomes
    }
}

impl Adaptive {
    /// Nothing is known at the start; `None` where nothing may be passed over.
    pub(super) fn of(scenario: &Scenario) -> Option<Box<Adaptive>> {
        scenario.is_adaptive().then(|| Box::new(Adaptive::new(scenario)))
    }

    fn new(scenario: &Scenario) -> Adaptive {
        let MeanRequest { work, time, retained, in_service } = scenario.mean_request();
        let classes = scenario.classes.iter();
        Adaptive {
            work,
            time,
            retained,
            in_service,
            largest: classes.map(|class| class.memory.in_service as f64).fold(0.0, f64::max),
            settling: scenario.settling(),
            look_ahead: scenario.look_ahead(),
            serving: None,
            since: Instant::START,
            began: None,
            suspension: None,
        }
    }

    /// What a gauge shows while traffic is suspended: requests in slots and memory of a node that
    /// has so many, and so much, in hand all the time.
    pub(super) fn expected(&self, node: u32, (in_hand, memory): (u32, u64)) -> (u32, u64) {
        let serves = self.serving.as_ref().is_some_and(|serving| serving[node as usize]);
        match &self.suspension {
            Some(suspension) if serves => {
                let shown = suspension.shown;
                let more = (f64::from(shown) - f64::from(in_hand)) * self.in_service;
                (shown, (memory as f64 + more).max(0.0) as u64)
            }
            Some(_) | None => (in_hand, memory),
        }
    }

    /// Begins to look at traffic anew.
    fn forget(&mut self, now: Instant) {
        self.since = now;
        self.began = None;
    }
}

impl Simulation {
    /// Looks at the end of a window whether traffic may be suspended, or must be simulated again.
    pub(super) fn consider_traffic(&mut self, observer: &mut impl Observer) {
        let Some(adaptive) = self.adaptive.as_deref() else { return };
        let now = self.now();
        let serving = self.settled_nodes();
        if self.suspended {
            if serving.is_none() || serving != adaptive.serving || !self.may_be_passed(now) {
                self.resume_traffic(observer);
            }
            return;
        }
        let is_new = serving.is_none() || serving != adaptive.serving;
        let (since, began) = (adaptive.since, adaptive.began);
        let (settling, window) = (adaptive.settling, self.scenario.clock.window);
        if is_new {
            let adaptive = self.adaptive.as_deref_mut().expect("it is there");
            adaptive.serving = serving;
            adaptive.forget(now);
            return;
        }
        let Some(began) = began else {
            if now >= since + settling && now >= self.scenario.clock.warm_up {
                let totals = self.totals();
                self.adaptive.as_deref_mut().expect("it is there").began = Some(totals);
                observer.observe(now, &Observation::Passage(Passage::Sampled));
            }
            return;
        };
        if now >= began.at + window * SAMPLE_WINDOWS && self.may_be_passed(now) {
            self.suspend_traffic(observer);
        }
    }

    /// For every node whether it serves, or is out for now; `None` if something is unsettled.
    fn settled_nodes(&self) -> Option<Vec<bool>> {
        let watch = &self.watch;
        let is_calm = watch.busy || (watch.low_since.is_none() && watch.lost_since.is_none());
        let changes = self.rollouts.iter().any(|rollout| rollout.running || rollout.bake.is_some());
        if !is_calm || changes || self.takes_note || self.queued > 0 {
            return None;
        }
        (0..self.nodes.len() as u32).map(|number| self.is_settled(number)).collect()
    }

    fn is_settled(&self, number: u32) -> Option<bool> {
        let node = &self.nodes[number as usize];
        let unchecked = self.scenario.balancer.health.is_none();
        let all = |belief| self.balancers.iter().all(|balancer| balancer.belief(number) == belief);
        let is_whole = !(node.gone || node.removed || node.evicted || node.thrashing);
        if !is_whole || !node.faults.is_empty() {
            return None;
        }
        match node.listener {
            Some(at) => {
                let process = &self.processes[at];
                let is_settled = node.processes.len() == 1
                    && process.state == ProcessState::Serving
                    && process.warm
                    && process.work <= 1.0
                    && process.backlog.is_empty()
                    && node.then.is_none()
                    && all(Belief::Up);
                is_settled.then_some(true)
            }
            None => {
                let is_settled = node.lobby.is_empty()
                    && !self.is_hung(number)
                    && (all(Belief::Down) || (unchecked && all(Belief::Up)));
                is_settled.then_some(false)
            }
        }
    }

    /// Whether traffic may be passed over in the window that begins now.
    fn may_be_passed(&mut self, now: Instant) -> bool {
        let Some(sample) = self.sample() else { return false };
        let Some(adaptive) = self.adaptive.as_deref() else { return false };
        let serves = adaptive.serving.iter().flatten().any(|&serves| serves);
        // What happens must find traffic settled at the rate that there is then.
        let (until, look) = (now + adaptive.settling, adaptive.look_ahead);
        let disturbs =
            |(at, event): (Instant, &Event)| at <= until && role(event) == Role::Disturbs;
        let is_over = until >= self.scenario.clock.horizon;
        if is_over || sample.settled() == 0 || self.calendar.pending().any(disturbs) {
            return false;
        }
        let rates = self.sources.iter().map(|source| source.arrivals.rate(now));
        let (rate, sampled) = (rates.sum::<f64>(), self.rate_of(&sample));
        if rate > sampled * DRIFT || rate * DRIFT < sampled {
            if !self.suspended {
                self.adaptive.as_deref_mut().expect("it is there").forget(now);
            }
            return false;
        }
        !serves || self.is_far(now, now + look, &sample)
    }

    /// What the traffic that was simulated amounts to, if it is a sample.
    fn sample(&mut self) -> Option<Totals> {
        let adaptive = self.adaptive.as_deref()?;
        match (&adaptive.suspension, adaptive.began) {
            (Some(suspension), _) => Some(suspension.sample),
            (None, Some(began)) => Some(self.totals().since(&began)),
            (None, None) => None,
        }
    }

    /// Requests per second of a sample.
    fn rate_of(&self, sample: &Totals) -> f64 {
        let began = self.adaptive.as_ref().and_then(|adaptive| adaptive.began);
        let since = began.map_or(Instant::START, |began| began.at);
        sample.issued as f64 / sample.at.since(since).as_secs_f64()
    }

    /// Whether every node that serves stays below all limits until then.
    fn is_far(&mut self, now: Instant, until: Instant, sample: &Totals) -> bool {
        let Some(adaptive) = self.adaptive.as_deref() else { return false };
        let scenario = std::sync::Arc::clone(&self.scenario);
        let serving: Vec<u32> = (0..self.nodes.len() as u32)
            .filter(|&node| adaptive.serving.as_ref().is_some_and(|all| all[node as usize]))
            .collect();
        let rates = self.sources.iter().map(|source| source.arrivals.highest_rate(now, until));
        let again = (sample.served as f64 / sample.settled() as f64).max(1.0);
        let each = rates.sum::<f64>() * again / serving.len() as f64;
        let speed = scenario.nodes.speed.factor();
        let cores_used = each * adaptive.work / speed;
        let busy = cores_used / f64::from(scenario.nodes.cores);
        // Those that share a core take longer; less than this even on a single one.
        let time = adaptive.time + adaptive.work / speed * busy / (1.0 - busy).max(0.1);
        let checks = f64::from(scenario.balancer.instances) + 1.0;
        let held = each * time + DEVIATIONS * (each * time).sqrt() + checks;
        if busy > BUSY_MOST || held >= f64::from(scenario.process.slots) {
            return false;
        }
        if held >= f64::from(self.watched.shed_above) {
            let own = scenario.protections.shed_above.map_or(f64::INFINITY, f64::from);
            self.asked.insert(Setting::ShedAbove);
            if held >= own {
                return false;
            }
        }
        let (largest, look) = (adaptive.largest, until.since(now).as_secs_f64());
        let (served, retained) = (each * look * DRIFT, adaptive.retained);
        serving.into_iter().all(|number| {
            let Some(at) = self.nodes[number as usize].listener else { return false };
            let process = &self.processes[at];
            let own = (process.base + process.retained) as f64;
            let memory = own + held * largest + served * retained;
            let bound = |rule: &Rule| match rule.metric {
                Metric::Memory => memory,
                Metric::CpuWindow | Metric::CpuLife => cores_used * 2.0 + 1.0,
                Metric::InFlight => held,
                Metric::Backlog => 0.0,
                Metric::RequestsServed => process.served as f64 + served,
                Metric::Age => (until.since(process.born) + process.age_before).as_secs_f64(),
            };
            let bounds: Vec<f64> = scenario.supervisor.rules().iter().map(bound).collect();
            memory < self.memory_watch as f64 && self.is_below_rules(number, &bounds)
        })
    }

    /// Whether what the rules look at stays below their limits on a node; notes if it might not in
    /// another scenario.
    fn is_below_rules(&mut self, number: u32, bounds: &[f64]) -> bool {
        let limits = &self.nodes[number as usize].limits;
        let near = |(bound, limits): (&f64, &[f64])| limits.iter().any(|limit| bound >= limit);
        let watched = &self.watched.limits;
        if bounds.iter().zip(watched.chunks(1)).any(near) {
            self.asked.insert(Setting::Limits);
        }
        !bounds.iter().zip(limits.chunks(1)).any(near)
    }

    /// What traffic has amounted to by now.
    fn totals(&mut self) -> Totals {
        let now = self.now();
        let mut totals = Totals {
            at: now,
            issued: self.counts.issued,
            settled: self.counts.settled,
            attempts: self.counts.attempts,
            ..Totals::default()
        };
        for number in 0..self.nodes.len() as u32 {
            self.integrate_slots(number);
            let node = &mut self.nodes[number as usize];
            totals.busy += node.cpu.busy(now).as_nanos();
            let slots_busy = node.integrals.slots_busy.as_nanos();
            totals.slots_busy += u64::try_from(slots_busy).unwrap_or(u64::MAX);
            totals.served += node.listener.map_or(0, |at| self.processes[at].served);
        }
        totals
    }

    fn suspend_traffic(&mut self, observer: &mut impl Observer) {
        let now = self.now();
        let totals = self.totals();
        self.unfold();
        let Some(adaptive) = self.adaptive.as_deref_mut() else { return };
        let began = adaptive.began.unwrap_or_default();
        self.calendar.put_aside(|event| role(event) == Role::Traffic);
        adaptive.suspension = Some(Suspension {
            counted: now,
            sample: totals.since(&began),
            passed: 0,
            shown: 0,
            held: 0.0,
            cpus: self.nodes.iter_mut().map(|node| node.cpu.put_aside(now)).collect(),
        });
        self.suspended = true;
        observer.observe(now, &Observation::Passage(Passage::Suspended));
    }

    /// Counts the traffic that was passed over since it was counted last, if it is suspended.
    pub(super) fn count_passed(&mut self, observer: &mut impl Observer) {
        if !self.suspended {
            return;
        }
        let now = self.now();
        let issued = self.sources.iter_mut().map(|source| source.arrivals.pass(now)).sum();
        let Some(adaptive) = self.adaptive.as_deref_mut() else { return };
        let Some(suspension) = &mut adaptive.suspension else { return };
        let (sample, before) = (suspension.sample, suspension.passed);
        let passed = before + issued;
        let length = now.since(suspension.counted);
        (suspension.counted, suspension.passed) = (now, passed);
        let outcomes = sample.outcomes(before, passed);
        self.counts.issued += issued;
        for (outcome, count) in outcomes.into_iter().enumerate() {
            self.counts.settled[outcome] += count;
            if outcome == Outcome::Completed as usize {
                self.watch.succeeded += count;
            } else {
                self.watch.failed += count;
            }
        }
        let attempts = sample.share(sample.attempts, before, passed);
        self.counts.attempts += attempts;
        self.counts.attempts_ended += attempts;
        self.count_on_nodes(&sample, (before, passed), length);
        observer.observe(now, &Observation::Passage(Passage::Passed { issued }));
    }

    /// Shares out among the nodes what the requests passed over have used.
    fn count_on_nodes(&mut self, sample: &Totals, (before, passed): (u64, u64), length: Duration) {
        let now = self.now();
        let Some(adaptive) = self.adaptive.as_deref_mut() else { return };
        let (Some(serving), Some(suspension)) = (&adaptive.serving, &mut adaptive.suspension)
        else {
            return;
        };
        let count = serving.iter().filter(|&&serves| serves).count() as u64;
        let slots_busy = sample.share(sample.slots_busy, before, passed);
        let busy = sample.share(sample.busy, before, passed);
        let served = |requests: u64| sample.share(sample.served, 0, requests);
        let (first, last) = (served(before), served(passed));
        if count > 0 && length > Duration::ZERO {
            // In whole numbers whose mean is that of the windows.
            suspension.held += slots_busy as f64 / (length.as_nanos() * count) as f64;
            suspension.shown = suspension.held as u32;
            suspension.held -= f64::from(suspension.shown);
        }
        let nodes = self.nodes.iter_mut().zip(serving).filter(|(_, serves)| **serves);
        for ((node, _), turn) in nodes.zip(0..) {
            let (done, until) = ((first + turn) / count, (last + turn) / count);
            let bytes = |served: u64| (served as f64 * adaptive.retained) as u64;
            let retained = bytes(until) - bytes(done);
            if let Some(process) = node.listener.map(|at| &mut self.processes[at]) {
                process.served += until - done;
                process.retained += retained;
                node.memory += retained;
            }
            node.cpu.add_busy(Duration::from_nanos(busy / count));
            node.integrals.busy_since = now;
            node.integrals.slots_busy.add(Duration::from_nanos(slots_busy / count), 1);
        }
    }

    /// Simulates traffic again, as if no time had passed for the requests in hand.
    pub(super) fn resume_traffic(&mut self, observer: &mut impl Observer) {
        self.count_passed(observer);
        let now = self.now();
        let Some(adaptive) = self.adaptive.as_deref_mut() else { return };
        let Some(suspension) = adaptive.suspension.take() else { return };
        self.suspended = false;
        let by = self.calendar.resume();
        for (node, aside) in self.nodes.iter_mut().zip(suspension.cpus) {
            node.cpu.resume(now, aside);
            node.armed = node.armed.saturating_add(by);
            node.integrals.busy_since = now;
        }
        for attempt in self.attempts.iter_mut() {
            attempt.accepted += by;
            attempt.started += by;
            attempt.deadline = attempt.deadline.saturating_add(by);
            if let Some(Waiting::Connecting { since, .. }) =
                attempt.routing.as_deref_mut().map(|routing| &mut routing.waiting)
            {
                *since += by;
            }
        }
        let mut open: Vec<_> = self.requests.iter_mut().collect();
        // In an order that does not depend on their places in memory.
        open.sort_by_key(|request| (request.issued, request.source, request.number));
        for request in open {
            if !request.settled {
                let issued = request.issued;
                let seen = Observation::Passage(Passage::Postponed { issued, by });
                observer.observe(now, &seen);
            }
            request.issued += by;
        }
        for source in 0..self.sources.len() {
            let next = self.sources[source].arrivals.time();
            self.await_arrival(source, next);
        }
        observer.observe(now, &Observation::Passage(Passage::Resumed));
        self.look_anew(now, &suspension.sample);
    }

    /// Keeps a sample for what comes, unless the rate has become another.
    fn look_anew(&mut self, now: Instant, sample: &Totals) {
        let rates = self.sources.iter().map(|source| source.arrivals.rate(now));
        let (rate, sampled) = (rates.sum::<f64>(), self.rate_of(sample));
        let has_drifted = rate > sampled * DRIFT || rate * DRIFT < sampled;
        let totals = self.totals();
        let Some(adaptive) = self.adaptive.as_deref_mut() else { return };
        if has_drifted {
            adaptive.forget(now);
        } else if let Some(began) = &mut adaptive.began {
            // The sample goes on as if what was passed over had not been.
            let length = sample.at.since(began.at);
            let at = Instant::from_nanos(now.as_nanos().saturating_sub(length.as_nanos()));
            *began = Totals { at, ..totals.since(sample) };
        }
    }
}
