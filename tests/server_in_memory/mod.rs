//! A transport without sockets that remembers nothing but how many connections there are: what it holds does not grow.

#![allow(dead_code, reason = "each test file that includes this uses a part of it")]

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use ssekit::transport::{BoxError, Response, ResponseFuture, Transport, Unconnected};
use tokio::time::sleep;

/// What becomes of a request.
pub enum Answer {
    Refused,
    /// An event stream that breaks after so long.
    Stream {
        text: String,
        lasts: Duration,
    },
    /// An event stream without an end.
    Endless {
        text: String,
    },
}

type Answering = dyn FnMut(usize) -> Answer + Send;

#[derive(Clone)]
pub struct InMemory {
    /// With how many requests there have been.
    answering: Arc<Mutex<(usize, Box<Answering>)>>,
    live: Arc<AtomicUsize>,
}

struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl InMemory {
    /// Answers each request, by its number.
    pub fn new(answer: impl FnMut(usize) -> Answer + Send + 'static) -> Self {
        Self { answering: Arc::new(Mutex::new((0, Box::new(answer)))), live: Arc::default() }
    }

    /// How many requests and bodies there are.
    pub fn live(&self) -> usize {
        self.live.load(Ordering::SeqCst)
    }

    pub fn requests(&self) -> usize {
        self.answering.lock().unwrap().0
    }
}

impl Transport for InMemory {
    fn send(&self, _: http::Request<Bytes>) -> ResponseFuture {
        let answer = {
            let (number, answering) = &mut *self.answering.lock().unwrap();
            *number += 1;
            answering(*number - 1)
        };
        self.live.fetch_add(1, Ordering::SeqCst);
        let alive = Alive(self.live.clone());
        Box::pin(async move {
            let (text, lasts) = match answer {
                Answer::Refused => {
                    return Err(Unconnected::new(std::io::Error::from(std::io::ErrorKind::ConnectionRefused)).into());
                }
                Answer::Stream { text, lasts } => (text, Some(lasts)),
                Answer::Endless { text } => (text, None),
            };
            let body = stream::unfold((Some(text), alive), move |(text, alive)| async move {
                if let Some(text) = text {
                    return Some((Ok::<_, BoxError>(Bytes::from(text)), (None, alive)));
                }
                match lasts {
                    Some(lasts) => sleep(lasts).await,
                    None => pending().await,
                }
                Some((Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()), (None, alive)))
            });
            Ok(Response::new(http::Response::builder().header("content-type", "text/event-stream").body(body)?))
        })
    }
}
