//! Whatever can be written can be explained, and what is shown can be written.

use super::{PROPOSED, entries, explain, key, results};
use crate::report::Palette;
use crate::scenario::keys::Document;
use crate::scenario::text::diagnostic::Diagnostics;
use crate::scenario::text::{Sources, parse, read};
use expect_test::expect_file;

fn plain(query: &str) -> String {
    explain(query, &Palette::PLAIN).unwrap_or_else(|(problem, _)| panic!("{problem}"))
}

#[test]
fn explanations_say_what_the_reference_says() {
    expect_file!["tests/leaf.txt"].assert_eq(&plain("process.slots"));
    let concrete = "supervisor.bluepill.rule.memory.above.memory";
    expect_file!["tests/concrete.txt"].assert_eq(&plain(concrete));
    expect_file!["tests/section.txt"].assert_eq(&plain("process.memory"));
    expect_file!["tests/choice.txt"].assert_eq(&plain("deploy.NAME.method"));
    expect_file!["tests/result.txt"].assert_eq(&plain("restarts"));
    expect_file!["tests/all.txt"].assert_eq(&plain(""));
}

/// Nothing but keys that must stand beside it is missing where an example stands alone.
#[test]
fn every_key_has_an_explanation_and_its_example_is_read() {
    let all = entries::<Document>();
    assert!(all.len() > 500, "{}", all.len());
    let mut shown = 0;
    for entry in &all {
        assert!(!entry.doc.trim().is_empty(), "{entry} says nothing of itself");
        let text = key(entry, &Palette::PLAIN);
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        let Some(example) = entry.example() else { continue };
        shown += 1;
        let (mut sources, mut log) = (Sources::new(), Diagnostics::new());
        let id = sources.add("example", example.clone());
        if let Some(tree) = parse(&sources, id, &mut log) {
            let _ = read::<Document>(&tree, &mut log);
        }
        for problem in log.sorted() {
            assert!(problem.message.starts_with("missing key"), "{example}: {}", problem.message);
        }
    }
    assert!(shown * 10 > all.len() * 9, "{shown} examples for {} keys", all.len());
}

#[test]
fn a_path_is_found_as_it_is_printed_and_as_it_stands_in_a_file() {
    let all = entries::<Document>();
    for entry in &all {
        let path = entry.to_string();
        let words: Vec<&str> = path.split('.').collect();
        assert!(entry.is_at(&words), "{path}");
    }
    let first = |query: &str| plain(query).lines().next().unwrap_or_default().to_string();
    let cases = [
        ("load.constant.visitors.rate", "load.constant.NAME.rate"),
        ("deploy.noon", "deploy.NAME"),
        ("deploy.release", "deploy.NAME.release"),
        ("expect.0.at_most", "expect.N.at_most"),
        ("expect.at_most", "expect.N.at_most"),
        ("class.page.stages.1.cpu", "class.NAME.stages.N.cpu"),
        ("slots", "process.slots"),
        ("rule.memory.every", "supervisor.bluepill.rule.NAME.every"),
        ("balancer.policy.random", "balancer.policy.random"),
        (" nodes.count ", "nodes.count"),
    ];
    for (query, path) in cases {
        assert_eq!(first(query), path, "{query}");
    }
    assert!(plain("rate").starts_with("Keys that end with `rate`:\n"));
}

#[test]
fn every_result_is_explained_by_its_name_and_as_claims_write_it() {
    for one in results() {
        let text = plain(one.name);
        assert!(text.contains("\n  Unit    ") && text.contains(&one.written), "{text}");
        let concrete = one.written.replace("NAME", "peak");
        assert!(plain(&concrete).starts_with(&one.written), "{concrete}");
    }
}

#[test]
fn what_is_unknown_is_set_right() {
    let near = |query: &str| {
        explain(query, &Palette::PLAIN)
            .map_or_else(|(_, near)| near, |text| panic!("{query} is known: {text}"))
    };
    assert_eq!(near("cuont"), ["count"]);
    assert_eq!(near("nodes.cuont"), ["nodes.count"]);
    assert_eq!(near("downtime"), ["downtime_s"]);
    assert_eq!(near("qqqqqqqq"), [""; 0]);
    assert!(near("x").len() <= PROPOSED);
}
