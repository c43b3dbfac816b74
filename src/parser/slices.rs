//! What of a block lies whole in the chunk at hand.

use core::mem;

use super::chunk::{Chunk, Texts};
use super::field::Field;

/// The place in a chunk that is so many bytes behind another one.
#[inline]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "no chunk is longer than isize::MAX, and nobody looks beyond it for long"
)]
pub(super) fn after(place: usize, bytes: usize) -> usize {
    place + bytes
}

/// A part of a chunk, or none: a value lies behind a field's name, and so never at the very start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    pub(super) const NONE: Self = Self { start: 0, end: 0 };

    #[inline]
    pub(super) fn is_none(self) -> bool {
        self.end == 0
    }

    #[inline]
    pub(super) fn take(&mut self) -> Option<Self> {
        let span = mem::replace(self, Self::NONE);
        (!span.is_none()).then_some(span)
    }

    #[inline]
    #[expect(clippy::arithmetic_side_effects, reason = "nothing ends before it begins")]
    pub(super) fn len(self) -> usize {
        self.end - self.start
    }

    /// The same part, if it is one, of a chunk that begins here.
    pub(super) fn relative_to(self, begin: usize) -> Self {
        if self.is_none() {
            self
        } else {
            Self { start: self.start.wrapping_sub(begin), end: self.end.wrapping_sub(begin) }
        }
    }

    #[inline]
    pub(super) fn of(self, chunk: &[u8]) -> &[u8] {
        chunk.get(self.start..self.end).unwrap_or_default()
    }
}

/// Values of the block that lie whole in the chunk, and were not copied for that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slices {
    /// The block's one `data` line.
    pub(super) data: Span,
    pub(super) event_type: Span,
    pub(super) id: Span,
    /// All of them lie in it, and every edge of it is next to ASCII.
    pub(super) stretch: Span,
}

impl Slices {
    #[inline]
    pub(super) fn new() -> Self {
        Self { data: Span::NONE, event_type: Span::NONE, id: Span::NONE, stretch: Span::NONE }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.data.is_none() && self.event_type.is_none() && self.id.is_none()
    }

    pub(super) fn set(&mut self, field: Field, span: Span) {
        let start = if self.stretch.is_none() { span.start } else { self.stretch.start };
        self.stretch = Span { start, end: span.end };
        match field {
            Field::Data => self.data = span,
            Field::Event => self.event_type = span,
            Field::Id => self.id = span,
            Field::Retry | Field::Comment => {}
        }
    }

    /// All of them as text, if they are valid, which is found out at one go.
    ///
    /// A line's name and its end are ASCII, so that a stretch of lines is valid where each value is; an invalid one
    /// may be so for what lies between them.
    #[inline]
    pub(super) fn texts<'i>(&self, chunk: &mut Chunk<'i>) -> Option<Texts<'i>> {
        if self.is_empty() { Some(Texts::default()) } else { chunk.texts(self.stretch) }
    }
}
