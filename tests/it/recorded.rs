//! Load that was recorded: what comes is what the file says.

use crate::support::{self, NOTHING};
use fleetfall::fleet::load::recorded::ReadAt;
use fleetfall::kernel::time::Instant;
use fleetfall::scenario::{Files, Problems, Scenario, Study};
use fleetfall::sim::observation::Observation;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Ten minutes under what `text` says, with these files.
fn study(text: &str, files: Files) -> Result<Study, Problems> {
    let head = r#"schema = 1
name = "recorded"
title = "A recording"
clock = { start = 2021-02-01T16:00:00Z, end = 2021-02-01T16:10:00Z }
process.slots = 100
class.page.stages = [{ wait = "10ms" }]
"#;
    Study::load_with("recorded.toml", &format!("{head}{text}"), NOTHING, NOTHING, files)
}

fn scenario(text: &str, file: &str) -> Arc<Scenario> {
    match study(text, support::files(&[("load.csv", file)])) {
        Ok(study) => study.scenario,
        Err(problems) => panic!("{problems}"),
    }
}

/// When requests are issued in seconds, and their classes.
fn issued(scenario: &Arc<Scenario>, seed: u64) -> Vec<(f64, u32)> {
    let issued = |(now, seen): &(Instant, Observation)| match seen {
        Observation::RequestIssued { class, .. } => Some((now.as_secs_f64(), *class)),
        _ => None,
    };
    support::log(scenario, seed).iter().filter_map(issued).collect()
}

/// What of a file lies before the start or after the end is left out; equal times stay.
#[test]
fn single_requests_come_when_the_file_says() {
    let text = "load.recorded.all.file = \"load.csv\"\nclass.buy.stages = [{ wait = \"1ms\" }]";
    let file = "class,time\npage,2021-02-01T15:59:59Z\nbuy,2021-02-01T16:00:00Z\n\
                page,2021-02-01T16:00:01.25Z\npage,2021-02-01T17:00:01.25+01:00\n\
                buy,2021-02-01T16:09:59.999999999Z\nbuy,2021-02-01T16:10:00Z\n";
    let (page, buy) = (0, 1);
    let expected = [(0.0, buy), (1.25, page), (1.25, page), (599.999_999_999, buy)];
    assert_eq!(issued(&scenario(text, file), 1), expected);
    // The first line of the file at 16:05.
    let moved = format!("{text}\nload.recorded.all.starts = 2021-02-01T16:05:00Z");
    let expected = [(300.0, page), (301.0, buy), (302.25, page), (302.25, page)];
    assert_eq!(issued(&scenario(&moved, file), 1), expected);
}

#[test]
fn numbers_count_from_the_start_or_from_1970() {
    let text = "load.recorded.all.file = \"load.csv\"";
    let elapsed = issued(&scenario(text, "time\n0.5\n7\n"), 1);
    let unix = format!("{text}\nload.recorded.all.times = \"unix\"");
    // 1612195200 is 1 February 2021, 16:00 UTC, by `date -d`.
    let unix = issued(&scenario(&unix, "time\n1612195200.5\n1612195207\n"), 1);
    assert_eq!(elapsed, [(0.5, 0), (7.0, 0)]);
    assert_eq!(unix, elapsed);
}

/// 40,000 requests, each of which comes 0.3 or 2.6 times on average: the count lies within 4
/// standard deviations of what independent choices give, sqrt(n p (1 - p)) with the fraction p.
#[test]
fn a_factor_leaves_requests_out_or_repeats_them() {
    let file: String = (0..40_000).map(|n| format!("{}\n", f64::from(n) * 0.01)).collect();
    for (factor, fraction) in [(0.3, 0.3_f64), (2.6, 0.6)] {
        let text = format!("load.recorded.all = {{ file = \"load.csv\", factor = {factor} }}");
        let count = issued(&scenario(&text, &format!("time\n{file}")), 1).len() as f64;
        let deviation = (40_000.0 * fraction * (1.0 - fraction)).sqrt();
        assert!((count - factor * 40_000.0).abs() < 4.0 * deviation, "{count} for {factor}");
    }
}

/// Counts of a Poisson process, half a minute each, against the area under the recorded rate: steps
/// and lines give different areas, and each test of the other's fails.
#[test]
fn recorded_rates_are_steps_or_lines() {
    let file = "time,rate\n0,100\n60,300\n120,0\n540,50\n";
    let count = |between: &str| {
        let text =
            format!("load.recorded.all = {{ file = \"load.csv\", between = \"{between}\" }}");
        let scenario = scenario(&text, file);
        let mut counts = [0.0; 20];
        for seed in 0..10 {
            for (at, _) in issued(&scenario, seed) {
                counts[(at / 30.0) as usize] += 0.1;
            }
        }
        counts
    };
    let near = |count: f64, area: f64| (count - area).abs() <= 4.0 * (area / 10.0).sqrt();
    let steps = count("steps");
    let expected: [f64; 20] = std::array::from_fn(|half| match half {
        0..2 => 3_000.0,
        2..4 => 9_000.0,
        18.. => 1_500.0,
        _ => 0.0,
    });
    assert!(steps.iter().zip(expected).all(|(count, area)| near(*count, area)), "{steps:?}");
    // 100 to 300, down to 0, up to 50 within 420 s, and then it stays.
    let lines = count("lines");
    let area = |half: usize| match half {
        0 => 30.0 * 150.0,
        1 => 30.0 * 250.0,
        2 => 30.0 * 225.0,
        3 => 30.0 * 75.0,
        18.. => 1_500.0,
        _ => 30.0 * 50.0 * (30.0 * (half as f64 - 4.0) + 15.0) / 420.0,
    };
    assert!((0..20).all(|half| near(lines[half], area(half))), "{lines:?}");
}

/// What a freeze keeps is the rate of that moment, also where it was read long ago.
#[test]
fn load_that_is_frozen_keeps_its_recorded_rate() {
    // From 2 to 4 requests/s at 100 s, where the process is restarted; nothing after 150 s.
    let mut file = String::from("time,rate\n");
    for n in 0..3000 {
        let at = f64::from(n) * 0.05;
        file += &format!("{at},{}\n", 2.0 + at / 50.0);
    }
    file += "150,0\n";
    let text = r#"
load = { freeze = "first_restart", recorded.all = { file = "load.csv", between = "lines" } }
release.one = {}
deploy.again = { at = 2021-02-01T16:01:40Z, release = "one", method = "at_once" }"#;
    let scenario = scenario(text, &file);
    let runs = 40_u32;
    let after = |seed| issued(&scenario, seed).iter().filter(|(at, _)| *at >= 150.0).count() as f64;
    let mean = (0..u64::from(runs)).map(after).sum::<f64>() / f64::from(runs);
    // 450 s at 4/s.
    assert!((mean - 1800.0).abs() < 4.0 * (1800.0 / f64::from(runs)).sqrt(), "{mean}");
}

/// Many lines, made when they are read.
#[derive(Debug)]
struct Endless {
    lines: u64,
    most: AtomicU64,
}

/// Bytes of a line: ten digits and a line break.
const LINE: u64 = 11;

impl ReadAt for Endless {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize, String> {
        self.most.fetch_max(into.len() as u64, Ordering::Relaxed);
        let mut count = 0;
        while count < into.len() {
            let at = offset + count as u64;
            let (line, within) = (at / LINE, (at % LINE) as usize);
            if line > self.lines {
                break;
            }
            // A line each ten microseconds.
            let text = match line {
                0 => "      time\n".to_string(),
                _ => format!("{:>10}\n", format!("{}e-5", line - 1)),
            };
            let rest = &text.as_bytes()[within..];
            let part = rest.len().min(into.len() - count);
            into[count..count + part].copy_from_slice(&rest[..part]);
            count += part;
        }
        Ok(count)
    }
}

/// A file of a million lines is looked through and replayed by reads of some kilobytes.
#[test]
fn a_long_file_is_never_in_memory() {
    let file = Arc::new(Endless { lines: 1_000_000, most: AtomicU64::new(0) });
    let opened = Arc::clone(&file);
    let files = Files::opened_by(move |_| Ok(Arc::clone(&opened) as Arc<dyn ReadAt>));
    let text = "load.recorded.all = { file = \"x\", factor = 0.001 }";
    let scenario = study(text, files).expect("it is a scenario").scenario;
    let requests = issued(&scenario, 1);
    assert!((800..1200).contains(&requests.len()), "{} requests", requests.len());
    assert!(requests.last().is_some_and(|(at, _)| *at < 10.0 && *at > 9.9));
    assert!(file.most.load(Ordering::Relaxed) <= 1 << 16);
}

/// Another content is another scenario: its hash shows in the printed scenario, and one that is
/// written down is insisted on.
#[test]
fn the_content_is_part_of_the_scenario() {
    let text = "load.recorded.all.file = \"load.csv\"";
    let of = |text: &str, file: &str| study(text, support::files(&[("load.csv", file)]));
    let resolved = of(text, "time\n1\n").expect("it is one").resolved();
    assert_ne!(resolved, of(text, "time\n2\n").expect("it is one").resolved());
    // As `printf 'time\n1\n' | sha256sum` prints it.
    let sum = "e3113aa45f0924aa7bcdba81378882faede7c54b4decfd20eff328403d09978b";
    assert!(resolved.contains(sum), "{resolved}");
    let again = support::files(&[("load.csv", "time\n1\n")]);
    let again = Study::load_with("again.toml", &resolved, NOTHING, NOTHING, again);
    assert_eq!(again.expect("it reads back").resolved(), resolved);
    let other = support::files(&[("load.csv", "time\n2\n")]);
    let other = Study::load_with("again.toml", &resolved, NOTHING, NOTHING, other);
    let problems = other.expect_err("the content is another").lines();
    assert!(problems.contains("`load.csv` has another content"), "{problems}");
    assert!(problems.contains("its SHA-256 is"), "{problems}");
}

/// Every mistake with its line, the first three and how many more there are.
#[test]
fn malformed_files_are_refused_with_the_line() {
    let told = |text: &str, file: &str| {
        let problems = study(text, support::files(&[("load.csv", file)])).expect_err("it is wrong");
        problems.lines()
    };
    let rates = "load.recorded.all.file = \"load.csv\"";
    expect_test::expect![[r#"
        recorded.toml:7:26: `load.csv`: line 3: it has 1 cell, the first line has 2
        recorded.toml:7:26: `load.csv`: line 4: `x` is no rate: it must be a number, 0 or more
        recorded.toml:7:26: `load.csv`: line 6: `7 s` is no time: as above it must be a number of seconds
        recorded.toml:7:26: `load.csv`: 2 more lines are malformed
    "#]]
    .assert_eq(&told(rates, "time,rate\n0,1\n3\n4,x\n5,-0\n7 s,1\n4,1\n9,1e400\n"));
    let mut all = String::new();
    for file in [
        "",
        "time,rate\n",
        "when,rate\n0,1\n",
        "time,rate\n2021-02-01T16:00:00Z,1\n60,2\n",
        "time,rate\n0,1\n0,2\n",
        "time,rate\n1612195200,5\n",
        "time\n9999\n",
        "\u{0}\u{1}\u{2}binary",
        "time,rate\n0,\"1\n",
    ] {
        all += &told(rates, file);
    }
    let more = "class.buy.stages = [{ wait = \"1ms\" }]";
    all += &told(&format!("{rates}\n{more}"), "time,class\n0,buy\n1,by\n");
    all += &told(&format!("{rates}\nload.recorded.all.class = \"page\""), "time,class\n0,page\n");
    all += &told("load.recorded.all.file = \"other.csv\"", "");
    all += &told(
        "load.constant.all.rate = \"1/s\"\nprocess.boot.empirical.file = \"load.csv\"",
        "s\n1\n",
    );
    all += &told(
        "load.constant.all.rate = \"1/s\"\nprocess.boot.empirical.file = \"load.csv\"",
        "seconds\n1\n-1\nx\n",
    );
    expect_test::expect![[r#"
        recorded.toml:7:26: `load.csv`: line 1: the file is empty
        recorded.toml:7:26: `load.csv`: it has no line but the first
        recorded.toml:7:26: `load.csv`: line 1: `when` is no column: there are `time`, `rate`, `class`
        recorded.toml:7:26: `load.csv`: line 3: `60` is no time: as above it must be a civil time such as 2021-02-01T16:08:00Z
        recorded.toml:7:26: `load.csv`: line 3: its time stands in the line above it already
        recorded.toml:7:26: `load.csv`: none of its lines lies between `clock.start` and the end: numbers count seconds from `clock.start`, or with `times = "unix"` from 1970
        recorded.toml:7:26: `load.csv`: none of its lines lies between `clock.start` and the end: numbers count seconds from `clock.start`, or with `times = "unix"` from 1970
        recorded.toml:7:26: `load.csv`: line 1: `\0\u{1}\u{2}binary` is no column: there are `time`, `rate`, `class`
        recorded.toml:7:26: `load.csv`: line 3: a quotation mark in it is not closed
        recorded.toml:7:26: there is no class `by`; did you mean `buy`?; it stands in `load.csv`, line 3
        recorded.toml:8:27: `load.csv` tells the class of every request; remove this key, or the column `class`
        recorded.toml:7:26: `other.csv`: there is no such file
        recorded.toml:8:14: `load.csv`: line 1: the one column must be named by its unit, one of `seconds`, `milliseconds`, `microseconds`, `nanoseconds`
        recorded.toml:8:14: `load.csv`: line 3: `-1` is no time: it must be a number, 0 or more
        recorded.toml:8:14: `load.csv`: line 4: `x` is no time: it must be a number, 0 or more
    "#]].assert_eq(&all);
}

/// Times from a file are the times listed.
#[test]
fn values_from_a_file_are_those_listed() {
    let of = |values: &str, file: &str| {
        let text = format!("load.constant.all.rate = \"1/s\"\nprocess.boot.empirical{values}");
        scenario(&text, file)
    };
    let listed = of(" = [\"1500ms\", \"2s\", \"2s\"]", "");
    assert_eq!(of(".file = \"load.csv\"", "milliseconds\n2000\n1500\n2e3\n"), listed);
    assert_ne!(of(".file = \"load.csv\"", "milliseconds\n2000\n1500\n"), listed);
}
