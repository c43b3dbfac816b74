//! What the fuzz targets do with an input: each a module, whose `run` panics where a rule of the crate is broken.
//!
//! They are a library, so that an input can be looked at again without the engine: `cargo test` does so with the seeds and
//! with what once crashed.

pub mod allocated;
pub mod connection;
pub mod limit;
pub mod parse;
pub mod reader_stream;
pub mod redirect_cors;
pub mod roundtrip;
pub mod seeds;

mod fetch;
mod limited;
mod stream;

#[path = "../../tests/front_ends/mod.rs"]
mod front_ends;
#[path = "../../tests/standard/mod.rs"]
mod standard;

/// A target, by its name.
pub const TARGETS: [(&str, fn(&[u8])); 6] = [
    ("parse", parse::run),
    ("limit", limit::run),
    ("roundtrip", roundtrip::run),
    ("reader_stream", reader_stream::run),
    ("connection", connection::run),
    ("redirect_cors", redirect_cors::run),
];

/// An event as the oracle has it.
fn dispatched(event: &ssekit::Event) -> standard::Dispatched {
    standard::Dispatched {
        event_type: event.event_type().to_owned(),
        data: event.data().to_owned(),
        last_event_id: event.last_event_id().to_owned(),
    }
}

/// One of these, by a byte of the input.
fn pick<T: Copy>(of: &[T], by: u8) -> T {
    of[usize::from(by) % of.len()]
}
