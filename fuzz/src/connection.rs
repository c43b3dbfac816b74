//! Random sequences of operations on a connection, beside a literal model of the readyState machine.
//!
//! CLOSED is final, there is one wait or one request at a time, no event comes unless it is OPEN, what is late does nothing,
//! and delays lie where the policy has them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use ssekit::retry::{Backoff, Policy};
use ssekit::{Connection, Event, EventRef, Item, LastEventIdNotSent, LimitExceeded, ReadyState, Step};

use crate::limited::{self, Limited};
use crate::{dispatched, pick};

mod model;

use self::model::{Model, State};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    knobs: Knobs,
    operations: [Operation; 24],
    /// What bodies are cut off.
    stream: &'a [u8],
}

#[derive(Arbitrary, Clone, Copy, Debug)]
struct Knobs {
    seed: u8,
    times: [u8; 3],
    limit: u8,
    policy: u8,
    backoff: [u8; 4],
    healthy_after: u8,
    max_retry_after: u8,
    last_event_id: u8,
    last_event_id_limit: u8,
    switches: u8,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
struct Operation {
    kind: u8,
    a: u8,
    b: u8,
}

/// What stands before the operations in an input.
pub const KNOBS: usize = 15;
/// What stands before the stream.
pub const HEAD: usize = KNOBS + 24 * 3;

/// Times to choose from, in milliseconds.
const TIMES: [u64; 12] = [3000, 0, 1, 100, 999, 10_000, 60_000, 3_600_000, 86_400_000, 86_400_001, 1 << 40, u64::MAX];

/// Values of `Content-Type`, and whether that is an event stream.
const CONTENT_TYPES: [(&[&str], bool); 10] = [
    (&["text/event-stream"], true),
    (&["Text/Event-Stream ; charset=latin1"], true),
    (&["text/html", "text/event-stream"], true),
    (&["text/event-stream, */*"], true),
    (&["text/event-stream;a=\", text/html\""], true),
    (&["text/html"], false),
    (&["text/event-stream", "text/html"], false),
    (&["text/event-streaming"], false),
    (&[""], false),
    (&[], false),
];

const STATUSES: [u16; 10] = [200, 204, 200, 201, 301, 404, 429, 500, 503, 504];

/// Runs an input.
///
/// # Panics
///
/// If a rule is broken.
pub fn run(input: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(input)) else { return };
    let knobs = input.knobs;
    let asked = Arc::new(Mutex::new(None));
    let (mut model, policy) = Model::new(knobs, &asked);
    let mut connection = Connection::new(knobs.seed.into())
        .with_retry_policy(policy)
        .with_reconnection_time(model.initial)
        .with_min_reconnection_time(model.min)
        .with_max_reconnection_time(model.max)
        .with_limit(model.limit)
        .with_fail_on_limit(model.fail_on_limit)
        .with_missing_content_type(model.missing_content_type)
        .with_healthy_after(model.healthy_after)
        .with_max_retry_after(model.max_retry_after)
        .with_last_event_id(model.last_event_id.clone())
        .with_last_event_id_limit(model.last_event_id_limit);
    model.check(&connection);

    let mut stream = input.stream;
    for operation in input.operations {
        let Operation { kind, a, b } = operation;
        let before = connection.step();
        match kind % 16 {
            0..=2 => respond(&mut connection, &mut model, 200, CONTENT_TYPES[0]),
            3 => respond(&mut connection, &mut model, pick(&STATUSES, a), pick(&CONTENT_TYPES, b)),
            4 => {
                let time = time(a);
                connection.handle_retry_after(time);
                model.handle_retry_after(time);
            }
            5 | 6 => {
                connection.handle_lost();
                model.handle_lost(connection.step());
            }
            8 | 9 => {
                connection.handle_elapsed();
                model.handle_elapsed();
            }
            10 => {
                connection.handle_reconnect();
                model.handle_reconnect();
            }
            11 if a == 0 => {
                let news = connection.handle_failure();
                assert_eq!(news, model.state != State::Closed, "one failure to tell");
                model.state = State::Closed;
            }
            12 if a == 0 => {
                connection.close();
                model.state = State::Closed;
            }
            7 | 11 => {
                let time = time(a);
                connection.handle_time(time);
                model.handle_time(time);
            }
            _ => {
                let (body, rest) = stream.split_at(stream.len().min(a.into()));
                stream = rest;
                let calls = if b == 0 { usize::MAX } else { b.into() };
                read(&mut connection, &mut model, body, calls, knobs.switches >> 6);
            }
        }
        if before == Step::Stop {
            assert_eq!(connection.step(), Step::Stop, "CLOSED is final");
        }
        model.check(&connection);
        model.check_asked(&asked);
    }
}

fn time(by: u8) -> Duration {
    Duration::from_millis(pick(&TIMES, by))
}

fn respond(connection: &mut Connection, model: &mut Model, status: u16, (content_type, is_stream): (&[&str], bool)) {
    let is_stream = is_stream || (content_type.is_empty() && model.missing_content_type);
    let answer = connection.handle_response(status, content_type);
    let fits = model.state == State::Connecting;
    let is_refused = fits && !(status == 204 || status == 200 && is_stream);
    assert_eq!(answer.is_err(), is_refused, "{answer:?}");
    if fits {
        model.handle_response(status, is_refused, connection.step());
    }
}

/// Hands over a body, and asks for what is in it, or for the first of that: the rest is then dropped, as if it had not come.
///
/// But not behind a CR: what came after it was looked at, and an LF in its place would be another stream.
fn read(connection: &mut Connection, model: &mut Model, body: &[u8], calls: usize, method: u8) {
    let mut rest = body;
    let is_open = model.state == State::Open;
    for call in 0.. {
        if call >= calls && body[..body.len() - rest.len()].last() != Some(&b'\r') {
            break;
        }
        let length = rest.len();
        let read = match method % 3 {
            0 => connection.handle_bytes(&mut rest).map(|event| event.map(EventRef::into_owned).map(Told::Event)),
            1 => connection.handle_bytes_owned(&mut rest).map(|event| event.map(Told::Event)),
            _ => connection.handle_bytes_item(&mut rest).map(|item| item.map(Told::from)),
        };
        if !is_open || model.state == State::Closed {
            assert!(matches!(read, Ok(None)) && rest.len() == length, "nothing is taken or told unless it is OPEN");
            break;
        }
        model.handle_bytes(&body[body.len() - length..][..length - rest.len()], length > 0);
        match read {
            Ok(Some(Told::Event(event))) => model.told.outcome.events.push(dispatched(&event)),
            Ok(Some(Told::Comment(comment))) => model.told.comments.push(comment),
            Ok(Some(Told::Retry)) => {}
            Err(LimitExceeded { .. }) => {
                model.told.exceeded += 1;
                if model.fail_on_limit {
                    model.state = State::Closed;
                }
            }
            Ok(None) => {
                assert!(rest.is_empty());
                break;
            }
        }
    }
    if is_open {
        model.check_told(method % 3 == 2);
    }
}

enum Told {
    Event(Event),
    Comment(String),
    Retry,
}

impl From<Item<'_>> for Told {
    fn from(item: Item<'_>) -> Self {
        match item {
            Item::Event(event) => Self::Event(event.into_owned()),
            Item::Comment(comment) => Self::Comment(comment.to_owned()),
            _ => Self::Retry,
        }
    }
}
