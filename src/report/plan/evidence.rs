//! What a search has found, in rows, in words and as JSON.

use super::object;
use crate::experiment::plan::{Answer, Found, Tried};
use crate::report::format::percent;
use crate::stats::share_bounds;
use serde_json::{Map, Value, json};

pub(super) fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Holds => "holds",
        Answer::Fails => "fails",
        Answer::Open => "open",
    }
}

fn bounds(tried: &Tried) -> (f64, f64) {
    share_bounds(tried.failures, tried.replications, 0.95)
}

/// `2 of 40`, then its bounds, then the verdict.
pub(super) fn cells(tried: &Tried) -> [String; 3] {
    if tried.replications == 0 {
        return ["-", "-", word(tried.answer)].map(str::to_string);
    }
    let (low, high) = bounds(tried);
    [
        format!("{} of {}", tried.failures, tried.replications),
        format!("{} to {}", percent(low), percent(high)),
        word(tried.answer).to_string(),
    ]
}

/// `1 to 8 fails, 9 holds, 10 open`.
pub(super) fn stretches(values: &[String], found: &Found) -> String {
    let mut parts: Vec<(Answer, &str, &str)> = Vec::new();
    for (value, tried) in values.iter().zip(&found.tried) {
        match parts.last_mut() {
            Some((answer, _, last)) if *answer == tried.answer => *last = value,
            _ => parts.push((tried.answer, value, value)),
        }
    }
    let part = |(answer, first, last): &(Answer, &str, &str)| {
        let range = if first == last { (*first).to_string() } else { format!("{first} to {last}") };
        format!("{range} {}", word(*answer))
    };
    parts.iter().map(part).collect::<Vec<String>>().join(", ")
}

/// A search as JSON.
pub(super) fn json(values: &[String], found: &Found) -> Map<String, Value> {
    let value = |(value, tried): (&String, &Tried)| {
        let (low, high) = bounds(tried);
        json!({
            "value": value,
            "replications": tried.replications,
            "failures": tried.failures,
            "failure_low": low,
            "failure_high": high,
            "answer": word(tried.answer),
        })
    };
    object(json!({
        "answer": found.answer.map(|answer| &values[answer]),
        "threshold": !found.is_broken(),
        "values": values.iter().zip(&found.tried).map(value).collect::<Vec<Value>>(),
    }))
}
