//! bluepill 0.1.3: one thread a node that polls, acts, and looks away while it waits.
//!
//! What matters for a restart under load, from its source and from runs of it:
//! - it sleeps a second between two ticks, and a start command that does not return holds up the
//!   tick for as long as the start grace;
//! - after a restart the stop grace and the start grace add up, and until then it sees nothing;
//! - a process that is gone costs one tick to be marked down and one more to be started;
//! - it never gives up, unless its flapping trigger leaves the process alone;
//! - a change of state clears the samples of its checks, but not when they last ran.

use super::Order;
use super::rule::{Rule, Samples};
use crate::kernel::time::{Duration, Instant};
use std::collections::VecDeque;

/// Settings; the defaults of the scenario's keys are bluepill's own.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Time from the end of one tick to the next: its sleep of 1 s and its work.
    pub tick: Duration,
    /// How long a start command may block, and how long checks are skipped after a start.
    pub start_grace: Duration,
    /// How long checks are skipped after a stop.
    pub stop_grace: Duration,
    /// Whether bluepill detaches the process itself, so that starting does not block the tick.
    pub daemonize: bool,
    /// When it leaves a process alone that it starts too often.
    pub flapping: Option<Flapping>,
    /// The checks that restart the process.
    pub rules: Vec<Rule>,
}

/// The trigger `:flapping`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flapping {
    /// So many starts and restarts, at least 1,
    pub times: u32,
    /// within this time, and the last of them does not happen.
    pub within: Duration,
    /// When it starts the process instead, alive or not; never if zero.
    pub retry_in: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Up,
    Down,
    /// A start or a restart was ordered; the next look tells what became of it.
    Acting,
    /// The process is left alone until then.
    Unmonitored(Instant),
}

#[derive(Clone, Debug)]
struct Check {
    next_run: Instant,
    samples: Samples,
}

/// The daemon of one node.
#[derive(Clone, Debug)]
pub struct Bluepill {
    state: State,
    blind_until: Instant,
    checks: Vec<Check>,
    /// When it last started or restarted the process, as many as the flapping trigger counts.
    acts: VecDeque<Instant>,
}

impl Bluepill {
    /// A daemon that finds its process up. It has run for long: `phases` says for each of its
    /// checks after which share of the check's interval from `now` on it samples next.
    pub fn new(now: Instant, settings: &Settings, phases: impl Iterator<Item = f64>) -> Bluepill {
        let check = |(rule, phase): (&Rule, f64)| Check {
            next_run: now + rule.every.scaled(phase),
            samples: Samples::default(),
        };
        Bluepill {
            state: State::Up,
            blind_until: Instant::START,
            checks: settings.rules.iter().zip(phases).map(check).collect(),
            acts: VecDeque::new(),
        }
    }

    /// One tick. `sample` measures a rule's metric and says whether it is over its limit; it is
    /// called for the rules that are due.
    pub fn tick(
        &mut self,
        now: Instant,
        settings: &Settings,
        alive: bool,
        mut sample: impl FnMut(usize) -> (f64, bool),
    ) -> Order {
        if now < self.blind_until {
            return Order::Wait;
        }
        match self.state {
            State::Unmonitored(until) if now < until => Order::Wait,
            State::Unmonitored(_) => self.act(now, settings, Order::Start),
            State::Acting => {
                self.enter(if alive { State::Up } else { State::Down });
                Order::Wait
            }
            State::Down => {
                if alive {
                    self.enter(State::Up);
                    return Order::Wait;
                }
                self.act(now, settings, Order::Start)
            }
            State::Up if !alive => {
                self.enter(State::Down);
                Order::Wait
            }
            State::Up => {
                for (number, (check, rule)) in
                    self.checks.iter_mut().zip(&settings.rules).enumerate()
                {
                    if now < check.next_run {
                        continue;
                    }
                    check.next_run = now + rule.every;
                    let (value, is_over) = sample(number);
                    if check.samples.add(rule, is_over) {
                        return self.act(now, settings, Order::Restart { rule: number, value });
                    }
                }
                Order::Wait
            }
        }
    }

    /// Starts or restarts the process, unless that has happened too often of late.
    fn act(&mut self, now: Instant, settings: &Settings, order: Order) -> Order {
        if let Some(flapping) = settings.flapping {
            self.acts.push_back(now);
            if self.acts.len() > flapping.times as usize {
                self.acts.pop_front();
            }
            let is_full = self.acts.len() == flapping.times as usize;
            if is_full && now.since(self.acts[0]) <= flapping.within {
                self.acts.clear();
                if flapping.retry_in == Duration::ZERO {
                    self.enter(State::Unmonitored(Instant::NEVER));
                    return Order::GiveUp;
                }
                self.enter(State::Unmonitored(now + flapping.retry_in));
                return Order::Wait;
            }
        }
        self.enter(State::Acting);
        order
    }

    /// The process was started at `now`, on this daemon's order or somebody else's; `returns` is
    /// how long the start command takes to return. Says how long the tick is held up.
    pub fn started(&mut self, now: Instant, settings: &Settings, returns: Duration) -> Duration {
        let held =
            if settings.daemonize { Duration::ZERO } else { returns.min(settings.start_grace) };
        // After a stop both graces count from the stop, else this one from the command's return.
        let from = if self.blind_until > now { self.blind_until } else { now + held };
        self.blind_until = from + settings.start_grace;
        self.enter(State::Acting);
        held
    }

    /// The process was told to stop at `now`.
    pub fn stopped(&mut self, now: Instant, settings: &Settings) {
        self.blind_until = self.blind_until.max(now) + settings.stop_grace;
    }

    /// The restart that was ordered is not allowed: the process runs on, the checks begin anew.
    pub fn refused(&mut self) {
        self.enter(State::Up);
    }

    /// Stops looking after the process.
    pub fn unmonitor(&mut self) {
        self.enter(State::Unmonitored(Instant::NEVER));
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        for check in &mut self.checks {
            check.samples.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rule::Metric;
    use super::*;

    fn settings() -> Settings {
        Settings {
            tick: Duration::from_millis(1_010),
            start_grace: Duration::from_secs(3),
            stop_grace: Duration::from_secs(3),
            daemonize: false,
            flapping: None,
            rules: vec![Rule {
                name: "memory".into(),
                metric: Metric::Memory,
                limit: (0.0, 0.0),
                every: Duration::from_secs(2),
                over: 2,
                samples: 2,
                include_children: false,
            }],
        }
    }

    /// Runs a daemon whose check is always over its limit against processes that start or fail at
    /// once, and returns the times of starts in seconds since the first restart.
    fn starts(settings: &Settings, valid: bool, seconds: u64) -> Vec<f64> {
        let mut daemon = Bluepill::new(Instant::START, settings, std::iter::repeat(0.0));
        let mut now = Instant::START;
        let mut alive = true;
        let mut starts = Vec::new();
        let exec = Duration::from_millis(100);
        while now < Instant::from_nanos(seconds * 1_000_000_000) {
            let order = daemon.tick(now, settings, alive, |_| (1.0, true));
            let mut blocks = Duration::ZERO;
            if matches!(order, Order::Start | Order::Restart { .. }) {
                if let Order::Restart { .. } = order {
                    daemon.stopped(now, settings);
                }
                starts.push(now);
                blocks = daemon.started(now, settings, exec);
                alive = valid;
            }
            now = now + blocks + settings.tick;
        }
        let first = starts[0];
        starts.iter().map(|start| start.since(first).as_secs_f64()).collect()
    }

    /// Measured on bluepill 0.1.3: a check every 2 s, twice over, always bad: a restart every 9.1
    /// s.
    #[test]
    fn a_check_that_always_fails_restarts_every_nine_seconds() {
        for pair in starts(&settings(), true, 60).windows(2) {
            assert!((pair[1] - pair[0] - 9.1).abs() < 0.2, "{pair:?}");
        }
    }

    /// Measured on bluepill 0.1.3 with a configuration that is invalid at the first restart:
    /// attempts 0.1, 7.2, 11.4 and 15.6 s after it, and so on for ever.
    #[test]
    fn a_process_that_cannot_start_is_started_for_ever() {
        let starts = starts(&settings(), false, 60);
        for (start, measured) in starts.iter().zip([0.0, 7.1, 11.3, 15.5, 19.7]) {
            assert!((start - measured).abs() < 0.2, "{start} for {measured}");
        }
        assert!(starts.len() > 12, "it never gives up");
    }

    /// Measured on bluepill 0.1.3 with an invalid configuration, three times within 30 s and a
    /// retry in 7 s: pairs of attempts 4 s apart, and pauses of 11 s between them.
    #[test]
    fn a_process_that_flaps_is_left_alone_for_a_while() {
        let within = Duration::from_secs(30);
        let flapping = Flapping { times: 3, within, retry_in: Duration::from_secs(7) };
        let settings = Settings { flapping: Some(flapping), ..settings() };
        let starts = starts(&settings, false, 90);
        let gaps: Vec<f64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        // The first pair begins with the restart, after which both graces add up.
        assert!((gaps[0] - 7.1).abs() < 0.2 && gaps.len() > 8, "{gaps:?}");
        for pair in gaps[1..].chunks_exact(2) {
            assert!((pair[0] - 11.2).abs() < 0.4 && (pair[1] - 4.2).abs() < 0.2, "{gaps:?}");
        }
    }

    /// Its own default, five within a second, cannot come about with graces of three seconds.
    #[test]
    fn the_default_trigger_never_acts() {
        let (within, retry_in) = (Duration::from_secs(1), Duration::from_secs(5));
        let flapping = Some(Flapping { times: 5, within, retry_in });
        let triggered = starts(&Settings { flapping, ..settings() }, false, 90);
        assert_eq!(triggered, starts(&settings(), false, 90));
    }

    #[test]
    fn without_a_retry_it_gives_up() {
        let within = Duration::from_secs(30);
        let flapping = Some(Flapping { times: 2, within, retry_in: Duration::ZERO });
        assert_eq!(starts(&Settings { flapping, ..settings() }, false, 90), [0.0]);
    }
}
