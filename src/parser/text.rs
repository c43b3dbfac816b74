//! Bytes to text, as the standard's "UTF-8 decode" does it, which never fails.
//!
//! What is not UTF-8 becomes U+FFFD, one for each *maximal subpart*: the longest run of bytes that begins a well-formed
//! sequence, or else a single byte. So `E2 82` followed by `41` is one U+FFFD and an `A`, and `FF FF` is two.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use super::slices::after;

const REPLACEMENT: &str = "\u{FFFD}";

/// The bytes as text, if they are valid.
#[inline]
pub(super) fn check(bytes: &[u8]) -> Option<&str> {
    #[cfg(feature = "simd")]
    return simdutf8::basic::from_utf8(bytes).ok();
    #[cfg(not(feature = "simd"))]
    return core::str::from_utf8(bytes).ok();
}

/// The bytes as text, which is made in the buffer if they are not valid.
#[inline]
pub(super) fn decode<'t>(bytes: &'t [u8], lossy: &'t mut Vec<u8>) -> &'t str {
    if bytes.is_empty() {
        return "";
    }
    check(bytes).unwrap_or_else(|| decode_lossy(bytes, lossy))
}

/// Makes the bytes valid, where they are.
pub(super) fn make_valid(bytes: &mut Vec<u8>) {
    if check(bytes).is_none() {
        *bytes = into_text(mem::take(bytes)).into_bytes();
    }
}

/// Makes text of the bytes, which takes no more memory than the longer of the two.
#[cold]
pub(super) fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| widen(error.into_bytes()))
}

/// Moves the bytes to the end of the room that they take as text, and makes it from there, which does not get in its way:
/// nothing gets shorter.
fn widen(mut bytes: Vec<u8>) -> String {
    let growth = growth(&bytes);
    let length = bytes.len();
    bytes.reserve_exact(growth);
    bytes.resize(length.saturating_add(growth), 0);
    bytes.copy_within(..length, growth);
    let (mut from, mut to) = (growth, 0);
    while let Some(chunk) = bytes.get(from..).and_then(|rest| rest.utf8_chunks().next()) {
        let replacement = replacement(chunk.invalid());
        let valid = from..after(from, chunk.valid().len());
        from = after(valid.end, chunk.invalid().len());
        let place = after(to, valid.len())..after(after(to, valid.len()), replacement.len());
        bytes.copy_within(valid, to);
        to = place.end;
        if let Some(place) = bytes.get_mut(place) {
            place.copy_from_slice(replacement.as_bytes());
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// How much longer the bytes are as text.
#[cold]
pub(super) fn growth(bytes: &[u8]) -> usize {
    let growth = |invalid: &[u8]| replacement(invalid).len().saturating_sub(invalid.len());
    bytes.utf8_chunks().map(|chunk| growth(chunk.invalid())).sum()
}

/// What stands for bytes that are not valid.
fn replacement(invalid: &[u8]) -> &'static str {
    if invalid.is_empty() { "" } else { REPLACEMENT }
}

#[cold]
fn decode_lossy<'t>(bytes: &[u8], lossy: &'t mut Vec<u8>) -> &'t str {
    let mut text = String::new();
    push_lossy(&mut text, bytes);
    *lossy = text.into_bytes();
    check(lossy).unwrap_or_default()
}

/// How many of the bytes there are before a sequence that their end cuts.
#[inline]
pub(super) fn whole(bytes: &[u8]) -> usize {
    if bytes.last().is_none_or(u8::is_ascii) { bytes.len() } else { whole_of_some(bytes) }
}

fn whole_of_some(bytes: &[u8]) -> usize {
    let first = (0..bytes.len()).rev().take(3).find(|&place| !matches!(bytes.get(place), Some(0x80..0xC0)));
    let Some((whole, last)) = first.and_then(|place| bytes.split_at_checked(place)) else {
        return bytes.len();
    };
    match core::str::from_utf8(last) {
        Err(error) if error.error_len().is_none() => whole.len(),
        _ => bytes.len(),
    }
}

/// How many bytes there are at the front that may end a sequence which was cut.
pub(super) fn rest_of_sequence(bytes: &[u8]) -> usize {
    bytes.iter().take(3).take_while(|byte| matches!(byte, 0x80..0xC0)).count()
}

/// Appends bytes to text that are not valid. It grows by no more than that takes, which is up to three times as much.
#[cold]
pub(super) fn push_lossy(text: &mut String, bytes: &[u8]) {
    text.reserve_exact(bytes.len().saturating_add(growth(bytes)));
    text.extend(bytes.utf8_chunks().flat_map(|chunk| [chunk.valid(), replacement(chunk.invalid())]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maximal_subparts() {
        let cases: [(&[u8], &str); 9] = [
            (b"", ""),
            (b"ok", "ok"),
            (b"\xFF\xFF", "\u{FFFD}\u{FFFD}"),
            (b"\xE2\x82A", "\u{FFFD}A"),
            (b"\xF0\x9F\x98", "\u{FFFD}"),
            (b"\xED\xA0\x80", "\u{FFFD}\u{FFFD}\u{FFFD}"),
            (b"\xC0\x80", "\u{FFFD}\u{FFFD}"),
            (b"\xF4\x90\x80\x80", "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
            (b"a\xE2\x82\xAC\x80", "a\u{20AC}\u{FFFD}"),
        ];
        for (bytes, expected) in cases {
            let mut lossy = Vec::new();
            assert_eq!(decode(bytes, &mut lossy), expected);
            assert!(lossy.capacity() <= expected.len(), "it takes no more than it needs");
            let text = into_text(bytes.to_vec());
            assert_eq!(text, expected);
            assert!(text.capacity() <= expected.len(), "nor does it where it is");
            assert_eq!(growth(bytes), expected.len() - bytes.len());
        }
    }

    #[test]
    fn what_the_end_cuts() {
        let cases: [(&[u8], usize); 12] = [
            (b"", 0),
            (b"a", 1),
            (b"a\xC2", 1),
            (b"a\xC2\x80", 3),
            (b"a\xE2\x82", 1),
            (b"a\xF0\x9F\x98", 1),
            (b"a\xF0\x9F\x98\x80", 5),
            // No sequence begins so, and so there is nothing to wait for.
            (b"a\xE0\x80", 3),
            (b"a\xC0", 2),
            (b"a\xFF", 2),
            (b"\x80\x80\x80\x80", 4),
            (b"\xC2a", 2),
        ];
        for (bytes, expected) in cases {
            assert_eq!(whole(bytes), expected, "{}", bytes.escape_ascii());
        }
    }
}
