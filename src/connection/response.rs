//! What a connection makes of the head of a response.

use core::error::Error;
use core::time::Duration;

#[cfg(doc)]
use super::Step;
use super::schedule::Lost;
use super::{Connection, Failure, GivenUp, State};

impl Connection {
    /// Takes the head of the response to the request: its status, and the values of its `Content-Type` fields.
    ///
    /// Fits [`Step::Connect`]. A status of 200 with a `Content-Type` whose essence is `text/event-stream` opens the
    /// connection. A status of 204 is the server's way to end it: the next step is [`Step::Stop`], without a failure.
    /// For a response that never came there is [`handle_lost`](Self::handle_lost).
    ///
    /// # Errors
    ///
    /// [`Failure`] if it is any other response. The connection is closed, unless the policy has it tried again: then the
    /// next step is [`Step::Wait`].
    pub fn handle_response<V: AsRef<[u8]>>(
        &mut self,
        status: u16,
        content_type: impl IntoIterator<Item = V>,
    ) -> Result<(), Failure> {
        if !matches!(self.state, State::Connecting) {
            return Ok(());
        }
        if status == 204 {
            self.close();
            return Ok(());
        }
        if let Some(failure) = self.refuse(status, content_type) {
            self.handle_refusal(status, None);
            return Err(failure);
        }
        self.state = State::Open;
        self.delivered = false;
        self.open = Duration::ZERO;
        self.retry_after = None;
        Ok(())
    }

    /// Takes what the server said of when to ask again, in a `Retry-After` field of the response.
    ///
    /// Fits [`Step::Connect`], before [`handle_response`](Self::handle_response). If the response is tried again, the wait is
    /// at least that long, within the [limit](Self::with_max_retry_after).
    pub fn handle_retry_after(&mut self, time: Duration) {
        if matches!(self.state, State::Connecting) {
            self.retry_after = Some(time.min(self.max_retry_after));
        }
    }

    /// Takes the head of a response that is [refused](Self::refuse), and what the policy may know of it; says whether it gave
    /// up.
    pub(crate) fn handle_refusal(
        &mut self,
        status: u16,
        error: Option<&(dyn Error + Send + Sync + 'static)>,
    ) -> Option<GivenUp> {
        let retry_after = self.retry_after.take();
        let lost = Lost { open: None, delivered: false, status: Some(status), retry_after, error };
        if self.schedule.policy.retries(status) {
            return self.decide(&lost);
        }
        self.close();
        None
    }

    /// Why a response is no event stream, if it is none.
    pub(crate) fn refuse<V: AsRef<[u8]>>(
        &self,
        status: u16,
        content_type: impl IntoIterator<Item = V>,
    ) -> Option<Failure> {
        match status {
            200 => self.content_types.refuse(content_type),
            204 => None,
            _ => Some(Failure::Status(status)),
        }
    }
}
