//! The longer texts of the documentation: what they quote is what there is.

use expect_test::expect_file;
use fleetfall::report::reference;

const GUIDE: &str = include_str!("../../src/guide/your_incident.md");
const INCIDENT: &str = include_str!("../../scenarios/cloudflare-2019.toml");

/// The shop of the library's tour is the one that the README tells about.
#[test]
fn the_readme_has_the_scenario_of_the_tour() {
    let shop = include_str!("../../src/guide/shop.toml");
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&format!("```toml\n{shop}```\n")), "the README shows another one");
}

/// `UPDATE_EXPECT=1` rewrites it.
#[test]
fn the_reference_of_keys_is_up_to_date() {
    expect_file!["../../src/guide/keys.md"].assert_eq(&reference::page());
}

#[test]
fn the_incident_of_the_guide_is_the_one_among_the_scenarios() {
    let steps = GUIDE.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let pieces: Vec<&str> = steps.flat_map(|step| step.split("\n\n")).collect();
    assert!(pieces.len() > 20, "only {} pieces", pieces.len());
    for piece in pieces {
        assert!(INCIDENT.contains(piece.trim_end()), "the scenario has not\n{piece}");
    }
}
