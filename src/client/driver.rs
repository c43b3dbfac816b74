//! What turns the steps of a connection into requests, reads and waits: the one thing here that is async.

use alloc::boxed::Box;
use alloc::string::String;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use bytes::{Buf, Bytes};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use url::Url;

use super::request::{request, sent};
use super::signal::{Opened, Signal};
use super::transport::{Body, Futile, Response, ResponseFuture};
use super::{Client, Error};
use crate::connection::{Connection, Step};
use crate::event::Shared;

/// How many steps one poll may take without anything to tell, such as chunks of comments: a body that is always ready
/// would otherwise keep the task from everything else it waits for.
const STEPS_PER_POLL: usize = 64;

/// Drives a [`Connection`] over a transport, when it is polled.
///
/// Whatever is under way is kept here, one thing at a time, so that whoever polls may go away at any point.
pub(super) struct Driver {
    connection: Connection,
    activity: Activity,
    /// What is left to parse of the last chunk.
    chunk: Bytes,
    /// That of the URL which answered, for the events.
    origin: Shared,
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
    Requesting {
        response: ResponseFuture,
        deadline: Option<Pin<Box<Sleep>>>,
    },
    Reading(Body),
    /// The wait counts from then on, whenever its timer is made.
    Lost(Instant),
    Waiting(Pin<Box<Sleep>>),
}

/// What a step comes to: something to tell, or nothing yet but another step.
type Told = Option<Result<Signal, Error>>;

impl Driver {
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
            told_not_sent: false,
            client,
            url,
            headers,
            head_timeout,
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn close(&mut self) {
        self.connection.close();
        self.stop();
    }

    /// Goes from step to step until there is something to tell; `None` once it is over.
    pub(super) fn poll_signal(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Signal, Error>>> {
        for _ in 0..STEPS_PER_POLL {
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
            return Poll::Ready(self.send_request());
        };
        match response.as_mut().poll(cx) {
            Poll::Ready(Ok(response)) => Poll::Ready(Some(self.take_response(response))),
            Poll::Ready(Err(error)) => Poll::Ready(Some(match error.downcast::<Futile>() {
                Ok(futile) => Err(self.fail(Error::unfetchable("request cannot be made", Some(futile.into_inner())))),
                Err(error) => Ok(self.lose(Error::request(error))),
            })),
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
        let url = url.unwrap_or_else(|| sent(&self.url));
        self.origin = self.origin.intern(&url.origin().ascii_serialization());
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
    }
}

/// A content coding that nobody asked for, and that would make noise of the events.
fn unwanted_encoding(headers: &HeaderMap) -> Option<String> {
    let encodings = headers.get_all(CONTENT_ENCODING).iter().map(|value| value.as_bytes().trim_ascii());
    let unwanted = encodings.into_iter().find(|value| !value.is_empty() && !value.eq_ignore_ascii_case(b"identity"))?;
    Some(String::from_utf8_lossy(unwanted).into_owned())
}
