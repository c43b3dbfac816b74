//! The parser: bytes in, events out, no I/O.

#![cfg_attr(
    not(test),
    warn(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unwrap_used
    )
)]

mod advance;
mod block;
mod borrowed;
mod buffer;
mod by_lines;
mod carry;
mod chunk;
mod dispatch;
mod field;
mod gathered;
mod item;
mod last_id;
mod line_ends;
mod lines;
mod owned;
mod slices;
#[cfg(test)]
mod tests;
mod text;
mod whole;

use alloc::string::String;
use core::fmt;
use core::time::Duration;

use self::carry::{Carry, Waits};
#[cfg(any(feature = "stream", feature = "client"))]
pub(crate) use self::chunk::OwnedChunk;
pub use self::chunk::{Chunk, Input};
use self::dispatch::Blocks;
pub use self::item::{Item, LimitExceeded};
use self::last_id::LastId;
use self::lines::Lines;
#[cfg(feature = "client")]
pub(crate) use self::owned::Begun;
#[cfg(feature = "client")]
use crate::event::Shared;
use crate::event::{Event, EventRef};

/// Turns the bytes of a stream into events, incrementally and without I/O.
///
/// It follows the standard's [parsing] and [interpretation] of an event stream to the letter, for every byte sequence
/// and every way of cutting it into chunks. No input is an error: what is not UTF-8 becomes U+FFFD, what is not a field
/// is ignored, what is not finished is not dispatched.
///
/// # The contract of `parse`
///
/// A *block* is the lines up to a blank one, and that. [`parse`](Self::parse) takes bytes off the front of the input until one
/// of these happens:
///
/// 1. A blank line ends a block with data. The event is returned, and the input holds what follows.
/// 2. The input is used up. `None` is returned, and the parser waits for the next chunk. A block that began is kept.
///    Of one that lies whole in one chunk, is UTF-8 and has one `data` line, type and data are borrowed and never copied.
/// 3. The unfinished block outgrows the [limit](Self::with_limit). [`LimitExceeded`] is returned, once for that block;
///    its data and type are forgotten and its remaining `data` and `event` lines are ignored, but its `id` counts like
///    any other. The input holds what follows: go on parsing.
///
/// There is nothing to call at the end of a stream: the standard discards a block that lacks its blank line.
/// [`buffered`](Self::buffered) tells of one. Before the bytes of another connection comes [`reset`](Self::reset).
///
/// # Examples
///
/// ```
/// use ssekit::Parser;
///
/// let mut parser = Parser::new();
/// for chunk in [&b"event: greeting\ndata: hel"[..], b"lo\n\ndata: again\n\ndata: cut off"] {
///     let mut input = chunk;
///     while let Some(event) = parser.parse(&mut input)? {
///         println!("{}: {}", event.event_type(), event.data());
/// #       assert!(matches!((event.event_type(), event.data()), ("greeting", "hello") | ("message", "again")));
///     }
/// }
/// # Ok::<(), ssekit::LimitExceeded>(())
/// ```
///
/// [parsing]: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
/// [interpretation]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
#[derive(Clone)]
pub struct Parser {
    lines: Lines,
    blocks: Blocks,
    carry: Carry,
    reconnection_time: Option<Duration>,
}

impl Parser {
    /// The default of [`with_limit`](Self::with_limit): 16 MiB.
    pub const DEFAULT_LIMIT: usize = 16 * 1024 * 1024;

    /// Makes a parser at the start of a stream, with an empty last event ID.
    #[must_use]
    pub fn new() -> Self {
        Self {
            lines: Lines::default(),
            blocks: Blocks::new(Self::DEFAULT_LIMIT),
            carry: Carry::default(),
            reconnection_time: None,
        }
    }

    /// Sets how much one unfinished block may hold, in bytes.
    ///
    /// Counted are the values of the block's `data` fields with a line feed behind each, of its type and of its id, as they
    /// came over the wire. A second id counts beside the first while its line is read. An id that does not fit even into the
    /// room that data and type leave is ignored. Unknown fields and comments are not counted, and no more than 4 KiB of them
    /// is held; to a caller of [`parse_item`](Self::parse_item) a comment counts while its line is read.
    ///
    /// It is a limit on memory, too: the parser takes no more than it, beyond a constant of less than 1 MiB for what is
    /// shorter than 64 KiB and what empty buffers keep; what long data took is given back where a chunk ends between two
    /// blocks. For that, what is longer than 64 KiB and not UTF-8 counts as the text that it becomes once the block ends, of
    /// up to three bytes for one. And of a last event ID, what is beyond 64 KiB counts for as long as it is the last, though
    /// not so far that less than 64 KiB of the limit were left to a block.
    ///
    /// The default of 16 MiB is far above what feeds send and low enough for a server not to exhaust memory;
    /// `usize::MAX` is no limit.
    #[must_use]
    pub fn with_limit(mut self, bytes: usize) -> Self {
        self.pour();
        let last_event_id = self.last_event_id().len();
        self.blocks.block.set_limit(bytes, last_event_id);
        self
    }

    /// Sets the last event ID that the stream starts with, as one that continues another does.
    #[must_use]
    pub fn with_last_event_id(mut self, last_event_id: impl Into<String>) -> Self {
        self.blocks.last_event_id = LastId::from(last_event_id.into());
        let limit = self.blocks.block.limit();
        self.with_limit(limit)
    }

    /// Parses up to the next event, which borrows from the input or from the parser.
    ///
    /// The input is a `&[u8]`, or a [`Chunk`], out of which small events come faster. It is left at the byte behind what
    /// was parsed; `None` means that all of it was.
    ///
    /// # Errors
    ///
    /// [`LimitExceeded`] if the unfinished block outgrew the limit. The parser goes on with the next call.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "in the loop that calls it, which is a twelfth of the instructions less")]
    pub fn parse<'p, 'i: 'p>(&'p mut self, input: &mut impl Input<'i>) -> Result<Option<EventRef<'p>>, LimitExceeded> {
        input.read(|chunk| self.parse_chunk(chunk))
    }

    /// Parses up to the next event, comment or `retry` field.
    ///
    /// A comment is handed out if this method saw all of its line. `retry` is handed out as it takes effect, which is
    /// at its line and not at the end of its block; a `retry` field that the standard ignores is not handed out.
    ///
    /// # Errors
    ///
    /// [`LimitExceeded`] if the unfinished block outgrew the limit, or a comment did, which is then dropped and takes
    /// nothing else with it. The parser goes on with the next call.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::time::Duration;
    /// use ssekit::{Item, Parser};
    ///
    /// let mut parser = Parser::new();
    /// let mut input = &b": keep-alive\nretry: 3000\ndata: x\n\n"[..];
    /// assert!(matches!(parser.parse_item(&mut input)?, Some(Item::Comment(" keep-alive"))));
    /// assert!(matches!(parser.parse_item(&mut input)?, Some(Item::Retry(t)) if t == Duration::from_secs(3)));
    /// assert!(matches!(parser.parse_item(&mut input)?, Some(Item::Event(event)) if event.data() == "x"));
    /// assert!(parser.parse_item(&mut input)?.is_none());
    /// # Ok::<(), ssekit::LimitExceeded>(())
    /// ```
    pub fn parse_item<'p, 'i: 'p>(&'p mut self, input: &mut impl Input<'i>) -> Result<Option<Item<'p>>, LimitExceeded> {
        input.read(|chunk| self.parse_chunk_item(chunk))
    }

    /// Parses up to the next event, and hands it out owned.
    ///
    /// This is cheaper than [`EventRef::into_owned`]: long data that was gathered in the parser moves out of it, and a long
    /// last event ID is shared with the event before for as long as it repeats.
    ///
    /// # Errors
    ///
    /// [`LimitExceeded`] if the unfinished block outgrew the limit. The parser goes on with the next call.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "in the loop that calls it, which is a twelfth of the instructions less")]
    pub fn parse_owned<'i>(&mut self, input: &mut impl Input<'i>) -> Result<Option<Event>, LimitExceeded> {
        input.read(|chunk| self.parse_chunk_owned(chunk))
    }

    /// Sets the origin of the owned events to come.
    #[cfg(feature = "client")]
    pub(crate) fn set_origin(&mut self, origin: &str) {
        self.blocks.origin = Shared::new(origin);
    }

    /// The same, for those that are lent.
    #[cfg(feature = "client")]
    pub(crate) fn origin(&self) -> Shared {
        self.blocks.origin.clone()
    }

    /// Gets ready for the stream of another connection.
    ///
    /// What there is of an unfinished block is discarded and a BOM is expected anew; the last event ID and the
    /// reconnection time stay.
    pub fn reset(&mut self) {
        self.lines = Lines::default();
        self.blocks.plain = false;
        self.blocks.block.clear();
        self.carry = Carry::default();
    }

    /// The last event ID: that of the last block that a blank line ended; empty where there was none.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.blocks.last_event_id.as_str()
    }

    /// The reconnection time as the last valid `retry` field set it; `None` where there was none.
    ///
    /// The field counts milliseconds; a number beyond `u64` is taken for the largest one.
    #[must_use]
    pub fn reconnection_time(&self) -> Option<Duration> {
        self.reconnection_time
    }

    /// How much of an unfinished block the parser holds, in bytes.
    ///
    /// More than zero at the end of a stream means that a block was cut short, and with it an event, if it was to be one. What
    /// waits is read for that, up to 4 KiB with each call.
    #[must_use]
    pub fn buffered(&self) -> usize {
        match self.carry.waits() {
            Waits::Nothing => self.blocks.block.buffered(),
            Waits::Line => self.blocks.block.buffered().saturating_add(self.carry.bytes().len()),
            Waits::Block | Waits::Lines | Waits::Comment => {
                let mut poured = Self { lines: self.lines.clone(), carry: self.carry.clone(), ..Self::new() };
                poured.pour();
                poured.blocks.block.buffered()
            }
        }
    }

    #[cfg(test)]
    fn capacity(&self) -> usize {
        self.blocks.block.capacity() + self.blocks.last_event_id.capacity() + self.carry.capacity()
    }
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Parser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parser")
            .field("buffered", &self.buffered())
            .field("last_event_id", &self.last_event_id())
            .field("reconnection_time", &self.reconnection_time())
            .finish_non_exhaustive()
    }
}
