//! Cases of the swarm that have failed once, as small as they are.

use super::checks;
use super::grammar::PLAIN;
use crate::properties::MINUTES;
use crate::support;

/// The plainest scenario with some lines more.
fn check(nodes: u32, lines: &str) {
    check_with(nodes, lines, &[]);
}

/// The same, and variants of it.
fn check_with(nodes: u32, lines: &str, variants: &[&str]) {
    let variants: Vec<String> = variants.iter().map(ToString::to_string).collect();
    let text = PLAIN.replace("nodes.count = 3", &format!("nodes.count = {nodes}"));
    let study = support::study(MINUTES, &format!("{text}\n{lines}"));
    let _ =
        checks::check(&study.unwrap_or_else(|problems| panic!("{problems}")), &variants, 1, 0.5);
}

/// The sentence about how long the fleet took to go counted from a loss that came after it was gone.
#[test]
fn a_fleet_that_was_gone_before_anything_broke() {
    check(
        1,
        r#"maintenance.patches = { at = 2021-02-01T00:00:50Z, away = "50s" }
fault.kill = { at = 2021-02-01T00:02:00Z, kind.crash_process = {} }"#,
    );
}

/// A user who is refused at once and does not think made requests for ever, at one moment.
#[test]
fn a_user_who_does_not_think_is_refused() {
    check(
        3,
        r#"load.users.eager = { count = 2, think = "0s", class = "page" }
fault.kill = { at = 2021-02-01T00:03:50Z, kind.crash_process = {} }"#,
    );
}

/// What an objective of 100 % grants was divided by.
#[test]
fn an_objective_that_grants_nothing() {
    check(
        3,
        r#"slo.availability = "100%"
fault.kill = { at = 2021-02-01T00:01:00Z, kind.crash_process = {} }"#,
    );
}

/// Along a course without end, in which nothing comes any more, the next arrival was looked for in
/// one cell after the other, for ever.
#[test]
fn load_that_is_frozen_at_nothing_in_adaptive_resolution() {
    check(
        3,
        r#"clock.resolution = "adaptive"
clock.window = "500ms"
load.freeze = "first_restart"
load.surge.rush = { onset = 2021-02-01T00:00:10Z, ramp = "5s", rate = "9/s", plateau = "20s", decay = "5s", class = "page" }
load.profile.jobs = { points = [{ at = 2021-02-01T00:00:00Z, rate = "5/s" }, { at = 2021-02-01T00:00:40Z, rate = "0/s" }, { at = 2021-02-01T00:03:00Z, rate = "0/s" }], class = "page" }
fault.kill = { at = 2021-02-01T00:01:00Z, kind.crash_process = {} }"#,
    );
}

/// Of a variant whose load is another one from the start, the first cell of arrivals was drawn under
/// the load of the scenario itself. And where the mean request is another one, as it is of all
/// classes where there is no load, what may be passed over was decided by that of the scenario.
#[test]
fn a_variant_with_other_load_from_the_start_in_adaptive_resolution() {
    check_with(
        3,
        r#"clock.resolution = "adaptive"
clock.window = "500ms""#,
        &["load.constant.steady.rate=\"0/s\"", "load.constant.steady.rate=\"31/s\""],
    );
}

/// A worker that the kernel killed had a probe in hand; its failure ended the process, which took
/// the memory of the worker's other requests once more.
#[test]
fn a_probe_in_a_worker_that_is_killed() {
    const TEXT: &str = r#"
load.freeze = "never"
load.constant.steady = { rate = "26/s", class = "page" }
load.constant.other = { rate = "28/s", class = "slow" }
load.surge.rush = { onset = 2021-02-01T00:00:00Z, ramp = "20s", rate = "0/s", plateau = "30s", decay = "20s", class = "page" }
load.recorded.rates = { file = "rates.csv", between = "lines", factor = 0.7, class = "page" }
class.page.stages = [{ cpu.lognormal = { mean = "12ms", sigma = 0 } }, { wait = "20ms" }]
class.slow.stages = [{ wait = "50ms" }]
clients.patience = { exponential.mean = "500ms" }
clients.retry = { attempts = 1, base = "0s", jitter = "0%" }
clients.reload = { share = "60%", pause = "1s", at_most = 3 }
balancer = { instances = 1, policy = "round_robin", redispatch = 0, none_up = "fail", lost_share = "moved", health = { active = { fast_interval = "100ms", observe.layer4 = { limit = 3, on_error = "sudden_death" }, path = "separate", on_marked_down = "shutdown_sessions" } } }
nodes = { count = 1, cores = 1, memory = "256 MiB", swap = "0 B", add = [] }
process = { slots = 2, workers = { count = 1, memory = "15 MiB", max_requests = { count = 40, jitter = 20 } }, backlog = 1, boot = "7s", stop = "drop", abandoned = "skipped", cold = "0s", cold_factor = 3, memory = { base.uniform = { from = "80 MiB", to = "120 MiB" }, retained_at_start.uniform = { from = "0 B", to = "40 MiB" }, retained_per_request = "0 B", in_service = "2 MiB", queued = "0 B" } }
supervisor.kubernetes.liveness = {}
environment.provides.workers = "8"
environment.node.node-1.provides.workers = "8"
first_release = "one"
release.one.needs.workers = "8"
release.two = {}
release.wrong = { needs.workers = "9", fails_after = "0s" }
deploy.first = { at = 2021-02-01T00:00:20Z, release = "two", method = "hot" }
deploy.second = { at = 2021-02-01T00:02:30Z, release = "two", method = "hot" }
people.notice.exponential.mean = "5s"
people.diagnose.uniform = { from = "1s", to = "20s" }
people.fix.lognormal = { mean = "4s", sigma = 1 }
people.at_a_time = 1
people.rejoin = "each"
people.fixed_release = "two"
maintenance.patches = { at = 2021-02-01T00:01:10Z, nodes.share = "60%", away = "5s", retry = "2s" }
protections.disruption_budget.max_unavailable = { count = 1 }
deploy.third = { at = 2021-02-01T00:00:49Z, release = "two", method = "kubernetes" }
load.scale = 0.05
class.page.in_service = "160 MiB"
"#;
    let study = support::study(MINUTES, TEXT).unwrap_or_else(|problems| panic!("{problems}"));
    for seed in 0..8 {
        checks::check(&study, &[], seed, 0.5);
    }
}

/// The plainest scenario with some lines more, and values in place of its own.
fn check_set(lines: &str, values: &[&str]) {
    let study = support::study_with(MINUTES, &format!("{PLAIN}\n{lines}"), values);
    checks::check(&study.unwrap_or_else(|problems| panic!("{problems}")), &[], 1, 0.5);
}

/// A deploy of a release that is wrong, under a supervisor that starts at once again what ends at
/// once, which stopped the clock.
fn check_restless(release: &str, values: &[&str]) {
    let lines = format!(
        r#"supervisor.kubernetes.backoff = "0s"
release.bad = {{ needs.workers = "9", {release} }}
deploy.bad = {{ at = 2021-02-01T00:00:20Z, release = "bad", method = "at_once" }}"#
    );
    check_set(&lines, values);
}

#[test]
fn a_start_that_fails_at_once() {
    check_restless(r#"fails_after = "0s""#, &[]);
}

#[test]
fn a_launcher_that_is_gone_at_once() {
    check_restless(r#"when_invalid = "daemonizes""#, &[r#"process.socket="inherited""#]);
}

#[test]
fn a_start_that_is_checked_at_once() {
    let check = r#"protections.check.after_stop={ takes = "0s", finds.exits = "100%" }"#;
    check_restless(r#"fails_after = "5s""#, &[check]);
}

#[test]
fn a_process_that_is_killed_as_soon_as_it_has_booted() {
    let killed = [r#"process.boot="0s""#, r#"process.memory.base="9 GiB""#];
    check_restless(r#"when_invalid.slow = 2.0"#, &killed);
}

/// bluepill starts one process after the other beside those that it does not know, on one socket. When
/// the workers of one cannot load what is on the disk, the others serve on: the node is not lost.
#[test]
fn a_process_that_hangs_beside_others_on_its_socket() {
    check_set(
        r#"supervisor.bluepill = {}
release.unseen = { needs.workers = "9", when_invalid = "no_pid_file" }
deploy.unseen = { at = 2021-02-01T00:00:20Z, release = "unseen", method = "at_once" }
release.bad = { needs.workers = "9" }
deploy.bad = { at = 2021-02-01T00:01:00Z, release = "bad", method = "hot" }"#,
        &[
            r#"process.socket="inherited""#,
            r#"process.workers={ count = 1, max_requests.count = 30, boot = "1s" }"#,
        ],
    );
}

/// A copy that waits for the port serves when the process that had it is killed. The start that fails
/// beside it later was told as a restart of the one that was killed, and held a token of the budget.
#[test]
fn a_copy_that_serves_where_another_was_killed() {
    check_set(
        r#"supervisor.bluepill = { daemonize = false }
release.unseen = { needs.workers = "9", when_invalid = "stays_in_foreground" }
deploy.unseen = { at = 2021-02-01T00:00:20Z, release = "unseen", method = "at_once" }
nodes.memory = "256 MiB"
protections.restart_budget.nodes = 1"#,
        &[
            r#"process.memory={ base = "60 MiB", retained_per_request = "1 MiB" }"#,
            r#"process.bind_retries="3s""#,
        ],
    );
}
