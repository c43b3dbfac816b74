//! The seam between an event source and HTTP.
//!
//! A [`Transport`] makes one request and hands back the head of the response and its body, in the types of the crates
//! [http](https://docs.rs/http) and [bytes](https://docs.rs/bytes). Everything else (which responses count, when to ask again, with which ID) is
//! decided above it. With the feature `reqwest` there is one ready, which `Client::new` uses.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::error::Error;
use core::fmt;
use core::future::Future;
use core::pin::Pin;

use bytes::Bytes;
use futures_core::Stream;
use url::Url;

/// An error of any type.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What [`Transport::send`] gives back.
pub type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send>>;

pub(super) type Body = Pin<Box<dyn Stream<Item = Result<Bytes, BoxError>> + Send>>;

/// Makes HTTP requests for event sources.
///
/// # What it has to do
///
/// * Send the request as it is: every header is there that belongs in it, but for those of the connection itself, such
///   as `Host`.
/// * Resolve to the response, whatever its status, as soon as its head is there.
/// * Not follow redirects, not decompress, not time out over the body and not send a request twice. A transport that
///   does follow redirects says [where it ended](Response::with_url).
/// * Give up the request, or the connection, when the future or the body is dropped.
///
/// An error that it resolves to is a loss, after which the source tries again, unless it is a [`Futile`] one. One that
/// has an [`io::Error`](std::io::Error) of the kind `TimedOut` among its causes counts as a timeout, and one that is
/// [`Unconnected`] says that nothing was sent.
///
/// A [`Client`](super::Client) is a transport too, so that one may wrap another.
///
/// Who writes one needs the crates `http` 1 and `bytes` 1, and for its URL `url` 2.
///
/// # Examples
///
/// A server for tests: one event stream, and then the end. On the paused clock the wait in between takes no time.
///
/// ```
/// use bytes::Bytes;
/// use futures_util::stream;
/// use ssekit::Client;
/// use ssekit::transport::{BoxError, Response, ResponseFuture, Transport};
///
/// /// Answers the first request with a stream, and the next one with 204.
/// struct Canned(&'static str);
///
/// impl Transport for Canned {
///     fn send(&self, request: http::Request<Bytes>) -> ResponseFuture {
///         let status = if request.headers().contains_key("last-event-id") { 204 } else { 200 };
///         let body = stream::iter([Ok::<_, BoxError>(Bytes::from_static(self.0.as_bytes()))]);
///         let response = http::Response::builder().status(status).header("content-type", "text/event-stream").body(body);
///         Box::pin(async move { Ok(Response::new(response?)) })
///     }
/// }
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)] // in a test, `tokio::test`
/// async fn main() -> Result<(), ssekit::Error> {
///     let mut source = Client::with_transport(Canned("id: 1\ndata: hello\n\n")).get("http://example.com/")?;
///     assert_eq!(source.message().await?.unwrap().data(), "hello");
///     assert!(source.message().await?.is_none());
///     Ok(())
/// }
/// ```
pub trait Transport: Send + Sync + 'static {
    /// Sends a request, and resolves to the head of its response.
    ///
    /// It is called in the context of a tokio runtime.
    fn send(&self, request: http::Request<Bytes>) -> ResponseFuture;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, request: http::Request<Bytes>) -> ResponseFuture {
        (**self).send(request)
    }
}

impl Transport for super::Client {
    fn send(&self, request: http::Request<Bytes>) -> ResponseFuture {
        self.transport.send(request)
    }
}

/// An error of a [`Transport`] after which trying again makes no sense: it fails the source, as an
/// [`ErrorKind::Unfetchable`](crate::ErrorKind::Unfetchable).
#[derive(Debug)]
pub struct Futile(BoxError);

impl Futile {
    /// Says that trying again after this error makes no sense.
    pub fn new(error: impl Into<BoxError>) -> Self {
        Self(error.into())
    }

    pub(super) fn into_inner(self) -> BoxError {
        self.0
    }
}

impl fmt::Display for Futile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("trying again makes no sense")
    }
}

impl Error for Futile {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// An error of a [`Transport`] that could not make a connection, so that nothing of the request was sent: a loss, of which
/// [`Error::is_connect`](super::Error::is_connect) tells.
#[derive(Debug)]
pub struct Unconnected(BoxError);

impl Unconnected {
    /// Says that nothing was sent for this error.
    pub fn new(error: impl Into<BoxError>) -> Self {
        Self(error.into())
    }

    pub(super) fn into_inner(self) -> BoxError {
        self.0
    }
}

impl fmt::Display for Unconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no connection could be made")
    }
}

impl Error for Unconnected {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// A response: its head, and its body as a stream of bytes.
pub struct Response {
    pub(super) head: http::response::Parts,
    pub(super) body: Body,
    pub(super) url: Option<Url>,
}

impl Response {
    /// Makes a response of one whose body is a stream of bytes.
    pub fn new<S, E>(response: http::Response<S>) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        let (head, body) = response.into_parts();
        Self { head, body: Box::pin(Boxed { body }), url: None }
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> http::StatusCode {
        self.head.status
    }

    /// The headers of the response.
    #[must_use]
    pub fn headers(&self) -> &http::HeaderMap {
        &self.head.headers
    }

    /// Sets the URL that answered, if it is not that of the request.
    #[must_use]
    pub fn with_url(mut self, url: Url) -> Self {
        self.url = Some(url);
        self
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.head.status).finish_non_exhaustive()
    }
}

pin_project_lite::pin_project! {
    /// A body whose errors are boxed.
    struct Boxed<S> {
        #[pin]
        body: S,
    }
}

impl<S, E> Stream for Boxed<S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<BoxError>,
{
    type Item = Result<Bytes, BoxError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut core::task::Context<'_>) -> core::task::Poll<Option<Self::Item>> {
        self.project().body.poll_next(cx).map(|item| item.map(|item| item.map_err(Into::into)))
    }
}
