//! Every way into the parser, run over the same chunks.

#![allow(dead_code, reason = "each test file that includes this uses a part of it")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, BufRead, Read};

use futures_util::{FutureExt, StreamExt, stream};
use ssekit::{Chunk, Event, EventReader, EventRef, EventStream, Item, LimitExceeded, Parser, ReadError};

use crate::standard::{Dispatched, Outcome};

/// What came out, and how often the limit was exceeded.
pub type Run = (Outcome, usize);

pub const FRONT_ENDS: [(&str, fn(&[&[u8]], Parser) -> Run); 7] = [
    ("Parser::parse", parse),
    ("Parser::parse_item", parse_item),
    ("Parser::parse_owned", parse_owned),
    ("Parser::parse, of a Chunk", parse_chunk),
    ("Parser::parse_owned, of a Chunk", parse_owned_chunk),
    ("EventStream", event_stream),
    ("EventReader", event_reader),
];

fn parse(chunks: &[&[u8]], parser: Parser) -> Run {
    drain(chunks, parser, |parser, input: &mut &[u8]| Ok(parser.parse(input)?.map(|event| Some(borrowed(&event)))))
}

fn parse_chunk(chunks: &[&[u8]], parser: Parser) -> Run {
    drain(chunks, parser, |parser, chunk: &mut Chunk<'_>| Ok(parser.parse(chunk)?.map(|event| Some(borrowed(&event)))))
}

fn parse_owned_chunk(chunks: &[&[u8]], parser: Parser) -> Run {
    drain(chunks, parser, |parser, chunk: &mut Chunk<'_>| {
        Ok(parser.parse_owned(chunk)?.map(|event| Some(owned(&event))))
    })
}

/// Comments are on here, and `retry` is checked against what the parser says of it.
fn parse_item(chunks: &[&[u8]], parser: Parser) -> Run {
    let mut retry = None;
    let run = drain(chunks, parser, |parser, input: &mut &[u8]| {
        Ok(parser.parse_item(input)?.map(|item| match item {
            Item::Event(event) => Some(borrowed(&event)),
            Item::Retry(time) => {
                retry = Some(u64::try_from(time.as_millis()).unwrap());
                None
            }
            _ => None,
        }))
    });
    assert_eq!(retry, run.0.reconnection_time);
    run
}

fn parse_owned(chunks: &[&[u8]], parser: Parser) -> Run {
    drain(chunks, parser, |parser, input: &mut &[u8]| Ok(parser.parse_owned(input)?.map(|event| Some(owned(&event)))))
}

/// Calls the parser once, in one of the ways, and keeps the event, if it is told one; `false` if there is nothing to tell.
pub fn call(way: u8, parser: &mut Parser, chunk: &mut Chunk<'_>, events: &mut Vec<Dispatched>) -> bool {
    let mut keep = |event: Option<Dispatched>| {
        let told = event.is_some();
        events.extend(event);
        told
    };
    if way == 0 {
        return keep(parser.parse(chunk).unwrap().map(|event| borrowed(&event)));
    }
    if way == 1 {
        return keep(parser.parse_owned(chunk).unwrap().map(|event| owned(&event)));
    }
    let length = chunk.rest().len();
    let mut rest = chunk.rest();
    let told = match way {
        2 => keep(parser.parse(&mut rest).unwrap().map(|event| borrowed(&event))),
        3 => keep(parser.parse_owned(&mut rest).unwrap().map(|event| owned(&event))),
        _ => match parser.parse_item(&mut rest).unwrap() {
            Some(Item::Event(event)) => keep(Some(borrowed(&event))),
            item => item.is_some(),
        },
    };
    assert!(told || rest.is_empty(), "{} of {length} bytes are left", rest.len());
    *chunk = Chunk::new(rest);
    told
}

/// What a parser takes bytes off, as far as it has not.
trait Rest {
    fn rest(&self) -> &[u8];
}

impl Rest for &[u8] {
    fn rest(&self) -> &[u8] {
        self
    }
}

impl Rest for Chunk<'_> {
    fn rest(&self) -> &[u8] {
        self.rest()
    }
}

/// Asks for the next thing until there is none, chunk by chunk; what is no event is passed over.
fn drain<'i, I: From<&'i [u8]> + Rest>(
    chunks: &[&'i [u8]],
    mut parser: Parser,
    mut next: impl FnMut(&mut Parser, &mut I) -> Result<Option<Option<Dispatched>>, LimitExceeded>,
) -> Run {
    let (mut events, mut exceeded) = (Vec::new(), 0);
    for bytes in chunks.iter().copied() {
        let mut input = I::from(bytes);
        loop {
            match next(&mut parser, &mut input) {
                Ok(Some(event)) => events.extend(event),
                Ok(None) => break,
                Err(LimitExceeded { .. }) => exceeded += 1,
            }
        }
        assert!(input.rest().is_empty());
    }
    (outcome(events, &parser), exceeded)
}

fn event_stream(chunks: &[&[u8]], parser: Parser) -> Run {
    let chunks: Vec<Result<&[u8], Infallible>> = chunks.iter().copied().map(Ok).collect();
    let mut source = EventStream::new(stream::iter(chunks)).with_parser(parser);
    let (mut events, mut exceeded) = (Vec::new(), 0);
    loop {
        match source.next().now_or_never() {
            Some(Some(Ok(event))) => events.push(owned(&event)),
            Some(Some(Err(ReadError::LimitExceeded(_)))) => exceeded += 1,
            Some(Some(Err(error))) => panic!("{error}"),
            Some(None) => break,
            // It lets go of the task after so many chunks.
            None => {}
        }
    }
    (outcome(events, source.parser()), exceeded)
}

fn event_reader(chunks: &[&[u8]], parser: Parser) -> Run {
    let mut source = EventReader::new(Chunks::new(chunks)).with_parser(parser);
    let (mut events, mut exceeded) = (Vec::new(), 0);
    for item in &mut source {
        match item {
            Ok(event) => events.push(owned(&event)),
            Err(ReadError::LimitExceeded(_)) => exceeded += 1,
            Err(error) => panic!("{error}"),
        }
    }
    (outcome(events, source.parser()), exceeded)
}

fn borrowed(event: &EventRef<'_>) -> Dispatched {
    let copy = event.into_owned();
    assert_eq!((copy.event_type(), copy.data()), (event.event_type(), event.data()));
    owned(&copy)
}

fn owned(event: &Event) -> Dispatched {
    Dispatched {
        event_type: event.event_type().to_owned(),
        data: event.data().to_owned(),
        last_event_id: event.last_event_id().to_owned(),
    }
}

fn outcome(events: Vec<Dispatched>, parser: &Parser) -> Outcome {
    Outcome {
        events,
        last_event_id: parser.last_event_id().to_owned(),
        reconnection_time: parser.reconnection_time().map(|time| time.as_millis().try_into().unwrap()),
    }
}

/// A reader whose buffer holds one chunk at a time.
pub struct Chunks<'a>(VecDeque<&'a [u8]>);

impl<'a> Chunks<'a> {
    pub fn new(chunks: &[&'a [u8]]) -> Self {
        Self(chunks.iter().copied().filter(|chunk| !chunk.is_empty()).collect())
    }
}

impl Read for Chunks<'_> {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        unreachable!("it is read through its buffer")
    }
}

impl BufRead for Chunks<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.0.front().copied().unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        if let Some(chunk) = self.0.front_mut() {
            *chunk = &chunk[amount..];
            if chunk.is_empty() {
                self.0.pop_front();
            }
        }
    }
}
