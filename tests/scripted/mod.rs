//! A transport that follows a script: no socket, and time only as tokio's clock has it.

#![allow(dead_code, reason = "each test file that includes this uses a part of it")]

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use ssekit::transport::{BoxError, Response, ResponseFuture, Transport};
use ssekit::{Client, Error, EventSource, Signal};
use tokio::time::{Instant, sleep};

/// What becomes of one request.
pub enum Attempt {
    /// The request fails.
    Refused,
    /// Nothing ever comes.
    Silent,
    /// A head with this status and these headers, and a body.
    Respond(u16, Vec<(&'static str, String)>, Vec<Part>),
}

/// One thing that a body does; at the end of its parts it ends.
pub enum Part {
    Bytes(Bytes),
    Pause(Duration),
    /// The connection breaks.
    Break,
    /// Nothing more ever comes, and no end either.
    Hang,
}

/// An event stream.
pub fn ok(parts: impl IntoIterator<Item = Part>) -> Attempt {
    Attempt::Respond(200, fields([("content-type", "text/event-stream")]), parts.into_iter().collect())
}

pub fn status(status: u16) -> Attempt {
    Attempt::Respond(status, fields([("content-type", "text/event-stream")]), Vec::new())
}

/// A redirect to there.
pub fn redirect(status: u16, location: &str) -> Attempt {
    Attempt::Respond(status, fields([("location", location)]), Vec::new())
}

/// Headers.
pub fn fields<const N: usize>(fields: [(&'static str, &str); N]) -> Vec<(&'static str, String)> {
    fields.map(|(name, value)| (name, value.to_owned())).into()
}

impl Attempt {
    /// The same with another header.
    pub fn with(self, name: &'static str, value: &str) -> Self {
        match self {
            Self::Respond(status, mut headers, parts) => {
                headers.push((name, value.to_owned()));
                Self::Respond(status, headers, parts)
            }
            other => other,
        }
    }
}

pub fn text(text: &'static str) -> Part {
    Part::Bytes(Bytes::from_static(text.as_bytes()))
}

/// The server: says what becomes of each request.
#[derive(Clone)]
pub struct Script(Arc<Shared>);

struct Shared {
    answer: Mutex<Box<dyn FnMut(&Request) -> Attempt + Send>>,
    requests: Mutex<Vec<Request>>,
    /// Requests and bodies that nobody has dropped yet.
    live: AtomicUsize,
}

/// A request as the transport got it.
#[derive(Clone, Debug)]
pub struct Request {
    pub at: Instant,
    pub method: http::Method,
    pub uri: http::Uri,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl Request {
    pub fn last_event_id(&self) -> Option<&str> {
        self.header("last-event-id")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| std::str::from_utf8(value.as_bytes()).unwrap())
    }
}

impl Script {
    /// Plays one attempt per request, and then refuses.
    pub fn new(attempts: impl IntoIterator<Item = Attempt>) -> Self {
        let mut attempts: VecDeque<Attempt> = attempts.into_iter().collect();
        Self::answering(move |_| attempts.pop_front().unwrap_or(Attempt::Refused))
    }

    /// Asks for an answer to each request.
    pub fn answering(answer: impl FnMut(&Request) -> Attempt + Send + 'static) -> Self {
        Self(Arc::new(Shared {
            answer: Mutex::new(Box::new(answer)),
            requests: Mutex::default(),
            live: AtomicUsize::new(0),
        }))
    }

    pub fn client(&self) -> Client {
        Client::with_transport(self.clone())
    }

    pub fn source(&self) -> EventSource {
        self.client().get("http://example.com/feed").unwrap()
    }

    pub fn requests(&self) -> Vec<Request> {
        self.0.requests.lock().unwrap().clone()
    }

    /// How many requests and bodies are under way.
    pub fn live(&self) -> usize {
        self.0.live.load(Ordering::SeqCst)
    }
}

impl Transport for Script {
    fn send(&self, request: http::Request<Bytes>) -> ResponseFuture {
        let (head, content) = request.into_parts();
        let request =
            Request { at: Instant::now(), method: head.method, uri: head.uri, headers: head.headers, body: content };
        let attempt = (self.0.answer.lock().unwrap())(&request);
        self.0.requests.lock().unwrap().push(request);
        let alive = Alive::new(&self.0);
        Box::pin(async move {
            // Each of these is a point at which whoever waits may go away.
            tokio::task::yield_now().await;
            match attempt {
                Attempt::Refused => Err("connection refused".into()),
                Attempt::Silent => std::future::pending().await,
                Attempt::Respond(status, headers, parts) => {
                    let mut response = http::Response::builder().status(status);
                    for (name, value) in headers {
                        response = response.header(name, value);
                    }
                    Ok(Response::new(response.body(body(parts, alive))?))
                }
            }
        })
    }
}

fn body(parts: Vec<Part>, alive: Alive) -> impl futures_util::Stream<Item = Result<Bytes, BoxError>> + Send {
    let state = (VecDeque::from(parts), Bytes::new(), alive);
    stream::unfold(state, |(mut parts, last, alive)| async move {
        assert!(last.is_empty() || last.is_unique(), "the last chunk is still held when the next one is asked for");
        loop {
            tokio::task::yield_now().await;
            let item = match parts.pop_front()? {
                Part::Bytes(bytes) => Ok(Bytes::from(bytes.to_vec())),
                Part::Pause(time) => {
                    sleep(time).await;
                    continue;
                }
                Part::Break => Err("connection reset".into()),
                Part::Hang => std::future::pending().await,
            };
            let last = item.as_ref().cloned().unwrap_or_default();
            return Some((item, (parts, last, alive)));
        }
    })
}

/// Counts itself among the live for as long as it lives.
struct Alive(Arc<Shared>);

impl Alive {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.live.fetch_add(1, Ordering::SeqCst);
        Self(shared.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A signal in one line, without its times.
pub fn told(signal: &Signal) -> String {
    match signal {
        Signal::Opened(opened) => format!("open {}", opened.status()),
        Signal::Message(event) => format!("{} {:?} #{}", event.event_type(), event.data(), event.last_event_id()),
        Signal::Comment(comment) => format!(":{comment}"),
        Signal::LimitExceeded(error) => error.to_string(),
        Signal::LastEventIdNotSent(error) => error.to_string(),
        Signal::Reconnecting { error, .. } => format!("lost: {error:#}"),
        Signal::Ended => "ended".to_owned(),
        other => panic!("{other:?}"),
    }
}

/// Everything that is told up to the end, which may be a failure.
pub async fn everything(source: &mut EventSource) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        match source.signal().await {
            Ok(Some(signal)) => all.push(told(&signal)),
            Ok(None) => return all,
            Err(error) => all.push(format!("failed: {error:#}")),
        }
    }
}

/// Every kind that an error says it is of.
pub fn kinds(error: &Error) -> Vec<&'static str> {
    let all: [(fn(&Error) -> bool, &str); 14] = [
        (Error::is_builder, "builder"),
        (Error::is_unfetchable, "unfetchable"),
        (Error::is_status, "status"),
        (Error::is_content_type, "content type"),
        (Error::is_cors, "CORS"),
        (Error::is_redirect, "redirect"),
        (Error::is_content_encoding, "content encoding"),
        (Error::is_limit, "limit"),
        (Error::is_transport, "transport"),
        (Error::is_timeout, "timeout"),
        (Error::is_end_of_stream, "end of stream"),
        (Error::is_hook, "hook"),
        (Error::is_requested, "requested"),
        (Error::is_cancelled, "cancelled"),
    ];
    all.into_iter().filter_map(|(is, kind)| is(error).then_some(kind)).collect()
}
