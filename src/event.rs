//! Events: what a blank line dispatches, owned and borrowed.

use alloc::boxed::Box;
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
/// `lastEventId` and `origin`. All of it is in one allocation, and so is a clone; but a last event ID of more than 512
/// bytes is shared between the events that have it.
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
#[derive(Clone)]
pub struct Event {
    /// The data, then the type, of which nothing stands for `message`, then the last event ID, unless it is shared, then the
    /// origin.
    ///
    /// One allocation for all of them is cheaper than to share what repeats, which takes atomic operations.
    text: Box<str>,
    /// How much of the text is data.
    data: usize,
    /// Up to where it is the type.
    event_type: usize,
    /// Up to where it is the last event ID.
    id: usize,
    /// The last event ID, if it is long.
    long_id: Shared,
}

impl Event {
    /// An ID that is longer is shared, in bytes: a server could otherwise send one once and have it copied for ever.
    pub(crate) const LONGEST_COPIED_ID: usize = 512;

    /// Makes an event of type `message` with this data, without last event ID and without origin.
    #[must_use]
    pub fn new(data: impl Into<String>) -> Self {
        Self::with_buffer(data.into(), "", "", "")
    }

    /// Makes an event of these; a type that is named is not `message`, and the ID is not long.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "what it returns would otherwise go through memory: an eighth of the time"
    )]
    pub(crate) fn from_parts(event_type: &str, data: &str, last_event_id: &str, origin: &str) -> Self {
        // Most have none of them, but for those of a client.
        let text = if event_type.is_empty() && last_event_id.is_empty() && origin.is_empty() {
            Box::from(data)
        } else {
            together(data, event_type, last_event_id, origin)
        };
        let (data, event_type) = (data.len(), data.len().saturating_add(event_type.len()));
        Self { text, data, event_type, id: event_type.saturating_add(last_event_id.len()), long_id: Shared::default() }
    }

    /// Makes an event of data whose buffer it takes over.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "what it returns would otherwise go through memory: an eighth of the time"
    )]
    pub(crate) fn with_buffer(mut text: String, event_type: &str, last_event_id: &str, origin: &str) -> Self {
        let data = text.len();
        let [event_type, id, _] = [event_type, last_event_id, origin].map(|part| {
            // To append nothing is not free.
            if !part.is_empty() {
                text.push_str(part);
            }
            text.len()
        });
        Self { text: text.into_boxed_str(), data, event_type, id, long_id: Shared::default() }
    }

    /// Sets a long last event ID, where there is none.
    #[cold]
    pub(crate) fn with_shared_id(mut self, last_event_id: Shared) -> Self {
        self.long_id = last_event_id;
        self
    }

    /// Sets the event type; an empty one is `message`, as on the wire.
    #[must_use]
    pub fn with_event_type(self, event_type: &str) -> Self {
        let changed = Self::from_parts(named(event_type), self.data(), self.short_id(), self.origin());
        changed.with_shared_id(self.long_id)
    }

    /// Sets the last event ID.
    #[must_use]
    pub fn with_last_event_id(self, last_event_id: &str) -> Self {
        Self::of(self.named_type(), self.data(), last_event_id, self.origin())
    }

    /// Sets the origin.
    #[must_use]
    pub fn with_origin(self, origin: &str) -> Self {
        let changed = Self::from_parts(self.named_type(), self.data(), self.short_id(), origin);
        changed.with_shared_id(self.long_id)
    }

    /// Gives the data away without copying it.
    #[must_use]
    pub fn into_data(self) -> String {
        let mut text = String::from(self.text);
        text.truncate(self.data);
        text
    }

    /// The event type: the value of the `event` field, or `message` where there was none or an empty one.
    #[must_use]
    #[inline]
    pub fn event_type(&self) -> &str {
        let event_type = self.named_type();
        if event_type.is_empty() { MESSAGE } else { event_type }
    }

    /// The data: the values of the `data` fields, joined by a line feed.
    #[must_use]
    #[inline]
    pub fn data(&self) -> &str {
        self.text.get(..self.data).unwrap_or_default()
    }

    /// The last event ID of the stream when the event was dispatched; empty where there was none.
    ///
    /// It is sticky: an event without an `id` field carries the last one that came before it.
    #[must_use]
    #[inline]
    pub fn last_event_id(&self) -> &str {
        if self.id == self.event_type { &self.long_id } else { self.short_id() }
    }

    /// The origin of the server that sent the event, such as `https://example.com`.
    ///
    /// Only a client knows it: it is empty on events that came out of a parser used by itself.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.text.get(self.id..).unwrap_or_default()
    }

    /// The type, if it is not `message`.
    #[inline]
    fn named_type(&self) -> &str {
        if self.event_type == self.data { "" } else { self.text.get(self.data..self.event_type).unwrap_or_default() }
    }

    #[inline]
    fn short_id(&self) -> &str {
        self.text.get(self.event_type..self.id).unwrap_or_default()
    }

    fn of(event_type: &str, data: &str, last_event_id: &str, origin: &str) -> Self {
        if last_event_id.len() > Self::LONGEST_COPIED_ID {
            Self::from_parts(event_type, data, "", origin).with_shared_id(Shared::new(last_event_id))
        } else {
            Self::from_parts(event_type, data, last_event_id, origin)
        }
    }

    fn texts(&self) -> [&str; 4] {
        [self.event_type(), self.data(), self.last_event_id(), self.origin()]
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.texts() == other.texts()
    }
}

impl Eq for Event {}

impl Hash for Event {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.texts().hash(state);
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

    #[inline]
    pub(crate) fn taken_apart(self) -> Self {
        let Self { event_type, data, last_event_id } = self;
        Self { event_type, data, last_event_id }
    }

    /// Copies the event into one that owns its texts.
    #[must_use]
    pub fn into_owned(self) -> Event {
        self.into_owned_from("")
    }

    /// The same with an origin.
    pub(crate) fn into_owned_from(self, origin: &str) -> Event {
        Event::of(named(self.event_type), self.data, self.last_event_id, origin)
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

/// All of them, one behind the other, in one allocation.
///
/// It is a function of its own so that what allocates is inlined, as it is not in those that call this.
#[inline(never)]
fn together(data: &str, event_type: &str, last_event_id: &str, origin: &str) -> Box<str> {
    let rest = [event_type, last_event_id, origin];
    let mut text = String::with_capacity(rest.iter().fold(data.len(), |sum, part| sum.saturating_add(part.len())));
    text.push_str(data);
    for part in rest {
        // To append nothing is not free.
        if !part.is_empty() {
            text.push_str(part);
        }
    }
    text.into_boxed_str()
}

/// A text that many events share; the empty one costs nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Option<Arc<str>>);

impl Shared {
    pub(crate) fn new(text: &str) -> Self {
        Self(if text.is_empty() { None } else { Some(text.into()) })
    }
}

impl Deref for Shared {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
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
    fn each_text_can_be_set_in_any_order() {
        let long = "7".repeat(Event::LONGEST_COPIED_ID + 1);
        for id in ["", "7", &long[1..], &long] {
            let event = Event::new("data").with_last_event_id("1").with_event_type("a").with_origin("o");
            let event = event.with_last_event_id(id).with_event_type("type");
            assert_eq!(event.texts(), ["type", "data", id, "o"]);
            assert_eq!(event.clone().with_last_event_id("").texts(), ["type", "data", "", "o"]);
            assert_eq!(event.clone().with_event_type("").texts(), ["message", "data", id, "o"]);
            assert_eq!(event.into_data(), "data");
        }
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
