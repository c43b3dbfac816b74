//! Control from elsewhere: another connection, a pause, and states that are waited for.

mod scripted;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, stream};
use scripted::{Answer, Part, Script, everything, ok, status, text, told};
use ssekit::transport::{BoxError, Response, ResponseFuture, Transport};
use ssekit::{Client, ReadyState, Signal, SourceHandle};
use tokio::time::{Instant, sleep, timeout};

const MS: fn(u64) -> Duration = Duration::from_millis;

#[tokio::test(start_paused = true)]
async fn another_connection_now() {
    let script = Script::new([
        ok([text("id: 1\ndata: a\n\nid: 2\ndata: b\n\n"), Part::hang()]),
        ok([text("data: c\n\n"), Part::hang()]),
        status(204),
    ]);
    let mut source = script.source();
    let handle = source.handle();
    assert_eq!(source.message().await.unwrap().unwrap().data(), "a");
    handle.reconnect_now();
    let Ok(Some(Signal::Reconnecting { error, delay, .. })) = source.signal().await else { panic!() };
    assert!(error.is_requested() && error.will_retry() && delay.is_zero(), "{error}");
    assert_eq!((source.ready_state(), script.live()), (ReadyState::Connecting, 0));
    let begun = Instant::now();
    assert_eq!(source.message().await.unwrap().unwrap().data(), "c", "the rest of the last one is gone");
    assert!(begun.elapsed().is_zero());
    assert_eq!(script.requests()[1].last_event_id(), Some("1"), "as far as it was handed out");

    handle.reconnect_from("41").unwrap();
    handle.reconnect_now();
    assert_eq!(everything(&mut source).await, ["lost: another connection was asked for", "ended"]);
    assert_eq!(script.requests()[2].last_event_id(), Some("41"));
    handle.reconnect_now();
    assert!(source.signal().await.unwrap().is_none());
    assert!(handle.reconnect_from("4\n2").unwrap_err().is_builder());
    handle.reconnect_from("43").unwrap();
    assert!(source.signal().await.unwrap().is_none());
    assert_eq!(source.last_event_id(), "41", "what is over stays as it was");
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_cut_short_and_a_request_is_not() {
    let script = Script::new([Answer::refused(), Answer::silent(), status(204)]);
    let mut source = script.source();
    let handle = source.handle();
    assert_eq!(told(&source.signal().await.unwrap().unwrap()), "lost: cannot connect: connection refused");
    let begun = Instant::now();
    let waiting = tokio::spawn(async move {
        let all = everything(&mut source).await;
        (all, begun.elapsed())
    });
    sleep(MS(500)).await;
    handle.reconnect_now();
    sleep(MS(500)).await;
    assert_eq!(script.requests().len(), 2, "whoever waits is woken");
    handle.reconnect_now();
    sleep(MS(500)).await;
    assert_eq!(script.requests().len(), 2, "there is one under way");
    handle.reconnect_from("7").unwrap();
    let (all, took) = waiting.await.unwrap();
    assert_eq!((all, took), (vec!["ended".to_owned()], MS(1500)));
    assert_eq!(script.requests()[2].last_event_id(), Some("7"));
}

#[tokio::test(start_paused = true)]
async fn while_it_is_paused_nothing_is_read_or_told() {
    let script = Script::new([
        ok([text("data: a\n\ndata: b\n\n"), text("data: c\n\n"), Part::pause(MS(1000)), text("data: d\n\n")]),
        status(204),
    ]);
    let mut source = script.client().source("http://example.com/").idle_timeout(MS(1500)).build().unwrap();
    let handle = source.handle();
    assert_eq!(source.message().await.unwrap().unwrap().data(), "a");
    handle.pause();
    assert!(handle.is_paused());
    assert!(timeout(MS(10_000), source.message()).await.is_err(), "and no idle timeout strikes");
    assert_eq!((source.ready_state(), script.live()), (ReadyState::Open, 1), "the connection stays");

    let resuming = handle.clone();
    let resumed = tokio::spawn(async move {
        sleep(MS(5000)).await;
        resuming.resume();
    });
    let begun = Instant::now();
    assert_eq!(source.message().await.unwrap().unwrap().data(), "b");
    assert_eq!(begun.elapsed(), MS(5000), "whoever waits is woken");
    resumed.await.unwrap();
    let all = everything(&mut source).await;
    assert_eq!(all, ["message \"c\" #", "message \"d\" #", "lost: response ended", "ended"]);
}

#[tokio::test(start_paused = true)]
async fn after_a_pause_the_idle_timeout_starts_anew() {
    for is_polled in [true, false] {
        let script = Script::new([ok([text("data: a\n\n"), Part::hang()])]);
        let mut source = script.client().source("http://example.com/").idle_timeout(MS(1000)).build().unwrap();
        let handle = source.handle();
        assert_eq!(source.message().await.unwrap().unwrap().data(), "a");
        assert!(timeout(MS(900), source.message()).await.is_err());
        handle.pause();
        if is_polled {
            assert!(timeout(MS(5000), source.message()).await.is_err());
        } else {
            sleep(MS(5000)).await;
        }
        handle.resume();
        let begun = Instant::now();
        assert_eq!(told(&source.signal().await.unwrap().unwrap()), "lost: nothing came within 1s");
        assert_eq!(begun.elapsed(), MS(1000), "{is_polled}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_connection_while_it_is_paused() {
    let feed = || ok([text("data: a\n\ndata: b\n\n"), Part::hang()]);
    let script = Script::new([feed(), feed()]);
    let mut source = script.source();
    let handle = source.handle();
    assert_eq!(source.message().await.unwrap().unwrap().data(), "a");
    handle.pause();
    handle.reconnect_now();
    assert_eq!((handle.ready_state(), handle.is_paused()), (ReadyState::Connecting, true));
    assert_eq!(told(&source.signal().await.unwrap().unwrap()), "lost: another connection was asked for");
    assert_eq!(told(&source.signal().await.unwrap().unwrap()), "open 200 OK");
    assert_eq!(handle.wait_for(ReadyState::Open).await, ReadyState::Open);
    assert!(timeout(MS(10_000), source.signal()).await.is_err(), "it stays paused");
    handle.resume();
    assert_eq!(source.message().await.unwrap().unwrap().data(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_pause_does_not_keep_it_from_closing_or_connecting() {
    let script = Script::new([Answer::refused(), ok([text("data: a\n\n"), Part::hang()])]);
    let mut source = script.source();
    let handle = source.handle();
    handle.pause();
    assert_eq!(told(&source.signal().await.unwrap().unwrap()), "lost: cannot connect: connection refused");
    assert_eq!(told(&source.signal().await.unwrap().unwrap()), "open 200 OK");
    assert!(source.signal().now_or_never().is_none());
    handle.close();
    assert!(source.signal().await.unwrap().is_none());
    assert_eq!(script.live(), 0);
}

#[tokio::test(start_paused = true)]
async fn states_can_be_waited_for() {
    let script = Script::new([Answer::refused(), ok([Part::pause(MS(5000))]), status(204)]);
    let source = script.source();
    let handle = source.handle();
    assert_eq!(handle.wait_for(ReadyState::Connecting).await, ReadyState::Connecting);
    assert!(timeout(MS(1000), handle.wait_for(ReadyState::Open)).await.is_err(), "nobody polls it");
    let begun = Instant::now();
    let run = tokio::spawn(source.run());
    assert_eq!(handle.wait_for(ReadyState::Open).await, ReadyState::Open);
    assert!((3000..=4600).contains(&begun.elapsed().as_millis()));
    assert_eq!(handle.wait_while(ReadyState::Open).await, ReadyState::Connecting);
    let others =
        [handle.clone(), handle.clone()].map(|handle| async move { handle.wait_for(ReadyState::Closed).await });
    assert_eq!(futures_util::future::join_all(others).await, [ReadyState::Closed; 2]);
    assert_eq!(handle.wait_for(ReadyState::Open).await, ReadyState::Closed, "it will never come");
    run.await.unwrap().unwrap();

    let source = Script::new([ok([Part::hang()])]).source();
    let handle = source.handle();
    drop(source);
    assert_eq!(handle.wait_for(ReadyState::Open).await, ReadyState::Closed);
}

#[tokio::test(start_paused = true)]
async fn the_new_connection_can_be_waited_for() {
    let script = Script::new([ok([Part::hang()]), Answer::refused(), ok([Part::hang()])]);
    let mut source = script.source();
    let handle = source.handle();
    source.opened().await.unwrap();
    handle.pause();
    handle.reconnect_now();
    assert_eq!((handle.ready_state(), source.ready_state()), (ReadyState::Connecting, ReadyState::Connecting));
    assert_eq!(source.handle().ready_state(), ReadyState::Connecting, "nor has another handle the old one");
    let waiting = handle.clone();
    let waiting = tokio::spawn(async move { (waiting.wait_for(ReadyState::Open).await, script.requests().len()) });
    let run = tokio::spawn(source.run());
    assert_eq!(waiting.await.unwrap(), (ReadyState::Open, 3));
    handle.close();
    run.await.unwrap().unwrap();
}

/// Answers with a body that closes its source when it is read.
#[derive(Clone, Default)]
struct Closing(Arc<OnceLock<SourceHandle>>);

impl Transport for Closing {
    fn send(&self, _: http::Request<Bytes>) -> ResponseFuture {
        let handle = Arc::clone(&self.0);
        let body = stream::poll_fn(move |_| {
            handle.get().unwrap().close();
            Poll::<Option<Result<Bytes, BoxError>>>::Pending
        });
        let response = http::Response::builder().header("content-type", "text/event-stream").body(body);
        Box::pin(async move { Ok(Response::new(response?)) })
    }
}

/// Somebody else polls, who may be anywhere in it just then.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn the_new_connection_can_be_waited_for_on_another_thread() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let script = Script::answering(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        ok([text("data: a\n\n"), Part::hang()])
    });
    let source = script.source();
    let handle = source.handle();
    let run = tokio::spawn(source.run());
    for round in 0..10_000 {
        handle.wait_for(ReadyState::Open).await;
        let before = asked.load(Ordering::SeqCst);
        if round % 2 == 0 {
            handle.reconnect_now();
        } else {
            handle.reconnect_from("7").unwrap();
        }
        handle.wait_for(ReadyState::Open).await;
        assert!(asked.load(Ordering::SeqCst) > before, "it was the old one, in round {round}");
    }
    handle.close();
    run.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_closed_stays_so_for_whoever_waits() {
    let transport = Closing::default();
    let mut source = Client::with_transport(transport.clone()).get("http://example.com/").unwrap();
    let handle = transport.0.get_or_init(|| source.handle());
    assert!(source.message().await.unwrap().is_none());
    assert_eq!(handle.wait_for(ReadyState::Closed).now_or_never(), Some(ReadyState::Closed), "closed in mid-poll");

    let mut source = Script::new([ok([Part::hang()])]).source();
    source.opened().await.unwrap();
    source.handle().close();
    let late = source.handle();
    assert_eq!(late.wait_for(ReadyState::Closed).now_or_never(), Some(ReadyState::Closed), "before it is polled");
}

#[tokio::test(start_paused = true)]
async fn each_id_that_cannot_be_sent_is_told() {
    let script = Script::new([status(204)]);
    let mut source = script.client().source("http://example.com/").last_event_id("\u{1}").build().unwrap();
    assert!(matches!(source.signal().await.unwrap(), Some(Signal::LastEventIdNotSent(_))));
    source.handle().reconnect_from("\u{2}").unwrap();
    assert!(matches!(source.signal().await.unwrap(), Some(Signal::LastEventIdNotSent(_))), "this is another one");
    source.handle().reconnect_now();
    assert_eq!(everything(&mut source).await, ["ended"], "and this is not");
}
