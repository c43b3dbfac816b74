//! The event source: the one thing here that is async.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use bytes::{Buf, Bytes};
use futures_core::stream::{FusedStream, Stream};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use tokio::time::{Sleep, sleep};
use url::Url;

use super::request::request;
use super::signal::{Opened, Shown, Signal};
use super::transport::{Body, Response, ResponseFuture};
use super::{Client, Error};
use crate::connection::{Connection, ReadyState, Step};
use crate::event::{Event, Shared};

/// The browser's [`EventSource`][standard]: the events of a server, over as many connections as it takes.
///
/// It connects when it is first polled, and comes back by itself, with `Last-Event-ID`, whenever the connection is lost
/// or cannot be made. Between polls it does nothing, and needs no task of its own; it wants to be polled in a tokio
/// runtime.
///
/// # How to listen
///
/// There are three ways: [`message`](Self::message) for events alone, [`signal`](Self::signal) for everything
/// that happens, and the same as a [`Stream`]. Dropping any of their futures loses nothing: the next call goes on where
/// it was.
///
/// # When it ends
///
/// * An `Err` means, always and only, that the source has failed and is CLOSED: the server answered with something that
///   is no event stream, or what was asked for makes no sense. `None` follows for ever.
/// * `None` without an `Err` means that it is over: the server said so by a status of 204, or it was
///   [closed](Self::close) here.
/// * What may come back is neither: a server that cannot be reached, or ends its response, is a
///   [`Signal::Reconnecting`]. So as not to wait for a host that never existed, ask [`opened`](Self::opened) first.
///
/// # Panics
///
/// Polling it panics in a tokio runtime whose timers are off (see `tokio::runtime::Builder::enable_time`). Outside of a
/// runtime it fails, and does not panic.
///
/// # Examples
///
/// ```no_run
/// # #[cfg(feature = "reqwest")]
/// # async fn run() -> Result<(), ssekit::Error> {
/// use ssekit::EventSource;
///
/// let mut source = EventSource::get("https://stream.wikimedia.org/v2/stream/recentchange")?;
/// source.opened().await?;
/// while let Some(event) = source.message().await? {
///     println!("{} {}", event.event_type(), event.data());
/// }
/// # Ok(()) }
/// ```
///
/// [standard]: https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
#[must_use = "it does nothing unless it is polled"]
pub struct EventSource {
    connection: Connection,
    activity: Activity,
    /// What is left to parse of the last chunk.
    chunk: Bytes,
    /// That of the URL which answered, for the events.
    origin: Shared,
    has_opened: bool,
    /// Whether it was told that this attempt goes without a `Last-Event-ID`.
    told_not_sent: bool,
    client: Client,
    url: Url,
    headers: HeaderMap,
    head_timeout: Option<Duration>,
}

/// What is going on for the step that the connection is at.
enum Activity {
    Idle,
    Requesting { response: ResponseFuture, deadline: Option<Pin<Box<Sleep>>> },
    Reading(Body),
    Waiting(Pin<Box<Sleep>>),
}

/// What a step comes to: something to tell, or nothing yet but another step.
type Told = Option<Result<Signal, Error>>;

impl EventSource {
    /// Makes an event source for this URL, with every default and a client of its own.
    ///
    /// Sources that share a [`Client`] come cheaper: see [`Client::get`].
    ///
    /// # Errors
    ///
    /// [`Error`] if the URL cannot be parsed, or no HTTP client can be set up.
    #[cfg(feature = "reqwest")]
    pub fn get(url: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder(url).build()
    }

    /// Begins to make an event source for this URL, with a client of its own.
    #[cfg(feature = "reqwest")]
    pub fn builder(url: impl AsRef<str>) -> super::Builder {
        super::Builder::new(url.as_ref(), Client::new())
    }

    pub(super) fn new(
        client: Client,
        url: Url,
        headers: HeaderMap,
        connection: Connection,
        head_timeout: Option<Duration>,
    ) -> Self {
        Self {
            connection,
            activity: Activity::Idle,
            chunk: Bytes::new(),
            origin: Shared::default(),
            has_opened: false,
            told_not_sent: false,
            client,
            url,
            headers,
            head_timeout,
        }
    }

    /// Waits until the source is open for the first time, and says what the server answered.
    ///
    /// Here a first attempt that is lost is a failure too, and closes the source: a host that is unknown, or that nobody
    /// listens on, is told instead of tried again. Without this call it is tried again.
    ///
    /// `None` means that there is nothing to wait for: the source had opened before and told so, or it is over.
    ///
    /// # Errors
    ///
    /// [`Error`] if the source failed, or was lost before it opened. It is closed.
    pub async fn opened(&mut self) -> Result<Option<Opened>, Error> {
        while !self.has_opened {
            match self.signal().await? {
                Some(Signal::Opened(opened)) => return Ok(Some(opened)),
                Some(Signal::Reconnecting { error, .. }) => {
                    self.close();
                    return Err(error);
                }
                Some(_) => {}
                None => break,
            }
        }
        Ok(None)
    }

    /// Waits for the next event, over as many connections as it takes; `None` means that it is over.
    ///
    /// # Errors
    ///
    /// [`Error`] if the source failed. It is closed.
    pub async fn message(&mut self) -> Result<Option<Event>, Error> {
        while let Some(signal) = self.signal().await? {
            if let Signal::Message(event) = signal {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// Waits for whatever happens next; `None` means that it is over.
    ///
    /// # Errors
    ///
    /// [`Error`] if the source failed. It is closed.
    pub async fn signal(&mut self) -> Result<Option<Signal>, Error> {
        poll_fn(|cx| self.poll_signal(cx)).await.transpose()
    }

    /// Closes the source, for good and without a word: `None` is all that follows.
    ///
    /// The connection is dropped at once, and so is a wait for the next one.
    pub fn close(&mut self) {
        self.connection.close();
        self.stop();
    }

    /// Whether there is a connection.
    ///
    /// It changes with what is told: it is OPEN from the [`Signal::Opened`] on.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.connection.ready_state()
    }

    /// The URL that the source was made with; it never changes.
    ///
    /// It is whole: mind what is in it before it is shown.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The last event ID: that of the last event that was handed out, or of a block without data since.
    ///
    /// A source that is made with it goes on behind that event.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.connection.last_event_id()
    }

    /// The reconnection time in force: the server's last `retry`, else what was configured, within the bounds.
    #[must_use]
    pub fn reconnection_time(&self) -> Duration {
        self.connection.reconnection_time()
    }

    fn poll_signal(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Signal, Error>>> {
        loop {
            let told = match self.connection.step() {
                Step::Connect => ready!(self.poll_response(cx)),
                Step::Read => ready!(self.poll_body(cx)),
                Step::Wait(delay) => ready!(self.poll_wait(delay, cx)),
                Step::Stop => return Poll::Ready(None),
            };
            if told.is_some() {
                return Poll::Ready(told);
            }
        }
    }

    fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<Told> {
        let Activity::Requesting { response, deadline } = &mut self.activity else {
            return Poll::Ready(self.send_request());
        };
        match response.as_mut().poll(cx) {
            Poll::Ready(Ok(response)) => Poll::Ready(Some(self.take_response(response))),
            Poll::Ready(Err(error)) => Poll::Ready(Some(Ok(self.lose(Error::request(error))))),
            Poll::Pending => {
                let Some(deadline) = deadline else { return Poll::Pending };
                ready!(deadline.as_mut().poll(cx));
                let error = Error::head_timeout(self.head_timeout.unwrap_or_default());
                Poll::Ready(Some(Ok(self.lose(error))))
            }
        }
    }

    fn send_request(&mut self) -> Told {
        let last_event_id = match self.connection.last_event_id_header() {
            Err(error) if !self.told_not_sent => {
                self.told_not_sent = true;
                return Some(Ok(Signal::LastEventIdNotSent(error)));
            }
            header => header.unwrap_or_default(),
        };
        if tokio::runtime::Handle::try_current().is_err() {
            return Some(Err(self.fail(Error::builder("there is no tokio runtime to make requests in", None))));
        }
        match request(&self.url, &self.headers, last_event_id) {
            Ok(request) => {
                self.told_not_sent = false;
                self.activity = Activity::Requesting {
                    response: self.client.transport.send(request),
                    deadline: self.head_timeout.map(|timeout| Box::pin(sleep(timeout))),
                };
                None
            }
            Err(error) => Some(Err(self.fail(error))),
        }
    }

    fn take_response(&mut self, response: Response) -> Result<Signal, Error> {
        let Response { head, body, url } = response;
        if let Err(failure) = self.connection.handle_response(head.status.as_u16(), head.headers.get_all(CONTENT_TYPE))
        {
            return Err(self.fail(Error::response(failure)));
        }
        if self.connection.step() != Step::Read {
            self.stop();
            return Ok(Signal::Ended);
        }
        if let Some(encoding) = unwanted_encoding(&head.headers) {
            let error = Error::content_encoding(&encoding);
            return Err(self.fail(error));
        }
        let url = url.unwrap_or_else(|| without_userinfo(self.url.clone()));
        self.origin = self.origin.intern(&url.origin().ascii_serialization());
        self.has_opened = true;
        self.activity = Activity::Reading(body);
        Ok(Signal::Opened(Opened::new(url, head.status, head.headers)))
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Told> {
        let mut rest = &self.chunk[..];
        let parsed = self.connection.handle_bytes_owned(&mut rest);
        let length = self.chunk.len() - rest.len();
        self.chunk.advance(length);
        match parsed {
            Ok(Some(event)) => return Poll::Ready(Some(Ok(Signal::Message(event.with_shared_origin(&self.origin))))),
            Ok(None) => {}
            Err(error) if self.connection.step() == Step::Stop => {
                return Poll::Ready(Some(Err(self.fail(Error::limit(error)))));
            }
            Err(error) => return Poll::Ready(Some(Ok(Signal::LimitExceeded(error)))),
        }

        // Before the next one is asked for: the transport then has its buffer back.
        self.chunk = Bytes::new();
        let Activity::Reading(body) = &mut self.activity else {
            return Poll::Ready(Some(Ok(self.lose(Error::end_of_stream()))));
        };
        Poll::Ready(match ready!(body.as_mut().poll_next(cx)) {
            Some(Ok(chunk)) => {
                self.chunk = chunk;
                None
            }
            Some(Err(error)) => Some(Ok(self.lose(Error::body(error)))),
            None => Some(Ok(self.lose(Error::end_of_stream()))),
        })
    }

    fn poll_wait(&mut self, delay: Duration, cx: &mut Context<'_>) -> Poll<Told> {
        if let Activity::Waiting(wait) = &mut self.activity {
            ready!(wait.as_mut().poll(cx));
            self.activity = Activity::Idle;
            self.connection.handle_elapsed();
        } else {
            self.activity = Activity::Waiting(Box::pin(sleep(delay)));
        }
        Poll::Ready(None)
    }

    /// Drops what is left of the connection; the wait for the next one begins at once.
    fn lose(&mut self, error: Error) -> Signal {
        self.stop();
        self.connection.handle_lost();
        let mut delay = Duration::ZERO;
        if let Step::Wait(wait) = self.connection.step() {
            delay = wait;
            self.activity = Activity::Waiting(Box::pin(sleep(wait)));
        }
        Signal::Reconnecting { error, delay }
    }

    fn fail(&mut self, error: Error) -> Error {
        self.connection.handle_failure();
        self.stop();
        error
    }

    fn stop(&mut self) {
        self.activity = Activity::Idle;
        self.chunk = Bytes::new();
    }
}

impl Stream for EventSource {
    type Item = Result<Signal, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_signal(cx)
    }
}

impl FusedStream for EventSource {
    fn is_terminated(&self) -> bool {
        self.ready_state() == ReadyState::Closed
    }
}

/// Without headers and the URL's query, in which there may be secrets.
impl fmt::Debug for EventSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSource")
            .field("url", &Shown(&self.url))
            .field("ready_state", &self.ready_state())
            .field("last_event_id", &self.last_event_id())
            .finish_non_exhaustive()
    }
}

/// A content coding that nobody asked for, and that would make noise of the events.
fn unwanted_encoding(headers: &HeaderMap) -> Option<String> {
    let encodings = headers.get_all(CONTENT_ENCODING).iter().map(|value| value.as_bytes().trim_ascii());
    let unwanted = encodings.into_iter().find(|value| !value.is_empty() && !value.eq_ignore_ascii_case(b"identity"))?;
    Some(String::from_utf8_lossy(unwanted).into_owned())
}

fn without_userinfo(mut url: Url) -> Url {
    // A URL that was fetched has a host, and then this cannot fail.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}
