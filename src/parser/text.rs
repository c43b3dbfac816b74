//! Bytes to text, as the standard's "UTF-8 decode" does it, which never fails.
//!
//! What is not UTF-8 becomes U+FFFD, one for each *maximal subpart*: the longest run of bytes that begins a well-formed
//! sequence, or else a single byte. So `E2 82` followed by `41` is one U+FFFD and an `A`, and `FF FF` is two.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

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

/// Makes the bytes valid.
pub(super) fn make_valid(bytes: &mut Vec<u8>) {
    if check(bytes).is_none() {
        decode_lossy(&mem::take(bytes), bytes);
    }
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
    const REPLACEMENT: &str = "\u{FFFD}";
    let replaced = |invalid: &[u8]| if invalid.is_empty() { "" } else { REPLACEMENT };
    let parts = || bytes.utf8_chunks().flat_map(|chunk| [chunk.valid(), replaced(chunk.invalid())]);
    text.reserve_exact(parts().map(str::len).sum());
    text.extend(parts());
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
