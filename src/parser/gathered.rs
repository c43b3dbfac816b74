//! Data that does not lie whole in one chunk, or in one line.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use super::block::{self, KEPT_CAPACITY};
use super::text;

/// How many bytes are worth a check of their own: it costs the same for fewer, and what is long is still in the cache.
const WORTH_A_CHECK: usize = 512;

/// Lines of data, with a line feed behind each.
///
/// They are checked as they come, and never again: long pieces at once, short ones together.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathered {
    text: String,
    /// What is not checked yet.
    unchecked: Vec<u8>,
}

impl Gathered {
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.unchecked.is_empty()
    }

    /// All that was appended, without the last line feed, once [`finish`](Self::finish) was called.
    pub(super) fn text(&self) -> &str {
        self.text.strip_suffix('\n').unwrap_or_default()
    }

    /// Gives it away, if its buffer has grown beyond what is kept anyway: otherwise a copy is cheaper.
    pub(super) fn take_long(&mut self) -> Option<String> {
        if self.text.capacity() <= KEPT_CAPACITY {
            return None;
        }
        self.text.pop();
        Some(mem::take(&mut self.text))
    }

    pub(super) fn clear(&mut self) {
        block::empty(&mut self.unchecked);
        block::empty_text(&mut self.text);
    }

    /// Appends text that is all of a line, with its line feed or without.
    #[inline]
    pub(super) fn push(&mut self, text: &str, limit: usize) {
        if self.unchecked.is_empty() {
            reserve(&mut self.text, text.len(), limit);
            self.text.push_str(text);
        } else {
            self.push_short(text.as_bytes(), limit);
        }
    }

    /// Appends a piece of a line.
    #[inline]
    pub(super) fn push_piece(&mut self, bytes: &[u8], limit: usize) {
        if self.unchecked.is_empty() && bytes.len() >= WORTH_A_CHECK {
            let (whole, cut) = bytes.split_at(text::whole(bytes));
            check_onto(&mut self.text, whole, limit);
            self.unchecked.extend_from_slice(cut);
        } else {
            self.push_short(bytes, limit);
        }
    }

    #[inline]
    fn push_short(&mut self, bytes: &[u8], limit: usize) {
        self.unchecked.extend_from_slice(bytes);
        if self.unchecked.len() >= WORTH_A_CHECK {
            let whole = text::whole(&self.unchecked);
            check_onto(&mut self.text, &self.unchecked[..whole], limit);
            self.unchecked.drain(..whole);
        }
    }

    /// Ends a line whose pieces were appended, or that was pushed without its line feed.
    pub(super) fn end_line(&mut self, limit: usize) {
        self.push("\n", limit);
    }

    /// Ends the last line.
    pub(super) fn finish(&mut self, limit: usize) {
        if !self.unchecked.is_empty() {
            check_onto(&mut self.text, &self.unchecked, limit);
            block::empty(&mut self.unchecked);
        }
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.text.capacity() + self.unchecked.capacity()
    }
}

fn check_onto(text: &mut String, bytes: &[u8], limit: usize) {
    reserve(text, bytes.len(), limit);
    match text::check(bytes) {
        Some(valid) => text.push_str(valid),
        None => text::push_lossy(text, bytes),
    }
}

/// Doubles as it grows, but never beyond what the limit can need.
#[inline]
fn reserve(text: &mut String, length: usize, limit: usize) {
    let needed = text.len() + length;
    if needed > text.capacity() {
        let capacity = needed.max(text.capacity().saturating_mul(2).min(limit));
        text.reserve_exact(capacity - text.len());
    }
}
