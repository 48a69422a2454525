//! The pages of studies, and what they add to the page of a run.

use super::chrome::Tab;
use super::pages::{PAGES, Page};
use crate::cli::{fleetfall, scratch, text};
use serde_json::{Value, json};

#[test]
fn every_page_can_be_made_again_from_its_files() {
    for page in PAGES {
        let before = std::fs::read(page.file()).unwrap();
        let folder = page.folder();
        let again = fleetfall(&["report", folder.to_str().unwrap()]);
        assert!(again.status.success(), "{}: {}", page.name, text(&again.stderr));
        assert!(std::fs::read(page.file()).unwrap() == before, "{}: it is another", page.name);
    }
}

#[test]
fn a_variant_that_is_switched_off_leaves_its_room_to_the_others() {
    let page = Page::named("compare");
    let Some(tab) = Tab::open(&page.file()) else { return };
    let row = "document.querySelector('.forest tbody tr')";
    let ends = "[...document.querySelectorAll('.forest .ends span')].map((one) => one.textContent)";
    let before = tab.eval(ends);
    let variant = &page.document()["variants"][1];
    let low = variant["quantities"]["downtime_s"]["low"].as_f64().unwrap();
    assert!(low < 0.0, "a longer axis than that of nothing");
    assert_ne!(before, json!(["0", "0"]));
    tab.click(".forest tbody input");
    assert_eq!(tab.eval(&format!("{row}.className")), json!("off"));
    assert_eq!(tab.eval(&format!("{row}.querySelector('.interval').hidden")), json!(true));
    assert_eq!(tab.eval(ends), json!(["0", "0"]), "nothing is left to be shown");
    tab.click(".forest tbody input");
    assert_eq!(tab.eval(&format!("{row}.querySelector('.interval').hidden")), json!(false));
}

#[test]
fn a_comparison_and_a_study_go_onto_the_page_of_a_run() {
    let folder = scratch("page-of-all");
    let out = folder.to_str().unwrap();
    let run = fleetfall(&["run", super::pages::OUTAGE, "--out", out]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    let others = ["compare", "sensitivity"].map(|name| Page::named(name).folder());
    let [compare, sensitivity] = others.each_ref().map(|other| other.to_str().unwrap());
    let report = fleetfall(&["report", out, compare, sensitivity]);
    assert!(report.status.success(), "{}", text(&report.stderr));
    let Some(tab) = Tab::open(&folder.join("report.html")) else { return };
    let verdicts =
        tab.eval("[...document.querySelectorAll('.verdict')].map((one) => one.textContent)");
    assert_eq!(verdicts.as_array().map(Vec::len), Some(2), "{verdicts}");
    let document = Page::named("compare").document();
    let compared = document["verdict"].as_str().unwrap().replace('`', "");
    assert!(compared.starts_with(verdicts[1].as_str().unwrap().trim_end_matches('.')));
    let pictures = tab.eval("[...document.querySelectorAll('figure')].map((one) => one.id)");
    assert_eq!(pictures, json!(["load", "nodes", "failures", "phases", "forest", "pareto"]));
    let matters = tab.eval("document.querySelectorAll('.swing').length");
    assert_eq!(matters, json!(2), "how much each of two assumptions matters");
    assert_eq!(tab.events("Runtime.exceptionThrown"), Vec::<Value>::new());
}

#[test]
fn no_page_has_more_than_six_pictures() {
    for page in PAGES {
        let html = std::fs::read_to_string(page.file()).unwrap();
        let pictures = html.matches("<figure").count();
        assert!(pictures <= 6, "{}: {pictures}", page.name);
        assert!(html.len() < 2_000_000, "{}: {} bytes", page.name, html.len());
    }
}
