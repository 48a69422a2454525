//! `fleetfall trace`.

use super::args::{Form, Trace as Arguments};
use super::exit::Exit;
use super::replicas::{Replicas, Wanted};
use super::{output, study, terminal};
use fleetfall::kernel::time::{Duration, Instant};
use fleetfall::observe::trace::{Span, Tracer};
use fleetfall::report::format;
use fleetfall::report::kinds::KINDS;
use fleetfall::report::trace::{Filter, Traced, csv, human, json_lines};
use fleetfall::scenario::cost::{Cost, Keeps, Need, Way};
use fleetfall::scenario::measure::Milestone;
use fleetfall::scenario::model::Nodes;
use fleetfall::scenario::text::diagnostic::{nearest, quoted};
use fleetfall::scenario::{Scenario, Study};
use jiff::civil::{DateTime, Time};
use jiff::{SignedDuration, Timestamp};

/// Simulates a replication, once to find the milestone and once to watch what happens around it.
///
/// # Errors
/// The exit after what went wrong has been shown.
pub(super) fn trace(arguments: &Arguments) -> Result<Exit, Exit> {
    let filter = filter(arguments)?;
    let common = arguments.common();
    let study = study::load(&common, &common.with)?;
    let seed = common.seed.unwrap_or(study.document.experiment.seed);
    let replicas = Replicas::new(&common, &study, |threads| need(arguments, &study, threads))?;
    let at = match moment(&study.scenario, &arguments.around)? {
        Moment::Time(at) => at,
        Moment::Milestone(milestone) => find(&replicas, &study, seed, milestone)?,
    };
    let half = Duration::from_nanos(arguments.window.as_nanos() / 2);
    let from = Instant::from_nanos(at.as_nanos().saturating_sub(half.as_nanos()));
    let to = at.saturating_add(half).min(study.scenario.clock.horizon);
    let span = Span { from, at, to, limit: arguments.limit as usize };
    let mut tracer = Tracer::new(span, |seen: &_| filter.wants(seen));
    replicas.watch(&study.scenario, seed, to, &mut tracer)?;
    let traced = Traced {
        study: &study,
        seed,
        with: &common.with,
        set: &common.set,
        around: &arguments.around,
        span,
        trace: &tracer.finish(),
    };
    let text = match arguments.format {
        Form::Human => human(&traced, &terminal::screen()),
        Form::Csv => csv(&traced),
        Form::Json => json_lines(&traced),
    };
    output::print(&text)?;
    if arguments.format != Form::Human && traced.trace.left_out > 0 {
        output::note(&traced.note());
    }
    Ok(Exit::Well)
}

/// Two replications, and the events that are shown.
fn need(arguments: &Arguments, study: &Study, threads: usize) -> Need {
    /// Bytes of an event, with its line.
    const SHOWN: f64 = 400.0;
    let cost = Cost::of(&study.scenario);
    // An event may be of several kinds that are told.
    let shown = f64::from(arguments.limit).min(4.0 * cost.events_at_most);
    let keeps = Keeps::InAll(shown * SHOWN);
    Need::of(&[(cost, 2)], Way { threads: threads.min(1), at_once: 1.0, keeps, detailed: false })
}

/// What the arguments leave out.
fn filter(arguments: &Arguments) -> Result<Filter, Exit> {
    let mut wrong = false;
    let mut nodes = Vec::new();
    for name in &arguments.node {
        match Nodes::named(name) {
            Some(node) => nodes.push(node),
            None => {
                output::complain(&format!("`{name}` is no node; they are called `node-1` and on"));
                wrong = true;
            }
        }
    }
    let known: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    for kind in arguments.only.iter().filter(|kind| !known.contains(&kind.as_str())) {
        let help = match nearest(kind, &known) {
            Some(best) => format!("did you mean `{best}`?"),
            None => "`fleetfall reference` lists them".to_string(),
        };
        output::complain(&format!("there is no event `{kind}`; {help}"));
        wrong = true;
    }
    if wrong { Err(Exit::Usage) } else { Ok(Filter { nodes, kinds: arguments.only.clone() }) }
}

/// The time of a milestone of the replication.
fn find(
    replicas: &Replicas,
    study: &Study,
    seed: u64,
    milestone: Milestone,
) -> Result<Instant, Exit> {
    let label = &study.scenario.name;
    let wanted = Wanted { label, with: &[], seed, count: 1, detailed: false };
    let results = replicas.make(&study.scenario, wanted)?;
    let Some(results) = results.first() else {
        return Err(replicas.nothing(&study.scenario, "the milestone was found"));
    };
    if let Some(at) = results.milestone(milestone) {
        return Ok(at);
    }
    let name = milestone.name();
    output::complain(&format!("the replication with seed {seed} does not reach `{name}`"));
    let reached = Milestone::ALL.iter().filter_map(|&one| Some((one, results.milestone(one)?)));
    let mut reached: Vec<(Milestone, Instant)> = reached.collect();
    reached.sort_by_key(|(_, at)| *at);
    if reached.is_empty() {
        output::note("  it reaches no milestone; `--around` takes a time as well");
    }
    for (one, at) in reached {
        let when = format::weekday_time(&study.scenario, at);
        output::note(&format!("  {:17} is reached on {when}", one.name()));
    }
    Err(Exit::Usage)
}

/// What a stretch is around.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Moment {
    Milestone(Milestone),
    Time(Instant),
}

/// The moment that was typed.
fn moment(scenario: &Scenario, typed: &str) -> Result<Moment, Exit> {
    if let Some(milestone) = Milestone::named(typed) {
        return Ok(Moment::Milestone(milestone));
    }
    let horizon = scenario.clock.horizon;
    let (start, end) = (scenario.clock.start, scenario.civil(horizon));
    match time(scenario, typed) {
        Some(time) if (start..=end).contains(&time) => Ok(Moment::Time(scenario.instant(time))),
        Some(_) => {
            let [from, to] = [Instant::START, horizon].map(|when| {
                format!("{}, {}", format::day(scenario, when), format::time(scenario, when))
            });
            let zone = format::zone(scenario);
            output::complain(&format!("`{typed}` is not within the scenario's clock"));
            output::note(&format!("  it goes from {from} to {to} ({zone})"));
            Err(Exit::Usage)
        }
        None => {
            let known: Vec<&str> = Milestone::ALL.iter().map(|one| one.name()).collect();
            let help = match nearest(typed, &known) {
                Some(best) => format!("did you mean `{best}`?"),
                None => format!("milestones are {}", quoted(&known)),
            };
            output::complain(&format!("`{typed}` is no milestone and no time; {help}"));
            output::note("  times are such as 16:08:00, 2021-02-01T16:08:00Z or +20h");
            Err(Exit::Usage)
        }
    }
}

/// The time that was typed, if it is one; a time of day is the first after the start.
fn time(scenario: &Scenario, typed: &str) -> Option<Timestamp> {
    let clock = &scenario.clock;
    if let Some(length) = typed.strip_prefix('+') {
        let length: SignedDuration = length.parse().ok().filter(|length| !is_negative(length))?;
        return clock.start.checked_add(length).ok();
    }
    if let Ok(time) = typed.parse::<Timestamp>() {
        return Some(time);
    }
    let local = |time: DateTime| Some(time.to_zoned(clock.zone.clone()).ok()?.timestamp());
    // A date alone is a time too, for the parser; here it would be midnight.
    if typed.contains(':')
        && typed.contains(['T', ' '])
        && let Ok(time) = typed.parse::<DateTime>()
    {
        return local(time);
    }
    let time: Time = typed.contains(':').then(|| typed.parse().ok())??;
    let first = clock.start.to_zoned(clock.zone.clone()).date();
    let days = [Some(first), first.tomorrow().ok()];
    let mut times = days.into_iter().flatten().filter_map(|day| local(day.to_datetime(time)));
    times.find(|time| *time >= clock.start)
}

fn is_negative(length: &SignedDuration) -> bool {
    *length < SignedDuration::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(typed: &str) -> Option<String> {
        let text = include_str!("../report/tests/tiny.toml");
        let sets = ["clock.start=2024-02-29T16:00:00Z", "clock.end=2024-03-01T18:00:00Z"];
        let zone = "clock.zone=\"Europe/Berlin\"";
        let study = Study::load("tiny.toml", text, &[] as &[&str], &[sets[0], sets[1], zone]);
        time(&study.unwrap().scenario, typed).map(|time| time.to_string())
    }

    #[test]
    fn times_are_read_in_the_zone_of_the_scenario() {
        let utc = |typed: &str| found(typed).unwrap_or_default();
        assert_eq!(utc("17:08:00"), "2024-02-29T16:08:00Z");
        assert_eq!(utc("17:08"), "2024-02-29T16:08:00Z");
        assert_eq!(utc("16:59:59"), "2024-03-01T15:59:59Z", "the next day, not before the start");
        assert_eq!(utc("2024-03-01T03:00:00.25"), "2024-03-01T02:00:00.25Z");
        assert_eq!(utc("2024-03-01T03:00:00Z"), "2024-03-01T03:00:00Z");
        assert_eq!(utc("2024-03-01T03:00:00-05:00"), "2024-03-01T08:00:00Z");
        assert_eq!(utc("+20h"), "2024-03-01T12:00:00Z");
        assert_eq!(utc("+1h30m"), "2024-02-29T17:30:00Z");
        for typed in ["noon", "", "25:00", "2024-03-01", "20h", "+-20h", "+", "12"] {
            assert_eq!(found(typed), None, "{typed}");
        }
    }
}
