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
        Open { row, settled: 0, sojourns }
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
        }
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
        if first.settled < first.row.issued { None } else { self.take_first() }
    }

    /// Ends the current window: the run is over.
    pub fn end(&mut self) {
        self.begin_next();
    }

    /// Takes the first window that is over, whatever has become of its requests.
    pub fn take_first(&mut self) -> Option<Row> {
        let Open { mut row, mut sojourns, .. } = self.past.pop_front()?;
        row.p50 = sojourns.quantile(0.5);
        row.p99 = sojourns.quantile(0.99);
        sojourns.clear();
        self.spare.push(sojourns);
        Some(row)
    }
}
