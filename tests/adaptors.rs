//! What the adaptors do with sources that fail, wait and end.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use futures_util::stream::{self, FusedStream, Stream};
use futures_util::{FutureExt, StreamExt};
use ssekit::{Event, EventReader, EventStream, Frame, Parser, ReadError};

type Chunk = Result<Vec<u8>, &'static str>;

fn chunks(chunks: &[Result<&str, &'static str>]) -> impl Stream<Item = Chunk> + Unpin + use<> {
    let chunks: Vec<Chunk> = chunks.iter().map(|chunk| chunk.map(|text| text.as_bytes().to_vec())).collect();
    stream::iter(chunks)
}

fn collect(events: &mut (impl Stream<Item = Result<Event, ReadError<&'static str>>> + Unpin)) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(item) = events.next().now_or_never().expect("nothing here waits") {
        all.push(item.map_or_else(|error| format!("{error:?}"), Event::into_data));
    }
    all
}

#[test]
fn an_error_of_the_source_ends_a_stream() {
    let mut events = EventStream::new(chunks(&[Ok("data: a\n\ndata: b"), Err("reset"), Ok("\n\ndata: c\n\n")]));
    assert_eq!(collect(&mut events), ["a", "Source(\"reset\")"]);
    assert!(events.is_terminated());
    assert_eq!(collect(&mut events), [""; 0], "and it stays so");
    assert_eq!(collect(&mut events.into_inner().map(|_| Err(ReadError::Source("left")))).len(), 1);
}

#[test]
fn the_limit_ends_neither() {
    let text = "id: 7\ndata: too long\n\ndata: b\n\n";
    let limit = || Parser::new().with_limit(5);
    let mut events = EventStream::new(chunks(&[Ok(text)])).with_parser(limit());
    assert_eq!(collect(&mut events), ["LimitExceeded(LimitExceeded { limit: 5 })", "b"]);
    assert_eq!(events.parser().last_event_id(), "7");

    let mut events = EventReader::new(text.as_bytes()).with_parser(limit());
    assert!(matches!(events.next(), Some(Err(ReadError::LimitExceeded(_)))));
    assert_eq!(events.next().unwrap().unwrap().data(), "b");
    assert!(events.next().is_none());
}

#[test]
fn a_stream_that_waits_is_waited_for() {
    let (sender, receiver) = futures_channel();
    let mut events = EventStream::new(receiver);
    assert!(!events.is_terminated());
    assert!(events.next().now_or_never().is_none());
    sender.send(Ok(b"data: a\n\r".to_vec())).unwrap();
    assert_eq!(events.next().now_or_never().unwrap().unwrap().unwrap().data(), "a");
    sender.send(Ok(b"\ndata: b".to_vec())).unwrap();
    assert!(events.next().now_or_never().is_none());
    drop(sender);
    assert!(events.next().now_or_never().unwrap().is_none());
    assert_eq!(events.parser().buffered(), 1, "an event was cut short");
}

fn futures_channel() -> (std::sync::mpsc::Sender<Chunk>, impl Stream<Item = Chunk> + Unpin) {
    let (sender, receiver) = std::sync::mpsc::channel();
    let stream = stream::poll_fn(move |_| match receiver.try_recv() {
        Ok(chunk) => std::task::Poll::Ready(Some(chunk)),
        Err(std::sync::mpsc::TryRecvError::Empty) => std::task::Poll::Pending,
        Err(std::sync::mpsc::TryRecvError::Disconnected) => std::task::Poll::Ready(None),
    });
    (sender, stream)
}

/// Drops itself into a count.
struct Counted(&'static str, std::rc::Rc<std::cell::Cell<usize>>);

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.set(self.1.get() + 1);
    }
}

#[test]
fn a_chunk_is_dropped_before_the_next_one_is_asked_for() {
    let dropped = std::rc::Rc::new(std::cell::Cell::new(0));
    let (count, mut asked) = (dropped.clone(), 0);
    let source = stream::poll_fn(move |_| {
        assert_eq!(count.get(), asked);
        asked += 1;
        std::task::Poll::Ready((asked < 4).then(|| Ok::<_, &str>(Counted("data: a\n\ndata: b\n\n", count.clone()))))
    });
    assert_eq!(collect(&mut EventStream::new(source)).len(), 6);
    assert_eq!(dropped.get(), 3);
}

#[test]
fn a_source_that_is_always_ready_does_not_keep_the_task() {
    let comments = stream::iter((0..100_000).map(|_| Ok::<_, &str>(":\n")));
    let mut events = EventStream::new(comments);
    assert!(events.next().now_or_never().is_none(), "it goes away in between");
    assert!(!events.is_terminated());
    let mut polls = 0;
    while events.next().now_or_never().is_none() {
        polls += 1;
    }
    assert!(polls > 100, "{polls}");
}

/// A reader whose reads are interrupted, and which fails in the end.
struct Troubled {
    text: Cursor<&'static str>,
    reads: usize,
}

impl Read for Troubled {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads += 1;
        if self.reads % 2 == 1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let length = buffer.len().min(5);
        match self.text.read(&mut buffer[..length])? {
            0 => Err(io::ErrorKind::ConnectionReset.into()),
            length => Ok(length),
        }
    }
}

#[test]
fn a_reader_goes_on_after_an_interruption_and_ends_at_an_error() {
    let troubled = Troubled { text: Cursor::new("data: a\n\ndata: b\n\ndata: c"), reads: 0 };
    let mut events = EventReader::new(BufReader::new(troubled));
    assert_eq!(events.next().unwrap().unwrap().data(), "a");
    assert_eq!(events.next().unwrap().unwrap().data(), "b");
    let Some(Err(ReadError::Source(error))) = events.next() else { panic!() };
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    let reads = events.get_ref().get_ref().reads;
    assert!(events.next().is_none() && events.next().is_none());
    assert_eq!(events.get_ref().get_ref().reads, reads, "what failed is not read again");
}

#[test]
fn a_reader_takes_no_more_than_it_hands_out() {
    let mut events = EventReader::new(&b"data: a\n\nnot for us"[..]);
    assert_eq!(events.next().unwrap().unwrap().data(), "a");
    assert_eq!(events.into_inner().fill_buf().unwrap(), b"not for us");
}

#[test]
fn errors_say_why() {
    let error: ReadError<io::Error> = ReadError::Source(io::ErrorKind::ConnectionReset.into());
    assert_eq!(error.to_string(), "event stream cannot be read");
    assert_eq!(format!("{error:#}"), "event stream cannot be read: connection reset");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "connection reset");
    let error =
        EventReader::new(&b"data: x\n"[..]).with_parser(Parser::new().with_limit(1)).next().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "unfinished event or comment exceeds the limit of 1 bytes");
}

#[test]
fn a_frame_of_each_kind() {
    let encode = |frame: Frame<'_>| frame.encode().unwrap();
    let frame = Frame::new();
    assert_eq!(encode(frame), "\n");
    assert_eq!(encode(frame.with_data("")), "data:\n\n");
    assert_eq!(encode(frame.with_data(" a")), "data:  a\n\n");
    assert_eq!(encode(frame.with_data("a\r\n\rb\n")), "data: a\ndata:\ndata: b\ndata:\n\n");
    assert_eq!(encode(frame.with_comment("a\ndata: b")), ": a\n: data: b\n\n");
    assert_eq!(encode(frame.with_id("")), "id:\n\n");
    assert_eq!(encode(frame.with_event_type("")), "\n");
    assert_eq!(encode(frame.with_retry(std::time::Duration::from_micros(1500))), "retry: 1\n\n");
    let event = Event::new("x\ny").with_event_type("t").with_last_event_id("7");
    assert_eq!(encode(Frame::from(&event)), "event: t\nid: 7\ndata: x\ndata: y\n\n");
    assert_eq!(encode(Frame::from(&Event::new("x"))), "id:\ndata: x\n\n");
}

#[test]
fn events_that_are_passed_on_are_the_same_behind() {
    let wire = "id: 7\nevent: t\ndata: a\n\ndata: b\n\nid\ndata: c\n\n";
    let events = |wire: &str| EventReader::new(wire.as_bytes()).map(Result::unwrap).collect::<Vec<_>>();
    let first = events(wire);
    let passed_on: String = first.iter().map(|event| Frame::from(event).encode().unwrap()).collect();
    assert_eq!(events(&passed_on), first);
}

#[test]
fn nothing_breaks_out_of_a_frame() {
    let frame = Frame::new().with_data("x");
    for (frame, error) in [
        (frame.with_event_type("a\nb"), "event type contains a line break"),
        (frame.with_event_type("a\rb"), "event type contains a line break"),
        (frame.with_id("a\n"), "id contains a line break"),
        (frame.with_id("\r"), "id contains a line break"),
        (frame.with_id("a\0b"), "id contains a NUL"),
    ] {
        let mut out = "before".to_owned();
        assert_eq!(frame.encode_to(&mut out).unwrap_err().to_string(), error);
        assert_eq!(out, "before", "nothing is half written");
    }
}
