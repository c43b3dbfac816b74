//! Events over a stream of byte chunks.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::stream::{FusedStream, Stream, TryStream};
use pin_project_lite::pin_project;

use crate::event::Event;
use crate::parser::{OwnedChunk, Parser};
use crate::read_error::ReadError;

/// How many chunks without an event one poll may take: a source that is always ready would otherwise keep the task from
/// everything else it waits for.
const CHUNKS_PER_POLL: usize = 64;

pin_project! {
    /// A stream of events over a stream of byte chunks, such as a response body.
    ///
    /// It takes any stream of `Result<B, E>` whose `B` can be read as bytes. Each chunk is dropped before the next one
    /// is asked for. It knows nothing of HTTP and does not reconnect: that is what an `EventSource` does.
    ///
    /// It is `Unpin` if its source is, as the `bytes_stream` of reqwest is; pin it where that is not so.
    ///
    /// An error of the source ends it. An event that outgrows the parser's limit is an error too, but one that does
    /// not: the stream goes on with the next event.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures_util::{StreamExt, stream};
    /// use ssekit::EventStream;
    ///
    /// # futures_util::FutureExt::now_or_never(async {
    /// let body = stream::iter([Ok::<_, std::io::Error>("data: hel"), Ok("lo\n\ndata: cut off")]);
    /// let mut events = EventStream::new(body);
    /// while let Some(event) = events.next().await {
    ///     assert_eq!(event?.data(), "hello");
    /// }
    /// assert!(events.parser().buffered() > 0, "the body ended in the middle of an event");
    /// # Ok::<(), ssekit::ReadError<std::io::Error>>(()) }).unwrap().unwrap();
    /// ```
    pub struct EventStream<S>
    where
        S: TryStream,
    {
        #[pin]
        stream: S,
        parser: Parser,
        chunk: Option<OwnedChunk<S::Ok>>,
        ended: bool,
    }
}

impl<S> EventStream<S>
where
    S: TryStream,
    S::Ok: AsRef<[u8]>,
{
    /// Makes a stream of the events in these bytes.
    #[must_use]
    pub fn new(stream: S) -> Self {
        Self { stream, parser: Parser::new(), chunk: None, ended: false }
    }

    /// Parses with this parser: with its limit, and from its last event ID on.
    #[must_use]
    pub fn with_parser(mut self, parser: Parser) -> Self {
        self.parser = parser;
        self
    }

    /// Gives the source back; what was read of it and not handed out is lost.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.stream
    }

    /// The source.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    /// The parser, for the last event ID and the reconnection time as they are now.
    ///
    /// Once the stream has ended, [`buffered`](Parser::buffered) tells whether it did so in the middle of an event.
    #[must_use]
    pub fn parser(&self) -> &Parser {
        &self.parser
    }
}

impl<S> Stream for EventStream<S>
where
    S: TryStream,
    S::Ok: AsRef<[u8]>,
{
    type Item = Result<Event, ReadError<S::Error>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        for _ in 0..CHUNKS_PER_POLL {
            if let Some(chunk) = this.chunk {
                let begun = match this.parser.next_whole(chunk) {
                    Ok(event) => return Poll::Ready(Some(Ok(event))),
                    Err(begun) => begun,
                };
                match this.parser.parse_on(chunk, begun) {
                    Some(parsed) => return Poll::Ready(Some(parsed.map_err(ReadError::from))),
                    None => *this.chunk = None,
                }
            }
            if *this.ended {
                return Poll::Ready(None);
            }
            match ready!(this.stream.as_mut().try_poll_next(cx)) {
                Some(Ok(chunk)) => {
                    *this.chunk = Some(OwnedChunk::new(chunk));
                }
                Some(Err(error)) => {
                    *this.ended = true;
                    return Poll::Ready(Some(Err(ReadError::Source(error))));
                }
                None => *this.ended = true,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S> FusedStream for EventStream<S>
where
    S: TryStream,
    S::Ok: AsRef<[u8]>,
{
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl<S: TryStream> fmt::Debug for EventStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").field("parser", &self.parser).field("ended", &self.ended).finish_non_exhaustive()
    }
}
