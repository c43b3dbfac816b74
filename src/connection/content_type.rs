//! Whether a response says that it is an event stream.

use alloc::string::String;
use alloc::vec::Vec;

use super::Failure;
use super::fields::combined;

/// What responses are taken for event streams beside `text/event-stream`.
#[derive(Clone, Debug, Default)]
pub(super) struct ContentTypes {
    /// Whether one that does not say what it is.
    pub(super) missing: bool,
    /// Essences.
    pub(super) others: Vec<String>,
}

impl ContentTypes {
    /// Takes another one, of which the essence counts.
    pub(super) fn add(&mut self, mime_type: &str) {
        let essence = mime_type.split(';').next().unwrap_or_default();
        self.others.push(essence.trim().into());
    }

    /// Refuses a response whose MIME type is not `text/event-stream`, or another that is taken.
    ///
    /// The MIME type is [extracted] from all `Content-Type` fields as Fetch does it: of the values between the commas the
    /// last one counts that is a MIME type at all and not `*/*`. Its parameters do not matter.
    ///
    /// [extracted]: https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
    pub(super) fn refuse<V: AsRef<[u8]>>(&self, fields: impl IntoIterator<Item = V>) -> Option<Failure> {
        let joined = combined(fields);
        if joined.is_none() && self.missing {
            return None;
        }
        let joined = joined.unwrap_or_default();
        let mime_type = values(&joined).filter_map(essence).filter(|essence| *essence != (b"*", b"*")).last();
        let is_taken = mime_type.is_some_and(|(kind, subtype)| {
            let is = |essence: &str| {
                let expected = essence.split_once('/');
                expected.is_some_and(|(expected_kind, expected_subtype)| {
                    kind.eq_ignore_ascii_case(expected_kind.as_bytes())
                        && subtype.eq_ignore_ascii_case(expected_subtype.as_bytes())
                })
            };
            is("text/event-stream") || self.others.iter().any(|other| is(other))
        });
        (!is_taken).then(|| Failure::ContentType(String::from_utf8_lossy(&joined).into_owned()))
    }
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
    let value = value.get(value.iter().position(|byte| !is_space(byte))?..)?;
    let mut parts = value.splitn(2, |&byte| byte == b'/');
    let (kind, rest) = (parts.next()?, parts.next()?);
    let subtype = rest.split(|&byte| byte == b';').next()?;
    let subtype = subtype.get(..=subtype.iter().rposition(|byte| !is_space(byte))?)?;
    (is_token(kind) && is_token(subtype)).then_some((kind, subtype))
}

fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuse(fields: &[&str]) -> Option<Failure> {
        ContentTypes::default().refuse(fields)
    }

    #[test]
    fn others_may_be_taken() {
        let taken = ContentTypes { missing: true, others: Vec::from(["application/x-ndjson".into(), "odd".into()]) };
        for fields in [&[][..], &["text/event-stream"], &["Application/X-NDJSON; charset=utf-8"]] {
            assert_eq!(taken.refuse(fields), None);
        }
        for fields in [&[""][..], &["odd"], &["odd/"], &["application/json"], &["application/x-ndjson, text/html"]] {
            assert!(taken.refuse(fields).is_some(), "{fields:?}");
        }
    }

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
