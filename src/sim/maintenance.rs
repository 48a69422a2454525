//! Maintenance: machines are emptied one after the other, as far as a budget allows.

use super::event::Event;
use super::observation::{Cause, Observation, Observer};
use super::simulation::Simulation;
use std::sync::Arc;

impl Simulation {
    /// Turns to the next node of a maintenance.
    pub(super) fn on_maintenance_due(&mut self, number: u32, observer: &mut impl Observer) {
        let scenario = Arc::clone(&self.scenario);
        let maintenance = &scenario.maintenance[number as usize];
        let to_empty = match self.to_empty[number as usize].take() {
            Some(left) => left,
            None => {
                let mut nodes = self.hit(maintenance.stream, 0, maintenance.nodes);
                nodes.reverse();
                nodes
            }
        };
        let mut left = to_empty;
        // What has crashed or left since needs no emptying.
        while left.last().is_some_and(|&node| self.nodes[node as usize].gone) {
            left.pop();
        }
        let Some(&node) = left.last() else {
            self.to_empty[number as usize] = Some(Vec::new());
            return;
        };
        if self.may_evict(node) {
            left.pop();
            observer.observe(self.now(), &Observation::Evicted { node, maintenance: number });
            self.take_away(node, observer);
            let away = self.lasts(maintenance.stream, 0, node, &maintenance.away);
            self.calendar.after(away, Event::Restored(node));
            self.calendar.after(away, Event::MaintenanceDue(number));
        } else {
            self.calendar.after(maintenance.retry, Event::MaintenanceDue(number));
        }
        self.to_empty[number as usize] = Some(left);
    }

    /// Whether enough nodes are available without this one.
    fn may_evict(&mut self, node: u32) -> bool {
        let Some(budget) = *self.scenario.protections.disruption_budget.ask(&mut self.asked) else {
            return true;
        };
        let all = 0..self.nodes.len() as u32;
        let available = all.filter(|&node| self.is_available(node)).count() as u32;
        let taken = u32::from(self.is_available(node));
        available >= budget.available(self.wanted()) + taken
    }

    /// The machine of a node that was emptied, or another one for it, is there.
    pub(super) fn on_restored(&mut self, node: u32, observer: &mut impl Observer) {
        let away = &self.nodes[node as usize];
        if away.evicted && !away.removed {
            self.restore(node, Cause::Eviction, observer);
        }
    }
}
