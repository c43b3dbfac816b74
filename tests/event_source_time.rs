//! The waits of the event source, on tokio's paused clock.

mod scripted;

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use scripted::{Answer, Part, Script, ok, status, text};
use ssekit::transport::{BoxError, Response, ResponseFuture, Transport};
use ssekit::{Client, EventSource, Signal};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

const MS: fn(u64) -> Duration = Duration::from_millis;
const SECS: fn(u64) -> Duration = Duration::from_secs;

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
        assert!(
            request.sent_at() - *at >= *delay && request.sent_at() - *at <= *delay + MS(2),
            "it waits as long as it said"
        );
        *delay
    });
    waits.collect()
}

#[tokio::test(start_paused = true)]
async fn waits_double_while_nothing_comes() {
    let attempts = (0..7).map(|_| Answer::refused());
    let script = Script::new(attempts.chain([ok([]), ok([text(":")]), ok([text(":")]), status(204)]));
    let waits = waits(&script, &mut script.source()).await;
    let least = [3, 6, 12, 24, 30, 30, 30, 30, 3, 3].map(SECS);
    assert_eq!(waits.len(), least.len());
    for (index, (wait, least)) in waits.into_iter().zip(least).enumerate() {
        // The last two are lost behind a byte.
        let jitter = if index < 8 { 50 } else { 10 };
        assert!(wait >= least && wait <= least + least * jitter / 100, "wait {index}: {wait:?}, not {least:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn sources_do_not_come_back_as_one() {
    let mut delays = Vec::new();
    for _ in 0..8 {
        let Ok(Some(Signal::Reconnecting { delay, .. })) = Script::new([Answer::refused()]).source().signal().await
        else {
            panic!()
        };
        delays.push(delay);
    }
    delays.dedup();
    assert!(delays.len() > 4, "{delays:?}");
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
    let script = Script::new([Answer::refused(), ok([Part::hang()])]);
    let mut source = script.source();
    assert!(matches!(source.signal().await, Ok(Some(Signal::Reconnecting { .. }))));
    sleep(SECS(60)).await;
    let back = Instant::now();
    assert!(matches!(source.signal().await, Ok(Some(Signal::Opened(_)))));
    assert!(Instant::now() - back <= MS(1), "the wait was over long ago");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_is_a_loss() {
    let script = Script::new([Answer::silent(), Answer::silent(), status(204)]);
    let mut source = script.source();
    let begin = Instant::now();
    let Ok(Some(Signal::Reconnecting { error, .. })) = source.signal().await else { panic!() };
    assert!(error.is_timeout() && !error.is_transport());
    assert_eq!(error.to_string(), "no response came within 300s");
    assert!(begin.elapsed() >= SECS(300) && begin.elapsed() <= SECS(301));
    assert_eq!(script.live(), 0, "the request is given up");

    let script = Script::new([Answer::silent()]);
    let mut source = script.client().source("http://example.com/").head_timeout(None).build().unwrap();
    assert!(tokio::time::timeout(SECS(100_000), source.signal()).await.is_err());
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_may_be_silent_for_ever() {
    let script = Script::new([ok([text("data: a\n\n"), Part::pause(SECS(1_000_000)), text("data: b\n\n")])]);
    let mut source = script.source();
    for expected in ["a", "b"] {
        assert_eq!(source.message().await.unwrap().unwrap().data(), expected);
    }
    assert_eq!(script.requests().len(), 1);
}

/// What comes by a task that hands it on, as bytes do in HTTP libraries.
fn handed_on() -> (oneshot::Sender<()>, oneshot::Receiver<()>) {
    let (server, comes) = oneshot::channel();
    let (sender, receiver) = oneshot::channel();
    tokio::spawn(async move { comes.await.and_then(|()| sender.send(()).map_err(|()| unreachable!())) });
    (server, receiver)
}

#[tokio::test(start_paused = true)]
async fn what_came_while_the_runtime_was_kept_from_everything_is_no_silence() {
    let (server, comes) = handed_on();
    let script = Script::new([ok([Part::until(comes), text("data: a\n\n"), Part::hang()])]);
    let mut source = script.client().source("http://example.com/").idle_timeout(SECS(1)).build().unwrap();
    source.opened().await.unwrap();
    assert!(tokio::time::timeout(MS(10), source.signal()).await.is_err());
    tokio::time::advance(SECS(5)).await;
    server.send(()).unwrap();
    assert_eq!(source.message().await.unwrap().unwrap().data(), "a");
    let error = source.signal().await.unwrap().unwrap();
    assert_eq!(scripted::told(&error), "lost: nothing came within 1s");

    let (server, comes) = handed_on();
    let client = Client::with_transport(Answering(Mutex::new(Some(comes))));
    let mut source = client.source("http://example.com/").head_timeout(SECS(1)).build().unwrap();
    assert!(tokio::time::timeout(MS(10), source.signal()).await.is_err());
    tokio::time::advance(SECS(5)).await;
    server.send(()).unwrap();
    assert_eq!(source.message().await.unwrap(), None);
}

/// Says that there is nothing, once this comes.
struct Answering(Mutex<Option<oneshot::Receiver<()>>>);

impl Transport for Answering {
    fn send(&self, _: http::Request<Bytes>) -> ResponseFuture {
        let comes = self.0.lock().unwrap().take().unwrap();
        Box::pin(async move {
            comes.await?;
            let body = futures_util::stream::empty::<Result<Bytes, BoxError>>();
            Ok(Response::new(http::Response::builder().status(204).body(body)?))
        })
    }
}
