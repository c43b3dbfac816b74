//! Header fields as the Fetch standard reads them.

use alloc::vec::Vec;

/// Gets the value of a field: those of all its lines, [combined], without white space around it.
///
/// [combined]: https://fetch.spec.whatwg.org/#concept-header-list-get
pub(super) fn combined<V: AsRef<[u8]>>(lines: impl IntoIterator<Item = V>) -> Option<Vec<u8>> {
    lines.into_iter().fold(None, |combined, line| {
        let line = trimmed(line.as_ref());
        Some(match combined {
            None => line.to_vec(),
            Some(combined) => [&combined[..], b", ", line].concat(),
        })
    })
}

/// Drops the white space around a value that HTTP does not count to it: spaces and tabs.
pub(super) fn trimmed(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_combined() {
        assert_eq!(combined([""; 0]), None);
        assert_eq!(combined([""]).unwrap(), b"");
        assert_eq!(combined([" \t"]).unwrap(), b"");
        assert_eq!(combined([" a\t b\t"]).unwrap(), b"a\t b");
        assert_eq!(combined(["a\u{c}"]).unwrap(), b"a\x0c");
        assert_eq!(combined(["a", "", "b, c "]).unwrap(), b"a, , b, c");
    }
}
