//! What can be typed.

mod begin;
mod color;
mod examples;
mod help;
mod limits;
mod plan;
mod trace;

pub(super) use begin::{Completions, Explain, Init, List, Man, Show};
pub(super) use color::Colors;
#[cfg(test)]
pub(super) use examples::EXAMPLES;
pub(super) use help::command;
pub(super) use limits::Limits;
pub(super) use plan::{Ask, Plan, Sought};
pub(super) use trace::{Form, Trace};

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint, value_parser};
use fleetfall::experiment::Precision;
#[cfg(feature = "store")]
use fleetfall::experiment::Shard;
use fleetfall::experiment::baseline::JUDGED;
use fleetfall::scenario::measure::Measure;
use fleetfall::scenario::text::diagnostic::{nearest, quoted};
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;

/// Shown below every help.
const EXIT_CODES: &str = "\
Exit codes:
  0    all well
  1    a claim of the scenario failed or stayed undecided
  2    wrong arguments or scenario, more than may be asked for, or a file that
       cannot be read or written
  3    ended by --max-events, --max-memory or --time-limit: partial results
  101  a fault of fleetfall itself: an invariant of the simulation was broken
  130  interrupted by Ctrl-C";

/// Simulates fleets of web nodes that fail by restarting, request by request.
#[derive(Debug, Parser)]
#[command(name = "fleetfall", version, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// Where texts are in colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Colors::Auto, global = true)]
    pub(super) color: Colors,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Simulate a scenario and tell what happened
    ///
    /// One replication tells what happened and why; many give figures with intervals. Tables and
    /// pictures go to a folder.
    Run(Run),
    /// Print everything that happens around a moment
    ///
    /// Request by request, of one replication.
    Trace(Trace),
    /// List the built-in scenarios
    List(List),
    /// Print the text of a built-in scenario
    Show(Show),
    /// Write a scenario of your own to begin with
    ///
    /// Asks a few questions on a terminal, unless the answers are given as options, and writes a
    /// scenario that explains itself line by line.
    Init(Init),
    /// Explain a key of a scenario or a result
    Explain(Explain),
    /// Decide what scenarios claim about themselves
    ///
    /// Validates a scenario, then decides what it claims about itself, its counterfactuals and its
    /// assumptions.
    Check(Check),
    /// Set a scenario against each of its mitigations
    ///
    /// Replication by replication: what would have changed the downtime, and by how much.
    Compare(Compare),
    /// Share out the downtime among the causes of a scenario
    ///
    /// Shares out the downtime and the failed requests among the causes that a scenario names.
    Causes(Causes),
    /// Answer a question of capacity
    ///
    /// The fewest nodes, the greatest load, or the least of any key with which an outage is rare
    /// enough.
    Plan(Plan),
    /// Simulate other values for one or more keys
    ///
    /// Shows which of them bring the scenario down.
    Sweep(Sweep),
    /// Show which of the assumptions decide the outcome
    ///
    /// Moves what a scenario assumes over its ranges, each by itself and then all together.
    Sensitivity(Sensitivity),
    /// Make report.html again from the other files of a directory
    Report(Report),
    /// Join the stores of the shards of a study
    #[cfg(feature = "store")]
    Merge(Merge),
    /// Print the reference of all keys and results, as Markdown
    Reference,
    /// Print the JSON schema of scenarios, for editors
    Schema,
    /// Print what makes a shell complete commands and options
    Completions(Completions),
    /// Print or install the manual pages
    Man(Man),
}

/// What all that simulate share.
#[derive(Args, Clone, Debug)]
pub(super) struct Common {
    /// Scenario: a TOML file or, where there is no such file, a built-in one (`fleetfall list`)
    #[arg(value_hint = ValueHint::FilePath)]
    pub(super) file: PathBuf,
    /// Seed of the first replication, the others count on from it [default: the scenario's]
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = seed)]
    pub(super) seed: Option<u64>,
    /// Apply a patch that the scenario names: a mitigation or a counterfactual
    #[arg(long, value_name = "NAME")]
    pub(super) with: Vec<String>,
    /// Give a key another value, as in nodes.count=12
    #[arg(long, value_name = "K=V")]
    pub(super) set: Vec<String>,
    /// Where the files are that the scenario names [default: the scenario's folder]
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// Threads; the results do not depend on it [default: all there are]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(super) threads: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(super) limits: Limits,
    /// What is printed on standard output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    /// Write no report.html beside the other files
    #[arg(long)]
    pub(super) no_report: bool,
    /// Keep every finished replication in this database, and take from it what is there already: a
    /// study that was interrupted goes on where it was [default: nothing is kept]
    #[cfg(feature = "store")]
    #[arg(long, value_name = "FILE")]
    pub(super) store: Option<PathBuf>,
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("expected a whole number from 0 to {}", u64::MAX))
}

/// How many of something: a number that cannot be 0.
fn count<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| "expected a whole number from 1 on".to_string())
}

fn threads(text: &str) -> Result<NonZeroUsize, String> {
    /// More help nobody.
    const MOST: usize = 1024;
    let threads: Option<NonZeroUsize> =
        text.parse().ok().filter(|n: &NonZeroUsize| n.get() <= MOST);
    threads.ok_or_else(|| format!("expected a number from 1 to {MOST}"))
}

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Report {
    /// Directory of a run or a study; its page is written there
    #[arg(value_name = "DIR")]
    pub(super) directory: PathBuf,
    /// Directories of studies of the same scenario whose results go onto the page of a run: of
    /// `compare` and `sensitivity`
    #[arg(value_name = "MORE")]
    pub(super) others: Vec<PathBuf>,
}

/// What commands with a fixed number of replications share.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Sharing {
    /// Simulate one of N parts of the replications, numbered from 1, for the store alone; join the
    /// stores of all parts with `merge`
    #[cfg(feature = "store")]
    #[arg(long, value_name = "I/N", requires = "store", value_parser = shard)]
    pub(super) shard: Option<Shard>,
}

impl Sharing {
    /// Whether this is about a part of the tasks alone.
    pub(super) fn is_part(self) -> bool {
        #[cfg(feature = "store")]
        return self.shard.is_some();
        #[cfg(not(feature = "store"))]
        false
    }
}

#[cfg(feature = "store")]
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Merge {
    /// The store that is made; it must not exist
    pub(super) out: PathBuf,
    /// Stores of one study
    #[arg(required = true)]
    pub(super) stores: Vec<PathBuf>,
}

#[cfg(feature = "store")]
fn shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').map(|(number, of)| (number.parse(), of.parse()));
    match parts {
        Some((Ok(number), Ok(of))) if (1..=of).contains(&number) => {
            Ok(Shard { number: number - 1, of })
        }
        _ => Err("expected a part of all parts, from 1/4 to 4/4 where there are four".to_string()),
    }
}

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Run {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) sharing: Sharing,
    /// Replications, each with a seed of its own
    #[arg(long, value_name = "N", default_value = "1", value_parser = count::<NonZeroU64>)]
    pub(super) replications: NonZeroU64,
    /// Directory of the files [default: output/<name of the scenario>]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) common: Common,
    /// More scenarios; of a directory every TOML file in it and below
    #[arg(value_name = "FILE|DIR")]
    pub(super) more: Vec<PathBuf>,
    /// Also write the verdicts to this file, as JUnit XML for build servers
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Also fail if a measure of a scenario is worse than in this file, by more than the tolerance
    /// and with confidence
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Write the results to this file, for `--baseline`
    #[arg(long, value_name = "FILE")]
    pub(super) save_baseline: Option<PathBuf>,
    /// By what share of its earlier mean a measure may become worse, such as 2%; for one measure
    /// alone downtime_s=10%. May be repeated [default: 5%]
    #[arg(long, value_name = "P|MEASURE=P", value_parser = tolerance)]
    pub(super) tolerance: Vec<(Option<Measure>, f64)>,
    /// Also print what did not pass in a form that marks the lines of the scenario
    #[arg(long, value_enum, value_name = "FORM")]
    pub(super) annotations: Option<Annotations>,
    /// At most so many replications for the claims of the scenario and of each counterfactual, and
    /// so many points of the hypercube [default: as many as the scenario says]
    #[arg(long, value_name = "N", value_parser = count::<NonZeroU64>)]
    pub(super) replications: Option<NonZeroU64>,
    /// Decide only what has this name: a counterfactual, `expect` (the scenario's own claims), or
    /// `hypercube` (those over the ranges of its assumptions)
    #[arg(long, value_name = "NAME")]
    pub(super) only: Vec<String>,
    /// Directory of the files; of several scenarios each has its own in it [default: output/<name
    /// of the scenario>-check]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Print the scenario with every default filled in, and simulate nothing
    #[arg(long)]
    pub(super) resolved: bool,
}

/// What follows the options of `sweep`.
const VARY: &str = "\
How a key is varied:
  nodes.count=4..24               every whole number from 4 to 24
  nodes.count=4..24:2             every other
  load.scale=0.8..1.6:0.1         in steps; so are quantities: process.boot=5s..30s:5s
  process.slots=20..100/5         five values, evenly from one bound to the other
  balancer.policy=random,least_outstanding
                                  these; KEY={A,B} is the same, in quotes, since a shell takes
                                  braces for its own
Values are written as for --set. A grid has every combination of the values of one or two keys. With
--design lhs=N any number of keys is varied together: N points of a Latin hypercube, for which a
range needs no step.

Classes of outcome of a replication, by the [outage] keys of the scenario:
  stable      no outage, and less than `lasting` of windows in which fewer than `recovered` succeed
  degraded    no outage, but more of those
  recovers    collapses and recovers by itself: every outage ends without a fix by people
  stays_down  collapses and stays down: to the end, or until people fix it
A cell has the class of most of its replications, and of equally many the worst.";

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES, after_long_help = format!("{VARY}\n\n{EXIT_CODES}"))]
pub(super) struct Sweep {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) sharing: Sharing,
    /// Key and values, as in nodes.count=4..24 or load.scale=0.8..1.6:0.1; `--help` shows all forms
    #[arg(long, value_name = "KEY=VALUES", required = true)]
    pub(super) vary: Vec<String>,
    /// `grid`, every combination, or `lhs=N`, N points of a Latin hypercube
    #[arg(long, value_name = "DESIGN", default_value = "grid", value_parser = design)]
    pub(super) design: Design,
    /// Replications of each cell, the same seeds in all
    #[arg(long, value_name = "N", default_value = "20", value_parser = count::<NonZeroU32>)]
    pub(super) replications: NonZeroU32,
    /// Measure, measure of an interval, or milestone; `fleetfall reference` lists them [default:
    /// downtime_s, requests_failed, restarts, availability, partial_service_s, sojourn_p99_s]
    #[arg(long, value_name = "NAME")]
    pub(super) measure: Vec<String>,
    /// Directory of the files [default: output/<name of the scenario>-sweep]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Sensitivity {
    #[command(flatten)]
    pub(super) common: Common,
    /// Measure, measure of an interval, or milestone, beside whether there is an outage
    #[arg(long, value_name = "NAME", default_value = "downtime_s")]
    pub(super) measure: String,
    /// Values of each assumption when one is moved at a time, from the lower end of its range to
    /// the upper
    #[arg(long, value_name = "N", default_value = "5")]
    #[arg(value_parser = value_parser!(u32).range(2..=100))]
    pub(super) levels: u32,
    /// Replications of each of these values, the same seeds for all
    #[arg(long, value_name = "N", default_value = "12", value_parser = count::<NonZeroU32>)]
    pub(super) replications: NonZeroU32,
    /// Points when all are moved together [default: those of `[hypercube]`, or 100]
    #[arg(long, value_name = "N")]
    #[arg(value_parser = value_parser!(u32).range(2..=100_000))]
    pub(super) points: Option<u32>,
    /// Whether every rate is scaled with the capacity of the fleet [default: as `[hypercube]` says,
    /// or false]
    #[arg(long, value_name = "BOOL")]
    pub(super) scale_load: Option<bool>,
    /// Directory of the files [default: output/<name of the scenario>-sensitivity]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

/// Which cells a sweep has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Design {
    /// Every combination.
    Grid,
    /// So many points of a Latin hypercube.
    Hypercube(u32),
}

fn design(text: &str) -> Result<Design, String> {
    let points = text.strip_prefix("lhs=").and_then(|points| points.parse().ok());
    match (text, points) {
        ("grid", _) => Ok(Design::Grid),
        (_, Some(points @ 2..=100_000)) => Ok(Design::Hypercube(points)),
        _ => Err("write `grid`, or `lhs=N` with N between 2 and 100000".to_string()),
    }
}

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Compare {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) sharing: Sharing,
    /// Compare with this mitigation or counterfactual only [default: every mitigation]
    #[arg(long, value_name = "NAME")]
    pub(super) only: Vec<String>,
    /// Also every pair of them, and all of them together
    #[arg(long)]
    pub(super) combine: bool,
    /// Stop when the difference in downtime is known this well, after 30 replications at the
    /// earliest: a time such as 30s or 2min, or a share of the downtime as it stands such as 10%
    #[arg(long, value_name = "HALF-WIDTH")]
    pub(super) precision: Option<PrecisionArgument>,
    /// At most so many replications [default: 30; with --precision as many as the scenario says]
    #[arg(long, value_name = "N", value_parser = count::<NonZeroU64>)]
    pub(super) replications: Option<NonZeroU64>,
    /// Directory of the files [default: output/<name of the scenario>-compare]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Causes {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) sharing: Sharing,
    /// Replications, each of every subset of the causes
    #[arg(long, value_name = "N", default_value = "10", value_parser = count::<NonZeroU64>)]
    pub(super) replications: NonZeroU64,
    /// Directory of the files [default: output/<name of the scenario>-causes]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

/// A probability strictly between nothing and certainty, as `5%` or `0.05`.
fn probability(text: &str) -> Result<f64, String> {
    let number = match text.strip_suffix('%') {
        Some(share) => share.trim().parse().map(|share: f64| share / 100.0),
        None => text.parse(),
    };
    let between = number.ok().filter(|share| *share > 0.0 && *share < 1.0);
    between.ok_or_else(|| "expected a share between 0 and 1, such as 5% or 0.05".to_string())
}

fn tolerance(text: &str) -> Result<(Option<Measure>, f64), String> {
    let share = |text: &str| if matches!(text, "0" | "0%") { Ok(0.0) } else { probability(text) };
    let Some((name, own)) = text.split_once('=') else { return Ok((None, share(text)?)) };
    let known: Vec<&str> = JUDGED.iter().map(|(measure, _)| measure.name()).collect();
    let measure = Measure::named(name).filter(|measure| known.contains(&measure.name()));
    let measure = measure.ok_or_else(|| match nearest(name, &known) {
        Some(best) => format!("`{name}` is not set against a baseline; did you mean `{best}`?"),
        None => format!("`{name}` is not set against a baseline; known: {}", quoted(&known)),
    })?;
    Ok((Some(measure), share(own)?))
}

/// How well a difference is to be known.
#[derive(Clone, Copy, Debug)]
pub(super) struct PrecisionArgument(Precision);

impl PrecisionArgument {
    pub(super) fn get(self) -> Precision {
        self.0
    }
}

impl FromStr for PrecisionArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<PrecisionArgument, String> {
        let positive = |number: f64| number.is_finite() && number > 0.0;
        if let Some(share) = text.strip_suffix('%') {
            let share = share.trim().parse().ok().filter(|&share| positive(share));
            let share = share.ok_or("a share is a positive number of per cent, such as 10%")?;
            return Ok(PrecisionArgument(Precision::Relative(share / 100.0)));
        }
        let time: Result<jiff::SignedDuration, _> = text.parse();
        match time.map(|time| time.as_secs_f64()) {
            Ok(seconds) if positive(seconds) => Ok(PrecisionArgument(Precision::Seconds(seconds))),
            Ok(_) => Err("nothing is known that well: give a time above zero".to_string()),
            Err(_) => {
                Err("expected a time such as 30s or 2min, or a share such as 10%".to_string())
            }
        }
    }
}

/// How lines are marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Annotations {
    /// Workflow commands of GitHub Actions
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A report for people
    Human,
    /// One JSON document and nothing else
    Json,
}
