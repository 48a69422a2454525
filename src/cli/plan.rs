//! `fleetfall plan`.

use super::args::{Format, Plan as Arguments, Sought};
use super::exit::Exit;
use super::replicas::Replicas;
use super::{files, output, study};
use fleetfall::experiment::plan::Question;
use fleetfall::report::Palette;
use fleetfall::report::plan::{self, PlanReport};

/// Replications of every value before the search.
const SCAN: u64 = 5;

/// Answers a question of capacity.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn plan(arguments: &Arguments) -> Result<Exit, Exit> {
    let common = &arguments.common;
    let study = study::load(common, &common.with)?;
    let vary = arguments.vary.clone().unwrap_or_else(|| {
        let count = study.scenario.nodes.count;
        format!("nodes.count=1..{}", 2 * count)
    });
    let axes = study.axes(&[&vary], &common.set, true).map_err(|all| study::show(&all))?;
    let Some(axis) = axes.first() else { return Err(Exit::Usage) };
    let mut levels = axis.levels().to_vec();
    if arguments.find == Sought::Greatest {
        levels.reverse();
    }
    let growth = arguments.growth;
    let scale = format!("load.scale={:?}", study.document.load.scale * growth);
    let grown = (growth - 1.0).abs() > f64::EPSILON;
    if grown && axis.key == "load.scale" {
        output::complain("`--growth` scales the load, which is varied already");
        return Err(Exit::Usage);
    }
    let sets: Vec<Vec<String>> = levels
        .iter()
        .map(|level| {
            let own = axis.assignment(level);
            if grown { vec![own, scale.clone()] } else { vec![own] }
        })
        .collect();
    study.check_each(&sets).map_err(|all| study::show(&all))?;
    let scenarios = sets
        .iter()
        .map(|sets| study.with_values(sets).map(|variant| variant.scenario))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|problems| study::show(&problems))?;
    let question = Question {
        at_most: arguments.outage_at_most,
        confidence: arguments.confidence,
        scan: SCAN,
        ceiling: arguments.replications.get(),
    };
    let seed = common.seed.unwrap_or(study.document.experiment.seed);
    let found = Replicas::new(common, &study)?.plan(&scenarios, &sets, question, seed)?;
    let values: Vec<String> = levels.into_iter().map(|level| level.value).collect();
    let report = PlanReport {
        study: &study,
        seed,
        with: &common.with,
        set: &common.set,
        key: &axis.key,
        values: &values,
        greatest: arguments.find == Sought::Greatest,
        growth,
        question,
        found: &found,
    };
    if let Some(directory) = &arguments.out {
        files::write_one(directory, "plan.json", &plan::json(&report))?;
    }
    output::print(&match common.format {
        Format::Json => plan::json(&report),
        Format::Human => plan::human(&report, &Palette::COLOR),
    })?;
    if found.stopped {
        output::note("stopped: what was not simulated is missing above");
        return Ok(Exit::Interrupted);
    }
    Ok(Exit::Well)
}
