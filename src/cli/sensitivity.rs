//! `fleetfall sensitivity`.

use super::args::{Format, Sensitivity as Arguments};
use super::exit::Exit;
use super::files::Target;
use super::replicas::{Replicas, Wanted};
use super::{files, need, output, study, terminal};
use fleetfall::experiment::Row;
use fleetfall::experiment::sensitivity::{Gathering, Question, strengths, trials};
use fleetfall::kernel::chance::Seed;
use fleetfall::report::sensitivity::{
    Sensitivity, Together, all_together, human, json, one_at_a_time, points,
};
use fleetfall::scenario::Study;
use fleetfall::scenario::assumption::Assumed;
use fleetfall::scenario::claim::Subject;
use std::sync::Arc;

/// Points of the hypercube if neither the arguments nor the scenario say.
const POINTS: u32 = 100;

/// The files of all assumptions moved together.
const TOGETHER: &str = "all-together.csv";
const POINTS_FILE: &str = "points.csv";

/// Moves the assumptions, prints what that does to the outcome and writes the files.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn sensitivity(arguments: &Arguments) -> Result<Exit, Exit> {
    let common = &arguments.common;
    let study = study::load(common, &common.with)?;
    if study.document.assumption.is_empty() {
        output::complain(
            "the scenario makes no assumption; add `[[assumption]]` with `key`, \
                          `range` and `why` for every value that nobody knows",
        );
        return Err(Exit::Usage);
    }
    let subject = study.subjects(&[&arguments.measure]).map_err(|all| study::show(&all))?[0];
    let hypercube = study.document.hypercube.as_ref();
    let scale_load = arguments.scale_load.unwrap_or(hypercube.is_some_and(|keys| keys.scale_load));
    let count = arguments.points.or(hypercube.map(|keys| keys.points)).unwrap_or(POINTS);
    let seed = common.seed.unwrap_or(study.document.experiment.seed);
    let trials = trials(&study, arguments.levels, scale_load).map_err(|all| study::show(&all))?;
    let mut scenarios = vec![Arc::clone(&study.scenario)];
    scenarios.extend(trials.iter().map(|trial| Arc::clone(&trial.scenario)));
    let mut sets = vec![Vec::new()];
    sets.extend(trials.iter().map(|one| one.assumed.iter().map(Assumed::assignment).collect()));
    let target = Target::new(arguments.out.as_deref(), &study, "sensitivity");
    target.check(common.limits.dry_run)?;
    let replications = u64::from(arguments.replications.get());
    let replicas = Replicas::new(common, &study, |threads| {
        let make = |number: usize| Arc::clone(&scenarios[number]);
        let tornado = need::of_cells(scenarios.len(), make, replications, 1, threads);
        // The points lie between the ends that the trials have.
        tornado.and(need::of_points(&scenarios, count, need::ROW, threads))
    })?;
    let label = "one at a time";
    let wanted = Wanted { label, with: &[], seed, count: replications, detailed: false };
    let mut gathering = Gathering::new(&trials);
    let make = |number: usize| Arc::clone(&scenarios[number]);
    replicas.cells(make, &sets, wanted, &[subject], |_, rows| gathering.take(rows))?;
    let Some(tornado) = gathering.finish() else {
        return Err(replicas.nothing(&study.scenario, "the first assumption was moved"));
    };
    let together = together(&replicas, &study, (count, scale_load), seed, subject)?;
    let (moved, all) = (tornado.effects.len(), study.document.assumption.len());
    let there_is =
        || format!("{moved} of {all} assumptions were moved one at a time, none of them together");
    let partial = together.is_none().then(|| replicas.partial(&study.scenario, &there_is()));
    tell(
        arguments,
        &target,
        &Sensitivity {
            study: &study,
            seed,
            with: &common.with,
            set: &common.set,
            partial: partial.as_ref(),
            subject,
            replications,
            scale_load,
            tornado: &tornado,
            together: together.as_ref(),
        },
    )?;
    if let Some(partial) = &partial {
        output::note(&partial.words);
        return Ok(replicas.ended());
    }
    Ok(Exit::Well)
}

/// All assumptions over their ranges together; `None` if the command ends before.
fn together(
    replicas: &Replicas,
    study: &Study,
    (count, scale_load): (u32, bool),
    seed: u64,
    subject: Subject,
) -> Result<Option<Together>, Exit> {
    let keep = |results| Row::of(&results, &[subject]);
    let points = replicas.hypercube(study, count, scale_load, seed, keep)?;
    Ok(points.map(|points| {
        let strengths = Question::ALL.map(|question| strengths(&points, question, Seed(seed)));
        Together { points, strengths }
    }))
}

/// Writes the files and prints the report.
fn tell(arguments: &Arguments, target: &Target, report: &Sensitivity) -> Result<Exit, Exit> {
    let document = json(report);
    let mut written =
        vec![("one-at-a-time.csv", one_at_a_time(report)), ("sensitivity.json", document.clone())];
    #[cfg(feature = "plots")]
    written.push(("tornado.svg", fleetfall::report::plots::tornado(report)));
    if report.together.is_some() {
        written.extend([(TOGETHER, all_together(report)), (POINTS_FILE, points(report))]);
    }
    files::write_study(target, written, &[TOGETHER, POINTS_FILE], arguments.common.no_report)?;
    output::print(&match arguments.common.format {
        Format::Json => document,
        Format::Human => human(report, &terminal::screen()) + &target.told(),
    })
}
