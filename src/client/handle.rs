//! What is known of a source from elsewhere, and can be done to it.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Waker};
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use url::Url;

use super::listeners::Listeners;
use super::signal::Shown;
use crate::connection::{Connection, ReadyState};

/// A handle of an [`EventSource`](super::EventSource): reads its state, closes it, pauses it and listens to it, from any
/// thread; cheap to clone.
///
/// It does not keep the source alive: once that is dropped, the readyState is CLOSED.
///
/// # Examples
///
/// ```no_run
/// # #[cfg(feature = "reqwest")]
/// # async fn run() -> Result<(), ssekit::Error> {
/// use ssekit::EventSource;
///
/// let mut source = EventSource::get("https://example.com/feed")?;
/// let handle = source.handle();
/// tokio::spawn(async move {
///     tokio::time::sleep(std::time::Duration::from_secs(60)).await;
///     handle.close();
/// });
/// while let Some(event) = source.message().await? {
///     println!("{}", event.data());
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SourceHandle(Arc<Inner>);

struct Inner {
    url: Url,
    with_credentials: bool,
    is_closed: AtomicBool,
    is_paused: AtomicBool,
    /// Whether it was paused since the last poll, or is.
    was_paused: AtomicBool,
    has_wish: AtomicBool,
    /// As of the last poll at which there was anybody to look at it.
    ready_state: watch::Sender<ReadyState>,
    /// As of the last poll at which there was anybody to look at it.
    state: Mutex<State>,
    listeners: Listeners,
}

struct State {
    wish: Option<Wish>,
    last_event_id: String,
    reconnection_time: Duration,
    /// Whoever waits for the source.
    waker: Option<Waker>,
}

/// For another connection.
pub(super) struct Wish {
    /// From where it is to go on, if not from where the source is.
    pub(super) last_event_id: Option<String>,
}

impl SourceHandle {
    pub(super) fn new(url: Url, with_credentials: bool) -> Self {
        let state = State { wish: None, last_event_id: String::new(), reconnection_time: Duration::ZERO, waker: None };
        Self(Arc::new(Inner {
            url,
            with_credentials,
            is_closed: AtomicBool::new(false),
            is_paused: AtomicBool::new(false),
            was_paused: AtomicBool::new(false),
            has_wish: AtomicBool::new(false),
            ready_state: watch::Sender::new(ReadyState::Connecting),
            state: Mutex::new(state),
            listeners: Listeners::default(),
        }))
    }

    /// Closes the source, for good and without a word.
    ///
    /// The readyState is CLOSED at once, and nothing more is told. Whoever waits for the source is woken and gets `None`,
    /// with which the connection is dropped; if nobody does, it is dropped with the source.
    pub fn close(&self) {
        self.0.is_closed.store(true, Ordering::Release);
        self.0.ready_state.send_replace(ReadyState::Closed);
        self.wake();
    }

    /// Makes the source connect anew, now: it gives up the connection that it has, or the wait for the next one.
    ///
    /// A connection that is given up is told as a [`Signal::Reconnecting`](super::Signal::Reconnecting) with
    /// [`Error::is_requested`](super::Error::is_requested). It is no loss, and no policy is asked: a POST is made again, and
    /// whoever calls this at each loss makes a loop without a wait. While a request is under way, and once the source is
    /// closed, nothing happens.
    ///
    /// The readyState is CONNECTING at once, so that to [wait](Self::wait_for) for OPEN is to wait for the new connection. The
    /// rest happens when the source is polled, for which whoever waits for it is woken. One that is [paused](Self::pause)
    /// connects anew too, tells that, and stays paused.
    pub fn reconnect_now(&self) {
        self.wish(None);
    }

    /// Makes the source connect anew, now, and go on behind this event; a request that is under way is given up too.
    ///
    /// The rest is as with [`reconnect_now`](Self::reconnect_now), which called after it takes nothing back. An empty ID is
    /// none. The [last event ID](Self::last_event_id) is this one once the source was polled. Once the source is closed nothing
    /// happens.
    ///
    /// # Errors
    ///
    /// [`Error`](super::Error) if the ID contains a NUL or a line break.
    pub fn reconnect_from(&self, last_event_id: impl Into<String>) -> Result<(), super::Error> {
        self.wish(Some(super::builder::checked(last_event_id.into())?));
        Ok(())
    }

    /// Makes the source read no more, and tell no events: what the server goes on sending waits in the buffers of the network,
    /// until these are full and the server has to wait.
    ///
    /// The connection stays. One that is lost meanwhile is noticed once it is read again; a wait for the next one, the request
    /// and [another connection](Self::reconnect_now) go on, and what comes of them is told. It is events that are held back,
    /// but for one at most, which another thread may just be about to hand out. The
    /// [idle timeout](super::Builder::idle_timeout) rests, and starts anew with [`resume`](Self::resume).
    pub fn pause(&self) {
        self.0.is_paused.store(true, Ordering::Release);
        self.0.was_paused.store(true, Ordering::Release);
    }

    /// Makes the source go on reading after [`pause`](Self::pause).
    pub fn resume(&self) {
        self.0.is_paused.store(false, Ordering::Release);
        self.wake();
    }

    /// Waits until the readyState is this one, or CLOSED, and says which; at once, if it is that already.
    ///
    /// Somebody else has to poll the source meanwhile. A state that does not last may be missed, and listeners may not have been
    /// called yet: for each connection anew, listen to `open`. After [`reconnect_now`](Self::reconnect_now) and
    /// [`reconnect_from`](Self::reconnect_from), OPEN is a connection that was made since. It is cancel-safe.
    pub async fn wait_for(&self, state: ReadyState) -> ReadyState {
        self.changed(|now| now == state).await
    }

    /// Waits until the readyState is another one than this, or CLOSED, and says which; at once, if it is that already.
    ///
    /// Somebody else has to poll the source meanwhile. A state that does not last may be missed. It is cancel-safe.
    pub async fn wait_while(&self, state: ReadyState) -> ReadyState {
        self.changed(|now| now != state).await
    }

    /// Whether there is a connection.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        if self.is_closed() { ReadyState::Closed } else { *self.0.ready_state.borrow() }
    }

    /// The URL that the source was made with; it never changes.
    ///
    /// It is whole: mind what is in it before it is shown.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0.url
    }

    /// Whether the source was made to send credentials to other origins too.
    #[must_use]
    pub fn with_credentials(&self) -> bool {
        self.0.with_credentials
    }

    /// The last event ID: that of the last event that was handed out, or of a block without data since.
    ///
    /// Where events are dealt with later, behind a channel for example, it is ahead of that.
    #[must_use]
    pub fn last_event_id(&self) -> String {
        self.state().last_event_id.clone()
    }

    /// The reconnection time in force: the server's last `retry`, else what was configured, within the bounds.
    #[must_use]
    pub fn reconnection_time(&self) -> Duration {
        self.state().reconnection_time
    }

    /// Whether it is [paused](Self::pause).
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.0.is_paused.load(Ordering::Acquire)
    }

    async fn changed(&self, is_it: impl Fn(ReadyState) -> bool) -> ReadyState {
        let mut states = self.0.ready_state.subscribe();
        let reached = states.wait_for(|&state| state == ReadyState::Closed || is_it(state)).await;
        // Its sender is here, and so it cannot be gone.
        reached.map_or(ReadyState::Closed, |state| *state)
    }

    fn wish(&self, last_event_id: Option<String>) {
        let mut state = self.state();
        // One that names an ID is not undone by one that does not.
        let last = state.wish.take().and_then(|wish| wish.last_event_id);
        state.wish = Some(Wish { last_event_id: last_event_id.or(last) });
        drop(state);
        self.0.ready_state.send_if_modified(|state| {
            // Whoever polls may take the wish from here on, and shows what comes of it after this.
            self.0.has_wish.store(true, Ordering::Release);
            let was_open = *state == ReadyState::Open;
            if was_open {
                *state = ReadyState::Connecting;
            }
            was_open
        });
        self.wake();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.is_closed.load(Ordering::Acquire)
    }

    pub(super) fn listeners(&self) -> &Listeners {
        &self.0.listeners
    }

    /// Whether there is anybody to look at the state, a listener for one.
    #[inline]
    pub(super) fn is_looked_at(&self) -> bool {
        Arc::strong_count(&self.0) > 1 || !self.0.listeners.is_empty()
    }

    /// Whether nothing was asked for that the next poll has to see to.
    #[inline]
    pub(super) fn wants_nothing(&self) -> bool {
        let is_set = |flag: &AtomicBool| flag.load(Ordering::Acquire);
        let Inner { is_closed, is_paused, was_paused, has_wish, .. } = &*self.0;
        !(is_set(is_closed) || is_set(is_paused) || is_set(was_paused) || is_set(has_wish))
    }

    /// Takes over the state of the connection, if there is anybody to look at it.
    pub(super) fn update(&self, connection: &Connection) {
        if !self.is_looked_at() {
            return;
        }
        self.show(|_| connection.ready_state());
        let mut state = self.state();
        state.reconnection_time = connection.reconnection_time();
        let last_event_id = connection.last_event_id();
        if state.last_event_id != last_event_id {
            state.last_event_id = last_event_id.into();
        }
    }

    /// Notes whom to wake when there is something to do; what came up in the meantime wakes at once.
    ///
    /// A handle may be made while the source is waited for, so this cannot wait until there is one.
    pub(super) fn wake_later(&self, was_paused: bool, cx: &Context<'_>) {
        let mut state = self.state();
        let is_noted = state.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
        let last = if is_noted { None } else { state.waker.replace(cx.waker().clone()) };
        // Not while the lock is held: whose waker it is may come back here.
        drop(state);
        drop(last);
        if self.has_wish() || (was_paused && !self.is_paused()) {
            cx.waker().wake_by_ref();
        }
    }

    /// Says whether it was paused since this was last asked, or is.
    pub(super) fn take_pause(&self) -> bool {
        let was_paused = self.0.was_paused.load(Ordering::Acquire);
        if was_paused {
            self.0.was_paused.store(false, Ordering::Release);
        }
        // Looked at last: one that comes in between is seen here, or noted for the next time.
        was_paused || self.is_paused()
    }

    /// Takes the wish for another connection, if there is one.
    pub(super) fn take_wish(&self) -> Option<Wish> {
        if !self.has_wish() {
            return None;
        }
        let mut state = self.state();
        self.0.has_wish.store(false, Ordering::Release);
        state.wish.take()
    }

    /// The readyState as it is seen from outside: a connection that is not wanted any more is none.
    pub(super) fn seen(&self, state: ReadyState) -> ReadyState {
        if self.is_closed() {
            ReadyState::Closed
        } else if state == ReadyState::Open && self.has_wish() {
            ReadyState::Connecting
        } else {
            state
        }
    }

    fn has_wish(&self) -> bool {
        self.0.has_wish.load(Ordering::Acquire)
    }

    /// Shows another readyState to whoever waits for one, made of the last.
    ///
    /// What it depends on beside that is read while the old one is locked, so that whoever is last knows of it.
    fn show(&self, now: impl FnOnce(ReadyState) -> ReadyState) {
        self.0.ready_state.send_if_modified(|state| {
            let now = self.seen(now(*state));
            core::mem::replace(state, now) != now
        });
    }

    fn wake(&self) {
        let waker = self.state().waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without the URL's query, in which there may be secrets.
impl fmt::Debug for SourceHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceHandle")
            .field("url", &Shown(self.url()))
            .field("ready_state", &self.ready_state())
            .finish_non_exhaustive()
    }
}
