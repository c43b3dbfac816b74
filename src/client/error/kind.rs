//! The kinds of errors, and what each says.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

#[cfg(doc)]
use super::Error;
use crate::connection::Failure;
use crate::parser::LimitExceeded;

#[derive(Clone)]
pub(super) enum Kind {
    Url,
    BaseUrl,
    Builder(&'static str),
    Unfetchable(String),
    Hook,
    Response(Failure),
    ContentEncoding(Box<str>),
    Limit(LimitExceeded),
    Connect,
    Request,
    Body,
    TooManyRedirects,
    HookTimeout(Duration),
    HeadTimeout(Duration),
    IdleTimeout(Duration),
    EndOfStream(Ending),
    Requested,
    Cancelled,
}

/// How a response ended without an error.
#[derive(Clone, Copy)]
pub(in crate::client) enum Ending {
    Whole,
    /// An event that was to be the end has not come.
    BeforeEndMarker,
    InEvent,
}

/// What kind of error it is, for whoever counts or sorts them; [`Error`] has a method for each that says more.
///
/// It shows as one or two words in lower case, such as `end of stream`, to label a metric with. Its order is that in which
/// they are listed, and may change where one is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The program asked for what cannot be, as [`Error::is_builder`] says.
    Builder,
    /// The URL can be parsed, but not be fetched: [`Error::is_unfetchable`].
    Unfetchable,
    /// The hook before an attempt failed: [`Error::is_hook`].
    Hook,
    /// The transport failed, before the response or within it: [`Error::is_transport`].
    Transport,
    /// It took too long, to the head of the response or to its next byte: [`Error::is_timeout`].
    Timeout,
    /// The response ended, too soon or as it should: [`Error::is_end_of_stream`].
    EndOfStream,
    /// The response had a status other than 200 and 204: [`Error::is_status`].
    Status,
    /// The response was no event stream by its content type: [`Error::is_content_type`].
    ContentType,
    /// The response was compressed in a way that was not asked for: [`Error::is_content_encoding`].
    ContentEncoding,
    /// The server does not let this origin have its response: [`Error::is_cors`].
    Cors,
    /// A redirect could not be followed, or there were too many: [`Error::is_redirect`].
    Redirect,
    /// An event outgrew the limit, in a source that was told to fail then: [`Error::is_limit`].
    Limit,
    /// A handle asked for another connection: [`Error::is_requested`].
    Requested,
    /// The source was cancelled from outside: [`Error::is_cancelled`].
    Cancelled,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Builder => "builder",
            Self::Unfetchable => "unfetchable",
            Self::Hook => "hook",
            Self::Transport => "transport",
            Self::Timeout => "timeout",
            Self::EndOfStream => "end of stream",
            Self::Status => "status",
            Self::ContentType => "content type",
            Self::ContentEncoding => "content encoding",
            Self::Cors => "cors",
            Self::Redirect => "redirect",
            Self::Limit => "limit",
            Self::Requested => "requested",
            Self::Cancelled => "cancelled",
        })
    }
}

impl Kind {
    pub(super) fn public(&self) -> ErrorKind {
        match self {
            Self::Url | Self::BaseUrl | Self::Builder(_) => ErrorKind::Builder,
            Self::Unfetchable(_) => ErrorKind::Unfetchable,
            Self::Hook => ErrorKind::Hook,
            Self::Response(Failure::Status(_)) => ErrorKind::Status,
            Self::Response(Failure::ContentType(_)) => ErrorKind::ContentType,
            Self::Response(Failure::Cors(_)) => ErrorKind::Cors,
            Self::Response(Failure::Redirect(_)) | Self::TooManyRedirects => ErrorKind::Redirect,
            Self::ContentEncoding(_) => ErrorKind::ContentEncoding,
            Self::Limit(_) => ErrorKind::Limit,
            Self::Connect | Self::Request | Self::Body => ErrorKind::Transport,
            Self::HookTimeout(_) | Self::HeadTimeout(_) | Self::IdleTimeout(_) => ErrorKind::Timeout,
            Self::EndOfStream(_) => ErrorKind::EndOfStream,
            Self::Requested => ErrorKind::Requested,
            Self::Cancelled => ErrorKind::Cancelled,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("URL cannot be parsed"),
            Self::BaseUrl => f.write_str("base URL cannot be parsed"),
            Self::Builder(what) => f.write_str(what),
            Self::Unfetchable(why) => f.write_str(why),
            Self::Hook => f.write_str("hook before the attempt failed"),
            Self::Response(failure) => failure.fmt(f),
            Self::ContentEncoding(encoding) => {
                write!(f, "response is encoded as {encoding:?}, which was not asked for")
            }
            Self::Limit(error) => error.fmt(f),
            Self::Connect => f.write_str("cannot connect"),
            Self::Request => f.write_str("request failed"),
            Self::Body => f.write_str("connection broke"),
            Self::TooManyRedirects => f.write_str("too many redirects"),
            Self::HookTimeout(after) => write!(f, "hook before the attempt took longer than {after:?}"),
            Self::HeadTimeout(after) => write!(f, "no response came within {after:?}"),
            Self::IdleTimeout(after) => write!(f, "nothing came within {after:?}"),
            Self::EndOfStream(Ending::Whole) => f.write_str("response ended"),
            Self::EndOfStream(Ending::BeforeEndMarker) => f.write_str("response ended before its end marker"),
            Self::EndOfStream(Ending::InEvent) => f.write_str("response ended in the middle of an event"),
            Self::Requested => f.write_str("another connection was asked for"),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}
