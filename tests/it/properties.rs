//! Properties of whole runs over random scenarios.

use crate::accounts::{Accounts, Most, until};
use crate::support;
use fleetfall::experiment::Replication;
use fleetfall::kernel::chance::Seed;
use fleetfall::kernel::time::{Duration, Instant};
use fleetfall::observe::{Digest, Results};
use fleetfall::scenario::Scenario;
use fleetfall::scenario::measure::Measure;
use fleetfall::sim::Simulation;
use fleetfall::sim::observation::{Cause, Observation};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::FileFailurePersistence;
use std::sync::Arc;

/// Length of the random scenarios.
pub(crate) const MINUTES: u64 = 4;
/// Their length in nanoseconds.
const LENGTH: u64 = MINUTES * 60_000_000_000;

/// One of some texts.
fn one_of(texts: &[&'static str]) -> impl Strategy<Value = String> + Clone + use<> {
    select(texts.to_vec()).prop_map(str::to_string)
}

fn load() -> impl Strategy<Value = String> {
    let freeze = select(vec!["never", "first_restart"]);
    let class = one_of(&[r#"class = "slow""#, r#"classes = { slow = "70%", page = "30%" }"#]);
    let more = one_of(&[
        "",
        "",
        "",
        r#"
load.users.staff = { count = 12, think.exponential.mean = "700ms", classes = { slow = "50%", page = "50%" } }"#,
        r#"
load.sessions.shop = { rate = "2/s", requests = 4, think = "500ms", leave_after_failure = "40%", class = "page" }"#,
        r#"
load.modulated.bots = { states = [{ rate = "2/s", lasting.exponential.mean = "8s" }, { rate = "90/s", lasting = "3s" }], class = "page" }
load.profile.jobs = { points = [{ at = 2021-02-01T00:00:30Z, rate = "0/s" }, { at = 2021-02-01T00:02:00Z, rate = "30/s" }, { at = 2021-02-01T00:02:00Z, rate = "3/s" }], batch.always = 7, class = "slow" }"#,
        r#"
load.constant.lumps = { rate = "10/s", batch.geometric = 5.5, class = "page" }"#,
        r#"
load.recorded.rates = { file = "rates.csv", between = "lines", factor = 0.7, class = "page" }"#,
        r#"
load.recorded.requests = { file = "requests.csv", starts = 2021-02-01T00:00:07Z, factor = 1.6 }"#,
    ]);
    (5..120_u32, 0..60_u32, 0..200_u32, 0..240_i64, freeze, class, more).prop_map(
        |(steady, other, surge, onset, freeze, class, more)| {
            let onset = jiff::SignedDuration::from_secs(onset);
            let start: jiff::Timestamp = "2021-02-01T00:00:00Z".parse().expect("it is a time");
            let onset = start + onset;
            format!(
                r#"
load.freeze = "{freeze}"
load.constant.steady = {{ rate = "{steady}/s", class = "page" }}
load.constant.other = {{ rate = "{other}/s", {class} }}
load.surge.rush = {{ onset = {onset}, ramp = "20s", rate = "{surge}/s", plateau = "30s", decay = "20s", class = "page" }}{more}"#
            )
        },
    )
}

fn classes() -> impl Strategy<Value = String> {
    let slow = one_of(&[
        r#"[{ wait = "50ms" }]"#,
        r#"[{ wait.exponential.mean = "200ms" }, { cpu = "1ms" }]"#,
        r#"[{ cpu.uniform = { from = "0s", to = "40ms" } }, { wait = "0s" }, { cpu = "5ms" }]"#,
        r#"[{ cpu.empirical = ["1ms", "90ms"] }]"#,
        r#"[{ cpu.gamma = { mean = "9ms", shape = 0.4 } }, { wait.weibull = { mean = "50ms", shape = 0.7 } }]"#,
        r#"[{ wait.bounded_pareto = { from = "1ms", to = "9s", alpha = 0.9 } }]"#,
        r#"[{ cpu.mean_p95 = { mean = "9ms", p95 = "29ms", family = "hyperexponential" } }]"#,
    ]);
    let sigma = select(vec![0.0, 0.5, 1.5]);
    let own = one_of(&[
        "",
        "\nclass.slow.patience = \"400ms\"",
        "\nclass.slow.in_service = \"5 MiB\"\nclass.slow.retained_per_request = \"1 KiB\"",
    ]);
    (slow, sigma, 1..40_u32, own).prop_map(|(slow, sigma, mean, own)| {
        format!(
            r#"
class.page.stages = [{{ cpu.lognormal = {{ mean = "{mean}ms", sigma = {sigma} }} }}, {{ wait = "20ms" }}]
class.slow.stages = {slow}{own}"#
        )
    })
}

fn clients() -> impl Strategy<Value = String> {
    let patience = one_of(&[
        r#""1min""#,
        r#""0s""#,
        r#"{ exponential.mean = "500ms" }"#,
        r#"{ uniform = { from = "100ms", to = "3s" } }"#,
    ]);
    let base = select(vec!["0s", "50ms", "1s"]);
    let jitter = one_of(&[
        r#""0%""#,
        r#""full""#,
        r#""equal""#,
        r#""decorrelated""#,
        r#"{ around = "20%" }"#,
    ]);
    let on = one_of(&["", "", r#", on = ["timed_out", "shed"]"#]);
    let budget = one_of(&[
        "",
        "",
        "\nclients.budget = \"tokens\"\nclients.count = 3",
        "\nclients.budget = \"throttle\"",
        "\nclients.budget = \"share\"",
        "\nclients.budget = { concurrent = { least = 1 } }",
    ]);
    let reload =
        one_of(&["", "", "\nclients.reload = { share = \"60%\", pause = \"1s\", at_most = 3 }"]);
    let hedge = one_of(&["", "", "\nclients.hedge = { after = \"80ms\", at_most = 2 }"]);
    let retry = (1..5_u32, base, jitter, on);
    (patience, retry, budget, reload, hedge).prop_map(|(patience, retry, budget, reload, hedge)| {
        let (attempts, base, jitter, on) = retry;
        format!(
            r#"
clients.patience = {patience}
clients.retry = {{ attempts = {attempts}, base = "{base}", jitter = {jitter}{on} }}{budget}{reload}{hedge}"#
        )
    })
}

fn balancer() -> impl Strategy<Value = String> {
    let policy = one_of(&[
        r#""round_robin""#,
        r#""random""#,
        r#""least_outstanding""#,
        r#""power_of_two""#,
        r#""latency""#,
    ]);
    let more = one_of(&[
        "",
        "",
        r#", retries = 2, retry_pause = "300ms""#,
        r#", response_timeout = "250ms", ejection = "max_fails""#,
        r#", ejection = { consecutive = { errors = 2, base = "3s", interval = "1s", most = "50%" } }"#,
        r#", node_limit = 3, queue = { most = 20, timeout = "2s" }"#,
        r#", node_limit = 2"#,
        r#", node_limit = 4, queue = { timeout = "1s" }, slow_start = "20s", slow_start_limits = true"#,
        r#", response_timeout = "400ms", ejection.consecutive = { errors = 50, base = "3s", interval = "2s", most = "50%", success_rate = { nodes = 2, volume = 5, deviations = 0.5 } }"#,
        r#", weights = { node-1 = 2.5 }, slow_start = "10s", panic_below = "60%""#,
        r#", connect_timeout = "4s", retries = 1"#,
    ]);
    let none_up = select(vec!["fail", "fail_open"]);
    let lost_share = select(vec!["moved", "moved", "moved", "dropped"]);
    let health = one_of(&[
        r#""none""#,
        "{ active = {} }",
        r#"{ active = { interval = "500ms", timeout = "300ms", fall = 1, rise = 1 } }"#,
        r#"{ active = { interval = "1s", timeout = "3s", fall = 2, rise = 3, work = "0s" } }"#,
        r#"{ active = { interval = "1s", path = "separate" } }"#,
        r#"{ active = { interval = "2s", timeout = "500ms", fast_interval = "200ms", down_interval = "3s", observe.layer7 = { limit = 2, on_error = "mark_down" }, on_marked_down = "shutdown_sessions" } }"#,
        r#"{ active = { fast_interval = "100ms", observe.layer4 = { limit = 3, on_error = "sudden_death" }, path = "separate", on_marked_down = "shutdown_sessions" } }"#,
    ]);
    (1..4_u32, policy, 0..4_u32, none_up, lost_share, health, more).prop_map(
        |(instances, policy, redispatch, none_up, lost_share, health, more)| {
            format!(
                r#"
balancer = {{ instances = {instances}, policy = {policy}, redispatch = {redispatch}, none_up = "{none_up}", lost_share = "{lost_share}", health = {health}{more} }}"#
            )
        },
    )
}

fn nodes() -> impl Strategy<Value = String> {
    let add = one_of(&[
        "[]",
        "[{ at = 2021-02-01T00:01:30Z, count = 2 }]",
        "[{ at = 2021-02-01T00:00:00Z, count = 1 }, { at = 2021-02-01T00:02:00Z, count = 1 }]",
    ]);
    let memory = select(vec!["256 MiB", "1 GiB", "64 GiB"]);
    let swap = select(vec!["0 B", "32 MiB"]);
    (1..6_u32, 1..4_u32, memory, swap, add).prop_map(|(count, cores, memory, swap, add)| {
        format!(
            r#"
nodes = {{ count = {count}, cores = {cores}, memory = "{memory}", swap = "{swap}", add = {add} }}"#
        )
    })
}

/// Slots, and the workers that share them, if any do.
fn slots() -> impl Strategy<Value = String> + Clone {
    let rules = one_of(&[
        r#"max_requests = { count = 40, jitter = 20 }"#,
        r#"max_requests = { count = 60, stagger = 15 }, accept = "last_idle", preload = true"#,
        r#"memory_limit = { above.uniform = { from = "20 MiB", to = "30 MiB" }, check_every = 3 }"#,
        r#"killer = { above = "150 MiB", every = "3s" }, finish = "1s""#,
        r#"rolling = { every = "20s", extra = "10s", pause = "3s" }"#,
        r#"timeout = { after = "300ms", look = "100ms" }, boot = "500ms""#,
        r#"product = "gunicorn", max_requests.count = 30, served_at_start.uniform = { from = 0, to = 29 }"#,
        r#"product = "uwsgi", preload = false, max_requests.count = 5, boot.exponential.mean = "2s""#,
    ]);
    let memory = select(vec!["15 MiB", "15 MiB", "130 MiB"]);
    let shared = (1..4_u32, 1..4_u32, memory, rules).prop_map(|(count, each, memory, rules)| {
        format!(
            "slots = {}, workers = {{ count = {count}, memory = \"{memory}\", {rules} }}",
            count * each
        )
    });
    prop_oneof![1 => (1..40_u32).prop_map(|slots| format!("slots = {slots}")), 1 => shared]
}

fn process() -> impl Strategy<Value = String> {
    let boot = one_of(&[
        r#""0s""#,
        r#""7s""#,
        r#"{ uniform = { from = "1s", to = "20s" } }"#,
        r#"{ exponential.mean = "5s" }"#,
    ]);
    let stop = one_of(&[r#""drop""#, r#"{ finish = "2s" }"#, r#"{ finish = "1min" }"#]);
    let abandoned = one_of(&[
        r#""served""#,
        r#""skipped""#,
        r#""stopped""#,
        r#""served", when_full = "dropped""#,
        r#""skipped", socket = "inherited""#,
        r#""stopped", socket = "inherited", when_full = "dropped""#,
    ]);
    let cold = select(vec!["0s", "15s", "0s\", holds_port = true, bind_retries = \"1s"]);
    let kept = select(vec!["0 B", "10 KiB", "200 KiB"]);
    let queued = select(vec!["0 B", "1 MiB"]);
    (slots(), 0..100_u32, boot, (stop, abandoned), cold, kept, queued).prop_map(
        |(slots, backlog, boot, (stop, abandoned), cold, kept, queued)| {
            format!(
                r#"
process = {{ {slots}, backlog = {backlog}, boot = {boot}, stop = {stop}, abandoned = {abandoned}, cold = "{cold}", cold_factor = 3, memory = {{ base.uniform = {{ from = "80 MiB", to = "120 MiB" }}, retained_at_start.uniform = {{ from = "0 B", to = "40 MiB" }}, retained_per_request = "{kept}", in_service = "2 MiB", queued = "{queued}" }} }}"#
            )
        },
    )
}

fn supervisor() -> impl Strategy<Value = String> {
    let rule = one_of(&[
        r#"{ above.requests_served.uniform = { from = 200, to = 900 }, every = "5s" }"#,
        r#"{ above.memory.uniform = { from = "130 MiB", to = "200 MiB" }, every = "3s", over = 2, samples = 3 }"#,
        r#"{ above.cpu_window = 0.7, every = "4s", over = 3, samples = 5 }"#,
        r#"{ above.cpu_life = 0.4, every = "10s" }"#,
        r#"{ above.in_flight = 6, every = "2s", over = 2, samples = 2 }"#,
        r#"{ above.backlog = 3, every = "2s" }"#,
        r#"{ above.age.uniform = { from = "40s", to = "150s" }, every = "5s" }"#,
    ]);
    let flapping = one_of(&["", "", "flapping = { times = 3, within = \"30s\" }, "]);
    let bluepill = (rule.clone(), rule, any::<bool>(), flapping).prop_map(|(one, other, daemonize, flapping)| {
        format!(
            "\nsupervisor.bluepill = {{ {flapping}daemonize = {daemonize}, rule = {{ one = {one}, other = {other} }} }}"
        )
    });
    let systemd = one_of(&[
        "\nsupervisor.systemd = {}",
        "\nsupervisor.systemd = { restart = \"no\", runtime_max = \"90s\" }",
        "\nsupervisor.systemd = { restart = \"always\", memory_max = \"180 MiB\" }",
        "\nsupervisor.systemd = { restart_sec = \"2s\", runtime_max = \"40s\", runtime_extra = \"20s\" }",
        "\nsupervisor.systemd = { restart = \"on_abnormal\", type = \"notify\", timeout_start = \"8s\", watchdog = \"5s\" }",
        "\nsupervisor.systemd = { memory_high = \"140 MiB\", watchdog = \"4s\", restart_steps = 3, restart_max_delay = \"5s\", start_limit_burst = 50 }",
    ]);
    let others = one_of(&[
        "\nsupervisor.supervisord = {}",
        "\nsupervisor.supervisord.woken = \"50%\"",
        "\nsupervisor.supervisord = { startretries = 1, autorestart = \"always\" }",
        "\nsupervisor = \"runit\"",
        "\nsupervisor.docker = { memory_max = \"180 MiB\" }",
        "\nsupervisor.docker.restart.at_most = 2",
        "\nsupervisor.kubernetes = { liveness = { timeout = \"200ms\", period = \"3s\" }, grace = \"4s\" }",
        "\nsupervisor.kubernetes = { memory_max = \"180 MiB\", backoff = \"2s\" }",
        "\nsupervisor.kubernetes.grace = \"9s\"",
        "\nsupervisor.kubernetes.liveness = {}",
        "\nsupervisor.monit = { cycle = \"3s\", start_timeout = \"8s\", gives_up = { restarts = 3, cycles = 12 }, rule.memory = { above.memory.uniform = { from = \"130 MiB\", to = \"200 MiB\" }, over = 2, samples = 2 } }",
        "\nsupervisor.systemd = { type = \"forking\", timeout_start = \"9s\", runtime_max = \"50s\" }",
    ]);
    prop_oneof![1 => one_of(&[""]), 4 => bluepill, 2 => systemd, 4 => others]
}

fn deploys() -> impl Strategy<Value = String> {
    let rolling = r#"{ rolling = { pause = "5s", patience = "40s" } }"#;
    let drained = r#"{ rolling = { pause = "2s", drain = "6s" } }"#;
    let batches = r#"{ rolling = { at_a_time = 2, stop_after = 2, min_ready = "4s", pause = "3s", patience = "30s" } }"#;
    let canary = r#"{ canary = { nodes.share = "40%", bake = "15s", patience = "20s", compare.requests = 20 } }"#;
    let canaries = r#"{ canary = { nodes.share = "30%", by = "files", bake = "30s", compare = { requests = 5, latency = 1 }, then.rolling = { pause = "3s", drain = "2s" } } }"#;
    let method = select(vec![
        r#""hot""#,
        r#""at_once""#,
        rolling,
        rolling,
        drained,
        batches,
        canary,
        canaries,
        r#""reload""#,
        r#"{ reload = { when_invalid = "exits", at_a_time = 1, pause = "3s", stop_after = 3 } }"#,
        r#"{ reload = { when_invalid = "hangs" } }"#,
    ]);
    let comparison = one_of(&["", r#", comparison = { finds = "50%", corrected = "two" }"#]);
    let release = select(vec!["two", "wrong"]);
    let fails_after = one_of(&[
        r#""0s""#,
        r#""100ms""#,
        r#""4s""#,
        r#""0s", when_invalid = "stays_in_foreground""#,
        r#""0s", when_invalid = "daemonizes""#,
        r#""0s", when_invalid = "no_pid_file""#,
        r#""0s", when_invalid = "hangs""#,
        r#""0s", when_invalid = { slow = 2.5 }"#,
    ]);
    let own = select(vec!["8", "8", "9"]);
    (method.clone(), method, comparison, release, (fails_after, own)).prop_map(
        |(one, other, comparison, release, (fails_after, own))| {
            format!(
                r#"
environment.provides.workers = "8"
environment.node.node-1.provides.workers = "{own}"
first_release = "one"
release.one.needs.workers = "8"
release.two = {{}}
release.wrong = {{ needs.workers = "9", fails_after = {fails_after} }}
deploy.first = {{ at = 2021-02-01T00:00:20Z, release = "{release}", method = {one}{comparison} }}
deploy.second = {{ at = 2021-02-01T00:02:30Z, release = "two", method = {other} }}"#
            )
        },
    )
}

fn people() -> impl Strategy<Value = String> {
    let alert = one_of(&[
        "",
        r#"
people.alert.success = { below = "80%", lasting = "20s" }"#,
        r#"
people.alert.nodes_lost = { count = 1, lasting = "5s" }"#,
    ]);
    let rejoin = select(vec!["each", "together"]);
    (alert, rejoin, 1..4_u32).prop_map(|(alert, rejoin, at_a_time)| {
        format!(
            r#"{alert}
people.notice.exponential.mean = "5s"
people.diagnose.uniform = {{ from = "1s", to = "20s" }}
people.fix.lognormal = {{ mean = "4s", sigma = 1 }}
people.at_a_time = {at_a_time}
people.rejoin = "{rejoin}"
people.fixed_release = "two""#
        )
    })
}

fn faults() -> impl Strategy<Value = String> {
    let first = one_of(&["crash_process = {}", "crash_process.nodes.count = 1"]);
    let second = one_of(&[
        "crash_node = { nodes = \"all\", back.after = \"25s\" }",
        "crash_node = { nodes.count = 1, back.after = \"90s\" }",
        "crash_node.nodes.count = 1",
    ]);
    let fault = |name: &str, at: u64, kind: String| {
        let at = format!("2021-02-01T00:{:02}:{:02}Z", at / 60, at % 60);
        format!("\nfault.{name} = {{ at = {at}, kind.{kind} }}")
    };
    let both = (10..200_u64, first, 10..200_u64, second)
        .prop_map(move |(at, one, then, other)| fault("a", at, one) + &fault("b", then, other));
    let lasting = one_of(&[
        "hang = { nodes.count = 1, lasting.after = \"20s\" }, again.every = \"50s\"",
        "hang.lasting = \"repair\"",
        "slow = { nodes.share = \"50%\", lasting.after.exponential.mean = \"30s\", speed = 0.3 }, again.random = \"40s\"",
        "leak = { nodes.count = 1, lasting = \"never\", per_second = \"2 MiB\" }",
        "link = { nodes.count = 1, lasting.after = \"40s\", drops = \"30%\", delay = \"30ms\" }",
        "lie = { nodes.count = 1, lasting.after = \"30s\", passes = false }",
        "lie = { lasting = \"repair\", passes = true }",
        "crash_node = { nodes.count = 1, back = \"repair\" }",
        "crash_process.nodes.share = \"40%\", again.random = \"60s\"",
    ]);
    let third = (10..200_u64, lasting).prop_map(|(at, kind)| {
        format!("\nfault.c = {{ at = 2021-02-01T00:{:02}:{:02}Z, kind.{kind} }}", at / 60, at % 60)
    });
    let one = prop_oneof![2 => Just(String::new()), 1 => both];
    (one, prop_oneof![1 => Just(String::new()), 2 => third]).prop_map(|(one, other)| one + &other)
}

fn protections() -> impl Strategy<Value = String> {
    let check = one_of(&[
        "",
        "\nprotections.check.before_stop.finds.exits = \"70%\"",
        "\nprotections.check.before_stop = { deploys = false }",
        "\nprotections.check.before_stop = { finds = { hangs = \"60%\" }, rules = false }",
    ]);
    let more = one_of(&[
        "",
        "",
        "\nprotections.check.build = { provides.workers = \"8\" }",
        "\nprotections.check.after_stop = { takes = \"2s\", finds = { exits = \"80%\", slow = \"50%\", daemonizes = \"100%\" } }",
        "\nprotections.check.before_reload.finds = { exits = \"50%\", hangs = \"50%\" }",
    ]);
    let budget = one_of(&["", "\nprotections.restart_budget.nodes = 1"]);
    let shed = one_of(&["", "\nprotections.shed_above = 8"]);
    (check, more, budget, shed)
        .prop_map(|(check, more, budget, shed)| check + &more + &budget + &shed)
}

fn maintenance() -> impl Strategy<Value = String> {
    one_of(&[
        "",
        "",
        "\nmaintenance.patches = { at = 2021-02-01T00:00:50Z, away.uniform = { from = \"0s\", to = \"20s\" } }",
        "\nmaintenance.patches = { at = 2021-02-01T00:01:10Z, nodes.share = \"60%\", away = \"5s\", retry = \"2s\" }\nprotections.disruption_budget.max_unavailable = { count = 1 }",
        "\nmaintenance.patches = { at = 2021-02-01T00:00:10Z, away = \"3s\" }\nprotections.disruption_budget.min_available = \"50%\"",
    ])
}

/// A rollout of pods, for a fleet that has some.
fn pods() -> impl Strategy<Value = String> {
    let release = select(vec!["two", "wrong"]);
    let limits = one_of(&[
        "\"kubernetes\"",
        "{ kubernetes = { max_surge = { count = 2 }, max_unavailable = \"0%\", min_ready = \"3s\", progress_deadline = \"20s\" } }",
        "{ kubernetes = { max_surge = \"0%\", max_unavailable = { count = 1 }, progress_deadline = \"30s\" } }",
        "{ kubernetes = { max_surge = \"60%\", max_unavailable = \"60%\" } }",
    ]);
    (release, limits, 30..130_u64).prop_map(|(release, limits, at)| {
        format!(
            "\ndeploy.third = {{ at = 2021-02-01T00:{:02}:{:02}Z, release = \"{release}\", method = {limits} }}",
            at / 60,
            at % 60
        )
    })
}

/// A scenario in which much can happen at once.
pub(crate) fn scenarios() -> impl Strategy<Value = String> {
    let traffic = (load(), classes(), clients(), balancer());
    let fleet = (nodes(), process(), supervisor(), deploys());
    let others = (people(), protections(), faults(), maintenance(), pods());
    (traffic, fleet, others).prop_map(|(traffic, fleet, others)| {
        let has_pods = fleet.2.contains("kubernetes") && traffic.3.contains("active");
        [traffic.0, traffic.1, traffic.2, traffic.3, fleet.0, fleet.1, fleet.2, fleet.3].concat()
            + &others.0
            + &others.1
            + &others.2
            + &others.3
            + if has_pods { &others.4 } else { "" }
    })
}

/// The digest of a run to its end.
fn digest(scenario: &Arc<Scenario>, seed: u64) -> Digest {
    let mut digest = Digest::default();
    Simulation::new(Arc::clone(scenario), Seed(seed)).run(&mut digest);
    digest
}

fn digests(results: &[Results]) -> Vec<Digest> {
    results.iter().map(|results| results.digest).collect()
}

pub(crate) fn config() -> ProptestConfig {
    let file = FileFailurePersistence::Direct("proptest-regressions/it/properties.txt");
    ProptestConfig { cases: 32, failure_persistence: Some(Box::new(file)), ..Default::default() }
}

/// The scenario of a text, with the text in the message if it is refused.
fn load_text(text: &str) -> Arc<Scenario> {
    support::scenario(MINUTES, text)
}

proptest! {
    #![proptest_config(config())]

    /// The simulator's own invariants are checked at the horizon, so the run is also stopped on its
    /// way, where it is in the middle of things, for them to be checked there.
    #[test]
    fn accounts_balance_and_invariants_hold_at_any_time(
        text in scenarios(), seed in 0..1_000_u64, stops in prop::collection::vec(0..LENGTH, 6),
    ) {
        let scenario = load_text(&text);
        let most = Most::of(&scenario);
        let mut accounts = Accounts::new(&scenario);
        for (now, seen) in support::log(&scenario, seed) {
            accounts.add(now, &seen, most);
        }
        prop_assert!(accounts.issued > 0);
        let mut stops = stops;
        stops.sort_unstable();
        let mut running = Simulation::new(Arc::clone(&scenario), Seed(seed));
        for stop in stops {
            let stop = Instant::from_nanos(stop);
            running.run_until(stop, &mut ());
            let mut cut = running.fork(until(&scenario, stop)).expect("only the horizon differs");
            cut.run(&mut ());
        }
        running.run(&mut ());
    }

    #[test]
    fn a_seed_decides_everything(text in scenarios(), seed in 0..1_000_u64) {
        let scenario = load_text(&text);
        let once = digest(&scenario, seed);
        prop_assert_eq!(once, digest(&scenario, seed));
        prop_assert_ne!(once, digest(&scenario, seed + 1));
        // Every nanosecond of downtime and every failed request has its phase.
        let kept = Replication::new(&scenario, Seed(seed), false).finish();
        let outages = kept.outages.iter().map(|outage| outage.end.since(outage.start));
        let by_phase = kept.phases.downtime.into_iter().fold(Duration::ZERO, |a, b| a + b);
        prop_assert_eq!(by_phase, outages.fold(Duration::ZERO, |a, b| a + b));
        let failed: u64 = kept.phases.failed.iter().sum();
        prop_assert_eq!(failed, kept.measure(Measure::RequestsFailed) as u64);
        // Whoever watches changes nothing, however much of it is kept.
        for detailed in [false, true] {
            let results = Replication::new(&scenario, Seed(seed), detailed).finish();
            prop_assert_eq!(once, results.digest);
        }
    }

    #[test]
    fn a_snapshot_continues_as_the_original(
        text in scenarios(), seed in 0..1_000_u64, cut in 0..LENGTH, other_cut in 0..LENGTH,
    ) {
        let scenario = load_text(&text);
        let straight = Replication::new(&scenario, Seed(seed), true).finish();
        let mut original = Replication::new(&scenario, Seed(seed), true);
        original.run_until(Instant::from_nanos(cut));
        let mut snapshot = original.clone();
        let fork = original.fork(&scenario).expect("it is the same scenario");
        // Stopping once more changes nothing either.
        snapshot.run_until(Instant::from_nanos(cut.max(other_cut)));
        for (what, run) in [("original", original), ("snapshot", snapshot), ("fork", fork)] {
            let results = run.finish();
            prop_assert_eq!(straight.digest, results.digest, "{} differs", what);
            let bits = |results: &Results| -> Vec<u64> {
                results.measures.iter().map(|value| value.to_bits()).collect()
            };
            prop_assert_eq!(bits(&straight), bits(&results), "{} is measured differently", what);
            prop_assert_eq!(&straight.milestones, &results.milestones, "{}", what);
        }
    }

    /// What lies in the future only can be changed by a fork as well as by a run of its own.
    #[test]
    fn a_fork_with_a_later_surge_is_a_run_with_that_surge(
        text in scenarios(), seed in 0..1_000_u64, rate in 10..200_u32, cut in 0..120_u64,
        later in 1..90_u64, before in 0..50_u32,
    ) {
        let without = with_surge(&text, before, 200, 20);
        let with = with_surge(&text, rate, cut + later, 20);
        let (own, fork) = own_and_forked(&without, &with, seed, cut);
        prop_assert_eq!(own, fork);
    }

    /// So can the rest of a surge that has begun.
    #[test]
    fn a_fork_with_a_longer_surge_is_a_run_with_that_surge(
        text in scenarios(), seed in 0..1_000_u64, rate in 10..200_u32, onset in 0..120_u64,
        passed in 1..RAMP, plateaus in (0..60_u64, 0..60_u64),
    ) {
        let short = with_surge(&text, rate, onset, plateaus.0);
        let long = with_surge(&text, rate, onset, plateaus.1);
        let (own, fork) = own_and_forked(&short, &long, seed, onset + passed);
        prop_assert_eq!(own, fork);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..config() })]

    /// Loading checks that what is printed is read back as the same; a key that is printed wrong shows
    /// here, where all keys that a scenario can have meet.
    #[test]
    fn every_scenario_is_printed_as_it_was_meant(text in scenarios()) {
        load_text(&text);
    }
}

/// How long the surges below rise, in seconds.
const RAMP: u64 = 20;

/// A random scenario with a surge that begins, and stays, so many seconds.
fn with_surge(text: &str, rate: u32, onset: u64, plateau: u64) -> Arc<Scenario> {
    let start: jiff::Timestamp = "2021-02-01T00:00:00Z".parse().expect("it is a time");
    let onset = start + jiff::SignedDuration::from_secs(onset as i64);
    let surge = format!(
        "load.surge.late = {{ onset = {onset}, ramp = \"{RAMP}s\", rate = \"{rate}/s\", \
         plateau = \"{plateau}s\", decay = \"5s\", class = \"page\" }}"
    );
    load_text(&format!("{text}\n{surge}"))
}

/// The digests of a run of `new`, and of one of `old` that goes on as `new` after `cut` seconds.
fn own_and_forked(
    old: &Arc<Scenario>,
    new: &Arc<Scenario>,
    seed: u64,
    cut: u64,
) -> (Digest, Digest) {
    let mut run = Replication::new(old, Seed(seed), false);
    run.run_until(Instant::START + Duration::from_secs(cut));
    let fork = run.fork(new).expect("the surge alone differs").finish();
    (Replication::new(new, Seed(seed), false).finish().digest, fork.digest)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..config() })]

    #[test]
    fn threads_change_nothing(text in scenarios()) {
        let scenario = load_text(&text);
        let one = support::results(&scenario, 6, 1);
        let two = support::results(&scenario, 6, 2);
        prop_assert_eq!(digests(&one), digests(&two));
        let by_seed: Vec<Digest> = (1..=6).map(|seed| digest(&scenario, seed)).collect();
        prop_assert_eq!(digests(&one), by_seed);
    }
}

/// What happened, without what differs from case to case.
fn name_of(seen: &Observation) -> String {
    match seen {
        Observation::AttemptFailed { how } => format!("attempt {}", how.name()),
        Observation::RestartRefused { why, .. } => format!("refused by {why:?}"),
        Observation::NodeLost { why, .. } => format!("lost by {why:?}"),
        Observation::Alerted { alert } => format!("alert {alert:?}"),
        Observation::Thrashing { on, .. } => format!("thrashing {on}"),
        Observation::WorkerEnded { why, killed, .. } => {
            format!("worker {}, {why:?}", if *killed { "killed" } else { "left" })
        }
        Observation::WorkerFailed { last, .. } => format!("worker failed, last {last}"),
        Observation::RestartBegun { cause: Cause::Watchdog, .. } => "watchdog".to_string(),
        other => {
            let name = format!("{other:?}");
            name.split([' ', '{']).next().unwrap_or_default().to_string()
        }
    }
}

/// The random scenarios are rich enough: over a few of them everything happens.
#[test]
fn everything_happens_in_the_random_scenarios() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut names: Vec<String> = Vec::new();
    for _ in 0..250 {
        let text = scenarios().new_tree(&mut runner).expect("nothing is filtered").current();
        for (_, seen) in support::log(&load_text(&text), 1) {
            let name = name_of(&seen);
            if let Err(at) = names.binary_search(&name) {
                names.insert(at, name);
            }
        }
    }
    expect_test::expect![[r#"
        AttemptAccepted
        CanaryJudged
        Crashed
        Deployed
        Detected
        Diagnosed
        Ejected
        Ended
        Evicted
        FixFinished
        FixStarted
        FleetDown
        FleetServing
        HandedOn
        NodeAdded
        NodeBack
        NodeFixed
        NodeMarked
        NodeRemoved
        NodeSampled
        NothingToFix
        OutOfMemory
        ProcessEnded
        ProcessServing
        ProcessStarting
        ReleaseRefused
        Reloaded
        RequestIssued
        RequestSettled
        RestartBegun
        RetryDenied
        RolloutDone
        RolloutStalled
        RolloutStopped
        StartFailed
        Struck
        SupervisorGaveUp
        WorkWasted
        WorkerServing
        alert NodesLost
        alert RestartRefused
        alert RolloutStopped
        alert Success
        attempt dropped
        attempt no_answer
        attempt no_node
        attempt refused
        attempt reset
        attempt shed
        attempt timed_out
        lost by Crash
        lost by Exit
        lost by FailedRestart
        lost by HealthCheck
        refused by Budget
        refused by ConfigCheck
        thrashing false
        thrashing true
        watchdog
        worker failed, last false
        worker failed, last true
        worker killed, Largest
        worker killed, OutOfMemory
        worker killed, Timeout
        worker left, Largest
        worker left, Memory
        worker left, Reload
        worker left, Requests
        worker left, Turn"#]]
    .assert_eq(&names.join("\n"));
}
