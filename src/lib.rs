//! Server-Sent Events.
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
mod parser;
#[cfg(any(feature = "std", feature = "stream"))]
mod read_error;
#[cfg(feature = "std")]
mod reader;
#[cfg(feature = "stream")]
mod stream;
#[cfg(feature = "client")]
pub use client::{Builder, Client, Error, EventSource, Opened, Signal, transport};
pub use connection::{Connection, Failure, LastEventIdNotSent, ReadyState, Step};
pub use encode::{EncodeError, Frame};
pub use event::{Event, EventRef};
pub use parser::{Item, LimitExceeded, Parser};
#[cfg(any(feature = "std", feature = "stream"))]
pub use read_error::ReadError;
#[cfg(feature = "std")]
pub use reader::EventReader;
#[cfg(feature = "stream")]
pub use stream::EventStream;
