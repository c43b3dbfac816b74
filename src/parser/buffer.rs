//! What is copied: how its buffers grow, and what they keep once they are empty.

use alloc::string::String;
use alloc::vec::Vec;

/// What a buffer may keep of its capacity once it is empty, in bytes.
pub(super) const KEPT_CAPACITY: usize = 64 * 1024;

/// Empties a buffer, which gives back what it grew beyond the usual.
pub(super) fn empty(buffer: &mut Vec<u8>) {
    buffer.clear();
    if buffer.capacity() > KEPT_CAPACITY {
        buffer.shrink_to(KEPT_CAPACITY);
    }
}

pub(super) fn empty_text(buffer: &mut String) {
    buffer.clear();
    if buffer.capacity() > KEPT_CAPACITY {
        buffer.shrink_to(KEPT_CAPACITY);
    }
}

/// Appends to a buffer that doubles as it grows, but never beyond what the limit can need.
#[inline]
pub(super) fn extend(buffer: &mut Vec<u8>, bytes: &[u8], limit: usize) {
    if bytes.len() > buffer.capacity().wrapping_sub(buffer.len()) {
        buffer.reserve_exact(growth(buffer.len(), buffer.capacity(), bytes.len(), limit));
    }
    buffer.extend_from_slice(bytes);
}

#[inline]
pub(super) fn extend_text(buffer: &mut String, text: &str, limit: usize) {
    if text.len() > buffer.capacity().wrapping_sub(buffer.len()) {
        buffer.reserve_exact(growth(buffer.len(), buffer.capacity(), text.len(), limit));
    }
    buffer.push_str(text);
}

/// How much room to take for so many bytes more, for which there is none.
#[cold]
fn growth(length: usize, capacity: usize, more: usize, limit: usize) -> usize {
    more.max(capacity.saturating_mul(2).min(limit).saturating_sub(length))
}
