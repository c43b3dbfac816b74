//! Events to bytes.

use alloc::string::String;
use core::fmt::{self, Write};
use core::time::Duration;

use crate::event::{Event, named};

/// One block of a stream, to be written by a server.
///
/// It holds any of a comment, an event type, an id, a `retry` and data, and encodes to their lines and the blank line
/// that ends the block. Without data there is no event in it: a comment keeps the connection alive, an id moves the
/// last event ID, a `retry` sets the reconnection time.
///
/// Nothing that is put in can break out of its field. Data and comments go over as many lines as they have. A line break
/// in a type or an id, and a NUL in an id, cannot be written: [`encode`](Self::encode) refuses them.
///
/// A response that carries frames has a `Content-Type` of `text/event-stream`, and should not be cached.
///
/// A receiver sees each line break in data as one line feed: the format has no way to carry a carriage return.
///
/// Implements the [grammar of the standard](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).
///
/// # Examples
///
/// ```
/// use ssekit::Frame;
///
/// let frame = Frame::new().with_event_type("greeting").with_id("7").with_data("hello\nworld");
/// assert_eq!(frame.encode()?, "event: greeting\nid: 7\ndata: hello\ndata: world\n\n");
///
/// let heartbeat = Frame::new().with_comment("still here");
/// assert_eq!(heartbeat.encode()?, ": still here\n\n");
///
/// assert!(Frame::new().with_id("7\ndata: forged").encode().is_err());
/// # Ok::<(), ssekit::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Frame<'a> {
    comment: Option<&'a str>,
    event_type: Option<&'a str>,
    id: Option<&'a str>,
    retry: Option<Duration>,
    data: Option<&'a str>,
}

impl<'a> Frame<'a> {
    /// Makes a frame with nothing in it, which encodes to a blank line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the comment.
    #[must_use]
    pub fn with_comment(mut self, comment: &'a str) -> Self {
        self.comment = Some(comment);
        self
    }

    /// Sets the event type; an empty one is the same as none, which is `message`.
    #[must_use]
    pub fn with_event_type(mut self, event_type: &'a str) -> Self {
        self.event_type = Some(event_type);
        self
    }

    /// Sets the id; an empty one resets the receiver's last event ID.
    #[must_use]
    pub fn with_id(mut self, id: &'a str) -> Self {
        self.id = Some(id);
        self
    }

    /// Sets the reconnection time, which is written in whole milliseconds.
    #[must_use]
    pub fn with_retry(mut self, reconnection_time: Duration) -> Self {
        self.retry = Some(reconnection_time);
        self
    }

    /// Sets the data; empty data is an event too.
    #[must_use]
    pub fn with_data(mut self, data: &'a str) -> Self {
        self.data = Some(data);
        self
    }

    /// Encodes the frame.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] if the type or the id holds what cannot be written.
    pub fn encode(&self) -> Result<String, EncodeError> {
        let mut out = String::new();
        self.encode_to(&mut out)?;
        Ok(out)
    }

    /// Encodes the frame onto the end of `out`.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] if the type or the id holds what cannot be written. `out` is then as it was.
    pub fn encode_to(&self, out: &mut String) -> Result<(), EncodeError> {
        let line_break = ['\r', '\n'];
        if self.event_type.is_some_and(|event_type| event_type.contains(line_break)) {
            return Err(EncodeError::EventTypeLineBreak);
        }
        if self.id.is_some_and(|id| id.contains(line_break)) {
            return Err(EncodeError::IdLineBreak);
        }
        if self.id.is_some_and(|id| id.contains('\0')) {
            return Err(EncodeError::IdNul);
        }

        for comment in self.comment.into_iter().flat_map(lines) {
            push_line(out, "", comment);
        }
        if let Some(event_type) = self.event_type.filter(|event_type| !event_type.is_empty()) {
            push_line(out, "event", event_type);
        }
        if let Some(id) = self.id {
            push_line(out, "id", id);
        }
        if let Some(retry) = self.retry {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "retry: {}", retry.as_millis());
        }
        for data in self.data.into_iter().flat_map(lines) {
            push_line(out, "data", data);
        }
        out.push('\n');
        Ok(())
    }
}

/// Writes the event again, for a server that passes events on.
///
/// Its last event ID is the id also where it is empty: so the one who receives it has the same after each event.
impl<'a> From<&'a Event> for Frame<'a> {
    fn from(event: &'a Event) -> Self {
        Self::new().with_event_type(named(event.event_type())).with_id(event.last_event_id()).with_data(event.data())
    }
}

/// The space behind the colon is dropped by the receiver: without it, one of the value's own would be.
fn push_line(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push(':');
    if !value.is_empty() {
        out.push(' ');
        out.push_str(value);
    }
    out.push('\n');
}

/// The lines of a text, by the line ends of an event stream; a text without any is one line.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest?;
        let Some((line, after)) = text.split_once(['\r', '\n']) else { return rest.take() };
        let is_crlf = text.as_bytes().get(line.len()) == Some(&b'\r') && after.starts_with('\n');
        rest = Some(if is_crlf { &after[1..] } else { after });
        Some(line)
    })
}

/// The error of a [`Frame`] that cannot be written without changing its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EncodeError {
    /// The event type contains a line break.
    EventTypeLineBreak,
    /// The id contains a line break.
    IdLineBreak,
    /// The id contains a NUL, for which a receiver would ignore it.
    IdNul,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EventTypeLineBreak => "event type contains a line break",
            Self::IdLineBreak => "id contains a line break",
            Self::IdNul => "id contains a NUL",
        })
    }
}

impl core::error::Error for EncodeError {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn lines_end_as_in_a_stream() {
        let split = |text| lines(text).collect::<Vec<_>>();
        assert_eq!(split(""), [""]);
        assert_eq!(split("a"), ["a"]);
        assert_eq!(split("a\nb\rc\r\nd\n\re"), ["a", "b", "c", "d", "", "e"]);
        assert_eq!(split("a\r\n"), ["a", ""]);
        assert_eq!(split("\r\r\n\u{2028}\u{85}"), ["", "", "\u{2028}\u{85}"]);
    }
}
