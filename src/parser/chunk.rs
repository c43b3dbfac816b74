//! A chunk that is being parsed, and what is known of its bytes.

use core::fmt;

use super::line_ends::{CR, LF, LineEnds};
use super::slices::{Span, after};
use super::text;

/// A chunk of a stream on its way through a parser, with what was found out about its bytes.
///
/// A parser takes bytes off the front of a `&[u8]` or of a `Chunk`. The events are the same. Small events come out of a
/// `Chunk` up to 1.6 times as fast: where its lines end and that it is UTF-8 is found out for many of them together, and kept
/// from one call to the next.
///
/// # Examples
///
/// ```
/// use ssekit::{Chunk, Parser};
///
/// let mut parser = Parser::new();
/// let mut chunk = Chunk::new(b"data: a\n\ndata: b\n\ndata: c");
/// let mut data = Vec::new();
/// while let Some(event) = parser.parse(&mut chunk)? {
///     data.push(event.data().to_owned());
/// }
/// assert_eq!(data, ["a", "b"]);
/// assert!(chunk.rest().is_empty() && parser.buffered() > 0);
/// # Ok::<(), ssekit::LimitExceeded>(())
/// ```
#[derive(Clone)]
pub struct Chunk<'i> {
    bytes: &'i [u8],
    /// How many bytes were parsed.
    parsed: usize,
    pub(super) line_ends: LineEnds,
    /// What is known to be valid.
    texts: Texts<'i>,
    /// How much is checked at once, in bytes; zero is no more than is asked for.
    ahead: usize,
    /// Something in it is not valid: nothing is checked ahead any more.
    invalid: bool,
}

impl<'i> Chunk<'i> {
    /// Little enough to be still in the cache when it is parsed, and enough for the check to run on while memory is fetched:
    /// what processors fetch ahead by themselves ends with a page of 4 KiB.
    const AHEAD: usize = 16 * 1024;

    /// What is longer is checked by itself: what is known ahead would seldom reach to its end.
    const ALONE: usize = 512;

    /// Begins with the first of these bytes.
    #[must_use]
    pub fn new(bytes: &'i [u8]) -> Self {
        Self { ahead: Self::AHEAD, ..Self::once(bytes) }
    }

    /// A chunk for one call, for which it would not pay to know more than that call asks for.
    fn once(bytes: &'i [u8]) -> Self {
        Self { bytes, parsed: 0, line_ends: LineEnds::default(), texts: Texts::default(), ahead: 0, invalid: false }
    }

    /// What was not parsed yet.
    #[must_use]
    pub fn rest(&self) -> &'i [u8] {
        self.bytes.get(self.parsed..).unwrap_or_default()
    }

    #[inline]
    pub(super) fn bytes(&self) -> &'i [u8] {
        self.bytes
    }

    #[inline]
    pub(super) fn parsed(&self) -> usize {
        self.parsed
    }

    /// The bytes before this place were parsed.
    #[inline]
    pub(super) fn set_parsed(&mut self, place: usize) {
        self.parsed = place;
    }

    /// Passes over comments and blank lines, which mean nothing where no block has begun, and says whether there were any.
    #[inline]
    pub(super) fn pass_comments(&mut self) -> bool {
        let start = self.parsed;
        if matches!(self.bytes.get(start), Some(b':' | &CR | &LF)) {
            (self.line_ends, self.parsed) = LineEnds::behind_comments(self.bytes, start);
        }
        self.parsed > start
    }

    #[inline]
    pub(super) fn slice(&self, span: Span) -> &'i [u8] {
        span.of(self.bytes)
    }

    /// Text in which this stretch lies, if it is valid.
    ///
    /// It begins and ends where a value does, which is next to a byte of ASCII or to the begin of a chunk's line.
    #[inline]
    pub(super) fn texts(&mut self, stretch: Span) -> Option<Texts<'i>> {
        self.texts_ahead(stretch, self.ahead)
    }

    /// The same, for one of many that are asked for in one call.
    #[inline]
    pub(super) fn texts_of_many(&mut self, stretch: Span) -> Option<Texts<'i>> {
        self.texts_ahead(stretch, self.ahead.max(Self::ALONE))
    }

    #[inline]
    fn texts_ahead(&mut self, stretch: Span, ahead: usize) -> Option<Texts<'i>> {
        if !self.texts.has(stretch) {
            if ahead == 0 || self.invalid || stretch.len() > Self::ALONE {
                return self.check_alone(stretch);
            }
            self.texts = self.check_ahead(stretch, ahead)?;
        }
        Some(self.texts)
    }

    /// Checks as much more as makes whole blocks for the check, for which that is the shorter way, unless it may cut a sequence.
    fn check_alone(&self, stretch: Span) -> Option<Texts<'i>> {
        let start = stretch.start;
        let blocks = self.slice(Span { start, end: after(start, stretch.len().next_multiple_of(64)) });
        let text = if blocks.last().is_some_and(u8::is_ascii) { text::check(blocks) } else { None };
        Some(Texts { text: text.or_else(|| text::check(self.slice(stretch)))?, start })
    }

    fn check_ahead(&mut self, stretch: Span, ahead: usize) -> Option<Texts<'i>> {
        let Span { start, end } = stretch;
        let far = after(start, ahead).min(self.bytes.len()).max(end);
        // It must not end within a sequence.
        let whole = text::whole(self.slice(Span { start, end: far })).max(stretch.len());
        if let Some(text) = text::check(self.slice(Span { start, end: after(start, whole) })) {
            return Some(Texts { text, start });
        }
        self.invalid = true;
        Some(Texts { text: text::check(self.slice(stretch))?, start })
    }
}

/// A chunk that is kept from one call to the next, beside how far it was parsed.
#[cfg(any(feature = "stream", feature = "client"))]
#[derive(Debug)]
pub(crate) struct OwnedChunk<B> {
    bytes: B,
    parsed: usize,
    line_ends: LineEnds,
}

#[cfg(any(feature = "stream", feature = "client"))]
impl<B: AsRef<[u8]>> OwnedChunk<B> {
    pub(crate) fn new(bytes: B) -> Self {
        Self { bytes, parsed: 0, line_ends: LineEnds::default() }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it returns would otherwise go through memory: a tenth of the time")]
    pub(crate) fn parse<R>(&mut self, parse: impl FnOnce(&mut Chunk<'_>) -> R) -> R {
        let mut chunk = Chunk::once(self.bytes.as_ref());
        (chunk.parsed, chunk.line_ends) = (self.parsed, self.line_ends);
        let result = parse(&mut chunk);
        (self.parsed, self.line_ends) = (chunk.parsed, chunk.line_ends);
        result
    }
}

/// A stretch of a chunk that is valid.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Texts<'i> {
    text: &'i str,
    start: usize,
}

impl<'i> Texts<'i> {
    #[inline]
    fn end(self) -> usize {
        after(self.start, self.text.len())
    }

    /// Whether this lies in it.
    #[inline]
    pub(super) fn has(self, span: Span) -> bool {
        span.start >= self.start && span.end <= self.end()
    }

    #[inline]
    pub(super) fn text(self, span: Span) -> &'i str {
        let from_start = |end| Span { start: self.start, end }.len();
        self.text.get(from_start(span.start)..from_start(span.end)).unwrap_or_default()
    }
}

impl fmt::Debug for Chunk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunk").field("length", &self.bytes.len()).field("parsed", &self.parsed).finish()
    }
}

impl<'i> From<&'i [u8]> for Chunk<'i> {
    fn from(bytes: &'i [u8]) -> Self {
        Self::new(bytes)
    }
}

/// What a parser takes bytes off: a `&[u8]`, or a [`Chunk`].
pub trait Input<'i>: sealed::Sealed<'i> {}

impl<'i> Input<'i> for &'i [u8] {}

impl<'i> Input<'i> for Chunk<'i> {}

pub(crate) mod sealed {
    use super::Chunk;

    #[expect(unnameable_types, reason = "nobody else is to implement Input")]
    pub trait Sealed<'i> {
        fn read<R>(&mut self, read: impl FnOnce(&mut Chunk<'i>) -> R) -> R;

        fn is_empty(&self) -> bool;
    }

    impl<'i> Sealed<'i> for &'i [u8] {
        #[inline]
        fn read<R>(&mut self, read: impl FnOnce(&mut Chunk<'i>) -> R) -> R {
            let mut chunk = Chunk::once(self);
            let result = read(&mut chunk);
            *self = chunk.rest();
            result
        }

        fn is_empty(&self) -> bool {
            <[u8]>::is_empty(self)
        }
    }

    impl<'i> Sealed<'i> for Chunk<'i> {
        #[inline(always)]
        #[expect(
            clippy::inline_always,
            reason = "in the loop that calls it, which is a twelfth of the instructions less"
        )]
        fn read<R>(&mut self, read: impl FnOnce(&mut Self) -> R) -> R {
            read(self)
        }

        fn is_empty(&self) -> bool {
            self.rest().is_empty()
        }
    }
}
