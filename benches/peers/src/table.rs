//! The table of ratios.

use crate::answer::{Run, Workload};
use crate::median::Median;
use crate::peer::{PEERS, Peer, Place};

const HEAD: [&str; 10] = [
    "",
    "version",
    "W1: requests",
    "ns each",
    "over ours",
    "W2: requests",
    "ns each",
    "over ours",
    "answers: W1 mean, W2 p50 / p99",
    "peak MB, W1 / W2",
];

/// What holds for all of them.
const WORK: &str = "\
W1 is the M/M/1 queue at four fifths of its capacity. W2 sends 4000 requests a second to the least \
busy of 16 nodes with 32 slots and a backlog of 1024; service is lognormal, clients wait 2 s and \
try three times, and a node serves what was given up all the same. Costs are processor time \
without the start of the program, medians of runs in turns on one core; ratios are medians over \
the turns, in brackets the interval that holds them with 95 % or, of fewer than six turns, all of \
them. Every answer is checked: theory says 5 s, 88.2 ms and 282.4 ms. The loop, simcore and \
nexosim draw the same random numbers with the same samplers. Models were written once, in the \
way of each project's own examples; whoever knows one of them better may make it faster.";

/// The lines of the README between which the table stands.
const BEGIN: &str = "<!-- peers: cargo run --release --manifest-path benches/peers/Cargo.toml -- \
                     --markdown -->";
const END: &str = "<!-- /peers -->";

/// Runs all peers so many rounds and prints what comes out.
pub(crate) fn print(rounds: usize, markdown: bool) -> Result<(), String> {
    let place = Place::new()?;
    let mut runs: Vec<Vec<[Run; 2]>> = Vec::new();
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        let both = |peer: &Peer| -> Result<[Run; 2], String> {
            Ok([peer.run(Workload::W1, &place)?, peer.run(Workload::W2, &place)?])
        };
        runs.push(PEERS.iter().map(both).collect::<Result<_, _>>()?);
    }
    let mut rows = vec![HEAD.map(str::to_string)];
    for (at, peer) in PEERS.iter().enumerate() {
        rows.push(row(peer, peer.version(&place)?, at, &runs));
    }
    let notes = PEERS
        .iter()
        .map(|Peer { name, how, lacks, .. }| format!("- {name}: {how}. Not part of it: {lacks}."));
    let notes: Vec<String> = notes.collect();
    if markdown {
        println!("{BEGIN}\n");
        print_markdown(&rows);
        println!("\n{WORK}\n\n{}\n{END}", notes.join("\n"));
    } else {
        print_plain(&rows);
        println!("\n{WORK}\n\n{}", notes.join("\n"));
    }
    Ok(())
}

fn row(peer: &Peer, version: String, at: usize, runs: &[Vec<[Run; 2]>]) -> [String; 10] {
    let cost = |round: &[[Run; 2]], at: usize, workload: Workload| {
        round[at][workload as usize].nanoseconds_per_request()
    };
    let times = Workload::BOTH.map(|workload| {
        let costs = Median::of(runs.iter().map(|round| cost(round, at, workload)));
        let ratio = |round: &Vec<[Run; 2]>| cost(round, at, workload) / cost(round, 0, workload);
        let ratio = Median::of(runs.iter().map(ratio));
        let Median { value, low, high } = ratio;
        let ratio = if at == 0 {
            "1".to_string()
        } else {
            format!("{} ({} to {})", short(value), short(low), short(high))
        };
        [format!("{:.0}", costs.value), ratio]
    });
    let [w1, w2] = runs[runs.len() - 1][at];
    let [[w1_ns, w1_ratio], [w2_ns, w2_ratio]] = times;
    let name = if at == 0 { "fleetfall (ours)".to_string() } else { peer.name.to_string() };
    let answers = format!(
        "{:.2} s, {:.1} / {:.1} ms",
        w1.answer.mean_s,
        1e3 * w2.answer.p50_s,
        1e3 * w2.answer.p99_s
    );
    let peaks = format!("{:.0} / {:.0}", w1.peak_mb, w2.peak_mb);
    let [w1_requests, w2_requests] = [w1, w2].map(|run| thousands(run.requests));
    [name, version, w1_requests, w1_ns, w1_ratio, w2_requests, w2_ns, w2_ratio, answers, peaks]
}

/// A ratio with two or three digits.
fn short(ratio: f64) -> String {
    match ratio {
        ratio if ratio < 9.95 => format!("{ratio:.2}"),
        ratio if ratio < 99.5 => format!("{ratio:.1}"),
        ratio => format!("{ratio:.0}"),
    }
}

fn thousands(requests: u64) -> String {
    format!("{:.0} k", requests as f64 / 1e3)
}

fn print_markdown(rows: &[[String; 10]]) {
    for (number, row) in rows.iter().enumerate() {
        println!("| {} |", row.join(" | "));
        if number == 0 {
            println!("|---|---|{}", "--:|".repeat(row.len() - 2));
        }
    }
}

fn print_plain(rows: &[[String; 10]]) {
    let width = |at: usize| rows.iter().map(|row| row[at].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, &width))| match at {
            0 | 1 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        println!("{}", cells.collect::<Vec<String>>().join("  ").trim_end());
    }
}
