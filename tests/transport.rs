//! The seam between the event source and HTTP: what crosses it, and what a transport may do.

mod scripted;

use bytes::Bytes;
use futures_util::{FutureExt, stream};
use scripted::{Answer, Part, Script, kinds, ok, text};
use ssekit::transport::{BoxError, Futile, Response, ResponseFuture, Transport, Unconnected};
use ssekit::{Client, ReadyState, Signal};

/// Fails each request with an error that it makes anew.
struct Failing(fn() -> BoxError);

impl Transport for Failing {
    fn send(&self, _: http::Request<Bytes>) -> ResponseFuture {
        let error = self.0();
        Box::pin(async move { Err(error) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_transport_says_what_its_errors_are() {
    let timeout = || std::io::Error::new(std::io::ErrorKind::TimedOut, "too slow").into();
    let mut source = Client::with_transport(Failing(timeout)).get("http://example.com/").unwrap();
    let Ok(Some(Signal::Reconnecting { error, .. })) = source.signal().await else { panic!() };
    assert_eq!(kinds(&error), ["transport", "timeout"]);
    assert_eq!(format!("{error:#}"), "request failed: too slow");

    // It may be wrapped.
    let futile = || Futile::new("no such protocol").into();
    let client = Client::with_transport(Client::with_transport(std::sync::Arc::new(Failing(futile))));
    let mut source = client.get("http://example.com/").unwrap();
    let error = source.signal().await.unwrap_err();
    assert_eq!(kinds(&error), ["unfetchable"]);
    assert_eq!(format!("{error:#}"), "request cannot be made: no such protocol");
    assert_eq!(source.ready_state(), ReadyState::Closed);

    let mut source = Script::new([ok([])]).source();
    source.opened().await.unwrap();
    let Ok(Some(Signal::Reconnecting { error, .. })) = source.signal().await else { panic!() };
    assert_eq!(kinds(&error), ["end of stream"]);

    // That nothing was sent, it says; no other error does, whatever it is.
    let too_slow = || Unconnected::new(std::io::Error::from(std::io::ErrorKind::TimedOut)).into();
    let futile = || Futile::new(Unconnected::new("no TLS")).into();
    for (transport, is_connect, is_timeout) in [
        (Failing(too_slow), true, true),
        (Failing(|| Unconnected::new(refused()).into()), true, false),
        (Failing(|| refused().into()), false, false),
        (Failing(futile), false, false),
    ] {
        let error = Client::with_transport(transport).get("http://example.com/").unwrap().opened().await.unwrap_err();
        assert_eq!((error.is_connect(), error.is_timeout()), (is_connect, is_timeout), "{error:#}");
    }
    for (answer, is_connect) in [(Answer::refused(), true), (ok([Part::broken()]), false)] {
        let mut source = Script::new([answer]).source();
        let error = loop {
            if let Some(Signal::Reconnecting { error, .. }) = source.signal().await.unwrap() {
                break error;
            }
        };
        assert_eq!((error.is_connect(), error.is_transport()), (is_connect, true), "{error:#}");
    }
}

fn refused() -> std::io::Error {
    std::io::Error::from(std::io::ErrorKind::ConnectionRefused)
}

/// Answers each request with a body that is always ready.
struct Ready(usize);

impl Transport for Ready {
    fn send(&self, _: http::Request<Bytes>) -> ResponseFuture {
        let chunks = stream::iter((0..self.0).map(|_| Ok::<_, BoxError>(Bytes::from_static(b":\n"))));
        let response = http::Response::builder().header("content-type", "text/event-stream").body(chunks);
        Box::pin(async move { Ok(Response::new(response?)) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_always_ready_does_not_keep_the_task() {
    let mut source = Client::with_transport(Ready(100_000)).get("http://example.com/").unwrap();
    source.opened().await.unwrap();
    let mut polls = 0;
    while source.signal().now_or_never().is_none() {
        polls += 1;
    }
    assert!(polls > 100, "{polls}");
}

#[test]
fn without_a_runtime_it_fails_and_does_not_panic() {
    let mut source = Client::with_transport(Ready(1)).get("http://example.com/").unwrap();
    let error = source.message().now_or_never().unwrap().unwrap_err();
    assert_eq!(kinds(&error), ["builder"]);
    assert!(source.message().now_or_never().unwrap().unwrap().is_none());

    // The loss is told as ever, and it is the wait that cannot be.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut source = Client::with_transport(Ready(1)).get("http://example.com/").unwrap();
    runtime.block_on(source.opened()).unwrap();
    assert!(matches!(source.signal().now_or_never(), Some(Ok(Some(Signal::Reconnecting { .. })))));
    let error = source.signal().now_or_never().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "there is no tokio runtime to connect and wait in");
}

#[tokio::test(start_paused = true)]
async fn an_encoding_that_is_none_is_fine() {
    for encoding in ["identity", "Identity", ""] {
        let script = Script::new([ok([text("data: a\n\n")]).with_header("content-encoding", encoding)]);
        assert_eq!(script.source().message().await.unwrap().unwrap().data(), "a", "{encoding:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn headers_that_may_be_secrets_are_marked_as_such() {
    let script = Script::new([ok([]).with_header("set-cookie", "a=b")]);
    let mut builder = script.client().source("http://example.com/");
    for name in ["authorization", "cookie", "proxy-authorization", "x-api-key", "user-agent"] {
        builder = builder.header(name, "value");
    }
    let opened = builder.build().unwrap().opened().await.unwrap().unwrap();
    let requests = script.requests();
    let headers = requests[0].headers().iter();
    let marked: Vec<_> = headers.filter(|(_, value)| value.is_sensitive()).map(|(name, _)| name.as_str()).collect();
    assert_eq!(marked, ["authorization", "cookie", "proxy-authorization", "x-api-key"]);
    assert!(opened.headers()["set-cookie"].is_sensitive() && !opened.headers()["content-type"].is_sensitive());
}
