//! Canaries: what is counted on them and on the rest while they bake, and the verdict.

use crate::kernel::time::Duration;

/// How much worse canaries may be than the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compare {
    /// Attempts on either side below which failures and latencies are not compared.
    pub requests: u64,
    /// Difference of the shares of attempts that fail.
    pub failed: f64,
    /// Factor on the mean latency.
    pub latency: f64,
    /// Difference of the restarts a node.
    pub restarts: f64,
    /// Canaries lost.
    pub lost: u32,
}

/// What some nodes have done since the comparison began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Attempts that were answered while somebody waited for it.
    pub answered: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// From acceptance to answer, over all that were answered.
    pub latency: Duration,
    /// Restarts.
    pub restarts: u32,
    /// How often one of them was lost.
    pub lost: u32,
}

/// Canaries, and the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bake {
    /// The canaries.
    pub canaries: Group,
    /// All others.
    pub rest: Group,
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Nothing is worse than it may be.
    Passed,
    /// A canary did not become healthy, or a check stopped its restart.
    NotHealthy,
    /// Canaries were lost.
    Lost,
    /// They restarted more often.
    Restarts,
    /// More attempts failed on them.
    Failed,
    /// They took longer.
    Latency,
}

impl Group {
    fn attempts(&self) -> u64 {
        self.answered + self.failed
    }

    fn failed_share(&self) -> f64 {
        self.failed as f64 / self.attempts().max(1) as f64
    }

    fn mean_latency(&self) -> f64 {
        self.latency.as_secs_f64() / self.answered.max(1) as f64
    }

    fn restarts_a_node(&self, nodes: u32) -> f64 {
        f64::from(self.restarts) / f64::from(nodes.max(1))
    }
}

impl Bake {
    /// The verdict on so many canaries beside so many others.
    pub fn judge(&self, compare: &Compare, (canaries, rest): (u32, u32)) -> Verdict {
        let (ours, theirs) = (&self.canaries, &self.rest);
        if ours.lost > compare.lost {
            return Verdict::Lost;
        }
        if ours.restarts_a_node(canaries) > theirs.restarts_a_node(rest) + compare.restarts {
            return Verdict::Restarts;
        }
        let enough = |count: fn(&Group) -> u64| {
            count(ours) >= compare.requests.max(1) && count(theirs) >= compare.requests.max(1)
        };
        if enough(Group::attempts) && ours.failed_share() > theirs.failed_share() + compare.failed {
            return Verdict::Failed;
        }
        if enough(|group| group.answered)
            && ours.mean_latency() > theirs.mean_latency() * compare.latency
        {
            return Verdict::Latency;
        }
        Verdict::Passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPARE: Compare =
        Compare { requests: 100, failed: 0.01, latency: 1.5, restarts: 1.0, lost: 0 };

    fn group(answered: u64, failed: u64, mean_ms: u64) -> Group {
        let latency = Duration::from_millis(mean_ms * answered);
        Group { answered, failed, latency, ..Group::default() }
    }

    /// One canary beside nine others.
    fn verdict(canaries: Group, rest: Group) -> Verdict {
        Bake { canaries, rest }.judge(&COMPARE, (1, 9))
    }

    #[test]
    fn each_tolerance_is_kept_up_to_its_limit() {
        let rest = group(9_000, 0, 100);
        assert_eq!(verdict(group(990, 10, 150), rest), Verdict::Passed);
        assert_eq!(verdict(group(989, 11, 100), rest), Verdict::Failed);
        assert_eq!(verdict(group(1_000, 0, 151), rest), Verdict::Latency);
        let of_nodes = |restarts, lost| Group { restarts, lost, ..group(1_000, 0, 100) };
        assert_eq!(verdict(of_nodes(1, 0), rest), Verdict::Passed);
        assert_eq!(verdict(of_nodes(2, 0), rest), Verdict::Restarts);
        assert_eq!(verdict(of_nodes(1, 1), rest), Verdict::Lost);
        // As many a node on the other side: 18 on nine.
        let restarting = Group { restarts: 18, ..rest };
        assert_eq!(verdict(of_nodes(3, 0), restarting), Verdict::Passed);
    }

    /// What all nodes suffer from does not speak against the canary.
    #[test]
    fn what_the_rest_suffers_too_passes() {
        assert_eq!(verdict(group(500, 500, 900), group(4_600, 4_400, 700)), Verdict::Failed);
        assert_eq!(verdict(group(500, 500, 900), group(4_500, 4_500, 700)), Verdict::Passed);
    }

    /// Of 99 attempts every one may fail unseen, on either side.
    #[test]
    fn too_few_requests_are_not_compared() {
        assert_eq!(verdict(group(0, 99, 0), group(9_000, 0, 100)), Verdict::Passed);
        assert_eq!(verdict(group(0, 100, 0), group(9_000, 0, 100)), Verdict::Failed);
        assert_eq!(verdict(group(0, 100, 0), group(99, 0, 100)), Verdict::Passed);
        assert_eq!(verdict(group(99, 0, 900), group(9_000, 0, 100)), Verdict::Passed);
    }
}
