//! The kinds of errors, and what each says.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

#[cfg(doc)]
use super::Error;
use crate::connection::Failure;
use crate::parser::LimitExceeded;

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Url,
    BaseUrl,
    Builder(&'static str),
    Unfetchable(String),
    Hook,
    Response(Failure),
    ContentEncoding(Box<str>),
    Limit(LimitExceeded),
    Request,
    Body,
    TooManyRedirects,
    HeadTimeout(Duration),
    IdleTimeout(Duration),
    EndOfStream,
    Requested,
    Cancelled,
}

/// What kind of error it is, for whoever counts or sorts them; [`Error`] has a method for each that says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// [`Error::is_builder`]
    Builder,
    /// [`Error::is_unfetchable`]
    Unfetchable,
    /// [`Error::is_hook`]
    Hook,
    /// [`Error::is_transport`]
    Transport,
    /// [`Error::is_timeout`]
    Timeout,
    /// [`Error::is_end_of_stream`]
    EndOfStream,
    /// [`Error::is_status`]
    Status,
    /// [`Error::is_content_type`]
    ContentType,
    /// [`Error::is_content_encoding`]
    ContentEncoding,
    /// [`Error::is_cors`]
    Cors,
    /// [`Error::is_redirect`]
    Redirect,
    /// [`Error::is_limit`]
    Limit,
    /// [`Error::is_requested`]
    Requested,
    /// [`Error::is_cancelled`]
    Cancelled,
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
            Self::Request | Self::Body => ErrorKind::Transport,
            Self::HeadTimeout(_) | Self::IdleTimeout(_) => ErrorKind::Timeout,
            Self::EndOfStream => ErrorKind::EndOfStream,
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
            Self::Request => f.write_str("request failed"),
            Self::Body => f.write_str("connection broke"),
            Self::TooManyRedirects => f.write_str("too many redirects"),
            Self::HeadTimeout(after) => write!(f, "no response came within {after:?}"),
            Self::IdleTimeout(after) => write!(f, "nothing came within {after:?}"),
            Self::EndOfStream => f.write_str("response ended"),
            Self::Requested => f.write_str("another connection was asked for"),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}
