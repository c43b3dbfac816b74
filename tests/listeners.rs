//! The listeners of an event source: who is called for what, and for how long.

mod notes;
mod scripted;

use std::time::Duration;

use futures_util::StreamExt;
use notes::Notes;
use scripted::{Answer, Part, Script, everything, ok, redirect, status, text, told};
use ssekit::{EventSource, ListenerEvent, ReadyState};
use tokio::sync::oneshot;
use tokio::time::sleep;

/// A source that gets these bytes and then nothing more.
fn with(bytes: &'static str) -> EventSource {
    Script::new([ok([text(bytes), Part::hang()])]).source()
}

/// What the listeners note up to the next message.
async fn next(source: &mut EventSource, notes: &Notes) -> Vec<String> {
    source.message().await.unwrap().unwrap();
    notes.take()
}

#[tokio::test(start_paused = true)]
async fn they_are_called_in_the_order_of_their_registration() {
    let notes = Notes::default();
    let mut source = with("data: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\n");
    let handle = source.handle();
    let first = source.add_event_listener("message", notes.named("first"));
    let attribute = handle.on_message(notes.named("attribute"));
    handle.add_event_listener("message", notes.named("second"));
    source.add_event_listener_once("message", notes.named("once"));
    source.on_open(notes.named("open"));
    assert_eq!(next(&mut source, &notes).await, ["open", "first", "attribute", "second", "once"]);

    assert_eq!(source.on_message(notes.named("replaced")), attribute, "it keeps its ID, ...");
    assert_eq!(next(&mut source, &notes).await, ["first", "replaced", "second"], "... and its place");

    handle.remove_event_listener(attribute);
    assert_ne!(handle.on_message(notes.named("anew")), attribute);
    assert_eq!(next(&mut source, &notes).await, ["first", "second", "anew"], "what was removed has lost its place");

    source.remove_event_listener(first);
    handle.add_event_listener("message", notes.named("third"));
    assert_eq!(next(&mut source, &notes).await, ["second", "anew", "third"]);
}

#[tokio::test(start_paused = true)]
async fn there_is_one_attribute_for_each_type_and_any_number_besides() {
    let notes = Notes::default();
    let source = Script::new([ok([text("data: a\n\n")]), status(204)]).source();
    let set: [fn(&EventSource, &Notes, &'static str) -> ssekit::ListenerId; 3] = [
        |source, notes, name| source.on_open(notes.named(name)),
        |source, notes, name| source.on_message(notes.named(name)),
        |source, notes, name| source.on_error(notes.named(name)),
    ];
    let mut ids = set.map(|set| set(&source, &notes, "gone")).to_vec();
    for (set, (id, name)) in set.into_iter().zip(ids.iter().zip(["onopen", "onmessage", "onerror"])) {
        assert_eq!(set(&source, &notes, name), *id);
    }
    assert_eq!(notes.holders(), 3, "what was replaced is dropped at once");
    for _ in 0..2 {
        ids.push(source.add_event_listener("message", notes.named("added")));
    }
    for (index, id) in ids.iter().enumerate() {
        assert!(!ids[..index].contains(id), "{ids:?}");
    }
    source.run().await.unwrap();
    assert_eq!(notes.take(), ["onopen", "onmessage", "added", "added", "onerror", "onerror"]);
}

#[tokio::test(start_paused = true)]
async fn a_listener_gets_its_type_alone() {
    let body = "event: tick\ndata: 1\n\ndata: 2\n\nevent: message\ndata: 3\n\nevent:\ndata: 4\n\nevent: Tick\ndata: 5\n\n\
                event: tick \ndata: 6\n\nevent: \u{e9}\ndata: 7\n\n";
    for (event_type, data) in [
        ("tick", &["1"][..]),
        ("message", &["2", "3", "4"]),
        ("Tick", &["5"]),
        ("tick ", &["6"]),
        ("\u{e9}", &["7"]),
        ("", &[]),
        ("onmessage", &[]),
    ] {
        let notes = Notes::default();
        let source = Script::new([ok([text(body)]), status(204)]).source();
        source.add_event_listener(event_type, notes.listener());
        source.run().await.unwrap();
        let expected: Vec<_> = data.iter().map(|data| format!("{event_type} 1 {data:?}")).collect();
        assert_eq!(notes.take(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_server_names_open_or_error_is_a_message() {
    let notes = Notes::default();
    let body = "event: open\ndata: o\n\nevent: error\ndata: e\n\n";
    let mut source = Script::new([ok([text(body)]), status(404)]).source();
    // For each: what it is, and what it has of the others, which is nothing.
    let noting = |notes: &Notes| {
        let notes = notes.clone();
        move |event: &ListenerEvent<'_>| {
            let has = (event.message().is_some(), event.data(), event.opened().is_some(), event.error().is_some());
            notes.note(format!("{} {has:?}", event.event_type()));
        }
    };
    source.on_open(noting(&notes));
    source.on_message(noting(&notes));
    source.on_error(noting(&notes));
    source.add_event_listener("error", notes.listener());
    let mut states = Vec::new();
    while let Ok(Some(_)) = source.signal().await {
        states.push(source.ready_state());
    }
    assert_eq!(states, [EventSource::OPEN, EventSource::OPEN, EventSource::OPEN, EventSource::CONNECTING]);
    assert_eq!(source.ready_state(), ReadyState::Closed);
    assert_eq!(
        notes.take(),
        [
            r#"open (false, "", true, false)"#,
            r#"open (true, "o", false, false)"#,
            r#"error (true, "e", false, false)"#,
            r#"error 1 "e""#,
            r#"error (false, "", false, true)"#,
            "error 0 response ended",
            r#"error (false, "", false, true)"#,
            "error 2 response has status 404, not 200",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_ready_state_over_a_whole_life() {
    for (ending, last) in [(204, "error 2"), (404, "error 2 response has status 404, not 200")] {
        let notes = Notes::default();
        let script = Script::new([
            ok([text(": hi\ndata: a\n\ndata: 12345"), text("6789\nid: \u{1}\n\ndata: b\n\n")]),
            Answer::refused(),
            ok([text("id: 1\n\n")]),
            status(ending),
        ]);
        let mut source = script.client().source("http://example.com/").limit(8).comments(true).build().unwrap();
        source.on_open(notes.listener());
        source.on_message(notes.listener());
        source.on_error(notes.listener());
        let told = everything(&mut source).await;
        let connected = ["open 1 200", "message 1 \"a\"", "message 1 \"b\"", "error 0 response ended"];
        let again = ["error 0 cannot connect", "open 1 200", "error 0 response ended", last];
        assert_eq!(notes.take(), [connected, again].concat());
        for nothing_to_a_page in [": hi", "unfinished event", "last event ID contains"] {
            assert!(told.iter().any(|line| line.starts_with(nothing_to_a_page)), "{told:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_says_what_the_server_answered() {
    let notes = Notes::default();
    let source = Script::new([redirect(301, "/there"), ok([]).with_header("x-feed", "7"), status(204)]).source();
    let inside = notes.clone();
    source.on_open(move |event| {
        let opened = event.opened().unwrap();
        inside.note(format!("{} {:?}", opened.url(), opened.headers()["x-feed"]));
        inside.note(format!("{event:?}"));
    });
    source.run().await.unwrap();
    let debug = "ListenerEvent { event_type: \"open\", opened: Opened { url: http://example.com/there, status: 200, .. }, \
                 ready_state: Open }";
    assert_eq!(notes.take(), ["http://example.com/there \"7\"", debug]);
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_gets_the_answer_after_the_listeners() {
    for how in ["message", "signal", "stream"] {
        let notes = Notes::default();
        let mut source = Script::new([ok([text("data: a\n\ndata: b\n\n")]), status(204)]).source();
        source.on_open(notes.listener());
        source.on_message(notes.listener());
        source.on_error(notes.listener());
        loop {
            let answer = match how {
                "message" => source.message().await.unwrap().map(|event| format!("message {:?} #", event.data())),
                "signal" => source.signal().await.unwrap().map(|signal| told(&signal)),
                _ => source.next().await.map(|item| told(&item.unwrap())),
            };
            let Some(answer) = answer else { break };
            notes.note(format!("-> {answer}"));
        }
        let mut expected = vec![
            "open 1 200",
            "-> open 200 OK",
            "message 1 \"a\"",
            "-> message \"a\" #",
            "message 1 \"b\"",
            "-> message \"b\" #",
            "error 0 response ended",
            "-> lost: response ended",
            "error 2",
            "-> ended",
        ];
        expected.retain(|line| how != "message" || !line.starts_with("->") || line.starts_with("-> message"));
        assert_eq!(notes.take(), expected, "{how}");
    }
}

#[tokio::test(start_paused = true)]
async fn opened_tells_the_listeners_too() {
    let notes = Notes::default();
    for attempt in [ok([Part::hang()]), Answer::refused(), status(204), status(404)] {
        let mut source = Script::new([attempt]).source();
        source.on_open(notes.listener());
        source.on_error(notes.listener());
        let opened = source.opened().await;
        notes.note(opened.map_or("failed", |opened| if opened.is_some() { "opened" } else { "over" }));
    }
    assert_eq!(
        notes.take(),
        [
            ["open 1 200", "opened"],
            ["error 2 cannot connect", "failed"],
            ["error 2", "over"],
            ["error 2 response has status 404, not 200", "failed"],
        ]
        .concat()
    );
}

#[tokio::test(start_paused = true)]
async fn a_source_can_be_left_to_a_task_and_closed_from_elsewhere() {
    let notes = Notes::default();
    let script = Script::new([ok([text("data: a\n\n"), Part::hang()])]);
    let source = script.source();
    let handle = source.handle();
    source.on_message(notes.listener());
    source.on_error(notes.listener());
    let (told, is_told) = oneshot::channel();
    source.add_event_listener_once("message", move |_| told.send(()).unwrap());
    let task = tokio::spawn(source.run());
    is_told.await.unwrap();
    handle.close();
    task.await.unwrap().unwrap();
    sleep(Duration::from_secs(1000)).await;
    assert_eq!(notes.take(), ["message 1 \"a\""], "closing is no error");
    assert_eq!((script.live(), script.requests().len(), notes.holders()), (0, 1, 0));

    let failed = tokio::spawn(Script::new([status(404)]).source().run()).await.unwrap();
    assert!(failed.unwrap_err().is_status());
}

#[tokio::test(start_paused = true)]
async fn no_closure_outlives_its_source() {
    for end in ["drop", "close", "handle", "handle, drop", "lost", "204", "404", "cancelled"] {
        let notes = Notes::default();
        let (cancel, cancelled) = oneshot::channel::<()>();
        let attempt = match end {
            "lost" => Answer::refused(),
            "204" => status(204),
            "404" => status(404),
            _ => ok([Part::hang()]),
        };
        let mut source =
            Script::new([attempt]).client().source("http://example.com/").cancel_on(cancelled).build().unwrap();
        let handle = source.handle();
        // Each holds its own source, which holds it.
        let cycle = || {
            let (mut listener, handle) = (notes.listener(), source.handle());
            move |event: &ListenerEvent<'_>| {
                listener(event);
                let _held = &handle;
            }
        };
        source.on_open(cycle());
        source.on_message(cycle());
        source.on_error(cycle());
        source.add_event_listener("message", cycle());
        source.add_event_listener_once("message", cycle());
        assert_eq!(notes.holders(), 5);
        match end {
            "close" => source.close(),
            "handle" => {
                handle.close();
                assert!(source.message().await.unwrap().is_none());
            }
            "handle, drop" => handle.close(),
            "lost" => assert!(source.opened().await.is_err()),
            "204" => assert!(source.message().await.unwrap().is_none()),
            "404" => assert!(source.message().await.is_err()),
            "cancelled" => {
                cancel.send(()).unwrap();
                assert!(source.message().await.is_err());
            }
            _ => {}
        }
        let kept = if end.ends_with("drop") {
            drop(source);
            None
        } else {
            Some(source)
        };
        assert_eq!(notes.holders(), 0, "{end}");
        handle.on_open(notes.listener());
        handle.on_error(notes.listener());
        handle.add_event_listener("message", notes.listener());
        handle.add_event_listener_once("message", notes.listener());
        assert_eq!(notes.holders(), 0, "{end}: it has nothing to wait for any more");
        drop(kept);
    }
}

#[tokio::test(start_paused = true)]
async fn to_remove_what_is_not_there_does_nothing() {
    let notes = Notes::default();
    let mut source = with("data: 1\n\ndata: 2\n\n");
    let mut other = with("data: 1\n\n");
    let foreign = other.on_message(notes.named("foreign"));
    let removed = source.add_event_listener("message", notes.named("removed"));
    let once = source.add_event_listener_once("message", notes.named("once"));
    source.on_message(notes.named("message"));
    source.remove_event_listener(foreign);
    source.remove_event_listener(removed);
    source.remove_event_listener(removed);
    assert_eq!(notes.holders(), 3);
    assert_eq!(next(&mut source, &notes).await, ["once", "message"]);
    source.remove_event_listener(once);
    assert_eq!(next(&mut source, &notes).await, ["message"]);
    source.close();
    source.remove_event_listener(removed);
    assert_eq!(next(&mut other, &notes).await, ["foreign"]);
}
