//! What the crate ships for the tests of others, used as they use it.

use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use ssekit::test_util::{Answer, Part, Script};
use ssekit::transport::{Futile, Transport};
use ssekit::{Error, EventSource, ReadyState, Signal};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

const SECS: fn(u64) -> Duration = Duration::from_secs;

fn source(script: &Script) -> EventSource {
    script.client().get("http://example.com/feed").unwrap()
}

/// Adds up what a feed says, up to its end.
async fn total(mut source: EventSource) -> Result<u32, Error> {
    let mut total = 0;
    while let Some(event) = source.message().await? {
        total += event.data().parse().unwrap_or(0);
    }
    Ok(total)
}

#[tokio::test(start_paused = true)]
async fn a_total_goes_on_after_a_loss() {
    let script = Script::new([
        Answer::stream([Part::text("id: 1\ndata: 40\n\ndata: cut o"), Part::broken()]),
        Answer::refused(),
        Answer::stream([Part::text("id: 2\ndata: 2\n\n")]),
        Answer::status(204),
    ]);
    assert_eq!(total(source(&script)).await.unwrap(), 42);
    let requests = script.requests();
    let ids: Vec<_> = requests.iter().map(|request| request.last_event_id()).collect();
    assert_eq!(ids, [None, Some("1"), Some("1"), Some("2")]);
    assert_eq!(script.live(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_script_has_an_end() {
    let empty = Script::new([]);
    assert_eq!(timeout(SECS(3600), total(source(&empty))).await.expect("it goes on for ever").unwrap(), 0);
    let script = Script::new([Answer::stream([Part::text("data: 1\n\n")])]);
    assert_eq!(timeout(SECS(3600), total(source(&script))).await.expect("it goes on for ever").unwrap(), 1);
    assert_eq!((empty.requests().len(), script.requests().len()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_is_there_by_the_time_of_the_answer() {
    let (begin, clones) = (Instant::now(), Arc::new(Mutex::new(None::<Script>)));
    let others = Arc::clone(&clones);
    let script = Script::answering(move |request| {
        let requests = others.lock().unwrap().as_ref().unwrap().requests();
        assert_eq!(requests.last().unwrap().sent_at(), request.sent_at());
        match requests.len() {
            1 => Answer::status(307).with_header("location", "https://elsewhere.example/é?q=1"),
            2 => Answer::stream([Part::text("id: \u{2026}\nretry: 5000\ndata: 1\n\n")]),
            _ => Answer::status(204),
        }
    });
    *clones.lock().unwrap() = Some(script.clone());
    let builder = script.client().source("http://example.com/feed").header("x-bytes", &b"\xFF"[..]);
    assert_eq!(total(builder.build().unwrap()).await.unwrap(), 1);

    let requests = script.requests();
    let uris: Vec<_> = requests.iter().map(|request| request.uri().to_string()).collect();
    let elsewhere = "https://elsewhere.example/%C3%A9?q=1";
    assert_eq!(uris, ["http://example.com/feed", elsewhere, elsewhere]);
    assert!(requests.iter().all(|request| request.method() == http::Method::GET && request.body().is_empty()));
    assert_eq!(requests[0].headers()["accept"], "text/event-stream");
    assert_eq!(requests[0].header("Accept"), Some("text/event-stream"));
    assert_eq!(requests[0].headers()["x-bytes"].as_bytes(), b"\xFF");
    assert_eq!((requests[0].header("x-bytes"), requests[0].header("no name")), (None, None));
    assert_eq!(requests[2].last_event_id(), Some("\u{2026}"));
    assert_eq!((requests[0].sent_at(), requests[1].sent_at()), (begin, begin));
    assert!(requests[2].sent_at() - begin >= SECS(5));

    let request = http::Request::post("http://example.com/").body(Bytes::from_static(b"body")).unwrap();
    let response = Script::send(&script, request).await.unwrap();
    assert_eq!(response.status(), 204);
    let last = script.requests().pop().unwrap();
    assert_eq!((last.method(), &last.body()[..]), (&http::Method::POST, &b"body"[..]));
    *clones.lock().unwrap() = None;
}

#[tokio::test(start_paused = true)]
async fn time_is_that_of_the_clock() {
    let script = Script::new([
        Answer::refused().with_delay(SECS(30)),
        Answer::stream([Part::pause(SECS(50)), Part::text("data: 1"), Part::pause(SECS(7)), Part::text("\n\n")])
            .with_delay(SECS(10)),
        Answer::silent(),
        Answer::stream([Part::text(":"), Part::hang(), Part::text("data: 2\n\n")]),
    ]);
    let builder = script.client().source("http://example.com/").head_timeout(SECS(40)).idle_timeout(SECS(60));
    let mut source = builder.build().unwrap();
    let mut told = Vec::new();
    while let Some(signal) = source.signal().await.unwrap() {
        let signal = match signal {
            Signal::Opened(_) => "open".to_owned(),
            Signal::Message(event) => event.data().to_owned(),
            Signal::Reconnecting { error, .. } => error.to_string(),
            other => format!("{other:?}"),
        };
        let sent_at = script.requests().last().unwrap().sent_at();
        told.push((signal, sent_at.elapsed().as_secs()));
    }
    let told: Vec<_> = told.iter().map(|(signal, seconds)| (&**signal, *seconds)).collect();
    let expected = [
        ("cannot connect", 30),
        ("open", 10),
        ("1", 10 + 50 + 7),
        ("response ended", 10 + 50 + 7),
        ("no response came within 40s", 40),
        ("open", 0),
        ("nothing came within 60s", 60),
        ("Ended", 0),
    ];
    assert_eq!(told, expected);
}

#[tokio::test(start_paused = true)]
async fn a_test_can_say_when() {
    let (go, gone) = oneshot::channel::<()>();
    let parts = [Part::text("data: a\n\n"), Part::until(gone), Part::text("data: b\n\n"), Part::until(async { 7 })];
    let script = Script::new([Answer::stream(parts)]);
    let mut source = source(&script);
    assert_eq!(source.message().await.unwrap().unwrap().data(), "a");
    assert!(timeout(SECS(3600), source.message()).await.is_err(), "nobody has said so");
    let begin = Instant::now();
    go.send(()).unwrap();
    assert_eq!(source.message().await.unwrap().unwrap().data(), "b");
    assert!(matches!(source.signal().await, Ok(Some(Signal::Reconnecting { .. }))), "it has ended");
    assert!(begin.elapsed().is_zero());
}

#[tokio::test(start_paused = true)]
async fn time_passes_for_a_body_while_it_is_read() {
    let script = Script::new([Answer::stream([Part::pause(SECS(5)), Part::text("data: 1\n\n")])]);
    let mut source = source(&script);
    source.opened().await.unwrap();
    sleep(SECS(60)).await;
    let begin = Instant::now();
    assert!(source.message().await.unwrap().is_some());
    assert_eq!(begin.elapsed(), SECS(5));
}

#[tokio::test(start_paused = true)]
async fn what_is_live_is_what_nobody_has_dropped() {
    let script = Script::new([Answer::silent(), Answer::stream([Part::hang()]), Answer::stream([])]);
    let (mut first, mut second, mut third) = (source(&script), source(&script), source(&script));
    assert_eq!(script.live(), 0);
    assert!(first.signal().now_or_never().is_none());
    assert_eq!(script.live(), 1);
    second.opened().await.unwrap();
    third.opened().await.unwrap();
    assert_eq!((script.live(), script.clone().live()), (3, 3));
    assert!(matches!(third.signal().await, Ok(Some(Signal::Reconnecting { .. }))), "it has ended");
    assert_eq!(script.live(), 2);
    drop(first);
    assert_eq!(script.live(), 1);
    second.close();
    assert_eq!(script.live(), 0);
}

#[tokio::test(start_paused = true)]
async fn errors_are_those_of_the_script() {
    let timed_out = || io::Error::new(ErrorKind::TimedOut, "too slow");
    let script = Script::new([
        Answer::error(timed_out()),
        Answer::stream([Part::bytes(&b":\n"[..]), Part::error(timed_out()), Part::text("data: 1\n\n")]),
        Answer::refused().with_header("x-nothing", "does nothing"),
        Answer::stream([Part::broken()]),
        Answer::error(Futile::new("no such protocol")),
    ]);
    let mut source = source(&script);
    let mut errors = Vec::new();
    let end = loop {
        match source.signal().await {
            Ok(Some(Signal::Reconnecting { error, .. })) => errors.push((format!("{error:#}"), error.is_timeout())),
            Ok(signal) => assert!(matches!(signal, Some(Signal::Opened(_))), "{signal:?}"),
            Err(error) => break error,
        }
    };
    let errors: Vec<_> = errors.iter().map(|(error, is_timeout)| (&**error, *is_timeout)).collect();
    let expected = [
        ("request failed: too slow", true),
        ("connection broke: too slow", true),
        ("cannot connect: connection refused", false),
        ("connection broke: connection reset", false),
    ];
    assert_eq!(errors, expected);
    assert!(end.is_unfetchable() && source.ready_state() == ReadyState::Closed, "{end}");
    assert_eq!((script.requests().len(), script.live()), (5, 0));
}

#[tokio::test(start_paused = true)]
async fn responses_are_those_of_the_script() {
    let html = || Answer::response(200, [Part::text("<p>")]).with_header("content-type", "text/html");
    let cases: [(Answer, fn(&Error) -> bool); 4] = [
        (Answer::status(503), Error::is_status),
        (Answer::response(999, [Part::text("data: a\n\n")]), Error::is_status),
        (Answer::status(200), Error::is_content_type),
        (html(), Error::is_content_type),
    ];
    for (answer, is) in cases {
        let error = source(&Script::new([answer])).message().await.unwrap_err();
        assert!(is(&error), "{error}");
    }
    let answer = Answer::stream([]).with_header("x-feed", "1").with_header("X-Feed", String::from("2"));
    let opened = source(&Script::new([answer])).opened().await.unwrap().unwrap();
    let fields: Vec<_> = opened.headers().get_all("x-feed").iter().collect();
    assert_eq!(fields, ["1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_an_answer_is_the_tests() {
    let mut number = 0;
    let script = Script::answering(move |_| {
        number += 1;
        assert!(number > 1, "the first one");
        Answer::stream([Part::text("data: 1\n\n"), Part::hang()])
    });
    let panicked = AssertUnwindSafe(source(&script).message()).catch_unwind().await;
    assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"the first one"));
    assert_eq!((script.requests().len(), script.live()), (1, 0));
    assert_eq!(source(&script).message().await.unwrap().unwrap().data(), "1");
    assert_eq!(script.requests().len(), 2);
}

#[test]
fn misuse_panics() {
    let misuses: [fn() -> Answer; 5] = [
        || Answer::status(99),
        || Answer::response(1000, []),
        || Answer::stream([]).with_header("a b", "c"),
        || Answer::stream([]).with_header("a", "b\n"),
        || Answer::refused().with_header("", ""),
    ];
    for (index, misuse) in misuses.into_iter().enumerate() {
        assert!(catch_unwind(misuse).is_err(), "{index}");
    }
}
