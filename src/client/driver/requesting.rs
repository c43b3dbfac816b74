//! What a driver does while there is no connection yet: it asks for one, and looks at the response.

use alloc::boxed::Box;
use core::task::{Context, Poll, ready};
use std::time::SystemTime;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::response::Parts;

use super::{Activity, Deadline, Driver, Told};
use crate::client::error::{Error, Refused};
use crate::client::fetch::{Past, Unfetched};
use crate::client::refusal;
use crate::client::request::without_userinfo;
use crate::client::signal::{Opened, Signal, guarded};
use crate::client::transport::Response;
use crate::connection::{Failure, Route, Step};

impl Driver {
    pub(super) fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<Told> {
        let (response, deadline) = match &mut self.activity {
            Activity::Requesting { response, deadline } => (response, deadline),
            Activity::Refusing(reading) => {
                let (failure, head, body) = ready!(reading.as_mut().poll(cx));
                return Poll::Ready(Some(self.take_refusal(failure, head, body)));
            }
            _ => return Poll::Ready(self.begin_attempt()),
        };
        let error = match response.as_mut().poll(cx) {
            Poll::Ready(Ok((route, response))) => return Poll::Ready(self.take_response(route, response)),
            Poll::Ready(Err(Unfetched::Failed(error))) => return Poll::Ready(Some(Err(self.fail(error)))),
            Poll::Ready(Err(Unfetched::Lost(error, requests))) => {
                self.connection.handle_requests(requests);
                error
            }
            Poll::Pending => {
                let Some(deadline) = deadline else { return Poll::Pending };
                ready!(deadline.as_mut().poll(cx));
                let timeout = self.head_timeout.unwrap_or_default();
                if self.fetcher.is_in_hook() { Error::hook_timeout(timeout) } else { Error::head_timeout(timeout) }
            }
        };
        self.itinerary.handle_lost();
        Poll::Ready(Some(self.lose(error)))
    }

    fn begin_attempt(&mut self) -> Told {
        let last_event_id: Option<Box<str>> = match self.connection.last_event_id_header() {
            Err(error) if !self.told_not_sent => {
                self.told_not_sent = true;
                return Some(Ok(Signal::LastEventIdNotSent(error)));
            }
            header => header.unwrap_or_default().map(Into::into),
        };
        self.pass_time();
        self.told_not_sent = false;
        self.connection.handle_requests(1);
        self.attempts = self.attempts.saturating_add(1);
        self.trace.begin(self.attempts, last_event_id.is_some());
        let past = Past { number: self.attempts, last_event_id, last_error: self.last_error.take() };
        self.activity = Activity::Requesting {
            response: Box::pin(self.fetcher.clone().fetch(self.itinerary.begin(), past)),
            deadline: self.head_timeout.map(Deadline::after),
        };
        None
    }

    /// Decides on a response; one that is refused has its body read before that is told.
    fn take_response(&mut self, route: Route, response: Response) -> Told {
        self.connection.handle_requests(route.requests());
        let (status, headers) = (response.head.status.as_u16(), &response.head.headers);
        if let Some(failure) = self.connection.refuse(status, headers.get_all(CONTENT_TYPE)) {
            let reading = refusal::read(response, self.error_body_limit, self.error_body_timeout);
            self.activity = Activity::Refusing(Box::pin(async move {
                let (head, body) = reading.await;
                (failure, head, body)
            }));
            return None;
        }
        Some(self.open(route, response))
    }

    fn take_refusal(&mut self, failure: Failure, head: Parts, body: Bytes) -> Result<Signal, Error> {
        self.pass_time();
        let Parts { status, headers, .. } = head;
        if let Some(time) = refusal::retry_after(&headers, SystemTime::now()) {
            self.connection.handle_retry_after(time);
        }
        let refused = Refused { status, headers: guarded(headers), body: Some(body) };
        let error = Error::response(failure).with_response(refused).at(self.attempts, None);
        let given_up = self.connection.handle_refusal(status.as_u16(), Some(&error));
        self.tell_loss(error, given_up)
    }

    fn open(&mut self, route: Route, response: Response) -> Result<Signal, Error> {
        let Response { head, body, .. } = response;
        self.pass_time();
        if let Err(failure) = self.connection.handle_response(head.status.as_u16(), head.headers.get_all(CONTENT_TYPE))
        {
            return Err(self.fail(Error::response(failure)));
        }
        if self.connection.step() != Step::Read {
            return Ok(self.finish());
        }
        if let Err(error) = self.fetcher.check_encoding(&head.headers) {
            let refused = Refused { status: head.status, headers: guarded(head.headers), body: None };
            return Err(self.fail(error.with_response(refused)));
        }
        self.connection.set_origin(&route.url().origin().ascii_serialization());
        let url = without_userinfo(route.url());
        self.itinerary.handle_connected(route);
        self.activity = Activity::Reading { body, deadline: None };
        Ok(Signal::Opened(Opened::new(url, head.status, head.headers)))
    }
}
