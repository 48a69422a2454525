//! The scenario that `fleetfall init` writes: whatever is answered it is one, and what its comments
//! say is true.

use crate::support::NOTHING;
use fleetfall::experiment::Replication;
use fleetfall::kernel::chance::Seed;
use fleetfall::scenario::Study;
use fleetfall::scenario::measure::{Measure, Milestone};
use fleetfall::scenario::starter::Starter;

const SUPERVISORS: [&str; 5] = ["bluepill", "monit", "systemd", "docker", "kubernetes"];
const DEPLOYS: [&str; 2] = ["yes", "no"];

#[track_caller]
fn load(text: &str) -> Study {
    Study::load("starter.toml", text, NOTHING, NOTHING)
        .unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

#[track_caller]
fn starter(answers: &[(&str, &str)]) -> Starter {
    Starter::of(answers).unwrap_or_else(|problem| panic!("{answers:?}: {problem}"))
}

/// The least and the greatest answer to every question, in all combinations.
#[test]
fn whatever_is_answered_is_a_scenario() {
    let ranges = [
        ("nodes", ["1", "256"]),
        ("cores", ["1", "64"]),
        ("rate", ["1/s", "5000/s"]),
        ("cpu", ["1ms", "10s"]),
        ("slots", ["1", "1000"]),
        ("memory_limit", ["64 MiB", "32 GiB"]),
    ];
    for supervisor in SUPERVISORS {
        for deploy in DEPLOYS {
            for combination in 0..1_usize << ranges.len() {
                let mut answers = vec![("supervisor", supervisor), ("invalid_deploy", deploy)];
                for (bit, (name, ends)) in ranges.iter().enumerate() {
                    answers.push((name, ends[combination >> bit & 1]));
                }
                let text = starter(&answers).text();
                load(&text);
                for line in text.lines() {
                    assert!(line.chars().count() <= 100, "{line}");
                }
            }
        }
    }
}

/// The claim at its end is one when it is taken out of its comment.
#[test]
fn the_claim_that_is_offered_is_a_claim() {
    let text = starter(&[("name", "shop")]).text();
    let (scenario, claim) = text.split_once("# [[expect]]").expect("a claim is offered");
    let claim: String =
        claim.lines().map(|line| line.trim_start_matches("# ").to_string() + "\n").collect();
    let study = load(&format!("{scenario}[[expect]]{claim}"));
    assert_eq!(study.claims.len(), 1);
    assert_eq!(study.scenario.name, "shop");
}

/// The number that stands in a comment between two texts.
fn between(text: &str, before: &str, after: &str) -> f64 {
    let (_, rest) = text.split_once(before).expect("the comment is there");
    let (number, _) = rest.split_once(after).expect("the comment goes on");
    number.parse().expect("it is a number")
}

#[test]
fn its_comments_are_true_and_something_happens() {
    for supervisor in SUPERVISORS {
        for deploy in DEPLOYS {
            let answers = [("supervisor", supervisor), ("invalid_deploy", deploy)];
            let text = starter(&answers).text();
            let study = load(&text);
            let results = Replication::new(&study.scenario, Seed(1), false).finish();
            let what = format!("{supervisor}, {deploy}");

            // A memory that is drawn goes over its limit a little before its mean does.
            let minutes = between(&text, "640 MiB after about ", " minutes");
            let first = results.milestone(Milestone::FirstRestart).expect("a process is restarted");
            let late = first.as_secs_f64() / 60.0 / minutes;
            assert!((0.8..1.1).contains(&late), "{what}: {late} of what the comment says");
            let node = results.measure(Measure::Requests) / 7200.0 / 4.0;
            let said = between(&text, "A node serves about ", " requests/s here");
            assert!((node / said - 1.0).abs() < 0.05, "{what}: {node} requests/s");

            let failed = results.measure(Measure::RestartsFailed);
            if deploy == "yes" {
                assert!(failed >= 1.0, "{what}");
                assert!(results.measure(Measure::Downtime) > 60.0, "{what}");
                let fixed = results.milestone(Milestone::FixFinished);
                assert!(fixed.is_some(), "{what}: nobody fixes it");
            } else {
                assert!(failed < 0.5, "{what}: {failed} restarts failed");
            }
        }
    }
}

#[test]
fn what_is_answered_wrongly_is_said() {
    let problem = |name: &str, answer: &str| Starter::check(name, answer).expect_err(answer);
    assert_eq!(problem("nodes", "0"), "`nodes` is `0`, must be between `1` and `256`");
    assert_eq!(problem("rate", "100"), "`rate` is `100`, needs a unit, such as `100/s`");
    assert!(problem("name", "my fleet").contains("only letters"));
    assert!(problem("supervisor", "upstart").contains("one of `bluepill`"));
    assert!(problem("cpu", "").contains("no duration"));
    assert!(problem("slots", "").contains("no value"));
    assert_eq!(Starter::check("name", "2024"), Ok(()), "a name may look like a number");
}
