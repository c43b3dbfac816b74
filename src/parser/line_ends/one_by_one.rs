//! Line ends one by one, with memchr.

use super::{CR, LF, before_line_end};
use crate::parser::slices::after;

/// The places of every CR and LF in a chunk, in order.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::parser) struct LineEnds {
    /// How many bytes were looked at.
    searched: usize,
    /// The one that was put back, if there is one.
    found: Option<usize>,
}

/// Those from this place on.
impl From<usize> for LineEnds {
    fn from(place: usize) -> Self {
        Self { searched: place, ..Self::default() }
    }
}

impl LineEnds {
    /// The first one from this place on, in this chunk, which is the same with each call.
    #[inline]
    pub(in crate::parser) fn next(&mut self, chunk: &[u8], from: usize) -> Option<usize> {
        if let Some(end) = self.found.take().filter(|&end| end >= from) {
            return Some(end);
        }
        self.searched = self.searched.max(from);
        let rest = chunk.get(self.searched..)?;
        let end = after(self.searched, before_line_end(rest));
        self.searched = after(end, 1).min(chunk.len());
        (end < chunk.len()).then_some(end)
    }

    /// Passes over what has none, where they are likely to be far.
    #[expect(clippy::unused_self, reason = "there is another way only where there are blocks")]
    pub(in crate::parser) fn skip(&mut self, _: &[u8]) {}

    /// Whether there are none any more.
    pub(in crate::parser) fn are_over(&mut self, chunk: &[u8]) -> bool {
        self.found = self.next(chunk, 0);
        self.found.is_none()
    }

    /// Takes the last one back.
    #[inline]
    pub(in crate::parser) fn put_back(&mut self, end: usize) {
        self.found = Some(end);
    }

    /// Passes over the next ones, which are next to the last one.
    #[inline]
    pub(in crate::parser) fn pass(&mut self, _: usize) {
        self.found = None;
    }

    /// Those behind the comments and blank lines that begin here; and where those are over.
    pub(in crate::parser) fn behind_comments(chunk: &[u8], mut start: usize) -> (Self, usize) {
        while let Some(rest @ [b':' | CR | LF, ..]) = chunk.get(start..) {
            let end = after(start, before_line_end(rest));
            if end == chunk.len() {
                break;
            }
            start = after(end, 1);
        }
        (Self::from(start), start)
    }
}

/// Whether there is a line end in these bytes.
pub(in crate::parser) fn may_be_in(bytes: &[u8]) -> bool {
    before_line_end(bytes) < bytes.len()
}
