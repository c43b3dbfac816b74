//! What can be set on a connection.

use alloc::string::String;
use core::time::Duration;

use super::Connection;
use super::retry::Policy;
#[cfg(doc)]
use crate::parser::Parser;

impl Connection {
    /// The default of [`with_reconnection_time`](Self::with_reconnection_time): 3 seconds.
    pub const DEFAULT_RECONNECTION_TIME: Duration = Duration::from_secs(3);
    /// The default of [`with_min_reconnection_time`](Self::with_min_reconnection_time): 100 milliseconds.
    pub const DEFAULT_MIN_RECONNECTION_TIME: Duration = Duration::from_millis(100);
    /// The default of [`with_max_reconnection_time`](Self::with_max_reconnection_time): 24 hours.
    pub const DEFAULT_MAX_RECONNECTION_TIME: Duration = Duration::from_secs(24 * 60 * 60);
    /// The default of [`with_max_retry_after`](Self::with_max_retry_after): one hour.
    pub const DEFAULT_MAX_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);
    /// The default of [`with_last_event_id_limit`](Self::with_last_event_id_limit): 8 KiB.
    pub const DEFAULT_LAST_EVENT_ID_LIMIT: usize = 8 * 1024;

    /// Sets the last event ID that the first request reports, as if an event before had brought it.
    #[must_use]
    pub fn with_last_event_id(mut self, last_event_id: impl Into<String>) -> Self {
        self.parser = self.parser.with_last_event_id(last_event_id);
        self
    }

    /// Sets whether and when it comes back after a loss.
    ///
    /// The default is [`Backoff::new`](super::retry::Backoff::new).
    #[must_use]
    pub fn with_retry_policy(mut self, policy: impl Into<Policy>) -> Self {
        self.schedule.policy = policy.into();
        self
    }

    /// Sets the most that a `Retry-After` counts for.
    ///
    /// The default is one hour: one bad field could otherwise silence a feed for good. `Duration::MAX` switches it off.
    #[must_use]
    pub fn with_max_retry_after(mut self, time: Duration) -> Self {
        self.max_retry_after = time;
        self
    }

    /// Sets how long a connection has to be open to count as healthy, after which losses are counted anew; `None` is as long
    /// as it takes for a byte of the body.
    ///
    /// The default is `None`: a server that accepts connections and drops them proves nothing.
    /// One that sends a byte before it does is healthy each time, so that no limit of a [`Backoff`](super::retry::Backoff) ends
    /// it: a time here does, or [`Policy::before_open`], which asks nobody again who has answered.
    #[must_use]
    pub fn with_healthy_after(mut self, open: impl Into<Option<Duration>>) -> Self {
        self.schedule.healthy_after = open.into();
        self
    }

    /// Takes a response for an event stream if its `Content-Type` has this essence, such as `application/x-ndjson`, beside
    /// `text/event-stream`.
    ///
    /// By default there is no other: the standard has it so that no page is read as a stream.
    #[must_use]
    pub fn with_content_type(mut self, essence: impl Into<String>) -> Self {
        self.content_types.add(&essence.into());
        self
    }

    /// Sets whether a response without a `Content-Type` is taken for an event stream.
    ///
    /// By default it is not, as by the standard.
    #[must_use]
    pub fn with_missing_content_type(mut self, taken: bool) -> Self {
        self.content_types.missing = taken;
        self
    }

    /// Sets the reconnection time that holds until the server sends a `retry` field.
    ///
    /// The default is 3 seconds, as in most browsers. The bounds hold for it too.
    #[must_use]
    pub fn with_reconnection_time(mut self, time: Duration) -> Self {
        self.schedule.initial = time;
        self
    }

    /// Sets the least that a reconnection time counts for, whoever set it.
    ///
    /// The default is 100 milliseconds: a server that sends `retry: 0` and ends each response would otherwise be asked
    /// thousands of times a second. `Duration::ZERO` switches it off. Where it exceeds the maximum, it wins.
    #[must_use]
    pub fn with_min_reconnection_time(mut self, time: Duration) -> Self {
        self.schedule.min = time;
        self
    }

    /// Sets the most that a reconnection time counts for, whoever set it.
    ///
    /// The default is 24 hours: one bad `retry` field could otherwise silence a feed for good. `Duration::MAX` switches
    /// it off. It does not bound the waits that grow from the reconnection time.
    #[must_use]
    pub fn with_max_reconnection_time(mut self, time: Duration) -> Self {
        self.schedule.max = time;
        self
    }

    /// Sets how much one unfinished event may hold, in bytes, as [`Parser::with_limit`] does; the default is 16 MiB.
    #[must_use]
    pub fn with_limit(mut self, bytes: usize) -> Self {
        self.parser = self.parser.with_limit(bytes);
        self
    }

    /// Sets whether an event that outgrows the limit is a failure, which ends the connection for good.
    ///
    /// By default it is not: the event is lost, which is told, and the stream goes on.
    #[must_use]
    pub fn with_fail_on_limit(mut self, fail: bool) -> Self {
        self.fail_on_limit = fail;
        self
    }

    /// Sets how long a last event ID may be and still be sent, in bytes.
    ///
    /// The default is 8 KiB: most servers refuse a request with a longer header, and would refuse each one from then on.
    #[must_use]
    pub fn with_last_event_id_limit(mut self, bytes: usize) -> Self {
        self.last_event_id_limit = bytes;
        self
    }
}
