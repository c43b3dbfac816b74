//! The body of a response, part by part.

use core::future::pending;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::boxed::Box;
use std::vec::{IntoIter, Vec};

use bytes::Bytes;
use futures_core::Stream;
use tokio::task::yield_now;
use tokio::time::sleep;

use super::answer::{Part, Wait, What};
use super::script::Alive;
use super::transport::BoxError;

pub(super) struct Body {
    parts: IntoIter<Part>,
    /// What has to pass before the next part.
    wait: Option<Wait>,
    /// The last chunk. Who asks for the next one has to have let go of it, so that a transport has its buffer back: the
    /// crate's own tests see to it.
    #[cfg(test)]
    last: Option<Bytes>,
    _alive: Alive,
}

impl Body {
    pub(super) fn new(parts: Vec<Part>, alive: Alive) -> Self {
        Self {
            parts: parts.into_iter(),
            wait: Some(Box::pin(yield_now())),
            #[cfg(test)]
            last: None,
            _alive: alive,
        }
    }
}

impl Stream for Body {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        #[cfg(test)]
        assert!(
            self.last.as_ref().is_none_or(Bytes::is_unique),
            "the last chunk is held when the next one is asked for"
        );
        loop {
            if let Some(wait) = &mut self.wait {
                ready!(wait.as_mut().poll(cx));
            }
            // Each of these is a point at which whoever waits may go away.
            self.wait = Some(Box::pin(yield_now()));
            let Some(Part(what)) = self.parts.next() else { break };
            match what {
                What::Bytes(bytes) => {
                    #[cfg(test)]
                    let bytes = self.last.insert(Bytes::copy_from_slice(&bytes)).clone();
                    return Poll::Ready(Some(Ok(bytes)));
                }
                What::Pause(time) => {
                    self.wait = Some(Box::pin(async move {
                        sleep(time).await;
                        yield_now().await;
                    }));
                }
                What::Until(until) => self.wait = Some(until.into_wait()),
                // Nobody asks a body that broke for more.
                What::Error(error) => return Poll::Ready(Some(Err(error))),
                What::Hang => self.wait = Some(Box::pin(pending())),
            }
        }
        self.wait = None;
        Poll::Ready(None)
    }
}
