//! What the simulator costs beside loops written by hand, what one workload costs beside another,
//! and how much memory they take.
//!
//! Costs are processor time of one thread, so programs beside this one, which take the processor
//! away in between, disturb less.

use super::median::Median;
use super::reference::{w1, w2, w7};
use super::workloads::{Checked, SEED, W1, W2, W3, W4, W5, W7, Workload, simulate};
use fleetfall::scenario::measure::Measure;
use std::hint::black_box;
use std::process::Command;

/// What the simulator is compared with.
enum Other<'a> {
    /// A loop written by hand, which takes a number of requests.
    Loop(&'a dyn Fn(u64)),
    /// The simulator itself with another workload.
    Run(&'a Checked),
}

/// By what costs are divided before they are compared.
#[derive(Clone, Copy)]
enum Unit {
    Request,
    Event,
}

/// A ratio, the limit below which it must lie, and how many pairs of runs tell.
struct Ratio<'a> {
    what: &'a str,
    this: &'a Checked,
    other: Other<'a>,
    unit: Unit,
    limit: f64,
    pairs: usize,
}

/// Pairs of runs of a second or two.
const MANY: usize = 15;
/// Pairs of longer runs.
const FEW: usize = 9;

/// Prints all ratios; whether every one lies below its limit.
pub(crate) fn ratios() -> bool {
    let [w1, w2, w3, w4, w5, w7] =
        [&W1, &W2, &W3, &W4, &W5, &W7].map(|workload| workload.check(&workload.large));
    let loop1 = |requests| _ = black_box(w1::run(black_box(requests), SEED));
    let loop2 = |requests| _ = black_box(w2::run(black_box(requests), SEED));
    let loop7 = |requests| _ = black_box(w7::run(black_box(requests), SEED));
    let ratio =
        |what, this, other, unit, limit, pairs| Ratio { what, this, other, unit, limit, pairs };
    let request = Unit::Request;
    let all = [
        ratio("W1 over its loop", &w1, Other::Loop(&loop1), request, 1.5, MANY),
        ratio("W2 over its loop", &w2, Other::Loop(&loop2), request, 1.2, MANY),
        ratio("W7 over its loop", &w7, Other::Loop(&loop7), request, 1.5, MANY),
        ratio("W3 over W2", &w3, Other::Run(&w2), Unit::Event, 0.8, MANY),
        ratio("W5 over W2", &w5, Other::Run(&w2), request, 2.2, MANY),
        ratio("W4 over W7", &w4, Other::Run(&w7), request, 1.5, FEW),
    ];
    println!("\nRatios of costs: medians of pairs of runs in turns, each with its interval");
    println!(
        "{:<18} {:>5} {:<8} {:>10} {:>10} {:>7} {:>15} {:>6}  verdict",
        "", "pairs", "per", "this", "other", "ratio", "interval", "limit"
    );
    all.iter().map(Ratio::print).fold(true, |all, below| all & below)
}

impl Ratio<'_> {
    /// Times both in turns and prints what comes out; whether the whole interval lies below the
    /// limit.
    fn print(&self) -> bool {
        // Which of the two comes first alternates, so that neither always follows the other.
        let pair = |number: usize| {
            let (this, other) = if number.is_multiple_of(2) {
                let this = self.this_ns();
                (this, self.other_ns())
            } else {
                let other = self.other_ns();
                (self.this_ns(), other)
            };
            [this, other, this / other]
        };
        let pairs: Vec<[f64; 3]> = (0..self.pairs).map(pair).collect();
        let [this, other, ratio] =
            [0, 1, 2].map(|which| Median::of(pairs.iter().map(|pair| pair[which])));
        let verdict = match () {
            () if ratio.high < self.limit => "below",
            () if ratio.low > self.limit => "above",
            () => "undecided",
        };
        println!(
            "{:<18} {:>5} {:<8} {:>7.1} ns {:>7.1} ns {:>7.2} {:>15} {:>6.1}  {verdict}",
            self.what,
            self.pairs,
            match self.unit {
                Unit::Request => "request",
                Unit::Event => "event",
            },
            this.value,
            other.value,
            ratio.value,
            format!("{:.2} to {:.2}", ratio.low, ratio.high),
            self.limit,
        );
        ratio.high < self.limit
    }

    fn this_ns(&self) -> f64 {
        self.run_ns(self.this)
    }

    fn other_ns(&self) -> f64 {
        match self.other {
            Other::Loop(run) => nanoseconds(|| run(self.this.requests)) / self.units(self.this),
            Other::Run(checked) => self.run_ns(checked),
        }
    }

    fn run_ns(&self, checked: &Checked) -> f64 {
        nanoseconds(|| drop(black_box(simulate(&checked.scenario)))) / self.units(checked)
    }

    fn units(&self, checked: &Checked) -> f64 {
        match self.unit {
            Unit::Request => checked.requests as f64,
            Unit::Event => checked.events as f64,
        }
    }
}

fn nanoseconds(work: impl FnOnce()) -> f64 {
    let start = processor_time();
    work();
    processor_time() - start
}

/// The processor time of this thread so far, in nanoseconds.
#[cfg(unix)]
fn processor_time() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Where nobody tells, the time that passes for everybody.
#[cfg(not(unix))]
#[expect(clippy::disallowed_types, reason = "the clock is what a benchmark reads")]
fn processor_time() -> f64 {
    use std::time::{SystemTime, UNIX_EPOCH};
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64() * 1e9)
}

/// What the argument of a worker begins with that tells its memory; the workload and its end
/// follow.
pub(crate) const WORKER: &str = "--memory=";

/// The lengths at which memory is measured, and its limit in megabytes.
const MEMORY: [(&Workload, [&str; 2], f64); 2] = [
    (&W2, ["clock.end=2026-01-05T00:00:30Z", "clock.end=2026-01-05T00:05:00Z"], 16.0),
    (&W5, ["clock.end=2026-01-05T00:00:04Z", "clock.end=2026-01-05T00:00:20Z"], 200.0),
];

/// By how much the longer run may take more memory than the shorter one, in megabytes.
const SAME: f64 = 1.0;

/// Prints how much memory workloads take, and that more requests take no more of it; whether it is
/// below its limits.
pub(crate) fn memory() -> bool {
    println!("\nPeak resident memory, each in a program of its own");
    let program = std::env::current_exe().expect("the benchmark is a file");
    let mut below = true;
    for (workload, ends, limit) in MEMORY {
        let peaks = ends.map(|end| {
            let worker = format!("{WORKER}{} {end}", workload.name);
            let output = Command::new(&program).arg(worker).output().expect("it runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let text = String::from_utf8(output.stdout).expect("it prints text");
            let mut numbers = text.split_whitespace().map(|word| word.parse::<f64>());
            let mut next = || numbers.next().and_then(Result::ok).expect("it prints two numbers");
            let (requests, peak) = (next(), next());
            let verdict = if peak < limit { "below" } else { "above" };
            println!(
                "{:<4} {requests:>9.0} requests {peak:>6.1} MB, limit {limit:>3.0} MB: {verdict}",
                workload.name.to_uppercase()
            );
            below &= peak < limit;
            peak
        });
        assert!(peaks[1] < peaks[0] + SAME, "{}: memory grows: {peaks:?}", workload.name);
    }
    below
}

/// Simulates a workload and prints its requests and the memory it took, in megabytes.
pub(crate) fn work(what: &str) {
    let (name, end) = what.split_once(' ').expect("a workload and its end");
    let workload = MEMORY.iter().find(|(workload, _, _)| workload.name == name);
    let scenario = workload.expect("its memory is measured").0.scenario(&[end]);
    let requests = simulate(&scenario).measure(Measure::Requests);
    let peak = peak().expect("the system tells how much memory a program takes");
    println!("{requests} {peak}");
}

/// Forgets the highest resident memory so far, where the system can.
pub(crate) fn reset_peak() {
    // A system that cannot reports the peak of the whole process, which bounds it from above.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The highest resident memory so far, in megabytes.
pub(crate) fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}
