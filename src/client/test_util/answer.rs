//! What becomes of a request.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::time::Duration;
use std::boxed::Box;
use std::io::{self, ErrorKind};
use std::string::String;
use std::sync::{Mutex, PoisonError};
use std::vec::Vec;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};

use super::transport::{BoxError, Unconnected};

/// What becomes of one request: a response, a failure, or nothing at all.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use ssekit::test_util::{Answer, Part};
///
/// let answers = [
///     Answer::stream([Part::text("data: a\n\n"), Part::pause(Duration::from_secs(5)), Part::text("data: b\n\n")]),
///     Answer::refused().with_delay(Duration::from_secs(30)),
///     Answer::status(307).with_header("location", "/elsewhere"),
///     Answer::response(200, [Part::text("<p>Please log in</p>")]).with_header("content-type", "text/html"),
///     Answer::silent(),
///     Answer::status(204),
/// ];
/// ```
#[derive(Debug)]
#[must_use = "it does nothing unless it is part of a script"]
pub struct Answer {
    pub(super) delay: Duration,
    pub(super) outcome: Outcome,
}

#[derive(Debug)]
pub(super) enum Outcome {
    Response(Response<Vec<Part>>),
    Error(BoxError),
    Silent,
}

impl Answer {
    /// Answers with an event stream: the status 200, the `Content-Type` that goes with it, and this body.
    pub fn stream(parts: impl IntoIterator<Item = Part>) -> Self {
        Self::response(200, parts).with_header(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"))
    }

    /// Answers with this status, without headers and without a body.
    ///
    /// # Panics
    ///
    /// If the status is not between 100 and 999.
    #[track_caller]
    pub fn status(status: u16) -> Self {
        Self::response(status, [])
    }

    /// Answers with this status and this body, without headers.
    ///
    /// # Panics
    ///
    /// If the status is not between 100 and 999.
    #[track_caller]
    pub fn response(status: u16, parts: impl IntoIterator<Item = Part>) -> Self {
        let mut response = Response::new(parts.into_iter().collect());
        *response.status_mut() = StatusCode::from_u16(status).expect("a status is between 100 and 999");
        Self::new(Outcome::Response(response))
    }

    /// Refuses the request: it fails, because nobody listens.
    pub fn refused() -> Self {
        Self::error(Unconnected::new(io::Error::from(ErrorKind::ConnectionRefused)))
    }

    /// Fails the request with this error.
    ///
    /// What it counts as is said at [`Transport`](super::transport::Transport): a loss, of which one that is
    /// [`Unconnected`] says that nothing was sent, or, of one that is [`Futile`](super::transport::Futile), a failure.
    pub fn error(error: impl Into<BoxError>) -> Self {
        Self::new(Outcome::Error(error.into()))
    }

    /// Never answers, and does not fail either.
    pub fn silent() -> Self {
        Self::new(Outcome::Silent)
    }

    fn new(outcome: Outcome) -> Self {
        Self { delay: Duration::ZERO, outcome }
    }

    /// Adds a header to the response, beside what there is of this name; where there is no response, it does nothing.
    ///
    /// # Panics
    ///
    /// If HTTP forbids the name or the value.
    #[track_caller]
    pub fn with_header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        let (Ok(name), Ok(value)) = (name.try_into(), value.try_into()) else {
            panic!("HTTP forbids the name or the value of a header")
        };
        if let Outcome::Response(response) = &mut self.outcome {
            response.headers_mut().append(name, value);
        }
        self
    }

    /// Lets this time pass before the head of the response, or the failure, comes.
    pub fn with_delay(mut self, time: Duration) -> Self {
        self.delay = time;
        self
    }
}

/// One thing that the body of a response does; behind its last part it ends.
#[derive(Debug)]
#[must_use = "it does nothing unless it is part of a body"]
pub struct Part(pub(super) What);

#[derive(Debug)]
pub(super) enum What {
    Bytes(Bytes),
    Pause(Duration),
    Until(Until),
    Error(BoxError),
    Hang,
}

impl Part {
    /// Sends this text, in one chunk.
    pub fn text(text: impl Into<String>) -> Self {
        Self::bytes(text.into())
    }

    /// Sends these bytes, in one chunk.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self(What::Bytes(bytes.into()))
    }

    /// Lets this time pass, from when it is read on.
    ///
    /// A body is asked for its next part only when the source is polled, and is not [paused](crate::SourceHandle::pause): what
    /// passes before that does not count. What is to come at a moment of the test's waits for [`until`](Self::until).
    pub fn pause(time: Duration) -> Self {
        Self(What::Pause(time))
    }

    /// Lets nothing by until this future is done, whatever it brings: the test decides when.
    ///
    /// The receiver of a oneshot channel is such a future, and lets the rest by when its sender is dropped too.
    ///
    /// # Examples
    ///
    /// ```
    /// use ssekit::test_util::{Answer, Part, Script};
    /// use tokio::sync::oneshot;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ssekit::Error> {
    /// let (go, gone) = oneshot::channel::<()>();
    /// let script = Script::new([Answer::stream([Part::until(gone), Part::text("data: a\n\n")])]);
    /// let mut source = script.client().get("http://example.com/")?;
    /// source.opened().await?;
    /// // … what there is to see while the server is silent, and then:
    /// drop(go);
    /// assert_eq!(source.message().await?.unwrap().data(), "a");
    /// # Ok(()) }
    /// ```
    pub fn until<F>(future: F) -> Self
    where
        F: Future + Send + 'static,
    {
        Self(What::Until(Until(Mutex::new(Box::pin(async move {
            future.await;
        })))))
    }

    /// Breaks the connection: parts behind it do not come any more.
    pub fn broken() -> Self {
        Self::error(io::Error::from(ErrorKind::ConnectionReset))
    }

    /// Breaks the connection with this error: parts behind it do not come any more.
    pub fn error(error: impl Into<BoxError>) -> Self {
        Self(What::Error(error.into()))
    }

    /// Holds the connection for ever: neither a part behind it comes any more nor an end.
    pub fn hang() -> Self {
        Self(What::Hang)
    }
}

/// What a part waits for; locked, so that it may be shared as all the others.
pub(super) struct Until(Mutex<Wait>);

pub(super) type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Until {
    pub(super) fn into_wait(self) -> Wait {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Until").finish_non_exhaustive()
    }
}
