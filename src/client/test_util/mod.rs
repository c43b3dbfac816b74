//! A transport that follows a script, to test what takes an event source with.
//!
//! It has no socket, and its only clock is tokio's: where that is paused, a test runs through losses, waits and time-outs
//! at once, and always in the same order. Pausing takes tokio's feature `test-util`, among the dev-dependencies:
//!
//! ```sh
//! cargo add --dev ssekit --features test-util   # with the `--path` of the dependency itself, if it has one
//! cargo add --dev tokio --features macros,rt,test-util
//! ```
//!
//! It needs the feature `test-util`.
//!
//! Code that makes its source by `EventSource::get` or `EventSource::builder` reaches for the network. To be testable, it takes
//! a [`Client`], or the [`Builder`](crate::Builder) or [`EventSource`](crate::EventSource) that was made with one.
//!
//! # Examples
//!
//! A function that follows a feed, which it is handed, and the test that it goes on where it was:
//!
//! ```
//! use ssekit::EventSource;
//! use ssekit::test_util::{Answer, Part, Script};
//!
//! /// Adds up what a feed says, up to its end.
//! async fn total(mut source: EventSource) -> Result<u32, ssekit::Error> {
//!     let mut total = 0;
//!     while let Some(event) = source.message().await? {
//!         total += event.data().parse().unwrap_or(0);
//!     }
//!     Ok(total)
//! }
//!
//! # /*
//! #[tokio::test(start_paused = true)]
//! # */
//! async fn a_total_goes_on_after_a_loss() {
//!     let script = Script::new([
//!         Answer::stream([Part::text("id: 1\ndata: 40\n\ndata: cut o"), Part::broken()]),
//!         Answer::refused(),
//!         Answer::stream([Part::text("id: 2\ndata: 2\n\n")]),
//!         Answer::status(204), // the server's way to say that it is over
//!     ]);
//!     let source = script.client().get("http://example.com/feed").unwrap();
//!     assert_eq!(total(source).await.unwrap(), 42);
//!
//!     let requests = script.requests();
//!     let ids: Vec<_> = requests.iter().map(|request| request.last_event_id()).collect();
//!     assert_eq!(ids, [None, Some("1"), Some("1"), Some("2")]);
//!     assert_eq!(script.live(), 0);
//! }
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! #     a_total_goes_on_after_a_loss().await;
//! # }
//! ```

// The crate's own tests include these files by their path, since tests cannot switch a feature on. So they name what is
// theirs by `super`, and the standard library as a crate with one does.
#![allow(clippy::std_instead_of_alloc, reason = "a test that includes this does not declare alloc")]

mod answer;
mod body;
mod script;

pub use self::answer::{Answer, Part};
pub use self::script::{Request, Script};
// From where it is included.
use super::{Client, transport};
