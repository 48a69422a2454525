//! Deploys: hot ones, all at once, and those that go from batch to batch with their health gate.

use super::event::Event;
use super::observation::{Alert, Observation, Observer};
use super::simulation::Simulation;
use super::state::{Awaited, Rollout, Stage, purpose};
use crate::fleet::canary::Verdict;
use crate::kernel::chance::unit;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::model::{Method, Rolling};
use std::sync::Arc;

/// How often a node that is being drained is looked at.
const DRAIN_LOOK: Duration = Duration::from_secs(1);

impl Simulation {
    pub(super) fn on_deploy(&mut self, number: u32, observer: &mut impl Observer) {
        let scenario = Arc::clone(&self.scenario);
        let plan = scenario.deploys[number as usize].plan.ask(&mut self.asked);
        let mut release = plan.release;
        let mut corrected = false;
        if let Some((corrected_release, finds)) = plan.comparison
            && scenario.releases[release].start.ask(&mut self.asked).invalid_anywhere().is_some()
        {
            let draw = self.streams.draw(purpose::COMPARISON, u64::from(number), 0, 0);
            corrected = unit(&mut draw.die(0)) < finds;
            if corrected {
                release = corrected_release;
            }
        }
        if self.is_stopped_at_build(number, release) {
            let seen = Observation::ReleaseRefused { deploy: number, release: release as u32 };
            observer.observe(self.now(), &seen);
            return;
        }
        let seen = Observation::Deployed { deploy: number, release: release as u32, corrected };
        observer.observe(self.now(), &seen);
        match &plan.method {
            Method::Hot => self.change_files(release),
            Method::AtOnce => {
                self.change_files(release);
                for node in 0..self.nodes.len() as u32 {
                    if !self.nodes[node as usize].gone {
                        self.restart_for_deploy(node, observer);
                        self.settle_nodes(observer);
                    }
                }
            }
            Method::Rolling(_) | Method::Reload(..) => {
                let rollout = Rollout { release, running: true, ..Rollout::default() };
                self.rollouts[number as usize] = rollout;
                self.on_rollout_next(number, observer);
            }
            Method::Kubernetes(_) => self.begin_pods(number, release, observer),
            Method::Canary(canary) => self.begin_canaries(number, release, canary, observer),
        }
    }

    /// Puts a release on the disk of every node.
    pub(super) fn change_files(&mut self, release: usize) {
        self.release = release;
        for node in self.nodes.iter_mut().filter(|node| !node.gone) {
            node.on_disk = release;
        }
    }

    /// Begins with the next batch.
    pub(super) fn on_rollout_next(&mut self, number: u32, observer: &mut impl Observer) {
        let scenario = Arc::clone(&self.scenario);
        let plan = scenario.deploys[number as usize].plan.ask(&mut self.asked);
        if let Method::Kubernetes(pods) = &plan.method {
            self.look_at_pods(number, *pods, observer);
            return;
        }
        let Some(&rolling) = plan.method.rolling() else { return };
        let rollout = &mut self.rollouts[number as usize];
        if !rollout.running {
            return;
        }
        let batch = rollout.next_batch(rolling.at_a_time, &self.nodes);
        let release = rollout.release;
        if batch.is_empty() {
            rollout.running = false;
            self.release = release;
            observer.observe(self.now(), &Observation::RolloutDone { deploy: number });
            return;
        }
        for &node in &batch {
            self.rollouts[number as usize].waiting.push(Awaited::new(node));
            let event = Event::RolloutTimeout { deploy: number as u16, step: node + 1 };
            let longest = rolling.patience + rolling.drain + rolling.min_ready;
            self.calendar.after(longest, event);
        }
        for node in batch {
            if !self.rollouts[number as usize].running {
                return;
            }
            // Nothing can be done on a machine that is gone: the rollout waits for it in vain.
            if self.nodes[node as usize].gone {
                continue;
            }
            self.nodes[node as usize].on_disk = release;
            match &plan.method {
                Method::Reload(_, invalid) => self.reload(number, node, *invalid, observer),
                Method::Rolling(_)
                | Method::Canary(_)
                | Method::Kubernetes(_)
                | Method::AtOnce
                | Method::Hot => self.begin_node(number, node, rolling, observer),
            }
            self.settle_nodes(observer);
        }
    }

    /// Restarts a node of a batch, or begins to drain it.
    fn begin_node(
        &mut self,
        number: u32,
        node: u32,
        rolling: Rolling,
        observer: &mut impl Observer,
    ) {
        if rolling.drain == Duration::ZERO {
            self.renew(number, node, observer);
            return;
        }
        for balancer in &mut self.balancers {
            balancer.drain(node, true);
        }
        let by = self.now() + rolling.drain;
        self.drain(number, node + 1, by, observer);
    }

    /// Restarts a node of a rollout; a check that forbids it is a failure.
    pub(super) fn renew(&mut self, number: u32, node: u32, observer: &mut impl Observer) {
        if !self.restart_for_deploy(node, observer) {
            self.on_node_failed(number, node, observer);
        }
    }

    /// Restarts the node that a rollout has drained, or looks again soon.
    fn drain(&mut self, number: u32, step: u32, by: Instant, observer: &mut impl Observer) {
        let node = step - 1;
        let in_hand: u32 = self.balancers.iter().map(|balancer| balancer.in_hand(node)).sum();
        if in_hand == 0 || self.now() >= by {
            self.renew(number, node, observer);
            for balancer in &mut self.balancers {
                balancer.drain(node, false);
            }
            return;
        }
        self.rollouts[number as usize].drained_by = by;
        let next = DRAIN_LOOK.min(by.since(self.now()));
        self.calendar.after(next, Event::Drained { deploy: number as u16, step });
    }

    pub(super) fn on_drained(&mut self, number: u32, step: u32, observer: &mut impl Observer) {
        let rollout = &self.rollouts[number as usize];
        let of_batch = rollout.begun < step && step <= rollout.step;
        if rollout.running && of_batch && !self.nodes[step as usize - 1].gone {
            self.drain(number, step, rollout.drained_by, observer);
        }
    }

    /// A node is healthy: the rollouts that wait for it go on, or begin to count.
    pub(super) fn on_rollout_health(&mut self, node: u32, observer: &mut impl Observer) {
        for number in 0..self.rollouts.len() {
            let rollout = &mut self.rollouts[number];
            if !rollout.running || !rollout.waiting.iter().any(|awaited| awaited.node == node) {
                continue;
            }
            let plan = self.scenario.deploys[number].plan.ask(&mut self.asked);
            let min_ready = match (rollout.stage, plan.method.rolling()) {
                (Stage::Batches, Some(rolling)) => rolling.min_ready,
                (Stage::Batches | Stage::Canaries | Stage::Bake, _) => Duration::ZERO,
            };
            if min_ready == Duration::ZERO {
                self.on_node_done(number as u32, node, observer);
                continue;
            }
            let process = self.nodes[node as usize].listener;
            let now = self.calendar.now();
            for awaited in rollout.waiting.iter_mut().filter(|awaited| awaited.node == node) {
                // Another balancer may have seen it before.
                if awaited.ready.is_none_or(|(_, before)| Some(before) != process) {
                    awaited.ready = process.map(|process| (now, process));
                    let deploy = number as u16;
                    self.calendar.after(min_ready, Event::RolloutReady { deploy, node });
                }
            }
        }
    }

    /// A node of a rollout has been healthy for long enough, if nothing has come between.
    pub(super) fn on_rollout_ready(
        &mut self,
        number: u32,
        node: u32,
        observer: &mut impl Observer,
    ) {
        let plan = self.scenario.deploys[number as usize].plan.ask(&mut self.asked);
        let Some(&Rolling { min_ready, .. }) = plan.method.rolling() else { return };
        let rollout = &self.rollouts[number as usize];
        let awaited = rollout.waiting.iter().find(|awaited| awaited.node == node);
        let ready = awaited.filter(|_| rollout.running).and_then(|awaited| awaited.ready);
        if let Some((since, process)) = ready
            && self.nodes[node as usize].listener == Some(process)
            && self.now().since(since) >= min_ready
        {
            self.on_node_done(number, node, observer);
        }
    }

    /// No balancer sends to a node any more: it does not count as healthy until one does again.
    pub(super) fn on_rollout_unready(&mut self, node: u32) {
        for rollout in &mut self.rollouts {
            for awaited in rollout.waiting.iter_mut().filter(|awaited| awaited.node == node) {
                awaited.ready = None;
            }
        }
    }

    /// A rollout looks whether the node that it has just dealt with is healthy.
    pub(super) fn look_at_health(&mut self, number: u32, node: u32, observer: &mut impl Observer) {
        if self.balancers.iter().any(|balancer| balancer.is_up(node)) {
            self.on_node_done(number, node, observer);
        }
    }

    fn on_node_done(&mut self, number: u32, node: u32, observer: &mut impl Observer) {
        let rollout = &mut self.rollouts[number as usize];
        rollout.waiting.retain(|awaited| awaited.node != node);
        if rollout.waiting.is_empty() {
            self.on_batch_over(number, observer);
        }
    }

    fn on_batch_over(&mut self, number: u32, _: &mut impl Observer) {
        if self.rollouts[number as usize].stage == Stage::Canaries {
            self.begin_bake(number);
            return;
        }
        let plan = self.scenario.deploys[number as usize].plan.ask(&mut self.asked);
        if let Some(rolling) = plan.method.rolling() {
            self.calendar.after(rolling.pause, Event::RolloutNext(number));
        }
    }

    /// A node has failed that a rollout waits for: it stops, or bears it.
    pub(super) fn on_node_failed(&mut self, number: u32, node: u32, observer: &mut impl Observer) {
        let plan = self.scenario.deploys[number as usize].plan.ask(&mut self.asked);
        let stop_after = plan.method.rolling().map_or(1, |rolling| rolling.stop_after);
        let rollout = &mut self.rollouts[number as usize];
        if rollout.stage == Stage::Canaries {
            self.roll_back(number, Verdict::NotHealthy, observer);
            return;
        }
        rollout.failures += 1;
        if rollout.failures >= stop_after {
            self.stop_rollout(number, node, observer);
        } else {
            self.on_node_done(number, node, observer);
        }
    }

    /// A start failed on a node: that is a failure for the rollouts that wait for it.
    pub(super) fn on_rollout_failure(&mut self, node: u32, observer: &mut impl Observer) {
        for number in 0..self.rollouts.len() as u32 {
            let rollout = &self.rollouts[number as usize];
            if rollout.running && rollout.waiting.iter().any(|awaited| awaited.node == node) {
                self.on_node_failed(number, node, observer);
            }
        }
    }

    pub(super) fn on_rollout_timeout(
        &mut self,
        number: u32,
        step: u32,
        observer: &mut impl Observer,
    ) {
        let node = step - 1;
        let rollout = &self.rollouts[number as usize];
        if rollout.running && rollout.waiting.iter().any(|awaited| awaited.node == node) {
            self.on_node_failed(number, node, observer);
        }
    }

    pub(super) fn stop_rollout(&mut self, number: u32, node: u32, observer: &mut impl Observer) {
        let rollout = &mut self.rollouts[number as usize];
        rollout.running = false;
        rollout.waiting.clear();
        observer.observe(self.now(), &Observation::RolloutStopped { deploy: number, node });
        if self.scenario.people.rollout_stopped {
            self.raise_alert(Alert::RolloutStopped, observer);
        }
    }
}
