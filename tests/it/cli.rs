//! The command as a user calls it: output, files and exit codes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/tests/tiny.toml");

/// A fresh directory for the files of one test.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    path
}

pub(crate) fn fleetfall(arguments: &[&str]) -> Output {
    // What names no directory writes its files below the one where it is.
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleetfall"));
    command.current_dir(env!("CARGO_TARGET_TMPDIR")).env_remove("COLUMNS").env_remove("NO_COLOR");
    command.args(arguments).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn a_run_prints_a_plain_report_and_writes_whole_files() {
    let out = scratch("run");
    let run = fleetfall(&["run", TINY, "--out", out.to_str().unwrap()]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    assert!(run.stderr.is_empty());
    assert!(text(&run.stdout).starts_with("Two nodes that restart"));
    assert!(!run.stdout.contains(&0x1b), "no colour where nobody sees it");
    let manifest = std::fs::read_to_string(out.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let files = manifest["files"].as_array().unwrap();
    for file in files {
        let path = out.join(file["name"].as_str().unwrap());
        assert_eq!(std::fs::metadata(path).unwrap().len(), file["bytes"].as_u64().unwrap());
    }
    let there = std::fs::read_dir(&out).unwrap().count();
    assert_eq!(there, files.len() + 1, "the files, the manifest, and no half ones");
}

#[test]
fn json_is_all_there_is_on_standard_output() {
    let out = scratch("json");
    let out = out.to_str().unwrap();
    let arguments = ["run", TINY, "--format", "json", "--replications", "3", "--out", out];
    let run = fleetfall(&arguments);
    let document: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(document["replications"], 3);
    assert_eq!(document["scenario"], "tiny");
    let threads = fleetfall(&[&arguments[..], &["--threads", "3"]].concat());
    assert_eq!(threads.stdout, run.stdout, "the number of threads changes nothing");
    let summary = std::fs::read(PathBuf::from(out).join("summary.json")).unwrap();
    assert_eq!(summary, run.stdout);
}

#[test]
fn exit_codes_tell_claims_from_mistakes() {
    let code = |arguments: &[&str]| fleetfall(arguments).status.code();
    assert_eq!(code(&["check", TINY, "--replications", "100"]), Some(0));
    // Three are too few to exclude that every fifth is otherwise.
    assert_eq!(code(&["check", TINY, "--replications", "3"]), Some(1));
    // Without the deploy nothing happens, and the claim that the site goes down fails.
    let unhurt = "deploy.new.release=\"fixed\"";
    assert_eq!(code(&["check", TINY, "--replications", "3", "--set", unhurt]), Some(1));
    assert_eq!(code(&["check", "no-such-file.toml"]), Some(2));
    assert_eq!(code(&["check", TINY, "--with", "chekc"]), Some(2));
    assert_eq!(code(&["run", TINY, "--replications", "0"]), Some(2));
    assert_eq!(code(&["--help"]), Some(0));
}

#[test]
fn the_claims_are_not_about_a_patched_scenario() {
    let out = scratch("patched");
    let run = ["run", TINY, "--replications", "3", "--out", out.to_str().unwrap()];
    let with = |more: &[&str]| fleetfall(&[&run[..], more].concat());
    let unhurt = ["--set", "deploy.new.release=\"fixed\""];
    assert_eq!(with(&unhurt).status.code(), Some(1));
    let patched = with(&["--with", "check"]);
    assert_eq!(patched.status.code(), Some(0), "a patch is meant to change what comes out");
    assert_eq!(text(&patched.stdout).matches("  not judged  ").count(), 2);
    assert!(
        text(&patched.stdout).contains("\nClaims: they are about the scenario as it is without")
    );
    let both = [&unhurt[..], &["--with", "check"]].concat();
    assert_eq!(with(&both).status.code(), Some(0));
    let document = with(&["--with", "check", "--format", "json"]).stdout;
    let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(document["expect"][0]["verdict"], "not_judged");
}

#[test]
fn a_check_decides_what_it_is_asked_for() {
    let out = scratch("hypercube");
    let check = ["check", TINY, "--replications", "100", "--format", "json"];
    let check = |more: &[&str]| fleetfall(&[&check[..], more].concat());
    let json = |run: &Output| serde_json::from_slice::<serde_json::Value>(&run.stdout).unwrap();
    let cube = check(&["--only", "hypercube", "--out", out.to_str().unwrap()]);
    assert_eq!(cube.status.code(), Some(0), "{}", text(&cube.stderr));
    let document = json(&cube);
    assert_eq!(document["hypercube"]["points"], 100, "as many as there are");
    assert!(document["measures"].is_null());
    let table = std::fs::read_to_string(out.join("hypercube.csv")).unwrap();
    assert_eq!(table.lines().count(), 101);
    assert_eq!(std::fs::read(out.join("check.json")).unwrap(), cube.stdout);
    assert!(out.join("report.html").is_file());
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 3, "no half file");
    let own = json(&check(&["--only", "expect"]));
    assert!(own["hypercube"].is_null());
    assert_eq!(own["expect"].as_array().unwrap().len(), 2);
    let all = json(&check(&[]));
    assert_eq!(all["hypercube"], document["hypercube"]);
    assert_eq!(all["expect"], own["expect"]);
    let wrong = check(&["--only", "hypercub", "--only", "surge-later"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert_eq!(
        text(&wrong.stderr),
        "error: there is nothing called `hypercub` to decide; did you mean `hypercube`?\n\
         error: there is nothing called `surge-later` to decide; known: `expect`, `hypercube`\n"
    );
}

#[test]
fn every_command_has_a_directory_of_its_own() {
    let folder = scratch("usual");
    std::fs::create_dir_all(&folder).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fleetfall"));
        let run = command.current_dir(&folder).args(arguments).output().unwrap();
        assert!(matches!(run.status.code(), Some(0 | 1)), "{}", text(&run.stderr));
        run
    };
    let there = |name: &str| {
        let read = std::fs::read_dir(folder.join("output").join(name)).unwrap();
        let mut names: Vec<String> =
            read.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
        // Pictures are made where the program was built with them.
        names.retain(|name| !name.ends_with(".svg"));
        names.sort();
        names
    };
    run(&["check", TINY, "--resolved"]);
    assert!(!folder.join("output").exists(), "a scenario is printed, and nothing written");

    let check = run(&["check", TINY, "--replications", "3"]);
    assert!(text(&check.stdout).ends_with("files in output/tiny-check\n"));
    assert_eq!(there("tiny-check"), ["check.json", "hypercube.csv", "report.html"]);
    run(&["check", TINY, "--replications", "3", "--only", "expect"]);
    assert_eq!(
        there("tiny-check"),
        ["check.json", "report.html"],
        "those points are of the check before"
    );

    let json = run(&["compare", TINY, "--replications", "3", "--format", "json"]).stdout;
    assert_eq!(there("tiny-compare"), ["compare.csv", "compare.json", "report.html"]);
    let kept = std::fs::read(folder.join("output/tiny-compare/compare.json")).unwrap();
    assert_eq!(kept, json);
    let document: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(document["fleetfall"], env!("CARGO_PKG_VERSION"));
    assert!(document["source"].is_null());
    assert_eq!(document["variants"][0]["label"], "as it stands");
    assert_eq!(
        document["variants"][1]["about"][0],
        "The configuration is checked before a restart."
    );
    let verdict = document["verdict"].as_str().unwrap();
    assert!(verdict.contains("of 3 replications"), "{verdict}");

    let plan = ["plan", TINY, "--vary", "nodes.count=1,2", "--replications", "5"];
    assert!(text(&run(&plan).stdout).ends_with("files in output/tiny-plan\n"));
    assert_eq!(there("tiny-plan"), ["plan.json", "report.html"]);

    // Of several scenarios each has its own, also below a directory that is named.
    let other = folder.join("other.toml");
    let content = std::fs::read_to_string(TINY).unwrap().replace("\"tiny\"", "\"other\"");
    std::fs::write(&other, content).unwrap();
    run(&["check", TINY, other.to_str().unwrap(), "--replications", "3", "--out", "output/all"]);
    assert_eq!(there("all"), ["other", "tiny"]);
    assert_eq!(there("all/other"), ["check.json", "hypercube.csv", "report.html"]);
}

#[test]
fn mistakes_are_explained_on_standard_error() {
    let missing = fleetfall(&["run", "no-such-file.toml"]);
    assert!(text(&missing.stderr).starts_with("error: failed to read `no-such-file.toml`: "));
    assert!(missing.stdout.is_empty());
    let misspelt = fleetfall(&["run", TINY, "--set", "nodes.cout=3"]);
    assert!(text(&misspelt.stderr).contains("did you mean `count`?"));
    assert!(misspelt.stdout.is_empty());
}

#[test]
fn the_resolved_scenario_is_a_scenario_of_the_same_meaning() {
    let resolved = fleetfall(&["check", TINY, "--resolved"]);
    let directory = scratch("resolved");
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("tiny.toml");
    std::fs::write(&file, &resolved.stdout).unwrap();
    let again = fleetfall(&["check", file.to_str().unwrap(), "--resolved"]);
    assert_eq!(text(&again.stdout), text(&resolved.stdout));
}

#[test]
fn the_reference_and_the_schema_know_every_result() {
    let reference = fleetfall(&["reference"]);
    for name in ["downtime_s", "offered_hour_max_per_s", "outage_end", "retained_per_request"] {
        assert!(text(&reference.stdout).contains(&format!("`{name}`")), "{name}");
    }
    let schema: serde_json::Value = serde_json::from_slice(&fleetfall(&["schema"]).stdout).unwrap();
    assert_eq!(schema["title"], "fleetfall scenario");
}

#[test]
fn compare_ranks_the_mitigations_and_says_what_is_wrong() {
    let out = scratch("compare");
    let arguments = ["compare", TINY, "--replications", "5", "--combine"];
    let run = fleetfall(&[&arguments[..], &["--out", out.to_str().unwrap()]].concat());
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    for part in ["as it stands", "check", "Remarks", "5 replications"] {
        assert!(text(&run.stdout).contains(part), "{part}:\n{}", text(&run.stdout));
    }
    let document: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("compare.json")).unwrap()).unwrap();
    let json = fleetfall(&[&arguments[..], &["--format", "json", "--threads", "3"]].concat());
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&json.stdout).unwrap(), document);
    let variants = document["variants"].as_array().unwrap();
    assert!(variants[0]["verdict"].is_null() && variants.len() > 1);
    // The check prevents what happens without it.
    let quantity = |variant: usize| &variants[variant]["quantities"]["downtime_s"];
    assert_eq!(quantity(1)["better"], 5);
    assert!(quantity(1)["high"].as_f64() >= quantity(1)["difference"].as_f64());
    let rows = std::fs::read_to_string(out.join("compare.csv")).unwrap();
    assert_eq!(rows.lines().count(), 1 + 6 * variants.len());

    let complains = |arguments: &[&str], what: &str| {
        let run = fleetfall(arguments);
        assert_eq!(run.status.code(), Some(2), "{arguments:?}");
        assert!(text(&run.stderr).contains(what), "{}", text(&run.stderr));
    };
    complains(&["compare", TINY, "--only", "chekc"], "did you mean `check`?");
    complains(&["compare", TINY, "--precision", "0s"], "above zero");
    complains(&["compare", TINY, "--precision", "well"], "30s or 2min");
}

#[test]
fn causes_needs_causes_and_shares_out_what_they_do() {
    let run = fleetfall(&["causes", TINY]);
    assert_eq!(run.status.code(), Some(2));
    assert!(text(&run.stderr).contains("[cause.NAME]"), "{}", text(&run.stderr));
    let file = scratch("causes.toml");
    let deploy = "\n[cause.deploy]\nabout = \"nothing is deployed\"\n\
                  patch = { deploy.new.release = \"fixed\" }\n";
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let whole = std::fs::read_to_string(TINY).unwrap() + deploy;
    std::fs::write(&file, whole).unwrap();
    let arguments = ["causes", file.to_str().unwrap(), "--replications", "3"];
    let run = fleetfall(&arguments);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    assert!(text(&run.stdout).contains("nothing is deployed"));
    let json = fleetfall(&[&arguments[..], &["--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let downtime = &json["quantities"]["downtime_s"];
    // The only cause gets everything.
    assert_eq!(downtime["causes"]["deploy"]["mean"], downtime["all"]["mean"]);
    assert!(downtime["all"]["mean"].as_f64() > Some(0.0));
}

#[test]
fn plan_answers_with_its_evidence_or_says_that_it_cannot() {
    let out = scratch("plan");
    // With the file's configuration the processes end and cannot start; with the right one they do.
    let vary = "deploy.new.release=\"new\",\"fixed\"";
    let arguments = ["plan", TINY, "--vary", vary, "--outage-at-most", "20%"];
    let run = fleetfall(&[&arguments[..], &["--out", out.to_str().unwrap()]].concat());
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    assert!(text(&run.stdout).contains("deploy.new.release = "), "{}", text(&run.stdout));
    let document = std::fs::read(out.join("plan.json")).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
    assert!(document["answer"].as_str().unwrap().contains("fixed"), "{document}");
    let values = document["values"].as_array().unwrap();
    assert_eq!(values[0]["answer"], "fails");
    assert_eq!(values[0]["failures"], values[0]["replications"]);
    assert_eq!(values[1]["answer"], "holds");
    // Too few replications to be that sure of anything.
    let few = fleetfall(&[&arguments[..], &["--replications", "10"]].concat());
    assert_eq!(few.status.code(), Some(0));
    assert!(text(&few.stdout).contains("Raise `--replications`"), "{}", text(&few.stdout));
    // The reverse order finds the same, though what follows on it fails: that is no threshold.
    let reverse = ["--find", "greatest", "--growth", "1.5", "--format", "json"];
    let reverse = fleetfall(&[&arguments[..], &reverse].concat());
    let reverse: serde_json::Value = serde_json::from_slice(&reverse.stdout).unwrap();
    assert_eq!(reverse["answer"], document["answer"]);
    assert_eq!((&document["threshold"], &reverse["threshold"]), (&true.into(), &false.into()));

    let complains = |arguments: &[&str], what: &str| {
        let run = fleetfall(arguments);
        assert_eq!(run.status.code(), Some(2), "{arguments:?}");
        assert!(text(&run.stderr).contains(what), "{}", text(&run.stderr));
    };
    complains(&["plan", TINY, "--vary", "nodes.cuont=1..3"], "did you mean `count`?");
    complains(&["plan", TINY, "--outage-at-most", "0%"], "between 0 and 1");
    complains(&["plan", TINY, "--growth", "none"], "such as 1.2");
    let twice = ["plan", TINY, "--vary", "load.scale=1..2:0.5", "--growth", "2"];
    complains(&twice, "varied already");
}

/// Queues that start empty are seen, and the warm-up that is named can be taken as it is.
#[test]
fn a_start_that_is_not_like_the_rest_is_named() {
    let folder = scratch("warm-up");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("cold.toml");
    let cold = r#"
schema = 1
name = "cold"
title = "Queues that start empty"
clock = { start = 2021-02-01T00:00:00Z, end = 2021-02-01T00:30:00Z }
load.constant.all.rate = "190/s"
class.web.stages = [{ cpu.exponential.mean = "100ms" }]
balancer.policy = "random"
nodes = { count = 20, cores = 1 }
process = { slots = 10000, backlog = 10 }
"#;
    std::fs::write(&file, cold).unwrap();
    let out = folder.join("out");
    let common = ["run", file.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let shown = |more: &[&str]| {
        let run = fleetfall(&[&common[..], more].concat());
        assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
        // Lines are wrapped wherever they are full.
        text(&run.stdout).split_whitespace().collect::<Vec<&str>>().join(" ")
    };
    let first = shown(&[]);
    let named = first.split('`').find(|part| part.starts_with("clock.warm_up = "));
    let named = named.unwrap_or_else(|| panic!("nothing is named:\n{first}"));
    assert!(first.contains("% less"), "{first}");
    let rest = shown(&["--set", named]);
    assert!(!rest.contains("queues begin empty"), "{rest}");
}

#[test]
fn check_takes_many_files_and_tells_build_servers() {
    let folder = scratch("many");
    std::fs::create_dir_all(folder.join("below")).unwrap();
    let tiny = std::fs::read_to_string(TINY).unwrap();
    std::fs::write(folder.join("good.toml"), &tiny).unwrap();
    // Nothing is deployed, so the claim that the site goes down fails.
    let unhurt = tiny.replace("release = \"new\"", "release = \"fixed\"");
    assert_ne!(unhurt, tiny);
    let unhurt = unhurt.replace("name = \"tiny\"", "name = \"unhurt\"");
    std::fs::write(folder.join("below/unhurt.toml"), &unhurt).unwrap();
    std::fs::write(folder.join("notes.txt"), "no scenario").unwrap();
    let (junit, path) = (folder.join("verdicts.xml"), folder.to_str().unwrap());
    let few = ["--replications", "100", "--junit", junit.to_str().unwrap()];
    let arguments = [&["check", path, "--annotations", "github"][..], &few].concat();
    let run = fleetfall(&arguments);
    assert_eq!(run.status.code(), Some(1), "{}", text(&run.stderr));
    let out = text(&run.stdout);
    let table = out.split("All scenarios").nth(1).expect("there is a table");
    assert!(table.contains("good.toml") && table.contains("unhurt.toml"), "{table}");
    let marks: Vec<&str> = out.lines().filter(|line| line.starts_with("::error ")).collect();
    assert!(!marks.is_empty() && marks.iter().all(|line| line.contains("unhurt.toml,line=")));
    let xml = std::fs::read_to_string(&junit).unwrap();
    assert_eq!(xml.matches("<testsuite ").count(), 4, "{xml}");
    assert_eq!(xml.matches("<failure ").count(), marks.len(), "{xml}");

    // A file that is wrong keeps nobody from the others, and is graver than a claim.
    std::fs::write(folder.join("broken.toml"), "schema = 1\nnane = \"x\"\n").unwrap();
    let run = fleetfall(&arguments);
    assert_eq!(run.status.code(), Some(2));
    assert!(text(&run.stdout).contains("could not be checked"), "{}", text(&run.stdout));
    let xml = std::fs::read_to_string(&junit).unwrap();
    assert_eq!((xml.matches("<testsuite ").count(), xml.matches("<error ").count()), (5, 1));
    let json = fleetfall(&["check", path, "--replications", "3", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json.as_array().map(Vec::len), Some(3));
    assert_eq!(fleetfall(&["check", path, "--resolved"]).status.code(), Some(2));
    assert_eq!(
        fleetfall(&["check", folder.join("below/no").to_str().unwrap()]).status.code(),
        Some(2)
    );
}

/// Decides the scenario's own claims.
fn check_expect(more: &[&str]) -> Output {
    let usual = ["check", TINY, "--only", "expect", "--replications", "100"];
    fleetfall(&[&usual[..], more].concat())
}

/// The path of a baseline that was just kept.
fn baseline_in(folder: &Path) -> String {
    std::fs::create_dir_all(folder).unwrap();
    let kept = folder.join("kept.json").display().to_string();
    assert_eq!(check_expect(&["--save-baseline", &kept]).status.code(), Some(0));
    kept
}

#[test]
fn a_baseline_is_not_passed_by_saying_nothing() {
    let folder = scratch("baseline-says");
    let kept = baseline_in(&folder);
    let (kept, check) = (kept.as_str(), check_expect);
    let few = fleetfall(&["check", TINY, "--baseline", kept, "--replications", "9"]);
    assert_eq!(few.status.code(), Some(2));
    assert!(text(&few.stderr).contains("9 replications then or now"), "{}", text(&few.stderr));
    let cube = fleetfall(&["check", TINY, "--baseline", kept, "--only", "hypercube"]);
    assert!(text(&cube.stderr).contains("add `--only expect`"), "{}", text(&cube.stderr));
    // What was kept stays if not everything can be kept, or names are not clear.
    let before = std::fs::read(kept).unwrap();
    let copy = folder.join("copy.toml");
    std::fs::copy(TINY, &copy).unwrap();
    let twice = check(&[copy.to_str().unwrap(), "--save-baseline", kept]);
    let told = text(&twice.stderr);
    assert!(told.contains("another of these files has a scenario called `tiny` too"), "{told}");
    assert!(told.contains("is left as it was"), "{told}");
    assert_eq!(twice.status.code(), Some(2));
    std::fs::write(&copy, "schema = 1").unwrap();
    let broken = check(&[copy.to_str().unwrap(), TINY, "--save-baseline", kept]);
    assert!(text(&broken.stderr).contains("is left as it was"), "{}", text(&broken.stderr));
    assert_eq!(std::fs::read(kept).unwrap(), before);
}

#[test]
fn a_baseline_tells_worse_from_noise() {
    let folder = scratch("baseline");
    let kept = baseline_in(&folder);
    let (kept, check) = (kept.as_str(), check_expect);
    let same = check(&["--baseline", kept]);
    assert_eq!(same.status.code(), Some(0), "{}", text(&same.stdout));
    assert!(text(&same.stdout).contains("the same, to the digest"), "{}", text(&same.stdout));
    // Other customers, the same fleet: noise.
    let noise = check(&["--baseline", kept, "--seed", "1000"]);
    assert_eq!(noise.status.code(), Some(0), "{}", text(&noise.stdout));
    // People take longer to find the cause: claims hold, the baseline does not.
    let slower = ["--baseline", kept, "--set", "people.diagnose=\"4min\""];
    let worse = check(&slower);
    assert_eq!(worse.status.code(), Some(1), "{}", text(&worse.stdout));
    let out = text(&worse.stdout);
    assert!(out.contains("the scenario is not the same any more"), "{out}");
    let is_worse = |out: &str| {
        let mut lines = out.lines().filter(|line| line.trim_start().starts_with("downtime "));
        lines.any(|line| line.ends_with("worse") && !line.ends_with("no worse"))
    };
    assert!(is_worse(out), "{out}");
    // Unless so much is allowed.
    let allowed = check(&[&slower[..], &["--tolerance", "99%"]].concat());
    assert_eq!(allowed.status.code(), Some(0), "{}", text(&allowed.stdout));

    let own = ["--tolerance", "0%", "--tolerance", "downtime_s=99%"];
    let own = check(&[&slower[..], &own].concat());
    assert!(!is_worse(text(&own.stdout)), "{}", text(&own.stdout));
    let wrong = check(&["--baseline", kept, "--tolerance", "downtime=5%"]);
    assert!(text(&wrong.stderr).contains("did you mean `downtime_s`?"), "{}", text(&wrong.stderr));
    let foreign = folder.join("foreign.json");
    let refused = |content: &str, why: &str| {
        std::fs::write(&foreign, content).unwrap();
        let run = check(&["--baseline", foreign.to_str().unwrap()]);
        assert_eq!(run.status.code(), Some(2), "{content}");
        assert!(text(&run.stderr).contains(why), "{}", text(&run.stderr));
    };
    refused("{", "is no baseline");
    refused("{\"a\": 1}", "unknown field");
    refused("{\"format\": 9, \"version\": \"9\", \"scenarios\": {}}", "it has form 9");
    let half = std::fs::read_to_string(kept).unwrap();
    refused(&half[..half.len() / 2], "is no baseline");
    std::fs::write(&foreign, "{\"format\": 1, \"version\": \"0\", \"scenarios\": {}}").unwrap();
    let new = check(&["--baseline", foreign.to_str().unwrap()]);
    assert_eq!(new.status.code(), Some(0));
    assert!(text(&new.stderr).contains("is not in the baseline"), "{}", text(&new.stderr));
    assert_eq!(check(&["--baseline", "no-such-file.json"]).status.code(), Some(2));
}
