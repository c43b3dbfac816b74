//! What is copied: how its buffers grow, and what they keep once they are empty.

use alloc::string::String;
use alloc::vec::Vec;

/// What a buffer may keep of its capacity once it is empty, in bytes.
pub(super) const KEPT_CAPACITY: usize = 64 * 1024;

/// Empties a buffer, which gives back what it grew beyond the usual.
pub(super) fn empty(buffer: &mut Vec<u8>) {
    buffer.clear();
    shrink(buffer);
}

#[inline]
pub(super) fn empty_text(buffer: &mut String) {
    buffer.clear();
    if buffer.capacity() > KEPT_CAPACITY {
        shrink_text(buffer, 0);
    }
}

/// Gives back what a buffer has no use for as yet, but for what it would keep.
pub(super) fn shrink(buffer: &mut Vec<u8>) {
    if buffer.capacity() > KEPT_CAPACITY {
        buffer.shrink_to(KEPT_CAPACITY);
    }
}

/// The same for text, which has a use for so many bytes.
pub(super) fn shrink_text(buffer: &mut String, room: usize) {
    if buffer.capacity() > KEPT_CAPACITY {
        buffer.shrink_to(buffer.len().saturating_add(room).max(KEPT_CAPACITY));
    }
}

/// Whether there is memory for so many bytes more.
#[inline]
pub(super) fn has_room(buffer: &Vec<u8>, more: usize) -> bool {
    more <= buffer.capacity().wrapping_sub(buffer.len())
}

/// Takes memory for so many bytes more, and says so; if it may not, says no.
pub(super) fn grow(buffer: &mut Vec<u8>, more: usize, spare: Spare) -> bool {
    let growth = spare.growth(buffer.len(), buffer.capacity(), more, 0);
    growth.inspect(|&growth| buffer.reserve_exact(growth)).is_some()
}

/// Up to what capacity a buffer doubles as it grows. Beyond that it grows by a quarter: what is twice as large as it need be is
/// memory that the allocator fetches from the system and gives back each time, page by page, which takes longer than a copy.
const DOUBLED_CAPACITY: usize = 256 * 1024;

/// How much memory buffers may take together, beyond what each of them may keep.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spare {
    limit: usize,
    bytes: usize,
}

impl Spare {
    /// What buffers of such capacities leave.
    pub(super) fn new(limit: usize, capacities: impl IntoIterator<Item = usize>) -> Self {
        let beyond = capacities.into_iter().map(|capacity| capacity.saturating_sub(KEPT_CAPACITY));
        Self { limit, bytes: beyond.fold(limit, usize::saturating_sub) }
    }

    /// How much room a buffer gets for so many bytes more, if they fit: it doubles if it can and is not long yet, or has
    /// room for as much as is likely to come, but for no more than it would keep before there is more than that.
    pub(super) fn growth(self, length: usize, capacity: usize, more: usize, likely: usize) -> Option<usize> {
        let needed = length.saturating_add(more);
        let grown = capacity.saturating_add(if capacity > DOUBLED_CAPACITY { capacity / 4 } else { capacity });
        let wanted = grown.max(likely).min(if needed > KEPT_CAPACITY { self.limit } else { KEPT_CAPACITY });
        let most = capacity.max(KEPT_CAPACITY).saturating_add(self.bytes);
        (needed <= most).then(|| wanted.clamp(needed, most).saturating_sub(length))
    }
}
