//! The parser: bytes in, events out, no I/O.

mod block;
mod field;
mod item;
mod lines;
#[cfg(test)]
mod tests;
mod text;

use alloc::string::String;
use core::fmt;
use core::mem;
use core::time::Duration;

use self::block::{Block, Finished, Slices};
use self::field::Field;
pub use self::item::{Item, LimitExceeded};
use self::lines::Lines;
use crate::event::{self, Event, EventRef, Shared};

/// Turns the bytes of a stream into events, incrementally and without I/O.
///
/// It follows the standard's [parsing] and [interpretation] of an event stream to the letter, for every byte sequence
/// and every way of cutting it into chunks. No input is an error: what is not UTF-8 becomes U+FFFD, what is not a field
/// is ignored, what is not finished is not dispatched.
///
/// # The contract of `parse`
///
/// [`parse`](Self::parse) takes bytes off the front of the input until one of these happens:
///
/// 1. A blank line ends a block with data. The event is returned, and the input holds what follows.
/// 2. The input is used up. `None` is returned, and the parser waits for the next chunk. A block that began is kept;
///    whatever lies whole in one chunk, in a block with one `data` line, is borrowed and never copied.
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
    block: Block,
    last_event_id: String,
    reconnection_time: Option<Duration>,
    lent: Lent,
    shared_type: Shared,
    shared_id: Shared,
}

/// Text that was lent out with the last event or comment and comes back with the next call.
#[derive(Clone, Debug, Default)]
struct Lent {
    data: String,
    event_type: String,
    comment: String,
    any: bool,
}

/// What [`Parser::advance`] stopped at.
enum Found<'i> {
    /// With what of the event lies in the chunk; the rest lies in the block.
    Event(Slices<'i>),
    /// In the chunk, or else in the block.
    Comment(Option<&'i [u8]>),
    Retry(Duration),
}

impl Parser {
    /// The default of [`with_limit`](Self::with_limit): 16 MiB.
    pub const DEFAULT_LIMIT: usize = 16 * 1024 * 1024;

    /// Makes a parser at the start of a stream, with an empty last event ID.
    #[must_use]
    pub fn new() -> Self {
        Self {
            lines: Lines::default(),
            block: Block::new(Self::DEFAULT_LIMIT),
            last_event_id: String::new(),
            reconnection_time: None,
            lent: Lent::default(),
            shared_type: Shared::default(),
            shared_id: Shared::default(),
        }
    }

    /// Sets how much one unfinished block may hold, in bytes.
    ///
    /// Counted are the values of the block's `data` fields with a line feed behind each, of its type and of its id, as
    /// they came over the wire; a second id counts beside the first while its line is read. An id that does not fit even
    /// into the room that data and type leave is ignored. Unknown fields and comments are not held and not counted; to a caller of
    /// [`parse_item`](Self::parse_item) a comment counts while its line is read.
    ///
    /// The default of 16 MiB is far above what feeds send and low enough for a server not to exhaust memory;
    /// `usize::MAX` is no limit.
    #[must_use]
    pub fn with_limit(mut self, bytes: usize) -> Self {
        self.block.set_limit(bytes);
        self
    }

    /// Sets the last event ID that the stream starts with, as one that continues another does.
    #[must_use]
    pub fn with_last_event_id(mut self, last_event_id: impl Into<String>) -> Self {
        self.last_event_id = last_event_id.into();
        self
    }

    /// Parses up to the next event, which borrows from the input or from the parser.
    ///
    /// The input is left at the byte behind what was parsed; `None` means that all of it was.
    ///
    /// # Errors
    ///
    /// [`LimitExceeded`] if the unfinished block outgrew the limit. The parser goes on with the next call.
    pub fn parse<'p, 'i: 'p>(&'p mut self, input: &mut &'i [u8]) -> Result<Option<EventRef<'p>>, LimitExceeded> {
        match self.advance(input, false)? {
            Some(Found::Event(slices)) => Ok(Some(self.lend(slices))),
            _ => Ok(None),
        }
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
    pub fn parse_item<'p, 'i: 'p>(&'p mut self, input: &mut &'i [u8]) -> Result<Option<Item<'p>>, LimitExceeded> {
        Ok(match self.advance(input, true)? {
            Some(Found::Event(slices)) => Some(Item::Event(self.lend(slices))),
            Some(Found::Comment(bytes)) => Some(Item::Comment(self.lend_comment(bytes))),
            Some(Found::Retry(time)) => Some(Item::Retry(time)),
            None => None,
        })
    }

    /// Parses up to the next event, and hands it out owned.
    ///
    /// This is cheaper than [`EventRef::into_owned`]: data that was gathered in the parser moves out of it, and the
    /// type and the last event ID are shared with the event before for as long as they repeat.
    ///
    /// # Errors
    ///
    /// [`LimitExceeded`] if the unfinished block outgrew the limit. The parser goes on with the next call.
    pub fn parse_owned(&mut self, input: &mut &[u8]) -> Result<Option<Event>, LimitExceeded> {
        match self.advance(input, false)? {
            Some(Found::Event(slices)) => Ok(Some(self.give(slices))),
            _ => Ok(None),
        }
    }

    /// Gets ready for the stream of another connection.
    ///
    /// What there is of an unfinished block is discarded and a BOM is expected anew; the last event ID and the
    /// reconnection time stay.
    pub fn reset(&mut self) {
        self.take_back();
        self.lines = Lines::default();
        self.block.clear();
    }

    /// The last event ID: that of the last block that a blank line ended; empty where there was none.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
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
    /// More than zero at the end of a stream means that a block was cut short, and with it an event, if it was to be one.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.block.buffered()
    }

    /// Parses until there is something to hand out; what then remains of the block in this chunk is copied.
    fn advance<'i>(&mut self, input: &mut &'i [u8], items: bool) -> Result<Option<Found<'i>>, LimitExceeded> {
        self.take_back();
        let mut slices = Slices::default();
        let found = self.scan(input, &mut slices, items);
        self.block.keep(&mut slices);
        found
    }

    fn scan<'i>(
        &mut self,
        input: &mut &'i [u8],
        slices: &mut Slices<'i>,
        items: bool,
    ) -> Result<Option<Found<'i>>, LimitExceeded> {
        while let Some(piece) = self.lines.next(input) {
            if !(piece.starts && piece.ends) {
                self.block.keep(slices);
                match self.block.piece(&piece, items) {
                    Some(Finished::Comment) => return Ok(Some(Found::Comment(None))),
                    Some(Finished::Retry(milliseconds)) => {
                        if let Some(found) = self.set_reconnection_time(milliseconds, items) {
                            return Ok(Some(found));
                        }
                    }
                    None => {}
                }
            } else if piece.bytes.is_empty() {
                self.block.commit_id(slices, &mut self.last_event_id);
                if self.block.end(slices) {
                    return Ok(Some(Found::Event(mem::take(slices))));
                }
            } else {
                match field::split(piece.bytes) {
                    Some((Field::Comment, value)) if items && self.block.admits_comment(slices, value.len()) => {
                        return Ok(Some(Found::Comment(Some(value))));
                    }
                    Some((Field::Retry, value)) => {
                        let mut retry = field::Retry::default();
                        retry.push(value);
                        if let Some(found) = self.set_reconnection_time(retry.finish(), items) {
                            return Ok(Some(found));
                        }
                    }
                    Some((field, value)) => self.block.line(slices, field, value),
                    None => {}
                }
            }
            if self.block.take_outgrown() {
                return Err(LimitExceeded::new(self.block.limit()));
            }
        }
        Ok(None)
    }

    fn set_reconnection_time(&mut self, milliseconds: Option<u64>, items: bool) -> Option<Found<'static>> {
        let time = Duration::from_millis(milliseconds?);
        self.reconnection_time = Some(time);
        items.then_some(Found::Retry(time))
    }

    fn lend<'p, 'i: 'p>(&'p mut self, slices: Slices<'i>) -> EventRef<'p> {
        let Self { block, lent, last_event_id, .. } = self;
        let data = lend(slices.data, &mut lent.data, &mut lent.any, || block.take_data());
        let event_type = lend(slices.event_type, &mut lent.event_type, &mut lent.any, || block.take_event_type());
        EventRef::new(event_type, data, last_event_id)
    }

    fn lend_comment<'p, 'i: 'p>(&'p mut self, bytes: Option<&'i [u8]>) -> &'p str {
        let Self { block, lent, .. } = self;
        lend(bytes, &mut lent.comment, &mut lent.any, || block.take_comment())
    }

    fn give(&mut self, slices: Slices<'_>) -> Event {
        let data = slices.data.map_or_else(|| self.block.take_data().unwrap_or_default(), text::decode_slice);
        let Self { block, lent, .. } = self;
        let event_type = lend(slices.event_type, &mut lent.event_type, &mut lent.any, || block.take_event_type());
        let event_type = self.shared_type.intern(event::named(event_type));
        Event::from_parts(event_type, data, self.shared_id.intern(&self.last_event_id))
    }

    #[cfg(test)]
    fn capacity(&self) -> usize {
        let Lent { data, event_type, comment, .. } = &self.lent;
        let lent: usize = [data, event_type, comment].into_iter().map(String::capacity).sum();
        let shared = self.shared_type.capacity() + self.shared_id.capacity();
        lent + shared + self.block.capacity() + self.last_event_id.capacity()
    }

    fn take_back(&mut self) {
        let Lent { data, event_type, comment, any } = &mut self.lent;
        if mem::take(any) {
            self.block.reclaim(data, event_type, comment);
        }
    }
}

/// The text of a value: as it lies in the chunk, or else out of `lent`, where `take` brings it from the block.
fn lend<'a>(
    slice: Option<&'a [u8]>,
    lent: &'a mut String,
    any: &mut bool,
    take: impl FnOnce() -> Option<String>,
) -> &'a str {
    *lent = match slice.map(|bytes| core::str::from_utf8(bytes).map_err(|_| bytes)) {
        Some(Ok(text)) => return text,
        Some(Err(bytes)) => text::decode_lossy(bytes),
        None => match take() {
            Some(text) => text,
            None => return "",
        },
    };
    *any = true;
    lent
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
