//! One attempt, over as many hops as it takes.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};

use http::HeaderMap;

use super::attempt::{Attempt, Hook};
use super::decode::{check, decode};
use super::error::Refused;
use super::request::{Requests, sent, without_userinfo};
use super::signal::guarded;
use super::transport::{BoxError, Futile, Response, Unconnected};
use super::{Client, Error};
use crate::connection::{Failure, Hop, Route};

/// How an attempt ends that brings no response to decide on.
pub(super) enum Unfetched {
    /// It may be tried again; with how many requests it took.
    Lost(Error, u32),
    /// It makes no sense to try again.
    Failed(Error),
}

/// Sends the requests of attempts.
pub(super) struct Fetcher {
    client: Client,
    requests: Requests,
    hook: Option<Hook>,
    /// Whether the hook is asked, and nothing was sent yet.
    is_in_hook: AtomicBool,
}

/// What an attempt knows of those before it.
pub(super) struct Past {
    pub(super) number: u32,
    pub(super) last_event_id: Option<Box<str>>,
    pub(super) last_error: Option<Error>,
}

impl Fetcher {
    pub(super) fn new(client: Client, requests: Requests, hook: Option<Hook>) -> Self {
        Self { client, requests, hook, is_in_hook: AtomicBool::new(false) }
    }

    /// Whether the attempt that is under way waits for the hook still.
    pub(super) fn is_in_hook(&self) -> bool {
        self.is_in_hook.load(Ordering::Relaxed)
    }

    /// Refuses a response whose body could not be decoded.
    pub(super) fn check_encoding(&self, headers: &HeaderMap) -> Result<(), Error> {
        check(headers, self.requests.compression)
    }

    /// Sends requests until a response is no redirect, and says where that was.
    pub(super) async fn fetch(self: Arc<Self>, mut route: Route, past: Past) -> Result<(Route, Response), Unfetched> {
        let Past { number, last_event_id, last_error } = past;
        let Requests { headers, body, .. } = &self.requests;
        let (mut headers, mut body) = (headers.clone(), body.clone());
        if let Some(hook) = &self.hook {
            let (url, last_event_id) = (without_userinfo(route.url()), last_event_id.clone());
            let attempt = Attempt { number, url, is_moved: false, last_event_id, last_error, headers, body };
            self.is_in_hook.store(true, Ordering::Relaxed);
            let changed = hook(attempt).await;
            self.is_in_hook.store(false, Ordering::Relaxed);
            let changed = changed.map_err(|error| Unfetched::Lost(Error::hook(error), 1))?;
            (headers, body) = (changed.headers, changed.body);
            if changed.is_moved {
                route = route.moved(changed.url);
            }
        }
        loop {
            let request = self.requests.next(&route, &headers, &body, last_event_id.as_deref());
            let sent_to = sent(route.url());
            let response = self.client.transport.send(request.map_err(Unfetched::Failed)?).await;
            let response = response.map_err(|error| unfetched(error, route.requests()))?;
            if let Some(url) = response.url.as_ref().filter(|url| sent(url) != sent_to) {
                let detour = route.handle_detour(url.clone());
                detour.map_err(|failure| Unfetched::Failed(Error::response(failure)))?;
            }
            self.requests.store_cookies(&route, &response.head.headers);
            match route.handle_response(response.head.status, &response.head.headers) {
                Ok(Hop::Arrived) => return Ok((route, decode(response, self.requests.compression))),
                Ok(Hop::Onward) => {}
                Ok(Hop::TooMany) => {
                    let error = Error::too_many_redirects().with_response(refused(response));
                    return Err(Unfetched::Lost(error, route.requests()));
                }
                // What CORS keeps from the program, an error does not tell it either.
                Err(failure @ Failure::Cors(_)) => return Err(Unfetched::Failed(Error::response(failure))),
                Err(failure) => {
                    return Err(Unfetched::Failed(Error::response(failure).with_response(refused(response))));
                }
            }
        }
    }
}

/// Sorts what a transport says.
fn unfetched(error: BoxError, requests: u32) -> Unfetched {
    let error = match error.downcast::<Futile>() {
        Ok(futile) => {
            return Unfetched::Failed(Error::unfetchable("request cannot be made", Some(futile.into_inner())));
        }
        Err(error) => error,
    };
    let error = match error.downcast::<Unconnected>() {
        Ok(error) => Error::connect(error.into_inner()),
        Err(error) => Error::request(error),
    };
    Unfetched::Lost(error, requests)
}

fn refused(response: Response) -> Refused {
    let head = response.head;
    Refused { status: head.status, headers: guarded(head.headers), body: None }
}
