//! Why an event's data could not be read as JSON.

use alloc::boxed::Box;
use core::error::Error;
use core::fmt;

use serde_json::error::Category;

use super::reason::Reason;

/// The error of an event whose data is not the JSON that was asked for.
///
/// `{}` says which event it is and where in its data, and `{:#}` what serde says too, still in one line.
///
/// The data may be a secret, so nothing that this error or its [source](Error::source) shows comes from there. A value or a
/// name that serde quotes is left out (`invalid type: string, expected u64`), and so is whatever a `Deserialize` says in
/// words of its own; but what it says that it expected is shown, since that is about the type.
/// [`serde_error`](Self::serde_error) has all of it. The event's type and its last event ID are shown.
///
/// # Examples
///
/// ```
/// use ssekit::Event;
///
/// let event = Event::new("[1, 2,\n \"hunter2\"]").with_last_event_id("7");
/// let error = event.json::<Vec<u64>>().unwrap_err();
/// assert_eq!((error.line(), error.column()), (2, 10));
/// assert_eq!(
///     error.to_string(),
///     "data of event \"message\" with last event ID \"7\" does not fit its type at line 2 column 10"
/// );
/// assert!(format!("{error:#}").ends_with(": invalid type: string, expected u64"));
/// ```
pub struct JsonError(Box<Inner>);

struct Inner {
    event_type: Box<str>,
    last_event_id: Box<str>,
    reason: Reason,
}

impl JsonError {
    pub(super) fn new(event_type: &str, last_event_id: &str, error: serde_json::Error) -> Self {
        let reason = Reason(error);
        Self(Box::new(Inner { event_type: event_type.into(), last_event_id: last_event_id.into(), reason }))
    }

    /// The type of the event.
    #[must_use]
    pub fn event_type(&self) -> &str {
        &self.0.event_type
    }

    /// The last event ID of the event; empty where there was none.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        &self.0.last_event_id
    }

    /// The line of the data where reading it ended, counted from 1, which is the number of its `data` field.
    ///
    /// It is 0 where serde does not say: a type may refuse a value once all of it is read.
    #[must_use]
    pub fn line(&self) -> usize {
        self.serde_error().line()
    }

    /// How many bytes of that line were read by then, the one at fault included where there is one.
    #[must_use]
    pub fn column(&self) -> usize {
        self.serde_error().column()
    }

    /// The error of `serde_json` as it is.
    ///
    /// What it shows may quote the data: mind where that goes.
    #[must_use]
    pub fn serde_error(&self) -> &serde_json::Error {
        &self.0.reason.0
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "data of event {:?}", self.event_type())?;
        if !self.last_event_id().is_empty() {
            write!(f, " with last event ID {:?}", self.last_event_id())?;
        }
        f.write_str(match self.serde_error().classify() {
            Category::Syntax => " is not JSON",
            Category::Eof => " ends before its JSON does",
            Category::Data | Category::Io => " does not fit its type",
        })?;
        if self.line() > 0 {
            write!(f, " at line {} column {}", self.line(), self.column())?;
        }
        if f.alternate() {
            write!(f, ": {}", self.0.reason)?;
        }
        Ok(())
    }
}

impl fmt::Debug for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonError")
            .field("event_type", &self.event_type())
            .field("last_event_id", &self.last_event_id())
            .field("line", &self.line())
            .field("column", &self.column())
            .field("reason", &self.0.reason)
            .finish()
    }
}

impl Error for JsonError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0.reason)
    }
}
