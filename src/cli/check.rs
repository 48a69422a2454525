//! `fleetfall check`.

use super::args::{Annotations, Check as Arguments, Common, Format};
use super::exit::Exit;
use super::replicas::{Replicas, Wanted};
use super::{files, junit, output, study};
use fleetfall::experiment::baseline::{self, Kept, Stored, Trend};
use fleetfall::experiment::{Judgement, Summary, Verdict, judge};
use fleetfall::observe::Results;
use fleetfall::report;
use fleetfall::report::cases::Case;
use fleetfall::report::figures::table;
use fleetfall::report::{
    Check, Counterfactual, Hypercube, Palette, Report, advice, cases, claims, human, hypercube,
    json,
};
use fleetfall::scenario::Study;
use fleetfall::scenario::claim::Claim;
use fleetfall::scenario::keys::claims::Against;
use fleetfall::scenario::text::diagnostic::{nearest, quoted};
use std::path::{Path, PathBuf};

/// What `--only` calls the scenario's own claims.
const EXPECT: &str = "expect";
/// What it calls those over the ranges of the assumptions.
const HYPERCUBE: &str = "hypercube";

/// A scenario that was checked, or could not be.
#[derive(Debug)]
pub(super) struct Checked {
    /// Its file.
    pub(super) file: String,
    /// How checking it alone would end.
    pub(super) exit: Exit,
    /// Its claims; none if it could not be checked.
    pub(super) cases: Vec<Case>,
    /// The name of its scenario and what may be kept of its results, if they were made.
    stored: Option<(String, Stored)>,
    /// The JSON document, if that was asked for.
    json: String,
}

impl Checked {
    /// Whether it could not be checked.
    pub(super) fn is_broken(&self) -> bool {
        matches!(self.exit, Exit::Usage | Exit::Bug)
    }

    fn row(&self) -> [String; 3] {
        let count = |verdict| self.cases.iter().filter(|case| case.verdict == verdict).count();
        let [pass, undecided, fail] = [Verdict::Pass, Verdict::Undecided, Verdict::Fail].map(count);
        let verdict = match self.exit {
            Exit::Well => "pass",
            Exit::Claims if fail > 0 => "fail",
            Exit::Claims => "undecided",
            Exit::Usage => "not a scenario",
            Exit::Bug => "fault",
            Exit::Interrupted => "interrupted",
        };
        let counts = format!("{pass} pass, {undecided} undecided, {fail} fail");
        [self.file.clone(), verdict.to_string(), counts]
    }
}

/// Validates scenarios and decides their claims.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn check(arguments: &Arguments) -> Result<Exit, Exit> {
    let files = scenarios(arguments)?;
    if arguments.resolved && files.len() > 1 {
        output::complain("`--resolved` prints one scenario: name one file");
        return Err(Exit::Usage);
    }
    let kept = arguments.baseline.as_deref().map(read_baseline).transpose()?;
    let mut all = Vec::new();
    for file in files {
        let shown = file.display().to_string();
        let common = Common { file, ..arguments.common.clone() };
        let one = Arguments { common, more: Vec::new(), ..arguments.clone() };
        if arguments.resolved {
            let study = study::load(&one.common, &one.common.with)?;
            return output::print(&study.resolved());
        }
        // What is wrong with one scenario was shown, and keeps nobody from the others.
        let checked = check_one(&one, kept.as_ref()).unwrap_or_else(|exit| Checked {
            file: shown,
            exit,
            cases: Vec::new(),
            stored: None,
            json: "null".to_string(),
        });
        let stop = checked.exit == Exit::Interrupted;
        all.push(checked);
        if stop {
            break;
        }
    }
    conclude(arguments, &all)
}

/// The files of the arguments; of a directory those in it and below, by name.
fn scenarios(arguments: &Arguments) -> Result<Vec<PathBuf>, Exit> {
    let mut files = Vec::new();
    for path in std::iter::once(&arguments.common.file).chain(&arguments.more) {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        collect(path, &mut files).map_err(|error| {
            output::complain(&format!("failed to read `{}`: {error}", path.display()));
            Exit::Usage
        })?;
        files[before..].sort();
        if files.len() == before {
            output::complain(&format!("there is no TOML file in `{}`", path.display()));
            return Err(Exit::Usage);
        }
    }
    Ok(files)
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    Ok(())
}

/// What is said of all scenarios together; the exit is the gravest of theirs.
fn conclude(arguments: &Arguments, all: &[Checked]) -> Result<Exit, Exit> {
    let is_json = arguments.common.format == Format::Json;
    match all {
        [one] if is_json && !one.is_broken() => output::print(&one.json)?,
        [_] => Exit::Well,
        _ if is_json => {
            let documents: Vec<&str> = all.iter().map(|one| one.json.trim_end()).collect();
            output::print(&format!("[\n{}\n]\n", documents.join(",\n")))?
        }
        _ => {
            let rows: Vec<[String; 3]> = all.iter().map(Checked::row).collect();
            output::print(&format!("\nAll scenarios\n{}", table(&rows)))?
        }
    };
    if arguments.annotations == Some(Annotations::Github) {
        let lines: String = all.iter().map(|one| cases::github(&one.cases)).collect();
        // Standard output belongs to the document, if there is one; both are read.
        if is_json {
            output::note(lines.trim_end());
        } else {
            output::print(&lines)?;
        }
    }
    if let Some(path) = &arguments.junit {
        write_to(path, &junit::document(all)?)?;
    }
    if let Some(path) = &arguments.save_baseline {
        save_baseline(path, all)?;
    }
    Ok(all.iter().map(|one| one.exit).max_by_key(|exit| exit.code()).unwrap_or(Exit::Well))
}

/// Reads kept results.
fn read_baseline(path: &Path) -> Result<Kept, Exit> {
    let shown = path.display();
    let refuse = |why: String| {
        output::complain(&format!("`{shown}` is no baseline: {why}"));
        output::note("  make one with `fleetfall check FILE --save-baseline FILE`");
        Exit::Usage
    };
    let text = std::fs::read_to_string(path).map_err(|error| {
        output::complain(&format!("failed to read `{shown}`: {error}"));
        Exit::Usage
    })?;
    let kept: Kept = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
    if kept.format != baseline::FORMAT {
        let (theirs, ours) = (kept.format, baseline::FORMAT);
        return Err(refuse(format!("it has form {theirs}, and this version reads {ours}")));
    }
    Ok(kept)
}

/// Keeps the results of every scenario that was checked.
fn save_baseline(path: &Path, all: &[Checked]) -> Result<(), Exit> {
    let scenarios = all.iter().filter_map(|one| one.stored.clone()).collect();
    let version = env!("CARGO_PKG_VERSION").to_string();
    let kept = Kept { format: baseline::FORMAT, version, scenarios };
    let text = serde_json::to_string_pretty(&kept).expect("numbers and texts have a JSON form");
    write_to(path, &(text + "\n"))
}

/// Writes a file that was named in the arguments.
fn write_to(path: &Path, content: &str) -> Result<(), Exit> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let Some(name) = name else {
        output::complain(&format!("`{}` is no name of a file", path.display()));
        return Err(Exit::Usage);
    };
    files::write_one(directory.unwrap_or(Path::new(".")), &name, content)
}

fn check_one(arguments: &Arguments, kept: Option<&Kept>) -> Result<Checked, Exit> {
    let common = &arguments.common;
    let study = study::load(common, &common.with)?;
    known(&arguments.only, &study)?;
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
    let checked = job.tell(
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
    )?;
    let Some(own) = own else { return Ok(checked) };
    let digest = own.summary.digest.to_string();
    let stored = Stored::of(results, own.scenario_hash(), seed, digest);
    against(arguments, kept, &study.scenario.name, stored, checked)
}

/// Sets what was checked against what was kept.
fn against(
    arguments: &Arguments,
    kept: Option<&Kept>,
    name: &str,
    stored: Stored,
    mut checked: Checked,
) -> Result<Checked, Exit> {
    match kept.map(|kept| (kept, kept.scenarios.get(name))) {
        Some((kept, Some(before))) => {
            let changes = baseline::changes(before, &stored, arguments.tolerance);
            let version = env!("CARGO_PKG_VERSION");
            let notes = report::baseline::notes(before, &stored, &kept.version, version);
            let text = report::baseline::human(&notes, &changes, &Palette::COLOR);
            match arguments.common.format {
                Format::Human => {
                    output::print(&text)?;
                }
                Format::Json => output::note(&text),
            }
            if changes.iter().any(|change| change.trend == Trend::Worse)
                && checked.exit == Exit::Well
            {
                checked.exit = Exit::Claims;
            }
            checked.cases.extend(report::baseline::cases(&changes, arguments.tolerance));
        }
        Some((_, None)) => output::note(&format!("`{name}` is not in the baseline: it is new")),
        None => {}
    }
    checked.stored = Some((name.to_string(), stored));
    Ok(checked)
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
    fn tell(&self, check: &Check, stopped: bool) -> Result<Checked, Exit> {
        match (&self.arguments.out, check.hypercube) {
            (Some(directory), Some(points)) => {
                let table = hypercube::csv(points, &self.study.scenario);
                files::write_one(directory, "hypercube.csv", &table)?;
            }
            (Some(_), None) => output::note("no file is written: no points were simulated"),
            (None, _) => {}
        }
        let is_json = self.arguments.common.format == Format::Json;
        if !is_json {
            output::print(&human::check(check, &Palette::COLOR))?;
        }
        let [_, undecided, failed] = claims::tally(check.judgements());
        let exit = match () {
            () if stopped => {
                output::note("stopped: what was not simulated is missing above");
                Exit::Interrupted
            }
            () if undecided + failed > 0 => Exit::Claims,
            () => Exit::Well,
        };
        Ok(Checked {
            file: self.arguments.common.file.display().to_string(),
            exit,
            cases: cases::cases(check),
            stored: None,
            json: if is_json { json::check(check) } else { String::new() },
        })
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
