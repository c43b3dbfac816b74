//! What a page does with its source: listen to it.

use super::EventSource;
#[cfg(doc)]
use super::SourceHandle;
use super::listeners::{ListenerEvent, ListenerId};

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
