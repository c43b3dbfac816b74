//! What turns the steps of a connection into requests, reads and waits: the one thing here that is async.

mod deadline;
mod reading;
mod requesting;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use self::deadline::Deadline;
use super::error::Error;
use super::fetch::{Fetcher, Unfetched};
use super::signal::Signal;
use super::trace::Trace;
use super::transport::{Body, Response};
use crate::connection::{Connection, Failure, GivenUp, Itinerary, Route, Step};
use crate::parser::OwnedChunk;

/// How many steps one poll may take without anything to tell, such as chunks of comments: a body that is always ready
/// would otherwise keep the task from everything else it waits for.
const STEPS_PER_POLL: usize = 64;

/// What a driver is made of.
pub(super) struct Configuration {
    pub(super) connection: Connection,
    pub(super) itinerary: Itinerary,
    pub(super) fetcher: Fetcher,
    pub(super) head_timeout: Option<Duration>,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) error_body_limit: usize,
    pub(super) error_body_timeout: Duration,
    pub(super) tells_comments: bool,
    pub(super) end: End,
    pub(super) cancel: Option<Cancel>,
}

/// How a feed says in its events that there is no more.
#[derive(Default)]
pub(super) struct End {
    pub(super) data: Option<String>,
    pub(super) event_type: Option<String>,
}

impl End {
    fn is_any(&self) -> bool {
        self.data.is_some() || self.event_type.is_some()
    }
}

/// What ends a source from outside.
pub(super) type Cancel = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Drives a [`Connection`] over a transport, when it is polled.
///
/// Whatever is under way is kept here, one thing at a time, so that whoever polls may go away at any point.
#[expect(clippy::struct_excessive_bools, reason = "none of them follows from another")]
pub(super) struct Driver {
    connection: Connection,
    itinerary: Itinerary,
    activity: Activity,
    /// What is left to parse of the last chunk.
    chunk: OwnedChunk<Bytes>,
    /// Whether it was told that this attempt goes without a `Last-Event-ID`.
    told_not_sent: bool,
    /// How many there have been.
    attempts: u32,
    last_error: Option<Error>,
    /// Up to when the connection has been told that time has passed.
    told_time: Option<Instant>,
    /// Whether the last event was the end.
    is_at_end: bool,
    /// Whether a loss is the end, whatever the policy.
    is_last_attempt: bool,
    fetcher: Arc<Fetcher>,
    head_timeout: Option<Duration>,
    idle_timeout: Option<Duration>,
    error_body_limit: usize,
    error_body_timeout: Duration,
    tells_comments: bool,
    /// Few sources have one.
    end: Option<Box<End>>,
    cancel: Option<Cancel>,
    trace: Trace,
}

/// What is going on for the step that the connection is at.
enum Activity {
    Idle,
    Requesting {
        response: Pin<Box<dyn Future<Output = Result<(Route, Response), Unfetched>> + Send>>,
        deadline: Option<Pin<Box<Deadline>>>,
    },
    /// What is read of a response that is refused.
    Refusing(Pin<Box<dyn Future<Output = (Failure, Parts, Bytes)> + Send>>),
    Reading {
        body: Body,
        /// There is one while nothing comes.
        deadline: Option<Pin<Box<Deadline>>>,
    },
    /// The wait counts from then on, whenever its timer is made.
    Lost(Instant),
    Waiting(Pin<Box<Sleep>>),
}

/// What a step comes to: something to tell, or nothing yet but another step.
pub(super) type Told = Option<Result<Signal, Error>>;

impl Driver {
    pub(super) fn new(parts: Configuration) -> Self {
        Self {
            trace: Trace::new(parts.itinerary.url()),
            connection: parts.connection,
            itinerary: parts.itinerary,
            activity: Activity::Idle,
            chunk: OwnedChunk::new(Bytes::new()),
            told_not_sent: false,
            attempts: 0,
            last_error: None,
            told_time: None,
            is_at_end: false,
            is_last_attempt: false,
            fetcher: Arc::new(parts.fetcher),
            head_timeout: parts.head_timeout,
            idle_timeout: parts.idle_timeout,
            error_body_limit: parts.error_body_limit,
            error_body_timeout: parts.error_body_timeout,
            tells_comments: parts.tells_comments,
            end: parts.end.is_any().then(|| Box::new(parts.end)),
            cancel: parts.cancel,
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Says whether the attempt that is under way is the last, if it is lost.
    pub(super) fn set_last_attempt(&mut self, is_last: bool) {
        self.is_last_attempt = is_last;
    }

    /// Takes back that an event was parsed.
    pub(super) fn set_last_event_id(&mut self, id: String) {
        self.connection.set_last_event_id(id);
    }

    pub(super) fn close(&mut self) {
        if self.connection.step() != Step::Stop {
            self.trace.close();
        }
        self.finish();
    }

    /// Gives up what is under way for another connection, and says so if there was one.
    pub(super) fn reconnect(&mut self, last_event_id: Option<String>) -> Option<Signal> {
        let step = self.connection.step();
        if step == Step::Stop || (step == Step::Connect && last_event_id.is_none()) {
            return None;
        }
        if let Some(id) = last_event_id {
            self.connection.set_last_event_id(id);
            self.told_not_sent = false;
        }
        self.is_at_end = false;
        self.pass_time();
        self.connection.handle_reconnect();
        self.stop();
        let error = || Error::requested().at(self.attempts, Some(Duration::ZERO));
        let told = (step == Step::Read).then(|| Signal::Reconnecting { error: error(), delay: Duration::ZERO });
        self.trace.tell(told.as_ref().map(Ok));
        self.trace.give_up();
        told
    }

    /// Counts from now on for how long nothing comes.
    pub(super) fn rest(&mut self) {
        if let Activity::Reading { deadline, .. } = &mut self.activity {
            *deadline = None;
        }
    }

    /// Goes from step to step until there is something to tell; `None` once it is over.
    ///
    /// While it is paused, nothing is read, and nothing of what was.
    pub(super) fn poll_signal(&mut self, is_paused: bool, cx: &mut Context<'_>) -> Poll<Option<Result<Signal, Error>>> {
        let told = ready!(self.poll_steps(is_paused, cx));
        self.trace.tell(told.as_ref().map(Result::as_ref));
        Poll::Ready(told)
    }

    fn poll_steps(&mut self, is_paused: bool, cx: &mut Context<'_>) -> Poll<Told> {
        for _ in 0..STEPS_PER_POLL {
            if self.cancel.as_mut().is_some_and(|cancel| cancel.as_mut().poll(cx).is_ready()) {
                return Poll::Ready(Some(Err(self.fail(Error::cancelled()))));
            }
            let step = self.connection.step();
            if matches!(step, Step::Connect | Step::Wait(_)) && Handle::try_current().is_err() {
                let error = Error::builder("there is no tokio runtime to connect and wait in", None);
                return Poll::Ready(Some(Err(self.fail(error))));
            }
            let _entered = self.trace.enter();
            let told = match step {
                Step::Connect => ready!(self.poll_response(cx)),
                Step::Read if self.is_at_end => return Poll::Ready(Some(Ok(self.finish()))),
                Step::Read if is_paused => return Poll::Pending,
                Step::Read => ready!(self.poll_body(cx)),
                Step::Wait(delay) => ready!(self.poll_wait(delay, cx)),
                Step::Stop => return Poll::Ready(None),
            };
            if told.is_some() {
                return Poll::Ready(told);
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_wait(&mut self, delay: Duration, cx: &mut Context<'_>) -> Poll<Told> {
        if let Activity::Lost(at) = self.activity {
            let wait = at.checked_add(delay).map_or_else(|| sleep(delay), sleep_until);
            self.activity = Activity::Waiting(Box::pin(wait));
            self.trace.wait(delay);
        }
        if let Activity::Waiting(wait) = &mut self.activity {
            ready!(wait.as_mut().poll(cx));
        }
        self.activity = Activity::Idle;
        self.pass_time();
        self.connection.handle_elapsed();
        Poll::Ready(None)
    }

    /// Has the connection decide on a loss.
    fn lose(&mut self, error: Error) -> Result<Signal, Error> {
        self.pass_time();
        let error = error.at(self.attempts, None);
        let given_up = self.connection.handle_error(&error);
        self.tell_loss(error, given_up)
    }

    /// Drops what is left of the connection; the wait for the next one begins at once, if there is one.
    fn tell_loss(&mut self, error: Error, given_up: Option<GivenUp>) -> Result<Signal, Error> {
        self.stop();
        let delay = match self.connection.step() {
            Step::Wait(delay) if !self.is_last_attempt => delay,
            _ => return Err(self.fail(error).given_up(given_up)),
        };
        self.activity = Activity::Lost(Instant::now());
        let error = error.at(self.attempts, Some(delay));
        self.last_error = Some(error.clone());
        Ok(Signal::Reconnecting { error, delay })
    }

    /// Closes the source with nothing wrong.
    fn finish(&mut self) -> Signal {
        self.connection.close();
        self.stop();
        Signal::Ended
    }

    fn fail(&mut self, error: Error) -> Error {
        self.connection.handle_failure();
        self.stop();
        error.at(self.attempts, None)
    }

    fn pass_time(&mut self) {
        let now = Instant::now();
        let since = self.told_time.replace(now).unwrap_or(now);
        self.connection.handle_time(now.saturating_duration_since(since));
    }

    fn stop(&mut self) {
        self.activity = Activity::Idle;
        self.chunk = OwnedChunk::new(Bytes::new());
        if self.connection.step() == Step::Stop {
            self.cancel = None;
        }
    }
}
