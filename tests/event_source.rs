//! The event source over a scripted transport: what it tells, and when it fails.

mod scripted;

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FusedStream;
use http::StatusCode;
use scripted::{Answer, Part, Script, everything, kinds, ok, status, text, told};
use ssekit::{Error, Event, ReadyState, Signal};
use tokio::time::sleep;

const SECS: fn(u64) -> Duration = Duration::from_secs;

#[tokio::test(start_paused = true)]
async fn everything_in_order() {
    let script = Script::new([
        ok([text(": hi\nid: 1\ndata: a\n\nevent: tick\ndata: b\n\nid: 2\ndata: cut o")]),
        Answer::refused(),
        ok([text("data: c\n"), text("\n"), Part::broken()]),
        status(204),
    ]);
    let mut source = script.source();
    assert_eq!(
        everything(&mut source).await,
        [
            "open 200 OK",
            "message \"a\" #1",
            "tick \"b\" #1",
            "lost: response ended in the middle of an event",
            "lost: cannot connect: connection refused",
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
    let script = Script::new([Answer::refused(), ok([text("data: a\n\n")]), ok([text("data: b\n\n")]), status(204)]);
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
    let html = || Answer::response(200, [text("data: a\n\n")]).with_header("content-type", "text/html");
    let none = || Answer::status(200);
    let gzip = || ok([text("\u{1f}garbage")]).with_header("content-encoding", "gzip");
    let cases: [(fn() -> Answer, fn(&Error) -> bool, &str); 5] = [
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
        assert!(error.status().is_some() && error.headers().is_some(), "what it says of itself is there");
        assert_eq!(error.failure().is_some(), error.is_status() || error.is_content_type());
        assert_eq!(kinds(&error).len(), 1, "{:?}", kinds(&error));
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
    let script = Script::new([ok([text("data: a\n\n"), Part::hang()])]);
    let mut source = script.source();
    let opened = source.opened().await.unwrap().unwrap();
    assert_eq!((opened.status(), opened.url().as_str()), (StatusCode::OK, "http://example.com/feed"));
    assert_eq!(opened.headers()["content-type"], "text/event-stream");
    assert_eq!(source.ready_state(), ReadyState::Open);
    assert!(source.opened().await.unwrap().is_none(), "it was told before, and nothing is lost by asking again");
    assert_eq!(source.message().await.unwrap().unwrap().data(), "a");

    let lost = Script::new([Answer::refused(), ok([])]);
    let mut source = lost.source();
    let error = source.opened().await.unwrap_err();
    assert_eq!(kinds(&error), ["transport"]);
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

#[tokio::test(start_paused = true)]
async fn the_last_event_id_is_never_ahead_of_what_was_handed_out() {
    let script = Script::new([ok([
        text("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\n\nid: 4\ndata: c\n\nid: 5\n"),
        Part::hang(),
    ])]);
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
        Script::new([ok([text("id: a\u{1}\ndata: x\n\n")]), Answer::refused(), ok([text("id: 7\n\n")]), status(204)]);
    let mut source = script.source();
    let not_sent = "last event ID contains a control character and was not sent";
    assert_eq!(
        everything(&mut source).await,
        [
            "open 200 OK",
            "message \"x\" #a\u{1}",
            "lost: response ended",
            not_sent,
            "lost: cannot connect: connection refused",
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
            "unfinished event or comment exceeds the limit of 8 bytes",
            "message \"3\" #2",
            "lost: response ended",
            "ended",
        ]
    );

    let script = script();
    let mut source = script.client().source("http://example.com/").limit(8).fail_on_limit(true).build().unwrap();
    assert_eq!(source.message().await.unwrap().unwrap().data(), "1");
    assert_eq!(kinds(&source.message().await.unwrap_err()), ["limit"]);
    assert_eq!((source.ready_state(), script.live()), (ReadyState::Closed, 0));
    assert!(source.message().await.unwrap().is_none());
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
            "header accept-encoding is set by the source, which knows what it can decode",
        ),
        (source().header("Content-Length", "3").build(), "header content-length is set by whoever sends the body"),
        (
            source().header("Transfer-Encoding", "chunked").build(),
            "header transfer-encoding is set by whoever sends the body",
        ),
        (source().method("P ST").build(), "method is invalid: invalid HTTP method"),
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
    let mut source = script.client().get("http://u:p@EXAMPLE.com:80/a?b=c#frag").unwrap();
    assert_eq!(source.url().as_str(), "http://u:p@example.com/a?b=c#frag");
    let opened = source.opened().await.unwrap().unwrap();
    assert_eq!(opened.url().as_str(), "http://example.com/a?b=c#frag", "without what is secret in it");
    assert_eq!(source.message().await.unwrap().unwrap().origin(), "http://example.com");
    assert_eq!(source.message().await.unwrap(), None);
    assert_eq!(source.url().as_str(), "http://u:p@example.com/a?b=c#frag");
    assert!(script.requests().iter().all(|request| request.uri() == "http://example.com/a?b=c"));
}

/// In one chunk or cut, short or so long that its buffer is given away, with an ID that is copied or shared.
#[tokio::test(start_paused = true)]
async fn an_event_has_the_origin_whichever_way_it_came() {
    let (id, data) = ("7".repeat(600), "a".repeat(100_000));
    let whole =
        format!("data: a\n\ndata: b\nevent: c\n\ndata:\n\ndata: d\ndata: e\n\ndata: {data}\n\nid: {id}\ndata: f\n\n");
    for cut in [whole.len(), 1, 3000] {
        for comments in [false, true] {
            let chunks = whole.as_bytes().chunks(cut).map(|chunk| text(std::str::from_utf8(chunk).unwrap()));
            let script = Script::new([ok(chunks), status(204)]);
            let mut source = script.client().source("http://example.com").comments(comments).build().unwrap();
            let mut events = Vec::new();
            while let Some(event) = source.message().await.unwrap() {
                assert_eq!(event.origin(), "http://example.com");
                events.push((event.event_type().to_owned(), event.last_event_id().len(), event.into_data()));
            }
            let expected = [("message", 0, "a"), ("c", 0, "b"), ("message", 0, ""), ("message", 0, "d\ne")];
            let expected = expected.into_iter().chain([("message", 0, &*data), ("message", 600, "f")]);
            let expected = expected.map(|(event_type, id, data)| (event_type.to_owned(), id, data.to_owned()));
            assert_eq!(events, expected.collect::<Vec<_>>());
        }
    }
}
