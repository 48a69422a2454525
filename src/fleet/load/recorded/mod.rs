//! Recorded load: CSV files of rates or of single requests, read line by line while a simulation
//! runs. Nothing here opens a file: whoever did hands it over as a [`ReadAt`].

mod column;
mod feed;
mod lines;
mod rows;

pub use column::Column;
pub use feed::{Between, Recording, Requests, Stretches};
pub(super) use feed::{RateFeed, RequestFeed};
pub use lines::{Malformed, ReadAt};
pub use rows::{Row, Rows};
