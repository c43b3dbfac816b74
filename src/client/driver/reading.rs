//! What a driver does while there is a connection.

use alloc::string::ToString;
use core::task::{Context, Poll, ready};

use bytes::Bytes;

use super::{Activity, Deadline, Driver, Told};
use crate::client::error::{Ending, Error};
use crate::client::signal::Signal;
use crate::connection::Step;
use crate::event::Event;
use crate::parser::{Begun, Item, LimitExceeded, OwnedChunk};

impl Driver {
    /// Whether the next event can be had the short way, as nearly all can: by these two, one after the other.
    #[inline]
    pub(in crate::client) fn is_plain(&self) -> bool {
        let is_plain = !self.tells_comments && !self.is_at_end && self.cancel.is_none();
        is_plain && self.connection.step() == Step::Read
    }

    /// The next event in what was read already, if it lies whole in there.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it returns would otherwise go through memory: a tenth of the time")]
    pub(in crate::client) fn next_whole(&mut self) -> Result<Event, Option<Begun>> {
        self.connection.next_whole(&mut self.chunk)
    }

    /// The next event in what was read already, if it does not.
    pub(in crate::client) fn parse_on(&mut self, begun: Option<Begun>) -> Option<Result<Event, LimitExceeded>> {
        self.connection.parse_on(&mut self.chunk, begun)
    }

    /// Whether an event can be the end.
    #[inline]
    pub(in crate::client) fn has_end(&self) -> bool {
        self.end.is_some()
    }

    /// Tells what came on that way.
    pub(in crate::client) fn tell_next(&mut self, parsed: Result<Event, LimitExceeded>) -> Told {
        let told = Some(self.tell_event(parsed));
        self.trace.tell(told.as_ref().map(Result::as_ref));
        told
    }

    /// Parses what was read already, up to the next event: the long way.
    fn parse_event(&mut self) -> Result<Option<Event>, LimitExceeded> {
        let connection = &mut self.connection;
        self.chunk.parse(|chunk| connection.handle_bytes_owned(chunk))
    }

    /// Parses what was read already, up to the next event or comment.
    fn parse_item(&mut self) -> Told {
        let connection = &mut self.connection;
        let origin = connection.origin();
        let parsed = self.chunk.parse(|chunk| {
            while let Some(item) = connection.handle_bytes_item(chunk)? {
                match item {
                    Item::Event(event) => {
                        return Ok(Some(Signal::Message(event.into_owned_from(&origin))));
                    }
                    Item::Comment(comment) => return Ok(Some(Signal::Comment(comment.to_string()))),
                    Item::Retry(_) => {}
                }
            }
            Ok(None)
        });
        match parsed {
            Ok(Some(Signal::Message(event))) => Some(self.tell_event(Ok(event))),
            Ok(told) => told.map(Ok),
            Err(error) => Some(self.tell_event(Err(error))),
        }
    }

    /// Looks whether an event is the end: one with the data that says so is nothing else, while one of such a type may have
    /// something to say.
    fn tell_event(&mut self, parsed: Result<Event, LimitExceeded>) -> Result<Signal, Error> {
        let event = match parsed {
            Ok(event) => event,
            Err(error) => return self.tell_limit(error),
        };
        let Some(end) = &self.end else { return Ok(Signal::Message(event)) };
        if end.data.as_deref().is_some_and(|data| data == event.data()) {
            return Ok(self.finish());
        }
        self.is_at_end = end.event_type.as_deref().is_some_and(|end| end == event.event_type());
        Ok(Signal::Message(event))
    }

    fn tell_limit(&mut self, error: LimitExceeded) -> Result<Signal, Error> {
        if self.connection.step() == Step::Stop {
            return Err(self.fail(Error::limit(error)));
        }
        Ok(Signal::LimitExceeded(error))
    }

    pub(super) fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Told> {
        let told = if self.tells_comments {
            self.parse_item()
        } else {
            self.parse_event().transpose().map(|parsed| self.tell_event(parsed))
        };
        if told.is_some() {
            return Poll::Ready(told);
        }

        // Before the next one is asked for: the transport then has its buffer back.
        self.chunk = OwnedChunk::new(Bytes::new());
        let Activity::Reading { body, deadline } = &mut self.activity else {
            return Poll::Ready(Some(self.lose(Error::end_of_stream(self.ending()))));
        };
        let error = match body.as_mut().poll_next(cx) {
            Poll::Ready(Some(Ok(chunk))) => {
                self.chunk = OwnedChunk::new(chunk);
                *deadline = None;
                return Poll::Ready(None);
            }
            Poll::Ready(Some(Err(error))) => Error::broken(error),
            Poll::Ready(None) => {
                let ending = self.ending();
                if matches!(ending, Ending::Whole) && self.connection.ends_with_response() {
                    return Poll::Ready(Some(Ok(self.finish())));
                }
                Error::end_of_stream(ending)
            }
            Poll::Pending => {
                let Some(timeout) = self.idle_timeout else { return Poll::Pending };
                ready!(deadline.get_or_insert_with(|| Deadline::after(timeout)).as_mut().poll(cx));
                Error::idle_timeout(timeout)
            }
        };
        Poll::Ready(Some(self.lose(error)))
    }

    /// Whether something would be cut off by a response that ended here without an error.
    fn ending(&self) -> Ending {
        if self.connection.buffered() > 0 {
            Ending::InEvent
        } else if self.end.is_some() {
            // With it, it would be over.
            Ending::BeforeEndMarker
        } else {
            Ending::Whole
        }
    }
}
