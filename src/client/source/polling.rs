//! What a source does when it is polled.

use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::stream::{FusedStream, Stream};

use super::EventSource;
use crate::client::Error;
use crate::client::listeners::ListenerEvent;
use crate::client::signal::Signal;
use crate::connection::ReadyState;

/// How many signals may be told one after the other, before whoever polls has to let others have their turn: a feed that is
/// always ahead would otherwise keep the task from everything else it waits for, a time-out included.
const SIGNALS_IN_A_ROW: u32 = 128;

impl EventSource {
    pub(super) fn poll_signal(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Signal, Error>>> {
        // The short way, for nearly all events. What is told on it is not to be moved about, which costs more than it looks.
        if self.in_a_row < SIGNALS_IN_A_ROW && self.handle.wants_nothing() && self.driver.is_plain() {
            let is_alone = !self.driver.has_end() && !self.handle.is_looked_at();
            let parsed = match self.driver.next_whole() {
                Ok(event) if is_alone => {
                    self.in_a_row += 1;
                    return Poll::Ready(Some(Ok(Signal::Message(event))));
                }
                Ok(event) => Some(Ok(event)),
                Err(begun) => self.driver.parse_on(begun),
            };
            if let Some(parsed) = parsed {
                let told = self.driver.tell_next(parsed);
                return self.tell(told);
            }
        }
        self.poll_on(cx)
    }

    fn poll_on(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Signal, Error>>> {
        if self.handle.is_closed() {
            return Poll::Ready(self.end());
        }
        if self.handle.take_pause() {
            self.driver.rest();
        }
        let is_paused = self.handle.is_paused();
        let another = self.handle.take_wish().and_then(|wish| self.driver.reconnect(wish.last_event_id));
        let polled = if let Some(signal) = another {
            Poll::Ready(Some(Ok(signal)))
        } else if self.in_a_row < SIGNALS_IN_A_ROW {
            self.driver.poll_signal(is_paused, cx)
        } else {
            cx.waker().wake_by_ref();
            Poll::Pending
        };
        if let Poll::Ready(told) = polled {
            return self.tell(told);
        }
        self.in_a_row = 0;
        self.handle.update(self.driver.connection());
        self.handle.wake_later(is_paused, cx);
        if self.handle.is_closed() { Poll::Ready(self.end()) } else { Poll::Pending }
    }

    /// Shows what there is to tell to who listens and looks, and hands it out.
    fn tell(&mut self, told: Option<Result<Signal, Error>>) -> Poll<Option<Result<Signal, Error>>> {
        self.in_a_row += 1;
        // Closed in the midst of it, by what was polled or from another thread: that is as silent, and an event that nobody
        // gets does not count as the last one.
        if self.handle.is_closed() {
            self.driver.set_last_event_id(self.handle.last_event_id());
            return Poll::Ready(self.end());
        }
        self.has_opened |= matches!(told, Some(Ok(Signal::Opened(_))));
        self.handle.update(self.driver.connection());
        if let Some(told) = told.as_ref().filter(|_| !self.handle.listeners().is_empty()) {
            if let Some(event) = ListenerEvent::new(&self.handle, told) {
                self.handle.listeners().dispatch(&event);
            }
        }
        if self.driver.connection().ready_state() == ReadyState::Closed {
            self.finish();
        }
        Poll::Ready(told)
    }

    fn end(&mut self) -> Option<Result<Signal, Error>> {
        self.finish();
        None
    }

    /// Lets go of everything but the answers.
    pub(super) fn finish(&mut self) {
        self.driver.close();
        self.handle.listeners().finish();
    }
}

impl Stream for EventSource {
    type Item = Result<Signal, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_signal(cx)
    }
}

/// It is terminated once it holds nothing any more: one that a handle has closed, with its next `None`.
impl FusedStream for EventSource {
    fn is_terminated(&self) -> bool {
        self.driver.connection().ready_state() == ReadyState::Closed
    }
}
