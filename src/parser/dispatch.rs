//! Blocks to events: bytes become text, the id takes effect.

use alloc::string::String;

use super::Parser;
use super::chunk::{Chunk, Texts};
use super::item::LimitExceeded;
use super::last_id::LastId;
use super::slices::{Slices, Span};
use super::text;
use crate::event::{self, Event, EventRef};

impl Parser {
    /// Hands out the event of a block that lies whole in the chunk.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "in the loop that calls it, which is a twelfth of the instructions less")]
    pub(super) fn lend_whole<'p, 'i: 'p>(&'p mut self, slices: &Slices, texts: Texts<'i>) -> EventRef<'p> {
        if !slices.id.is_none() {
            self.set_id(texts.text(slices.id));
        }
        let event_type = if slices.event_type.is_none() { "" } else { texts.text(slices.event_type) };
        EventRef::new(event_type, texts.text(slices.data), self.last_event_id.as_str())
    }

    /// Hands out the event of a block that lies whole in the chunk, for good, unless its last event ID is long.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it returns would otherwise go through memory: a tenth of the time")]
    pub(super) fn give_whole(&mut self, slices: &Slices, texts: Texts<'_>) -> Option<Event> {
        if !slices.id.is_none() {
            self.set_id(texts.text(slices.id));
        }
        let event_type = if slices.event_type.is_none() { "" } else { texts.text(slices.event_type) };
        let id = self.last_event_id.short()?;
        Some(Event::from_parts(event::named(event_type), texts.text(slices.data), id))
    }

    /// Hands out the event of a block that has ended, and of which there is nothing in the chunk.
    pub(super) fn lend_gathered(&mut self) -> EventRef<'_> {
        self.take_id();
        let (event_type, data) = self.block.type_and_data();
        EventRef::new(event_type, data, self.last_event_id.as_str())
    }

    /// Hands out the event of a block that has ended, whatever it is like, if it fits.
    pub(super) fn lend<'p, 'i: 'p>(
        &'p mut self,
        chunk: &mut Chunk<'i>,
        mut slices: Slices,
    ) -> Result<EventRef<'p>, LimitExceeded> {
        let texts = self.texts(chunk, &mut slices);
        if self.block.take_outgrown() {
            return Err(self.limit_exceeded());
        }
        let (mut event_type, mut data) = self.block.type_and_data();
        if !slices.event_type.is_none() {
            event_type = texts.text(slices.event_type);
        }
        if !slices.data.is_none() {
            data = texts.text(slices.data);
        }
        Ok(EventRef::new(event_type, data, self.last_event_id.as_str()))
    }

    /// Hands out the event of a block that has ended, whatever it is like, if it fits, for good.
    pub(super) fn give(&mut self, chunk: &mut Chunk<'_>, mut slices: Slices) -> Result<Event, LimitExceeded> {
        let texts = self.texts(chunk, &mut slices);
        if self.block.take_outgrown() {
            return Err(self.limit_exceeded());
        }
        let Self { block, last_event_id, .. } = self;
        let long = block.take_long_data();
        let (mut event_type, mut data) = block.type_and_data();
        if !slices.event_type.is_none() {
            event_type = texts.text(slices.event_type);
        }
        if !slices.data.is_none() {
            data = texts.text(slices.data);
        }
        let event_type = event::named(event_type);
        Ok(match (long, last_event_id.short()) {
            (None, Some(id)) => Event::from_parts(event_type, data, id),
            (Some(mut long), Some(id)) => {
                // Not twice as much, as it would grow by itself.
                long.reserve_exact(event_type.len().saturating_add(id.len()));
                Event::with_buffer(long, event_type, id)
            }
            (long, None) => {
                let mut data = long.unwrap_or_else(|| String::from(data));
                data.reserve_exact(event_type.len());
                Event::with_buffer(data, event_type, "").with_shared_id(last_event_id.share())
            }
        })
    }

    pub(super) fn lend_comment<'p, 'i: 'p>(&'p mut self, chunk: &Chunk<'i>, comment: Option<Span>) -> Option<&'p str> {
        if let Some(comment) = comment.map(|comment| chunk.slice(comment)) {
            if let Some(comment) = text::check(comment) {
                return Some(comment);
            }
            self.block.keep_comment(comment);
        }
        self.block.comment()
    }

    /// Ends a block without data, whose id takes effect none the less.
    pub(super) fn end_without_event(&mut self, chunk: &mut Chunk<'_>, slices: &mut Slices) {
        self.texts(chunk, slices);
        self.block.clear_spent();
        *slices = Slices::new();
    }

    /// Makes text of a block that has ended: of what lies in the chunk, unless that is not valid and has to be copied, and
    /// in place of what does not. Its id takes effect.
    fn texts<'i>(&mut self, chunk: &mut Chunk<'i>, slices: &mut Slices) -> Texts<'i> {
        let texts = slices.texts(chunk);
        if texts.is_none() {
            self.plain = false;
            self.block.keep_lossy(chunk, slices);
        }
        let texts = texts.unwrap_or_default();
        if slices.id.is_none() {
            self.take_id();
        } else {
            self.set_id(texts.text(slices.id));
        }
        texts
    }

    #[inline]
    fn take_id(&mut self) {
        let Self { block, last_event_id, .. } = self;
        if block.take_has_id() {
            match block.short_id() {
                Some(id) => last_event_id.set(id),
                None => *last_event_id = LastId::from(block.give_id()),
            }
            self.weigh_id();
        }
    }

    #[inline]
    fn set_id(&mut self, id: &str) {
        self.last_event_id.set(id);
        self.weigh_id();
    }

    /// Leaves a block what a long last event ID does not take of the limit.
    #[inline]
    fn weigh_id(&mut self) {
        let length = self.last_event_id.as_str().len();
        if !self.block.is_whole_beside(length) {
            self.block.set_limit(self.block.limit(), length);
        }
    }
}
