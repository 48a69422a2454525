//! What the theorems count beside the measures of the program.

use super::Figure;
use fleetfall::kernel::time::Instant;
use fleetfall::scenario::Scenario;
use fleetfall::sim::observation::{Observation, Observer, Outcome};

/// Watches a replication for what its figures need.
pub(super) struct Probe {
    warm_up: Instant,
    horizon: Instant,
    completed: u64,
    sojourns: Vec<Beyond>,
    waits: Vec<Beyond>,
    windows: Vec<Windows>,
    shares: Vec<Share>,
    /// The last node, where shares are asked for, and when it was marked up.
    last: Option<u32>,
    marked: Option<Instant>,
}

/// How many took longer than a limit.
struct Beyond {
    secs: f64,
    count: u64,
}

/// Arrivals counted in windows of equal length, from the warm-up on: how many windows are over, and
/// the sums of their counts and of the squares.
struct Windows {
    secs: f64,
    count: u64,
    over: u64,
    sum: f64,
    squares: f64,
}

impl Windows {
    /// Closes the windows that end by now, `passed` seconds after the warm-up.
    fn roll(&mut self, passed: f64) {
        while (self.over + 1) as f64 * self.secs <= passed {
            let count = self.count as f64;
            self.over += 1;
            self.sum += count;
            self.squares += count * count;
            self.count = 0;
        }
    }
}

/// Attempts accepted in an interval, and those of them on the last node.
struct Share {
    from: f64,
    to: f64,
    all: u64,
    last: u64,
}

impl Probe {
    pub(super) fn new(scenario: &Scenario, figures: &[Figure]) -> Probe {
        let nodes = scenario.nodes.additions.iter().map(|addition| addition.count).sum::<u32>();
        let mut probe = Probe {
            warm_up: scenario.clock.warm_up,
            horizon: scenario.clock.horizon,
            completed: 0,
            sojourns: Vec::new(),
            waits: Vec::new(),
            windows: Vec::new(),
            shares: Vec::new(),
            last: None,
            marked: None,
        };
        for figure in figures {
            match *figure {
                Figure::SojournBeyond(secs) => probe.sojourns.push(Beyond { secs, count: 0 }),
                Figure::WaitBeyond(secs) => probe.waits.push(Beyond { secs, count: 0 }),
                Figure::Dispersion(secs) => {
                    let windows = Windows { secs, count: 0, over: 0, sum: 0.0, squares: 0.0 };
                    probe.windows.push(windows);
                }
                Figure::ShareOfLast(from, to) => {
                    probe.last = Some(scenario.nodes.count + nodes - 1);
                    probe.shares.push(Share { from, to, all: 0, last: 0 });
                }
                Figure::Of(_)
                | Figure::InTheLimit(_)
                | Figure::OfClass(..)
                | Figure::Refused
                | Figure::Rate => {}
            }
        }
        probe
    }

    /// Seconds from the warm-up to the horizon.
    pub(super) fn measured_secs(&self) -> f64 {
        self.horizon.since(self.warm_up).as_secs_f64()
    }

    fn share(&self, beyond: &[Beyond], secs: f64) -> f64 {
        let found = beyond.iter().find(|beyond| beyond.secs.to_bits() == secs.to_bits());
        found.expect("it was asked for").count as f64 / self.completed as f64
    }

    pub(super) fn sojourns_beyond(&self, secs: f64) -> f64 {
        self.share(&self.sojourns, secs)
    }

    pub(super) fn waits_beyond(&self, secs: f64) -> f64 {
        self.share(&self.waits, secs)
    }

    /// The variance of the counts over their mean.
    pub(super) fn dispersion(&self, secs: f64) -> f64 {
        let is_it = |windows: &&Windows| windows.secs.to_bits() == secs.to_bits();
        let windows = self.windows.iter().find(is_it).expect("it was asked for");
        let n = windows.over as f64;
        let mean = windows.sum / n;
        (windows.squares - n * mean * mean) / (n - 1.0) / mean
    }

    pub(super) fn share_of_last(&self, from: f64, to: f64) -> f64 {
        let is_it = |share: &&Share| {
            share.from.to_bits() == from.to_bits() && share.to.to_bits() == to.to_bits()
        };
        let share = self.shares.iter().find(is_it).expect("it was asked for");
        share.last as f64 / share.all as f64
    }
}

impl Observer for Probe {
    fn observe(&mut self, now: Instant, seen: &Observation) {
        match *seen {
            Observation::RequestIssued { .. } if now >= self.warm_up => {
                for windows in &mut self.windows {
                    windows.roll(now.since(self.warm_up).as_secs_f64());
                    windows.count += 1;
                }
            }
            Observation::RequestSettled { issued, outcome, wait, .. }
                if outcome == Outcome::Completed && issued >= self.warm_up =>
            {
                self.completed += 1;
                let sojourn = now.since(issued).as_secs_f64();
                for beyond in &mut self.sojourns {
                    beyond.count += u64::from(sojourn > beyond.secs);
                }
                for beyond in &mut self.waits {
                    beyond.count += u64::from(wait.as_secs_f64() > beyond.secs);
                }
            }
            Observation::NodeMarked { node, up: true, .. } if self.last == Some(node) => {
                self.marked = Some(now);
            }
            Observation::AttemptAccepted { node } => {
                let Some(marked) = self.marked else { return };
                let since = now.since(marked).as_secs_f64();
                for share in &mut self.shares {
                    if (share.from..share.to).contains(&since) {
                        share.all += 1;
                        share.last += u64::from(self.last == Some(node));
                    }
                }
            }
            Observation::Ended { .. } => {
                let end = self.measured_secs();
                for windows in &mut self.windows {
                    windows.roll(end);
                }
            }
            _ => {}
        }
    }
}
