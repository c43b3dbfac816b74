//! The limit on a block: what is counted, what fits, and what is sacrificed where something does not.

use core::mem;

use super::Block;
use crate::parser::buffer::{KEPT_CAPACITY, empty};
use crate::parser::field::Field;
use crate::parser::slices::Slices;
use crate::parser::text;

impl Block {
    pub(in crate::parser) fn limit(&self) -> usize {
        self.limit
    }

    /// Sets the limit, beside a last event ID of this length, and gives back what may be beyond it.
    pub(in crate::parser) fn set_limit(&mut self, limit: usize, last_event_id: usize) {
        self.limit = limit;
        let room = limit.saturating_sub(last_event_id.saturating_sub(KEPT_CAPACITY));
        self.room = room.max(limit.min(KEPT_CAPACITY));
        self.shrink();
    }

    /// Whether a last event ID of this length leaves all of the limit, as the one before did.
    #[inline]
    pub(in crate::parser) fn is_whole_beside(&self, last_event_id: usize) -> bool {
        last_event_id <= KEPT_CAPACITY && self.room == self.limit
    }

    /// How much a whole block may hold, in bytes.
    #[inline]
    pub(in crate::parser) fn room(&self) -> usize {
        self.room
    }

    /// How much more the block may hold, in bytes.
    #[inline]
    pub(in crate::parser) fn room_left(&self) -> usize {
        self.room.saturating_sub(self.held)
    }

    /// Whether a comment that lies whole in the chunk fits.
    pub(in crate::parser) fn admits_comment(&mut self, length: usize) -> bool {
        let admitted = self.admit(&mut Slices::new(), Field::Comment, length);
        if admitted {
            self.discount(length);
        }
        admitted
    }

    /// Whether the limit was exceeded since this was last asked.
    #[inline]
    pub(in crate::parser) fn take_outgrown(&mut self) -> bool {
        mem::take(&mut self.outgrown)
    }

    /// Takes room for so many bytes more of a field, if there is any.
    #[inline]
    pub(super) fn admit(&mut self, slices: &mut Slices, field: Field, length: usize) -> bool {
        if length > self.room_left() || self.overflowed {
            return self.admit_none(slices, field, length);
        }
        self.count(length);
        true
    }

    /// Makes the sacrifice where something does not fit: a comment is dropped alone; otherwise the block's data and type
    /// are, and an id gets the room that they leave.
    #[cold]
    fn admit_none(&mut self, slices: &mut Slices, field: Field, length: usize) -> bool {
        if matches!(field, Field::Data | Field::Event) && self.overflowed {
            return false;
        }
        let fits = length <= self.room_left();
        if !fits && field == Field::Comment {
            self.outgrown = true;
            return false;
        }
        if !fits && !self.overflowed {
            self.overflowed = true;
            self.outgrown = true;
            self.forget_event_type(slices);
            self.forget_data(slices);
        }
        let admitted = fits || field == Field::Id && length <= self.room_left();
        if admitted {
            self.count(length);
        }
        admitted
    }

    /// Has what is long and not UTF-8 count as the text that it becomes, once the block has ended, and makes the same
    /// sacrifice if that does not fit.
    #[cold]
    pub(super) fn settle(&mut self, slices: &mut Slices) {
        let (data, event_type) = (self.data.growth(), growth(&self.event_type));
        let id = growth(&self.id);
        if data == 0 && event_type == 0 && id == 0 {
            return;
        }
        self.shrink();
        if data.saturating_add(event_type).saturating_add(id) > self.room_left() {
            // An id alone is ignored.
            self.outgrown |= self.has_event() || !(slices.data.is_none() && slices.event_type.is_none());
            self.forget_event_type(slices);
            self.forget_data(slices);
        }
        if id > self.room_left() {
            self.forget_id(slices);
        }
        if self.event_type.len() > KEPT_CAPACITY {
            text::make_valid(&mut self.event_type);
        }
    }

    /// The same for a comment.
    pub(super) fn settle_comment(&mut self) {
        let growth = growth(&self.value);
        if growth > 0 {
            self.shrink();
        }
        if growth > self.room_left().saturating_sub(self.value.len()) {
            empty(&mut self.value);
            self.outgrown = true;
        }
    }

    fn has_event(&self) -> bool {
        !(self.data.is_empty() && self.event_type.is_empty())
    }

    fn forget_data(&mut self, slices: &mut Slices) {
        self.discount(self.data.len());
        self.discount(slices.data.take().map_or(0, |line| line.len().saturating_add(1)));
        self.data.clear();
        self.data.give_back();
    }

    /// Counts so many bytes more, for which there has to be room.
    #[inline]
    #[expect(clippy::arithmetic_side_effects, reason = "what is held is no more than the limit")]
    pub(super) fn count(&mut self, length: usize) {
        self.held += length;
    }

    /// Gives back the room of so many bytes.
    #[inline]
    #[expect(clippy::arithmetic_side_effects, reason = "they were counted when they were taken in")]
    pub(super) fn discount(&mut self, length: usize) {
        self.held -= length;
    }
}

/// How much more bytes take as text, if there are many.
fn growth(bytes: &[u8]) -> usize {
    if bytes.len() > KEPT_CAPACITY { text::growth(bytes) } else { 0 }
}
