//! The way of events that borrow, from the chunk or from the parser.

use super::Parser;
use super::advance::{Found, Stage};
use super::carry::GoesOn;
use super::chunk::Chunk;
use super::item::{Item, LimitExceeded};
use super::slices::Slices;
use super::whole::whole_block;
use crate::event::EventRef;

impl Parser {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "in the loop that calls it, which is a twelfth of the instructions less")]
    pub(super) fn parse_chunk<'p, 'i: 'p>(
        &'p mut self,
        chunk: &mut Chunk<'i>,
    ) -> Result<Option<EventRef<'p>>, LimitExceeded> {
        if self.blocks.plain {
            let (ended, slices) = whole_block(chunk.bytes, &mut chunk.progress, self.blocks.room());
            if ended && chunk.has_texts(slices.stretch) {
                return Ok(Some(self.blocks.lend_whole(&slices, chunk.texts)));
            }
            // A copy, so that what is to be in memory for this is not so above.
            let mut slices = slices;
            return self.lend_on(chunk, if ended { Stage::Ended } else { Stage::Begun }, &mut slices);
        }
        match self.carry_on(chunk.bytes, &mut chunk.progress) {
            GoesOn::On => Ok(None),
            goes_on => self.lend_on(chunk, Stage::Carried(goes_on), &mut Slices::new()),
        }
    }

    /// Parses where there is more to it.
    #[inline]
    fn lend_on<'p, 'i: 'p>(
        &'p mut self,
        chunk: &mut Chunk<'i>,
        stage: Stage,
        slices: &mut Slices,
    ) -> Result<Option<EventRef<'p>>, LimitExceeded> {
        // Taken apart, so that an event found above is not put together in memory for the sake of those found here.
        match self.parse_on_borrowed(chunk, stage, slices) {
            Ok(Some(event)) => Ok(Some(event.taken_apart())),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        }
    }

    #[inline(never)]
    fn parse_on_borrowed<'p, 'i: 'p>(
        &'p mut self,
        chunk: &mut Chunk<'i>,
        stage: Stage,
        slices: &mut Slices,
    ) -> Result<Option<EventRef<'p>>, LimitExceeded> {
        match self.advance_from(chunk, stage, slices) {
            Found::Event => self.blocks.lend(chunk.bytes, slices.texts(chunk), slices).map(Some),
            Found::Carried => self.blocks.lend(self.carry.bytes(), self.carry.texts(), slices).map(Some),
            Found::Limit => Err(self.blocks.limit_exceeded()),
            _ => Ok(None),
        }
    }

    pub(super) fn parse_chunk_item<'p, 'i: 'p>(
        &'p mut self,
        chunk: &mut Chunk<'i>,
    ) -> Result<Option<Item<'p>>, LimitExceeded> {
        self.pour();
        let slices = &mut Slices::new();
        let found = self.advance(chunk, slices, true);
        let exceeded = self.blocks.limit_exceeded();
        let item = match found {
            Found::Event => {
                let event = self.blocks.lend(chunk.bytes, slices.texts(chunk), slices)?;
                return Ok(Some(Item::Event(event)));
            }
            Found::Comment(span) => self.blocks.lend_comment(chunk, span).map(Item::Comment),
            Found::Retry => self.reconnection_time.map(Item::Retry),
            Found::Limit => None,
            Found::Carried | Found::End => return Ok(None),
        };
        item.map(Some).ok_or(exceeded)
    }
}
