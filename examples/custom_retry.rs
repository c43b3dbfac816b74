//! Decides itself whether and when to come back: a policy that is patient with a server that has too much to do, and
//! gives up on one that says no.
//!
//! ```text
//! cargo run --example custom_retry
//! ```
//!
//! The feed is one of a demo server that it starts itself on loopback. It is overloaded twice (503, `Retry-After: 1`), then
//! well, and then wants no more of it (401).

#[path = "server/feeds.rs"]
mod feeds;

use std::error::Error;
use std::time::Duration;

use ssekit::retry::{Backoff, Policy};
use ssekit::{EventSource, Signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = feeds::Server::bind(0).await?;
    let url = server.url(feeds::MOODY);
    tokio::spawn(server.serve());

    let source = EventSource::builder(url)
        // The default of 3 seconds is long to look at.
        .reconnection_time(Duration::from_millis(200))
        // Nobody is made to wait for longer, whatever a Retry-After says.
        .max_retry_after(Duration::from_secs(30))
        .retry_policy(policy())
        .build()?;
    follow(source).await;
    Ok(())
}

fn policy() -> Policy {
    let backoff =
        Backoff::new().with_cap(Duration::from_secs(5)).with_max_attempts(5).with_max_elapsed(Duration::from_secs(60));
    let policy = Policy::custom(move |loss| match loss.status() {
        Some(408 | 425 | 429 | 500..600) => loss.back_off(&backoff),
        Some(_) => loss.give_up(),
        // No response, or one that ended: as a browser does, for as long as it takes.
        None => loss.after(loss.reconnection_time()),
    });
    // Without this it would not be asked about a status: each but 200 and 204 is a failure.
    policy.with_statuses(400..600)
}

async fn follow(mut source: EventSource) {
    loop {
        match source.signal().await {
            Ok(Some(Signal::Opened(opened))) => println!("open: {}", opened.status()),
            Ok(Some(Signal::Message(event))) => println!("event {}: {}", event.last_event_id(), event.data()),
            Ok(Some(Signal::Reconnecting { error, delay, .. })) => {
                println!("attempt {} lost: {error:#}; the next one in {delay:.0?}", error.attempt());
            }
            Ok(Some(other)) => println!("{other:?}"),
            Ok(None) => break println!("over"),
            Err(error) => break println!("failed: {error:#}"),
        }
    }
}
