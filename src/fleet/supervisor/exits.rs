//! Supervisors that are told when their process exits, and decide then whether it is started again:
//! supervisord, runit, Docker and the kubelet.

use super::After;
use crate::kernel::time::{Duration, Instant};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By itself with code 0, or by a signal that asked it to.
    Success,
    /// By itself with another code.
    Code,
    /// By a signal that did not ask.
    Signal,
    /// Its supervisor ended it because a start took too long, or because it was too old.
    Timeout,
    /// Its supervisor ended it because it gave no sign of life.
    Watchdog,
    /// The kernel killed it for want of memory.
    OutOfMemory,
    /// By itself with code 0 before it had said that it was ready.
    Protocol,
}

impl How {
    /// Whether that was a failure.
    pub fn is_failure(self) -> bool {
        self != How::Success
    }
}

/// What a supervisor learns of an exit.
#[derive(Clone, Copy, Debug)]
pub struct Exit {
    /// When it happened.
    pub at: Instant,
    /// How the process ended.
    pub how: How,
    /// How long the process had lived.
    pub lived: Duration,
    /// Whether another event wakes the supervisor just then.
    pub woken: bool,
}

/// When supervisord starts a process again (`autorestart`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Autorestart {
    /// Never.
    Never,
    /// After a failure.
    Unexpected,
    /// After every exit.
    Always,
}

/// supervisord's settings of a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Supervisord {
    /// `autorestart`.
    pub autorestart: Autorestart,
    /// `startsecs`: a process that lives less has failed to start.
    pub startsecs: Duration,
    /// `startretries`: failed starts after which it is tried once more, and then no more.
    pub startretries: u32,
    /// From one look to the next.
    pub poll: Duration,
    /// How often another event wakes it at the time of an exit (0 to 1), so that its next look
    /// comes at once.
    pub woken: f64,
    /// `stopwaitsecs`: from the stop signal to the kill.
    pub stopwaitsecs: Duration,
}

/// Docker's restart policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// `no`.
    No,
    /// `on-failure`, with the most restarts, if there is a limit.
    OnFailure(Option<u32>),
    /// `always` and `unless-stopped`.
    Always,
}

/// Docker's settings of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Docker {
    /// `--restart`.
    pub policy: Policy,
    /// From the stop signal to the kill.
    pub stop_timeout: Duration,
    /// `--memory`, in bytes.
    pub memory_max: Option<u64>,
}

/// A liveness probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// `periodSeconds`.
    pub period: Duration,
    /// `timeoutSeconds`.
    pub timeout: Duration,
    /// `failureThreshold`.
    pub failures: u32,
    /// `initialDelaySeconds`: from the start of a process to its first probe.
    pub delay: Duration,
}

/// The kubelet's settings of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kubernetes {
    /// First back-off after a crash.
    pub backoff: Duration,
    /// Longest back-off.
    pub backoff_max: Duration,
    /// A process that ran for longer begins with the first back-off again.
    pub backoff_reset: Duration,
    /// `terminationGracePeriodSeconds`.
    pub grace: Duration,
    /// The memory limit, in bytes.
    pub memory_max: Option<u64>,
    /// The liveness probe.
    pub liveness: Option<Probe>,
}

/// Docker's first delay; it doubles, to a minute, and begins anew after 10 s of running.
const DOCKER_FIRST: Duration = Duration::from_millis(100);
const DOCKER_MOST: Duration = Duration::from_secs(60);
const DOCKER_RESET: Duration = Duration::from_secs(10);
/// How long supervisord needs to start a process, or to give it up, when it is woken; measured.
const WAKES: Duration = Duration::from_millis(10);
/// runit starts a service no more often than that.
const RUNIT_PAUSE: Duration = Duration::from_secs(1);

/// What any of them remembers of a node's process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Record {
    /// Failed starts, or restarts, that count.
    count: u32,
    /// The delay before the next start, where it grows.
    delay: Duration,
    /// When the last exit was that set it.
    last: Option<Instant>,
}

impl Record {
    /// supervisord: a process that lived long enough is started at the next look; one that did not,
    /// after one second more each time, until that has happened too often.
    pub(super) fn supervisord(&mut self, exit: Exit, settings: &Supervisord) -> After {
        let look = exit.at + if exit.woken { WAKES.min(settings.poll) } else { settings.poll };
        if exit.lived >= settings.startsecs {
            self.count = 0;
            let wanted = match settings.autorestart {
                Autorestart::Never => false,
                Autorestart::Unexpected => exit.how.is_failure(),
                Autorestart::Always => true,
            };
            return match wanted {
                true => After::StartAt(look),
                false => After::Stays,
            };
        }
        self.count += 1;
        if self.count > settings.startretries {
            return After::GivesUpAt(look);
        }
        After::StartAt(exit.at + Duration::from_secs(1) * u64::from(self.count))
    }

    /// runit: at once, but no more than one start a second.
    pub(super) fn runit(&mut self, exit: Exit) -> After {
        let pause = if exit.lived < RUNIT_PAUSE { RUNIT_PAUSE } else { Duration::ZERO };
        After::StartAt(exit.at + pause)
    }

    /// Docker: after a delay that doubles with every restart.
    pub(super) fn docker(&mut self, exit: Exit, settings: &Docker) -> After {
        let wanted = match settings.policy {
            Policy::No => false,
            Policy::OnFailure(most) => {
                exit.how.is_failure() && most.is_none_or(|most| self.count < most)
            }
            Policy::Always => true,
        };
        if !wanted {
            return After::Stays;
        }
        self.count += 1;
        self.delay = if self.delay == Duration::ZERO || exit.lived >= DOCKER_RESET {
            DOCKER_FIRST
        } else {
            (self.delay * 2).min(DOCKER_MOST)
        };
        After::StartAt(exit.at + self.delay)
    }

    /// The kubelet: at once after the first exit; then, if the back-off that began with the exit
    /// before is not over, when it is. It doubles each time.
    pub(super) fn kubernetes(&mut self, exit: Exit, settings: &Kubernetes) -> After {
        let is_old = exit.lived > settings.backoff_reset;
        let before = self.last.filter(|_| !is_old);
        let Some(_) = before else {
            (self.last, self.delay) = (Some(exit.at), settings.backoff);
            return After::StartAt(exit.at);
        };
        let start = exit.at + self.delay;
        self.last = Some(start);
        self.delay = (self.delay * 2).min(settings.backoff_max);
        After::StartAt(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The starts, in milliseconds, of a process that exits `after` each of them, and when its
    /// supervisor gives up.
    fn starts(after: u64, count: usize, next: &mut dyn FnMut(Exit) -> After) -> (Vec<u64>, String) {
        let lived = Duration::from_millis(after);
        let mut now = Instant::START;
        let mut starts = Vec::new();
        let millis = |at: Instant| at.as_nanos() / 1_000_000;
        while starts.len() < count {
            starts.push(millis(now));
            match next(Exit { at: now + lived, how: How::Code, lived, woken: false }) {
                After::StartAt(when) => now = when,
                After::GivesUpAt(when) => return (starts, format!("gives up at {}", millis(when))),
                After::Stays | After::Polls => return (starts, "stays".to_string()),
            }
        }
        (starts, "goes on".to_string())
    }

    const SUPERVISORD: Supervisord = Supervisord {
        autorestart: Autorestart::Unexpected,
        startsecs: Duration::from_secs(1),
        startretries: 3,
        poll: Duration::from_secs(1),
        woken: 0.0,
        stopwaitsecs: Duration::from_secs(10),
    };

    /// Measured: starts at 0, 1, 3 and 6 s, FATAL at about 7 s.
    #[test]
    fn supervisord_tries_four_times() {
        let mut record = Record::default();
        let (starts, end) = starts(0, 9, &mut |exit| record.supervisord(exit, &SUPERVISORD));
        assert_eq!((starts, end.as_str()), (vec![0, 1_000, 3_000, 6_000], "gives up at 7000"));
    }

    /// Measured: a process that lives for 1.5 s, past `startsecs`, is started every 2.5 s for ever.
    #[test]
    fn supervisord_never_gives_up_a_process_that_lives_long_enough() {
        let mut record = Record::default();
        let (starts, _) = starts(1_500, 40, &mut |exit| record.supervisord(exit, &SUPERVISORD));
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] == 2_500));
    }

    /// Measured: one start a second, for ever.
    #[test]
    fn runit_starts_once_a_second() {
        let mut record = Record::default();
        let (starts, _) = starts(0, 40, &mut |exit| record.runit(exit));
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] == 1_000));
    }

    #[test]
    fn docker_doubles_to_a_minute_and_counts_failures() {
        let docker =
            |policy| Docker { policy, stop_timeout: Duration::from_secs(10), memory_max: None };
        let always = docker(Policy::Always);
        let mut record = Record::default();
        let (always, _) = starts(0, 13, &mut |exit| record.docker(exit, &always));
        assert_eq!(always[..5], [0, 100, 300, 700, 1_500]);
        assert_eq!(always[12] - always[11], 60_000);
        let limited = docker(Policy::OnFailure(Some(3)));
        let mut record = Record::default();
        let (limited, end) = starts(0, 9, &mut |exit| record.docker(exit, &limited));
        assert_eq!((limited.len(), end.as_str()), (4, "stays"));
    }

    /// From the source of the kubelet: 0, 0, 10, 30, 70, 150, 310, 610 and 910 s.
    #[test]
    fn the_kubelet_backs_off_to_five_minutes() {
        let settings = Kubernetes {
            backoff: Duration::from_secs(10),
            backoff_max: Duration::from_secs(300),
            backoff_reset: Duration::from_secs(600),
            grace: Duration::from_secs(30),
            memory_max: None,
            liveness: None,
        };
        let mut record = Record::default();
        let (starts, _) = starts(0, 9, &mut |exit| record.kubernetes(exit, &settings));
        let seconds: Vec<u64> = starts.iter().map(|start| start / 1_000).collect();
        assert_eq!(seconds, [0, 0, 10, 30, 70, 150, 310, 610, 910]);
    }
}
