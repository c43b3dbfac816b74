//! A chunk that is being parsed, and what is known of its bytes.

use core::fmt;

use super::line_ends::{CR, LF, LineEnds};
use super::slices::{Span, after};
use super::text;

/// A chunk of a stream on its way through a parser, with what was found out about its bytes.
///
/// A parser takes bytes off the front of a `&[u8]` or of a `Chunk`. The events are the same. Small events come out of
/// a `Chunk` up to twice as fast: where its lines end and that it is UTF-8 is found out for many of them together,
/// and kept from one call to the next.
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
    pub(super) bytes: &'i [u8],
    pub(super) progress: Progress,
    /// What is known to be valid.
    pub(super) texts: Texts<'i>,
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
    pub(super) fn once(bytes: &'i [u8]) -> Self {
        Self { bytes, progress: Progress::default(), texts: Texts::default(), ahead: 0, invalid: false }
    }

    /// What was not parsed yet.
    #[must_use]
    pub fn rest(&self) -> &'i [u8] {
        self.bytes.get(self.progress.parsed..).unwrap_or_default()
    }

    /// Whether what comes next is a comment or a blank line.
    #[inline]
    pub(super) fn begins_with_comment(&self) -> bool {
        matches!(self.bytes.get(self.progress.parsed), Some(b':' | &CR | &LF))
    }

    /// Passes over short comments and blank lines, which mean nothing where no block has begun.
    #[inline]
    pub(super) fn pass_comments(&mut self) {
        if self.begins_with_comment() {
            let (line_ends, parsed) = LineEnds::behind_comments(self.bytes, self.progress.parsed);
            self.progress = Progress { parsed, line_ends };
        }
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
        if !self.texts.has(stretch) {
            let alone = self.ahead == 0 || self.invalid || stretch.len() > Self::ALONE;
            self.texts = if alone { check_alone(self.bytes, stretch) } else { self.check_ahead(stretch) }?;
        }
        Some(self.texts)
    }

    #[inline]
    pub(super) fn has_texts(&mut self, stretch: Span) -> bool {
        self.texts.has(stretch) || self.find_texts(stretch)
    }

    #[inline(never)]
    fn find_texts(&mut self, stretch: Span) -> bool {
        self.texts(stretch).is_some()
    }

    fn check_ahead(&mut self, stretch: Span) -> Option<Texts<'i>> {
        let Span { start, end } = stretch;
        let far = after(start, self.ahead).min(self.bytes.len()).max(end);
        // It must not end within a sequence.
        let whole = text::whole(self.slice(Span { start, end: far })).max(stretch.len());
        if let Some(text) = text::check(self.slice(Span { start, end: after(start, whole) })) {
            return Some(Texts { text, start });
        }
        self.invalid = true;
        Some(Texts { text: text::check(self.slice(stretch))?, start })
    }
}

/// Text of this stretch, if it is valid, with as much more as makes whole blocks for the check, for which that is the shorter
/// way, unless it may cut a sequence.
#[inline]
pub(super) fn check_alone(bytes: &[u8], stretch: Span) -> Option<Texts<'_>> {
    let start = stretch.start;
    let blocks = Span { start, end: after(start, stretch.len().next_multiple_of(64)) }.of(bytes);
    let text = if blocks.last().is_some_and(u8::is_ascii) { text::check(blocks) } else { None };
    Some(Texts { text: text.or_else(|| text::check(stretch.of(bytes)))?, start })
}

/// How far a chunk was parsed, and what is known of the line ends that come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    pub(super) parsed: usize,
    pub(super) line_ends: LineEnds,
}

/// A chunk that is kept from one call to the next, beside how far it was parsed.
#[cfg(any(feature = "stream", feature = "client"))]
#[derive(Debug)]
pub(crate) struct OwnedChunk<B> {
    pub(super) bytes: B,
    pub(super) progress: Progress,
}

#[cfg(any(feature = "stream", feature = "client"))]
impl<B: AsRef<[u8]>> OwnedChunk<B> {
    pub(crate) fn new(bytes: B) -> Self {
        Self { bytes, progress: Progress::default() }
    }

    /// Whether all of it was parsed.
    #[cfg(feature = "client")]
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.progress.parsed >= self.bytes.as_ref().len()
    }

    pub(crate) fn parse<R>(&mut self, parse: impl FnOnce(&mut Chunk<'_>) -> R) -> R {
        let mut chunk = Chunk::once(self.bytes.as_ref());
        chunk.progress = self.progress;
        let result = parse(&mut chunk);
        self.progress = chunk.progress;
        result
    }
}

/// A stretch of a chunk that is valid.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Texts<'i> {
    text: &'i str,
    start: usize,
}

/// All of a chunk.
impl<'i> From<&'i str> for Texts<'i> {
    #[inline]
    fn from(text: &'i str) -> Self {
        Self { text, start: 0 }
    }
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
        self.text.get(span.start.wrapping_sub(self.start)..span.end.wrapping_sub(self.start)).unwrap_or_default()
    }
}

impl fmt::Debug for Chunk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunk").field("length", &self.bytes.len()).field("parsed", &self.progress.parsed).finish()
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
