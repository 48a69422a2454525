//! Where the fleet begins to collapse along a key of a sweep, or ceases to.

use super::{Sweep, Swept};
use crate::report::format::plural;
use crate::scenario::vary::{Axis, Level};

/// More stretches of the second key than these are not told one by one.
const TOLD: usize = 5;

/// What becomes of the fleet along the values of a key, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Knee {
    /// It collapses at no value.
    Never,
    /// It collapses at every value.
    Always,
    /// It does not collapse before this value, and does there.
    From(usize),
    /// It collapses before this value, and does not there.
    Until(usize),
}

impl Knee {
    /// By whether the fleet collapses at each value.
    fn of(collapses: &[bool]) -> Knee {
        let turn = collapses.windows(2).position(|pair| pair[0] != pair[1]);
        match (turn, collapses.first()) {
            (Some(before), Some(false)) => Knee::From(before + 1),
            (Some(before), _) => Knee::Until(before + 1),
            (None, Some(true)) => Knee::Always,
            (None, _) => Knee::Never,
        }
    }

    /// The value at which it turns.
    pub(in crate::report) fn turn(self) -> Option<usize> {
        match self {
            Knee::From(value) | Knee::Until(value) => Some(value),
            Knee::Never | Knee::Always => None,
        }
    }
}

/// Whether a collapse is the most frequent outcome of a cell.
pub(in crate::report) fn collapses(swept: &Swept) -> bool {
    swept.cell.fate().is_collapse()
}

/// The knee of a grid over one key; `None` if the key's values have no order.
#[cfg(feature = "plots")]
pub(in crate::report) fn knee(axis: &Axis, cells: &[Swept]) -> Option<Knee> {
    let line: Vec<bool> = cells.iter().map(collapses).collect();
    axis.is_ascending().then(|| Knee::of(&line))
}

/// Where the fleet collapses, in a sentence.
pub(in crate::report) fn verdict(sweep: &Sweep) -> String {
    match (sweep.axes, sweep.cells) {
        (_, []) => "Nothing was simulated.".to_string(),
        ([axis], cells) if sweep.is_grid && axis.is_ascending() => one_key(axis, cells),
        ([along, other], cells) if sweep.is_grid && along.is_ascending() => {
            two_keys(along, other, cells)
        }
        _ => counted(sweep),
    }
}

/// `an outage in 6 of 6 replications`.
fn outages(swept: &Swept) -> String {
    let all = plural(swept.cell.replications, "replication");
    format!("an outage in {} of {all}", swept.cell.outages)
}

fn one_key(axis: &Axis, cells: &[Swept]) -> String {
    let key = &axis.key;
    let value = |number: usize| axis.levels()[number].value.as_str();
    let last = cells.len() - 1;
    let range = format!("{key} = {} to {}", value(0), value(last));
    let line: Vec<bool> = cells.iter().map(collapses).collect();
    let found = Knee::of(&line);
    let text = match found {
        Knee::Never => {
            return nowhere(cells, &range, |number| format!("{key} = {}", value(number)));
        }
        Knee::Always => {
            let least = cells.iter().min_by_key(|swept| swept.cell.outages).unwrap_or(&cells[0]);
            return format!(
                "The fleet collapses everywhere from {range}: {} at the least.",
                outages(least)
            );
        }
        Knee::From(at) => format!(
            "The fleet first collapses at {key} = {}: {}, and in {} at {}.",
            value(at),
            outages(&cells[at]),
            cells[at - 1].cell.outages,
            value(at - 1),
        ),
        Knee::Until(at) => format!(
            "The fleet collapses up to {key} = {}: {}, and in {} at {}.",
            value(at - 1),
            outages(&cells[at - 1]),
            cells[at].cell.outages,
            value(at),
        ),
    };
    let turn = found.turn().unwrap_or(last);
    match line[turn..].iter().position(|&one| one != line[turn]) {
        Some(more) => {
            let again = if line[turn] { "does not collapse" } else { "collapses again" };
            format!("{text} It is no threshold: at {} it {again}.", value(turn + more))
        }
        None => text,
    }
}

fn nowhere(cells: &[Swept], range: &str, place: impl Fn(usize) -> String) -> String {
    let worst = (0..cells.len()).rev().max_by_key(|&number| cells[number].cell.outages);
    let worst = worst.filter(|&number| cells[number].cell.outages > 0);
    match worst {
        Some(worst) => format!(
            "The fleet collapses nowhere from {range} in most replications; the most is {}, at {}.",
            outages(&cells[worst]),
            place(worst),
        ),
        None => format!(
            "The fleet collapses nowhere from {range}: no outage in {} of each.",
            plural(cells[0].cell.replications, "replication"),
        ),
    }
}

fn two_keys(along: &Axis, other: &Axis, cells: &[Swept]) -> String {
    let lines = other.levels().len();
    let cell = |line: usize, at: usize| &cells[at * lines + line];
    let knees: Vec<Knee> = (0..lines.min(cells.len()))
        .map(|line| {
            let line: Vec<bool> = cells.iter().skip(line).step_by(lines).map(collapses).collect();
            Knee::of(&line)
        })
        .collect();
    let value = |axis: &Axis, number: usize| axis.levels()[number].value.clone();
    let from = |knee: &Knee| if let Knee::From(at) = knee { Some(*at) } else { None };
    let until = |knee: &Knee| if let Knee::Until(at) = knee { Some(*at) } else { None };
    let first = (0..knees.len()).filter(|&line| from(&knees[line]).is_some());
    let first = first.min_by_key(|&line| from(&knees[line]));
    let last = (0..knees.len()).filter(|&line| until(&knees[line]).is_some());
    let last = last.max_by_key(|&line| until(&knees[line]));
    let with = |line: usize| format!("with {} = {}", other.key, value(other, line));
    let columns = cells.len().div_ceil(lines);
    let range = format!("{} = {} to {}", along.key, value(along, 0), value(along, columns - 1));
    let text = match (first.map(|line| (line, knees[line])), last.map(|line| (line, knees[line]))) {
        (Some((line, Knee::From(at))), _) => format!(
            "The fleet first collapses at {} = {} ({}): {}.",
            along.key,
            value(along, at),
            with(line),
            outages(cell(line, at)),
        ),
        (_, Some((line, Knee::Until(at)))) => format!(
            "The fleet collapses up to {} = {} ({}): {}.",
            along.key,
            value(along, at - 1),
            with(line),
            outages(cell(line, at - 1)),
        ),
        _ if knees.iter().all(|knee| *knee == Knee::Never) => {
            let place = |number: usize| {
                format!("{} = {} {}", along.key, value(along, number / lines), with(number % lines))
            };
            return nowhere(cells, &range, place);
        }
        _ if knees.iter().all(|knee| *knee == Knee::Always) => {
            let least = cells.iter().min_by_key(|swept| swept.cell.outages).unwrap_or(&cells[0]);
            let words = outages(least);
            return format!("The fleet collapses everywhere from {range}: {words} at the least.");
        }
        _ => format!("Whether the fleet collapses does not change from {range}."),
    };
    format!("{text}{}", stretches(along, other, &knees))
}

/// ` With nodes.count = 2 it collapses from 2 on, with 3 to 4 nowhere.`
fn stretches(along: &Axis, other: &Axis, knees: &[Knee]) -> String {
    let mut parts: Vec<(Knee, &Level, &Level)> = Vec::new();
    for (level, knee) in other.levels().iter().zip(knees) {
        match parts.last_mut() {
            Some((known, _, last)) if known == knee => *last = level,
            _ => parts.push((*knee, level, level)),
        }
    }
    let value = |number: usize| along.levels()[number].value.as_str();
    let told = parts.iter().take(TOLD).map(|(knee, first, last)| {
        let range = match first == last {
            true => first.value.clone(),
            false => format!("{} to {}", first.value, last.value),
        };
        match knee {
            Knee::Never => format!("{range} nowhere"),
            Knee::Always => format!("{range} everywhere"),
            Knee::From(at) => format!("{range} from {} on", value(*at)),
            Knee::Until(at) => format!("{range} up to {}", value(*at - 1)),
        }
    });
    let told: Vec<String> = told.collect();
    let more = if parts.len() > TOLD { ", and so on" } else { "" };
    format!(" With {} = {}{more}.", other.key, told.join(", with "))
}

/// In how many cells it collapses, where the cells have no order.
fn counted(sweep: &Sweep) -> String {
    let what = if sweep.is_grid { "cell" } else { "point" };
    let found = sweep.cells.iter().filter(|swept| collapses(swept)).count();
    let sum = |of: fn(&Swept) -> u64| sweep.cells.iter().map(of).sum::<u64>();
    format!(
        "The fleet collapses in {found} of {}; there is an outage in {} of {}.",
        plural(sweep.cells.len() as u64, what),
        sum(|swept| swept.cell.outages),
        plural(sum(|swept| swept.cell.replications), "replication"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_knee_is_where_it_first_turns() {
        let cases: [(&[bool], Knee); 6] = [
            (&[false, false, true, true], Knee::From(2)),
            (&[false, true, false, true], Knee::From(1)),
            (&[true, true, false], Knee::Until(2)),
            (&[false, false], Knee::Never),
            (&[true], Knee::Always),
            (&[], Knee::Never),
        ];
        for (line, knee) in cases {
            assert_eq!(Knee::of(line), knee, "{line:?}");
        }
    }
}
