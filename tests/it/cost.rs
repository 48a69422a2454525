//! What a simulation is expected to need, beside what it needs.

use crate::support::{NOTHING, scenario};
use fleetfall::kernel::chance::Seed;
use fleetfall::kernel::time::Instant;
use fleetfall::scenario::builtin::BUILTIN;
use fleetfall::scenario::cost::Cost;
use fleetfall::scenario::{Scenario, Study};
use fleetfall::sim::{Observation, Observer, Simulation};
use std::sync::Arc;

#[derive(Default)]
struct Counts {
    requests: u64,
    readings: u64,
}

impl Observer for Counts {
    fn observe(&mut self, _: Instant, seen: &Observation) {
        match seen {
            Observation::RequestIssued { .. } => self.requests += 1,
            Observation::NodeSampled { .. } => self.readings += 1,
            _ => {}
        }
    }
}

/// What is expected divided by what is needed: requests, readings of gauges, and events while the
/// fleet serves and if it answers nobody.
fn ratios(scenario: &Arc<Scenario>) -> [f64; 4] {
    let cost = Cost::of(scenario);
    let (mut counts, mut events) = (Counts::default(), 0);
    for seed in 1..=3 {
        let mut simulation = Simulation::new(Arc::clone(scenario), Seed(seed));
        simulation.run(&mut counts);
        events += simulation.dispatched();
    }
    let of = |expected: f64, needed: u64| 3.0 * expected / needed as f64;
    [
        of(cost.requests, counts.requests),
        of(cost.readings, counts.readings),
        of(cost.events, events),
        of(cost.events_at_most, events),
    ]
}

/// Built-in scenarios, and those of the benches. The storm of retries is what it is about, so that
/// it has more events than a fleet that serves, and no more than one that answers nobody.
#[test]
fn requests_and_events_are_expected_as_they_come() {
    let bench = |name, text| (name, Study::load(name, text, NOTHING, NOTHING).unwrap());
    let built_in = BUILTIN.iter().filter(|one| one.name != "pinpoint-2021");
    let w1 = include_str!("../../benches/scenarios/w1.toml");
    let all = built_in.map(|one| (one.name, one.study())).chain([bench("w1", w1)]);
    for (name, study) in all {
        let [requests, readings, events, at_most] = ratios(&study.scenario);
        let shown = format!("{name}: {requests} {readings} {events} {at_most}");
        assert!((0.95..1.05).contains(&requests), "{shown}");
        assert!((0.9..1.1).contains(&readings), "{shown}");
        assert!(at_most > 0.95, "{shown}");
        if name == "retry-storm" {
            assert!((0.2..0.5).contains(&events), "{shown}");
        } else {
            assert!((0.5..2.0).contains(&events), "{shown}");
        }
    }
}

/// Loads of every kind, balancers, supervisors, workers, probes and faults.
#[test]
fn all_that_makes_events_is_expected() {
    let base = "class.web.stages = [{ cpu = \"20ms\" }, { wait = \"50ms\" }]\nnodes.count = 4\n";
    let slots = "process.slots = 20\n";
    let constant = "load.constant.all.rate = \"40/s\"\n";
    let think = "think.exponential.mean = \"10s\"";
    let texts = [
        format!("{constant}{slots}"),
        format!("load.users.u = {{ count = 500, {think} }}\n{slots}"),
        // They wait for the cores of which there are too few.
        format!("load.users.u = {{ count = 5000, {think} }}\n{slots}clients.patience = \"30s\"\n"),
        format!("load.sessions.s = {{ rate = \"2/s\", requests = 20, {think} }}\n{slots}"),
        format!("load.constant.all = {{ rate = \"40/s\", batch.geometric = 5 }}\n{slots}"),
        format!(
            "load.modulated.m.states = [{{ rate = \"80/s\", lasting.exponential.mean = \"5s\" }}, \
             {{ rate = \"0/s\", lasting.exponential.mean = \"5s\" }}]\n{slots}"
        ),
        format!("load.recorded.r.file = \"rates.csv\"\n{slots}"),
        format!("{constant}{slots}clients.hedge.after = \"50ms\"\n"),
        format!(
            "{constant}{slots}balancer = {{ instances = 3, health.active.interval = \"500ms\" }}\n"
        ),
        format!("{constant}{slots}supervisor.bluepill.tick = \"50ms\"\n"),
        format!("{constant}{slots}supervisor.kubernetes.liveness.period = \"1s\"\n"),
        format!(
            "{constant}process = {{ slots = 20, workers = {{ count = 4, timeout.after = \"30s\" }} }}\n"
        ),
        format!(
            "{constant}{slots}supervisor.docker.restart = \"always\"\n[fault.f]\n\
             at = 2021-02-01T00:00:10Z\nagain.every = \"10s\"\nkind.crash_process.nodes.count = 1\n"
        ),
        format!(
            "{constant}{slots}[fault.f]\nat = 2021-02-01T00:00:10Z\n\
             kind.leak = {{ lasting = \"never\", per_second = \"1 kB\" }}\n"
        ),
        // Twice as much as the cores can do: half of it fails, after three attempts.
        format!(
            "load.constant.all.rate = \"400/s\"\n{slots}clients = {{ patience = \"1s\", \
             retry.attempts = 3, retry.base = \"1s\" }}\nprocess.backlog = 20\n"
        ),
    ];
    for text in texts {
        let [requests, _, events, _] = ratios(&scenario(10, &format!("{base}{text}")));
        let shown = format!("{requests} {events} in\n{text}");
        assert!((0.85..1.15).contains(&requests), "{shown}");
        assert!((0.5..2.0).contains(&events), "{shown}");
    }
}
