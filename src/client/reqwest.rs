//! The default transport: reqwest.

use alloc::boxed::Box;
use alloc::string::ToString;
use core::error::Error as _;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io;

use bytes::Bytes;
use futures_core::Stream;
use http_body::Body as _;

use super::transport::{BoxError, Futile, Response, ResponseFuture, Transport, Unconnected};
use super::{Builder, Client, Error, EventSource};

impl Client {
    /// Makes a client with reqwest as its transport.
    ///
    /// It does not follow redirects, decompress, or send a request twice by itself, whatever features of reqwest are on,
    /// and sends no `Referer`. Connecting may take 30 seconds, and TCP keep-alive is on, which
    /// [`builder`](Self::builder) can set otherwise. For another configuration there is `Client::from(reqwest::Client)`.
    ///
    /// # Errors
    ///
    /// [`Error`] if the TLS library or the resolver cannot be set up.
    pub fn new() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// Begins to make a client with reqwest as its transport. (A source with knobs begins with [`source`](Self::source).)
    pub fn builder() -> ClientBuilder {
        ClientBuilder {
            connect_timeout: Some(ClientBuilder::DEFAULT_CONNECT_TIMEOUT),
            tcp_keepalive: Some(ClientBuilder::DEFAULT_TCP_KEEPALIVE),
        }
    }
}

/// Makes a [`Client`] with reqwest as its transport.
///
/// # Examples
///
/// ```no_run
/// # async fn run() -> Result<(), ssekit::Error> {
/// use core::time::Duration;
/// use ssekit::Client;
///
/// let client = Client::builder().connect_timeout(Duration::from_secs(5)).build()?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "it does nothing before it is built"]
pub struct ClientBuilder {
    connect_timeout: Option<Duration>,
    tcp_keepalive: Option<Duration>,
}

impl ClientBuilder {
    /// The default of [`connect_timeout`](Self::connect_timeout): 30 seconds.
    pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
    /// The default of [`tcp_keepalive`](Self::tcp_keepalive): 15 seconds.
    pub const DEFAULT_TCP_KEEPALIVE: Duration = Duration::from_secs(15);

    /// Sets how long a connection may take to be made, TLS included; `None` is no limit.
    ///
    /// The default is 30 seconds: as long as a host that drops packets may want to be believed in.
    pub fn connect_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.connect_timeout = timeout.into();
        self
    }

    /// Sets after which silence a connection is asked whether there is still somebody; `None` is never.
    ///
    /// The default is 15 seconds: soon enough for a dead connection to be noticed within minutes.
    pub fn tcp_keepalive(mut self, silence: impl Into<Option<Duration>>) -> Self {
        self.tcp_keepalive = silence.into();
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    ///
    /// [`Error`] if the TLS library or the resolver cannot be set up.
    pub fn build(self) -> Result<Client, Error> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("ssekit/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .tcp_keepalive(self.tcp_keepalive);
        if let Some(timeout) = self.connect_timeout {
            builder = builder.connect_timeout(timeout);
        }
        // Named, because without a name it depends on what other crates switch on.
        #[cfg(feature = "rustls")]
        let builder = builder.tls_backend_rustls();
        #[cfg(all(feature = "native-tls", not(feature = "rustls")))]
        let builder = builder.tls_backend_native();
        let client = builder.build().map_err(|error| {
            let source = error.without_url().into();
            Error::builder("HTTP client cannot be set up", Some(source))
        })?;
        Ok(Client::with_transport(Reqwest { client, timeout: None }))
    }
}

impl EventSource {
    /// Begins to make an event source for a request of reqwest's, with the client that it belongs to: its URL, method,
    /// headers and body.
    ///
    /// A timeout of the request is overridden, since it would end each stream, and what that client does by itself
    /// [it goes on doing](Client#impl-From<Client>-for-Client). With another method than GET or HEAD the source
    /// [does not come back](Builder::retry_policy) unless it is told to.
    ///
    /// That the request is none, has a body that is a stream and cannot be sent again, or a header that is
    /// [not the user's to set](Builder::header), is told by [`Builder::build`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), ssekit::Error> {
    /// use ssekit::EventSource;
    ///
    /// let request = reqwest::Client::new().post("https://example.com/chat").body(r#"{"stream":true}"#);
    /// let mut source = EventSource::from_request(request).end_on_data("[DONE]").build()?;
    /// # Ok(()) }
    /// ```
    pub fn from_request(request: reqwest::RequestBuilder) -> Builder {
        let (client, request) = request.build_split();
        let client = Ok(Client::from(client));
        let mut request = match request {
            Ok(request) => request,
            Err(error) => {
                let source = error.without_url().into();
                return Builder::failed(client, Error::builder("request is none", Some(source)));
            }
        };
        let Some(body) = request.body().map_or(Some(&[][..]), reqwest::Body::as_bytes) else {
            return Builder::failed(client, Error::builder("body of the request cannot be sent again", None));
        };
        let body = Bytes::copy_from_slice(body);
        let mut builder = Builder::new(request.url().as_str(), client).method(request.method().clone()).body(body);
        let mut last = None;
        for (name, value) in core::mem::take(request.headers_mut()) {
            // A name is given once for all of its values.
            last = name.or(last);
            if let Some(name) = last.clone() {
                builder = builder.header(name, value);
            }
        }
        builder
    }
}

/// Makes requests with a client of the user's own.
///
/// A total timeout of that client is overridden, since it would end each stream, and `Accept-Encoding` is what the source
/// says. What else it does by itself it goes on doing, and where it does more than one request at a time, the source sees less:
///
/// | what that client does | what is lost |
/// | --- | --- |
/// | follows redirects | the source sees where they ended, which is the origin of its events and its next URL, and nothing of the hops: whether they were permanent (all count as temporary), the CORS check of each, cookies that they set, the fragment. The client decides what another origin gets on the first attempt (reqwest drops `Authorization`, `Cookie` and a few more, but not headers that it does not know); on later ones the source does. Its limit may be another than 20, and to exceed it is a loss like any other |
/// | has a cookie store | nothing, but that it knows no [origin](crate::Builder::origin), and sends and keeps cookies everywhere; a `CookieJar` does know |
/// | sends requests again | a loss before the response is not told |
/// | has a read timeout | a feed that is silent for so long is lost, and comes back |
/// | decompresses | nothing: what comes encoded though `identity` was asked for is decoded instead of refused, and what `Builder::compression` asked for is decoded there |
/// | has default headers | nothing, but that they go wherever that client goes |
///
/// `reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never())` leaves the rules to
/// the source.
impl From<reqwest::Client> for Client {
    fn from(client: reqwest::Client) -> Self {
        Self::with_transport(Reqwest { client, timeout: Some(Duration::MAX) })
    }
}

struct Reqwest {
    client: reqwest::Client,
    /// Overrides the client's own, which would end each stream.
    timeout: Option<Duration>,
}

impl Transport for Reqwest {
    fn send(&self, request: http::Request<Bytes>) -> ResponseFuture {
        let Self { client, timeout } = self;
        let (client, timeout) = (client.clone(), *timeout);
        Box::pin(async move {
            let mut request = reqwest::Request::try_from(request).map_err(boxed)?;
            *request.timeout_mut() = timeout;
            let response = client.execute(request).await.map_err(boxed)?;
            let url = response.url().clone();
            Ok(Response::new(http::Response::from(response).map(DataFrames)).with_url(url))
        })
    }
}

/// An error as the driver wants it: without the URL, marked where it is a timeout or futile, or nothing was sent.
fn boxed(error: reqwest::Error) -> BoxError {
    let (timed_out, futile) = (error.is_timeout(), error.is_builder() || lacks_tls(&error));
    // That is what its connector says: no connection that was there, be it an old one, counts.
    let unconnected = error.is_connect();
    let error = error.without_url();
    if futile {
        return Futile::new(error).into();
    }
    let error = if timed_out { io::Error::new(io::ErrorKind::TimedOut, error).into() } else { BoxError::from(error) };
    if unconnected { Unconnected::new(error).into() } else { error }
}

/// Whether there is no TLS for an https URL, which nothing but a text tells.
fn lacks_tls(error: &reqwest::Error) -> bool {
    let mut causes = core::iter::successors(error.source(), |&error| error.source());
    error.is_connect() && causes.any(|error| error.to_string().contains("scheme is not http"))
}

/// The data of a body, without its trailers.
struct DataFrames(reqwest::Body);

impl Stream for DataFrames {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(Pin::new(&mut self.0).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(boxed(error)))),
                None => return Poll::Ready(None),
            }
        }
    }
}
