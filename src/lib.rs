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
//! # Cookbook
//!
//! Titled examples, as short as they can be:
//!
//! * [See everything that happens](_documentation::cookbook#see-everything-that-happens)
//! * [Follow a feed beside something else](_documentation::cookbook#follow-a-feed-beside-something-else)
//! * [Listen, as a page does](_documentation::cookbook#listen-as-a-page-does)
//! * [Stream the tokens of a language model](_documentation::cookbook#stream-the-tokens-of-a-language-model)
//! * [Go on after a restart](_documentation::cookbook#go-on-after-a-restart)
//! * [Refresh a token](_documentation::cookbook#refresh-a-token)
//! * [Give up on 401, back off on 503](_documentation::cookbook#give-up-on-401-back-off-on-503)
//! * [Notice a dead connection](_documentation::cookbook#notice-a-dead-connection)
//! * [Look after a feed from elsewhere](_documentation::cookbook#look-after-a-feed-from-elsewhere)
//! * [Follow many feeds over one connection](_documentation::cookbook#follow-many-feeds-over-one-connection)
//! * [Let the server compress](_documentation::cookbook#let-the-server-compress)
//! * [Read JSON](_documentation::cookbook#read-json)
//! * [Under hyper, ureq, or a socket](_documentation::cookbook#under-hyper-ureq-or-a-socket)
//! * [Write events](_documentation::cookbook#write-events)
//! * [Test without a network](_documentation::cookbook#test-without-a-network)
//!
//! # More to read
//!
//! * [Differences from browsers](_documentation::differences_from_browsers), with the knob for each
//! * [The standard, step by step](_documentation::the_standard_step_by_step), to the function that does it
//! * [Servers that are not ours](_documentation::interop): what was read of them, and what to know of each
//! * [Robustness](_documentation::robustness): what was tried on it, and what came of it
//! * [The platform's own tests](_documentation::web_platform_tests), and those here that assert the same
//! * [Design](_documentation::design), with what the standard leaves open and what was chosen
//! * [Tracing](_documentation::tracing)
//! * Migrating from [reqwest-eventsource](_documentation::migrating_from_reqwest_eventsource), from
//!   [eventsource-client](_documentation::migrating_from_eventsource_client), from
//!   [eventsource-stream](_documentation::migrating_from_eventsource_stream)
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
//! | `simd` | a parser that is faster, up to four times, with two more dependencies; on x86-64 most of all | yes |
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
#![cfg_attr(docsrs, feature(doc_cfg))]
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

/// Pages beside the reference. Those with examples are compiled with all features on, so that they need not say which.
#[cfg(doc)]
pub mod _documentation {
    #[cfg(any(not(doctest), all(feature = "reqwest", feature = "json", feature = "gzip", feature = "test-util")))]
    #[doc = include_str!("../docs/cookbook.md")]
    pub mod cookbook {}
    #[doc = include_str!("../DESIGN.md")]
    pub mod design {}
    #[doc = include_str!("../docs/differences-from-browsers.md")]
    pub mod differences_from_browsers {}
    #[doc = include_str!("../docs/interop.md")]
    pub mod interop {}
    #[cfg(any(not(doctest), all(feature = "reqwest", feature = "json", feature = "gzip", feature = "test-util")))]
    #[doc = include_str!("../docs/migrating-from-eventsource-client.md")]
    pub mod migrating_from_eventsource_client {}
    #[cfg(any(not(doctest), all(feature = "reqwest", feature = "json", feature = "gzip", feature = "test-util")))]
    #[doc = include_str!("../docs/migrating-from-eventsource-stream.md")]
    pub mod migrating_from_eventsource_stream {}
    #[cfg(any(not(doctest), all(feature = "reqwest", feature = "json", feature = "gzip", feature = "test-util")))]
    #[doc = include_str!("../docs/migrating-from-reqwest-eventsource.md")]
    pub mod migrating_from_reqwest_eventsource {}
    #[doc = include_str!("../docs/robustness.md")]
    pub mod robustness {}
    #[doc = include_str!("../docs/the-standard-step-by-step.md")]
    pub mod the_standard_step_by_step {}
    #[doc = include_str!("../docs/tracing.md")]
    pub mod tracing {}
    #[doc = include_str!("../docs/web-platform-tests.md")]
    pub mod web_platform_tests {}
}

/// The examples of the README, compiled.
#[cfg(all(doctest, feature = "reqwest"))]
#[doc = include_str!("../README.md")]
struct Readme;
