//! The connection: the standard's readyState machine, without clock, socket or HTTP library.

#![cfg_attr(
    not(test),
    warn(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unwrap_used
    )
)]

mod backoff;
mod body;
mod configuration;
mod content_type;
#[cfg(feature = "client")]
mod cors;
mod failure;
mod fields;
mod last_event_id;
mod loss;
#[cfg(feature = "client")]
mod redirect;
mod response;
pub mod retry;
#[cfg(feature = "client")]
mod route;
mod schedule;
mod step;
#[cfg(test)]
mod tests;

#[cfg(feature = "client")]
use alloc::string::String;
use core::error::Error;
use core::fmt;
use core::time::Duration;

use self::content_type::ContentTypes;
#[cfg(feature = "client")]
pub use self::cors::CorsFailure;
#[cfg(feature = "client")]
pub(crate) use self::cors::Requester;
pub use self::failure::Failure;
pub use self::last_event_id::LastEventIdNotSent;
pub(crate) use self::loss::GivenUp;
#[cfg(feature = "client")]
pub use self::redirect::RedirectFailure;
#[cfg(feature = "client")]
pub use self::route::ReconnectionUrl;
#[cfg(feature = "client")]
pub(crate) use self::route::{Hop, Itinerary, Route};
use self::schedule::{Lost, Schedule};
pub use self::step::{ReadyState, Step};
#[cfg(feature = "client")]
use crate::event::Shared;
use crate::parser::Parser;

/// The state machine of one event source, to be driven by any HTTP client, async or not.
///
/// It decides, and its driver does: [`step`](Self::step) says what is next, and each `handle_*` method tells the machine
/// what came of it and leaves it in its next state. It has no clock and does no I/O. At any time there is exactly one
/// thing to do: one request, one read, one wait, or nothing any more. A call that does not fit the state is a no-op, so
/// that something which comes late (a timer after a close, an answer to a request that was given up) does no harm.
///
/// ```text
///                   handle_response                handle_lost
///        ┌─ Connect ───────────────► Read ─────────────────────► Wait ─┐
///        │     │ │   200 and an event stream                       ▲   │
///        │     │ └─────────────────────────────────────────────────┘   │
///        │     │                       handle_lost                     │
///        │     │ handle_response                      handle_elapsed   │
///        │     │ anything else                                         │
///        │     ▼                                                       │
///        │   Stop ◄── close, handle_failure: from anywhere             │
///        └─────────────────────────────────────────────────────────────┘
///
///  readyState: Connect and Wait are CONNECTING, Read is OPEN, Stop is CLOSED.
/// ```
///
/// It implements the standard's [announce, reestablish and fail the connection][processing]. Where the standard leaves
/// the wait to the client, it is the reconnection time, doubled from the second attempt in a row on that brought not a byte
/// of a body, up to 30 seconds or the reconnection time if that is longer. A random part comes on top, so that the clients
/// of a server that went down do not come back as one: up to a tenth of the wait, and up to half of it once an attempt was in vain, which
/// makes 45 seconds at the most by default.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use ssekit::{Connection, ReadyState, Step};
///
/// // Any number that differs from client to client: `RandomState::new().hash_one(())` of std::hash makes one.
/// let mut connection = Connection::new(4);
/// assert_eq!(connection.step(), Step::Connect);
///
/// // The driver makes a request, and hands over what decides: the status and the Content-Type.
/// connection.handle_response(200, ["text/event-stream; charset=utf-8"])?;
/// assert_eq!((connection.step(), connection.ready_state()), (Step::Read, ReadyState::Open));
///
/// // It hands over what it reads, in the chunks in which it comes.
/// let mut chunk = &b"id: 7\nretry: 1000\ndata: hello\n\ndata: cut o"[..];
/// while let Some(event) = connection.handle_bytes(&mut chunk)? {
///     assert_eq!(event.data(), "hello");
/// }
///
/// // The body ends, as it may: there is a wait, and the next request says where to go on.
/// connection.handle_lost();
/// assert_eq!(connection.ready_state(), ReadyState::Connecting);
/// let Step::Wait(delay) = connection.step() else { unreachable!() };
/// assert!(delay >= Duration::from_secs(1) && delay <= Duration::from_millis(1100));
/// connection.handle_elapsed();
/// assert_eq!(connection.step(), Step::Connect);
/// assert_eq!(connection.last_event_id_header(), Ok(Some("7")));
///
/// // "No Content" is how a server says that it is over.
/// connection.handle_response(204, [""; 0])?;
/// assert_eq!(connection.step(), Step::Stop);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
///
/// [processing]: https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
#[derive(Clone)]
pub struct Connection {
    state: State,
    parser: Parser,
    schedule: Schedule,
    /// Whether this connection has delivered a byte of its body.
    delivered: bool,
    /// For how long it has been open, as far as anybody told.
    open: Duration,
    content_types: ContentTypes,
    /// What the response says of when to ask again, about which is being decided.
    retry_after: Option<Duration>,
    max_retry_after: Duration,
    last_event_id_limit: usize,
    fail_on_limit: bool,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Connecting,
    Open,
    Waiting(Duration),
    Closed,
}

impl Connection {
    /// Makes a connection that is about to make its first request.
    ///
    /// The seed is for the random part of the waits, and has to differ from client to client: clients with the same
    /// seed come back to a server at the same time. It is no secret.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            state: State::Connecting,
            parser: Parser::new(),
            schedule: Schedule::new(seed),
            delivered: false,
            open: Duration::ZERO,
            content_types: ContentTypes::default(),
            retry_after: None,
            max_retry_after: Self::DEFAULT_MAX_RETRY_AFTER,
            last_event_id_limit: Self::DEFAULT_LAST_EVENT_ID_LIMIT,
            fail_on_limit: false,
        }
    }

    /// Takes the loss of the connection: the request failed, or the body broke or ended.
    ///
    /// Fits [`Step::Connect`] and [`Step::Read`]. What there is of an unfinished event is discarded, and the next step
    /// is [`Step::Wait`], or [`Step::Stop`] if the policy gives up.
    pub fn handle_lost(&mut self) {
        self.lose(None);
    }

    /// Takes the loss of the connection, as [`handle_lost`](Self::handle_lost), and what the policy may know of it; says whether it gave up.
    #[cfg(feature = "client")]
    pub(crate) fn handle_error(&mut self, error: &(dyn Error + Send + Sync + 'static)) -> Option<GivenUp> {
        self.lose(Some(error))
    }

    /// Takes the passing of time since this was last called, or since the connection was made.
    ///
    /// Fits every step. The machine has no clock: whoever has one calls this before whatever else it tells, for the sake of
    /// policies that end after some time ([`Backoff::with_max_elapsed`](retry::Backoff::with_max_elapsed)) and of what
    /// [counts as healthy](Self::with_healthy_after).
    pub fn handle_time(&mut self, passed: Duration) {
        self.schedule.pass(passed);
        if matches!(self.state, State::Open) {
            self.open = self.open.saturating_add(passed);
        }
    }

    /// Takes how many requests this attempt took, over all redirects.
    #[cfg(feature = "client")]
    pub(crate) fn handle_requests(&mut self, requests: u32) {
        self.schedule.requests = requests;
    }

    /// Takes the end of the wait.
    ///
    /// Fits [`Step::Wait`]; the next step is [`Step::Connect`].
    pub fn handle_elapsed(&mut self) {
        if matches!(self.state, State::Waiting(_)) {
            self.state = State::Connecting;
        }
    }

    /// Takes the wish for another connection, now: what there is of one is given up, and a wait is cut short.
    ///
    /// Fits every step but [`Step::Stop`]; the next step is [`Step::Connect`]. It is no loss, and no policy is asked; losses
    /// are counted anew if the connection was healthy.
    pub fn handle_reconnect(&mut self) {
        match self.state {
            State::Open => self.schedule.handle_given_up(self.open, self.delivered),
            State::Connecting | State::Waiting(_) => {}
            State::Closed => return,
        }
        self.parser.reset();
        self.retry_after = None;
        self.state = State::Connecting;
    }

    /// Takes what makes every further attempt futile, such as a URL that cannot be fetched, or a cancellation.
    ///
    /// Fits every step but [`Step::Stop`], which is the next one. Returns whether it was news: if so, there is one
    /// failure to tell; if not, the connection was closed before.
    pub fn handle_failure(&mut self) -> bool {
        let news = !matches!(self.state, State::Closed);
        self.close();
        news
    }

    /// Closes the connection, for good.
    ///
    /// The next step is [`Step::Stop`]: nothing more is handed out, not even the rest of a chunk.
    pub fn close(&mut self) {
        self.state = State::Closed;
        self.parser.reset();
    }

    #[cfg(feature = "client")]
    pub(crate) fn set_origin(&mut self, origin: &str) {
        self.parser.set_origin(origin);
    }

    #[cfg(feature = "client")]
    pub(crate) fn origin(&self) -> Shared {
        self.parser.origin()
    }

    #[cfg(feature = "client")]
    pub(crate) fn set_last_event_id(&mut self, last_event_id: String) {
        self.parser = core::mem::take(&mut self.parser).with_last_event_id(last_event_id);
    }

    /// What the driver has to do next.
    #[must_use]
    pub fn step(&self) -> Step {
        match self.state {
            State::Connecting => Step::Connect,
            State::Open => Step::Read,
            State::Waiting(delay) => Step::Wait(delay),
            State::Closed => Step::Stop,
        }
    }

    /// Whether there is a connection.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        match self.state {
            State::Connecting | State::Waiting(_) => ReadyState::Connecting,
            State::Open => ReadyState::Open,
            State::Closed => ReadyState::Closed,
        }
    }

    /// The last event ID: that of the last event that was handed out, or of a block without data since.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.parser.last_event_id()
    }

    /// The value of the `Last-Event-ID` field of the next request, to be sent as its UTF-8 bytes.
    ///
    /// It is `None`, and the field is left out, while the last event ID is empty. Spaces and tabs at the ends are
    /// dropped, as HTTP would drop them.
    ///
    /// # Errors
    ///
    /// [`LastEventIdNotSent`] if the field has to be left out because it cannot carry the ID, which is no reason to give
    /// the connection up.
    pub fn last_event_id_header(&self) -> Result<Option<&str>, LastEventIdNotSent> {
        last_event_id::header(self.parser.last_event_id(), self.last_event_id_limit)
    }

    /// The reconnection time in force: the server's last `retry`, else what was configured, within the bounds.
    #[must_use]
    pub fn reconnection_time(&self) -> Duration {
        self.schedule.reconnection_time(self.parser.reconnection_time())
    }

    /// Whether the loss of an open connection is the end.
    #[cfg(feature = "client")]
    pub(crate) fn ends_with_response(&self) -> bool {
        self.schedule.policy.ends_with_response()
    }

    /// How many bytes there are of an unfinished event.
    #[cfg(feature = "client")]
    pub(crate) fn buffered(&self) -> usize {
        self.parser.buffered()
    }

    fn lose(&mut self, error: Option<&(dyn Error + Send + Sync + 'static)>) -> Option<GivenUp> {
        let (open, delivered) = match self.state {
            State::Connecting => (None, false),
            State::Open => (Some(self.open), self.delivered),
            State::Waiting(_) | State::Closed => return None,
        };
        self.retry_after = None;
        let given_up = self.decide(&Lost { open, delivered, status: None, retry_after: None, error });
        self.parser.reset();
        given_up
    }

    fn decide(&mut self, lost: &Lost<'_>) -> Option<GivenUp> {
        match self.schedule.decide(lost, self.parser.reconnection_time()) {
            Ok(wait) => {
                self.state = State::Waiting(wait);
                None
            }
            Err(given_up) => {
                self.close();
                Some(given_up)
            }
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("step", &self.step())
            .field("ready_state", &self.ready_state())
            .field("last_event_id", &self.last_event_id())
            .field("reconnection_time", &self.reconnection_time())
            .finish_non_exhaustive()
    }
}
