//! `fleetfall compare`.

#![allow(clippy::disallowed_types, reason = "people wait in real time")]

use super::args::{Compare as Arguments, Format, PrecisionArgument};
use super::exit::Exit;
use super::files::Target;
use super::replicas::Replicas;
use super::{files, need, output, progress, study, terminal};
use fleetfall::experiment::{Precision, Rule, Variants};
use fleetfall::kernel::chance::Seed;
use fleetfall::report::compare::{self, Compare};
use fleetfall::report::format::plural;
use fleetfall::scenario::Study;
use fleetfall::scenario::text::diagnostic::{nearest, quoted};
use std::sync::Arc;
use std::time::Instant;

/// Replications without a precision.
const USUAL: u64 = 30;

/// Patches of which every pair is compared.
const MOST_COMBINED: usize = 20;

/// Compares a scenario with its mitigations.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn compare(arguments: &Arguments) -> Result<Exit, Exit> {
    let common = &arguments.common;
    let study = study::load(common, &common.with)?;
    let names = chosen(arguments, &study)?;
    let variants = variants(&study, &names, arguments.combine)?;
    let seed = common.seed.unwrap_or(study.document.experiment.seed);
    let precision = arguments.precision.map_or(Precision::None, PrecisionArgument::get);
    let usual = match precision {
        Precision::None => USUAL,
        Precision::Seconds(_) | Precision::Relative(_) => {
            u64::from(study.document.experiment.replications).max(USUAL)
        }
    };
    let ceiling = arguments.replications.map_or(usual, |count| count.get());
    let target = Target::new(arguments.out.as_deref(), &study, "compare");
    target.check(common.limits.dry_run || arguments.sharing.is_part())?;
    let here = need::share(arguments.sharing, ceiling);
    let replicas =
        Replicas::new(common, &study, |threads| need::of_sums(&variants, here, threads))?
            .sharing(arguments.sharing);
    let rule = Rule { seed: Seed(seed), ceiling, precision };
    let since = Instant::now();
    let comparison = replicas.compare(&variants, rule)?;
    if let Some(exit) = replicas.after_shard(&study.scenario) {
        return Ok(exit);
    }
    if comparison.replications == 0 {
        return Err(replicas.nothing(&study.scenario, "the first replication was done"));
    }
    let done = comparison.replications;
    let there_is = || format!("{done} of {} are done", plural(ceiling, "replication"));
    let partial = comparison.stopped.then(|| replicas.partial(&study.scenario, &there_is()));
    let report = Compare {
        study: &study,
        seed,
        with: &common.with,
        set: &common.set,
        partial: partial.as_ref(),
        comparison: &comparison,
        precision,
    };
    tell(arguments, &target, &report)?;
    if let Some(took) = progress::waited(since) {
        let (variants, pairs) = (comparison.variants.len(), comparison.replications);
        output::note(&format!("{variants} variants, {pairs} replications of each: {took}"));
    }
    if let Some(partial) = &partial {
        output::note(&partial.words);
        return Ok(replicas.ended());
    }
    Ok(Exit::Well)
}

/// Writes the files and prints the report.
fn tell(arguments: &Arguments, target: &Target, report: &Compare) -> Result<Exit, Exit> {
    let document = compare::json(report);
    let written = vec![("compare.csv", compare::csv(report)), ("compare.json", document.clone())];
    #[cfg(feature = "plots")]
    let written: Vec<_> =
        written.into_iter().chain(fleetfall::report::plots::compare(report)).collect();
    files::write_study(target, written, &[], arguments.common.no_report)?;
    output::print(&match arguments.common.format {
        Format::Json => document,
        Format::Human => compare::human(report, &terminal::screen()) + &target.told(),
    })
}

/// The mitigations that were asked for, or all of them.
fn chosen(arguments: &Arguments, study: &Study) -> Result<Vec<String>, Exit> {
    let mut known: Vec<&str> = study.document.mitigation.names();
    known.extend(study.document.counterfactual.names());
    let wrong: Vec<&String> =
        arguments.only.iter().filter(|name| !known.contains(&name.as_str())).collect();
    for name in &wrong {
        let help = match nearest(name, &known) {
            Some(best) => format!("did you mean `{best}`?"),
            None => format!("known: {}", quoted(&known)),
        };
        output::complain(&format!("there is no mitigation or counterfactual `{name}`; {help}"));
    }
    if !wrong.is_empty() {
        return Err(Exit::Usage);
    }
    let mut names = arguments.only.clone();
    if names.is_empty() {
        names.extend(study.document.mitigation.names().iter().map(ToString::to_string));
    }
    // Those that are part of the scenario already change nothing.
    names.retain(|name| !arguments.common.with.contains(name));
    if names.is_empty() {
        output::complain("there is nothing to compare the scenario with: it names no mitigation");
        output::note("  add `[mitigation.NAME]` with `about` and `patch` to the scenario");
        return Err(Exit::Usage);
    }
    Ok(names)
}

/// The scenario, its variants, and if wanted every pair of them and all together.
fn variants(study: &Study, names: &[String], combine: bool) -> Result<Variants, Exit> {
    if combine && names.len() > MOST_COMBINED {
        let count = names.len();
        output::complain(&format!(
            "`--combine` makes every pair of {count} patches, and {MOST_COMBINED} may be combined"
        ));
        output::help("name those that matter with `--only`");
        return Err(Exit::Usage);
    }
    let mut patches: Vec<Vec<String>> = vec![Vec::new()];
    patches.extend(names.iter().map(|name| vec![name.clone()]));
    if combine {
        for (number, first) in names.iter().enumerate() {
            for second in &names[number + 1..] {
                patches.push(vec![first.clone(), second.clone()]);
            }
        }
        if names.len() > 2 {
            patches.push(names.to_vec());
        }
    }
    let mut variants = Variants { scenarios: Vec::new(), names: Vec::new() };
    for names in patches {
        if names.is_empty() {
            variants.scenarios.push(Arc::clone(&study.scenario));
        } else {
            match study.combination(&names) {
                Ok(scenario) => variants.scenarios.push(scenario),
                Err(problems) if names.len() > 1 => {
                    let names = names.join(" + ");
                    output::note(&format!("left out: {names} do not go together"));
                    output::note(&problems.lines());
                    continue;
                }
                Err(problems) => return Err(study::show(&problems)),
            }
        }
        variants.names.push(names);
    }
    Ok(variants)
}
