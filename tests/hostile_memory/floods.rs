//! What there is no end of.

use super::server::STREAM;

#[derive(Clone, Copy)]
pub struct Flood {
    pub name: &'static str,
    /// The head, or the begin of one.
    pub begin: &'static str,
    /// What is said before it begins.
    pub line: &'static str,
    /// What is said again and again.
    pub text: &'static [u8],
    pub end: &'static str,
    pub is_comment: bool,
    /// What is told, of which the same in a row is one.
    pub told: &'static str,
}

const LAST: &str = "\n\ndata: last\n\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";

const fn feed(name: &'static str, text: &'static str, told: &'static str) -> Flood {
    Flood { name, begin: STREAM, line: "", text: text.as_bytes(), end: LAST, is_comment: false, told }
}

const TOO_MUCH: &str = "open limit last end ended";
const PASSED: &str = "open last end ended";

pub const FLOODS: &[Flood] = &[
    Flood { line: "data: ", ..feed("a line of data", "0123456789abcdef", TOO_MUCH) },
    // Each byte of which becomes three, once there is an event.
    Flood {
        line: "data: ",
        text: b"\xe9\xff\xe9\xff\xe9\xff\xe9\xff",
        ..feed("a line that is not UTF-8", "", TOO_MUCH)
    },
    feed("an event", "data: 123456789\n", TOO_MUCH),
    feed("an event of empty lines", "data\ndata:\ndata\r", TOO_MUCH),
    Flood { line: "id: ", ..feed("an ID", "0123456789abcdef", TOO_MUCH) },
    Flood { line: "data: x\nevent: ", ..feed("an event type", "0123456789abcdef", TOO_MUCH) },
    Flood { line: ": ", ..feed("a comment", "0123456789abcdef", PASSED) },
    Flood { line: ": ", is_comment: true, ..feed("a comment that is told", "0123456789abcdef", TOO_MUCH) },
    feed("an unknown field", "0123456789abcdef", PASSED),
    feed("comments", ":0123456789abc\r\n", PASSED),
    feed("empty lines", "\n\r\n\r\r\n\n\n\r\r\r\n\n\n\n\r", PASSED),
    feed("IDs", "id: 0123456789\n\n", PASSED),
    feed("events", "data: 12345678\n\n", "open message last end ended"),
    Flood { begin: HEAD, ..feed("headers", "x: 0123456789a\r\n", "broken ended") },
    Flood { begin: HEAD, ..feed("a header", "0123456789abcdef", "broken ended") },
    Flood { begin: "", ..feed("a status line", "HTTP/1.1 200 OK ", "broken ended") },
    Flood { begin: "", ..feed("interim responses", "HTTP/1.1 100 OK\r\nX: 12345678\r\n\r\n", "broken ended") },
    Flood { begin: CHUNKED, line: "1", ..feed("a chunk extension", ";abcdef=01234567", "open broken ended") },
    Flood { begin: CHUNKED, line: "0\r\n", ..feed("trailers", "x: 0123456789a\r\n", "open broken ended") },
    Flood { begin: CHUNKED, end: "0\r\n\r\n", ..feed("chunks of one byte", "1\r\n:\r\n1\r\n\n\r\n", "open end ended") },
    Flood { begin: "HTTP/1.1 500 No\r\n\r\n", ..feed("a refusal", "0123456789abcdef", "failed") },
];

/// The whole of a response whose body is small, and becomes that long.
#[cfg(feature = "gzip")]
pub fn bomb(line: &str, text: &str, length: usize) -> Vec<u8> {
    use std::io::Write;

    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n";
    let mut writer = flate2::write::GzEncoder::new(head.as_bytes().to_vec(), flate2::Compression::fast());
    writer.write_all(line.as_bytes()).unwrap();
    let block = text.repeat(4096);
    for _ in 0..length / block.len() {
        writer.write_all(block.as_bytes()).unwrap();
    }
    writer.write_all(LAST.as_bytes()).unwrap();
    writer.finish().unwrap()
}
