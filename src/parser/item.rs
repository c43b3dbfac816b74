//! What a parser hands out beside events.

use core::fmt;
use core::time::Duration;

use crate::event::EventRef;

/// What [`Parser::parse_item`](super::Parser::parse_item) hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Item<'a> {
    /// An event.
    Event(EventRef<'a>),
    /// A comment, which is all that follows its colon; servers send them to keep a connection alive.
    Comment(&'a str),
    /// The reconnection time, from now on.
    Retry(Duration),
}

/// The error of an unfinished block, or a comment, that outgrew the limit.
///
/// The event is lost, or the comment; the stream goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LimitExceeded {
    limit: usize,
}

impl LimitExceeded {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit }
    }

    /// The limit, in bytes.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unfinished event or comment exceeds the limit of {} bytes", self.limit)
    }
}

impl core::error::Error for LimitExceeded {}
