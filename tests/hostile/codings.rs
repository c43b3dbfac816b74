//! What says that it is gzip. What bombs take of memory is in `tests/hostile_memory/`.

use super::encoders::encoded;
use super::play::{Case, Do, just};

const HEAD: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n";
const A: &str = "id: 1\ndata: a\n\n";

fn with(body: &[u8]) -> [Vec<Do>; 1] {
    [just([HEAD.as_bytes(), body].concat())]
}

pub fn cases() -> Vec<Case> {
    let whole = encoded("gzip", &[A]).concat();
    let pieces = encoded("gzip", &[A, "data: b\n\n"]);
    let bomb = encoded("gzip", &[A, &format!("data: {}\n\n", "a".repeat(1 << 20)), "data: b\n\n"]).concat();
    let mut damaged = whole.clone();
    let length = damaged.len();
    damaged[length - 8] ^= 1;
    let event = "message a #1";
    let end = "lost: end of stream";
    let cases = [
        Case::new("gzip that is none", with(A.as_bytes()), &["open 200", "lost: transport", "ended"], &["-", "-"]),
        Case::new("gzip that is empty", with(b""), &["open 200", end, "ended"], &["-", "-"]),
        Case::new(
            "gzip with a wrong sum",
            with(&damaged),
            &["open 200", event, "lost: transport", "ended"],
            &["-", "1"],
        ),
        Case::new(
            "gzip that breaks off",
            with(&pieces[..1].concat()),
            &["open 200", event, "lost: transport", "ended"],
            &["-", "1"],
        ),
        Case::new("gzip in a thousand members", with(&whole.repeat(1000)), &MEMBERS, &["-", "1"]),
        Case::new(
            "gzip with garbage behind it",
            with(&[&whole[..], b"garbage"].concat()),
            &["open 200", event, "lost: transport", "ended"],
            &["-", "1"],
        ),
        Case::new(
            "gzip that is a bomb",
            with(&bomb),
            &["open 200", event, "limit", "message b #1", end, "ended"],
            &["-", "1"],
        ),
    ];
    let asking = cases.into_iter().map(|case| case.with(|builder| builder.compression(true).limit(64 << 10)));
    let unasked = Case::new("gzip that nobody asked for", with(&whole), &["failed: content encoding 200"], &["-"]);
    asking.chain([unasked]).collect()
}

const MEMBERS: [&str; 1003] = {
    let mut told = ["message a #1"; 1003];
    told[0] = "open 200";
    told[1001] = "lost: end of stream";
    told[1002] = "ended";
    told
};
