//! The feeds of the example server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER,
};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::stream;
use serde_json::{Value, json};
use ssekit::{EncodeError, Frame};
use tokio::net::TcpListener;
use tokio::time::{MissedTickBehavior, interval};

/// One named event, an id and a reconnection time, and then the end: a client has to come back for each event.
pub const YEAR: &str = "/year";
/// A ping every second, and now and then a message without a name.
pub const PING: &str = "/ping";
/// A number every tenth of a second, for ever; whoever comes back gets those behind its last event.
pub const COUNT: &str = "/count";
/// The answer to a question that was posted, token by token, for whoever has the [`TOKEN`].
pub const CHAT: &str = "/chat";
/// Overloaded at the first two requests, well at the third, forbidden at the fourth; then from the start.
pub const MOODY: &str = "/moody";

/// The bearer token that `/chat` takes.
pub const TOKEN: &str = "open-sesame";

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
        let app = Router::new()
            .route("/", get(year))
            .route(YEAR, get(year))
            .route(PING, get(ping))
            .route(COUNT, get(count))
            .route(CHAT, post(chat))
            .route(MOODY, get(moody));
        axum::serve(self.listener, app).await
    }
}

/// Written by hand, as tutorials have it: without spaces behind the colons.
///
/// One counter goes up with each request, whoever makes it, and always beyond the event that the client saw last.
async fn year(headers: HeaderMap) -> impl IntoResponse {
    static LAST: AtomicU32 = AtomicU32::new(0);
    LAST.fetch_max(last_event_id(&headers), Ordering::Relaxed);
    let last = u64::from(LAST.fetch_add(1, Ordering::Relaxed));
    let (year, id) = (1970 + last, 1 + last);
    event_stream(format!(":one event per request\nevent:testEvent1\ndata:{{\"year\":{year}}}\nid:{id}\nretry:3000\n\n"))
}

async fn ping() -> impl IntoResponse {
    let blocks = (0_u64..).map(|number| {
        let time = httpdate::fmt_http_date(SystemTime::now());
        let ping = json!({ "time": time }).to_string();
        let mut block = Frame::new().with_event_type("ping").with_data(&ping).encode()?;
        if number % 5 == 2 {
            Frame::new().with_data(&format!("This is a message at {time}")).encode_to(&mut block)?;
        }
        Ok(block)
    });
    every(Duration::from_secs(1), blocks)
}

async fn count(headers: HeaderMap) -> impl IntoResponse {
    let blocks = (last_event_id(&headers)..=u32::MAX).skip(1).map(|number| {
        let number = number.to_string();
        Frame::new().with_id(&number).with_data(&number).encode()
    });
    every(Duration::from_millis(100), blocks)
}

async fn chat(headers: HeaderMap, body: Bytes) -> Response {
    let authorization = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    if authorization != Some(format!("Bearer {TOKEN}").as_bytes()) {
        return refusal(StatusCode::UNAUTHORIZED, "the token is missing or wrong");
    }
    let request = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let Some(question) = request["messages"][0]["content"].as_str() else {
        return refusal(StatusCode::BAD_REQUEST, "there is no message");
    };
    let answer = format!("You asked: {question} I answer with what you said, a few letters at a time.");
    let letters: Vec<char> = answer.chars().collect();
    let tokens: Vec<String> = letters.chunks(3).map(String::from_iter).collect();
    let events = tokens.into_iter().map(|token| json!({ "choices": [{ "delta": { "content": token } }] }).to_string());
    let blocks = events.chain(["[DONE]".into()]).map(|data| Frame::new().with_data(&data).encode());
    every(Duration::from_millis(20), blocks).into_response()
}

async fn moody() -> Response {
    static REQUESTS: AtomicU32 = AtomicU32::new(0);
    match REQUESTS.fetch_add(1, Ordering::Relaxed) % 4 {
        0 | 1 => ([(RETRY_AFTER, "1")], refusal(StatusCode::SERVICE_UNAVAILABLE, "too much to do")).into_response(),
        2 => event_stream("id: 1\ndata: well again\n\nid: 2\ndata: for a while\n\n").into_response(),
        _ => refusal(StatusCode::UNAUTHORIZED, "that was enough"),
    }
}

/// The number behind which the client wants to go on; 0 is the start.
fn last_event_id(headers: &HeaderMap) -> u32 {
    headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or(0)
}

/// A stream of these blocks, one each so often and the first at once.
fn every<B>(period: Duration, blocks: B) -> impl IntoResponse
where
    B: Iterator<Item = Result<String, EncodeError>> + Send + 'static,
{
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let blocks = stream::unfold((interval, blocks), |(mut interval, mut blocks)| async move {
        interval.tick().await;
        Some((blocks.next()?, (interval, blocks)))
    });
    event_stream(Body::from_stream(blocks))
}

/// For pages of any origin, without credentials.
fn event_stream(body: impl Into<Body>) -> impl IntoResponse {
    let headers =
        [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (headers, body.into())
}

fn refusal(status: StatusCode, message: &str) -> Response {
    let body = json!({ "error": { "message": message } }).to_string();
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}
