//! Layer 0: statistics of samples, of replications and of latencies.
//!
//! Nothing here knows what it measures: the unit of a result is that of the values put in.
//!
//! # Which interval where
//!
//! - A mean whose values vary around one centre: [`Estimate`], Student's interval (Student, The
//!   probable error of a mean, 1908).
//! - A mean of which some replications have none and others some (47 minutes or nothing):
//!   [`mean_interval`], exact shares of the two classes and Student's interval within them. With
//!   outages in 95 % of 100 replications Student's alone holds the mean in 87 % of the tests.
//!   A bootstrap does not help there: it rearranges what was seen, so that of 30 nights with an
//!   outage it makes an interval without width, as Student's does.
//! - A difference of two variants: the differences of their pairs under common random numbers;
//!   where outages come and go, [`mixture_interval`] over the four classes of pairs.
//! - A share: [`share_bounds`], exact (C. J. Clopper and E. S. Pearson, The use of confidence or
//!   fiducial limits illustrated in the case of the binomial, 1934).
//! - A share after a sequential test: [`bounds_after_stopping`]; the test itself is [`ShareTest`].
//! - A quantile: [`quantile_bounds`], order statistics, whatever the distribution.
//! - The mean of a steady state: what [`warm_up()`] says is left out at the start, by the
//!   scenario's `clock.warm_up`. Replications are independent, so that Student's interval holds.
//! - Many at once (a search, the looks at a mean, the measures of a baseline): the error
//!   probability is divided among them (Bonferroni).
//!
//! Tests hold each of them against 2,000 trials or more on known cases, the sequential ones also
//! after stopping. Where all values are equal a mean has no width, though nobody knows what the
//! next one will be: read the share of replications beside it, or `compare`, whose intervals allow
//! for outcomes that were not seen.

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
pub mod warm_up;

pub use correlation::{spearman, spearman_interval};
pub use histogram::Histogram;
pub use interval::{Estimate, half_width, share_bounds, share_lower, share_upper};
pub use latin::latin_hypercube;
pub use mixture::{Class, mean_interval, mixture_interval};
pub use quantile::{Range90, quantile, quantile_bounds};
pub use sequential::{Decision, ShareTest, bounds_after_stopping};
pub use sign::sign_test;
pub use tally::Tally;
pub use warm_up::warm_up;
