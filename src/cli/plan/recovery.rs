//! Which constant load a fleet bears, and from which it comes back by itself.

use super::{Exit, Planner, Replicas, Reply, Sought, output};
use fleetfall::observe::Results;
use fleetfall::report::plan::{Held, Load};
use fleetfall::scenario::capacity::Peak;
use fleetfall::scenario::model::{FaultKind, Hit};
use fleetfall::scenario::{Scenario, Trial, trial};
use std::sync::Arc;

/// Searches for the load that is borne, and for the load from which the fleet recovers.
const SEARCHES: usize = 2;

impl Planner<'_> {
    pub(super) fn recovery(&self) -> Result<(Reply, Replicas<'_>), Exit> {
        let scale = self.study.document.load.scale;
        let step = |tenths: u32| format!("{:?}", scale * f64::from(tenths) / 10.0);
        let tenths: Vec<String> = (1..=15).map(|fifth| step(2 * fifth)).collect();
        let default = format!("load.scale={}", tenths.join(","));
        let variants = self.variants(&default, Sought::Greatest)?;
        let release = self.release()?;
        let within = self.within();
        let (mut loads, mut steady, mut killed) = (Vec::new(), Vec::new(), Vec::new());
        for scenario in &variants.scenarios {
            let Some(peak) = Peak::of(scenario) else {
                output::complain("without load there is nothing to bear");
                return Err(Exit::Usage);
            };
            let quiet = Trial { load_of: peak.when, fault: None, within, release };
            let crash = Trial { fault: Some(FaultKind::CrashProcess { nodes: Hit::All }), ..quiet };
            loads.push(Load { rate: peak.rate, nodes: peak.nodes });
            steady.push(Arc::new(quiet.of(scenario)));
            killed.push(Arc::new(crash.of(scenario)));
        }
        let deadline = trial::deadline(within);
        let replicas = self.replicas(&killed, SEARCHES as u64)?;
        let question = self.question.shared(SEARCHES);
        let search = |label: &str, trials: &[Arc<Scenario>]| {
            let fails = |results: &Results| results.is_down_at(deadline);
            replicas.plan(label, trials, None, question, self.seed, fails)
        };
        let bears = search("load", &steady)?;
        let recovers = search("recovery", &killed)?;
        let held = Held { within, release: self.arguments.release.clone() };
        let levels = variants.levels;
        Ok((Reply::Recovery { levels, loads, held, bears, recovers }, replicas))
    }
}
