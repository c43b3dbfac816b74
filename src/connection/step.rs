//! Where a connection stands, and what follows from it.

use core::time::Duration;

#[cfg(doc)]
use super::Connection;

/// Whether there is a connection; the standard's [readyState].
///
/// [readyState]: https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource-readystate
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(clippy::exhaustive_enums, reason = "the standard has these three, and drivers match them")]
#[repr(u8)]
pub enum ReadyState {
    /// There is none yet, or it was lost and comes back by itself.
    Connecting = 0,
    /// There is one, and its events are dispatched.
    Open = 1,
    /// There is none, and there will never be one again.
    Closed = 2,
}

/// The number that a page has for it.
impl From<ReadyState> for u8 {
    fn from(state: ReadyState) -> Self {
        state as Self
    }
}

/// What the driver of a [`Connection`] has to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "a driver that does not know a step cannot do it")]
pub enum Step {
    /// Make one request, then call [`Connection::handle_response`] or [`Connection::handle_lost`].
    ///
    /// It is a GET with `Accept: text/event-stream`, `Cache-Control: no-cache`, `Pragma: no-cache`, and `Last-Event-ID` if
    /// [`Connection::last_event_id_header`] has one. Without a decoder that hands on what it has, it says
    /// `Accept-Encoding: identity`.
    Connect,
    /// Read the body, then call [`Connection::handle_bytes`] with what came, or [`Connection::handle_lost`] at its end.
    Read,
    /// Drop what is left of the connection, let this time pass from its loss on, then call
    /// [`Connection::handle_elapsed`].
    Wait(Duration),
    /// It is over.
    Stop,
}
