//! What no parser can be faster than, unless it does less: passes over the same chunks that look for line ends alone.
//!
//! UTF-8 is checked a chunk at a time, which is cheaper than any parser can have it.

use std::hint::black_box;

use crate::chunks::Feed;
use crate::sink::Tally;

/// Moving the bytes once.
pub fn memcpy(feed: &mut Feed, tally: &mut Tally) {
    let mut copy = Vec::new();
    for chunk in feed.slices() {
        copy.clear();
        copy.extend_from_slice(chunk);
        tally.bytes += black_box(&copy).len();
    }
}

/// A search for each line's end.
pub fn memchr2(feed: &mut Feed, tally: &mut Tally) {
    for chunk in feed.slices() {
        lines(chunk, tally);
    }
}

/// The same, and all bytes checked.
pub fn memchr2_simdutf8(feed: &mut Feed, tally: &mut Tally) {
    for chunk in feed.slices() {
        lines(chunk, tally);
        black_box(simdutf8::basic::from_utf8(chunk).is_ok());
    }
}

/// A mask of line ends for each 64 bytes, walked through bit by bit, and all bytes checked.
pub fn mask_simdutf8(feed: &mut Feed, tally: &mut Tally) {
    for chunk in feed.slices() {
        let (blocks, rest) = chunk.as_chunks::<64>();
        for block in blocks {
            walk(mask(block), tally);
        }
        let mut last = [0; 64];
        last[..rest.len()].copy_from_slice(rest);
        walk(mask(&last), tally);
        black_box(simdutf8::basic::from_utf8(chunk).is_ok());
    }
}

fn lines(mut rest: &[u8], tally: &mut Tally) {
    while let Some(end) = memchr::memchr2(b'\r', b'\n', rest) {
        tally.bytes += end;
        rest = &rest[end + 1..];
    }
}

#[inline]
fn walk(mut mask: u64, tally: &mut Tally) {
    while mask != 0 {
        tally.bytes += mask.trailing_zeros() as usize;
        mask &= mask - 1;
    }
}

/// A bit for each CR and LF.
#[cfg(target_arch = "x86_64")]
#[inline]
fn mask(block: &[u8; 64]) -> u64 {
    use safe_arch::{bitor_m128i, cmp_eq_mask_i8_m128i, load_unaligned_m128i, move_mask_i8_m128i, set_splat_i8_m128i};

    let (cr, lf) = (set_splat_i8_m128i(b'\r'.cast_signed()), set_splat_i8_m128i(b'\n'.cast_signed()));
    let (quarters, _) = block.as_chunks::<16>();
    quarters.iter().rev().fold(0, |mask, quarter| {
        let bytes = load_unaligned_m128i(quarter);
        let ends = bitor_m128i(cmp_eq_mask_i8_m128i(bytes, cr), cmp_eq_mask_i8_m128i(bytes, lf));
        mask << 16 | u64::from(move_mask_i8_m128i(ends).cast_unsigned())
    })
}

#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn mask(block: &[u8; 64]) -> u64 {
    block.iter().rev().fold(0, |mask, byte| mask << 1 | u64::from(matches!(byte, b'\r' | b'\n')))
}
