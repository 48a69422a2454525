//! Lines that look alike: where they are many, the first ones are told and the others summed up.

use super::Line;
use crate::kernel::time::Instant;
use crate::report::format::{self, plural};
use crate::scenario::Scenario;
use std::collections::BTreeMap;

/// Lines that may be told as one where they are many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    FailedRestart,
    Restart,
    Refused,
    Ended,
    OutOfMemory,
    Crashed,
    Thrashing,
    GaveUp,
    Marked,
    Ejected,
    Struck,
    WorkerEnded,
    WorkerKilled,
    WorkerFailed,
    Lost,
    Fixed,
    Added,
    Removed,
    Reloaded,
    Fleet,
}

impl Group {
    /// Lines before the rest is told as one.
    fn first(self) -> usize {
        match self {
            Group::FailedRestart | Group::Fixed | Group::Added | Group::Removed => 8,
            Group::Restart | Group::Refused => 5,
            Group::WorkerEnded => 2,
            Group::Ended
            | Group::OutOfMemory
            | Group::Crashed
            | Group::Thrashing
            | Group::GaveUp
            | Group::Marked
            | Group::Ejected
            | Group::Struck
            | Group::WorkerKilled
            | Group::WorkerFailed
            | Group::Lost
            | Group::Reloaded
            | Group::Fleet => 4,
        }
    }

    fn more(self, count: u64) -> String {
        let nodes = || plural(count, "more node");
        match self {
            Group::FailedRestart => format!("{} restart and fail in the same way", nodes()),
            Group::Restart => format!("{} like these", plural(count, "more restart")),
            Group::Refused => format!("{} refused", plural(count, "more restart")),
            Group::Ended => format!("{count} more processes end"),
            Group::OutOfMemory => format!("{} for want of memory", plural(count, "more kill")),
            Group::Crashed => format!("{} crash in the same way", plural(count, "more node")),
            Group::Thrashing => format!("{} begin to swap", nodes()),
            Group::GaveUp => format!("{} given up", nodes()),
            Group::Marked => {
                format!("health checks take nodes out {} more times", format::count(count))
            }
            Group::Ejected => {
                format!("balancers take nodes out {} more times", format::count(count))
            }
            Group::Struck => format!("faults begin or end {} more times", format::count(count)),
            Group::WorkerEnded => format!("{} replaced", plural(count, "more worker")),
            Group::WorkerKilled => format!("{} killed", plural(count, "more worker")),
            Group::WorkerFailed => format!("{} fail in the same way", plural(count, "more worker")),
            Group::Lost => format!("{} lost like these", nodes()),
            Group::Fixed => format!("{} fixed", nodes()),
            Group::Added => format!("{} added", nodes()),
            Group::Removed => format!("{} removed or emptied", nodes()),
            Group::Reloaded => format!("{} reload in the same way", nodes()),
            Group::Fleet => format!("it goes and comes {} more times", count.div_ceil(2)),
        }
    }
}

/// Tells groups with too many lines shorter: the first ones, and one line for the others.
pub(super) fn fold(scenario: &Scenario, mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by_key(|line| line.at);
    let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        if let Some(group) = line.group {
            groups.entry(group).or_default().push(index);
        }
    }
    let mut hidden = vec![false; lines.len()];
    for (group, members) in groups {
        // One line in place of two would save little.
        if members.len() <= group.first() + 2 {
            continue;
        }
        let rest = &members[group.first()..];
        let last = rest.last().map_or(Instant::START, |&index| lines[index].at);
        let kept = rest[0];
        rest.iter().skip(1).for_each(|&index| hidden[index] = true);
        let more = group.more(rest.len() as u64);
        lines[kept].text = format!("{more} until {}", format::time(scenario, last));
        lines[kept].who = "fleet".to_string();
        lines[kept].standing = None;
    }
    let mut hidden = hidden.into_iter();
    lines.retain(|_| !hidden.next().unwrap_or(false));
    lines
}
