//! What is left of a source that goes away, at each point at which it may: no connection, no task, and no memory.
//!
//! A timer of tokio's is part of what awaits it, so that one which is left is memory too. That a socket is closed at once is
//! in tests/leaving.rs.
//!
//! There is one test, since there is one allocator.

mod scripted;

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use scripted::{Answer, Part, Script, ok, redirect, text};
use ssekit::retry::{Backoff, Policy};
use ssekit::{EventSource, Signal};
use ssekit_test_allocator as allocator;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::sleep;

#[derive(Clone, Copy, Debug)]
enum Way {
    Drop,
    Cancel,
    Close,
    CloseByHandle,
}

/// A server with which a source comes by whatever it awaits: a hook, a redirect, a refusal and its body, a wait, silence.
fn with_everything() -> Script {
    const SECOND: Duration = Duration::from_secs(1);
    Script::new([
        redirect(307, "/there").with_delay(SECOND),
        ok([text("retry: 500\nid: 1\ndata: a\n\nda"), Part::pause(SECOND), text("ta: b\n\nda"), Part::broken()]),
        Answer::refused().with_delay(SECOND),
        Answer::silent(),
        Answer::response(503, [text("no"), Part::pause(SECOND), text("!")]).with_header("retry-after", "3"),
        ok([text(":\n"), Part::pause(SECOND), text("data: c\n\n"), Part::hang()]),
        ok([text("data: d\n\n")]),
    ])
}

fn source(script: &Script, cancelled: oneshot::Receiver<()>) -> EventSource {
    let builder = script.client().source("http://example.com/feed").before_attempt(async |attempt| {
        yield_now().await;
        sleep(Duration::from_millis(10)).await;
        Ok::<_, std::io::Error>(attempt)
    });
    let builder = builder.head_timeout(Duration::from_secs(5)).idle_timeout(Duration::from_secs(5));
    let policy = Policy::backoff(Backoff::new()).with_statuses([503]);
    builder.retry_policy(policy).cancel_on(cancelled).build().unwrap()
}

/// Lets a source go when it pends for this time, and says whether it came that far.
async fn leave_at(point: usize, way: Way) -> bool {
    let script = with_everything();
    let (cancel, cancelled) = oneshot::channel();
    let mut source = source(&script, cancelled);
    let mut pendings = 0;
    let left = loop {
        let given_up = {
            let mut signal = pin!(source.signal());
            std::future::poll_fn(|cx| match signal.as_mut().poll_unpin(cx) {
                Poll::Pending => {
                    pendings += 1;
                    if pendings == point { Poll::Ready(None) } else { Poll::Pending }
                }
                Poll::Ready(told) => Poll::Ready(Some(told)),
            })
            .await
        };
        match given_up {
            None => break true,
            Some(told) if told.as_ref().is_ok_and(Option::is_none) => break false,
            Some(told) => drop(told.unwrap()),
        }
    };
    if left {
        match way {
            Way::Drop => {}
            Way::Cancel => {
                cancel.send(()).unwrap();
                assert!(source.signal().await.unwrap_err().is_cancelled());
            }
            Way::Close => source.close(),
            Way::CloseByHandle => {
                source.handle().close();
                assert!(source.signal().await.unwrap().is_none());
            }
        }
    }
    // But for the one that is dropped, it is the source that lets go of everything, and not its end.
    let kept = if matches!(way, Way::Drop) {
        drop(source);
        None
    } else {
        Some(source)
    };
    assert_eq!(script.live(), 0, "{way:?} at {point} leaves a connection");
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 0, "{way:?} at {point} leaves a task");
    drop(kept);
    left
}

#[test]
fn nothing_is_left_wherever_it_leaves() {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        it_comes_by_everything().await;
        let mut all = 0;
        for way in [Way::Drop, Way::Cancel, Way::Close, Way::CloseByHandle] {
            for point in 1.. {
                // What the runtime makes of itself at first, it keeps.
                leave_at(point, way).await;
                let mut came_that_far = false;
                // The allocator is that of the test's runner too, which may want some at any time; what leaks does so each
                // time.
                let mut leaves = true;
                for _ in 0..5 {
                    let before = allocator::live();
                    came_that_far = leave_at(point, way).await;
                    leaves = allocator::live() != before;
                    if !leaves {
                        break;
                    }
                }
                assert!(!leaves, "{way:?} at {point} leaves memory");
                if !came_that_far {
                    all += point - 1;
                    break;
                }
            }
        }
        println!("{all} points");
        assert!(all > 4 * 40, "it came by {all} points");
    });
}

async fn it_comes_by_everything() {
    let script = with_everything();
    let (_cancel, cancelled) = oneshot::channel();
    let mut source = source(&script, cancelled);
    let mut told = Vec::new();
    while let Some(signal) = source.signal().await.unwrap() {
        told.push(match signal {
            Signal::Opened(_) => "open".to_owned(),
            Signal::Message(event) => event.into_data(),
            Signal::Reconnecting { error, .. } => error.kind().to_string(),
            other => format!("{other:?}"),
        });
    }
    let all = ["open", "a", "b", "transport", "transport", "timeout", "status", "open", "c", "timeout", "open", "d"];
    assert_eq!(told, [&all[..], &["end of stream", "Ended"]].concat());
    assert_eq!(script.requests().len(), 8);
}
