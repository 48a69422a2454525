//! The report for people, as text for a terminal.

use super::story::{Line, Tone, story};
use super::{
    Check, Palette, Report, claims, figures, format, headline, hypercube, phases, scenario_hash,
    steady,
};
use crate::kernel::time::Instant;
use crate::scenario::Study;
use crate::scenario::model::Nodes;

/// Width at which texts are wrapped.
const WIDTH: usize = 100;

/// The whole report: the story where one replication tells it, then figures, milestones and claims.
pub fn report(report: &Report, palette: &Palette) -> String {
    let mut text = head(report.study, report.with, report.set, &seeds(report), palette);
    if !report.is_many() {
        text += &timeline(report, palette);
    }
    text += &summary(report, palette);
    if !report.judgements.is_empty() {
        text += &heading(claims_title(report), palette);
        let scenario = &report.study.scenario;
        text += &claims::list(report.judgements, report.judged, scenario, palette);
    }
    text += &tail(report.study, report.seed, Some(report));
    text
}

/// What `check` decides: the claims of the scenario, of its counterfactuals, and over the ranges of
/// its assumptions.
pub fn check(check: &Check, palette: &Palette) -> String {
    let study = check.study;
    let scenario = &study.scenario;
    let seeds = check.own.map_or_else(|| format!("seed {}", check.seed), seeds);
    let mut text = head(study, check.with, check.set, &seeds, palette);
    text += &answer(&claims::verdict(check.judgements()), palette);
    if let Some(own) = check.own {
        text += &format!("\n{}\n", format::wrap(&headline::headline(own), WIDTH, ""));
        text += &heading("Claims", palette);
        text += &claims::list(own.judgements, true, scenario, palette);
        if own.judgements.is_empty() {
            text += "  none\n";
        }
    }
    for one in check.counterfactuals {
        let replications = format::plural(one.replications, "replication");
        text += &heading(&format!("What if: `{}`, {replications}", one.name), palette);
        text += &format!("  {}\n", format::wrap(&one.about, WIDTH - 2, "  "));
        text += &claims::list(&one.judgements, true, scenario, palette);
    }
    if let Some(cube) = check.hypercube {
        let points = format::plural(cube.points.len() as u64, "point");
        text += &heading(&format!("Over the ranges of the assumptions, {points}"), palette);
        text += &hypercube::list(cube, study, palette);
    }
    let (simulated, one_by_one) = check.events;
    if simulated < one_by_one {
        let saved = format::percent(1.0 - simulated as f64 / one_by_one as f64);
        let words = format!(
            "{saved} of the events were not simulated, since variants of one replication share \
             their past"
        );
        text += &format!("\n{}\n", format::wrap(&words, WIDTH, ""));
    }
    let [pass, undecided, fail] = claims::tally(check.judgements());
    text += &heading("Verdict", palette);
    text += &format!("  {pass} pass, {undecided} undecided, {fail} fail\n");
    text += &tail(study, check.seed, check.own);
    text
}

fn claims_title<'a>(report: &Report) -> &'a str {
    if report.judged {
        "Claims"
    } else if report.with.is_empty() {
        "Claims: what this one replication shows; one run decides nothing"
    } else {
        "Claims: they are about the scenario as it is without `--with`, so they are not judged"
    }
}

pub(super) fn heading(title: &str, palette: &Palette) -> String {
    format!("\n{}{title}{}\n", palette.bold, palette.reset)
}

/// What a report says first, below its head.
pub(super) fn answer(verdict: &str, palette: &Palette) -> String {
    format!("\n{}{}{}\n", palette.bold, format::wrap(verdict, WIDTH, ""), palette.reset)
}

pub(super) fn head(
    study: &Study,
    with: &[String],
    set: &[String],
    seeds: &str,
    palette: &Palette,
) -> String {
    let scenario = &study.scenario;
    let (start, end) = (Instant::START, scenario.clock.horizon);
    let from = format!("{}, {}", format::day(scenario, start), format::time(scenario, start));
    let same_day = format::day(scenario, start) == format::day(scenario, end);
    let to = if same_day {
        format::time(scenario, end)
    } else {
        format!("{}, {}", format::day(scenario, end), format::time(scenario, end))
    };
    let nodes = &scenario.nodes;
    let mut text = format!("{}{}{}\n", palette.bold, scenario.title, palette.reset);
    text += &format!("{from} to {to} ({})\n", format::zone(scenario));
    text += &format!(
        "{} of {}, {} a process; {seeds}\n",
        format::plural(u64::from(nodes.count), "node"),
        format::plural(u64::from(nodes.cores), "core"),
        format::plural(u64::from(scenario.process.slots), "slot"),
    );
    if let Some(source) = &study.document.source {
        text += &format!("Facts from {}\n", format::wrap(source, WIDTH - 11, "  "));
    }
    if !with.is_empty() || !set.is_empty() {
        let with = with.iter().map(|name| format!("with `{name}`"));
        let changes: Vec<String> = with.chain(set.iter().map(|set| format!("`{set}`"))).collect();
        text += &format!("{}Changed: {}{}\n", palette.warn, changes.join(", "), palette.reset);
    }
    text
}

fn seeds(report: &Report) -> String {
    let done = report.results.len() as u64;
    if !report.is_many() && report.planned == 1 {
        return format!("1 replication, seed {}", report.seed);
    }
    let last = report.seed.wrapping_add(done.saturating_sub(1));
    if done < report.planned {
        format!(
            "stopped after {done} of {} replications, seeds {} to {last}",
            report.planned, report.seed
        )
    } else {
        format!("{done} replications, seeds {} to {last}", report.seed)
    }
}

fn timeline(report: &Report, palette: &Palette) -> String {
    let scenario = &report.study.scenario;
    let lines = story(report);
    let mut text = heading("What happened", palette);
    let longest = Nodes::name(scenario.nodes.count.saturating_sub(1)).len();
    let width = longest.max("published".len());
    let mut today = String::new();
    for line in &lines {
        let day = format::day(scenario, line.at);
        if day != today {
            text += &format!("  {}{day}{}\n", palette.dim, palette.reset);
            today = day;
        }
        text += &story_line(report, line, width, palette);
    }
    text
}

fn story_line(report: &Report, line: &Line, width: usize, palette: &Palette) -> String {
    let indent = " ".repeat(width + 14);
    let words = format::wrap(&line.text, WIDTH - indent.len(), &indent);
    let color = match line.tone {
        Tone::Bad => palette.bad,
        Tone::Warn => palette.warn,
        Tone::Good => palette.good,
        Tone::People => palette.people,
        Tone::Input => palette.bold,
        Tone::Published => palette.published,
    };
    let time = format::time(&report.study.scenario, line.at);
    let who = &line.who;
    let (dim, reset) = (palette.dim, palette.reset);
    if line.tone == Tone::Published {
        return format!("  {dim}{time}{reset}  {color}{who:width$}  {words}{reset}\n");
    }
    let mut text = format!("  {dim}{time}{reset}  {color}{who:width$}{reset}  {words}\n");
    if let Some(standing) = &line.standing {
        text += &format!("{indent}{dim}{standing}{reset}\n");
    }
    text
}

fn summary(report: &Report, palette: &Palette) -> String {
    let mut text = heading("In short", palette);
    text += &format!("  {}\n", format::wrap(&headline::headline(report), WIDTH - 2, "  "));
    text += &heading("Milestones", palette);
    text += &figures::milestones(report);
    if let Some(phases) = phases::list(report) {
        text += &heading("When it happened", palette);
        text += &phases;
    }
    text += &heading("Figures", palette);
    text += &if report.is_many() { figures::many(report) } else { figures::single(report) };
    if let Some(classes) = figures::classes(report).filter(|_| !report.is_many()) {
        text += &heading("Classes of requests", palette);
        text += &classes;
    }
    if let Some(words) = steady::hint(report) {
        text += &format!("  {}\n", format::wrap(&words, WIDTH - 2, "  "));
    }
    text
}

pub(super) fn tail(study: &Study, seed: u64, report: Option<&Report>) -> String {
    let digest = report.map_or(String::new(), |one| format!("digest {}, ", one.summary.digest));
    format!("\nseed {seed}, {digest}scenario {}\n", scenario_hash(study))
}
