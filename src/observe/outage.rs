//! Outages, found window by window.

use crate::kernel::time::{Duration, Instant};
use crate::scenario::model::OutageRule;

/// An outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Outage {
    /// Start of its first bad window.
    pub start: Instant,
    /// Start of the good windows that ended it, or the horizon.
    pub end: Instant,
}

/// Finds outages in a sequence of windows.
#[derive(Clone, Debug)]
pub(super) struct Finder {
    rule: OutageRule,
    /// Outages that have ended.
    ended: Vec<Outage>,
    /// Start of the outage that lasts.
    open: Option<Instant>,
    /// Start of the present run of windows that speak for a change.
    run: Option<Instant>,
    /// Kind of the last window that had requests.
    last: Option<Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bad,
    Between,
    Good,
}

impl Finder {
    pub(super) fn new(rule: OutageRule) -> Finder {
        Finder { rule, ended: Vec::new(), open: None, run: None, last: None }
    }

    /// Adds the next window, of which `served` out of `settled` requests succeeded; returns whether
    /// service was partial: not good, and outside any outage as far as is known yet.
    pub(super) fn add(&mut self, start: Instant, length: Duration, served: u64, settled: u64) {
        let kind = if settled == 0 {
            self.last.unwrap_or(Kind::Good)
        } else {
            let share = served as f64 / settled as f64;
            if share < self.rule.below {
                Kind::Bad
            } else if share >= self.rule.recovered {
                Kind::Good
            } else {
                Kind::Between
            }
        };
        self.last = Some(kind);
        let (wanted, lasting) = match self.open {
            None => (Kind::Bad, self.rule.lasting),
            Some(_) => (Kind::Good, self.rule.recovered_lasting),
        };
        if kind != wanted {
            self.run = None;
            return;
        }
        let since = *self.run.get_or_insert(start);
        if (start + length).since(since) >= lasting {
            self.run = None;
            match self.open.take() {
                None => self.open = Some(since),
                Some(began) => self.ended.push(Outage { start: began, end: since }),
            }
        }
    }

    /// All outages; one that lasts ends at the horizon.
    pub(super) fn outages(&self, horizon: Instant) -> Vec<Outage> {
        let mut all = self.ended.clone();
        all.extend(self.open.map(|start| Outage { start, end: horizon }));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows of ten seconds, each a letter: `.` good, `b` bad, `-` between, a space empty.
    fn outages(windows: &str) -> Vec<(u64, u64)> {
        let rule = OutageRule {
            below: 0.5,
            lasting: Duration::from_secs(30),
            recovered: 0.95,
            recovered_lasting: Duration::from_secs(60),
        };
        let mut finder = Finder::new(rule);
        let length = Duration::from_secs(10);
        let mut start = Instant::START;
        for window in windows.chars() {
            let (served, settled) = match window {
                '.' => (95, 100),
                '-' => (50, 100),
                'b' => (49, 100),
                _ => (0, 0),
            };
            finder.add(start, length, served, settled);
            start += length;
        }
        let seconds = |at: Instant| at.as_nanos() / 1_000_000_000;
        let all = finder.outages(start);
        all.iter().map(|outage| (seconds(outage.start), seconds(outage.end))).collect()
    }

    #[test]
    fn an_outage_needs_thirty_bad_seconds() {
        assert_eq!(outages(".bb.bb-bb."), []);
        assert_eq!(outages(".bbb......"), [(10, 40)]);
        assert_eq!(outages("bb bbb"), [(0, 60)]);
    }

    #[test]
    fn it_ends_where_a_good_minute_begins() {
        assert_eq!(outages("bbb...-......"), [(0, 70)]);
        assert_eq!(outages("bbb--.....-b......bbb......"), [(0, 120), (180, 210)]);
        assert_eq!(outages("bbb....."), [(0, 80)]);
    }
}
