//! The last event ID, which outlives its block.

use alloc::string::String;

use super::buffer::{KEPT_CAPACITY, empty_text};
use crate::event::{Event, Shared};

/// The last event ID, and an owned copy of it that events share for as long as it stays the same.
#[derive(Clone, Debug, Default)]
pub(super) struct LastId {
    text: String,
    /// Only once it was asked for a second time: where each event has an ID of its own, sharing costs more than it saves.
    shared: Shared,
    asked: bool,
    /// It is too long to be there twice: there is no text but what is shared.
    is_long: bool,
}

impl LastId {
    #[inline]
    pub(super) fn as_str(&self) -> &str {
        if self.is_long { &self.shared } else { &self.text }
    }

    #[inline]
    pub(super) fn set(&mut self, id: &str) {
        if self.asked {
            if self.as_str().len() == id.len() && self.as_str() == id {
                return;
            }
            self.asked = false;
            self.is_long = false;
            self.shared = Shared::default();
        }
        empty_text(&mut self.text);
        self.text.push_str(id);
    }

    /// For an owned event to copy, if it is no longer than these do.
    #[inline]
    pub(super) fn short(&self) -> Option<&str> {
        let id = self.as_str();
        if id.len() > Event::LONGEST_COPIED_ID { None } else { Some(id) }
    }

    /// For owned events to share.
    #[cold]
    pub(super) fn share(&mut self) -> Shared {
        if !self.shared.is_empty() {
            return self.shared.clone();
        }
        let shared = Shared::new(&self.text);
        if core::mem::replace(&mut self.asked, true) {
            self.shared = shared.clone();
            if self.text.len() > KEPT_CAPACITY {
                self.text = String::new();
                self.is_long = true;
            }
        }
        shared
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.text.capacity() + self.shared.len()
    }
}

impl From<String> for LastId {
    fn from(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}
