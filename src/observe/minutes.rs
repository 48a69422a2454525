//! Windows put together to minutes: little enough to be kept of every replication.

use super::windows::Row;
use crate::kernel::time::{Duration, Instant};

/// The least length of a stretch.
const MINUTE: u64 = 60_000_000_000;

/// What became of the requests issued in a minute. It is kept for every minute of every
/// replication, so it is small: 19 kB for 20 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Minute {
    /// Requests issued.
    pub issued: u32,
    /// Requests that failed.
    pub failed: u32,
    /// Requests that ended, however.
    pub settled: u32,
    /// Least number of nodes that served at the end of a window.
    pub nodes_serving: u16,
}

/// The minutes of a run. Where the windows do not divide a minute, stretches of the next longer
/// whole number of windows stand in for them.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Minutes {
    /// Where the first begins.
    pub start: Instant,
    /// Length of each.
    pub length: Duration,
    /// All of them, in order.
    pub all: Vec<Minute>,
}

impl Minutes {
    /// No minutes yet, for windows of this length from `start` on.
    pub fn new(start: Instant, window: Duration) -> Minutes {
        let windows = MINUTE.div_ceil(window.as_nanos());
        Minutes { start, length: window * windows, all: Vec::new() }
    }

    /// Adds the next window.
    pub fn add(&mut self, row: &Row) {
        let number = (row.start.since(self.start).as_nanos() / self.length.as_nanos()) as usize;
        let serving = u16::try_from(row.nodes_serving).unwrap_or(u16::MAX);
        let empty = Minute { issued: 0, failed: 0, settled: 0, nodes_serving: serving };
        if self.all.len() <= number {
            self.all.resize(number + 1, empty);
        }
        let minute = &mut self.all[number];
        minute.issued = minute.issued.saturating_add(row.issued);
        minute.failed = minute.failed.saturating_add(row.failed() as u32);
        minute.settled = minute.settled.saturating_add(row.settled_total() as u32);
        minute.nodes_serving = minute.nodes_serving.min(serving);
    }

    /// The same without room for more.
    pub(super) fn shrunk(mut self) -> Minutes {
        self.all.shrink_to_fit();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::observation::Outcome;

    fn row(seconds: u64, issued: u32, failed: u32, nodes_serving: u32) -> Row {
        let mut settled = [0; Outcome::ALL.len()];
        settled[Outcome::Completed as usize] = issued - failed;
        settled[Outcome::Refused as usize] = failed;
        let start = Instant::START + Duration::from_secs(seconds);
        Row {
            start,
            issued,
            accepted: 0,
            settled,
            p50: None,
            p99: None,
            nodes_serving,
            nodes_up: 0,
        }
    }

    #[test]
    fn windows_add_up_and_the_least_number_of_nodes_counts() {
        let mut minutes = Minutes::new(Instant::START, Duration::from_secs(25));
        assert_eq!(minutes.length, Duration::from_secs(75));
        for (at, nodes) in [(0, 4), (25, 3), (50, 4), (75, 4)] {
            minutes.add(&row(at, 100, 10, nodes));
        }
        let minute = |count: u32, nodes_serving| Minute {
            issued: 100 * count,
            failed: 10 * count,
            settled: 100 * count,
            nodes_serving,
        };
        assert_eq!(minutes.all, [minute(3, 3), minute(1, 4)]);
    }
}
