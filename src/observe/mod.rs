//! Layer 4: observers, which turn what happens into measures, windows, a story and a digest.

pub mod attribution;
pub mod digest;
pub mod fate;
pub mod minutes;
mod outage;
pub mod recorder;
pub mod story;
pub mod trace;
pub mod windows;

pub use attribution::{IncidentPhase, Shares};
pub use digest::Digest;
pub use fate::Fate;
pub use recorder::{Recorder, Results};
