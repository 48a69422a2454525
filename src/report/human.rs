//! The report for people, as text for a terminal.

use super::story::{Line, Tone, story};
use super::{
    Check, Partial, Report, Screen, claims, figures, format, headline, hypercube, partial, phases,
    scenario_hash, steady, terminal,
};
use crate::kernel::time::Instant;
use crate::scenario::Study;
use crate::scenario::model::Nodes;

/// The whole report: the story where one replication tells it, then figures, milestones and claims.
pub fn report(report: &Report, screen: &Screen) -> String {
    let mut text =
        head(report.study, report.with, report.set, &seeds(report), report.partial, screen);
    if !report.is_many() {
        text += &timeline(report, screen);
        text += &terminal::pictures(report, screen);
    }
    text += &summary(report, screen);
    if !report.judgements.is_empty() {
        text += &screen.heading(claims_title(report));
        let scenario = &report.study.scenario;
        text += &claims::list(report.judgements, report.judged, scenario, screen);
    }
    text += &tail(report.study, report.seed, Some(report));
    text
}

/// What `check` decides: the claims of the scenario, of its counterfactuals, and over the ranges of
/// its assumptions.
pub fn check(check: &Check, screen: &Screen) -> String {
    let study = check.study;
    let scenario = &study.scenario;
    let seeds = check.own.map_or_else(|| format!("seed {}", check.seed), seeds);
    let mut text = head(study, check.with, check.set, &seeds, check.partial, screen);
    text += &answer(&claims::verdict(check.judgements()), screen);
    if let Some(own) = check.own {
        text += &format!("\n{}\n", format::wrap(&headline::headline(own), screen.text(), ""));
        text += &screen.heading("Claims");
        text += &claims::list(own.judgements, true, scenario, screen);
        if own.judgements.is_empty() {
            text += "  none\n";
        }
    }
    for one in check.counterfactuals {
        let replications = format::plural(one.replications, "replication");
        text += &screen.heading(&format!("What if: `{}`, {replications}", one.name));
        text += &screen.paragraph(&one.about);
        text += &claims::list(&one.judgements, true, scenario, screen);
    }
    if let Some(cube) = check.hypercube {
        let points = format::plural(cube.points.len() as u64, "point");
        text += &screen.heading(&format!("Over the ranges of the assumptions, {points}"));
        text += &hypercube::list(cube, study, screen);
    }
    let (simulated, one_by_one) = check.events;
    if simulated < one_by_one {
        let saved = format::percent(1.0 - simulated as f64 / one_by_one as f64);
        let words = format!(
            "{saved} of the events were not simulated, since variants of one replication share \
             their past"
        );
        text += &format!("\n{}\n", format::wrap(&words, screen.text(), ""));
    }
    let [pass, undecided, fail] = claims::tally(check.judgements());
    text += &screen.heading("Verdict");
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

/// What a report says first, below its head.
pub(super) fn answer(verdict: &str, screen: &Screen) -> String {
    let verdict = format::wrap(verdict, screen.text(), "");
    format!("\n{}{verdict}{}\n", screen.palette.bold, screen.palette.reset)
}

pub(super) fn head(
    study: &Study,
    with: &[String],
    set: &[String],
    seeds: &str,
    partial: Option<&Partial>,
    screen: &Screen,
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
    let (palette, width) = (&screen.palette, screen.text());
    let title = format::wrap(&scenario.title, width, "");
    let mut text = format!("{}{title}{}\n", palette.bold, palette.reset);
    let when = format!("{from} to {to} ({})", format::zone(scenario));
    text += &format!("{}\n", format::wrap(&when, width, "  "));
    let fleet = format!(
        "{} of {}, {} a process; {seeds}",
        format::plural(u64::from(nodes.count), "node"),
        format::plural(u64::from(nodes.cores), "core"),
        format::plural(u64::from(scenario.process.slots), "slot"),
    );
    text += &format!("{}\n", format::wrap(&fleet, width, "  "));
    if let Some(source) = &study.document.source {
        text += &format!("Facts from {}\n", format::wrap(source, width - 11, "  "));
    }
    if !with.is_empty() || !set.is_empty() {
        let with = with.iter().map(|name| format!("with `{name}`"));
        let changes: Vec<String> = with.chain(set.iter().map(|set| format!("`{set}`"))).collect();
        let changes = format::wrap(&format!("Changed: {}", changes.join(", ")), width, "  ");
        text += &format!("{}{changes}{}\n", palette.warn, palette.reset);
    }
    text + &partial::mark(partial, screen)
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

fn timeline(report: &Report, screen: &Screen) -> String {
    let scenario = &report.study.scenario;
    let lines = story(report);
    let mut text = screen.heading("What happened");
    let longest = Nodes::name(scenario.nodes.count.saturating_sub(1)).len();
    let width = longest.max("published".len());
    let mut today = String::new();
    for line in &lines {
        let day = format::day(scenario, line.at);
        if day != today {
            text += &format!("  {}{day}{}\n", screen.palette.dim, screen.palette.reset);
            today = day;
        }
        text += &story_line(report, line, width, screen);
    }
    text
}

fn story_line(report: &Report, line: &Line, width: usize, screen: &Screen) -> String {
    let indent = " ".repeat(width + 14);
    let (palette, room) = (&screen.palette, screen.text() - indent.len());
    let words = format::wrap(&line.text, room, &indent);
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
        let standing = format::wrap(standing, room, &indent);
        text += &format!("{indent}{dim}{standing}{reset}\n");
    }
    text
}

fn summary(report: &Report, screen: &Screen) -> String {
    let mut text = screen.heading("In short");
    text += &screen.paragraph(&headline::headline(report));
    text += &screen.heading("Milestones");
    text += &figures::milestones(report, screen);
    if let Some(phases) = phases::list(report, screen) {
        text += &screen.heading("When it happened");
        text += &phases;
    }
    text += &screen.heading("Figures");
    text += &if report.is_many() { figures::many(report, screen) } else { figures::single(report) };
    if let Some(classes) = figures::classes(report, screen).filter(|_| !report.is_many()) {
        text += &screen.heading("Classes of requests");
        text += &classes;
    }
    if let Some(words) = steady::hint(report) {
        text += &screen.paragraph(&words);
    }
    text
}

pub(super) fn tail(study: &Study, seed: u64, report: Option<&Report>) -> String {
    let digest = report.map_or(String::new(), |one| format!("digest {}, ", one.summary.digest));
    format!("\nseed {seed}, {digest}scenario {}\n", scenario_hash(study))
}
