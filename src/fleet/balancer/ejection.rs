//! Passive ejection: a node is taken out because attempts on it fail, without any check.

use crate::kernel::time::{Duration, Instant};

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
    },
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

    /// The node was picked.
    pub(super) fn picked(&mut self, now: Instant) {
        if self.fails > 0 {
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
            Ejection::Consecutive { errors, base, longest, most, interval } => {
                let allowed = ((most * nodes as f64) as usize).max(1);
                if was_out || self.fails < errors || out >= allowed {
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
        record.picked(at(111));
        assert!(record.is_out(at(112), NGINX), "one alone");
        record.failed(at(112), NGINX, (0, 2));
        assert!(record.is_out(at(122), NGINX));
        record.picked(at(123));
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

    /// One of ten nodes at once, and one of three.
    #[test]
    fn envoy_takes_out_a_tenth_or_one() {
        let mut record = Record { fails: 4, ..Record::default() };
        assert!(!record.failed(at(1), ENVOY, (1, 10)));
        let mut record = Record { fails: 4, ..Record::default() };
        assert!(record.failed(at(1), ENVOY, (0, 3)));
    }
}
