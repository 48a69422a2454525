//! A recording as what arrivals follow, in simulated time.

use super::lines::{Malformed, ReadAt};
use super::rows::{Row, Rows};
use crate::fleet::load::course::Stretch;
use crate::kernel::chance::{Sequence, unit};
use crate::kernel::time::Instant;
use std::sync::Arc;

/// How a rate gets from one row of a recording to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// It stays until the next row.
    Steps,
    /// It changes linearly.
    Lines,
}

/// A recording, and how its rows are meant.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The file.
    pub content: Arc<dyn ReadAt>,
    /// What is added to its times to have nanoseconds since the start of the simulation.
    pub shift: i64,
    /// Factor on its rates; of single requests, how often each comes on average.
    pub factor: f64,
    /// How a rate gets from row to row.
    pub between: Between,
    /// Until when it is followed.
    pub end: Instant,
    /// The classes that single requests may have, in order of their names, with their numbers.
    pub classes: Vec<(String, u32)>,
}

impl Recording {
    /// The stretches of its rates.
    ///
    /// # Errors
    /// If its first line is not as it must be.
    pub fn stretches(&self) -> Result<Stretches, Malformed> {
        let rows = Rows::new(Arc::clone(&self.content))?;
        let Recording { shift, factor, between, end, .. } = *self;
        Ok(Stretches { rows, shift, factor, between, end, last: None, done: false })
    }

    /// Its single requests.
    ///
    /// # Errors
    /// If its first line is not as it must be.
    pub fn requests(&self) -> Result<Requests, Malformed> {
        let rows = Rows::new(Arc::clone(&self.content))?;
        Ok(Requests { rows, shift: self.shift, end: self.end })
    }
}

/// The stretches of a recording's rates, in order, from the start of the simulation on.
#[derive(Clone, Debug)]
pub struct Stretches {
    rows: Rows,
    shift: i64,
    factor: f64,
    between: Between,
    end: Instant,
    last: Option<Row>,
    done: bool,
}

impl Stretches {
    /// The rows that are read.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The next stretch; after the last row the rate stays. None is empty.
    ///
    /// # Errors
    /// If a row is not as it must be.
    pub fn advance(&mut self) -> Result<Option<Stretch>, Malformed> {
        while !self.done {
            let next = self.rows.advance()?;
            let last = std::mem::replace(&mut self.last, next);
            self.done = next.is_none();
            let Some(last) = last else { continue };
            let end = i64::try_from(self.end.as_nanos()).unwrap_or(i64::MAX);
            let from_ns = last.at.saturating_add(self.shift);
            let to_ns = next.map_or(end, |next| next.at.saturating_add(self.shift));
            self.done |= to_ns >= end;
            let (from, to) = (last.rate * self.factor, next.map_or(last.rate, |next| next.rate));
            let to = match self.between {
                Between::Steps => from,
                Between::Lines => to * self.factor,
            };
            // What lies before the start of the simulation is cut off.
            if to_ns <= from_ns.max(0) {
                continue;
            }
            let share = (from_ns.max(0) - from_ns) as f64 / (to_ns - from_ns) as f64;
            let start = Instant::from_nanos(from_ns.max(0) as u64);
            if start >= self.end {
                continue;
            }
            let stop = Instant::from_nanos(to_ns as u64);
            return Ok(Some(Stretch { start, end: stop, from: from + (to - from) * share, to }));
        }
        Ok(None)
    }
}

/// The single requests of a recording, in order, from the start of the simulation on.
#[derive(Clone, Debug)]
pub struct Requests {
    rows: Rows,
    shift: i64,
    end: Instant,
}

impl Requests {
    /// The rows that are read.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The time of the next request.
    ///
    /// # Errors
    /// If a row is not as it must be.
    pub fn advance(&mut self) -> Result<Option<Instant>, Malformed> {
        while let Some(row) = self.rows.advance()? {
            if let Ok(ns) = u64::try_from(row.at.saturating_add(self.shift)) {
                let at = Instant::from_nanos(ns);
                return Ok((at < self.end).then_some(at));
            }
        }
        Ok(None)
    }
}

/// Stretches handed on at a time.
const CHUNK: usize = 256;

/// What arrivals with a recorded rate read from.
#[derive(Clone, Debug)]
pub(in crate::fleet::load) struct RateFeed {
    next: Stretches,
    /// As it was before the chunk in hand was read, and before the one in which the gap in hand
    /// begins, if that is another.
    before: Box<Stretches>,
    before_origin: Option<Box<Stretches>>,
}

impl RateFeed {
    pub(in crate::fleet::load) fn new(recording: &Recording) -> RateFeed {
        let next = sound(recording.stretches());
        RateFeed { before: Box::new(next.clone()), before_origin: None, next }
    }

    /// The gap in hand begins in the chunk in hand.
    pub(in crate::fleet::load) fn begin_gap(&mut self) {
        self.before_origin = None;
    }

    /// The next stretches; none at the end.
    pub(in crate::fleet::load) fn chunk(&mut self) -> Vec<Stretch> {
        let before = std::mem::replace(&mut *self.before, self.next.clone());
        self.before_origin.get_or_insert_with(|| Box::new(before));
        let next = std::iter::from_fn(|| sound(self.next.advance()));
        next.take(CHUNK).collect()
    }

    /// The stretches from that in which the gap in hand begins to `until`, read once more.
    pub(in crate::fleet::load) fn since_origin(&self, until: Instant) -> Vec<Stretch> {
        let mut again = self.before_origin.as_ref().unwrap_or(&self.before).clone();
        let all = std::iter::from_fn(|| sound(again.advance()));
        all.take_while(|stretch| stretch.start <= until).collect()
    }
}

/// What recorded requests are read from.
#[derive(Clone, Debug)]
pub(in crate::fleet::load) struct RequestFeed {
    requests: Requests,
    classes: Arc<[(String, u32)]>,
    factor: f64,
    /// How often each comes is drawn from here.
    copies: Sequence,
    /// The request that is pending, and how often it comes again.
    pub pending: Instant,
    left: u32,
}

impl RequestFeed {
    pub(in crate::fleet::load) fn new(recording: &Recording, copies: Sequence) -> RequestFeed {
        let mut feed = RequestFeed {
            requests: sound(recording.requests()),
            classes: recording.classes.clone().into(),
            factor: recording.factor,
            copies,
            pending: Instant::START,
            left: 0,
        };
        feed.advance();
        feed
    }

    /// Moves on to the next request.
    pub(in crate::fleet::load) fn advance(&mut self) {
        if self.left > 0 {
            self.left -= 1;
            return;
        }
        while let Some(at) = sound(self.requests.advance()) {
            let drawn = unit(&mut self.copies.die(0));
            self.copies.advance();
            let copies = (self.factor + drawn) as u32;
            if copies > 0 {
                (self.pending, self.left) = (at, copies - 1);
                return;
            }
        }
        self.pending = Instant::NEVER;
    }

    /// The class of the pending request, if the recording tells it.
    pub(in crate::fleet::load) fn class(&self) -> Option<u32> {
        let rows = self.requests.rows();
        if !rows.has_classes() || self.pending == Instant::NEVER {
            return None;
        }
        let name = rows.class();
        let at = self.classes.binary_search_by(|(known, _)| known.as_str().cmp(name));
        Some(self.classes[at.expect("the file has not changed since it was checked")].1)
    }
}

/// Files are checked before they are simulated.
fn sound<T>(read: Result<T, Malformed>) -> T {
    read.unwrap_or_else(|Malformed { line, what }| {
        panic!("a recorded load has changed since it was checked: line {line}: {what}")
    })
}
