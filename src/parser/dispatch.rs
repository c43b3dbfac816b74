//! Blocks to events: bytes become text, the id takes effect.

use alloc::string::String;

use super::Parser;
use super::chunk::{Chunk, Texts};
use super::slices::{Slices, Span};
use super::text::decode;
use crate::event::{self, Event, EventRef};

/// Text that was lent out and lay nowhere else, since the bytes that it stands for are not valid.
#[derive(Clone, Debug, Default)]
pub(super) struct Lossy {
    data: String,
    event_type: String,
    comment: String,
}

impl Lossy {
    #[inline]
    pub(super) fn clear(&mut self) {
        if self.capacity() > 0 {
            *self = Self::default();
        }
    }

    #[inline]
    pub(super) fn capacity(&self) -> usize {
        self.data.capacity() + self.event_type.capacity() + self.comment.capacity()
    }
}

impl Parser {
    /// Hands out the event of a block that lies whole in the chunk.
    #[inline]
    pub(super) fn lend_whole<'p, 'i: 'p>(&'p mut self, slices: &Slices, texts: Texts<'i>) -> EventRef<'p> {
        if !slices.id.is_none() {
            self.last_event_id.set(texts.text(slices.id));
        }
        let event_type = if slices.event_type.is_none() { "" } else { texts.text(slices.event_type) };
        EventRef::new(event_type, texts.text(slices.data), self.last_event_id.as_str())
    }

    /// Hands out the event of a block that lies whole in the chunk, for good.
    #[inline]
    pub(super) fn give_whole(&mut self, slices: &Slices, texts: Texts<'_>) -> Event {
        if !slices.id.is_none() {
            self.last_event_id.set(texts.text(slices.id));
        }
        let event_type = if slices.event_type.is_none() { "" } else { texts.text(slices.event_type) };
        let event_type = self.shared_type.intern(event::named(event_type));
        Event::from_parts(event_type, String::from(texts.text(slices.data)), self.last_event_id.share())
    }

    /// Hands out the event of a block that has ended, whatever it is like.
    pub(super) fn lend<'p, 'i: 'p>(&'p mut self, chunk: &mut Chunk<'i>, slices: &Slices) -> EventRef<'p> {
        let texts = slices.texts(chunk);
        self.plain &= texts.is_some();
        let chunk = chunk.bytes();
        self.commit_id(chunk, slices, texts);
        let Self { block, lossy, last_event_id, .. } = self;
        let data =
            if slices.data.is_none() { block.data().text() } else { text(chunk, texts, slices.data, &mut lossy.data) };
        let event_type = if slices.event_type.is_none() {
            decode(block.event_type(), &mut lossy.event_type)
        } else {
            text(chunk, texts, slices.event_type, &mut lossy.event_type)
        };
        EventRef::new(event_type, data, last_event_id.as_str())
    }

    /// Hands out the event of a block that has ended, whatever it is like, for good.
    pub(super) fn give(&mut self, chunk: &mut Chunk<'_>, slices: &Slices) -> Event {
        let texts = slices.texts(chunk);
        self.plain &= texts.is_some();
        let chunk = chunk.bytes();
        self.commit_id(chunk, slices, texts);
        let Self { block, lossy, last_event_id, shared_type, .. } = self;
        let event_type = if slices.event_type.is_none() {
            decode(block.event_type(), &mut lossy.event_type)
        } else {
            text(chunk, texts, slices.event_type, &mut lossy.event_type)
        };
        let event_type = shared_type.intern(event::named(event_type));
        let data = if !slices.data.is_none() {
            String::from(text(chunk, texts, slices.data, &mut lossy.data))
        } else if let Some(data) = block.take_long_data() {
            data
        } else {
            String::from(block.data().text())
        };
        Event::from_parts(event_type, data, last_event_id.share())
    }

    pub(super) fn lend_comment<'p, 'i: 'p>(&'p mut self, chunk: &Chunk<'i>, comment: Option<Span>) -> &'p str {
        match comment {
            Some(comment) => decode(chunk.slice(comment), &mut self.lossy.comment),
            None => decode(self.block.comment(), &mut self.lossy.comment),
        }
    }

    /// Ends a block without data, whose id takes effect none the less.
    pub(super) fn end_without_event(&mut self, chunk: &[u8], slices: &mut Slices) {
        self.commit_id(chunk, slices, None);
        self.block.clear_spent();
        *slices = Slices::new();
    }

    fn commit_id(&mut self, chunk: &[u8], slices: &Slices, texts: Option<Texts<'_>>) {
        let mut lossy = String::new();
        if !slices.id.is_none() {
            self.last_event_id.set(text(chunk, texts, slices.id, &mut lossy));
        } else if let Some(id) = self.block.take_id() {
            self.last_event_id.set(decode(id, &mut lossy));
        }
    }
}

/// A value out of the chunk.
#[inline]
fn text<'a, 'i: 'a>(chunk: &'i [u8], texts: Option<Texts<'i>>, span: Span, lossy: &'a mut String) -> &'a str {
    match texts {
        Some(texts) => texts.text(span),
        None => decode(span.of(chunk), lossy),
    }
}
