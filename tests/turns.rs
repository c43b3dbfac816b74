//! Whose turn it is: a feed that is always ahead, and whoever closes a source in the midst of a poll.

mod scripted;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, stream};
use scripted::{Part, Script, ok, status, text, told};
use ssekit::transport::{BoxError, Response, ResponseFuture, Transport};
use ssekit::{Client, EventSource, ReadyState, SourceHandle};

/// Answers with a body whose chunks are always there, and calls this before each of them.
struct Ready(Arc<dyn Fn() + Send + Sync>, &'static str);

impl Transport for Ready {
    fn send(&self, _: http::Request<Bytes>) -> ResponseFuture {
        let (call, chunk) = (self.0.clone(), self.1);
        let chunks = stream::repeat_with(move || {
            call();
            Ok::<_, BoxError>(Bytes::from_static(chunk.as_bytes()))
        });
        let response = http::Response::builder().header("content-type", "text/event-stream").body(chunks);
        Box::pin(async move { Ok(Response::new(response?)) })
    }
}

const EVENTS: &str = "data: a\n\ndata: b\n\ndata: c\n\n";

#[tokio::test(start_paused = true)]
async fn a_feed_that_is_always_ahead_lets_others_have_their_turn() {
    let client = Client::with_transport(Ready(Arc::new(|| {}), EVENTS));
    let source = client.get("http://example.com/").unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    source.on_message(move |_| _ = counter.fetch_add(1, Ordering::Relaxed));
    let mut run = Box::pin(source.run());
    for turn in 1..10 {
        assert!((&mut run).now_or_never().is_none());
        let count = count.load(Ordering::Relaxed);
        assert!((turn * 10..=turn * 1000).contains(&count), "turn {turn}: {count}");
    }

    // Nothing is lost by it, and a time-out comes in time.
    let mut source = client.get("http://example.com/").unwrap();
    for number in 0..10_000 {
        let event = source.message().await.unwrap().unwrap();
        assert_eq!(event.data(), ["a", "b", "c"][number % 3]);
    }
    let endless = async { while source.message().await.unwrap().is_some() {} };
    assert!(tokio::time::timeout(Duration::ZERO, endless).await.is_err());
}

/// Where what is polled finds the handle of its own source.
type Slot = Arc<OnceLock<SourceHandle>>;

fn closing(slot: &Slot) -> Arc<dyn Fn() + Send + Sync> {
    let slot = slot.clone();
    Arc::new(move || slot.get().unwrap().close())
}

/// Nothing is told to anybody, and it is over.
async fn is_silent(mut source: EventSource, slot: &Slot) {
    let notes = Arc::new(Mutex::new(Vec::new()));
    for event_type in ["open", "message", "error"] {
        let notes = notes.clone();
        source.add_event_listener(event_type, move |event| notes.lock().unwrap().push(format!("{event:?}")));
    }
    assert!(slot.set(source.handle()).is_ok());
    let signal = source.signal().await.unwrap();
    assert!(signal.is_none(), "{}", told(&signal.unwrap()));
    assert!(notes.lock().unwrap().is_empty(), "{:?}", notes.lock().unwrap());
    assert_eq!(source.ready_state(), ReadyState::Closed);
}

#[tokio::test(start_paused = true)]
async fn close_in_the_midst_of_a_poll_is_silent_too() {
    struct Answering(Arc<dyn Fn() + Send + Sync>, fn() -> Result<Response, BoxError>);
    impl Transport for Answering {
        fn send(&self, _: http::Request<Bytes>) -> ResponseFuture {
            let (call, answer) = (self.0.clone(), self.1);
            Box::pin(async move {
                call();
                answer()
            })
        }
    }
    let answers: [fn() -> Result<Response, BoxError>; 3] = [
        || {
            let body = stream::pending::<Result<Bytes, BoxError>>();
            Ok(Response::new(http::Response::builder().header("content-type", "text/event-stream").body(body)?))
        },
        || {
            let body = stream::pending::<Result<Bytes, BoxError>>();
            Ok(Response::new(http::Response::builder().status(404).body(body)?))
        },
        || Err("refused".into()),
    ];
    for answer in answers {
        let slot = Slot::default();
        let client = Client::with_transport(Answering(closing(&slot), answer));
        is_silent(client.get("http://example.com/").unwrap(), &slot).await;
    }

    let slot = Slot::default();
    let close = closing(&slot);
    let builder = Script::new([ok([Part::hang()])]).client().source("http://example.com/");
    is_silent(builder.cancel_on(async move { close() }).build().unwrap(), &slot).await;
}

#[tokio::test(start_paused = true)]
async fn an_event_that_nobody_gets_is_not_the_last_one() {
    let slot = Slot::default();
    let close = closing(&slot);
    let chunks = Arc::new(AtomicUsize::new(0));
    let call = Arc::new(move || {
        if chunks.fetch_add(1, Ordering::Relaxed) == 1 {
            close();
        }
    });
    let client = Client::with_transport(Ready(call, "id: 7\ndata: a\n\nid: 8\n\n"));
    let mut source = client.source("http://example.com/").last_event_id("6").build().unwrap();
    assert!(slot.set(source.handle()).is_ok());
    assert_eq!(source.message().await.unwrap().unwrap().last_event_id(), "7");
    assert!(source.message().await.unwrap().is_none(), "the second chunk comes as the source is closed");
    // The block without data had been passed before that chunk was asked for, but nobody could have seen it.
    assert_eq!((source.last_event_id(), slot.get().unwrap().last_event_id()), ("7", "7".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_may_go_as_it_closes() {
    struct Closing(Arc<Mutex<Option<SourceHandle>>>);
    impl Transport for Closing {
        fn send(&self, _: http::Request<Bytes>) -> ResponseFuture {
            let slot = self.0.clone();
            Box::pin(async move {
                if let Some(handle) = slot.lock().unwrap().take() {
                    handle.close();
                }
                std::future::pending().await
            })
        }
    }
    let slot = Arc::new(Mutex::new(None));
    let client = Client::with_transport(Closing(slot.clone()));
    let mut source = client.source("http://example.com/").head_timeout(None).build().unwrap();
    *slot.lock().unwrap() = Some(source.handle());
    let end = tokio::time::timeout(Duration::from_secs(1), source.signal()).await;
    assert!(end.expect("it hangs").unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn what_a_listener_leaves_behind_may_panic() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            assert!(std::thread::panicking(), "as it is dropped");
        }
    }
    let script = Script::new([ok([text("data: a\n\ndata: b\n\n"), Part::hang()])]);
    let mut source = script.source();
    let panics = Panics;
    source.on_message(move |event| {
        let _ = &panics;
        event.source().on_message(|_| {});
    });
    for data in ["a", "b"] {
        assert_eq!(source.message().await.unwrap().unwrap().data(), data);
    }
    let panics = Panics;
    source.on_open(move |_| _ = &panics);
    source.close();
    let panics = Panics;
    source.on_open(move |_| _ = &panics);
}

#[test]
fn threads_that_set_an_attribute_set_one() {
    for _ in 0..500 {
        let mut source = Script::new([ok([text("data: a\n\n"), Part::hang()])]).source();
        let (count, barrier) = (Arc::new(AtomicUsize::new(0)), Arc::new(Barrier::new(2)));
        let set = |handle: SourceHandle| {
            let (count, barrier) = (count.clone(), barrier.clone());
            move || {
                barrier.wait();
                handle.on_message(move |_| _ = count.fetch_add(1, Ordering::Relaxed));
            }
        };
        let other = std::thread::spawn(set(source.handle()));
        set(source.handle())();
        other.join().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(source.message()).unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_ends_up_nowhere() {
    struct Nowhere(Script);
    impl Transport for Nowhere {
        fn send(&self, request: http::Request<Bytes>) -> ResponseFuture {
            let response = self.0.send(request);
            Box::pin(async move { Ok(response.await?.with_url("data:,".parse()?)) })
        }
    }
    let client = Client::with_transport(Nowhere(Script::new([status(200)])));
    let error = client.get("http://example.com/").unwrap().message().await.unwrap_err();
    assert!(error.is_redirect(), "{error}");
}
