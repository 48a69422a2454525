//! `report.html`: what came out as one page that opens anywhere, made from the other files alone.
//!
//! A command hands over the files that it has just written, `fleetfall report` those that it
//! reads; both get the same bytes. The page holds all it needs, asks nobody for anything, and
//! says so to the browser in its content security policy. It answers first and then shows: the
//! verdict, the figures, at most six pictures, the tables behind them.

mod causes;
mod chart;
mod check;
mod clock;
mod compare;
mod course;
mod documents;
mod incident;
mod number;
mod phases;
mod picture;
mod plan;
mod sensitivity;
mod shell;
mod sweep;
#[cfg(test)]
mod tests;

pub use documents::{Documents, Unreadable};

/// The name of the page's file.
pub const NAME: &str = "report.html";

/// The page of some files: of a run with what a comparison and a study of its assumptions add, or
/// of one study by itself.
///
/// # Errors
/// If none of them is a document that has a page, if one is not as this version writes it, if a
/// picture is more than a picture, or if a study is not of the scenario of the run.
pub fn page(documents: &Documents) -> Result<String, Unreadable> {
    documents.check_pictures()?;
    let compare = documents.json("compare.json")?;
    let sensitivity = documents.json("sensitivity.json")?;
    if let Some(summary) = documents.json("summary.json")? {
        return incident::page(&summary, compare.as_ref(), sensitivity.as_ref(), documents);
    }
    if let Some(compare) = compare {
        return compare::page(&compare, documents);
    }
    if let Some(sensitivity) = sensitivity {
        return sensitivity::page(&sensitivity, documents);
    }
    if let Some(sweep) = documents.json("sweep.json")? {
        return sweep::page(&sweep, documents);
    }
    if let Some(plan) = documents.json("plan.json")? {
        return plan::page(&plan, documents);
    }
    if let Some(check) = documents.json("check.json")? {
        return check::page(&check);
    }
    match documents.json("causes.json")? {
        Some(causes) => causes::page(&causes),
        None => Err(Unreadable::new("there is no document of a run or a study")),
    }
}
