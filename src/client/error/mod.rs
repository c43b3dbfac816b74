//! Why an event source failed, or lost its connection.

mod kind;
mod loss;
mod shown;

use alloc::string::String;
use alloc::sync::Arc;
use core::error::Error as StdError;
use core::time::Duration;
use std::io;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

pub(super) use self::kind::Ending;
pub use self::kind::ErrorKind;
use self::kind::Kind;
use super::transport::BoxError;
use crate::connection::{Failure, GivenUp};
use crate::parser::LimitExceeded;

/// The error of an event source.
///
/// As the `Err` of an [`EventSource`](crate::EventSource) it is a [failure](crate::retry#losses-and-failures), and means that
/// the source is closed for good. In a [`Signal::Reconnecting`](crate::Signal::Reconnecting) it is a loss, after which the
/// source comes back.
///
/// It shows neither the URL's userinfo nor its query, nor any header of the request but its `Origin`. `{}` shows the error alone, and `{:#}` what is
/// behind it too, which for an error of the transport is that transport's own, still in one line.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "reqwest")] {
/// let error = ssekit::EventSource::get("/feed").unwrap_err();
/// assert_eq!(format!("{error}"), "URL cannot be parsed");
/// assert_eq!(format!("{error:#}"), "URL cannot be parsed: relative URL without a base");
/// # }
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    attempt: u32,
    delay: Option<Duration>,
    given_up: Option<GivenUp>,
    response: Option<Refused>,
}

/// What is kept of a response that was refused.
#[derive(Clone)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// The begin of its body, if that can be read.
    pub(super) body: Option<Bytes>,
}

impl Error {
    pub(super) fn url(error: url::ParseError) -> Self {
        Self::new(Kind::Url, Some(error.into()))
    }

    pub(super) fn base_url(error: url::ParseError) -> Self {
        Self::new(Kind::BaseUrl, Some(error.into()))
    }

    pub(super) fn builder(what: &'static str, source: Option<BoxError>) -> Self {
        Self::new(Kind::Builder(what), source)
    }

    pub(super) fn unfetchable(why: impl Into<String>, source: Option<BoxError>) -> Self {
        Self::new(Kind::Unfetchable(why.into()), source)
    }

    pub(super) fn response(failure: Failure) -> Self {
        Self::new(Kind::Response(failure), None)
    }

    pub(super) fn content_encoding(encoding: &str) -> Self {
        Self::new(Kind::ContentEncoding(encoding.into()), None)
    }

    pub(super) fn limit(error: LimitExceeded) -> Self {
        Self::new(Kind::Limit(error), None)
    }

    pub(super) fn request(error: BoxError) -> Self {
        Self::new(Kind::Request, Some(error))
    }

    pub(super) fn connect(error: BoxError) -> Self {
        Self::new(Kind::Connect, Some(error))
    }

    pub(super) fn broken(error: BoxError) -> Self {
        Self::new(Kind::Body, Some(error))
    }

    pub(super) fn head_timeout(after: Duration) -> Self {
        Self::new(Kind::HeadTimeout(after), None)
    }

    pub(super) fn hook_timeout(after: Duration) -> Self {
        Self::new(Kind::HookTimeout(after), None)
    }

    pub(super) fn idle_timeout(after: Duration) -> Self {
        Self::new(Kind::IdleTimeout(after), None)
    }

    pub(super) fn too_many_redirects() -> Self {
        Self::new(Kind::TooManyRedirects, None)
    }

    pub(super) fn end_of_stream(ending: Ending) -> Self {
        Self::new(Kind::EndOfStream(ending), None)
    }

    pub(super) fn hook(error: BoxError) -> Self {
        Self::new(Kind::Hook, Some(error))
    }

    pub(super) fn requested() -> Self {
        Self::new(Kind::Requested, None)
    }

    pub(super) fn cancelled() -> Self {
        Self::new(Kind::Cancelled, None)
    }

    fn new(kind: Kind, source: Option<BoxError>) -> Self {
        let source = source.map(Into::into);
        Self(Arc::new(Inner { kind, source, attempt: 0, delay: None, given_up: None, response: None }))
    }

    /// Says which attempt it was, and when the next one is, if there is one.
    pub(super) fn at(mut self, attempt: u32, delay: Option<Duration>) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        (inner.attempt, inner.delay) = (attempt, delay);
        self
    }

    /// Says of a loss whether the policy does not come back after it.
    pub(super) fn given_up(mut self, given_up: Option<GivenUp>) -> Self {
        Arc::make_mut(&mut self.0).given_up = given_up;
        self
    }

    pub(super) fn with_response(mut self, response: Refused) -> Self {
        Arc::make_mut(&mut self.0).response = Some(response);
        self
    }

    /// What kind of error it is.
    ///
    /// A timeout that the transport tells of is a [`Timeout`](ErrorKind::Timeout), though it is
    /// [`is_transport`](Self::is_transport) too, and so is that of a hook, though it is [`is_hook`](Self::is_hook).
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        if self.is_timeout() { ErrorKind::Timeout } else { self.0.kind.public() }
    }

    /// Whether the source comes back: it does in a [`Signal::Reconnecting`](crate::Signal::Reconnecting), and not where the
    /// error is an `Err`.
    #[must_use]
    pub fn will_retry(&self) -> bool {
        self.0.delay.is_some()
    }

    /// Whether it is a [loss](crate::retry#losses-and-failures) on which the [policy](crate::Builder::retry_policy) gave up, which
    /// it shows: after how many attempts or how long, if that is why. Any other failure is one about which no policy is asked.
    #[must_use]
    pub fn is_given_up(&self) -> bool {
        self.0.given_up.is_some()
    }

    /// How long the source waits before it comes back, if it does.
    #[must_use]
    pub fn delay(&self) -> Option<Duration> {
        self.0.delay
    }

    /// Which attempt to connect it was, or in the connection of which: 1 for the first of the source, 0 if none was made.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// The headers of the response, if it was refused for its status, its content type or its content encoding, or is a
    /// redirect that was not followed.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.response.as_ref().map(|response| &response.headers)
    }

    /// The begin of the body of the response, if it was refused for its status or its content type: as much of it as
    /// [`Builder::error_body_limit`](crate::Builder::error_body_limit) allows and as came in time.
    #[must_use]
    pub fn body(&self) -> Option<&[u8]> {
        self.0.response.as_ref()?.body.as_deref()
    }

    /// Whether the program asked for what cannot be: the URL cannot be parsed, what was configured makes no sense, or
    /// there is no tokio runtime.
    #[must_use]
    pub fn is_builder(&self) -> bool {
        matches!(self.0.kind, Kind::Url | Kind::BaseUrl | Kind::Builder(_))
    }

    /// Whether the URL can be parsed, but not be fetched, however often one tries.
    #[must_use]
    pub fn is_unfetchable(&self) -> bool {
        matches!(self.0.kind, Kind::Unfetchable(_))
    }

    /// Whether the [hook](crate::Builder::before_attempt) before an attempt failed, or took too long: a loss as any other, before anything was
    /// sent, after which the next attempt begins at the URL of the source again.
    #[must_use]
    pub fn is_hook(&self) -> bool {
        matches!(self.0.kind, Kind::Hook | Kind::HookTimeout(_))
    }

    /// Whether a response had a status other than 200 and 204.
    #[must_use]
    pub fn is_status(&self) -> bool {
        matches!(self.0.kind, Kind::Response(Failure::Status(_)))
    }

    /// Whether a response had a content type other than `text/event-stream`, or none.
    #[must_use]
    pub fn is_content_type(&self) -> bool {
        matches!(self.0.kind, Kind::Response(Failure::ContentType(_)))
    }

    /// Whether the server does not let the [origin](crate::Builder::origin) in whose name was asked have its response;
    /// [`failure`](Self::failure) says which rule it breaks.
    #[must_use]
    pub fn is_cors(&self) -> bool {
        matches!(self.0.kind, Kind::Response(Failure::Cors(_)))
    }

    /// Whether a redirect cannot be followed, or there were too many in a row.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        matches!(self.0.kind, Kind::Response(Failure::Redirect(_)) | Kind::TooManyRedirects)
    }

    /// Whether a response was compressed, though nobody asked for that, or otherwise than was asked for: its
    /// [headers](Self::headers) say how. It is a failure, since what cannot be decoded would be noise.
    #[must_use]
    pub fn is_content_encoding(&self) -> bool {
        matches!(self.0.kind, Kind::ContentEncoding(_))
    }

    /// Whether an event outgrew the limit, in a source that was told to fail then.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        matches!(self.0.kind, Kind::Limit(_))
    }

    /// Whether the transport failed: the host is unknown or refuses, the connection broke, TLS or HTTP were wrong, or a
    /// compressed body was cut off or damaged.
    #[must_use]
    pub fn is_transport(&self) -> bool {
        matches!(self.0.kind, Kind::Connect | Kind::Request | Kind::Body)
    }

    /// Whether it is [of the transport](Self::is_transport), and no connection could be made: the host is unknown or refuses,
    /// or TLS could not be agreed upon, as where its certificate is not to be trusted. Nothing of the request was sent, so that what it does cannot have been done (at most a
    /// redirect led to where it failed).
    ///
    /// A transport of your own says so by [`Unconnected`](crate::transport::Unconnected). Without it, and where a connection
    /// that was there fails, the server may have got the request.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(self.0.kind, Kind::Connect)
    }

    /// Whether it took too long: the head of the response did not come in time, or nothing more of its body, the hook before
    /// it kept everything waiting, or the transport says so.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        let timed_out = |error: &(dyn StdError + 'static)| {
            error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
        };
        let is_ours = matches!(self.0.kind, Kind::HookTimeout(_) | Kind::HeadTimeout(_) | Kind::IdleTimeout(_));
        is_ours || (self.is_transport() && self.causes().any(timed_out))
    }

    /// Whether the response ended without an error: many servers end each response after a while.
    ///
    /// It shows whether that was too soon: in the middle of an event, or before an event that was to be
    /// [the end](crate::Builder::end_on_data).
    #[must_use]
    pub fn is_end_of_stream(&self) -> bool {
        matches!(self.0.kind, Kind::EndOfStream(_))
    }

    /// Whether a [handle](crate::SourceHandle::reconnect_now) asked for another connection.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        matches!(self.0.kind, Kind::Requested)
    }

    /// Whether the source was [cancelled](crate::Builder::cancel_on).
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0.kind, Kind::Cancelled)
    }

    /// What was wrong with the response: its status, its content type, or by the rules for redirects or CORS. `None` where it
    /// was something else, such as a [content encoding](Self::is_content_encoding).
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match &self.0.kind {
            Kind::Response(failure) => Some(failure),
            _ => None,
        }
    }

    /// The status of the response, if it was refused for its status, its content type or its content encoding, or is a
    /// redirect that was not followed:
    /// `error.status().is_some_and(|status| status == 503)`.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self.0.kind {
            Kind::Response(Failure::Status(status)) => StatusCode::from_u16(status).ok(),
            _ => self.0.response.as_ref().map(|response| response.status),
        }
    }

    fn causes(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        core::iter::successors(self.source(), |&error| error.source())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
