//! Arguments of `plan`.

use super::{Common, EXIT_CODES, count, probability};
use clap::{Args, ValueEnum};
use fleetfall::kernel::time::Duration;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(in crate::cli) struct Plan {
    #[command(flatten)]
    pub(in crate::cli) common: Common,
    /// What is asked
    #[arg(long, value_enum, default_value_t = Ask::Outage)]
    pub(in crate::cli) ask: Ask,
    /// Key and values to try, in the forms of `sweep` [default: for an outage nodes.count from 1 to
    /// twice as many as there are, for recovery load.scale from 0.2 to 3 times what it is]
    #[arg(long, value_name = "KEY=VALUES")]
    pub(in crate::cli) vary: Option<String>,
    /// Which of the values that hold is sought; the first or the last in their order [default: for
    /// an outage the least, for recovery the greatest]
    #[arg(long, value_enum)]
    pub(in crate::cli) find: Option<Sought>,
    /// The probability of an outage, or of not coming back, that is good enough, such as 5%
    #[arg(long, value_name = "P", default_value = "5%", value_parser = probability)]
    pub(in crate::cli) outage_at_most: f64,
    /// How sure all verdicts of the search together shall be
    #[arg(long, value_name = "P", default_value = "95%", value_parser = probability)]
    pub(in crate::cli) confidence: f64,
    /// A factor on the load
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = growth)]
    pub(in crate::cli) growth: f64,
    /// For recovery and losses: how long the fleet has to come back [default: 30min]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(in crate::cli) within: Option<Duration>,
    /// For recovery and losses: the release on every node, valid or not as the scenario has it
    /// [default: the first one, taken to be valid]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) release: Option<String>,
    /// For losses: the most nodes that are lost at once [default: half of them, 8 at most]
    #[arg(long, value_name = "N", value_parser = count::<NonZeroU32>)]
    pub(in crate::cli) up_to: Option<NonZeroU32>,
    /// At most so many replications of one value
    #[arg(long, value_name = "N", default_value = "400", value_parser = count::<NonZeroU64>)]
    pub(in crate::cli) replications: NonZeroU64,
    /// Directory of the files [default: output/<name of the scenario>-plan]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Ask {
    /// With which value of a key is an outage of the scenario rare enough?
    Outage,
    /// Which constant load does the fleet bear, and from which does it come back by itself after
    /// all processes were killed at once?
    Recovery,
    /// How many nodes may be lost for good at once, at the load of each hour of the day?
    Losses,
}

/// Which of the values that hold is sought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Sought {
    /// The least, as of nodes.
    Least,
    /// The greatest, as of load.
    Greatest,
}

fn growth(text: &str) -> Result<f64, String> {
    let factor: Option<f64> = text.parse().ok().filter(|factor| (0.001..=1000.0).contains(factor));
    factor.ok_or_else(|| "expected a factor such as 1.2".to_string())
}

fn time(text: &str) -> Result<Duration, String> {
    time_from(1.0, text)
        .ok_or_else(|| "expected a time from 1s to 7 days, such as 30min".to_string())
}

/// A time from so many seconds to 7 days.
pub(super) fn time_from(least: f64, text: &str) -> Option<Duration> {
    let time: jiff::SignedDuration = text.parse().ok()?;
    let seconds = Some(time.as_secs_f64()).filter(|time| (least..=7.0 * 86_400.0).contains(time));
    seconds.map(Duration::from_secs_f64)
}
