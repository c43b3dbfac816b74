//! What turns the steps of a connection into requests, reads and waits: the one thing here that is async.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use bytes::{Buf, Bytes};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::Error;
use super::fetch::{Fetcher, Unfetched};
use super::request::without_userinfo;
use super::signal::{Opened, Signal};
use super::transport::{Body, Response};
use crate::connection::{Connection, Itinerary, Route, Step};
use crate::event::Shared;
use crate::parser::{Item, LimitExceeded};

/// How many steps one poll may take without anything to tell, such as chunks of comments: a body that is always ready
/// would otherwise keep the task from everything else it waits for.
const STEPS_PER_POLL: usize = 64;

/// What a driver is made of.
pub(super) struct Parts {
    pub(super) connection: Connection,
    pub(super) itinerary: Itinerary,
    pub(super) fetcher: Fetcher,
    pub(super) head_timeout: Option<Duration>,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) tells_comments: bool,
    pub(super) cancel: Option<Cancel>,
}

/// What ends a source from outside.
pub(super) type Cancel = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Drives a [`Connection`] over a transport, when it is polled.
///
/// Whatever is under way is kept here, one thing at a time, so that whoever polls may go away at any point.
pub(super) struct Driver {
    connection: Connection,
    itinerary: Itinerary,
    activity: Activity,
    /// What is left to parse of the last chunk.
    chunk: Bytes,
    /// That of the URL which answered, for the events.
    origin: Shared,
    /// Whether it was told that this attempt goes without a `Last-Event-ID`.
    told_not_sent: bool,
    fetcher: Arc<Fetcher>,
    head_timeout: Option<Duration>,
    idle_timeout: Option<Duration>,
    tells_comments: bool,
    cancel: Option<Cancel>,
}

/// What is going on for the step that the connection is at.
enum Activity {
    Idle,
    Requesting {
        response: Pin<Box<dyn Future<Output = Result<(Route, Response), Unfetched>> + Send>>,
        deadline: Option<Pin<Box<Sleep>>>,
    },
    Reading {
        body: Body,
        /// There is one while nothing comes.
        deadline: Option<Pin<Box<Sleep>>>,
    },
    /// The wait counts from then on, whenever its timer is made.
    Lost(Instant),
    Waiting(Pin<Box<Sleep>>),
}

/// What a step comes to: something to tell, or nothing yet but another step.
type Told = Option<Result<Signal, Error>>;

impl Driver {
    pub(super) fn new(parts: Parts) -> Self {
        Self {
            connection: parts.connection,
            itinerary: parts.itinerary,
            activity: Activity::Idle,
            chunk: Bytes::new(),
            origin: Shared::default(),
            told_not_sent: false,
            fetcher: Arc::new(parts.fetcher),
            head_timeout: parts.head_timeout,
            idle_timeout: parts.idle_timeout,
            tells_comments: parts.tells_comments,
            cancel: parts.cancel,
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Takes back that an event was parsed.
    pub(super) fn set_last_event_id(&mut self, id: String) {
        self.connection.set_last_event_id(id);
    }

    pub(super) fn close(&mut self) {
        self.connection.close();
        self.stop();
    }

    /// Goes from step to step until there is something to tell; `None` once it is over.
    pub(super) fn poll_signal(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Signal, Error>>> {
        for _ in 0..STEPS_PER_POLL {
            if self.cancel.as_mut().is_some_and(|cancel| cancel.as_mut().poll(cx).is_ready()) {
                return Poll::Ready(Some(Err(self.fail(Error::cancelled()))));
            }
            let step = self.connection.step();
            if matches!(step, Step::Connect | Step::Wait(_)) && Handle::try_current().is_err() {
                let error = Error::builder("there is no tokio runtime to connect and wait in", None);
                return Poll::Ready(Some(Err(self.fail(error))));
            }
            let told = match step {
                Step::Connect => ready!(self.poll_response(cx)),
                Step::Read => ready!(self.poll_body(cx)),
                Step::Wait(delay) => ready!(self.poll_wait(delay, cx)),
                Step::Stop => return Poll::Ready(None),
            };
            if told.is_some() {
                return Poll::Ready(told);
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<Told> {
        let Activity::Requesting { response, deadline } = &mut self.activity else {
            return Poll::Ready(self.begin_attempt());
        };
        let error = match response.as_mut().poll(cx) {
            Poll::Ready(Ok((route, response))) => return Poll::Ready(Some(self.take_response(route, response))),
            Poll::Ready(Err(Unfetched::Failed(error))) => return Poll::Ready(Some(Err(self.fail(error)))),
            Poll::Ready(Err(Unfetched::Lost(error))) => error,
            Poll::Pending => {
                let Some(deadline) = deadline else { return Poll::Pending };
                ready!(deadline.as_mut().poll(cx));
                Error::head_timeout(self.head_timeout.unwrap_or_default())
            }
        };
        self.itinerary.handle_lost();
        Poll::Ready(Some(Ok(self.lose(error))))
    }

    fn begin_attempt(&mut self) -> Told {
        let last_event_id = match self.connection.last_event_id_header() {
            Err(error) if !self.told_not_sent => {
                self.told_not_sent = true;
                return Some(Ok(Signal::LastEventIdNotSent(error)));
            }
            header => header.unwrap_or_default().map(Into::into),
        };
        self.told_not_sent = false;
        self.activity = Activity::Requesting {
            response: Box::pin(self.fetcher.clone().fetch(self.itinerary.begin(), last_event_id)),
            deadline: self.head_timeout.map(|timeout| Box::pin(sleep(timeout))),
        };
        None
    }

    fn take_response(&mut self, route: Route, response: Response) -> Result<Signal, Error> {
        let Response { head, body, .. } = response;
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
        self.origin = self.origin.intern(&route.url().origin().ascii_serialization());
        let url = without_userinfo(route.url());
        self.itinerary.handle_connected(route);
        self.activity = Activity::Reading { body, deadline: None };
        Ok(Signal::Opened(Opened::new(url, head.status, head.headers)))
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Told> {
        let mut rest = &self.chunk[..];
        let parsed = parse(&mut self.connection, &mut rest, &self.origin, self.tells_comments);
        let length = self.chunk.len() - rest.len();
        self.chunk.advance(length);
        match parsed {
            Ok(Some(signal)) => return Poll::Ready(Some(Ok(signal))),
            Ok(None) => {}
            Err(error) if self.connection.step() == Step::Stop => {
                return Poll::Ready(Some(Err(self.fail(Error::limit(error)))));
            }
            Err(error) => return Poll::Ready(Some(Ok(Signal::LimitExceeded(error)))),
        }

        // Before the next one is asked for: the transport then has its buffer back.
        self.chunk = Bytes::new();
        let Activity::Reading { body, deadline } = &mut self.activity else {
            return Poll::Ready(Some(Ok(self.lose(Error::end_of_stream()))));
        };
        let error = match body.as_mut().poll_next(cx) {
            Poll::Ready(Some(Ok(chunk))) => {
                self.chunk = chunk;
                *deadline = None;
                return Poll::Ready(None);
            }
            Poll::Ready(Some(Err(error))) => Error::body(error),
            Poll::Ready(None) => Error::end_of_stream(),
            Poll::Pending => {
                let Some(timeout) = self.idle_timeout else { return Poll::Pending };
                ready!(deadline.get_or_insert_with(|| Box::pin(sleep(timeout))).as_mut().poll(cx));
                Error::idle_timeout(timeout)
            }
        };
        Poll::Ready(Some(Ok(self.lose(error))))
    }

    fn poll_wait(&mut self, delay: Duration, cx: &mut Context<'_>) -> Poll<Told> {
        if let Activity::Lost(at) = self.activity {
            let wait = at.checked_add(delay).map_or_else(|| sleep(delay), sleep_until);
            self.activity = Activity::Waiting(Box::pin(wait));
        }
        if let Activity::Waiting(wait) = &mut self.activity {
            ready!(wait.as_mut().poll(cx));
        }
        self.activity = Activity::Idle;
        self.connection.handle_elapsed();
        Poll::Ready(None)
    }

    /// Drops what is left of the connection; the wait for the next one begins at once.
    fn lose(&mut self, error: Error) -> Signal {
        self.stop();
        self.activity = Activity::Lost(Instant::now());
        self.connection.handle_lost();
        let delay = if let Step::Wait(delay) = self.connection.step() { delay } else { Duration::ZERO };
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
        if self.connection.step() == Step::Stop {
            self.cancel = None;
        }
    }
}

/// Parses up to the next thing to tell.
fn parse(
    connection: &mut Connection,
    rest: &mut &[u8],
    origin: &Shared,
    tells_comments: bool,
) -> Result<Option<Signal>, LimitExceeded> {
    if !tells_comments {
        let event = connection.handle_bytes_owned(rest)?;
        return Ok(event.map(|event| Signal::Message(event.with_shared_origin(origin))));
    }
    while let Some(item) = connection.handle_bytes_item(rest)? {
        match item {
            Item::Event(event) => return Ok(Some(Signal::Message(event.into_owned().with_shared_origin(origin)))),
            Item::Comment(comment) => return Ok(Some(Signal::Comment(comment.to_string()))),
            Item::Retry(_) => {}
        }
    }
    Ok(None)
}

/// A content coding that nobody asked for, and that would make noise of the events.
fn unwanted_encoding(headers: &HeaderMap) -> Option<String> {
    let encodings = headers.get_all(CONTENT_ENCODING).iter().map(|value| value.as_bytes().trim_ascii());
    let unwanted = encodings.into_iter().find(|value| !value.is_empty() && !value.eq_ignore_ascii_case(b"identity"))?;
    Some(String::from_utf8_lossy(unwanted).into_owned())
}
