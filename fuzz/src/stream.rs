//! Streams of bytes, and their cuts.

use arbitrary::Arbitrary;

/// What stands before the bytes of a stream in an input: of a fixed length, so that seeds are easy to write.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// How long a stream may be: mostly short, since what is fast finds more; some longer than what is looked at together, and
    /// than what buffers keep.
    long: u8,
    /// The lengths of the first chunks, over and over; 255 is all the rest.
    sizes: [u8; 8],
}

/// What there is of a shape in an input.
pub const SHAPE: usize = 9;

/// How many cuts there are at the most: each costs as much as many bytes.
const CUTS: usize = 200;

impl Shape {
    /// Writes runs out: a 0xFE repeats as many of the bytes before it as the next byte says, as often as the one after that.
    ///
    /// It reaches sizes that the engine does not think of. 0xFF is left to stand for bytes that are in no UTF-8.
    pub(crate) fn with_runs(self, bytes: &[u8]) -> Vec<u8> {
        let longest = match self.long % 16 {
            0..=11 => 700,
            12..=14 => 6 * 1024,
            _ => 80 * 1024,
        };
        let mut stream = Vec::new();
        let mut bytes = bytes.iter().copied();
        while let Some(byte) = bytes.next() {
            if byte != 0xFE {
                stream.push(byte);
                continue;
            }
            let (length, times) = (bytes.next().unwrap_or(0), bytes.next().unwrap_or(0));
            let start = stream.len().saturating_sub(usize::from(length % 64) + 1);
            let run = stream[start..].to_vec();
            for _ in 0..times {
                stream.extend_from_slice(&run);
            }
            stream.truncate(longest);
        }
        stream.truncate(longest);
        stream
    }

    pub(crate) fn chunks(self, stream: &[u8]) -> Vec<&[u8]> {
        let (mut chunks, mut rest) = (Vec::new(), stream);
        for (number, size) in self.sizes.into_iter().cycle().enumerate() {
            let is_last = size == u8::MAX || number == CUTS;
            let length = if is_last { rest.len() } else { rest.len().min(size.into()) };
            let (chunk, behind) = rest.split_at(length);
            chunks.push(chunk);
            rest = behind;
            if rest.is_empty() {
                return chunks;
            }
        }
        unreachable!("a cycle has no end")
    }
}
