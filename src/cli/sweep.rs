//! `fleetfall sweep`.

use super::args::{Design, Format, Sweep as Arguments};
use super::exit::Exit;
use super::files::Target;
use super::replicas::{Replicas, Wanted};
use super::{files, need, output, study, terminal};
use fleetfall::experiment::{Cell, grid, spread};
use fleetfall::kernel::chance::Seed;
use fleetfall::report::sweep::{Sweep, Swept, csv, human, json};

/// What is measured if nobody says.
const MEASURES: [&str; 6] = [
    "downtime_s",
    "requests_failed",
    "restarts",
    "availability",
    "partial_service_s",
    "sojourn_p99_s",
];

/// The file that not every sweep has.
const PICTURE: &str = "sweep.svg";

/// Simulates every cell, prints the report and writes the files.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn sweep(arguments: &Arguments) -> Result<Exit, Exit> {
    let common = &arguments.common;
    let study = study::load(common, &common.with)?;
    let is_grid = arguments.design == Design::Grid;
    let axes = study.axes(&arguments.vary, &common.set, is_grid).map_err(|all| study::show(&all));
    let named: Vec<&str> = arguments.measure.iter().map(String::as_str).collect();
    let measures = if named.is_empty() { &MEASURES[..] } else { &named[..] };
    let subjects = study.subjects(measures).map_err(|all| study::show(&all));
    let (axes, subjects) = (axes?, subjects?);
    let seed = common.seed.unwrap_or(study.document.experiment.seed);
    let levels = match arguments.design {
        Design::Grid => grid(&axes),
        Design::Hypercube(points) => spread(&axes, points, Seed(seed)),
    };
    let sets: Vec<Vec<String>> = levels
        .iter()
        .map(|levels| axes.iter().zip(levels).map(|(axis, level)| axis.assignment(level)).collect())
        .collect();
    study.check_each(&sets).map_err(|all| study::show(&all))?;
    let make = |number: usize| {
        study.with_values(&sets[number]).expect("each was checked to be a scenario").scenario
    };
    let target = Target::new(arguments.out.as_deref(), &study, "sweep");
    target.check(common.limits.dry_run || arguments.sharing.is_part())?;
    let count = u64::from(arguments.replications.get());
    let replicas = Replicas::new(common, &study, |threads| {
        let here = need::share(arguments.sharing, count);
        need::of_cells(sets.len(), make, here, subjects.len(), threads)
    })?
    .sharing(arguments.sharing);
    let wanted = Wanted { label: "sweep", with: &[], seed, count, detailed: false };
    let mut cells = Vec::with_capacity(levels.len());
    replicas.cells(make, &sets, wanted, &subjects, |number, rows| {
        cells.push(Swept { levels: levels[number].clone(), cell: Cell::of(rows) });
    })?;
    if let Some(exit) = replicas.after_shard(&study.scenario) {
        return Ok(exit);
    }
    if cells.is_empty() {
        return Err(replicas.nothing(&study.scenario, "the first cell was done"));
    }
    let (done, planned) = (cells.len(), levels.len());
    let there_is = || format!("{done} of {planned} cells are done, the others are missing");
    let partial = (done < planned).then(|| replicas.partial(&study.scenario, &there_is()));
    tell(
        arguments,
        &target,
        &Sweep {
            study: &study,
            seed,
            with: &common.with,
            set: &common.set,
            partial: partial.as_ref(),
            axes: &axes,
            is_grid,
            subjects: &subjects,
            replications: count,
            planned,
            cells: &cells,
        },
    )?;
    if let Some(partial) = &partial {
        output::note(&partial.words);
        return Ok(replicas.ended());
    }
    Ok(Exit::Well)
}

/// Writes the files and prints the report.
fn tell(arguments: &Arguments, target: &Target, sweep: &Sweep) -> Result<Exit, Exit> {
    let document = json(sweep);
    let written = vec![("sweep.csv", csv(sweep)), ("sweep.json", document.clone())];
    #[cfg(feature = "plots")]
    let picture = fleetfall::report::plots::sweep(sweep).map(|picture| (PICTURE, picture));
    #[cfg(feature = "plots")]
    let written: Vec<_> = written.into_iter().chain(picture).collect();
    files::write_study(target, written, &[PICTURE], arguments.common.no_report)?;
    output::print(&match arguments.common.format {
        Format::Json => document,
        Format::Human => human(sweep, &terminal::screen()) + &target.told(),
    })?;
    Ok(Exit::Well)
}
