//! The limit on a block: what is counted, what fits, and what is sacrificed where something does not.

use core::mem;

use super::Block;
use crate::parser::field::Field;
use crate::parser::slices::Slices;

impl Block {
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
        if length > self.limit.saturating_sub(self.held) || self.overflowed {
            return self.admit_none(slices, field, length);
        }
        self.count(field, length);
        true
    }

    /// Makes the sacrifice where something does not fit: a comment is dropped alone; otherwise the block's data and type
    /// are, and an id gets the room that they leave.
    #[cold]
    fn admit_none(&mut self, slices: &mut Slices, field: Field, length: usize) -> bool {
        if matches!(field, Field::Data | Field::Event) && self.overflowed {
            return false;
        }
        let fits = length <= self.limit.saturating_sub(self.held);
        if !fits && field == Field::Comment {
            self.outgrown = true;
            return false;
        }
        if !fits && !self.overflowed {
            self.overflowed = true;
            self.outgrown = true;
            self.forget_event_type(slices);
            let data = mem::take(&mut self.held_data);
            self.discount(data);
            slices.data.take();
            self.data.clear();
        }
        let admitted = fits || field == Field::Id && length <= self.limit.saturating_sub(self.held);
        if admitted {
            self.count(field, length);
        }
        admitted
    }

    /// Counts so many bytes more of a field, for which there has to be room.
    #[inline]
    #[expect(clippy::arithmetic_side_effects, reason = "what is held is no more than the limit")]
    pub(super) fn count(&mut self, field: Field, length: usize) {
        self.held += length;
        if field == Field::Data {
            self.held_data += length;
        }
    }

    /// Gives back the room of so many bytes.
    #[inline]
    #[expect(clippy::arithmetic_side_effects, reason = "they were counted when they were taken in")]
    pub(super) fn discount(&mut self, length: usize) {
        self.held -= length;
    }
}
