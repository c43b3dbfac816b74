//! How often a server is asked that wants it to be more often, by default: ten times a second at the most.

mod scripted;

use std::time::Duration;

use scripted::{Answer, Part, Script, ok, redirect, text};
use ssekit::retry::{Backoff, Policy};
use tokio::time::{Instant, timeout};

const MOST: usize = 10;
const SECOND: Duration = Duration::from_secs(1);

/// How many requests of one attempt there may be, over all redirects, as the Fetch standard has it.
const HOPS: usize = 21;

/// When each request is sent to a server that answers like that for a time.
async fn asked(time: Duration, mut answer: impl FnMut(usize) -> Answer + Send + 'static) -> Vec<Instant> {
    let mut number = 0;
    let script = Script::answering(move |_| {
        number += 1;
        answer(number - 1)
    });
    let policy = Policy::backoff(Backoff::new()).with_statuses(400..600);
    let mut source = script.client().source("http://example.com/").retry_policy(policy).build().unwrap();
    let _ = timeout(time, async { while source.signal().await.unwrap().is_some() {} }).await;
    script.requests().iter().map(scripted::Request::sent_at).collect()
}

/// The most that are sent in any time of this length.
fn most_within(time: Duration, asked: &[Instant]) -> usize {
    let within = |(index, from): (usize, &Instant)| asked[index..].iter().take_while(|at| **at - *from < time).count();
    asked.iter().enumerate().map(within).max().unwrap_or(0)
}

#[tokio::test(start_paused = true)]
async fn ten_requests_a_second() {
    const AT_ONCE: &str = "retry: 0\ndata: a\n\n";
    let kinds: [(&str, fn(usize) -> Answer); 10] = [
        ("an end without a byte", |_| ok([])),
        ("an end behind an event", |_| ok([text(AT_ONCE)])),
        ("a break behind an event", |_| ok([text(AT_ONCE), Part::broken()])),
        ("a break in mid-line", |_| ok([text("retry: 0\n\nda"), Part::broken()])),
        ("an event in a thousand bytes", |_| {
            ok("retry: 0\n: x\n".repeat(40).bytes().map(|byte| Part::bytes(vec![byte])))
        }),
        ("nobody listens, now and then", |n| if n % 2 == 0 { ok([text(AT_ONCE)]) } else { Answer::refused() }),
        ("a status, now and then", |n| if n % 2 == 0 { ok([text(AT_ONCE)]) } else { Answer::status(503) }),
        ("a status that wants it at once", |n| match n % 2 {
            0 => ok([text(AT_ONCE)]),
            _ => Answer::status(429).with_header("retry-after", "0"),
        }),
        ("nobody listens", |n| if n == 0 { ok([text(AT_ONCE)]) } else { Answer::refused() }),
        ("one redirect each time", |n| if n % 2 == 0 { redirect(307, "/there") } else { ok([text(AT_ONCE)]) }),
    ];
    for (name, answer) in kinds {
        let asked = asked(60 * SECOND, answer).await;
        let most = most_within(SECOND, &asked);
        println!("{name}: {most} in a second, {} in a minute", asked.len());
        assert!(most <= MOST, "{name}: {most}");
    }
}

/// What an attempt takes in one go is what the standard allows; beyond that, redirects buy nothing.
#[tokio::test(start_paused = true)]
async fn redirects_count_as_requests() {
    let kinds: [(&str, fn(usize) -> Answer); 2] = [
        ("a chain of redirects before each event", |n| match n % HOPS {
            20 => ok([text("retry: 0\ndata: a\n\n")]),
            _ => redirect(307, "/there"),
        }),
        ("a loop of redirects", |n| match n {
            0 => ok([text("retry: 0\ndata: a\n\n")]),
            _ => redirect(307, "/there"),
        }),
    ];
    for (name, answer) in kinds {
        let asked = asked(60 * SECOND, answer).await;
        let most = most_within(10 * SECOND, &asked);
        println!("{name}: {most} in ten seconds, {} in a minute", asked.len());
        assert!(most <= 10 * MOST + HOPS, "{name}: {most}");
    }
}

/// What a server may do to the wait by `retry`: it stays within its bounds, and jitter is all that comes on top.
#[tokio::test(start_paused = true)]
async fn no_reconnection_time_makes_a_wait_too_short_or_endless() {
    const DAY: u64 = 24 * 60 * 60 * 1000;
    for (retry, expected) in [
        ("0", 100),
        ("00", 100),
        ("99", 100),
        ("86400001", DAY),
        ("9223372036854775807", DAY),
        ("9223372036854775808", DAY),
        ("18446744073709551615", DAY),
        ("18446744073709551616", DAY),
        (&"9".repeat(1000), DAY),
        // What is no number is none.
        ("-1", 3000),
        ("1e3", 3000),
        ("\u{661}", 3000),
    ] {
        let script = Script::new([ok([text(&format!("retry: {retry}\ndata: a\n\n"))])]);
        let mut source = script.source();
        while source.signal().await.unwrap().is_some() {}
        assert_eq!(source.reconnection_time(), Duration::from_millis(expected), "{retry}");
        let [first, second] = &script.requests()[..] else { panic!("{retry}: it is asked twice") };
        let waited = u64::try_from((second.sent_at() - first.sent_at()).as_millis()).unwrap();
        assert!(waited >= expected && waited <= expected * 11 / 10 + 2, "{retry}: {waited} ms");
    }
}
