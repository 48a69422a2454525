//! monit 5.33: looks at its processes once a cycle, and waits for every start.

use super::rule::{Rule, Samples};
use super::{Order, Returns};
use crate::kernel::time::{Duration, Instant};
use std::collections::VecDeque;

/// Settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `set daemon`: from the end of one cycle to the next.
    pub cycle: Duration,
    /// How long a start may take; a start that fails takes all of it.
    pub start_timeout: Duration,
    /// `if N restarts within M cycles then unmonitor`: both numbers.
    pub gives_up: Option<(u32, u32)>,
    /// The tests that restart the process; their samples are one a cycle.
    pub rules: Vec<Rule>,
}

/// What monit itself needs after it has waited for a start in vain, as measured.
const AFTERWARDS: Duration = Duration::from_millis(210);
/// How long a start command takes that works, as measured: the process is looked for ten times a
/// second.
const FOUND: Duration = Duration::from_millis(100);

/// The daemon of one node.
#[derive(Clone, Debug)]
pub struct Monit {
    checks: Vec<Samples>,
    /// Cycles so far, and those in which the last restarts were.
    cycles: u64,
    restarts: VecDeque<u64>,
    unmonitored: bool,
}

impl Monit {
    /// A daemon that finds its process running.
    pub fn new(settings: &Settings) -> Monit {
        Monit {
            checks: vec![Samples::default(); settings.rules.len()],
            cycles: 0,
            restarts: VecDeque::new(),
            unmonitored: false,
        }
    }

    /// One cycle. `sample` measures a rule's metric and says whether it is over its limit.
    pub fn tick(
        &mut self,
        _: Instant,
        settings: &Settings,
        alive: bool,
        mut sample: impl FnMut(usize) -> (f64, bool),
    ) -> Order {
        self.cycles += 1;
        if self.unmonitored {
            return Order::Wait;
        }
        if !alive {
            return if self.counts(settings) { Order::Start } else { Order::GiveUp };
        }
        for (number, rule) in settings.rules.iter().enumerate() {
            let (value, is_over) = sample(number);
            // A restart does not clear the history: a test that is still bad acts at once.
            if self.checks[number].add(rule, is_over) {
                let goes_on = self.counts(settings);
                return if goes_on {
                    Order::Restart { rule: number, value }
                } else {
                    Order::GiveUp
                };
            }
        }
        Order::Wait
    }

    /// Counts a restart; whether there have not been too many.
    fn counts(&mut self, settings: &Settings) -> bool {
        let Some((most, within)) = settings.gives_up else { return true };
        let now = self.cycles;
        let is_recent = |cycle: &u64| now - cycle < u64::from(within);
        self.restarts.retain(is_recent);
        if self.restarts.len() as u32 >= most {
            self.unmonitored = true;
            return false;
        }
        self.restarts.push_back(now);
        true
    }

    /// A start was ordered. Says how long the cycle is held up.
    pub fn started(&mut self, settings: &Settings, returns: Returns) -> Duration {
        match returns {
            Returns::Works(_) => FOUND.min(settings.start_timeout),
            Returns::Fails(_) | Returns::Never => settings.start_timeout + AFTERWARDS,
        }
    }

    /// The restart that was ordered is not allowed.
    pub fn refused(&mut self) {
        self.restarts.pop_back();
    }

    /// Stops looking after the process.
    pub fn unmonitor(&mut self) {
        self.unmonitored = true;
    }

    /// Looks after the process again, as when somebody has started it.
    pub fn monitor(&mut self) {
        self.unmonitored = false;
        self.restarts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::rule::Metric;
    use super::*;

    fn settings(gives_up: Option<(u32, u32)>) -> Settings {
        Settings {
            cycle: Duration::from_secs(5),
            start_timeout: Duration::from_secs(8),
            gives_up,
            rules: vec![Rule {
                name: "memory".into(),
                metric: Metric::Memory,
                limit: (0.0, 0.0),
                every: Duration::from_secs(5),
                over: 2,
                samples: 2,
                include_children: true,
            }],
        }
    }

    /// Starts of a process that exits at once, in seconds from the first, and what came in the end.
    fn starts(gives_up: Option<(u32, u32)>, cycles: u32) -> (Vec<f64>, bool) {
        let settings = settings(gives_up);
        let mut daemon = Monit::new(&settings);
        let mut now = Instant::START;
        let mut starts = Vec::new();
        for _ in 0..cycles {
            let order = daemon.tick(now, &settings, false, |_| (0.0, false));
            let mut held = Duration::ZERO;
            match order {
                Order::Start => {
                    starts.push(now.as_secs_f64());
                    held = daemon.started(&settings, Returns::Fails(Duration::ZERO));
                }
                Order::GiveUp => return (starts, true),
                Order::Wait | Order::Restart { .. } => {}
            }
            now = now + held + settings.cycle;
        }
        (starts, false)
    }

    /// Measured with a cycle of 5 s and a timeout of 8 s: an attempt every 13.3 s; with `3 restarts
    /// within 5 cycles` it stops after the third for good.
    #[test]
    fn a_failing_start_takes_its_whole_timeout() {
        let (endless, gave_up) = starts(None, 50);
        assert!(!gave_up);
        assert!(endless.windows(2).all(|pair| (pair[1] - pair[0] - 13.3).abs() < 0.3));
        let (three, gave_up) = starts(Some((3, 5)), 50);
        assert_eq!((three.len(), gave_up), (3, true));
    }

    /// Measured: the first restart after two bad cycles, and then one every cycle.
    #[test]
    fn a_test_that_stays_bad_acts_every_cycle() {
        let settings = settings(None);
        let mut daemon = Monit::new(&settings);
        let orders: Vec<bool> = (0..5)
            .map(|_| daemon.tick(Instant::START, &settings, true, |_| (1.0, true)))
            .map(|order| order != Order::Wait)
            .collect();
        assert_eq!(orders, [false, true, true, true, true]);
    }
}
