//! What a subscriber is told over the life of a source, and what it is never told.

mod scripted;

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use scripted::{Answer, Part, Script, everything, ok, redirect, status, text};
use ssekit::Builder;
use ssekit::retry::{Backoff, Policy};
use ssekit::transport::BoxError;
use tokio::time::sleep;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{DefaultGuard, set_default};
use tracing::{Event, Metadata, Subscriber, info};

/// Notes what it is told, a line each: the number of the span that it is in, the level, the message, the fields.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Notes>>);

#[derive(Default)]
struct Notes {
    lines: Vec<String>,
    spans: u64,
    holders: BTreeMap<u64, usize>,
    entered: Vec<u64>,
}

/// The message, and the fields after it.
#[derive(Default)]
struct Fields(String, String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => write!(self.0, "{value:?}").unwrap(),
            name => write!(self.1, " {name}={value:?}").unwrap(),
        }
    }
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        ["ssekit", "test"].contains(&metadata.target())
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        let mut notes = self.0.lock().unwrap();
        notes.spans += 1;
        let number = notes.spans;
        notes.holders.insert(number, 1);
        notes.lines.push(format!("{number} {} {}{}", span.metadata().level(), span.metadata().name(), fields.1));
        Id::from_u64(number)
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut notes = self.0.lock().unwrap();
        let within = notes.entered.last().map_or("-".to_owned(), ToString::to_string);
        notes.lines.push(format!("{within} {} {}{}", event.metadata().level(), fields.0, fields.1));
    }

    fn enter(&self, span: &Id) {
        self.0.lock().unwrap().entered.push(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        let entered = &mut self.0.lock().unwrap().entered;
        let at = entered.iter().rposition(|entered| *entered == span.into_u64()).unwrap();
        entered.remove(at);
    }

    fn clone_span(&self, id: &Id) -> Id {
        *self.0.lock().unwrap().holders.get_mut(&id.into_u64()).unwrap() += 1;
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let mut notes = self.0.lock().unwrap();
        let holders = notes.holders.get_mut(&id.into_u64()).unwrap();
        *holders -= 1;
        let is_over = *holders == 0;
        if is_over {
            notes.lines.push(format!("{} over", id.into_u64()));
        }
        is_over
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
}

impl Collector {
    fn new() -> (Self, DefaultGuard) {
        let collector = Self::default();
        let guard = set_default(collector.clone());
        (collector, guard)
    }

    /// The lines since the last time, none of which tells a secret.
    fn take(&self) -> Vec<String> {
        let lines = mem::take(&mut self.0.lock().unwrap().lines);
        assert!(lines.iter().all(|line| !line.to_lowercase().contains("secret")), "{lines:#?}");
        lines
    }
}

const FEED: &str = "url=http://a.example/feed";

/// A source that has something to hide wherever that is possible, and waits a second without jitter.
fn builder(script: &Script) -> Builder {
    script
        .client()
        .source("http://secret-user:secret-password@a.example/feed?token=secret#secret")
        .header("authorization", "Bearer secret")
        .header("cookie", "session=secret")
        .reconnection_time(Duration::from_secs(1))
        .retry_policy(Backoff::new().with_factor(1.0).with_jitter(0.0))
}

fn begun(number: u64, attempt: u32, resumes: bool) -> String {
    format!("{number} INFO sse_connection {FEED} attempt={attempt} resumes={resumes}")
}

fn closed(span: &str, reason: &str) -> String {
    format!("{span} INFO closed {FEED} reason={reason:?}")
}

const LOST: &str = "INFO lost error=";
const WAITING: &str = "- DEBUG waiting url=http://a.example/feed delay_ms=1000";

#[tokio::test(start_paused = true)]
async fn a_whole_life() {
    let (collector, _guard) = Collector::new();
    let script = Script::new([
        Answer::refused(),
        redirect(302, "http://secret@b.example/there?secret#secret"),
        ok([text(": secret\n\nevent: secret\nid: secret\ndata: secret\n\n"), Part::pause(Duration::from_secs(1))])
            .with_header("set-cookie", "secret")
            .with_header("x-secret", "secret"),
        ok([text("data: secret\n\n"), Part::broken()]),
        status(204),
    ]);
    everything(&mut builder(&script).comments(true).build().unwrap()).await;
    assert_eq!(
        collector.take(),
        [
            &*begun(1, 1, false),
            &format!("1 {LOST}cannot connect: connection refused kind=Transport delay_ms=1000"),
            "1 over",
            WAITING,
            &begun(2, 2, false),
            "2 INFO open url=http://b.example/there status=200",
            &format!("2 {LOST}response ended kind=EndOfStream delay_ms=1000"),
            "2 over",
            WAITING,
            &begun(3, 3, true),
            "3 INFO open url=http://b.example/there status=200",
            &format!("3 {LOST}connection broke: connection reset kind=Transport delay_ms=1000"),
            "3 over",
            WAITING,
            &begun(4, 4, true),
            &closed("4", "ended"),
            "4 over",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn failures() {
    let (collector, _guard) = Collector::new();
    let failed = |error: &str| {
        let closed = format!("1 WARN closed {FEED} reason=\"failed\" error={error}");
        [begun(1, 1, false), closed, "1 over".to_owned()]
    };
    let parts = vec![Part::text("secret"), Part::pause(Duration::from_secs(1))];
    let refusal = Answer::response(403, parts).with_header("www-authenticate", "secret");
    everything(&mut builder(&Script::new([refusal])).build().unwrap()).await;
    assert_eq!(collector.take(), failed("response has status 403, not 200 kind=Status"));

    let (collector, _guard) = Collector::new();
    let mut source = builder(&Script::new([Answer::refused()])).retry_policy(Policy::never()).build().unwrap();
    everything(&mut source).await;
    assert_eq!(collector.take(), failed("cannot connect (given up by the policy): connection refused kind=Transport"));

    // Whoever waits for the first opening asks no policy.
    let (collector, _guard) = Collector::new();
    let mut source = builder(&Script::new([Answer::refused()])).build().unwrap();
    assert!(source.opened().await.is_err_and(|error| !error.will_retry() && !error.is_given_up()));
    assert_eq!(collector.take(), failed("cannot connect: connection refused kind=Transport"));
}

#[tokio::test(start_paused = true)]
async fn each_way_to_close() {
    // While it is open, and while it waits.
    for (attempt, told, span) in [
        (ok([Part::hang()]), "1 INFO open url=http://a.example/feed status=200".to_owned(), "1"),
        (Answer::refused(), format!("1 {LOST}cannot connect: connection refused kind=Transport delay_ms=1000"), "-"),
    ] {
        let mut attempt = Some(attempt);
        let script = Script::answering(move |_| attempt.take().unwrap());
        let (collector, _guard) = Collector::new();
        let mut source = builder(&script).build().unwrap();
        source.signal().await.unwrap();
        source.close();
        drop(source);
        let closed = closed(span, "closed");
        let expected = match span {
            "1" => vec![begun(1, 1, false), told, closed, "1 over".to_owned()],
            _ => vec![begun(1, 1, false), told, "1 over".to_owned(), closed],
        };
        assert_eq!(collector.take(), expected, "once");
    }

    let (collector, _guard) = Collector::new();
    drop(builder(&Script::new([])).build());
    assert_eq!(collector.take(), [closed("-", "closed")]);

    let cancelled = sleep(Duration::from_secs(2));
    let script = Script::new([Answer::silent()]);
    assert!(builder(&script).cancel_on(cancelled).build().unwrap().message().await.is_err_and(|e| e.is_cancelled()));
    assert_eq!(collector.take(), [&*begun(1, 1, false), &closed("1", "cancelled"), "1 over"]);

    let script = Script::new([ok([text("data: secret\n\n")])]);
    everything(&mut builder(&script).end_on_data("secret").build().unwrap()).await;
    assert_eq!(collector.take()[2..], [&*closed("2", "ended"), "2 over"]);
    let script = Script::new([ok([text("event: secret\ndata: secret\n\n")])]);
    everything(&mut builder(&script).end_on_event_type("secret").build().unwrap()).await;
    assert_eq!(collector.take()[2..], [&*closed("3", "ended"), "3 over"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_lost_for_good() {
    let (collector, _guard) = Collector::new();
    let stream = || ok([text("id: secret\u{1}\ndata: secret\n\ndata: secret and more than that\n\n")]);
    let script = Script::new([stream(), status(204)]);
    everything(&mut builder(&script).limit(20).build().unwrap()).await;
    assert_eq!(
        collector.take()[2..],
        [
            "1 WARN limit exceeded limit=20",
            &format!("1 {LOST}response ended kind=EndOfStream delay_ms=1000"),
            "1 over",
            WAITING,
            &format!("- WARN last event ID not sent {FEED} reason=ControlCharacter"),
            &begun(2, 2, false),
            &closed("2", "ended"),
            "2 over",
        ]
    );

    everything(&mut builder(&Script::new([stream()])).limit(20).fail_on_limit(true).build().unwrap()).await;
    let error = "unfinished event or comment exceeds the limit of 20 bytes kind=Limit";
    assert_eq!(collector.take()[2..], [&*format!("3 WARN closed {FEED} reason=\"failed\" error={error}"), "3 over"]);
}

#[tokio::test(start_paused = true)]
async fn another_connection_is_another_span() {
    let (collector, _guard) = Collector::new();
    let script = Script::new([ok([Part::hang()]), Answer::silent(), status(204)]);
    let mut source = builder(&script).build().unwrap();
    let handle = source.handle();
    source.opened().await.unwrap();
    handle.reconnect_now();
    source.signal().await.unwrap();
    assert!(source.signal().now_or_never().is_none());
    handle.reconnect_from("secret\u{1}").unwrap();
    everything(&mut source).await;
    assert_eq!(
        collector.take()[1..],
        [
            "1 INFO open url=http://a.example/feed status=200",
            &format!("1 {LOST}another connection was asked for kind=Requested delay_ms=0"),
            "1 over",
            &begun(2, 2, false),
            &format!("2 DEBUG given up {FEED}"),
            "2 over",
            &format!("- WARN last event ID not sent {FEED} reason=ControlCharacter"),
            &begun(3, 3, false),
            &closed("3", "ended"),
            "3 over",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_span_is_entered_for_what_is_its_own_alone() {
    let (collector, _guard) = Collector::new();
    let hook = |attempt| async move {
        sleep(Duration::from_secs(2)).await;
        info!(target: "test", "hook");
        Ok::<_, BoxError>(attempt)
    };
    let script = Script::new([ok([Part::pause(Duration::from_secs(2)), text("data: secret\n\n"), Part::hang()])]);
    let mut source = builder(&script).before_attempt(hook).build().unwrap();
    source.on_message(|_| info!(target: "test", "listener"));
    let elsewhere = tokio::spawn(async {
        for _ in 0..2 {
            sleep(Duration::from_millis(1500)).await;
            info!(target: "test", "elsewhere");
        }
    });
    let message = source.message().await;
    info!(target: "test", "after");
    message.unwrap().unwrap();
    elsewhere.await.unwrap();
    let expected = [
        &*begun(1, 1, false),
        "- INFO elsewhere",
        "1 INFO hook",
        "1 INFO open url=http://a.example/feed status=200",
        "- INFO elsewhere",
        "- INFO listener",
        "- INFO after",
    ];
    assert_eq!(collector.take(), expected);
}
