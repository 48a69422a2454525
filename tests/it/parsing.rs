//! Whatever a file holds, it is read as a scenario or refused in words.

use crate::fuzz::mutate::PIECES;
use crate::fuzz::targets::WHOLE;
use crate::support::{self, NOTHING};
use fleetfall::scenario::{Builtin, Study};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// One change of a text: a stretch of it gives way to a piece, or to another stretch.
fn change() -> impl Strategy<Value = (Index, usize, Option<(Index, usize)>, &'static str)> {
    let copied = proptest::option::of((any::<Index>(), 0..60_usize));
    (any::<Index>(), 0..25_usize, copied, select(PIECES))
}

/// The boundary of characters at or before a place.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

fn changed(
    text: &str,
    (at, length, copied, piece): &(Index, usize, Option<(Index, usize)>, &str),
) -> String {
    let from = boundary(text, at.index(text.len() + 1));
    let to = boundary(text, from + length).max(from);
    let new = copied.as_ref().map_or(piece.to_string(), |(at, length)| {
        let from = boundary(text, at.index(text.len() + 1));
        text[from..boundary(text, from + length).max(from)].to_string()
    });
    format!("{}{new}{}", &text[..from], &text[to..])
}

#[test]
fn the_whole_scenario_is_right() {
    let study = Study::load_with("whole.toml", WHOLE, NOTHING, NOTHING, support::files(&[]));
    support::reads_back(&study.unwrap_or_else(|problems| panic!("{problems}")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..crate::properties::config() })]

    /// It comes to an end without a panic, and a refusal says something.
    #[test]
    fn no_text_makes_the_reader_panic(changes in proptest::collection::vec(change(), 1..4)) {
        let text = changes.iter().fold(WHOLE.to_string(), |text, one| changed(&text, one));
        let loaded = Study::load_with("whole.toml", &text, NOTHING, NOTHING, support::files(&[]));
        if let Err(problems) = loaded {
            prop_assert!(problems.count() > 0);
            prop_assert!(!problems.render(false).is_empty() && !problems.lines().is_empty());
        }
    }

    /// Nor does any recording.
    #[test]
    fn no_recording_makes_the_reader_panic(
        requests in any::<bool>(),
        changes in proptest::collection::vec(change(), 1..6),
    ) {
        let head = if requests { "time,class\n" } else { "time,rate\n" };
        let row = |n: usize| if requests { format!("{n},page\n") } else { format!("{n}.5,{n}\n") };
        let file: String = (0..20).map(row).collect();
        let file = changes.iter().fold(format!("{head}{file}"), |text, one| changed(&text, one));
        let name = if requests { "requests.csv" } else { "rates.csv" };
        let files = support::files(&[(name, &file)]);
        if let Err(problems) = Study::load_with("whole.toml", WHOLE, NOTHING, NOTHING, files) {
            prop_assert!(problems.lines().contains(name), "{}", problems.lines());
        }
    }

    /// Nor does any assignment.
    #[test]
    fn no_assignment_makes_the_reader_panic(
        path in select(vec!["nodes.count", "load.rate", "process.workers.count", "class.page.stages", "clock.end", "x..y", ""]),
        pieces in proptest::collection::vec(select(PIECES), 0..4),
    ) {
        let set = format!("{path}={}", pieces.concat());
        let _ = Study::load_with("whole.toml", WHOLE, NOTHING, &[set], support::files(&[]));
    }
}

/// What a variant says is read without the studies of the file; the whole file, patched, says the
/// same.
#[test]
fn variants_are_what_the_whole_file_says() {
    let none: [&str; 0] = [];
    for builtin in Builtin::names().into_iter().filter_map(Builtin::named) {
        let load = |with: &[&str], sets: &[&str]| {
            let files = support::files(&[]);
            let loaded = Study::load_with(builtin.name, builtin.text, with, sets, files);
            loaded.unwrap_or_else(|problems| panic!("{problems}"))
        };
        let study = load(&none, &none);
        let document = &study.document;
        let patches =
            [document.mitigation.names(), document.cause.names(), document.counterfactual.names()];
        for name in patches.concat() {
            let variant = study.variant(name).expect("it is a patch").scenario;
            assert_eq!(variant, load(&[name], &none).scenario, "{name}");
        }
        let sets = ["nodes.cores=3", "\"expect\".0.claim=\"another\""];
        let variant = study.with_values(&sets).expect("they fit every scenario").scenario;
        assert_eq!(variant, load(&none, &sets).scenario, "{}", builtin.name);
        assert_ne!(variant, study.scenario, "{}", builtin.name);
    }
}
