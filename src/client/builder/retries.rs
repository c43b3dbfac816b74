//! Whether and when a source comes back.

use core::time::Duration;

use super::Builder;
#[cfg(doc)]
use crate::client::EventSource;
use crate::connection::retry::Policy;

impl Builder {
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
    /// thousands of times a second. Where it took redirects to get there, it is so much for each request, or the redirects
    /// would be as much of a loop. `Duration::ZERO` switches it off. Where it exceeds the maximum, it wins.
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

    /// Sets whether and when the source comes back after a loss.
    ///
    /// The default is [`Backoff::new`](crate::retry::Backoff::new), as [`EventSource`] tells it, and for other
    /// [methods](Self::method) than GET and HEAD [`Policy::never`], since what a POST does would be done twice;
    /// [`Policy::before_open`] makes it again only up to where it is answered.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[cfg(feature = "reqwest")]
    /// # async fn run() -> Result<(), ssekit::Error> {
    /// use ssekit::EventSource;
    /// use ssekit::retry::{Backoff, Policy};
    ///
    /// // Comes back when the server is overloaded, and gives up after ten attempts in a row.
    /// let policy = Policy::backoff(Backoff::new().with_max_attempts(10)).with_statuses(Policy::TRANSIENT_STATUSES);
    /// let source = EventSource::builder("https://example.com/feed").retry_policy(policy).build()?;
    /// # Ok(()) }
    /// ```
    pub fn retry_policy(mut self, policy: impl Into<Policy>) -> Self {
        self.connection = self.connection.with_retry_policy(policy);
        self.has_policy = true;
        self
    }

    /// Sets the most that a `Retry-After` counts for: a response whose [status is a loss](Policy::with_statuses) says by it
    /// when to come back at the earliest.
    ///
    /// The default is one hour: one bad field could otherwise silence a feed for good. `Duration::MAX` switches it off, and
    /// `Duration::ZERO` ignores the field.
    pub fn max_retry_after(mut self, time: Duration) -> Self {
        self.connection = self.connection.with_max_retry_after(time);
        self
    }

    /// Sets how long a connection has to be open to count as healthy, after which losses are counted anew; `None` is as long
    /// as it takes for a byte of the body.
    ///
    /// The default is `None`: a server that accepts connections and drops them proves nothing.
    /// One that sends a byte before it does is healthy each time, so that no limit of a [`Backoff`](crate::retry::Backoff) ends
    /// it: a time here does, or [`Policy::before_open`], which asks nobody again who has answered. One that is silent up to its
    /// loss is not healthy, however long it was open: a time here suits a feed that may be silent, under a limit on attempts
    /// or time.
    pub fn healthy_after(mut self, open: impl Into<Option<Duration>>) -> Self {
        self.connection = self.connection.with_healthy_after(open);
        self
    }
}
