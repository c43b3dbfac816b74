//! The event source over a scripted transport, on tokio's paused clock.

mod scripted;

use std::pin::pin;
use std::time::Duration;

use futures_util::stream::FusedStream;
use futures_util::{FutureExt, StreamExt};
use http::StatusCode;
use scripted::{Attempt, Part, Script, everything, ok, status, text, told};
use ssekit::{Error, Event, EventSource, Frame, ReadyState, Signal};
use tokio::time::{Instant, sleep};

const MS: fn(u64) -> Duration = Duration::from_millis;
const SECS: fn(u64) -> Duration = Duration::from_secs;

#[tokio::test(start_paused = true)]
async fn everything_in_order() {
    let script = Script::new([
        ok([text(": hi\nid: 1\ndata: a\n\nevent: tick\ndata: b\n\nid: 2\ndata: cut o")]),
        Attempt::Refused,
        ok([text("data: c\n"), text("\n"), Part::Break]),
        status(204),
    ]);
    let mut source = script.source();
    assert_eq!(
        everything(&mut source).await,
        [
            "open 200 OK",
            "message \"a\" #1",
            "tick \"b\" #1",
            "lost: response ended",
            "lost: request failed: connection refused",
            "open 200 OK",
            "message \"c\" #1",
            "lost: connection broke: connection reset",
            "ended",
        ]
    );
    let ids: Vec<_> = script.requests().iter().map(|request| request.last_event_id().map(str::to_owned)).collect();
    assert_eq!(ids, [None, Some("1".to_owned()), Some("1".to_owned()), Some("1".to_owned())]);
    assert_eq!(script.live(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_ready_state_changes_with_what_is_told() {
    let script = Script::new([ok([text("data: a\n\n")]), status(204)]);
    let mut source = script.source();
    let mut states = vec![source.ready_state()];
    while let Some(signal) = source.signal().await.unwrap() {
        states.push(source.ready_state());
        if matches!(signal, Signal::Ended) {
            assert!(source.is_terminated());
        }
    }
    assert_eq!(states.into_iter().map(|state| state as u8).collect::<Vec<_>>(), [0, 1, 1, 0, 2]);
}

#[tokio::test(start_paused = true)]
async fn message_passes_over_everything_else() {
    let script = Script::new([Attempt::Refused, ok([text("data: a\n\n")]), ok([text("data: b\n\n")]), status(204)]);
    let mut source = script.source();
    assert_eq!(source.message().await.unwrap(), Some(Event::new("a").with_origin("http://example.com")));
    assert_eq!(source.message().await.unwrap().unwrap().data(), "b");
    assert_eq!(source.message().await.unwrap(), None);
    assert_eq!(source.message().await.unwrap(), None);
    assert_eq!(script.requests().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn it_is_a_stream_too() {
    let script = Script::new([ok([text("data: a\n\n")]), status(404)]);
    let mut source = script.source();
    let mut all = Vec::new();
    while let Some(item) = source.next().await {
        all.push(item.map(|signal| told(&signal)).map_err(|error| error.to_string()));
    }
    assert_eq!(
        all,
        [
            Ok("open 200 OK".to_owned()),
            Ok("message \"a\" #".to_owned()),
            Ok("lost: response ended".to_owned()),
            Err("response has status 404, not 200".to_owned()),
        ]
    );
    assert!(source.is_terminated());
    assert!(source.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_no_event_stream_closes_for_good() {
    let html = || Attempt::Respond(200, vec![("content-type", "text/html")], vec![text("data: a\n\n")]);
    let none = || Attempt::Respond(200, vec![], vec![]);
    let gzip = || {
        let headers = vec![("content-type", "text/event-stream"), ("content-encoding", "gzip")];
        Attempt::Respond(200, headers, vec![text("\u{1f}garbage")])
    };
    let cases: [(fn() -> Attempt, fn(&Error) -> bool, &str); 5] = [
        (|| status(503), Error::is_status, "response has status 503, not 200"),
        (|| status(301), Error::is_status, "response has status 301, not 200"),
        (html, Error::is_content_type, "response has content type \"text/html\", not text/event-stream"),
        (none, Error::is_content_type, "response has no content type, not text/event-stream"),
        (gzip, Error::is_content_encoding, "response is encoded as \"gzip\", which was not asked for"),
    ];
    for (attempt, is, message) in cases {
        let script = Script::new([attempt()]);
        let mut source = script.source();
        let error = source.signal().await.unwrap_err();
        assert!(is(&error) && error.to_string() == message, "{error}");
        let statuses = error.is_status().then(|| error.status().unwrap());
        assert_eq!(statuses, error.status());
        assert_eq!(source.ready_state(), ReadyState::Closed);
        for _ in 0..3 {
            assert!(source.signal().await.unwrap().is_none(), "after an Err, None for ever");
            assert!(source.message().await.unwrap().is_none());
            assert!(source.opened().await.unwrap().is_none());
        }
        sleep(SECS(1000)).await;
        assert_eq!((script.requests().len(), script.live()), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_attempt_can_be_waited_for() {
    let script = Script::new([ok([text("data: a\n\n"), Part::Hang])]);
    let mut source = script.source();
    let opened = source.opened().await.unwrap().unwrap();
    assert_eq!((opened.status(), opened.url().as_str()), (StatusCode::OK, "http://example.com/feed"));
    assert_eq!(opened.headers()["content-type"], "text/event-stream");
    assert_eq!(source.ready_state(), ReadyState::Open);
    assert!(source.opened().await.unwrap().is_none(), "it was told before, and nothing is lost by asking again");
    assert_eq!(source.message().await.unwrap().unwrap().data(), "a");

    let lost = Script::new([Attempt::Refused, ok([])]);
    let mut source = lost.source();
    let error = source.opened().await.unwrap_err();
    assert!(error.is_transport(), "{error}");
    assert_eq!(source.ready_state(), ReadyState::Closed, "an Err means CLOSED, here too");
    assert!(source.message().await.unwrap().is_none());
    sleep(SECS(1000)).await;
    assert_eq!(lost.requests().len(), 1);

    let failed = Script::new([status(404)]).source().opened().await.unwrap_err();
    assert_eq!(failed.status(), Some(StatusCode::NOT_FOUND));

    let mut over = Script::new([status(204)]).source();
    assert!(over.opened().await.unwrap().is_none());
    assert_eq!(over.ready_state(), ReadyState::Closed);
}

/// The times from each loss to the request that follows it.
async fn waits(script: &Script, source: &mut EventSource) -> Vec<Duration> {
    let mut lost = Vec::new();
    while let Ok(Some(signal)) = source.signal().await {
        if let Signal::Reconnecting { delay, .. } = signal {
            lost.push((Instant::now(), delay));
        }
    }
    let requests = script.requests();
    let waits = lost.iter().zip(&requests[1..]).map(|((at, delay), request)| {
        // Tokio's timers go by milliseconds.
        assert!(request.at - *at >= *delay && request.at - *at <= *delay + MS(2), "it waits as long as it said");
        *delay
    });
    waits.collect()
}

#[tokio::test(start_paused = true)]
async fn waits_double_while_nothing_comes() {
    let attempts = (0..7).map(|_| Attempt::Refused);
    let script = Script::new(attempts.chain([ok([]), ok([text(":")]), ok([text(":")]), status(204)]));
    let waits = waits(&script, &mut script.source()).await;
    let least = [3, 6, 12, 24, 30, 30, 30, 30, 3, 3].map(SECS);
    assert_eq!(waits.len(), least.len());
    for (index, (wait, least)) in waits.into_iter().zip(least).enumerate() {
        let jitter = if least == SECS(3) { 10 } else { 50 };
        assert!(wait >= least && wait <= least + least * jitter / 100, "wait {index}: {wait:?}, not {least:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_sets_the_wait() {
    let script = Script::new([
        ok([text("retry: 10000\n")]),
        ok([text("retry: 0\n")]),
        ok([text("retry:"), text("9999999999999999999999\n")]),
        status(204),
    ]);
    let waits = waits(&script, &mut script.source()).await;
    for (wait, least) in waits.into_iter().zip([SECS(10), MS(100), SECS(24 * 60 * 60)]) {
        assert!(wait >= least && wait <= least + least / 10, "{wait:?}, not {least:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_bounds_of_the_wait_can_be_moved() {
    let script =
        Script::new([ok([text("retry: 0\n")]), ok([text("retry: 50\n")]), ok([text("retry: 70\n")]), status(204)]);
    let mut source = script
        .client()
        .source("http://example.com/")
        .reconnection_time(MS(5))
        .min_reconnection_time(Duration::ZERO)
        .max_reconnection_time(MS(60))
        .build()
        .unwrap();
    assert_eq!(source.reconnection_time(), MS(5));
    let waits = waits(&script, &mut source).await;
    assert_eq!(waits[0], Duration::ZERO);
    assert!((MS(50)..=MS(55)).contains(&waits[1]));
    assert!((MS(60)..=MS(66)).contains(&waits[2]));
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_bounds_is_no_overflow() {
    let script = Script::new([ok([text("retry: 18446744073709551616\n")])]);
    let builder = script.client().source("http://example.com/").max_reconnection_time(Duration::MAX);
    let mut source = builder.head_timeout(Duration::MAX).build().unwrap();
    // Tokio itself takes no wait for longer than some 30 years.
    assert!(tokio::time::timeout(SECS(1 << 29), source.message()).await.is_err());
    assert_eq!(source.reconnection_time(), MS(u64::MAX));
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_wait_runs_while_nobody_polls() {
    let script = Script::new([Attempt::Refused, ok([Part::Hang])]);
    let mut source = script.source();
    assert!(matches!(source.signal().await, Ok(Some(Signal::Reconnecting { .. }))));
    sleep(SECS(60)).await;
    let back = Instant::now();
    assert!(matches!(source.signal().await, Ok(Some(Signal::Opened(_)))));
    assert!(Instant::now() - back <= MS(1), "the wait was over long ago");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_is_a_loss() {
    let script = Script::new([Attempt::Silent, Attempt::Silent, status(204)]);
    let mut source = script.source();
    let begin = Instant::now();
    let Ok(Some(Signal::Reconnecting { error, .. })) = source.signal().await else { panic!() };
    assert!(error.is_timeout());
    assert_eq!(error.to_string(), "no response came within 300s");
    assert!(begin.elapsed() >= SECS(300) && begin.elapsed() <= SECS(301));
    assert_eq!(script.live(), 0, "the request is given up");

    let script = Script::new([Attempt::Silent]);
    let mut source = script.client().source("http://example.com/").head_timeout(None).build().unwrap();
    assert!(tokio::time::timeout(SECS(100_000), source.signal()).await.is_err());
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_may_be_silent_for_ever() {
    let script = Script::new([ok([text("data: a\n\n"), Part::Pause(SECS(1_000_000)), text("data: b\n\n")])]);
    let mut source = script.source();
    for expected in ["a", "b"] {
        assert_eq!(source.message().await.unwrap().unwrap().data(), expected);
    }
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn close_is_silent_and_final_wherever_it_comes() {
    let begun: [fn() -> Vec<Attempt>; 5] = [
        || vec![ok([Part::Hang])],
        || vec![Attempt::Silent],
        || vec![ok([text("data: a\n\ndata: b\n\n"), Part::Hang])],
        || vec![Attempt::Refused],
        || vec![status(204)],
    ];
    for (case, attempts) in begun.into_iter().enumerate() {
        for signals in 0..3 {
            let script = Script::new(attempts());
            let mut source = script.source();
            for _ in 0..signals {
                // As far as it goes: into the request, the body or the wait.
                let _ = tokio::time::timeout(MS(10), source.signal()).await;
            }
            let requests = script.requests().len();
            source.close();
            assert_eq!(source.ready_state(), ReadyState::Closed);
            assert_eq!(script.live(), 0, "case {case}: what was under way is dropped at once");
            source.close();
            assert!(source.signal().await.unwrap().is_none(), "nothing is told, not even the rest of a chunk");
            sleep(SECS(1000)).await;
            assert_eq!(script.requests().len(), requests, "case {case}: nothing follows");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn drop_closes() {
    for attempt in [ok([Part::Hang]), Attempt::Silent] {
        let script = Script::new([attempt]);
        let mut source = script.source();
        let _ = tokio::time::timeout(MS(10), source.message()).await;
        assert_eq!(script.live(), 1);
        drop(source);
        assert_eq!(script.live(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_event_id_is_never_ahead_of_what_was_handed_out() {
    let script =
        Script::new([ok([text("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\n\nid: 4\ndata: c\n\nid: 5\n"), Part::Hang])]);
    let mut source = script.client().source("http://example.com/").last_event_id("0").build().unwrap();
    assert_eq!(source.last_event_id(), "0");
    assert_eq!(script.requests().len(), 0);
    for id in ["1", "2", "4"] {
        assert_eq!(source.message().await.unwrap().unwrap().last_event_id(), id);
        assert_eq!(source.last_event_id(), id);
    }
    assert_eq!(script.requests()[0].last_event_id(), Some("0"));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_cannot_be_sent_is_told_and_left_out() {
    let script =
        Script::new([ok([text("id: a\u{1}\ndata: x\n\n")]), Attempt::Refused, ok([text("id: 7\n\n")]), status(204)]);
    let mut source = script.source();
    let not_sent = "last event ID contains a control character and was not sent";
    assert_eq!(
        everything(&mut source).await,
        [
            "open 200 OK",
            "message \"x\" #a\u{1}",
            "lost: response ended",
            not_sent,
            "lost: request failed: connection refused",
            not_sent,
            "open 200 OK",
            "lost: response ended",
            "ended",
        ]
    );
    let ids: Vec<_> = script.requests().iter().map(|request| request.last_event_id().map(str::to_owned)).collect();
    assert_eq!(ids, [None, None, None, Some("7".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_long_id_is_not_sent() {
    let script = Script::new([status(204)]);
    let mut source = script.client().source("http://example.com/").last_event_id("x".repeat(8193)).build().unwrap();
    assert_eq!(everything(&mut source).await, ["last event ID exceeds its limit and was not sent", "ended"]);

    let script = Script::new([status(204)]);
    let builder = script.client().source("http://example.com/").last_event_id("x".repeat(8193));
    let mut source = builder.last_event_id_limit(8193).build().unwrap();
    assert_eq!(everything(&mut source).await, ["ended"]);
    assert_eq!(script.requests()[0].last_event_id().map(str::len), Some(8193));
}

#[tokio::test(start_paused = true)]
async fn an_event_over_the_limit_is_told_and_the_stream_goes_on() {
    let script =
        || Script::new([ok([text("data: 1\n\ndata: 12345"), text("6789\nid: 2\n\ndata: 3\n\n")]), status(204)]);
    let mut source = script().client().source("http://example.com/").limit(8).build().unwrap();
    assert_eq!(
        everything(&mut source).await,
        [
            "open 200 OK",
            "message \"1\" #",
            "unfinished event exceeds the limit of 8 bytes",
            "message \"3\" #2",
            "lost: response ended",
            "ended",
        ]
    );

    let script = script();
    let mut source = script.client().source("http://example.com/").limit(8).fail_on_limit(true).build().unwrap();
    assert_eq!(source.message().await.unwrap().unwrap().data(), "1");
    assert!(source.message().await.unwrap_err().is_limit());
    assert_eq!((source.ready_state(), script.live()), (ReadyState::Closed, 0));
    assert!(source.message().await.unwrap().is_none());
}

/// The scenario of the test below: every kind of await, and events over three connections.
fn with_everything() -> Script {
    let frame = |id: &'static str| Frame::new().with_id(id).with_data(id).encode().unwrap();
    let chunk = |text: String| Part::Bytes(text.into());
    Script::new([
        ok([chunk(frame("1") + &frame("2")), Part::Pause(SECS(1)), chunk(frame("3")), text("id: 4\nda")]),
        Attempt::Refused,
        ok([text("id: 4\ndata: 4"), text("\n\n"), Part::Break]),
        ok([Part::Pause(MS(1)), chunk(frame("5"))]),
        status(204),
    ])
}

/// Awaits what `make` makes, but drops it at the pending poll number `drop_at` and makes it anew.
async fn dropped_at<T>(
    source: &mut EventSource,
    pendings: &mut usize,
    drop_at: usize,
    mut make: impl AsyncFnMut(&mut EventSource) -> T,
) -> T {
    loop {
        let mut future = pin!(make(&mut *source));
        let given_up = std::future::poll_fn(|cx| match future.as_mut().poll_unpin(cx) {
            std::task::Poll::Pending => {
                *pendings += 1;
                if *pendings == drop_at { std::task::Poll::Ready(None) } else { std::task::Poll::Pending }
            }
            std::task::Poll::Ready(value) => std::task::Poll::Ready(Some(value)),
        });
        if let Some(value) = given_up.await {
            return value;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn any_future_may_be_dropped_at_any_await_point() {
    let mut points = 0;
    for drop_at in 0.. {
        let (script, mut pendings) = (with_everything(), 0);
        let mut source = script.source();
        let opened = dropped_at(&mut source, &mut pendings, drop_at, async |source| source.opened().await).await;
        assert_eq!(opened.unwrap().unwrap().status(), StatusCode::OK, "dropped at {drop_at}");
        let mut ids = Vec::new();
        loop {
            let message = dropped_at(&mut source, &mut pendings, drop_at, async |source| source.message().await).await;
            let Some(event) = message.unwrap() else { break };
            ids.push(event.into_data());
        }
        assert_eq!(ids, ["1", "2", "3", "4", "5"], "dropped at {drop_at}");
        assert_eq!(script.requests().len(), 5, "dropped at {drop_at}: no request is made twice");
        if drop_at > pendings {
            points = drop_at;
            break;
        }
    }
    assert!(points > 20, "it came by {points} await points");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_at_every_await_point_loses_no_signal_either() {
    let mut source = with_everything().source();
    let whole = everything(&mut source).await;

    let (script, mut all) = (with_everything(), Vec::new());
    let mut source = script.source();
    loop {
        match source.signal().now_or_never() {
            Some(Ok(Some(signal))) => all.push(told(&signal)),
            Some(Ok(None)) => break,
            Some(Err(error)) => panic!("{error}"),
            None => tokio::time::advance(MS(1)).await,
        }
    }
    assert_eq!(all, whole);
}

#[test]
fn without_a_runtime_it_fails_and_does_not_panic() {
    let mut source = Script::new([ok([])]).source();
    let error = source.message().now_or_never().unwrap().unwrap_err();
    assert!(error.is_builder(), "{error}");
    assert!(source.message().now_or_never().unwrap().unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_url_that_cannot_be_fetched_fails_when_it_connects() {
    for url in
        ["ftp://example.com/", "about:blank", "mailto:a@example.com", "javascript:alert(1)", "data:text/event-stream,"]
    {
        let script = Script::new([]);
        let mut source = script.client().get(url).unwrap();
        assert_eq!((source.ready_state(), source.url().as_str()), (ReadyState::Connecting, url));
        let error = source.message().await.unwrap_err();
        assert!(error.is_unfetchable(), "{error}");
        assert!(source.message().await.unwrap().is_none());
        assert_eq!(script.requests().len(), 0);
    }
}

#[test]
fn what_makes_no_sense_is_told_at_once() {
    let client = Script::new([]).client();
    let source = || client.source("http://example.com/");
    let cases = [
        (client.get("/relative"), "URL cannot be parsed: relative URL without a base"),
        (client.get(""), "URL cannot be parsed: relative URL without a base"),
        (client.get("http://this is invalid/"), "URL cannot be parsed: invalid international domain name"),
        (source().header("a b", "c").build(), "header name is invalid: invalid HTTP header name"),
        (source().header("a", "b\nc").build(), "header value is invalid: failed to parse header value"),
        (
            source().header("Last-Event-ID", "1").build(),
            "header last-event-id is set by the source: begin with Builder::last_event_id",
        ),
        (
            source().header("Accept-Encoding", "gzip").build(),
            "header accept-encoding is set by the source, which does not decompress",
        ),
        (source().header("Content-Length", "3").build(), "header content-length is wrong for a request without a body"),
        (
            source().header("Transfer-Encoding", "chunked").build(),
            "header transfer-encoding is wrong for a request without a body",
        ),
        (source().last_event_id("7\n").build(), "last event ID contains a NUL or a line break"),
        (source().header("a b", "c").header("a", "\0").build(), "header name is invalid: invalid HTTP header name"),
    ];
    for (built, expected) in cases {
        let error = built.unwrap_err();
        assert!(error.is_builder());
        assert_eq!(format!("{error:#}"), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn the_url_stays_what_it_was() {
    let script = Script::new([ok([text("data: a\n\n")]), status(204)]);
    let mut source = script.client().get("http://EXAMPLE.com:80/a?b=c#frag").unwrap();
    assert_eq!(source.url().as_str(), "http://example.com/a?b=c#frag");
    assert_eq!(source.message().await.unwrap().unwrap().origin(), "http://example.com");
    assert_eq!(source.message().await.unwrap(), None);
    assert_eq!(source.url().as_str(), "http://example.com/a?b=c#frag");
    assert!(script.requests().iter().all(|request| request.uri == "http://example.com/a?b=c"));
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_shown() {
    let script = Script::new([ok([]), status(404)]);
    let builder = script.client().source("http://user:s3cret@example.com/feed?token=s3cret#s3cret");
    let builder = builder.header("authorization", "Bearer s3cret").header("x-api-key", "s3cret");
    let mut shown = vec![format!("{builder:?}")];
    let mut source = builder.build().unwrap();
    shown.push(format!("{source:?}{:?}", script.client()));
    loop {
        match source.signal().await {
            Ok(Some(signal)) => shown.push(format!("{signal:?}")),
            Ok(None) => break,
            Err(error) => shown.push(format!("{error:?} {error:#}")),
        }
    }
    let shown = shown.join("\n");
    assert!(!shown.contains("s3cret"), "{shown}");
    assert!(shown.contains("http://example.com/feed"), "{shown}");
    let bad = script.client().source("http://user:s3cret@exa mple.com/").build().unwrap_err();
    assert!(!format!("{bad:?} {bad:#}").contains("s3cret"));
}
