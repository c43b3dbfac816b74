//! What can be seen of an event source from elsewhere, and how it is ended from there.

mod notes;
mod scripted;

use std::future::{poll_fn, ready};
use std::sync::{Arc, OnceLock, mpsc};
use std::task::Poll;
use std::time::Duration;

use futures_util::stream::{FusedStream, SelectAll};
use futures_util::{FutureExt, StreamExt};
use notes::Notes;
use scripted::{Answer, Part, Script, everything, kinds, ok, status, text, told};
use ssekit::{EventSource, ListenerId, ReadyState, SourceHandle};
use static_assertions::assert_impl_all;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

assert_impl_all!(SourceHandle: Clone, Send, Sync, Unpin);
assert_impl_all!(ListenerId: Copy, Send, Sync);

const MS: fn(u64) -> Duration = Duration::from_millis;
const SECS: fn(u64) -> Duration = Duration::from_secs;

/// Where a source may be: what it is in, what the server does, how many signals are told before that, and whether there
/// is something to wait for.
const PHASES: [(&str, fn() -> Vec<Answer>, usize, bool); 5] = [
    ("not begun", || vec![ok([Part::hang()])], 0, false),
    ("requesting", || vec![Answer::silent()], 0, true),
    ("open", || vec![ok([Part::hang()])], 1, true),
    ("in mid-chunk", || vec![ok([text("data: a\n\ndata: b\n\n"), Part::hang()])], 2, false),
    ("waiting", || vec![Answer::refused()], 1, true),
];

/// Lets it tell so many signals.
async fn advance(source: &mut EventSource, signals: usize) {
    for _ in 0..signals {
        source.signal().await.unwrap().unwrap();
    }
}

/// The readyState, the last event ID and the reconnection time in seconds.
fn seen(handle: &SourceHandle) -> (u8, String, u64) {
    (handle.ready_state().into(), handle.last_event_id(), handle.reconnection_time().as_secs())
}

#[tokio::test(start_paused = true)]
async fn a_handle_is_in_step_with_what_is_told() {
    const IDS: &str = "id: 1\nretry: 5000\ndata: a\n\nid: 2\nretry: 6000\ndata: b\n\n";
    let expected = [(0, "0", 1), (1, "0", 1), (1, "1", 5), (1, "2", 6), (0, "2", 6), (1, "2", 6), (1, "", 6)];
    for with_credentials in [false, true] {
        let script = Script::new([ok([text(IDS)]), ok([text("id\ndata: c\n\n"), Part::hang()])]);
        let source = script.client().source("http://u:p@example.com/feed?q#f").last_event_id("0");
        let mut source = source.reconnection_time(SECS(1)).with_credentials(with_credentials).build().unwrap();
        let mut handles = vec![source.handle()];
        for (signals, (state, id, time)) in expected.into_iter().enumerate() {
            advance(&mut source, usize::from(signals > 0)).await;
            let expected = (state, id.to_owned(), time);
            let own =
                (source.ready_state().into(), source.last_event_id().to_owned(), source.reconnection_time().as_secs());
            assert_eq!(own, expected);
            // Those that there were before: a new one would bring them up to date.
            assert!(handles.iter().all(|handle| seen(handle) == expected), "after {signals} signals");
            handles.extend([handles[0].clone(), source.handle()]);
            assert!(handles.iter().all(|handle| handle.url() == source.url()));
            assert!(handles.iter().all(|handle| handle.with_credentials() == with_credentials));
        }
        assert_eq!(source.url().as_str(), "http://u:p@example.com/feed?q#f");
        assert_eq!(source.with_credentials(), with_credentials);
        let debug = "SourceHandle { url: http://example.com/feed, ready_state: Open, .. }";
        assert_eq!(format!("{:?}", handles[0]), debug, "without what may be secret");
    }

    let mut source = Script::new([ok([text(IDS), Part::hang()])]).source();
    advance(&mut source, 2).await;
    assert_eq!(seen(&source.handle()), (1, "1".to_owned(), 5), "one that comes late is in step too");
}

#[tokio::test(start_paused = true)]
async fn a_block_without_data_counts_while_nothing_is_told() {
    let script = Script::new([ok([text("id: 1\ndata: a\n\nid: 2\nretry: 5000\n\n"), Part::hang()])]);
    let mut source = script.source();
    let handle = source.handle();
    advance(&mut source, 2).await;
    assert!(timeout(SECS(1), source.signal()).await.is_err());
    assert_eq!((source.last_event_id(), source.reconnection_time()), ("2", SECS(5)));
    assert_eq!(seen(&handle), (1, "2".to_owned(), 5));
}

#[tokio::test(start_paused = true)]
async fn close_wakes_whoever_waits() {
    for (phase, attempts, signals, waits) in PHASES {
        for way in ["message", "signal", "stream", "opened", "run"] {
            // Once it has opened there is nothing to wait for.
            if !waits || (way, phase) == ("opened", "open") {
                continue;
            }
            let script = Script::new(attempts());
            let mut source = script.source();
            let handle = source.handle();
            advance(&mut source, signals).await;
            // Another one waits in between, for a while.
            assert!(source.signal().now_or_never().is_none());
            let waiting = tokio::spawn(async move {
                let is_over = match way {
                    "message" => source.message().await.unwrap().is_none(),
                    "signal" => source.signal().await.unwrap().is_none(),
                    "stream" => source.next().await.is_none(),
                    "opened" => source.opened().await.unwrap().is_none(),
                    _ => return source.run().await.is_ok(),
                };
                is_over && source.is_terminated() && source.signal().await.unwrap().is_none()
            });
            sleep(MS(10)).await;
            let (requests, closed) = (script.requests().len(), Instant::now());
            assert!(!waiting.is_finished());
            handle.close();
            assert!(waiting.await.unwrap(), "{phase}, {way}");
            assert_eq!((closed.elapsed(), script.live()), (Duration::ZERO, 0), "{phase}, {way}");
            sleep(SECS(1000)).await;
            assert_eq!(script.requests().len(), requests, "{phase}, {way}: nothing follows");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn close_counts_at_once_even_if_nobody_polls() {
    for (phase, attempts, signals, waits) in PHASES {
        for dropped in [false, true] {
            let script = Script::new(attempts());
            let mut source = script.source();
            let (handle, other) = (source.handle(), source.handle());
            advance(&mut source, signals).await;
            assert!(!waits || source.signal().now_or_never().is_none());
            let live = usize::from(!["not begun", "waiting"].contains(&phase));
            assert_eq!(script.live(), live, "{phase}");
            handle.close();
            other.close();
            assert_eq!([source.ready_state(), handle.ready_state(), other.ready_state()], [ReadyState::Closed; 3]);
            assert!(!source.is_terminated(), "whoever polls it once more lets go of the connection");
            assert_eq!(script.live(), live, "{phase}: nobody has dropped it yet");
            if dropped {
                drop(source);
            } else {
                let end = source.signal().now_or_never().expect("it is over");
                assert!(end.unwrap().is_none(), "{phase}: nothing is told, not even the rest of a chunk");
            }
            assert_eq!(script.live(), 0, "{phase}");
            sleep(SECS(1000)).await;
            assert_eq!(script.requests().len(), usize::from(phase != "not begun"), "{phase}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_handle_outlives_its_source() {
    for (ending, state) in [(None, ReadyState::Open), (Some(204), ReadyState::Closed), (Some(404), ReadyState::Closed)]
    {
        let first = ok([text("id: 7\nretry: 5000\ndata: a\n\n")]);
        let script = Script::new([first].into_iter().chain(ending.map(status)));
        let mut source = script.source();
        let handle = source.handle();
        advance(&mut source, 2).await;
        if ending.is_some() {
            everything(&mut source).await;
        }
        assert_eq!(handle.ready_state(), state);
        drop(source);
        for _ in 0..2 {
            assert_eq!((seen(&handle), script.live()), ((2, "7".to_owned(), 5), 0));
            handle.close();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_handle_made_while_the_source_is_waited_for_wakes_too() {
    // A set polls again only those that were woken.
    let script = Script::new([ok([Part::hang()])]);
    let mut sources = SelectAll::from_iter([script.source()]);
    assert!(sources.next().await.unwrap().is_ok());
    assert!(timeout(SECS(1), sources.next()).await.is_err());
    sources.iter().next().unwrap().handle().close();
    let end = timeout(SECS(1000), sources.next()).await;
    assert!(end.expect("it was woken").is_none());
}

#[tokio::test(start_paused = true)]
async fn close_in_the_midst_of_a_poll_is_not_missed() {
    let (script, closing) = (Script::new([ok([Part::hang()])]), Arc::new(OnceLock::<SourceHandle>::new()));
    let inside = closing.clone();
    let never = poll_fn(move |_| {
        // As another thread might, when the poll has found it open and not yet said whom to wake.
        inside.get().into_iter().for_each(SourceHandle::close);
        Poll::<()>::Pending
    });
    let mut source = script.client().source("http://example.com/").cancel_on(never).build().unwrap();
    source.opened().await.unwrap();
    assert!(timeout(SECS(1), source.signal()).await.is_err());
    closing.set(source.handle()).unwrap();
    let end = source.signal().now_or_never().expect("it is over");
    assert!(end.unwrap().is_none() && script.live() == 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_can_be_closed_from_another_thread() {
    for round in 0..200 {
        let script = Script::new([ok([text("data: a\n\n"), Part::hang()])]);
        let source = script.source();
        let handle = source.handle();
        let (told, is_told) = mpsc::channel();
        source.on_message(move |_| told.send(()).unwrap());
        let closing = std::thread::spawn(move || {
            // In some rounds at any time, in the others when the source waits for what never comes.
            if round % 2 == 0 {
                is_told.recv().unwrap();
            }
            handle.close();
            handle
        });
        timeout(SECS(60), tokio::spawn(source.run())).await.expect("it was woken").unwrap().unwrap();
        let handle = closing.join().unwrap();
        assert_eq!((handle.ready_state(), script.live()), (ReadyState::Closed, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_source_fails_once() {
    for (phase, attempts, signals, waits) in PHASES {
        let (notes, script) = (Notes::default(), Script::new(attempts()));
        let (cancel, cancelled) = oneshot::channel::<()>();
        let mut source = script.client().source("http://example.com/").cancel_on(cancelled).build().unwrap();
        let handle = source.handle();
        advance(&mut source, signals).await;
        for event_type in ["open", "message", "error"] {
            source.add_event_listener(event_type, notes.listener());
        }
        // Another one waits in between, for a while.
        assert!(!waits || source.signal().now_or_never().is_none());
        let requests = script.requests().len();
        let waiting = tokio::spawn(async move { (source.signal().await, source) });
        if waits {
            sleep(MS(10)).await;
        }
        let before = Instant::now();
        cancel.send(()).unwrap();
        let (told, mut source) = waiting.await.unwrap();
        let error = told.unwrap_err();
        assert_eq!(before.elapsed(), Duration::ZERO, "{phase}");
        assert_eq!((kinds(&error), format!("{error:#}")), (vec!["cancelled"], "cancelled".to_owned()), "{phase}");
        assert_eq!([source.ready_state(), handle.ready_state()], [ReadyState::Closed; 2], "{phase}");
        for _ in 0..3 {
            assert!(
                source.signal().await.unwrap().is_none() && source.next().await.is_none(),
                "{phase}: it failed once"
            );
        }
        sleep(SECS(1000)).await;
        assert_eq!(notes.take(), ["error 2 cancelled"], "{phase}: nothing else is told, not even the rest of a chunk");
        assert_eq!((script.requests().len(), script.live(), notes.holders()), (requests, 0, 0), "{phase}");
    }
}

#[tokio::test(start_paused = true)]
async fn any_future_that_is_done_cancels() {
    let script = Script::new([ok([Part::hang()])]);
    let source = || script.client().source("http://example.com/");
    let dropped = oneshot::channel::<()>().1;
    for source in [source().cancel_on(ready(7)), source().cancel_on(dropped)] {
        let mut source = source.build().unwrap();
        assert!(source.opened().await.unwrap_err().is_cancelled());
        assert!(source.opened().await.unwrap().is_none());
    }
    assert_eq!(script.requests().len(), 0);

    // The first of two that are set is the one that does not count.
    let source = source().cancel_on(ready(())).cancel_on(sleep(SECS(5)));
    let begin = Instant::now();
    assert!(source.build().unwrap().run().await.unwrap_err().is_cancelled());
    assert_eq!((begin.elapsed().as_secs(), script.requests().len()), (5, 1));
}

#[tokio::test(start_paused = true)]
async fn the_future_goes_with_the_source() {
    for end in ["204", "404", "lost", "cancelled", "close", "handle", "drop"] {
        let attempt = match end {
            "204" => status(204),
            "404" => status(404),
            "lost" => Answer::refused(),
            _ => ok([Part::hang()]),
        };
        let (cancel, cancelled) = oneshot::channel::<()>();
        let held = Arc::new(());
        let holding = held.clone();
        let future = async move {
            let _ = cancelled.await;
            drop(holding);
        };
        let script = Script::new([attempt]);
        let mut source = script.client().source("http://example.com/").cancel_on(future).build().unwrap();
        assert!(source.signal().now_or_never().is_none());
        assert_eq!(Arc::strong_count(&held), 2, "{end}");
        match end {
            "204" | "404" => drop(everything(&mut source).await),
            "lost" => assert!(source.opened().await.unwrap_err().is_transport()),
            "cancelled" => {
                cancel.send(()).unwrap();
                assert!(source.message().await.unwrap_err().is_cancelled());
            }
            "close" => source.close(),
            "handle" => {
                source.handle().close();
                assert!(source.message().await.unwrap().is_none());
            }
            _ => drop(std::mem::replace(&mut source, Script::new([]).source())),
        }
        assert_eq!(Arc::strong_count(&held), 1, "{end}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_loses_nothing_of_what_was_before_it() {
    let script = || {
        Script::new([
            ok([text("id: 1\ndata: a\n\ndata: b\n\n"), Part::pause(SECS(1)), text("data: c\n\n")]),
            Answer::refused(),
            ok([text("data: d\n\n"), Part::broken()]),
            status(204),
        ])
    };
    let whole = everything(&mut script().source()).await;
    assert_eq!(whole.len(), 10);
    for signals in 0..=whole.len() {
        let (cancel, cancelled) = oneshot::channel::<()>();
        let script = script();
        let mut source = script.client().source("http://example.com/feed").cancel_on(cancelled).build().unwrap();
        let mut all = Vec::new();
        while all.len() < signals {
            match source.signal().now_or_never() {
                Some(signal) => all.push(told(&signal.unwrap().unwrap())),
                None => tokio::time::advance(MS(1)).await,
            }
        }
        let is_over = cancel.send(()).is_err();
        assert_eq!(is_over, signals == whole.len(), "the receiver is there until the end");
        let end = source.signal().await;
        assert!(if is_over { end.unwrap().is_none() } else { end.unwrap_err().is_cancelled() });
        assert_eq!(all, whole[..signals]);
        assert!(source.signal().await.unwrap().is_none());
    }
}
