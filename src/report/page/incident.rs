//! The page of a run: what happened, when and why, beside what was published.

use super::chart::{self, Behind, View};
use super::clock::Clock;
use super::compare::Compare;
use super::course::Course;
use super::documents::{Documents, First, Summary, Unreadable};
use super::number;
use super::sensitivity::{Sensitivity, assumptions};
use super::shell;
use crate::report::figures::words;
use crate::report::format::{number as short, percent, plural};
use crate::scenario::measure::{Measure, Milestone};
use maud::{Markup, html};

/// Lines of the story on the page; the rest stands in the files.
const LINES: usize = 200;

/// The page.
pub(super) fn page(
    summary: &Summary,
    compare: Option<&Compare>,
    sensitivity: Option<&Sensitivity>,
    documents: &Documents,
) -> Result<String, Unreadable> {
    let studies = [compare.map(|one| &one.head), sensitivity.map(|one| &one.head)];
    for head in studies.into_iter().flatten() {
        if head.scenario_hash != summary.head.scenario_hash {
            return Err(Unreadable::new(format!(
                "the study is of scenario `{}` ({}), the run of `{}` ({}): both must be of the \
                 same scenario with the same changes",
                head.scenario,
                head.scenario_hash,
                summary.head.scenario,
                summary.head.scenario_hash
            )));
        }
    }
    let clock = Clock::new(&summary.clock)?;
    let view = match &summary.first_replication {
        Some(first) => View { from: first.from_s, to: first.to_s },
        None => View { from: 0.0, to: clock.length },
    };
    let course = Course::read(documents, summary, &clock)?;
    let mut verdicts = vec![summary.verdict.as_str()];
    verdicts.extend(compare.map(|one| one.verdict.as_str()));
    let body = html! {
        (shell::top(&summary.head, &about(summary, &clock), &verdicts))
        @if let Some(compare) = compare {
            (shell::partial("The comparison is partial", &compare.head))
        }
        @if let Some(sensitivity) = sensitivity {
            (shell::partial("The study of the assumptions is partial", &sensitivity.head))
        }
        (cards(summary))
        (beside_published(summary))
        @if let (Some(first), Some(course)) = (&summary.first_replication, &course) {
            (pictures(summary, first, course, &clock, view))
            (story(first, &clock))
        }
        (super::phases::section(summary))
        @if let Some(compare) = compare { (super::compare::section(compare, documents)) }
        (assumptions(&summary.assumptions, sensitivity))
        (other_claims(summary))
        (everything(summary, &clock))
    };
    Ok(shell::document(&summary.head, "what happened", Some((&clock, view)), &body))
}

fn about(summary: &Summary, clock: &Clock) -> String {
    let (from, to) = (clock.day(0.0), clock.day(clock.length));
    let days = if from == to { from } else { format!("{from} to {to}") };
    let fleet = summary.fleet;
    let done = plural(summary.replications, "replication");
    let done = if summary.replications < summary.replications_planned {
        format!("stopped after {} of {done}", summary.replications)
    } else {
        done
    };
    format!(
        "{days} ({}). {} of {}, {} a process. {done} from seed {}.",
        clock.name,
        plural(fleet.nodes, "node"),
        plural(fleet.cores, "core"),
        plural(fleet.slots, "slot"),
        summary.head.seed,
    )
}

/// The figures that everybody asks for first.
fn cards(summary: &Summary) -> Markup {
    let shown = [
        (Measure::Downtime, "downtime"),
        (Measure::RequestsFailed, "requests failed"),
        (Measure::Availability, "availability"),
        (Measure::RestartsFailed, "restarts failed"),
        (Measure::LostAtOnce, "most nodes lost at once"),
        (Measure::Collapse, "first restart to fleet down"),
    ];
    html! {
        dl.cards {
            @for (measure, name) in shown {
                @if let Some(value) = number::measure(summary, measure) {
                    div { dt { (name) } dd { (value) } }
                }
            }
        }
    }
}

fn beside_published(summary: &Summary) -> Markup {
    let published: Vec<_> =
        summary.expect.iter().filter(|claim| claim.published.is_some()).collect();
    html! {
        @if !published.is_empty() {
            section {
                h2 { "Published and simulated" }
                (shell::claims("What was published, beside what was simulated", &published))
            }
        }
    }
}

fn pictures(
    summary: &Summary,
    first: &First,
    course: &Course,
    clock: &Clock,
    view: View,
) -> Markup {
    let moment = first.crossing.map(|crossing| {
        (crossing.seconds, format!("load over capacity at {}", clock.time(crossing.seconds)))
    });
    let load = match first.crossing {
        Some(crossing) => format!(
            "At {} the load, {}/s, is more than what is left can serve, {}/s",
            clock.time(crossing.seconds),
            short(crossing.offered_per_s),
            short(crossing.capacity_per_s),
        ),
        None => "The capacity of the nodes that serve exceeds the load all the time".to_string(),
    };
    let behind = Behind { outages: first.outages.clone(), moment };
    let plain = Behind { moment: None, ..behind.clone() };
    let (capacity, failures, latency) = (course.load(), course.failures(), course.latency());
    let has_outages = !first.outages.is_empty();
    let figure = |id, title: &str, about: &str, body: &Markup| {
        chart::figure(id, title, about, body, clock, view)
    };
    let load_body = html! {
        (chart::legend(&[&capacity], has_outages)) (chart::panel(&capacity, &behind, view))
    };
    let failures_body = html! {
        (chart::legend(&[&failures, &latency], has_outages))
        (chart::panel(&failures, &plain, view))
        (chart::panel(&latency, &plain, view))
    };
    let window = short(summary.clock.window_s);
    let some_down = course.lanes.iter().any(|lane| lane.was_down);
    let each = first.capacity_per_node_per_s.map_or("-".to_string(), short);
    html! {
        section #course {
            h2 { "How it went" }
            @if summary.replications > 1 {
                p { "The first replication, seed " (summary.head.seed) "." }
            }
            (toolbar(has_outages))
            (figure("load", &load, &format!(
                "Requests issued in windows of {window} s against the capacity of the nodes that \
                 serve ({each} requests/s each)."), &load_body))
            (figure("nodes", &course.lanes_title(clock), course.lanes_note(),
                &html! { (states(some_down)) (chart::lanes(&course.lanes, view)) }))
            (figure("failures", &course.failures_title(clock), &format!(
                "By windows of {window} s, counted where requests were issued. Latency is that of \
                 requests that were served."), &failures_body))
        }
    }
}

/// What moves all pictures over time together.
fn toolbar(has_outages: bool) -> Markup {
    html! {
        div.toolbar.scripted role="toolbar" aria-label="Stretch of time in the pictures" {
            @if has_outages { button type="button" data-zoom="incident" { "the incident" } }
            button type="button" data-zoom="whole" { "the whole run" }
            button type="button" data-zoom="in" aria-label="zoom in" { "+" }
            button type="button" data-zoom="out" aria-label="zoom out" { "−" }
            button type="button" data-zoom="earlier" aria-label="earlier" { "←" }
            button type="button" data-zoom="later" aria-label="later" { "→" }
            span.hint { "Drag with a mouse to zoom; arrow keys read values." }
        }
    }
}

/// The states of the lanes, and a switch for those that stayed well.
fn states(some_were_down: bool) -> Markup {
    let states = [
        ("serving", "serves"),
        ("slow", "serves slowly or stands still"),
        ("marked_down", "serves, but marked down"),
        ("booting", "boots"),
        ("down", "down, or its starts fail"),
    ];
    html! {
        ul.legend {
            @for (class, text) in states { li { span.key.(class) {} (text) } }
            @if some_were_down {
                li.scripted { button type="button" aria-pressed="false" data-only-down {
                    "only nodes that were down"
                } }
            }
        }
    }
}

fn story(first: &First, clock: &Clock) -> Markup {
    let mut day = String::new();
    let lines = first.story.iter().take(LINES).map(|line| {
        let today = clock.day(line.seconds);
        let new_day = (today != day).then(|| today.clone());
        day = today;
        (line, new_day)
    });
    let lines: Vec<_> = lines.collect();
    html! {
        section {
            h2 { "What happened, and why" }
            ol.story {
                @for (line, new_day) in lines {
                    @if let Some(day) = new_day { li.day { (day) } }
                    li.(line.tone) {
                        time datetime=(clock.rfc3339(line.seconds))
                            title=(format!("{} UTC", clock.utc(line.seconds))) {
                            (clock.time(line.seconds))
                        }
                        @if !clock.is_utc() { span.utc { (clock.utc(line.seconds)) " UTC" } }
                        span.who { (line.who) }
                        span.text {
                            (shell::marked(&line.text))
                            @if let Some(standing) = &line.standing { small { (standing) } }
                        }
                    }
                }
            }
            @if first.story.len() > LINES {
                p { (first.story.len() - LINES) " more lines are in summary.json." }
            }
        }
    }
}

fn other_claims(summary: &Summary) -> Markup {
    let others: Vec<_> = summary.expect.iter().filter(|claim| claim.published.is_none()).collect();
    html! {
        @if !others.is_empty() {
            section {
                h2 { "Other claims of the scenario" }
                (shell::claims("Claims about which nothing was published", &others))
            }
        }
    }
}

/// Every milestone and every measure.
fn everything(summary: &Summary, clock: &Clock) -> Markup {
    html! {
        section {
            h2 { "All figures" }
            (milestones(summary, clock))
            details { summary { "Every measure" } (measures(summary)) }
            p { "Digest " code { (summary.digest) } ": equal digests mean equal runs." }
        }
    }
}

fn milestones(summary: &Summary, clock: &Clock) -> Markup {
    let is_many = summary.replications > 1;
    let reached = Milestone::ALL.iter().filter_map(|milestone| {
        let one = summary.milestones.get(milestone.name())?;
        let show = |when: Option<_>| when.map_or(String::new(), |when| clock.moment(when));
        one.p50?;
        let mut row = vec![shell::cell(words(milestone.name())), shell::cell(show(one.p50))];
        if is_many {
            row.push(shell::cell(format!("{} to {}", show(one.p05), show(one.p95))));
            row.push(shell::cell(percent(one.share)));
        }
        Some(row)
    });
    let rows: Vec<Vec<Markup>> = reached.collect();
    let head: &[&str] = if is_many {
        &["milestone", "median", "5 % to 95 %", "reached in"]
    } else {
        &["milestone", "time"]
    };
    html! { @if !rows.is_empty() { (shell::table("Milestones", head, &rows)) } }
}

fn measures(summary: &Summary) -> Markup {
    let is_many = summary.replications > 1;
    let row = |measure: &Measure| {
        let value = number::measure(summary, *measure)?;
        let mut row = vec![shell::cell(words(measure.name())), value];
        if is_many {
            let estimate = summary.measures.get(measure.name())?;
            for quantile in [estimate.p05, estimate.p50, estimate.p95] {
                let text = quantile.map_or("-".to_string(), |one| number::plain(*measure, one));
                row.push(shell::cell(text));
            }
        }
        row.push(shell::cell(measure.about()));
        Some(row)
    };
    let rows: Vec<Vec<Markup>> = Measure::ALL.iter().filter_map(row).collect();
    let head: &[&str] = if is_many {
        &["measure", "mean ± 95 %", "5 %", "median", "95 %", "what it is"]
    } else {
        &["measure", "value", "what it is"]
    };
    shell::table("Every measure", head, &rows)
}
