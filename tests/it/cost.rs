//! What a simulation is expected to need, beside what it needs.

use crate::support::{NOTHING, scenario};
use fleetfall::kernel::chance::Seed;
use fleetfall::kernel::time::Instant;
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

fn compare(name: &str, scenario: &Arc<Scenario>) {
    let cost = Cost::of(scenario);
    let mut counts = Counts::default();
    let mut simulation = Simulation::new(Arc::clone(scenario), Seed(1));
    simulation.run(&mut counts);
    let events = simulation.dispatched() as f64;
    println!(
        "{name:20} requests {:.3} of {} events {:.2} of {} readings {:.2} of {}",
        cost.requests / counts.requests as f64,
        counts.requests,
        cost.events / events,
        events,
        cost.readings / counts.readings as f64,
        counts.readings
    );
}

#[test]
fn probe() {
    for builtin in fleetfall::scenario::builtin::BUILTIN {
        let study = Study::load(builtin.name, builtin.text, NOTHING, NOTHING).unwrap();
        compare(builtin.name, &study.scenario);
    }
    for (name, text) in [
        ("w1", include_str!("../../benches/scenarios/w1.toml")),
        ("w2", include_str!("../../benches/scenarios/w2.toml")),
    ] {
        let study = Study::load(name, text, NOTHING, NOTHING).unwrap();
        compare(name, &study.scenario);
    }
    let _ = scenario;
}
