//! Events: what a blank line dispatches, owned and borrowed.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;

/// The type of an event that names none.
const MESSAGE: &str = "message";

/// The one form of a type that stands for `message`, whether the stream named it or not, is the empty one.
pub(crate) fn named(event_type: &str) -> &str {
    if event_type.len() == MESSAGE.len() && event_type == MESSAGE { "" } else { event_type }
}

/// One event of a stream, owned.
///
/// It is what a page sees as a `MessageEvent`: [`event_type`](Self::event_type) is its `type`, then `data`,
/// `lastEventId` and `origin`. Cloning copies the data alone: the other texts are shared between the events of a
/// stream for as long as they stay the same.
///
/// The constructor is there for tests of code that consumes events.
///
/// # Examples
///
/// ```
/// use ssekit::Event;
///
/// let event = Event::new("21.5").with_event_type("temperature").with_last_event_id("7");
/// assert_eq!(event.event_type(), "temperature");
/// assert_eq!(event.data(), "21.5");
/// assert_eq!(event.last_event_id(), "7");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Event {
    /// Empty stands for `message`.
    event_type: Shared,
    data: String,
    last_event_id: Shared,
    origin: Shared,
}

impl Event {
    /// Makes an event of type `message` with this data, without last event ID and without origin.
    #[must_use]
    pub fn new(data: impl Into<String>) -> Self {
        Self::from_parts(Shared::default(), data.into(), Shared::default())
    }

    pub(crate) fn from_parts(event_type: Shared, data: String, last_event_id: Shared) -> Self {
        Self { event_type, data, last_event_id, origin: Shared::default() }
    }

    /// Sets the event type; an empty one is `message`, as on the wire.
    #[must_use]
    pub fn with_event_type(mut self, event_type: &str) -> Self {
        self.event_type = Shared::new(named(event_type));
        self
    }

    /// Sets the last event ID.
    #[must_use]
    pub fn with_last_event_id(mut self, last_event_id: &str) -> Self {
        self.last_event_id = Shared::new(last_event_id);
        self
    }

    /// Sets the origin.
    #[must_use]
    pub fn with_origin(mut self, origin: &str) -> Self {
        self.origin = Shared::new(origin);
        self
    }

    #[cfg(feature = "client")]
    #[inline]
    pub(crate) fn set_shared_origin(&mut self, origin: &Shared) {
        self.origin = origin.clone();
    }

    /// Gives the data away without copying it.
    #[must_use]
    pub fn into_data(self) -> String {
        self.data
    }

    /// The event type: the value of the `event` field, or `message` where there was none or an empty one.
    #[must_use]
    pub fn event_type(&self) -> &str {
        if self.event_type.is_empty() { MESSAGE } else { &self.event_type }
    }

    /// The data: the values of the `data` fields, joined by a line feed.
    #[must_use]
    pub fn data(&self) -> &str {
        &self.data
    }

    /// The last event ID of the stream when the event was dispatched; empty where there was none.
    ///
    /// It is sticky: an event without an `id` field carries the last one that came before it.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The origin of the server that sent the event, such as `https://example.com`.
    ///
    /// Only a client knows it: it is empty on events that came out of a parser used by itself.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("event_type", &self.event_type())
            .field("data", &self.data())
            .field("last_event_id", &self.last_event_id())
            .field("origin", &self.origin())
            .finish()
    }
}

impl From<EventRef<'_>> for Event {
    fn from(event: EventRef<'_>) -> Self {
        event.into_owned()
    }
}

/// One event of a stream, borrowed from the bytes it came in or from the parser.
///
/// It lives until the parser is called again; [`into_owned`](Self::into_owned) makes an [`Event`] of it that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventRef<'a> {
    event_type: &'a str,
    data: &'a str,
    last_event_id: &'a str,
}

impl<'a> EventRef<'a> {
    pub(crate) fn new(event_type: &'a str, data: &'a str, last_event_id: &'a str) -> Self {
        Self { event_type: if event_type.is_empty() { MESSAGE } else { event_type }, data, last_event_id }
    }

    /// Copies the event into one that owns its texts.
    #[must_use]
    pub fn into_owned(self) -> Event {
        Event::new(self.data).with_event_type(self.event_type).with_last_event_id(self.last_event_id)
    }

    /// The event type: the value of the `event` field, or `message` where there was none or an empty one.
    #[must_use]
    pub fn event_type(&self) -> &'a str {
        self.event_type
    }

    /// The data: the values of the `data` fields, joined by a line feed.
    #[must_use]
    pub fn data(&self) -> &'a str {
        self.data
    }

    /// The last event ID of the stream when the event was dispatched; empty where there was none.
    ///
    /// It is sticky: an event without an `id` field carries the last one that came before it.
    #[must_use]
    pub fn last_event_id(&self) -> &'a str {
        self.last_event_id
    }
}

/// A text that many events share; the empty one costs nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Option<Arc<str>>);

impl Shared {
    /// In bytes; what buffers may keep too.
    const LONGEST_KEPT: usize = 64 * 1024;

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.len()
    }

    pub(crate) fn new(text: &str) -> Self {
        Self(if text.is_empty() { None } else { Some(text.into()) })
    }

    /// Makes this text equal to `text` and shares it: the allocation is kept while the text repeats.
    ///
    /// A long text is not kept: it would be held for as long as nothing shorter follows.
    #[inline]
    pub(crate) fn intern(&mut self, text: &str) -> Self {
        // Nothing is not compared: the pointers of empty texts point nowhere, which takes the processor long to find out.
        if text.is_empty() {
            return Self::default();
        }
        if text.len() > Self::LONGEST_KEPT {
            *self = Self::default();
            return Self::new(text);
        }
        if **self != *text {
            *self = Self::new(text);
        }
        self.clone()
    }
}

impl Deref for Shared {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Shared {}

impl Hash for Shared {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_is_the_type_of_an_event_that_names_none() {
        assert_eq!(Event::new("").event_type(), "message");
        assert_eq!(Event::new("").with_event_type("").event_type(), "message");
        assert_eq!(Event::new("").with_event_type("message"), Event::new(""));
        assert_ne!(Event::new("").with_event_type("Message"), Event::new(""));
    }

    #[test]
    fn a_text_that_repeats_is_shared() {
        let mut last = Shared::default();
        let (a, b) = (last.intern("7"), last.intern("7"));
        assert!(Arc::ptr_eq(a.0.as_ref().unwrap(), b.0.as_ref().unwrap()));
        assert_eq!(&*last.intern("8"), "8");
        assert!(last.intern("").0.is_none());
    }

    #[test]
    fn it_shows_its_texts() {
        let shown = alloc::format!("{:?}", Event::new("a").with_last_event_id("7"));
        assert_eq!(shown, r#"Event { event_type: "message", data: "a", last_event_id: "7", origin: "" }"#);
    }

    #[test]
    fn equality_and_hash_look_at_the_texts() {
        use std::collections::HashSet;
        let event = || Event::new("a").with_event_type("b").with_last_event_id("c").with_origin("d");
        let set: HashSet<Event> = [event(), event(), event().with_origin("e")].into_iter().collect();
        assert_eq!(set.len(), 2);
    }
}
