//! What a scenario assumes, as data.

use crate::scenario::Study;
use crate::scenario::variant::bound_text;
use serde::Serialize;

/// A value that nobody knows.
#[derive(Debug, Serialize)]
pub(super) struct Assumption<'a> {
    key: &'a str,
    value: Option<String>,
    low: String,
    high: String,
    why: &'a str,
}

/// All of them, in the order of the file.
pub(super) fn assumptions(study: &Study) -> Vec<Assumption<'_>> {
    if study.document.assumption.is_empty() {
        return Vec::new();
    }
    let resolved: Option<toml::Table> = study.resolved().parse().ok();
    let plain = |text: String| text.trim_matches('"').to_string();
    let one = |keys: &'_ crate::scenario::keys::claims::Assumption| {
        let [low, high] = &keys.range;
        (plain(bound_text(&low.0)), plain(bound_text(&high.0)))
    };
    let all = study.document.assumption.iter().map(|keys| {
        let key = keys.key.value.as_str();
        let (low, high) = one(keys);
        let value = resolved.as_ref().and_then(|table| value(table, key)).map(plain);
        Assumption { key, value, low, high, why: &keys.why }
    });
    all.collect()
}

/// The value of a key as it is written in the file with every default filled in.
fn value(table: &toml::Table, path: &str) -> Option<String> {
    let mut steps = path.split('.');
    let mut found = table.get(steps.next()?)?;
    for step in steps {
        found = found.get(step)?;
    }
    Some(found.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_path() {
        let table = "nodes = { count = 8 }\n[process]\nboot = \"20s\"".parse().unwrap();
        assert_eq!(value(&table, "nodes.count").as_deref(), Some("8"));
        assert_eq!(value(&table, "process.boot").as_deref(), Some("\"20s\""));
        assert_eq!(value(&table, "process.slots"), None);
    }
}
