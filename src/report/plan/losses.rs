//! How many nodes a fleet may lose for good at once, hour by hour.

use super::evidence::{self, cells, stretches};
use super::outage::open;
use super::{Asked, Held, Hour, Search, conditions, grown, object};
use crate::report::Screen;
use crate::report::format::{number, percent, plural};
use serde_json::{Map, Value, json};

impl Search {
    fn values(&self) -> Vec<String> {
        self.losses.iter().map(u32::to_string).collect()
    }

    /// How many nodes may be lost; `None` if not even none is shown to be well.
    pub(in crate::report) fn spare(&self) -> Option<u32> {
        self.found.answer.map(|answer| self.losses[answer])
    }

    /// Whether more were not tried.
    fn is_capped(&self) -> bool {
        self.found.answer == Some(0)
    }
}

pub(super) fn human(
    asked: &Asked,
    hours: &[Hour],
    held: &Held,
    searches: &[Search],
    screen: &Screen,
) -> (String, String) {
    let mut text = screen.remark(&answer(asked, hours, searches));
    let question = asked.question.shared(searches.len());
    for (index, search) in searches.iter().enumerate() {
        let Some(hour) = hours.iter().find(|hour| hour.search == index) else { continue };
        let values = search.values();
        let mut note = String::new();
        if search.found.is_broken() {
            let stretches = stretches(&values, &search.found);
            note = screen.remark(&format!("it is no threshold: {stretches}."));
        } else if search.found.answer.is_none() && !search.found.stopped {
            note = open(question, &values, &search.found, screen);
        }
        if !note.is_empty() {
            text += &screen.remark(&format!("At {:02}:00 {}", hour.hour, note.trim()));
        }
    }
    text += &screen.remark(&conditions(held));
    let heading = ["hour", "requests/s", "nodes", "verdict", "lost", "stays down", "probability"];
    let mut rows: Vec<Vec<String>> = vec![heading.map(str::to_string).into()];
    for hour in hours {
        let search = &searches[hour.search];
        let first = hours.iter().find(|other| other.search == hour.search);
        let like = first.filter(|first| first.hour != hour.hour);
        let clock = format!("{:02}:00", hour.hour);
        let load = [clock, number(hour.rate), hour.nodes.to_string(), verdict(search)];
        if let Some(like) = like {
            let same = format!("as at {:02}:00", like.hour);
            rows.push([&load[..], &[same]].concat());
            continue;
        }
        let [failures, probability, _] = evidence_of(search);
        let lost =
            decisive(search).map_or("-".to_string(), |value| search.losses[value].to_string());
        rows.push([&load[..], &[lost, failures, probability]].concat());
        if let Some(next) = search.found.answer.and_then(|answer| answer.checked_sub(1)) {
            let [failures, probability, _] = cells(&search.found.tried[next]);
            let blank = [const { String::new() }; 4];
            let lost = search.losses[next].to_string();
            rows.push([&blank[..], &[lost, failures, probability]].concat());
        }
    }
    (text, screen.table(&rows))
}

/// The value that the verdict rests on: the answer, or what was tried last.
fn decisive(search: &Search) -> Option<usize> {
    search.found.answer.or_else(|| search.losses.len().checked_sub(1))
}

fn evidence_of(search: &Search) -> [String; 3] {
    decisive(search).map_or_else(Default::default, |value| cells(&search.found.tried[value]))
}

fn verdict(search: &Search) -> String {
    match search.spare() {
        Some(spare) if search.is_capped() => format!("N+{spare} or more"),
        Some(spare) => format!("N+{spare}"),
        None if search.found.stopped => "stopped".to_string(),
        None => "not shown".to_string(),
    }
}

/// The hour with the fewest nodes to spare, of several that with the greatest load.
fn tightest<'a>(hours: &'a [Hour], searches: &[Search]) -> Option<&'a Hour> {
    let spare = |hour: &&Hour| searches[hour.search].spare();
    hours.iter().min_by(|a, b| {
        let by_rate = || b.rate.total_cmp(&a.rate);
        spare(a).cmp(&spare(b)).then_with(by_rate)
    })
}

/// The answer in a few words.
#[cfg(feature = "plots")]
pub(super) fn short(hours: &[Hour], searches: &[Search]) -> String {
    let Some(worst) = tightest(hours, searches) else { return "Nothing was tried".to_string() };
    let at = format!("{:02}:00", worst.hour);
    match searches[worst.search].spare() {
        Some(0) => format!("N+0: no node may be lost at {at}"),
        Some(spare) => format!(
            "N+{spare}: {} may be lost for good at once at every hour; the tightest is {at}",
            plural(u64::from(spare), "node"),
        ),
        None => format!("Not even without a loss is the fleet shown to serve at {at}"),
    }
}

pub(super) fn answer(asked: &Asked, hours: &[Hour], searches: &[Search]) -> String {
    let Some(worst) = tightest(hours, searches) else { return "Nothing was tried.".to_string() };
    let at = format!(
        "at {:02}:00 ({} requests/s on {} nodes)",
        worst.hour,
        number(worst.rate),
        worst.nodes
    );
    let grown = grown(asked.growth);
    let search = &searches[worst.search];
    match search.spare() {
        None if search.found.stopped => "Stopped before every hour was decided.".to_string(),
        None => format!("Not even without a loss is the fleet shown to serve {at}{grown}."),
        Some(0) => {
            format!("N+0: no node may be lost {at}{grown}; hours with more to spare are below.")
        }
        Some(spare) => {
            let more = if search.is_capped() { " or more (no more were tried)" } else { "" };
            format!(
                "N+{spare}{more}: at every hour of the day {} may be lost for good at once, and \
                 the fleet serves on by itself with a probability of failing of at most \
                 {}{grown}. The tightest is {at}.",
                plural(u64::from(spare), "node"),
                percent(asked.question.at_most),
            )
        }
    }
}

pub(super) fn json(hours: &[Hour], held: &Held, searches: &[Search]) -> Map<String, Value> {
    let hour = |hour: &Hour| {
        let search = &searches[hour.search];
        let mut fields = object(json!({
            "hour": hour.hour,
            "requests_per_s": hour.rate,
            "nodes": hour.nodes,
        }));
        fields.extend(evidence::json(&search.values(), &search.found));
        fields
    };
    object(json!({
        "within_s": held.within.as_secs_f64(),
        "release": held.release,
        "hours": hours.iter().map(hour).collect::<Vec<_>>(),
    }))
}
