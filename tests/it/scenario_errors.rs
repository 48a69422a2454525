//! What a person is told about a scenario with mistakes.

use crate::support::NOTHING;
use expect_test::{Expect, expect};
use fleetfall::scenario::Study;

/// The problems of a scenario under patches and assignments, a line each.
#[track_caller]
fn check(text: &str, with: &[&str], sets: &[&str], expected: Expect) {
    let problems = Study::load("pinpoint.toml", text, with, sets).expect_err("it has mistakes");
    expected.assert_eq(&problems.lines());
}

const RIGHT: &str = r#"schema = 1
name = "right"
title = "Nothing is wrong with it"

[clock]
start = 2021-02-01T00:00:00Z
end = 2021-02-01T01:00:00Z

[load.constant.all]
rate = "10/s"

[class.web]
stages = [{ cpu = "20ms" }]

[process]
slots = 8

[release.one]

[mitigation.more-nodes]
about = "Twice the nodes."
patch.nodes.count = 2
"#;

#[test]
fn a_right_scenario_has_no_problems() {
    assert!(Study::load("pinpoint.toml", RIGHT, NOTHING, NOTHING).is_ok());
    assert!(Study::load("pinpoint.toml", RIGHT, &["more-nodes"], &["nodes.cores=4"]).is_ok());
}

#[test]
fn a_variant_that_does_not_exist_tells_which_do() {
    let study = Study::load("pinpoint.toml", RIGHT, NOTHING, NOTHING).expect("nothing is wrong");
    assert!(study.variant("more-nodes").is_ok());
    let problems = |name: &str| study.variant(name).expect_err("there is none").lines();
    expect![[r#"
        there is no mitigation or counterfactual `surge-later`; known: `more-nodes`
        there is no mitigation or counterfactual `more_nodes`; did you mean `more-nodes`?
    "#]]
    .assert_eq(&(problems("surge-later") + &problems("more_nodes")));
}

/// Of the shape: keys, types and units. All of them at once.
#[test]
fn ten_mistakes_of_shape_are_told_at_once() {
    let wrong = r#"schema = 2
name = "wrong"
title = 7

[clock]
start = 2021-02-01T00:00:00Z
end = 2021-02-01T01:00:00Z
zone = "Europe/Londno"

[load.constant.all]
rate = "10 per second"

[class.web]
stages = [{ cpu = "20 parsecs" }]

[balancer]
polcy = "random"
policy = "round_robbin"
redispatch = 9

[nodes]
memory = "1 Gib"
speed = -1

[process]
backlog = 10
"#;
    check(
        wrong,
        NOTHING,
        NOTHING,
        expect![[r#"
            pinpoint.toml:1:10: `schema` is `2`, must be `1`
            pinpoint.toml:3:9: `title` must be text in quotes, found the number `7`
            pinpoint.toml:8:8: there is no time zone `Europe/Londno`; did you mean `Europe/London`?
            pinpoint.toml:11:8: `load.constant.all.rate` is `10 per second`, is no rate such as `40/s`
            pinpoint.toml:14:19: `class.web.stages.0.cpu` is `20 parsecs`, `parsecs` is no unit; allowed units: `ns`, `us`, `ms`, `s`, `min`, `h`, `d`; write a duration, or one of `constant`, `uniform`, `exponential`, `lognormal`, `empirical`, `gamma`, `weibull`, `bounded_pareto`, `hyperexponential`, `mean_p95`, `median_p99`
            pinpoint.toml:17:1: unknown key `polcy` in `balancer`; did you mean `policy`?
            pinpoint.toml:18:10: `balancer.policy` is `round_robbin`, must be one of `round_robin`, `random`, `least_outstanding`, `power_of_two`, `latency`; did you mean `round_robin`?
            pinpoint.toml:19:14: `balancer.redispatch` is `9`, must be between `0` and `7`
            pinpoint.toml:22:10: `nodes.memory` is `1 Gib`, `Gib` is no unit; did you mean `GiB`?; allowed units: `B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`, `TiB`
            pinpoint.toml:23:9: `nodes.speed` is `-1`, must be between `0.01` and `16`
            pinpoint.toml:25:1: missing key `slots` in `process`; `slots` is a whole number, such as `3`
        "#]],
    );
}

/// Of the meaning: names that dangle, times out of order, impossible combinations.
#[test]
fn ten_mistakes_of_meaning_are_told_at_once() {
    let wrong = r#"schema = 1
name = "wrong"
title = "Ten mistakes"
first_release = "v3"

[clock]
start = 2021-02-01T00:00:00Z
end = 2021-02-01T01:00:00Z

[load]
rate = "10/s"
[load.region.uk]
zone = "Europe/London"
share = "60%"
weekday = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1]
weekend = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
class = "wbe"
[load.surge.early]
onset = 2021-01-31T23:00:00Z
ramp = "1min"
rate = "5/s"
plateau = "1min"
decay = "1min"

[class.web]
stages = []

[process]
slots = 8

[supervisor.bluepill.rule.memory]
above.memory = "1 GiB"
every = "30s"
over = 5
samples = 3

[environment.provides]
supervisor = "bluepill"

[release.v1]
[release.v2]

[deploy.sunday]
at = 2021-02-01T00:30:00Z
release = "v22"

[people]
fixed_release = "v11"

[interval.night]
from = 2021-02-01T00:30:00Z
to = 2021-02-01T00:20:00Z
"#;
    check(
        wrong,
        NOTHING,
        NOTHING,
        expect![[r#"
        pinpoint.toml:4:17: there is no release `v3`; did you mean `v1`?
        pinpoint.toml:12:14: the shares of the regions add up to 0.6000, not to 1
        pinpoint.toml:12:14: the shape at hour 23 is negative
        pinpoint.toml:17:9: there is no class `wbe`; did you mean `web`?
        pinpoint.toml:18:13: the onset of surge `early` is before `clock.start`
        pinpoint.toml:26:10: a class has 1 to 5 stages, this one has 0
        pinpoint.toml:31:27: rule `memory` wants 5 samples over its limit and keeps 3; `samples` must be at least `over`
        pinpoint.toml:38:1: `supervisor` is provided by the supervisor that the fleet has; remove this line; `[supervisor]` decides
        pinpoint.toml:45:11: there is no release `v22`; did you mean `v2`?
        pinpoint.toml:48:17: there is no release `v11`; did you mean `v1`?
        pinpoint.toml:52:6: interval `night` ends before it begins
    "#]],
    );
}

/// Claims are read once there is a scenario that they can be about.
#[test]
fn claims_about_nothing_are_refused() {
    let wrong = r#"
[[expect]]
claim = "It stays up."
measure = "downtime"
at_most = 0
[[expect]]
claim = "It falls over soon."
milestone = "fleet_dwon"
not_after = 2021-02-01T00:10:00Z
[[expect]]
claim = "Few fail at night."
measure = "night.failed_share"
at_most = 0.1
[[expect]]
claim = "It is bounded by nothing."
measure = "availability"
"#;
    check(
        &format!("{RIGHT}{wrong}"),
        NOTHING,
        NOTHING,
        expect![[r#"
        pinpoint.toml:26:11: there is no measure `downtime`; did you mean `downtime_s`?
        pinpoint.toml:30:13: there is no milestone `fleet_dwon`; did you mean `fleet_down`?
        pinpoint.toml:34:11: there is no interval `night`
        pinpoint.toml:38:11: claim `It is bounded by nothing.` is bounded by `at_least` or `at_most` and nothing else
    "#]],
    );
}

/// A patch is tried when the file is read, and a mistake in it has its place there, although the key
/// itself stands elsewhere.
#[test]
fn a_mistake_in_a_patch_points_into_the_patch() {
    let wrong = r#"
[mitigation.right-supervisor]
about = "The supervisor that the release was tested with."
patch.supervisor.sistemd = {}

[mitigation.fewer-slots]
about = "Fewer slots."
[mitigation.fewer-slots.patch.process]
slots = 0
backlock = 5

[counterfactual.no-load]
about = "What if nobody came?"
patch.load.constant.all.rate = "none"

[counterfactual.other-release]
about = "What if another release ran?"
patch.first_release = "two"
"#;
    let text = format!("{RIGHT}{wrong}");
    check(
        &text,
        NOTHING,
        NOTHING,
        expect![[r#"
            pinpoint.toml:26:18: `supervisor` is `sistemd`, must be one of `none`, `bluepill`, `systemd`, `monit`, `supervisord`, `runit`, `docker`, `kubernetes`; did you mean `systemd`?
            pinpoint.toml:31:9: `process.slots` is `0`, must be between `1` and `1000000`
            pinpoint.toml:32:1: unknown key `backlock` in `process`; did you mean `backlog`?
            pinpoint.toml:36:32: `load.constant.all.rate` is `none`, is no rate such as `40/s`
            pinpoint.toml:40:23: there is no release `two`; known: `one`
        "#]],
    );
}

#[test]
fn a_patch_that_does_not_exist_is_told_with_those_that_do() {
    check(
        RIGHT,
        &["more-node"],
        NOTHING,
        expect![[r#"
        --with more-node:1:1: there is no mitigation or counterfactual `more-node`; did you mean `more-nodes`?
    "#]],
    );
}

#[test]
fn assignments_are_told_apart_and_checked_alike() {
    check(
        RIGHT,
        NOTHING,
        &["nodes.cuont=3", "process.slots=many", "process.boot=5", "load.rate", "clock.end="],
        expect![[r#"
            --set nodes.cuont=3:1:7: unknown key `cuont` in `nodes`; did you mean `count`?
            --set process.slots=many:1:15: `process.slots` must be a whole number, found the string `many`
            --set process.boot=5:1:14: `process.boot` is `5`, needs a unit, such as `5s`; write a duration, or one of `constant`, `uniform`, `exponential`, `lognormal`, `empirical`, `gamma`, `weibull`, `bounded_pareto`, `hyperexponential`, `mean_p95`, `median_p99`
            --set load.rate:1:1: there is no `=`; write `path.to.key=value`
            --set clock.end=:1:1: there is no value after `=`
        "#]],
    );
}

/// An assignment that is well formed can still be wrong for this scenario.
#[test]
fn an_assignment_that_makes_no_sense_is_refused_with_its_place() {
    check(
        RIGHT,
        NOTHING,
        &["clock.end=2021-01-31T00:00:00Z", "first_release=two", "load.constant.all.class=api"],
        expect![[r#"
            --set clock.end=2021-01-31T00:00:00Z:1:11: `clock.end` is not later than `clock.start`
            --set first_release=two:1:15: there is no release `two`; known: `one`
            --set load.constant.all.class=api:1:25: there is no class `api`; known: `web`
        "#]],
    );
}

/// Text that is not TOML has one problem, where it ceases to be.
#[test]
fn text_that_is_no_toml_has_its_place() {
    check(
        "schema = 1\nname = \"a\ntitle = 3\n",
        NOTHING,
        NOTHING,
        expect![[r#"
        pinpoint.toml:2:10: not valid TOML: invalid basic string, expected `"`
    "#]],
    );
    check(
        "schema = 1\nschema = 1\n",
        NOTHING,
        NOTHING,
        expect![[r#"
        pinpoint.toml:2:1: duplicate key `schema`
    "#]],
    );
}

/// For people the line concerned is shown with a caret under it.
#[test]
fn a_problem_is_shown_with_its_line() {
    let text = RIGHT.replace("slots = 8", "slotz = 8");
    let problems = Study::load("pinpoint.toml", &text, NOTHING, NOTHING).expect_err("a mistake");
    expect![[r#"
        error: missing key `slots` in `process`
          --> pinpoint.toml:15:1
           |
        15 | [process]
           | ^^^^^^^^^
           |
           = help: `slots` is a whole number, such as `3`

        error: unknown key `slotz` in `process`
          --> pinpoint.toml:16:1
           |
        16 | slotz = 8
           | ^^^^^
           |
           = help: did you mean `slots`?
    "#]]
    .assert_eq(&problems.render(false));
}

/// A mistake of form does not hide one of meaning: both are told at once.
#[test]
fn mistakes_of_form_and_of_meaning_come_together() {
    let text = r#"
schema = 1
name = "both"
title = "A misspelt key, a wrong unit and a release that does not exist"
clock = { start = 2024-05-06T12:00:00Z, end = 2024-05-06T13:00:00Z }
load.constant.all.rate = "1/s"
class.web.stages = [{ cpu = "40ms" }]
process = { slots = 1, bakclog = 7, cold = "3 sec" }
release.first = {}
deploy.second = { at = 2024-05-06T12:30:00Z, release = "secnd" }
"#;
    let problems = fleetfall::scenario::Study::load("both.toml", text, &[""; 0], &[""; 0])
        .expect_err("it has three mistakes");
    let lines = problems.lines();
    for part in ["8:24: unknown key `bakclog`", "8:44:", "10:56: there is no release `secnd`"] {
        assert!(lines.contains(part), "{part} is not in\n{lines}");
    }
}

/// Figures that no distribution has, and parameters that describe none.
#[test]
fn impossible_distributions_say_what_is_possible() {
    check(
        RIGHT,
        NOTHING,
        &[
            "class.web.stages=[{ cpu = { mean_p95 = { mean = '100ms', p95 = '500ms' } } }]",
            "clients.patience={ median_p99 = { median = '2s', p99 = '1s', family = 'gamma' } }",
            "process.boot={ bounded_pareto = { from = '9s', to = '3s', alpha = 2 } }",
            "people.fix={ hyperexponential = [{ share = '50%', mean = '1s' }] }",
            "people.notice={ empirical = [] }",
        ],
        expect![[r#"
            --set class.web.stages=[{ cpu = { mean_p95 = { mean = '100ms', p95 = '500ms' } } }]:1:64: no lognormal distribution has a mean of 100ms and a 95th percentile of 500ms; with this mean it may be 1ms 390us to 386ms 800us, 0.014 to 3.868 times as long
            --set clients.patience={ median_p99 = { median = '2s', p99 = '1s', family = 'gamma' } }:1:56: no gamma distribution has a median of 2s and a 99th percentile of 1s; with this median it may be 2s 46ms to 1h 29min 13s, 1.023 to 2676.949 times as long
            --set process.boot={ bounded_pareto = { from = '9s', to = '3s', alpha = 2 } }:1:33: `from` must be more than zero and less than `to`
            --set people.fix={ hyperexponential = [{ share = '50%', mean = '1s' }] }:1:33: the shares of the branches add up to 0.5000, not to 1
            --set people.notice={ empirical = [] }:1:29: an empirical distribution without values
        "#]],
    );
}

/// What is no scenario at all, or asks for what there is not: each is refused with a place, in words,
/// and without a panic.
#[test]
fn malformed_files_are_refused() {
    let refused = |name: &str, text: &str| {
        let problems = match Study::load("bad.toml", text, NOTHING, NOTHING) {
            Ok(_) => panic!("{name} is accepted"),
            Err(problems) => problems,
        };
        let first = problems.lines().lines().next().unwrap_or_default().to_string();
        format!("{name}: {}\n", first.chars().take(150).collect::<String>())
    };
    let big = format!("{RIGHT}\n# {}\nnonsense = 1\n", "x".repeat(10_000_000));
    let mut said = refused("an empty file", "");
    said += &refused("a key at the end of 10 MB", &big);
    said += &refused("binary", "\u{0}\u{1}\u{7f}ELF\u{2}");
    for (name, line) in MALFORMED {
        said += &refused(name, &format!("{RIGHT}\n{line}\n"));
    }
    expect![[r#"
        an empty file: bad.toml:1:1: missing key `schema`; `schema` is a whole number, such as `3`
        a key at the end of 10 MB: bad.toml:25:1: unknown key `nonsense` in `mitigation.more-nodes`; known: `about`, `patch`
        binary: bad.toml:1:1: not valid TOML: invalid unquoted key, expected letters, numbers, `-`, `_`
        not a number: bad.toml:25:15: `balancer.panic_below` is `NaN`, must be between `0%` and `100%`
        a wrong unit: bad.toml:25:7: `people.fix` is `5 fortnights`, `fortnights` is no unit; allowed units: `ns`, `us`, `ms`, `s`, `min`, `h`, `d`; write a duration, or on
        a zone that does not exist: bad.toml:25:8: there is no time zone `Mars/Olympus`
        a fleet without nodes: bad.toml:25:9: `nodes.count` is `0`, must be between `1` and `4096`
        a probability of 1.2: bad.toml:25:15: `protections.check.before_stop.finds.exits` is `120%`, must be between `0%` and `100%`
        two nodes with one name: bad.toml:25:29: duplicate key `node-1`
        a node that is not there: bad.toml:25:13: no node is called `node-9`; nodes are `node-1` to `node-1`
        a weight of nothing: bad.toml:25:13: a weight must be more than zero
        a queue that nothing fills: a queue of the balancer fills where nodes have a limit; add `balancer.node_limit = ..`, or remove `balancer.queue`
        a product that nobody makes: bad.toml:25:11: `balancer.product` is `haproxxy`, must be one of `none`, `haproxy`, `nginx`, `envoy`, `alb`, `kubernetes`; did you mean `haproxy`?
        points out of order: bad.toml:25:63: a point of load profile `x` is before the one above it
        a profile without points: bad.toml:25:10: a load profile needs a point
        states without length: bad.toml:25:10: the states of a modulated source last too short a time
        a batch of none: bad.toml:26:16: a batch has at least one request
        users without thinking: bad.toml:24:1: missing key `think` in `load.users.x`; `think` is one of `constant`, `uniform`, `exponential`, `lognormal`, `empirical`, `gamma`, `weib
        sessions of half a request: bad.toml:26:12: `load.sessions.x.requests` is `0.5`, must be between `1` and `100000`
        classes that do not add up: bad.toml:26:13: the classes of load source `x` add up to 0.7000; their shares must add up to 1
        both class and classes: bad.toml:26:9: load source `x` has both `class` and `classes`; remove one of them
        a negative rate: bad.toml:25:8: `load.constant.x.rate` is `-4/s`, must be finite and not negative
        an unknown jitter: bad.toml:25:10: `clients.retry.jitter` is `ful`, is no share such as `70%` or `0.7`; did you mean `full`?
        an unknown failure: bad.toml:25:7: `clients.retry.on.0` is `timeout`, must be one of `timed_out`, `refused`, `reset`, `no_answer`, `no_node`, `shed`; did you mean `timed_
        no attempts: bad.toml:25:12: `clients.retry.attempts` is `0`, must be between `1` and `100`
        an unknown supervisor: bad.toml:24:13: `supervisor` is `superviserd`, must be one of `none`, `bluepill`, `systemd`, `monit`, `supervisord`, `runit`, `docker`, `kubernetes`; 
        a supervisor with a key of another: bad.toml:25:1: unknown key `restart_sec` in `supervisor.supervisord`; did you mean `startsecs`?
        two supervisors: bad.toml:24:2: `supervisor` must have one key of `none`, `bluepill`, `systemd`, `monit`, `supervisord`, `runit`, `docker`, `kubernetes`, found `docker
        a fault without an end: bad.toml:26:13: missing key `lasting` in `fault.x.kind.hang`; `lasting` is one of `never`, `after`, `repair`
        a fault before the start: bad.toml:25:6: fault `x` is before `clock.start`
        a fault that never stops: bad.toml:27:15: a fault happens again after at least 1ms
        a speed of nothing: bad.toml:26:23: `fault.x.kind.slow.speed` is `0`, must be between `0.001` and `16`
        a measure of a class that is not there: bad.toml:26:11: there is no class `api`; known: `web`
        a mistake inside a mitigation: bad.toml:26:32: `supervisor.monit.cycle` is `soon`, is no duration such as `10s` or `1h 30min`
    "#]].assert_eq(&said);
}

/// Lines that make the right scenario a wrong one.
const MALFORMED: &[(&str, &str)] = &[
    ("not a number", "[balancer]\npanic_below = nan"),
    ("a wrong unit", "[people]\nfix = \"5 fortnights\""),
    (
        "a zone that does not exist",
        "[load.region.mars]\nzone = \"Mars/Olympus\"\nshare = \"100%\"\nweekday = [1]\nweekend = [1]",
    ),
    ("a fleet without nodes", "[nodes]\ncount = 0"),
    ("a probability of 1.2", "[protections.check.before_stop]\nfinds.exits = \"120%\""),
    (
        "two nodes with one name",
        "[process.memory]\nextra = { node-1 = \"1 MiB\", node-1 = \"2 MiB\" }",
    ),
    ("a node that is not there", "[balancer]\nweights = { node-9 = 2 }"),
    ("a weight of nothing", "[balancer]\nweights = { node-1 = 0 }"),
    ("a queue that nothing fills", "[balancer]\nqueue = {}"),
    ("a product that nobody makes", "[balancer]\nproduct = \"haproxxy\""),
    (
        "points out of order",
        "[load.profile.x]\npoints = [{ at = 2021-02-01T00:30:00Z, rate = \"1/s\" }, { at = 2021-02-01T00:10:00Z, rate = \"1/s\" }]",
    ),
    ("a profile without points", "[load.profile.x]\npoints = []"),
    (
        "states without length",
        "[load.modulated.x]\nstates = [{ rate = \"1/s\", lasting = \"0s\" }]",
    ),
    ("a batch of none", "[load.constant.x]\nrate = \"1/s\"\nbatch.always = 0"),
    ("users without thinking", "[load.users.x]\ncount = 3"),
    (
        "sessions of half a request",
        "[load.sessions.x]\nrate = \"1/s\"\nrequests = 0.5\nthink = \"1s\"",
    ),
    (
        "classes that do not add up",
        "[load.constant.x]\nrate = \"1/s\"\nclasses = { web = \"70%\" }",
    ),
    (
        "both class and classes",
        "[load.constant.x]\nrate = \"1/s\"\nclass = \"web\"\nclasses = { web = \"100%\" }",
    ),
    ("a negative rate", "[load.constant.x]\nrate = \"-4/s\""),
    ("an unknown jitter", "[clients.retry]\njitter = \"ful\""),
    ("an unknown failure", "[clients.retry]\non = [\"timeout\"]"),
    ("no attempts", "[clients.retry]\nattempts = 0"),
    ("an unknown supervisor", "[supervisor.superviserd]"),
    ("a supervisor with a key of another", "[supervisor.supervisord]\nrestart_sec = \"1s\""),
    ("two supervisors", "[supervisor.docker]\n[supervisor.monit]"),
    ("a fault without an end", "[fault.x]\nat = 2021-02-01T00:10:00Z\nkind.hang = {}"),
    ("a fault before the start", "[fault.x]\nat = 2020-02-01T00:10:00Z\nkind.crash_process = {}"),
    (
        "a fault that never stops",
        "[fault.x]\nat = 2021-02-01T00:10:00Z\nkind.crash_process = {}\nagain.every = \"0s\"",
    ),
    (
        "a speed of nothing",
        "[fault.x]\nat = 2021-02-01T00:10:00Z\nkind.slow = { speed = 0, lasting = \"never\" }",
    ),
    (
        "a measure of a class that is not there",
        "[[expect]]\nclaim = \"x\"\nmeasure = \"class.api.requests\"\nat_most = 1",
    ),
    (
        "a mistake inside a mitigation",
        "[mitigation.x]\nabout = \"x\"\npatch.supervisor.monit.cycle = \"soon\"",
    ),
];
