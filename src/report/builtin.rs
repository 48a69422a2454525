//! The scenarios that come with the program, as a list.

use super::format::{self, Palette, plural, wrap};
use crate::scenario::capacity::Peak;
use crate::scenario::{Builtin, Study, builtin::BUILTIN};
use serde::Serialize;

/// Width of the texts beside the names.
const WIDTH: usize = 76;

/// What is told of a built-in scenario; everything is read from its text.
#[derive(Debug, Serialize)]
struct Row {
    name: &'static str,
    title: String,
    source: Option<String>,
    nodes: u32,
    cores: u32,
    simulated_s: f64,
    peak_requests_per_s: f64,
    mitigations: Vec<String>,
    causes: Vec<String>,
    counterfactuals: Vec<String>,
    assumptions: usize,
    claims: usize,
}

impl Row {
    fn of(builtin: &Builtin) -> Row {
        let Study { scenario, document, .. } = builtin.study();
        let names = |names: Vec<&str>| names.into_iter().map(str::to_string).collect();
        let conditional = document.counterfactual.iter().map(|(_, one)| one.expect.len());
        let over_ranges = document.hypercube.as_ref().map_or(0, |cube| cube.expect.len());
        Row {
            name: builtin.name,
            title: document.title,
            source: document.source,
            nodes: scenario.nodes.count,
            cores: scenario.nodes.cores,
            simulated_s: scenario.clock.horizon.as_secs_f64(),
            peak_requests_per_s: Peak::of(&scenario).map_or(0.0, |peak| peak.rate),
            mitigations: names(document.mitigation.names()),
            causes: names(document.cause.names()),
            counterfactuals: names(document.counterfactual.names()),
            assumptions: document.assumption.len(),
            claims: document.expect.len() + conditional.sum::<usize>() + over_ranges,
        }
    }

    /// What it is, in a sentence.
    fn about(&self) -> String {
        let nodes = plural(u64::from(self.nodes), "node");
        let cores = plural(u64::from(self.cores), "core");
        let counts = [
            (self.mitigations.len(), "mitigation"),
            (self.assumptions, "assumption"),
            (self.claims, "claim"),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: String =
            counts.map(|(count, what)| format!(", {}", plural(*count as u64, what))).collect();
        let source = self.source.as_ref().map_or_else(String::new, |text| format!("; {text}"));
        format!(
            "{} on {nodes} of {cores}, up to {} requests/s{counts}{source}",
            format::with_unit("s", self.simulated_s),
            format::number(self.peak_requests_per_s),
        )
    }
}

/// The list for people, with what to type next.
pub fn human(palette: &Palette) -> String {
    let Palette { bold, reset, .. } = *palette;
    let width = Builtin::names().iter().map(|name| name.len()).max().unwrap_or(0);
    let indent = " ".repeat(width + 4);
    let mut text = String::from("Commands take these names in place of a scenario's file:\n\n");
    for row in BUILTIN.iter().map(Row::of) {
        let title = wrap(&row.title, WIDTH, &indent);
        text += &format!("  {bold}{:width$}{reset}  {title}\n", row.name);
        text += &format!("{indent}{}\n", wrap(&row.about(), WIDTH, &indent));
    }
    let first = BUILTIN.first().map_or("", |builtin| builtin.name);
    text += &format!(
        "\n  fleetfall run {first}\n      tells what happened\n  \
         fleetfall show {first} > mine.toml\n      \
         saves its text, to be read and changed; it is run as mine.toml then\n"
    );
    text
}

/// The list for programs.
pub fn json() -> String {
    let rows: Vec<Row> = BUILTIN.iter().map(Row::of).collect();
    let mut text =
        serde_json::to_string_pretty(&rows).expect("numbers and texts can be written as JSON");
    text.push('\n');
    text
}
