//! An event source over an HTTP client of your own, here hyper: that takes one `Transport`, and no reqwest.
//!
//! ```text
//! cargo run --example bring_your_own_http --no-default-features --features client
//! ```
//!
//! It follows a demo feed that it serves itself on loopback, for four messages. Each of them ends its response, so that the
//! source has to come back three times, which it says.

// What the server example serves; this has it on board for the demo.
#[path = "server/feeds.rs"]
mod feeds;

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use ssekit::transport::{BoxError, Futile, Response, ResponseFuture, Transport, Unconnected};
use ssekit::{Client, Signal};

/// HTTP by hyper, without TLS: it neither follows redirects nor decompresses, which is as a source wants it.
struct Hyper(legacy::Client<HttpConnector, Full<Bytes>>);

impl Hyper {
    fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(Duration::from_secs(30)));
        // A stream may be silent for as long as it likes; this asks whether there is still somebody.
        connector.set_keepalive(Some(Duration::from_secs(15)));
        Self(legacy::Client::builder(TokioExecutor::new()).build(connector))
    }
}

impl Transport for Hyper {
    fn send(&self, request: http::Request<Bytes>) -> ResponseFuture {
        if request.uri().scheme_str() != Some("http") {
            // Any other error is a loss, after which the source tries again. This one will not get better.
            return Box::pin(async { Err(Futile::new("there is no TLS").into()) });
        }
        let response = self.0.request(request.map(Full::new));
        Box::pin(async move {
            // Who would not do a thing twice may want to know that nothing was sent.
            let sorted = |error: legacy::Error| {
                if error.is_connect() { BoxError::from(Unconnected::new(error)) } else { error.into() }
            };
            let response = response.await.map_err(sorted)?;
            Ok(Response::new(response.map(BodyExt::into_data_stream)))
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let server = feeds::Server::bind(0).await?;
    let url = server.url(feeds::YEAR);
    tokio::spawn(server.serve());

    // The feed asks for three seconds before each connection, which is too long for a demo.
    let source = Client::with_transport(Hyper::new()).source(url).max_reconnection_time(Duration::from_millis(200));
    let mut source = source.build()?;
    let mut messages = 0;
    while messages < 4 {
        match source.signal().await? {
            Some(Signal::Opened(opened)) => println!("open {} ({})", opened.url(), opened.status()),
            Some(Signal::Message(event)) => {
                messages += 1;
                println!("{} #{}: {}", event.event_type(), event.last_event_id(), event.data());
            }
            Some(Signal::Reconnecting { error, delay, .. }) => println!("lost: {error:#}; back in {delay:?}"),
            Some(other) => println!("{other:?}"),
            None => break,
        }
    }
    Ok(())
}
