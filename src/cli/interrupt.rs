//! Ctrl-C: once to stop in order, twice to stop at once.

use super::exit::Exit;
use super::{files, output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Whether somebody has pressed Ctrl-C; one listener serves the whole program.
///
/// # Errors
/// The exit if nobody can listen.
pub(super) fn listen() -> Result<Arc<AtomicBool>, Exit> {
    static STOP: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    if let Some(stop) = STOP.get() {
        return Ok(Arc::clone(stop));
    }
    let stop = Arc::clone(STOP.get_or_init(|| Arc::new(AtomicBool::new(false))));
    let flag = Arc::clone(&stop);
    let listening = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            files::leave(Exit::Interrupted);
        }
        output::note("\nstopping after the replications in hand; Ctrl-C again to stop at once");
    });
    if let Err(error) = listening {
        output::complain(&format!("cannot listen for Ctrl-C: {error}"));
        return Err(Exit::Usage);
    }
    Ok(stop)
}
