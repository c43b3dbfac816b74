//! Whether a response says that it is an event stream.

use alloc::string::String;

use super::Failure;
use super::fields::combined;

/// Refuses a response whose MIME type is not `text/event-stream`.
///
/// The MIME type is [extracted] from all `Content-Type` fields as Fetch does it: of the values between the commas the
/// last one counts that is a MIME type at all and not `*/*`. Its parameters do not matter.
///
/// [extracted]: https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
pub(super) fn refuse<V: AsRef<[u8]>>(fields: impl IntoIterator<Item = V>) -> Option<Failure> {
    let joined = combined(fields).unwrap_or_default();
    let mime_type = values(&joined).filter_map(essence).filter(|essence| *essence != (b"*", b"*")).last();
    let is_event_stream = mime_type.is_some_and(|(kind, subtype)| {
        kind.eq_ignore_ascii_case(b"text") && subtype.eq_ignore_ascii_case(b"event-stream")
    });
    (!is_event_stream).then(|| Failure::ContentType(String::from_utf8_lossy(&joined).into_owned()))
}

/// The values between commas, but for commas in quotes.
fn values(joined: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    joined.split(move |&byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' => return !quoted,
            _ => {}
        }
        false
    })
}

/// The type and the subtype, if the value [parses] as a MIME type.
///
/// [parses]: https://mimesniff.spec.whatwg.org/#parse-a-mime-type
fn essence(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_space = |byte: &u8| b"\t\n\r ".contains(byte);
    let start = value.iter().position(|byte| !is_space(byte))?;
    let value = &value[start..];
    let slash = value.iter().position(|&byte| byte == b'/')?;
    let (kind, rest) = (&value[..slash], &value[slash + 1..]);
    let subtype = rest.split(|&byte| byte == b';').next()?;
    let subtype = &subtype[..=subtype.iter().rposition(|byte| !is_space(byte))?];
    (is_token(kind) && is_token(subtype)).then_some((kind, subtype))
}

fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_mime_type_counts() {
        let accepted: [&[&str]; 20] = [
            &["text/event-stream"],
            &["text/event-stream;"],
            &["text/event-stream ; charset=utf-8"],
            &["text/event-stream;charset=windows-1252"],
            &["text/event-stream; a=\"x, text/html\""],
            &["text/event-stream; a=\"\\\", text/html;\""],
            &["text/html\\, text/event-stream"],
            &["\t Text/EVENT-Stream "],
            &["text/plain, text/event-stream"],
            &["text/plain", "text/event-stream"],
            &["text/event-stream, */*"],
            &["text/event-stream", "*/*;q=1"],
            &["text/event-stream, x bogus"],
            &["text/event-stream, text/ht ml"],
            &["text/event-stream, te(xt/html"],
            &["text/event-stream, text/, /html, /, text/;html"],
            &["text/event-stream,"],
            &[",text/event-stream"],
            &["", "text/event-stream", ""],
            &["text/html;a=\"", "\", text/event-stream"],
        ];
        for fields in accepted {
            assert_eq!(refuse(fields), None, "{fields:?}");
        }
        let refused: [&[&str]; 17] = [
            &[],
            &[""],
            &["x bogus"],
            &["text/x-bogus"],
            &["text/event-streaming"],
            &["text/event-stream-x"],
            &["text /event-stream"],
            &["text/ event-stream"],
            &["text/event-stream x"],
            &["text"],
            &["/event-stream"],
            &["*/*"],
            &["text/event-stream, text/html"],
            &["text/event-stream", "text/html"],
            &["text/html;a=\"", ", text/event-stream"],
            &["text/event-stream\u{a0}"],
            &["text/event-stream\u{c}"],
        ];
        for fields in refused {
            assert_eq!(refuse(fields), Some(Failure::ContentType(fields.join(", "))), "{fields:?}");
        }
    }
}
