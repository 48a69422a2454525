//! systemd: restarts a service when its process exits, until it has done so too often.
//!
//! It samples nothing, so nothing here stands in for a rule on a metric but two limits that the
//! service manager and the kernel enforce themselves: `memory_max` (the kernel kills the process
//! the moment it needs more, `MemoryMax=`) and `runtime_max` (the process is ended at that age,
//! `RuntimeMaxSec=`).

use crate::kernel::time::{Duration, Instant};

/// When a service is restarted (`Restart=`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// Never.
    No,
    /// After a failure: a non-zero exit, a signal, a time-out, an out-of-memory kill.
    OnFailure,
    /// After every exit.
    Always,
}

/// Settings; the defaults of the scenario's keys are systemd's own but for `restart`.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `Restart=`.
    pub restart: Restart,
    /// `Type=forking`: the start command must return and leave the process behind.
    pub forking: bool,
    /// `TimeoutStartSec=`: how long a start may take, where there is something to wait for.
    pub timeout_start: Duration,
    /// `RestartSec=`: from the exit to the next start.
    pub restart_sec: Duration,
    /// `StartLimitIntervalSec=`.
    pub start_limit_interval: Duration,
    /// `StartLimitBurst=`: starts allowed in that interval.
    pub start_limit_burst: u32,
    /// `TimeoutStopSec=`: from the stop signal to the kill.
    pub timeout_stop: Duration,
    /// `MemoryMax=`, in bytes.
    pub memory_max: Option<u64>,
    /// `RuntimeMaxSec=`.
    pub runtime_max: Option<Duration>,
}

/// A unit's state.
#[derive(Clone, Debug, Default)]
pub struct Systemd {
    /// When the present interval of the start limit began.
    window: Option<Instant>,
    starts: u32,
    failed: bool,
}

impl Systemd {
    /// The process exited at `now`. When the next start is due; `None` if there will be none.
    pub fn on_exit(&mut self, now: Instant, settings: &Settings, failure: bool) -> Option<Instant> {
        let wanted = match settings.restart {
            Restart::No => false,
            Restart::OnFailure => failure,
            Restart::Always => true,
        };
        (wanted && !self.failed).then(|| now + settings.restart_sec)
    }

    /// Whether the start limit allows a start at `now`; counts it if so. Once refused, the unit has
    /// failed and stays so until somebody starts it by hand.
    pub fn start(&mut self, now: Instant, settings: &Settings) -> bool {
        let open =
            self.window.is_some_and(|since| now.since(since) <= settings.start_limit_interval);
        if !open {
            self.window = Some(now);
            self.starts = 0;
        }
        self.failed = self.starts >= settings.start_limit_burst;
        if !self.failed {
            self.starts += 1;
        }
        !self.failed
    }

    /// Forgets the start limit and the failure, as a start by hand after `reset-failed` does.
    pub fn reset(&mut self) {
        *self = Systemd::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            restart: Restart::OnFailure,
            forking: false,
            timeout_start: Duration::from_secs(90),
            restart_sec: Duration::from_millis(100),
            start_limit_interval: Duration::from_secs(10),
            start_limit_burst: 5,
            timeout_stop: Duration::from_secs(90),
            memory_max: None,
            runtime_max: None,
        }
    }

    /// Times in milliseconds of the starts of a process that exits `after` each start, and when the
    /// unit failed for good.
    fn starts(after: Duration) -> (Vec<u64>, Option<u64>) {
        let settings = settings();
        let mut unit = Systemd::default();
        let mut now = Instant::START;
        let mut starts = Vec::new();
        let millis = |at: Instant| at.as_nanos() / 1_000_000;
        for _ in 0..20 {
            if !unit.start(now, &settings) {
                return (starts, Some(millis(now)));
            }
            starts.push(millis(now));
            now = unit.on_exit(now + after, &settings, true).expect("a failure is restarted");
        }
        (starts, None)
    }

    #[test]
    fn an_instant_crash_is_started_five_times() {
        assert_eq!(starts(Duration::ZERO), (vec![0, 100, 200, 300, 400], Some(500)));
    }

    #[test]
    fn a_crash_after_two_seconds_never_reaches_the_start_limit() {
        let (starts, failed) = starts(Duration::from_secs(2));
        assert_eq!(failed, None);
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] == 2_100));
    }

    #[test]
    fn a_clean_exit_is_no_failure() {
        let mut unit = Systemd::default();
        assert_eq!(unit.on_exit(Instant::START, &settings(), false), None);
        let always = Settings { restart: Restart::Always, ..settings() };
        assert!(unit.on_exit(Instant::START, &always, false).is_some());
    }
}
