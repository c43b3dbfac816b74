//! Server-Sent Events (`text/event-stream`), as the [WHATWG HTML standard][standard] has them: a parser that is right on
//! every byte sequence, and on it the browser's `EventSource`, which comes back by itself.
//!
//! # Follow a feed
//!
//! ```no_run
//! # #[cfg(feature = "reqwest")]
//! # async fn run() -> Result<(), ssekit::Error> {
//! use ssekit::EventSource;
//!
//! let mut source = EventSource::get("https://stream.wikimedia.org/v2/stream/recentchange")?;
//! source.opened().await?;
//! while let Some(event) = source.message().await? {
//!     println!("{}: {}", event.event_type(), event.data());
//! }
//! # Ok(()) }
//! ```
//!
//! # See everything that happens
//!
//! ```no_run
//! # #[cfg(feature = "reqwest")]
//! # async fn run() -> Result<(), ssekit::Error> {
//! use ssekit::{EventSource, Signal};
//!
//! let builder = EventSource::builder("https://example.com/feed").header("authorization", "Bearer …");
//! let mut source = builder.last_event_id("42").build()?;
//! while let Some(signal) = source.signal().await? {
//!     match signal {
//!         Signal::Opened(opened) => println!("open: {}", opened.url()),
//!         Signal::Message(event) => println!("{}: {}", event.event_type(), event.data()),
//!         Signal::Reconnecting { error, delay, .. } => println!("lost: {error:#}; back in {delay:?}"),
//!         other => println!("{other:?}"),
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! # Follow a feed beside something else
//!
//! Whatever is awaited may be dropped, as `select!` does: nothing is lost.
//!
//! ```no_run
//! # #[cfg(feature = "reqwest")]
//! # async fn run() -> Result<(), ssekit::Error> {
//! # let mut source = ssekit::EventSource::get("https://example.com/feed")?;
//! let mut tick = tokio::time::interval(std::time::Duration::from_secs(1));
//! loop {
//!     tokio::select! {
//!         event = source.message() => match event? {
//!             Some(event) => println!("{}", event.data()),
//!             None => break,
//!         },
//!         _ = tick.tick() => println!("still here"),
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! # Listen, as a page does
//!
//! ```no_run
//! # #[cfg(feature = "reqwest")]
//! # async fn run() -> Result<(), ssekit::Error> {
//! use ssekit::EventSource;
//!
//! let source = EventSource::get("https://example.com/feed")?;
//! source.on_message(|event| println!("{}", event.data()));
//! source.add_event_listener("bye", |event| event.source().close());
//! source.on_error(|event| println!("{:?}: {:?}", event.ready_state(), event.error()));
//! source.run().await?;
//! # Ok(()) }
//! ```
//!
//! # Stream the tokens of a language model
//!
//! A POST is made once, unless it is told otherwise: here up to three times, but never again once it is answered. `[DONE]` is
//! the end. The hook gets a token before each attempt.
//!
//! ```no_run
//! # #[cfg(feature = "reqwest")]
//! # async fn run() -> Result<(), ssekit::Error> {
//! # async fn fresh_token() -> Result<String, std::io::Error> { Ok(String::new()) }
//! use ssekit::retry::{Backoff, Policy};
//! use ssekit::{BoxError, EventSource};
//!
//! let policy = Policy::before_open(Backoff::new().with_max_attempts(3)).with_statuses(Policy::TRANSIENT_STATUSES);
//! let mut source = EventSource::builder("https://llm.example/v1/chat/completions")
//!     .method("POST")
//!     .header("content-type", "application/json")
//!     .body(r#"{"model": "m", "stream": true, "messages": []}"#)
//!     .before_attempt(|mut attempt| async move {
//!         let value = format!("Bearer {}", fresh_token().await?);
//!         attempt.headers_mut().insert("authorization", value.try_into()?);
//!         Ok::<_, BoxError>(attempt)
//!     })
//!     .retry_policy(policy)
//!     .end_on_data("[DONE]")
//!     .build()?;
//! while let Some(event) = source.message().await? {
//!     print!("{}", event.data());
//! }
//! # Ok(()) }
//! ```
//!
//! # Give up on 401, back off on 503
//!
//! ```no_run
//! # #[cfg(feature = "reqwest")]
//! # async fn run() -> Result<(), ssekit::Error> {
//! use ssekit::EventSource;
//! use ssekit::retry::{Backoff, Policy};
//!
//! // `Retry-After` counts too. What is not in the list, such as 401, is a failure.
//! let policy = Policy::backoff(Backoff::new().with_max_attempts(20)).with_statuses(Policy::TRANSIENT_STATUSES);
//! let mut source = EventSource::builder("https://example.com/feed").retry_policy(policy).build()?;
//! match source.message().await {
//!     Ok(event) => println!("{event:?}"),
//!     Err(error) => println!("{error:#}: {:?}", error.body().map(String::from_utf8_lossy)),
//! }
//! # Ok(()) }
//! ```
//!
//! # Notice a dead connection
//!
//! ```no_run
//! # #[cfg(feature = "reqwest")]
//! # async fn run() -> Result<(), ssekit::Error> {
//! use core::time::Duration;
//! use ssekit::EventSource;
//!
//! // The server sends a comment every 15 seconds.
//! let source = EventSource::builder("https://example.com/feed").idle_timeout(Duration::from_secs(45)).build()?;
//! # Ok(()) }
//! ```
//!
//! # Let the server compress
//!
//! With one of the features `gzip`, `brotli` and `zstd`, over any transport.
//!
//! ```no_run
//! # #[cfg(all(feature = "reqwest", any(feature = "gzip", feature = "brotli", feature = "zstd")))]
//! # async fn run() -> Result<(), ssekit::Error> {
//! use ssekit::EventSource;
//!
//! // Worth it where the server flushes after each event; one that does not delays them.
//! let source = EventSource::builder("https://example.com/feed").compression(true).build()?;
//! # Ok(()) }
//! ```
//!
//! # Parse what another HTTP client received
//!
//! ```
//! use ssekit::Parser;
//!
//! let mut parser = Parser::new();
//! # let chunks = ["data: a\n\ndata", ": b\n\n"];
//! for chunk in chunks {
//!     let mut input = chunk.as_bytes();
//!     while let Some(event) = parser.parse(&mut input)? {
//!         println!("{}: {}", event.event_type(), event.data());
//!     }
//! }
//! # Ok::<(), ssekit::LimitExceeded>(())
//! ```
//!
//! # Read JSON
//!
//! With the feature `json`, from any event. An error shows which event it is and where in its data, and nothing of the data.
//!
//! ```
//! # #[cfg(feature = "json")]
//! # fn run() -> Result<(), ssekit::JsonError> {
//! use serde::Deserialize;
//! use ssekit::Event;
//!
//! #[derive(Deserialize)]
//! struct Token<'a> {
//!     text: &'a str,
//! }
//!
//! # let events = [r#"{"text":"Hel"}"#, r#"{"text":"lo"}"#, "[DONE]", "{}"].map(Event::new);
//! let mut answer = String::new();
//! for event in &events {
//!     if event.data() == "[DONE]" {
//!         break;
//!     }
//!     let token: Token<'_> = event.json()?;
//!     answer += token.text;
//! }
//! assert_eq!(answer, "Hello");
//! # Ok(()) }
//! # #[cfg(feature = "json")]
//! # run().unwrap();
//! ```
//!
//! Or of a whole stream of events, such as an `EventStream` or an `EventSource`:
//!
//! ```no_run
//! # #[cfg(all(feature = "json", feature = "reqwest"))]
//! # async fn run() -> Result<(), ssekit::Error> {
//! use futures_util::TryStreamExt;
//! use serde::Deserialize;
//! use ssekit::{EventSource, JsonEvents};
//!
//! #[derive(Deserialize)]
//! struct Change {
//!     title: String,
//! }
//!
//! let source = EventSource::get("https://stream.wikimedia.org/v2/stream/recentchange")?;
//! let mut changes = JsonEvents::<_, Change>::new(source);
//! while let Some(event) = changes.try_next().await? {
//!     match event.value() {
//!         Ok(change) => println!("{}: {}", event.event_type(), change.title),
//!         Err(error) => eprintln!("{error:#}"), // and on with the next event
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! # Write events
//!
//! ```
//! use ssekit::Frame;
//!
//! let frame = Frame::new().with_event_type("tick").with_id("7").with_data("21.5");
//! assert_eq!(frame.encode()?, "event: tick\nid: 7\ndata: 21.5\n\n");
//! # Ok::<(), ssekit::EncodeError>(())
//! ```
//!
//! # The layers
//!
//! Each stands on those below it and can be used without those above.
//!
//! | layer | what it does | feature |
//! | --- | --- | --- |
//! | `EventSource`, `Client` | drives a connection over HTTP, on tokio | `client`, with a transport of your own; `reqwest`, with one that is ready |
//! | [`Connection`] | decides when to connect, read, wait and stop, without clock, socket or HTTP library | always |
//! | `JsonEvents` | reads the JSON of a `Stream` of events | `json`, with `stream` or `client` |
//! | `EventStream` | events of a `Stream` of byte chunks | `stream` |
//! | `EventReader` | events of a `BufRead` | `std` |
//! | [`Frame`] | writes events | always |
//! | [`Parser`] | events of chunks of bytes | always |
//!
//! Without any feature the crate is `no_std` with `alloc` (on targets with atomic pointers), and memchr is its one
//! dependency.
//!
//! # Features
//!
//! All are additive, and none changes what another part does, but that `rustls` wins over `native-tls`. The client's types
//! are those of the crates `url` 2, `http` 1 and `bytes` 1, those of JSON of `serde` 1 and `serde_json` 1, and with
//! `test-util` of `tokio` 1.
//!
//! | feature | brings | default |
//! | --- | --- | --- |
//! | `std` | `EventReader` | yes |
//! | `simd` | a parser that is up to three times as fast, with two more dependencies; on x86-64 most of all | yes |
//! | `stream` | `EventStream` | yes |
//! | `client` | `EventSource`, `Client`, the `transport` seam | yes |
//! | `reqwest` | the transport over reqwest 0.13 | yes |
//! | `rustls` | TLS for it, by rustls | yes |
//! | `native-tls` | TLS for it, by the system's library, if `rustls` is off | no |
//! | `http2` | HTTP/2 for it | yes |
//! | `cookies` | `CookieJar`, for any transport | no |
//! | `gzip` | `gzip` in `Builder::compression`, for any transport | no |
//! | `brotli` | `br` in it | no |
//! | `zstd` | `zstd` in it; takes a C compiler | no |
//! | `json` | `Event::json`, `EventRef::json`; `JsonEvents`, with `stream` or `client` | no |
//! | `test-util` | `test_util`, a transport that follows a script, for your tests | no |
//! | `tracing` | [spans and events](_documentation::tracing) of what an `EventSource` does, for the crate tracing | no |
//!
//! [standard]: https://html.spec.whatwg.org/multipage/server-sent-events.html

#![no_std]
#![warn(
    unreachable_pub,
    clippy::alloc_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used
)]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(feature = "client")]
mod client;
mod connection;
mod encode;
mod event;
#[cfg(feature = "json")]
mod json;
mod parser;
#[cfg(any(feature = "std", feature = "stream"))]
mod read_error;
#[cfg(feature = "std")]
mod reader;
#[cfg(feature = "stream")]
mod stream;

#[cfg(feature = "reqwest")]
pub use client::ClientBuilder;
#[cfg(feature = "cookies")]
pub use client::CookieJar;
#[cfg(feature = "test-util")]
pub use client::test_util;
#[cfg(feature = "client")]
pub use client::{
    Attempt, BoxError, Builder, Client, Error, ErrorKind, EventSource, ListenerEvent, ListenerId, Opened, Signal,
    SourceHandle, transport,
};
pub use connection::retry;
pub use connection::{Connection, Failure, LastEventIdNotSent, ReadyState, Step};
#[cfg(feature = "client")]
pub use connection::{CorsFailure, ReconnectionUrl, RedirectFailure};
pub use encode::{EncodeError, Frame};
pub use event::{Event, EventRef};
#[cfg(feature = "json")]
pub use json::JsonError;
#[cfg(all(feature = "json", any(feature = "client", feature = "stream")))]
pub use json::{JsonEvent, JsonEvents};
pub use parser::{Chunk, Input, Item, LimitExceeded, Parser};
#[cfg(any(feature = "std", feature = "stream"))]
pub use read_error::ReadError;
#[cfg(feature = "std")]
pub use reader::EventReader;
#[cfg(feature = "stream")]
pub use stream::EventStream;

/// Pages beside the reference.
#[cfg(doc)]
pub mod _documentation {
    #[doc = include_str!("../docs/differences-from-browsers.md")]
    pub mod differences_from_browsers {}
    #[doc = include_str!("../docs/robustness.md")]
    pub mod robustness {}
    #[doc = include_str!("../docs/tracing.md")]
    pub mod tracing {}
    #[doc = include_str!("../docs/web-platform-tests.md")]
    pub mod web_platform_tests {}
}

/// The examples of the README, compiled.
#[cfg(all(doctest, feature = "reqwest"))]
#[doc = include_str!("../README.md")]
struct Readme;
