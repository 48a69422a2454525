//! Changes of bytes by a seed: of letters, of lines, of words that mean something.

use crate::swarm::grammar;

/// A generator of numbers, the same on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Numbers {
        Numbers(seed)
    }

    /// The next one.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One below a number.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// One of some.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// What is put in place of something else.
pub(crate) const PIECES: &[&str] = &[
    "",
    " ",
    "inf",
    "4294967296",
    "0.0000000001",
    "\n",
    "=",
    "[",
    "]",
    "[[",
    "{",
    "}",
    "\"",
    "'",
    "\"\"\"",
    ",",
    ".",
    "#",
    "-",
    "0",
    "-1",
    "1e999",
    "nan",
    "-inf",
    "18446744073709551615",
    "99999999999999999999",
    "0x7f",
    "1_0",
    "true",
    "\"\"",
    "\"-3s\"",
    "\"1e400 GiB\"",
    "\"120%\"",
    "\"584d\"",
    "\"1ns\"",
    "\"0/s\"",
    "\"9e307/s\"",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2021-02-01",
    "[]",
    "{}",
    "\u{0}",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{feff}",
    "\u{85}",
    "é",
    "\u{1F600}",
    "\"\\u001b\"",
    "\"=1+1\"",
    "\"none\"",
    "node-1",
    "\t",
    "\r\n",
    "../../x",
    "<b>",
];

/// A span of bytes that may be empty.
fn span(numbers: &mut Numbers, length: usize, most: usize) -> std::ops::Range<usize> {
    let from = numbers.below(length + 1);
    from..(from + numbers.below(most)).min(length)
}

/// Whole lines from one on.
fn lines(numbers: &mut Numbers, data: &[u8]) -> std::ops::Range<usize> {
    let ends: Vec<usize> =
        data.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|p| p.0).collect();
    if ends.len() < 3 {
        return span(numbers, data.len(), 20);
    }
    let first = numbers.below(ends.len() - 1);
    let last = (first + 1 + numbers.below(4)).min(ends.len() - 1);
    ends[first] + 1..ends[last] + 1
}

/// One change, with what others of its kind hold at hand.
fn change(data: &mut Vec<u8>, others: &[&[u8]], numbers: &mut Numbers) {
    let length = data.len();
    match numbers.below(10) {
        0 if length > 0 => data[numbers.below(length)] ^= 1 << numbers.below(8),
        1 => drop(data.splice(span(numbers, length, 9), [numbers.next() as u8])),
        2 | 3 => {
            let piece = numbers.pick(PIECES).bytes();
            data.splice(span(numbers, length, 12), piece);
        }
        4 => drop(data.drain(span(numbers, length, 60))),
        5 => drop(data.drain(lines(numbers, data))),
        6 => {
            let copied = data[lines(numbers, data)].to_vec();
            let at = lines(numbers, data).start;
            data.splice(at..at, copied);
        }
        7 | 8 => {
            let other = *numbers.pick(others);
            let copied = other[lines(numbers, other)].to_vec();
            let at = lines(numbers, data).start;
            data.splice(at..at, copied);
        }
        _ => {
            let words: Vec<u16> = (0..40).map(|_| numbers.next() as u16).collect();
            let line = grammar::assignment(&mut grammar::Words(&words)) + "\n";
            let at = if numbers.below(2) == 0 { 0 } else { lines(numbers, data).start };
            data.splice(at..at, line.bytes());
        }
    }
}

/// One of some bytes, after a few changes.
pub(crate) fn mutated(corpus: &[&[u8]], numbers: &mut Numbers) -> Vec<u8> {
    let mut data = numbers.pick(corpus).to_vec();
    for _ in 0..1 + numbers.below(4) {
        change(&mut data, corpus, numbers);
    }
    data
}
