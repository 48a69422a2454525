//! The verdicts of a check one by one, for programs that collect the results of tests.

use super::{Check, claims};
use crate::experiment::{Judgement, Verdict};
use crate::scenario::Study;
use crate::scenario::text::diagnostic::printable;

/// A claim with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What it belongs to: `expect`, the name of a counterfactual, `hypercube`.
    pub part: String,
    /// The claim in words.
    pub claim: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What is claimed and what was observed.
    pub details: String,
    /// Its file and line.
    pub place: Option<(String, usize)>,
}

/// Every claim of a check.
pub fn cases(check: &Check) -> Vec<Case> {
    let study = check.study;
    let own = check.own.into_iter().flat_map(|own| own.judgements);
    let own = own.map(|judgement| case("expect", judgement, study));
    let others = check
        .counterfactuals
        .iter()
        .flat_map(|one| one.judgements.iter().map(|judgement| case(&one.name, judgement, study)));
    let cube = check.hypercube.into_iter().flat_map(|one| &one.judgements);
    own.chain(others).chain(cube.map(|judgement| case("hypercube", judgement, study))).collect()
}

fn case(part: &str, judgement: &Judgement, study: &Study) -> Case {
    let claim = &judgement.claim;
    let position = claim.place.and_then(|place| study.position(place));
    Case {
        part: part.to_string(),
        claim: claim.text.clone(),
        verdict: judgement.verdict,
        details: format!(
            "claimed {}; observed {}",
            claims::bounds(claim, &study.scenario),
            claims::observed(judgement, &study.scenario)
        ),
        place: position.map(|(file, line, _)| (file.to_string(), line)),
    }
}

/// What did not pass, as the workflow commands by which GitHub marks lines of files.
pub fn github(cases: &[Case]) -> String {
    let command = |case: &&Case| {
        let (level, verdict) = match case.verdict {
            Verdict::Pass => return None,
            Verdict::Undecided => ("warning", "undecided"),
            Verdict::Fail => ("error", "failed"),
        };
        let place = case
            .place
            .as_ref()
            .map_or(String::new(), |(file, line)| format!("file={},line={line},", property(file)));
        let title = property(&format!("{verdict}: {}", case.claim));
        Some(format!("::{level} {place}title={title}::{}\n", message(&case.details)))
    };
    cases.iter().filter_map(|case| command(&case)).collect()
}

/// The same for a file that could not be checked.
pub fn github_broken(file: &str) -> String {
    format!("::error file={}::it could not be checked: the log says why\n", property(file))
}

/// Text after the `::` of a workflow command.
fn message(text: &str) -> String {
    printable(&text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A"))
}

/// The value of a property of a workflow command.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflow_commands_are_escaped_and_passes_are_silent() {
        let case = |verdict| Case {
            part: "expect".to_string(),
            claim: "95 % of it: all, or\nnothing".to_string(),
            verdict,
            details: "claimed 95 %; observed, alas: 3".to_string(),
            place: Some(("a,b.toml".to_string(), 12)),
        };
        let all = [Verdict::Pass, Verdict::Undecided, Verdict::Fail].map(case);
        assert_eq!(
            github(&all),
            "::warning file=a%2Cb.toml,line=12,title=undecided%3A 95 %25 of it%3A all%2C \
             or%0Anothing::claimed 95 %25; observed, alas: 3\n\
             ::error file=a%2Cb.toml,line=12,title=failed%3A 95 %25 of it%3A all%2C \
             or%0Anothing::claimed 95 %25; observed, alas: 3\n"
        );
    }
}
