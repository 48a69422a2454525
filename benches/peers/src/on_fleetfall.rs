//! The workloads on fleetfall, from their scenario files and with everything it measures.

use crate::answer::{Answer, Workload};
use fleetfall::experiment::Replication;
use fleetfall::kernel::chance::Seed;
use fleetfall::scenario::Study;
use fleetfall::scenario::measure::Measure;

/// Seconds of the clock that W1's unit of time is; its requests take milliseconds, so that windows
/// hold many.
const UNIT_S: f64 = 0.001;

/// A run of about so many requests, and how many they were.
pub(crate) fn run(workload: Workload, requests: u64) -> (u64, Answer) {
    let (text, rate, unit_s) = match workload {
        Workload::W1 => (include_str!("../../scenarios/w1.toml"), 800, UNIT_S),
        Workload::W2 => (include_str!("../../scenarios/w2.toml"), 4000, 1.0),
    };
    let seconds = requests / rate;
    let end = format!(
        "clock.end=2026-01-05T{:02}:{:02}:{:02}Z",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    let none: [&str; 0] = [];
    let study = Study::load(workload.name(), text, &none, &[end]);
    let study = study.unwrap_or_else(|problems| panic!("{problems}"));
    let results = Replication::new(&study.scenario, Seed(1), false).finish();
    let measure = |measure| results.measure(measure);
    let requests = measure(Measure::Requests);
    let answer = Answer {
        completed: (requests * measure(Measure::Availability)) as u64,
        mean_s: measure(Measure::SojournMean) / unit_s,
        p50_s: measure(Measure::SojournP50) / unit_s,
        p99_s: measure(Measure::SojournP99) / unit_s,
    };
    (requests as u64, answer)
}
