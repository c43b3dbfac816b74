//! Lines to fields.
//!
//! The grammar of a [line that is not blank][stream], as far as this file reads it:
//!
//! ```text
//! comment = colon *any-char
//! field   = 1*name-char [ colon [ space ] *any-char ]
//! ```
//!
//! [stream]: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

use memchr::memchr;

/// The fields that mean something, and the comment, which is a field with an empty name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Data,
    Event,
    Id,
    Retry,
    Comment,
}

/// How many bytes of a line decide what [`split`] says of it: the longest name, the colon, the space.
pub(super) const DECIDED: usize = b"event: ".len();

/// Splits a line into a field and its value; `None` for a field that nobody knows, which the standard ignores.
///
/// Names are compared byte by byte, case and all. One space after the colon is dropped, and only one, but not from a
/// comment. A line without a colon is a name with an empty value. Looks at the first [`DECIDED`] bytes alone.
#[inline]
pub(super) fn split(line: &[u8]) -> Option<(Field, &[u8])> {
    let (field, rest) = match line {
        [b'd', b'a', b't', b'a', rest @ ..] => (Field::Data, rest),
        [b'e', b'v', b'e', b'n', b't', rest @ ..] => (Field::Event, rest),
        [b'i', b'd', rest @ ..] => (Field::Id, rest),
        [b'r', b'e', b't', b'r', b'y', rest @ ..] => (Field::Retry, rest),
        [b':', comment @ ..] => return Some((Field::Comment, comment)),
        _ => return None,
    };
    match rest {
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some((field, value)),
        [] => Some((field, rest)),
        _ => None,
    }
}

/// Whether the begin of a line, too short to be split, may be that of a field that is held.
pub(super) fn may_count(begin: &[u8]) -> bool {
    let is_begin =
        |name: &[u8]| name.starts_with(begin) || begin.strip_prefix(name).is_some_and(|b| b.starts_with(b":"));
    [&b"data"[..], b"event", b"id"].into_iter().any(is_begin)
}

/// An `id` field with a NUL in its value is ignored; so this may be asked of the value or of all of the line.
#[inline]
pub(super) fn is_id(line: &[u8]) -> bool {
    match (line.first_chunk(), line.last_chunk()) {
        (Some(first), Some(last)) if line.len() <= 16 => !(has_nul(*first) || has_nul(*last)),
        _ => is_long_id(line),
    }
}

fn is_long_id(line: &[u8]) -> bool {
    memchr(0, line).is_none()
}

/// Whether one of eight bytes is a NUL, by what is borrowed from the byte above where one is taken from each.
#[inline]
fn has_nul(bytes: [u8; 8]) -> bool {
    let bytes = u64::from_le_bytes(bytes);
    bytes.wrapping_sub(0x0101_0101_0101_0101) & !bytes & 0x8080_8080_8080_8080 != 0
}

/// The value of a `retry` field, read as it comes: ASCII digits only, in base ten, saturating.
#[derive(Clone, Debug, Default)]
pub(super) struct Retry {
    milliseconds: u64,
    digits: bool,
    other: bool,
}

impl Retry {
    pub(super) fn push(&mut self, value: &[u8]) {
        for &byte in value {
            let Some(digit) = char::from(byte).to_digit(10) else {
                self.other = true;
                return;
            };
            self.digits = true;
            self.milliseconds = self.milliseconds.saturating_mul(10).saturating_add(digit.into());
        }
    }

    /// The milliseconds; `None` if the field is to be ignored, which an empty one is too.
    pub(super) fn finish(&self) -> Option<u64> {
        (self.digits && !self.other).then_some(self.milliseconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let cases: [(&[u8], Option<(Field, &[u8])>); 22] = [
            (b"data", Some((Field::Data, b""))),
            (b"data:", Some((Field::Data, b""))),
            (b"data: ", Some((Field::Data, b""))),
            (b"data:x", Some((Field::Data, b"x"))),
            (b"data: x", Some((Field::Data, b"x"))),
            (b"data:  x", Some((Field::Data, b" x"))),
            (b"data:\tx", Some((Field::Data, b"\tx"))),
            (b"data::x", Some((Field::Data, b":x"))),
            (b"data :x", None),
            (b" data:x", None),
            (b"Data:x", None),
            (b"dat", None),
            (b"datas:x", None),
            (b"event:a", Some((Field::Event, b"a"))),
            (b"events", None),
            (b"id", Some((Field::Id, b""))),
            (b"id: 1", Some((Field::Id, b"1"))),
            (b"identity:1", None),
            (b"retry:1", Some((Field::Retry, b"1"))),
            (b":", Some((Field::Comment, b""))),
            (b": hi", Some((Field::Comment, b" hi"))),
            (b"x", None),
        ];
        for (line, expected) in cases {
            assert_eq!(split(line), expected, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn the_first_bytes_decide() {
        for line in
            [&b"data: value"[..], b"event: value", b"retry:12345", b"id: 12345678", b"eventful: x", b":  comment"]
        {
            let whole = split(line).map(|(field, value)| (field, line.len() - value.len()));
            let first = split(&line[..DECIDED]).map(|(field, value)| (field, DECIDED - value.len()));
            assert_eq!(whole, first, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn retry_is_ascii_digits() {
        let cases: [(&[&[u8]], Option<u64>); 10] = [
            (&[b"3000"], Some(3000)),
            (&[b"30", b"", b"00"], Some(3000)),
            (&[b"0007"], Some(7)),
            (&[b""], None),
            (&[b"+5"], None),
            (&[b"1000x"], None),
            (&[b"10", b"x", b"00"], None),
            (&["\u{0665}".as_bytes()], None),
            (&[b"18446744073709551615"], Some(u64::MAX)),
            (&[b"18446744073709551616"], Some(u64::MAX)),
        ];
        for (pieces, expected) in cases {
            let mut retry = Retry::default();
            for piece in pieces {
                retry.push(piece);
            }
            assert_eq!(retry.finish(), expected, "{pieces:?}");
        }
    }
}
