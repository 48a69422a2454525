//! systemd: restarts a service when its process exits, until it has done so too often.
//!
//! It samples nothing, so nothing here stands in for a rule on a metric but limits that the service
//! manager and the kernel enforce themselves: `memory_max` (the kernel kills the process the moment
//! it needs more, `MemoryMax=`), `memory_high` (it slows down, `MemoryHigh=`), `runtime_max` (the
//! process is ended at that age, `RuntimeMaxSec=`) and `watchdog` (it is aborted when it gives no
//! sign of life for so long, `WatchdogSec=`).
//!
//! What is restarted, and after which delay, was read in systemd's `service.c` (commit 000d658).

use super::exits::How;
use crate::kernel::time::{Duration, Instant};

/// When a service is restarted (`Restart=`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// Never.
    No,
    /// After a clean exit.
    OnSuccess,
    /// After everything else.
    OnFailure,
    /// After everything but an exit of its own, whatever its code.
    OnAbnormal,
    /// After a signal that it did not expect.
    OnAbort,
    /// After the watchdog's abort.
    OnWatchdog,
    /// After every exit.
    Always,
}

impl Restart {
    /// Whether a service that ended in this way is restarted.
    pub fn wants(self, how: How) -> bool {
        match self {
            Restart::No => false,
            Restart::OnSuccess => how == How::Success,
            Restart::OnFailure => how.is_failure(),
            Restart::OnAbnormal => !matches!(how, How::Success | How::Code),
            Restart::OnAbort => how == How::Signal,
            Restart::OnWatchdog => how == How::Watchdog,
            Restart::Always => true,
        }
    }
}

/// What a start is over with (`Type=`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// With the fork.
    Simple,
    /// With the return of the start command, which leaves the process behind.
    Forking,
    /// With the message of the process that it is ready.
    Notify,
}

/// Settings; the defaults of the scenario's keys are systemd's own but for `restart`.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `Restart=`.
    pub restart: Restart,
    /// `Type=`.
    pub unit: Unit,
    /// `TimeoutStartSec=`: how long a start may take, where there is something to wait for.
    pub timeout_start: Duration,
    /// `RestartSec=`: from the exit to the next start.
    pub restart_sec: Duration,
    /// `RestartSteps=` and `RestartMaxDelaySec=`: in how many restarts the delay grows, and to
    /// what.
    pub restart_steps: Option<(u32, Duration)>,
    /// `StartLimitIntervalSec=`.
    pub start_limit_interval: Duration,
    /// `StartLimitBurst=`: starts allowed in that interval.
    pub start_limit_burst: u32,
    /// `TimeoutStopSec=`: from the stop signal to the kill.
    pub timeout_stop: Duration,
    /// `MemoryMax=`, in bytes.
    pub memory_max: Option<u64>,
    /// `MemoryHigh=`, in bytes.
    pub memory_high: Option<u64>,
    /// `RuntimeMaxSec=`.
    pub runtime_max: Option<Duration>,
    /// `RuntimeRandomizedExtraSec=`: up to so much more, equally likely.
    pub runtime_extra: Duration,
    /// `WatchdogSec=`.
    pub watchdog: Option<Duration>,
}

impl Settings {
    /// The delay before the n-th restart in a row, n from 1 on: it grows by the same factor each
    /// time, from `restart_sec` to the greatest.
    fn delay(&self, restart: u32) -> Duration {
        let first = self.restart_sec;
        match self.restart_steps {
            Some((steps, most)) if restart > 1 && most > first && first > Duration::ZERO => {
                if restart > steps {
                    return most;
                }
                let share = f64::from(restart - 1) / f64::from(steps);
                first.scaled(libm::pow(most.as_secs_f64() / first.as_secs_f64(), share))
            }
            Some(_) | None => first,
        }
    }
}

/// A unit's state.
#[derive(Clone, Debug, Default)]
pub struct Systemd {
    /// When the present interval of the start limit began.
    window: Option<Instant>,
    starts: u32,
    failed: bool,
    /// Restarts since somebody started it by hand; nothing else sets them back.
    restarts: u32,
}

impl Systemd {
    /// The process exited at `now`. When the next start is due; `None` if there will be none.
    pub fn on_exit(&mut self, now: Instant, settings: &Settings, how: How) -> Option<Instant> {
        if self.failed || !settings.restart.wants(how) {
            return None;
        }
        self.restarts += 1;
        Some(now + settings.delay(self.restarts))
    }

    /// Somebody has the service stopped and started: its restarts no longer count.
    pub fn stopped(&mut self) {
        self.restarts = 0;
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
            unit: Unit::Simple,
            timeout_start: Duration::from_secs(90),
            restart_sec: Duration::from_millis(100),
            restart_steps: None,
            start_limit_interval: Duration::from_secs(10),
            start_limit_burst: 5,
            timeout_stop: Duration::from_secs(90),
            memory_max: None,
            memory_high: None,
            runtime_max: None,
            runtime_extra: Duration::ZERO,
            watchdog: None,
        }
    }

    /// Times in milliseconds of the first 20 starts of a process that exits `after` each start, and
    /// when the unit failed for good.
    fn starts(settings: &Settings, after: Duration) -> (Vec<u64>, Option<u64>) {
        let mut unit = Systemd::default();
        let mut now = Instant::START;
        let mut starts = Vec::new();
        let millis = |at: Instant| at.as_nanos() / 1_000_000;
        for _ in 0..20 {
            if !unit.start(now, settings) {
                return (starts, Some(millis(now)));
            }
            starts.push(millis(now));
            let next = unit.on_exit(now + after, settings, How::Code);
            now = next.expect("a failure is restarted");
        }
        (starts, None)
    }

    #[test]
    fn an_instant_crash_is_started_five_times() {
        let expected = (vec![0, 100, 200, 300, 400], Some(500));
        assert_eq!(starts(&settings(), Duration::ZERO), expected);
    }

    #[test]
    fn a_crash_after_two_seconds_never_reaches_the_start_limit() {
        let (starts, failed) = starts(&settings(), Duration::from_secs(2));
        assert_eq!(failed, None);
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] == 2_100));
    }

    /// The table of `Restart=`: what each setting makes of each way to end.
    #[test]
    fn the_table_of_restarts() {
        use How::{Code, OutOfMemory, Protocol, Signal, Success, Timeout, Watchdog};
        let ways = [Success, Code, Signal, Timeout, Watchdog, OutOfMemory, Protocol];
        let table = [
            (Restart::No, "......."),
            (Restart::OnSuccess, "x......"),
            (Restart::OnFailure, ".xxxxxx"),
            (Restart::OnAbnormal, "..xxxxx"),
            (Restart::OnAbort, "..x...."),
            (Restart::OnWatchdog, "....x.."),
            (Restart::Always, "xxxxxxx"),
        ];
        for (restart, expected) in table {
            let settings = Settings { restart, ..settings() };
            let wants = |how| Systemd::default().on_exit(Instant::START, &settings, how).is_some();
            let row: String = ways.map(|how| if wants(how) { 'x' } else { '.' }).iter().collect();
            assert_eq!(row, expected, "{restart:?}");
        }
    }

    /// From 0.1 s to 1.6 s in four steps is a factor of 2 each time: 0.1, 0.2, 0.4, 0.8 and then
    /// 1.6 s. How long the process ran in between does not matter; a start by hand does.
    #[test]
    fn the_delay_grows_in_steps_until_somebody_starts_the_unit() {
        let settings = Settings {
            restart_steps: Some((4, Duration::from_millis(1_600))),
            start_limit_burst: 1_000,
            ..settings()
        };
        let delays = |unit: &mut Systemd, lived: u64| -> Vec<u64> {
            let now = Instant::START + Duration::from_secs(lived);
            let next = |_| unit.on_exit(now, &settings, How::Signal).expect("it is restarted");
            (0..6).map(next).map(|at| at.since(now).as_nanos() / 1_000_000).collect()
        };
        let mut unit = Systemd::default();
        assert_eq!(delays(&mut unit, 0), [100, 200, 400, 800, 1_600, 1_600]);
        assert_eq!(delays(&mut unit, 86_400), [1_600; 6], "uptime does not set it back");
        unit.stopped();
        assert_eq!(delays(&mut unit, 0)[..2], [100, 200]);
        unit.reset();
        assert_eq!(delays(&mut unit, 0)[..2], [100, 200]);
    }

    /// With the delays of the test above five starts take 0 + 0.1 + 0.2 + 0.4 + 0.8 = 1.5 s, and
    /// the sixth, refused, would be 1.6 s later.
    #[test]
    fn growing_delays_reach_the_start_limit_later() {
        let steps = Some((4, Duration::from_millis(1_600)));
        let settings = Settings { restart_steps: steps, ..settings() };
        let expected = (vec![0, 100, 300, 700, 1_500], Some(3_100));
        assert_eq!(starts(&settings, Duration::ZERO), expected);
    }
}
