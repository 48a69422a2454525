//! What the lines of a recording say.

use super::lines::{Lines, Malformed, ReadAt};
use std::sync::Arc;

/// The rows of a recording in order: a time and, if it has any, a rate and a class.
#[derive(Clone, Debug)]
pub struct Rows {
    lines: Lines,
    columns: Columns,
    /// Whether its times are numbers; known from the first row on.
    numbers: Option<bool>,
    last: i64,
}

/// Where the cells of a row stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Columns {
    count: usize,
    time: usize,
    rate: Option<usize>,
    class: Option<usize>,
}

/// A row of a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Its time in nanoseconds: since 1970 if it is civil, else as the file counts.
    pub at: i64,
    /// Requests per second from then on; 0 in a recording of single requests.
    pub rate: f64,
}

impl Rows {
    /// The rows of a file, whose first line names its columns.
    ///
    /// # Errors
    /// If that line is not as it must be.
    pub fn new(content: Arc<dyn ReadAt>) -> Result<Rows, Malformed> {
        let mut lines = Lines::new(content);
        if !lines.advance()? {
            return Err(Malformed { line: 1, what: "the file is empty".to_string() });
        }
        let mut columns = Columns { count: lines.len(), time: usize::MAX, rate: None, class: None };
        for column in 0..lines.len() {
            match lines.cell(column) {
                "time" => columns.time = column,
                "rate" => columns.rate = Some(column),
                "class" => columns.class = Some(column),
                _ => {
                    let other = lines.shown(column);
                    let what = format!("{other} is no column: there are `time`, `rate`, `class`");
                    return Err(lines.malformed(what));
                }
            }
        }
        if columns.time == usize::MAX {
            return Err(lines.malformed("no column is called `time`"));
        }
        if columns.rate.is_some() && columns.class.is_some() {
            let what = "rates have no `class`: that column is for single requests";
            return Err(lines.malformed(what));
        }
        Ok(Rows { lines, columns, numbers: None, last: i64::MIN })
    }

    /// Whether it has rates; else every row is a request.
    pub fn has_rates(&self) -> bool {
        self.columns.rate.is_some()
    }

    /// Whether requests have classes.
    pub fn has_classes(&self) -> bool {
        self.columns.class.is_some()
    }

    /// Whether its times are numbers, of seconds, rather than civil; known after the first row.
    pub fn counts_seconds(&self) -> bool {
        self.numbers == Some(true)
    }

    /// The number of the line in hand, from 1.
    pub fn line(&self) -> u64 {
        self.lines.number()
    }

    /// The class of the row in hand.
    pub fn class(&self) -> &str {
        self.columns.class.map_or("", |column| self.lines.cell(column))
    }

    /// The next row; `None` at the end. After one that is malformed it goes on.
    ///
    /// # Errors
    /// If it is not as it must be.
    pub fn advance(&mut self) -> Result<Option<Row>, Malformed> {
        if !self.lines.advance()? {
            return Ok(None);
        }
        if self.lines.len() != self.columns.count {
            let (found, wanted) = (self.lines.cells(), self.columns.count);
            let what = format!("it has {found}, the first line has {wanted}");
            return Err(self.lines.malformed(what));
        }
        let cell = self.lines.cell(self.columns.time);
        let at = match self.numbers {
            Some(true) => seconds(cell),
            Some(false) => civil(cell),
            None => {
                let number = seconds(cell);
                self.numbers =
                    (number.is_some() || civil(cell).is_some()).then(|| number.is_some());
                number.or_else(|| civil(cell))
            }
        };
        let Some(at) = at else {
            let wanted = match self.numbers {
                Some(true) => "as above it must be a number of seconds",
                Some(false) => "as above it must be a civil time such as 2021-02-01T16:08:00Z",
                None => {
                    "it must be a number of seconds, or a civil time such as \
                         2021-02-01T16:08:00Z"
                }
            };
            let cell = self.lines.shown(self.columns.time);
            return Err(self.lines.malformed(format!("{cell} is no time: {wanted}")));
        };
        if at < self.last {
            let cell = self.lines.shown(self.columns.time);
            let what = format!("its time {cell} is before that of the line above it");
            return Err(self.lines.malformed(what));
        }
        self.last = at;
        let rate = match self.columns.rate {
            None => 0.0,
            Some(column) => {
                let cell = self.lines.cell(column);
                let rate = cell.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate >= 0.0);
                rate.ok_or_else(|| {
                    let cell = self.lines.shown(column);
                    let what = format!("{cell} is no rate: it must be a number, 0 or more");
                    self.lines.malformed(what)
                })?
            }
        };
        Ok(Some(Row { at, rate }))
    }
}

/// A number of seconds in nanoseconds.
fn seconds(cell: &str) -> Option<i64> {
    let (sign, digits) = cell.strip_prefix('-').map_or((1, cell), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(part) || (whole.is_empty() && part.is_empty()) {
        // As some programs write great and small numbers: 1.6e9.
        let number: f64 = cell.parse().ok()?;
        let ns = number * 1e9;
        return (ns.abs() < i64::MAX as f64).then_some(ns as i64);
    }
    // To the nanosecond, where a floating-point number would be rounded.
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let digits = part.bytes().map(|byte| i64::from(byte - b'0')).chain(std::iter::repeat(0));
    let part = digits.take(9).fold(0, |ns, digit| 10 * ns + digit);
    whole.checked_mul(1_000_000_000)?.checked_add(part).map(|ns| sign * ns)
}

/// A civil time in nanoseconds since 1970.
fn civil(cell: &str) -> Option<i64> {
    let when: jiff::Timestamp = cell.parse().ok()?;
    i64::try_from(when.as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Rows, Malformed> {
        Rows::new(Arc::new(text.as_bytes().to_vec()))
    }

    #[test]
    fn times_are_exact_to_the_nanosecond() {
        assert_eq!(seconds("1612195680.123456789"), Some(1_612_195_680_123_456_789));
        assert_eq!(seconds("-1.5"), Some(-1_500_000_000));
        assert_eq!(seconds("0.0000000019"), Some(1));
        assert_eq!((seconds(".5"), seconds("1e3")), (Some(500_000_000), Some(1_000_000_000_000)));
        for wrong in ["", "-", ".", "1.2.3", "1,5", "NaN", "inf", "9e99", "12 s"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
        assert_eq!(civil("2021-02-01T16:08:00.5Z"), Some(1_612_195_680_500_000_000));
        assert_eq!(civil("2021-02-01T17:08:00.5+01:00"), Some(1_612_195_680_500_000_000));
    }

    #[test]
    fn a_malformed_row_is_told_with_its_line_and_the_next_one_is_read() {
        let mut rows = rows("time,rate\n0,1\n1\n2,-3\n1,1\nx,1\n3,4\n2,5\n").unwrap();
        let mut told = Vec::new();
        let mut good = Vec::new();
        loop {
            match rows.advance() {
                Ok(None) => break,
                Ok(Some(row)) => good.push((row.at / 1_000_000_000, row.rate as i64)),
                Err(malformed) => told.push(malformed.line),
            }
        }
        assert_eq!(good, [(0, 1), (3, 4)]);
        assert_eq!(told, [3, 4, 5, 6, 8]);
    }

    #[test]
    fn the_first_line_names_the_columns() {
        let wrong = |text| rows(text).unwrap_err().what;
        assert!(wrong("").contains("empty"));
        assert!(wrong("rate\n1\n").contains("`time`"));
        assert!(wrong("0,1\n").contains("`0` is no column"));
        assert!(wrong("time,rate,class\n").contains("single requests"));
        let found = rows("class, time\nweb, 1\n").unwrap();
        assert!(found.has_classes() && !found.has_rates());
    }
}
