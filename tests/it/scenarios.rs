//! The scenarios that come with the package: they are right, and the incident happens.

use crate::support::{NOTHING, reads_back};
use fleetfall::experiment::{Pool, Replication};
use fleetfall::kernel::chance::Seed;
use fleetfall::kernel::time::{Duration, Instant};
use fleetfall::observe::Results;
use fleetfall::report::reference;
use fleetfall::scenario::builtin::BUILTIN;
use fleetfall::scenario::keys::Document;
use fleetfall::scenario::measure::{Measure, Milestone};
use fleetfall::scenario::text::{Bytes, Key, Kind, check_defaults};
use fleetfall::scenario::{Scenario, Study};
use fleetfall::sim::observation::Observation;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

const INCIDENT: &str = "scenarios/pinpoint-2021.toml";

/// A file of the package.
fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every scenario of the package with its text.
fn all() -> Vec<(String, String)> {
    let mut names = Vec::new();
    for folder in ["scenarios", "benches/scenarios"] {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in std::fs::read_dir(path).expect("the folder is there") {
            let name = entry.expect("it can be read").file_name();
            names.push(format!("{folder}/{}", name.to_string_lossy()));
        }
    }
    names.retain(|name| name.ends_with(".toml"));
    names.sort();
    assert!(names.iter().any(|name| name == INCIDENT) && names.len() >= 4, "{names:?}");
    names.into_iter().map(|name| (read(&name), name)).map(|(text, name)| (name, text)).collect()
}

#[track_caller]
fn load(name: &str, text: &str, with: &[&str], sets: &[impl AsRef<str>]) -> Study {
    Study::load(name, text, with, sets).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn every_scenario_has_no_problem_and_is_printed_as_it_was_meant() {
    for (name, text) in all() {
        let study = load(&name, &text, NOTHING, NOTHING);
        reads_back(&study);
    }
}

/// The built-in scenarios are the files of the folder; each is called what its results are called,
/// and needs no other file.
#[test]
fn every_scenario_of_the_folder_is_built_in_and_nothing_else() {
    let files: BTreeSet<(String, String)> =
        all().into_iter().filter(|(name, _)| name.starts_with("scenarios/")).collect();
    let built_in = BUILTIN.iter().map(|one| (format!("scenarios/{}.toml", one.name), one.text));
    assert_eq!(
        built_in.map(|(name, text)| (name, text.to_string())).collect::<BTreeSet<_>>(),
        files
    );
    for builtin in BUILTIN {
        let study = builtin.study();
        assert_eq!(study.scenario.name, builtin.name);
        assert!(study.document.content.is_empty());
    }
}

#[test]
fn every_declared_key_has_a_comment_and_a_default_within_its_bounds() {
    assert_eq!(check_defaults::<Document>(), Vec::<String>::new());
}

/// Collects `Section.key` of every section that a kind holds.
fn keys(kind: &Kind, found: &mut BTreeSet<(&'static str, &'static str)>) {
    match kind {
        Kind::Leaf(_) | Kind::Any => {}
        Kind::List { of, .. } | Kind::Named(of) => keys(of, found),
        Kind::Section(section) => {
            for field in (section.fields)() {
                if found.insert((section.name, field.name)) {
                    keys(&field.kind, found);
                }
            }
        }
        Kind::Choice(choice) => {
            let variants = (choice.variants)();
            variants.iter().filter_map(|one| one.data.as_ref()).for_each(|data| keys(data, found));
        }
    }
}

fn schema() -> Value {
    serde_json::from_str(&reference::schema()).expect("it is JSON")
}

#[test]
fn the_schema_names_every_declared_key() {
    let mut found = BTreeSet::new();
    keys(&Document::describe(), &mut found);
    assert!(found.len() > 100, "only {} keys", found.len());
    let schema = schema();
    let missing: Vec<_> = found
        .into_iter()
        .filter(|(section, key)| schema["$defs"][section]["properties"][key].is_null())
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Whether some form of `schema` allows the keys and the types of `value`.
fn allows(root: &Value, schema: &Value, value: &Value) -> bool {
    if let Some(path) = schema["$ref"].as_str() {
        let pointed = root.pointer(path.trim_start_matches('#')).expect("it points into itself");
        return allows(root, pointed, value);
    }
    if let Some(forms) = schema["anyOf"].as_array() {
        return forms.iter().any(|form| allows(root, form, value));
    }
    if let Some(word) = schema.get("const") {
        return word == value;
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.contains(value);
    }
    match (schema["type"].as_str(), value) {
        (None, _) => true,
        (Some("object"), Value::Object(table)) => table.iter().all(|(key, value)| {
            let named = schema["properties"].get(key);
            let other = &schema["additionalProperties"];
            match named {
                Some(named) => allows(root, named, value),
                None => !other.is_boolean() && allows(root, other, value),
            }
        }),
        (Some("array"), Value::Array(items)) => {
            items.iter().all(|item| allows(root, &schema["items"], item))
        }
        (Some(name), value) => match name {
            "string" => value.is_string(),
            "integer" => value.is_u64() || value.is_i64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            _ => false,
        },
    }
}

/// TOML as JSON; a date-time is a string there.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(k, v)| (k, json(v))).collect(),
    }
}

#[test]
fn the_schema_allows_every_scenario_and_no_other_key() {
    let schema = schema();
    for (name, text) in all() {
        let resolved = load(&name, &text, NOTHING, NOTHING).resolved();
        for (what, text) in [("as written", text), ("resolved", resolved)] {
            let table: toml::Table = text.parse().expect("it is TOML");
            for (key, value) in table {
                let one = Value::from_iter([(key.clone(), json(value))]);
                assert!(allows(&schema, &schema, &one), "`{key}` of {name} {what}");
            }
        }
    }
    let wrong = serde_json::json!({ "nodes": { "cuont": 3 } });
    assert!(!allows(&schema, &schema, &wrong));
    let wrong = serde_json::json!({ "process": { "slots": "many" } });
    assert!(!allows(&schema, &schema, &wrong));
}

/// The incident from 15:50 to `end`, under a patch: what lies before 15:50 is moved after it, and
/// the processes have retained by then what the requests of the night leave behind.
fn incident(with: &[&str], end: &str) -> Arc<Scenario> {
    let text = read(INCIDENT);
    let whole = load(INCIDENT, &text, NOTHING, NOTHING);
    let start: jiff::Timestamp = "2021-02-01T15:50:00Z".parse().expect("it is a time");
    let later: jiff::Timestamp = "2021-02-01T15:55:00Z".parse().expect("it is a time");
    let minute = Duration::from_secs(60);
    let mut requests = 0.0;
    let mut now = Instant::START;
    while now < whole.scenario.instant(start) {
        requests += whole.scenario.offered(now) * minute.as_secs_f64();
        now += minute;
    }
    let memory = &whole.scenario.process.memory;
    let each = requests / f64::from(whole.scenario.nodes.count);
    let more = (each * memory.request.retained as f64) as u64;
    let (from, to) = memory.retained_at_start;
    let (from, to) = (Bytes::new(from + more), Bytes::new(to + more));
    let range = format!("{{ uniform = {{ from = \"{from}\", to = \"{to}\" }} }}");
    let mut sets = vec![
        format!("clock.start={start}"),
        format!("clock.end={end}"),
        format!("process.memory.retained_at_start={range}"),
    ];
    for (name, deploy) in whole.document.deploy.iter() {
        if deploy.at.0 < start {
            sets.push(format!("deploy.{}.at={later}", name.as_str()));
        }
    }
    for (name, interval) in whole.document.interval.iter() {
        if interval.from.0 < start {
            sets.push(format!("interval.{}.from={later}", name.as_str()));
        }
    }
    load(INCIDENT, &text, with, &sets).scenario
}

/// Four replications with every control event.
fn replications(scenario: &Arc<Scenario>) -> Vec<Results> {
    let stop = std::sync::atomic::AtomicBool::new(false);
    let pool = Pool::new(2, &|_| (), &stop);
    let run = |number: u64| -> Result<Results, ()> {
        Ok(Replication::new(scenario, Seed(number + 1), true).finish())
    };
    pool.run(4, run).expect("nothing goes wrong")
}

/// What happened in a replication but the traffic.
fn events(results: &Results) -> &[(Instant, Observation)] {
    &results.series.as_ref().expect("it is detailed").story.events
}

#[test]
fn the_incident_happens() {
    let scenario = incident(&[], "2021-02-01T17:05:00Z");
    let four = scenario.instant("2021-02-01T16:00:00Z".parse().expect("it is a time"));
    for results in replications(&scenario) {
        let at = |milestone: Milestone| results.milestone(milestone).expect("it is reached");
        let first = at(Milestone::FirstRestart);
        assert!(first >= four, "a restart before the surge");
        for node in 0..scenario.nodes.count {
            assert_eq!(first_restart(&results, node), Some(false), "of node {node}");
        }
        let down = at(Milestone::FleetDown);
        assert!(down >= first && down.since(four) <= Duration::from_secs(15 * 60), "{down:?}");
        let fixed = at(Milestone::FirstNodeFixed);
        let between = |(now, _): &&(Instant, Observation)| (down..fixed).contains(now);
        let serves =
            |(_, seen): &(_, Observation)| matches!(seen, Observation::ProcessServing { .. });
        assert!(!events(&results).iter().filter(between).any(serves), "it came back by itself");
        assert!(at(Milestone::OutageEnd) >= fixed);
        assert!(results.measure(Measure::Downtime) > 30.0 * 60.0);
    }
}

/// Whether the first restart of a node succeeded; `None` if it had none.
fn first_restart(results: &Results, node: u32) -> Option<bool> {
    let begun = |(_, seen): &(_, Observation)| matches!(seen, Observation::RestartBegun { node: of, .. } if *of == node);
    let events = events(results);
    let from = events.iter().position(begun)?;
    events[from..].iter().find_map(|(_, seen)| match seen {
        Observation::StartFailed { node: of, .. } if *of == node => Some(false),
        Observation::ProcessServing { node: of } if *of == node => Some(true),
        _ => None,
    })
}

#[test]
fn with_the_right_configuration_it_does_not() {
    let scenario = incident(&["right-configuration"], "2021-02-01T16:25:00Z");
    for results in replications(&scenario) {
        assert!(results.measure(Measure::Restarts) >= 1.0, "nothing was put to the test");
        assert!(results.measure(Measure::RestartsFailed) <= 0.0);
        assert!(results.outages.is_empty(), "{:?}", results.outages);
    }
}
