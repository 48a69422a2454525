//! How many nodes a fleet may lose at once, hour by hour.

use super::{Exit, Planner, Replicas, Reply, output};
use fleetfall::report::plan::{Held, Hour, Search};
use fleetfall::scenario::Scenario;
use fleetfall::scenario::capacity::{BusyHour, busy_hours};
use fleetfall::scenario::model::{FaultKind, Hit, Lasting};
use fleetfall::scenario::trial::{Trial, deadline};
use std::sync::Arc;

/// The most nodes lost at once that are tried if nobody says how many.
const MOST: u32 = 8;

impl Planner<'_> {
    pub(super) fn losses(&self) -> Result<(Reply, Replicas<'_>), Exit> {
        let scenario = self.grown()?;
        let release = self.release()?;
        let within = self.within();
        let hours = busy_hours(&scenario);
        if hours.iter().all(|hour| hour.rate <= 0.0) {
            output::complain("without load there is nothing to bear");
            return Err(Exit::Usage);
        }
        // Hours with the same load on the same nodes are one search.
        let same = |one: &BusyHour, other: &BusyHour| {
            let rates = |hour: &BusyHour| -> Vec<f64> {
                scenario.sources.iter().map(|source| source.course.rate(hour.when)).collect()
            };
            scenario.nodes.at(one.when) == scenario.nodes.at(other.when)
                && rates(one) == rates(other)
        };
        let mut distinct: Vec<BusyHour> = Vec::new();
        for hour in &hours {
            if !distinct.iter().any(|known| same(known, hour)) {
                distinct.push(*hour);
            }
        }
        let question = self.question.shared(distinct.len());
        let deadline = deadline(within);
        let trials = |hour: &BusyHour, losses: &[u32]| -> Vec<Arc<Scenario>> {
            let trial = |&count: &u32| {
                let fault = (count > 0).then_some(FaultKind::CrashNode {
                    nodes: Hit::Count(count),
                    back: Lasting::Never,
                });
                Trial { load_of: hour.when, fault, within, release }
            };
            losses.iter().map(|count| Arc::new(trial(count).of(&scenario))).collect()
        };
        let busiest = distinct.iter().max_by(|one, other| one.rate.total_cmp(&other.rate));
        let busiest = busiest
            .map_or(Vec::new(), |hour| trials(hour, &self.lost(scenario.nodes.at(hour.when))));
        let replicas = self.replicas(&busiest, distinct.len() as u64)?;
        let mut searches = Vec::new();
        for hour in &distinct {
            let losses = self.lost(scenario.nodes.at(hour.when));
            let trials = trials(hour, &losses);
            let label = format!("losses at {:02}:00", hour.hour);
            let found = replicas.plan(&label, &trials, None, question, self.seed, |results| {
                results.is_down_at(deadline)
            })?;
            searches.push(Search { losses, found });
        }
        let of = |hour: &BusyHour| distinct.iter().position(|known| same(known, hour));
        let hours = hours
            .iter()
            .map(|hour| Hour {
                hour: hour.hour,
                rate: hour.rate,
                nodes: scenario.nodes.at(hour.when),
                search: of(hour).unwrap_or_default(),
            })
            .collect();
        let held = Held { within, release: self.arguments.release.clone() };
        Ok((Reply::Losses { hours, held, searches }, replicas))
    }

    /// The scenario with `--growth`.
    fn grown(&self) -> Result<Arc<Scenario>, Exit> {
        let scale = self.study.document.load.scale * self.arguments.growth;
        let set = format!("load.scale={scale:?}");
        let grown = self.study.with_values(&[set]).map_err(|all| super::study::show(&all))?;
        Ok(grown.scenario)
    }

    /// How many of so many nodes are lost, in the order in which an answer is sought.
    fn lost(&self, nodes: u32) -> Vec<u32> {
        let half = nodes.div_ceil(2).min(MOST);
        let most = self.arguments.up_to.map_or(half, |most| most.get().min(nodes));
        (0..=most).rev().collect()
    }
}
