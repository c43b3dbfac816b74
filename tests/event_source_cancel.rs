//! Closing, dropping and cancelling the event source, wherever it is.

mod scripted;

use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use http::StatusCode;
use scripted::{Answer, Part, Script, everything, ok, status, text, told};
use ssekit::{EventSource, Frame, ReadyState};
use tokio::time::sleep;

const MS: fn(u64) -> Duration = Duration::from_millis;
const SECS: fn(u64) -> Duration = Duration::from_secs;

#[tokio::test(start_paused = true)]
async fn close_is_silent_and_final_wherever_it_comes() {
    let begun: [fn() -> Vec<Answer>; 5] = [
        || vec![ok([Part::hang()])],
        || vec![Answer::silent()],
        || vec![ok([text("data: a\n\ndata: b\n\n"), Part::hang()])],
        || vec![Answer::refused()],
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
    for attempt in [ok([Part::hang()]), Answer::silent()] {
        let script = Script::new([attempt]);
        let mut source = script.source();
        let _ = tokio::time::timeout(MS(10), source.message()).await;
        assert_eq!(script.live(), 1);
        drop(source);
        assert_eq!(script.live(), 0);
    }
}

/// The scenario of the test below: every kind of await, and events over three connections.
fn with_everything() -> Script {
    let frame = |id: &'static str| Frame::new().with_id(id).with_data(id).encode().unwrap();
    let chunk = |text: String| Part::text(text);
    Script::new([
        ok([chunk(frame("1") + &frame("2")), Part::pause(SECS(1)), chunk(frame("3")), text("id: 4\nda")]),
        Answer::refused(),
        ok([text("id: 4\ndata: 4"), text("\n\n"), Part::broken()]),
        ok([Part::pause(MS(1)), chunk(frame("5"))]),
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
