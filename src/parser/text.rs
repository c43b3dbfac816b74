//! Bytes to text, as the standard's "UTF-8 decode" does it, which never fails.
//!
//! What is not UTF-8 becomes U+FFFD, one for each *maximal subpart*: the longest run of bytes that begins a well-formed
//! sequence, or else a single byte. So `E2 82` followed by `41` is one U+FFFD and an `A`, and `FF FF` is two.

use alloc::string::String;
use alloc::vec::Vec;

/// Turns bytes into text, without a copy where they are valid.
pub(super) fn decode_vec(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| decode_lossy(error.as_bytes()))
}

/// Copies bytes into text.
pub(super) fn decode_slice(bytes: &[u8]) -> String {
    core::str::from_utf8(bytes).map_or_else(|_| decode_lossy(bytes), String::from)
}

/// Appends bytes to text.
pub(super) fn decode_onto(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// Copies bytes into text that are not valid.
#[cold]
pub(super) fn decode_lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    decode_onto(&mut text, bytes);
    text
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
            assert_eq!(decode_vec(bytes.to_vec()), expected);
            assert_eq!(decode_slice(bytes), expected);
        }
    }
}
