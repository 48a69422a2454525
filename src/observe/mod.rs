//! Layer 4: observers, which turn what happens into measures, windows, a story and a digest.

pub mod digest;
mod outage;
pub mod recorder;
pub mod story;
pub mod windows;

pub use digest::Digest;
pub use recorder::{Recorder, Results};
