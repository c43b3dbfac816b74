//! Chunks to blocks: what of a chunk is a line, and what comes of the line.

use core::mem;
use core::time::Duration;

use super::Parser;
use super::block::Finished;
use super::chunk::{Chunk, Texts};
use super::field::{self, Field};
use super::item::{Item, LimitExceeded};
use super::line_ends::{CR, LF, LineEnds};
use super::lines::Piece;
use super::slices::{Slices, Span, after};
use super::whole::{value, whole_block};
use crate::event::EventRef;

/// In a chunk that is shorter hardly a line lies whole, so that there is nothing to gain from looking for those.
const SHORT: usize = 256;

/// What [`Parser::advance`] stopped at.
enum Found {
    /// With its data in the slices, or else in the block; so its type and its id, if there are any.
    Event,
    /// In the chunk, or else in the block.
    Comment(Option<Span>),
    Retry,
    /// A block or a comment outgrew the limit.
    Limit,
    /// The chunk's end.
    End,
}

/// What came of a `data` line that goes on in the chunk.
pub(super) enum Flow {
    /// It goes on behind the chunk.
    On,
    /// It was the last line of an event, which is in the block.
    Event,
    /// It was the last line of an event that outgrew the limit.
    Limit,
    /// What comes is not as plain as that, and was left where it is.
    Otherwise,
}

impl Parser {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "in the loop that calls it, which is a twelfth of the instructions less")]
    pub(super) fn parse_chunk<'p, 'i: 'p>(
        &'p mut self,
        chunk: &mut Chunk<'i>,
    ) -> Result<Option<EventRef<'p>>, LimitExceeded> {
        if self.plain {
            return self.parse_plain(chunk);
        }
        match if self.in_data { self.data_flows_on(chunk) } else { Flow::Otherwise } {
            Flow::On => Ok(None),
            Flow::Event => Ok(Some(self.lend_gathered())),
            Flow::Limit => Err(self.limit_exceeded()),
            Flow::Otherwise => self.parse_on(chunk),
        }
    }

    /// Parses where nothing is carried over from before.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "in the loop that calls it, which is a twelfth of the instructions less")]
    fn parse_plain<'p, 'i: 'p>(&'p mut self, chunk: &mut Chunk<'i>) -> Result<Option<EventRef<'p>>, LimitExceeded> {
        let (ended, slices) = whole_block(chunk, self.block.room());
        match if ended { slices.texts(chunk) } else { None } {
            Some(texts) => Ok(Some(self.lend_whole(&slices, texts))),
            None => self.parse_rest(chunk, ended, slices, Self::lend).transpose(),
        }
    }

    /// Parses where something may be carried over from before.
    #[inline]
    fn parse_on<'p, 'i: 'p>(&'p mut self, chunk: &mut Chunk<'i>) -> Result<Option<EventRef<'p>>, LimitExceeded> {
        if self.starts_anew() {
            self.parse_anew(chunk)
        } else {
            self.parse_rest(chunk, false, Slices::new(), Self::lend).transpose()
        }
    }

    /// The same as [`parse_plain`](Self::parse_plain), where a call more does not matter.
    #[inline(never)]
    fn parse_anew<'p, 'i: 'p>(&'p mut self, chunk: &mut Chunk<'i>) -> Result<Option<EventRef<'p>>, LimitExceeded> {
        self.parse_plain(chunk)
    }

    /// Drops what was handed out, and says whether nothing is carried over from before but that.
    #[inline]
    pub(super) fn starts_anew(&mut self) -> bool {
        if self.lines.at_line() {
            self.block.clear_spent();
            self.plain = self.block.is_empty();
        }
        self.plain
    }

    /// Parses on where the fast path left off, or could not begin.
    pub(super) fn parse_rest<'p, 'i, E>(
        &'p mut self,
        chunk: &mut Chunk<'i>,
        ended: bool,
        mut slices: Slices,
        any: impl FnOnce(&'p mut Self, &mut Chunk<'i>, Slices) -> Result<E, LimitExceeded>,
    ) -> Option<Result<E, LimitExceeded>> {
        match self.advance(chunk, ended, &mut slices, false) {
            Found::Event => Some(any(self, chunk, slices)),
            Found::Limit => Some(Err(self.limit_exceeded())),
            _ => None,
        }
    }

    pub(super) fn parse_chunk_item<'p, 'i: 'p>(
        &'p mut self,
        chunk: &mut Chunk<'i>,
    ) -> Result<Option<Item<'p>>, LimitExceeded> {
        let (ended, mut slices) =
            if self.plain { whole_block(chunk, self.block.room()) } else { (false, Slices::new()) };
        let found = self.advance(chunk, ended, &mut slices, true);
        let exceeded = self.limit_exceeded();
        let item = match found {
            Found::Event => return self.lend(chunk, slices).map(|event| Some(Item::Event(event))),
            Found::Comment(span) => self.lend_comment(chunk, span).map(Item::Comment),
            Found::Retry => self.reconnection_time.map(Item::Retry),
            Found::Limit => None,
            Found::End => return Ok(None),
        };
        item.map(Some).ok_or(exceeded)
    }

    pub(super) fn limit_exceeded(&self) -> LimitExceeded {
        LimitExceeded::new(self.block.limit())
    }

    /// Takes in more of a `data` line, and of those that come right behind it: all of the chunk, or up to the blank line
    /// that ends the block.
    pub(super) fn data_flows_on(&mut self, chunk: &mut Chunk<'_>) -> Flow {
        let bytes = chunk.bytes();
        while let Some(end) = chunk.line_ends.peek_far(bytes) {
            // How much comes behind the line's own bytes that is no more than how lines are written.
            let (behind, ends_block) = match bytes.get(end..) {
                Some([LF, LF, ..]) => (b"\n\n".len(), true),
                Some([CR, LF, CR, LF, ..]) => (b"\r\n\r\n".len(), true),
                // And a byte of the value, without which a line's begin waits for the next chunk.
                Some([LF, b'd', b'a', b't', b'a', b':', b' ', _, ..]) if bytes.len() < SHORT => {
                    (b"\ndata: ".len(), false)
                }
                _ => return Flow::Otherwise,
            };
            if !self.block.data_flows_on(bytes.get(chunk.parsed()..end).unwrap_or_default(), true) {
                return Flow::Otherwise;
            }
            chunk.set_parsed(after(end, behind));
            if ends_block {
                return self.end_flow(chunk);
            }
            chunk.line_ends.pass();
        }
        if !self.block.data_flows_on(chunk.rest(), false) {
            return Flow::Otherwise;
        }
        chunk.set_parsed(bytes.len());
        Flow::On
    }

    /// Ends a block behind a `data` line.
    #[inline]
    fn end_flow(&mut self, chunk: &mut Chunk<'_>) -> Flow {
        self.in_data = false;
        self.lines.mid_line = false;
        if self.block.end_flow() {
            return Flow::Event;
        }
        self.end_without_event(chunk, &mut Slices::new());
        self.block.take_outgrown();
        Flow::Limit
    }

    /// Parses until there is something to hand out; what then remains of a block in this chunk is copied.
    fn advance(&mut self, chunk: &mut Chunk<'_>, mut ended: bool, slices: &mut Slices, items: bool) -> Found {
        // Whether there is something that the fast path has not seen.
        let mut anew = !self.plain;
        if anew {
            if let Some(found) = self.carry_on(chunk, items) {
                return found;
            }
        }
        if self.plain && !ended && slices.is_empty() {
            anew |= !items && chunk.pass_comments();
            if anew {
                (ended, *slices) = whole_block(chunk, self.block.room());
            }
        }
        if ended {
            return Found::Event;
        }
        self.plain = false;
        self.block.hold(slices);
        let found = self.whole_lines(chunk, slices, items);
        if !matches!(found, Found::Event) {
            self.block.keep(chunk, slices);
        }
        if !matches!(found, Found::End) {
            return found;
        }
        let found = self.begin_line(chunk, items);
        self.in_data = self.lines.mid_line && self.block.is_in_data();
        found
    }

    /// Does what the last chunk or call left to be done.
    fn carry_on(&mut self, chunk: &mut Chunk<'_>, items: bool) -> Option<Found> {
        self.in_data = false;
        self.block.clear_spent();
        let found = if self.lines.at_line() { None } else { self.go_on(chunk, items) };
        self.plain = self.lines.at_line() && self.block.is_empty();
        found
    }

    /// Takes in what a chunk has of a line that another one began.
    fn go_on(&mut self, chunk: &mut Chunk<'_>, items: bool) -> Option<Found> {
        if let Some(piece) = self.lines.begin(chunk) {
            self.block.piece(&piece, items);
        }
        if !self.lines.mid_line {
            return None;
        }
        let Some(end) = chunk.line_ends.next(chunk.bytes(), chunk.parsed()) else {
            return Some(self.begin_line(chunk, items));
        };
        let bytes = chunk.slice(Span { start: chunk.parsed(), end });
        chunk.set_parsed(self.lines.behind(chunk.bytes(), end));
        self.lines.mid_line = false;
        match self.block.piece(&Piece { bytes, starts: false, ends: true }, items) {
            Some(Finished::Comment) => Some(Found::Comment(None)),
            Some(Finished::Retry(milliseconds)) => self.set_reconnection_time(milliseconds, items),
            None => self.block.take_outgrown().then_some(Found::Limit),
        }
    }

    /// Takes in the lines that lie whole in the chunk.
    #[inline]
    fn whole_lines(&mut self, chunk: &mut Chunk<'_>, slices: &mut Slices, items: bool) -> Found {
        let bytes = chunk.bytes();
        let mut line_ends = chunk.line_ends;
        let mut start = chunk.parsed();
        let found = loop {
            if bytes.len() >= SHORT && bytes.get(start) == Some(&b'd') && self.block.has_gathered() {
                start = self.data_lines(chunk, &mut line_ends, start);
            }
            let Some(end) = line_ends.next(bytes, start) else { break Found::End };
            let line = Span { start, end };
            start = self.lines.behind(bytes, end);
            if let Some(found) = self.line(chunk, slices, line, items) {
                break found;
            }
        };
        chunk.line_ends = line_ends;
        chunk.set_parsed(start);
        found
    }

    /// Takes in `data` lines of a block that had one before, as many as come one after the other and are plain, and says
    /// where they end.
    fn data_lines(&mut self, chunk: &mut Chunk<'_>, line_ends: &mut LineEnds, mut start: usize) -> usize {
        let bytes = chunk.bytes();
        let Some(mut data) = self.block.more_lines() else { return start };
        let mut texts = Texts::default();
        while let Some(end) = line_ends.next(bytes, start) {
            let at = Span { start, end };
            let line = bytes.get(start..).and_then(|rest| rest.split_at_checked(at.len()));
            let taken = match line {
                Some((line, [LF, ..])) if line.starts_with(b"data:") => {
                    let value = Span { end: after(end, 1), ..value(line, at, b"data:".len()) };
                    if !texts.has(value) {
                        texts = chunk.texts_of_many(value).unwrap_or_default();
                    }
                    data.push(texts.text(value))
                }
                _ => false,
            };
            if !taken {
                line_ends.put_back(end);
                break;
            }
            start = after(end, 1);
        }
        start
    }

    /// Takes in what is left of a chunk, which is of a line that goes on in the next one.
    fn begin_line(&mut self, chunk: &mut Chunk<'_>, items: bool) -> Found {
        let bytes = chunk.rest();
        if !bytes.is_empty() {
            chunk.set_parsed(chunk.bytes().len());
            let starts = !mem::replace(&mut self.lines.mid_line, true);
            if !(starts && self.block.begin_data(bytes)) {
                self.block.piece(&Piece { bytes, starts, ends: false }, items);
            }
        }
        if self.block.take_outgrown() { Found::Limit } else { Found::End }
    }

    #[inline]
    fn line(&mut self, chunk: &mut Chunk<'_>, slices: &mut Slices, line: Span, items: bool) -> Option<Found> {
        if line.start == line.end {
            if self.block.end(slices) {
                return Some(Found::Event);
            }
            self.end_without_event(chunk, slices);
            return self.block.take_outgrown().then_some(Found::Limit);
        }
        let (field, value) = field::split(chunk.slice(line))?;
        let value = Span { start: line.end.saturating_sub(value.len()), ..line };
        let fits = match field {
            Field::Data => self.block.data_line(chunk, slices, value),
            Field::Event => self.block.event_line(slices, value),
            Field::Id => self.block.id_line(chunk, slices, value),
            Field::Comment if items => {
                if self.block.admits_comment(value.len()) {
                    return Some(Found::Comment(Some(value)));
                }
                false
            }
            Field::Comment => true,
            Field::Retry => {
                let mut retry = field::Retry::default();
                retry.push(chunk.slice(value));
                return self.set_reconnection_time(retry.finish(), items);
            }
        };
        if fits || !self.block.take_outgrown() { None } else { Some(Found::Limit) }
    }

    #[cold]
    fn set_reconnection_time(&mut self, milliseconds: Option<u64>, items: bool) -> Option<Found> {
        self.reconnection_time = Some(Duration::from_millis(milliseconds?));
        items.then_some(Found::Retry)
    }
}
