//! The unfinished block: the standard's buffers, filled line by line or piece by piece, and the limit on them.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use memchr::memchr;

use super::field::{self, DECIDED, Field};
use super::lines::Piece;
use super::text;

/// What a buffer may keep of its capacity once it is empty, in bytes.
const KEPT_CAPACITY: usize = 64 * 1024;

/// Values of the block that lie whole in the chunk at hand, and were not copied for that.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slices<'i> {
    /// The block's one `data` line.
    pub(super) data: Option<&'i [u8]>,
    pub(super) event_type: Option<&'i [u8]>,
    pub(super) id: Option<&'i [u8]>,
}

impl Slices<'_> {
    fn held(&self) -> usize {
        let length = |value: Option<&[u8]>| value.map_or(0, <[u8]>::len);
        self.data.map_or(0, |data| data.len() + 1) + length(self.event_type) + length(self.id)
    }
}

/// A line that a chunk's edge cut, so far.
#[derive(Clone, Copy, Debug, Default)]
enum Cut {
    #[default]
    Ignored,
    /// Too short yet to tell its field.
    Begin {
        bytes: [u8; DECIDED],
        length: usize,
        /// Whether comments were wanted for all of it.
        comments: bool,
    },
    Value(Field),
}

/// A line that came in pieces and is more than a part of its block.
pub(super) enum Finished {
    /// Waits to be taken by [`Block::take_comment`].
    Comment,
    Retry(Option<u64>),
}

#[derive(Clone, Debug)]
pub(super) struct Block {
    limit: usize,
    /// Each value with a line feed behind it, as the standard keeps them.
    data: Vec<u8>,
    event_type: Vec<u8>,
    id: Vec<u8>,
    has_id: bool,
    /// The id or the comment that is being read piece by piece.
    value: Vec<u8>,
    retry: field::Retry,
    cut: Cut,
    /// The block has outgrown the limit: it is reported, and its data and type are ignored up to its blank line.
    overflowed: bool,
    outgrown: bool,
}

impl Block {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            data: Vec::new(),
            event_type: Vec::new(),
            id: Vec::new(),
            has_id: false,
            value: Vec::new(),
            retry: field::Retry::default(),
            cut: Cut::Ignored,
            overflowed: false,
            outgrown: false,
        }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Takes in a line that lies whole in the chunk; comments and `retry` are the caller's.
    pub(super) fn line<'i>(&mut self, slices: &mut Slices<'i>, field: Field, value: &'i [u8]) {
        match field {
            Field::Data => {
                if !self.admit(slices, field, value.len() + 1) {
                    return;
                }
                if self.data.is_empty() && slices.data.is_none() {
                    slices.data = Some(value);
                } else {
                    self.keep_data(slices);
                    self.push_data_line(value);
                }
            }
            Field::Event => {
                empty(&mut self.event_type);
                slices.event_type = None;
                if self.admit(slices, field, value.len()) {
                    slices.event_type = Some(value);
                }
            }
            Field::Id => {
                if self.admit(slices, field, value.len()) && is_id(value) {
                    empty(&mut self.id);
                    self.has_id = false;
                    slices.id = Some(value);
                }
            }
            Field::Retry | Field::Comment => {}
        }
    }

    /// Takes in a piece of a line that a chunk's edge cuts. Comments are kept only if they are wanted.
    pub(super) fn piece(&mut self, piece: &Piece<'_>, comments: bool) -> Option<Finished> {
        let mut bytes = piece.bytes;
        if piece.starts {
            self.cut = Cut::Begin { bytes: [0; DECIDED], length: 0, comments };
        }
        if let Cut::Begin { bytes: mut begin, mut length, comments: mut wanted } = self.cut {
            wanted &= comments;
            let taken = bytes.len().min(DECIDED - length);
            begin[length..length + taken].copy_from_slice(&bytes[..taken]);
            length += taken;
            bytes = &bytes[taken..];
            if length < DECIDED && !piece.ends {
                self.cut = Cut::Begin { bytes: begin, length, comments: wanted };
                return None;
            }
            self.cut = Cut::Ignored;
            if let Some((field, value)) = field::split(&begin[..length]) {
                if field != Field::Comment || wanted {
                    self.begin_value(field);
                    self.push_value(field, value);
                }
            }
        }
        match self.cut {
            Cut::Value(Field::Comment) if !comments => self.ignore_value(),
            Cut::Value(field) => self.push_value(field, bytes),
            Cut::Ignored | Cut::Begin { .. } => {}
        }
        if piece.ends { self.finish_value() } else { None }
    }

    fn begin_value(&mut self, field: Field) {
        self.cut = Cut::Value(field);
        match field {
            Field::Event => empty(&mut self.event_type),
            Field::Retry => self.retry = field::Retry::default(),
            Field::Data | Field::Id | Field::Comment => {}
        }
    }

    fn push_value(&mut self, field: Field, bytes: &[u8]) {
        if field == Field::Retry {
            self.retry.push(bytes);
        } else if self.admit(&mut Slices::default(), field, bytes.len()) {
            let buffer = match field {
                Field::Data => &mut self.data,
                Field::Event => &mut self.event_type,
                Field::Id | Field::Comment | Field::Retry => &mut self.value,
            };
            extend(buffer, bytes, self.limit);
        } else {
            self.ignore_value();
        }
    }

    fn ignore_value(&mut self) {
        empty(&mut self.value);
        self.cut = Cut::Ignored;
    }

    fn finish_value(&mut self) -> Option<Finished> {
        let Cut::Value(field) = mem::take(&mut self.cut) else { return None };
        match field {
            Field::Data => {
                if self.admit(&mut Slices::default(), field, 1) {
                    extend(&mut self.data, b"\n", self.limit);
                }
            }
            Field::Id => {
                if is_id(&self.value) {
                    mem::swap(&mut self.id, &mut self.value);
                    self.has_id = true;
                }
                empty(&mut self.value);
            }
            Field::Event => {}
            Field::Comment => return Some(Finished::Comment),
            Field::Retry => return Some(Finished::Retry(self.retry.finish())),
        }
        None
    }

    /// Copies what the chunk at hand still holds of the block.
    pub(super) fn keep(&mut self, slices: &mut Slices<'_>) {
        self.keep_data(slices);
        if let Some(event_type) = slices.event_type.take() {
            extend(&mut self.event_type, event_type, self.limit);
        }
        if let Some(id) = slices.id.take() {
            extend(&mut self.id, id, self.limit);
            self.has_id = true;
        }
    }

    fn keep_data(&mut self, slices: &mut Slices<'_>) {
        if let Some(data) = slices.data.take() {
            self.push_data_line(data);
        }
    }

    fn push_data_line(&mut self, value: &[u8]) {
        extend(&mut self.data, value, self.limit);
        extend(&mut self.data, b"\n", self.limit);
    }

    /// Ends the block, all but its data and type: says whether there is an event in it.
    pub(super) fn end(&mut self, slices: &mut Slices<'_>) -> bool {
        self.overflowed = false;
        if slices.data.is_some() || !self.data.is_empty() {
            return true;
        }
        slices.event_type = None;
        empty(&mut self.event_type);
        false
    }

    /// Writes the block's id, as its last `id` line left it, over the last event ID.
    pub(super) fn commit_id(&mut self, slices: &mut Slices<'_>, last_event_id: &mut String) {
        let kept = mem::take(&mut self.has_id);
        if let Some(id) = slices.id.take().or_else(|| kept.then_some(&*self.id)) {
            last_event_id.clear();
            last_event_id.shrink_to(KEPT_CAPACITY);
            text::decode_onto(last_event_id, id);
        }
        empty(&mut self.id);
    }

    /// Gives the data away that was copied, without its last line feed.
    pub(super) fn take_data(&mut self) -> Option<String> {
        self.data.pop();
        take_text(&mut self.data)
    }

    pub(super) fn take_event_type(&mut self) -> Option<String> {
        take_text(&mut self.event_type)
    }

    pub(super) fn take_comment(&mut self) -> Option<String> {
        take_text(&mut self.value)
    }

    /// Takes the allocations back that were lent out with an event or a comment.
    pub(super) fn reclaim(&mut self, data: &mut String, event_type: &mut String, comment: &mut String) {
        for (buffer, lent) in [(&mut self.data, data), (&mut self.event_type, event_type), (&mut self.value, comment)] {
            if lent.capacity() > 0 {
                *buffer = mem::take(lent).into_bytes();
                empty(buffer);
            }
        }
    }

    /// Forgets the block, whatever there is of it.
    pub(super) fn clear(&mut self) {
        empty(&mut self.data);
        empty(&mut self.event_type);
        empty(&mut self.id);
        self.has_id = false;
        empty(&mut self.value);
        self.cut = Cut::Ignored;
        self.overflowed = false;
        self.outgrown = false;
    }

    /// Whether a comment that lies whole in the chunk fits.
    pub(super) fn admits_comment(&mut self, slices: &mut Slices<'_>, length: usize) -> bool {
        self.admit(slices, Field::Comment, length)
    }

    /// Whether the limit was exceeded since this was last asked.
    pub(super) fn take_outgrown(&mut self) -> bool {
        mem::take(&mut self.outgrown)
    }

    /// How much of an unfinished block is held, in bytes.
    pub(super) fn buffered(&self) -> usize {
        let begin = match &self.cut {
            Cut::Begin { bytes, length, .. } if field::may_count(&bytes[..*length]) => *length,
            _ => 0,
        };
        self.held() + begin
    }

    fn held(&self) -> usize {
        let id = if self.has_id { self.id.len() } else { 0 };
        self.data.len() + self.event_type.len() + id + self.value.len()
    }

    /// Whether so many bytes more of a field may be held. Where they do not fit, this makes the sacrifice: a comment
    /// is dropped alone; otherwise the block's data and type are, and an id gets the room that they leave.
    fn admit(&mut self, slices: &mut Slices<'_>, field: Field, length: usize) -> bool {
        let fits =
            |block: &Self, slices: &Slices<'_>| length <= block.limit.saturating_sub(block.held() + slices.held());
        if self.overflowed && matches!(field, Field::Data | Field::Event) {
            return false;
        }
        if fits(self, slices) {
            return true;
        }
        if field == Field::Comment {
            self.outgrown = true;
            return false;
        }
        if !self.overflowed {
            self.overflowed = true;
            self.outgrown = true;
            slices.data = None;
            slices.event_type = None;
            empty(&mut self.data);
            empty(&mut self.event_type);
        }
        field == Field::Id && fits(self, slices)
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        [&self.data, &self.event_type, &self.id, &self.value].into_iter().map(Vec::capacity).sum()
    }

    #[cfg(test)]
    pub(super) fn data_pointer(&self) -> *const u8 {
        self.data.as_ptr()
    }
}

/// An `id` field with a NUL in its value is ignored.
fn is_id(value: &[u8]) -> bool {
    memchr(0, value).is_none()
}

/// Takes the text out of a buffer, if there is any.
fn take_text(buffer: &mut Vec<u8>) -> Option<String> {
    (!buffer.is_empty()).then(|| text::decode_vec(mem::take(buffer)))
}

/// Empties a buffer, which gives back what it grew beyond the usual.
fn empty(buffer: &mut Vec<u8>) {
    buffer.clear();
    if buffer.capacity() > KEPT_CAPACITY {
        buffer.shrink_to(KEPT_CAPACITY);
    }
}

/// Appends to a buffer that doubles as it grows, but never beyond what the limit can need.
fn extend(buffer: &mut Vec<u8>, bytes: &[u8], limit: usize) {
    let needed = buffer.len() + bytes.len();
    if needed > buffer.capacity() {
        let capacity = needed.max(buffer.capacity().saturating_mul(2).min(limit));
        buffer.reserve_exact(capacity - buffer.len());
    }
    buffer.extend_from_slice(bytes);
}
