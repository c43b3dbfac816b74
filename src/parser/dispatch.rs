//! Blocks to events: bytes become text, the id takes effect.

use alloc::string::String;

use super::block::Block;
use super::chunk::{Chunk, Texts};
use super::item::LimitExceeded;
use super::last_id::LastId;
use super::slices::{Slices, Span};
use super::text;
use crate::event::{self, Event, EventRef, Shared};

/// What one block leaves for the next one, and the block itself.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    pub(super) block: Block,
    pub(super) last_event_id: LastId,
    /// Who sends the blocks, for the events that are handed out for good; empty where nobody said so.
    pub(super) origin: Shared,
    /// There is nothing that the next block could depend on: a chunk begins with it.
    pub(super) plain: bool,
}

impl Blocks {
    pub(super) fn new(limit: usize) -> Self {
        Self { block: Block::new(limit), last_event_id: LastId::default(), origin: Shared::default(), plain: false }
    }

    #[inline]
    pub(super) fn room(&self) -> usize {
        self.block.room()
    }

    pub(super) fn limit_exceeded(&self) -> LimitExceeded {
        LimitExceeded::new(self.block.limit())
    }

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
            if slices.id.len() > Event::LONGEST_COPIED_ID {
                return None;
            }
            self.set_id(texts.text(slices.id));
        }
        let event_type = if slices.event_type.is_none() { "" } else { texts.text(slices.event_type) };
        let id = self.last_event_id.short()?;
        Some(Event::from_parts(event::named(event_type), texts.text(slices.data), id, &self.origin))
    }

    /// Hands out the event of a block that has ended, whatever it is like, if it fits. What the slices are of lies in the
    /// texts, if it is valid.
    #[inline]
    pub(super) fn lend<'p, 'i: 'p>(
        &'p mut self,
        bytes: &'i [u8],
        texts: Option<Texts<'i>>,
        slices: &mut Slices,
    ) -> Result<EventRef<'p>, LimitExceeded> {
        if let (true, Some(texts)) = (self.plain, texts) {
            return Ok(self.lend_whole(slices, texts));
        }
        self.lend_any(bytes, texts, slices)
    }

    fn lend_any<'p, 'i: 'p>(
        &'p mut self,
        bytes: &'i [u8],
        texts: Option<Texts<'i>>,
        slices: &mut Slices,
    ) -> Result<EventRef<'p>, LimitExceeded> {
        let texts = self.texts(bytes, texts, slices);
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

    /// The same for good.
    #[inline]
    pub(super) fn give(
        &mut self,
        bytes: &[u8],
        texts: Option<Texts<'_>>,
        slices: &mut Slices,
    ) -> Result<Event, LimitExceeded> {
        if let (true, Some(texts)) = (self.plain, texts) {
            if let Some(event) = self.give_whole(slices, texts) {
                return Ok(event);
            }
        }
        self.give_any(bytes, texts, slices)
    }

    fn give_any(
        &mut self,
        bytes: &[u8],
        texts: Option<Texts<'_>>,
        slices: &mut Slices,
    ) -> Result<Event, LimitExceeded> {
        let texts = self.texts(bytes, texts, slices);
        if self.block.take_outgrown() {
            return Err(self.limit_exceeded());
        }
        let Self { block, last_event_id, origin, .. } = self;
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
            (None, Some(id)) => Event::from_parts(event_type, data, id, origin),
            (Some(mut long), Some(id)) => {
                // Not twice as much, as it would grow by itself.
                long.reserve_exact(event_type.len().saturating_add(id.len()).saturating_add(origin.len()));
                Event::with_buffer(long, event_type, id, origin)
            }
            (long, None) => {
                let mut data = long.unwrap_or_else(|| String::from(data));
                data.reserve_exact(event_type.len().saturating_add(origin.len()));
                Event::with_buffer(data, event_type, "", origin).with_shared_id(last_event_id.share())
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
        let texts = slices.texts(chunk);
        self.texts(chunk.bytes, texts, slices);
        self.block.clear_spent();
        *slices = Slices::new();
    }

    /// Makes text of a block that has ended: of what lies in the chunk, unless that is not valid and has to be copied, and
    /// in place of what does not. Its id takes effect.
    fn texts<'i>(&mut self, bytes: &'i [u8], texts: Option<Texts<'i>>, slices: &mut Slices) -> Texts<'i> {
        if texts.is_none() {
            self.plain = false;
            self.block.keep_lossy(&mut Chunk::once(bytes), slices);
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
            let length = last_event_id.as_str().len();
            self.weigh_id(length);
        }
    }

    #[inline]
    fn set_id(&mut self, id: &str) {
        // First, since the block may have memory left that a long one is to take.
        self.weigh_id(id.len());
        self.last_event_id.set(id);
    }

    /// Leaves a block what a last event ID of this length does not take of the limit.
    #[inline]
    fn weigh_id(&mut self, length: usize) {
        if !self.block.is_whole_beside(length) {
            self.block.set_limit(self.block.limit(), length);
        }
    }
}
