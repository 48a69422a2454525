//! Requests that come at the same time.

use crate::kernel::chance::{Sequence, unit};

/// How many requests come at the same time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Batch {
    /// So many, at least 1.
    Always(u32),
    /// One and more, with this mean; after each another follows with the same probability.
    Geometric(f64),
}

impl Batch {
    pub(super) fn mean(self) -> f64 {
        match self {
            Batch::Always(size) => f64::from(size),
            Batch::Geometric(mean) => mean,
        }
    }
}

/// What is left of a batch, and what draws the size of the next.
#[derive(Clone, Debug)]
pub(super) struct Batches {
    pub batch: Batch,
    pub sizes: Sequence,
    /// Requests of the batch after the pending one.
    pub left: u32,
    /// Whether the pending one is not the first of its batch.
    pub begun: bool,
}

impl Batches {
    /// Draws the size of the next batch, of which the first request is pending.
    pub(super) fn begin(&mut self) {
        self.left = match self.batch {
            Batch::Always(size) => size - 1,
            Batch::Geometric(mean) => {
                // Another follows with probability 1 - 1 / mean.
                let ratio = libm::log(1.0 - unit(&mut self.sizes.die(0)));
                let base = libm::log(1.0 - 1.0 / mean);
                if base < 0.0 { (ratio / base).min(f64::from(u32::MAX)) as u32 } else { 0 }
            }
        };
        self.sizes.advance();
        self.begun = false;
    }
}
