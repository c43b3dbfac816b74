//! Policies: whether to come back after a loss, and when.
//!
//! # Losses and failures
//!
//! A *loss* is what may pass, and what a [`Policy`] decides about: a request that could not be sent or was not answered, a
//! hook before it that failed, too many redirects, a status that is [to be a loss](Policy::with_statuses), and a response that
//! broke, fell silent for too long, or ended. If the policy comes back, that is no error: an `EventSource` tells it as
//! `Signal::Reconnecting`, and waits.
//!
//! A *failure* is the end, and closes the source: a loss on which the policy gives up, and without asking it what will not get
//! better. That is a response that is no event stream (by its status, its content type, its coding or CORS), a redirect that
//! cannot be followed, a URL that cannot be fetched, an event over the limit where that was asked for, and to be cancelled from
//! outside. It is the `Err` of an `EventSource`.
//!
//! Neither is an end that the server wanted (a status of 204, an event that was to be the last), nor to be closed.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

pub use super::backoff::Backoff;
use super::loss::GivenUp;
pub use super::loss::{Decision, Loss};

/// Decides whether a source comes back after a loss, and after which wait.
///
/// The default is [`Backoff::new`]. Whatever the policy, a status of 204 ends a source, and what is a failure and
/// [no loss](self#losses-and-failures) (a content type, CORS) is never tried again.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use ssekit::retry::{Backoff, Policy};
///
/// // As a browser.
/// let policy = Policy::standard();
/// // Longer waits, for an hour at the most, also if the server is overloaded.
/// let backoff = Backoff::new().with_cap(Duration::from_secs(300)).with_max_elapsed(Duration::from_secs(3600));
/// let policy = Policy::backoff(backoff).with_statuses(Policy::TRANSIENT_STATUSES);
/// // Give up on the first status that says no, and otherwise come back after a second.
/// let policy = Policy::custom(|loss| match loss.status() {
///     Some(400..500) => loss.give_up(),
///     _ => loss.after(Duration::from_secs(1)),
/// });
/// let policy = policy.with_statuses(400..600);
/// // Never ask again once there is an answer, as suits a POST.
/// let policy = Policy::before_open(Backoff::new().with_max_attempts(3));
/// ```
#[derive(Clone)]
pub struct Policy {
    rule: Rule,
    /// Whether it gives up what was open.
    is_before_open: bool,
    statuses: Cow<'static, [u16]>,
}

#[derive(Clone)]
enum Rule {
    Standard,
    Never,
    Backoff(Backoff),
    Custom(Arc<dyn Fn(&Loss<'_>) -> Decision + Send + Sync>),
}

impl Policy {
    /// The statuses that tell of a state which passes: 408, 425, 429, 500, 502, 503 and 504.
    pub const TRANSIENT_STATUSES: [u16; 7] = [408, 425, 429, 500, 502, 503, 504];

    /// Comes back after the reconnection time, however often it is in vain, as browsers do.
    #[must_use]
    pub fn standard() -> Self {
        Self::new(Rule::Standard)
    }

    /// Never comes back: each loss is a failure, but for a response that ends as it should, with which the source ends.
    ///
    /// One that ends in the middle of an event, or without the event that a source was told is the end, is cut off: that is a
    /// failure too.
    #[must_use]
    pub fn never() -> Self {
        Self::new(Rule::Never)
    }

    /// Comes back after waits that grow.
    #[must_use]
    pub fn backoff(backoff: Backoff) -> Self {
        Self::new(Rule::Backoff(backoff))
    }

    /// Asks after each loss.
    ///
    /// About a status it is asked only if that is [one of those](Self::with_statuses) which are losses. If it panics, that
    /// reaches whoever polls the source, which is of no use any more.
    #[must_use]
    pub fn custom(decide: impl Fn(&Loss<'_>) -> Decision + Send + Sync + 'static) -> Self {
        Self::new(Rule::Custom(Arc::new(decide)))
    }

    /// Does as this policy, statuses included, about what is lost before a response opens the connection, and never comes
    /// back after that: for a request that must not be answered twice, such as a POST to a language model.
    ///
    /// A response that ends as it should is the end then, and one that is cut off a failure, as with [`never`](Self::never).
    /// No connection is healthy in between, so that what [limits](Backoff::with_max_attempts) a backoff does limit it.
    ///
    /// What was lost before the response may have reached the server all the same, be it that it took too long to answer.
    /// Where that matters, a [custom](Self::custom) policy comes back only if no connection could be made, which `is_connect`
    /// of a source's [error](Loss#method.error) tells.
    ///
    /// # Examples
    ///
    /// ```
    /// use ssekit::retry::{Backoff, Policy};
    ///
    /// // At most three requests, of which the last one alone is answered.
    /// let policy = Policy::before_open(Backoff::new().with_max_attempts(3));
    /// // Also if the server has too much to do.
    /// let policy = policy.with_statuses([429, 503]);
    /// ```
    #[must_use]
    pub fn before_open(policy: impl Into<Self>) -> Self {
        Self { is_before_open: true, ..policy.into() }
    }

    /// Sets which statuses are losses, about which the policy decides, instead of failures; 200 and 204 are neither.
    ///
    /// By default none are: to a browser each of them is a failure.
    /// [`TRANSIENT_STATUSES`](Self::TRANSIENT_STATUSES) are those that make sense for most servers.
    #[must_use]
    pub fn with_statuses(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.statuses = statuses.into_iter().collect();
        self
    }

    fn new(rule: Rule) -> Self {
        Self { rule, is_before_open: false, statuses: Cow::Borrowed(&[]) }
    }

    pub(super) fn retries(&self, status: u16) -> bool {
        !matches!(status, 200 | 204) && self.statuses.contains(&status)
    }

    /// Whether it never comes back after a connection that was open.
    #[cfg(feature = "client")]
    pub(super) fn ends_with_response(&self) -> bool {
        self.is_before_open || matches!(self.rule, Rule::Never)
    }

    /// The wait, no shorter than the server wants it, if it is not to be given up.
    pub(super) fn decide(&self, loss: &Loss<'_>) -> Result<Duration, GivenUp> {
        let decision = match &self.rule {
            _ if self.is_before_open && loss.was_open => loss.give_up(),
            Rule::Standard => loss.after(loss.reconnection_time),
            Rule::Never => loss.give_up(),
            Rule::Backoff(backoff) => loss.back_off(backoff),
            Rule::Custom(decide) => decide(loss),
        };
        decision.0.map(|wait| wait.max(loss.least()))
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::backoff(Backoff::new())
    }
}

impl From<Backoff> for Policy {
    fn from(backoff: Backoff) -> Self {
        Self::backoff(backoff)
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Policy");
        match &self.rule {
            Rule::Standard => debug.field("rule", &"standard"),
            Rule::Never => debug.field("rule", &"never"),
            Rule::Backoff(backoff) => debug.field("rule", backoff),
            Rule::Custom(_) => debug.field("rule", &"custom"),
        };
        debug.field("is_before_open", &self.is_before_open).field("statuses", &self.statuses).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn what_policies_decide() {
        let decide = |policy: &Policy, in_a_row| policy.decide(&Loss::new(MS(100), in_a_row, u32::MAX)).ok();
        assert_eq!([0, 1, 9].map(|n| decide(&Policy::standard(), n)), [Some(MS(100)); 3]);
        assert_eq!(decide(&Policy::never(), 0), None);
        assert!(decide(&Policy::default(), 9) > Some(MS(30_000)));
        let custom = Policy::custom(|loss| match loss.in_a_row() {
            0 => loss.after(MS(7)),
            1 => loss.back_off(&Backoff::new().with_jitter(0.0)),
            _ => loss.give_up(),
        });
        assert_eq!([0, 1, 2].map(|n| decide(&custom, n)), [Some(MS(7)), Some(MS(100)), None]);
    }

    #[test]
    fn before_open_is_another_policy_up_to_there() {
        let decide = |policy: &Policy, was_open| policy.decide(&Loss { was_open, ..Loss::new(MS(100), 1, 0) }).ok();
        let custom = Policy::custom(|loss| loss.after(MS(7)));
        for (policy, wait) in [(Policy::standard(), MS(100)), (Backoff::new().into(), MS(100)), (custom, MS(7))] {
            assert_eq!([true, false].map(|was_open| decide(&policy, was_open)), [Some(wait); 2]);
            let policy = Policy::before_open(policy.with_statuses([503]));
            assert_eq!([true, false].map(|was_open| decide(&policy, was_open)), [None, Some(wait)]);
            assert!(policy.retries(503) && !policy.retries(502));
        }
        assert_eq!(decide(&Policy::before_open(Policy::never()), false), None);
    }

    #[test]
    fn which_statuses_are_losses() {
        let retried = |policy: Policy| (0..1000).filter(|&status| policy.retries(status)).collect::<Vec<_>>();
        assert_eq!(retried(Policy::default()), [0; 0]);
        let transient = Policy::default().with_statuses(Policy::TRANSIENT_STATUSES);
        assert_eq!(retried(transient), Policy::TRANSIENT_STATUSES);
        assert_eq!(retried(Policy::never().with_statuses(199..206)), [199, 201, 202, 203, 205]);
    }
}
