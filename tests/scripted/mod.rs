//! What goes with a transport that follows a script: no socket, and time only as tokio's clock has it.

#![allow(dead_code, unused_imports, reason = "each test file that includes this uses a part of it")]

// The source of `ssekit::test_util`: tests run without that feature too, and could not switch it on by themselves.
#[path = "../../src/client/test_util/mod.rs"]
mod test_util;

use ssekit::{Client, Error, EventSource, Signal, transport};

pub use self::test_util::{Answer, Part, Request, Script};

/// An event stream.
pub fn ok(parts: impl IntoIterator<Item = Part>) -> Answer {
    Answer::stream(parts)
}

/// An event stream with another status, and nothing in it.
pub fn status(status: u16) -> Answer {
    Answer::status(status).with_header("content-type", "text/event-stream")
}

/// A redirect to there.
pub fn redirect(status: u16, location: &str) -> Answer {
    Answer::status(status).with_header("location", location)
}

pub fn text(text: &str) -> Part {
    Part::text(text)
}

impl Script {
    pub fn source(&self) -> EventSource {
        self.client().get("http://example.com/feed").unwrap()
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
