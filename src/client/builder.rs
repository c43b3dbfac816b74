//! How an event source is configured.

use alloc::string::String;
use core::fmt;
use core::hash::BuildHasher;
use core::time::Duration;
use std::hash::RandomState;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::driver::Driver;
use super::request::{is_secret, reserved};
use super::transport::BoxError;
use super::{Client, Error, EventSource};
use crate::connection::Connection;

/// Makes an [`EventSource`], knob by knob.
///
/// It comes from `EventSource::builder` or, where sources share a client, from [`Client::source`].
///
/// # Examples
///
/// ```no_run
/// # #[cfg(feature = "reqwest")]
/// # async fn run() -> Result<(), ssekit::Error> {
/// use core::time::Duration;
/// use ssekit::EventSource;
///
/// let mut source = EventSource::builder("https://example.com/feed")
///     .header("authorization", "Bearer …")
///     .last_event_id("42")
///     .reconnection_time(Duration::from_secs(1))
///     .limit(64 * 1024)
///     .build()?;
/// # Ok(()) }
/// ```
#[must_use = "it does nothing before it is built"]
pub struct Builder {
    client: Result<Client, Error>,
    url: String,
    headers: HeaderMap,
    connection: Connection,
    last_event_id: Option<String>,
    head_timeout: Option<Duration>,
    /// What went wrong first, to be told when it is built.
    error: Option<Error>,
}

impl Builder {
    /// The default of [`head_timeout`](Self::head_timeout): 5 minutes.
    pub const DEFAULT_HEAD_TIMEOUT: Duration = Duration::from_secs(5 * 60);

    pub(super) fn new(url: &str, client: Result<Client, Error>) -> Self {
        Self {
            client,
            url: url.into(),
            headers: HeaderMap::new(),
            // The keys of a hasher are what the standard library has of randomness.
            connection: Connection::new(RandomState::new().hash_one(())),
            last_event_id: None,
            head_timeout: Some(Self::DEFAULT_HEAD_TIMEOUT),
            error: None,
        }
    }

    /// Adds a header to each request; called twice with a name, it adds two.
    ///
    /// `Accept`, `Cache-Control`, `Pragma` and `User-Agent` replace what would be sent without them, and `Authorization`
    /// replaces the userinfo of the URL. `Last-Event-ID` and `Accept-Encoding` are the source's own, and there is no body
    /// to have a `Content-Length` or a `Transfer-Encoding`: [`build`](Self::build) refuses those, and what is no header.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        N::Error: Into<BoxError>,
        V: TryInto<HeaderValue>,
        V::Error: Into<BoxError>,
    {
        let name = name.try_into().map_err(|error| Error::builder("header name is invalid", Some(error.into())));
        let value = value.try_into().map_err(|error| Error::builder("header value is invalid", Some(error.into())));
        let added = name.and_then(|name| match reserved(&name) {
            Some(why) => Err(Error::builder(why, None)),
            None => Ok((name, value?)),
        });
        match added {
            Ok((name, mut value)) => {
                value.set_sensitive(value.is_sensitive() || is_secret(&name));
                self.headers.append(name, value);
            }
            Err(error) => {
                self.error.get_or_insert(error);
            }
        }
        self
    }

    /// Sets the last event ID that the first request reports, so that the server goes on behind that event.
    ///
    /// It is what [`EventSource::last_event_id`] said, before a restart for example.
    pub fn last_event_id(mut self, last_event_id: impl Into<String>) -> Self {
        self.last_event_id = Some(last_event_id.into());
        self
    }

    /// Sets the reconnection time that holds until the server sends a `retry` field: the wait before the first attempt to
    /// come back, from which [the next ones](EventSource#when-it-comes-back) grow.
    ///
    /// The default is 3 seconds, as in most browsers. The bounds hold for it too.
    pub fn reconnection_time(mut self, time: Duration) -> Self {
        self.connection = self.connection.with_reconnection_time(time);
        self
    }

    /// Sets the least that a reconnection time counts for, whoever set it.
    ///
    /// The default is 100 milliseconds: a server that sends `retry: 0` and ends each response would otherwise be asked
    /// thousands of times a second. `Duration::ZERO` switches it off. Where it exceeds the maximum, it wins.
    pub fn min_reconnection_time(mut self, time: Duration) -> Self {
        self.connection = self.connection.with_min_reconnection_time(time);
        self
    }

    /// Sets the most that a reconnection time counts for, whoever set it.
    ///
    /// The default is 24 hours: one bad `retry` field could otherwise silence a feed for good. `Duration::MAX` switches
    /// it off. It does not bound the waits that grow from the reconnection time.
    pub fn max_reconnection_time(mut self, time: Duration) -> Self {
        self.connection = self.connection.with_max_reconnection_time(time);
        self
    }

    /// Sets how much one unfinished event may hold, in bytes, as [`Parser::with_limit`](crate::Parser::with_limit) does.
    ///
    /// The default is 16 MiB, which is far above what feeds send; `usize::MAX` is no limit. An event that outgrows it is
    /// lost, which a [`Signal::LimitExceeded`](crate::Signal::LimitExceeded) tells.
    pub fn limit(mut self, bytes: usize) -> Self {
        self.connection = self.connection.with_limit(bytes);
        self
    }

    /// Sets whether an event that outgrows the limit is a failure, which closes the source.
    ///
    /// By default it is not, since the rest of the feed is as good as ever.
    pub fn fail_on_limit(mut self, fail: bool) -> Self {
        self.connection = self.connection.with_fail_on_limit(fail);
        self
    }

    /// Sets how long a last event ID may be and still be sent, in bytes.
    ///
    /// The default is 8 KiB: most servers refuse a request with a longer header, and would refuse each one from then on.
    /// Without it, as a [`Signal::LastEventIdNotSent`](crate::Signal::LastEventIdNotSent) tells, the server starts anew.
    pub fn last_event_id_limit(mut self, bytes: usize) -> Self {
        self.connection = self.connection.with_last_event_id_limit(bytes);
        self
    }

    /// Sets how long the head of a response may take from the begin of the attempt, connecting included; `None` is no
    /// limit.
    ///
    /// The default is 5 minutes: some servers hold the head back until they have a first event, while one that never
    /// answers would hold the source forever. There is no limit on the body, which has no end.
    pub fn head_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.head_timeout = timeout.into();
        self
    }

    /// Makes the event source. It connects when it is first polled.
    ///
    /// A URL that can be parsed, but not fetched (`ftp:`, `mailto:`), is not an error here: as in a browser, the source
    /// fails when it connects.
    ///
    /// # Errors
    ///
    /// [`Error`] if the URL cannot be parsed, a header is invalid or not for the user to set, the last event ID contains a NUL
    /// or a line break, or no HTTP client can be set up.
    pub fn build(self) -> Result<EventSource, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let url = Url::parse(&self.url).map_err(Error::url)?;
        let connection = match self.last_event_id {
            Some(id) if id.contains(['\0', '\r', '\n']) => {
                return Err(Error::builder("last event ID contains a NUL or a line break", None));
            }
            Some(id) => self.connection.with_last_event_id(id),
            None => self.connection,
        };
        let driver = Driver::new(self.client?, url, self.headers, connection, self.head_timeout);
        Ok(EventSource::new(driver))
    }
}

/// Without the URL and the headers, in which there may be secrets.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("head_timeout", &self.head_timeout).finish_non_exhaustive()
    }
}
