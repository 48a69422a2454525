//! `fleetfall run`.

use super::args::{Format, Run};
use super::exit::Exit;
use super::files::Target;
use super::replicas::{Replicas, Wanted, quoted};
use super::{files, need, output, study, terminal};
use fleetfall::experiment::{Assurance, Judgement, Summary, judge};
use fleetfall::report::{Report, Screen, claims, format, human, json};
use std::path::Path;

/// What has to be done for there to be a result.
const FIRST: &str = "the first replication was done";

/// Simulates a scenario, prints the report and writes the files.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn run(arguments: &Run) -> Result<Exit, Exit> {
    let common = &arguments.common;
    let study = study::load(common, &common.with)?;
    let seed = common.seed.unwrap_or(study.document.experiment.seed);
    let planned = arguments.replications.get();
    let target = Target::new(arguments.out.as_deref(), &study, "run");
    target.check(common.limits.dry_run || arguments.sharing.is_part())?;
    let here = need::share(arguments.sharing, planned);
    let replicas =
        Replicas::new(common, &study, |threads| need::of_results(&study.scenario, here, threads))?
            .sharing(arguments.sharing);
    let label = &study.scenario.name;
    let wanted = Wanted { label, with: &[], seed, count: planned, detailed: true };
    let results = replicas.make(&study.scenario, wanted)?;
    if let Some(exit) = replicas.after_shard(&study.scenario) {
        return Ok(exit);
    }
    let Some(first) = results.first() else {
        return Err(replicas.nothing(&study.scenario, FIRST));
    };
    let done = results.len() as u64;
    let there_is = || format!("{done} of {} are done", format::plural(planned, "replication"));
    let partial = (done < planned).then(|| replicas.partial(&study.scenario, &there_is()));
    let assurance = Assurance::of(&study, done);
    // What sets variants against one another is for `check`.
    let own = study.claims.iter().filter(|claim| !claim.needs_variants());
    let judgements: Vec<Judgement> =
        own.map(|claim| judge(claim, &results, None, assurance)).collect();
    let summary = Summary::of(&results);
    let report = Report {
        study: &study,
        seed,
        with: &common.with,
        set: &common.set,
        planned,
        partial: partial.as_ref(),
        first,
        results: &results,
        summary: &summary,
        judgements: &judgements,
        judged: done > 1 && common.with.is_empty(),
    };
    files::write(&report, &target, common.no_report)?;
    match common.format {
        Format::Json => output::print(&json::report(&report))?,
        Format::Human => {
            let screen = terminal::screen();
            let text = human::report(&report, &screen);
            output::print(&(text + &next(&report, &common.file, &target, &screen)))?
        }
    };
    let [_, undecided, failed] = claims::tally(report.judgements);
    if let Some(partial) = &partial {
        output::note(&partial.words);
    }
    Ok(match () {
        () if partial.is_some() => replicas.ended(),
        () if report.judged && undecided + failed > 0 => Exit::Claims,
        () => Exit::Well,
    })
}

/// Where the files are, and what to type next.
fn next(report: &Report, file: &Path, target: &Target, screen: &Screen) -> String {
    let file = quoted(&file.display().to_string());
    let mut text = target.told();
    let document = &report.study.document;
    // What is to be typed stays on one line, for those who copy it.
    let mut line = |command: String, why: &str| {
        let why = format::wrap(why, screen.text() - 6, "      ");
        text.push_str(&format!("  {command}\n      {why}\n"));
    };
    if !report.is_many() && report.planned == 1 {
        let count = document.experiment.replications;
        line(
            format!("fleetfall run {file} --replications {count}"),
            "every figure with its interval, every milestone with its range",
        );
    }
    if report.with.is_empty() && !document.expect.is_empty() {
        let why =
            "decides the claims, also of the counterfactuals and over the assumptions' ranges";
        line(format!("fleetfall check {file}"), why);
    }
    if report.with.is_empty() && !document.mitigation.is_empty() {
        let names = document.mitigation.names().join(", ");
        line(
            format!("fleetfall run {file} --with NAME"),
            &format!("what would have helped; NAME is one of {names}"),
        );
    }
    if let [name] = report.with
        && document.counterfactual.get(name).is_some()
    {
        let name = quoted(name);
        let why = "decides what the scenario claims about this counterfactual";
        line(format!("fleetfall check {file} --only {name}"), why);
    }
    text
}
