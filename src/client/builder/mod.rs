//! How an event source is configured.

mod requests;
mod retries;

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::future::Future;
use core::hash::BuildHasher;
use core::time::Duration;
use std::hash::RandomState;

use http::Method;
use http::header::ORIGIN;
use url::Url;

use super::attempt::Hook;
use super::driver::{Cancel, Configuration, Driver, End};
use super::fetch::Fetcher;
use super::request::Requests;
use super::{Client, Error, EventSource, SourceHandle};
use crate::connection::retry::Policy;
use crate::connection::{Connection, Itinerary, ReconnectionUrl, Requester};

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
///     .idle_timeout(Duration::from_secs(60))
///     .limit(64 * 1024)
///     .build()?;
/// # Ok(()) }
/// ```
#[must_use = "it does nothing before it is built"]
pub struct Builder {
    client: Result<Client, Error>,
    url: String,
    base_url: Option<String>,
    origin: Option<String>,
    with_credentials: bool,
    reconnection_url: ReconnectionUrl,
    requests: Requests,
    connection: Connection,
    last_event_id: Option<String>,
    head_timeout: Option<Duration>,
    idle_timeout: Option<Duration>,
    error_body_limit: usize,
    error_body_timeout: Duration,
    comments: bool,
    end: End,
    cancel: Option<Cancel>,
    hook: Option<Hook>,
    has_policy: bool,
    /// What went wrong first, to be told when it is built.
    error: Option<Error>,
}

impl Builder {
    /// The default of [`head_timeout`](Self::head_timeout): 5 minutes.
    pub const DEFAULT_HEAD_TIMEOUT: Duration = Duration::from_secs(5 * 60);
    /// The default of [`error_body_limit`](Self::error_body_limit): 16 KiB.
    pub const DEFAULT_ERROR_BODY_LIMIT: usize = 16 * 1024;
    /// The default of [`error_body_timeout`](Self::error_body_timeout): 2 seconds.
    pub const DEFAULT_ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(2);

    pub(super) fn new(url: &str, client: Result<Client, Error>) -> Self {
        Self {
            client,
            url: url.into(),
            base_url: None,
            origin: None,
            with_credentials: false,
            reconnection_url: ReconnectionUrl::default(),
            requests: Requests::default(),
            // The keys of a hasher are what the standard library has of randomness.
            connection: Connection::new(RandomState::new().hash_one(())),
            last_event_id: None,
            head_timeout: Some(Self::DEFAULT_HEAD_TIMEOUT),
            idle_timeout: None,
            error_body_limit: Self::DEFAULT_ERROR_BODY_LIMIT,
            error_body_timeout: Self::DEFAULT_ERROR_BODY_TIMEOUT,
            comments: false,
            end: End::default(),
            cancel: None,
            hook: None,
            has_policy: false,
            error: None,
        }
    }

    /// Sets the last event ID that the first request reports, so that the server goes on behind that event.
    ///
    /// It is what [`EventSource::last_event_id`] said, before a restart for example, or the event that was dealt with last. An
    /// empty one is none: nothing is sent.
    pub fn last_event_id(mut self, last_event_id: impl Into<String>) -> Self {
        self.last_event_id = Some(last_event_id.into());
        self
    }

    /// One that cannot be built.
    #[cfg(feature = "reqwest")]
    pub(super) fn failed(client: Result<Client, Error>, error: Error) -> Self {
        Self { error: Some(error), ..Self::new("", client) }
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

    /// Sets how long nothing may come once there is a connection, before it counts as lost; `None` is no limit.
    ///
    /// By default there is no limit, since a feed may be silent for as long as it likes. For a server that sends something
    /// regularly, a comment at least, three times that time finds a dead connection out, and minds neither one that comes late
    /// nor one that is left out. Any byte counts when it
    /// comes, of a compressed feed also one that decodes to nothing yet. The standard recommends a comment every 15 seconds,
    /// and that is what axum's `KeepAlive` and sse-starlette do by default, and Mastodon: for these 45 seconds do.
    pub fn idle_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.idle_timeout = timeout.into();
        self
    }

    /// Sets how much is read of the body of a response that is refused, for [`Error::body`], in bytes.
    ///
    /// The default is 16 KiB, which any explanation fits in; 0 reads none.
    pub fn error_body_limit(mut self, bytes: usize) -> Self {
        self.error_body_limit = bytes;
        self
    }

    /// Sets for how long the body of a response that is refused is read; what has come by then counts.
    ///
    /// The default is 2 seconds: the failure is not told before.
    pub fn error_body_timeout(mut self, time: Duration) -> Self {
        self.error_body_timeout = time;
        self
    }

    /// Takes an event with this data, such as `[DONE]`, for the end of the feed: the source ends with a
    /// [`Signal::Ended`](crate::Signal::Ended), as at a status of 204, and the event is not handed out. A response that ends
    /// without it is a loss: a source that comes back asks again, and the answer begins anew, unless the server goes on behind
    /// the last event ID. [`Policy::before_open`] is for answers of which there shall be one.
    ///
    /// Its type does not matter, but that it is an event does: one whose blank line does not come any more is none. A
    /// [handle](crate::SourceHandle::reconnect_now) that asks for another connection before this has ended the source gets
    /// one. By default there is none: a feed has no end.
    pub fn end_on_data(mut self, data: impl Into<String>) -> Self {
        self.end.data = Some(data.into());
        self
    }

    /// Takes an event of this type for the last one: it is handed out, and then the source ends with a
    /// [`Signal::Ended`](crate::Signal::Ended), as at a status of 204. A response that ends without it is a loss, as with
    /// [`end_on_data`](Self::end_on_data).
    ///
    /// Without a `data` line it is no event to the standard, and so no end: `event: done` takes a `data:` beside it. By
    /// default there is none.
    pub fn end_on_event_type(mut self, event_type: impl Into<String>) -> Self {
        self.end.event_type = Some(event_type.into());
        self
    }

    /// Takes a response for an event stream if its `Content-Type` has this essence, such as `application/x-ndjson`, beside
    /// `text/event-stream`; called twice, it adds two. Parameters do not matter, here or there.
    ///
    /// By default there is no other: the standard has it so that no page is read as a stream.
    pub fn content_type(mut self, essence: impl Into<String>) -> Self {
        self.connection = self.connection.with_content_type(essence);
        self
    }

    /// Sets whether a response without a `Content-Type` is taken for an event stream; by default it is not, as by the
    /// standard.
    pub fn missing_content_type(mut self, taken: bool) -> Self {
        self.connection = self.connection.with_missing_content_type(taken);
        self
    }

    /// Sets whether comments are told, as [`Signal::Comment`](crate::Signal::Comment).
    ///
    /// By default they are not: most of them only keep the connection alive, which the
    /// [idle timeout](Self::idle_timeout) sees without. Listeners are not told of them, nor is whoever asks for
    /// [messages](crate::EventSource::message).
    pub fn comments(mut self, told: bool) -> Self {
        self.comments = told;
        self
    }

    /// Cancels the source when this future is done, whatever it brings: the source fails, with one
    /// [`Error::is_cancelled`], where [`EventSource::close`] would be silent.
    ///
    /// It is polled with the source, and dropped when that is over. The `cancelled_owned` of a `CancellationToken` is such a
    /// future, and so is the receiver of a oneshot channel, which is done when its sender is dropped too. By default there is
    /// none.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[cfg(feature = "reqwest")]
    /// # async fn run() -> Result<(), ssekit::Error> {
    /// use ssekit::EventSource;
    ///
    /// let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    /// let mut source = EventSource::builder("https://example.com/feed").cancel_on(stopped).build()?;
    /// tokio::spawn(async move {
    ///     // … and when there is a reason to:
    ///     let _ = stop.send(());
    /// });
    /// while let Some(event) = source.message().await? {
    ///     println!("{}", event.data());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn cancel_on<F>(mut self, future: F) -> Self
    where
        F: Future + Send + 'static,
    {
        self.cancel = Some(Box::pin(async move {
            future.await;
        }));
        self
    }

    /// Makes the event source. It connects when it is first polled.
    ///
    /// A URL that can be parsed, but not fetched (`ftp:`, `mailto:`), is not an error here: as in a browser, the source
    /// fails when it connects.
    ///
    /// # Errors
    ///
    /// [`Error`] if the URL or its base cannot be parsed, the origin is none, a header is invalid or not for the user to
    /// set, the last event ID contains a NUL or a line break, or no HTTP client can be set up.
    pub fn build(self) -> Result<EventSource, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let base_url = self.base_url.as_deref().map(Url::parse).transpose().map_err(Error::base_url)?;
        let url = Url::options().base_url(base_url.as_ref()).parse(&self.url).map_err(Error::url)?;
        let requester = match self.origin {
            Some(origin) => {
                if self.requests.headers.contains_key(ORIGIN) {
                    return Err(Error::builder("header origin is set by Builder::origin too", None));
                }
                let requester = Requester::new(&origin, self.with_credentials);
                Some(
                    requester
                        .ok_or_else(|| Error::builder("origin is neither like https://example.com nor null", None))?,
                )
            }
            None => None,
        };
        let mut connection = self.connection;
        if let Some(id) = self.last_event_id {
            connection = connection.with_last_event_id(checked(id)?);
        }
        if !self.has_policy && !matches!(self.requests.method, Method::GET | Method::HEAD) {
            connection = connection.with_retry_policy(Policy::never());
        }
        let handle = SourceHandle::new(url.clone(), self.with_credentials);
        let driver = Driver::new(Configuration {
            connection,
            itinerary: Itinerary::new(url, self.requests.method.clone(), requester, self.reconnection_url),
            fetcher: Fetcher::new(self.client?, self.requests, self.hook),
            head_timeout: self.head_timeout,
            idle_timeout: self.idle_timeout,
            error_body_limit: self.error_body_limit,
            error_body_timeout: self.error_body_timeout,
            tells_comments: self.comments,
            end: self.end,
            cancel: self.cancel,
        });
        Ok(EventSource::new(driver, handle))
    }
}

/// Refuses what no event can have as its ID.
pub(super) fn checked(last_event_id: String) -> Result<String, Error> {
    if last_event_id.contains(['\0', '\r', '\n']) {
        return Err(Error::builder("last event ID contains a NUL or a line break", None));
    }
    Ok(last_event_id)
}

/// Without the URL and the headers, in which there may be secrets.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("with_credentials", &self.with_credentials)
            .field("head_timeout", &self.head_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .finish_non_exhaustive()
    }
}
