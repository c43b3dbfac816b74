//! Where the lines of a chunk end.

use memchr::memchr2;
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
use safe_arch::m128i;

use super::slices::{Span, after};

pub(super) const CR: u8 = b'\r';
pub(super) const LF: u8 = b'\n';

/// How many bytes are looked at together.
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
const BLOCK: usize = 64;

/// How many blocks without a line end come before the search for the next one is left to memchr, which needs longer to
/// begin and is faster from then on.
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
const BLOCKS: usize = 8;

/// From how many bytes on memchr is the better one where there is likely to be no line end in them.
const FAR: usize = 256;

/// The places of every CR and LF in a chunk, in order.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LineEnds {
    /// How many bytes were looked at.
    searched: usize,
    /// The place that the lowest bit of `found` stands for.
    base: usize,
    /// Those found and not yet told, a bit for each.
    found: u64,
}

/// Those from this place on.
impl From<usize> for LineEnds {
    fn from(place: usize) -> Self {
        Self { searched: place, ..Self::default() }
    }
}

impl LineEnds {
    /// The first one from this place on, in this chunk, which is the same with each call.
    #[inline]
    pub(super) fn next(&mut self, chunk: &[u8], from: usize) -> Option<usize> {
        loop {
            if self.found == 0 {
                self.search(chunk);
                if self.found == 0 {
                    return None;
                }
            }
            let end = self.first();
            self.pass();
            if end >= from {
                return Some(end);
            }
        }
    }

    /// The first of those found, of which there is one.
    #[inline]
    fn first(&self) -> usize {
        after(self.base, self.found.trailing_zeros() as usize)
    }

    /// Takes the last one back.
    #[inline]
    pub(super) fn put_back(&mut self, end: usize) {
        self.found |= 1 << Span { start: self.base, end }.len();
    }

    /// Passes over the next one, which is next to the last one.
    #[inline]
    pub(super) fn pass(&mut self) {
        // Where it is in another block it is found behind, by who asks for those from a place on.
        self.found &= self.found.wrapping_sub(1);
    }

    /// The next one, which stays the next one, where it is likely to be far.
    #[inline]
    pub(super) fn peek_far(&mut self, chunk: &[u8]) -> Option<usize> {
        if self.found == 0 {
            if chunk.len().saturating_sub(self.searched) < FAR {
                self.search(chunk);
            } else {
                self.find(chunk, Self::far);
            }
            if self.found == 0 {
                return None;
            }
        }
        Some(self.first())
    }

    /// Finds the next ones, or that there are none.
    #[inline]
    fn search(&mut self, chunk: &[u8]) {
        #[cfg(all(feature = "simd", target_arch = "x86_64"))]
        self.find(chunk, Self::in_blocks);
        #[cfg(not(all(feature = "simd", target_arch = "x86_64")))]
        self.find(chunk, Self::far);
    }

    #[inline]
    fn find(&mut self, chunk: &[u8], find: impl FnOnce(&[u8], usize) -> Self) {
        #[cfg(test)]
        let from = self.searched;
        *self = find(chunk, self.searched);
        #[cfg(test)]
        super::tests::SEARCHED.set(super::tests::SEARCHED.get() + self.searched - from);
    }

    /// Those in the first block where there are any.
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    #[inline]
    fn in_blocks(chunk: &[u8], from: usize) -> Self {
        let mut ends = Self::from(from);
        for _ in 0..BLOCKS {
            let Some(block) = chunk.get(ends.searched..).and_then(|rest| rest.first_chunk::<BLOCK>()) else { break };
            ends = Self { searched: after(ends.searched, BLOCK), base: ends.searched, found: line_ends(block) };
            if ends.found != 0 {
                return ends;
            }
        }
        if ends.searched < chunk.len() { Self::beyond(chunk, ends.searched) } else { ends }
    }

    /// Those behind the comments and blank lines that begin here, as far as they are short; and where those are over.
    ///
    /// A block's lines are looked at together: all of them are passed over if none begins with anything else.
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    #[cold]
    pub(super) fn behind_comments(chunk: &[u8], mut start: usize) -> (Self, usize) {
        loop {
            let rest = chunk.get(start..).unwrap_or_default();
            let block = first_block(rest, b':');
            let ends = line_ends_of(quarters(&block));
            let others = (ends << 1 | 1) & !ends & !bits(quarters(&block), |bytes| is(bytes, b':'));
            let passed =
                if others == 0 { u64::BITS.saturating_sub(ends.leading_zeros()) } else { others.trailing_zeros() };
            let found = if others == 0 { 0 } else { ends >> passed << passed };
            let line_ends = Self { searched: after(start, rest.len().min(BLOCK)), base: start, found };
            start = after(start, passed as usize);
            if others != 0 || passed == 0 || rest.len() < BLOCK {
                return (line_ends, start);
            }
        }
    }

    /// The same, one by one and whatever their length.
    #[cfg(not(all(feature = "simd", target_arch = "x86_64")))]
    pub(super) fn behind_comments(chunk: &[u8], mut start: usize) -> (Self, usize) {
        while let Some(rest @ [b':' | CR | LF, ..]) = chunk.get(start..) {
            let Some(end) = memchr2(CR, LF, rest) else { break };
            start = after(after(start, end), 1);
        }
        (Self::from(start), start)
    }

    /// The next one where there is none for long, or those in the end of the chunk.
    #[cfg(all(feature = "simd", target_arch = "x86_64"))]
    #[inline(never)]
    fn beyond(chunk: &[u8], from: usize) -> Self {
        let rest = chunk.get(from..).unwrap_or_default();
        if rest.len() >= BLOCK {
            return Self::far(chunk, from);
        }
        Self { searched: chunk.len(), base: from, found: line_ends(&first_block(rest, 0)) }
    }

    /// The next one.
    fn far(chunk: &[u8], from: usize) -> Self {
        match memchr2(CR, LF, chunk.get(from..).unwrap_or_default()) {
            Some(end) => {
                let end = after(from, end);
                Self { searched: after(end, 1), base: end, found: 1 }
            }
            None => Self { searched: chunk.len(), base: from, found: 0 },
        }
    }
}

/// A bit for each byte of the block that is a CR or an LF.
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
#[inline]
fn line_ends(block: &[u8; BLOCK]) -> u64 {
    use safe_arch::{cmp_eq_mask_i8_m128i, min_u8_m128i, move_mask_i8_m128i};

    let quarters = quarters(block);
    let [a, b, c, d] = quarters;
    // Few bytes of text are as low as these two, so that one look at all of them is mostly enough.
    let lowest = min_u8_m128i(min_u8_m128i(a, b), min_u8_m128i(c, d));
    if move_mask_i8_m128i(cmp_eq_mask_i8_m128i(min_u8_m128i(lowest, m128i::from([CR; 16])), lowest)) == 0 {
        return 0;
    }
    line_ends_of(quarters)
}

/// The same, with no look at all of them first.
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
#[inline]
fn line_ends_of(quarters: [m128i; 4]) -> u64 {
    bits(quarters, |bytes| is(bytes, CR) | is(bytes, LF))
}

/// The first bytes, filled up if there are too few.
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
#[inline]
fn first_block(bytes: &[u8], filler: u8) -> [u8; BLOCK] {
    if let Some(block) = bytes.first_chunk() {
        return *block;
    }
    let mut block = [filler; BLOCK];
    if let Some(begin) = block.get_mut(..bytes.len()) {
        begin.copy_from_slice(bytes);
    }
    block
}

/// A bit for each byte of a block that is marked.
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
#[inline]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "there are sixteen bits in a mask")]
fn bits(quarters: [m128i; 4], marks: impl Fn(m128i) -> m128i) -> u64 {
    let [a, b, c, d] = quarters.map(|bytes| u64::from(safe_arch::move_mask_i8_m128i(marks(bytes)) as u16));
    a | b << 16 | c << 32 | d << 48
}

/// Marks the bytes that are this one.
#[cfg(all(feature = "simd", target_arch = "x86_64"))]
#[inline]
fn is(bytes: m128i, byte: u8) -> m128i {
    safe_arch::cmp_eq_mask_i8_m128i(bytes, m128i::from([byte; 16]))
}

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
#[inline]
fn quarters(block: &[u8; BLOCK]) -> [m128i; 4] {
    [0, 16, 32, 48].map(|at| block.get(at..).and_then(<[u8]>::first_chunk::<16>).copied().unwrap_or_default().into())
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn every_place_in_blocks_and_behind_them() {
        for length in [0, 1, 15, 16, 63, 64, 65, 127, 128, 129, 700, 1500] {
            for gap in [1, 2, 3, 7, 31, 64, 65, 600] {
                let chunk: Vec<u8> = (0..length)
                    .map(|place| match place % gap {
                        0 => [LF, CR][place / gap % 2],
                        other => b"\t\x0B\x0C\x0E \x8A\x8D\xFF"[other % 8],
                    })
                    .collect();
                let mut line_ends = LineEnds::default();
                let found: Vec<_> = core::iter::from_fn(|| line_ends.next(&chunk, 0)).collect();
                assert!(found.iter().copied().eq((0..length).step_by(gap)), "{length} bytes, one in {gap}: {found:?}");
                assert_eq!(line_ends.next(&chunk, 0), None);
            }
        }
    }

    const IN_BLOCKS: bool = cfg!(all(feature = "simd", target_arch = "x86_64"));

    #[test]
    fn behind_comments_and_blank_lines() {
        let mut random = 1_u64;
        for round in 0..5000 {
            let mut next = |kinds: u64| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (random >> 33) % kinds
            };
            let chunk: Vec<u8> = (0..round % 300)
                .map(|_| match next(if round % 2 == 0 { 100 } else { 20 }) {
                    0..=1 => LF,
                    2 => CR,
                    3 => b'd',
                    _ => b':',
                })
                .collect();
            let ends: Vec<_> = (0..chunk.len()).filter(|&place| [CR, LF].contains(&chunk[place])).collect();
            let begins = core::iter::once(0).chain(ends.iter().map(|end| end + 1));
            let passed = begins.clone().zip(&ends).take_while(|&(begin, _)| chunk[begin] != b'd');
            let passed: Vec<_> = core::iter::once(0).chain(passed.map(|(_, end)| end + 1)).collect();

            let (mut line_ends, start) = LineEnds::behind_comments(&chunk, 0);
            let mut lines = passed.iter().zip(&passed[1..]);
            let long = lines.find(|(begin, behind)| IN_BLOCKS && *behind - *begin > 64).map(|(begin, _)| begin);
            assert_eq!(Some(&start), long.or(passed.last()), "{}", chunk.escape_ascii());
            let left: Vec<_> = core::iter::from_fn(|| line_ends.next(&chunk, start)).collect();
            assert!(left.iter().eq(ends.iter().filter(|&&end| end >= start)), "{}", chunk.escape_ascii());
        }
    }

    #[test]
    fn back_and_forth() {
        let mut line_ends = LineEnds::default();
        let chunk = b"a\nb\nc\n";
        assert_eq!(line_ends.next(chunk, 0), Some(1));
        assert_eq!(line_ends.next(chunk, 2), Some(3));
        line_ends.put_back(3);
        assert_eq!(line_ends.next(chunk, 2), Some(3));
        assert_eq!(line_ends.next(chunk, 6), None);
        assert_eq!(LineEnds::from(2).next(chunk, 2), Some(3));
        assert_eq!(LineEnds::default().next(chunk, 4), Some(5));
    }
}
