//! The peers, each driven as its documentation does, by whatever of its interface is fastest.
//!
//! Where a crate leaves to its user what the standard has events carry, the row does that too, at as little cost as can be.
//! An error ends a row: what is missing then is found by the proof.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use reqwest_sse::EventSource as _;
use sse_core::{MessageEvent, SseDecoder, SseEvent};

use super::{Parses, drain};
use crate::chunks::Feed;
use crate::sink::Sink;

/// The decoder without I/O, over slices.
pub struct SseCore;

/// The same crate's adaptor for streams.
pub struct SseCoreStream;

/// `SseByteStream`, which its documentation prefers for streams of bytes.
pub struct SseStream;

/// `EventStream`, whose events share the memory of the chunks.
pub struct Sseer;

/// The parser without I/O, over slices.
pub struct SseParse;

/// Over a response of reqwest's, which is all it takes; nothing is sent for it.
pub struct ReqwestSse;

/// `EventStream`.
pub struct EventsourceStream;

/// Its limit is 512 KiB, unless it is set; the corpora have lines of up to 1 MiB.
fn sse_core() -> SseDecoder {
    SseDecoder::with_limit(NonZeroUsize::MAX)
}

fn sse_core_event<S: Sink>(event: &MessageEvent, sink: &mut S) -> ControlFlow<()> {
    sink.event(&event.event, &event.data, event.last_event_id.as_deref().unwrap_or_default())
}

impl Parses for SseCore {
    fn parse<S: Sink>(feed: &mut Feed, sink: &mut S) -> ControlFlow<()> {
        let mut decoder = sse_core();
        for mut chunk in feed.slices() {
            while let Some(event) = decoder.next(&mut chunk) {
                match event {
                    Ok(SseEvent::Message(event)) => sse_core_event(&event, sink)?,
                    Ok(SseEvent::Retry(_)) => {}
                    Err(_) => return ControlFlow::Break(()),
                }
            }
        }
        ControlFlow::Continue(())
    }
}

impl Parses for SseCoreStream {
    fn parse<S: Sink>(feed: &mut Feed, sink: &mut S) -> ControlFlow<()> {
        let mut stream = sse_core::SseStream::with_decoder(sse_core());
        stream.attach(feed.stream());
        drain(pin!(stream), |event| match event {
            Ok(SseEvent::Message(event)) => sse_core_event(&event, sink),
            Ok(SseEvent::Retry(_)) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        })
    }
}

impl Parses for SseStream {
    fn parse<S: Sink>(feed: &mut Feed, sink: &mut S) -> ControlFlow<()> {
        // It hands out blocks as they are. That an ID lasts, and that a block without data is no event, is the user's.
        let mut last_event_id = String::new();
        drain(pin!(sse_stream::SseByteStream::new(feed.stream())), |block| {
            let Ok(block) = block else { return ControlFlow::Break(()) };
            if let Some(id) = block.id {
                last_event_id = id;
            }
            let Some(data) = block.data else { return ControlFlow::Continue(()) };
            let event_type = block.event.as_deref().filter(|name| !name.is_empty()).unwrap_or("message");
            sink.event(event_type, &data, &last_event_id)
        })
    }
}

impl Parses for Sseer {
    fn parse<S: Sink>(feed: &mut Feed, sink: &mut S) -> ControlFlow<()> {
        drain(pin!(sseer::EventStream::new(feed.stream())), |event| {
            let Ok(event) = event else { return ControlFlow::Break(()) };
            sink.event(&event.event, &event.data, &event.id)
        })
    }
}

impl Parses for SseParse {
    fn parse<S: Sink>(feed: &mut Feed, sink: &mut S) -> ControlFlow<()> {
        let mut parser = sse_parse::SseParser::new();
        for chunk in feed.slices() {
            parser.feed(chunk);
            while let Some(event) = parser.next_event() {
                sink.event(&event.event, &event.data, &event.id)?;
            }
        }
        ControlFlow::Continue(())
    }
}

impl Parses for ReqwestSse {
    fn parse<S: Sink>(feed: &mut Feed, sink: &mut S) -> ControlFlow<()> {
        let body = reqwest::Body::wrap_stream(feed.stream());
        let response = http::Response::builder().header("content-type", "text/event-stream").body(body);
        let response = reqwest::Response::from(response.expect("the header is one"));
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(events)) = pin!(response.events()).poll(&mut context) else {
            return ControlFlow::Break(());
        };
        drain(pin!(events), |event| {
            let Ok(event) = event else { return ControlFlow::Break(()) };
            sink.event(&event.event_type, &event.data, event.last_event_id.as_deref().unwrap_or_default())
        })
    }
}

impl Parses for EventsourceStream {
    fn parse<S: Sink>(feed: &mut Feed, sink: &mut S) -> ControlFlow<()> {
        drain(pin!(eventsource_stream::EventStream::new(feed.stream())), |event| {
            let Ok(event) = event else { return ControlFlow::Break(()) };
            sink.event(&event.event, &event.data, &event.id)
        })
    }
}
