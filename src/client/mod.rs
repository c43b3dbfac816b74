//! The client: drives a [`Connection`](crate::Connection) over a transport.

mod attempt;
mod builder;
#[cfg(feature = "cookies")]
mod cookies;
mod decode;
mod driver;
mod error;
mod fetch;
mod handle;
mod listen;
mod listeners;
mod refusal;
mod request;
#[cfg(feature = "reqwest")]
mod reqwest;
mod signal;
mod source;
#[cfg(feature = "test-util")]
pub mod test_util;
mod trace;
pub mod transport;

use alloc::sync::Arc;
use core::fmt;

pub use self::attempt::Attempt;
pub use self::builder::Builder;
#[cfg(feature = "cookies")]
pub use self::cookies::CookieJar;
pub use self::error::{Error, ErrorKind};
pub use self::handle::SourceHandle;
pub use self::listeners::{ListenerEvent, ListenerId};
#[cfg(feature = "reqwest")]
pub use self::reqwest::ClientBuilder;
pub use self::signal::{Opened, Signal};
pub use self::source::EventSource;
pub use self::transport::BoxError;
use self::transport::Transport;

/// What event sources make their requests with, to be shared by many; cheap to clone.
///
/// Sources of one client share its connection pool, its TLS configuration and, over HTTP/2, a connection to each server.
/// What is more than a server takes on one connection at a time, often a hundred, waits for its turn, as an attempt whose
/// response is [not there yet](Builder::head_timeout). Sources that begin, or come back, while there is no connection yet may
/// begin to make one each: whichever is there first serves them all, and the rest are closed without a request.
///
/// # Examples
///
/// ```no_run
/// # #[cfg(feature = "reqwest")]
/// # async fn run() -> Result<(), ssekit::Error> {
/// use ssekit::Client;
///
/// let client = Client::new()?;
/// let news = client.get("https://example.com/news")?;
/// let prices = client.source("https://example.com/prices").header("authorization", "Bearer …").build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
}

impl Client {
    /// Makes a client with a transport of its own.
    #[must_use]
    pub fn with_transport(transport: impl Transport) -> Self {
        Self { transport: Arc::new(transport) }
    }

    /// Makes an event source for this URL, with every default.
    ///
    /// # Errors
    ///
    /// [`Error`] if the URL cannot be parsed.
    pub fn get(&self, url: impl AsRef<str>) -> Result<EventSource, Error> {
        self.source(url).build()
    }

    /// Begins to make an event source for this URL.
    pub fn source(&self, url: impl AsRef<str>) -> Builder {
        Builder::new(url.as_ref(), Ok(self.clone()))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
