//! Data that does not lie whole in one chunk, or in one line.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use super::buffer::{self, KEPT_CAPACITY};
use super::text;

/// How many bytes are worth a check of their own: it costs the same for fewer, and what is long is still in the cache.
const WORTH_A_CHECK: usize = 512;

/// Lines of data, with a line feed behind each.
///
/// They are checked as they come, and never again: long pieces at once, short ones together. From the first one on that
/// is not valid they are left as they are up to the end: what stands for a byte that is not UTF-8 takes three.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathered {
    text: String,
    /// What is not checked yet; if it is worth a check, it has been checked and is not valid.
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
        buffer::empty(&mut self.unchecked);
        buffer::empty_text(&mut self.text);
    }

    /// Appends text that is all of a line, with its line feed or without.
    #[inline]
    pub(super) fn push(&mut self, text: &str, limit: usize) {
        if self.unchecked.is_empty() {
            buffer::extend_text(&mut self.text, text, limit);
        } else {
            self.push_short(text.as_bytes(), limit);
        }
    }

    /// Appends a piece of a line.
    #[inline]
    pub(super) fn push_piece(&mut self, bytes: &[u8], limit: usize) {
        if self.unchecked.is_empty() && bytes.len() >= WORTH_A_CHECK {
            self.push_long(bytes, limit);
        } else {
            self.push_short(bytes, limit);
        }
    }

    fn push_long(&mut self, bytes: &[u8], limit: usize) {
        let checked = check(&mut self.text, bytes, limit);
        if checked == 0 {
            // What is left as it is takes its room under the limit from here.
            self.text.shrink_to_fit();
        }
        let rest = bytes.get(checked..).unwrap_or_default();
        buffer::extend(&mut self.unchecked, rest, limit.saturating_sub(self.text.len()));
    }

    #[inline]
    fn push_short(&mut self, bytes: &[u8], limit: usize) {
        buffer::extend(&mut self.unchecked, bytes, limit.saturating_sub(self.text.len()));
        if self.unchecked.len() >= WORTH_A_CHECK {
            self.check_unchecked(bytes.len(), limit);
        }
    }

    /// Checks what is not checked yet, and was not worth it without its last bytes, of which there are so many.
    fn check_unchecked(&mut self, added: usize, limit: usize) {
        if self.unchecked.len().saturating_sub(added) >= WORTH_A_CHECK {
            return;
        }
        let checked = check(&mut self.text, &self.unchecked, limit);
        if checked == 0 {
            // What is left as it is takes its room under the limit from here.
            self.text.shrink_to_fit();
        }
        self.unchecked.drain(..checked);
    }

    /// Ends a line whose pieces were appended, or that was pushed without its line feed.
    pub(super) fn end_line(&mut self, limit: usize) {
        self.push("\n", limit);
    }

    /// Ends the last line.
    pub(super) fn finish(&mut self, limit: usize) {
        if self.unchecked.is_empty() {
            return;
        }
        let checked = check(&mut self.text, &self.unchecked, limit);
        text::push_lossy(&mut self.text, self.unchecked.get(checked..).unwrap_or_default());
        buffer::empty(&mut self.unchecked);
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.text.capacity() + self.unchecked.capacity()
    }
}

/// Appends bytes to text, but for a sequence that their end cuts, and says how many; none if they are not valid.
fn check(text: &mut String, bytes: &[u8], limit: usize) -> usize {
    let whole = text::whole(bytes);
    let Some(valid) = bytes.get(..whole).and_then(text::check) else { return 0 };
    buffer::extend_text(text, valid, limit);
    whole
}
