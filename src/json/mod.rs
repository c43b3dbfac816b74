//! Events whose data is JSON, read into types of the user's.

mod error;
mod reason;
#[cfg(any(feature = "client", feature = "stream"))]
mod stream;

use serde::Deserialize;

pub use self::error::JsonError;
#[cfg(any(feature = "client", feature = "stream"))]
pub use self::stream::{JsonEvent, JsonEvents};
use crate::event::{Event, EventRef};

impl Event {
    /// Reads the data as JSON.
    ///
    /// What it is read into may borrow from the event. A `&str` cannot where the text has escapes in it, and that is an
    /// error; a `Cow<str>` that is marked `#[serde(borrow)]` can do both.
    ///
    /// It needs the feature `json`.
    ///
    /// # Errors
    ///
    /// [`JsonError`] if the data is not JSON, or JSON of something else.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde::Deserialize;
    /// use ssekit::Event;
    ///
    /// #[derive(Deserialize)]
    /// struct Reading {
    ///     celsius: f64,
    /// }
    ///
    /// let event = Event::new(r#"{"celsius":21.5}"#).with_event_type("temperature").with_last_event_id("7");
    /// let reading: Reading = event.json()?;
    /// assert_eq!(reading.celsius, 21.5);
    ///
    /// let error = event.json::<u64>().unwrap_err();
    /// assert_eq!(
    ///     format!("{error:#}"),
    ///     "data of event \"temperature\" with last event ID \"7\" does not fit its type at line 1 column 0: \
    ///      invalid type: map, expected u64"
    /// );
    /// # Ok::<(), ssekit::JsonError>(())
    /// ```
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, JsonError> {
        read(self.event_type(), self.data(), self.last_event_id())
    }
}

impl<'a> EventRef<'a> {
    /// Reads the data as JSON.
    ///
    /// What it is read into may borrow from what the event borrows from; see [`Event::json`].
    ///
    /// It needs the feature `json`.
    ///
    /// # Errors
    ///
    /// [`JsonError`] if the data is not JSON, or JSON of something else.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde::Deserialize;
    /// use ssekit::Parser;
    ///
    /// #[derive(Deserialize)]
    /// struct Edit<'a> {
    ///     title: &'a str,
    /// }
    ///
    /// let mut parser = Parser::new();
    /// let mut input = &b"data: {\"title\":\"Moon\"}\n\n"[..];
    /// while let Some(event) = parser.parse(&mut input)? {
    ///     let edit: Edit<'_> = event.json()?;
    ///     assert_eq!(edit.title, "Moon");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn json<T: Deserialize<'a>>(&self) -> Result<T, JsonError> {
        read(self.event_type(), self.data(), self.last_event_id())
    }
}

fn read<'a, T: Deserialize<'a>>(event_type: &str, data: &'a str, last_event_id: &str) -> Result<T, JsonError> {
    serde_json::from_str(data).map_err(|error| JsonError::new(event_type, last_event_id, error))
}
