//! Cases of the swarm that have failed once, as small as they are.

use super::checks;
use super::grammar::PLAIN;
use crate::properties::MINUTES;
use crate::support;

/// The plainest scenario with some lines more.
fn check(nodes: u32, lines: &str) {
    let text = PLAIN.replace("nodes.count = 3", &format!("nodes.count = {nodes}"));
    let study = support::study(MINUTES, &format!("{text}\n{lines}"));
    checks::check(&study.unwrap_or_else(|problems| panic!("{problems}")), &[], 1, 0.5);
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
