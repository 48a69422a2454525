//! Arguments of `trace`.

use super::plan::time_from;
use super::{Common, EXIT_CODES, Format, Limits};
use clap::{Args, ValueEnum, value_parser};
use fleetfall::kernel::time::Duration;
use fleetfall::report::trace::COLUMNS;
use fleetfall::scenario::measure::Milestone;
use std::path::PathBuf;

#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES, after_long_help = long_help())]
pub(in crate::cli) struct Trace {
    /// Scenario, a TOML file
    file: PathBuf,
    /// What it is about: a milestone such as first_restart; a time of day such as 16:08:00 or a
    /// time such as 2021-02-01T16:08:00, in the scenario's zone; RFC 3339; or +20h from the start
    #[arg(long, value_name = "MOMENT")]
    pub(in crate::cli) around: String,
    /// Length of the stretch that is shown, half of it before the moment and half of it after
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = window)]
    pub(in crate::cli) window: Duration,
    /// Only what happens on or to this node, such as node-3; may be repeated. Requests are issued
    /// and end at no node
    #[arg(long, value_name = "NODE")]
    pub(in crate::cli) node: Vec<String>,
    /// Only events of this kind, such as attempt_failed; may be repeated. `fleetfall reference`
    /// lists them
    #[arg(long, value_name = "KIND")]
    pub(in crate::cli) only: Vec<String>,
    /// At most so many events; of more, those nearest to the moment
    #[arg(long, value_name = "N", default_value = "10000")]
    #[arg(value_parser = value_parser!(u32).range(1..=10_000_000))]
    pub(in crate::cli) limit: u32,
    /// Seed of the replication [default: the scenario's]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Apply a patch that the scenario names: a mitigation or a counterfactual
    #[arg(long, value_name = "NAME")]
    with: Vec<String>,
    /// Give a key another value, as in nodes.count=12
    #[arg(long, value_name = "K=V")]
    set: Vec<String>,
    /// Where the files are that the scenario names [default: the scenario's folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    limits: Limits,
    /// What is printed on standard output
    #[arg(long, value_enum, default_value_t = Form::Human)]
    pub(in crate::cli) format: Form,
}

impl Trace {
    /// What it shares with other commands.
    pub(in crate::cli) fn common(&self) -> Common {
        Common {
            no_report: true,
            file: self.file.clone(),
            seed: self.seed,
            with: self.with.clone(),
            set: self.set.clone(),
            data: self.data.clone(),
            threads: None,
            limits: self.limits,
            format: Format::Human,
            #[cfg(feature = "store")]
            store: None,
        }
    }
}

/// In which form events are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Form {
    /// A line an event, for people
    Human,
    /// A row an event
    Csv,
    /// A JSON object an event, one a line
    Json,
}

fn window(text: &str) -> Result<Duration, String> {
    let message = "expected a time from 1ms to 7 days, such as 90s";
    time_from(0.001, text).ok_or_else(|| message.to_string())
}

/// The milestones and the columns, below the long help.
fn long_help() -> String {
    let milestones =
        Milestone::ALL.iter().map(|one| format!("  {:17} {}", one.name(), one.about()));
    let columns = COLUMNS.iter().map(|(name, about)| format!("  {name:17} {about}"));
    let (milestones, columns): (Vec<_>, Vec<_>) = (milestones.collect(), columns.collect());
    format!(
        "Milestones:\n{}\n\nColumns of --format csv, and fields of --format json where they \
         apply:\n{}\n\n{EXIT_CODES}",
        milestones.join("\n"),
        columns.join("\n")
    )
}
