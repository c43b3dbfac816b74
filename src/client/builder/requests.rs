//! Which requests a source makes, in whose name, and with which headers.

use alloc::boxed::Box;
use core::future::Future;

use bytes::Bytes;
use http::Method;
use http::header::{HeaderName, HeaderValue};

use super::Builder;
#[cfg(feature = "cookies")]
use crate::client::CookieJar;
#[cfg(doc)]
use crate::client::EventSource;
use crate::client::request::reserved;
use crate::client::transport::BoxError;
use crate::client::{Attempt, Error};
use crate::connection::ReconnectionUrl;
#[cfg(doc)]
use crate::connection::retry::{Loss, Policy};

impl Builder {
    /// Sets the URL against which that of the source is resolved, as a page's is against that of the page.
    ///
    /// By default there is none, and the URL of the source has to be absolute.
    pub fn base_url(mut self, url: impl AsRef<str>) -> Self {
        self.base_url = Some(url.as_ref().into());
        self
    }

    /// Sets the origin in whose name the source asks, and makes it mind [CORS] as a browser would for a page of it:
    /// `https://example.com`, or `null`.
    ///
    /// By default there is none: the program is trusted, sends no `Origin`, and takes what it gets. With one, a request to
    /// another origin says in its `Origin` field who asks (or `null`, once redirects have led through foreign hands), and
    /// each response to it, be it a redirect or a refusal, has to allow that origin, or the source fails with
    /// [`Error::is_cors`]. There is no preflight, whatever headers are set here.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[cfg(feature = "reqwest")]
    /// # async fn run() -> Result<(), ssekit::Error> {
    /// use ssekit::{CorsFailure, EventSource, Failure};
    ///
    /// let builder = EventSource::builder("https://feeds.example/news").origin("https://page.example");
    /// let mut source = builder.with_credentials(true).build()?;
    /// if let Err(error) = source.opened().await {
    ///     match error.failure() {
    ///         Some(Failure::Cors(CorsFailure::NoAllowOrigin)) => println!("it is not for other origins"),
    ///         Some(Failure::Cors(other)) => println!("not for us: {other}"),
    ///         _ => println!("{error:#}"),
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// [CORS]: https://fetch.spec.whatwg.org/#http-cors-protocol
    pub fn origin(mut self, origin: impl AsRef<str>) -> Self {
        self.origin = Some(origin.as_ref().into());
        self
    }

    /// Sets whether credentials, which are cookies and the userinfo of the URL, go to other origins too.
    ///
    /// By default they do not, as for a page's `withCredentials`. It matters in the name of an [origin](Self::origin)
    /// alone: a program without one has no other origins, and its credentials go wherever they belong. The server then has
    /// to allow credentials too. A [header](Self::header) that is set goes with the first request in any case, be it `Cookie` or
    /// `Authorization`.
    pub fn with_credentials(mut self, with_credentials: bool) -> Self {
        self.with_credentials = with_credentials;
        self
    }

    /// Gives the source a jar, from which cookies go out with each request that may have credentials, and into which
    /// those of its responses go.
    ///
    /// By default there is none, and no cookie is kept. A `Cookie` [header](Self::header) that you set is sent instead of those
    /// in the jar; where a redirect leaves it behind, those in the jar are sent. It needs the feature `cookies`.
    #[cfg(feature = "cookies")]
    pub fn cookies(mut self, jar: &CookieJar) -> Self {
        self.requests.cookies = Some(jar.clone());
        self
    }

    /// Sets whether the server may compress the feed, by one of the codings whose features are on: `gzip`, `br` (feature
    /// `brotli`) and `zstd`.
    ///
    /// By default it may not: a server that compresses has to flush after each event, and one that does not delays events
    /// until others push them out. What has come is decoded, and told, at once. An event stream with another coding, or several
    /// in a row, is a failure with an [`Error::is_content_encoding`], as any coding is without this knob; one that is not
    /// compressed is as good as ever. The begin of the body of a refusal is decoded too; headers are shown as they came.
    ///
    /// A compressed body that is cut off or damaged is a loss, with an [`Error::is_transport`], after the events that came
    /// before; checksums are at its end, and what is damaged so that it can be decoded all the same is told until then. The
    /// [limit](Self::limit) holds for what comes out of it. The decoder needs memory of its own, as much as the server wants
    /// it to look back: 32 KiB with `gzip`, up to 8 MiB with `zstd` and 16 MiB with `br`.
    ///
    /// It needs the feature `gzip`, `brotli` or `zstd`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[cfg(feature = "reqwest")]
    /// # async fn run() -> Result<(), ssekit::Error> {
    /// use ssekit::EventSource;
    ///
    /// let mut source = EventSource::builder("https://example.com/feed").compression(true).build()?;
    /// # Ok(()) }
    /// ```
    #[cfg(any(feature = "gzip", feature = "brotli", feature = "zstd"))]
    pub fn compression(mut self, compression: bool) -> Self {
        self.requests.compression = compression;
        self
    }

    /// Sets which URL the next attempt goes to, after a connection that was reached by redirects.
    ///
    /// The default is [`ReconnectionUrl::Final`], as the standard has it.
    pub fn reconnection_url(mut self, which: ReconnectionUrl) -> Self {
        self.reconnection_url = which;
        self
    }

    /// Adds a header to each request; called twice with a name, it adds two.
    ///
    /// `Accept`, `Cache-Control`, `Pragma` and `User-Agent` replace what would be sent without them, and `Authorization`
    /// replaces the userinfo of the URL. `Last-Event-ID` and `Accept-Encoding` are the source's own, and `Content-Length` and
    /// `Transfer-Encoding` are the transport's: [`build`](Self::build) refuses those, and what is no header.
    ///
    /// A redirect to another origin leaves all of them behind, for the rest of that attempt and for attempts that begin where
    /// it led, but for `Accept`, `Accept-Language`, `Cache-Control`, `Pragma` and `User-Agent`: they are nobody else's business.
    /// [`keep_header`](Self::keep_header) names others that go on. An attempt that begins at the URL of the source again sends
    /// all of them again.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        N::Error: Into<BoxError>,
        V: TryInto<HeaderValue>,
        V::Error: Into<BoxError>,
    {
        let name = header_name(name);
        let value = value.try_into().map_err(|error| Error::builder("header value is invalid", Some(error.into())));
        let added = name.and_then(|name| match reserved(&name) {
            Some(why) => Err(Error::builder(why, None)),
            None => Ok((name, value?)),
        });
        match added {
            Ok((name, value)) => {
                self.requests.headers.append(name, value);
            }
            Err(error) => {
                self.error.get_or_insert(error);
            }
        }
        self
    }

    /// Sets the method of the requests.
    ///
    /// The default is GET. With any other but HEAD the source [does not come back](Self::retry_policy) unless it is told to,
    /// since what the request does would be done twice; and each attempt begins at the URL of the source. A redirect may make
    /// a GET of it, as in a browser: 301 and 302 of POST, 303 of all but HEAD.
    ///
    /// A policy that does come back makes the request again after each loss, of an answer that was told in part too, and without
    /// end as long as each answer brings a byte. [`Policy::before_open`] is the one for a POST: it does not make it again once
    /// it is answered.
    pub fn method<M>(mut self, method: M) -> Self
    where
        M: TryInto<Method>,
        M::Error: Into<BoxError>,
    {
        match method.try_into() {
            Ok(method) => self.requests.method = method,
            Err(error) => {
                self.error.get_or_insert(Error::builder("method is invalid", Some(error.into())));
            }
        }
        self
    }

    /// Sets the body of the requests, which is sent again with each attempt and over redirects that keep the method; see
    /// [`method`](Self::method) for how to have few of those.
    ///
    /// A redirect of 307 or 308 takes it to another origin too, as in a browser: the server that it was for says so.
    ///
    /// By default there is none. What it is, a [header](Self::header) says; `Content-Type` goes where the body goes.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.requests.body = body.into();
        self
    }

    /// Asks a hook before each attempt, which may change its headers, body and URL: for a token that expires, for example.
    ///
    /// Its time counts as that of the [response head](Self::head_timeout). By default there is none.
    ///
    /// Its error is a [loss](crate::retry#losses-and-failures), on which the [policy](Self::retry_policy) decides: by default a
    /// vault that is broken is asked again for ever, with waits that grow. [`Loss::error`] tells a policy that it was the hook.
    /// The next attempt begins at the URL of the source, as after any that was lost before its response. If the hook panics,
    /// that reaches whoever polls the source, which is of no use any more.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[cfg(feature = "reqwest")]
    /// # async fn run() -> Result<(), ssekit::Error> {
    /// # async fn fresh_token() -> Result<String, std::io::Error> { Ok(String::new()) }
    /// use ssekit::{BoxError, EventSource};
    ///
    /// let source = EventSource::builder("https://example.com/feed")
    ///     .before_attempt(|mut attempt| async move {
    ///         let token = fresh_token().await?;
    ///         attempt.headers_mut().insert("authorization", format!("Bearer {token}").try_into()?);
    ///         Ok::<_, BoxError>(attempt)
    ///     })
    ///     .build()?;
    /// # Ok(()) }
    /// ```
    ///
    /// What a hook captures it needs again for the next attempt, so that each future gets a clone of its own:
    ///
    /// ```no_run
    /// # #[cfg(feature = "reqwest")]
    /// # async fn run() -> Result<(), ssekit::Error> {
    /// # struct Vault;
    /// # impl Vault { async fn token(&self) -> Result<String, std::io::Error> { Ok(String::new()) } }
    /// use std::sync::Arc;
    /// use ssekit::{BoxError, EventSource};
    ///
    /// let vault = Arc::new(Vault);
    /// let source = EventSource::builder("https://example.com/feed")
    ///     .before_attempt(move |mut attempt| {
    ///         let vault = Arc::clone(&vault);
    ///         async move {
    ///             let token = vault.token().await?;
    ///             attempt.headers_mut().insert("authorization", format!("Bearer {token}").try_into()?);
    ///             Ok::<_, BoxError>(attempt)
    ///         }
    ///     })
    ///     .build()?;
    /// # Ok(()) }
    /// ```
    pub fn before_attempt<F, Fut, E>(mut self, hook: F) -> Self
    where
        F: Fn(Attempt) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Attempt, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.hook = Some(Box::new(move |attempt| {
            let changed = hook(attempt);
            Box::pin(async move { changed.await.map_err(Into::into) })
        }));
        self
    }

    /// Sends a header that is set here to other origins too, when a redirect leads there.
    ///
    /// By default that holds for a few harmless ones alone; see [`header`](Self::header). Whoever may answer with a redirect
    /// decides where it goes: mind what it is worth.
    pub fn keep_header<N>(mut self, name: N) -> Self
    where
        N: TryInto<HeaderName>,
        N::Error: Into<BoxError>,
    {
        match header_name(name) {
            Ok(name) => self.requests.kept.push(name),
            Err(error) => {
                self.error.get_or_insert(error);
            }
        }
        self
    }
}

fn header_name<N>(name: N) -> Result<HeaderName, Error>
where
    N: TryInto<HeaderName>,
    N::Error: Into<BoxError>,
{
    name.try_into().map_err(|error| Error::builder("header name is invalid", Some(error.into())))
}
