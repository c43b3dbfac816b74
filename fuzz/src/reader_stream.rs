//! The three front ends agree: a parser, a stream of chunks and a reader, whatever they are read from.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use arbitrary::{Arbitrary, Unstructured};
use futures_util::Stream;
use futures_util::stream::FusedStream;
use ssekit::{Event, EventReader, EventStream, Parser, ReadError};

use crate::stream::{SHAPE, Shape};
use crate::{limited, pick, standard};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    shape: Shape,
    limit: u16,
    /// What comes between one chunk and the next: bits of a pause, and of an interruption.
    between: [u8; 2],
    /// Before which chunk the source breaks, if it does.
    breaks: u8,
    /// How much a buffered reader holds.
    buffer: u8,
    stream: &'a [u8],
}

/// What stands before the stream in an input.
pub const HEAD: usize = SHAPE + 6;

/// What a source says of itself at the end.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    events: Vec<Event>,
    exceeded: usize,
    broken: bool,
    last_event_id: String,
    reconnection_time: Option<std::time::Duration>,
    buffered: usize,
}

/// What a source hands over.
#[derive(Clone, Copy)]
enum Part<'a> {
    Bytes(&'a [u8]),
    /// There is nothing yet.
    Pause,
    Broken,
}

/// Runs an input.
///
/// # Panics
///
/// If a rule is broken.
pub fn run(input: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(input)) else { return };
    let stream = input.shape.with_runs(input.stream);
    let limit = pick(&[usize::from(input.limit), usize::MAX], input.between[0]);
    let parser = || Parser::new().with_limit(limit);
    let chunks = input.shape.chunks(&stream);
    let breaks = usize::from(input.breaks);
    let came = &chunks[..chunks.len().min(breaks)];

    let expected = parsed(came, breaks < chunks.len(), parser());
    let parts = parts(&chunks, &input);
    let of_stream = streamed(&parts, parser());
    assert_eq!(of_stream, expected, "EventStream");
    let of_reader = read(Source(parts.clone().into()), parser());
    assert_eq!(of_reader, expected, "EventReader over its own buffer");
    let small = BufReader::with_capacity(usize::from(input.buffer).max(1), Source(parts.into()));
    assert_eq!(read(small, parser()), expected, "EventReader over another buffer");

    // And that is what the standard says.
    let came = came.concat();
    let model = limited::interpret(&came, "", limit, false);
    let said: Vec<_> =
        model.outcome.events.iter().map(|event| (&*event.event_type, &*event.data, &*event.last_event_id)).collect();
    let told: Vec<_> =
        expected.events.iter().map(|event| (event.event_type(), event.data(), event.last_event_id())).collect();
    assert_eq!((said, model.exceeded, model.held), (told, expected.exceeded, expected.buffered));
    assert!(limit < usize::MAX || model.outcome == standard::interpret(&came, ""));
}

fn parts<'a>(chunks: &[&'a [u8]], input: &Input<'_>) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    for (number, chunk) in chunks.iter().enumerate() {
        if number == usize::from(input.breaks) {
            parts.push(Part::Broken);
        }
        if input.between[number % 2] >> (1 + number / 2 % 7) & 1 == 1 {
            parts.push(Part::Pause);
        }
        parts.push(Part::Bytes(chunk));
    }
    parts
}

fn told(parser: &Parser, events: Vec<Event>, exceeded: usize, broken: bool) -> Told {
    Told {
        events,
        exceeded,
        broken,
        last_event_id: parser.last_event_id().to_owned(),
        reconnection_time: parser.reconnection_time(),
        buffered: parser.buffered(),
    }
}

fn parsed(chunks: &[&[u8]], broken: bool, mut parser: Parser) -> Told {
    let (mut events, mut exceeded) = (Vec::new(), 0);
    for mut chunk in chunks.iter().copied() {
        loop {
            match parser.parse(&mut chunk) {
                Ok(Some(event)) => events.push(event.into_owned()),
                Ok(None) => break,
                Err(_) => exceeded += 1,
            }
        }
    }
    told(&parser, events, exceeded, broken)
}

/// A waker that counts.
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn streamed(parts: &[Part<'_>], parser: Parser) -> Told {
    let woken = Arc::new(Woken(AtomicUsize::new(0)));
    let waker = Waker::from(woken.clone());
    let context = &mut Context::from_waker(&waker);
    let mut source = EventStream::new(Chunks(parts.iter(), false)).with_parser(parser);
    let (mut events, mut exceeded, mut broken) = (Vec::new(), 0, false);
    loop {
        let before = woken.0.load(Ordering::Relaxed);
        match Pin::new(&mut source).poll_next(context) {
            Poll::Ready(Some(Ok(event))) => events.push(event),
            Poll::Ready(Some(Err(ReadError::LimitExceeded(_)))) => exceeded += 1,
            Poll::Ready(Some(Err(_))) => {
                assert!(!broken, "it breaks once");
                broken = true;
            }
            Poll::Ready(None) => break,
            Poll::Pending => assert!(woken.0.load(Ordering::Relaxed) > before, "somebody has to wake it"),
        }
        assert!(!broken || source.is_terminated(), "an error of the source ends it");
    }
    for _ in 0..2 {
        assert!(source.is_terminated());
        assert!(matches!(Pin::new(&mut source).poll_next(context), Poll::Ready(None)), "the end is the end");
    }
    told(source.parser(), events, exceeded, broken)
}

/// A stream that may not be polled once it is over or broken.
struct Chunks<'a>(std::slice::Iter<'a, Part<'a>>, bool);

impl<'a> Stream for Chunks<'a> {
    type Item = Result<&'a [u8], &'static str>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        assert!(!self.1, "it is over");
        match self.0.next() {
            Some(Part::Bytes(bytes)) => Poll::Ready(Some(Ok(bytes))),
            Some(Part::Pause) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Part::Broken) => {
                self.1 = true;
                Poll::Ready(Some(Err("broken")))
            }
            None => {
                self.1 = true;
                Poll::Ready(None)
            }
        }
    }
}

fn read(reader: impl BufRead, parser: Parser) -> Told {
    let mut source = EventReader::new(reader).with_parser(parser);
    let (mut events, mut exceeded, mut broken) = (Vec::new(), 0, false);
    for item in &mut source {
        assert!(!broken, "an error of the source ends it");
        match item {
            Ok(event) => events.push(event),
            Err(ReadError::LimitExceeded(_)) => exceeded += 1,
            Err(_) => broken = true,
        }
    }
    assert!(source.next().is_none(), "the end is the end");
    told(source.parser(), events, exceeded, broken)
}

/// A reader whose pauses are interruptions.
struct Source<'a>(VecDeque<Part<'a>>);

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.0.front() {
                Some(Part::Bytes([])) => self.0.pop_front(),
                Some(Part::Bytes(_)) => break,
                Some(Part::Pause) => {
                    self.0.pop_front();
                    return Err(io::ErrorKind::Interrupted.into());
                }
                Some(Part::Broken) => return Err(io::ErrorKind::ConnectionReset.into()),
                None => return Ok(&[]),
            };
        }
        let Some(Part::Bytes(bytes)) = self.0.front() else { unreachable!("it was there") };
        Ok(bytes)
    }

    fn consume(&mut self, amount: usize) {
        if let Some(Part::Bytes(bytes)) = self.0.front_mut() {
            *bytes = &bytes[amount..];
        }
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}
