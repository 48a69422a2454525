//! Windows: requests counted by the time at which they were issued.

use crate::kernel::time::{Duration, Instant};
use crate::sim::observation::Outcome;
use crate::stats::Histogram;
use std::collections::VecDeque;

/// What became of the requests issued in one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Start of the window.
    pub start: Instant,
    /// Requests issued.
    pub issued: u32,
    /// Attempts that nodes accepted in the window, of whatever age.
    pub accepted: u32,
    /// Requests by outcome, as in [`Outcome::ALL`].
    pub settled: [u32; Outcome::ALL.len()],
    /// Median sojourn of the completed ones, in nanoseconds.
    pub p50: Option<u64>,
    /// 99th percentile of the same.
    pub p99: Option<u64>,
    /// Nodes that served at the end of the window.
    pub nodes_serving: u32,
    /// Nodes that a balancer believed up at the end of the window.
    pub nodes_up: u32,
}

impl Row {
    /// Requests that ended, however.
    pub fn settled_total(&self) -> u64 {
        self.settled.iter().map(|&count| u64::from(count)).sum()
    }

    /// Requests served within their patience.
    pub fn completed(&self) -> u64 {
        u64::from(self.settled[Outcome::Completed as usize])
    }

    /// Requests that failed.
    pub fn failed(&self) -> u64 {
        self.settled_total() - self.completed()
    }
}

#[derive(Clone, Debug)]
struct Open {
    row: Row,
    settled: u32,
    sojourns: Histogram<4>,
    /// Requests that were passed over, less those of them that stand for requests in hand; and
    /// requests of this window that stand for later ones.
    passed: i64,
    postponed: u32,
    /// Median and 99th percentile of what was passed over.
    typical: Option<(u64, u64)>,
}

/// The windows of a run. One is closed when all its requests have ended and those before are
/// closed, so what is held at a time does not grow with the length of the run.
#[derive(Clone, Debug)]
pub struct Windows {
    length: Duration,
    current: Open,
    /// Where the current window ends.
    end: Instant,
    /// Windows that are over, the oldest first.
    past: VecDeque<Open>,
    /// Used again, so that no window allocates.
    spare: Vec<Histogram<4>>,
    nodes: (u32, u32),
    /// None is closed while traffic is passed over.
    held: bool,
}

impl Open {
    fn new(start: Instant, sojourns: Histogram<4>) -> Open {
        let row = Row {
            start,
            issued: 0,
            accepted: 0,
            settled: [0; Outcome::ALL.len()],
            p50: None,
            p99: None,
            nodes_serving: 0,
            nodes_up: 0,
        };
        Open { row, settled: 0, sojourns, passed: 0, postponed: 0, typical: None }
    }
}

impl Windows {
    /// Windows of `length` from `start` on.
    pub fn new(start: Instant, length: Duration) -> Windows {
        Windows {
            length,
            current: Open::new(start, Histogram::default()),
            end: start + length,
            past: VecDeque::new(),
            spare: Vec::new(),
            nodes: (0, 0),
            held: false,
        }
    }

    /// Traffic is passed over from now on.
    pub fn hold(&mut self) {
        self.held = true;
    }

    /// Counts requests that were passed over up to now.
    pub fn pass(&mut self, issued: u64) {
        self.current.row.issued += issued as u32;
        self.current.passed += issued as i64;
    }

    /// A request that was issued at `old` stands for one of those passed over, issued at `new`.
    /// Whether each was issued within the windows.
    pub fn postpone(&mut self, old: Instant, new: Instant) -> (bool, bool) {
        let was_counted = self.window(old).map(|window| window.postponed += 1).is_some();
        let is_counted = self.window(new).map(|window| window.passed -= 1).is_some();
        (was_counted, is_counted)
    }

    fn window(&mut self, issued: Instant) -> Option<&mut Open> {
        if issued >= self.current.row.start {
            return Some(&mut self.current);
        }
        self.past.iter_mut().rev().find(|window| window.row.start <= issued)
    }

    /// Traffic is simulated again: what was passed over is settled, window by window. `outcomes`
    /// says how so many requests more of them ended, and how many attempts nodes accepted;
    /// `typical` are the median and the 99th percentile of their sojourns. Calls `settled` with the
    /// start of each window and its outcomes. Requests that are in hand and were not counted as
    /// issued are; how many that are.
    pub fn resume(
        &mut self,
        mut outcomes: impl FnMut(u64) -> ([u64; Outcome::ALL.len()], u64),
        typical: Option<(u64, u64)>,
        mut settled: impl FnMut(Instant, [u64; Outcome::ALL.len()]),
    ) -> u64 {
        self.held = false;
        let mut uncounted = 0;
        for window in self.past.iter_mut().chain([&mut self.current]) {
            let more = (-window.passed).max(0) as u64;
            uncounted += more;
            window.row.issued += more as u32;
            let owed = window.passed.max(0) as u64 + u64::from(window.postponed);
            (window.passed, window.postponed) = (0, 0);
            if owed == 0 {
                continue;
            }
            let (ends, accepted) = outcomes(owed);
            for (count, more) in window.row.settled.iter_mut().zip(ends) {
                *count += more as u32;
            }
            window.row.accepted += accepted as u32;
            window.settled += owed as u32;
            window.typical = typical;
            settled(window.row.start, ends);
        }
        uncounted
    }

    /// Moves on to the window of `now`; whether one ended.
    #[inline]
    pub fn advance(&mut self, now: Instant) -> bool {
        let ended = now >= self.end;
        while now >= self.end {
            self.begin_next();
        }
        ended
    }

    #[cold]
    fn begin_next(&mut self) {
        let sojourns = self.spare.pop().unwrap_or_default();
        let mut over = std::mem::replace(&mut self.current, Open::new(self.end, sojourns));
        (over.row.nodes_serving, over.row.nodes_up) = self.nodes;
        self.past.push_back(over);
        self.end += self.length;
    }

    /// Notes how many nodes serve and how many are believed up.
    pub fn set_nodes(&mut self, serving: u32, up: u32) {
        self.nodes = (serving, up);
    }

    /// Counts a request that is issued now.
    #[inline]
    pub fn issue(&mut self) {
        self.current.row.issued += 1;
    }

    /// Counts an attempt that is accepted now.
    #[inline]
    pub fn accept(&mut self) {
        self.current.row.accepted += 1;
    }

    /// Counts a request that ended after `sojourn`.
    #[inline]
    pub fn settle(&mut self, issued: Instant, outcome: Outcome, sojourn: Duration) {
        let window = if issued >= self.current.row.start {
            &mut self.current
        } else {
            let mut past = self.past.iter_mut().rev();
            past.find(|window| window.row.start <= issued)
                .expect("a window stays open until its requests have ended")
        };
        window.settled += 1;
        window.row.settled[outcome as usize] += 1;
        if outcome == Outcome::Completed {
            window.sojourns.record(sojourn.as_nanos());
        }
    }

    /// Takes the first window if it is over and all its requests have ended.
    pub fn close_next(&mut self) -> Option<Row> {
        let first = self.past.front()?;
        if self.held || first.settled < first.row.issued { None } else { self.take_first() }
    }

    /// Ends the current window: the run is over.
    pub fn end(&mut self) {
        self.begin_next();
    }

    /// Takes the first window that is over, whatever has become of its requests.
    pub fn take_first(&mut self) -> Option<Row> {
        let Open { mut row, mut sojourns, typical, .. } = self.past.pop_front()?;
        row.p50 = sojourns.quantile(0.5).or(typical.map(|(p50, _)| p50));
        row.p99 = sojourns.quantile(0.99).or(typical.map(|(_, p99)| p99));
        sojourns.clear();
        self.spare.push(sojourns);
        Some(row)
    }
}
