//! The unfinished block: the standard's buffers, and the limit on them.

mod limit;
mod memory;
mod piece;

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use self::piece::Cut;
pub(super) use self::piece::Finished;
use super::buffer::{KEPT_CAPACITY, empty};
use super::chunk::Chunk;
use super::field::{self, Field, is_id};
use super::gathered::Gathered;
use super::slices::{Slices, Span};
use super::text;

/// What was handed out of the buffers and is still in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spent {
    Nothing,
    Event,
    Comment,
}

#[derive(Clone, Debug)]
pub(super) struct Block {
    /// As it was set.
    limit: usize,
    /// What of it is left to a block beside the last event ID.
    room: usize,
    /// How many bytes of values there are, in the slices and here.
    held: usize,
    data: Gathered,
    event_type: Vec<u8>,
    id: Vec<u8>,
    has_id: bool,
    /// The id or the comment that is being read piece by piece; once the block has ended, what is handed out that is not valid.
    value: Vec<u8>,
    retry: field::Retry,
    cut: Cut,
    /// The block has outgrown the limit: it is reported, and its data and type are ignored up to its blank line.
    overflowed: bool,
    outgrown: bool,
    spent: Spent,
}

/// Takes in `data` lines that are short.
pub(super) struct ShortLines<'b> {
    lines: &'b mut Vec<u8>,
    held: &'b mut usize,
    /// How many bytes there were.
    length: usize,
    /// How many more there may be.
    room: usize,
}

impl ShortLines<'_> {
    /// Takes in the value of a line, with its line feed, if it fits.
    #[inline]
    pub(super) fn push(&mut self, value: &[u8]) -> bool {
        let fits = value.len() <= self.room;
        if fits {
            self.room = self.room.wrapping_sub(value.len());
            self.lines.extend_from_slice(value);
        }
        fits
    }

    /// Counts what was taken in.
    pub(super) fn finish(self) {
        *self.held = self.held.saturating_add(self.lines.len().saturating_sub(self.length));
    }
}

impl Block {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            room: limit,
            held: 0,
            data: Gathered::default(),
            event_type: Vec::new(),
            id: Vec::new(),
            has_id: false,
            value: Vec::new(),
            retry: field::Retry::default(),
            cut: Cut::Ignored,
            overflowed: false,
            outgrown: false,
            spent: Spent::Nothing,
        }
    }

    /// Whether nothing of a block was seen yet, and nothing of the last one is left.
    pub(super) fn is_empty(&self) -> bool {
        self.held == 0 && !self.has_id && !self.overflowed && self.spent == Spent::Nothing
    }

    /// Goes on with these, of a block without data as yet, which are no more than the limit.
    pub(super) fn hold(&mut self, slices: &Slices) {
        self.count(slices.event_type.len());
        self.count(slices.id.len());
    }

    /// Takes in a `data` line that lies whole in the chunk, if it fits.
    #[inline]
    pub(super) fn data_line(&mut self, chunk: &mut Chunk<'_>, slices: &mut Slices, value: Span) -> bool {
        if !self.admit(slices, Field::Data, value.len().saturating_add(1)) {
            return false;
        }
        if self.data.is_empty() && slices.data.is_none() {
            slices.set(Field::Data, value);
        } else {
            self.keep_data(chunk, slices);
            self.push_data_line(chunk, value);
        }
        true
    }

    /// Whether there is data already that was copied, and nothing in the way of more.
    #[inline]
    pub(super) fn has_gathered(&self) -> bool {
        !self.data.is_empty() && !self.overflowed
    }

    /// The data as far as it is there, for more lines to come behind it that lie whole in the chunk.
    #[inline]
    pub(super) fn short_lines(&mut self) -> ShortLines<'_> {
        let room_left = self.room_left();
        let (lines, room) = self.data.short_lines();
        let length = lines.len();
        ShortLines { lines, held: &mut self.held, length, room: room.min(room_left) }
    }

    /// Takes in more of a `data` line, if it fits.
    #[inline]
    pub(super) fn more_data(&mut self, bytes: &[u8]) -> bool {
        let fits = bytes.len() <= self.room_left();
        if fits && !bytes.is_empty() {
            self.count(bytes.len());
            self.make_room(bytes.len());
            self.data.push_piece(bytes);
        }
        fits
    }

    /// Takes in an `event` line that lies whole in the chunk, if it fits.
    #[inline]
    pub(super) fn event_line(&mut self, slices: &mut Slices, value: Span) -> bool {
        self.forget_event_type(slices);
        let fits = self.admit(slices, Field::Event, value.len());
        if fits {
            slices.set(Field::Event, value);
        }
        fits
    }

    /// Takes in an `id` line that lies whole in the chunk, if it fits, and says whether it did with all the rest.
    #[inline]
    pub(super) fn id_line(&mut self, chunk: &Chunk<'_>, slices: &mut Slices, value: Span) -> bool {
        if !self.admit(slices, Field::Id, value.len()) {
            return false;
        }
        if is_id(chunk.slice(value)) {
            self.forget_id(slices);
            slices.set(Field::Id, value);
        } else {
            self.discount(value.len());
        }
        !self.outgrown
    }

    fn forget_event_type(&mut self, slices: &mut Slices) {
        self.discount(self.event_type.len());
        self.discount(slices.event_type.len());
        slices.event_type.take();
        empty(&mut self.event_type);
    }

    fn forget_id(&mut self, slices: &mut Slices) {
        self.discount(self.id.len());
        self.discount(slices.id.len());
        slices.id.take();
        empty(&mut self.id);
        self.has_id = false;
    }

    /// Copies what the chunk at hand still holds of the block.
    pub(super) fn keep(&mut self, chunk: &mut Chunk<'_>, slices: &mut Slices) {
        self.keep_data(chunk, slices);
        if let Some(event_type) = slices.event_type.take() {
            self.append(|block| &mut block.event_type, chunk.slice(event_type));
        }
        if let Some(id) = slices.id.take() {
            self.append(|block| &mut block.id, chunk.slice(id));
            self.has_id = true;
        }
    }

    fn keep_data(&mut self, chunk: &mut Chunk<'_>, slices: &mut Slices) {
        if let Some(data) = slices.data.take() {
            self.push_data_line(chunk, data);
        }
    }

    fn push_data_line(&mut self, chunk: &mut Chunk<'_>, line: Span) {
        self.make_room(line.len().saturating_add(1));
        self.data.push_piece(chunk.slice(line));
        self.data.end_line();
    }

    /// Ends the block: says whether there is an event in it, which is left to be taken, as its id is.
    #[inline]
    pub(super) fn end(&mut self, slices: &mut Slices) -> bool {
        if self.held > KEPT_CAPACITY {
            self.settle(slices);
        }
        self.overflowed = false;
        self.held = 0;
        self.data.finish();
        if self.has_id || !self.data.is_empty() || !self.event_type.is_empty() {
            self.spent = Spent::Event;
        }
        !slices.data.is_none() || !self.data.is_empty()
    }

    /// Copies what the chunk holds of a block that has ended, since it is not valid.
    pub(super) fn keep_lossy(&mut self, chunk: &mut Chunk<'_>, slices: &mut Slices) {
        self.keep(chunk, slices);
        self.held = self.data.len().saturating_add(self.event_type.len()).saturating_add(self.id.len());
        self.settle(slices);
        self.held = 0;
        self.data.finish();
        self.spent = Spent::Event;
    }

    /// Copies a comment, since it is not valid.
    pub(super) fn keep_comment(&mut self, comment: &[u8]) {
        self.value.extend_from_slice(comment);
        self.spent = Spent::Comment;
    }

    /// Whether there is an id that is not in the slices; it is to be taken at once.
    #[inline]
    pub(super) fn take_has_id(&mut self) -> bool {
        mem::take(&mut self.has_id)
    }

    /// The id, if it is as nearly all are.
    #[inline]
    pub(super) fn short_id(&self) -> Option<&str> {
        if self.id.len() > KEPT_CAPACITY { None } else { text::check(&self.id) }
    }

    /// Any id, for good.
    #[cold]
    pub(super) fn give_id(&mut self) -> String {
        let mut id = text::into_text(mem::take(&mut self.id));
        id.shrink_to_fit();
        id
    }

    /// The type and the data that are not in the slices; to be asked for once.
    #[inline]
    pub(super) fn type_and_data(&mut self) -> (&str, &str) {
        (text::decode(&self.event_type, &mut self.value), self.data.text())
    }

    pub(super) fn take_long_data(&mut self) -> Option<String> {
        self.data.take_long()
    }

    /// The comment that is not in the chunk, if it fits.
    pub(super) fn comment(&mut self) -> Option<&str> {
        self.settle_comment();
        text::make_valid(&mut self.value);
        if self.take_outgrown() { None } else { text::check(&self.value) }
    }

    /// Empties what was handed out: to be called before anything else is done with the block.
    #[inline]
    pub(super) fn clear_spent(&mut self) {
        if self.spent != Spent::Nothing {
            self.empty_spent();
        }
    }

    /// Gives back the memory of long data, of which there is none.
    #[inline]
    pub(super) fn give_back(&mut self) {
        self.data.give_back();
    }

    fn empty_spent(&mut self) {
        if mem::replace(&mut self.spent, Spent::Nothing) == Spent::Event {
            self.data.clear();
            empty(&mut self.event_type);
            empty(&mut self.id);
            self.has_id = false;
        }
        empty(&mut self.value);
    }

    /// Forgets the block, whatever there is of it.
    pub(super) fn clear(&mut self) {
        for spent in [Spent::Event, Spent::Comment] {
            self.spent = spent;
            self.empty_spent();
        }
        self.data.give_back();
        self.held = 0;
        self.cut = Cut::Ignored;
        self.overflowed = false;
        self.outgrown = false;
    }

    /// How much of an unfinished block is held, in bytes.
    pub(super) fn buffered(&self) -> usize {
        let begin = match &self.cut {
            Cut::Begin { bytes, length, .. } if bytes.get(..(*length).into()).is_some_and(field::may_count) => *length,
            _ => 0,
        };
        self.held.saturating_add(begin.into())
    }
}
