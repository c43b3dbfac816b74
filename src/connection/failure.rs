//! Why a response ends a connection for good.

use alloc::string::String;
use core::fmt;

#[cfg(feature = "client")]
use super::{CorsFailure, RedirectFailure};

/// The error of a response that is no event stream, by its head.
///
/// The standard lets a client [fail the connection][fail] on it, and never try again.
///
/// [fail]: https://html.spec.whatwg.org/multipage/server-sent-events.html#fail-the-connection
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// The status is this one and not 200.
    Status(u16),
    /// The essence of the `Content-Type` is not `text/event-stream`; this is the field's value, empty if it is missing.
    ContentType(String),
    /// It does not pass the CORS check.
    ///
    /// It comes from a client that asks in the name of an origin; a [`Connection`](super::Connection) does not look at it.
    #[cfg(feature = "client")]
    Cors(CorsFailure),
    /// It is a redirect that cannot be followed.
    ///
    /// It comes from a client that follows redirects; to a [`Connection`](super::Connection) they are a
    /// [`Status`](Self::Status).
    #[cfg(feature = "client")]
    Redirect(RedirectFailure),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "response has status {status}, not 200"),
            Self::ContentType(value) if value.is_empty() => {
                f.write_str("response has no content type, not text/event-stream")
            }
            Self::ContentType(value) => write!(f, "response has content type {value:?}, not text/event-stream"),
            #[cfg(feature = "client")]
            Self::Cors(failure) => failure.fmt(f),
            #[cfg(feature = "client")]
            Self::Redirect(failure) => failure.fmt(f),
        }
    }
}

impl core::error::Error for Failure {}
