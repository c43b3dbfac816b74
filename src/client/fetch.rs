//! One attempt, over as many hops as it takes.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::request::{Requests, sent};
use super::transport::{Futile, Response};
use super::{Client, Error};
use crate::connection::{Hop, Route};

/// How an attempt ends that brings no response to decide on.
pub(super) enum Unfetched {
    /// It may be tried again.
    Lost(Error),
    /// It makes no sense to try again.
    Failed(Error),
}

/// Sends the requests of attempts.
pub(super) struct Fetcher {
    client: Client,
    requests: Requests,
}

impl Fetcher {
    pub(super) fn new(client: Client, requests: Requests) -> Self {
        Self { client, requests }
    }

    /// Sends requests until a response is no redirect, and says where that was.
    pub(super) async fn fetch(
        self: Arc<Self>,
        mut route: Route,
        last_event_id: Option<Box<str>>,
    ) -> Result<(Route, Response), Unfetched> {
        loop {
            let request = self.requests.next(&route, last_event_id.as_deref()).map_err(Unfetched::Failed)?;
            let response =
                self.client.transport.send(request).await.map_err(|error| match error.downcast::<Futile>() {
                    Ok(futile) => {
                        Unfetched::Failed(Error::unfetchable("request cannot be made", Some(futile.into_inner())))
                    }
                    Err(error) => Unfetched::Lost(Error::request(error)),
                })?;
            let elsewhere = response.url.as_ref().filter(|url| sent(url) != sent(route.url()));
            if let Some(url) = elsewhere {
                let detour = route.handle_detour(url.clone());
                detour.map_err(|failure| Unfetched::Failed(Error::response(failure)))?;
            }
            self.requests.store_cookies(&route, &response.head.headers);
            match route.handle_response(response.head.status, &response.head.headers) {
                Ok(Hop::Arrived) => return Ok((route, response)),
                Ok(Hop::Onward) => {}
                Ok(Hop::TooMany) => return Err(Unfetched::Lost(Error::too_many_redirects())),
                Err(failure) => return Err(Unfetched::Failed(Error::response(failure))),
            }
        }
    }
}
