//! Whether the program has come to execute more instructions for the same work.
//!
//! Each case is a whole `fleetfall` under callgrind, through gungraun: it starts, reads its
//! scenario, simulates and writes its files. Instructions are counted and not timed, so what else
//! the machine does changes nothing: a program run twice differs by a millionth, built twice by a
//! ten-thousandth. A case fails if it executes over 2 % more than is committed below. It fails as
//! well if it executes over 10 % less: then the figure is to be lowered, or what was gained could
//! be lost again and nobody would see.
//!
//! `cargo bench --bench instructions` counts in the program as it is released, which it builds.
//! `FLEETFALL_BINARY` names a program that exists already; with it the harness may be built in
//! any way, and `.ci/run` does so. It needs valgrind, and `gungraun-runner` in just the version
//! of the library, which `.ci/run` shows how to install.
//!
//! To commit new figures, run it, copy what it prints into [`CASES`], and say in the commit why
//! they moved. They hold for 64-bit x86 processors with AVX2, with which random numbers are made;
//! what some have beyond that is hidden by valgrind. A new compiler may move them too.

#![allow(missing_docs, reason = "the macros below make public items")]
#![expect(clippy::print_stderr, reason = "a benchmark reports what is wrong")]

use gungraun::{
    Bench, BinaryBenchmark, BinaryBenchmarkConfig, BinaryBenchmarkGroup, Callgrind, Command,
    EventKind, OutputFormat, binary_benchmark_group, main,
};
use std::path::{Path, PathBuf};

/// A case, and how many instructions it executes.
struct Case {
    name: &'static str,
    arguments: &'static [&'static str],
    instructions: u64,
}

/// All of them.
const CASES: [Case; 5] = [
    Case {
        name: "w1",
        arguments: &["run", "benches/scenarios/w1.toml", "--set", "clock.end=2026-01-05T00:03:20Z"],
        instructions: 307_744_774,
    },
    Case {
        name: "w2",
        arguments: &["run", "benches/scenarios/w2.toml", "--set", "clock.end=2026-01-05T00:00:40Z"],
        instructions: 264_315_780,
    },
    Case {
        name: "w3",
        arguments: &["run", "benches/scenarios/w3.toml", "--set", "clock.end=2026-01-05T00:00:30Z"],
        instructions: 498_201_146,
    },
    Case {
        name: "w7",
        arguments: &["run", "benches/scenarios/w7.toml", "--set", "clock.end=2026-01-05T00:00:30Z"],
        instructions: 473_629_661,
    },
    Case {
        name: "parsing",
        arguments: &["check", "scenarios/pinpoint-2021.toml", "--resolved"],
        instructions: 102_158_779,
    },
];

/// By what share a case may execute more than is committed.
const MORE: f64 = 0.02;
/// By what share it may execute less.
const LESS: f64 = 0.10;

/// Where runs write their files, below the root of the package.
const OUTPUT: &str = "target/instructions";

binary_benchmark_group!(
    name = fleetfall,
    benchmarks = |group: &mut BinaryBenchmarkGroup| cases(group)
);

main!(
    config = BinaryBenchmarkConfig::default()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output_format(OutputFormat::default().truncate_description(None));
    teardown = compare();
    binary_benchmark_groups = fleetfall
);

fn cases(group: &mut BinaryBenchmarkGroup) {
    for case in &CASES {
        let mut command = Command::new(program());
        command.args(case.arguments);
        if case.arguments[0] == "run" {
            command.args(["--threads", "1", "--no-report", "--out"]);
            command.arg(format!("{OUTPUT}/{}", case.name));
        }
        let limit = (case.instructions as f64 * (1.0 + MORE)) as u64;
        let mut callgrind = Callgrind::with_args(["--cache-sim=no"]);
        callgrind.format([EventKind::Ir]).hard_limits([(EventKind::Ir, limit)]);
        group.binary_benchmark(
            BinaryBenchmark::new(case.name)
                .config(BinaryBenchmarkConfig::default().tool(callgrind))
                .bench(Bench::new("program").command(command.build())),
        );
    }
}

/// The program that is counted in.
fn program() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let given = std::env::var_os("FLEETFALL_BINARY");
    given.map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_fleetfall")), |given| root.join(given))
}

/// Fails if a case executed so much less that its figure is to be lowered.
fn compare() {
    let less = |case: &&Case| (counted(case.name) as f64) < case.instructions as f64 * (1.0 - LESS);
    let mut lowered = CASES.iter().filter(less).peekable();
    if lowered.peek().is_none() {
        return;
    }
    for case in lowered {
        let (counted, committed) = (counted(case.name), case.instructions);
        eprintln!("{}: {counted} instructions, committed are {committed}", case.name);
    }
    eprintln!("over {:.0} % less: lower what is committed", 100.0 * LESS);
    std::process::exit(1);
}

/// The instructions that callgrind has counted in a case.
fn counted(name: &str) -> u64 {
    let program = std::env::current_exe().expect("the benchmark is a file");
    // It is `target/<profile>/deps/instructions-<hash>`.
    let target = program.ancestors().nth(3).expect("it lies in a target directory");
    let place = format!("gungraun/fleetfall/instructions/fleetfall/{name}.program");
    let log = target.join(place).join(format!("callgrind.{name}.program.log"));
    let text = std::fs::read_to_string(&log);
    let text = text.unwrap_or_else(|problem| panic!("{}: {problem}", log.display()));
    let collected = text.lines().find_map(|line| line.split_once("Collected : "));
    let count = collected.and_then(|(_, numbers)| numbers.split(' ').next()?.parse().ok());
    count.unwrap_or_else(|| panic!("{}: there is no count", log.display()))
}
