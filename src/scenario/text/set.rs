//! One value from the command line: `load.scale=1.2`.

use super::diagnostic::Diagnostics;
use super::keys::{KeyPath, Kind};
use super::patch::{Step, assign, kind_at};
use super::place::{Place, SourceId, Sources};
use super::tree::{Node, Value, parse_value};

/// Keys of a path at most; the deepest that means something has nine.
const STEPS_MAX: usize = 100;

/// Applies `path=value` to `base`, a document of that `kind`; says whether it could.
///
/// The value is TOML, or text without quotes. Problems have their place in a source of their own,
/// named as the user typed it; so has a value that is refused when the document is read.
pub fn set(
    assignment: &str,
    base: &mut Node,
    kind: &Kind,
    sources: &mut Sources,
    log: &mut Diagnostics,
) -> bool {
    let id = sources.add(format!("--set {assignment}"), assignment);
    set_from(id, assignment, base, kind, log)
}

/// The same for an assignment that stands in the source `id` already.
pub fn set_from(
    id: SourceId,
    assignment: &str,
    base: &mut Node,
    kind: &Kind,
    log: &mut Diagnostics,
) -> bool {
    let before = log.len();
    let Some(equals) = outside_quotes(assignment, '=') else {
        log.problem(Place::new(id, 0..assignment.len()), "there is no `=`")
            .help("write `path.to.key=value`");
        return false;
    };
    let path = steps(&assignment[..equals], id, log);
    let value = value(&assignment[equals + 1..], equals + 1, id, log);
    if let (Some(path), Some(value)) = (path, value)
        && kind_at(kind, &path, log).is_some()
    {
        assign(base, kind, &path, value, &KeyPath::root(), log);
    }
    log.len() == before
}

/// Splits a path that stands at the beginning of source `id`.
pub fn steps(path: &str, id: SourceId, log: &mut Diagnostics) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut start = 0;
    loop {
        let length = outside_quotes(&path[start..], '.');
        let piece = &path[start..length.map_or(path.len(), |length| start + length)];
        let trimmed = piece.trim();
        let first = start + (piece.len() - piece.trim_start().len());
        let place = Place::new(id, first..first + trimmed.len());
        let Some(key) = unquoted(trimmed) else {
            log.problem(place, format!("the path `{}` lacks a key", path.trim()))
                .help("keys are separated by `.`");
            return None;
        };
        if steps.len() == STEPS_MAX {
            log.problem(place, format!("a path has {STEPS_MAX} keys at most"));
            return None;
        }
        steps.push(Step { key: key.to_string(), place });
        match length {
            Some(length) => start += length + 1,
            None => return Some(steps),
        }
    }
}

/// The first `wanted` that is not inside quotes.
pub fn outside_quotes(text: &str, wanted: char) -> Option<usize> {
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (None, letter) if letter == wanted => return Some(at),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            (_, _) => {}
        }
    }
    None
}

fn unquoted(key: &str) -> Option<&str> {
    for quote in ['"', '\''] {
        if let Some(rest) = key.strip_prefix(quote) {
            return rest.strip_suffix(quote);
        }
    }
    (!key.is_empty()).then_some(key)
}

/// The right side: TOML if it is that, else plain text.
pub fn value(text: &str, offset: usize, id: SourceId, log: &mut Diagnostics) -> Option<Node> {
    let offset = offset + (text.len() - text.trim_start().len());
    let text = text.trim();
    let place = Place::new(id, offset..offset + text.len());
    if text.is_empty() {
        log.problem(Place::new(id, 0..offset), "there is no value after `=`");
        return None;
    }
    let mut own = Diagnostics::new();
    match parse_value(id, text, offset, &mut own) {
        Some(node) => Some(node),
        None if text.starts_with(['[', '{', '"', '\'']) => {
            log.append(own);
            None
        }
        None => Some(Node { value: Value::Str(text.to_string()), place }),
    }
}
