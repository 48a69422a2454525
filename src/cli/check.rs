//! `fleetfall check`.

use super::args::{Check as Arguments, Common, Format};
use super::exit::Exit;
use super::replicas::{Replicas, Wanted};
use super::{files, output, study};
use fleetfall::experiment::{Judgement, Summary, judge};
use fleetfall::observe::Results;
use fleetfall::report::{
    Check, Counterfactual, Hypercube, Palette, Report, advice, claims, human, hypercube, json,
};
use fleetfall::scenario::Study;
use fleetfall::scenario::claim::Claim;
use fleetfall::scenario::keys::claims::Against;
use fleetfall::scenario::text::diagnostic::{nearest, quoted};

/// What `--only` calls the scenario's own claims.
const EXPECT: &str = "expect";
/// What it calls those over the ranges of the assumptions.
const HYPERCUBE: &str = "hypercube";

/// Validates a scenario and decides its claims.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn check(arguments: &Arguments) -> Result<Exit, Exit> {
    let common = &arguments.common;
    let study = study::load(common, &common.with)?;
    known(&arguments.only, &study)?;
    if arguments.resolved {
        return output::print(&study.resolved());
    }
    if common.format == Format::Human {
        // It takes a moment, and what follows may take long.
        output::print(&advice::human(&advice::advice(&study.scenario), &Palette::COLOR))?;
    }
    let seed = common.seed.unwrap_or(study.document.experiment.seed);
    let replicas = Replicas::new(common)?;
    let job = Job { arguments, study: &study, replicas: &replicas, seed };
    let planned = job.capped(study.document.experiment.replications);
    let mut results = if job.wants(EXPECT) { job.own(planned)? } else { Vec::new() };
    let done = results.len() as u64;
    let baseline = baseline(&replicas, common, &study.claims, seed, done)?;
    let judgements = judge_all(&study.claims, &results, baseline.as_deref());
    let mut stopped = job.wants(EXPECT) && done < planned;
    let mut counterfactuals = Vec::new();
    if !stopped {
        stopped = job.counterfactuals(&mut results, &mut counterfactuals)?;
    }
    let hypercube = if stopped { None } else { job.hypercube()? };
    stopped |= hypercube.is_none() && job.cube().is_some();
    let results = &results[..done as usize];
    let summary = (!results.is_empty()).then(|| Summary::of(results));
    let own = summary.as_ref().map(|summary| Report {
        study: &study,
        seed,
        with: &common.with,
        set: &common.set,
        planned,
        first: &results[0],
        results,
        summary,
        judgements: &judgements,
        judged: true,
    });
    job.tell(
        &Check {
            study: &study,
            seed,
            with: &common.with,
            set: &common.set,
            own: own.as_ref(),
            counterfactuals: &counterfactuals,
            hypercube: hypercube.as_ref(),
        },
        stopped,
    )
}

/// Refuses names in `--only` that nothing has.
fn known(only: &[String], study: &Study) -> Result<(), Exit> {
    let mut known = vec![EXPECT];
    known.extend(study.document.counterfactual.names());
    known.extend(study.document.hypercube.as_ref().map(|_| HYPERCUBE));
    let mut wrong = only.iter().filter(|name| !known.contains(&name.as_str())).peekable();
    if wrong.peek().is_none() {
        return Ok(());
    }
    for name in wrong {
        let help = match nearest(name, &known) {
            Some(best) => format!("did you mean `{best}`?"),
            None => format!("known: {}", quoted(&known)),
        };
        output::complain(&format!("there is nothing called `{name}` to decide; {help}"));
    }
    Err(Exit::Usage)
}

/// What is to be decided.
struct Job<'a> {
    arguments: &'a Arguments,
    study: &'a Study,
    replicas: &'a Replicas<'a>,
    seed: u64,
}

impl Job<'_> {
    fn wants(&self, name: &str) -> bool {
        let only = &self.arguments.only;
        only.is_empty() || only.iter().any(|one| one == name)
    }

    /// At most as many as the arguments allow.
    fn capped(&self, count: u32) -> u64 {
        let count = u64::from(count);
        self.arguments.replications.map_or(count, |most| count.min(most.get()))
    }

    /// The scenario itself.
    fn own(&self, count: u64) -> Result<Vec<Results>, Exit> {
        let label = &self.study.scenario.name;
        let wanted = Wanted { label, with: &[], seed: self.seed, count, detailed: true };
        let results = self.replicas.make(&self.study.scenario, wanted)?;
        if results.is_empty() {
            output::note("stopped before the first replication was done");
            return Err(Exit::Interrupted);
        }
        Ok(results)
    }

    /// Decides the counterfactuals; whether somebody pressed Ctrl-C. `unpatched` are replications
    /// of the scenario; more are added if needed.
    fn counterfactuals(
        &self,
        unpatched: &mut Vec<Results>,
        decided: &mut Vec<Counterfactual>,
    ) -> Result<bool, Exit> {
        for (name, keys) in self.study.document.counterfactual.iter() {
            let (name, count) = (name.as_str(), self.capped(keys.replications));
            if !self.wants(name) {
                continue;
            }
            match counterfactual(self.replicas, self.study, name, self.seed, count, unpatched)? {
                Some(one) => decided.push(one),
                None => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Number of points and whether their load is scaled, if there is a hypercube and it is wanted.
    fn cube(&self) -> Option<(u32, bool)> {
        let keys = self.study.document.hypercube.as_ref().filter(|_| self.wants(HYPERCUBE))?;
        // What is capped is no more than before.
        Some((self.capped(keys.points) as u32, keys.scale_load))
    }

    /// Decides the claims over the ranges of the assumptions. `None` if there are none, or somebody
    /// pressed Ctrl-C.
    fn hypercube(&self) -> Result<Option<Hypercube>, Exit> {
        let Some((count, scale_load)) = self.cube() else { return Ok(None) };
        let points =
            self.replicas.hypercube(self.study, count, scale_load, self.seed, |all| all)?;
        Ok(points.map(|points| {
            let results: Vec<Results> = points.iter().map(|point| point.results.clone()).collect();
            let judgements = judge_all(&self.study.hypercube_claims, &results, None);
            Hypercube { points, judgements }
        }))
    }

    /// Prints what was decided and writes the file.
    fn tell(&self, check: &Check, stopped: bool) -> Result<Exit, Exit> {
        match (&self.arguments.out, check.hypercube) {
            (Some(directory), Some(points)) => {
                let table = hypercube::csv(points, &self.study.scenario);
                files::write_one(directory, "hypercube.csv", &table)?;
            }
            (Some(_), None) => output::note("no file is written: no points were simulated"),
            (None, _) => {}
        }
        output::print(&match self.arguments.common.format {
            Format::Json => json::check(check),
            Format::Human => human::check(check, &Palette::COLOR),
        })?;
        if stopped {
            output::note("stopped: what was not simulated is missing above");
            return Ok(Exit::Interrupted);
        }
        let [_, undecided, failed] = claims::tally(check.judgements());
        Ok(if undecided + failed > 0 { Exit::Claims } else { Exit::Well })
    }
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
