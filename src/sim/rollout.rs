//! Deploys: hot ones, and rolling ones with their health gate.

use super::event::Event;
use super::observation::{Alert, Cause, Observation, Observer};
use super::simulation::Simulation;
use super::state::{Rollout, purpose};
use crate::kernel::chance::unit;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::model::Method;
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
            && scenario.releases[release].start.ask(&mut self.asked).invalid.is_some()
        {
            let draw = self.streams.draw(purpose::COMPARISON, u64::from(number), 0, 0);
            corrected = unit(&mut draw.die(0)) < finds;
            if corrected {
                release = corrected_release;
            }
        }
        let seen = Observation::Deployed { deploy: number, release: release as u32, corrected };
        observer.observe(self.now(), &seen);
        match plan.method {
            Method::Hot => self.change_files(release),
            Method::AtOnce => {
                self.change_files(release);
                for node in 0..self.nodes.len() as u32 {
                    if !self.nodes[node as usize].gone {
                        self.restart(node, Cause::Deploy, observer);
                        self.settle_nodes(observer);
                    }
                }
            }
            Method::Rolling { .. } => {
                let rollout = Rollout { release, running: true, ..Rollout::default() };
                self.rollouts[number as usize] = rollout;
                self.on_rollout_next(number, observer);
            }
        }
    }

    /// Puts a release on the disk of every node.
    fn change_files(&mut self, release: usize) {
        self.release = release;
        for node in self.nodes.iter_mut().filter(|node| !node.gone) {
            node.on_disk = release;
        }
    }

    pub(super) fn on_rollout_next(&mut self, number: u32, observer: &mut impl Observer) {
        let rollout = &mut self.rollouts[number as usize];
        if !rollout.running {
            return;
        }
        let node = rollout.step;
        if node as usize >= self.nodes.len() {
            rollout.running = false;
            self.release = rollout.release;
            observer.observe(self.now(), &Observation::RolloutDone { deploy: number });
            return;
        }
        rollout.step += 1;
        rollout.waiting = Some(node);
        let (step, release) = (rollout.step, rollout.release);
        let plan = self.scenario.deploys[number as usize].plan.ask(&mut self.asked);
        if let Method::Rolling { patience, drain, .. } = plan.method {
            let event = Event::RolloutTimeout { deploy: number as u16, step };
            self.calendar.after(patience + drain, event);
        }
        // Nothing can be done on a machine that is gone: the rollout waits for it in vain.
        if self.nodes[node as usize].gone {
            return;
        }
        self.nodes[node as usize].on_disk = release;
        let plan = self.scenario.deploys[number as usize].plan.ask(&mut self.asked);
        match plan.method {
            Method::Rolling { drain, .. } if drain > Duration::ZERO => {
                for balancer in &mut self.balancers {
                    balancer.drain(node, true);
                }
                let by = self.now() + drain;
                self.drain(number, step, by, observer);
            }
            Method::Rolling { .. } | Method::AtOnce | Method::Hot => {
                self.restart(node, Cause::Deploy, observer);
            }
        }
    }

    /// Restarts the node that a rollout has drained, or looks again soon.
    fn drain(&mut self, number: u32, step: u32, by: Instant, observer: &mut impl Observer) {
        let node = step - 1;
        let in_hand: u32 = self.balancers.iter().map(|balancer| balancer.in_hand(node)).sum();
        if in_hand == 0 || self.now() >= by {
            self.restart(node, Cause::Deploy, observer);
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
        if rollout.running && rollout.step == step && !self.nodes[step as usize - 1].gone {
            self.drain(number, step, rollout.drained_by, observer);
        }
    }

    /// A node is healthy: the rollout that waits for it goes on.
    pub(super) fn on_rollout_health(&mut self, node: u32, _: &mut impl Observer) {
        for number in 0..self.rollouts.len() {
            let rollout = &mut self.rollouts[number];
            if rollout.running && rollout.waiting == Some(node) {
                rollout.waiting = None;
                let plan = self.scenario.deploys[number].plan.ask(&mut self.asked);
                if let Method::Rolling { pause, .. } = plan.method {
                    self.calendar.after(pause, Event::RolloutNext(number as u32));
                }
            }
        }
    }

    /// A start failed on a node: the rollout that waits for it stops.
    pub(super) fn on_rollout_failure(&mut self, node: u32, observer: &mut impl Observer) {
        for number in 0..self.rollouts.len() as u32 {
            let rollout = &self.rollouts[number as usize];
            if rollout.running && rollout.waiting == Some(node) {
                self.stop_rollout(number, node, observer);
            }
        }
    }

    pub(super) fn on_rollout_timeout(
        &mut self,
        number: u32,
        step: u32,
        observer: &mut impl Observer,
    ) {
        let rollout = &self.rollouts[number as usize];
        if let Some(node) = rollout.waiting
            && rollout.running
            && rollout.step == step
        {
            self.stop_rollout(number, node, observer);
        }
    }

    fn stop_rollout(&mut self, number: u32, node: u32, observer: &mut impl Observer) {
        let rollout = &mut self.rollouts[number as usize];
        rollout.running = false;
        rollout.waiting = None;
        observer.observe(self.now(), &Observation::RolloutStopped { deploy: number, node });
        if self.scenario.people.rollout_stopped {
            self.raise_alert(Alert::RolloutStopped, observer);
        }
    }
}
