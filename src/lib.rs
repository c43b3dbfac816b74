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
mod event;
mod parser;
pub use event::{Event, EventRef};
pub use parser::{Item, LimitExceeded, Parser};
