//! What a page does with its source: listen to it.

use alloc::boxed::Box;

use super::listeners::{ERROR, ListenerEvent, ListenerId, MESSAGE, OPEN};
use super::{EventSource, SourceHandle};

impl EventSource {
    /// Sets what is called for `open`; see [`SourceHandle::on_open`].
    #[doc(alias = "onopen")]
    pub fn on_open(&self, listener: impl FnMut(&ListenerEvent<'_>) + Send + 'static) -> ListenerId {
        self.handle_ref().on_open(listener)
    }

    /// Sets what is called for each event of type `message`, and for no other; see [`SourceHandle::on_message`].
    #[doc(alias = "onmessage")]
    pub fn on_message(&self, listener: impl FnMut(&ListenerEvent<'_>) + Send + 'static) -> ListenerId {
        self.handle_ref().on_message(listener)
    }

    /// Sets what is called for `error`; see [`SourceHandle::on_error`].
    #[doc(alias = "onerror")]
    pub fn on_error(&self, listener: impl FnMut(&ListenerEvent<'_>) + Send + 'static) -> ListenerId {
        self.handle_ref().on_error(listener)
    }

    /// Adds a listener to the events of one type.
    ///
    /// The type is the name that the server gives its events, `message` for those without one, or `open` or `error` for
    /// what happens to the source; see [how to listen](Self#how-to-listen). The ID that comes back
    /// [removes](Self::remove_event_listener) it.
    #[doc(alias = "addEventListener")]
    pub fn add_event_listener(
        &self,
        event_type: impl AsRef<str>,
        listener: impl FnMut(&ListenerEvent<'_>) + Send + 'static,
    ) -> ListenerId {
        self.handle_ref().add_event_listener(event_type, listener)
    }

    /// Adds a listener to the next event of one type alone.
    pub fn add_event_listener_once(
        &self,
        event_type: impl AsRef<str>,
        listener: impl FnOnce(&ListenerEvent<'_>) + Send + 'static,
    ) -> ListenerId {
        self.handle_ref().add_event_listener_once(event_type, listener)
    }

    /// Removes a listener, however it was registered.
    #[doc(alias = "removeEventListener")]
    pub fn remove_event_listener(&self, id: ListenerId) {
        self.handle_ref().remove_event_listener(id);
    }
}

impl SourceHandle {
    /// Sets what is called for `open`: a connection was made.
    ///
    /// There is one such listener, and a new one takes the place of the last and its ID, as with the `onopen` of a page. Besides
    /// it there may be any number that [`add_event_listener`](Self::add_event_listener) adds.
    pub fn on_open(&self, listener: impl FnMut(&ListenerEvent<'_>) + Send + 'static) -> ListenerId {
        self.listeners().set_attribute(OPEN, Box::new(listener))
    }

    /// Sets what is called for each event of type `message`, which is each that names no other type.
    ///
    /// There is one such listener, and a new one takes the place of the last and its ID, as with the `onmessage` of a page.
    pub fn on_message(&self, listener: impl FnMut(&ListenerEvent<'_>) + Send + 'static) -> ListenerId {
        self.listeners().set_attribute(MESSAGE, Box::new(listener))
    }

    /// Sets what is called for `error`: the connection was lost, or the source is closed by something else than
    /// [`close`](Self::close); the readyState tells which.
    ///
    /// There is one such listener, and a new one takes the place of the last and its ID, as with the `onerror` of a page.
    pub fn on_error(&self, listener: impl FnMut(&ListenerEvent<'_>) + Send + 'static) -> ListenerId {
        self.listeners().set_attribute(ERROR, Box::new(listener))
    }

    /// Adds a listener to the events of one type; see
    /// [`EventSource::add_event_listener`](super::EventSource::add_event_listener).
    pub fn add_event_listener(
        &self,
        event_type: impl AsRef<str>,
        listener: impl FnMut(&ListenerEvent<'_>) + Send + 'static,
    ) -> ListenerId {
        self.listeners().add(event_type.as_ref(), false, Box::new(listener))
    }

    /// Adds a listener to the next event of one type alone.
    pub fn add_event_listener_once(
        &self,
        event_type: impl AsRef<str>,
        listener: impl FnOnce(&ListenerEvent<'_>) + Send + 'static,
    ) -> ListenerId {
        let mut listener = Some(listener);
        let call = move |event: &ListenerEvent<'_>| {
            if let Some(listener) = listener.take() {
                listener(event);
            }
        };
        self.listeners().add(event_type.as_ref(), true, Box::new(call))
    }

    /// Removes a listener, however it was registered.
    ///
    /// It is not called any more, not even for an event that is being dispatched.
    pub fn remove_event_listener(&self, id: ListenerId) {
        self.listeners().remove(id);
    }
}
