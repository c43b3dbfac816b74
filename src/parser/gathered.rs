//! Data that does not lie whole in one chunk, or in one line.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use super::buffer::{self, KEPT_CAPACITY, Spare};
use super::text;

/// How many bytes in one piece are worth a check of their own: it costs the same for fewer.
const LONG: usize = 512;

/// How many short ones are checked together: as many as are still in the cache, and more than most data is.
const MANY: usize = 4 * 1024;

/// Lines of data, with a line feed behind each.
///
/// They are checked once: long pieces as they come, short ones together, which for most data is when it is handed out. From
/// the first one on that is not valid all of them are left as they are up to the end: what stands for a byte that is not
/// UTF-8 takes three.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathered {
    text: String,
    /// What is not checked yet; if it is many bytes, they have been checked and are not valid, and there is no text.
    unchecked: Vec<u8>,
    /// How long the last data was, if it was more than is kept: the next one that is long takes so much memory at once.
    long: usize,
}

impl Gathered {
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.unchecked.is_empty()
    }

    /// How many bytes were appended.
    pub(super) fn len(&self) -> usize {
        self.text.len().saturating_add(self.unchecked.len())
    }

    /// How much more that takes as text, if there is much.
    pub(super) fn growth(&self) -> usize {
        if self.len() > KEPT_CAPACITY { text::growth(&self.unchecked) } else { 0 }
    }

    /// All that was appended, without the last line feed, once [`finish`](Self::finish) was called; to be asked for once.
    #[inline]
    pub(super) fn text(&mut self) -> &str {
        let Self { text, unchecked, .. } = self;
        let lines = match text::check(unchecked) {
            Some(short) if !short.is_empty() => short,
            Some(_) => text,
            None => {
                text::push_lossy(text, unchecked);
                text
            }
        };
        lines.strip_suffix('\n').unwrap_or_default()
    }

    /// Gives it away, if its buffer has grown beyond what is kept anyway: otherwise a copy is cheaper.
    pub(super) fn take_long(&mut self) -> Option<String> {
        if self.text.is_empty() || self.text.capacity() <= KEPT_CAPACITY {
            return None;
        }
        self.text.pop();
        self.long = self.text.len();
        Some(mem::take(&mut self.text))
    }

    /// Empties it. It keeps its memory until it is told to give that back: what comes next may be as long.
    pub(super) fn clear(&mut self) {
        if self.text.len() > KEPT_CAPACITY {
            self.long = self.text.len();
        }
        self.unchecked.clear();
        self.text.clear();
    }

    /// Gives back what it grew beyond the usual, once it is empty.
    #[inline]
    pub(super) fn give_back(&mut self) {
        if self.text.capacity() > KEPT_CAPACITY || self.unchecked.capacity() > KEPT_CAPACITY {
            (self.text, self.unchecked) = (String::new(), Vec::new());
        }
    }

    /// Whether there is memory for so many bytes more.
    #[inline]
    pub(super) fn has_room(&self, more: usize) -> bool {
        // What is short needs none.
        let waits = more < LONG && more < MANY.saturating_sub(self.unchecked.len()) && self.text.is_empty();
        waits || more <= self.text.capacity().wrapping_sub(self.text.len()).saturating_sub(self.unchecked.len())
    }

    /// Takes memory for so many bytes more, and says so; if it may not, says no.
    pub(super) fn grow(&mut self, more: usize, spare: Spare) -> bool {
        if self.is_raw() {
            return buffer::has_room(&self.unchecked, more) || buffer::grow(&mut self.unchecked, more, spare);
        }
        let more = more.saturating_add(self.unchecked.len());
        let growth = spare.growth(self.text.len(), self.text.capacity(), more, self.long);
        growth.inspect(|&growth| self.text.reserve_exact(growth)).is_some()
    }

    /// Gives back what it has no use for as yet, but for what it would keep.
    pub(super) fn shrink(&mut self) {
        let room = if self.is_raw() { 0 } else { self.unchecked.len() };
        buffer::shrink(&mut self.unchecked);
        buffer::shrink_text(&mut self.text, room);
    }

    /// Whether what comes is left as it is.
    #[inline]
    fn is_raw(&self) -> bool {
        self.unchecked.len() >= MANY
    }

    /// The short lines at its end, for more of them, and how many bytes of those there may be.
    #[inline]
    pub(super) fn short_lines(&mut self) -> (&mut Vec<u8>, usize) {
        let room = MANY.saturating_sub(self.unchecked.len()).saturating_sub(1);
        let text = self.text.capacity().wrapping_sub(self.text.len()).saturating_sub(self.unchecked.len());
        (&mut self.unchecked, if self.text.is_empty() { room } else { room.min(text) })
    }

    /// Appends a piece of a line.
    #[inline]
    pub(super) fn push_piece(&mut self, bytes: &[u8]) {
        if bytes.len() < LONG {
            self.push_unchecked(bytes);
        } else {
            self.push_long(bytes);
        }
    }

    /// Checks a piece where it lies, once the sequence that the end of the last one cut is whole.
    fn push_long(&mut self, mut bytes: &[u8]) {
        if self.is_raw() {
            self.unchecked.extend_from_slice(bytes);
            return;
        }
        if !self.unchecked.is_empty() {
            let (cut, rest) = bytes.split_at_checked(text::rest_of_sequence(bytes)).unwrap_or_default();
            self.unchecked.extend_from_slice(cut);
            self.check_unchecked();
            bytes = rest;
        }
        let checked = if self.unchecked.is_empty() { check(&mut self.text, bytes) } else { 0 };
        if checked == 0 {
            self.leave_as_it_is();
        }
        if checked < bytes.len() {
            self.unchecked.extend_from_slice(bytes.get(checked..).unwrap_or_default());
        }
    }

    #[inline]
    fn push_unchecked(&mut self, bytes: &[u8]) {
        let was_raw = self.is_raw();
        self.unchecked.extend_from_slice(bytes);
        if self.is_raw() && !was_raw {
            self.check_unchecked();
            if self.is_raw() {
                self.leave_as_it_is();
            }
        }
    }

    fn check_unchecked(&mut self) {
        let checked = check(&mut self.text, &self.unchecked);
        self.unchecked.drain(..checked);
    }

    /// Has what is not valid lie behind the text, where there is room for it.
    fn leave_as_it_is(&mut self) {
        let mut all = mem::take(&mut self.text).into_bytes();
        all.extend_from_slice(&self.unchecked);
        self.unchecked = all;
    }

    /// Ends a line whose pieces were appended.
    #[inline]
    pub(super) fn end_line(&mut self) {
        self.push_unchecked(b"\n");
    }

    /// Ends the last line. What is short is not copied for that.
    #[inline]
    pub(super) fn finish(&mut self) {
        if !self.unchecked.is_empty() && (!self.text.is_empty() || self.is_raw()) {
            self.finish_long();
        }
    }

    fn finish_long(&mut self) {
        if self.is_raw() {
            self.text = text::into_text(mem::take(&mut self.unchecked));
            return;
        }
        self.check_unchecked();
        if !self.unchecked.is_empty() {
            text::push_lossy(&mut self.text, &self.unchecked);
            self.unchecked.clear();
        }
    }

    pub(super) fn capacities(&self) -> [usize; 2] {
        [self.text.capacity(), self.unchecked.capacity()]
    }
}

/// Appends bytes to text, but for a sequence that their end cuts, and says how many; none if they are not valid.
fn check(text: &mut String, bytes: &[u8]) -> usize {
    let whole = text::whole(bytes);
    let Some(valid) = bytes.get(..whole).and_then(text::check) else { return 0 };
    text.push_str(valid);
    whole
}
