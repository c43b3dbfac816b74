//! The event source, as its user sees it.

mod polling;

use core::fmt;
use core::future::poll_fn;
use core::time::Duration;

use url::Url;

use super::Error;
use super::driver::Driver;
use super::handle::SourceHandle;
use super::signal::{Opened, Shown, Signal};
#[cfg(feature = "reqwest")]
use super::{Builder, Client};
use crate::connection::ReadyState;
use crate::event::Event;

/// The browser's [`EventSource`][standard]: the events of a server, over as many connections as it takes.
///
/// It connects when it is first polled, and comes back by itself, with `Last-Event-ID`, whenever the connection is lost
/// or cannot be made. Between polls it does nothing, and needs no task of its own; it wants to be polled in a tokio
/// runtime. However much there is to tell, it lets others have their turn now and then.
///
/// # How to listen
///
/// There are three ways to ask: [`message`](Self::message) for events alone, [`signal`](Self::signal) for everything
/// that happens, and the same as a [`Stream`](https://docs.rs/futures-core/latest/futures_core/stream/trait.Stream.html). Dropping any of their futures loses nothing: the next call goes on where
/// it was.
///
/// And there is the browser's way, to be told: [`on_open`](Self::on_open), [`on_message`](Self::on_message),
/// [`on_error`](Self::on_error) and [`add_event_listener`](Self::add_event_listener) register listeners, which
/// [`run`](Self::run) serves, and any of the ways to ask too, just before it gives its answer. Listeners are called on the
/// task that polls, one at a time, in the order in which they were registered; one that is registered while an event is
/// dispatched does not get it any more. They may [close the source](SourceHandle::close) and register others. One that panics
/// keeps neither the others nor the source from going on, where panics unwind: the panic is reported as any other is, and
/// that is all, so a test had better note what a listener gets and assert outside of it. A listener must not block, and it
/// cannot await: what takes time goes elsewhere, by a channel for example. Comments, events over the limit and IDs that
/// cannot be sent are told to who asks for [signals](Signal) alone.
///
/// A listener gets the events of its type alone. What a server names `open` or `error` goes to the listeners of `open` and
/// `error`, but it is a message, and changes no state.
///
/// # When it ends
///
/// * An `Err` means, always and only, that the source has [failed](crate::retry#losses-and-failures) and is CLOSED: the server answered with something that
///   is no event stream, what was asked for makes no sense, or the [policy](super::Builder::retry_policy) gave up. `None`
///   follows for ever. As in a browser, any status but 200 is such an answer, 429 and 503 too, unless
///   [the policy](crate::retry::Policy::with_statuses) says that it is a loss. [`Error`] says what the server answered.
/// * `None` without an `Err` means that it is over: the server said so, by a status of 204 or by an event that was to be
///   [the end](super::Builder::end_on_data), or it was [closed](Self::close) here.
/// * What may come back is neither: a server that cannot be reached, or ends its response, is a
///   [`Signal::Reconnecting`]. So as not to wait for a host that never existed, ask [`opened`](Self::opened) first.
///
/// # When it comes back
///
/// After a [loss](crate::retry#losses-and-failures) the source waits for the reconnection time: 3 seconds, or what the server's last `retry` field said. From
/// the second attempt in a row that brings not a byte on, the wait doubles with each, up to 30 seconds (or the reconnection
/// time, if that is longer). A random part comes on top, so that the clients of a server that went down do not come back as
/// one: up to a tenth of the wait, and up to half of it once an attempt was in vain. That is the default policy;
/// [others](crate::retry::Policy) do as a browser, never come back, give up after some time, or are your own.
///
/// # Redirects
///
/// It follows redirects by itself, up to 20 for an attempt; one more is a loss, after which it comes back. A `Location` that
/// is no `http` or `https` URL is a failure, and a redirect without one is a status like any other.
///
/// What you set as a [header](super::Builder::header), such as `Authorization`, does not go to another origin, neither there
/// nor on the way back nor when a later attempt begins there; [`keep_header`](super::Builder::keep_header) names what does.
/// `Last-Event-ID` goes along, and what says how to answer (`Accept`, `Cache-Control` and the like).
///
/// The next attempt begins where the last connection was; [`reconnection_url`](super::Builder::reconnection_url) says
/// otherwise. If it is lost before there is a response, be it by a hook that fails, the next one begins at the URL of the
/// source again, with all of its headers.
///
/// # What it sends
///
/// `Accept: text/event-stream`, `Accept-Encoding: identity` (unless `Builder::compression` lets the server compress),
/// `Cache-Control: no-cache`, `Pragma: no-cache`, `Last-Event-ID` once there is one, the userinfo of the URL as Basic
/// credentials, and what [`Builder::header`](super::Builder::header) adds. With an [origin](super::Builder::origin), `Origin` to others, and
/// credentials to others only if they were asked for; with a jar, its cookies. The default client's `User-Agent` is `ssekit/` and its version.
///
/// # Tracing
///
/// With the feature `tracing` it [tells a subscriber](crate::_documentation::tracing) of each attempt, and of what comes of it.
///
/// # Panics
///
/// Polling it panics in a tokio runtime whose timers are off (see `tokio::runtime::Builder::enable_time`), and when a
/// timer that it began in one runtime is polled after that runtime is gone. Where there is no runtime at all, to connect
/// or to wait needs one, and it fails without a panic.
///
/// # Examples
///
/// ```no_run
/// # #[cfg(feature = "reqwest")]
/// # async fn run() -> Result<(), ssekit::Error> {
/// use ssekit::EventSource;
///
/// let mut source = EventSource::get("https://stream.wikimedia.org/v2/stream/recentchange")?;
/// source.opened().await?;
/// while let Some(event) = source.message().await? {
///     println!("{} {}", event.event_type(), event.data());
/// }
/// # Ok(()) }
/// ```
///
/// [standard]: https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
#[must_use = "it does nothing unless it is polled"]
pub struct EventSource {
    driver: Driver,
    handle: SourceHandle,
    has_opened: bool,
    /// How many signals were told one after the other, without a pause.
    in_a_row: u32,
}

impl EventSource {
    /// The readyState while there is no connection, and one is being made; the number 0 to a page.
    pub const CONNECTING: ReadyState = ReadyState::Connecting;
    /// The readyState while there is a connection; the number 1 to a page.
    pub const OPEN: ReadyState = ReadyState::Open;
    /// The readyState once it is over; the number 2 to a page.
    pub const CLOSED: ReadyState = ReadyState::Closed;

    /// Makes an event source for this `http` or `https` URL, with every default and a client of its own.
    ///
    /// Sources that share a [`Client`] come cheaper: see [`Client::get`].
    ///
    /// # Errors
    ///
    /// [`Error`] if the URL cannot be parsed, or no HTTP client can be set up. A relative URL takes a
    /// [base](super::Builder::base_url).
    #[cfg(feature = "reqwest")]
    pub fn get(url: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder(url).build()
    }

    /// Begins to make an event source for this URL, with a client of its own.
    ///
    /// Code that is to be tested without a network takes a [`Client`] instead, and asks it for a [`source`](Client::source), or
    /// takes a source that is built: the feature `test-util` has a client whose server is a script.
    #[cfg(feature = "reqwest")]
    pub fn builder(url: impl AsRef<str>) -> Builder {
        Builder::new(url.as_ref(), Client::new())
    }

    pub(super) fn new(driver: Driver, handle: SourceHandle) -> Self {
        Self { driver, handle, has_opened: false, in_a_row: 0 }
    }

    /// Waits until the source is open for the first time, and says what the server answered.
    ///
    /// Here an attempt that is lost is a failure too, and closes the source, whatever its
    /// [policy](super::Builder::retry_policy) says: a host that is unknown or that nobody listens on, and a first 503 that the
    /// policy would have come back after, are told instead of tried again. From then on the policy has its say. Who wants a
    /// first attempt tried again does without this call: [`message`](Self::message) waits for as long as it takes, and
    /// [`signal`](Self::signal) tells [`Opened`](Signal::Opened) too.
    ///
    /// This takes the place of the first [`Signal::Opened`], which is not told again. `None` means that there is nothing to
    /// wait for: the source had opened before and told so, or it is over (closed, or a status of 204).
    ///
    /// # Errors
    ///
    /// [`Error`] if the source failed, or its first attempt was lost. It is closed.
    pub async fn opened(&mut self) -> Result<Option<Opened>, Error> {
        while !self.has_opened {
            // Only while it is polled: whoever leaves off waiting here has the policy have its say again.
            let signal = poll_fn(|cx| {
                self.driver.set_last_attempt(true);
                let polled = self.poll_signal(cx);
                self.driver.set_last_attempt(false);
                polled
            });
            match signal.await.transpose()? {
                Some(Signal::Opened(opened)) => return Ok(Some(opened)),
                Some(_) => {}
                None => break,
            }
        }
        Ok(None)
    }

    /// Waits for the next event, over as many connections as it takes; `None` means that it is over.
    ///
    /// What else there is to tell is passed over, and only [`signal`](Self::signal) and listeners know of it: losses after
    /// which the source comes back, an event that outgrew the [limit](super::Builder::limit) and is lost (unless that
    /// [is a failure](super::Builder::fail_on_limit)), and a last event ID that
    /// [cannot be sent](Signal::LastEventIdNotSent), for which the server starts anew.
    ///
    /// # Errors
    ///
    /// [`Error`] if the source failed. It is closed.
    pub async fn message(&mut self) -> Result<Option<Event>, Error> {
        while let Some(signal) = self.signal().await? {
            if let Signal::Message(event) = signal {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// Waits for whatever happens next; `None` means that it is over.
    ///
    /// # Errors
    ///
    /// [`Error`] if the source failed. It is closed.
    pub async fn signal(&mut self) -> Result<Option<Signal>, Error> {
        poll_fn(|cx| self.poll_signal(cx)).await.transpose()
    }

    /// Follows the feed to its end, for its listeners.
    ///
    /// A [`handle`](Self::handle) closes it from elsewhere. To drop this future is to drop the source, which closes it; whoever
    /// wants to stop and go on later asks for [signals](Self::signal).
    ///
    /// # Errors
    ///
    /// [`Error`] if the source failed.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[cfg(feature = "reqwest")]
    /// # async fn run() -> Result<(), ssekit::Error> {
    /// use ssekit::EventSource;
    ///
    /// let source = EventSource::get("https://example.com/feed")?;
    /// source.on_open(|_| println!("open"));
    /// source.on_message(|event| println!("{}", event.data()));
    /// source.add_event_listener("done", |event| event.source().close());
    /// source.on_error(|event| println!("{:?}: {:?}", event.ready_state(), event.error()));
    /// let run = tokio::spawn(source.run());
    /// // … and in the end:
    /// run.await.expect("it does not panic")?;
    /// # Ok(()) }
    /// ```
    pub async fn run(mut self) -> Result<(), Error> {
        while self.signal().await?.is_some() {}
        Ok(())
    }

    /// Closes the source, for good and without a word: `None` is all that follows.
    ///
    /// The connection is dropped at once, and so is a wait for the next one.
    pub fn close(&mut self) {
        self.handle.close();
        self.finish();
    }

    /// Makes a handle, to look at the source and to close it from elsewhere.
    #[must_use]
    pub fn handle(&self) -> SourceHandle {
        let handle = self.handle.clone();
        handle.update(self.driver.connection());
        handle
    }

    /// Whether there is a connection.
    ///
    /// It changes with what is told: it is OPEN from the [`Signal::Opened`] on. What a handle asks for changes it at once.
    #[must_use]
    #[doc(alias = "readyState")]
    pub fn ready_state(&self) -> ReadyState {
        self.handle.seen(self.driver.connection().ready_state())
    }

    /// The URL that the source was made with, [resolved](super::Builder::base_url); it never changes, whatever redirects
    /// there are.
    ///
    /// It is whole: mind what is in it before it is shown.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.handle.url()
    }

    /// Whether the source was made to send credentials to other origins too; see
    /// [`Builder::with_credentials`](super::Builder::with_credentials).
    #[must_use]
    #[doc(alias = "withCredentials")]
    pub fn with_credentials(&self) -> bool {
        self.handle.with_credentials()
    }

    /// The last event ID: that of the last event that was handed out, or of a block without data since.
    ///
    /// A source that is made with it goes on behind that event. Where events are dealt with later, behind a channel for
    /// example, it is ahead of that: what to save is the [ID of the event](crate::Event::last_event_id) that is done with.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.driver.connection().last_event_id()
    }

    /// The reconnection time in force: the server's last `retry`, else what was configured, within the bounds.
    #[must_use]
    pub fn reconnection_time(&self) -> Duration {
        self.driver.connection().reconnection_time()
    }

    pub(super) fn handle_ref(&self) -> &SourceHandle {
        &self.handle
    }
}

impl Drop for EventSource {
    fn drop(&mut self) {
        self.handle.close();
        self.finish();
    }
}

/// Without headers and the URL's query, in which there may be secrets.
impl fmt::Debug for EventSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSource")
            .field("url", &Shown(self.url()))
            .field("ready_state", &self.ready_state())
            .field("last_event_id", &self.last_event_id())
            .finish_non_exhaustive()
    }
}
