//! Where the lines of a chunk end.

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
mod blocks;
#[cfg(not(all(feature = "simd", target_arch = "x86_64")))]
mod one_by_one;

use memchr::memchr2;

#[cfg(all(feature = "simd", target_arch = "x86_64"))]
pub(super) use self::blocks::{LineEnds, may_be_in};
#[cfg(not(all(feature = "simd", target_arch = "x86_64")))]
pub(super) use self::one_by_one::{LineEnds, may_be_in};

pub(super) const CR: u8 = b'\r';
pub(super) const LF: u8 = b'\n';

/// Counts bytes that are looked at, for the tests.
#[inline]
fn count(bytes: usize) {
    #[cfg(test)]
    super::tests::SEARCHED.set(super::tests::SEARCHED.get() + bytes);
    #[cfg(not(test))]
    let _ = bytes;
}

/// How many bytes come before the first CR or LF, by memchr; all of them, if there is none.
#[inline]
fn before_line_end(bytes: &[u8]) -> usize {
    let before = memchr2(CR, LF, bytes).unwrap_or(bytes.len());
    count(before);
    before
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
