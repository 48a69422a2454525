//! Verdicts as JUnit XML: a suite for each part of a scenario, a case for each claim.

use super::check::Checked;
use super::exit::Exit;
use fleetfall::experiment::Verdict;
use fleetfall::report::cases::Case;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// The document. A scenario that could not be checked is a case with an error.
pub(super) fn document(all: &[Checked]) -> Result<String, Exit> {
    let mut report = Report::new("fleetfall check");
    for checked in all {
        let mut parts: Vec<&str> = checked.cases.iter().map(|case| case.part.as_str()).collect();
        parts.dedup();
        for part in parts {
            let mut suite = TestSuite::new(format!("{}: {part}", checked.file));
            for case in checked.cases.iter().filter(|case| case.part == part) {
                suite.add_test_case(test_case(case, &checked.file));
            }
            report.add_test_suite(suite);
        }
        if checked.is_broken() {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message("it could not be checked: standard error says why");
            let mut suite = TestSuite::new(checked.file.clone());
            suite.add_test_case(TestCase::new("is a scenario that can be simulated", status));
            report.add_test_suite(suite);
        }
    }
    report.to_string().map_err(|error| {
        super::output::complain(&format!("cannot write the verdicts as JUnit XML: {error}"));
        Exit::Usage
    })
}

fn test_case(case: &Case, file: &str) -> TestCase {
    let status = match case.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Undecided | Verdict::Fail => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let verdict = if case.verdict == Verdict::Fail { "fail" } else { "undecided" };
            status.set_type(verdict).set_message(case.details.clone());
            status
        }
    };
    let mut test = TestCase::new(case.claim.clone(), status);
    test.set_classname(format!("{file}.{}", case.part));
    test.set_system_out(case.details.clone());
    test
}
