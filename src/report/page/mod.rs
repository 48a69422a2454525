//! `report.html`: what came out as one page that opens anywhere, made from the other files alone.
//!
//! A command hands over the files that it has just written, `fleetfall report` those that it
//! reads; both get the same bytes. The page holds all it needs, asks nobody for anything, and
//! says so to the browser in its content security policy. It answers first and then shows: the
//! verdict, the figures, at most six pictures, the tables behind them.

mod chart;
mod clock;
mod course;
mod documents;
mod incident;
mod number;
mod phases;
mod shell;

pub use documents::{Documents, Unreadable};

/// The name of the page's file.
pub const NAME: &str = "report.html";

/// The page of some files.
///
/// # Errors
/// If none of them is a document that has a page, or one is not as this version writes it.
pub fn page(documents: &Documents) -> Result<String, Unreadable> {
    if let Some(summary) = documents.json("summary.json")? {
        return incident::page(&summary, documents);
    }
    Err(Unreadable::new("there is no document of a run"))
}
