//! Ours, three ways.

use std::ops::ControlFlow;
use std::pin::pin;

use ssekit::{Chunk, EventStream, Parser};

use super::{Parses, drain};
use crate::chunks::Feed;
use crate::sink::Sink;

/// `Parser::parse`, of a `Chunk`: events that borrow from the chunk or the parser.
pub struct Borrowed;

/// `Parser::parse_owned`, of a `Chunk`.
pub struct Owned;

/// `EventStream`, which hands out owned events.
pub struct Stream;

/// For bodies with an event that is larger than the default limit allows.
fn parser() -> Parser {
    Parser::new().with_limit(usize::MAX)
}

impl Parses for Borrowed {
    fn parse<S: Sink>(feed: &mut Feed, sink: &mut S) -> ControlFlow<()> {
        let mut parser = parser();
        for bytes in feed.slices() {
            let mut chunk = Chunk::new(bytes);
            while let Some(event) = parser.parse(&mut chunk).expect("there is no limit") {
                sink.event(event.event_type(), event.data(), event.last_event_id())?;
            }
        }
        ControlFlow::Continue(())
    }
}

impl Parses for Owned {
    fn parse<S: Sink>(feed: &mut Feed, sink: &mut S) -> ControlFlow<()> {
        let mut parser = parser();
        for bytes in feed.slices() {
            let mut chunk = Chunk::new(bytes);
            while let Some(event) = parser.parse_owned(&mut chunk).expect("there is no limit") {
                sink.event(event.event_type(), event.data(), event.last_event_id())?;
            }
        }
        ControlFlow::Continue(())
    }
}

impl Parses for Stream {
    fn parse<S: Sink>(feed: &mut Feed, sink: &mut S) -> ControlFlow<()> {
        drain(pin!(EventStream::new(feed.stream()).with_parser(parser())), |event| {
            let event = event.expect("there is no limit");
            sink.event(event.event_type(), event.data(), event.last_event_id())
        })
    }
}
