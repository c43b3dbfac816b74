//! Bodies that break off, and framing that lies.

use std::time::Duration;

use super::play::{CHUNKED, Case, Do, just, say};
use super::server::STREAM;

const EVENT: &str = "id: 1\ndata: a\n\n";
/// The same, as a chunk.
const EVENT_CHUNK: &str = "f\r\nid: 1\ndata: a\n\n\r\n";

const BROKEN: &[&str] = &["open 200", "message a #1", "lost: transport", "ended"];
const CUT_OFF: &[&str] = &["open 200", "message a #1", "lost: end of stream", "ended"];
/// The event counts, and what came of the next one does not.
const RESUMED: &[&str] = &["-", "1"];
const AGAIN: &[&str] = &["-", "-"];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (reset, half_close, begin, rest, is_framed) in [
        ("reset in mid-event", "half-close in mid-event", STREAM, "id: 2\ndata: b\n", false),
        ("reset in mid-line", "half-close in mid-line", STREAM, "id: 2\nda", false),
        ("reset in mid-chunk", "half-close in mid-chunk", CHUNKED, "ff\r\nid: 2\ndata: b\n", true),
        ("reset in mid-chunk-header", "half-close in mid-chunk-header", CHUNKED, "f", true),
        ("reset behind a chunk's CR", "half-close behind a chunk's CR", CHUNKED, "2\r\n\n\n\r", true),
        ("reset in the last chunk", "half-close in the last chunk", CHUNKED, "0\r\n", true),
    ] {
        let event = if is_framed { EVENT_CHUNK } else { EVENT };
        let begin = [begin, event, rest].concat();
        cases.push(Case::new(reset, [vec![say(&*begin), Do::Reset]], BROKEN, RESUMED));
        // Without framing, the end of the connection is that of the body.
        let told = if is_framed { BROKEN } else { CUT_OFF };
        cases.push(Case::new(half_close, [vec![say(begin), Do::HalfClose]], told, RESUMED));
    }
    cases.extend(chunks());
    cases.extend(lengths());
    cases.push(Case::new(
        "one byte at a time",
        [vec![Do::Drip([STREAM, ": \u{2026}\r\nid: 1\r\ndata: \u{e9}\r\r\ndata: b\n\n"].concat())]],
        &["open 200", "message é #1", "message b #1", "lost: end of stream", "ended"],
        RESUMED,
    ));
    let drip: String = EVENT.chars().flat_map(|c| ["1;\r\n".to_owned(), c.to_string(), "\r\n".to_owned()]).collect();
    cases.push(Case::new(
        "chunks of one byte, one byte at a time",
        [vec![say(CHUNKED), Do::Drip(drip), say("0\r\n\r\n")]],
        CUT_OFF,
        RESUMED,
    ));
    cases.push(
        Case::new(
            "silence",
            [vec![say([STREAM, EVENT].concat()), Do::Hold]],
            &["open 200", "message a #1", "lost: timeout", "ended"],
            RESUMED,
        )
        .with(|builder| builder.idle_timeout(Duration::from_millis(300))),
    );
    cases
}

fn chunks() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, rest) in [
        ("a chunked body without its last chunk", ""),
        ("a chunked body that ends behind a size", "5\r\n"),
        ("a chunked body that ends in a chunk", "5\r\nda"),
        ("a chunk size that is no number", "zz\r\ndata: b\n\n\r\n"),
        ("a chunk size below zero", "-1\r\ndata: b\n\n\r\n"),
        ("a chunk size with a prefix", "0x9\r\ndata: b\n\n\r\n"),
        ("a chunk size of 2^64", "10000000000000000\r\ndata: b\n\n\r\n"),
        ("a chunk size that is empty", "\r\ndata: b\n\n\r\n"),
        ("a chunk size without CR", "9\ndata: b\n\n\r\n"),
        ("a chunk that is longer than its size", "3\r\ndata: b\n\n\r\n"),
        ("a chunk size of NULs", "\0\0\0\0\r\ndata: b\n\n\r\n"),
    ] {
        cases.push(Case::new(name, [just([CHUNKED, EVENT_CHUNK, rest].concat())], BROKEN, RESUMED));
    }
    // As large as it gets, which is no allocation.
    cases.push(Case::new(
        "a chunk size of 2^64 - 1",
        [just([CHUNKED, EVENT_CHUNK, "ffffffffffffffff\r\ndata: b\n\n"].concat())],
        &["open 200", "message a #1", "message b #1", "lost: transport", "ended"],
        RESUMED,
    ));
    cases.push(Case::new(
        "an endless chunk extension",
        [vec![say([CHUNKED, EVENT_CHUNK, "1"].concat()), Do::Repeat(";a=b;c=d;e=f;g=h", 1 << 16)]],
        BROKEN,
        RESUMED,
    ));
    cases.push(Case::new(
        "endless trailers",
        [vec![say([CHUNKED, EVENT_CHUNK, "0\r\n"].concat()), Do::Repeat("x-trailer: 0123456789\r\n", 1 << 16)]],
        BROKEN,
        RESUMED,
    ));
    cases.push(Case::new(
        "trailers that are no headers",
        [just([CHUNKED, EVENT_CHUNK, "0\r\n\0\x01\x02\r\n\r\n"].concat())],
        BROKEN,
        RESUMED,
    ));
    cases
}

fn lengths() -> Vec<Case> {
    let with = |headers: &str, body: &str| {
        just(format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{headers}\r\n\r\n{body}"))
    };
    let mut cases = vec![
        Case::new("a Content-Length that is too long", [with("Content-Length: 16", EVENT)], BROKEN, RESUMED),
        // The rest is neither of this response nor another one.
        Case::new(
            "a Content-Length that is too short",
            [with("Content-Length: 15", &[EVENT, "data: b\n\n"].concat())],
            CUT_OFF,
            RESUMED,
        ),
        Case::new(
            "a Content-Length of 0 before events",
            [with("Content-Length: 0", EVENT)],
            &["open 200", "lost: end of stream", "ended"],
            AGAIN,
        ),
        Case::new("a Content-Length twice, the same", [with("Content-Length: 15, 15", EVENT)], CUT_OFF, RESUMED),
        // The chunks are what counts, as RFC 9112 has it.
        Case::new(
            "a Content-Length beside chunks",
            [with("Content-Length: 5\r\nTransfer-Encoding: chunked", &[EVENT_CHUNK, "0\r\n\r\n"].concat())],
            CUT_OFF,
            RESUMED,
        ),
    ];
    for (name, headers) in [
        ("a Content-Length of 2^64", "Content-Length: 18446744073709551616"),
        ("a Content-Length below zero", "Content-Length: -1"),
        ("a Content-Length that is no number", "Content-Length: many"),
        ("two Content-Lengths that differ", "Content-Length: 15\r\nContent-Length: 16"),
    ] {
        cases.push(Case::new(name, [with(headers, EVENT)], &["lost: transport", "ended"], AGAIN));
    }
    cases
}
