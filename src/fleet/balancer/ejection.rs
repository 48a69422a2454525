//! Passive ejection: a node is taken out because attempts on it fail, without any check; and what
//! such failures do to the checks of a balancer that observes them.

use crate::kernel::time::{Duration, Instant};

/// How an attempt on a node failed, as its balancer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It was refused, or not accepted in time.
    Connection,
    /// It was accepted, and lost with its process or not answered in time.
    Answer,
    /// It was answered with an error.
    Error,
}

/// What is done about a node that failed too often in a row: HAProxy's `on-error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// It is checked soon.
    FastInterval,
    /// That counts as a failed check, and it is checked soon.
    FailCheck,
    /// One more failed check takes it down, and it is checked soon.
    SuddenDeath,
    /// It is down, and checked soon.
    MarkDown,
}

/// Observing attempts beside checks: HAProxy's `observe`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observe {
    /// Whether answers are observed, and not connections.
    pub answers: bool,
    /// Errors in a row that count.
    pub limit: u32,
    /// What they lead to.
    pub on_error: OnError,
}

impl Observe {
    /// Whether a failure is one that it counts.
    pub fn counts(self, trouble: Trouble) -> bool {
        match trouble {
            Trouble::Connection => !self.answers,
            Trouble::Answer | Trouble::Error => self.answers,
        }
    }
}

/// Envoy's ejection of nodes that succeed more rarely than the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuccessRate {
    /// So many nodes must have had enough attempts.
    pub nodes: u32,
    /// Attempts in an interval that are enough.
    pub volume: u32,
    /// How many standard deviations below the mean of those nodes is too rare.
    pub deviations: f64,
}

impl SuccessRate {
    /// The share of successes below which a node is taken out, of nodes with these; `None` if they
    /// are too few.
    pub fn threshold(self, rates: &[f64]) -> Option<f64> {
        if rates.is_empty() || rates.len() < self.nodes as usize {
            return None;
        }
        let count = rates.len() as f64;
        let mean = rates.iter().sum::<f64>() / count;
        let variance = rates.iter().map(|rate| (rate - mean) * (rate - mean)).sum::<f64>() / count;
        Some(mean - self.deviations * libm::sqrt(variance))
    }
}

/// The rule by which nodes are taken out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ejection {
    /// nginx: after so many failures the node is not picked for a while; then one attempt is let
    /// through, and decides. The only node is never taken out.
    MaxFails {
        /// Failures.
        fails: u32,
        /// For how long; also how long it takes until another one is let through.
        timeout: Duration,
    },
    /// Envoy: after so many failures in a row the node is out, longer each time, but not more than
    /// a share of the nodes at once, or one.
    Consecutive {
        /// Failures in a row.
        errors: u32,
        /// How long it is out the first time.
        base: Duration,
        /// How long at most.
        longest: Duration,
        /// The greatest share of the nodes that are out.
        most: f64,
        /// How often it is looked whether nodes may come back.
        interval: Duration,
        /// Taking out as often those that succeed more rarely than the others.
        success_rate: Option<SuccessRate>,
    },
}

impl Ejection {
    /// Whether a failure is one that it counts. nginx is not asked about errors that a server
    /// answers with, which `proxy_next_upstream error timeout` leaves to the client.
    pub(super) fn counts(self, trouble: Trouble) -> bool {
        match self {
            Ejection::MaxFails { .. } => trouble != Trouble::Error,
            Ejection::Consecutive { .. } => true,
        }
    }
}

/// What a balancer remembers of a node's failures.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Record {
    fails: u32,
    /// When it last failed.
    accessed: Instant,
    /// When it last failed, or was picked on trial.
    checked: Instant,
    /// Until when it is out.
    until: Instant,
    /// How often it was taken out, less what it was let off for behaving.
    times: u32,
}

impl Record {
    /// Whether the node is out.
    pub(super) fn is_out(&self, now: Instant, rule: Ejection) -> bool {
        match rule {
            Ejection::MaxFails { fails, timeout } => {
                self.fails >= fails && now.since(self.checked) <= timeout
            }
            Ejection::Consecutive { .. } => now < self.until,
        }
    }

    /// The node was picked. For nginx that is a trial if its last failure, or its last trial, is
    /// so long ago that it no longer keeps the node out; a success within that time forgives
    /// nothing.
    pub(super) fn picked(&mut self, now: Instant, rule: Ejection) {
        if let Ejection::MaxFails { timeout, .. } = rule
            && self.fails > 0
            && now.since(self.checked) > timeout
        {
            self.checked = now;
        }
    }

    /// An attempt on it succeeded.
    pub(super) fn succeeded(&mut self, rule: Ejection) {
        let counts = match rule {
            // One that began before the failure says nothing: there has been no trial since.
            Ejection::MaxFails { .. } => self.accessed < self.checked,
            Ejection::Consecutive { .. } => true,
        };
        if counts {
            self.fails = 0;
        }
    }

    /// It has passed its health checks.
    pub(super) fn forgive(&mut self) {
        self.fails = 0;
        self.until = Instant::START;
    }

    /// An attempt on it failed, while `out` of `nodes` are out; whether that takes it out.
    pub(super) fn failed(
        &mut self,
        now: Instant,
        rule: Ejection,
        (out, nodes): (usize, usize),
    ) -> bool {
        if nodes == 1 && matches!(rule, Ejection::MaxFails { .. }) {
            return false;
        }
        let was_out = self.is_out(now, rule);
        self.fails += 1;
        (self.accessed, self.checked) = (now, now);
        match rule {
            Ejection::MaxFails { fails, .. } => self.fails >= fails && !was_out,
            Ejection::Consecutive { errors, .. } => {
                !was_out && self.fails >= errors && self.eject(now, rule, (out, nodes))
            }
        }
    }

    /// Takes the node out for a while, unless `out` of `nodes` are as many as may be.
    pub(super) fn eject(
        &mut self,
        now: Instant,
        rule: Ejection,
        (out, nodes): (usize, usize),
    ) -> bool {
        let Ejection::Consecutive { base, longest, most, interval, .. } = rule else {
            return false;
        };
        let allowed = ((most * nodes as f64) as usize).max(1);
        if out >= allowed {
            return false;
        }
        // It is let off one time for every interval in which it behaved.
        let well = now.since(self.until.min(now)).as_nanos() / interval.as_nanos().max(1);
        let let_off = u32::try_from(well).unwrap_or(u32::MAX);
        self.times = self.times.saturating_sub(let_off) + 1;
        let length = Duration::from_secs_f64(base.as_secs_f64() * f64::from(self.times));
        // Nodes come back when it is looked for them.
        let end = now.saturating_add(length.min(longest.max(base))).as_nanos();
        let step = interval.as_nanos().max(1);
        self.until = Instant::from_nanos(end.div_ceil(step).saturating_mul(step));
        self.fails = 0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Instant {
        Instant::START + Duration::from_secs(secs)
    }

    const NGINX: Ejection = Ejection::MaxFails { fails: 1, timeout: Duration::from_secs(10) };

    /// Out for 10 s; then one attempt is let through, whose failure takes it out again and whose
    /// success brings it back.
    #[test]
    fn nginx_lets_one_through_after_the_timeout() {
        let mut record = Record::default();
        assert!(record.failed(at(100), NGINX, (0, 2)));
        assert!(record.is_out(at(110), NGINX));
        assert!(!record.is_out(at(111), NGINX));
        record.picked(at(111), NGINX);
        assert!(record.is_out(at(112), NGINX), "one alone");
        record.failed(at(112), NGINX, (0, 2));
        assert!(record.is_out(at(122), NGINX));
        record.picked(at(123), NGINX);
        record.succeeded(NGINX);
        assert!(!record.is_out(at(123), NGINX));
    }

    /// What began before the failure and succeeds after it brings nothing back.
    #[test]
    fn nginx_ignores_the_success_of_an_older_attempt() {
        let mut record = Record::default();
        record.failed(at(100), NGINX, (0, 2));
        record.succeeded(NGINX);
        assert!(record.is_out(at(101), NGINX));
    }

    /// With `max_fails=3`, two failures are forgiven by a success that follows a pick more than
    /// 10 s after them, and not by one before that.
    #[test]
    fn nginx_forgives_failures_after_the_timeout_alone() {
        let rule = Ejection::MaxFails { fails: 3, timeout: Duration::from_secs(10) };
        let is_out_after = |pick: u64| {
            let mut record = Record::default();
            record.failed(at(100), rule, (0, 2));
            record.failed(at(100), rule, (0, 2));
            record.picked(at(pick), rule);
            record.succeeded(rule);
            record.failed(at(pick + 1), rule, (0, 2))
        };
        assert!(is_out_after(105) && is_out_after(110));
        assert!(!is_out_after(111));
    }

    #[test]
    fn nginx_never_takes_out_the_only_node() {
        let mut record = Record::default();
        assert!(!record.failed(at(100), NGINX, (0, 1)));
        assert!(!record.is_out(at(100), NGINX));
    }

    const ENVOY: Ejection = Ejection::Consecutive {
        errors: 5,
        base: Duration::from_secs(30),
        longest: Duration::from_secs(300),
        most: 0.1,
        interval: Duration::from_secs(10),
        success_rate: None,
    };

    /// Five errors in a row, out for 30 s and then until the next look; the second time for 60 s.
    #[test]
    fn envoy_counts_errors_in_a_row_and_doubles() {
        let mut record = Record::default();
        for _ in 0..4 {
            assert!(!record.failed(at(101), ENVOY, (0, 10)));
        }
        record.succeeded(ENVOY);
        for _ in 0..4 {
            assert!(!record.failed(at(102), ENVOY, (0, 10)), "a success begins the row anew");
        }
        assert!(record.failed(at(102), ENVOY, (0, 10)));
        assert!(record.is_out(at(139), ENVOY));
        assert!(!record.is_out(at(140), ENVOY));
        let again: Vec<bool> = (0..5).map(|_| record.failed(at(141), ENVOY, (0, 10))).collect();
        assert_eq!(again, [false, false, false, false, true]);
        assert!(record.is_out(at(209), ENVOY) && !record.is_out(at(210), ENVOY));
    }

    /// Taken out three times, a node is out for 90 s; after 20 s of good behaviour, two intervals,
    /// it would be out for 60 s the next time: three less two, and one more.
    #[test]
    fn envoy_lets_off_one_time_an_interval() {
        let mut record = Record::default();
        let mut end = 0;
        for times in 1..=3 {
            assert!(record.eject(at(end), ENVOY, (0, 10)));
            end += 30 * times;
            assert!(record.is_out(at(end - 1), ENVOY) && !record.is_out(at(end), ENVOY));
        }
        assert!(record.eject(at(end + 20), ENVOY, (0, 10)));
        assert!(record.is_out(at(end + 79), ENVOY) && !record.is_out(at(end + 80), ENVOY));
    }

    /// Of five nodes four succeed always and one in half of the cases: the mean is 0.9, the
    /// standard deviation 0.2, and less than 0.52 is too rare. Four nodes are too few to compare.
    #[test]
    fn envoy_compares_success_rates() {
        let rule = SuccessRate { nodes: 5, volume: 100, deviations: 1.9 };
        let threshold = rule.threshold(&[1.0, 1.0, 0.5, 1.0, 1.0]).expect("they are enough");
        assert!((threshold - 0.52).abs() < 1e-12, "{threshold}");
        assert_eq!(rule.threshold(&[1.0, 1.0, 0.5, 1.0]), None);
    }

    /// One of ten nodes at once, and one of three.
    #[test]
    fn envoy_takes_out_a_tenth_or_one() {
        let mut record = Record { fails: 4, ..Record::default() };
        assert!(!record.failed(at(1), ENVOY, (1, 10)));
        let mut record = Record { fails: 4, ..Record::default() };
        assert!(record.failed(at(1), ENVOY, (0, 3)));
    }
}
