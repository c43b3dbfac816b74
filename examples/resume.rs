//! Goes on where it was, though the program ended in between: the last event ID is kept in a file.
//!
//! ```text
//! cargo run --example resume
//! ```
//!
//! The feed is one of a demo server that it starts itself on loopback. It ends each response after one event, so that a
//! request can be seen for each.

#[path = "server/feeds.rs"]
mod feeds;

use std::convert::Infallible;
use std::error::Error;
use std::path::Path;
use std::time::Duration;
use std::{env, fs, io, process};

use ssekit::EventSource;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = feeds::Server::bind(0).await?;
    let url = server.url(feeds::YEAR);
    tokio::spawn(server.serve());

    // A program that is to find it again has a place of its own for it.
    let file = env::temp_dir().join(format!("ssekit-resume-{}", process::id()));
    let end = run_twice(&url, &file).await;
    let _ = fs::remove_file(&file);
    end
}

async fn run_twice(url: &str, file: &Path) -> Result<(), Box<dyn Error>> {
    println!("first run");
    follow(url, file).await?;
    // The source is gone, as at the end of a program: all that is left is the file.
    println!("second run, behind event {}", fs::read_to_string(file)?);
    follow(url, file).await
}

/// Follows the feed for two events, as if the program ended then.
async fn follow(url: &str, file: &Path) -> Result<(), Box<dyn Error>> {
    let mut builder = EventSource::builder(url)
        // The feed asks for 3 seconds, which is long to look at.
        .max_reconnection_time(Duration::from_millis(200))
        .before_attempt(|attempt| async move {
            println!("  request, Last-Event-ID: {}", attempt.last_event_id().unwrap_or("none"));
            Ok::<_, Infallible>(attempt)
        });
    if let Some(id) = load(file)? {
        builder = builder.last_event_id(id);
    }
    let mut source = builder.build()?;
    for _ in 0..2 {
        let Some(event) = source.message().await? else { break };
        println!("  event {}: {}", event.last_event_id(), event.data());
        // Once the event is done with, not before: a crash in between brings it again, and does not lose it.
        save(file, source.last_event_id())?;
    }
    Ok(())
}

fn load(file: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// Beside it first, and then in its place, which is one step: a crash leaves the old ID or the new one, not half of one.
fn save(file: &Path, last_event_id: &str) -> io::Result<()> {
    let new = file.with_extension("new");
    fs::write(&new, last_event_id)?;
    fs::rename(new, file)
}
