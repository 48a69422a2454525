//! Checks of a configuration: what each place can find, and what it is worth there.
//!
//! A fleet of one node gets a release that does not fit. A row is a kind of fault; it says whether
//! the deploy came to an end, how often the process was started, and what share of the ten minutes
//! after it somebody served.

use crate::support;
use expect_test::{Expect, expect};
use fleetfall::sim::observation::Observation;
use std::fmt::Write;

/// The deploy, in seconds from the start.
const DEPLOY: f64 = 30.0;
/// How long it is looked at afterwards.
const AFTER: f64 = 600.0;

const KINDS: [(&str, &str); 6] = [
    ("exits", r#"fails_after = "5s""#),
    ("stays in foreground", r#"when_invalid = "stays_in_foreground""#),
    ("daemonizes", r#"when_invalid = "daemonizes""#),
    ("no pid file", r#"when_invalid = "no_pid_file""#),
    ("hangs", r#"when_invalid = "hangs""#),
    ("slow", r#"when_invalid = { slow = 3 }"#),
];

/// What becomes of a fleet of one node whose hosts are as `more` says.
fn verdict(more: &str, wrong: &str) -> String {
    let text = format!(
        r#"
load.constant.all.rate = "0.01/s"
class.web.stages = [{{ wait = "10ms" }}]
process = {{ slots = 4, boot = "0s" }}
people.alert = {{ rollout_stopped = false, restart_refused = false }}
first_release = "old"
release.old = {{}}
release.new = {{ needs.workers = "9", {wrong} }}
deploy.new = {{ at = 2021-02-01T00:00:30Z, release = "new", {more}
"#
    );
    let seen = support::log(&support::scenario(11, &text), 1);
    let (mut starts, mut serving, mut since, mut served) = (0, true, 0.0, 0.0);
    let mut ended = Vec::new();
    for (now, seen) in seen.iter().map(|(now, seen)| (now.as_secs_f64() - DEPLOY, seen)) {
        if !(0.0..AFTER).contains(&now) {
            continue;
        }
        match seen {
            Observation::ProcessStarting { .. } => starts += 1,
            Observation::FleetServing => (serving, since) = (true, now),
            Observation::FleetDown => {
                served += now - since;
                serving = false;
            }
            Observation::ReleaseRefused { .. } => ended.push("stopped at the build"),
            Observation::RolloutStopped { .. } => ended.push("stopped"),
            Observation::RolloutDone { .. } => ended.push("done"),
            Observation::RestartRefused { .. } => ended.push("refused"),
            Observation::Reloaded { .. } => ended.push("told"),
            Observation::SupervisorGaveUp { .. } => ended.push("given up"),
            _ => {}
        }
    }
    served += if serving { AFTER - since } else { 0.0 };
    let mut text = if ended.is_empty() { "nothing".to_string() } else { ended.join(", ") };
    write!(text, "; {starts} starts; serves {:.0} %", 100.0 * served / AFTER)
        .expect("a string takes it");
    text
}

#[track_caller]
fn check(more: &str, expected: Expect) {
    let row = |(name, wrong): (&str, &str)| format!("{name}: {}\n", verdict(more, wrong));
    expected.assert_eq(&KINDS.map(row).concat());
}

/// What all the tables below are compared with: a deploy by restart under systemd, and nothing
/// checks. What exits is started every 5.1 s for ever, 600 / 5.1 = 118 times. What detaches itself
/// ends without an error, and systemd does not start that again.
#[test]
fn without_a_check_the_restart_finds_out() {
    check(
        r#"method.rolling = {} }
supervisor = "systemd""#,
        expect![[r#"
            exits: stopped; 118 starts; serves 0 %
            stays in foreground: done; 1 starts; serves 100 %
            daemonizes: stopped; 1 starts; serves 0 %
            no pid file: done; 1 starts; serves 100 %
            hangs: stopped; 1 starts; serves 0 %
            slow: done; 1 starts; serves 100 %
        "#]],
    );
}

/// The machine that builds lacks what the hosts lack, so the check sees what a start would do, as far
/// as it looks: what exits. The others come to the nodes as above.
#[test]
fn a_build_machine_like_the_hosts_stops_what_exits() {
    check(
        r#"method.rolling = {} }
supervisor = "systemd"
protections.check.build = {}"#,
        expect![[r#"
            exits: stopped at the build; 0 starts; serves 100 %
            stays in foreground: done; 1 starts; serves 100 %
            daemonizes: stopped; 1 starts; serves 0 %
            no pid file: done; 1 starts; serves 100 %
            hangs: stopped; 1 starts; serves 0 %
            slow: done; 1 starts; serves 100 %
        "#]],
    );
}

/// The machine that builds has what the release needs, and the hosts do not: the check passes, and
/// all is as without one. This is how the environments drift apart.
#[test]
fn a_build_machine_with_another_environment_misses_everything() {
    let all = r#"{ exits = "100%", stays_in_foreground = "100%", daemonizes = "100%", no_pid_file = "100%", hangs = "100%", slow = "100%" }"#;
    for (name, wrong) in KINDS {
        let plain = "method.rolling = {} }\nsupervisor = \"systemd\"";
        let checked = format!(
            "{plain}\nprotections.check.build = {{ provides.workers = \"9\", finds = {all} }}"
        );
        assert_eq!(verdict(&checked, wrong), verdict(plain, wrong), "{name}");
    }
}

/// The hosts have what the release needs, and the machine that builds does not: the check stops a
/// release that would have worked. Without it the rollout comes to its end.
#[test]
fn a_build_machine_may_stop_what_would_work() {
    let valid = r#"method.rolling = {} }
supervisor = "systemd"
environment.provides.workers = "9""#;
    assert_eq!(verdict(valid, ""), "done; 1 starts; serves 100 %");
    let checked = format!("{valid}\nprotections.check.build = {{}}");
    assert_eq!(verdict(&checked, ""), "stopped at the build; 0 starts; serves 100 %");
}

/// Before the stop it protects against what it finds: no restart, and the process serves on.
#[test]
fn before_the_stop_it_protects() {
    check(
        r#"method.rolling = {} }
supervisor = "systemd"
protections.check.before_stop.finds.hangs = "100%""#,
        expect![[r#"
            exits: refused, stopped; 0 starts; serves 100 %
            stays in foreground: done; 1 starts; serves 100 %
            daemonizes: stopped; 1 starts; serves 0 %
            no pid file: done; 1 starts; serves 100 %
            hangs: refused, stopped; 0 starts; serves 100 %
            slow: done; 1 starts; serves 100 %
        "#]],
    );
}

/// Between the stop and the start it protects nothing: the old process is gone. systemd sees the
/// check fail, and with 2 s of it (600 / 2.1 = 286 starts, of which no five fit into 10 s) goes on
/// for ever; with a check that takes no time it gives up after the deploy's start and five of its
/// own. bluepill writes the failure to its log.
#[test]
fn after_the_stop_it_protects_nothing() {
    check(
        r#"method.rolling = {} }
supervisor = "systemd"
protections.check.after_stop = { takes = "2s", finds.daemonizes = "100%" }"#,
        expect![[r#"
            exits: stopped; 286 starts; serves 0 %
            stays in foreground: done; 1 starts; serves 100 %
            daemonizes: stopped; 286 starts; serves 0 %
            no pid file: done; 1 starts; serves 100 %
            hangs: stopped; 1 starts; serves 0 %
            slow: done; 1 starts; serves 100 %
        "#]],
    );
    check(
        r#"method.rolling = {} }
supervisor = "systemd"
protections.check.after_stop = { takes = "0s", finds = { hangs = "100%", slow = "100%" } }"#,
        expect![[r#"
            exits: stopped, given up; 6 starts; serves 0 %
            stays in foreground: done; 1 starts; serves 100 %
            daemonizes: stopped; 1 starts; serves 0 %
            no pid file: done; 1 starts; serves 100 %
            hangs: stopped, given up; 6 starts; serves 0 %
            slow: stopped, given up; 6 starts; serves 0 %
        "#]],
    );
    check(
        r#"method.rolling = {} }
supervisor = "bluepill"
protections.check.after_stop = { takes = "2s", finds = { hangs = "100%", slow = "100%" } }"#,
        expect![[r#"
            exits: stopped; 67 starts; serves 0 %
            stays in foreground: done; 71 starts; serves 100 %
            daemonizes: done; 1 starts; serves 100 %
            no pid file: done; 71 starts; serves 100 %
            hangs: stopped; 1 starts; serves 0 %
            slow: done; 1 starts; serves 100 %
        "#]],
    );
}

/// A reload without a check: what it does depends on the product; what is about starts alone does
/// no harm.
#[test]
fn a_reload_meets_it_by_product() {
    for (invalid, expected) in [
        (
            "keeps",
            expect![[r#"
            exits: told, done; 0 starts; serves 100 %
            stays in foreground: told, done; 0 starts; serves 100 %
            daemonizes: told, done; 0 starts; serves 100 %
            no pid file: told, done; 0 starts; serves 100 %
            hangs: told, done; 0 starts; serves 100 %
            slow: told, done; 0 starts; serves 100 %
        "#]],
        ),
        (
            "exits",
            expect![[r#"
            exits: told, stopped; 118 starts; serves 0 %
            stays in foreground: told, done; 0 starts; serves 100 %
            daemonizes: told, done; 0 starts; serves 100 %
            no pid file: told, done; 0 starts; serves 100 %
            hangs: told, stopped; 1 starts; serves 0 %
            slow: told, done; 0 starts; serves 100 %
        "#]],
        ),
        (
            "hangs",
            expect![[r#"
            exits: told, stopped; 0 starts; serves 0 %
            stays in foreground: told, done; 0 starts; serves 100 %
            daemonizes: told, done; 0 starts; serves 100 %
            no pid file: told, done; 0 starts; serves 100 %
            hangs: told, stopped; 0 starts; serves 0 %
            slow: told, done; 0 starts; serves 100 %
        "#]],
        ),
    ] {
        check(
            &format!("method.reload.when_invalid = \"{invalid}\" }}\nsupervisor = \"systemd\""),
            expected,
        );
    }
}

/// Before the reload it protects the process from what it finds.
#[test]
fn before_a_reload_it_protects() {
    check(
        r#"method.reload.when_invalid = "exits" }
supervisor = "systemd"
protections.check.before_reload = {}"#,
        expect![[r#"
            exits: refused, stopped; 0 starts; serves 100 %
            stays in foreground: told, done; 0 starts; serves 100 %
            daemonizes: told, done; 0 starts; serves 100 %
            no pid file: told, done; 0 starts; serves 100 %
            hangs: told, stopped; 1 starts; serves 0 %
            slow: told, done; 0 starts; serves 100 %
        "#]],
    );
}

/// Whether a check protects a restart says nothing of a reload, and the other way round.
#[test]
fn a_check_at_another_place_changes_nothing() {
    let reload = "method.reload.when_invalid = \"exits\" }\nsupervisor = \"systemd\"";
    let rolling = "method.rolling = {} }\nsupervisor = \"systemd\"";
    for (name, wrong) in KINDS {
        let stop = format!("{reload}\nprotections.check.before_stop = {{}}");
        assert_eq!(verdict(&stop, wrong), verdict(reload, wrong), "{name}");
        let before = format!("{rolling}\nprotections.check.before_reload = {{}}");
        assert_eq!(verdict(&before, wrong), verdict(rolling, wrong), "{name}");
        let rules = format!("{rolling}\nprotections.check.before_stop.deploys = false");
        assert_eq!(verdict(&rules, wrong), verdict(rolling, wrong), "{name}");
    }
}

/// A check before a stop that finds half of what hangs, at the restarts of a rule: of 40 first
/// restarts under other seeds about half are refused. 8 to 32 of 40 lie within four standard
/// deviations (sqrt(40 / 4) = 3.2) of 20.
#[test]
fn a_check_finds_with_its_probability() {
    let text = r#"
load.constant.all.rate = "0.01/s"
class.web.stages = [{ wait = "10ms" }]
process.slots = 4
supervisor.bluepill.rule.old = { above.age = "60s", every = "1s" }
first_release = "old"
release.old = {}
release.new = { needs.workers = "9", when_invalid = "hangs" }
deploy.new = { at = 2021-02-01T00:00:30Z, release = "new" }
protections.check.before_stop.finds = { exits = "0%", hangs = "50%" }
"#;
    let scenario = support::scenario(2, text);
    let refused = (1..=40).filter(|&seed| {
        let seen = support::log(&scenario, seed);
        let first = seen.iter().find(|(_, seen)| {
            matches!(seen, Observation::RestartBegun { .. } | Observation::RestartRefused { .. })
        });
        matches!(first, Some((_, Observation::RestartRefused { .. })))
    });
    let refused = refused.count();
    assert!((8..=32).contains(&refused), "{refused}");
}
