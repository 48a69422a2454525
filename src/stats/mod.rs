//! Layer 0: statistics of samples, of replications and of latencies.
//!
//! Nothing here knows what it measures: the unit of a result is that of the values put in.

mod beta;
pub mod correlation;
pub mod histogram;
pub mod interval;
pub mod latin;
pub mod mixture;
pub mod quantile;
pub mod sequential;
pub mod sign;
pub mod tally;

pub use correlation::{spearman, spearman_interval};
pub use histogram::Histogram;
pub use interval::{Estimate, half_width, share_bounds, share_lower, share_upper};
pub use latin::latin_hypercube;
pub use mixture::{Class, mixture_interval};
pub use quantile::{Range90, quantile};
pub use sequential::{Decision, ShareTest, bounds_after_stopping};
pub use sign::sign_test;
pub use tally::Tally;
