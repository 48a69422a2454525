//! Lines of a CSV file that somebody else has opened.

use std::fmt::Debug;
use std::sync::Arc;

/// What can be read at any place and does not change: an opened file, or bytes in memory.
pub trait ReadAt: Debug + Send + Sync {
    /// Reads bytes from `offset` on into `into`, as many as it likes; how many, 0 only at the end.
    ///
    /// # Errors
    /// Why it cannot be read, for people.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize, String>;
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize, String> {
        let rest = usize::try_from(offset).ok().and_then(|from| self.get(from..)).unwrap_or(&[]);
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

/// A line that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub what: String,
}

/// Bytes read at a time.
const BUFFER: usize = 1 << 14;
/// Most bytes of a line, and most cells.
const LINE_MAX: usize = 4096;
const CELLS_MAX: usize = 32;
/// Characters of a cell that are shown.
const SHOWN: usize = 40;

/// The lines of a CSV file, one after the other. A clone goes on from the same line by itself, and
/// no more than a few kilobytes of the file are in memory, however long it is.
pub(super) struct Lines {
    content: Arc<dyn ReadAt>,
    parser: Box<csv_core::Reader>,
    buffer: Box<[u8; BUFFER]>,
    /// The part of the buffer that the parser has not seen.
    rest: (usize, usize),
    /// Where the bytes after the buffer begin.
    offset: u64,
    /// The cells of the line in hand, one behind the other, and where each ends.
    cells: Box<[u8; LINE_MAX]>,
    ends: Box<[usize; CELLS_MAX]>,
    count: usize,
    line: u64,
}

/// At a line's end a fresh parser is where the old one is. A clone of the old one loses its tables
/// (csv-core 0.1.13).
impl Clone for Lines {
    fn clone(&self) -> Lines {
        let mut parser = parser();
        parser.set_line(self.parser.line());
        Lines {
            content: Arc::clone(&self.content),
            parser,
            buffer: self.buffer.clone(),
            cells: self.cells.clone(),
            ends: self.ends.clone(),
            ..*self
        }
    }
}

fn parser() -> Box<csv_core::Reader> {
    Box::new(csv_core::ReaderBuilder::new().comment(Some(b'#')).build())
}

impl Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("line", &self.line).finish_non_exhaustive()
    }
}

impl Lines {
    /// The lines of a file from its first on. Lines that begin with `#` are comments.
    pub(super) fn new(content: Arc<dyn ReadAt>) -> Lines {
        Lines {
            content,
            parser: parser(),
            buffer: Box::new([0; BUFFER]),
            rest: (0, 0),
            offset: 0,
            cells: Box::new([0; LINE_MAX]),
            ends: Box::new([0; CELLS_MAX]),
            count: 0,
            line: 0,
        }
    }

    /// Moves on to the next line that is neither empty nor a comment; whether there is one.
    ///
    /// # Errors
    /// If it is too long, or the file cannot be read.
    pub(super) fn advance(&mut self) -> Result<bool, Malformed> {
        let (mut bytes, mut cells) = (0, 0);
        loop {
            if self.rest.0 == self.rest.1 {
                self.fill()?;
            }
            let input = &self.buffer[self.rest.0..self.rest.1];
            let (output, ends) = (&mut self.cells[bytes..], &mut self.ends[cells..]);
            let (result, read, written, ended) = self.parser.read_record(input, output, ends);
            // The line break that ends a record may still be to come.
            let broken = input[..read].last() == Some(&b'\n');
            self.rest.0 += read;
            (bytes, cells) = (bytes + written, cells + ended);
            match result {
                csv_core::ReadRecordResult::InputEmpty => {}
                csv_core::ReadRecordResult::Record => {
                    self.line = self.parser.line() - u64::from(broken);
                    self.count = cells;
                    if self.cells[..bytes].contains(&b'\n') {
                        return Err(self.malformed("a quotation mark in it is not closed"));
                    }
                    return Ok(true);
                }
                csv_core::ReadRecordResult::End => return Ok(false),
                csv_core::ReadRecordResult::OutputFull
                | csv_core::ReadRecordResult::OutputEndsFull => {
                    self.line = self.parser.line();
                    let what = format!(
                        "it has more than {CELLS_MAX} cells or {LINE_MAX} bytes; is a quotation \
                         mark not closed?"
                    );
                    return Err(Malformed { line: self.line, what });
                }
            }
        }
    }

    fn fill(&mut self) -> Result<(), Malformed> {
        let read = self.content.read_at(self.offset, &mut self.buffer[..]);
        let read = read.map_err(|why| Malformed {
            line: self.parser.line(),
            what: format!("it cannot be read: {why}"),
        })?;
        self.offset += read as u64;
        self.rest = (0, read);
        Ok(())
    }

    /// The number of the line in hand, from 1.
    pub(super) fn number(&self) -> u64 {
        self.line
    }

    /// How many cells it has.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// How many cells it has, in words.
    pub(super) fn cells(&self) -> String {
        if self.count == 1 { "1 cell".to_string() } else { format!("{} cells", self.count) }
    }

    /// A cell without the blanks around it; nothing if it is no text.
    pub(super) fn cell(&self, number: usize) -> &str {
        let from = if number == 0 { 0 } else { self.ends[number - 1] };
        let cell = self.cells.get(from..self.ends[number]).unwrap_or(&[]);
        std::str::from_utf8(cell).unwrap_or("\u{fffd}").trim()
    }

    /// A cell as it can be shown to people: short, and without control characters.
    pub(super) fn shown(&self, number: usize) -> String {
        let text: String = self.cell(number).chars().take(SHOWN).collect();
        let more = if self.cell(number).chars().nth(SHOWN).is_some() { "…" } else { "" };
        format!("`{}{more}`", text.escape_debug())
    }

    /// What is wrong with the line in hand.
    pub(super) fn malformed(&self, what: impl Into<String>) -> Malformed {
        Malformed { line: self.line, what: what.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(u64, Vec<String>)> {
        let mut lines = Lines::new(Arc::new(text.as_bytes().to_vec()));
        let mut found = Vec::new();
        while lines.advance().unwrap() {
            let cells = (0..lines.len()).map(|cell| lines.cell(cell).to_string());
            found.push((lines.number(), cells.collect()));
        }
        found
    }

    #[test]
    fn lines_have_their_numbers_whatever_stands_between_them() {
        let numbers = |text| all(text).iter().map(|(number, _)| *number).collect::<Vec<_>>();
        assert_eq!(numbers("time,rate\n1,2\n3,4\n"), [1, 2, 3]);
        assert_eq!(numbers("time,rate\n1,2\n3,4"), [1, 2, 3]);
        assert_eq!(numbers("time,rate\r\n1,2\r\n3,4\r\n"), [1, 2, 3]);
        assert_eq!(numbers("# a comment\ntime,rate\n\n1,2\n# another\n3,4"), [2, 4, 6]);
    }

    #[test]
    fn cells_come_without_quotation_marks_and_blanks() {
        let expected = vec![(1, vec!["a b".to_string(), "c,d".to_string(), String::new()])];
        assert_eq!(all("\u{feff} a b ,\"c,d\",\n"), expected);
    }

    #[test]
    fn a_line_may_lie_across_two_buffers_and_a_clone_goes_on_by_itself() {
        let text: String = (0..5000).map(|n| format!("{n},{}\n", n * 7)).collect();
        assert!(text.len() > 2 * BUFFER);
        let mut lines = Lines::new(Arc::new(text.into_bytes()));
        let mut clone = lines.clone();
        for n in 0..5000 {
            if n == 3210 {
                clone = lines.clone();
            }
            assert!(lines.advance().unwrap());
            assert_eq!((lines.cell(0), lines.cell(1)), (&*n.to_string(), &*(n * 7).to_string()));
        }
        assert!(!lines.advance().unwrap() && clone.advance().unwrap());
        assert_eq!((clone.number(), clone.cell(0)), (3211, "3210"));
    }

    #[test]
    fn a_quotation_mark_that_is_not_closed_does_not_swallow_the_file() {
        let mut lines = Lines::new(Arc::new(b"a\n\"1\n".to_vec()));
        assert!(lines.advance().unwrap());
        assert!(lines.advance().unwrap_err().what.contains("not closed"));
        let text = format!("a,b\n1,\"2\n{}", "3,4\n".repeat(10_000));
        let mut lines = Lines::new(Arc::new(text.into_bytes()));
        assert!(lines.advance().unwrap());
        assert!(lines.advance().unwrap_err().what.contains("not closed"));
    }
}
