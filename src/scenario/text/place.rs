//! Where a piece of text stands: which source, and which bytes of it.

use std::ops::Range;

/// One text that was read: a file, or a pseudo-file such as the argument of `--set`.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// What messages call it, such as `scenarios/x.toml`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// All texts of a run, so that a [`Place`] stays small.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sources {
    list: Vec<Source>,
}

/// Which of the [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceId(u32);

/// A range of bytes of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The source.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Sources {
    /// No sources yet.
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Adds a text under the name messages shall give it.
    ///
    /// # Panics
    /// If there are 2^32 - 1 sources already.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        assert!(self.list.len() < u32::MAX as usize, "fewer than 2^32 sources");
        self.list.push(Source { name: name.into(), text: text.into() });
        SourceId((self.list.len() - 1) as u32)
    }

    /// The source `id`, unless it is of other [`Sources`].
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.list.get(id.0 as usize)
    }

    /// Name, line and column (both from 1, in characters) of a place's beginning.
    pub fn position(&self, place: Place) -> Option<(&str, usize, usize)> {
        let source = self.get(place.source)?;
        let start = source.range(place).start;
        let before = &source.text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        Some((&source.name, line, column))
    }
}

impl Source {
    /// The place's bytes, moved so that they lie in the text and begin and end between characters.
    pub(super) fn range(&self, place: Place) -> Range<usize> {
        let start = self.text.floor_char_boundary(place.start as usize);
        let end = self.text.floor_char_boundary(place.end as usize).max(start);
        start..end
    }
}

impl Place {
    /// The place of what was written nowhere; a problem there is shown without a place.
    pub const NOWHERE: Place = Place { source: SourceId(u32::MAX), start: 0, end: 0 };

    /// The bytes `range` of `source`.
    pub fn new(source: SourceId, range: Range<usize>) -> Place {
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Place { source, start: byte(range.start), end: byte(range.end) }
    }
}
