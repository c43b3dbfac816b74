//! Line ends by 64 bytes at a time, with SSE2, which is part of every x86-64.

use safe_arch::{cmp_eq_mask_i8_m128i, m128i, min_u8_m128i, move_mask_i8_m128i};

use super::{CR, LF, before_line_end, count};
use crate::parser::slices::after;

/// How many bytes are looked at together.
const BLOCK: usize = 64;

/// How many of them there are in a vector.
const QUARTER: usize = 16;

/// How many blocks of a line without its end come before more of them are looked at ahead: where lines are short, looking ahead
/// would only be one look more.
const NEAR: u32 = 2;

/// How many blocks are looked at ahead, at least. Where there is no line end in so many, the next one is left to memchr, which
/// needs longer to begin and is faster from then on.
const AHEAD: usize = 8;

/// How many times so many are looked at ahead, at most: there is a bit for each block, and one more.
const MOST_GROUPS: usize = 7;

/// From how many bytes on memchr is the better one where there is likely to be no line end in them.
const FAR: usize = 256;

/// The places of every CR and LF in a chunk, in order.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::parser) struct LineEnds {
    /// How many bytes were looked at; `found` is about the last 64 of them.
    searched: usize,
    /// Those found and not yet told, a bit for each.
    found: u64,
    /// Which of the blocks that come may have some, a bit for each, and a last one behind those that are known.
    ahead: u64,
}

/// Those from this place on.
impl From<usize> for LineEnds {
    fn from(place: usize) -> Self {
        Self { searched: place, ..Self::default() }
    }
}

impl LineEnds {
    /// The first one from this place on, in this chunk, which is the same with each call.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "it would otherwise be kept in memory: an eighth of the time")]
    pub(in crate::parser) fn next(&mut self, chunk: &[u8], from: usize) -> Option<usize> {
        loop {
            if self.found == 0 && self.ahead == 0 {
                self.take_block(chunk, line_ends);
            }
            let mut near = 1;
            while self.found == 0 {
                if self.ahead != 0 {
                    let empty = self.ahead.trailing_zeros();
                    self.searched = blocks_behind(self.searched, empty as usize);
                    self.ahead = self.ahead >> empty >> 1;
                    if self.ahead != 0 {
                        self.take_block(chunk, line_ends);
                    }
                } else if near == NEAR {
                    (self.searched, self.ahead) = look_ahead(chunk, self.searched);
                    near = 0;
                } else if self.take_block(chunk, line_ends_if_any) {
                    near = near.wrapping_add(1);
                } else if self.searched < chunk.len() {
                    (self.searched, self.found) = search_end(chunk, self.searched);
                } else {
                    return None;
                }
            }
            let end = self.base().wrapping_add(self.found.trailing_zeros() as usize);
            self.pass(1);
            if end >= from {
                return Some(end);
            }
        }
    }

    /// Looks at the next block, if there is one.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as above")]
    fn take_block(&mut self, chunk: &[u8], line_ends: impl FnOnce([m128i; 4]) -> u64) -> bool {
        let Some(rest) = chunk.get(self.searched..) else { return false };
        let Some(block) = rest.first_chunk() else { return false };
        self.searched = blocks_behind(self.searched, 1);
        self.found = line_ends(quarters(block));
        true
    }

    /// Takes the last one back.
    #[inline]
    pub(in crate::parser) fn put_back(&mut self, end: usize) {
        self.found |= 1 << (end.wrapping_sub(self.base()) % BLOCK);
    }

    /// Passes over the next ones, which are next to the last one.
    #[inline]
    pub(in crate::parser) fn pass(&mut self, ends: usize) {
        for _ in 0..ends {
            // Where it is in another block it is found behind, by who asks for those from a place on.
            self.found &= self.found.wrapping_sub(1);
        }
    }

    /// Passes over what has none, where they are likely to be far.
    pub(in crate::parser) fn skip(&mut self, chunk: &[u8]) {
        let rest = chunk.get(self.searched..).unwrap_or_default();
        if self.found == 0 && self.ahead == 0 && rest.len() >= FAR {
            self.searched = after(self.searched, before_line_end(rest));
        }
    }

    /// Whether there are none any more, where that is likely.
    pub(in crate::parser) fn are_over(&mut self, chunk: &[u8]) -> bool {
        self.skip(chunk);
        let rest = chunk.get(self.searched..).unwrap_or_default();
        self.found == 0 && self.ahead == 0 && (rest.is_empty() || rest.len() < FAR && !may_be_in(rest))
    }

    /// The place that the lowest bit of `found` stands for.
    #[inline]
    fn base(&self) -> usize {
        self.searched.wrapping_sub(BLOCK)
    }

    /// Those behind the comments and blank lines that begin here, as far as they are short; and where those are over.
    ///
    /// A block's lines are looked at together: all of them are passed over if none begins with anything else.
    #[cold]
    pub(in crate::parser) fn behind_comments(chunk: &[u8], mut start: usize) -> (Self, usize) {
        let mut short;
        loop {
            let rest = chunk.get(start..).unwrap_or_default();
            // How many bytes of the block were looked at already.
            let (block, known) = if let Some(block) = rest.first_chunk() {
                (block, 0)
            } else if let Some(block) = chunk.last_chunk() {
                (block, BLOCK.wrapping_sub(rest.len()))
            } else {
                short = short_block(rest, b':');
                (&short, 0)
            };
            let quarters = quarters(block);
            let ends = line_ends(quarters) >> known << known;
            let others = (ends << 1 | 1 << known) & !ends & !bits(quarters, |bytes| is(bytes, b':'));
            let passed =
                if others == 0 { u64::BITS.wrapping_sub(ends.leading_zeros()) } else { others.trailing_zeros() };
            let base = start.wrapping_sub(known);
            let behind = if ends == 0 && others == 0 { start } else { after(base, passed as usize) };
            if others != 0 || ends == 0 || rest.len() <= BLOCK {
                let found = if others == 0 { 0 } else { ends >> passed << passed };
                return (Self { searched: blocks_behind(base, 1), found, ahead: 0 }, behind);
            }
            start = behind;
        }
    }
}

/// Whether there may be a line end in these bytes.
#[inline]
pub(in crate::parser) fn may_be_in(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk::<BLOCK>() else { return may_be_in_short(bytes) };
    let blocks = bytes.chunks_exact(BLOCK);
    let is_whole = blocks.remainder().is_empty();
    blocks.filter_map(<[u8]>::first_chunk).any(|block| are_there_any(quarters(block)))
        || !is_whole && are_there_any(quarters(last))
}

fn may_be_in_short(bytes: &[u8]) -> bool {
    count(bytes.len());
    let Some(last) = bytes.last_chunk::<QUARTER>() else { return bytes.iter().any(|&byte| byte <= CR) };
    let quarters = bytes.chunks_exact(QUARTER).filter_map(<[u8]>::first_chunk).chain([last]);
    are_low(quarters.fold([u8::MAX; QUARTER].into(), |lowest, &bytes| min_u8_m128i(lowest, bytes.into())))
}

/// Looks which of the blocks from a place on may have line ends, as far as each eight of them have one: where they begin, and a
/// bit for each, and one behind them. Where the first eight have none, memchr says where there is one.
///
/// Where lines are long it takes no more than looking at block after block, and no guesses of when to stop. It goes no further
/// than twice as far as it has come: what is known ahead is lost where a call for one event begins at its first byte.
#[inline(never)]
fn look_ahead(chunk: &[u8], searched: usize) -> (usize, u64) {
    let rest = chunk.get(searched..).unwrap_or_default();
    let (mut ahead, mut known) = (0, 0_u32);
    let groups = (searched / (AHEAD * BLOCK)).clamp(1, MOST_GROUPS);
    for group in rest.chunks_exact(AHEAD * BLOCK).take(groups) {
        let blocks = group.chunks_exact(BLOCK).filter_map(<[u8]>::first_chunk).take(AHEAD);
        let found =
            blocks.enumerate().fold(0, |found, (n, block)| found | u64::from(are_there_any(quarters(block))) << n);
        if found == 0 {
            break;
        }
        ahead |= found << known;
        known = known.wrapping_add(8);
    }
    if known > 0 {
        return (searched, ahead | 1 << known);
    }
    (after(searched, before_line_end(rest)), 0)
}

/// Those in the end of the chunk, which is no whole block.
#[inline(never)]
fn search_end(chunk: &[u8], searched: usize) -> (usize, u64) {
    if let Some(block) = chunk.last_chunk::<BLOCK>() {
        let known = searched.wrapping_sub(chunk.len()) % BLOCK;
        (chunk.len(), line_ends(quarters(block)) >> known << known)
    } else {
        let block = short_block(chunk.get(searched..).unwrap_or_default(), 0);
        (blocks_behind(searched, 1), line_ends(quarters(&block)))
    }
}

/// Bytes that are too few for a block, filled up.
fn short_block(bytes: &[u8], filler: u8) -> [u8; BLOCK] {
    let mut block = [filler; BLOCK];
    block.iter_mut().zip(bytes).for_each(|(place, &byte)| *place = byte);
    block
}

/// A bit for each byte of the block that is a CR or an LF.
#[inline]
fn line_ends(block: [m128i; 4]) -> u64 {
    bits(block, |bytes| is(bytes, CR) | is(bytes, LF))
}

/// The same, by a look at all of them first, which is mostly enough where lines are long.
#[inline]
fn line_ends_if_any(block: [m128i; 4]) -> u64 {
    if are_there_any(block) { line_ends(block) } else { 0 }
}

/// Whether there may be line ends: few bytes of text are as low as these two.
#[inline]
fn are_there_any([a, b, c, d]: [m128i; 4]) -> bool {
    are_low(min_u8_m128i(min_u8_m128i(a, b), min_u8_m128i(c, d)))
}

/// Whether one of these bytes is as low as a line end.
#[inline]
fn are_low(bytes: m128i) -> bool {
    move_mask_i8_m128i(cmp_eq_mask_i8_m128i(min_u8_m128i(bytes, m128i::from([CR; QUARTER])), bytes)) != 0
}

/// A bit for each byte of a block that is marked.
#[inline]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "there are sixteen bits in a mask")]
fn bits(block: [m128i; 4], marks: impl Fn(m128i) -> m128i) -> u64 {
    let [a, b, c, d] = block.map(|bytes| u64::from(move_mask_i8_m128i(marks(bytes)) as u16));
    a | b << 16 | c << 32 | d << 48
}

/// Marks the bytes that are this one.
#[inline]
fn is(bytes: m128i, byte: u8) -> m128i {
    cmp_eq_mask_i8_m128i(bytes, m128i::from([byte; QUARTER]))
}

#[inline]
fn quarters(block: &[u8; BLOCK]) -> [m128i; 4] {
    count(BLOCK);
    [0, 16, 32, 48].map(|at| block.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or([0; QUARTER]).into())
}

/// The place that is so many blocks behind another one.
#[inline]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "no chunk is longer than isize::MAX, and these are no more than 64 blocks"
)]
fn blocks_behind(place: usize, blocks: usize) -> usize {
    place + blocks * BLOCK
}
