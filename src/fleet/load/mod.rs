//! Load sources: Poisson arrivals whose rate follows a given course, exactly, and recordings.

mod arrivals;
mod batch;
mod cells;
mod course;
pub mod recorded;

pub use arrivals::Arrivals;
pub use batch::Batch;
pub use course::{Course, STRETCHES_MAX, Stretch};

/// Which die of an arrival's draw is thrown for what.
pub mod die {
    /// The exponential that separates this arrival from the one before.
    pub const GAP: usize = 0;
    /// The balancer's choice, where it chooses at random.
    pub const PICK: usize = 1;
    /// The client's patience.
    pub const PATIENCE: usize = 2;
    /// The demand of the first stage; the others follow.
    pub const FIRST_STAGE: usize = 3;
}
