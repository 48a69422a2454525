//! Files that a scenario names. Nothing here opens one: whoever loads a scenario hands over how.

use super::text::Duration;
use crate::fleet::load::recorded::{Between, Column, Malformed, ReadAt, Recording, Rows};
use crate::fleet::load::{Course, Stretch};
use crate::kernel::time::Instant;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// How a file is opened, by the name that the scenario gives it; why it cannot be, for people.
type Opener = dyn Fn(&str) -> Result<Arc<dyn ReadAt>, String> + Send + Sync;

/// The files that a scenario names. Clones share what was found out about them, so that each is
/// looked through once, however many variants of the scenario there are.
#[derive(Clone)]
pub struct Files {
    open: Arc<Opener>,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    files: BTreeMap<String, Result<Content, String>>,
    scans: BTreeMap<(String, Reading), Result<Arc<Scan>, Vec<String>>>,
    values: BTreeMap<String, Result<Arc<[Duration]>, Vec<String>>>,
}

/// A file that was opened.
#[derive(Clone)]
struct Content {
    bytes: Arc<dyn ReadAt>,
    sha256: String,
}

/// What numbers in the column `time` of a recording count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Times {
    /// Seconds from the start of the simulation.
    Elapsed,
    /// Seconds since the beginning of 1970.
    Unix,
}

/// How a recording is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reading {
    /// The start of the simulation, in nanoseconds since 1970.
    pub start: i64,
    /// Its end.
    pub end: Instant,
    /// What its numbers count.
    pub times: Times,
    /// When its first line is, in nanoseconds from the start, if not when it says.
    pub first: Option<i64>,
    /// Whether its rates change linearly.
    pub lines: bool,
}

/// What a look through a recording has found.
pub(super) struct Scan {
    /// The recording, with a factor of 1 and without classes.
    pub recording: Recording,
    pub has_rates: bool,
    /// The rate that it amounts to.
    pub course: Course,
    /// Classes of single requests: name, how many, and the line where it is met first.
    pub classes: BTreeMap<String, (u64, u64)>,
    pub sha256: String,
}

/// Problems of a file that are told one by one.
const TOLD_MAX: usize = 3;
/// Classes that a recording can have.
const CLASSES_MAX: usize = 1000;
/// Pieces of the course that a long recording amounts to.
const PIECES_MAX: usize = 4096;
/// The least length of a piece where requests are counted, in nanoseconds: shorter ones would show
/// chance.
const COUNTED_OVER: u64 = 60_000_000_000;
/// Values of a distribution.
const VALUES_MAX: usize = 1_000_000;
/// Bytes hashed at a time.
const HASHED: usize = 1 << 16;

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").finish_non_exhaustive()
    }
}

impl Files {
    /// No file can be opened.
    pub fn none() -> Files {
        Files::opened_by(|_| Err("no files can be opened here".to_string()))
    }

    /// Files are opened by this function, which is given the name as the scenario has it.
    pub fn opened_by(
        open: impl Fn(&str) -> Result<Arc<dyn ReadAt>, String> + Send + Sync + 'static,
    ) -> Files {
        Files { open: Arc::new(open), known: Arc::default() }
    }

    /// Every file opened so far, with its SHA-256 in hexadecimal digits.
    pub(super) fn contents(&self) -> Vec<(String, String)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let opened =
            known.files.iter().filter_map(|(name, file)| Some((name, file.as_ref().ok()?)));
        opened.map(|(name, content)| (name.clone(), content.sha256.clone())).collect()
    }

    /// Looks through a recording.
    pub(super) fn scan(&self, name: &str, reading: Reading) -> Result<Arc<Scan>, Vec<String>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let content = known.content(name, &*self.open).map_err(|why| vec![why])?;
        let key = (name.to_string(), reading);
        let scan = known.scans.entry(key).or_insert_with(|| scan(&content, reading).map(Arc::new));
        scan.clone()
    }

    /// The values of a distribution.
    pub(super) fn values(&self, name: &str) -> Result<Arc<[Duration]>, Vec<String>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let content = known.content(name, &*self.open).map_err(|why| vec![why])?;
        let values = known.values.entry(name.to_string());
        values.or_insert_with(|| values_of(content.bytes).map(Into::into)).clone()
    }
}

impl Known {
    fn content(&mut self, name: &str, open: &Opener) -> Result<Content, String> {
        let opened = self.files.entry(name.to_string());
        let opened = opened.or_insert_with(|| {
            let bytes = open(name)?;
            let sha256 = sha256(&*bytes)?;
            Ok(Content { bytes, sha256 })
        });
        opened.clone()
    }
}

fn sha256(bytes: &dyn ReadAt) -> Result<String, String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; HASHED];
    let mut offset = 0;
    loop {
        let read = bytes.read_at(offset, &mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        offset += read as u64;
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Problems of a file as they are told: the first few, and how many more there are.
#[derive(Default)]
struct Told {
    messages: Vec<String>,
    count: usize,
}

impl Told {
    fn add(&mut self, malformed: &Malformed) {
        self.count += 1;
        if self.messages.len() < TOLD_MAX {
            self.messages.push(format!("line {}: {}", malformed.line, malformed.what));
        }
    }

    fn or<T>(mut self, found: T) -> Result<T, Vec<String>> {
        let more = self.count - self.messages.len();
        match self.count {
            0 => return Ok(found),
            _ if more == 1 => self.messages.push("one more line is malformed".to_string()),
            _ if more > 1 => self.messages.push(format!("{more} more lines are malformed")),
            _ => {}
        }
        Err(self.messages)
    }
}

/// A problem that ends the look through a file.
fn one(malformed: Malformed) -> Vec<String> {
    let mut told = Told::default();
    told.add(&malformed);
    told.messages
}

fn scan(content: &Content, reading: Reading) -> Result<Scan, Vec<String>> {
    let mut rows = Rows::new(Arc::clone(&content.bytes)).map_err(one)?;
    // The first row tells what its times are, and where they begin.
    let first = rows.advance().map_err(one)?;
    let first = first.ok_or_else(|| vec!["it has no line but the first".to_string()])?;
    let civil = !rows.counts_seconds() || reading.times == Times::Unix;
    let shift = match (reading.first, civil) {
        (Some(at), _) => at.saturating_sub(first.at),
        (None, true) => reading.start.saturating_neg(),
        (None, false) => 0,
    };
    let recording = Recording {
        content: Arc::clone(&content.bytes),
        shift,
        factor: 1.0,
        between: if reading.lines { Between::Lines } else { Between::Steps },
        end: reading.end,
        classes: Vec::new(),
    };
    let has_rates = rows.has_rates();
    let mut classes: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut told = Told::default();
    let mut last = i64::MIN;
    let mut row = Some(first);
    let mut sum = Sum::new(&recording, has_rates);
    while let Some(read) = row {
        if has_rates && !reading.lines && read.at == last {
            let what = "its time stands in the line above it already".to_string();
            told.add(&Malformed { line: rows.line(), what });
        }
        last = read.at;
        if rows.has_classes() {
            let class = rows.class();
            if let Some((count, _)) = classes.get_mut(class) {
                *count += 1;
            } else if classes.len() < CLASSES_MAX {
                classes.insert(class.to_string(), (1, rows.line()));
            } else {
                return Err(vec![format!("it has more than {CLASSES_MAX} classes")]);
            }
        }
        if !has_rates {
            sum.count(read.at.saturating_add(shift));
        }
        row = loop {
            match rows.advance() {
                Ok(next) => break next,
                Err(malformed) => told.add(&malformed),
            }
        };
    }
    told.or(())?;
    if has_rates {
        let mut stretches = recording.stretches().map_err(one)?;
        while let Some(stretch) = stretches.advance().map_err(one)? {
            sum.add(stretch);
        }
    }
    let course = sum.course();
    if course.stretches().is_empty() {
        let how = match civil {
            true => "",
            false => {
                ": numbers count seconds from `clock.start`, or with `times = \"unix\"` from 1970"
            }
        };
        return Err(vec![format!("none of its lines lies between `clock.start` and the end{how}")]);
    }
    Ok(Scan { recording, has_rates, course, classes, sha256: content.sha256.clone() })
}

/// The course that a recording amounts to: as it is if that is short, else by means over pieces of
/// time.
struct Sum {
    exact: Vec<Stretch>,
    /// Length of a piece in nanoseconds, and the requests of each.
    piece: u64,
    requests: Vec<f64>,
    end: Instant,
    is_exact: bool,
}

impl Sum {
    fn new(recording: &Recording, has_rates: bool) -> Sum {
        let end = recording.end.as_nanos();
        let least = if has_rates { 1 } else { COUNTED_OVER.min(end) };
        let piece = end.div_ceil(PIECES_MAX as u64).max(least);
        let requests = vec![0.0; end.div_ceil(piece) as usize];
        Sum { exact: Vec::new(), piece, requests, end: recording.end, is_exact: has_rates }
    }

    fn count(&mut self, ns: i64) {
        if let Ok(ns) = u64::try_from(ns)
            && let Some(piece) = self.requests.get_mut((ns / self.piece) as usize)
        {
            *piece += 1.0;
        }
    }

    fn add(&mut self, stretch: Stretch) {
        if self.is_exact {
            self.exact.push(stretch);
            self.is_exact = self.exact.len() < PIECES_MAX;
        }
        let course = Course::new(vec![stretch]);
        let end = stretch.end.min(self.end).as_nanos();
        let mut from = stretch.start.as_nanos();
        while from < end {
            let piece = from / self.piece;
            let to = ((piece + 1) * self.piece).min(end);
            let (a, b) = (Instant::from_nanos(from), Instant::from_nanos(to));
            self.requests[piece as usize] += course.mean_arrivals(a, b);
            from = to;
        }
    }

    fn course(self) -> Course {
        if self.is_exact {
            return Course::new(self.exact);
        }
        let piece = |(number, requests): (usize, f64)| {
            let start = Instant::from_nanos(number as u64 * self.piece);
            let end = Instant::from_nanos((number as u64 + 1) * self.piece).min(self.end);
            let rate = requests / end.since(start).as_secs_f64();
            Stretch { start, end, from: rate, to: rate }
        };
        let pieces = self.requests.iter().copied().enumerate().map(piece);
        Course::new(pieces.filter(|stretch| stretch.from > 0.0).collect())
    }
}

/// The values in a file with one column, named by their unit.
fn values_of(bytes: Arc<dyn ReadAt>) -> Result<Vec<Duration>, Vec<String>> {
    let mut values = Vec::new();
    let mut told = Told::default();
    let mut column = Column::new(bytes).map_err(one)?;
    loop {
        match column.advance() {
            Ok(None) => break,
            Ok(Some(_)) if values.len() == VALUES_MAX => {
                return Err(vec![format!(
                    "it has more than {VALUES_MAX} values: take a random part of them"
                )]);
            }
            Ok(Some(value)) => values.push(value),
            Err(malformed) => told.add(&malformed),
        }
    }
    if values.is_empty() && told.count == 0 {
        return Err(vec!["it has no line but the first".to_string()]);
    }
    told.or(values)
}
