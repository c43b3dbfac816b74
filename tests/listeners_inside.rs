//! What a listener may do to its own source while it is being called.

mod notes;
mod scripted;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use notes::{Notes, line};
use scripted::{Part, Script, everything, ok, status, text};
use ssekit::{EventSource, ListenerEvent, ListenerId, ReadyState};
use tokio::time::sleep;

/// A source that gets three messages and then nothing more.
fn of_three() -> EventSource {
    Script::new([ok([text("data: a\n\ndata: b\n\ndata: c\n\n"), Part::hang()])]).source()
}

/// What the listeners note up to the next message.
async fn next(source: &mut EventSource, notes: &Notes) -> Vec<String> {
    source.message().await.unwrap().unwrap();
    notes.take()
}

/// A listener that notes its name and then does this, when it is called for the first time.
fn doing(
    notes: &Notes,
    name: &'static str,
    action: impl FnOnce(&ListenerEvent<'_>) + Send + 'static,
) -> impl FnMut(&ListenerEvent<'_>) + Send + 'static {
    let (notes, mut action) = (notes.clone(), Some(action));
    move |event| {
        notes.note(name);
        if let Some(action) = action.take() {
            action(event);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_added_inside_waits_for_the_next_event() {
    let (notes, mut source) = (Notes::default(), of_three());
    let inside = notes.clone();
    source.on_open(move |event| {
        event.source().add_event_listener("open", inside.named("too late"));
        event.source().add_event_listener("message", inside.named("from open"));
    });
    let inside = notes.clone();
    let adding = doing(&notes, "adding", move |event| {
        event.source().add_event_listener("message", inside.named("added"));
        event.source().add_event_listener_once("message", inside.named("once"));
        event.source().on_message(inside.named("attribute"));
    });
    source.add_event_listener("message", adding);
    assert_eq!(next(&mut source, &notes).await, ["adding", "from open"]);
    assert_eq!(next(&mut source, &notes).await, ["adding", "from open", "added", "once", "attribute"]);
    assert_eq!(next(&mut source, &notes).await, ["adding", "from open", "added", "attribute"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_removed_inside_is_not_called_any_more() {
    let (notes, mut source) = (Notes::default(), of_three());
    let ids = Arc::new(Mutex::new(Vec::<ListenerId>::new()));
    let add = |name| source.add_event_listener("message", notes.named(name));
    let before = add("before");
    let removed = ids.clone();
    let removing = doing(&notes, "removing", move |event| {
        removed.lock().unwrap().drain(..).for_each(|id| event.source().remove_event_listener(id));
    });
    let removing = source.add_event_listener("message", removing);
    let behind = [add("behind"), source.on_message(notes.named("attribute"))];
    let once = source.add_event_listener_once("message", notes.named("once"));
    add("last");
    ids.lock().unwrap().extend([before, removing, once].into_iter().chain(behind));
    assert_eq!(notes.holders(), 6);
    assert_eq!(next(&mut source, &notes).await, ["before", "removing", "last"]);
    assert_eq!(notes.holders(), 1, "what was removed is dropped, with the one that removed itself");
    assert_eq!(next(&mut source, &notes).await, ["last"]);
}

#[tokio::test(start_paused = true)]
async fn whoever_replaces_itself_is_replaced_from_the_next_event_on() {
    let (notes, mut source) = (Notes::default(), of_three());
    let ids = Arc::new(Mutex::new(Vec::new()));
    let (inside, ids_inside) = (notes.clone(), ids.clone());
    let id = source.on_message(doing(&notes, "attribute", move |event| {
        ids_inside.lock().unwrap().push(event.source().on_message(inside.named("new attribute")));
    }));
    let (inside, own) = (notes.clone(), Arc::new(Mutex::new(None)));
    let own_id = own.clone();
    let added = source.add_event_listener("message", {
        doing(&notes, "added", move |event| {
            event.source().remove_event_listener(own_id.lock().unwrap().unwrap());
            event.source().add_event_listener("message", inside.named("new added"));
        })
    });
    *own.lock().unwrap() = Some(added);
    source.add_event_listener("message", notes.named("last"));
    assert_eq!(next(&mut source, &notes).await, ["attribute", "added", "last"]);
    assert_eq!(*ids.lock().unwrap(), [id]);
    for _ in 0..2 {
        assert_eq!(next(&mut source, &notes).await, ["new attribute", "last", "new added"]);
    }
    assert_eq!(notes.holders(), 3, "the old ones are dropped");
}

#[tokio::test(start_paused = true)]
async fn an_attribute_whose_turn_is_yet_to_come_is_replaced_at_once() {
    let (notes, mut source) = (Notes::default(), of_three());
    let inside = notes.clone();
    source.add_event_listener(
        "message",
        doing(&notes, "first", move |event| {
            event.source().on_message(inside.named("new"));
        }),
    );
    source.on_message(notes.named("old"));
    // As a page's `onmessage` is looked up when its turn comes.
    assert_eq!(next(&mut source, &notes).await, ["first", "new"]);

    // Removed and set again it is another one, which had no turn.
    let (notes, mut source) = (Notes::default(), of_three());
    let (inside, to_remove) = (notes.clone(), Arc::new(Mutex::new(None)));
    let removed = to_remove.clone();
    let first = doing(&notes, "first", move |event| {
        event.source().remove_event_listener(removed.lock().unwrap().unwrap());
        event.source().on_message(inside.named("new"));
    });
    source.add_event_listener("message", first);
    *to_remove.lock().unwrap() = Some(source.on_message(notes.named("old")));
    assert_eq!(next(&mut source, &notes).await, ["first"]);
    assert_eq!(next(&mut source, &notes).await, ["first", "new"]);
}

#[tokio::test(start_paused = true)]
async fn once_is_once() {
    let (notes, mut source) = (Notes::default(), of_three());
    let (inside, owned) = (notes.clone(), String::from("owned"));
    let moved_out = move |event: &ListenerEvent<'_>| {
        let again = inside.clone();
        inside.note(owned);
        event.source().add_event_listener_once("message", move |_| again.note("again"));
    };
    source.add_event_listener_once("message", moved_out);
    let inside = notes.clone();
    source.add_event_listener_once("message", move |_| {
        inside.note("panics");
        panic!("it was removed before it was called");
    });
    let unwanted = source.add_event_listener_once("message", notes.named("removed"));
    source.remove_event_listener(unwanted);
    source.add_event_listener_once("other", notes.named("of another type"));
    assert_eq!(notes.holders(), 3);
    assert_eq!(next(&mut source, &notes).await, ["owned", "panics"]);
    assert_eq!(notes.holders(), 2, "it is dropped when it has been called");
    assert_eq!(next(&mut source, &notes).await, ["again"]);
    assert!(next(&mut source, &notes).await.is_empty());
    assert_eq!(notes.holders(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_can_be_kept_from_the_listeners_behind() {
    for stopped in ["open", "message", "error"] {
        let notes = Notes::default();
        let mut source = Script::new([ok([text("data: a\n\n")]), ok([text("data: b\n\n")]), status(204)]).source();
        for event_type in ["open", "message", "error"] {
            let stopping = doing(&notes, "first", move |event| {
                if event_type == stopped {
                    event.stop_immediate_propagation();
                }
            });
            source.add_event_listener(event_type, stopping);
            source.add_event_listener_once(event_type, notes.listener());
        }
        let told = everything(&mut source).await;
        assert_eq!(told.len(), 7, "whoever asks is told all the same: {told:?}");
        let mut expected = Vec::new();
        for event in ["open 1 200", "message 1 \"a\"", "error 0 response ended"] {
            expected.push("first");
            if !event.starts_with(stopped) {
                expected.push(event);
            }
        }
        // The next event of the type gets through, to the one that still waits for its one.
        for event in ["open 1 200", "message 1 \"b\"", "error 0 response ended", "error 2"] {
            expected.push("first");
            if event.starts_with(stopped) && event != "error 2" {
                expected.push(event);
            }
        }
        assert_eq!(notes.take(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn close_from_inside_is_silent() {
    let all = ["open 1 200", "message 1 \"a\"", "message 1 \"b\"", "error 0 response ended"];
    for (closing, expected, told) in [
        ("open", vec![all[0], "open 2 200"], 1),
        ("message", vec![all[0], all[0], all[1], "message 2 \"a\""], 2),
        ("error", vec![all[0], all[0], all[1], all[1], all[2], all[2], all[3], "error 2 response ended"], 4),
    ] {
        for runs in [false, true] {
            let notes = Notes::default();
            let script = Script::new([ok([text("data: a\n\ndata: b\n\n")]), ok([text("data: c\n\n")]), status(404)]);
            let mut source = script.source();
            let handle = source.handle();
            for event_type in ["open", "message", "error"] {
                let note = notes.clone();
                source.add_event_listener(event_type, move |event| {
                    note.note(line(event));
                    if event_type == closing {
                        event.source().close();
                    }
                });
                // It is called all the same, and sees what has become of the source.
                source.add_event_listener(event_type, notes.listener());
            }
            if runs {
                source.run().await.unwrap();
            } else {
                assert_eq!(everything(&mut source).await.len(), told, "the event itself is told, and nothing after it");
                assert_eq!((script.live(), source.ready_state()), (0, ReadyState::Closed));
            }
            sleep(Duration::from_secs(1000)).await;
            assert_eq!(notes.take(), expected, "{closing}");
            assert_eq!((script.live(), script.requests().len(), notes.holders()), (0, 1, 0), "{closing}");
            assert_eq!(handle.ready_state(), ReadyState::Closed);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn to_close_what_has_failed_changes_nothing() {
    let (notes, script) = (Notes::default(), Script::new([status(404)]));
    let source = script.source();
    let note = notes.clone();
    source.on_error(move |event| {
        event.source().close();
        note.note(line(event));
    });
    assert!(source.run().await.unwrap_err().is_status(), "the error is still told");
    assert_eq!(notes.take(), ["error 2 response has status 404, not 200"]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_keeps_nobody_from_going_on() {
    let notes = Notes::default();
    let script = || Script::new([ok([text("data: a\n\ndata: b\n\n")]), ok([text("data: c\n\n")]), status(204)]);
    let mut source = script().source();
    let panicking = |notes: &Notes| {
        let (notes, mut calls) = (notes.clone(), 0);
        move |event: &ListenerEvent<'_>| {
            calls += 1;
            notes.note(format!("{calls}"));
            panic!("at {}", event.event_type());
        }
    };
    source.on_open(panicking(&notes));
    source.on_message(panicking(&notes));
    source.add_event_listener("error", panicking(&notes));
    for event_type in ["open", "message", "error"] {
        source.add_event_listener(event_type, notes.listener());
    }
    assert_eq!(everything(&mut source).await, everything(&mut script().source()).await);
    let first = ["1", "open 1 200", "1", "message 1 \"a\"", "2", "message 1 \"b\"", "1", "error 0 response ended"];
    let second = ["2", "open 1 200", "3", "message 1 \"c\"", "2", "error 0 response ended", "3", "error 2"];
    assert_eq!(notes.take(), [first, second].concat());
    assert_eq!(notes.holders(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_source_can_be_looked_at_from_inside() {
    let notes = Notes::default();
    let body = "id: 1\nretry: 5000\ndata: a\n\nid: 2\nretry: 6000\ndata: b\n\n";
    let script = Script::new([ok([text(body)]), status(204)]);
    // Without a handle of its own, and before anything was told.
    let source = script.client().source("http://u:p@example.com/feed?q").with_credentials(true).last_event_id("0");
    let source = source.build().unwrap();
    for event_type in ["open", "message", "error"] {
        let notes = notes.clone();
        source.add_event_listener(event_type, move |event| {
            let source = event.source();
            assert!(source.with_credentials() && source.url().as_str() == "http://u:p@example.com/feed?q");
            assert_eq!(source.ready_state(), event.ready_state());
            notes.note(format!("{event_type} {} {:?}", source.last_event_id(), source.reconnection_time()));
        });
    }
    source.run().await.unwrap();
    assert_eq!(notes.take(), ["open 0 3s", "message 1 5s", "message 2 6s", "error 2 6s", "error 2 6s"]);
}
