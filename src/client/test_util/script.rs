//! The server of a script, and what it was asked.

use core::fmt;
use core::future::pending;
use core::str;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::boxed::Box;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::vec::Vec;

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

use super::Client;
use super::answer::{Answer, Outcome};
use super::body::Body;
use super::transport::{Response, ResponseFuture, Transport};

/// A server that follows a script, and remembers what it was asked; cheap to clone, and the clones are one server.
///
/// It is a transport: [`client`](Self::client) makes the client whose sources it answers, whatever their URLs.
///
/// Between a request and its answer, and before each part of a body, it gives way once, as a socket does: each of these is
/// a point at which whoever waits may go away.
///
/// # Panics
///
/// Where an [`Answer`] or a [`Part`](super::Part) takes time, its future or its body panics outside of a tokio runtime with
/// timers, as tokio's own do.
#[derive(Clone)]
pub struct Script(Arc<Shared>);

struct Shared {
    answering: Mutex<Box<dyn FnMut(&Request) -> Answer + Send>>,
    requests: Mutex<Vec<Request>>,
    live: AtomicUsize,
}

impl Script {
    /// Makes a server that gives one answer per request, and 204 once there are none left, which ends a source.
    pub fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let mut answers = answers.into_iter().collect::<Vec<_>>().into_iter();
        Self::answering(move |_| answers.next().unwrap_or_else(|| Answer::status(204)))
    }

    /// Makes a server that asks for an answer to each request, one at a time.
    ///
    /// [`requests`](Self::requests) has the request by then. A panic, such as that of an assertion, goes on to whoever polls
    /// the source. Meanwhile this server takes no other request: one that is sent from in there waits for ever, or panics.
    ///
    /// # Examples
    ///
    /// ```
    /// use ssekit::test_util::{Answer, Part, Script};
    ///
    /// // A feed that replays: each request gets the event behind the one that it names.
    /// let script = Script::answering(|request| {
    ///     let number = request.last_event_id().map_or(0, |id| id.parse().unwrap_or(0)) + 1;
    ///     Answer::stream([Part::text(format!("id: {number}\ndata: event {number}\n\n"))])
    /// });
    /// ```
    pub fn answering(answer: impl FnMut(&Request) -> Answer + Send + 'static) -> Self {
        Self(Arc::new(Shared {
            answering: Mutex::new(Box::new(answer)),
            requests: Mutex::default(),
            live: AtomicUsize::new(0),
        }))
    }

    /// Makes a client whose requests this server answers.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::with_transport(self.clone())
    }

    /// The requests so far, in their order.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.0.requests).clone()
    }

    /// How many requests and bodies nobody has dropped yet, which is how many connections there would be.
    #[must_use]
    pub fn live(&self) -> usize {
        self.0.live.load(Ordering::SeqCst)
    }
}

impl Transport for Script {
    fn send(&self, request: http::Request<Bytes>) -> ResponseFuture {
        let request = Request { request, sent_at: Instant::now() };
        let answer = {
            // Held until there is an answer, so that the answers come in the order of the requests.
            let mut answering = lock(&self.0.answering);
            lock(&self.0.requests).push(request.clone());
            answering(&request)
        };
        let alive = Alive::new(&self.0);
        Box::pin(async move {
            let alive = alive;
            yield_now().await;
            if answer.delay > Duration::ZERO {
                sleep(answer.delay).await;
            }
            match answer.outcome {
                Outcome::Response(response) => Ok(Response::new(response.map(|parts| Body::new(parts, alive)))),
                Outcome::Error(error) => Err(error),
                Outcome::Silent => pending().await,
            }
        })
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").field("requests", &self.requests()).field("live", &self.live()).finish_non_exhaustive()
    }
}

/// A request as the transport got it.
///
/// Its `Debug` hides headers that are marked as sensitive, and shows the query and the body: for a test they are no secrets.
#[derive(Clone, Debug)]
pub struct Request {
    request: http::Request<Bytes>,
    sent_at: Instant,
}

impl Request {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        self.request.method()
    }

    /// The URL, with scheme and host.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        self.request.uri()
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// The first header of this name, if there is one and it is UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        str::from_utf8(self.headers().get(name)?.as_bytes()).ok()
    }

    /// The event behind which the request wants to go on, if it says so.
    #[must_use]
    pub fn last_event_id(&self) -> Option<&str> {
        self.header("last-event-id")
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        self.request.body()
    }

    /// When it was sent, on tokio's clock.
    #[must_use]
    pub fn sent_at(&self) -> Instant {
        self.sent_at
    }
}

/// Counts as live for as long as it lives.
pub(super) struct Alive(Arc<Shared>);

impl Alive {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.live.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(shared))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What a panic leaves behind is whole: it came from the closure of a test, between two changes.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
