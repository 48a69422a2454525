//! Keeping the results of a check, and setting later ones against them.

use super::super::args::{Check as Arguments, Format};
use super::super::exit::Exit;
use super::super::files::{OWN_MAX, read as read_file, write_to};
use super::super::{output, terminal};
use super::Checked;
use fleetfall::experiment::baseline::{self, Kept, Stored, Tolerances, Trend};
use fleetfall::report;
use fleetfall::report::format::plural;
use fleetfall::scenario::text::diagnostic::printable;
use std::path::Path;

/// By what share a measure may become worse unless the arguments say otherwise.
const USUAL: f64 = 0.05;

/// Reads kept results.
pub(super) fn read(path: &Path) -> Result<Kept, Exit> {
    let shown = path.display();
    let refuse = |why: String| {
        output::complain(&format!("`{shown}` is no baseline: {why}"));
        output::note("  make one with `fleetfall check FILE --save-baseline FILE`");
        Exit::Usage
    };
    let text = read_file(path, OWN_MAX).map_err(|error| {
        output::complain(&format!("failed to read `{shown}`: {error}"));
        Exit::Usage
    })?;
    let kept: Kept = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
    if kept.format != baseline::FORMAT {
        let (theirs, ours) = (kept.format, baseline::FORMAT);
        return Err(refuse(format!("it has form {theirs}, and this version reads {ours}")));
    }
    Ok(kept)
}

/// Says which scenarios of the baseline were not checked this time.
pub(super) fn tell_missing(kept: &Kept, all: &[Checked]) {
    let checked = |name: &String| {
        all.iter().filter_map(|one| one.stored.as_ref()).any(|(known, _)| known == name)
    };
    for name in kept.scenarios.keys().filter(|name| !checked(name)) {
        let name = printable(name);
        output::note(&format!("`{name}` is in the baseline, and was not checked"));
    }
}

/// Keeps the results of every scenario that was checked.
pub(super) fn save(path: &Path, all: &[Checked]) -> Result<(), Exit> {
    let shown = path.display();
    if let Some(broken) = all.iter().find(|one| one.stored.is_none()) {
        let file = &broken.file;
        output::note(&format!("`{shown}` is left as it was: `{file}` has no results to be kept"));
        return Ok(());
    }
    // Of two with one name the second was refused, as their files would be in one place.
    let scenarios = all.iter().filter_map(|one| one.stored.clone()).collect();
    let version = env!("CARGO_PKG_VERSION").to_string();
    let kept = Kept { format: baseline::FORMAT, version, scenarios };
    let text = serde_json::to_string_pretty(&kept).expect("numbers and texts have a JSON form");
    write_to(path, &(text + "\n"))
}

/// Sets what was checked against what was kept.
pub(super) fn against(
    arguments: &Arguments,
    kept: Option<&Kept>,
    name: &str,
    stored: Stored,
    mut checked: Checked,
) -> Result<Checked, Exit> {
    match kept.map(|kept| (kept, kept.scenarios.get(name))) {
        Some((kept, Some(before))) => {
            let mut tolerances = Tolerances { usual: USUAL, own: Vec::new() };
            for (measure, share) in &arguments.tolerance {
                match measure {
                    Some(measure) => tolerances.own.push((*measure, *share)),
                    None => tolerances.usual = *share,
                }
            }
            let changes = baseline::changes(before, &stored, &tolerances);
            let there = before.replications().min(stored.replications());
            if there < baseline::FEWEST {
                let (there, few) = (plural(there as u64, "replication"), baseline::FEWEST);
                output::complain(&format!(
                    "`{name}` cannot be set against the baseline: {there} then or now, and it \
                     takes {few}"
                ));
                return Err(Exit::Usage);
            }
            let version = env!("CARGO_PKG_VERSION");
            let notes =
                report::baseline::notes(before, &stored, &printable(&kept.version), version);
            let text = report::baseline::human(&notes, &changes, &terminal::screen());
            match arguments.common.format {
                Format::Human => {
                    output::print(&text)?;
                }
                Format::Json => output::note(&text),
            }
            if changes.iter().any(|change| change.trend == Trend::Worse)
                && checked.exit == Exit::Well
            {
                checked.exit = Exit::Claims;
            }
            checked.cases.extend(report::baseline::cases(&changes, &checked.file));
        }
        Some((_, None)) => output::note(&format!("`{name}` is not in the baseline: it is new")),
        None => {}
    }
    checked.stored = Some((name.to_string(), stored));
    Ok(checked)
}
