//! Whole pages of a tiny scenario. `UPDATE_EXPECT=1` blesses.

use super::{Documents, page};
use crate::report::tests::with_report;
use crate::report::{Report, first, json, tables};
use expect_test::expect_file;
use std::fmt::Write;

/// The files of a run that its page is made from.
fn documents(report: &Report) -> Documents {
    let mut documents = Documents::new();
    documents.add("summary.json", json::report(report));
    documents.add("timeline.csv", tables::timeline(report));
    documents.add("lanes.csv", first::lanes(report));
    documents
}

#[test]
fn a_run_is_one_page() {
    with_report(1, &[], |report| {
        let page = page(&documents(report)).unwrap();
        // Style and script, and so the script's hash, stand in files of their own.
        let shown = without(&without(&page, "<style>", "</style>"), "<script>", "</script>");
        let shown = without(&shown, "'sha256-", "'");
        let lines = shown.replace("><", ">\n<");
        expect_file!["tests/run.html"].assert_eq(&lines);
    });
}

fn without(page: &str, from: &str, to: &str) -> String {
    let (before, rest) = page.split_once(from).unwrap();
    let (_, after) = rest.split_once(to).unwrap();
    format!("{before}{from}{to}{after}")
}

#[test]
fn what_a_scenario_says_is_text() {
    let title = "<script>alert(1)</script> \"quoted\" & 'so' -->";
    with_report(1, &[&format!("title={title:?}")], |report| {
        let page = page(&documents(report)).unwrap();
        assert_eq!(page.matches("<script").count(), 1, "the one of the page");
        assert!(
            page.contains("<h1>&lt;script&gt;alert(1)&lt;/script&gt; &quot;quoted&quot; &amp;")
        );
    });
}

#[test]
fn a_page_of_a_large_fleet_over_weeks_stays_small() {
    with_report(1, &[], |report| {
        let mut documents = Documents::new();
        documents.add("summary.json", json::report(report));
        let mut timeline = tables::timeline(report).lines().next().unwrap().to_string() + "\n";
        let columns = timeline.matches(',').count() + 1;
        for number in 0..200_000 {
            let cells = vec![format!("{}.123456", number * 10); columns];
            timeline += &(cells.join(",") + "\n");
        }
        documents.add("timeline.csv", timeline);
        let mut lanes = "time,seconds,node,state,speed\n".to_string();
        for node in 0..2000 {
            for change in 0..100 {
                let state = if change % 2 == 0 { "serving" } else { "down" };
                writeln!(lanes, "2024-01-01T00:00:00Z,{}.5,node-{node},{state},1", 17 * change)
                    .unwrap();
            }
        }
        documents.add("lanes.csv", lanes);
        let page = page(&documents).unwrap();
        assert!(page.len() < 2_000_000, "{} bytes", page.len());
        assert!(page.contains("of 2,000 nodes go down"));
    });
}

#[test]
fn only_studies_of_the_same_scenario_go_onto_the_page_of_a_run() {
    with_report(1, &[], |report| {
        let mut documents = documents(report);
        let mut study: serde_json::Value = serde_json::from_str(&json::report(report)).unwrap();
        for (key, value) in [("scenario_hash", "another"), ("verdict", "It helps.")] {
            study[key] = value.into();
        }
        study["variants"] = serde_json::json!([]);
        study["interactions"] = serde_json::json!([]);
        documents.add("compare.json", study.to_string());
        let refused = page(&documents).unwrap_err().to_string();
        assert!(refused.contains("both must be of the same scenario"), "{refused}");
    });
}

#[test]
fn a_file_that_is_no_document_is_named() {
    let mut documents = Documents::new();
    let nothing = page(&documents).unwrap_err().to_string();
    assert!(nothing.contains("no document"), "{nothing}");
    documents.add("summary.json", "{\"scenario\": 1");
    let broken = page(&documents).unwrap_err().to_string();
    assert!(broken.starts_with("summary.json: "), "{broken}");
}
