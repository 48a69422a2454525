//! Pictures of the first replication as SVG.

use super::Report;

/// Every picture with the name of its file.
pub fn all(_report: &Report) -> Vec<(&'static str, String)> {
    Vec::new()
}
