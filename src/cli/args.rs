//! What can be typed.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

/// Shown below every help.
const EXIT_CODES: &str = "\
Exit codes:
  0    all well
  1    a claim of the scenario failed or stayed undecided
  2    the arguments or the scenario are wrong, or a file cannot be read or written
  101  a fault of fleetfall itself: an invariant of the simulation was broken
  130  interrupted by Ctrl-C";

/// Simulates fleets of web nodes that fail by restarting, request by request.
#[derive(Debug, Parser)]
#[command(name = "fleetfall", version, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Simulate a scenario: one replication tells what happened, many give figures with intervals
    Run(Run),
    /// Validate a scenario, then decide what it claims about itself, its counterfactuals and its
    /// assumptions
    Check(Check),
    /// Print the reference of all keys and results, as Markdown
    Reference,
    /// Print the JSON schema of scenarios, for editors
    Schema,
}

/// What `run` and `check` share.
#[derive(Args, Debug)]
pub(super) struct Common {
    /// Scenario, a TOML file
    pub(super) file: PathBuf,
    /// Seed of the first replication, the others count on from it [default: the scenario's]
    #[arg(long, value_name = "S")]
    pub(super) seed: Option<u64>,
    /// Apply a patch that the scenario names: a mitigation or a counterfactual
    #[arg(long, value_name = "NAME")]
    pub(super) with: Vec<String>,
    /// Give a key another value, as in nodes.count=12
    #[arg(long, value_name = "K=V")]
    pub(super) set: Vec<String>,
    /// Threads; the results do not depend on it [default: all there are]
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<NonZeroUsize>,
    /// What is printed on standard output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Run {
    #[command(flatten)]
    pub(super) common: Common,
    /// Replications, each with a seed of its own
    #[arg(long, value_name = "N", default_value = "1")]
    pub(super) replications: NonZeroU64,
    /// Directory of the files [default: output/<name of the scenario>]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) common: Common,
    /// At most so many replications of the scenario and of each counterfactual, and so many points
    /// of the hypercube [default: as many as the scenario says]
    #[arg(long, value_name = "N")]
    pub(super) replications: Option<NonZeroU64>,
    /// Decide only what has this name: a counterfactual, `expect` (the scenario's own claims), or
    /// `hypercube` (those over the ranges of its assumptions)
    #[arg(long, value_name = "NAME")]
    pub(super) only: Vec<String>,
    /// Directory for the points of the hypercube, as hypercube.csv [default: no file]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Print the scenario with every default filled in, and simulate nothing
    #[arg(long)]
    pub(super) resolved: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A report for people
    Human,
    /// One JSON document and nothing else
    Json,
}
