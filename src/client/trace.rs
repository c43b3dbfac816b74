//! What the client tells a subscriber, as docs/tracing.md has it; nothing without the feature `tracing`.

#[cfg(feature = "tracing")]
use core::mem;
use core::time::Duration;

#[cfg(feature = "tracing")]
use tracing::{Span, debug, info, info_span, span::EnteredSpan, warn};
use url::Url;

use super::Error;
use super::signal::Signal;
#[cfg(feature = "tracing")]
use super::signal::{Opened, Shown};

/// Tells of one source.
pub(super) struct Trace {
    /// That of the source, which is the same for as long as it lives.
    #[cfg(feature = "tracing")]
    url: Url,
    /// The span of the attempt that is under way, and of its connection.
    #[cfg(feature = "tracing")]
    attempt: Span,
}

/// For as long as it lives, whatever happens is part of the attempt.
#[cfg(feature = "tracing")]
type Entered = EnteredSpan;
#[cfg(not(feature = "tracing"))]
pub(super) struct Entered;

#[cfg(feature = "tracing")]
impl Trace {
    pub(super) fn new(url: &Url) -> Self {
        Self { url: url.clone(), attempt: Span::none() }
    }

    /// Begins the span of an attempt.
    pub(super) fn begin(&mut self, attempt: u32, resumes: bool) {
        let url = Shown(&self.url);
        self.attempt = info_span!(target: "ssekit", "sse_connection", ?url, attempt, resumes);
    }

    /// Enters the span of the attempt, if there is one; not to be held over an await.
    pub(super) fn enter(&self) -> Entered {
        self.attempt.clone().entered()
    }

    /// Tells what is told to the user.
    pub(super) fn tell(&mut self, told: Option<Result<&Signal, &Error>>) {
        let attempt = match told {
            Some(Ok(Signal::Message(_) | Signal::Comment(_))) | None => return,
            Some(Ok(Signal::Opened(_) | Signal::LimitExceeded(_) | Signal::LastEventIdNotSent(_))) => {
                self.attempt.clone()
            }
            Some(Ok(Signal::Reconnecting { .. } | Signal::Ended) | Err(_)) => {
                mem::replace(&mut self.attempt, Span::none())
            }
        };
        let _entered = attempt.enter();
        match told {
            Some(Ok(Signal::Opened(opened))) => tell_open(opened),
            Some(Ok(Signal::Reconnecting { error, delay })) => tell_loss(error, *delay),
            Some(Ok(Signal::LimitExceeded(error))) => {
                warn!(target: "ssekit", limit = error.limit(), "limit exceeded");
            }
            Some(Ok(Signal::LastEventIdNotSent(reason))) => {
                warn!(target: "ssekit", url = ?Shown(&self.url), ?reason, "last event ID not sent");
            }
            Some(Ok(Signal::Ended)) => self.tell_closed("ended"),
            Some(Err(error)) if error.is_cancelled() => self.tell_closed("cancelled"),
            Some(Err(error)) => self.tell_failure(error),
            Some(Ok(Signal::Message(_) | Signal::Comment(_))) | None => {}
        }
    }

    /// Tells that a wait begins.
    pub(super) fn wait(&self, delay: Duration) {
        debug!(target: "ssekit", url = ?Shown(&self.url), delay_ms = milliseconds(delay), "waiting");
    }

    /// Tells that an attempt is given up for another one, if there was one: the user is told nothing of that.
    pub(super) fn give_up(&mut self) {
        let attempt = mem::replace(&mut self.attempt, Span::none());
        if !attempt.is_none() {
            attempt.in_scope(|| debug!(target: "ssekit", url = ?Shown(&self.url), "given up"));
        }
    }

    /// Tells that the program has closed the source.
    pub(super) fn close(&mut self) {
        let attempt = mem::replace(&mut self.attempt, Span::none());
        attempt.in_scope(|| self.tell_closed("closed"));
    }

    fn tell_closed(&self, reason: &'static str) {
        info!(target: "ssekit", url = ?Shown(&self.url), reason, "closed");
    }

    fn tell_failure(&self, error: &Error) {
        let (url, kind) = (Shown(&self.url), error.kind());
        warn!(target: "ssekit", ?url, reason = "failed", error = format_args!("{error:#}"), ?kind, "closed");
    }
}

#[cfg(feature = "tracing")]
fn tell_open(opened: &Opened) {
    info!(target: "ssekit", url = ?Shown(opened.url()), status = opened.status().as_u16(), "open");
}

#[cfg(feature = "tracing")]
fn tell_loss(error: &Error, delay: Duration) {
    let (kind, delay_ms) = (error.kind(), milliseconds(delay));
    info!(target: "ssekit", error = format_args!("{error:#}"), ?kind, delay_ms, "lost");
}

#[cfg(feature = "tracing")]
fn milliseconds(time: Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}

#[cfg(not(feature = "tracing"))]
#[allow(clippy::unused_self, reason = "it has the methods that it has with the feature")]
impl Trace {
    #[inline]
    pub(super) fn new(_: &Url) -> Self {
        Self {}
    }

    #[inline]
    pub(super) fn begin(&mut self, _: u32, _: bool) {}

    #[inline]
    pub(super) fn enter(&self) -> Entered {
        Entered
    }

    #[inline]
    pub(super) fn tell(&mut self, _: Option<Result<&Signal, &Error>>) {}

    #[inline]
    pub(super) fn wait(&self, _: Duration) {}

    #[inline]
    pub(super) fn give_up(&mut self) {}

    #[inline]
    pub(super) fn close(&mut self) {}
}
