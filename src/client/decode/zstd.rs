//! The coding `zstd`: [RFC 8878](https://www.rfc-editor.org/rfc/rfc8878).

use alloc::string::{String, ToString};
use std::io;

use zstd::stream::raw::{DParameter, Decoder, Operation};

use super::{Decode, Progress};

/// The binary logarithm of the window that a decoder has to have, and of the largest that a server may use: 8 MiB.
///
/// <https://www.rfc-editor.org/rfc/rfc9659#section-3>
const WINDOW_LOG: u32 = 23;

/// Decodes frames, one after the other.
pub(super) struct Zstd {
    /// There is none if there was no memory for it.
    decoder: io::Result<Decoder<'static>>,
    is_complete: bool,
}

impl Zstd {
    pub(super) fn new() -> Self {
        let decoder = Decoder::new().and_then(|mut decoder| {
            decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG))?;
            Ok(decoder)
        });
        Self { decoder, is_complete: true }
    }
}

impl Decode for Zstd {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, String> {
        let decoder = self.decoder.as_mut().map_err(|error| error.to_string())?;
        // A byte at a time: when it finds damage, it keeps to itself what it decoded in that call.
        let input = &input[..input.len().min(1)];
        let status = decoder.run_on_buffers(input, output).map_err(|error| error.to_string())?;
        let progress = Progress { read: status.bytes_read, written: status.bytes_written };
        if progress.read > 0 || progress.written > 0 {
            self.is_complete = status.remaining == 0;
        }
        Ok(progress)
    }

    fn is_complete(&self) -> bool {
        self.is_complete
    }
}
