//! Content codings: which of them are asked for, and how a body that has one is decoded.

#[cfg(feature = "brotli")]
mod brotli;
#[cfg(feature = "gzip")]
mod gzip;
#[cfg(test)]
mod tests;
#[cfg(feature = "zstd")]
mod zstd;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io;

use bytes::{Buf, Bytes};
use futures_core::Stream;
use http::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

use super::Error;
use super::transport::{Body, BoxError, Response};

/// How many bytes are decoded before the driver has its turn, and how many they may decode to: a few bytes can stand for
/// any number of them, which must not be in memory at once.
const CHUNK: usize = 16 * 1024;

/// The name of a coding in HTTP, and what decodes it.
type Coding = (&'static str, fn() -> Box<dyn Decode>);

/// The codings that can be decoded.
const CODINGS: &[Coding] = &[
    #[cfg(feature = "gzip")]
    ("gzip", || Box::new(self::gzip::Gzip::new())),
    #[cfg(feature = "brotli")]
    ("br", || Box::new(self::brotli::Brotli::new())),
    #[cfg(feature = "zstd")]
    ("zstd", || Box::new(self::zstd::Zstd::new())),
];

/// What the request says of codings.
pub(super) fn accept_encoding(compression: bool) -> HeaderValue {
    let names: Vec<_> = CODINGS.iter().filter(|_| compression).map(|(name, _)| *name).collect();
    if names.is_empty() {
        return HeaderValue::from_static("identity");
    }
    HeaderValue::try_from(names.join(", ")).expect("names of codings are tokens")
}

/// Decodes the body of a response, if it has one of the codings that were asked for.
pub(super) fn decode(response: Response, compression: bool) -> Response {
    match coding(&response.head.headers, compression) {
        Ok(Some((coding, decoder))) => {
            let body = Box::pin(Decoding::new(response.body, coding, decoder()));
            Response { body, ..response }
        }
        Ok(None) | Err(_) => response,
    }
}

/// Refuses a response with a coding that nobody asked for, which would make noise of the events.
pub(super) fn check(headers: &HeaderMap, compression: bool) -> Result<(), Error> {
    coding(headers, compression).map(|_| ())
}

/// The coding that a response has, if it has any and was asked for it.
fn coding(headers: &HeaderMap, compression: bool) -> Result<Option<&'static Coding>, Error> {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    let codings = values.flat_map(|value| value.as_bytes().split(|&byte| byte == b',')).map(<[u8]>::trim_ascii);
    let codings: Vec<_> =
        codings.filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")).collect();
    let coding = match codings[..] {
        [] => return Ok(None),
        [coding] if compression => {
            // https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.3
            let coding = if coding.eq_ignore_ascii_case(b"x-gzip") { b"gzip" } else { coding };
            CODINGS.iter().find(|(name, _)| coding.eq_ignore_ascii_case(name.as_bytes()))
        }
        _ => None,
    };
    coding.map(Some).ok_or_else(|| Error::content_encoding(&String::from_utf8_lossy(&codings.join(&b", "[..]))))
}

/// What decodes one coding, some bytes at a time.
trait Decode: Send {
    /// Takes some of the input, and gives what can be had by it; without input, what is still there to be given.
    ///
    /// It is called until it neither takes nor gives anything. What it has decoded when it finds damage it gives first, and
    /// tells of the damage when it is called again.
    fn decode(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, String>;

    /// Whether the body may end here.
    fn is_complete(&self) -> bool;
}

/// How many bytes were taken and given.
struct Progress {
    read: usize,
    written: usize,
}

/// A body as it is without its coding.
///
/// What can be decoded of the bytes that came is handed on before more of them are asked for. Bytes that decode to nothing
/// are an empty chunk, so that whoever reads knows that some came, and may count them.
struct Decoding {
    body: Body,
    coding: &'static str,
    decoder: Box<dyn Decode>,
    /// What came, and is not decoded yet.
    input: Bytes,
    /// Whether there may be something to be had of the decoder, with or without input.
    is_pending: bool,
    output: Box<[u8]>,
    /// What went wrong behind the chunk that was handed on.
    error: Option<BoxError>,
}

impl Decoding {
    fn new(body: Body, coding: &'static str, decoder: Box<dyn Decode>) -> Self {
        let output = vec![0; CHUNK].into_boxed_slice();
        Self { body, coding, decoder, input: Bytes::new(), is_pending: false, output, error: None }
    }

    /// Decodes the next chunk of what came; `None` if there is nothing left of it.
    fn next_chunk(&mut self) -> Option<Result<Bytes, BoxError>> {
        let (mut read, mut written) = (0, 0);
        while self.error.is_none() && written < CHUNK {
            let input = &self.input[..self.input.len().min(CHUNK - read)];
            match self.decoder.decode(input, &mut self.output[written..]) {
                Ok(Progress { read: 0, written: 0 }) if input.is_empty() => break,
                Ok(Progress { read: 0, written: 0 }) => self.error = Some(self.damage("it leads nowhere")),
                Ok(progress) => {
                    self.input.advance(progress.read);
                    read += progress.read;
                    written += progress.written;
                    // To begin anew takes time of its own.
                    if self.decoder.is_complete() {
                        break;
                    }
                }
                Err(what) => self.error = Some(self.damage(&what)),
            }
        }
        if read > 0 || written > 0 {
            return Some(Ok(Bytes::copy_from_slice(&self.output[..written])));
        }
        self.error.take().map(Err)
    }

    fn damage(&self, what: &str) -> BoxError {
        io::Error::new(io::ErrorKind::InvalidData, format!("body is no valid {}: {what}", self.coding)).into()
    }
}

impl Stream for Decoding {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_pending {
            let chunk = self.next_chunk();
            self.is_pending = chunk.is_some();
            if chunk.is_some() {
                return Poll::Ready(chunk);
            }
        }
        // Before the next one is asked for: the transport then has its buffer back.
        self.input = Bytes::new();
        match ready!(self.body.as_mut().poll_next(cx)) {
            // To zstd, being asked often enough without input is damage.
            Some(Ok(chunk)) if chunk.is_empty() => Poll::Ready(Some(Ok(chunk))),
            Some(Ok(chunk)) => {
                self.input = chunk;
                let chunk = self.next_chunk();
                self.is_pending = chunk.is_some();
                Poll::Ready(Some(chunk.unwrap_or_else(|| Ok(Bytes::new()))))
            }
            None if !self.decoder.is_complete() => {
                let what = format!("body is cut off in the middle of its {}", self.coding);
                Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::UnexpectedEof, what).into())))
            }
            end => Poll::Ready(end),
        }
    }
}
