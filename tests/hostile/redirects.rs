//! Redirects that lead nowhere.

use super::play::{Case, Do, just, say};
use super::server::STREAM;

const ALL: [&str; 22] = ["-"; 22];
const LOST: &[&str] = &["lost: redirect", "ended"];

fn to(status: u16, location: &str) -> Vec<Do> {
    just(format!("HTTP/1.1 {status} There\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
}

pub fn cases() -> Vec<Case> {
    let stream = just([STREAM, "data: a\n\n"].concat());
    let seen = &["open 200", "message a #", "lost: end of stream", "ended"][..];
    let long = |length: usize| format!("/?{}", "a".repeat(length));
    vec![
        // 21 requests are one attempt, and the 22nd is the next one.
        Case::new("a redirect to itself", vec![to(302, "/"); 21], LOST, &ALL),
        Case::new("a redirect to and fro", (0..21).map(|n| to(307, ["/a", "/b"][n % 2])), LOST, &ALL),
        Case::new("a chain that grows", (1..22).map(|n| to(308, &long(n * 1024))), LOST, &ALL),
        Case::new(
            "a chain of as many as there may be",
            (1..21).map(|n| to(301, &format!("/{n}"))).chain([stream.clone()]),
            seen,
            &ALL,
        ),
        Case::new(
            "a redirect with an endless body",
            [
                vec![say("HTTP/1.1 302 There\r\nLocation: /there\r\n\r\n"), Do::Repeat("0123456789abcdef", usize::MAX)],
                stream,
            ],
            seen,
            &["-"; 3],
        ),
        Case::new(
            "a redirect to a URL that HTTP cannot carry",
            [to(302, &long(70_000))],
            &["failed: unfetchable"],
            &["-"],
        ),
        Case::new("a redirect to nowhere", [to(302, "http://[")], &["failed: redirect"], &["-"]),
        Case::new("a redirect to a file", [to(302, "file:///etc/passwd")], &["failed: redirect"], &["-"]),
        Case::new("a redirect to data", [to(302, "data:text/event-stream,data:a")], &["failed: redirect"], &["-"]),
        Case::new(
            "a redirect without its place",
            [just("HTTP/1.1 302 There\r\nContent-Length: 0\r\n\r\n")],
            &["failed: status 302"],
            &["-"],
        ),
    ]
}
