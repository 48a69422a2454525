//! Arguments that limit what a command may take.

use super::count;
use super::plan::time_from;
use clap::Args;
use fleetfall::kernel::time::Duration;
use fleetfall::scenario::text::{Bytes, Diagnostics, Key, KeyPath, Node, Place, Value};
use std::num::NonZeroU64;

/// How far a command goes.
#[derive(Args, Clone, Copy, Debug)]
pub(in crate::cli) struct Limits {
    /// Say what it would need (requests, events, memory, time), and simulate nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Begin also if it needs more than 10^12 events in all
    #[arg(long)]
    pub(in crate::cli) large: bool,
    /// End when a replication needs more events than this; that one does not count
    #[arg(long, value_name = "N", value_parser = count::<NonZeroU64>)]
    pub(in crate::cli) max_events: Option<NonZeroU64>,
    /// Refuse to begin with what needs more memory than this, and end when it needs more all the
    /// same; the latter is seen on Linux alone
    #[arg(long, value_name = "SIZE", default_value = "4GiB", value_parser = size)]
    pub(in crate::cli) max_memory: Bytes,
    /// End after this time, such as 90s or 2h; what is finished by then is kept
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(in crate::cli) time_limit: Option<Duration>,
}

/// An amount of memory, written as in a scenario.
fn size(text: &str) -> Result<Bytes, String> {
    let node = Node { value: Value::Str(text.to_string()), place: Place::NOWHERE };
    let read = Bytes::read(&node, &KeyPath::root(), &mut Diagnostics::new());
    let read = read.filter(|size| *size >= Bytes::new(1 << 20));
    read.ok_or_else(|| "expected a size from 1 MiB to 1024 TiB, such as 8GiB".to_string())
}

fn time(text: &str) -> Result<Duration, String> {
    let message = "expected a time from 1ms to 7 days, such as 90s or 2h";
    time_from(0.001, text).ok_or_else(|| message.to_string())
}
