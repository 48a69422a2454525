//! What ends a command in order before everything is done: Ctrl-C, time, memory, and replications
//! that need too much.
#![allow(clippy::disallowed_types, reason = "people and machines have so much time")]

use super::args::Limits;
use super::exit::Exit;
use super::interrupt;
use fleetfall::experiment::Halt;
use fleetfall::report::Reason;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Between two looks at the clock and at the memory.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// When the program began.
static BEGUN: OnceLock<Instant> = OnceLock::new();
/// The guard of the command; there is one, also if it is about several scenarios.
static GUARD: OnceLock<Arc<Guard>> = OnceLock::new();

/// The time of a command counts from now on.
pub(super) fn begin() {
    BEGUN.get_or_init(Instant::now);
}

/// Looks after a command.
#[derive(Debug)]
pub(super) struct Guard {
    /// Raised when no replication is begun any more.
    pub(super) stop: Arc<AtomicBool>,
    /// What gives up replications in hand.
    pub(super) halt: Halt,
    why: OnceLock<Reason>,
}

impl Guard {
    /// Begins to look after the command, or goes on with it.
    ///
    /// # Errors
    /// The exit if that is impossible.
    pub(super) fn of(limits: &Limits) -> Result<Arc<Guard>, Exit> {
        if let Some(guard) = GUARD.get() {
            return Ok(Arc::clone(guard));
        }
        let new = Guard {
            stop: interrupt::listen()?,
            halt: Halt::new(limits.max_events.map(|most| most.get())),
            why: OnceLock::new(),
        };
        let guard = Arc::clone(GUARD.get_or_init(|| Arc::new(new)));
        guard.watch(limits);
        Ok(guard)
    }

    /// Why the command ends before everything is done.
    pub(super) fn reason(&self) -> Reason {
        match (self.halt.cut(), self.why.get()) {
            (_, Some(&why)) => why,
            (Some(cut), None) => Reason::Cut(cut),
            (None, None) => Reason::Interrupted,
        }
    }

    /// Ends it, and gives up what is in hand.
    fn end(&self, why: Reason) {
        if self.halt.cut().is_none() && !self.stop.load(Ordering::Relaxed) {
            let _ = self.why.set(why);
        }
        self.halt.give_up();
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Looks at the clock and at the memory until one of them is over its limit.
    fn watch(self: &Arc<Guard>, limits: &Limits) {
        let time = limits.time_limit;
        let begun = *BEGUN.get_or_init(Instant::now);
        let end = time.and_then(|time| begun.checked_add(Duration::from_nanos(time.as_nanos())));
        let most = limits.max_memory.get();
        if end.is_none() && resident().is_none() {
            return;
        }
        let guard = Arc::clone(self);
        std::thread::spawn(move || {
            loop {
                let left = end.map(|end| end.saturating_duration_since(Instant::now()));
                if let (Some(Duration::ZERO), Some(limit)) = (left, time) {
                    return guard.end(Reason::TimeLimit(limit));
                }
                if resident().is_some_and(|resident| resident > most) {
                    return guard.end(Reason::MaxMemory(most));
                }
                std::thread::sleep(left.map_or(LOOK_EVERY, |left| left.min(LOOK_EVERY)));
            }
        });
    }
}

/// Bytes of memory that the program has in use; `None` where nobody says.
fn resident() -> Option<u64> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::resident;

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_in_use_is_known() {
        let before = resident().expect("Linux says it");
        let some = vec![1_u8; 64 << 20];
        let after = resident().expect("Linux says it");
        assert!(after > before + (48 << 20) && after < before + (96 << 20), "{before} {after}");
        assert_eq!(some.len(), 64 << 20);
    }
}
