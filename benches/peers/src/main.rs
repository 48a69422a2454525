//! The same work on other simulators, side by side with fleetfall.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml` runs each of them in turns, every
//! run in a program of its own on the same core, checks what each answers, and prints a table of
//! what a request costs, over what it costs here. With `-- --markdown` it prints the block of the
//! README instead, with `-- --rounds N` it does so many rounds.
//!
//! SimPy is installed into `target/simpy` beside this package if it is not there yet.

mod answer;
#[path = "../../median/mod.rs"]
mod median;
mod on_fleetfall;
mod on_nexosim;
mod on_simcore;
mod peer;
#[path = "../../reference/mod.rs"]
#[allow(dead_code, reason = "the benchmarks of fleetfall use more of it")]
mod reference;
mod table;

use answer::{Answer, Run, Workload};
use peer::{PEERS, Peer};
use reference::{w1, w2};
use rustix::time::{ClockId, clock_gettime};
use std::process::ExitCode;

/// Rounds without `--rounds`.
const ROUNDS: usize = 9;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["--work", name, workload, requests] => work(name, workload, requests),
        [] => table::print(ROUNDS, false),
        ["--markdown"] => table::print(ROUNDS, true),
        ["--rounds", rounds] => rounds_of(rounds).and_then(|rounds| table::print(rounds, false)),
        ["--markdown", "--rounds", rounds] | ["--rounds", rounds, "--markdown"] => {
            rounds_of(rounds).and_then(|rounds| table::print(rounds, true))
        }
        _ => Err("usage: fleetfall-peers [--markdown] [--rounds N]".to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn rounds_of(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(rounds) if (1..=63).contains(&rounds) => Ok(rounds),
        _ => Err(format!("expected 1 to 63 rounds, not {text}")),
    }
}

/// Does the work of one program: a run on one simulator, whose figures it prints.
fn work(name: &str, workload: &str, requests: &str) -> Result<(), String> {
    let peer = PEERS.iter().find(|peer| peer.name == name).ok_or("there is no such peer")?;
    let workload = Workload::BOTH.into_iter().find(|known| known.name() == workload);
    let workload = workload.ok_or("there is no such workload")?;
    let requests = requests.parse().map_err(|_| "expected a number of requests")?;
    let start = processor_seconds();
    let (requests, answer) = simulate(peer, workload, requests)?;
    let seconds = processor_seconds() - start;
    let peak_mb = peak_mb().ok_or("the system does not tell how much memory a program takes")?;
    println!("{}", Run { requests, answer, seconds, peak_mb });
    Ok(())
}

fn simulate(peer: &Peer, workload: Workload, requests: u64) -> Result<(u64, Answer), String> {
    Ok(match (peer.name, workload) {
        ("fleetfall", _) => on_fleetfall::run(workload, requests),
        ("simcore", Workload::W1) => (requests, on_simcore::w1(requests)),
        ("simcore", Workload::W2) => (requests, on_simcore::w2(requests)),
        ("nexosim", Workload::W1) => (requests, on_nexosim::w1(requests)),
        ("nexosim", Workload::W2) => (requests, on_nexosim::w2(requests)),
        ("loop", Workload::W1) => {
            let w1::Outcome { completed, mean_sojourn_s: mean_s, .. } = w1::run(requests, 1);
            (requests, Answer { completed, mean_s, ..Answer::default() })
        }
        ("loop", Workload::W2) => {
            let w2::Outcome { fates, p50_s, p99_s, .. } = w2::run(requests, 1);
            let completed = fates.completed;
            (requests, Answer { completed, p50_s, p99_s, ..Answer::default() })
        }
        (name, _) => return Err(format!("{name} is not part of this program")),
    })
}

/// Processor time of this program so far.
fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The highest resident memory of this program so far.
fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}
