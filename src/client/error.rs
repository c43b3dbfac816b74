//! Why an event source failed, or lost its connection.

use alloc::boxed::Box;
use alloc::string::String;
use core::error::Error as StdError;
use core::fmt;
use core::time::Duration;
use std::io;

use http::StatusCode;

use super::transport::BoxError;
use crate::connection::Failure;
use crate::parser::LimitExceeded;

/// The error of an event source.
///
/// As the `Err` of an [`EventSource`](crate::EventSource) it means that the source is closed for good. In a
/// [`Signal::Reconnecting`](crate::Signal::Reconnecting) it says why a connection was lost that comes back.
///
/// It shows neither the URL's userinfo nor its query, nor any header of the request but its `Origin`. `{}` shows the error alone, and `{:#}` what is
/// behind it too, which for an error of the transport is that transport's own.
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
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    source: Option<BoxError>,
}

#[derive(Debug)]
enum Kind {
    Url,
    BaseUrl,
    Builder(&'static str),
    Unfetchable(String),
    Response(Failure),
    ContentEncoding(Box<str>),
    Limit(LimitExceeded),
    Request,
    Body,
    TooManyRedirects,
    HeadTimeout(Duration),
    IdleTimeout(Duration),
    EndOfStream,
    Cancelled,
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

    pub(super) fn body(error: BoxError) -> Self {
        Self::new(Kind::Body, Some(error))
    }

    pub(super) fn head_timeout(after: Duration) -> Self {
        Self::new(Kind::HeadTimeout(after), None)
    }

    pub(super) fn idle_timeout(after: Duration) -> Self {
        Self::new(Kind::IdleTimeout(after), None)
    }

    pub(super) fn too_many_redirects() -> Self {
        Self::new(Kind::TooManyRedirects, None)
    }

    pub(super) fn end_of_stream() -> Self {
        Self::new(Kind::EndOfStream, None)
    }

    pub(super) fn cancelled() -> Self {
        Self::new(Kind::Cancelled, None)
    }

    fn new(kind: Kind, source: Option<BoxError>) -> Self {
        Self(Box::new(Inner { kind, source }))
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

    /// Whether a response was compressed, though nobody asked for that.
    #[must_use]
    pub fn is_content_encoding(&self) -> bool {
        matches!(self.0.kind, Kind::ContentEncoding(_))
    }

    /// Whether an event outgrew the limit, in a source that was told to fail then.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        matches!(self.0.kind, Kind::Limit(_))
    }

    /// Whether the transport failed: the host is unknown or refuses, the connection broke, TLS or HTTP were wrong.
    #[must_use]
    pub fn is_transport(&self) -> bool {
        matches!(self.0.kind, Kind::Request | Kind::Body)
    }

    /// Whether it took too long: the head of the response did not come in time, or nothing more of its body, or the
    /// transport says so.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        let timed_out = |error: &(dyn StdError + 'static)| {
            error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
        };
        matches!(self.0.kind, Kind::HeadTimeout(_) | Kind::IdleTimeout(_)) || self.causes().any(timed_out)
    }

    /// Whether the response ended, as it should: many servers end each response after a while.
    #[must_use]
    pub fn is_end_of_stream(&self) -> bool {
        matches!(self.0.kind, Kind::EndOfStream)
    }

    /// Whether the source was [cancelled](crate::Builder::cancel_on).
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0.kind, Kind::Cancelled)
    }

    /// What was wrong with the response, if it was its head.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match &self.0.kind {
            Kind::Response(failure) => Some(failure),
            _ => None,
        }
    }

    /// The status of the response, if it is the reason: `error.status().is_some_and(|status| status == 503)`.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self.0.kind {
            Kind::Response(Failure::Status(status)) => StatusCode::from_u16(status).ok(),
            _ => None,
        }
    }

    fn causes(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        core::iter::successors(self.source(), |&error| error.source())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Url => f.write_str("URL cannot be parsed"),
            Kind::BaseUrl => f.write_str("base URL cannot be parsed"),
            Kind::Builder(what) => f.write_str(what),
            Kind::Unfetchable(why) => f.write_str(why),
            Kind::Response(failure) => failure.fmt(f),
            Kind::ContentEncoding(encoding) => {
                write!(f, "response is encoded as {encoding:?}, which was not asked for")
            }
            Kind::Limit(error) => error.fmt(f),
            Kind::Request => f.write_str("request failed"),
            Kind::Body => f.write_str("connection broke"),
            Kind::TooManyRedirects => f.write_str("too many redirects"),
            Kind::HeadTimeout(after) => write!(f, "no response came within {after:?}"),
            Kind::IdleTimeout(after) => write!(f, "nothing came within {after:?}"),
            Kind::EndOfStream => f.write_str("response ended"),
            Kind::Cancelled => f.write_str("cancelled"),
        }?;
        if f.alternate() {
            for cause in self.causes() {
                write!(f, ": {cause}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.0.kind);
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
