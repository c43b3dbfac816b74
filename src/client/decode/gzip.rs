//! The coding `gzip`: [RFC 1952](https://www.rfc-editor.org/rfc/rfc1952), with [deflate](flate2) in it.

use alloc::string::{String, ToString};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::{Decode, Progress};

/// What the flags of a header say that there is in it.
const HEADER_CHECKSUM: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// Decodes members, one after the other.
pub(super) struct Gzip {
    part: Part,
    /// How many bytes of this part there were.
    at: u32,
    /// The bytes of this part, if it is a number.
    number: u64,
    /// Those of the parts of the header that are still to come.
    flags: u8,
    inflate: Decompress,
    /// Of the header, and then of the data.
    checksum: Crc,
}

/// The parts of a member, in their order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Begin,
    ExtraLength,
    Extra { left: u64 },
    Name,
    Comment,
    HeaderChecksum,
    Data,
    End,
}

impl Gzip {
    pub(super) fn new() -> Self {
        let inflate = Decompress::new(false);
        Self { part: Part::Begin, at: 0, number: 0, flags: 0, inflate, checksum: Crc::new() }
    }

    /// Takes a byte of what is around the data.
    fn take(&mut self, byte: u8) -> Result<(), String> {
        if !matches!(self.part, Part::HeaderChecksum | Part::End) {
            self.checksum.update(&[byte]);
        }
        let at = self.at;
        self.at += 1;
        match &mut self.part {
            Part::Begin => match (at, byte) {
                (0, 0x1f) | (1, 0x8b) | (2, 8) | (4..9, _) => {}
                (3, flags) if flags & RESERVED == 0 => self.flags = flags,
                (9, _) => self.begin_next(),
                _ => return Err("there is no header".to_string()),
            },
            Part::ExtraLength => match self.take_number(at, byte, 2) {
                Some(0) => self.begin_next(),
                Some(left) => self.begin(Part::Extra { left }),
                None => {}
            },
            Part::Extra { left: 1 } => self.begin_next(),
            Part::Extra { left } => {
                *left -= 1;
                self.at = 0;
            }
            Part::Name | Part::Comment if byte == 0 => self.begin_next(),
            Part::Name | Part::Comment => self.at = 0,
            Part::HeaderChecksum => match self.take_number(at, byte, 2) {
                Some(number) if number != u64::from(self.checksum.sum() & 0xFFFF) => {
                    return Err("the checksum of the header is wrong".to_string());
                }
                Some(_) => self.begin_next(),
                None => {}
            },
            Part::End => match self.take_number(at, byte, 8) {
                Some(number) if number != u64::from(self.checksum.sum()) | u64::from(self.checksum.amount()) << 32 => {
                    return Err("the checksum is wrong".to_string());
                }
                Some(_) => {
                    self.inflate.reset(false);
                    self.checksum.reset();
                    self.begin(Part::Begin);
                }
                None => {}
            },
            Part::Data => {}
        }
        Ok(())
    }

    /// Takes a byte of a number, whose last byte is the highest, and gives the number once all of it is there.
    fn take_number(&mut self, at: u32, byte: u8, length: u32) -> Option<u64> {
        self.number |= u64::from(byte) << (8 * at);
        (at + 1 == length).then_some(self.number)
    }

    /// Goes on with what the flags say that follows.
    fn begin_next(&mut self) {
        let parts = [
            (EXTRA, Part::ExtraLength),
            (NAME, Part::Name),
            (COMMENT, Part::Comment),
            (HEADER_CHECKSUM, Part::HeaderChecksum),
        ];
        match parts.into_iter().find(|(flag, _)| self.flags & flag != 0) {
            Some((flag, part)) => {
                self.flags &= !flag;
                self.begin(part);
            }
            None => {
                self.checksum.reset();
                self.begin(Part::Data);
            }
        }
    }

    fn begin(&mut self, part: Part) {
        self.part = part;
        self.at = 0;
        self.number = 0;
    }

    fn inflate(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, String> {
        let (taken, given) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(input, output, FlushDecompress::None);
        let read = count(taken, self.inflate.total_in());
        let written = count(given, self.inflate.total_out());
        self.checksum.update(&output[..written]);
        match status {
            Ok(Status::StreamEnd) => self.begin(Part::End),
            Ok(Status::Ok | Status::BufError) => {}
            // It says so again the next time. What it has no room for now, it has lost by then.
            Err(_) if written > 0 => {}
            Err(error) => return Err(error.to_string()),
        }
        Ok(Progress { read, written })
    }
}

impl Decode for Gzip {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, String> {
        if self.part == Part::Data {
            return self.inflate(input, output);
        }
        let byte = input.first();
        byte.map_or(Ok(()), |&byte| self.take(byte))?;
        Ok(Progress { read: usize::from(byte.is_some()), written: 0 })
    }

    fn is_complete(&self) -> bool {
        self.part == Part::Begin && self.at == 0
    }
}

/// How many bytes of a slice there were between two totals.
fn count(before: u64, after: u64) -> usize {
    usize::try_from(after - before).expect("a slice is no longer than its length can be")
}
