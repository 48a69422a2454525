//! Results against those that were kept, for people.

use super::Screen;
use super::cases::Case;
use super::format::{Palette, percent, with_unit};
use crate::experiment::Verdict;
use crate::experiment::baseline::{Change, Stored, Trend};

/// What changed beside the numbers, such as the scenario, in sentences; empty if nothing did.
pub fn notes(before: &Stored, after: &Stored, old_version: &str, version: &str) -> Vec<String> {
    let mut notes = Vec::new();
    if before.digest == after.digest {
        notes.push("every replication is the same, to the digest".to_string());
        return notes;
    }
    if before.scenario_hash != after.scenario_hash {
        notes.push("the scenario is not the same any more".to_string());
    }
    if old_version != version {
        notes.push(format!("kept by version {old_version}, this is {version}"));
    }
    if notes.is_empty() && before.seed == after.seed {
        notes.push(
            "scenario and version are the same, the digest is not: the model was changed \
                    without a new version, or the number of replications differs"
                .to_string(),
        );
    }
    notes
}

/// The changes as a table.
pub fn human(notes: &[String], changes: &[Change], screen: &Screen) -> String {
    let Palette { bold, reset, .. } = screen.palette;
    let mut text = format!("{bold}Against the baseline{reset}\n");
    for note in notes {
        text += &screen.remark(note);
    }
    let head = ["", "before", "now", "difference, 95 %", "allowed", ""].map(str::to_string);
    let rows = changes.iter().map(|change| {
        let show = |value: f64| {
            let sign = if value < 0.0 { "-" } else { "" };
            sign.to_string() + &with_unit(change.measure.unit(), value.abs())
        };
        let (low, high) = change.interval;
        [
            super::figures::words(change.measure.name()),
            show(change.before),
            show(change.after),
            format!("{} to {}", show(low), show(high)),
            show(change.tolerance),
            match change.trend {
                Trend::Better => "better",
                Trend::Same => "no worse",
                Trend::Worse => "worse",
            }
            .to_string(),
        ]
    });
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(rows).collect();
    text + &screen.table(&rows) + "\n"
}

/// The changes as cases, at the head of the scenario's file.
pub fn cases(changes: &[Change], file: &str) -> Vec<Case> {
    let case = |change: &Change| Case {
        part: "baseline".to_string(),
        claim: format!(
            "{} is no worse by more than {}",
            change.measure.name(),
            percent(change.share)
        ),
        verdict: if change.trend == Trend::Worse { Verdict::Fail } else { Verdict::Pass },
        details: format!(
            "{} before, {} now, the difference between {} and {}",
            change.before, change.after, change.interval.0, change.interval.1
        ),
        place: Some((file.to_string(), 1)),
    };
    changes.iter().map(case).collect()
}
