//! What a driver does while there is a connection.

use alloc::boxed::Box;
use alloc::string::ToString;
use core::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::time::sleep;

use super::{Activity, Driver, Told};
use crate::client::error::{Ending, Error};
use crate::client::signal::Signal;
use crate::connection::{Connection, Step};
use crate::event::{Event, Shared};
use crate::parser::{Chunk, Item, LimitExceeded, OwnedChunk};

impl Driver {
    /// The next event in what was read already: the short way, for nearly all of them.
    ///
    /// `None` if there is none, or it takes the long way.
    #[inline]
    pub(in crate::client) fn next_event(&mut self) -> Told {
        let is_plain = !self.tells_comments && !self.is_at_end && self.cancel.is_none();
        if !is_plain || self.connection.step() != Step::Read {
            return None;
        }
        let connection = &mut self.connection;
        let told = match self.chunk.parse(|chunk| connection.handle_bytes_owned(chunk)) {
            Ok(None) => return None,
            Ok(Some(mut event)) => {
                event.set_shared_origin(&self.origin);
                if self.end.is_none() {
                    return Some(Ok(Signal::Message(event)));
                }
                Ok(self.take_event(event))
            }
            Err(error) => self.tell_limit(error),
        };
        self.trace.tell(Some(told.as_ref()));
        Some(told)
    }

    fn tell_limit(&mut self, error: LimitExceeded) -> Result<Signal, Error> {
        if self.connection.step() == Step::Stop {
            return Err(self.fail(Error::limit(error)));
        }
        Ok(Signal::LimitExceeded(error))
    }

    pub(super) fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Told> {
        let Self { connection, origin, tells_comments, .. } = self;
        match self.chunk.parse(|chunk| parse(connection, chunk, origin, *tells_comments)) {
            Ok(Some(Signal::Message(event))) => return Poll::Ready(Some(Ok(self.take_event(event)))),
            Ok(Some(signal)) => return Poll::Ready(Some(Ok(signal))),
            Ok(None) => {}
            Err(error) => return Poll::Ready(Some(self.tell_limit(error))),
        }

        // Before the next one is asked for: the transport then has its buffer back.
        self.chunk = OwnedChunk::new(Bytes::new());
        let ending = self.ending();
        let Activity::Reading { body, deadline } = &mut self.activity else {
            return Poll::Ready(Some(self.lose(Error::end_of_stream(ending))));
        };
        let error = match body.as_mut().poll_next(cx) {
            Poll::Ready(Some(Ok(chunk))) => {
                self.chunk = OwnedChunk::new(chunk);
                *deadline = None;
                return Poll::Ready(None);
            }
            Poll::Ready(Some(Err(error))) => Error::broken(error),
            Poll::Ready(None) if matches!(ending, Ending::Whole) && self.connection.ends_with_response() => {
                return Poll::Ready(Some(Ok(self.finish())));
            }
            Poll::Ready(None) => Error::end_of_stream(ending),
            Poll::Pending => {
                let Some(timeout) = self.idle_timeout else { return Poll::Pending };
                ready!(deadline.get_or_insert_with(|| Box::pin(sleep(timeout))).as_mut().poll(cx));
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

    /// Looks whether an event is the end: one with the data that says so is nothing else, while one of such a type may have
    /// something to say.
    #[inline]
    fn take_event(&mut self, event: Event) -> Signal {
        if let Some(end) = &self.end {
            if end.data.as_deref().is_some_and(|data| data == event.data()) {
                return self.finish();
            }
            self.is_at_end = end.event_type.as_deref().is_some_and(|end| end == event.event_type());
        }
        Signal::Message(event)
    }
}

/// Parses up to the next thing to tell.
fn parse(
    connection: &mut Connection,
    chunk: &mut Chunk<'_>,
    origin: &Shared,
    tells_comments: bool,
) -> Result<Option<Signal>, LimitExceeded> {
    if !tells_comments {
        let event = connection.handle_bytes_owned(chunk)?;
        return Ok(event.map(|event| Signal::Message(event_of(event, origin))));
    }
    while let Some(item) = connection.handle_bytes_item(chunk)? {
        match item {
            Item::Event(event) => return Ok(Some(Signal::Message(event_of(event.into_owned(), origin)))),
            Item::Comment(comment) => return Ok(Some(Signal::Comment(comment.to_string()))),
            Item::Retry(_) => {}
        }
    }
    Ok(None)
}

fn event_of(mut event: Event, origin: &Shared) -> Event {
    event.set_shared_origin(origin);
    event
}
