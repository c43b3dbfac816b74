//! What the policy of a source gets to know of a loss.

use super::Error;
use crate::connection::retry::Loss;

impl Loss<'_> {
    /// Why the connection of an event source was lost, or could not be made: the kind, what the server answered, what a hook
    /// or the transport said.
    ///
    /// It does not say yet whether and when the source comes back, about which is being decided. `None` is for whoever drives
    /// a [`Connection`](crate::Connection).
    ///
    /// # Examples
    ///
    /// ```
    /// use core::time::Duration;
    /// use ssekit::ErrorKind;
    /// use ssekit::retry::{Backoff, Policy};
    ///
    /// let policy = Policy::custom(|loss| {
    ///     let Some(error) = loss.error() else { return loss.give_up() };
    ///     match error.kind() {
    ///         // Who is asked for a token, and has none, will not have one soon.
    ///         ErrorKind::Hook => loss.after(Duration::from_secs(60)),
    ///         // A quota that is used up does not come back by asking.
    ///         ErrorKind::Status if error.body().is_some_and(|body| body.starts_with(b"quota")) => loss.give_up(),
    ///         _ => loss.back_off(&Backoff::new()),
    ///     }
    /// });
    /// let policy = policy.with_statuses(Policy::TRANSIENT_STATUSES);
    /// ```
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.error?.downcast_ref()
    }
}
