//! What bounds a compressed feed, which responses count as one, and what the source tells of it.

#![cfg(any(feature = "gzip", feature = "brotli", feature = "zstd"))]

mod encoders;
mod scripted;

use std::time::Duration;

use bytes::Bytes;
use encoders::{ON, encoded, is_on};
use futures_util::{FutureExt, StreamExt, stream};
use scripted::{Answer, Part, Script, everything, kinds, ok, status, told};
use ssekit::transport::{BoxError, Response, ResponseFuture, Transport};
use ssekit::{Builder, Client, Signal};

const EVENT: &str = "data: a\n\n";

fn builder(client: &Client) -> Builder {
    client.source("http://example.com/feed").compression(true)
}

fn bytes(bytes: &[u8]) -> Part {
    Part::bytes(bytes.to_vec())
}

/// One event in this coding, under this name for it.
fn named(coding: &str, name: &str) -> Answer {
    ok([bytes(&encoded(coding, &[EVENT]).concat())]).with_header("content-encoding", name)
}

#[tokio::test(start_paused = true)]
async fn the_limit_holds_for_what_comes_out() {
    for &coding in ON {
        let line = format!("data: {}\n\n", "a".repeat(64 << 20));
        let body = encoded(coding, &["id: 1\ndata: before\n\n", &line, "data: after\n\n"]).concat();
        assert!(body.len() < 1 << 20, "{coding}: {}", body.len());
        let answer = || ok([bytes(&body)]).with_header("content-encoding", coding);

        let script = Script::new([answer(), status(204)]);
        let mut source = builder(&script.client()).limit(64 * 1024).build().unwrap();
        assert_eq!(
            everything(&mut source).await,
            [
                "open 200 OK",
                "message \"before\" #1",
                "unfinished event or comment exceeds the limit of 65536 bytes",
                "message \"after\" #1",
                "lost: response ended",
                "ended",
            ],
            "{coding}"
        );

        let script = Script::new([answer()]);
        let mut source = builder(&script.client()).limit(64 * 1024).fail_on_limit(true).build().unwrap();
        assert_eq!(source.message().await.unwrap().unwrap().data(), "before");
        assert_eq!(kinds(&source.message().await.unwrap_err()), ["limit"]);
    }
}

/// Answers with this status, in this coding with the first of these bytes, and then with the second for ever, which are
/// always there.
struct Endless(u16, &'static str, Bytes, Bytes);

impl Transport for Endless {
    fn send(&self, _: http::Request<Bytes>) -> ResponseFuture {
        let chunks = stream::iter([self.2.clone()]).chain(stream::repeat(self.3.clone()));
        let response = http::Response::builder().status(self.0).header("content-type", "text/event-stream");
        let response = response.header("content-encoding", self.1).body(chunks.map(Ok::<_, BoxError>));
        Box::pin(async move { Ok(Response::new(response?)) })
    }
}

#[tokio::test(start_paused = true)]
async fn what_decodes_for_ever_lets_others_have_their_turn() {
    let mut endless = Vec::new();
    for &coding in ON {
        // One long comment, in one chunk that decodes to 32 MiB, and members that are comments, or nothing.
        let comment = encoded(coding, &[&":".repeat(32 << 20)])[0].clone();
        endless.push((coding, comment, b"".to_vec()));
        if coding != "br" {
            endless.push((coding, vec![], encoded(coding, &[":\n"]).concat()));
            endless.push((coding, vec![], encoded(coding, &[]).concat().repeat(100)));
        }
    }
    if is_on("gzip") {
        // A name that does not end.
        endless.push(("gzip", b"\x1f\x8b\x08\x08\0\0\0\0\0\xff".to_vec(), b"name".to_vec()));
    }
    for (coding, first, again) in endless {
        let endless = |status| Endless(status, coding, first.clone().into(), again.clone().into());
        let mut source = builder(&Client::with_transport(endless(200))).build().unwrap();
        source.opened().await.unwrap();
        for _ in 0..20 {
            assert!(source.signal().now_or_never().is_none(), "{coding}");
        }
        // Of a refusal so many bytes are read, as long as there are any.
        let mut source = builder(&Client::with_transport(endless(500))).build().unwrap();
        for _ in 0..20 {
            if let Some(signal) = source.signal().now_or_never() {
                assert_eq!(signal.unwrap_err().body().unwrap().len(), Builder::DEFAULT_ERROR_BODY_LIMIT);
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn bytes_count_as_they_come() {
    const STEP: Duration = Duration::from_secs(8);
    for &coding in ON {
        let pieces = encoded(coding, &["data: a"]);
        let [begin, end] = [&pieces[0], &encoded(coding, &["data: a", "\n\n"])[1]];
        // None of them makes an event, and most of them decode to nothing.
        let drip = begin.chunks(1).flat_map(|byte| [bytes(byte), Part::pause(STEP)]);
        let parts = drip.chain([bytes(end), Part::hang()]);
        let script = Script::new([ok(parts).with_header("content-encoding", coding)]);
        let mut source = builder(&script.client()).idle_timeout(STEP + Duration::from_secs(2)).build().unwrap();
        assert_eq!(source.message().await.unwrap().unwrap().data(), "a", "{coding}");
        let Signal::Reconnecting { error, .. } = source.signal().await.unwrap().unwrap() else { panic!() };
        assert_eq!(kinds(&error), ["timeout"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_loss_before_anything_was_decoded_makes_the_wait_longer() {
    for &coding in ON {
        let begin = &encoded(coding, &[EVENT])[0][..1];
        let script = Script::new((0..4).map(|_| ok([bytes(begin)]).with_header("content-encoding", coding)));
        let mut source = builder(&script.client()).reconnection_time(Duration::from_secs(1)).build().unwrap();
        let mut waits = Vec::new();
        while waits.len() < 4 {
            if let Signal::Reconnecting { delay, .. } = source.signal().await.unwrap().unwrap() {
                waits.push(delay.as_secs());
            }
        }
        assert!(waits[3] >= 4, "{coding}: {waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_names_of_codings() {
    let mut names: Vec<_> = ON.iter().map(|coding| (*coding, (*coding).to_owned())).collect();
    for &coding in ON {
        for name in [coding.to_uppercase(), format!(" {coding} "), format!("{coding},"), format!("identity, {coding}")]
        {
            names.push((coding, name));
        }
    }
    if is_on("gzip") {
        names.extend(["x-gzip", "X-GZip"].map(|name| ("gzip", name.to_owned())));
    }
    for (coding, name) in names {
        let script = Script::new([named(coding, &name)]);
        let mut source = builder(&script.client()).build().unwrap();
        let opened = source.opened().await.unwrap().unwrap();
        assert_eq!(opened.headers()["content-encoding"], *name, "as it came");
        assert_eq!(source.message().await.unwrap().unwrap().data(), "a", "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_asked_for_is_a_failure() {
    let failure = async |builder: Builder| {
        let error = builder.build().unwrap().signal().await.unwrap_err();
        assert_eq!(kinds(&error), ["content encoding"]);
        error.to_string()
    };
    let message = |name: &str| format!("response is encoded as {name:?}, which was not asked for");
    for &coding in ON {
        for name in ["deflate", "x-zstd", "gzip2", "*", &format!("{coding}, {coding}"), &format!("{coding}, deflate")] {
            let script = Script::new([named(coding, name)]);
            assert_eq!(failure(builder(&script.client())).await, message(name));
        }
        // In two fields.
        let script = Script::new([named(coding, coding).with_header("content-encoding", coding)]);
        assert_eq!(failure(builder(&script.client())).await, message(&format!("{coding}, {coding}")));
        // Nobody asked.
        let script = Script::new([named(coding, coding)]);
        assert_eq!(failure(script.client().source("http://example.com/")).await, message(coding));
    }
    // Known, and not on.
    for coding in ["gzip", "br", "zstd"].into_iter().filter(|coding| !is_on(coding)) {
        let script = Script::new([named(coding, coding)]);
        assert_eq!(failure(builder(&script.client())).await, message(coding));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_decoded_too() {
    const WHY: &str = r#"{"error":"there is no such feed"}"#;
    let refused = async |coding: &str, bytes: Vec<u8>, compression: bool| {
        let answer = Answer::response(404, [Part::bytes(bytes)]).with_header("content-encoding", coding);
        let script = Script::new([answer]);
        let mut source = builder(&script.client()).compression(compression).build().unwrap();
        let error = source.signal().await.unwrap_err();
        assert_eq!(kinds(&error), ["status"]);
        assert_eq!(error.headers().unwrap()["content-encoding"], *coding);
        error.body().unwrap().to_vec()
    };
    for &coding in ON {
        let pieces = encoded(coding, &[WHY]);
        let whole = pieces.concat();
        assert_eq!(refused(coding, whole.clone(), true).await, WHY.as_bytes());
        assert_eq!(refused(coding, pieces[0].clone(), true).await, WHY.as_bytes(), "what there is of it");
        // As it came, where it is not known what it is, or nobody asked.
        assert_eq!(refused("x", whole.clone(), true).await, whole);
        assert_eq!(refused(coding, whole.clone(), false).await, whole);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_need_not_compress() {
    for name in [None, Some(""), Some("identity"), Some("Identity, identity")] {
        let plain = ok([bytes(EVENT.as_bytes())]);
        let script = Script::new([match name {
            Some(name) => plain.with_header("content-encoding", name),
            None => plain,
        }]);
        let mut source = builder(&script.client()).build().unwrap();
        assert!(source.opened().await.unwrap().is_some());
        assert_eq!(told(&source.signal().await.unwrap().unwrap()), "message \"a\" #", "{name:?}");
    }
}
