//! Events over a blocking reader.

use std::io::{self, BufRead};

use crate::event::Event;
use crate::parser::Parser;
use crate::read_error::ReadError;

/// An iterator of events over anything that is read through a buffer.
///
/// It waits for more bytes when it has no whole event, and hands an event out as soon as its blank line is there, if the
/// reader's buffer does not hold it back. Reads that were interrupted are taken up again.
///
/// An I/O error ends it, also one of the kind `WouldBlock`. An event that outgrows the parser's limit is an error too,
/// but one that does not: the iterator goes on with the next event.
///
/// It takes the bytes of a body and knows nothing of the response around it: whether the status is 200 and the `Content-Type`
/// `text/event-stream` is for its caller to check, as `examples/blocking.rs` does by way of a
/// [`Connection`](crate::Connection), which also says when to come back. Where one response is all, the last event ID of
/// [`parser`](Self::parser) is what the next one goes on behind: it goes into the request as `Last-Event-ID`, and by
/// [`Parser::with_last_event_id`] into the parser [for it](Self::with_parser), for events that bring no ID.
///
/// # Examples
///
/// ```
/// use ssekit::EventReader;
///
/// let bytes = &b"event: tick\ndata: 1\n\ndata: 2\n\n"[..];
/// for event in EventReader::new(bytes) {
///     let event = event?;
///     println!("{}: {}", event.event_type(), event.data());
/// }
/// # Ok::<(), ssekit::ReadError<std::io::Error>>(())
/// ```
///
/// Going on behind the last event of a response:
///
/// ```
/// use ssekit::{EventReader, Parser};
///
/// # let (body, next_body) = (&b"id: 7\ndata: 1\n\ndata: cut o"[..], &b"data: 2\n\n"[..]);
/// let mut reader = EventReader::new(body);
/// for event in &mut reader {
///     println!("{}", event?.data());
/// }
/// let last_event_id = reader.parser().last_event_id().to_owned();
/// // Unless it is empty, the next request has it as its `Last-Event-ID`.
/// assert_eq!(last_event_id, "7");
/// let reader = EventReader::new(next_body).with_parser(Parser::new().with_last_event_id(last_event_id));
/// for event in reader {
///     assert_eq!(event?.last_event_id(), "7");
/// }
/// # Ok::<(), ssekit::ReadError<std::io::Error>>(())
/// ```
#[derive(Debug)]
pub struct EventReader<R> {
    reader: R,
    parser: Parser,
    ended: bool,
}

impl<R: BufRead> EventReader<R> {
    /// Makes an iterator of the events in what the reader yields.
    #[must_use]
    pub fn new(reader: R) -> Self {
        Self { reader, parser: Parser::new(), ended: false }
    }

    /// Parses with this parser: with its limit, and from its last event ID on.
    #[must_use]
    pub fn with_parser(mut self, parser: Parser) -> Self {
        self.parser = parser;
        self
    }

    /// Gives the reader back, at the byte behind the last event that was handed out.
    #[must_use]
    pub fn into_inner(self) -> R {
        self.reader
    }

    /// The reader.
    #[must_use]
    pub fn get_ref(&self) -> &R {
        &self.reader
    }

    /// The parser, for the last event ID and the reconnection time as they are now.
    ///
    /// Once the iterator has ended, [`buffered`](Parser::buffered) tells whether it did so in the middle of an event.
    #[must_use]
    pub fn parser(&self) -> &Parser {
        &self.parser
    }
}

impl<R: BufRead> Iterator for EventReader<R> {
    type Item = Result<Event, ReadError<io::Error>>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            let bytes = match self.reader.fill_buf() {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.ended = true;
                    return Some(Err(ReadError::Source(error)));
                }
            };
            if bytes.is_empty() {
                self.ended = true;
                break;
            }
            let mut rest = bytes;
            let parsed = self.parser.parse_owned(&mut rest);
            let length = bytes.len() - rest.len();
            self.reader.consume(length);
            if let Some(item) = parsed.transpose() {
                return Some(item.map_err(ReadError::from));
            }
        }
        None
    }
}

impl<R: BufRead> core::iter::FusedIterator for EventReader<R> {}
