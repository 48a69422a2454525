//! The workers of a process: who takes a request, and when a worker is replaced by a fresh one.
//!
//! Here are the rules of those who replace workers on purpose: a worker that has served enough
//! (gunicorn, uWSGI, Apache), one that keeps too much memory (unicorn-worker-killer), the largest
//! one when all together need too much and one after the other every few hours
//! (puma_worker_killer), and one that sits on a request for too long (unicorn, gunicorn, uWSGI).
//! What a worker holds are jobs `J`; what becomes of them is for others to say.

use crate::kernel::time::{Duration, Instant};

/// Which of the free workers takes the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// The one that has been idle for longest, as where workers block in `accept`.
    LongestIdle,
    /// The one that became idle last, as where they wait with `epoll`.
    LastIdle,
}

/// After how many requests a worker leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxRequests {
    /// So many.
    pub count: u64,
    /// And up to so many more, drawn for every worker.
    pub jitter: u64,
    /// And so many more for each worker before it.
    pub stagger: u64,
}

impl MaxRequests {
    /// The limit of a worker, whose draw is `share` (0 to 1).
    pub fn limit(self, worker: usize, share: f64) -> u64 {
        let jitter = (share * (self.jitter + 1) as f64) as u64;
        self.count + jitter.min(self.jitter) + self.stagger * worker as u64
    }
}

/// How much a worker may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimit {
    /// Bytes, for every worker a value between these.
    pub above: (u64, u64),
    /// After how many requests it looks.
    pub every: u64,
}

/// Somebody who replaces the largest worker when all together need too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Killer {
    /// From one look to the next.
    pub every: Duration,
    /// Bytes of the process with its workers.
    pub above: u64,
}

/// Replacing all workers one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rolling {
    /// From the end of one round to the next,
    pub every: Duration,
    /// and up to so much more.
    pub extra: Duration,
    /// From one worker to the next.
    pub pause: Duration,
}

/// How long a worker may take for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout {
    /// So long.
    pub after: Duration,
    /// From one look of the master to the next.
    pub look: Duration,
}

/// The rules for the workers of a process.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How many there are.
    pub count: u32,
    /// Requests that each serves at once.
    pub slots: u32,
    /// Who takes the next request.
    pub accept: Accept,
    /// After how many requests one leaves.
    pub max_requests: Option<MaxRequests>,
    /// How much one may keep.
    pub memory_limit: Option<MemoryLimit>,
    /// A worker that has served for less than this leaves for neither.
    pub min_life: Duration,
    /// Replacing the largest.
    pub killer: Option<Killer>,
    /// Replacing all in turn.
    pub rolling: Option<Rolling>,
    /// How long a request may take.
    pub timeout: Option<Timeout>,
    /// How long a worker that leaves has to finish what it holds.
    pub finish: Duration,
}

/// Why a worker is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// It has served enough.
    Requests,
    /// It keeps too much memory.
    Memory,
    /// It is the largest of those that need too much.
    Largest,
    /// It is its turn.
    Turn,
    /// A request has taken it too long.
    Timeout,
    /// The kernel killed it.
    OutOfMemory,
    /// Its process reads a new configuration.
    Reload,
}

/// What follows for a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    Stays,
    /// It takes no more, and ends when it has finished what it holds.
    Leaves,
    /// It ends now.
    Ends(Why),
}

/// What a worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It takes requests.
    Serving,
    /// It finishes what it holds.
    Leaving(Why),
    /// It boots.
    Booting,
    /// It boots and will fail.
    Failing,
    /// It is gone for good.
    Away,
}

/// What a worker is born with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Birth {
    /// The release that it runs.
    pub release: usize,
    /// Factor on the work of its requests.
    pub work: f64,
    /// Memory, in bytes, and what of it comes and goes with its requests.
    pub base: u64,
    /// What it keeps already, in bytes.
    pub retained: u64,
    /// Requests it has served already.
    pub served: u64,
    /// Requests after which it leaves.
    pub limit: u64,
    /// Bytes beyond which it leaves.
    pub memory_limit: u64,
    /// It is not slower than later.
    pub warm: bool,
}

/// A worker.
#[derive(Clone, Debug)]
pub struct Worker<J> {
    /// What it does.
    pub state: State,
    /// What it was born with; what it has served and keeps since is added.
    pub birth: Birth,
    /// Since when it serves.
    pub since: Instant,
    /// Its number among those that had its place.
    pub life: u64,
    /// When it is ready, fails, or has had the time to finish; no other time counts.
    pub due: Instant,
    /// Failed starts since it last served.
    pub failures: u64,
    /// What it holds, and since when.
    holds: Vec<(J, Instant)>,
    /// When it last began to wait, in order.
    turn: u64,
}

impl<J: Copy> Worker<J> {
    /// What it holds.
    pub fn jobs(&self) -> impl Iterator<Item = J> + '_ {
        self.holds.iter().map(|(job, _)| *job)
    }

    /// Memory, in bytes, but for that of what it holds.
    pub fn memory(&self) -> u64 {
        self.birth.base + self.birth.retained
    }

    fn lives(&self) -> bool {
        matches!(self.state, State::Serving | State::Leaving(_))
    }
}

/// The workers of one process.
#[derive(Clone, Debug)]
pub struct Recycler<J> {
    workers: Vec<Worker<J>>,
    turns: u64,
    /// Who is next in the round under way.
    next: usize,
}

impl<J: Copy + PartialEq> Recycler<J> {
    /// Workers that serve from `now` on, each as `birth` has it.
    pub fn new(settings: &Settings, now: Instant, birth: impl Fn(usize) -> Birth) -> Recycler<J> {
        let worker = |number: usize| Worker {
            state: State::Serving,
            birth: birth(number),
            since: now,
            life: 0,
            due: Instant::NEVER,
            failures: 0,
            holds: Vec::new(),
            turn: number as u64,
        };
        let count = settings.count as usize;
        Recycler { workers: (0..count).map(worker).collect(), turns: count as u64, next: 0 }
    }

    /// All workers.
    pub fn workers(&self) -> &[Worker<J>] {
        &self.workers
    }

    /// A worker.
    pub fn worker(&mut self, worker: usize) -> &mut Worker<J> {
        &mut self.workers[worker]
    }

    /// How many requests can be in service as things are.
    pub fn slots(&self, settings: &Settings) -> u32 {
        let of = |worker: &Worker<J>| match worker.state {
            State::Serving => settings.slots,
            State::Leaving(_) => worker.holds.len() as u32,
            State::Booting | State::Failing | State::Away => 0,
        };
        self.workers.iter().map(of).sum()
    }

    /// Gives a job to a free worker, of whom there must be one.
    pub fn take(&mut self, settings: &Settings, now: Instant, job: J) {
        let is_free = |worker: &&mut Worker<J>| {
            worker.state == State::Serving && (worker.holds.len() as u32) < settings.slots
        };
        let free = self.workers.iter_mut().filter(is_free);
        let worker = match settings.accept {
            Accept::LongestIdle => free.min_by_key(|worker| worker.turn),
            Accept::LastIdle => free.max_by_key(|worker| worker.turn),
        };
        let worker = worker.expect("a worker is free");
        worker.holds.push((job, now));
        worker.turn = self.turns;
        self.turns += 1;
    }

    /// The worker that holds a job.
    pub fn holder(&self, job: J) -> Option<usize> {
        self.workers.iter().position(|worker| worker.jobs().any(|held| held == job))
    }

    /// Takes a job from its worker: a request that it has served, so that it keeps so many bytes
    /// more, or one that is given up. Says who it was and what follows, where workers are
    /// `replaced`.
    pub fn finish(
        &mut self,
        settings: &Settings,
        now: Instant,
        job: J,
        served: Option<u64>,
        replaced: bool,
    ) -> (usize, After) {
        let number = self.holder(job).expect("somebody holds it");
        let worker = &mut self.workers[number];
        worker.holds.retain(|(held, _)| *held != job);
        worker.turn = self.turns;
        self.turns += 1;
        if let Some(kept) = served {
            worker.birth.served += 1;
            worker.birth.retained += kept;
        }
        let after = match worker.state {
            State::Leaving(why) if worker.holds.is_empty() => After::Ends(why),
            State::Serving if served.is_some() && replaced => match worker.leaves(settings, now) {
                Some(why) => self.tell(number, why),
                None => After::Stays,
            },
            State::Leaving(_) | State::Serving | State::Booting | State::Failing | State::Away => {
                After::Stays
            }
        };
        (number, after)
    }

    /// Tells a worker to leave.
    pub fn tell(&mut self, number: usize, why: Why) -> After {
        let worker = &mut self.workers[number];
        if worker.state != State::Serving {
            return After::Stays;
        }
        worker.state = State::Leaving(why);
        if worker.holds.is_empty() { After::Ends(why) } else { After::Leaves }
    }

    /// Takes away all that a worker holds.
    pub fn drop_all(&mut self, number: usize) -> Vec<J> {
        std::mem::take(&mut self.workers[number].holds).into_iter().map(|(job, _)| job).collect()
    }

    /// A worker is gone; another takes its place, or nobody.
    pub fn replace(&mut self, number: usize, state: State, due: Instant) {
        let worker = &mut self.workers[number];
        worker.life += 1;
        (worker.birth.base, worker.birth.retained) = (0, 0);
        (worker.state, worker.due) = (state, due);
    }

    /// A worker is ready.
    pub fn serve(&mut self, number: usize, now: Instant, birth: Birth) {
        let worker = &mut self.workers[number];
        (worker.state, worker.birth, worker.since) = (State::Serving, birth, now);
        (worker.due, worker.failures) = (Instant::NEVER, 0);
        worker.turn = self.turns;
        self.turns += 1;
    }

    /// The first of the workers that need most, by what `memory` says of each that lives.
    pub fn largest(&self, memory: impl Fn(&Worker<J>) -> u64) -> Option<(usize, u64)> {
        let live = self.workers.iter().enumerate().filter(|(_, worker)| worker.lives());
        live.map(|(number, worker)| (number, memory(worker))).rev().max_by_key(|(_, bytes)| *bytes)
    }

    /// The workers that have held a job for more than `limit`.
    pub fn overdue(&self, now: Instant, limit: Duration) -> Vec<usize> {
        let is_overdue =
            |worker: &Worker<J>| worker.holds.iter().any(|(_, since)| now.since(*since) > limit);
        (0..self.workers.len()).filter(|&number| is_overdue(&self.workers[number])).collect()
    }

    /// Whose turn it is in the round under way, and whether there is somebody after that.
    pub fn next_turn(&mut self) -> (usize, bool) {
        let number = self.next;
        self.next = (number + 1) % self.workers.len();
        (number, self.next > 0)
    }

    /// Whether no worker serves or boots any more, and each has failed since it last served.
    pub fn all_fail(&self) -> bool {
        let fails = |worker: &Worker<J>| worker.state == State::Failing && worker.failures > 0;
        self.workers.iter().all(fails)
    }
}

impl<J> Worker<J> {
    /// Whether it leaves after the request that it has just served.
    fn leaves(&self, settings: &Settings, now: Instant) -> Option<Why> {
        if now.since(self.since) < settings.min_life && !self.birth.warm {
            return None;
        }
        if self.birth.served >= self.birth.limit {
            return Some(Why::Requests);
        }
        let limit = settings.memory_limit?;
        let looks = self.birth.served.is_multiple_of(limit.every);
        let memory = self.birth.base + self.birth.retained;
        (looks && memory > self.birth.memory_limit).then_some(Why::Memory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(count: u32, slots: u32) -> Settings {
        Settings {
            count,
            slots,
            accept: Accept::LongestIdle,
            max_requests: None,
            memory_limit: None,
            min_life: Duration::ZERO,
            killer: None,
            rolling: None,
            timeout: None,
            finish: Duration::from_secs(30),
        }
    }

    fn birth(limit: u64) -> Birth {
        Birth {
            release: 0,
            work: 1.0,
            base: 100,
            retained: 0,
            served: 0,
            limit,
            memory_limit: 115,
            warm: false,
        }
    }

    fn at(second: u64) -> Instant {
        Instant::from_nanos(second * 1_000_000_000)
    }

    /// Who serves each of six requests that come one at a time to three idle workers.
    fn turns(accept: Accept) -> Vec<usize> {
        let settings = Settings { accept, ..settings(3, 1) };
        let mut workers = Recycler::new(&settings, at(0), |_| birth(u64::MAX));
        let serve = |job: u32| {
            workers.take(&settings, at(1), job);
            workers.finish(&settings, at(1), job, Some(0), true).0
        };
        (0..6).map(serve).collect()
    }

    #[test]
    fn free_workers_take_turns_or_the_last_one_takes_all() {
        assert_eq!(turns(Accept::LongestIdle), [0, 1, 2, 0, 1, 2]);
        assert_eq!(turns(Accept::LastIdle), [2; 6]);
    }

    /// gunicorn's limit is its `max_requests` and a whole number from 0 to its jitter, each as
    /// likely; uWSGI's grows by its delta from worker to worker.
    #[test]
    fn limits_of_requests() {
        let gunicorn = MaxRequests { count: 100, jitter: 9, stagger: 0 };
        let limits: Vec<u64> = (0..20).map(|n| gunicorn.limit(3, f64::from(n) / 20.0)).collect();
        assert_eq!(limits, (0..20).map(|n| 100 + n / 2).collect::<Vec<u64>>());
        let uwsgi = MaxRequests { count: 100, jitter: 0, stagger: 7 };
        assert_eq!([0, 1, 2].map(|worker| uwsgi.limit(worker, 0.99)), [100, 107, 114]);
    }

    /// A script: two workers with two places each and a limit of two requests.
    #[test]
    fn a_worker_that_has_served_enough_finishes_what_it_holds() {
        let settings = settings(2, 2);
        let mut workers = Recycler::new(&settings, at(0), |_| birth(2));
        let finish = |workers: &mut Recycler<char>, job| {
            let (number, after) = workers.finish(&settings, at(1), job, Some(10), true);
            (number, after, workers.slots(&settings))
        };
        // They take turns: a and c go to the first, b and d to the second.
        for job in ['a', 'b', 'c', 'd'] {
            workers.take(&settings, at(0), job);
        }
        assert_eq!(finish(&mut workers, 'a'), (0, After::Stays, 4));
        workers.take(&settings, at(1), 'e');
        // Two served; e is in hand, and nothing new comes to it.
        assert_eq!(finish(&mut workers, 'c'), (0, After::Leaves, 3));
        assert_eq!(finish(&mut workers, 'b'), (1, After::Stays, 3));
        assert_eq!(finish(&mut workers, 'e'), (0, After::Ends(Why::Requests), 2));
        assert_eq!(workers.workers()[0].memory(), 130);
        workers.replace(0, State::Booting, at(6));
        assert_eq!((workers.slots(&settings), workers.workers()[0].memory()), (2, 0));
        workers.serve(0, at(6), birth(2));
        assert_eq!(workers.slots(&settings), 4);
        assert_eq!(workers.tell(0, Why::Turn), After::Ends(Why::Turn));
    }

    /// It looks at every second request only: 110 bytes after the first, 120 after the second,
    /// which is over its 115.
    #[test]
    fn memory_is_looked_at_every_so_many_requests() {
        let memory_limit = Some(MemoryLimit { above: (115, 115), every: 2 });
        let settings = Settings { memory_limit, ..settings(1, 1) };
        let mut workers = Recycler::new(&settings, at(0), |_| birth(u64::MAX));
        let serve = |kept: u64| {
            workers.take(&settings, at(0), 'a');
            workers.finish(&settings, at(0), 'a', Some(kept), true).1
        };
        assert_eq!([20, 0].map(serve), [After::Stays, After::Ends(Why::Memory)]);
    }

    /// uWSGI keeps a worker for its least life, whatever it has served.
    #[test]
    fn a_young_worker_stays() {
        let settings = Settings { min_life: Duration::from_secs(10), ..settings(1, 1) };
        let mut workers = Recycler::new(&settings, at(0), |_| birth(1));
        let serve = |second: u64| {
            workers.take(&settings, at(second), 'a');
            workers.finish(&settings, at(second), 'a', Some(0), true).1
        };
        let expected = [After::Stays, After::Stays, After::Ends(Why::Requests)];
        assert_eq!([3, 9, 10].map(serve), expected);
    }

    #[test]
    fn a_request_may_take_as_long_as_the_timeout() {
        let settings = settings(3, 1);
        let mut workers = Recycler::new(&settings, at(0), |_| birth(u64::MAX));
        for second in 0..3 {
            workers.take(&settings, at(second), second);
        }
        // Since 0, 1 and 2: at 31 the first has taken more than 30 s, the second just that.
        assert_eq!(workers.overdue(at(31), Duration::from_secs(30)), [0]);
        assert_eq!(workers.drop_all(0), [0]);
        assert!(workers.overdue(at(31), Duration::from_secs(30)).is_empty());
    }
}
