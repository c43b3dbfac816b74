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

use memchr::memchr2;

const CR: u8 = b'\r';
const LF: u8 = b'\n';
const BOM: [u8; 3] = *b"\xEF\xBB\xBF";

/// A piece of a line: all of it, or as much as one chunk holds.
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

/// Cuts chunks into lines, however the chunks cut the lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    /// How many bytes of the BOM were seen; all of them also stands for "there is none".
    bom: usize,
    /// The last chunk ended in a CR, which ended its line at once: an LF that follows belongs to it.
    skip_lf: bool,
    mid_line: bool,
    /// Bytes looked at in search of a line end: what shows that no byte is searched twice.
    #[cfg(test)]
    pub(super) scanned: usize,
}

impl Lines {
    /// Takes the next piece off the front of the input, or `None` once the input is used up.
    pub(super) fn next<'i>(&mut self, input: &mut &'i [u8]) -> Option<Piece<'i>> {
        if self.bom < BOM.len() {
            if let Some(piece) = self.strip_bom(input) {
                return Some(piece);
            }
        }
        if self.skip_lf && !input.is_empty() {
            self.skip_lf = false;
            if input[0] == LF {
                *input = &input[1..];
            }
        }
        if input.is_empty() {
            return None;
        }

        let starts = !self.mid_line;
        let bytes = *input;
        let end = memchr2(CR, LF, bytes);
        #[cfg(test)]
        {
            self.scanned += end.map_or(bytes.len(), |end| end + 1);
        }
        let Some(end) = end else {
            self.mid_line = true;
            *input = &[];
            return Some(Piece { bytes, starts, ends: false });
        };
        self.mid_line = false;
        let mut next = end + 1;
        if bytes[end] == CR {
            match bytes.get(next) {
                Some(&LF) => next += 1,
                Some(_) => {}
                None => self.skip_lf = true,
            }
        }
        *input = &bytes[next..];
        Some(Piece { bytes: &bytes[..end], starts, ends: true })
    }

    /// Drops the BOM; where only its first bytes were there, gives them back as the begin of the first line.
    fn strip_bom(&mut self, input: &mut &[u8]) -> Option<Piece<'static>> {
        while let Some(&expected) = BOM.get(self.bom) {
            let &byte = input.first()?;
            if byte != expected {
                let seen = core::mem::replace(&mut self.bom, BOM.len());
                self.mid_line = seen > 0;
                return self.mid_line.then_some(Piece { bytes: &BOM[..seen], starts: true, ends: false });
            }
            self.bom += 1;
            *input = &input[1..];
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// Whole lines, and what is left of the last one.
    fn split(chunks: &[&[u8]]) -> (Vec<Vec<u8>>, Vec<u8>) {
        let (mut lines, mut done, mut line) = (Lines::default(), Vec::new(), Vec::new());
        for mut chunk in chunks.iter().copied() {
            while let Some(piece) = lines.next(&mut chunk) {
                assert_eq!(piece.starts, line.is_empty(), "{piece:?}");
                assert!(piece.ends || !piece.bytes.is_empty());
                line.extend_from_slice(piece.bytes);
                if piece.ends {
                    done.push(core::mem::take(&mut line));
                }
            }
            assert!(chunk.is_empty());
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
