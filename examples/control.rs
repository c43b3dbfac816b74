//! Controls a source from elsewhere: a task follows a feed for its listeners, and a handle pauses it, lets it go on,
//! makes it connect anew and closes it.
//!
//! ```text
//! cargo run --example control
//! ```
//!
//! The feed is one of a demo server that it starts itself on loopback: it counts, ten times a second, and goes on behind
//! the last event ID.

#[path = "server/feeds.rs"]
mod feeds;

use std::error::Error;
use std::time::Duration;

use ssekit::{EventSource, ReadyState};
use tokio::sync::{oneshot, watch};
use tokio::time::sleep;

// A handle works from any thread. On one, what happens is printed in the same order each time.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = feeds::Server::bind(0).await?;
    let url = server.url(feeds::COUNT);
    tokio::spawn(server.serve());

    let source = EventSource::get(url)?;
    // A listener cannot await: it passes on what others wait for.
    let (sender, mut events) = watch::channel(0_u32);
    source.on_open(|_| println!("open"));
    source.on_message(move |event| {
        println!("event {}", event.data());
        sender.send_modify(|events| *events += 1);
    });
    source.on_error(|event| {
        if let Some(error) = event.error() {
            println!("lost: {error}");
        }
    });

    let handle = source.handle();
    let task = tokio::spawn(source.run());
    println!("wait_for(Open): {:?}", handle.wait_for(ReadyState::Open).await);
    events.wait_for(|&events| events >= 3).await?;

    handle.pause();
    let before = *events.borrow();
    sleep(Duration::from_millis(500)).await;
    println!("paused: {} more events, readyState {:?}", *events.borrow() - before, handle.ready_state());
    // What the server sent meanwhile waited, and comes at once.
    handle.resume();
    events.wait_for(|&events| events >= before + 4).await?;

    // CONNECTING may be over before anybody sees it, but no listener is passed by.
    let (sender, opened) = oneshot::channel();
    handle.add_event_listener_once("open", move |_| {
        let _ = sender.send(());
    });
    println!("reconnect_now, behind event {}", handle.last_event_id());
    handle.reconnect_now();
    opened.await?;
    let now = *events.borrow_and_update();
    events.wait_for(|&events| events >= now + 3).await?;

    handle.close();
    println!("wait_for(Closed): {:?}", handle.wait_for(ReadyState::Closed).await);
    // It was closed, which is no failure.
    task.await??;
    println!("last event: {}", handle.last_event_id());
    Ok(())
}
