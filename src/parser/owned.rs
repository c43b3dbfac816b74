//! The way of owned events, which are not to be moved about.
//!
//! An event is seven words. What writes them one by one and reads them two at a time, as a move does, has the processor wait
//! for its own stores. So an event that lies whole in the chunk, as nearly all do, is told apart by the type of the result from
//! those that functions write to memory, and it is made where it is wanted.

use super::Parser;
use super::advance::{Found, Stage};
use super::carry::GoesOn;
use super::chunk::Chunk;
#[cfg(any(feature = "stream", feature = "client"))]
use super::chunk::{OwnedChunk, check_alone};
use super::item::LimitExceeded;
use super::slices::Slices;
use super::whole::whole_block;
use crate::event::Event;

/// What the fast path took off the chunk where it found no event that it could hand out.
#[cfg(any(feature = "stream", feature = "client"))]
#[derive(Clone, Copy)]
pub(crate) struct Begun {
    stage: Stage,
    slices: Slices,
}

impl Parser {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it returns would otherwise go through memory: a tenth of the time")]
    pub(super) fn parse_chunk_owned(&mut self, chunk: &mut Chunk<'_>) -> Result<Option<Event>, LimitExceeded> {
        if self.blocks.plain {
            let (ended, slices) = whole_block(chunk.bytes, &mut chunk.progress, self.blocks.room());
            if ended && chunk.has_texts(slices.stretch) {
                if let Some(event) = self.blocks.give_whole(&slices, chunk.texts) {
                    return Ok(Some(event));
                }
            }
            // A copy, so that what is to be in memory for this is not so above.
            let mut slices = slices;
            return self
                .parse_on_owned(chunk, if ended { Stage::Ended } else { Stage::Begun }, &mut slices)
                .transpose();
        }
        match self.carry_on(chunk.bytes, &mut chunk.progress) {
            GoesOn::On => Ok(None),
            goes_on => self.parse_on_owned(chunk, Stage::Carried(goes_on), &mut Slices::new()).transpose(),
        }
    }

    /// The event of a block that lies whole in the chunk, if there is one and nothing is carried over from before, or else what
    /// [`parse_on`](Self::parse_on) has to go on with.
    #[cfg(any(feature = "stream", feature = "client"))]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it returns would otherwise go through memory: a tenth of the time")]
    pub(crate) fn next_whole<B: AsRef<[u8]>>(&mut self, chunk: &mut OwnedChunk<B>) -> Result<Event, Option<Begun>> {
        if !self.blocks.plain {
            return Err(None);
        }
        let bytes = chunk.bytes.as_ref();
        let (ended, slices) = whole_block(bytes, &mut chunk.progress, self.blocks.room());
        if ended {
            if let Some(texts) = check_alone(bytes, slices.stretch) {
                if let Some(event) = self.blocks.give_whole(&slices, texts) {
                    return Ok(event);
                }
            }
        }
        Err(Some(Begun { stage: if ended { Stage::Ended } else { Stage::Begun }, slices }))
    }

    /// Parses where there is no [`next_whole`](Self::next_whole).
    #[cfg(any(feature = "stream", feature = "client"))]
    #[inline(never)]
    pub(crate) fn parse_on<B: AsRef<[u8]>>(
        &mut self,
        chunk: &mut OwnedChunk<B>,
        begun: Option<Begun>,
    ) -> Option<Result<Event, LimitExceeded>> {
        let (stage, mut slices) = match begun {
            Some(Begun { stage, slices }) => (stage, slices),
            None => match self.carry_on(chunk.bytes.as_ref(), &mut chunk.progress) {
                GoesOn::On => return None,
                goes_on => (Stage::Carried(goes_on), Slices::new()),
            },
        };
        chunk.parse(|chunk| self.parse_on_owned(chunk, stage, &mut slices))
    }

    /// Parses where there is more to it.
    #[inline(never)]
    fn parse_on_owned(
        &mut self,
        chunk: &mut Chunk<'_>,
        stage: Stage,
        slices: &mut Slices,
    ) -> Option<Result<Event, LimitExceeded>> {
        match self.advance_from(chunk, stage, slices) {
            Found::Event => Some(self.blocks.give(chunk.bytes, slices.texts(chunk), slices)),
            Found::Carried => Some(self.blocks.give(self.carry.bytes(), self.carry.texts(), slices)),
            Found::Limit => Some(Err(self.blocks.limit_exceeded())),
            _ => None,
        }
    }
}
