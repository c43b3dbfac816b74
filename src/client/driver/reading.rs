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
    pub(super) fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Told> {
        let Self { connection, origin, tells_comments, .. } = self;
        match self.chunk.parse(|chunk| parse(connection, chunk, origin, *tells_comments)) {
            Ok(Some(Signal::Message(event))) => return Poll::Ready(Some(Ok(self.take_event(event)))),
            Ok(Some(signal)) => return Poll::Ready(Some(Ok(signal))),
            Ok(None) => {}
            Err(error) if self.connection.step() == Step::Stop => {
                return Poll::Ready(Some(Err(self.fail(Error::limit(error)))));
            }
            Err(error) => return Poll::Ready(Some(Ok(Signal::LimitExceeded(error)))),
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
        } else if self.end.data.is_some() || self.end.event_type.is_some() {
            // With it, it would be over.
            Ending::BeforeEndMarker
        } else {
            Ending::Whole
        }
    }

    /// Looks whether an event is the end: one with the data that says so is nothing else, while one of such a type may have
    /// something to say.
    fn take_event(&mut self, event: Event) -> Signal {
        if self.end.data.as_deref().is_some_and(|data| data == event.data()) {
            return self.finish();
        }
        self.is_at_end = self.end.event_type.as_deref().is_some_and(|end| end == event.event_type());
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
        return Ok(event.map(|event| Signal::Message(event.with_shared_origin(origin))));
    }
    while let Some(item) = connection.handle_bytes_item(chunk)? {
        match item {
            Item::Event(event) => return Ok(Some(Signal::Message(event.into_owned().with_shared_origin(origin)))),
            Item::Comment(comment) => return Ok(Some(Signal::Comment(comment.to_string()))),
            Item::Retry(_) => {}
        }
    }
    Ok(None)
}
