//! The cores of a node, shared equally by the requests that compute: processor sharing.
//!
//! Sharing is done in *virtual time*: the work that each job present has received since the cores
//! were last idle. A job that needs `w` more work leaves when virtual time has grown by `w`,
//! whatever comes and goes meanwhile, so an arrival costs one heap push instead of an update of
//! every job.
//!
//! Work is a whole number of 2^-10 ns of one core at speed 1, and sharing is exact: what does not
//! divide evenly among the jobs is carried over to the next division. The only rounding is that a
//! job leaves at the first whole nanosecond at which its work is done.

use crate::kernel::heap::{Heap, Keyed};
use crate::kernel::time::{Duration, Instant};

/// Units of work in one nanosecond of one core at speed 1.
const UNITS: u64 = 1 << 10;

/// The longest work of one stage: one hour, so that all products below stay within 64 bits.
pub const WORK_MAX: Duration = Duration::from_secs(3_600);
/// The most cores of a node.
pub const CORES_MAX: u32 = 256;
/// The highest speed of a core.
pub const SPEED_MAX: f64 = 16.0;

/// A core's speed relative to the one that demands are stated for, in steps of 2^-10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed(u64);

impl Speed {
    /// A speed of 1.
    pub const NORMAL: Speed = Speed(UNITS);
    /// No speed at all: nothing is done, and no core is busy.
    pub const STOPPED: Speed = Speed(0);

    /// The nearest speed to `factor`, at least 2^-10 and at most [`SPEED_MAX`].
    pub fn new(factor: f64) -> Speed {
        Speed(((factor.min(SPEED_MAX) * UNITS as f64 + 0.5) as u64).max(1))
    }

    /// The factor.
    pub fn factor(self) -> f64 {
        self.0 as f64 / UNITS as f64
    }

    /// This speed times another.
    pub fn times(self, other: Speed) -> Speed {
        Speed((self.0 * other.0 / UNITS).max(1))
    }
}

#[derive(Clone, Copy, Debug)]
struct Job<J> {
    finish: u64,
    seq: u64,
    job: J,
}

impl<J> Keyed for Job<J> {
    #[inline]
    fn key(&self) -> u128 {
        u128::from(self.finish) << 64 | u128::from(self.seq)
    }
}

/// Jobs that were put aside with what they have received.
#[derive(Clone, Debug)]
pub struct Aside<J> {
    jobs: Heap<Job<J>>,
    virtual_now: u64,
    carry: u64,
}

/// The cores of one node and the jobs `J` that share them.
#[derive(Clone, Debug)]
pub struct Cpu<J> {
    cores: u64,
    speed: u64,
    jobs: Heap<Job<J>>,
    /// Work each job has received since the cores were last idle.
    virtual_now: u64,
    /// Work done that has not been handed out because it did not divide by the number of jobs.
    carry: u64,
    last: Instant,
    next_seq: u64,
    /// Core-nanoseconds during which a core was busy.
    busy: u64,
}

impl<J: Copy> Cpu<J> {
    /// Idle cores.
    pub fn new(cores: u32, speed: Speed) -> Cpu<J> {
        Cpu {
            cores: u64::from(cores),
            speed: speed.0,
            jobs: Heap::default(),
            virtual_now: 0,
            carry: 0,
            last: Instant::START,
            next_seq: 0,
            busy: 0,
        }
    }

    /// Starts a job that needs `work` of one core at speed 1; more than [`WORK_MAX`] counts as
    /// that.
    #[inline]
    pub fn start(&mut self, now: Instant, work: Duration, job: J) {
        self.advance(now);
        let finish = self.virtual_now + work.min(WORK_MAX).as_nanos() * UNITS;
        self.jobs.push(Job { finish, seq: self.next_seq, job });
        self.next_seq += 1;
    }

    /// Takes the next job whose work is done, in the order of completion, then of start.
    #[inline]
    pub fn finished(&mut self, now: Instant) -> Option<J> {
        self.advance(now);
        let first = self.jobs.peek()?;
        if first.finish > self.virtual_now {
            return None;
        }
        let job = self.jobs.pop().map(|first| first.job);
        if self.jobs.is_empty() {
            self.virtual_now = 0;
            self.carry = 0;
        }
        job
    }

    /// When the next job will be done if nothing changes; [`Instant::NEVER`] without jobs.
    ///
    /// Valid after a call with the present time.
    #[inline]
    pub fn next_completion(&self) -> Instant {
        let Some(first) = self.jobs.peek() else { return Instant::NEVER };
        if self.speed == 0 {
            return Instant::NEVER;
        }
        let missing = first.finish.saturating_sub(self.virtual_now);
        let jobs = self.jobs.len() as u64;
        let wait = if jobs <= self.cores {
            // The usual speed is a constant, by which the compiler divides without dividing.
            if self.speed == UNITS { missing.div_ceil(UNITS) } else { missing.div_ceil(self.speed) }
        } else {
            let rate = self.speed * self.cores;
            let wait = if missing < 1 << 48 && jobs < 1 << 15 {
                (missing * jobs).saturating_sub(self.carry).div_ceil(rate)
            } else {
                let work = u128::from(missing) * u128::from(jobs);
                let work = work.saturating_sub(u128::from(self.carry));
                u64::try_from(work.div_ceil(u128::from(rate))).unwrap_or(u64::MAX)
            };
            // What is carried over may be all that a job needs, but is handed out a nanosecond
            // later.
            wait.max(u64::from(missing > 0))
        };
        self.last.saturating_add(Duration::from_nanos(wait))
    }

    /// Changes the speed from now on.
    pub fn set_speed(&mut self, now: Instant, speed: Speed) {
        self.advance(now);
        self.speed = speed.0;
    }

    /// Puts all jobs aside: the cores are idle until [`Cpu::resume`].
    pub fn put_aside(&mut self, now: Instant) -> Aside<J> {
        self.advance(now);
        let (virtual_now, carry) = (self.virtual_now, self.carry);
        (self.virtual_now, self.carry) = (0, 0);
        Aside { jobs: std::mem::take(&mut self.jobs), virtual_now, carry }
    }

    /// Goes on with jobs that were put aside; there must be no others.
    pub fn resume(&mut self, now: Instant, aside: Aside<J>) {
        self.advance(now);
        assert!(self.jobs.is_empty(), "jobs were started while others were aside");
        (self.jobs, self.virtual_now, self.carry) = (aside.jobs, aside.virtual_now, aside.carry);
    }

    /// Counts core-time during which a core was busy with jobs that are not simulated.
    pub fn add_busy(&mut self, time: Duration) {
        self.busy += time.as_nanos();
    }

    /// Removes every job for which `keep` is false.
    pub fn retain(&mut self, now: Instant, mut keep: impl FnMut(&J) -> bool) {
        self.advance(now);
        self.jobs.retain(|job| keep(&job.job));
        if self.jobs.is_empty() {
            self.virtual_now = 0;
            self.carry = 0;
        }
    }

    /// Jobs that share the cores.
    pub fn jobs(&self) -> usize {
        self.jobs.len()
    }

    /// Core-time during which a core was busy, until `now`.
    pub fn busy(&mut self, now: Instant) -> Duration {
        self.advance(now);
        Duration::from_nanos(self.busy)
    }

    #[inline]
    fn advance(&mut self, now: Instant) {
        let elapsed = now.since(self.last).as_nanos();
        if elapsed == 0 {
            return;
        }
        self.last = now;
        let jobs = self.jobs.len() as u64;
        if (jobs == 0) | (self.speed == 0) {
            return;
        }
        if jobs <= self.cores {
            self.virtual_now += elapsed * self.speed;
            self.busy += elapsed * jobs;
        } else {
            let work = elapsed * (self.speed * self.cores) + self.carry;
            let each = work / jobs;
            self.carry = work - each * jobs;
            self.virtual_now += each;
            self.busy += elapsed * self.cores;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same cores nanosecond by nanosecond: every job keeps its own remaining work.
    struct Naive {
        cores: u64,
        speed: u64,
        jobs: Vec<(i64, usize)>,
        carry: u64,
        busy: u64,
    }

    impl Naive {
        fn tick(&mut self) {
            let jobs = self.jobs.len() as u64;
            if jobs == 0 {
                self.carry = 0;
                return;
            }
            let each = if jobs <= self.cores {
                self.speed
            } else {
                let work = self.speed * self.cores + self.carry;
                self.carry = work % jobs;
                work / jobs
            };
            self.busy += jobs.min(self.cores);
            for (left, _) in &mut self.jobs {
                *left -= each as i64;
            }
        }

        /// Jobs that are done, most overdue first, then by number.
        fn finished(&mut self) -> Vec<usize> {
            let mut done: Vec<(i64, usize)> =
                self.jobs.iter().copied().filter(|job| job.0 <= 0).collect();
            done.sort_unstable();
            self.jobs.retain(|job| job.0 > 0);
            if self.jobs.is_empty() {
                self.carry = 0;
            }
            done.into_iter().map(|job| job.1).collect()
        }
    }

    proptest! {
        /// Virtual time against the step-by-step oracle: same jobs, same nanosecond, same order.
        #[test]
        fn virtual_time_equals_the_step_by_step_model(
            cores in 1_u32..5,
            arrivals in prop::collection::vec((0_u64..60, 1_u64..90), 1..40),
            change in prop::option::of((0_u64..1500, 0.1_f64..3.0)),
        ) {
            let mut cpu = Cpu::new(cores, Speed::NORMAL);
            let mut naive =
                Naive { cores: u64::from(cores), speed: UNITS, jobs: vec![], carry: 0, busy: 0 };
            let mut starts: Vec<(u64, u64, usize)> = Vec::new();
            let mut time = 0;
            for (id, (gap, work)) in arrivals.into_iter().enumerate() {
                time += gap;
                starts.push((time, work, id));
            }
            let mut seen = Vec::new();
            let mut expected = Vec::new();
            for now in 0..60 * 40 + 90 * 40 * 11 {
                let at = Instant::from_nanos(now);
                if now > 0 {
                    naive.tick();
                }
                expected.extend(naive.finished().into_iter().map(|id| (now, id)));
                if cpu.next_completion() <= at {
                    prop_assert_eq!(cpu.next_completion(), at, "no completion is late");
                    while let Some(id) = cpu.finished(at) {
                        seen.push((now, id));
                    }
                }
                if let Some((when, factor)) = change && when == now {
                    cpu.set_speed(at, Speed::new(factor));
                    naive.speed = Speed::new(factor).0;
                }
                for &(_, work, id) in starts.iter().filter(|start| start.0 == now) {
                    cpu.start(at, Duration::from_nanos(work), id);
                    naive.jobs.push(((work * UNITS) as i64, id));
                }
                if naive.jobs.is_empty() && starts.last().is_some_and(|last| last.0 <= now) {
                    prop_assert_eq!(cpu.busy(at).as_nanos(), naive.busy);
                    break;
                }
            }
            prop_assert_eq!(seen.len(), starts.len());
            prop_assert_eq!(seen, expected);
        }
    }

    /// Jobs that were put aside need what they needed, and idle cores count no time.
    #[test]
    fn jobs_go_on_where_they_were_put_aside() {
        let mut cpu = Cpu::new(1, Speed::NORMAL);
        let at = Instant::from_nanos;
        cpu.start(at(0), Duration::from_nanos(100), 'a');
        cpu.start(at(40), Duration::from_nanos(20), 'b');
        let aside = cpu.put_aside(at(60));
        assert_eq!((cpu.next_completion(), cpu.finished(at(90))), (Instant::NEVER, None));
        cpu.add_busy(Duration::from_nanos(7));
        cpu.resume(at(1060), aside);
        assert_eq!(cpu.next_completion(), at(1080));
        assert_eq!(cpu.finished(at(1080)), Some('b'));
        assert_eq!(cpu.finished(at(1120)), Some('a'));
        assert_eq!(cpu.busy(at(2000)), Duration::from_nanos(127));
    }

    #[test]
    fn two_jobs_on_one_core_by_hand() {
        let mut cpu = Cpu::new(1, Speed::NORMAL);
        let at = Instant::from_nanos;
        cpu.start(at(0), Duration::from_nanos(100), 'a');
        cpu.start(at(40), Duration::from_nanos(20), 'b');
        // From 40 on both run at half speed: b is done at 80, a has 60 - 20 = 40 left and is done
        // at 120.
        assert_eq!(cpu.next_completion(), at(80));
        assert_eq!(cpu.finished(at(80)), Some('b'));
        assert_eq!(cpu.finished(at(80)), None);
        assert_eq!(cpu.next_completion(), at(120));
        assert_eq!(cpu.finished(at(120)), Some('a'));
        assert_eq!(cpu.next_completion(), Instant::NEVER);
        assert_eq!(cpu.busy(at(500)), Duration::from_nanos(120));
    }
}
