//! Who listens to which events of a source, and how they are told.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;
use core::mem;
use core::panic::AssertUnwindSafe;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::panic::catch_unwind;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Error;
use super::handle::SourceHandle;
use super::signal::{Opened, Signal};
use crate::connection::ReadyState;
use crate::event::Event;

pub(super) const OPEN: &str = "open";
pub(super) const MESSAGE: &str = "message";
pub(super) const ERROR: &str = "error";

/// Which listener: what registering one gives back, to [remove](super::EventSource::remove_event_listener) it by.
///
/// No two listeners share one, not even those of different sources. What takes the place of another as `on_open`,
/// `on_message` or `on_error` takes its ID too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListenerId(usize);

impl ListenerId {
    fn next() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

pub(super) type Callback = Box<dyn FnMut(&ListenerEvent<'_>) + Send>;

/// The [event listener list] of a source.
///
/// [event listener list]: https://dom.spec.whatwg.org/#eventtarget-event-listener-list
#[derive(Default)]
pub(super) struct Listeners {
    list: Mutex<List>,
    /// Whether there has ever been one: most sources have none, and no lock to take for each event.
    any: AtomicBool,
}

#[derive(Default)]
struct List {
    /// Shared with the dispatches that are going on, each of which goes by what there was when it began.
    listeners: Arc<Vec<Arc<Listener>>>,
    /// Whether the source is over: then a listener has nothing to wait for, and is not kept.
    is_over: bool,
}

struct Listener {
    id: ListenerId,
    event_type: String,
    /// Whether it is what a page sets as an `on…` attribute, of which there is one for each type.
    is_attribute: bool,
    /// Whether it is to be called once.
    once: bool,
    is_removed: AtomicBool,
    /// It is not there while it is being called.
    callback: Mutex<Option<Callback>>,
}

impl Listeners {
    pub(super) fn add(&self, event_type: &str, once: bool, callback: Callback) -> ListenerId {
        let mut list = self.list();
        let (id, refused) = self.push(&mut list, event_type, false, once, callback);
        drop(list);
        discard(refused);
        id
    }

    /// Sets the one listener that is the attribute of this type. It keeps its place, and with it its ID.
    pub(super) fn set_attribute(&self, event_type: &str, callback: Callback) -> ListenerId {
        let mut list = self.list();
        let is_it = |listener: &&Arc<Listener>| listener.is_attribute && listener.event_type == event_type;
        let Some(listener) = list.listeners.iter().find(is_it) else {
            let (id, refused) = self.push(&mut list, event_type, true, false, callback);
            drop(list);
            discard(refused);
            return id;
        };
        let (id, replaced) = (listener.id, lock(&listener.callback).replace(callback));
        drop(list);
        discard(replaced);
        id
    }

    pub(super) fn remove(&self, id: ListenerId) {
        let mut list = self.list();
        let Some(index) = list.listeners.iter().position(|listener| listener.id == id) else { return };
        let listener = Arc::make_mut(&mut list.listeners).remove(index);
        drop(list);
        listener.is_removed.store(true, Ordering::Relaxed);
        let removed = lock(&listener.callback).take();
        discard(removed);
    }

    /// Lets go of every listener; none is taken any more.
    pub(super) fn finish(&self) {
        let mut list = self.list();
        list.is_over = true;
        let listeners = mem::take(&mut list.listeners);
        drop(list);
        for listener in listeners.iter() {
            let callback = lock(&listener.callback).take();
            discard(callback);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Relaxed)
    }

    /// Calls those that listen to this type, [in order], each whatever becomes of the others.
    ///
    /// [in order]: https://dom.spec.whatwg.org/#concept-event-listener-inner-invoke
    pub(super) fn dispatch(&self, event: &ListenerEvent<'_>) {
        let listeners = self.list().listeners.clone();
        for listener in listeners.iter().filter(|listener| listener.event_type == event.event_type()) {
            if listener.is_removed.load(Ordering::Relaxed) {
                continue;
            }
            let Some(mut callback) = lock(&listener.callback).take() else { continue };
            if listener.once {
                self.remove(listener.id);
            }
            // What it reports is the panic hook's; what it leaves behind is its own.
            let _ = catch_unwind(AssertUnwindSafe(|| callback(event)));
            let mut place = lock(&listener.callback);
            if place.is_none() && !listener.is_removed.load(Ordering::Relaxed) {
                *place = Some(callback);
            } else {
                drop(place);
                discard(Some(callback));
            }
            if event.is_stopped.get() {
                break;
            }
        }
    }

    /// Gives the callback back if the source is over.
    fn push(
        &self,
        list: &mut List,
        event_type: &str,
        is_attribute: bool,
        once: bool,
        callback: Callback,
    ) -> (ListenerId, Option<Callback>) {
        let id = ListenerId::next();
        if list.is_over {
            return (id, Some(callback));
        }
        Arc::make_mut(&mut list.listeners).push(Arc::new(Listener {
            id,
            event_type: event_type.into(),
            is_attribute,
            once,
            is_removed: AtomicBool::new(false),
            callback: Mutex::new(Some(callback)),
        }));
        self.any.store(true, Ordering::Relaxed);
        (id, None)
    }

    fn list(&self) -> MutexGuard<'_, List> {
        lock(&self.list)
    }
}

/// Drops a callback while no lock is held: what it owns may come back here, or panic, which is its own affair.
fn discard(callback: Option<Callback>) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(callback)));
}

/// No lock is held while anything of the user's is called, so that none is poisoned.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An event, as its listeners get it.
///
/// It is either a message of the server's, which may be of any type, or one of the source's own two: `open` and `error`.
/// What a server names `open` or `error` is a message.
#[doc(alias = "MessageEvent")]
pub struct ListenerEvent<'a> {
    source: &'a SourceHandle,
    what: What<'a>,
    is_stopped: Cell<bool>,
}

#[derive(Clone, Copy)]
enum What<'a> {
    Open(&'a Opened),
    Message(&'a Event),
    /// Without an error if the server said that it is over.
    Error(Option<&'a Error>),
}

impl<'a> ListenerEvent<'a> {
    /// What a page would get of what the source tells, if it would get anything.
    pub(super) fn new(source: &'a SourceHandle, told: &'a Result<Signal, Error>) -> Option<Self> {
        let what = match told {
            Ok(Signal::Opened(opened)) => What::Open(opened),
            Ok(Signal::Message(event)) => What::Message(event),
            Ok(Signal::Reconnecting { error, .. }) | Err(error) => What::Error(Some(error)),
            Ok(Signal::Ended) => What::Error(None),
            Ok(Signal::Comment(_) | Signal::LimitExceeded(_) | Signal::LastEventIdNotSent(_)) => return None,
        };
        Some(Self { source, what, is_stopped: Cell::new(false) })
    }

    /// The event type, which is that of the listener.
    #[must_use]
    pub fn event_type(&self) -> &'a str {
        match self.what {
            What::Open(_) => OPEN,
            What::Message(event) => event.event_type(),
            What::Error(_) => ERROR,
        }
    }

    /// The message, if the server sent one; a page would get a `MessageEvent`.
    #[must_use]
    pub fn message(&self) -> Option<&'a Event> {
        match self.what {
            What::Message(event) => Some(event),
            _ => None,
        }
    }

    /// The data of the message; empty if there is none in it, or if it is no [message](Self::message).
    #[must_use]
    pub fn data(&self) -> &'a str {
        self.message().map_or("", Event::data)
    }

    /// The last event ID of the message; empty if there is none, or if it is no [message](Self::message).
    #[must_use]
    #[doc(alias = "lastEventId")]
    pub fn last_event_id(&self) -> &'a str {
        self.message().map_or("", Event::last_event_id)
    }

    /// The origin of the message; empty if it is no [message](Self::message).
    #[must_use]
    pub fn origin(&self) -> &'a str {
        self.message().map_or("", Event::origin)
    }

    /// What the server answered, if this is the source's `open`.
    #[must_use]
    pub fn opened(&self) -> Option<&'a Opened> {
        match self.what {
            What::Open(opened) => Some(opened),
            _ => None,
        }
    }

    /// Why the connection was lost or the source failed, if this is the source's `error`.
    ///
    /// [`ready_state`](Self::ready_state) tells these two apart. If it is over as it should be, it is CLOSED, and there is
    /// nothing wrong: then this is `None`. So it is after a status of 204, an event that is
    /// [the end](crate::Builder::end_on_data), and a response that ends as it should where the policy never comes back.
    #[must_use]
    pub fn error(&self) -> Option<&'a Error> {
        match self.what {
            What::Error(error) => error,
            _ => None,
        }
    }

    /// The readyState of the source, as it is now.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.source.ready_state()
    }

    /// The source, to close it, or to add and remove listeners, from inside; a page knows it as the event's `target`.
    #[must_use]
    pub fn source(&self) -> &'a SourceHandle {
        self.source
    }

    /// Keeps the event from the listeners that come after this one.
    pub fn stop_immediate_propagation(&self) {
        self.is_stopped.set(true);
    }
}

impl fmt::Debug for ListenerEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ListenerEvent");
        debug.field("event_type", &self.event_type());
        match self.what {
            What::Open(opened) => debug.field("opened", opened),
            What::Message(event) => debug.field("message", event),
            What::Error(error) => debug.field("error", &error),
        };
        debug.field("ready_state", &self.ready_state()).finish()
    }
}
