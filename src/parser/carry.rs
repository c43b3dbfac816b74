//! What a chunk's end cuts: bytes that wait for the rest of their block.
//!
//! A block that is cut waits as it came, and is handed out from here once it is whole, as one that lies whole in a chunk is
//! handed out from there: nothing of it is taken in piece by piece. Only what is short waits, and only where nobody can
//! tell: no more than the limit has room for, and no line that does something by itself. What does not go on like that is
//! parsed line by line, as if it were a chunk of its own, and so is a block of many `data` lines.

use alloc::vec::Vec;
use core::mem;

use super::chunk::{Progress, Texts};
use super::field::{self, Field, is_id};
use super::line_ends::{self, CR, LF};
use super::slices::{Slices, Span, after};
use super::text;

/// The most that waits of a block, in bytes. Few blocks are longer, and of what is, a second copy is no great matter.
const MOST: usize = 4 * 1024;

/// The most that waits of a line, where there is no more to gain than that many short pieces are taken in together.
const MOST_OF_LINE: usize = 1024;

/// From so many bytes on there is likely to be a line end in a piece, and a line is likely to go on for as long.
const LONG: usize = 512;

// What waits is told by 16 bits.
const _: () = assert!(MOST <= u16::MAX as usize, "a place is in reach");

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Waits {
    #[default]
    Nothing,
    /// The begin of a block, with one `data` line at most that has an end.
    Block,
    /// The begin of a block that has more of them.
    Lines,
    /// What comes next of a `data` line whose block is parsed line by line.
    Line,
    /// A comment that nobody asked for, of which nothing is kept.
    Comment,
}

/// How what waits goes on in a chunk.
#[derive(Clone, Copy)]
pub(super) enum GoesOn {
    /// To the chunk's end, and beyond.
    On,
    /// To the end of its block.
    Block,
    /// To the end of its block, which has more than one `data` line.
    Lines,
    /// To the end of a comment.
    Comment,
    /// With something that is not plain.
    Otherwise,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Carry {
    waits: Waits,
    bytes: Vec<u8>,
    /// How many bytes more may wait.
    room: usize,
    /// Where the line begins whose end is still to come.
    line: usize,
    /// The values in the lines before it.
    data: Place,
    event_type: Place,
    id: Place,
}

/// A [`Span`] of what waits, which is not much, while there may be thousands of streams that wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    start: u16,
    end: u16,
}

impl From<Span> for Place {
    fn from(Span { start, end }: Span) -> Self {
        // It is less than MOST.
        Self { start: start.try_into().unwrap_or_default(), end: end.try_into().unwrap_or_default() }
    }
}

impl From<Place> for Span {
    fn from(Place { start, end }: Place) -> Self {
        Self { start: start.into(), end: end.into() }
    }
}

impl Carry {
    #[inline]
    pub(super) fn waits(&self) -> Waits {
        self.waits
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All of it as text, if it is valid.
    #[inline]
    pub(super) fn texts(&self) -> Option<Texts<'_>> {
        text::check(&self.bytes).map(Texts::from)
    }

    /// The values in a block that is whole.
    pub(super) fn slices(&self) -> Slices {
        Slices {
            data: self.data.into(),
            event_type: self.event_type.into(),
            id: self.id.into(),
            stretch: Span { start: 0, end: self.bytes.len() },
        }
    }

    /// Has a block wait that begins like this, if there is room for it. The values of whole lines at its begin are known,
    /// and how long those are; what is behind them is one line at most.
    pub(super) fn begin(&mut self, block: &[u8], lines: usize, slices: &Slices, room: usize) -> bool {
        let fits = block.len() <= room.min(MOST);
        if fits {
            let begin = slices.stretch.start;
            self.data = Place::default();
            (self.event_type, self.id) =
                (slices.event_type.relative_to(begin).into(), slices.id.relative_to(begin).into());
            self.line = lines;
            self.open(Waits::Block, block, room.min(MOST));
        }
        fits
    }

    /// The same where a whole line ends the chunk, if it is plain. From where it ends on there is this.
    pub(super) fn begin_with_line(
        &mut self,
        block: &[u8],
        lines: usize,
        end: &[u8],
        slices: &Slices,
        room: usize,
    ) -> bool {
        if !matches!(end, b"\n" | b"\r\n") || !self.begin(block, lines, slices, room) {
            return false;
        }
        let line = Span { start: self.line, end: block.len().saturating_sub(end.len()) };
        self.line = block.len();
        let is_plain = self.take_line(line).is_some();
        if !is_plain {
            self.end();
        }
        is_plain
    }

    /// Has what comes next of a `data` line wait.
    pub(super) fn begin_within_line(&mut self, room: usize) {
        self.open(Waits::Line, &[], room.min(MOST_OF_LINE));
    }

    /// Has a comment wait for its end.
    pub(super) fn begin_comment(&mut self) {
        self.open(Waits::Comment, &[], 0);
    }

    fn open(&mut self, waits: Waits, bytes: &[u8], room: usize) {
        self.waits = waits;
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        self.room = room.saturating_sub(bytes.len());
    }

    /// Goes on with what waits, as far as that is plain.
    #[inline]
    pub(super) fn go_on(&mut self, chunk: &[u8], progress: &mut Progress) -> GoesOn {
        let rest = chunk.get(progress.parsed..).unwrap_or_default();
        // There is mostly no line end in what is short. Where nothing may wait there is no room, and of many lines each one is
        // looked at, since one may be a `retry`.
        let likely = rest.len() < LONG && rest.len() < self.room && self.waits != Waits::Lines;
        if likely && !line_ends::may_be_in(rest) && self.push(rest) {
            progress.parsed = chunk.len();
            return GoesOn::On;
        }
        match self.waits {
            Waits::Block => self.block_goes_on(chunk, progress),
            Waits::Lines => self.lines_go_on(chunk, progress),
            Waits::Comment => comment_goes_on(chunk, progress),
            Waits::Line | Waits::Nothing => GoesOn::Otherwise,
        }
    }

    #[inline(never)]
    fn block_goes_on(&mut self, chunk: &[u8], progress: &mut Progress) -> GoesOn {
        let Progress { parsed: mut start, mut line_ends } = *progress;
        if self.bytes.len().saturating_sub(self.line) >= LONG {
            line_ends.skip(chunk);
        }
        let goes_on = loop {
            let Some(end) = line_ends.next(chunk, start) else {
                let taken = chunk.get(start..).is_some_and(|rest| self.push(rest));
                start = if taken { chunk.len() } else { start };
                break if taken { GoesOn::On } else { GoesOn::Otherwise };
            };
            let line_end = line_end(chunk, end);
            let behind = after(end, line_end);
            if line_end == 0 || !chunk.get(start..behind).is_some_and(|piece| self.push(piece)) {
                line_ends.put_back(end);
                break GoesOn::Otherwise;
            }
            start = behind;
            let end = self.bytes.len().saturating_sub(line_end);
            if self.line == end {
                // A blank line.
                break if self.data == Place::default() { GoesOn::Otherwise } else { GoesOn::Block };
            }
            let line = Span { start: self.line, end };
            self.line = self.bytes.len();
            match self.take_line(line) {
                Some(Field::Data) if line_end == 1 && chunk.get(start) == Some(&LF) => {
                    // The blank line, at once.
                    line_ends.pass(1);
                    start = after(start, 1);
                    break GoesOn::Block;
                }
                Some(_) => {}
                None if self.waits == Waits::Lines => {
                    *progress = Progress { parsed: start, line_ends };
                    return self.lines_go_on(chunk, progress);
                }
                None => break GoesOn::Otherwise,
            }
        };
        *progress = Progress { parsed: start, line_ends };
        goes_on
    }

    /// Takes in the value of a line and says which it was; if it is plain, and the first one of its field.
    #[inline]
    fn take_line(&mut self, line: Span) -> Option<Field> {
        let (field, value) = field::split(line.of(&self.bytes))?;
        let span = Span { start: line.end.saturating_sub(value.len()), ..line };
        let place = match field {
            Field::Data => &mut self.data,
            Field::Event => &mut self.event_type,
            Field::Id if is_id(value) => &mut self.id,
            Field::Id | Field::Retry | Field::Comment => return None,
        };
        if *place == Place::default() {
            *place = span.into();
            return Some(field);
        }
        if field == Field::Data {
            self.waits = Waits::Lines;
        }
        None
    }

    /// Goes on behind a whole line or within one, with no look at what is in it but for what is done at once.
    #[inline(never)]
    fn lines_go_on(&mut self, chunk: &[u8], progress: &mut Progress) -> GoesOn {
        let Progress { parsed, mut line_ends } = *progress;
        let (mut start, mut at_line) = (parsed, self.bytes.last() == Some(&LF));
        let goes_on = loop {
            match chunk.get(start..) {
                Some([LF, ..]) if at_line => {
                    start = after(start, 1);
                    break GoesOn::Lines;
                }
                Some([CR, LF, ..]) if at_line => {
                    start = after(start, 2);
                    break GoesOn::Lines;
                }
                Some([b'r', ..]) if at_line => return GoesOn::Otherwise,
                _ => {}
            }
            let Some(end) = line_ends.next(chunk, start) else {
                start = chunk.len();
                break GoesOn::On;
            };
            match line_end(chunk, end) {
                0 => return GoesOn::Otherwise,
                line_end => start = after(end, line_end),
            }
            if (Span { start: parsed, end: start }).len() > self.room {
                return GoesOn::Otherwise;
            }
            at_line = true;
        };
        if !self.push(Span { start: parsed, end: start }.of(chunk)) {
            return GoesOn::Otherwise;
        }
        *progress = Progress { parsed: start, line_ends };
        goes_on
    }

    /// Takes in a piece, if there is room for it.
    #[inline]
    fn push(&mut self, piece: &[u8]) -> bool {
        let fits = piece.len() <= self.room;
        if fits {
            self.room = self.room.wrapping_sub(piece.len());
            self.bytes.extend_from_slice(piece);
        }
        fits
    }

    /// Has nothing wait any more. The bytes are still there.
    #[inline]
    pub(super) fn end(&mut self) {
        self.waits = Waits::Nothing;
        self.room = 0;
    }

    /// Has nothing wait any more, and gives the bytes away, to be given back once they are parsed.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.end();
        mem::take(&mut self.bytes)
    }

    /// Takes them back. What was to wait meanwhile is not there.
    pub(super) fn give_back(&mut self, bytes: Vec<u8>) {
        self.end();
        self.bytes = bytes;
    }

    #[cfg(test)]
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.bytes.reserve(bytes);
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}

fn comment_goes_on(chunk: &[u8], progress: &mut Progress) -> GoesOn {
    let Progress { parsed, ref mut line_ends } = *progress;
    let Some(end) = line_ends.next(chunk, parsed) else {
        progress.parsed = chunk.len();
        return GoesOn::On;
    };
    match line_end(chunk, end) {
        0 => {
            line_ends.put_back(end);
            GoesOn::Otherwise
        }
        line_end => {
            progress.parsed = after(end, line_end);
            GoesOn::Comment
        }
    }
}

/// How long the line end here is, if it is LF or CRLF: what another one means may show only with the next chunk.
#[inline]
fn line_end(chunk: &[u8], end: usize) -> usize {
    match chunk.get(end..) {
        Some([LF, ..]) => 1,
        Some([CR, LF, ..]) => 2,
        _ => 0,
    }
}
