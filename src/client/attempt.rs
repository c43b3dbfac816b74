//! What a hook gets to see and to change before an attempt.

use alloc::boxed::Box;
use core::fmt;
use core::future::Future;
use core::pin::Pin;

use bytes::Bytes;
use http::HeaderMap;
use url::Url;

use super::Error;
use super::signal::Shown;
use super::transport::BoxError;

/// An attempt to connect that is about to be made, for a [hook](super::Builder::before_attempt) to change.
pub struct Attempt {
    pub(super) number: u32,
    pub(super) url: Url,
    /// Whether the hook has named another URL.
    pub(super) is_moved: bool,
    pub(super) last_event_id: Option<Box<str>>,
    pub(super) last_error: Option<Error>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Attempt {
    /// Sets the URL of this attempt, which counts as the program's own: all headers go there, whatever redirects came before.
    ///
    /// The next attempt begins by [the same rule](super::Builder::reconnection_url) as ever, and the hook is asked again.
    pub fn set_url(&mut self, url: Url) {
        self.url = url;
        self.is_moved = true;
    }

    /// Sets the body of this attempt.
    pub fn set_body(&mut self, body: impl Into<Bytes>) {
        self.body = body.into();
    }

    /// The headers that the user set, to be changed for this attempt.
    ///
    /// All but a few harmless ones are marked sensitive when they are sent, and none but those goes to
    /// [another origin](super::Builder::header), be it that a redirect led there on an attempt before: mind the
    /// [URL](Self::url). `Last-Event-ID`, `Accept-Encoding` and what describes the length of a body are the source's, and left
    /// out, and so is `Origin` where the source [has one](super::Builder::origin).
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// Which attempt of the source it is, from 1 on.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Where it goes.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The `Last-Event-ID` that it reports, if it does.
    #[must_use]
    pub fn last_event_id(&self) -> Option<&str> {
        self.last_event_id.as_deref()
    }

    /// Why the last one was lost, if it was.
    #[must_use]
    pub fn last_error(&self) -> Option<&Error> {
        self.last_error.as_ref()
    }

    /// The headers that the user set.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

/// Without headers, body and the URL's query, in which there may be secrets.
impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("number", &self.number)
            .field("url", &Shown(&self.url))
            .field("last_event_id", &self.last_event_id)
            .finish_non_exhaustive()
    }
}

pub(super) type Hook = Box<dyn Fn(Attempt) -> Hooked + Send + Sync>;
pub(super) type Hooked = Pin<Box<dyn Future<Output = Result<Attempt, BoxError>> + Send>>;
