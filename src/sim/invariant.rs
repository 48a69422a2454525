//! What must hold at every moment, checked in every build.

use super::simulation::Simulation;
use super::state::{Attempt, Owner, ProcessState, Waiting};
use crate::fleet::balancer::Balancer;
use crate::kernel::slab::Ref;
use std::collections::{BTreeMap, VecDeque};

impl Simulation {
    /// Checks conservation and sanity between two events; a run does so now and then, and at its
    /// end.
    ///
    /// # Panics
    /// If anything is amiss: every number of this replication would be in doubt.
    pub fn check_invariants(&self) {
        self.check_conservation();
        self.check_balancers();
        let held_by = self.held_by_processes();
        for number in 0..self.nodes.len() as u32 {
            self.check_node(number);
            self.check_processes(number, &held_by);
        }
        let serving = self.nodes.iter().filter(|node| node.listener.is_some()).count();
        assert!(
            serving == self.serving as usize,
            "{serving} nodes serve, {} are counted as serving",
            self.serving
        );
        let baking = self.rollouts.iter().any(|rollout| rollout.bake.is_some());
        assert!(
            self.takes_note == (self.scenario.balancer.tuning.is_some() || baking),
            "canaries are compared, and nobody counts, or the other way round"
        );
    }

    /// What was made has ended or is alive.
    fn check_conservation(&self) {
        let settled = self.counts.settled_total();
        let foreseen = self.foreseen.len() as u64;
        let followed = self.requests.iter().filter(|(_, request)| !request.settled).count() as u64;
        let open = followed + foreseen;
        assert!(
            self.counts.issued == settled + open,
            "requests are not conserved: {} issued, {settled} settled, {open} open",
            self.counts.issued
        );
        let (mut attempts, mut checks) = (foreseen, 0);
        for (_, attempt) in self.attempts.iter() {
            match attempt.owner {
                Owner::Request(_) => attempts += 1,
                Owner::Check | Owner::Probe => checks += 1,
            }
        }
        assert!(
            self.counts.attempts == self.counts.attempts_ended + attempts,
            "attempts are not conserved: {} made, {} ended, {attempts} alive",
            self.counts.attempts,
            self.counts.attempts_ended
        );
        assert!(
            self.counts.checks == self.counts.checks_ended + checks,
            "health checks are not conserved: {} made, {} ended, {checks} alive",
            self.counts.checks,
            self.counts.checks_ended
        );
    }

    /// Balancers wait for what nodes have, and let nothing wait that a node could have.
    fn check_balancers(&self) {
        let sent: u64 = self.balancers.iter().map(|balancer| balancer.outstanding()).sum();
        let is_sent = |attempt: &Attempt| match attempt.routing.as_ref().map(|r| r.waiting) {
            Some(Waiting::Connecting { .. } | Waiting::Lobby | Waiting::Delay) => true,
            Some(Waiting::Pause | Waiting::Queue) | None => attempt.process.is_some(),
        };
        let held = self.attempts.iter().filter(|(_, attempt)| is_sent(attempt)).count() as u64;
        let held = held + self.foreseen.len() as u64;
        assert!(
            sent == held,
            "balancers wait for {sent} answers, nodes hold or are asked for {held} attempts",
        );
        let queued: usize = self.queues.iter().map(|queue| queue.len()).sum();
        assert!(queued == self.queued, "{queued} attempts are queued, {} counted", self.queued);
        // Time alone may give room, and is not looked at before the next event.
        let waits = |(queue, balancer): (&VecDeque<Ref>, &Balancer)| {
            !queue.is_empty() && !balancer.time_gives_room() && balancer.looks_for_room(self.now())
        };
        let overlooked = self.queues.iter().zip(&self.balancers).position(waits);
        assert!(
            overlooked.is_none(),
            "attempts wait at balancer {} for a node that has room",
            overlooked.unwrap_or_default() + 1
        );
    }

    /// A node serves, is known as lost, or somebody brings it back.
    fn check_node(&self, number: u32) {
        let node = &self.nodes[number as usize];
        let is_sent_to = self.balancers.iter().any(|balancer| balancer.is_up(number));
        assert!(
            !node.gone || node.removed || node.evicted || node.processes.is_empty(),
            "node-{} runs a process without a machine",
            number + 1
        );
        assert!(
            !(node.removed || node.evicted) || !is_sent_to,
            "node-{} was taken away, and a balancer sends to it",
            number + 1
        );
        assert!(
            !node.processes.is_empty()
                || (node.gone || node.held || node.lost)
                || self.is_looked_after(number),
            "node-{} runs nothing, and nobody is about to start it or knows of its loss",
            number + 1
        );
        assert!(
            !(node.lost && node.listener.is_some() && is_sent_to),
            "node-{} serves, and counts as lost",
            number + 1
        );
        assert!(
            !(node.token && !node.restarting && node.listener.is_some() && is_sent_to),
            "node-{} serves, and holds a token of the restart budget",
            number + 1
        );
        assert!(
            node.lobby.is_empty() || self.scenario.process.inherits_socket || self.is_hung(number),
            "the socket of node-{} holds attempts of which nobody knows",
            number + 1
        );
    }

    /// Processes hold what is theirs, work on it, and account for the memory of their node.
    fn check_processes(&self, number: u32, held_by: &BTreeMap<u32, (usize, u64)>) {
        let node = &self.nodes[number as usize];
        let mut used = 0;
        for &at in &node.processes {
            let process = &self.processes[at];
            let (held, working) = held_by.get(&at.index()).copied().unwrap_or_default();
            let (queued, slots) = (process.backlog.len(), process.slots);
            assert!(
                process.in_service <= slots && held == process.in_service as usize + queued,
                "node-{} holds {held} attempts, {} in service and {queued} queued",
                number + 1,
                process.in_service
            );
            assert!(
                queued == 0 || process.in_service == slots || node.struck.hangs,
                "requests wait on node-{} beside a free slot",
                number + 1
            );
            assert!(
                held > 0 || process.state != ProcessState::Stopping || node.struck.hangs,
                "a process of node-{} that has nothing left to do does not end",
                number + 1
            );
            self.check_workers(at);
            used += process.base + process.retained + working;
        }
        assert!(
            used == node.memory,
            "node-{} accounts for {} bytes and uses {used}",
            number + 1,
            node.memory
        );
    }

    /// How many requests and checks each process holds, by its place, and the memory that they
    /// need.
    fn held_by_processes(&self) -> BTreeMap<u32, (usize, u64)> {
        let of_attempts = self.attempts.iter().filter_map(|(at, attempt)| {
            let process = attempt.process?;
            Some((process, self.working(&[at])))
        });
        let of_foreseen = self.foreseen.iter().map(|(_, foreseen)| foreseen);
        let of_foreseen = of_foreseen.map(|foreseen| (foreseen.process, self.working_of(foreseen)));
        let mut all = BTreeMap::new();
        for (process, bytes) in of_attempts.chain(of_foreseen) {
            let (held, working) = all.entry(process.index()).or_default();
            *held += 1;
            *working += bytes;
        }
        all
    }

    /// Workers hold what their process has in service, and their memory is part of its own.
    fn check_workers(&self, at: Ref) {
        let process = &self.processes[at];
        let setup = self.scenario.process.workers.as_ref();
        let (Some(workers), Some(setup)) = (&process.workers, setup) else {
            let slots = self.scenario.process.slots;
            assert!(process.slots == slots, "a process has {} slots, not {slots}", process.slots);
            return;
        };
        let all = workers.recycler.workers();
        let held: usize = all.iter().map(|worker| worker.jobs().count()).sum();
        assert!(
            held == process.in_service as usize,
            "workers of node-{} hold {held} attempts, {} are in service",
            process.node + 1,
            process.in_service
        );
        let slots = workers.recycler.slots(&setup.rules);
        assert!(slots == process.slots, "{} slots are counted, {slots} are there", process.slots);
        let theirs: u64 = all.iter().map(|worker| worker.memory()).sum();
        assert!(theirs <= process.base + process.retained, "workers need more than their process");
    }
}
