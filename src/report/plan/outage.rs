//! With which value of a key an outage is rare enough.

use super::evidence::{self, cells, stretches};
use super::{Asked, Levels, grown};
use crate::experiment::plan::{Answer, Found, Question, fewest_to_hold};
use crate::report::Screen;
use crate::report::format::{percent, plural};
use serde_json::{Map, Value};

pub(super) fn human(
    asked: &Asked,
    levels: &Levels,
    found: &Found,
    screen: &Screen,
) -> (String, String) {
    let mut text = screen.remark(&answer(asked, levels, found));
    if found.is_broken() {
        let stretches = stretches(&levels.values, found);
        text += &screen.remark(&format!("It is no threshold: {stretches}."));
    }
    if found.answer.is_none() {
        text += &open(asked.question, &levels.values, found, screen);
    }
    let heading = [levels.key.as_str(), "outages", "probability", ""].map(str::to_string);
    let mut rows = vec![Vec::from(heading)];
    for (value, tried) in levels.values.iter().zip(&found.tried) {
        rows.push([vec![value.clone()], Vec::from(cells(tried))].concat());
    }
    (text, screen.table(&rows))
}

/// Why nothing holds, if that is for want of replications.
pub(super) fn open(
    question: Question,
    values: &[String],
    found: &Found,
    screen: &Screen,
) -> String {
    let open = found.tried.iter().filter(|tried| tried.answer == Answer::Open).count();
    if open == 0 {
        return String::new();
    }
    let most = plural(question.ceiling, "replication");
    screen.remark(&if fewest_to_hold(values.len(), question) > question.ceiling {
        format!(
            "No value can hold within {most}: even without an outage that is too few for {} with \
             {} confidence. Raise `--replications`.",
            percent(question.at_most),
            percent(question.confidence),
        )
    } else {
        format!("{} open after {most} each.", plural(open as u64, "value is"))
    })
}

pub(super) fn answer(asked: &Asked, levels: &Levels, found: &Found) -> String {
    let what = format!(
        "an outage happens with a probability of at most {}{}",
        percent(asked.question.at_most),
        grown(asked.growth)
    );
    let end = if levels.greatest { "greatest" } else { "least" };
    let Levels { key, values, .. } = levels;
    let all = plural(values.len() as u64, "value");
    match found.answer {
        Some(answer) => {
            format!("{key} = {}: the {end} of {all} with which {what}.", values[answer])
        }
        None if found.stopped => format!("None yet: stopped before {key} was decided."),
        None => format!("None of {all} of {key} is shown to be such that {what}."),
    }
}

pub(super) fn json(levels: &Levels, found: &Found) -> Map<String, Value> {
    let mut fields = evidence::json(&levels.values, found);
    fields.insert("key".to_string(), Value::from(levels.key.as_str()));
    fields
}
