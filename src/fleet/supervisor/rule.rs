//! Restart rules: a metric, a limit, and how many of the last samples must be over it.

use crate::kernel::time::Duration;

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Resident memory, in bytes.
    Memory,
    /// CPU time over elapsed time since the last sample; 1 is one core.
    CpuWindow,
    /// CPU time over elapsed time since the process started, as `ps` prints it; 1 is one core.
    CpuLife,
    /// Requests that hold a slot.
    InFlight,
    /// Requests that wait for a slot.
    Backlog,
    /// Requests served since the process started.
    RequestsServed,
    /// Seconds since the process started.
    Age,
}

impl Metric {
    /// The name in scenarios and results.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Memory => "memory",
            Metric::CpuWindow => "cpu_window",
            Metric::CpuLife => "cpu_life",
            Metric::InFlight => "in_flight",
            Metric::Backlog => "backlog",
            Metric::RequestsServed => "requests_served",
            Metric::Age => "age",
        }
    }
}

/// A restart rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The name it has in the scenario.
    pub name: String,
    /// What is sampled.
    pub metric: Metric,
    /// The limit, in the metric's unit: on every node a value between these two, equally likely.
    pub limit: (f64, f64),
    /// Time between two samples.
    pub every: Duration,
    /// How many of the last [`Rule::samples`] samples must be over the limit.
    pub over: u32,
    /// How many samples are kept.
    pub samples: u32,
    /// Whether the processes that the first one forked count too.
    pub include_children: bool,
}

/// The recent samples of one rule on one node.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// Bit 0 is the last sample; a set bit was over the limit.
    over: u64,
    taken: u32,
}

impl Samples {
    /// The most samples that can be kept.
    pub const MOST: u32 = 64;

    /// Adds a sample; whether the rule now fires.
    pub fn add(&mut self, rule: &Rule, is_over: bool) -> bool {
        self.over = self.over << 1 | u64::from(is_over);
        self.taken = (self.taken + 1).min(rule.samples);
        let kept = self.over & (u64::MAX >> (Self::MOST - self.taken));
        kept.count_ones() >= rule.over
    }

    /// Forgets all samples.
    pub fn clear(&mut self) {
        *self = Samples::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_fires_when_n_of_the_last_m_samples_are_over() {
        let rule = Rule {
            name: "memory".into(),
            metric: Metric::Memory,
            limit: (0.0, 0.0),
            every: Duration::from_secs(1),
            over: 3,
            samples: 5,
            include_children: false,
        };
        let mut samples = Samples::default();
        let fired: Vec<bool> =
            "xx...x.xx".chars().map(|sample| samples.add(&rule, sample == 'x')).collect();
        let expected = [false, false, false, false, false, false, false, false, true];
        assert_eq!(fired, expected);
        samples.clear();
        assert!(!samples.add(&rule, true));
    }
}
