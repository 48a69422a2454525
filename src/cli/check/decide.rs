//! Deciding the claims of one scenario.

use super::super::args::{Check as Arguments, Format};
use super::super::exit::Exit;
use super::super::files::Target;
use super::super::replicas::Replicas;
use super::super::{files, need, output, study, terminal};
use super::{Checked, baseline};
use fleetfall::experiment::baseline::{Kept, Stored};
use fleetfall::experiment::sensitivity::trials;
use fleetfall::experiment::{Assurance, Judgement, Part, Summary, Variants, judge};
use fleetfall::observe::Results;
use fleetfall::report::{
    Check, Counterfactual, Hypercube, Report, advice, cases, claims, human, hypercube, json,
};
use fleetfall::scenario::claim::Claim;
use fleetfall::scenario::cost::{Cost, Keeps, Need};
use fleetfall::scenario::keys::claims::Against;
use fleetfall::scenario::text::diagnostic::{nearest, quoted};
use fleetfall::scenario::{Scenario, Study};
use std::sync::Arc;

/// What `--only` calls the scenario's own claims.
const EXPECT: &str = "expect";
/// What it calls those over the ranges of the assumptions.
const HYPERCUBE: &str = "hypercube";
/// The file of the points over those ranges.
const POINTS: &str = "hypercube.csv";
/// The fewest replications of a scenario with claims or without.
const FEWEST: u64 = 10;
/// What there is where something ends a check.
const MISSING: &str = "what was not simulated is missing";
/// The number of the scenario as it stands among the variants.
const ITSELF: usize = 0;

/// Decides the claims of a scenario, which may be one of many.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn scenario(
    arguments: &Arguments,
    kept: Option<&Kept>,
    many: bool,
) -> Result<Checked, Exit> {
    let common = &arguments.common;
    let study = study::load(common, &common.with)?;
    known(arguments, &study)?;
    let target = target(arguments, &study, many)?;
    if common.format == Format::Human {
        // It takes a moment, and what follows may take long.
        output::print(&advice::human(&advice::advice(&study.scenario), &terminal::screen()))?;
    }
    let seed = common.seed.unwrap_or(study.document.experiment.seed);
    let job = Job { arguments, study: &study, seed, target };
    let mut cast = Cast::new(&study);
    let own = job.wants(EXPECT).then(|| job.own(&mut cast)).transpose()?;
    let asked = job.counterfactuals(&mut cast)?;
    let counterfactuals = asked.iter().map(|(_, part)| part.clone());
    let parts: Vec<Part> = own.iter().cloned().chain(counterfactuals).collect();
    let replicas =
        Replicas::new(common, &study, |threads| job.need(&parts, &cast.variants, threads))?;
    let mut decided = replicas.decide(&parts, &cast.variants, seed)?;
    let results = std::mem::take(&mut decided.results[ITSELF]);
    if own.is_some() && results.is_empty() {
        return Err(replicas.nothing(&study.scenario, "the first replication was done"));
    }
    let points = if decided.stopped { None } else { job.hypercube(&replicas)? };
    let stopped = decided.stopped || (points.is_none() && job.cube().is_some());
    let partial = stopped.then(|| replicas.partial(&study.scenario, MISSING));
    let mut judgements = decided.judgements.iter();
    let own = own.as_ref().and_then(|part| Some((part, judgements.next()?)));
    let counterfactuals: Vec<Counterfactual> =
        asked.iter().zip(judgements).map(|((name, _), judged)| job.told(name, judged)).collect();
    let of_own = own.map_or(0, |(part, _)| part.assurance.ceiling.min(results.len() as u64));
    // Counterfactuals may have needed more of them.
    let results = &results[..of_own as usize];
    let summary = own.map(|_| Summary::of(results));
    let own = own.zip(summary.as_ref()).map(|((part, judgements), summary)| Report {
        study: &study,
        seed,
        with: &common.with,
        set: &common.set,
        planned: if decided.stopped { part.assurance.ceiling } else { of_own },
        partial: partial.as_ref(),
        first: &results[0],
        results,
        summary,
        judgements,
        judged: true,
    });
    let checked = job.tell(
        &Check {
            study: &study,
            seed,
            with: &common.with,
            set: &common.set,
            own: own.as_ref(),
            counterfactuals: &counterfactuals,
            hypercube: points.as_ref(),
            events: (decided.simulated, decided.one_by_one),
            partial: partial.as_ref(),
        },
        replicas.ended(),
    )?;
    let Some(own) = own.filter(|_| !decided.stopped) else { return Ok(checked) };
    let digest = own.summary.digest.to_string();
    let stored = Stored::of(results, own.scenario_hash(), seed, digest);
    baseline::against(arguments, kept, &study.scenario.name, stored, checked)
}

/// Where the files go; below the directory of the arguments each of many scenarios has its own.
fn target(arguments: &Arguments, study: &Study, many: bool) -> Result<Target, Exit> {
    let given = arguments.out.as_deref();
    let target = match given.filter(|_| many) {
        Some(all) => Target::below(all, &study.scenario.name, study),
        None => Target::new(given, study, "check"),
    };
    target.check(arguments.common.limits.dry_run)?;
    Ok(target)
}

/// Whether results are kept, or set against what was kept.
fn is_compared(arguments: &Arguments) -> bool {
    arguments.baseline.is_some() || arguments.save_baseline.is_some()
}

/// Refuses names in `--only` that nothing has, or that leave out what a baseline is about.
fn known(arguments: &Arguments, study: &Study) -> Result<(), Exit> {
    let only = &arguments.only;
    let mut known = vec![EXPECT];
    known.extend(study.document.counterfactual.names());
    known.extend(study.document.hypercube.as_ref().map(|_| HYPERCUBE));
    let mut wrong = only.iter().filter(|name| !known.contains(&name.as_str())).peekable();
    if wrong.peek().is_none() {
        let own = only.is_empty() || only.iter().any(|one| one == EXPECT);
        if own || !is_compared(arguments) {
            return Ok(());
        }
        output::complain("a baseline is about the scenario itself: add `--only expect`");
        return Err(Exit::Usage);
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

/// The variants that the claims of a scenario are about.
struct Cast<'a> {
    study: &'a Study,
    variants: Variants,
}

impl Cast<'_> {
    fn new(study: &Study) -> Cast<'_> {
        let (scenarios, names) = (vec![Arc::clone(&study.scenario)], vec![Vec::new()]);
        Cast { study, variants: Variants { scenarios, names } }
    }

    /// The number of the variant with this patch.
    fn patched(&mut self, name: &str) -> Result<usize, Exit> {
        let names = [name.to_string()];
        if let Some(known) = self.variants.names.iter().position(|one| *one == names) {
            return Ok(known);
        }
        let scenario = self.study.combination(&names).map_err(|all| study::show(&all))?;
        Ok(self.add(scenario, names.to_vec()))
    }

    fn add(&mut self, scenario: Arc<Scenario>, names: Vec<String>) -> usize {
        self.variants.scenarios.push(scenario);
        self.variants.names.push(names);
        self.variants.names.len() - 1
    }

    /// Claims with the variants that they are about: measured under `own` unless they say
    /// otherwise, and set against `other`.
    fn claims(
        &mut self,
        claims: &[Claim],
        own: usize,
        other: usize,
    ) -> Result<Vec<(Claim, usize, Option<usize>)>, Exit> {
        let mut all = Vec::new();
        for claim in claims {
            let (under, other) = match &claim.with {
                Some(with) => (self.patched(with)?, ITSELF),
                None => (own, other),
            };
            let versus = match (&claim.against, &claim.versus) {
                (Against::Nothing, _) => None,
                (Against::Difference | Against::Ratio, Some(versus)) => Some(self.patched(versus)?),
                (Against::Difference | Against::Ratio, None) => Some(other),
            };
            all.push((claim.clone(), under, versus));
        }
        Ok(all)
    }
}

/// What is to be decided.
struct Job<'a> {
    arguments: &'a Arguments,
    study: &'a Study,
    seed: u64,
    /// Where the files go.
    target: Target,
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

    /// The claims of the scenario itself.
    fn own(&self, cast: &mut Cast) -> Result<Part, Exit> {
        let ceiling = self.capped(self.study.document.experiment.replications);
        let assurance = Assurance::of(self.study, ceiling);
        let claims = &self.study.claims;
        let is_open = |claim: &Claim| claim.against != Against::Nothing && claim.with.is_none();
        // What a patch of the arguments is set against is the scenario without it.
        let common = &self.arguments.common;
        let other = if claims.iter().any(is_open) && !common.with.is_empty() {
            cast.add(study::load(common, &[])?.scenario, Vec::new())
        } else {
            ITSELF
        };
        // What is kept, or set against what was kept, shall not depend on when claims were clear.
        let at_least = if is_compared(self.arguments) { ceiling } else { FEWEST.min(ceiling) };
        let claims = cast.claims(claims, ITSELF, other)?;
        Ok(Part { claims, assurance, at_least: Some((ITSELF, at_least)) })
    }

    /// The claims of every counterfactual that is wanted, with its name.
    fn counterfactuals(&self, cast: &mut Cast) -> Result<Vec<(String, Part)>, Exit> {
        let mut all = Vec::new();
        for (name, keys) in self.study.document.counterfactual.iter() {
            let name = name.as_str();
            if !self.wants(name) {
                continue;
            }
            let variant = self.study.variant(name).map_err(|problems| study::show(&problems))?;
            let number = cast.patched(name)?;
            let claims = cast.claims(&variant.claims, number, ITSELF)?;
            let usual = Assurance::of(self.study, self.capped(keys.replications));
            let margin = keys.margin.as_ref().map_or(usual.margin, |margin| margin.get());
            let assurance = Assurance { margin, ..usual };
            all.push((name.to_string(), Part { claims, assurance, at_least: None }));
        }
        Ok(all)
    }

    /// What it needs if every claim takes as many replications as it may.
    fn need(&self, parts: &[Part], variants: &Variants, threads: usize) -> Need {
        let mut counts = vec![0; variants.scenarios.len()];
        for part in parts {
            let least = part.at_least.map(|(variant, _)| (variant, None));
            let claims = part.claims.iter().map(|(_, variant, versus)| (*variant, *versus));
            for (variant, versus) in least.into_iter().chain(claims) {
                for used in [Some(variant), versus].into_iter().flatten() {
                    counts[used] = part.assurance.ceiling.max(counts[used]);
                }
            }
        }
        let costs = variants.scenarios.iter().map(|one| Cost::of(one)).zip(counts);
        let claims = need::together(&costs.collect::<Vec<_>>(), threads, Keeps::Results(1.0));
        let Some((count, scale_load)) = self.cube() else { return claims };
        // Points lie between these ends. What is wrong with an end is told when a point is made.
        let ends = trials(self.study, 2, scale_load).unwrap_or_default();
        let own = std::iter::once(&self.study.scenario);
        let ends: Vec<Arc<Scenario>> =
            own.chain(ends.iter().map(|end| &end.scenario)).map(Arc::clone).collect();
        // Each is there twice while the claims are judged.
        let bytes = 2.0 * Cost::of(&self.study.scenario).results;
        claims.and(need::of_points(&ends, count, bytes, threads))
    }

    /// A counterfactual with its verdicts.
    fn told(&self, name: &str, judgements: &[Judgement]) -> Counterfactual {
        let about = self.study.document.counterfactual.get(name).map(|keys| keys.about.clone());
        Counterfactual {
            name: name.to_string(),
            about: about.unwrap_or_default(),
            replications: judgements.iter().map(|one| one.replications).max().unwrap_or(0),
            judgements: judgements.to_vec(),
        }
    }

    /// Number of points and whether their load is scaled, if there is a hypercube and it is wanted.
    fn cube(&self) -> Option<(u32, bool)> {
        let keys = self.study.document.hypercube.as_ref().filter(|_| self.wants(HYPERCUBE))?;
        // What is capped is no more than before.
        Some((self.capped(keys.points) as u32, keys.scale_load))
    }

    /// Decides the claims over the ranges of the assumptions. `None` if there are none, or the
    /// command ends before.
    fn hypercube(&self, replicas: &Replicas) -> Result<Option<Hypercube>, Exit> {
        let Some((count, scale_load)) = self.cube() else { return Ok(None) };
        let points = replicas.hypercube(self.study, count, scale_load, self.seed, |all| all)?;
        Ok(points.map(|points| {
            let results: Vec<Results> = points.iter().map(|point| point.results.clone()).collect();
            let assurance = Assurance::of(self.study, results.len() as u64);
            let judge = |claim| judge(claim, &results, None, assurance);
            let judgements = self.study.hypercube_claims.iter().map(judge).collect();
            Hypercube { points, judgements }
        }))
    }

    /// Prints what was decided and writes the files.
    fn tell(&self, check: &Check, ended: Exit) -> Result<Checked, Exit> {
        let document = json::check(check);
        let mut written = vec![("check.json", document.clone())];
        let table = check.hypercube.map(|points| hypercube::csv(points, &self.study.scenario));
        written.extend(table.map(|table| (POINTS, table)));
        files::write_study(&self.target, written, &[POINTS], self.arguments.common.no_report)?;
        if self.arguments.common.format == Format::Human {
            output::print(&(human::check(check, &terminal::screen()) + &self.target.told()))?;
        }
        let [_, undecided, failed] = claims::tally(check.judgements());
        if let Some(partial) = check.partial {
            output::note(&partial.words);
        }
        let exit = match () {
            () if check.partial.is_some() => ended,
            () if undecided + failed > 0 => Exit::Claims,
            () => Exit::Well,
        };
        Ok(Checked {
            file: output::shown(&self.arguments.common.file),
            exit,
            cases: cases::cases(check),
            stored: None,
            json: document,
        })
    }
}
