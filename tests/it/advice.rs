//! What can be said of a scenario before it is simulated: each warning where it belongs and not a
//! step beside it, and the arithmetic against a simulation.

use crate::support;
use fleetfall::report::advice::{Weight, advice};
use fleetfall::scenario::capacity::Peak;
use fleetfall::scenario::measure::Measure;

/// Four nodes of two cores, at the peak 60 % busy.
const SOUND: &str = r#"
load.constant.all = { rate = "120/s", class = "page" }
class.page.stages = [{ cpu = "40ms" }, { wait = "100ms" }]
nodes = { count = 4, cores = 2, memory = "2 GiB" }
process = { slots = 20, boot = "10s", memory = { base = "200 MiB", in_service = "1 MiB" } }
balancer.health.active = { interval = "5s", timeout = "2s" }
environment.provides.workers = "8"
first_release = "one"
release.one = {}
release.two = { needs.workers = "8", fails_after = "1s" }
deploy.new = { at = 2021-02-01T00:01:00Z, release = "two" }
people = { notice = "10s", diagnose = "10min", fix = "1min", fixed_release = "one" }
"#;

/// The names of the warnings on the sound fleet with other values.
fn warnings(sets: &[&str]) -> Vec<&'static str> {
    let study = support::study(4, SOUND).expect("it is valid");
    let variant = study.with_values(sets).unwrap_or_else(|problems| panic!("{problems}"));
    let all = advice(&variant.scenario);
    let graves = all.iter().filter(|advice| advice.weight == Weight::Warning);
    graves.map(|advice| advice.name).collect()
}

#[test]
fn a_sound_fleet_gets_no_warning() {
    assert!(warnings(&[]).is_empty(), "{:?}", warnings(&[]));
}

#[test]
fn every_warning_stands_where_it_belongs() {
    let memory = r#"supervisor={ bluepill = { rule = { m = { every = "10s", above = "#;
    let limit = |range: &str| format!("{memory}{{ memory = {range} }} }} }} }} }}");
    let apart = limit(r#"{ uniform = { from = "300 MiB", to = "900 MiB" } }"#);
    let together = limit(r#""300 MiB""#);
    let systemd = |sec: &str| format!("supervisor={{ systemd = {{ restart_sec = \"{sec}\" }} }}");
    let (quick, slow) = (systemd("100ms"), systemd("30s"));
    let age = |budget: &str| {
        [
            r#"supervisor={ bluepill = { rule = { a = { every = "5s", above = { age = "1min" } } } } }"#
                .to_string(),
            format!("protections.restart_budget={{ nodes = {budget} }}"),
        ]
    };
    let wrong = "release.two.needs.workers=\"9\"";
    let cases: &[(&str, &[&str], &[&str])] = &[
        // 200/s x 40 ms = 8 cores: 210/s are too many, 190/s are not, but for seven of eight.
        ("overload", &["load.constant.all.rate=\"210/s\""], &["load.constant.all.rate=\"190/s\""]),
        (
            "nothing-to-skip",
            &["clock.resolution=\"adaptive\"", "clients.budget=\"throttle\""],
            &["clock.resolution=\"adaptive\""],
        ),
        (
            "no-spare-node",
            &["load.constant.all.rate=\"155/s\""],
            &["load.constant.all.rate=\"145/s\""],
        ),
        // 120/s x 140 ms / 4 = 4.2 requests in hand.
        ("host-memory", &["nodes.memory=\"204 MiB\""], &["nodes.memory=\"205 MiB\""]),
        ("patience", &["clients.patience=\"139ms\""], &["clients.patience=\"141ms\""]),
        (
            "limits-together",
            &["load.constant.all.rate=\"160/s\"", &together],
            &["load.constant.all.rate=\"160/s\"", &apart],
        ),
        ("deployed-invalid", &[wrong], &["release.two.needs.workers=\"8\""]),
        (
            "checks-overlap",
            &["balancer.health.active.timeout=\"5s\""],
            &["balancer.health.active.timeout=\"4s\""],
        ),
        // Five starts of 1.1 s each fall within ten seconds, five of 31 s do not.
        ("start-limit", &[wrong, &quick], &[wrong, &slow]),
        ("budget-too-small", &[&age("1")[0], &age("1")[1]], &[&age("4")[0], "process.boot=\"1s\""]),
    ];
    for (name, with, without) in cases {
        assert!(warnings(with).contains(name), "{name} for {with:?}: {:?}", warnings(with));
        assert!(!warnings(without).contains(name), "{name} for {without:?}");
    }
    let text = SOUND.replace(", fixed_release = \"one\"", "");
    let study = support::study(4, &text).expect("it is valid");
    let broken = study.with_values(&[wrong]).expect("it is valid");
    assert!(advice(&broken.scenario).iter().any(|advice| advice.name == "no-fix"));
}

/// Cores and slots of a steady load, by arithmetic and as simulated.
#[test]
fn the_arithmetic_of_the_peak_is_what_a_simulation_measures() {
    let scenario = support::scenario(20, SOUND);
    let peak = Peak::of(&scenario).expect("there is load");
    assert!((peak.rate - 120.0).abs() < 1e-9 && peak.nodes == 4);
    let results = &support::results(&scenario, 1, 1)[0];
    let close = |measure: Measure, expected: f64| {
        let got = results.measure(measure);
        assert!((got / expected - 1.0).abs() < 0.02, "{}: {got}, not {expected}", measure.name());
    };
    close(Measure::Utilisation, peak.cores_used(&scenario, 4));
    // Cores are shared now and then, so slots are held a little longer.
    let slots = results.measure(Measure::SlotUtilisation) / peak.slots_used(&scenario, 4);
    assert!((1.0..1.2).contains(&slots), "{slots}");
}
