//! Feeds that say in their events that there is no more.

mod scripted;

use scripted::{Part, Script, everything, kinds, ok, text};
use ssekit::retry::Policy;
use ssekit::{Builder, ReadyState};

fn builder(script: &Script) -> Builder {
    script.client().source("http://example.com/")
}

#[tokio::test(start_paused = true)]
async fn data_that_is_the_end_is_nothing_else() {
    let script = Script::new([ok([text("data: a\n\ndata: [DONE]\n\ndata: b\n\n"), Part::hang()])]);
    let mut source = builder(&script).end_on_data("[DONE]").build().unwrap();
    assert_eq!(everything(&mut source).await, ["open 200 OK", "message \"a\" #", "ended"]);
    assert_eq!((source.ready_state(), script.live(), script.requests().len()), (ReadyState::Closed, 0, 1));

    let script = Script::new([ok([text("data: [DONE]!\n\nevent: x\ndata: [DONE]\n\n"), Part::hang()])]);
    let mut source = builder(&script).end_on_data("[DONE]").build().unwrap();
    assert_eq!(everything(&mut source).await, ["open 200 OK", "message \"[DONE]!\" #", "ended"], "whatever its type");
}

#[tokio::test(start_paused = true)]
async fn a_response_without_its_end_is_cut_off() {
    for (end, kind) in [(None, None), (Some("[DONE]"), Some("end of stream"))] {
        let script = Script::new([ok([text("data: a\n\n")])]);
        let mut builder = builder(&script).retry_policy(Policy::never());
        if let Some(end) = end {
            builder = builder.end_on_data(end);
        }
        let mut source = builder.build().unwrap();
        assert!(source.message().await.unwrap().is_some());
        assert_eq!(source.message().await.err().map(|error| kinds(&error)[0]), kind);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_the_end_is_the_last_one() {
    let script = Script::new([ok([text("data: a\n\nevent: stop\nid: 7\ndata: b\n\ndata: c\n\n"), Part::hang()])]);
    let mut source = builder(&script).end_on_event_type("stop").build().unwrap();
    let all = everything(&mut source).await;
    assert_eq!(all, ["open 200 OK", "message \"a\" #", "stop \"b\" #7", "ended"]);
    assert_eq!((source.last_event_id(), script.live(), script.requests().len()), ("7", 0, 1));

    let feed = || ok([text("event: stop\ndata: b\n\n"), Part::hang()]);
    let script = Script::new([feed(), feed()]);
    let mut source = builder(&script).end_on_event_type("stop").build().unwrap();
    assert!(source.message().await.unwrap().is_some());
    source.handle().reconnect_now();
    let all = everything(&mut source).await;
    assert_eq!(all, ["lost: another connection was asked for", "open 200 OK", "stop \"b\" #", "ended"]);

    let script = Script::new([ok([text("event: stop\ndata: b\n\n")])]);
    let mut source = builder(&script).end_on_event_type("stop").build().unwrap();
    assert!(source.message().await.unwrap().is_some());
    assert!(source.message().await.unwrap().is_none(), "and no error");
    assert!(source.message().await.unwrap().is_none());
}
