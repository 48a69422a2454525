//! The two hand-written loops, checked and then timed.

use std::hint::black_box;

use criterion::{Criterion, Throughput};

mod reference;

use reference::{w1, w2};

/// Requests of a checked run.
const CHECKED: u64 = 2_000_000;
/// Requests of a timed run.
const TIMED: u64 = 200_000;
const SEED: u64 = 1;

fn main() {
    check();
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("reference");
    group.throughput(Throughput::Elements(TIMED));
    group.bench_function("w1", |b| b.iter(|| w1::run(black_box(TIMED), SEED)));
    group.bench_function("w2", |b| b.iter(|| w2::run(black_box(TIMED), SEED)));
    group.finish();
    criterion.final_summary();
}

/// A yardstick that computes something else is none: the answers, before the times.
fn check() {
    let queue = w1::run(CHECKED, SEED);
    assert_eq!(queue.completed, CHECKED);
    // Theory says 1 / (mu - lambda); the standard error allows for the correlation of neighbours.
    let error = 0.0314 * (2e6 / CHECKED as f64).sqrt();
    assert!((queue.mean_sojourn_s - 5.0).abs() < 3.0 * error, "{queue:?}");
    assert_eq!(queue.digest, W1_DIGEST, "{queue:x?}");

    let fleet = w2::run(CHECKED, SEED);
    assert_eq!((fleet.completed, fleet.failed), (CHECKED, 0));
    // At this load no request waits, so these are the quantiles of the lognormal: its median
    // 0.1 exp(-1/8) and that times exp(2.3263 / 2).
    assert!((fleet.p50_s / 0.088_250 - 1.0).abs() < 0.01, "{fleet:?}");
    assert!((fleet.p99_s / 0.282_42 - 1.0).abs() < 0.01, "{fleet:?}");
    assert_eq!(fleet.digest, W2_DIGEST, "{fleet:x?}");

    // Over capacity the paths the workload never takes are taken: nearly everything waits longer
    // than the client does, is retried, and is refused.
    let storm = w2::run_at(7000.0, CHECKED / 2, SEED);
    assert_eq!(storm.completed + storm.failed, CHECKED / 2);
    assert!(storm.completed < CHECKED / 20, "{storm:?}");
    assert!(storm.timed_out > 0 && storm.refused > 0, "{storm:?}");
    // Every request that fails has three attempts fail, and one that completes at most two.
    let attempts_failed = storm.timed_out + storm.refused;
    assert!(attempts_failed >= 3 * storm.failed, "{storm:?}");
    assert!(attempts_failed <= 3 * storm.failed + 2 * storm.completed, "{storm:?}");
    assert!(storm.p99_s < 6.0, "{storm:?}");
}

/// What these loops answered when they were written; a change means that other work is timed.
const W1_DIGEST: u64 = 0xf197_0dda_c6ae_1800;
const W2_DIGEST: u64 = 0xa296_2005_d6de_b0db;
