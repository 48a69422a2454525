//! Results that are of less than was asked for, and why.

use super::Screen;
use super::format::{self, count, length, weekday_time, with_unit};
use crate::experiment::halt::{Cut, Why};
use crate::kernel::time::Duration;
use crate::scenario::Scenario;
use serde::Serialize;

/// What ended a command before everything was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Somebody did, with Ctrl-C.
    Interrupted,
    /// It may take this long.
    TimeLimit(Duration),
    /// It may have so many bytes.
    MaxMemory(u64),
    /// A replication needs too much.
    Cut(Cut),
}

impl Reason {
    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Interrupted => "interrupted",
            Reason::TimeLimit(_) => "time_limit",
            Reason::MaxMemory(_) => "max_memory",
            Reason::Cut(Cut { why: Why::Events(_), .. }) => "max_events",
            Reason::Cut(Cut { why: Why::StandsStill, .. }) => "stands_still",
        }
    }

    /// What happened, in words.
    pub fn words(self, scenario: &Scenario) -> String {
        match self {
            Reason::Interrupted => "stopped by Ctrl-C".to_string(),
            Reason::TimeLimit(limit) => {
                format!("ended after {} (`--time-limit`)", length(limit))
            }
            Reason::MaxMemory(most) => {
                format!("ended at {} of memory (`--max-memory`)", with_unit("B", most as f64))
            }
            Reason::Cut(Cut { seed, at, why }) => {
                let (seed, at) = (seed.0, weekday_time(scenario, at));
                match why {
                    Why::Events(most) => format!(
                        "the replication with seed {seed} needs more than {} events \
                         (`--max-events`), it had come to {at}; it is not counted, and none was \
                         begun after it",
                        count(most),
                    ),
                    Why::StandsStill => format!(
                        "in the replication with seed {seed} no time passes any more, at {at}: \
                         something follows on itself at once, such as attempts without a pause; it \
                         is not counted, and none was begun after it",
                    ),
                }
            }
        }
    }
}

/// Why results are of less than was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Partial {
    /// What ended it: `interrupted`, `time_limit`, `max_memory`, `max_events`, `stands_still`.
    pub reason: &'static str,
    /// The same in words, and what there is.
    pub words: String,
}

impl Partial {
    /// Of a reason, and of what there is in words, such as `12 of 100 replications are done`.
    pub fn new(reason: Reason, there_is: &str, scenario: &Scenario) -> Partial {
        let why = reason.words(scenario);
        // Whoever needs many events has more of an outage than the others.
        let missing = match reason {
            Reason::Cut(_) => "; what needs more than others is missing: the truth may be worse",
            Reason::Interrupted | Reason::TimeLimit(_) | Reason::MaxMemory(_) => "",
        };
        Partial { reason: reason.name(), words: format!("{why}; {there_is}{missing}") }
    }
}

/// What all reports for people begin with where they are partial.
pub(super) fn mark(partial: Option<&Partial>, screen: &Screen) -> String {
    let Some(partial) = partial else { return String::new() };
    let (palette, words) = (&screen.palette, format!("Partial: {}", partial.words));
    let words = format::wrap(&words, screen.text(), "  ");
    format!("{}{}{words}{}\n", palette.bold, palette.warn, palette.reset)
}
