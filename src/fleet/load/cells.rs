//! Arrivals cell by cell, so that some can be passed over.
//!
//! A Poisson process can be drawn in two steps: how many arrivals there are in a stretch of time,
//! and where they lie, which are that many independent points, spread as the rate is. So the
//! arrivals of a cell are named by the cell and their number in it, and whoever does not want those
//! of a cell has to draw but their count. What comes later is the same either way.

use crate::kernel::chance::Sequence;
use crate::kernel::dist::poisson::poisson;
use crate::kernel::exp::exp;
use crate::kernel::time::{Duration, Instant};

/// Where in the numbers of arrivals that of the cell begins.
const CELL_SHIFT: u32 = 32;

/// The cell in hand.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    pub length: Duration,
    /// No cell begins then or later.
    pub horizon: Instant,
    /// The draw of a cell says how many arrivals it has.
    pub counts: Sequence,
    /// Its number.
    pub number: u64,
    /// Arrivals after the pending one.
    pub left: u64,
    /// Arrivals expected from the pending one to its end.
    pub rest: f64,
}

impl Cells {
    /// Before the first.
    pub(super) fn new(length: Duration, horizon: Instant, counts: Sequence) -> Cells {
        Cells { length, horizon, counts, number: 0, left: 0, rest: 0.0 }
    }

    /// Where the cell begins.
    pub(super) fn start(&self) -> Instant {
        let start = self.number.saturating_mul(self.length.as_nanos());
        Instant::START + Duration::from_nanos(start)
    }

    /// Where it ends.
    pub(super) fn end(&self) -> Instant {
        self.start().saturating_add(self.length)
    }

    /// Turns to the cell with this number, in which so many arrivals are expected; draws how many
    /// there are. The number of its first.
    pub(super) fn begin(&mut self, expected: f64) -> u64 {
        self.counts.seek(self.number);
        self.left = poisson(expected, &mut self.counts.die(0));
        self.rest = expected;
        self.number << CELL_SHIFT
    }

    /// How far the next arrival is, in expected arrivals, if this is a standard exponential: the
    /// first of the points that are left. There must be one.
    pub(super) fn gap(&mut self, exponential: f64) -> f64 {
        let gap = self.rest * (1.0 - exp(-exponential / self.left as f64));
        self.left -= 1;
        self.rest -= gap;
        gap
    }
}
