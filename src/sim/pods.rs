//! Rollouts as a Deployment of Kubernetes does them: new pods beside old ones, within limits.

use super::event::Event;
use super::observation::{Alert, Cause, Observation, Observer};
use super::simulation::Simulation;
use super::state::{Pods, Rollout, Then};
use crate::kernel::time::Duration;
use crate::scenario::model::{self, Method};
use std::sync::Arc;

/// How often a rollout looks at its pods.
const LOOK: Duration = Duration::from_secs(1);

impl Simulation {
    /// Begins a rollout of a release. One that is under way ends where it is: its pods are old ones
    /// now.
    pub(super) fn begin_pods(&mut self, number: u32, release: usize, observer: &mut impl Observer) {
        for rollout in self.rollouts.iter_mut().filter(|rollout| rollout.pods.is_some()) {
            rollout.running = false;
        }
        let there = |node: &u32| !self.nodes[*node as usize].removed;
        let old = (0..self.nodes.len() as u32).filter(there).collect();
        let pods = Some(Pods { old, progress: self.now(), ..Pods::default() });
        self.rollouts[number as usize] =
            Rollout { release, running: true, pods, ..Rollout::default() };
        self.on_rollout_next(number, observer);
    }

    /// Whether a node's process listens and a balancer sends to it.
    pub(super) fn is_available(&self, node: u32) -> bool {
        let listens = self.nodes[node as usize].listener.is_some() || self.is_hung(node);
        listens && self.balancers.iter().any(|balancer| balancer.is_up(node))
    }

    /// How many nodes are wanted.
    pub(super) fn wanted(&self) -> u32 {
        self.scenario.nodes.at(self.now())
    }

    /// Creates and deletes pods as far as the limits allow.
    pub(super) fn look_at_pods(
        &mut self,
        number: u32,
        limits: model::Pods,
        observer: &mut impl Observer,
    ) {
        let now = self.now();
        let rollout = &mut self.rollouts[number as usize];
        let Some(mut pods) = rollout.pods.take().filter(|_| rollout.running) else { return };
        let release = rollout.release;
        let wanted = self.wanted();
        self.note_ready(&mut pods);
        let available = self.available(&pods, limits.min_ready);
        if available > pods.available {
            pods.progress = now;
        }
        pods.available = available;
        while self.create_pods(&mut pods, wanted + limits.max_surge.up(wanted), release, observer)
            | self.delete_pods(&mut pods, limits, observer)
        {
            pods.progress = now;
        }
        let is_done = pods.old.is_empty() && available >= wanted;
        let is_stalled = now.since(pods.progress) >= limits.progress_deadline && !is_done;
        let is_new = is_stalled && !std::mem::replace(&mut pods.stalled, is_stalled);
        let rollout = &mut self.rollouts[number as usize];
        rollout.pods = Some(pods);
        if is_done {
            rollout.running = false;
            self.release = release;
            observer.observe(now, &Observation::RolloutDone { deploy: number });
            return;
        }
        if is_new {
            observer.observe(now, &Observation::RolloutStalled { deploy: number });
            if self.scenario.people.rollout_stopped {
                self.raise_alert(Alert::RolloutStopped, observer);
            }
        }
        self.calendar.after(LOOK, Event::RolloutNext(number));
    }

    /// Notes since when new pods are ready.
    fn note_ready(&self, pods: &mut Pods) {
        pods.ready.retain(|&(node, _)| self.is_available(node));
        for &node in &pods.new {
            if self.is_available(node) && !pods.ready.iter().any(|&(other, _)| other == node) {
                pods.ready.push((node, self.now()));
            }
        }
    }

    /// How many new pods have been ready for long enough.
    fn available(&self, pods: &Pods, min_ready: Duration) -> u32 {
        let now = self.now();
        let since = pods.ready.iter().filter(|(_, since)| now.since(*since) >= min_ready);
        since.count() as u32
    }

    /// Creates new pods up to those wanted, while there are no more than `most` of all; whether
    /// any.
    fn create_pods(
        &mut self,
        pods: &mut Pods,
        most: u32,
        release: usize,
        observer: &mut impl Observer,
    ) -> bool {
        let mut created = false;
        let wanted = self.wanted() as usize;
        while pods.new.len() < wanted && pods.old.len() + pods.new.len() < most as usize {
            let node = match pods.free.is_empty() {
                true => {
                    let node = self.nodes.len() as u32;
                    self.add_node(Some(release), observer);
                    pods.joined.push(node);
                    node
                }
                false => {
                    let node = pods.free.remove(0);
                    self.nodes[node as usize].on_disk = release;
                    self.restore(node, Cause::Deploy, observer);
                    node
                }
            };
            pods.new.push(node);
            created = true;
            self.settle_nodes(observer);
        }
        // Machines that will not be needed any more.
        if pods.new.len() >= wanted {
            for node in std::mem::take(&mut pods.free) {
                self.remove(node, observer);
            }
        }
        created
    }

    /// Deletes old pods: first those that are not ready, then others while enough are available;
    /// whether any.
    fn delete_pods(
        &mut self,
        pods: &mut Pods,
        limits: model::Pods,
        observer: &mut impl Observer,
    ) -> bool {
        let wanted = self.wanted();
        let least = wanted.saturating_sub(limits.max_unavailable.down(wanted));
        let new = self.available(pods, limits.min_ready);
        let missing = pods.new.len() as u32 - new;
        let all = (pods.old.len() + pods.new.len()) as u32;
        let mut most = all.saturating_sub(least + missing);
        let (ready, unready): (Vec<u32>, Vec<u32>) =
            pods.old.iter().partition(|&&node| self.is_available(node));
        let mut to_delete: Vec<u32> = unready.into_iter().take(most as usize).collect();
        most -= to_delete.len() as u32;
        let spare = (ready.len() as u32 + new).saturating_sub(least).min(most);
        to_delete.extend(ready.into_iter().take(spare as usize));
        for &node in &to_delete {
            pods.old.retain(|&old| old != node);
            // A machine that has crashed gets no other pod.
            if self.nodes[node as usize].gone && !self.nodes[node as usize].evicted {
                self.remove(node, observer);
            } else {
                self.take_away(node, observer);
                pods.free.push(node);
            }
            self.settle_nodes(observer);
        }
        !to_delete.is_empty()
    }

    /// Stops what runs on a node, and has nothing more sent to it.
    pub(super) fn take_away(&mut self, number: u32, observer: &mut impl Observer) {
        for balancer in &mut self.balancers {
            balancer.remove(number);
        }
        let node = &mut self.nodes[number as usize];
        node.gone = true;
        node.evicted = true;
        node.then = None;
        node.ended = None;
        self.stop_processes(number, observer);
        self.lose_lobby(number, observer);
    }

    /// Gives back a node that was taken away, with a fresh supervisor, and starts its process; if
    /// the one before is not gone yet, then.
    pub(super) fn restore(&mut self, number: u32, cause: Cause, observer: &mut impl Observer) {
        let up = self.scenario.balancer.health.is_none();
        for balancer in &mut self.balancers {
            balancer.restore(number, up);
        }
        let now = self.now();
        let supervisor = self.new_supervisor(number);
        let node = &mut self.nodes[number as usize];
        node.gone = false;
        node.evicted = false;
        node.supervisor = supervisor;
        if node.held {
            return;
        }
        self.note_restart(number, cause, observer);
        let node = &mut self.nodes[number as usize];
        if node.processes.is_empty() {
            node.supervisor.may_start(now, &self.scenario.supervisor);
            self.start_process(number, observer);
        } else {
            node.then = Some(Then::Start);
        }
    }

    /// Takes a node away for good.
    fn remove(&mut self, number: u32, observer: &mut impl Observer) {
        if !self.nodes[number as usize].evicted {
            self.take_away(number, observer);
        }
        let node = &mut self.nodes[number as usize];
        node.evicted = false;
        node.removed = true;
        node.lost = false;
        node.token = false;
        node.held = false;
        node.to_repair = false;
        observer.observe(self.now(), &Observation::NodeRemoved { node: number });
    }

    /// People have found the cause: rollouts of what cannot work end, and the pods that are too
    /// many leave, those first that are not ready.
    pub(super) fn end_wrong_rollouts(&mut self, observer: &mut impl Observer) {
        let scenario = Arc::clone(&self.scenario);
        for number in 0..self.rollouts.len() {
            let rollout = &self.rollouts[number];
            if !rollout.running || rollout.pods.is_none() {
                continue;
            }
            let plan = scenario.deploys[number].plan.ask(&mut self.asked);
            let fixed = scenario.people.repair.ask(&mut self.asked).fixed_release;
            let start = scenario.releases[rollout.release].start.ask(&mut self.asked);
            let is_wrong = start.invalid_anywhere().is_some() && fixed.is_some();
            if !is_wrong || !matches!(plan.method, Method::Kubernetes(_)) {
                continue;
            }
            let rollout = &mut self.rollouts[number];
            rollout.running = false;
            let Some(pods) = rollout.pods.take() else { continue };
            let all = (pods.old.len() + pods.new.len()) as u32;
            let mut joined = pods.joined;
            joined.sort_by_key(|&node| self.is_available(node));
            for node in joined.into_iter().take(all.saturating_sub(self.wanted()) as usize) {
                self.remove(node, observer);
                self.settle_nodes(observer);
            }
        }
    }
}
