//! What comes of a run on whichever simulator, and whether it is right.

use crate::reference::{Latencies, SECOND};
use std::fmt;
use std::str::FromStr;

/// One of the two workloads of `benches/scenarios`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    W1,
    W2,
}

impl Workload {
    pub(crate) const BOTH: [Workload; 2] = [Workload::W1, Workload::W2];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Workload::W1 => "w1",
            Workload::W2 => "w2",
        }
    }
}

/// What came of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Answer {
    /// Requests answered in time.
    pub(crate) completed: u64,
    /// The mean time from arrival to answer, in seconds.
    pub(crate) mean_s: f64,
    /// Its median.
    pub(crate) p50_s: f64,
    /// Its 99 % quantile.
    pub(crate) p99_s: f64,
}

/// Times from arrival to answer while they are counted. It is that of the loops written by hand,
/// so that no rival is slowed down by a worse one.
#[derive(Debug)]
pub(crate) struct Counted {
    latencies: Latencies,
    sum_ns: u64,
    completed: u64,
}

impl Default for Counted {
    fn default() -> Counted {
        Counted { latencies: Latencies::new(), sum_ns: 0, completed: 0 }
    }
}

impl Counted {
    pub(crate) fn record(&mut self, nanoseconds: u64) {
        self.latencies.record(nanoseconds);
        self.sum_ns += nanoseconds;
        self.completed += 1;
    }

    pub(crate) fn answer(&self) -> Answer {
        Answer {
            completed: self.completed,
            mean_s: self.sum_ns as f64 / SECOND / self.completed as f64,
            p50_s: self.latencies.quantile_s(0.5),
            p99_s: self.latencies.quantile_s(0.99),
        }
    }
}

/// What a program of its own tells of its run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) requests: u64,
    pub(crate) answer: Answer,
    /// Processor time without the start of the program, in seconds.
    pub(crate) seconds: f64,
    /// The most resident memory of the program, in megabytes.
    pub(crate) peak_mb: f64,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Answer { completed, mean_s, p50_s, p99_s } = self.answer;
        let Run { requests, seconds, peak_mb, .. } = self;
        write!(f, "{requests} {completed} {mean_s} {p50_s} {p99_s} {seconds} {peak_mb}")
    }
}

impl FromStr for Run {
    type Err = String;

    fn from_str(text: &str) -> Result<Run, String> {
        let numbers: Vec<f64> =
            text.split_whitespace().map_while(|word| word.parse().ok()).collect();
        let &[requests, completed, mean_s, p50_s, p99_s, seconds, peak_mb] = &numbers[..] else {
            return Err(format!("not seven numbers: {text}"));
        };
        let answer = Answer { completed: completed as u64, mean_s, p50_s, p99_s };
        Ok(Run { requests: requests as u64, answer, seconds, peak_mb })
    }
}

impl Run {
    pub(crate) fn nanoseconds_per_request(&self) -> f64 {
        self.seconds * SECOND / self.requests as f64
    }

    /// Whether theory allows the answer.
    pub(crate) fn check(&self, workload: Workload) -> Result<(), String> {
        let Answer { completed, mean_s, p50_s, p99_s } = self.answer;
        let requests = self.requests as f64;
        // Of a run that ends at a time and not with the last request a few are still open.
        if completed > self.requests || (completed as f64) < 0.999 * requests {
            return Err(format!("{completed} of {requests} requests were answered"));
        }
        let near = |what: &str, got: f64, expected: f64, error: f64| {
            let is_near = (got - expected).abs() < error * expected;
            is_near.then_some(()).ok_or_else(|| format!("{what} is {got} s, not {expected} s"))
        };
        match workload {
            // 1 / (mu - lambda), with four standard errors, which allow for the correlation of
            // neighbours.
            Workload::W1 => {
                near("the mean", mean_s, 5.0, 4.0 * 0.0314 * (2e6 / requests).sqrt() / 5.0)
            }
            // Nobody waits, so these are the quantiles of the lognormal service.
            Workload::W2 => {
                let error = 4.0 * (1.0 / requests).sqrt();
                near("the median", p50_s, 0.088_250, 0.01 + error)?;
                near("the 99th percentile", p99_s, 0.282_42, 0.02 + 3.0 * error)
            }
        }
    }
}
