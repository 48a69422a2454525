//! How fast the engine is, and whether it still computes the same.
//!
//! Every benchmark checks its answer before it is timed. With `cargo bench --bench fleet --`,
//!
//! - `--test` does the checks alone, at the small sizes;
//! - `ratios` prints the tables alone that compare the simulator with loops written by hand for the
//!   same work, and one workload with another, pair by pair, each beside its limit; and the memory
//!   that two workloads take. With `--strict` it fails unless all of that lies below its limit;
//! - `memory` prints the latter alone;
//! - `studies` prints what many replications cost beside the same work done otherwise;
//! - `resolution` prints whether adaptive resolution comes out as exact does, within margins, of
//!   the scenarios that are named behind it, or of all, on so many replications at most as a number
//!   says;
//! - anything else is a filter of Criterion's.

#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput};
use fleetfall::fleet::cpu::{Cpu, Speed};
use fleetfall::kernel::calendar::Calendar;
use fleetfall::kernel::chance::{Purpose, Seed, Streams};
use fleetfall::kernel::dist::Dist;
use fleetfall::kernel::time::{Duration, Instant};
use fleetfall::scenario::measure::Measure;
use std::hint::black_box;
use std::process::ExitCode;

mod median;
mod ratios;
mod reference;
mod studies;
mod workloads;

use reference::{Fates, w1, w2, w7};
use workloads::{Comparing, SEED, W1, W2, W3, W4, W5, W7, simulate};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |wanted: &str| arguments.iter().any(|argument| argument == wanted);
    let behind = |flag: &str| arguments.iter().find_map(|argument| argument.strip_prefix(flag));
    if let Some(what) = behind(ratios::WORKER) {
        ratios::work(what);
        return ExitCode::SUCCESS;
    }
    if let Some(count) = behind(studies::WORKER) {
        studies::work(count);
        return ExitCode::SUCCESS;
    }
    let quick = has("--test");
    // A workload that Criterion would leave out is not checked either.
    let wanted = |name: &str| {
        let mut filters = arguments.iter().filter(|argument| !argument.starts_with('-')).peekable();
        filters.peek().is_none() || filters.any(|filter| name.contains(filter.as_str()))
    };
    if has("studies") && !quick {
        studies::studies();
        return ExitCode::SUCCESS;
    }
    if has("resolution") && !quick {
        let most = arguments.iter().find_map(|argument| argument.parse().ok());
        studies::resolution(most, &|name| arguments.iter().any(|argument| argument == name));
        return ExitCode::SUCCESS;
    }
    let tables = [("memory", ratios::memory as fn() -> bool), ("ratios", ratios::ratios)];
    let below = |(_, table): &(&str, fn() -> bool)| table();
    if has("memory") && !quick {
        return end(below(&tables[0]), has("--strict"));
    }
    check_references(if quick { 100_000 } else { CHECKED });
    if has("ratios") && !quick {
        return end(tables.iter().map(below).fold(true, |all, one| all & one), has("--strict"));
    }
    let mut criterion = Criterion::default().configure_from_args();
    kernel(&mut criterion.benchmark_group("kernel"));
    sim(&mut criterion.benchmark_group("sim"), quick, &wanted);
    if wanted("compare/w6") {
        compare(&mut criterion.benchmark_group("compare"), quick);
    }
    criterion.final_summary();
    ExitCode::SUCCESS
}

/// What the program answers after tables whose figures are all below their limits, or not.
fn end(below: bool, strict: bool) -> ExitCode {
    if below || !strict { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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
fn sim(group: &mut BenchmarkGroup<'_, WallTime>, quick: bool, wanted: &dyn Fn(&str) -> bool) {
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for workload in [W1, W2, W3, W4, W5, W7] {
        let mut sizes = vec![("small", &workload.small)];
        if !quick {
            sizes.push(("large", &workload.large));
        }
        sizes.retain(|(name, _)| wanted(&format!("sim/{}/{name}", workload.name)));
        for (name, size) in sizes {
            let checked = workload.check(size);
            group.throughput(Throughput::Elements(checked.requests));
            let id = BenchmarkId::new(workload.name, name);
            group.bench_function(id, |b| b.iter(|| black_box(simulate(&checked.scenario))));
        }
    }
}

/// A whole comparison, as `fleetfall compare` makes it.
fn compare(group: &mut BenchmarkGroup<'_, WallTime>, quick: bool) {
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    let comparing = Comparing::new(!quick);
    group.bench_function("w6", |b| b.iter(|| comparing.run()));
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
    assert_eq!((fleet.fates.completed, fleet.fates.failed), (requests, 0));
    // At this load no request waits, so these are the quantiles of the lognormal: its median
    // 0.1 exp(-1/8) and that times exp(2.3263 / 2).
    assert!((fleet.p50_s / 0.088_250 - 1.0).abs() < 0.01, "{fleet:?}");
    assert!((fleet.p99_s / 0.282_42 - 1.0).abs() < 0.02, "{fleet:?}");

    // Cores that are shared by few are not shared: the mean of what a request needs alone.
    let idle = w7::run_at(400.0, requests, SEED);
    assert!((idle.mean_s / 0.1 - 1.0).abs() < 0.01, "{idle:?}");
    let sharing = w7::run(requests, SEED);
    assert!(sharing.fates.timed_out > 0 && sharing.mean_s > 1.01 * idle.mean_s, "{sharing:?}");

    // Whoever completes does so within three times its patience.
    let storm = w2::run_at(7000.0, requests / 2, SEED);
    assert!(storm.p99_s < 6.0, "{storm:?}");
    check_storm(storm.fates, requests / 2);
    let storm = w7::run_at(7000.0, requests / 2, SEED);
    assert!(storm.p99_s < 12.0, "{storm:?}");
    check_storm(storm.fates, requests / 2);
    if requests == CHECKED {
        assert_eq!(queue.digest, W1_DIGEST, "{queue:x?}");
        assert_eq!(fleet.digest, W2_DIGEST, "{fleet:x?}");
        assert_eq!(sharing.digest, W7_DIGEST, "{sharing:x?}");
        compare_with_references();
    }
}

/// Over capacity the paths are taken that the workloads never take: nearly everything waits longer
/// than the client does, is tried again, and is refused.
fn check_storm(storm: Fates, requests: u64) {
    assert_eq!(storm.completed + storm.failed, requests);
    assert!(storm.timed_out > 0 && storm.refused > 0, "{storm:?}");
    // Every request that fails has three attempts fail, and one that completes at most two.
    let attempts_failed = storm.timed_out + storm.refused;
    assert!(attempts_failed >= 3 * storm.failed, "{storm:?}");
    assert!(attempts_failed <= 3 * storm.failed + 2 * storm.completed, "{storm:?}");
    if requests == CHECKED / 2 {
        assert!(storm.completed < requests / 10, "{storm:?}");
    }
}

/// What these loops answered when they were written; a change means that other work is timed.
const W1_DIGEST: u64 = 0xf197_0dda_c6ae_1800;
const W2_DIGEST: u64 = 0xa296_2005_d6de_b0db;
const W7_DIGEST: u64 = 0x6d47_f1b8_5e9e_c389;

/// Where no theory says what must come out, simulator and loop must agree: neither has seen the
/// other, nor any of its random numbers.
fn compare_with_references() {
    let close = |what: &str, simulator: f64, by_hand: f64, error: f64| {
        let off = (simulator / by_hand - 1.0).abs();
        assert!(off < error, "{what}: {simulator} simulated, {by_hand} by hand");
    };
    let sharing = W7.check(&W7.large).results;
    let by_hand = w7::run(CHECKED, SEED);
    close("w7 mean", sharing.measure(Measure::SojournMean), by_hand.mean_s, 0.01);
    close("w7 median", sharing.measure(Measure::SojournP50), by_hand.p50_s, 0.01);
    close("w7 p99", sharing.measure(Measure::SojournP99), by_hand.p99_s, 0.02);
    // The last attempt that is given up is not followed by another. There are a few hundred others.
    let others = by_hand.fates.timed_out - by_hand.fates.failed;
    let others = others as f64 / CHECKED as f64;
    close("w7 later attempts", sharing.measure(Measure::Attempts) - 1.0, others, 0.3);

    let storm = W3.check(&W3.large);
    let by_hand = w2::run_at(5600.0, storm.requests, SEED);
    let failed = storm.results.measure(Measure::RequestsFailed) / storm.requests as f64;
    close("w3 failed", failed, by_hand.fates.failed as f64 / storm.requests as f64, 0.05);
}
