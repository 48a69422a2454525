//! People: the monitoring alerts them, they notice, find the cause, and fix node by node.

use super::event::Event;
use super::observation::{Alert, Observation, Observer};
use super::simulation::Simulation;
use super::state::{Node, purpose};
use crate::kernel::chance::Draw;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::model::Rejoin;
use std::sync::Arc;

/// Steps of a repair, as part of the names of its draws. The steps from [`step::NODE`] on are the
/// nodes to fix.
mod step {
    pub(super) const NOTICE: u32 = 0;
    pub(super) const DIAGNOSE: u32 = 1;
    pub(super) const NODE: u32 = 2;
}

impl Simulation {
    pub(super) fn on_monitor_tick(&mut self, observer: &mut impl Observer) {
        let now = self.now();
        let scenario = Arc::clone(&self.scenario);
        let people = &scenario.people;
        let (succeeded, failed) = (self.watch.succeeded, self.watch.failed);
        self.watch.succeeded = 0;
        self.watch.failed = 0;
        if let Some((share, lasting)) = people.success_below {
            let settled = succeeded + failed;
            // Without a request there is nothing to see, and what was seen before stands.
            if settled > 0 {
                let low = (succeeded as f64) < share * settled as f64;
                if self.watch.watching && !low {
                    self.watch.watching = false;
                    self.watch.busy = false;
                }
                let began = now.as_nanos().saturating_sub(people.monitor.as_nanos());
                let since = &mut self.watch.low_since;
                if lasted(since, low, Instant::from_nanos(began), now, lasting) {
                    self.raise_alert(Alert::Success, observer);
                }
            }
        }
        if let Some((count, lasting)) = people.nodes_lost {
            let lost = self.nodes.iter().filter(|node| node.lost).count() >= count as usize;
            if lasted(&mut self.watch.lost_since, lost, now, now, lasting) {
                self.raise_alert(Alert::NodesLost, observer);
            }
        }
        self.calendar.after(people.monitor, Event::MonitorTick);
    }

    /// Calls people, unless they are there.
    pub(super) fn raise_alert(&mut self, alert: Alert, observer: &mut impl Observer) {
        if std::mem::replace(&mut self.watch.busy, true) {
            return;
        }
        self.watch.incidents += 1;
        observer.observe(self.now(), &Observation::Alerted { alert });
        let draw = self.repair(step::NOTICE);
        let notice = self.scenario.people.notice.ask(&mut self.asked);
        let delay = notice.sample(&mut draw.die(0));
        self.calendar.after(delay, Event::Noticed);
    }

    pub(super) fn on_noticed(&mut self, observer: &mut impl Observer) {
        observer.observe(self.now(), &Observation::Detected);
        let draw = self.repair(step::DIAGNOSE);
        let diagnose = self.scenario.people.diagnose.ask(&mut self.asked);
        let delay = diagnose.sample(&mut draw.die(0));
        self.calendar.after(delay, Event::Diagnosed);
    }

    pub(super) fn on_diagnosed(&mut self, observer: &mut impl Observer) {
        let now = self.now();
        let scenario = Arc::clone(&self.scenario);
        observer.observe(now, &Observation::Diagnosed);
        self.end_wrong_rollouts(observer);
        let asked = &mut self.asked;
        let repair = scenario.people.repair.ask(asked);
        let mut invalid = |release: usize, node: u32| {
            scenario.releases[release].start.ask(asked).invalid_on(node).is_some()
        };
        let mut needs_fix = |number: u32, node: &Node| {
            let can_fix = !node.gone && repair.fixed_release.is_some();
            can_fix && invalid(node.on_disk, number) || node.to_repair
        };
        let mut to_fix: Vec<u32> = (0..self.nodes.len() as u32)
            .filter(|&node| needs_fix(node, &self.nodes[node as usize]))
            .collect();
        if to_fix.is_empty() {
            observer.observe(now, &Observation::NothingToFix);
            self.watch.busy = false;
            return;
        }
        observer.observe(now, &Observation::FixStarted { nodes: to_fix.len() as u32 });
        to_fix.reverse();
        self.watch.to_fix = to_fix;
        self.watch.fixed.clear();
        for _ in 0..repair.at_a_time {
            self.fix_next();
        }
    }

    fn fix_next(&mut self) {
        if let Some(node) = self.watch.to_fix.pop() {
            self.watch.fixing += 1;
            let draw = self.repair(step::NODE + node);
            let repair = self.scenario.people.repair.ask(&mut self.asked);
            let delay = repair.fix.sample(&mut draw.die(0));
            self.calendar.after(delay, Event::NodeFixed(node));
        }
    }

    pub(super) fn on_node_fixed(&mut self, number: u32, observer: &mut impl Observer) {
        let now = self.now();
        let scenario = Arc::clone(&self.scenario);
        let repair = scenario.people.repair.ask(&mut self.asked);
        self.watch.fixing -= 1;
        self.watch.fixed.push(number);
        observer.observe(now, &Observation::NodeFixed { node: number });
        self.repair_node(number, observer);
        let node = &mut self.nodes[number as usize];
        if !node.gone {
            node.on_disk = repair.fixed_release.unwrap_or(node.on_disk);
        }
        match repair.rejoin {
            Rejoin::Each => self.start_by_hand(number, observer),
            Rejoin::Together if node.listener.is_none() => {
                node.held = true;
                node.supervisor.unmonitor();
            }
            Rejoin::Together => {}
        }
        self.fix_next();
        if self.watch.fixing == 0 && self.watch.to_fix.is_empty() {
            observer.observe(now, &Observation::FixFinished);
            for node in std::mem::take(&mut self.watch.fixed) {
                if self.nodes[node as usize].held {
                    self.start_by_hand(node, observer);
                }
            }
            let release = &scenario.releases[self.release];
            if release.start.ask(&mut self.asked).invalid.is_some() {
                self.release = repair.fixed_release.unwrap_or(self.release);
            }
            // They stay and watch until the alert that called them is over.
            self.watch.watching = scenario.people.success_below.is_some();
            self.watch.busy = self.watch.watching;
            self.watch.low_since = None;
            self.watch.lost_since = None;
        }
    }

    /// The draw of a step of the present repair.
    fn repair(&self, step: u32) -> Draw {
        self.streams.draw(purpose::REPAIR, 0, self.watch.incidents, step)
    }
}

/// Whether a condition has held for long enough; `began` is when it began if it holds for the first
/// time now.
fn lasted(
    since: &mut Option<Instant>,
    holds: bool,
    began: Instant,
    now: Instant,
    lasting: Duration,
) -> bool {
    if !holds {
        *since = None;
        return false;
    }
    let since = *since.get_or_insert(began);
    now.since(since) >= lasting
}
