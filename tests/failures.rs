//! What failures tell: their kind, which attempt, what the server answered, and nothing that is secret.

mod scripted;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use http::StatusCode;
use scripted::{Answer, Part, Script, ok, status, text};
use ssekit::retry::Policy;
use ssekit::transport::{BoxError, Response, ResponseFuture, Transport};
use ssekit::{Builder, Client, Error, ErrorKind, Signal};
use tokio::time::Instant;

async fn failure(attempts: impl IntoIterator<Item = Answer>) -> Error {
    Script::new(attempts).source().message().await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_whole() {
    let body = vec![text("{\"error\":"), Part::pause(Duration::from_millis(1900)), text("\"no such feed\"}")];
    let refusal =
        Answer::response(404, body).with_header("content-type", "application/json").with_header("x-request-id", "7");
    let error = failure([Answer::refused(), refusal]).await;
    assert_eq!((error.kind(), error.attempt(), error.status()), (ErrorKind::Status, 2, Some(StatusCode::NOT_FOUND)));
    assert_eq!(error.headers().unwrap()["x-request-id"], "7");
    assert_eq!(error.body().unwrap(), br#"{"error":"no such feed"}"#);
    assert_eq!(error.to_string(), "response has status 404, not 200");
    assert!(!format!("{error:?}").contains("feed"), "the body is for who asks: {error:?}");

    let html = Answer::response(200, [text("<p>Log in")]).with_header("content-type", "text/html");
    let error = failure([html]).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::ContentType, Some(StatusCode::OK)));
    assert_eq!(error.body().unwrap(), b"<p>Log in");

    let error = failure([ok([text("noise")]).with_header("content-encoding", "gzip")]).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::ContentEncoding, Some(StatusCode::OK)));
    assert_eq!((&error.headers().unwrap()["content-encoding"], error.body()), (&"gzip".parse().unwrap(), None));
}

#[tokio::test(start_paused = true)]
async fn a_body_is_read_to_a_limit_and_for_a_time() {
    let long = || Answer::response(500, [text("0123456789"), text("0123456789"), Part::hang()]);
    let script = Script::new([long()]);
    let begun = Instant::now();
    let mut source = script.client().source("http://example.com/").error_body_limit(15).build().unwrap();
    assert_eq!(source.message().await.unwrap_err().body().unwrap(), b"012345678901234");
    assert!(begun.elapsed().is_zero() && script.live() == 0);

    for (timeout, seconds) in [(None, 2), (Some(Duration::from_secs(7)), 7)] {
        let script = Script::new([long()]);
        let begun = Instant::now();
        let mut builder = script.client().source("http://example.com/");
        if let Some(timeout) = timeout {
            builder = builder.error_body_timeout(timeout);
        }
        assert_eq!(builder.build().unwrap().message().await.unwrap_err().body().unwrap().len(), 20);
        assert_eq!((begun.elapsed().as_secs(), script.live()), (seconds, 0));
    }

    for last in [Part::hang(), Part::broken()] {
        let script = Script::new([Answer::response(500, [text("a"), last])]);
        let mut source = script.client().source("http://example.com/").error_body_limit(0).build().unwrap();
        assert_eq!(source.message().await.unwrap_err().body().unwrap(), b"");
    }
    let broken = Answer::response(500, [text("a"), Part::broken()]);
    assert_eq!(failure([broken]).await.body().unwrap(), b"a");
}

#[tokio::test(start_paused = true)]
async fn while_a_refusal_is_read_nothing_has_changed_yet_and_nothing_is_lost() {
    let script = Script::new([Answer::response(404, [text("a"), Part::hang()])]);
    let mut source = script.source();
    for _ in 0..5 {
        assert!(tokio::time::timeout(Duration::from_millis(300), source.signal()).await.is_err());
        assert_eq!(u8::from(source.ready_state()), 0);
    }
    assert_eq!(source.signal().await.unwrap_err().body().unwrap(), b"a");
    assert_eq!(script.requests().len(), 1);

    let script = Script::new([Answer::response(404, [Part::hang()])]);
    let mut source = script.source();
    assert!(tokio::time::timeout(Duration::from_millis(300), source.signal()).await.is_err());
    source.close();
    assert_eq!((source.signal().await.unwrap().is_none(), script.live()), (true, 0));
}

#[tokio::test(start_paused = true)]
async fn what_comes_back_is_told_as_whole() {
    let script = Script::new([
        Answer::response(503, [text("back soon")]).with_header("x-reason", "deploy"),
        ok([text("data: a\n\n"), Part::broken()]),
        status(204),
    ]);
    let policy = Policy::default().with_statuses([503]);
    let mut source = script.client().source("http://example.com/").retry_policy(policy).build().unwrap();
    let mut told = Vec::new();
    while let Some(signal) = source.signal().await.unwrap() {
        if let Signal::Reconnecting { error, .. } = signal {
            told.push((error.kind(), error.attempt(), error.body().map(<[u8]>::to_vec)));
        }
    }
    let expected = [(ErrorKind::Status, 1, Some(b"back soon".to_vec())), (ErrorKind::Transport, 2, None)];
    assert_eq!(told, expected);
}

#[tokio::test(start_paused = true)]
async fn what_programmers_see_names_the_kind_as_it_is_asked_for() {
    let shown = |error: Error| format!("{error:?}");
    assert_eq!(
        shown(failure([status(503)]).await),
        r#"Error { kind: Status, message: "response has status 503, not 200", attempt: 1, delay: None }"#
    );
    let mut source = Script::new([Answer::error("no route")]).source();
    let Ok(Some(Signal::Reconnecting { error, delay, .. })) = source.signal().await else { panic!() };
    let expected = format!(
        r#"Error {{ kind: Transport, message: "request failed", attempt: 1, delay: Some({delay:?}), source: "no route" }}"#
    );
    assert_eq!(shown(error), expected);
    let timed_out = Answer::error(std::io::Error::from(std::io::ErrorKind::TimedOut));
    assert!(shown(Script::new([timed_out]).source().opened().await.unwrap_err()).contains("kind: Timeout, "));
}

#[tokio::test(start_paused = true)]
async fn an_end_that_comes_too_soon_says_so() {
    type Told = fn(Builder) -> Builder;
    let nothing: Told = |builder| builder;
    let by_data: Told = |builder| builder.end_on_data("[DONE]");
    let by_type: Told = |builder| builder.end_on_event_type("done");
    for (body, end, expected) in [
        ("data: a\n\n", nothing, "response ended"),
        ("data: a\n\n", by_data, "response ended before its end marker"),
        ("data: a\n\n", by_type, "response ended before its end marker"),
        ("data: a\n\ndata: b", nothing, "response ended in the middle of an event"),
        ("data: a\n\ndata: b\n", by_data, "response ended in the middle of an event"),
    ] {
        let script = Script::new([ok([text(body)])]);
        let mut source = end(script.client().source("http://example.com/")).build().unwrap();
        assert!(source.message().await.unwrap().is_some());
        let Ok(Some(Signal::Reconnecting { error, .. })) = source.signal().await else { panic!() };
        assert_eq!((error.to_string().as_str(), error.is_end_of_stream()), (expected, true), "{body:?}");
    }
}

#[test]
fn kinds_make_labels() {
    let kinds = [ErrorKind::Transport, ErrorKind::EndOfStream, ErrorKind::ContentType, ErrorKind::Cors];
    assert_eq!(kinds.map(|kind| kind.to_string()), ["transport", "end of stream", "content type", "cors"]);
    assert_eq!(format!("{:>8}|{:<6}|", ErrorKind::Limit, ErrorKind::Hook), "   limit|hook  |");
    let counts: BTreeMap<_, _> = kinds.into_iter().rev().map(|kind| (kind, 1)).collect();
    assert!(counts.into_keys().eq(kinds), "in the order in which they are listed");
}

#[tokio::test(start_paused = true)]
async fn an_error_can_be_kept() {
    let error = failure([status(404)]).await;
    let kept = error.clone();
    drop(error);
    assert_eq!(kept.to_string(), "response has status 404, not 200");
    assert_eq!(kept.attempt(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_loss_that_is_a_failure_says_so() {
    let mut source = Script::new([Answer::refused()]).source();
    let error = source.opened().await.unwrap_err();
    assert_eq!((error.will_retry(), error.delay(), error.attempt()), (false, None, 1));
    assert_eq!(error.kind(), ErrorKind::Transport);
}

#[tokio::test(start_paused = true)]
async fn what_others_say_stays_in_its_line() {
    let error = Script::new([Answer::error("no\r\nlost: \u{1b}[1mnothing")]).source().opened().await.unwrap_err();
    assert_eq!(format!("{error:#}"), "request failed: no  lost:  [1mnothing");
}

#[tokio::test(start_paused = true)]
async fn the_cookies_of_a_refusal_are_not_shown() {
    let error =
        failure([status(403).with_header("set-cookie", "session=secret").with_header("x-request-id", "7")]).await;
    let headers = error.headers().unwrap();
    assert_eq!([&headers["set-cookie"], &headers["x-request-id"]], ["session=secret", "7"]);
    assert!(!format!("{headers:?}").contains("secret"), "{headers:?}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_end_does_not_keep_others_from_their_turn() {
    struct Endless;
    impl Transport for Endless {
        fn send(&self, _: http::Request<Bytes>) -> ResponseFuture {
            let body = stream::repeat(Bytes::from_static(b"no")).take(1000).map(Ok::<_, BoxError>);
            let response = http::Response::builder().status(500).body(body);
            Box::pin(async move { Ok(Response::new(response?)) })
        }
    }
    let builder = Client::with_transport(Endless).source("http://example.com/").error_body_limit(usize::MAX);
    let mut source = builder.build().unwrap();
    for _ in 0..10 {
        assert!(source.signal().now_or_never().is_none(), "nor its time from being over");
    }
    assert_eq!(source.signal().await.unwrap_err().body().unwrap().len(), 2000);
}
