//! A feed without async, over a blocking HTTP client, here ureq: `Connection` says what is next, and a loop does it.
//!
//! ```text
//! cargo run --example blocking
//! ```
//!
//! It serves itself a demo feed on loopback, from a thread of its own, which is where all that is async here stays. First
//! it follows that feed over as many connections as four messages take, each of which ends its response; then it reads
//! one more response with `EventReader`, which is all it takes where there is no coming back.
//!
//! Redirects are left to ureq: it follows up to ten of them, with every header but `Authorization` and `Cookie`. Each
//! attempt begins at the same URL again.

// What the server example serves; this has it on board for the demo.
#[path = "server/feeds.rs"]
mod feeds;

use std::error::Error;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufReader, ErrorKind, Read};
use std::thread;
use std::time::{Duration, Instant};

use ssekit::retry::{Backoff, Policy};
use ssekit::{Connection, EventReader, Step};
use ureq::http::Response;
use ureq::{Agent, Body};

fn main() -> Result<(), Box<dyn Error>> {
    let url = serve()?;
    let config = Agent::config_builder()
        .http_status_as_error(false) // which response counts is for the connection to say
        .timeout_connect(Some(Duration::from_secs(30)))
        .timeout_recv_response(Some(Duration::from_secs(300)))
        .build();
    let agent = Agent::new_with_config(config);

    follow(&agent, &url, 4)?;

    let response = request(&agent, &url, None)?;
    for event in EventReader::new(BufReader::new(response.into_body().into_reader())) {
        let event = event?;
        println!("{} #{}: {}", event.event_type(), event.last_event_id(), event.data());
    }
    Ok(())
}

/// Prints so many events, over as many connections as it takes.
fn follow(agent: &Agent, url: &str, limit: u32) -> Result<(), Box<dyn Error>> {
    // The feed asks for three seconds before each connection, which is too long for a demo.
    let seed = RandomState::new().hash_one(());
    let policy = Policy::backoff(Backoff::new().with_max_elapsed(Duration::from_secs(600)));
    let mut connection = Connection::new(seed)
        .with_max_reconnection_time(Duration::from_millis(200))
        .with_retry_policy(policy.with_statuses(Policy::TRANSIENT_STATUSES));
    let mut body: Box<dyn Read> = Box::new(io::empty());
    let mut buffer = vec![0; 16 * 1024];
    let mut events = 0;
    let mut told = Instant::now();
    loop {
        // What the policy knows of time is what it is told.
        let now = Instant::now();
        connection.handle_time(now.duration_since(told));
        told = now;
        match connection.step() {
            Step::Connect => {
                // An ID that HTTP cannot carry is no reason to give the feed up.
                let last_event_id = connection.last_event_id_header().unwrap_or_else(|error| {
                    println!("{error}");
                    None
                });
                match request(agent, url, last_event_id) {
                    Ok(response) => {
                        if let Some(wait) = retry_after(&response) {
                            connection.handle_retry_after(wait);
                        }
                        let content_type = response.headers().get_all("content-type");
                        match connection.handle_response(response.status().as_u16(), content_type) {
                            Ok(()) => body = Box::new(response.into_body().into_reader()),
                            Err(failure) if connection.step() == Step::Stop => return Err(failure.into()),
                            // It is one of the policy's statuses.
                            Err(failure) => println!("lost: {failure}"),
                        }
                    }
                    // This will not get better.
                    Err(error @ (ureq::Error::BadUri(_) | ureq::Error::Http(_))) => return Err(error.into()),
                    Err(error) => {
                        println!("lost: {error}");
                        connection.handle_lost();
                    }
                }
            }
            Step::Read => match body.read(&mut buffer) {
                Ok(0) => {
                    println!("lost: response ended");
                    connection.handle_lost();
                }
                Ok(length) => {
                    let mut chunk = &buffer[..length];
                    loop {
                        match connection.handle_bytes(&mut chunk) {
                            Ok(Some(event)) => {
                                println!("{} #{}: {}", event.event_type(), event.last_event_id(), event.data());
                                events += 1;
                            }
                            Ok(None) => break,
                            // That event is lost, and the feed goes on.
                            Err(error) => println!("{error}"),
                        }
                        if events == limit {
                            connection.close();
                        }
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    println!("lost: {error}");
                    connection.handle_lost();
                }
            },
            Step::Wait(delay) => {
                body = Box::new(io::empty());
                println!("back in {delay:?}");
                thread::sleep(delay);
                connection.handle_elapsed();
            }
            Step::Stop => return Ok(()),
        }
    }
}

/// When to ask again, if the server says so in seconds; a date takes a crate that reads one.
fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let seconds = response.headers().get("retry-after")?.to_str().ok()?;
    Some(Duration::from_secs(seconds.trim().parse().ok()?))
}

/// Makes the request that `Step::Connect` describes.
fn request(agent: &Agent, url: &str, last_event_id: Option<&str>) -> Result<Response<Body>, ureq::Error> {
    let mut request = agent
        .get(url)
        .header("accept", "text/event-stream")
        .header("accept-encoding", "identity")
        .header("cache-control", "no-cache")
        .header("pragma", "no-cache");
    if let Some(id) = last_event_id {
        // As bytes: it may be any text, and is sent as UTF-8.
        request = request.header("last-event-id", id.as_bytes());
    }
    request.call()
}

/// Starts the demo server, on a thread with a runtime of its own, and says where its feed is.
fn serve() -> io::Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let server = runtime.block_on(feeds::Server::bind(0))?;
    let url = server.url(feeds::YEAR);
    thread::spawn(move || runtime.block_on(server.serve()));
    Ok(url)
}
