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
