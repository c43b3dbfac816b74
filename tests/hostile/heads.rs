//! Heads that are garbage, late or without an end, and statuses.

use std::time::Duration;

use ssekit::Builder;
use ssekit::retry::{Backoff, Policy};

use super::play::{Case, Do, OVER, just, say};
use super::server::STREAM;

const EVENT: &str = "id: 1\ndata: a\n\n";
const SEEN: &[&str] = &["open 200", "message a #1", "lost: end of stream", "ended"];
const LOST: &[&str] = &["lost: transport", "ended"];
const LATE: &[&str] = &["lost: timeout", "ended"];
const RESUMED: &[&str] = &["-", "1"];
const AGAIN: &[&str] = &["-", "-"];
const ONCE: &[&str] = &["-"];

fn soon(builder: Builder) -> Builder {
    builder.head_timeout(Duration::from_millis(500))
}

pub fn cases() -> Vec<Case> {
    let mut cases = garbage();
    cases.extend(late());
    cases.extend(statuses());
    for (name, head) in [
        ("HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Type: text/event-stream"),
        ("HTTP/1.0 without a reason", "HTTP/1.0 200\r\ncontent-type:text/event-stream"),
        ("a head of lines without CR", "HTTP/1.1 200 OK\nContent-Type: text/event-stream\nConnection: close\n"),
        ("a reason that is not ASCII", "HTTP/1.1 200 \u{e9}\r\nContent-Type: text/event-stream\r\nConnection: close"),
        ("a header that is not ASCII", "HTTP/1.1 200 OK\r\nX: \u{e9}\u{1f600}\r\nContent-Type: text/event-stream"),
    ] {
        let end = if head.ends_with('\n') { "\n" } else { "\r\n\r\n" };
        cases.push(Case::new(name, [just([head, end, EVENT].concat())], SEEN, RESUMED));
    }
    cases
}

fn garbage() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, head) in [
        ("no head at all", EVENT),
        ("a head of NULs", "\0\0\0\0\0\0\0\0\r\n\r\n"),
        ("the banner of another protocol", "SSH-2.0-OpenSSH_9.9\r\n\r\n"),
        ("an alert of TLS", "\x15\x03\x03\0\x02\x02\x28"),
        ("the frames of HTTP/2", "\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04"),
        ("a version that there is not", "HTTP/7.3 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n"),
        ("a status that is no number", "HTTP/1.1 abc OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n"),
        ("a status of two digits", "HTTP/1.1 20 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n"),
        ("a status of four digits", "HTTP/1.1 2000 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n"),
        ("a header without a colon", "HTTP/1.1 200 OK\r\nContent-Type text/event-stream\r\n\r\ndata: a\n\n"),
        ("a header with a NUL", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX: a\0b\r\n\r\ndata: a\n\n"),
        ("a head that breaks off", "HTTP/1.1 200 OK\r\nContent-Type: text/event-"),
        ("a head without its last line", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"),
        ("nothing", ""),
    ] {
        cases.push(Case::new(name, [just(head)], LOST, AGAIN));
    }
    let half = "HTTP/1.1 200 OK\r\nContent-";
    cases.push(Case::new("half-close before the head", [vec![Do::HalfClose]], LOST, AGAIN));
    cases.push(Case::new("half-close in the head", [vec![say(half), Do::HalfClose]], LOST, AGAIN));
    cases.push(Case::new("reset before the head", [vec![Do::Reset]], LOST, AGAIN));
    cases.push(Case::new("reset in the head", [vec![say(half), Do::Reset]], LOST, AGAIN));
    let endless =
        |text| [vec![say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"), Do::Repeat(text, 1 << 20)]];
    cases.push(Case::new("endless headers", endless("x-header: 0123456789\r\n"), LOST, AGAIN));
    cases.push(Case::new("an endless header", endless("x-header-01234567890"), LOST, AGAIN));
    cases.push(Case::new("an endless status line", [vec![Do::Repeat("HTTP/1.1 200 OK ", 1 << 20)]], LOST, AGAIN));
    cases.push(Case::new(
        "empty lines before the head, without an end",
        [vec![Do::Repeat("\r\n\r\n\r\n\r\n", 1 << 20)]],
        LOST,
        AGAIN,
    ));
    cases
}

fn late() -> Vec<Case> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    vec![
        Case::new("a head one byte at a time", [vec![Do::Drip([head, EVENT].concat())]], SEEN, RESUMED),
        Case::new("no head, ever", [vec![Do::Hold]], LATE, AGAIN).with(soon),
        Case::new("a head that stops", [vec![say("HTTP/1.1 200 OK\r\nX: "), Do::Hold]], LATE, AGAIN).with(soon),
        // It counts from the request on, whatever trickles in.
        Case::new(
            "a head that is too slow",
            [vec![Do::Drip(format!("HTTP/1.1 200 OK\r\nX: {}", "a".repeat(2000)))]],
            LATE,
            AGAIN,
        )
        .with(soon),
        Case::new(
            "a thousand interim responses",
            [vec![Do::Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 1024), say([STREAM, EVENT].concat())]],
            SEEN,
            RESUMED,
        ),
        Case::new(
            "interim responses without an end",
            [vec![Do::Repeat("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n", usize::MAX)]],
            LATE,
            AGAIN,
        )
        .with(soon),
        Case::new(
            "a protocol that nobody wants to switch to",
            [just("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")],
            &["failed: status 101"],
            ONCE,
        ),
    ]
}

fn statuses() -> Vec<Case> {
    let status = |status: &str| just(format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"));
    let storm = ["408 a", "425 b", "429 c", "500 d", "502 e", "503 f", "504 g", "431 h"];
    let mut cases = vec![
        // Whoever is told that its ID is too long has no use for another attempt with it.
        Case::new("431", [status("431 Request Header Fields Too Large")], &["failed: status 431"], ONCE),
        Case::new(
            "431 for an ID",
            [just([STREAM, "id: 7\ndata: a\n\n"].concat()), status("431 Request Header Fields Too Large")],
            &["open 200", "message a #7", "lost: end of stream", "failed: status 431"],
            &["-", "7"],
        ),
        Case::new("a status of 999", [status("999 Nine")], &["failed: status 999"], ONCE),
        Case::new("a status of 0", [status("000 Zero")], LOST, AGAIN),
        Case::new("a storm of statuses", storm.map(status), &["failed: status 408"], ONCE),
        Case::new(
            "a storm of statuses that may pass",
            storm.map(status),
            &[
                "lost: status 408",
                "lost: status 425",
                "lost: status 429",
                "lost: status 500",
                "lost: status 502",
                "lost: status 503",
                "lost: status 504",
                "failed: status 431",
            ],
            &["-"; 8],
        )
        .with(|builder| {
            builder.retry_policy(Policy::backoff(Backoff::new()).with_statuses(Policy::TRANSIENT_STATUSES))
        }),
        Case::new(
            "a refusal that does not end",
            [vec![say("HTTP/1.1 500 No\r\n\r\n"), Do::Repeat("0123456789abcdef", usize::MAX)]],
            &["failed: status 500"],
            ONCE,
        ),
        Case::new(
            "a refusal that is silent",
            [vec![say("HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\n"), Do::Hold]],
            &["failed: status 500"],
            ONCE,
        )
        .with(|builder| builder.error_body_timeout(Duration::from_millis(300))),
        Case::new("the end with a body", [just([OVER, "data: a\n\n"].concat())], &["ended"], ONCE),
    ];
    for (name, content_type) in [
        ("no content type", "X: y"),
        ("a content type that is garbage", "Content-Type: \u{1f600};;;="),
        ("a page", "Content-Type: text/html"),
    ] {
        let head = format!("HTTP/1.1 200 OK\r\n{content_type}\r\nConnection: close\r\n\r\n{EVENT}");
        cases.push(Case::new(name, [just(head)], &["failed: content type 200"], ONCE));
    }
    cases
}
