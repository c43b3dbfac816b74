//! What a policy is told of a loss, and what it may decide.

use core::error::Error;
use core::fmt;
use core::time::Duration;

use super::backoff::Backoff;
#[cfg(doc)]
use super::{Connection, retry::Policy};

/// A [loss](super::retry#losses-and-failures), about which a policy decides.
#[derive(Clone, Debug)]
pub struct Loss<'a> {
    pub(super) in_a_row: u32,
    pub(super) elapsed: Duration,
    pub(super) was_open: bool,
    pub(super) status: Option<u16>,
    pub(super) retry_after: Option<Duration>,
    /// What a client says of it, in its own words.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "a client hands it on"))]
    pub(crate) error: Option<&'a (dyn Error + Send + Sync + 'static)>,
    pub(super) reconnection_time: Duration,
    pub(super) random: u32,
}

impl Loss<'_> {
    /// Comes back after this wait, whatever the reconnection time, or after [what the server wants](Self::retry_after) if that
    /// is longer. Zero is at once: mind that it is no busy loop.
    pub fn after(&self, wait: Duration) -> Decision {
        Decision(Ok(wait))
    }

    /// Does as this backoff would.
    pub fn back_off(&self, backoff: &Backoff) -> Decision {
        Decision(backoff.wait(self))
    }

    /// Does not come back: the loss is a failure.
    pub fn give_up(&self) -> Decision {
        Decision(Err(GivenUp::ByPolicy))
    }

    /// How many losses in a row this is, since a connection last was healthy: 0 if this one was.
    #[must_use]
    pub fn in_a_row(&self) -> u32 {
        self.in_a_row
    }

    /// For how long it has been in vain, since a connection last was healthy.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Whether there was a connection that was open, and not an attempt that made none: the server had answered with an event
    /// stream.
    #[must_use]
    pub fn was_open(&self) -> bool {
        self.was_open
    }

    /// The status, if there was a response and it is [one of those](Policy::with_statuses) about which to decide.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// When to ask again, if the response said so by its `Retry-After`: as far as that
    /// [counts](Connection::with_max_retry_after), and whatever is decided, no wait is shorter.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The reconnection time in force.
    #[must_use]
    pub fn reconnection_time(&self) -> Duration {
        self.reconnection_time
    }

    pub(super) fn least(&self) -> Duration {
        self.retry_after.unwrap_or_default()
    }
}

#[cfg(test)]
impl Loss<'static> {
    pub(super) fn new(reconnection_time: Duration, in_a_row: u32, random: u32) -> Self {
        let elapsed = Duration::ZERO;
        let (was_open, status, retry_after, error) = (false, None, None, None);
        Self { in_a_row, elapsed, was_open, status, retry_after, error, reconnection_time, random }
    }
}

/// What a policy decides: made by the methods of [`Loss`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Decision(pub(super) Result<Duration, GivenUp>);

/// Why there is no other attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    ByPolicy,
    /// So many in a row were in vain, which are the most.
    Attempts(u32),
    /// Another one would come so late, which is later than the latest.
    Elapsed(Duration),
}

impl fmt::Display for GivenUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByPolicy => f.write_str("given up by the policy"),
            Self::Attempts(1) => f.write_str("given up after an attempt in vain"),
            Self::Attempts(attempts) => write!(f, "given up after {attempts} attempts in vain"),
            Self::Elapsed(time) => write!(f, "given up, since another attempt would come after {time:?} in vain"),
        }
    }
}
