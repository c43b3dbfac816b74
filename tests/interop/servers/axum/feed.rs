//! The feed of `tests/interop/run` as axum's `Sse` serves it, keep-alives included.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HeaderMap};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, Stream, StreamExt};
use tokio::time::sleep;

pub const LAST: u32 = 12;
/// As many as there are in one response.
pub const EACH: u32 = 5;

pub fn app() -> Router {
    Router::new().route("/feed", get(feed))
}

async fn feed(headers: HeaderMap) -> Response {
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or(0);
    let keep_alive = KeepAlive::new().interval(Duration::from_millis(200)).text("still there");
    ([(ACCESS_CONTROL_ALLOW_ORIGIN, "*")], Sse::new(behind(seen)).keep_alive(keep_alive)).into_response()
}

fn behind(seen: u32) -> impl Stream<Item = Result<Event, Infallible>> {
    let numbers = stream::iter(seen + 1..=LAST.min(seen + EACH)).then(async |number| {
        sleep(Duration::from_millis(20)).await;
        Ok(event(number))
    });
    // Whoever has them all is held, and told nothing but that it is.
    let silence = if seen + EACH < LAST { stream::empty().left_stream() } else { stream::pending().right_stream() };
    numbers.chain(silence)
}

fn event(number: u32) -> Event {
    let second_line = if number % 2 == 0 { "\nan even one" } else { "" };
    let event = Event::default().id(number.to_string()).data(format!("number {number} ✓{second_line}"));
    let event = if number % 3 == 0 { event.event("third") } else { event };
    if number % EACH == 1 { event.retry(Duration::from_millis(200)) } else { event }
}
