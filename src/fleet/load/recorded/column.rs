//! Times in a file with one column.

use super::lines::{Lines, Malformed, ReadAt};
use crate::kernel::time::Duration;
use std::sync::Arc;

/// The names that a column of times may have, and how many nanoseconds its unit is.
const UNITS: [(&str, f64); 4] =
    [("seconds", 1e9), ("milliseconds", 1e6), ("microseconds", 1e3), ("nanoseconds", 1.0)];

/// The times in a file whose one column is named by their unit.
#[derive(Clone, Debug)]
pub struct Column {
    lines: Lines,
    unit: f64,
}

impl Column {
    /// The times of a file.
    ///
    /// # Errors
    /// If its first line does not name the unit.
    pub fn new(content: Arc<dyn ReadAt>) -> Result<Column, Malformed> {
        let mut lines = Lines::new(content);
        if !lines.advance()? {
            return Err(Malformed { line: 1, what: "the file is empty".to_string() });
        }
        let unit = UNITS.iter().find(|(name, _)| *name == lines.cell(0));
        match unit.filter(|_| lines.len() == 1) {
            Some((_, unit)) => Ok(Column { lines, unit: *unit }),
            None => {
                let names = UNITS.map(|(name, _)| name).join("`, `");
                let what = format!("the one column must be named by its unit, one of `{names}`");
                Err(lines.malformed(what))
            }
        }
    }

    /// The next time; `None` at the end. After a malformed line it goes on.
    ///
    /// # Errors
    /// If it is no number, or a negative one.
    pub fn advance(&mut self) -> Result<Option<Duration>, Malformed> {
        if !self.lines.advance()? {
            return Ok(None);
        }
        if self.lines.len() != 1 {
            return Err(self
                .lines
                .malformed(format!("it has {}, the first line has 1", self.lines.cells())));
        }
        let cell = self.lines.cell(0);
        let ns = cell.parse().ok().map(|value: f64| value * self.unit + 0.5);
        let valid = ns.filter(|ns| ns.is_finite() && (0.5..u64::MAX as f64).contains(ns));
        valid.map(|ns| Some(Duration::from_nanos(ns as u64))).ok_or_else(|| {
            let cell = self.lines.shown(0);
            self.lines.malformed(format!("{cell} is no time: it must be a number, 0 or more"))
        })
    }
}
