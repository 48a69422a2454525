//! What becomes of a fleet: a toy for each class of outcome, and the shares of sweeps.

use crate::support::{results, scenario};
use fleetfall::observe::{Fate, Results};
use fleetfall::scenario::measure::Measure;

/// One node with one core.
const NODE: &str = "\
class.page.stages = [{ cpu = \"20ms\" }]
nodes.count = 1
process.slots = 10
";

/// The first of the results, which all have this fate.
#[track_caller]
fn all(fate: Fate, minutes: u64, text: &str) -> Results {
    let mut found = results(&scenario(minutes, &format!("{NODE}{text}")), 5, 2);
    for result in &found {
        assert_eq!(result.fate, fate, "outages {:?}", result.outages);
    }
    found.remove(0)
}

/// Requests a second that a core can serve half of.
const CALM: &str = "load.constant.all.rate = \"25/s\"\n";
/// A process that is restarted for its memory about 155 s after its start.
const GROWS: &str = "\
process.memory = { base = \"100 MiB\", retained_per_request = \"20 KiB\" }
supervisor.bluepill.rule.memory = { above = { memory = \"175 MiB\" }, every = \"5s\" }
";

#[test]
fn half_of_what_a_fleet_can_do_is_stable() {
    let found = all(Fate::Stable, 5, CALM);
    assert_eq!(found.measure(Measure::RequestsFailed) as i64, 0);
}

#[test]
fn a_little_more_than_it_can_do_is_degraded() {
    let text = "load.constant.all.rate = \"65/s\"\nprocess.backlog = 20\n";
    let found = all(Fate::Degraded, 5, text);
    let served = found.measure(Measure::Availability);
    assert!((0.5..0.9).contains(&served), "{served}");
    assert_eq!(found.measure(Measure::Outages) as i64, 0);
}

#[test]
fn a_short_stumble_is_neither() {
    // A restart of ten seconds is shorter than an outage, and so is its bad time.
    let text = format!("{CALM}{GROWS}process.boot = \"8s\"\n");
    let found = all(Fate::Stable, 4, &text);
    assert!(found.measure(Measure::Restarts) >= 1.0);
    assert!(found.measure(Measure::RequestsFailed) > 100.0);
}

#[test]
fn a_restart_that_takes_minutes_is_an_outage_that_ends_by_itself() {
    let text = format!("{CALM}{GROWS}process.boot = \"90s\"\n");
    // The next restart would come four minutes after the first.
    let found = all(Fate::Recovers, 6, &text);
    assert_eq!(found.measure(Measure::Outages) as i64, 1);
    let end = found.outages[0].end.as_secs_f64();
    assert!((230.0..270.0).contains(&end), "{end}");
}

/// The same restart, after a deploy whose configuration does not work.
const INVALID: &str = "\
release.old = {}
release.new.needs.supervisor = \"systemd\"
release.fixed = {}
deploy.new = { at = 2021-02-01T00:00:20Z, release = \"new\" }
";
/// Who repairs it, within two minutes or so.
const PEOPLE: &str = "\
people.alert.success = { below = \"90%\", lasting = \"30s\" }
people.notice = \"10s\"
people.fix = \"20s\"
people.fixed_release = \"fixed\"
";

/// A root key comes before all others.
fn invalid(people: &str) -> String {
    format!("first_release = \"old\"\n{CALM}{GROWS}{INVALID}{people}")
}

#[test]
fn a_configuration_that_does_not_work_keeps_it_down() {
    let found = all(Fate::StaysDown, 6, &invalid(""));
    assert_eq!(found.outages.len(), 1);
    assert!(found.measure(Measure::Downtime) > 180.0);
}

#[test]
fn what_people_fix_has_not_recovered_by_itself() {
    let text = invalid(&format!("{PEOPLE}people.diagnose = \"1min\"\n"));
    let found = all(Fate::StaysDown, 7, &text);
    let end = found.outages[0].end.as_secs_f64();
    assert!(end < 350.0, "the fix ends it: {end}");
    assert_eq!(found.measure(Measure::OutageBeforeFix) as i64, 0);
}

#[test]
fn people_who_come_too_late_do_not_count() {
    // The configuration works; people look for a cause and find nothing to fix.
    let people = format!("{PEOPLE}people.diagnose = \"1min\"\n");
    let text = invalid(&people).replace("needs.supervisor = \"systemd\"", "needs = {}");
    let found = all(Fate::Recovers, 6, &format!("{text}process.boot = \"90s\"\n"));
    assert!(found.measure(Measure::Detection) > 0.0);
}
