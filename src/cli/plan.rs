//! `fleetfall plan`.

mod losses;
mod recovery;

use super::args::{Ask, Format, Plan as Arguments, Sought};
use super::exit::Exit;
use super::files::Target;
use super::replicas::Replicas;
use super::{files, need, output, study, terminal};
use fleetfall::experiment::plan::Question;
use fleetfall::kernel::time::Duration;
use fleetfall::observe::Results;
use fleetfall::report::format::plural;
use fleetfall::report::plan::{Asked, Levels, PlanReport, Reply, human, json};
use fleetfall::scenario::measure::Measure;
use fleetfall::scenario::text::diagnostic::{nearest, quoted};
use fleetfall::scenario::{Scenario, Study};
use std::sync::Arc;

/// Replications of every value before the search.
const SCAN: u64 = 5;

/// How long a fleet has to come back.
const WITHIN: Duration = Duration::from_secs(30 * 60);

/// Answers a question of capacity.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn plan(arguments: &Arguments) -> Result<Exit, Exit> {
    refuse_idle(arguments)?;
    let common = &arguments.common;
    let study = study::load(common, &common.with)?;
    let question = Question {
        at_most: arguments.outage_at_most,
        confidence: arguments.confidence,
        scan: SCAN,
        ceiling: arguments.replications.get(),
    };
    let seed = common.seed.unwrap_or(study.document.experiment.seed);
    let target = Target::new(arguments.out.as_deref(), &study, "plan");
    target.check(common.limits.dry_run)?;
    let planner = Planner { arguments, study: &study, question, seed };
    let (reply, replicas) = match arguments.ask {
        Ask::Outage => planner.outage()?,
        Ask::Recovery => planner.recovery()?,
        Ask::Losses => planner.losses()?,
    };
    if reply.was_stopped() && reply.spent() == 0 {
        return Err(replicas.nothing(&study.scenario, "the first replication was done"));
    }
    let there_is = || format!("{} are done", plural(reply.spent(), "replication"));
    let partial = reply.was_stopped().then(|| replicas.partial(&study.scenario, &there_is()));
    let asked = Asked {
        study: &study,
        seed,
        with: &common.with,
        set: &common.set,
        partial: partial.as_ref(),
        growth: arguments.growth,
        question,
    };
    let report = PlanReport { asked, reply: &reply };
    tell(arguments, &target, &report)?;
    if let Some(partial) = &partial {
        output::note(&partial.words);
        return Ok(replicas.ended());
    }
    Ok(Exit::Well)
}

/// Writes the files and prints the report.
fn tell(arguments: &Arguments, target: &Target, report: &PlanReport) -> Result<Exit, Exit> {
    let document = json(report);
    let written = vec![("plan.json", document.clone())];
    #[cfg(feature = "plots")]
    let written = [written, vec![("plan.svg", fleetfall::report::plots::plan(report))]].concat();
    files::write_study(target, written, &[], arguments.common.no_report)?;
    output::print(&match arguments.common.format {
        Format::Json => document,
        Format::Human => human(report, &terminal::screen()) + &target.told(),
    })
}

/// Refuses options that the question has no use for.
fn refuse_idle(arguments: &Arguments) -> Result<(), Exit> {
    let ask = arguments.ask;
    let given = [
        ("--vary", arguments.vary.is_some(), ask == Ask::Losses),
        ("--find", arguments.find.is_some(), ask == Ask::Losses),
        ("--within", arguments.within.is_some(), ask == Ask::Outage),
        ("--release", arguments.release.is_some(), ask == Ask::Outage),
        ("--up-to", arguments.up_to.is_some(), ask != Ask::Losses),
    ];
    let idle = given.iter().find(|(_, given, idle)| *given && *idle);
    let Some((option, ..)) = idle else { return Ok(()) };
    let question = match ask {
        Ask::Outage => "outage",
        Ask::Recovery => "recovery",
        Ask::Losses => "losses",
    };
    output::complain(&format!("`{option}` means nothing to `--ask {question}`"));
    Err(Exit::Usage)
}

/// A question with what it is about.
#[derive(Clone, Copy)]
struct Planner<'a> {
    arguments: &'a Arguments,
    study: &'a Study,
    question: Question,
    seed: u64,
}

/// The scenarios of a key's values, in the order in which an answer is sought.
struct Variants {
    levels: Levels,
    sets: Vec<Vec<String>>,
    scenarios: Vec<Arc<Scenario>>,
}

impl Planner<'_> {
    fn outage(&self) -> Result<(Reply, Replicas<'_>), Exit> {
        let most = 2 * self.study.scenario.nodes.count;
        let variants = self.variants(&format!("nodes.count=1..{most}"), Sought::Least)?;
        let outage = |results: &Results| results.measure(Measure::Outages) > 0.0;
        let replicas = self.replicas(&variants.scenarios, 1)?;
        let sets = Some(&variants.sets[..]);
        let found =
            replicas.plan("plan", &variants.scenarios, sets, self.question, self.seed, outage)?;
        Ok((Reply::Outage { levels: variants.levels, found }, replicas))
    }

    /// What makes the replications of so many searches through as many scenarios as these.
    fn replicas(&self, scenarios: &[Arc<Scenario>], searches: u64) -> Result<Replicas<'_>, Exit> {
        Replicas::new(&self.arguments.common, self.study, |threads| {
            need::of_search(scenarios, self.question, searches, threads)
        })
    }

    /// The values of `--vary`, or those given.
    fn variants(&self, default: &str, sought: Sought) -> Result<Variants, Exit> {
        let Arguments { common, vary, find, growth, .. } = self.arguments;
        let (study, growth) = (self.study, *growth);
        let vary = vary.as_deref().unwrap_or(default);
        let axes = study.axes(&[vary], &common.set, true).map_err(|all| study::show(&all))?;
        let Some(axis) = axes.first() else { return Err(Exit::Usage) };
        let greatest = find.unwrap_or(sought) == Sought::Greatest;
        let mut levels = axis.levels().to_vec();
        if greatest {
            levels.reverse();
        }
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
        let values = levels.into_iter().map(|level| level.value).collect();
        let levels = Levels { key: axis.key.clone(), values, greatest };
        Ok(Variants { levels, sets, scenarios })
    }

    fn within(&self) -> Duration {
        self.arguments.within.unwrap_or(WITHIN)
    }

    /// The number of the release that the arguments name.
    fn release(&self) -> Result<Option<usize>, Exit> {
        let Some(name) = &self.arguments.release else { return Ok(None) };
        let releases = &self.study.scenario.releases;
        if let Some(number) = releases.iter().position(|release| release.name == *name) {
            return Ok(Some(number));
        }
        let names: Vec<&str> = releases.iter().map(|release| release.name.as_str()).collect();
        output::complain(&match nearest(name, &names) {
            Some(best) => format!("there is no release `{name}`; did you mean `{best}`?"),
            None => format!("there is no release `{name}`; known: {}", quoted(&names)),
        });
        Err(Exit::Usage)
    }
}
