//! Canaries: some nodes get a release first, and are compared with the rest.

use super::event::Event;
use super::observation::{Cause, Observation, Observer};
use super::simulation::Simulation;
use super::state::{Awaited, Rollout, Stage, purpose};
use crate::fleet::canary::{Bake, Group, Verdict};
use crate::kernel::chance::unit;
use crate::scenario::model::{Canaries, Canary, Method, Then};
use std::sync::Arc;

impl Simulation {
    /// Gives the canaries of a deploy their release.
    pub(super) fn begin_canaries(
        &mut self,
        number: u32,
        release: usize,
        canary: &Canary,
        observer: &mut impl Observer,
    ) {
        let chosen = self.choose_canaries(number, &canary.nodes);
        let before = |&node: &u32| (node, self.nodes[node as usize].on_disk);
        let canaries: Vec<(u32, usize)> = chosen.iter().map(before).collect();
        let stage = Stage::Canaries;
        self.rollouts[number as usize] =
            Rollout { release, running: true, stage, canaries, ..Rollout::default() };
        for &node in &chosen {
            self.nodes[node as usize].on_disk = release;
        }
        if !canary.restarts || chosen.is_empty() {
            self.begin_bake(number);
            return;
        }
        for &node in &chosen {
            self.rollouts[number as usize].waiting.push(Awaited::new(node));
            let event = Event::RolloutTimeout { deploy: number as u16, step: node + 1 };
            self.calendar.after(canary.patience, event);
        }
        for node in chosen {
            // The first one may have failed already, by a check.
            if !self.rollouts[number as usize].running {
                return;
            }
            self.renew(number, node, observer);
            self.settle_nodes(observer);
        }
    }

    /// Which nodes are canaries, by number; machines that are gone are none.
    fn choose_canaries(&self, number: u32, canaries: &Canaries) -> Vec<u32> {
        let there = |node: &u32| !self.nodes[*node as usize].gone;
        let mut left: Vec<u32> = (0..self.nodes.len() as u32).filter(there).collect();
        let count = match canaries {
            Canaries::Named(nodes) => return nodes.iter().copied().filter(there).collect(),
            Canaries::Count(count) => *count,
            Canaries::Share(share) => ((left.len() as f64 * share + 0.5) as u32).max(1),
        };
        // Somebody must be left to compare them with.
        let count = count.min((left.len() as u32).saturating_sub(1));
        let mut chosen: Vec<u32> = (0..count)
            .map(|step| {
                let draw = self.streams.draw(purpose::CANARIES, u64::from(number), 0, step);
                let place = unit(&mut draw.die(0)) * left.len() as f64;
                left.remove(place as usize)
            })
            .collect();
        chosen.sort_unstable();
        chosen
    }

    /// All canaries are healthy with their release: from now on they are compared.
    pub(super) fn begin_bake(&mut self, number: u32) {
        let plan = self.scenario.deploys[number as usize].plan.ask(&mut self.asked);
        let Method::Canary(canary) = &plan.method else { return };
        self.calendar.after(canary.bake, Event::BakeOver(number));
        let rollout = &mut self.rollouts[number as usize];
        rollout.stage = Stage::Bake;
        rollout.bake = Some(Bake::default());
        self.takes_note = true;
    }

    pub(super) fn on_bake_over(&mut self, number: u32, observer: &mut impl Observer) {
        let rollout = &mut self.rollouts[number as usize];
        let Some(bake) = rollout.bake.take().filter(|_| rollout.running) else { return };
        let canaries = rollout.canaries.len() as u32;
        self.takes_note = self.scenario.balancer.tuning.is_some()
            || self.rollouts.iter().any(|rollout| rollout.bake.is_some());
        let scenario = Arc::clone(&self.scenario);
        let plan = scenario.deploys[number as usize].plan.ask(&mut self.asked);
        let Method::Canary(canary) = &plan.method else { return };
        let there = self.nodes.iter().filter(|node| !node.gone).count() as u32;
        let rest = there.saturating_sub(canaries);
        match bake.judge(&canary.compare, (canaries, rest)) {
            Verdict::Passed => {
                let verdict = Verdict::Passed;
                observer
                    .observe(self.now(), &Observation::CanaryJudged { deploy: number, verdict });
                self.begin_rest(number, canary.then, observer);
            }
            verdict @ (Verdict::NotHealthy
            | Verdict::Lost
            | Verdict::Restarts
            | Verdict::Failed
            | Verdict::Latency) => self.roll_back(number, verdict, observer),
        }
    }

    /// The nodes that are no canaries get the release too.
    fn begin_rest(&mut self, number: u32, then: Then, observer: &mut impl Observer) {
        let rollout = &mut self.rollouts[number as usize];
        rollout.stage = Stage::Batches;
        let release = rollout.release;
        match then {
            Then::Hot => {
                rollout.running = false;
                self.change_files(release);
            }
            Then::AtOnce => {
                rollout.running = false;
                let canaries: Vec<u32> = rollout.canaries.iter().map(|(node, _)| *node).collect();
                self.change_files(release);
                for node in 0..self.nodes.len() as u32 {
                    if !self.nodes[node as usize].gone && !canaries.contains(&node) {
                        self.restart_for_deploy(node, observer);
                        self.settle_nodes(observer);
                    }
                }
            }
            Then::Rolling(_) => self.on_rollout_next(number, observer),
        }
    }

    /// The canaries go back to what they had, and people are called.
    pub(super) fn roll_back(
        &mut self,
        number: u32,
        verdict: Verdict,
        observer: &mut impl Observer,
    ) {
        observer.observe(self.now(), &Observation::CanaryJudged { deploy: number, verdict });
        let rollout = &mut self.rollouts[number as usize];
        let release = rollout.release;
        let canaries = std::mem::take(&mut rollout.canaries);
        let first = canaries.first().map_or(0, |(node, _)| *node);
        self.stop_rollout(number, first, observer);
        for (number, before) in canaries {
            let node = &mut self.nodes[number as usize];
            if node.gone || node.on_disk != release {
                continue;
            }
            node.on_disk = before;
            let has_it = node.listener.is_none_or(|at| self.processes[at].release == release);
            if has_it && !node.held {
                self.restart(number, Cause::Deploy, observer);
                self.settle_nodes(observer);
            }
        }
    }

    /// Counts something about a node where canaries are being compared.
    #[cold]
    pub(super) fn tally(&mut self, node: u32, count: impl Fn(&mut Group)) {
        for rollout in &mut self.rollouts {
            let Some(bake) = &mut rollout.bake else { continue };
            let is_canary = rollout.canaries.iter().any(|(canary, _)| *canary == node);
            count(if is_canary { &mut bake.canaries } else { &mut bake.rest });
        }
    }
}
