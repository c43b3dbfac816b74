//! The way of owned events, which are not to be moved about.
//!
//! An event is eight words. What writes them one by one and reads them two at a time, as a move does, has the processor wait
//! for its own stores. So an event that lies whole in the chunk, as nearly all do, is told apart by the type of the result from
//! those that functions write to memory, and it is made where it is wanted.

use super::Parser;
use super::chunk::Chunk;
use super::item::LimitExceeded;
use super::scan::Flow;
use super::slices::Slices;
use super::whole::whole_block;
use crate::event::Event;

/// What the fast path took off the chunk where it found no event that it could hand out.
#[derive(Default)]
pub(crate) struct Begun {
    ended: bool,
    slices: Slices,
}

impl Parser {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it returns would otherwise go through memory: a tenth of the time")]
    pub(super) fn parse_chunk_owned(&mut self, chunk: &mut Chunk<'_>) -> Result<Option<Event>, LimitExceeded> {
        match self.next_whole(chunk) {
            Ok(event) => Ok(Some(event)),
            Err(begun) => self.parse_on_owned(chunk, begun).transpose(),
        }
    }

    /// The event of a block that lies whole in the chunk, if there is one and nothing is carried over from before, or else what
    /// [`parse_on_owned`](Self::parse_on_owned) has to go on with, if there is anything.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it returns would otherwise go through memory: a tenth of the time")]
    pub(crate) fn next_whole(&mut self, chunk: &mut Chunk<'_>) -> Result<Event, Option<Begun>> {
        if !self.plain {
            return Err(None);
        }
        let (ended, slices) = whole_block(chunk, self.block.room());
        let texts = if ended { slices.texts(chunk) } else { None };
        match texts.and_then(|texts| self.give_whole(&slices, texts)) {
            Some(event) => Ok(event),
            None => Err(Some(Begun { ended, slices })),
        }
    }

    /// Parses where there is no [`next_whole`](Self::next_whole).
    #[inline(never)]
    pub(crate) fn parse_on_owned(
        &mut self,
        chunk: &mut Chunk<'_>,
        mut begun: Option<Begun>,
    ) -> Option<Result<Event, LimitExceeded>> {
        if begun.is_none() {
            match if self.in_data { self.data_flows_on(chunk) } else { Flow::Otherwise } {
                Flow::On => return None,
                Flow::Event => return Some(self.give(chunk, Slices::new())),
                Flow::Limit => return Some(Err(self.limit_exceeded())),
                Flow::Otherwise => {}
            }
            if self.starts_anew() {
                match self.next_whole(chunk) {
                    Ok(event) => return Some(Ok(event)),
                    Err(instead) => begun = instead,
                }
            }
        }
        let Begun { ended, slices } = begun.unwrap_or_default();
        self.parse_rest(chunk, ended, slices, Self::give)
    }
}
