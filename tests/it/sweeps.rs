//! `sweep` and `sensitivity` as a user calls them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/tests/tiny.toml");

/// A fresh directory for the files of one test.
fn scratch(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    path
}

fn fleetfall(arguments: &[&str], out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleetfall"));
    command.args(arguments).arg("--out").arg(out).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The rows of a CSV file, each a value for every column.
fn rows(file: &Path) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(file).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn every_cell_is_what_a_run_with_its_values_gives() {
    let out = scratch("sweep-cells");
    let limit = "supervisor.bluepill.rule.memory.above.memory";
    let vary = format!("{limit}=150 MiB,500 MiB");
    let arguments =
        ["sweep", TINY, "--vary", "nodes.count=1..3:2", "--vary", &vary, "--replications", "4"];
    let sweep = fleetfall(&arguments, &out);
    assert_eq!(sweep.status.code(), Some(0), "{}", text(&sweep.stderr));
    let rows = rows(&out.join("sweep.csv"));
    assert_eq!(rows.len(), 4);
    let run_out = scratch("sweep-run");
    for row in &rows {
        let (count, limit_set) =
            (format!("nodes.count={}", row["nodes.count"]), format!("{limit}={}", row[limit]));
        let run = fleetfall(
            &["run", TINY, "--set", &count, "--set", &limit_set, "--replications", "4"],
            &run_out,
        );
        assert!(text(&run.stdout).contains(&row["digest"]), "{row:?}");
        let summary = std::fs::read(run_out.join("summary.json")).unwrap();
        let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
        for name in ["downtime_s", "requests_failed", "availability"] {
            let mean: f64 = row[&format!("{name}_mean")].parse().unwrap();
            assert_eq!(summary["measures"][name]["mean"].as_f64(), Some(mean), "{name}");
        }
        let outages = self::rows(&run_out.join("replications.csv"))
            .iter()
            .filter(|row| row["outages"] != "0")
            .count();
        assert_eq!(row["outage_probability"], (outages as f64 / 4.0).to_string());
        // Of four replications.
        let counts = ["stable", "degraded", "recovers", "stays_down"]
            .map(|class| 4.0 * row[&format!("{class}_share")].parse::<f64>().unwrap())
            .map(|count| count as usize);
        assert_eq!(counts.iter().sum::<usize>(), 4);
        assert_eq!(counts[2] + counts[3], outages, "an outage is a collapse");
    }
    assert_eq!(rows[0][&format!("{limit}_bytes")], (150 << 20).to_string());
    let picture = std::fs::read_to_string(out.join("sweep.svg")).unwrap();
    assert!(picture.contains("probability of an outage"));
}

#[test]
fn threads_and_formats_change_no_file() {
    let vary = ["sweep", TINY, "--vary", "load.scale=0.5..1.5/3", "--replications", "3"];
    let (one, two) = (scratch("sweep-one"), scratch("sweep-two"));
    let human = fleetfall(&[&vary[..], &["--threads", "1"]].concat(), &one);
    assert!(text(&human.stdout).contains("`load.scale` from 0.5 to 1.5: 3 cells"));
    assert!(human.stderr.is_empty());
    let json = fleetfall(&[&vary[..], &["--threads", "3", "--format", "json"]].concat(), &two);
    for file in ["sweep.csv", "sweep.json", "sweep.svg"] {
        assert_eq!(std::fs::read(one.join(file)).unwrap(), std::fs::read(two.join(file)).unwrap());
    }
    assert_eq!(std::fs::read(two.join("sweep.json")).unwrap(), json.stdout);
    let document: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(document["cells"][2]["numbers"]["load.scale"], 1.5);
    assert_eq!(document["design"], "grid");
}

#[test]
fn a_design_of_points_varies_any_number_of_keys() {
    let out = scratch("sweep-points");
    let mut arguments = vec!["sweep", TINY, "--design", "lhs=8", "--replications", "2"];
    for vary in ["nodes.count=1..4", "load.scale=0.5..1.5", "process.boot=1s..9s"] {
        arguments.extend(["--vary", vary]);
    }
    arguments.extend(["--measure", "restarts", "--measure", "before.restarts"]);
    arguments.extend(["--measure", "first_restart"]);
    // The picture of an earlier sweep would not be about these points.
    let earlier = ["sweep", TINY, "--vary", "nodes.count=1,2", "--replications", "1"];
    fleetfall(&earlier, &out);
    assert!(out.join("sweep.svg").exists());
    let sweep = fleetfall(&arguments, &out);
    assert_eq!(sweep.status.code(), Some(0), "{}", text(&sweep.stderr));
    let rows = rows(&out.join("sweep.csv"));
    assert_eq!(rows.len(), 8);
    let with = |count: &str| rows.iter().filter(|row| row["nodes.count"] == count).count();
    assert_eq!(["1", "2", "3", "4"].map(with), [2; 4]);
    let mean = |row: &std::collections::BTreeMap<String, String>, name: &str| -> f64 {
        row[name].parse().unwrap()
    };
    let before = |row| mean(row, "before.restarts_mean") <= mean(row, "restarts_mean");
    assert!(rows.iter().all(before) && rows.iter().any(|row| mean(row, "restarts_mean") > 0.0));
    assert!(rows.iter().any(|row| row["first_restart_count"] == "2"));
    assert!(!out.join("sweep.svg").exists());
}

#[test]
fn everything_wrong_with_a_sweep_is_said_before_anything_runs() {
    let out = scratch("sweep-wrong");
    let wrong = fleetfall(
        &[
            "sweep",
            TINY,
            "--vary",
            "nodes.cout=1..4",
            "--vary",
            "load.scale=0.5..2",
            "--measure",
            "downtime",
        ],
        &out,
    );
    assert_eq!(wrong.status.code(), Some(2));
    let told = text(&wrong.stderr);
    for part in ["did you mean `count`?", "as in `0.5..2/5`", "did you mean `downtime_s`?"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let wrong = fleetfall(&["sweep", TINY, "--vary", "nodes.count=0..2"], &out);
    assert_eq!(wrong.status.code(), Some(2));
    let told = text(&wrong.stderr);
    assert!(told.contains("1 of 3 combinations are no scenario"), "{told}");
    let wrong =
        fleetfall(&["sweep", TINY, "--vary", "nodes.count=1..2", "--design", "lhs=one"], &out);
    assert!(text(&wrong.stderr).contains("write `grid`, or `lhs=N`"), "{}", text(&wrong.stderr));
    assert!(!out.exists(), "nothing is written");
}

#[test]
fn sensitivity_names_what_decides() {
    let limit = "supervisor.bluepill.rule.memory.above.memory";
    let (out, other) = (scratch("sensitivity"), scratch("sensitivity-2"));
    let arguments = ["sensitivity", TINY, "--replications", "9", "--points", "40"];
    let human = fleetfall(&arguments, &out);
    assert_eq!(human.status.code(), Some(0), "{}", text(&human.stderr));
    let told = text(&human.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    let verdict = format!("`downtime_s`: by itself it is moved by `{limit}` (0 s to ");
    assert!(told.contains(&verdict), "{told}");
    let together = format!("When all vary together it is greater with a low `{limit}` (0.");
    assert!(told.contains(&together), "{told}");
    // The scenario as it is, then four counts and five limits.
    let values = rows(&out.join("one-at-a-time.csv"));
    assert_eq!(values.len(), 10);
    assert_eq!(values[0]["assumption"], "");
    assert_eq!(values[4]["load_scale"], "2.0", "four nodes have the load of two twice");
    assert_eq!(rows(&out.join("points.csv")).len(), 40);
    let clear: Vec<String> = rows(&out.join("all-together.csv"))
        .iter()
        .filter(|row| row["clear"] == "1")
        .map(|row| format!("{} {}", row["assumption"], row["outcome"]))
        .collect();
    assert_eq!(clear, [format!("{limit} downtime_s"), format!("{limit} outage_probability")]);
    assert!(std::fs::read_to_string(out.join("tornado.svg")).unwrap().contains(limit));
    let json =
        fleetfall(&[&arguments[..], &["--threads", "1", "--format", "json"]].concat(), &other);
    assert_eq!(std::fs::read(out.join("sensitivity.json")).unwrap(), json.stdout);
    let document: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(document["one_at_a_time"][1]["clear"]["downtime_s"], true);
}

#[test]
fn without_assumptions_there_is_nothing_to_move() {
    let file = scratch("no-assumptions");
    std::fs::create_dir_all(&file).unwrap();
    let whole = std::fs::read_to_string(TINY).unwrap();
    let from = whole.find("[[assumption]]").unwrap();
    let to = whole.find("[hypercube]").unwrap();
    let path = file.join("tiny.toml");
    std::fs::write(&path, format!("{}{}", &whole[..from], &whole[to..])).unwrap();
    let none = fleetfall(&["sensitivity", path.to_str().unwrap()], &file.join("out"));
    assert_eq!(none.status.code(), Some(2));
    assert!(text(&none.stderr).contains("add `[[assumption]]`"), "{}", text(&none.stderr));
}
