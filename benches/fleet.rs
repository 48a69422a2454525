//! How fast the engine is, and whether it still computes the same.
//!
//! Every benchmark checks its answer before it is timed. `cargo bench -- --test` does the checks at
//! the small sizes; `cargo bench --bench fleet -- ratios` prints the table alone that compares the
//! simulator with loops written by hand for the same work, pair by pair, and its memory;
//! `cargo bench --bench fleet -- studies` what many replications cost beside the same work done
//! otherwise.

#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput};
use fleetfall::experiment::Replication;
use fleetfall::fleet::cpu::{Cpu, Speed};
use fleetfall::kernel::calendar::Calendar;
use fleetfall::kernel::chance::{Purpose, Seed, Streams};
use fleetfall::kernel::dist::Dist;
use fleetfall::kernel::time::{Duration, Instant};
use fleetfall::observe::Results;
use fleetfall::scenario::measure::Measure;
use fleetfall::scenario::{Scenario, Study};
use std::hint::black_box;
use std::sync::Arc;

mod reference;
mod studies;

use reference::{w1, w2};

const SEED: u64 = 1;

/// A workload: a scenario file, simulated to one of two ends.
struct Workload {
    name: &'static str,
    text: &'static str,
    small: Size,
    large: Size,
    /// What must come out of the large size: a measure, its value, and the relative error allowed.
    expected: &'static [(Measure, f64, f64)],
}

/// How long a workload is simulated, and the digest that comes of it. Another digest means that
/// other work is timed: change it with the results, knowingly.
struct Size {
    end: &'static str,
    digest: u64,
}

const W1: Workload = Workload {
    name: "w1",
    text: include_str!("scenarios/w1.toml"),
    small: Size { end: "2026-01-05T00:00:10Z", digest: 0xd49c_7cd9_a017_774b },
    large: Size { end: "2026-01-05T00:10:25Z", digest: 0x89fb_a8de_8b3e_fa1b },
    // 1 / (mu - lambda), of which 1 / mu is service; three standard errors at half a million
    // requests.
    expected: &[(Measure::SojournMean, 0.005, 0.04), (Measure::WaitMean, 0.004, 0.05)],
};

const W2: Workload = Workload {
    name: "w2",
    text: include_str!("scenarios/w2.toml"),
    small: Size { end: "2026-01-05T00:00:02Z", digest: 0x4fc7_5ba0_0f42_99d2 },
    large: Size { end: "2026-01-05T00:02:00Z", digest: 0x3c50_1e75_6b2e_0430 },
    // At this load no request waits, so these are the quantiles of the lognormal.
    expected: &[(Measure::SojournP50, 0.088_250, 0.01), (Measure::SojournP99, 0.282_42, 0.01)],
};

const NIGHT: Workload = Workload {
    name: "night",
    text: include_str!("scenarios/night.toml"),
    small: Size { end: "2021-02-01T12:00:20Z", digest: 0x890e_ba4b_cca9_192f },
    large: Size { end: "2021-02-01T12:30:00Z", digest: 0xa4e9_a8ad_12c6_1092 },
    // What a request needs alone; cores are hardly ever short.
    expected: &[(Measure::SojournMean, 0.23, 0.01), (Measure::Availability, 1.0, 1e-9)],
};

/// The incident itself. It is too long for more than the comparison with the loop.
const PINPOINT: Workload = Workload {
    name: "pinpoint",
    text: include_str!("../scenarios/pinpoint-2021.toml"),
    small: WHOLE_INCIDENT,
    large: WHOLE_INCIDENT,
    expected: &[(Measure::Requests, 11.02e6, 0.001), (Measure::Downtime, 47.1 * 60.0, 0.02)],
};

const WHOLE_INCIDENT: Size = Size { end: "2021-02-01T18:00:00Z", digest: 0xc81b_e044_1ad8_4396 };

impl Workload {
    /// The scenario, to be simulated until `end`.
    fn scenario(&self, end: &str) -> Arc<Scenario> {
        let none: [&str; 0] = [];
        let study = Study::load(self.name, self.text, &none, &[format!("clock.end={end}")]);
        study.unwrap_or_else(|problems| panic!("{}: {problems}", self.name)).scenario
    }

    /// Simulates a size, checks what comes of it, and returns the scenario with the number of
    /// requests.
    fn check(&self, size: &Size) -> (Arc<Scenario>, u64) {
        let scenario = self.scenario(size.end);
        let results = simulate(&scenario);
        let digest = results.digest.value();
        assert_eq!(digest, size.digest, "{} until {}: {digest:#018x}", self.name, size.end);
        if size.end == self.large.end {
            self.check_theory(&results);
        }
        (scenario, results.measure(Measure::Requests) as u64)
    }

    fn check_theory(&self, results: &Results) {
        for &(measure, expected, error) in self.expected {
            let (got, name) = (results.measure(measure), measure.name());
            let off = (got / expected - 1.0).abs();
            assert!(off < error, "{}: {name} is {got}, not {expected}", self.name);
        }
    }
}

/// The way of every replication: the scenario with its standard observer.
fn simulate(scenario: &Arc<Scenario>) -> Results {
    Replication::new(scenario, Seed(SEED), false).finish()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--test");
    let wanted = |name: &str| {
        let mut filters = arguments.iter().filter(|argument| !argument.starts_with('-')).peekable();
        filters.peek().is_none() || filters.any(|filter| name.contains(filter.as_str()))
    };
    if let Some(count) =
        arguments.iter().find_map(|argument| argument.strip_prefix(studies::WORKER))
    {
        return studies::work(count);
    }
    if !quick && arguments.iter().any(|argument| argument == "studies") {
        return studies::studies();
    }
    if wanted("ratios") {
        check_references(if quick { 100_000 } else { CHECKED });
        if !quick {
            memory();
            ratios();
        }
    }
    let mut criterion = Criterion::default().configure_from_args();
    kernel(&mut criterion.benchmark_group("kernel"));
    sim(&mut criterion.benchmark_group("sim"), quick);
    criterion.final_summary();
}

/// The parts that every event goes through.
fn kernel(group: &mut BenchmarkGroup<'_, WallTime>) {
    for pending in [400, 100_000] {
        let mut hold = Hold::new(pending);
        let turns = hold.times(1000);
        assert!(turns.is_sorted() && turns.len() == 1000, "the calendar lost its order");
        group
            .bench_function(BenchmarkId::new("calendar_hold", pending), |b| b.iter(|| hold.turn()));
    }
    for jobs in [4, 400] {
        let mut sharing = Sharing::new(jobs);
        let finished: Vec<Instant> = (0..1000).map(|_| sharing.turn()).collect();
        assert!(finished.is_sorted(), "jobs finish in order");
        group.bench_function(BenchmarkId::new("cpu_sharing", jobs), |b| b.iter(|| sharing.turn()));
    }
    let dist = Dist::lognormal(Duration::from_millis(100), 0.5);
    let mut sequence = Streams::new(Seed(SEED)).sequence(Purpose(0), 0);
    let mut draw = || {
        let value = dist.sample(&mut sequence.die(0));
        sequence.advance();
        value
    };
    let mean = (0..100_000).map(|_| draw().as_secs_f64()).sum::<f64>() / 1e5;
    assert!((mean / 0.1 - 1.0).abs() < 0.01, "the mean of 100 ms is {mean}");
    group.bench_function("draw_lognormal", |b| b.iter(&mut draw));
}

/// The classic measure of an event queue: take the next event, schedule one, with as many pending.
struct Hold {
    calendar: Calendar<u32>,
    delays: Vec<Duration>,
    next: usize,
}

impl Hold {
    fn new(pending: u32) -> Hold {
        let dist = Dist::exponential(Duration::from_millis(100));
        let mut sequence = Streams::new(Seed(SEED)).sequence(Purpose(1), u64::from(pending));
        let mut delay = || {
            sequence.advance();
            dist.sample(&mut sequence.die(0))
        };
        let delays = (0..1 << 16).map(|_| delay()).collect();
        let mut hold = Hold { calendar: Calendar::default(), delays, next: 0 };
        for event in 0..pending {
            let delay = hold.delay();
            hold.calendar.after(delay, event);
        }
        hold
    }

    fn delay(&mut self) -> Duration {
        self.next = (self.next + 1) % self.delays.len();
        self.delays[self.next]
    }

    fn turn(&mut self) -> Instant {
        let event = self.calendar.advance(Instant::NEVER).expect("events are pending");
        let delay = self.delay();
        self.calendar.after(delay, event);
        self.calendar.now()
    }

    fn times(&mut self, turns: usize) -> Vec<Instant> {
        (0..turns).map(|_| self.turn()).collect()
    }
}

/// Cores on which whatever is done is replaced.
struct Sharing {
    cpu: Cpu<u32>,
    work: u64,
}

impl Sharing {
    fn new(jobs: u32) -> Sharing {
        let mut sharing = Sharing { cpu: Cpu::new(8, Speed::NORMAL), work: 0 };
        for job in 0..jobs {
            let work = sharing.work();
            sharing.cpu.start(Instant::START, work, job);
        }
        sharing
    }

    /// From 1 ms to 17 ms, spread evenly by a multiplicative sequence.
    fn work(&mut self) -> Duration {
        self.work = self.work.wrapping_add(0x9E37_79B9_7F4A_7C15);
        Duration::from_nanos(1_000_000 + (self.work >> 40))
    }

    fn turn(&mut self) -> Instant {
        let now = self.cpu.next_completion();
        while let Some(job) = self.cpu.finished(now) {
            let work = self.work();
            self.cpu.start(now, work, job);
        }
        now
    }
}

/// Whole workloads, as `fleetfall run` simulates them.
fn sim(group: &mut BenchmarkGroup<'_, WallTime>, quick: bool) {
    group.sample_size(10);
    for workload in [W1, W2, NIGHT] {
        let mut sizes = vec![("small", workload.check(&workload.small))];
        if !quick {
            sizes.push(("large", workload.check(&workload.large)));
        }
        for (size, (scenario, requests)) in sizes {
            group.throughput(Throughput::Elements(requests));
            let id = BenchmarkId::new(workload.name, size);
            group.bench_function(id, |b| b.iter(|| black_box(simulate(&scenario))));
        }
    }
}

/// Pairs of runs; the ranks of the interval below belong to this number.
const PAIRS: usize = 15;

/// Times the simulator and the loop written by hand in turns and prints their ratios: per request,
/// the median over the pairs and the interval in which the true median lies with 96 %.
fn ratios() {
    println!("\nTime per request, simulator over hand-written loop, {PAIRS} pairs in turns");
    println!(
        "{:<8} {:<5} {:>10} {:>10} {:>7} {:>15} {:>7}",
        "workload", "loop", "loop", "simulator", "ratio", "96 % interval", "limit"
    );
    let loop_of_w1 = |requests| {
        black_box(w1::run(black_box(requests), SEED));
    };
    let loop_of_w2 = |requests| {
        black_box(w2::run(black_box(requests), SEED));
    };
    ratio(&W1, ("w1", &loop_of_w1), None);
    ratio(&W2, ("w2", &loop_of_w2), Some(2.5));
    ratio(&NIGHT, ("w2", &loop_of_w2), Some(3.0));
    ratio(&PINPOINT, ("w2", &loop_of_w2), Some(3.0));
}

#[expect(clippy::disallowed_types, reason = "the clock is what a benchmark reads")]
fn ratio(workload: &Workload, (name, by_hand): (&str, &dyn Fn(u64)), limit: Option<f64>) {
    let (scenario, requests) = workload.check(&workload.large);
    let per_request = |work: &dyn Fn()| {
        let start = std::time::Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e9 / requests as f64
    };
    let pair = |_| {
        let loop_ns = per_request(&|| by_hand(requests));
        let simulator_ns = per_request(&|| drop(black_box(simulate(&scenario))));
        [loop_ns, simulator_ns, simulator_ns / loop_ns]
    };
    let pairs: Vec<[f64; 3]> = (0..PAIRS).map(pair).collect();
    let sorted = |which: usize| {
        let mut values: Vec<f64> = pairs.iter().map(|pair| pair[which]).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let [loops, simulators, ratios] = [0, 1, 2].map(sorted);
    let median = PAIRS / 2;
    // Of 15 values the 4th and the 12th enclose the median with a probability of 96.5 %.
    let interval = format!("{:.2} to {:.2}", ratios[3], ratios[PAIRS - 4]);
    println!(
        "{:<8} {name:<5} {:>7.1} ns {:>7.1} ns {:>7.2} {interval:>15} {:>7}",
        workload.name,
        loops[median],
        simulators[median],
        ratios[median],
        limit.map_or_else(|| "none".to_string(), |limit| format!("{limit:.1}")),
    );
}

/// Prints how much memory a night takes, and that a longer one takes no more.
fn memory() {
    println!("\nPeak resident memory");
    for (length, end) in [("1 hour", "2021-02-01T13:00:00Z"), ("12 hours", "2021-02-02T00:00:00Z")]
    {
        let scenario = NIGHT.scenario(end);
        reset_peak();
        let results = simulate(&scenario);
        let requests = results.measure(Measure::Requests);
        match peak() {
            Some(kib) => {
                let mib = kib as f64 / 1024.0;
                println!("night of {length:<8} {requests:>10.0} requests {mib:>6.1} MiB  limit 64");
                assert!(mib < 64.0, "a night takes {mib} MiB");
            }
            None => println!("night of {length}: this system does not tell"),
        }
    }
}

/// Forgets the highest resident memory so far, where the system can.
fn reset_peak() {
    // A system that cannot reports the peak of the whole process, which bounds it from above.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The highest resident memory so far, in KiB.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Requests of a checked run of the loops written by hand.
const CHECKED: u64 = 2_000_000;

/// A yardstick that computes something else is none: the answers, before the times.
fn check_references(requests: u64) {
    let queue = w1::run(requests, SEED);
    assert_eq!(queue.completed, requests);
    // Theory says 1 / (mu - lambda); the standard error allows for the correlation of neighbours.
    let error = 0.0314 * (2e6 / requests as f64).sqrt();
    assert!((queue.mean_sojourn_s - 5.0).abs() < 3.0 * error, "{queue:?}");

    let fleet = w2::run(requests, SEED);
    assert_eq!((fleet.completed, fleet.failed), (requests, 0));
    // At this load no request waits, so these are the quantiles of the lognormal: its median
    // 0.1 exp(-1/8) and that times exp(2.3263 / 2).
    assert!((fleet.p50_s / 0.088_250 - 1.0).abs() < 0.01, "{fleet:?}");
    assert!((fleet.p99_s / 0.282_42 - 1.0).abs() < 0.02, "{fleet:?}");
    if requests == CHECKED {
        assert_eq!(queue.digest, W1_DIGEST, "{queue:x?}");
        assert_eq!(fleet.digest, W2_DIGEST, "{fleet:x?}");
    }

    // Over capacity the paths the workload never takes are taken: nearly everything waits longer
    // than the client does, is retried, and is refused.
    let storm = w2::run_at(7000.0, requests / 2, SEED);
    assert_eq!(storm.completed + storm.failed, requests / 2);
    assert!(storm.timed_out > 0 && storm.refused > 0, "{storm:?}");
    // Every request that fails has three attempts fail, and one that completes at most two.
    let attempts_failed = storm.timed_out + storm.refused;
    assert!(attempts_failed >= 3 * storm.failed, "{storm:?}");
    assert!(attempts_failed <= 3 * storm.failed + 2 * storm.completed, "{storm:?}");
    assert!(storm.p99_s < 6.0, "{storm:?}");
    if requests == CHECKED {
        assert!(storm.completed < requests / 20, "{storm:?}");
    }
}

/// What these loops answered when they were written; a change means that other work is timed.
const W1_DIGEST: u64 = 0xf197_0dda_c6ae_1800;
const W2_DIGEST: u64 = 0xa296_2005_d6de_b0db;
