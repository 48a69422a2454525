//! Layer 5: many replications, and what they say together. The only place with threads.

pub mod cells;
pub mod hypercube;
pub mod judge;
pub mod replication;
pub mod sensitivity;
pub mod summary;

pub use cells::{Cell, CellFailure, Row, grid, run_cells, spread};
pub use hypercube::{HypercubeError, Point, hypercube, rank_correlations};
pub use judge::{Judgement, Verdict, judge};
pub use replication::{Failure, Outcome, Plan, Pool, Replication, replicate};
pub use summary::Summary;
