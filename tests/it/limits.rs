//! Limits on everything that a scenario or a command can ask for: what is too much is refused with
//! a word on what to change, and what turns out to be too much ends in order.
#![allow(clippy::disallowed_types, reason = "a limit on time is held against time")]

use crate::cli::{TINY, fleetfall, scratch, text};
use crate::support::{NOTHING, scenario, try_scenario};
use expect_test::{Expect, expect};
use fleetfall::experiment::run_together;
use fleetfall::kernel::chance::Seed;
use fleetfall::scenario::Study;
use fleetfall::sim::Simulation;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Two nodes for two minutes; a test adds or changes what it is about.
const BASE: &str = r#"
clock.end = 2021-02-01T00:02:00Z
load.constant.all.rate = "5/s"
class.web.stages = [{ cpu = "20ms" }]
nodes.count = 2
process.slots = 4
"#;

/// The file of a scenario: the base with these lines in place of those that give the same keys.
fn file(name: &str, lines: &str) -> PathBuf {
    let key = |line: &str| line.split('=').next().unwrap_or_default().trim().to_string();
    let given: Vec<String> = lines.lines().map(key).collect();
    let rest: Vec<&str> = BASE.lines().filter(|line| !given.contains(&key(line))).collect();
    let head = "schema = 1\nname = \"limits\"\ntitle = \"Limits\"\n";
    let start = "clock.start = 2021-02-01T00:00:00Z\n";
    let folder = scratch(name);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("limits.toml");
    std::fs::write(&path, format!("{head}{start}{}\n{lines}", rest.join("\n"))).unwrap();
    path
}

/// What a command that is refused says, and that it says so at once and does nothing.
#[track_caller]
fn refused(arguments: &[&str], expected: Expect) {
    let since = Instant::now();
    let run = fleetfall(arguments);
    assert_eq!(run.status.code(), Some(2), "{}", text(&run.stderr));
    assert_eq!(text(&run.stdout), "");
    assert!(since.elapsed() < Duration::from_secs(20), "{:?}", since.elapsed());
    let folder = Path::new(arguments[1]).parent().unwrap().display().to_string();
    expected.assert_eq(&text(&run.stderr).replace(&format!("{folder}/"), ""));
}

/// A scenario that is refused when it is read.
#[track_caller]
fn unread(lines: &str, expected: Expect) {
    let problems = try_scenario(2, lines).expect_err("it asks for too much").lines();
    expected.assert_eq(&problems);
}

fn with_base(lines: &str) -> String {
    let base: Vec<&str> = BASE.lines().filter(|line| !line.starts_with("clock")).collect();
    format!("{}\n{lines}", base.join("\n"))
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn more_memory_than_there_may_be_is_refused() {
    // The windows of a year, a course of many gauges.
    let path = file("memory-windows", "clock.end = 2022-02-01T00:00:00Z\nclock.window = \"100ms\"");
    let path = path.to_str().unwrap();
    refused(
        &["run", path, "--threads", "2"],
        expect![[r#"
        error: this needs about 229 GiB of memory, and may have 4 GiB (`--max-memory`)
          = help: the course of the first replication with its 315 million windows need 229 GiB of it: a longer `clock.window`, or fewer nodes
          = help: `--max-memory 275GiB` lets it begin
    "#]],
    );
    // Replications without end.
    refused(
        &["run", TINY, "--threads", "2", "--replications", "1000000000000000000"],
        expect![[r#"
            error: this needs about 1,920,852,810 TiB of memory, and may have 4 GiB (`--max-memory`)
              = help: the results of all replications need 1,920,852,810 TiB of it: fewer `--replications`, or a shorter clock
        "#]],
    );
    refused(
        &["run", TINY, "--threads", "2", "--replications", "10000000"],
        expect![[r#"
        error: this needs about 19.7 GiB of memory, and may have 4 GiB (`--max-memory`)
          = help: the results of all replications need 19.7 GiB of it: fewer `--replications`, or a shorter clock
          = help: `--max-memory 24GiB` lets it begin
    "#]],
    );
    refused(
        &[
            "sweep",
            TINY,
            "--threads",
            "2",
            "--vary",
            "nodes.count=1..3",
            "--replications",
            "4000000000",
        ],
        expect![[r#"
            error: this needs about 626 GiB of memory, and may have 4 GiB (`--max-memory`)
              = help: the results of all replications need 626 GiB of it: fewer `--replications`, or a shorter clock
              = help: `--max-memory 752GiB` lets it begin
        "#]],
    );
    // What waits in four thousand nodes with a million slots.
    let lines = "load.constant.all.rate = \"1e6/s\"\nclass.web.stages = [{ cpu = \"1h\" }]\n\
                 nodes.count = 4096\nprocess.slots = 1000000\nprocess.backlog = 1000000\n\
                 clients.patience = \"1d\"";
    let path = file("memory-requests", lines);
    refused(
        &["run", path.to_str().unwrap(), "--threads", "2"],
        expect![[r#"
        error: this needs about 2.24 TiB of memory, and may have 4 GiB (`--max-memory`)
          = help: open requests need 2.24 TiB of it: less load, less patience, or fewer `--threads`
          = help: `--max-memory 2747GiB` lets it begin
    "#]],
    );
    let lines = "load.users.all.count = 10000000\nload.users.all.think = \"1h\"";
    let path = file("memory-users", lines);
    refused(
        &["run", path.to_str().unwrap(), "--threads", "2", "--max-memory", "512MiB"],
        expect![[r#"
            error: this needs about 773 MiB of memory, and may have 512 MiB (`--max-memory`)
              = help: the program, nodes and users need 772 MiB of it: fewer of them, or fewer `--threads`
              = help: `--max-memory 928MiB` lets it begin
        "#]],
    );
}

#[test]
fn more_events_than_anybody_waits_for_are_refused() {
    let lines = "clock.end = 2022-02-01T00:00:00Z\nclock.window = \"1h\"\n\
                 load.constant.all.rate = \"1e7/s\"";
    let path = file("events", lines);
    let path = path.to_str().unwrap();
    refused(
        &["run", path, "--threads", "2"],
        expect![[r#"
            error: this needs about 946 trillion events, 1,314 days on 1 thread, and may have 1 trillion
              = help: 1 replication of 946 trillion events each: less load, or a shorter `clock`
              = help: `--large` lets it begin; `--time-limit` ends it in order
        "#]],
    );
    let many = ["--threads", "2", "--replications", "1000000000000000000"];
    refused(
        &[&["compare", TINY][..], &many].concat(),
        expect![[r#"
            error: this needs about 3.5e22 events, more than a thousand years on 2 threads, and may have 1 trillion
              = help: 2.0e18 replications of 17,410 events each: fewer replications, or a shorter `clock`
              = help: `--large` lets it begin; `--time-limit` ends it in order
        "#]],
    );
    refused(
        &[&["plan", TINY, "--vary", "nodes.count=1..3"][..], &many].concat(),
        expect![[r#"
            error: this needs about 1.9e22 events, more than a thousand years on 2 threads, and may have 1 trillion
              = help: 1.0e18 replications of 18,843 events each: fewer replications, or a shorter `clock`
              = help: `--large` lets it begin; `--time-limit` ends it in order
        "#]],
    );
    refused(
        &[&["causes", "pinpoint-2021"][..], &many].concat(),
        expect![[r#"
            error: this needs about 6.7e26 events, more than a thousand years on 2 threads, and may have 1 trillion
              = help: 1.6e19 replications of 42.0 million events each: fewer replications, or a shorter `clock`
              = help: `--large` lets it begin; `--time-limit` ends it in order
        "#]],
    );
    refused(
        &["sensitivity", TINY, "--threads", "2", "--replications", "400000000"],
        expect![[r#"
        error: this needs about 47.7 GiB of memory, and may have 4 GiB (`--max-memory`)
          = help: the results of all replications need 47.7 GiB of it: fewer `--replications`, or a shorter clock
          = help: `--max-memory 58GiB` lets it begin
    "#]],
    );
    let lines = format!(
        "{lines}\n[experiment]\nreplications = 1000\n[[expect]]\nclaim = \"x\"\n\
                         measure = \"downtime_s\"\nat_most = 1"
    );
    let path = file("events-check", &lines);
    let run = fleetfall(&["check", path.to_str().unwrap(), "--format", "json"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(text(&run.stderr).contains("`--large` lets it begin"), "{}", text(&run.stderr));
    // It can be meant.
    let large = ["run", path.to_str().unwrap(), "--large", "--time-limit", "200ms"];
    assert_eq!(fleetfall(&large).status.code(), Some(3));
}

#[test]
fn what_a_command_would_need_is_said_on_request() {
    let dry =
        fleetfall(&["run", "retry-storm", "--replications", "20", "--threads", "2", "--dry-run"]);
    assert_eq!(dry.status.code(), Some(0), "{}", text(&dry.stderr));
    expect![[r#"
        What it would need, roughly
          replications  20 at most
          requests      13.4 million
          events        26.9 million (175 million if nobody is answered)
          windows       240 in a replication
          memory        9.43 MiB (10.1 MiB if nobody is answered); the limit is 4 GiB
          time          1.62 s (10.5 s if nobody is answered); on 2 threads
    "#]]
    .assert_eq(text(&dry.stdout));
    // All that simulate can say it, and do nothing else.
    let out = scratch("dry");
    let commands: [&[&str]; 7] = [
        &["run", TINY],
        &["check", TINY],
        &["compare", TINY],
        &["sweep", TINY, "--vary", "nodes.count=1..3"],
        &["sensitivity", TINY],
        &["plan", TINY],
        &["causes", "pinpoint-2021"],
    ];
    for command in commands {
        let more = ["--dry-run", "--format", "json", "--out", out.to_str().unwrap()];
        let dry = fleetfall(&[command, &more].concat());
        assert_eq!(dry.status.code(), Some(0), "{}", text(&dry.stderr));
        let need: Value = serde_json::from_slice(&dry.stdout).unwrap();
        assert!(need["events"].as_f64().unwrap() > 10_000.0, "{command:?}: {need}");
        assert!(!out.exists(), "{command:?}");
    }
    // And whether it would be refused.
    let much = ["run", TINY, "--replications", "10000000", "--dry-run"];
    assert_eq!(fleetfall(&much).status.code(), Some(2));
    // Where it takes long, that is said before it begins.
    let long = [
        "sweep",
        "pinpoint-2021",
        "--vary",
        "nodes.count=7,8",
        "--replications",
        "100",
        "--time-limit",
        "100ms",
    ];
    let long = fleetfall(&[&long[..], &["--threads", "2"]].concat());
    let said = text(&long.stderr).lines().next().unwrap_or_default();
    assert!(said.starts_with("200 replications at most, about 8."), "{said}");
}

/// Each of these was seen to take all memory, to go on for ever, or to panic.
#[test]
fn a_text_without_end_is_not_read() {
    let path = file("long-text", &format!("# {}", "x".repeat(20 << 20)));
    refused(
        &["run", path.to_str().unwrap()],
        expect![[r#"
        error: failed to read `limits.toml`: it is longer than 16 MiB
    "#]],
    );
    if cfg!(unix) {
        for command in ["run", "check"] {
            let run = fleetfall(&[command, "/dev/zero"]);
            assert_eq!(run.status.code(), Some(2));
            assert!(text(&run.stderr).contains("longer than 16 MiB"), "{}", text(&run.stderr));
        }
        let run = fleetfall(&["check", TINY, "--baseline", "/dev/zero"]);
        assert_eq!(run.status.code(), Some(2));
        assert!(text(&run.stderr).contains("longer than 1024 MiB"), "{}", text(&run.stderr));
    }
    let whole = format!("title = \"{}\"", "x".repeat(20 << 20));
    let problems = Study::load("long.toml", &whole, NOTHING, NOTHING).expect_err("it is long");
    expect![[r#"
        long.toml:1:1: the text of a scenario has 16 MiB at most; put recorded load, or values of a distribution, into files that it names
    "#]].assert_eq(&problems.lines());
}

#[test]
fn thousands_of_mistakes_are_told_in_part() {
    // In tables of their own, as what is wrong is left out to see what else is.
    let wrong: String = (0..50_000).map(|n| format!("[class.c{n}]\nwrong = 1\n")).collect();
    let problems = try_scenario(2, &with_base(&wrong)).expect_err("it has mistakes").to_string();
    assert!(problems.ends_with("... and 49901 more\n"), "{}", &problems[problems.len() - 200..]);
}

/// Each has a number, which had 16 bits.
#[test]
fn assignments_are_as_many_as_one_can_type() {
    let whole = std::fs::read_to_string(TINY).unwrap();
    let sets: Vec<String> = (0..70_000).map(|n| format!("nodes.count={}", 1 + n % 7)).collect();
    let study = Study::load("tiny.toml", &whole, NOTHING, &sets).expect("nothing is wrong");
    assert_eq!(study.scenario.nodes.count, 1 + 69_999 % 7);
}

#[test]
fn there_are_only_so_many_of_anything() {
    let many = |what: &str, body: &str| -> String {
        (0..1001).map(|n| format!("[{what}.n{n}]\n{body}\n")).collect()
    };
    let at = "at = 2021-02-01T00:01:00Z";
    let lines = [
        many("class", "stages = [{ cpu = \"1ms\" }]"),
        many("load.constant", "rate = \"1/h\""),
        many("release", ""),
        many("deploy", &format!("{at}\nrelease = \"n1\"")),
        many("fault", &format!("{at}\nkind = \"crash_process\"")),
        many("maintenance", at),
        many("interval", "from = 2021-02-01T00:00:00Z\nto = 2021-02-01T00:01:00Z"),
        (0..201).map(|n| format!("[mitigation.n{n}]\nabout = \"a\"\npatch = {{}}\n")).collect(),
        "[[expect]]\nclaim = \"c\"\nmeasure = \"downtime_s\"\nat_most = 1\n".repeat(1001),
        "[[assumption]]\nkey = \"nodes.count\"\nrange = [1, 2]\nwhy = \"w\"\n".repeat(201),
        format!("[[nodes.add]]\n{at}\ncount = 4096\n").repeat(1001),
    ];
    unread(
        &with_base(&lines.concat()),
        expect![[r#"
        the scenario has 1002 classes, and may have 1000
        the scenario has 1002 load sources, and may have 1000
        the scenario has 1001 releases, and may have 1000
        the scenario has 1001 deploys, and may have 1000
        the scenario has 1001 faults, and may have 1000
        the scenario has 1001 maintenances, and may have 1000
        the scenario has 1001 additions of nodes, and may have 1000
        the scenario has 1001 intervals, and may have 1000
        the scenario has 201 mitigations, causes and counterfactuals, and may have 200
        the scenario has 1001 claims, and may have 1000
        the scenario has 201 assumptions, and may have 200
        the scenario has 4100098 nodes in all, and may have 65536; a smaller `nodes.count`, less in `nodes.add`, or fewer rollouts of pods
    "#]],
    );
}

/// Variants that part from one another in the same moment are simulated one after the other, each
/// from the one before; that was a stack overflow.
#[test]
fn many_variants_need_no_deep_stack() {
    let base = with_base("clients.patience = \"15ms\"\n");
    let variant = |n: u32| {
        let retry = format!("clients.retry = {{ attempts = 2, base = \"{}ms\" }}\n", n + 1);
        scenario(1, &format!("{base}{retry}"))
    };
    let variants: Vec<_> = (0..200).map(variant).collect();
    let simulate = move || run_together(&variants, Seed(1)).expect("no invariant is broken");
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(simulate).unwrap();
    let together = thread.join().unwrap();
    assert_eq!(together.results.len(), 200);
    assert_ne!(together.results[0].digest, together.results[199].digest);
}

/// Lanes have numbers of 20 bits; a rollout of pods adds nodes too.
#[test]
fn a_fleet_has_fewer_nodes_than_there_are_lanes() {
    let add = "[[nodes.add]]\nat = 2021-02-01T00:01:00Z\ncount = 4096\n";
    unread(
        &with_base(&add.repeat(300)),
        expect![[r#"
        the scenario has 1228802 nodes in all, and may have 65536; a smaller `nodes.count`, less in `nodes.add`, or fewer rollouts of pods
    "#]],
    );
    let pods = |n: u32| {
        format!(
            "[deploy.d{n}]\nat = 2021-02-01T00:01:00Z\nrelease = \"a\"\nmethod = \"kubernetes\"\n"
        )
    };
    let deploys: String = (0..20).map(pods).collect();
    let lines = with_base(&format!("[release.a]\n{deploys}")).replace("count = 2", "count = 4096");
    unread(
        &lines,
        expect![[r#"
        the scenario has 86016 nodes in all, and may have 65536; a smaller `nodes.count`, less in `nodes.add`, or fewer rollouts of pods
    "#]],
    );
}

#[test]
fn the_clock_goes_on_for_ten_years_at_most() {
    let minutes = 3660 * 24 * 60;
    assert!(try_scenario(minutes, &with_base("")).is_ok());
    let problems = try_scenario(minutes + 1, &with_base("")).expect_err("it is too long");
    expect![[r#"
        test.toml:5:13: the clock goes on for more than 3660d; simulate a part of it
    "#]]
    .assert_eq(&problems.lines());
    // The local hours of many places over years are as much as one can wait for.
    let hours = ["1"; 24].join(", ");
    let region = |n: u32| {
        format!(
            "[load.region.r{n}]\nzone = \"UTC\"\nshare = {}\nweekday = [{hours}]\nweekend = [{hours}]\n",
            1.0 / 16.0
        )
    };
    let regions: String = (0..16).map(region).collect();
    let problems = try_scenario(minutes, &with_base(&regions)).expect_err("it is too much");
    expect![[r#"
        test.toml:5:13: 16 regions over 87840 hours are too many; regions times hours may be 1048576
    "#]]
    .assert_eq(&problems.lines());
}

#[test]
fn users_are_as_many_as_can_be_told_apart_also_when_they_are_scaled() {
    let users = "load.users.u = { count = 10000000, think = \"1h\" }\nload.scale = 1000";
    unread(
        &with_base(users),
        expect![[r#"
        test.toml:11:12: load source `u` has 10000000000 users; `count` times `load.scale` may be 10000000
    "#]],
    );
}

/// Sums of the longest durations stay within what a clock can tell.
#[test]
fn durations_are_not_longer_than_a_century() {
    unread(
        &with_base("clients.patience = \"36526d\""),
        expect![[r#"
        test.toml:11:20: `clients.patience` is `36526d`, must not exceed 100 years; write a duration, or one of `constant`, `uniform`, `exponential`, `lognormal`, `empirical`, `gamma`, `weibull`, `bounded_pareto`, `hyperexponential`, `mean_p95`, `median_p99`
    "#]],
    );
    let long = "\"36525d\"";
    let lines = format!(
        "clients = {{ patience = {long}, retry = {{ attempts = 100, base = {long}, cap = {long}, \
         factor = 100 }} }}\n\
         [people]\nnotice = {long}\ndiagnose = {long}\nfix = {long}\n\
         alert.success = {{ below = \"100%\", lasting = \"1s\" }}\n\
         [load.surge.s]\nonset = 2021-02-01T00:00:30Z\nramp = {long}\nplateau = {long}\n\
         decay = {long}\nrate = \"1/s\"\n\
         [fault.f]\nat = 2021-02-01T00:00:10Z\nkind = \"crash_process\"\n\
         again.every = \"20s\"\n"
    );
    let process = format!(
        "boot = {long}\ncold = {long}\ncold_factor = 100\nstop.finish = {long}\n\
         bind_retries = {long}\nage_at_start = {long}\n"
    );
    let supervisors = [
        format!(
            "[supervisor.bluepill]\nstart_grace = {long}\nstop_grace = {long}\n\
                 [supervisor.bluepill.rule.age]\nabove.age = \"1s\"\nevery = \"10s\"\nover = 1\nsamples = 1\n"
        ),
        format!(
            "[supervisor.systemd]\nrestart_sec = {long}\ntimeout_start = {long}\ntimeout_stop = {long}\n\
                 runtime_max = {long}\nruntime_extra = {long}\nstart_limit_interval = {long}\n"
        ),
        format!(
            "[supervisor.kubernetes]\nbackoff = {long}\nbackoff_max = {long}\nbackoff_reset = {long}\n\
                 grace = {long}\n"
        ),
        format!("[supervisor.docker]\nstop_timeout = {long}\n"),
        format!("[supervisor.supervisord]\nstartsecs = {long}\nstopwaitsecs = {long}\n"),
    ];
    for supervisor in supervisors {
        for process in ["", process.as_str()] {
            let base = with_base("").replace("process.slots = 4", "");
            let lines = format!("{base}{lines}{supervisor}[process]\nslots = 4\n{process}");
            let mut simulation = Simulation::new(scenario(2, &lines), Seed(1));
            simulation.run(&mut ());
            assert!(simulation.dispatched() > 600);
        }
    }
}

/// Sums of the largest amounts stay within 64 bits.
#[test]
fn amounts_are_not_larger_than_a_pebibyte() {
    unread(
        &with_base("nodes.memory = \"1025 TiB\""),
        expect![[r#"
        test.toml:11:16: `nodes.memory` is `1025 TiB`, must not exceed `1024 TiB`
    "#]],
    );
    let most = "\"1024 TiB\"";
    let lines = format!(
        "[nodes]\ncount = 2\nmemory = {most}\nswap = {most}\n\
         [process]\nslots = 4\n\
         memory = {{ base = {most}, retained_at_start = {most}, retained_per_request = {most}, \
         in_service = {most}, queued = {most} }}\n\
         [supervisor]\ndocker.restart = \"always\"\n\
         [fault.f]\nat = 2021-02-01T00:00:10Z\n\
         kind.leak = {{ lasting = \"never\", per_second = {most} }}\n"
    );
    let base = "load.constant.all.rate = \"5/s\"\nclass.web.stages = [{ cpu = \"20ms\" }]\n";
    let mut simulation = Simulation::new(scenario(2, &format!("{base}{lines}")), Seed(1));
    simulation.run(&mut ());
    assert!(simulation.dispatched() > 600);
}

#[test]
fn names_and_paths_have_an_end() {
    let name = "x".repeat(101);
    unread(
        &with_base(&format!("class.{name}.stages = [{{ cpu = \"1ms\" }}]")),
        expect![[r#"
        test.toml:11:7: bad name `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...` in `class`, a name has only letters, digits, `-` and `_`, 100 at most
    "#]],
    );
    let deep = format!("mitigation.m.patch.{}=1", vec!["a"; 20_000].join("."));
    let run = fleetfall(&["run", "pinpoint-2021", "--set", &deep]);
    assert_eq!(run.status.code(), Some(2));
    let said = text(&run.stderr);
    assert!(said.starts_with("error: a path has 100 keys at most\n"), "{:.200}", said);
}

#[test]
fn a_command_line_asks_for_no_more_than_there_can_be() {
    let values: Vec<String> = (1..=1001).map(|n| n.to_string()).collect();
    let vary = format!("load.scale={}", values.join(","));
    let run = fleetfall(&["sweep", TINY, "--vary", &vary]);
    assert_eq!(run.status.code(), Some(2));
    assert!(text(&run.stderr).starts_with("error: these are more than 1000 values\n"));
    let wrong = |arguments: &[&str], said: &str| {
        let run = fleetfall(arguments);
        assert_eq!(run.status.code(), Some(2), "{arguments:?}");
        assert!(text(&run.stderr).contains(said), "{}", text(&run.stderr));
    };
    wrong(&["run", TINY, "--threads", "1025"], "expected a number from 1 to 1024");
    wrong(&["run", TINY, "--replications", "0"], "expected a whole number from 1 on");
    wrong(&["run", TINY, "--max-events", "many"], "expected a whole number from 1 on");
    wrong(&["run", TINY, "--seed", "-1"], "expected a whole number from 0 to");
    wrong(&["run", TINY, "--max-events", "0"], "--max-events");
    wrong(&["run", TINY, "--max-memory", "4 GB/s"], "expected a size from 1 MiB to 1024 TiB");
    wrong(&["run", TINY, "--max-memory", "1kB"], "expected a size from 1 MiB to 1024 TiB");
    wrong(&["run", TINY, "--time-limit", "soon"], "expected a time from 1ms to 7 days");
    wrong(&["run", TINY, "--max-memory", "1MiB"], "`--max-memory 11MiB` lets it begin");
    wrong(&["trace", TINY, "--around", "10:04", "--limit", "10000001"], "1..=10000000");
    let mitigation =
        |n: u32| format!("[mitigation.m{n}]\nabout = \"a\"\npatch.nodes.cores = {}\n", n % 8 + 1);
    let many: String = (0..21).map(mitigation).collect();
    let path = file("combine", &many);
    refused(
        &["compare", path.to_str().unwrap(), "--combine"],
        expect![[r#"
        error: `--combine` makes every pair of 21 patches, and 20 may be combined
          = help: name those that matter with `--only`
    "#]],
    );
}

/// Of what a command leaves: the reason in every document, on the page and on the terminal.
#[track_caller]
fn is_partial(run: &Output, out: &Path, document: &str, reason: &str) -> Value {
    assert_eq!(run.status.code(), Some(3), "{}", text(&run.stderr));
    let written = json(&out.join(document));
    let words = written["partial"]["words"].as_str().unwrap_or_default();
    assert_eq!(written["partial"]["reason"], reason, "{document}: {words}");
    let start: String = words.split(' ').take(3).collect::<Vec<_>>().join(" ");
    let shown = text(&run.stdout);
    assert!(shown.contains(&format!("\nPartial: {start}")), "{shown}");
    assert!(text(&run.stderr).contains(words), "{}", text(&run.stderr));
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("class=\"partial\"") && page.contains(">Partial: "), "{document}");
    written
}

/// The most events of the replications of a scenario before the first that has more, and how many
/// these are, at least two; `patches` are variants that are simulated beside it.
fn fewer_events_first(path: &str, patches: &[&str]) -> (u64, usize) {
    let whole = std::fs::read_to_string(path).unwrap();
    let study = Study::load(path, &whole, NOTHING, NOTHING).unwrap();
    let variants = patches.iter().map(|name| study.variant(name).unwrap().scenario);
    let variants: Vec<_> = std::iter::once(Arc::clone(&study.scenario)).chain(variants).collect();
    let events = |seed: u64| {
        let of = |scenario: &Arc<_>| {
            let mut simulation = Simulation::new(Arc::clone(scenario), Seed(seed));
            simulation.run(&mut ());
            simulation.dispatched()
        };
        variants.iter().map(of).max().unwrap()
    };
    let mut most = 0;
    for seed in 1.. {
        let events = events(seed);
        if seed > 2 && events > most {
            return (most, seed as usize - 1);
        }
        most = most.max(events);
    }
    unreachable!("chance has no end")
}

#[test]
fn a_replication_with_too_many_events_does_not_count_and_ends_the_run() {
    let (most, done) = fewer_events_first(TINY, &[]);
    let out = scratch("events-run");
    let run = |more: &[&str]| {
        fleetfall(
            &[&["run", TINY, "--out", out.to_str().unwrap(), "--replications"], more].concat(),
        )
    };
    let limit = most.to_string();
    let limited = run(&["50", "--max-events", &limit, "--threads", "1"]);
    let summary = is_partial(&limited, &out, "summary.json", "max_events");
    assert_eq!(summary["replications"], done);
    assert_eq!(summary["replications_planned"], 50);
    assert_eq!(json(&out.join("manifest.json"))["partial"], summary["partial"]);
    // What is there is what fewer replications give, whatever the threads.
    let digest = summary["digest"].clone();
    for threads in ["2", "5"] {
        let again = run(&["50", "--max-events", &limit, "--threads", threads, "--format", "json"]);
        assert_eq!(again.status.code(), Some(3));
        let again: Value = serde_json::from_slice(&again.stdout).unwrap();
        assert_eq!((&again["digest"], &again["partial"]), (&digest, &summary["partial"]));
    }
    let fewer = run(&[&done.to_string(), "--format", "json"]);
    let fewer: Value = serde_json::from_slice(&fewer.stdout).unwrap();
    assert_eq!((&fewer["digest"], &fewer["partial"]), (&digest, &Value::Null));
    let further = run(&["50", "--max-events", &(most + 1_000_000).to_string()]);
    assert!(matches!(further.status.code(), Some(0 | 1)), "{}", text(&further.stderr));
}

#[test]
fn without_a_replication_there_is_no_result() {
    let out = scratch("events-none");
    let folder = out.to_str().unwrap();
    let few = ["--max-events", "100", "--out", folder];
    let run = fleetfall(&[&["run", TINY][..], &few].concat());
    assert_eq!(run.status.code(), Some(3));
    assert_eq!(text(&run.stdout), "");
    expect![[r#"
        error: the replication with seed 1 needs more than 100 events (`--max-events`), it had come to Fri 10:12:00; it is not counted, and none was begun after it
          that was before the first replication was done: nothing is written
    "#]].assert_eq(text(&run.stderr));
    let commands: [&[&str]; 6] = [
        &["check", TINY, "--format", "json"],
        &["compare", TINY],
        &["sweep", TINY, "--vary", "nodes.count=1..3"],
        &["sensitivity", TINY],
        &["plan", TINY],
        &["causes", "pinpoint-2021"],
    ];
    for command in commands {
        let run = fleetfall(&[command, &few].concat());
        assert_eq!(run.status.code(), Some(3), "{command:?}: {}", text(&run.stderr));
        assert!(text(&run.stderr).contains("nothing is written"), "{}", text(&run.stderr));
    }
    assert!(!out.exists());
    let trace = ["trace", TINY, "--around", "first_restart", "--max-events", "100"];
    assert_eq!(fleetfall(&trace).status.code(), Some(3));
}

/// A scenario with patches and assumptions, of which the last make many more events.
const STUDIED: &str = r#"
load.constant.all.rate = "5/s"
[mitigation.more]
about = "More cores."
patch.nodes.cores = 2
[cause.few]
about = "Few cores."
patch.nodes.cores = 2
[[assumption]]
key = "process.slots"
range = [2, 6]
why = "a guess"
[[assumption]]
key = "load.constant.all.rate"
range = ["5/s", "100/s"]
why = "another guess"
[experiment]
replications = 40
[[expect]]
claim = "nothing is down"
measure = "downtime_s"
at_most = 0
"#;

#[test]
fn every_document_says_that_it_is_partial() {
    let path = file("partial", &format!("process.slots = 4\n{STUDIED}"));
    let path = path.to_str().unwrap();
    let partial = |command: &[&str], most: u64, document: &str| {
        let out = scratch(&format!("partial-{}", command[0]));
        let most = most.to_string();
        let more = ["--max-events", &most, "--out", out.to_str().unwrap()];
        let run = fleetfall(&[&[command[0], path], &command[1..], &more].concat());
        is_partial(&run, &out, document, "max_events")
    };
    let (most, done) = fewer_events_first(path, &["more"]);
    let compare = partial(&["compare"], most, "compare.json");
    assert_eq!((&compare["replications"], &compare["stopped"]), (&done.into(), &true.into()));
    let causes = partial(&["causes", "--replications", "40"], most, "causes.json");
    assert_eq!(causes["replications"], done);
    let check = partial(&["check"], fewer_events_first(path, &[]).0, "check.json");
    assert!(
        check["replications"].as_u64().unwrap() < check["replications_planned"].as_u64().unwrap()
    );
    // At 5/s there are some 1,200 events, at 100/s 24,000.
    let rates = "load.constant.all.rate=5/s,6/s,100/s";
    let sweep = partial(&["sweep", "--vary", rates, "--replications", "3"], 4_000, "sweep.json");
    assert_eq!(sweep["cells"].as_array().unwrap().len(), 2);
    let plan = partial(&["plan", "--vary", "load.constant.all.rate=5/s,100/s"], 4_000, "plan.json");
    assert_eq!(plan["replications"], 5);
    let moved = partial(&["sensitivity", "--replications", "2"], 4_000, "sensitivity.json");
    assert_eq!(moved["one_at_a_time"].as_array().unwrap().len(), 1);
    assert!(moved["all_together"].is_null());
    assert!(moved["partial"]["words"].as_str().unwrap().contains("1 of 2 assumptions"));
    // A page of several studies says which of them is partial.
    let run = scratch("partial-run");
    fleetfall(&["run", path, "--out", run.to_str().unwrap()]);
    let compared = run.with_file_name("partial-compare");
    let report = fleetfall(&["report", run.to_str().unwrap(), compared.to_str().unwrap()]);
    assert_eq!(report.status.code(), Some(0), "{}", text(&report.stderr));
    let page = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert!(page.contains(">The comparison is partial: ") && !page.contains(">Partial: "));
}

#[test]
fn a_replication_that_takes_too_long_is_given_up() {
    let path = file("time", "load.constant.all.rate = \"1e7/s\"");
    let since = Instant::now();
    let run = fleetfall(&["run", path.to_str().unwrap(), "--time-limit", "300ms"]);
    assert_eq!(run.status.code(), Some(3));
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
    assert_eq!(text(&run.stdout), "");
    let said = text(&run.stderr).lines().skip(1).map(|line| format!("{line}\n"));
    expect![[r#"
        quiet stretches take less with `--set 'clock.resolution="adaptive"'`; the guide says how far its figures agree
        error: ended after 300 ms (`--time-limit`)
          that was before the first replication was done: nothing is written
    "#]]
    .assert_eq(&said.collect::<String>());
    // The limit is for all scenarios of a check together.
    let many = ["check", path.to_str().unwrap(), TINY, "--time-limit", "300ms", "--format", "json"];
    let many = fleetfall(&many);
    assert_eq!(many.status.code(), Some(3), "{}", text(&many.stderr));
    assert!(since.elapsed() < Duration::from_secs(20), "{:?}", since.elapsed());
}

#[test]
fn time_that_stands_still_is_noticed() {
    let lines = "process.slots = 1\nprocess.backlog = 0\n\
                 load.users.u = { count = 10000, think = \"0s\" }\n\
                 clients.retry = { attempts = 100, base = \"0s\" }\n\
                 clients.reload = { share = \"100%\", at_most = 100 }";
    let path = file("still", lines);
    let run = fleetfall(&["run", path.to_str().unwrap()]);
    assert_eq!(run.status.code(), Some(3));
    expect![[r#"
        error: in the replication with seed 1 no time passes any more, at Mon 00:00:00: something follows on itself at once, such as attempts without a pause; it is not counted, and none was begun after it
          that was before the first replication was done: nothing is written
    "#]].assert_eq(text(&run.stderr));
}

#[cfg(target_os = "linux")]
#[test]
fn memory_that_was_not_expected_ends_a_run() {
    // Processes hang, and what nobody answers piles up.
    let lines = "clock.end = 2021-02-01T02:00:00Z\nload.constant.all.rate = \"20000/s\"\n\
                 class.web.stages = [{ wait = \"1ms\" }]\nprocess.slots = 1000000\n\
                 process.backlog = 1000000\nclients.patience = \"2h\"\n\
                 [fault.f]\nat = 2021-02-01T00:00:10Z\nkind.hang.lasting = \"never\"";
    let path = file("memory-hang", lines);
    let run = fleetfall(&["run", path.to_str().unwrap(), "--max-memory", "100 MiB"]);
    assert_eq!(run.status.code(), Some(3));
    assert_eq!(text(&run.stdout), "");
    expect![[r#"
        if nobody is answered it needs up to 1.13 GiB of memory, and ends at 100 MiB (`--max-memory`)
        error: ended at 100 MiB of memory (`--max-memory`)
          that was before the first replication was done: nothing is written
    "#]].assert_eq(text(&run.stderr));
}

/// The most memory that a command has in use at a time.
#[cfg(target_os = "linux")]
fn most_memory(arguments: &[&str]) -> f64 {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_fleetfall"))
        .args(arguments)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0.0_f64;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        most = kibibytes.map_or(most, |kibibytes: f64| most.max(kibibytes * 1024.0));
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(child.wait().unwrap().success(), "{arguments:?}");
    most
}

/// Where little, gauges, results, open requests and users need the memory.
#[cfg(target_os = "linux")]
#[test]
fn memory_is_expected_as_it_is_needed() {
    let cases = [
        ("", "1"),
        ("nodes.count = 300\nclock.end = 2021-02-01T06:00:00Z", "1"),
        (
            "clock.end = 2021-02-03T00:00:00Z\nclock.window = \"1min\"\n\
             load.constant.all.rate = \"1/min\"\npeople.monitor = \"1h\"",
            "1500",
        ),
        (
            "load.constant.all.rate = \"10000/s\"\nclass.web.stages = [{ wait = \"30s\" }]\n\
             process.slots = 400000\nclients.patience = \"90s\"",
            "1",
        ),
        ("load.users.all = { count = 500000, think.exponential.mean = \"1h\" }", "1"),
    ];
    for (number, (lines, replications)) in cases.into_iter().enumerate() {
        let path = file(&format!("memory-{number}"), lines);
        let out = path.with_file_name("out");
        let run = ["run", path.to_str().unwrap(), "--out", out.to_str().unwrap(), "--threads", "2"];
        let run = [&run[..], &["--replications", replications]].concat();
        let dry = fleetfall(&[&run[..], &["--dry-run", "--format", "json"]].concat());
        let need: Value = serde_json::from_slice(&dry.stdout).unwrap();
        let [usual, at_most] =
            ["memory_bytes", "memory_bytes_at_most"].map(|key| need[key].as_f64().unwrap());
        let most = most_memory(&run);
        let shown = format!("{usual} to {at_most} expected, {most} needed by\n{lines}");
        assert!((0.5..3.0).contains(&(usual / most)), "{shown}");
        assert!(at_most > 0.5 * most, "{shown}");
    }
}

#[cfg(feature = "store")]
#[test]
fn what_a_limit_has_left_undone_is_done_by_the_same_command_without_it() {
    use crate::store::tasks;
    let folder = scratch("limit-store");
    std::fs::create_dir_all(&folder).unwrap();
    let (out, store) = (folder.join("out"), folder.join("study.db"));
    let store = store.to_str().unwrap();
    let study = ["run", TINY, "--replications", "400", "--set", "load.scale=8", "--format", "json"];
    let study = [&study[..], &["--out", out.to_str().unwrap()]].concat();
    let stored = [&study[..], &["--store", store]].concat();
    // On a busy machine the shorter limits may leave nothing.
    for milliseconds in [100, 200, 400, 800, 1600, 3200, 6400] {
        let limit = format!("{milliseconds}ms");
        let limited = fleetfall(&[&stored[..], &["--time-limit", &limit]].concat());
        assert_eq!(limited.status.code(), Some(3), "{}", text(&limited.stderr));
        if !limited.stdout.is_empty() {
            let document: Value = serde_json::from_slice(&limited.stdout).unwrap();
            assert_eq!(document["partial"]["reason"], "time_limit");
        }
        if tasks(store) > 0 {
            break;
        }
    }
    let kept = tasks(store);
    assert!((1..399).contains(&kept), "{kept} were kept");
    let whole = fleetfall(&study);
    let rest = fleetfall(&stored);
    assert_eq!((rest.status.code(), rest.stdout), (whole.status.code(), whole.stdout));
    // The first keeps its details nowhere.
    assert_eq!(tasks(store), 399);
}

#[cfg(all(unix, feature = "store"))]
#[test]
fn what_somebody_stops_is_partial_too() {
    use std::process::{Command, Stdio};
    let folder = scratch("interrupted");
    std::fs::create_dir_all(&folder).unwrap();
    let store = folder.join("study.db");
    let child = Command::new(env!("CARGO_BIN_EXE_fleetfall"))
        .args(["run", TINY, "--replications", "100000", "--store", store.to_str().unwrap()])
        .args(["--out", folder.join("out").to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let limit = Instant::now() + Duration::from_secs(60);
    while std::fs::metadata(&store).map_or(0, |file| file.len()) < 200_000 && Instant::now() < limit
    {
        std::thread::sleep(Duration::from_millis(10));
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let run = child.wait_with_output().unwrap();
    assert_eq!(run.status.code(), Some(130), "{}", text(&run.stderr));
    let summary = json(&folder.join("out/summary.json"));
    assert_eq!(summary["partial"]["reason"], "interrupted");
    assert!(text(&run.stdout).contains("\nPartial: stopped by Ctrl-C; "));
}
