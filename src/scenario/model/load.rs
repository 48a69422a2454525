//! Load: where requests come from, their classes, and what clients do.

use crate::fleet::client::{Backoff, budget};
use crate::fleet::load::recorded::Recording;
use crate::fleet::load::{Batch, Course};
use crate::kernel::dist::Dist;
use crate::kernel::time::Duration;
use crate::scenario::late::Late;
use std::fmt;

/// The most stages of a request.
pub const STAGES_MAX: usize = 5;

/// A load source.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Its name; a random stream belongs to it.
    pub name: String,
    /// The number of its stream, the same in every variant of the scenario.
    pub stream: u64,
    /// The classes of its requests.
    pub classes: Mix,
    /// Its rate over time; of a source that does not follow one, the rate to be expected while
    /// requests are answered without waiting.
    pub course: Course,
    /// What its requests follow.
    pub kind: SourceKind,
    /// How many of its requests come at the same time.
    pub batch: Batch,
}

/// What the requests of a source follow.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceKind {
    /// The course.
    Course,
    /// States that follow one another in order, for ever: their rates, and how long they last.
    Modulated(Vec<(f64, Dist)>),
    /// A recording.
    Recorded(Recorded),
    /// So many users who think between requests.
    Users {
        /// Users.
        count: u32,
        /// From an answer to the next request.
        think: Dist,
    },
    /// Users who arrive, make requests one after the other, and leave.
    Sessions {
        /// Users who arrive per second.
        arrivals: Course,
        /// Probability of another request after one.
        another: f64,
        /// From an answer to the next request.
        think: Dist,
        /// Probability of leaving after a failure.
        leave: f64,
    },
}

/// A recorded load. Two are the same if the content of their files is, and how it is meant.
#[derive(Clone)]
pub struct Recorded {
    /// The recording.
    pub recording: Recording,
    /// Whether it has rates; else every row is a request.
    pub has_rates: bool,
    /// The SHA-256 of its content.
    pub sha256: String,
}

/// Everything but the content itself, for which its hash stands.
impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Recording { shift, factor, between, end, classes, .. } = &self.recording;
        let what = (&self.sha256, self.has_rates, shift, factor, between, end, classes);
        f.debug_tuple("Recorded").field(&what).finish()
    }
}

impl PartialEq for Recorded {
    fn eq(&self, other: &Recorded) -> bool {
        let what = |recorded: &Recorded| {
            let Recording { shift, factor, between, end, .. } = recorded.recording;
            (recorded.has_rates, shift, factor, between, end)
        };
        self.sha256 == other.sha256
            && what(self) == what(other)
            && self.recording.classes == other.recording.classes
    }
}

impl SourceKind {
    /// The recording, if there is one.
    pub fn recording(&self) -> Option<&Recorded> {
        if let SourceKind::Recorded(recorded) = self { Some(recorded) } else { None }
    }

    /// How many users there are, where their number is fixed.
    pub fn users(&self) -> Option<u32> {
        match self {
            SourceKind::Users { count, .. } => Some(*count),
            SourceKind::Course
            | SourceKind::Modulated(_)
            | SourceKind::Recorded(_)
            | SourceKind::Sessions { .. } => None,
        }
    }
}

/// The classes of a source's requests.
#[derive(Clone, Debug, PartialEq)]
pub enum Mix {
    /// All are of one.
    One(usize),
    /// They are drawn: up to which share each class reaches, in order; the last reaches 1.
    Drawn(Vec<(f64, usize)>),
}

impl Mix {
    /// Every class with its share.
    pub fn shares(&self) -> Vec<(f64, usize)> {
        match self {
            Mix::One(class) => vec![(1.0, *class)],
            Mix::Drawn(ends) => {
                let starts = std::iter::once(0.0).chain(ends.iter().map(|(end, _)| *end));
                ends.iter().zip(starts).map(|((end, class), start)| (end - start, *class)).collect()
            }
        }
    }

    /// The class for a random number in [0, 1).
    pub fn class(&self, drawn: f64) -> usize {
        match self {
            Mix::One(class) => *class,
            Mix::Drawn(ends) => ends[ends.partition_point(|(end, _)| *end <= drawn)].1,
        }
    }
}

/// Whether the load stops changing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freeze {
    /// It follows its course to the end.
    Never,
    /// It keeps the value it has at the first restart.
    FirstRestart,
}

/// A class of requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// What a request does while it holds its slot, one after the other; at most [`STAGES_MAX`].
    pub stages: Vec<Stage>,
    /// How long a client waits for an attempt before it gives that attempt up; one value a request.
    pub patience: Dist,
    /// Memory that a request needs.
    pub memory: RequestMemory,
}

/// A stage of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// What it needs.
    pub needs: Needs,
    /// How much of it: core time at speed 1, or time to wait.
    pub demand: Dist,
}

/// What a stage needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// A share of the node's cores.
    Cpu,
    /// Something else, such as a database; the cores are free meanwhile.
    Wait,
}

/// How clients behave.
#[derive(Clone, Debug, PartialEq)]
pub struct Clients {
    /// What they do when an attempt has failed.
    pub retry: Late<Retry>,
    /// What keeps them from trying too often.
    pub budget: Option<budget::Settings>,
    /// How many there are, each with a budget of its own.
    pub count: u32,
    /// Sending another attempt while none is answered.
    pub hedge: Option<Hedge>,
}

/// What a client does when an attempt has failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Attempts in all, the first included; at least 1.
    pub attempts: u32,
    /// The delays between them.
    pub backoff: Backoff,
    /// By [`Outcome`](crate::sim::observation::Outcome): whether another attempt is made after it.
    pub on: Failures,
    /// What the person does when all of them have failed; leaves without it.
    pub reload: Option<Reload>,
}

/// Kinds of failure after which another attempt is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// Given up by the client.
    pub timed_out: bool,
    /// Taken by no node.
    pub refused: bool,
    /// Lost with its process.
    pub reset: bool,
    /// A node did not answer in time.
    pub no_answer: bool,
    /// No node was up.
    pub no_node: bool,
    /// Shed by a process.
    pub shed: bool,
}

/// Loading a page again.
#[derive(Clone, Debug, PartialEq)]
pub struct Reload {
    /// The probability.
    pub share: f64,
    /// From the failure to the next attempt.
    pub pause: Dist,
    /// How often at most.
    pub at_most: u32,
}

/// Sending another attempt while none is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// From one attempt to the next.
    pub after: Duration,
    /// How many on top of the first.
    pub at_most: u32,
}

/// Memory that a request needs, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestMemory {
    /// Retained after it was served, until a restart.
    pub retained: u64,
    /// Used while it is in service.
    pub in_service: u64,
    /// Used while it waits for a slot.
    pub queued: u64,
}
