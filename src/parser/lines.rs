//! Bytes to lines.
//!
//! The grammar of a [stream], as far as this file reads it:
//!
//! ```text
//! stream      = [ bom ] *line
//! line        = *any-char end-of-line
//! end-of-line = ( cr lf / cr / lf )
//! bom         = EF BB BF, once, at the very start
//! ```
//!
//! The standard decodes first and splits afterwards. Splitting the bytes comes to the same: CR and LF are never part
//! of a longer UTF-8 sequence, and a sequence that a line end cuts short is replaced by U+FFFD either way.
//!
//! [stream]: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

use super::chunk::Chunk;
use super::line_ends::{CR, LF};
use super::slices::after;

const BOM: [u8; 3] = *b"\xEF\xBB\xBF";

/// A piece of a line that a chunk's edge cuts.
///
/// A piece that does not end its line is never empty.
#[derive(Debug)]
pub(super) struct Piece<'i> {
    pub(super) bytes: &'i [u8],
    /// Whether the line begins with this piece.
    pub(super) starts: bool,
    /// Whether the line ends with this piece.
    pub(super) ends: bool,
}

/// What one chunk leaves for the next one to know.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    /// How many bytes of the BOM were seen; all of them also stands for "there is none".
    bom: u8,
    /// The last chunk ended in a CR, which ended its line at once: an LF that follows belongs to it.
    skip_lf: bool,
    /// The last chunk ended within a line.
    pub(super) mid_line: bool,
}

impl Lines {
    /// Whether a chunk begins with a line.
    #[inline]
    pub(super) fn at_line(&self) -> bool {
        usize::from(self.bom) == BOM.len() && !self.skip_lf && !self.mid_line
    }

    /// Drops what stands before the first line of a chunk: the BOM, and the LF of a CRLF that a chunk's edge cut.
    ///
    /// Where only the first bytes of a BOM were there, gives them back as the begin of the first line.
    pub(super) fn begin(&mut self, chunk: &mut Chunk<'_>) -> Option<Piece<'static>> {
        let begin = if usize::from(self.bom) < BOM.len() { self.strip_bom(chunk) } else { None };
        if self.skip_lf {
            if let Some(&byte) = chunk.rest().first() {
                self.skip_lf = false;
                if byte == LF {
                    chunk.progress.parsed = after(chunk.progress.parsed, 1);
                }
            }
        }
        begin
    }

    fn strip_bom(&mut self, chunk: &mut Chunk<'_>) -> Option<Piece<'static>> {
        while let Some(&expected) = BOM.get(usize::from(self.bom)) {
            let &byte = chunk.rest().first()?;
            if byte != expected {
                let seen = BOM.get(..usize::from(self.bom)).filter(|seen| !seen.is_empty());
                self.bom = 3;
                self.mid_line = seen.is_some();
                return seen.map(|bytes| Piece { bytes, starts: true, ends: false });
            }
            self.bom = self.bom.saturating_add(1);
            chunk.progress.parsed = after(chunk.progress.parsed, 1);
        }
        None
    }

    /// Where the next line begins behind this one's end.
    #[inline]
    pub(super) fn behind(&mut self, chunk: &[u8], end: usize) -> usize {
        match chunk.get(end..) {
            Some([CR, LF, ..]) => after(end, 2),
            Some([CR]) => {
                self.skip_lf = true;
                after(end, 1)
            }
            _ => after(end, 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::chunk::Progress;
    use alloc::vec::Vec;

    /// Whole lines, and what is left of the last one.
    fn split(chunks: &[&[u8]]) -> (Vec<Vec<u8>>, Vec<u8>) {
        let (mut lines, mut done, mut line) = (Lines::default(), Vec::new(), Vec::new());
        for bytes in chunks.iter().copied() {
            let mut chunk = Chunk::new(bytes);
            if let Some(piece) = lines.begin(&mut chunk) {
                line.extend_from_slice(piece.bytes);
            }
            let Progress { parsed: mut start, mut line_ends } = chunk.progress;
            while let Some(end) = line_ends.next(bytes, start) {
                line.extend_from_slice(&bytes[start..end]);
                done.push(core::mem::take(&mut line));
                start = lines.behind(bytes, end);
            }
            line.extend_from_slice(&bytes[start..]);
        }
        (done, line)
    }

    #[test]
    fn every_line_end_at_every_cut() {
        let input = b"\xEF\xBB\xBFa\nb\rc\r\n\r\r\n\n\n\xEF\xBB\xBFd\re";
        let expected: [&[u8]; 8] = [b"a", b"b", b"c", b"", b"", b"", b"", b"\xEF\xBB\xBFd"];
        for a in 0..=input.len() {
            for b in a..=input.len() {
                let (lines, rest) = split(&[&input[..a], &input[a..b], &[], &input[b..]]);
                assert_eq!(lines, expected, "cut at {a} and {b}");
                assert_eq!(rest, b"e");
            }
        }
    }

    #[test]
    fn a_bom_that_is_not_one_is_part_of_the_line() {
        for input in [&b"\xEF\xBBx\n"[..], b"\xEF\n", b"\xEF\xBB\r\n", b"\xEF\xEF\xBB\xBF\n"] {
            let end = input.iter().position(|b| b"\r\n".contains(b)).unwrap();
            for cut in 0..=input.len() {
                let (lines, rest) = split(&[&input[..cut], &input[cut..]]);
                assert_eq!((lines, rest), (Vec::from([input[..end].to_vec()]), Vec::new()), "{input:?} cut at {cut}");
            }
        }
    }
}
