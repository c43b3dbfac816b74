//! The coding `br`: [RFC 7932](https://www.rfc-editor.org/rfc/rfc7932).

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

use super::{Decode, Progress};

/// Decodes one stream, behind which there is nothing more.
pub(super) struct Brotli {
    state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
    has_begun: bool,
    has_ended: bool,
}

impl Brotli {
    pub(super) fn new() -> Self {
        let (bytes, words, codes) = (StandardAlloc::default(), StandardAlloc::default(), StandardAlloc::default());
        // Strict: without the windows of up to 1 GiB that are no part of the coding.
        let state = Box::new(BrotliState::new_strict(bytes, words, codes));
        Self { state, has_begun: false, has_ended: false }
    }
}

impl Decode for Brotli {
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, String> {
        if self.has_ended {
            let nothing = Progress { read: 0, written: 0 };
            return if input.is_empty() { Ok(nothing) } else { Err("something follows its end".to_string()) };
        }
        let (mut read, mut written) = (0, 0);
        let result = BrotliDecompressStream(
            // A byte at a time: when it finds damage, it keeps to itself what it decoded in that call.
            &mut input.len().min(1),
            &mut read,
            input,
            &mut output.len(),
            &mut written,
            output,
            &mut 0,
            &mut self.state,
        );
        self.has_begun |= read > 0;
        match result {
            BrotliResult::ResultFailure => return Err(format!("{:?}", self.state.error_code)),
            BrotliResult::ResultSuccess => self.has_ended = true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
        }
        Ok(Progress { read, written })
    }

    fn is_complete(&self) -> bool {
        !self.has_begun || self.has_ended
    }
}
