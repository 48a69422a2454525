//! Layer 5: many replications, and what they say together. The only place with threads.

pub mod baseline;
pub mod causes;
pub mod cells;
pub mod compare;
pub mod decide;
#[cfg(test)]
mod digests;
pub mod halt;
pub mod hypercube;
pub mod interaction;
pub mod judge;
pub mod keep;
pub mod paired;
pub mod plan;
pub mod replication;
pub mod sensitivity;
pub mod shared_past;
pub mod summary;

pub use causes::{Causes, causes};
pub use cells::{Cell, CellFailure, Row, grid, run_cells, spread};
pub use compare::{Compared, Comparison, Precision, Quantity, Rule, Variants, compare};
pub use decide::{Decided, Part, decide};
pub use halt::{Cut, Halt};
pub use hypercube::{HypercubeError, Point, hypercube, rank_correlations};
pub use judge::{Assurance, Judgement, Verdict, judge};
pub use keep::{Keeping, Shard, Store};
pub use replication::{Failure, Outcome, Plan, Pool, Replication, replicate};
pub use shared_past::{Together, VariantFailure, run_together};
pub use summary::Summary;
