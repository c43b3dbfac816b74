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

use super::transport::{BoxError, Futile, Response, ResponseFuture, Transport};
use super::{Client, Error};

/// How long a connection may take to be made: as long as a host that drops packets may want to be believed in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// When a silent connection is asked whether there is still somebody: soon enough for a wait to notice within minutes.
const TCP_KEEPALIVE: Duration = Duration::from_secs(15);

impl Client {
    /// Makes a client with reqwest as its transport.
    ///
    /// It does not follow redirects, decompress, or send a request twice by itself, whatever features of reqwest are on,
    /// and sends no `Referer`. Connecting may take 30 seconds, and TCP keep-alive is on. For another configuration there is
    /// `Client::from(reqwest::Client)`.
    ///
    /// # Errors
    ///
    /// [`Error`] if the TLS library or the resolver cannot be set up.
    pub fn new() -> Result<Self, Error> {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("ssekit/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_keepalive(TCP_KEEPALIVE);
        // Named, because without a name it depends on what other crates switch on.
        #[cfg(feature = "rustls")]
        let builder = builder.tls_backend_rustls();
        #[cfg(all(feature = "native-tls", not(feature = "rustls")))]
        let builder = builder.tls_backend_native();
        let client = builder.build().map_err(|error| {
            let source = error.without_url().into();
            Error::builder("HTTP client cannot be set up", Some(source))
        })?;
        Ok(Self::with_transport(Reqwest { client, timeout: None }))
    }
}

/// Makes requests with a client of the user's own.
///
/// A total timeout of that client is overridden, since it would end each stream, and `Accept-Encoding: identity` is sent. What
/// else it does by itself it goes on doing, and where it does more than one request at a time, the source sees less:
///
/// | what that client does | what is lost |
/// | --- | --- |
/// | follows redirects | the source sees where they ended, which is the origin of its events and its next URL, and nothing of the hops: whether they were permanent (all count as temporary), the CORS check of each, cookies that they set, the fragment. The client decides what another origin gets on the first attempt (reqwest drops `Authorization`, `Cookie` and a few more, but not headers that it does not know); on later ones the source does. Its limit may be another than 20, and to exceed it is a loss like any other |
/// | has a cookie store | nothing, but that it knows no [origin](crate::Builder::origin), and sends and keeps cookies everywhere; a `CookieJar` does know |
/// | sends requests again | a loss before the response is not told |
/// | has a read timeout | a feed that is silent for so long is lost, and comes back |
/// | decompresses | nothing: what comes encoded though `identity` was asked for is decoded instead of refused |
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

/// An error as the driver wants it: without the URL, marked where it is a timeout or futile.
fn boxed(error: reqwest::Error) -> BoxError {
    let (timed_out, futile) = (error.is_timeout(), error.is_builder() || lacks_tls(&error));
    let error = error.without_url();
    if futile {
        Futile::new(error).into()
    } else if timed_out {
        io::Error::new(io::ErrorKind::TimedOut, error).into()
    } else {
        error.into()
    }
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
