//! Feeds that flood, and IDs and reconnection times that no sane server sends.

use std::time::Duration;

use super::play::{Case, Do, just, say};
use super::server::STREAM;

/// That many times 16 bytes, which is a MiB.
const FLOOD: usize = 1 << 16;

const A: &str = "id: 1\ndata: a\n\n";
const B: &str = "\n\ndata: b\n\n";

pub fn cases() -> Vec<Case> {
    let mut cases = floods();
    cases.extend(ids());
    cases.extend(times());
    cases
}

/// Over the limit of 64 KiB, between two events.
fn floods() -> Vec<Case> {
    let told = &["open 200", "message a #1", "limit", "message b #1", "lost: end of stream", "ended"][..];
    // What nobody asked for is not kept, and so is never too much.
    let passed = &["open 200", "message a #1", "message b #1", "lost: end of stream", "ended"][..];
    let mut cases = Vec::new();
    for (name, begin, text, told) in [
        ("an endless line of data", "data: ", "0123456789abcdef", told),
        ("an endless event", "", "data: 123456789\n", told),
        ("an endless event of empty lines of data", "", "data\ndata:\ndata\r", told),
        ("an endless ID", "id: ", "0123456789abcdef", told),
        ("an endless event type", "data: x\nevent: ", "0123456789abcdef", told),
        ("an endless comment", ": ", "0123456789abcdef", passed),
        ("endless comments", "", ": 0123456789ab\r\n", passed),
        ("an endless unknown field", "unknown: ", "0123456789abcdef", passed),
        ("an endless name of a field", "", "0123456789abcdef", passed),
        ("an endless reconnection time", "retry: ", "0123456789012345", passed),
        ("endless empty lines", "", "\n\r\n\r\r\n\n\n\r\r\r\n\n\n\n\r", passed),
        (
            "endless IDs",
            "",
            "id: 012345678\n\n\n",
            &["open 200", "message a #1", "message b #012345678", "lost: end of stream", "ended"],
        ),
        ("garbage", "", "\0\x01\u{fffd}\x7f: \u{1f600}\x02\n\r\0", passed),
    ] {
        let answer = vec![say([STREAM, A, begin].concat()), Do::Repeat(text, FLOOD), say(B)];
        let id = if name == "endless IDs" { "012345678" } else { "1" };
        cases.push(
            Case::new(name, [answer], told, &["-", id])
                .with(|builder| builder.limit(64 << 10).max_reconnection_time(Duration::from_millis(1))),
        );
    }
    let answer = vec![say([STREAM, A, "data: "].concat()), Do::Repeat("0123456789abcdef", usize::MAX)];
    cases.push(
        Case::new(
            "an endless line, where that is a failure",
            [answer],
            &["open 200", "message a #1", "failed: limit"],
            &["-"],
        )
        .with(|builder| builder.limit(64 << 10).fail_on_limit(true)),
    );
    let answer = vec![say([STREAM, A, ":"].concat()), Do::Repeat("0123456789abcdef", FLOOD), say(B)];
    cases.push(
        Case::new("an endless comment that is asked for", [answer], told, &["-", "1"])
            .with(|builder| builder.limit(64 << 10).comments(true)),
    );
    cases
}

fn ids() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, id, shown, sent) in [
        ("an ID with a control character", "a\x01b", "a\\u{1}b", Err("ControlCharacter")),
        ("an ID with an escape sequence", "\x1b[2J", "\\u{1b}[2J", Err("ControlCharacter")),
        ("an ID with DEL", "a\x7f", "a\\u{7f}", Err("ControlCharacter")),
        ("an ID of spaces", "   ", "   ", Err("Blank")),
        ("an ID with NUL", "a\0b", "", Ok("-")),
        (
            "an ID that is not ASCII",
            "\u{e9}\u{2026}\u{1f600}",
            "\u{e9}\u{2026}\u{1f600}",
            Ok("\u{e9}\u{2026}\u{1f600}"),
        ),
        ("an ID that would be another header", "a: b; c, \"d\"", "a: b; c, \\\"d\\\"", Ok("a: b; c, \"d\"")),
    ] {
        let message = format!("message a #{shown}");
        let mut told = vec!["open 200", &message, "lost: end of stream", "ended"];
        if let Err(why) = sent {
            told.insert(3, why);
        }
        let answer = just(format!("{STREAM}id: {id}\ndata: a\n\n"));
        cases.push(Case::new(name, [answer], &told, &["-", sent.unwrap_or("-")]));
    }
    // It is no text, and what it became is what is sent.
    let answer = [STREAM.as_bytes(), b"id: \xff\xfe\ndata: a\n\n"].concat();
    let told = ["open 200", "message a #\u{fffd}\u{fffd}", "lost: end of stream", "ended"];
    cases.push(Case::new("an ID that is not UTF-8", [just(answer)], &told, &["-", "\u{fffd}\u{fffd}"]));

    let long = |length| just(format!("{STREAM}id: {}\ndata: a\n\n", "i".repeat(length)));
    let told = ["open 200", "message a #(65536 bytes)", "lost: end of stream", "TooLong", "ended"];
    cases.push(Case::new("an ID of 64 KiB", [long(64 << 10)], &told, &["-", "-"]));
    let told = ["open 200", "message a #(8192 bytes)", "lost: end of stream", "ended"];
    cases.push(Case::new("an ID of 8 KiB", [long(8 << 10)], &told, &["-", "8192 bytes"]));
    cases
}

/// What is set of the wait is in `tests/hostile_rates.rs`; here it is only that nothing goes wrong by it.
fn times() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, time) in [
        ("retry of 0", "0"),
        ("retry of 2^63", "9223372036854775808"),
        ("retry of 2^64", "18446744073709551616"),
        ("retry of a thousand nines", "9"),
    ] {
        let time = if time == "9" { time.repeat(1000) } else { time.to_owned() };
        let answer = just(format!("{STREAM}retry: {time}\n{A}"));
        let told = ["open 200", "message a #1", "lost: end of stream", "ended"];
        cases.push(
            Case::new(name, [answer], &told, &["-", "1"])
                .with(|builder| builder.max_reconnection_time(Duration::from_millis(5))),
        );
    }
    cases
}
