//! The memory of a block: what its buffers take together is no more than the limit, beyond what each may keep empty.

use alloc::vec::Vec;

use super::Block;
use crate::parser::buffer::{Spare, grow, has_room, shrink};

impl Block {
    /// Takes memory for so many bytes more of data, which were counted.
    #[inline]
    pub(super) fn make_room(&mut self, more: usize) {
        if !self.data.has_room(more) {
            self.grow(|block, spare| block.data.grow(more, spare));
        }
    }

    /// Appends bytes to a buffer, which were counted.
    pub(super) fn append(&mut self, buffer: fn(&mut Self) -> &mut Vec<u8>, bytes: &[u8]) {
        if !has_room(buffer(self), bytes.len()) {
            self.grow(|block, spare| grow(buffer(block), bytes.len(), spare));
        }
        buffer(self).extend_from_slice(bytes);
    }

    /// Has one buffer grow, for which the others give back what they have no use for as yet if it would not fit beside them.
    #[cold]
    fn grow(&mut self, one: impl Fn(&mut Self, Spare) -> bool) {
        let spare = self.spare();
        if !one(self, spare) {
            self.shrink();
            let spare = self.spare();
            one(self, spare);
        }
    }

    /// Has the buffers give back what they have no use for as yet.
    pub(super) fn shrink(&mut self) {
        self.data.shrink();
        for buffer in [&mut self.event_type, &mut self.id, &mut self.value] {
            shrink(buffer);
        }
    }

    fn spare(&self) -> Spare {
        Spare::new(self.room, self.capacities())
    }

    fn capacities(&self) -> [usize; 5] {
        let [text, unchecked] = self.data.capacities();
        [text, unchecked, self.event_type.capacity(), self.id.capacity(), self.value.capacity()]
    }

    #[cfg(test)]
    pub(in crate::parser) fn capacity(&self) -> usize {
        self.capacities().iter().sum()
    }
}
