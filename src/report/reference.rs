//! The reference page: every key of a scenario, and every result that a claim can be about.

use super::kinds::KINDS;
use super::trace::COLUMNS;
use crate::scenario::keys::Document;
use crate::scenario::measure::{ClassMeasure, IntervalMeasure, Measure, Milestone};
use crate::scenario::text::{json_schema, reference_page};

/// The page, as Markdown.
pub fn page() -> String {
    let mut text = reference_page::<Document>();
    let measures = Measure::ALL.iter().map(|one| (one.name(), one.unit(), one.about()));
    let about = "What is measured of a replication; a claim names one as `measure`. Where a \
                 replication does not have it, it is no number and keeps within no bounds.";
    table(&mut text, "Measures", about, measures);
    let measures = IntervalMeasure::ALL.iter().map(|one| (one.name(), one.unit(), one.about()));
    let about = "What is measured of every `[interval.NAME]`; a claim names one as \
                 `measure = \"NAME.restarts\"`.";
    table(&mut text, "Measures of an interval", about, measures);
    let measures = ClassMeasure::ALL.iter().map(|one| (one.name(), one.unit(), one.about()));
    let about = "What is measured of every `[class.NAME]` where there are several; a claim names \
                 one as `measure = \"class.NAME.failed_share\"`.";
    table(&mut text, "Measures of a class", about, measures);
    let milestones = Milestone::ALL.iter().map(|one| (one.name(), one.unit(), one.about()));
    let about = "Moments of a replication; a claim names one as `milestone`.";
    table(&mut text, "Milestones", about, milestones);
    let about = "What happens in a replication: the rows of `events.csv`, which has no requests, \
                 attempts and gauges, and of `fleetfall trace`, which has all.";
    list(&mut text, "Events", about, KINDS);
    let about = "Columns of `fleetfall trace --format csv`, and fields with `--format json`; empty \
                 or left out where they do not apply.";
    list(&mut text, "Columns of a trace", about, &COLUMNS);
    text
}

fn table<'a>(
    text: &mut String,
    title: &str,
    about: &str,
    rows: impl Iterator<Item = (&'a str, &'a str, &'a str)>,
) {
    text.push_str(&format!(
        "\n## {title}\n\n{about}\n\n| Name | Unit | Meaning |\n|---|---|---|\n"
    ));
    for (name, unit, about) in rows {
        text.push_str(&format!("| `{name}` | {unit} | {about} |\n"));
    }
}

fn list(text: &mut String, title: &str, about: &str, rows: &[(&str, &str)]) {
    text.push_str(&format!("\n## {title}\n\n{about}\n\n| Name | Meaning |\n|---|---|\n"));
    for (name, about) in rows {
        text.push_str(&format!("| `{name}` | {about} |\n"));
    }
}

/// The JSON schema of a scenario, for editors.
pub fn schema() -> String {
    let schema = json_schema::<Document>("fleetfall scenario");
    let mut text =
        serde_json::to_string_pretty(&schema).expect("numbers and texts can be written as JSON");
    text.push('\n');
    text
}
