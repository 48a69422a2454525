//! Workers of processes: who takes an attempt, and how one is replaced by another.

use super::event::{Duty, Event};
use super::observation::{Cause, Loss, Observation, Observer, Outcome};
use super::simulation::{Simulation, between};
use super::start::FORK;
use super::state::{Owner, ProcessState, Workers, purpose};
use crate::fleet::recycler::{After, Birth, Recycler, State, Why};
use crate::fleet::supervisor::exits::How;
use crate::kernel::chance::unit;
use crate::kernel::slab::Ref;
use crate::kernel::time::{Duration, Instant};
use crate::scenario::model::{self, WhenInvalid};
use std::sync::Arc;

/// Which die of a worker's draw is thrown for what.
mod die {
    /// Boot time.
    pub(super) const BOOT: usize = 0;
    /// Memory after the fork.
    pub(super) const BASE: usize = 1;
    /// Time to the failure where the release is invalid.
    pub(super) const FAILS_AFTER: usize = 2;
    /// After how many requests it leaves.
    pub(super) const REQUESTS: usize = 3;
    /// How much it may keep.
    pub(super) const MEMORY: usize = 4;
    /// Requests served at the start.
    pub(super) const SERVED: usize = 5;
    /// The phases of the duties of a master that has run for long, and what is added to the time
    /// from one round to the next.
    pub(super) const PHASE: usize = 0;
    pub(super) const EXTRA: usize = 3;
}

/// A draw of a worker is that of its life number so-and-so under this start of its process.
const LIVES: u64 = 1 << 32;

impl Simulation {
    /// Gives a fresh process its workers, if it has any. They serve as soon as it does.
    pub(super) fn add_workers(&mut self, at: Ref, start: u64, runs_already: bool) {
        let scenario = Arc::clone(&self.scenario);
        let Some(setup) = &scenario.process.workers else { return };
        let process = &self.processes[at];
        let (number, release, work) = (process.node, process.release, process.work);
        let now = self.now();
        let count = u64::from(setup.rules.count);
        let retained = process.retained;
        let birth = |worker: usize| {
            let draw =
                self.streams.draw(purpose::WORKER, u64::from(number), start * LIVES, worker as u32);
            let share = |die: usize| unit(&mut draw.die(die));
            let base = between(setup.memory, share(die::BASE));
            let limits = self.limits_of(setup, number, start * LIVES, worker);
            let (least, most) = setup.served_at_start;
            let served = (least + (most - least) * share(die::SERVED)) as u64;
            // What does not divide is the first one's.
            let rest = if worker == 0 { retained % count } else { 0 };
            Birth {
                release,
                work,
                base,
                retained: retained / count + rest,
                served: if runs_already { served } else { 0 },
                limit: limits.0,
                memory_limit: limits.1,
                warm: runs_already,
            }
        };
        let recycler = Recycler::new(&setup.rules, now, birth);
        let base: u64 = recycler.workers().iter().map(|worker| worker.birth.base).sum();
        let process = &mut self.processes[at];
        process.base += base;
        process.slots = recycler.slots(&setup.rules);
        // Whether a request is slowed down depends on its worker.
        process.warm = false;
        process.workers = Some(Box::new(Workers { recycler, start, rounds: 0 }));
        self.nodes[number as usize].memory += base;
    }

    /// After how many requests and beyond how many bytes a worker leaves.
    fn limits_of(
        &self,
        setup: &model::Workers,
        number: u32,
        life: u64,
        worker: usize,
    ) -> (u64, u64) {
        let draw = self.streams.draw(purpose::WORKER, u64::from(number), life, worker as u32);
        let requests = setup
            .rules
            .max_requests
            .map_or(u64::MAX, |limit| limit.limit(worker, unit(&mut draw.die(die::REQUESTS))));
        let memory = setup
            .rules
            .memory_limit
            .map_or(u64::MAX, |limit| between(limit.above, unit(&mut draw.die(die::MEMORY))));
        (requests, memory)
    }

    /// A process with workers serves: its master begins its duties. One that has run for long is
    /// somewhere between two of them.
    pub(super) fn begin_duties(&mut self, at: Ref, runs_already: bool) {
        let Some(setup) = &self.scenario.process.workers else { return };
        let rules = &setup.rules;
        let turns = [
            (Duty::Timeout, rules.timeout.map(|timeout| timeout.look)),
            (Duty::Killer, rules.killer.map(|killer| killer.every)),
            (Duty::Rolling, rules.rolling.map(|_| self.next_round(at))),
        ];
        let number = u64::from(self.processes[at].node);
        let draw = self.streams.draw(purpose::MASTER, number, 0, 0);
        for (die, (duty, every)) in turns.into_iter().enumerate() {
            let Some(every) = every else { continue };
            let phase = unit(&mut draw.die(die::PHASE + die));
            let first = if runs_already { every.scaled(phase) } else { every };
            self.calendar.after(first, Event::DutyDue { process: at, duty });
        }
    }

    /// From now to the next round in which all workers of a process are replaced.
    fn next_round(&self, at: Ref) -> Duration {
        let process = &self.processes[at];
        let setup = self.scenario.process.workers.as_ref();
        let rolling = setup.and_then(|setup| setup.rules.rolling);
        let (Some(rolling), Some(workers)) = (rolling, &process.workers) else {
            return Duration::FOREVER;
        };
        let occurrence = workers.start * LIVES + workers.rounds;
        let draw = self.streams.draw(purpose::MASTER, u64::from(process.node), occurrence, 1);
        rolling.every + rolling.extra.scaled(unit(&mut draw.die(die::EXTRA)))
    }

    /// Gives an attempt that is about to get a slot of its process to a worker.
    pub(super) fn assign(&mut self, at: Ref, process: Ref) {
        let now = self.now();
        let process = &mut self.processes[process];
        if let (Some(workers), Some(setup)) = (&mut process.workers, &self.scenario.process.workers)
        {
            workers.recycler.take(&setup.rules, now, at);
        }
    }

    /// The same for one that its node is asked to take, if it will.
    pub(super) fn assign_offered(&mut self, at: Ref, listener: Ref) {
        let process = &self.processes[listener];
        let held = process.in_service + process.backlog.len() as u32;
        let sheds = matches!(self.attempts[at].owner, Owner::Request(_))
            && self.scenario.protections.shed_above.is_some_and(|limit| held >= limit);
        if process.in_service < process.slots && !sheds {
            self.assign(at, listener);
        }
    }

    /// An attempt has left its slot, served or not. Its worker keeps so many bytes more, and may
    /// leave.
    pub(super) fn finish_in_worker(
        &mut self,
        at: Ref,
        process: Ref,
        served: Option<u64>,
        observer: &mut impl Observer,
    ) {
        let now = self.now();
        let scenario = Arc::clone(&self.scenario);
        let Some(setup) = &scenario.process.workers else { return };
        let replaced = self.processes[process].state != ProcessState::Stopping;
        let Some(workers) = &mut self.processes[process].workers else { return };
        let (worker, after) = workers.recycler.finish(&setup.rules, now, at, served, replaced);
        match after {
            After::Stays => self.count_slots(process),
            After::Leaves => self.let_leave(process, worker),
            After::Ends(why) => self.replace_worker(process, worker, why, false, observer),
        }
    }

    /// A worker takes no more, and has some time to finish.
    fn let_leave(&mut self, process: Ref, worker: usize) {
        let now = self.now();
        let finish = self.scenario.process.workers.as_ref().map(|setup| setup.rules.finish);
        let due = now.saturating_add(finish.unwrap_or(Duration::FOREVER));
        if let Some(workers) = &mut self.processes[process].workers {
            workers.recycler.worker(worker).due = due;
        }
        if due < Instant::NEVER {
            self.calendar.at(due, Event::WorkerDue { process, worker: worker as u16 });
        }
        self.count_slots(process);
    }

    /// Tells a worker to leave.
    fn tell_worker(&mut self, process: Ref, worker: usize, why: Why, observer: &mut impl Observer) {
        let Some(workers) = &mut self.processes[process].workers else { return };
        match workers.recycler.tell(worker, why) {
            After::Stays => {}
            After::Leaves => self.let_leave(process, worker),
            After::Ends(why) => self.replace_worker(process, worker, why, false, observer),
        }
    }

    /// Works out how many requests of a process can be in service as its workers are.
    fn count_slots(&mut self, at: Ref) {
        let number = self.processes[at].node;
        if self.nodes[number as usize].listener == Some(at) {
            self.integrate_slots(number);
        }
        let process = &mut self.processes[at];
        if let (Some(workers), Some(setup)) = (&process.workers, &self.scenario.process.workers) {
            process.slots = workers.recycler.slots(&setup.rules);
        }
    }

    /// A worker that holds nothing is gone, and another is forked in its place.
    fn replace_worker(
        &mut self,
        at: Ref,
        worker: usize,
        why: Why,
        killed: bool,
        observer: &mut impl Observer,
    ) {
        let now = self.now();
        let process = &mut self.processes[at];
        let Some(workers) = &mut process.workers else { return };
        let number = process.node;
        let (base, retained) = {
            let birth = workers.recycler.worker(worker).birth;
            (birth.base, birth.retained)
        };
        process.base -= base;
        process.retained -= retained;
        self.nodes[number as usize].memory -= base + retained;
        self.touch(number);
        let seen = Observation::WorkerEnded { node: number, worker: worker as u32, why, killed };
        observer.observe(now, &seen);
        self.fork_worker(at, worker);
        self.count_slots(at);
    }

    /// Forks a worker in place of another, if the process goes on.
    fn fork_worker(&mut self, at: Ref, worker: usize) {
        let now = self.now();
        let scenario = Arc::clone(&self.scenario);
        let Some(setup) = &scenario.process.workers else { return };
        let process = &self.processes[at];
        let Some(workers) = &process.workers else { return };
        if process.state == ProcessState::Stopping {
            let workers = self.processes[at].workers.as_mut().expect("it has workers");
            workers.recycler.replace(worker, State::Away, Instant::NEVER);
            return;
        }
        let number = process.node;
        let life = workers.start * LIVES + workers.recycler.workers()[worker].life + 1;
        let draw = self.streams.draw(purpose::WORKER, u64::from(number), life, worker as u32);
        let (release, work, fails) = self.what_is_forked(at, setup);
        let (state, after) = if fails {
            let start = scenario.releases[release].start.ask(&mut self.asked);
            (State::Failing, start.fails_after.sample(&mut draw.die(die::FAILS_AFTER)))
        } else {
            (State::Booting, setup.boot.sample(&mut draw.die(die::BOOT)))
        };
        let due = now.saturating_add(after.max(FORK));
        let workers = self.processes[at].workers.as_mut().expect("it has workers");
        workers.recycler.replace(worker, state, due);
        let birth = &mut workers.recycler.worker(worker).birth;
        (birth.release, birth.work) = (release, work);
        if due < Instant::NEVER {
            self.calendar.at(due, Event::WorkerDue { process: at, worker: worker as u16 });
        }
    }

    /// The release that a worker forked now runs, the factor on its work, and whether it fails.
    fn what_is_forked(&mut self, at: Ref, setup: &model::Workers) -> (usize, f64, bool) {
        let process = &self.processes[at];
        if setup.preload {
            return (process.release, process.work, false);
        }
        let number = process.node;
        let release = self.nodes[number as usize].on_disk;
        match self.wrong_on_disk(number) {
            Some(WhenInvalid::Exits | WhenInvalid::Hangs) => (release, 1.0, true),
            Some(WhenInvalid::Slow(factor)) => (release, factor, false),
            // How a master is started is none of a worker's business.
            None
            | Some(
                WhenInvalid::StaysInForeground | WhenInvalid::Daemonizes | WhenInvalid::NoPidFile,
            ) => (release, 1.0, false),
        }
    }

    /// A worker is ready, has failed, or has had the time to finish.
    pub(super) fn on_worker_due(&mut self, at: Ref, worker: u16, observer: &mut impl Observer) {
        let now = self.now();
        let worker = usize::from(worker);
        // Stale if the process is gone, or if it was another worker's.
        let Some(workers) = self.processes.get(at).and_then(|p| p.workers.as_ref()) else { return };
        let there = &workers.recycler.workers()[worker];
        if there.due != now {
            return;
        }
        match there.state {
            State::Booting => self.on_worker_ready(at, worker, observer),
            State::Failing => self.on_worker_failed(at, worker, observer),
            State::Leaving(why) => self.kill_worker(at, worker, why, observer),
            State::Serving | State::Away => {}
        }
    }

    fn on_worker_ready(&mut self, at: Ref, worker: usize, observer: &mut impl Observer) {
        let now = self.now();
        let scenario = Arc::clone(&self.scenario);
        let Some(setup) = &scenario.process.workers else { return };
        let number = self.processes[at].node;
        let Some(workers) = &self.processes[at].workers else { return };
        let there = &workers.recycler.workers()[worker];
        let life = workers.start * LIVES + there.life;
        let draw = self.streams.draw(purpose::WORKER, u64::from(number), life, worker as u32);
        let base = between(setup.memory, unit(&mut draw.die(die::BASE)));
        let limits = self.limits_of(setup, number, life, worker);
        let birth = Birth {
            base,
            retained: 0,
            served: 0,
            limit: limits.0,
            memory_limit: limits.1,
            warm: false,
            ..there.birth
        };
        let process = &mut self.processes[at];
        process.base += base;
        self.nodes[number as usize].memory += base;
        if let Some(workers) = &mut process.workers {
            workers.recycler.serve(worker, now, birth);
        }
        self.count_slots(at);
        let release = birth.release as u32;
        let seen = Observation::WorkerServing { node: number, worker: worker as u32, release };
        observer.observe(now, &seen);
        if self.processes[at].state == ProcessState::Hung {
            self.answer_again(at, observer);
        }
        self.fill_slots(number, observer);
    }

    fn on_worker_failed(&mut self, at: Ref, worker: usize, observer: &mut impl Observer) {
        let now = self.now();
        let ends = self.scenario.process.workers.as_ref().is_some_and(|setup| setup.ends_process);
        let process = &mut self.processes[at];
        let (number, state) = (process.node, process.state);
        let Some(workers) = &mut process.workers else { return };
        let there = workers.recycler.worker(worker);
        there.failures += 1;
        let (is_first, release) = (there.failures == 1, there.birth.release as u32);
        let last = workers.recycler.all_fail() && state == ProcessState::Serving;
        if is_first {
            let seen =
                Observation::WorkerFailed { node: number, worker: worker as u32, release, last };
            observer.observe(now, &seen);
        }
        if ends {
            self.end_with(at, Cause::Exit, How::Code, observer);
            return;
        }
        if last {
            self.answer_no_more(at, observer);
        }
        self.fork_worker(at, worker);
    }

    /// All workers of a process fail again and again: it listens and does not answer.
    fn answer_no_more(&mut self, at: Ref, observer: &mut impl Observer) {
        self.close_listener(at, observer);
        let process = &mut self.processes[at];
        process.state = ProcessState::Hung;
        let number = process.node;
        self.lose_unless_serving(number, Loss::FailedRestart, observer);
        self.stand_still(at);
    }

    /// A worker of a process that did not answer does.
    fn answer_again(&mut self, at: Ref, observer: &mut impl Observer) {
        self.processes[at].aborted_at = Instant::NEVER;
        self.begin_to_serve(at, observer);
        let number = self.processes[at].node;
        self.consider_health(number, observer);
    }

    /// The workers of a process whose release cannot be loaded by them fail from the start.
    pub(super) fn fail_all_workers(&mut self, at: Ref) {
        let scenario = Arc::clone(&self.scenario);
        let Some(setup) = &scenario.process.workers else { return };
        if setup.preload {
            return;
        }
        for worker in 0..setup.rules.count as usize {
            self.forget_worker(at, worker);
            if let Some(workers) = &mut self.processes[at].workers {
                workers.recycler.worker(worker).failures = 1;
            }
            self.fork_worker(at, worker);
        }
        self.count_slots(at);
    }

    /// Takes the memory of a worker that never served.
    fn forget_worker(&mut self, at: Ref, worker: usize) {
        let process = &mut self.processes[at];
        let Some(workers) = &mut process.workers else { return };
        let base = workers.recycler.worker(worker).birth.base;
        process.base -= base;
        let number = process.node;
        self.nodes[number as usize].memory -= base;
        self.touch(number);
    }

    /// Ends a worker at once; what it has in hand is lost.
    pub(super) fn kill_worker(
        &mut self,
        at: Ref,
        worker: usize,
        why: Why,
        observer: &mut impl Observer,
    ) {
        let now = self.now();
        let number = self.processes[at].node;
        if self.nodes[number as usize].listener == Some(at) {
            self.integrate_slots(number);
        }
        let Some(workers) = &mut self.processes[at].workers else { return };
        let lost = workers.recycler.drop_all(worker);
        self.nodes[number as usize].cpu.retain(now, |job| !lost.contains(job));
        self.processes[at].in_service -= lost.len() as u32;
        self.replace_worker(at, worker, why, true, observer);
        for attempt in lost {
            // One that fails may lead to the end of the process with all the others.
            if self.attempts.get(attempt).is_some() {
                self.nodes[number as usize].memory -= self.working(&[attempt]);
                self.fail(attempt, Outcome::Reset, observer);
            }
        }
        if self.processes.get(at).is_some() {
            self.end_if_drained(at, observer);
        }
        self.touch(number);
    }

    /// Tells all workers of a process that load what is on the disk to leave, for fresh ones that
    /// do; whether it has such workers.
    pub(super) fn replace_all_workers(&mut self, at: Ref, observer: &mut impl Observer) -> bool {
        let Some(setup) = &self.scenario.process.workers else { return false };
        let (count, preload) = (setup.rules.count as usize, setup.preload);
        if preload {
            return false;
        }
        for worker in 0..count {
            self.tell_worker(at, worker, Why::Reload, observer);
        }
        true
    }

    /// All workers of a process go on with another release, and this factor on their work.
    pub(super) fn reload_workers(&mut self, at: Ref, release: usize, work: f64) {
        let Some(workers) = &mut self.processes[at].workers else { return };
        for worker in 0..workers.recycler.workers().len() {
            let birth = &mut workers.recycler.worker(worker).birth;
            (birth.release, birth.work) = (release, work);
        }
    }

    /// What a master does every so often.
    pub(super) fn on_duty_due(&mut self, at: Ref, duty: Duty, observer: &mut impl Observer) {
        let scenario = Arc::clone(&self.scenario);
        let Some(setup) = &scenario.process.workers else { return };
        let Some(process) = self.processes.get(at) else { return };
        let number = process.node;
        // One that stands still, or stops, does nothing.
        let stands_still = self.nodes[number as usize].struck.hangs;
        let acts = !stands_still && process.state != ProcessState::Stopping;
        let next = match duty {
            Duty::Timeout => {
                let Some(timeout) = setup.rules.timeout else { return };
                if acts {
                    self.kill_overdue(at, timeout.after, observer);
                }
                timeout.look
            }
            Duty::Killer => {
                let Some(killer) = setup.rules.killer else { return };
                let memory = self.memory_of(at);
                if acts
                    && memory > killer.above
                    && let Some((worker, _)) = self.largest_worker(at)
                {
                    self.tell_worker(at, worker, Why::Largest, observer);
                }
                killer.every
            }
            Duty::Rolling => {
                let Some(rolling) = setup.rules.rolling else { return };
                if acts { self.take_turn(at, rolling.pause, observer) } else { rolling.pause }
            }
        };
        if self.processes.get(at).is_some() {
            self.calendar.after(next, Event::DutyDue { process: at, duty });
        }
    }

    /// Tells the next worker of the round to leave; how long until the one after it.
    fn take_turn(&mut self, at: Ref, pause: Duration, observer: &mut impl Observer) -> Duration {
        let Some(workers) = &mut self.processes[at].workers else { return pause };
        let (worker, more) = workers.recycler.next_turn();
        workers.rounds += u64::from(!more);
        self.tell_worker(at, worker, Why::Turn, observer);
        if more { pause } else { self.next_round(at) }
    }

    fn kill_overdue(&mut self, at: Ref, limit: Duration, observer: &mut impl Observer) {
        let now = self.now();
        let Some(workers) = &self.processes[at].workers else { return };
        for worker in workers.recycler.overdue(now, limit) {
            if self.processes.get(at).is_some() {
                self.kill_worker(at, worker, Why::Timeout, observer);
            }
        }
    }

    /// The worker of a process that needs most, and how much.
    fn largest_worker(&self, at: Ref) -> Option<(usize, u64)> {
        let workers = self.processes[at].workers.as_ref()?;
        workers.recycler.largest(|worker| {
            let held: Vec<Ref> = worker.jobs().collect();
            worker.memory() + self.working(&held)
        })
    }

    /// Memory of a process without its workers; `None` if it has none.
    pub(super) fn master_memory(&self, at: Ref) -> Option<u64> {
        let process = &self.processes[at];
        let workers = process.workers.as_ref()?.recycler.workers();
        let theirs: u64 = workers.iter().map(|worker| worker.memory()).sum();
        Some(process.base + process.retained - theirs)
    }

    /// The worker that the kernel kills for want of memory in place of a whole process.
    pub(super) fn worker_to_kill(&self, at: Ref) -> Option<usize> {
        let (worker, bytes) = self.largest_worker(at)?;
        (Some(bytes) > self.master_memory(at)).then_some(worker)
    }

    /// Since when the worker that has an attempt serves, the factor on its work, and whether it is
    /// as fast as it gets.
    pub(super) fn worker_of(&self, at: Ref, process: Ref) -> Option<(Instant, f64, bool)> {
        let workers = self.processes[process].workers.as_ref()?;
        let worker = &workers.recycler.workers()[workers.recycler.holder(at)?];
        Some((worker.since, worker.birth.work, worker.birth.warm))
    }
}
