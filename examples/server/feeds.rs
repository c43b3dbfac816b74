//! The feeds of the example server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, HeaderMap};
use axum::response::IntoResponse;
use axum::routing::get;
use futures_util::stream;
use serde_json::json;
use ssekit::Frame;
use tokio::net::TcpListener;
use tokio::time::{MissedTickBehavior, interval};

/// One named event, an id and a reconnection time, and then the end: a client has to come back for each event.
pub const YEAR: &str = "/year";
/// A ping every second, and now and then a message without a name.
pub const PING: &str = "/ping";

pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens on loopback, on this port or, if it is 0, on a free one.
    pub async fn bind(port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn serve(self) -> std::io::Result<()> {
        let app = Router::new().route("/", get(year)).route(YEAR, get(year)).route(PING, get(ping));
        axum::serve(self.listener, app).await
    }
}

/// Written by hand, as tutorials have it: without spaces behind the colons.
///
/// One counter goes up with each request, whoever makes it, and always beyond the event that the client saw last.
async fn year(headers: HeaderMap) -> impl IntoResponse {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let seen: u32 = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or(0);
    LAST.fetch_max(seen, Ordering::Relaxed);
    let last = u64::from(LAST.fetch_add(1, Ordering::Relaxed));
    let (year, id) = (1970 + last, 1 + last);
    event_stream(format!(":one event per request\nevent:testEvent1\ndata:{{\"year\":{year}}}\nid:{id}\nretry:3000\n\n"))
}

async fn ping() -> impl IntoResponse {
    let mut every_second = interval(Duration::from_secs(1));
    every_second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let blocks = stream::unfold((every_second, 0_u64), |(mut every_second, number)| async move {
        every_second.tick().await;
        let time = httpdate::fmt_http_date(SystemTime::now());
        let ping = json!({ "time": time }).to_string();
        let mut block = String::new();
        let written = Frame::new().with_event_type("ping").with_data(&ping).encode_to(&mut block).and_then(|()| {
            if number % 5 == 2 {
                Frame::new().with_data(&format!("This is a message at {time}")).encode_to(&mut block)?;
            }
            Ok(block)
        });
        Some((written, (every_second, number + 1)))
    });
    event_stream(Body::from_stream(blocks))
}

/// For pages of any origin, without credentials.
fn event_stream(body: impl Into<Body>) -> impl IntoResponse {
    let headers =
        [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (headers, body.into())
}
