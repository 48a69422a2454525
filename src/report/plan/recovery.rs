//! Which constant load a fleet bears, and from which it comes back by itself.

use super::evidence::{self, cells, stretches};
use super::outage::open;
use super::{Asked, Held, Levels, Load, conditions, grown, object};
use crate::experiment::plan::Found;
use crate::report::Screen;
use crate::report::format::{number, percent};
use serde_json::{Map, Value, json};

pub(super) fn human(
    asked: &Asked,
    levels: &Levels,
    loads: &[Load],
    held: &Held,
    [bears, recovers]: [&Found; 2],
    screen: &Screen,
) -> (String, String) {
    let answers = answers(asked, levels, loads, [bears, recovers]);
    let mut text: String = answers.iter().map(|answer| screen.remark(answer)).collect();
    for (found, what) in [(bears, "bearing"), (recovers, "coming back")] {
        if found.is_broken() {
            let stretches = stretches(&levels.values, found);
            text += &screen.remark(&format!("For {what} it is no threshold: {stretches}."));
        }
        if found.answer.is_none() && !found.stopped {
            text += &open(asked.question.shared(2), &levels.values, found, screen);
        }
    }
    text += &screen.remark(&conditions(held));
    let heading = [levels.key.as_str(), "requests/s", "down", "probability", ""];
    let heading = heading.into_iter().chain(["stays down", "probability", ""]);
    let mut rows: Vec<Vec<String>> = vec![heading.map(str::to_string).collect()];
    let tried = bears.tried.iter().zip(&recovers.tried);
    for ((value, load), (bears, recovers)) in levels.values.iter().zip(loads).zip(tried) {
        let load = [value.clone(), number(load.rate)];
        rows.push([Vec::from(load), cells(bears).into(), cells(recovers).into()].concat());
    }
    let columns = "`down` counts replications in which the fleet does not bear the load by itself, \
                   `stays down` those in which it has not come back.";
    (text, screen.table(&rows) + &screen.remark(columns))
}

/// What it bears, what it comes back from, and what lies between.
pub(super) fn answers(
    asked: &Asked,
    levels: &Levels,
    loads: &[Load],
    [bears, recovers]: [&Found; 2],
) -> [String; 3] {
    let killed = "comes back by itself after all its processes were killed at once";
    [
        answer(asked, levels, loads, bears, "bears a constant load"),
        answer(asked, levels, loads, recovers, killed),
        gap(levels, loads, bears, recovers),
    ]
}

fn answer(asked: &Asked, levels: &Levels, loads: &[Load], found: &Found, what: &str) -> String {
    let end = if levels.greatest { "up to" } else { "from" };
    let key = &levels.key;
    let failing = percent(asked.question.at_most);
    match found.answer {
        Some(answer) => format!(
            "It {what} {end} {key} = {} ({} requests/s on {} nodes), with a probability of failing \
             of at most {failing}{}.",
            levels.values[answer],
            number(loads[answer].rate),
            loads[answer].nodes,
            grown(asked.growth),
        ),
        None if found.stopped => format!("Stopped before it was decided whether it {what}."),
        None => format!("With none of the values of {key} it is shown that it {what}."),
    }
}

/// What lies between the two answers: hysteresis.
fn gap(levels: &Levels, loads: &[Load], bears: &Found, recovers: &Found) -> String {
    let (Some(bears), Some(recovers)) = (bears.answer, recovers.answer) else {
        return "The gap between the two is not known.".to_string();
    };
    if recovers <= bears {
        return "No hysteresis is seen: what it bears, it comes back from.".to_string();
    }
    let (from, to) = (&levels.values[recovers], &levels.values[bears]);
    let rates = (loads[bears].rate - loads[recovers].rate).abs();
    let rates = if rates > 0.0 {
        format!(", a gap of {} requests/s", number(rates))
    } else {
        String::new()
    };
    format!(
        "Hysteresis: between {} = {from} and {to}{rates}, a fleet that serves goes on serving, and \
         one that is down is not shown to come back by itself.",
        levels.key
    )
}

pub(super) fn json(
    levels: &Levels,
    loads: &[Load],
    held: &Held,
    [bears, recovers]: [&Found; 2],
) -> Map<String, Value> {
    let load = |(value, load): (&String, &Load)| {
        let Load { rate, nodes } = load;
        json!({ "value": value, "requests_per_s": rate, "nodes": nodes })
    };
    object(json!({
        "key": levels.key,
        "within_s": held.within.as_secs_f64(),
        "release": held.release,
        "loads": levels.values.iter().zip(loads).map(load).collect::<Vec<Value>>(),
        "bears": evidence::json(&levels.values, bears),
        "recovers": evidence::json(&levels.values, recovers),
    }))
}
