//! What can be typed.

use clap::{Args, Parser, Subcommand, ValueEnum};
use fleetfall::experiment::Precision;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;

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
    /// Set a scenario against each of its mitigations, replication by replication: what would have
    /// changed the downtime, and by how much
    Compare(Compare),
    /// Share out the downtime and the failed requests among the causes that a scenario names
    Causes(Causes),
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

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Compare {
    #[command(flatten)]
    pub(super) common: Common,
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
    #[arg(long, value_name = "N")]
    pub(super) replications: Option<NonZeroU64>,
    /// Directory for compare.csv and compare.json [default: no files]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Causes {
    #[command(flatten)]
    pub(super) common: Common,
    /// Replications, each of every subset of the causes
    #[arg(long, value_name = "N", default_value = "10")]
    pub(super) replications: NonZeroU64,
    /// Directory for causes.json [default: no file]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A report for people
    Human,
    /// One JSON document and nothing else
    Json,
}
