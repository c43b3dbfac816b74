//! What the `Last-Event-ID` field can carry.

use core::fmt;

/// Says what the [`Last-Event-ID`] field carries for this ID, which may be any text without NUL, CR and LF.
///
/// HTTP wants a field value without control characters and without white space around it; bytes beyond ASCII are fine.
///
/// [`Last-Event-ID`]: https://html.spec.whatwg.org/multipage/server-sent-events.html#last-event-id
pub(super) fn header(id: &str, limit: usize) -> Result<Option<&str>, LastEventIdNotSent> {
    if id.is_empty() {
        return Ok(None);
    }
    let value = id.trim_matches([' ', '\t']);
    if value.is_empty() {
        Err(LastEventIdNotSent::Blank)
    } else if value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
        Err(LastEventIdNotSent::ControlCharacter)
    } else if value.len() > limit {
        Err(LastEventIdNotSent::TooLong)
    } else {
        Ok(Some(value))
    }
}

/// The error of a last event ID that no `Last-Event-ID` field can carry.
///
/// The request goes without the field: the server then starts wherever it starts for a new client, and what was sent
/// before may come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
// As wide as a word for the sake of the signals that hold it: see there.
#[repr(usize)]
pub enum LastEventIdNotSent {
    /// It consists of spaces and tabs.
    Blank,
    /// It contains a control character, which HTTP forbids.
    ControlCharacter,
    /// It is longer than the limit.
    TooLong,
}

impl fmt::Display for LastEventIdNotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blank => "last event ID is blank and was not sent",
            Self::ControlCharacter => "last event ID contains a control character and was not sent",
            Self::TooLong => "last event ID exceeds its limit and was not sent",
        })
    }
}

impl core::error::Error for LastEventIdNotSent {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent() {
        for (id, value) in [
            ("", Ok(None)),
            ("7", Ok(Some("7"))),
            (" 7\t", Ok(Some("7"))),
            ("a \tb", Ok(Some("a \tb"))),
            ("\u{2026}\u{1F600}\u{FFFD}", Ok(Some("\u{2026}\u{1F600}\u{FFFD}"))),
            ("\u{85}\u{A0}", Ok(Some("\u{85}\u{A0}"))),
            ("1234567890", Ok(Some("1234567890"))),
            (" 1234567890 ", Ok(Some("1234567890"))),
            ("12345678901", Err(LastEventIdNotSent::TooLong)),
            ("  \t", Err(LastEventIdNotSent::Blank)),
            ("a\u{1}", Err(LastEventIdNotSent::ControlCharacter)),
            ("\u{1B}[0m", Err(LastEventIdNotSent::ControlCharacter)),
            ("\u{7F}", Err(LastEventIdNotSent::ControlCharacter)),
            ("7\n", Err(LastEventIdNotSent::ControlCharacter)),
        ] {
            assert_eq!(header(id, 10), value, "{id:?}");
        }
    }
}
