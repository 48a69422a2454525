//! `fleetfall check`.

use super::args::{Check, Common, Format};
use super::exit::Exit;
use super::replicas::{Replicas, Wanted};
use super::{output, study};
use fleetfall::experiment::{Judgement, Summary, judge};
use fleetfall::observe::Results;
use fleetfall::report::{Counterfactual, Palette, Report, claims, human, json};
use fleetfall::scenario::Study;
use fleetfall::scenario::claim::Claim;
use fleetfall::scenario::keys::claims::Against;

/// Validates a scenario and decides its claims.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn check(arguments: &Check) -> Result<Exit, Exit> {
    let common = &arguments.common;
    let study = study::load(common, &common.with)?;
    if arguments.resolved {
        return output::print(&study.resolved());
    }
    let capped = |count: u32| {
        let count = u64::from(count);
        arguments.replications.map_or(count, |most| count.min(most.get()))
    };
    let seed = common.seed.unwrap_or(study.document.experiment.seed);
    let planned = capped(study.document.experiment.replications);
    let replicas = Replicas::new(common)?;
    let label = &study.scenario.name;
    let wanted = Wanted { label, with: &[], seed, count: planned, detailed: true };
    let mut results = replicas.make(&study.scenario, wanted)?;
    if results.is_empty() {
        output::note("stopped before the first replication was done");
        return Err(Exit::Interrupted);
    }
    let done = results.len() as u64;
    let baseline = baseline(&replicas, common, &study.claims, seed, done)?;
    let judgements = judge_all(&study.claims, &results, baseline.as_deref());
    let mut counterfactuals = Vec::new();
    let mut stopped = done < planned;
    for (name, keys) in study.document.counterfactual.iter().filter(|_| !stopped) {
        let count = capped(keys.replications);
        match counterfactual(&replicas, &study, name.as_str(), seed, count, &mut results)? {
            Some(one) => counterfactuals.push(one),
            None => {
                stopped = true;
                break;
            }
        }
    }
    let results = &results[..done as usize];
    let summary = Summary::of(results);
    let report = Report {
        study: &study,
        seed,
        with: &common.with,
        set: &common.set,
        planned,
        first: &results[0],
        results,
        summary: &summary,
        judgements: &judgements,
        judged: true,
        counterfactuals: &counterfactuals,
    };
    output::print(&match common.format {
        Format::Json => json::check(&report),
        Format::Human => human::check(&report, &Palette::COLOR),
    })?;
    if stopped {
        output::note("stopped: what was not simulated is missing above");
        return Ok(Exit::Interrupted);
    }
    let [_, undecided, failed] = claims::tally(&report);
    Ok(if undecided + failed > 0 { Exit::Claims } else { Exit::Well })
}

/// Decides the claims of a counterfactual. `unpatched` are replications of the scenario from `seed`
/// on; more are added if needed. `None` if somebody pressed Ctrl-C.
fn counterfactual(
    replicas: &Replicas,
    study: &Study,
    name: &str,
    seed: u64,
    count: u64,
    unpatched: &mut Vec<Results>,
) -> Result<Option<Counterfactual>, Exit> {
    let variant = study.variant(name).map_err(|problems| study::show(&problems))?;
    let with = [name.to_string()];
    let wanted = Wanted { label: name, with: &with, seed, count, detailed: false };
    let results = replicas.make(&variant.scenario, wanted)?;
    let there = unpatched.len() as u64;
    if there < count && variant.claims.iter().any(is_against) {
        let wanted = Wanted {
            label: "without it",
            with: &[],
            seed: seed.wrapping_add(there),
            count: count - there,
            detailed: false,
        };
        unpatched.extend(replicas.make(&study.scenario, wanted)?);
    }
    let has_baseline = unpatched.len() as u64 >= count || !variant.claims.iter().any(is_against);
    if (results.len() as u64) < count || !has_baseline {
        return Ok(None);
    }
    let judgements = judge_all(&variant.claims, &results, Some(unpatched));
    let about = study.document.counterfactual.get(name).map(|keys| keys.about.clone());
    Ok(Some(Counterfactual {
        name: name.to_string(),
        about: about.unwrap_or_default(),
        replications: count,
        judgements,
    }))
}

/// The same replications without any patch, if a claim asks for them.
///
/// # Errors
/// The exit after a problem has been shown, or after Ctrl-C.
pub(super) fn baseline(
    replicas: &Replicas,
    common: &Common,
    claims: &[Claim],
    seed: u64,
    count: u64,
) -> Result<Option<Vec<Results>>, Exit> {
    if !claims.iter().any(is_against) {
        return Ok(None);
    }
    let study = study::load(common, &[])?;
    let wanted = Wanted { label: "without patches", with: &[], seed, count, detailed: false };
    let results = replicas.make(&study.scenario, wanted)?;
    if (results.len() as u64) < count {
        output::note("stopped before the replications without patches were done");
        return Err(Exit::Interrupted);
    }
    Ok(Some(results))
}

fn is_against(claim: &Claim) -> bool {
    claim.against != Against::Nothing
}

/// Decides claims.
pub(super) fn judge_all(
    claims: &[Claim],
    results: &[Results],
    baseline: Option<&[Results]>,
) -> Vec<Judgement> {
    claims.iter().map(|claim| judge(claim, results, baseline)).collect()
}
