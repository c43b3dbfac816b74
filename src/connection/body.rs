//! What a connection makes of the bytes of a body.

#[cfg(doc)]
use super::Step;
use super::{Connection, State};
use crate::event::{Event, EventRef};
#[cfg(doc)]
use crate::parser::Parser;
#[cfg(feature = "client")]
use crate::parser::{Begun, OwnedChunk};
use crate::parser::{Input, Item, LimitExceeded};

impl Connection {
    /// Takes bytes of the body, and hands out the next event in them, borrowed; to be called until there is none.
    ///
    /// Fits [`Step::Read`]; otherwise it takes nothing. It is [`Parser::parse`], whose contract holds here too.
    ///
    /// # Errors
    ///
    /// [`LimitExceeded`] if the unfinished event outgrew the limit. The connection goes on with the next call, unless
    /// [`with_fail_on_limit`](Self::with_fail_on_limit) says that it is closed.
    pub fn handle_bytes<'c, 'i: 'c>(
        &'c mut self,
        input: &mut impl Input<'i>,
    ) -> Result<Option<EventRef<'c>>, LimitExceeded> {
        if !self.takes(input.is_empty()) {
            return Ok(None);
        }
        // Ahead of the call, which lends the parser out.
        let over = self.state_over_limit();
        self.parser.parse(input).inspect_err(|_| self.state = over)
    }

    /// Takes bytes of the body, and hands out the next event in them, owned; to be called until there is none.
    ///
    /// It is to [`Parser::parse_owned`] what [`handle_bytes`](Self::handle_bytes) is to [`Parser::parse`].
    ///
    /// # Errors
    ///
    /// As [`handle_bytes`](Self::handle_bytes).
    #[inline]
    pub fn handle_bytes_owned<'i>(&mut self, input: &mut impl Input<'i>) -> Result<Option<Event>, LimitExceeded> {
        if !self.takes(input.is_empty()) {
            return Ok(None);
        }
        let over = self.state_over_limit();
        self.parser.parse_owned(input).inspect_err(|_| self.state = over)
    }

    /// The same in two steps, as the parser has them; to be called where the step is [`Step::Read`].
    #[cfg(feature = "client")]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it returns would otherwise go through memory: a tenth of the time")]
    pub(crate) fn next_whole<B: AsRef<[u8]>>(&mut self, chunk: &mut OwnedChunk<B>) -> Result<Event, Option<Begun>> {
        self.takes(chunk.is_empty());
        self.parser.next_whole(chunk)
    }

    #[cfg(feature = "client")]
    pub(crate) fn parse_on<B: AsRef<[u8]>>(
        &mut self,
        chunk: &mut OwnedChunk<B>,
        begun: Option<Begun>,
    ) -> Option<Result<Event, LimitExceeded>> {
        let parsed = self.parser.parse_on(chunk, begun);
        if let Some(Err(_)) = parsed {
            self.state = self.state_over_limit();
        }
        parsed
    }

    /// Takes bytes of the body, and hands out the next event, comment or reconnection time in them; to be called until
    /// there is none.
    ///
    /// It is to [`Parser::parse_item`] what [`handle_bytes`](Self::handle_bytes) is to [`Parser::parse`].
    ///
    /// # Errors
    ///
    /// As [`handle_bytes`](Self::handle_bytes).
    pub fn handle_bytes_item<'c, 'i: 'c>(
        &'c mut self,
        input: &mut impl Input<'i>,
    ) -> Result<Option<Item<'c>>, LimitExceeded> {
        if !self.takes(input.is_empty()) {
            return Ok(None);
        }
        let over = self.state_over_limit();
        self.parser.parse_item(input).inspect_err(|_| self.state = over)
    }

    fn state_over_limit(&self) -> State {
        if self.fail_on_limit { State::Closed } else { self.state }
    }

    fn takes(&mut self, nothing: bool) -> bool {
        let open = matches!(self.state, State::Open);
        self.delivered |= open && !nothing;
        open
    }
}
