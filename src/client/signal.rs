//! What an event source tells.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use url::Url;

use super::Error;
use crate::connection::LastEventIdNotSent;
use crate::event::Event;
use crate::parser::LimitExceeded;

/// Something that happened to an event source, in the order in which it did.
///
/// None of these is a [failure](crate::retry#losses-and-failures): that is the `Err` beside them, after which nothing follows.
///
/// Code that takes signals is tested with a source whose server is a `test_util::Script` (feature `test-util`), on tokio's
/// paused clock, for which waits take no time.
#[derive(Debug)]
#[non_exhaustive]
pub enum Signal {
    /// A connection was made: the readyState is OPEN from here on. A page gets an `open` event.
    Opened(Opened),
    /// An event came.
    Message(Event),
    /// A comment came: all that followed its colon. It is told to whoever [asked](crate::Builder::comments) for comments.
    Comment(String),
    /// An event outgrew the limit and is lost; the stream goes on.
    LimitExceeded(LimitExceeded),
    /// The next request goes without a `Last-Event-ID`, since it cannot carry the one there is.
    LastEventIdNotSent(LastEventIdNotSent),
    /// The connection was [lost](crate::retry#losses-and-failures), or could not be made: the readyState is CONNECTING from here on. A page gets an
    /// `error` event.
    ///
    /// The source comes back by itself.
    #[non_exhaustive]
    Reconnecting {
        /// Why it was lost.
        error: Error,
        /// How long the source waits before the next attempt, from now on.
        delay: Duration,
    },
    /// There is nothing more to come, and nothing wrong: the readyState is CLOSED. A page gets an `error` event. Not told
    /// after `close`, which is silent.
    ///
    /// The server said so, by a status of 204 or by an event that is [the end](crate::Builder::end_on_data), or it ended its
    /// response and the source is not to come back after it ([never](crate::retry::Policy::never), or not
    /// [then](crate::retry::Policy::before_open)).
    Ended,
}

// What each of them holds begins at a word, so that their tag is one as well. A tag of a byte has events moved from the byte
// behind it on, across what was just stored, which the processor has to wait for: 4 ns an event, a twentieth of all that it takes.
const _: () = assert!(align_of::<LastEventIdNotSent>() == align_of::<usize>(), "a tag is a word");

/// The event of a [`Signal::Message`], and of no other.
impl From<Signal> for Option<Event> {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Message(event) => Some(event),
            _ => None,
        }
    }
}

/// The head of the response that opened a connection.
#[derive(Clone)]
pub struct Opened(Box<Head>);

#[derive(Clone)]
struct Head {
    url: Url,
    status: StatusCode,
    headers: HeaderMap,
}

impl Opened {
    pub(super) fn new(url: Url, status: StatusCode, headers: HeaderMap) -> Self {
        Self(Box::new(Head { url, status, headers: guarded(headers) }))
    }

    /// The URL that answered: that of the source, or where redirects led, without userinfo.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0.url
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The headers of the response.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }
}

/// Without headers and query, in which there may be secrets.
impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("url", &Shown(self.url()))
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

/// The headers of a response, with what is secret in them marked as such, so that it is not shown.
pub(super) fn guarded(mut headers: HeaderMap) -> HeaderMap {
    for (_, cookie) in headers.iter_mut().filter(|(name, _)| *name == SET_COOKIE) {
        cookie.set_sensitive(true);
    }
    headers
}

/// A URL as it may be shown: without userinfo, query and fragment, in which there may be secrets.
pub(super) struct Shown<'a>(pub(super) &'a Url);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.has_host() {
            write!(f, "{}{}", self.0.origin().ascii_serialization(), self.0.path())
        } else {
            write!(f, "{}:", self.0.scheme())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn what_is_shown_of_a_url() {
        for (url, shown) in [
            ("https://u:p@example.com:444/feed?token=t#f", "https://example.com:444/feed"),
            ("mailto:someone@example.com", "mailto:"),
        ] {
            assert_eq!(format!("{:?}", Shown(&Url::parse(url).unwrap())), shown);
        }
    }
}
