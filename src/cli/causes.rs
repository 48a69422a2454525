//! `fleetfall causes`.

use super::args::{Causes as Arguments, Format};
use super::exit::Exit;
use super::files::Target;
use super::replicas::Replicas;
use super::{files, need, output, study, terminal};
use fleetfall::experiment::{Variants, causes::MOST};
use fleetfall::report::causes::{self, CausesReport};
use fleetfall::report::format::plural;
use fleetfall::scenario::Study;
use std::sync::Arc;

/// Shares out the downtime and the failures of a scenario among its causes.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn causes(arguments: &Arguments) -> Result<Exit, Exit> {
    let common = &arguments.common;
    let study = study::load(common, &common.with)?;
    let names: Vec<String> = study.document.cause.names().iter().map(ToString::to_string).collect();
    if names.is_empty() {
        output::complain("the scenario names no cause to take away");
        output::note("  add `[cause.NAME]` with `about` and `patch` to the scenario");
        return Err(Exit::Usage);
    }
    if names.len() > MOST {
        let count = names.len();
        output::complain(&format!(
            "the scenario names {count} causes; every subset is simulated, so at most {MOST} go"
        ));
        return Err(Exit::Usage);
    }
    let variants = subsets(&study, &names)?;
    let seed = common.seed.unwrap_or(study.document.experiment.seed);
    let target = Target::new(arguments.out.as_deref(), &study, "causes");
    target.check(common.limits.dry_run || arguments.sharing.is_part())?;
    let count = arguments.replications.get();
    let here = need::share(arguments.sharing, count);
    let replicas =
        Replicas::new(common, &study, |threads| need::of_sums(&variants, here, threads))?
            .sharing(arguments.sharing);
    let shared = replicas.causes(&names, &variants, seed, count)?;
    if let Some(exit) = replicas.after_shard(&study.scenario) {
        return Ok(exit);
    }
    if shared.replications == 0 {
        return Err(replicas.nothing(&study.scenario, "the first replication was done"));
    }
    let there_is =
        || format!("{} of {} are done", shared.replications, plural(count, "replication"));
    let partial = shared.stopped.then(|| replicas.partial(&study.scenario, &there_is()));
    let (with, set) = (&common.with, &common.set);
    let partial = partial.as_ref();
    let report = CausesReport { study: &study, seed, with, set, partial, causes: &shared };
    let document = causes::json(&report);
    let written = vec![("causes.json", document.clone())];
    files::write_study(&target, written, &[], common.no_report)?;
    output::print(&match common.format {
        Format::Json => document,
        Format::Human => causes::human(&report, &terminal::screen()) + &target.told(),
    })?;
    if let Some(partial) = partial {
        output::note(&partial.words);
        return Ok(replicas.ended());
    }
    Ok(Exit::Well)
}

/// The scenario without every subset of its causes: in number `n` those are taken away whose bit
/// is set in `n`.
fn subsets(study: &Study, names: &[String]) -> Result<Variants, Exit> {
    let mut variants = Variants { scenarios: Vec::new(), names: Vec::new() };
    for taken in 0..1_usize << names.len() {
        let removed: Vec<String> = names
            .iter()
            .enumerate()
            .filter(|(bit, _)| taken >> bit & 1 == 1)
            .map(|(_, name)| name.clone())
            .collect();
        let scenario = if removed.is_empty() {
            Ok(Arc::clone(&study.scenario))
        } else {
            study.combination(&removed)
        };
        variants.scenarios.push(scenario.map_err(|problems| study::show(&problems))?);
        variants.names.push(removed);
    }
    Ok(variants)
}
