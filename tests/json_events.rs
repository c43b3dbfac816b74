//! The stream of events with their JSON: over each source, what goes on and what ends.

mod scripted;

use std::future::ready;

use futures_util::stream::{self, FusedStream};
use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt};
use scripted::{Answer, Part, Script, ok, status, text};
use serde::Deserialize;
use ssekit::{Error, Event, EventSource, EventStream, JsonEvent, JsonEvents, Parser, ReadError, ReadyState, Signal};

#[derive(Debug, Deserialize)]
struct Token {
    text: String,
}

type Chunk = Result<&'static str, &'static str>;

fn events(chunks: Vec<Chunk>) -> EventStream<impl Stream<Item = Chunk> + Unpin> {
    EventStream::new(stream::iter(chunks))
}

/// An event in one line.
fn told(event: &JsonEvent<Token>) -> String {
    let value = match event.value() {
        Ok(token) => token.text.clone(),
        Err(error) => format!("{error:#}"),
    };
    format!("{} #{} {value}", event.event_type(), event.last_event_id())
}

#[test]
fn a_value_and_what_is_known_of_its_event() {
    let mut tokens = JsonEvents::<_, Token>::new(events(vec![Ok("event: t\nid: 7\ndata: {\"text\":\"a\"}\n\n")]));
    let event = tokens.next().now_or_never().unwrap().unwrap().unwrap();
    assert_eq!(told(&event), "t #7 a");
    assert_eq!(event.data(), "{\"text\":\"a\"}");
    assert_eq!(event.event(), &Event::new(event.data()).with_event_type("t").with_last_event_id("7"));
    let (event, value) = event.into_parts();
    assert_eq!((event.event_type(), value.unwrap().text), ("t", "a".to_owned()));
}

#[test]
fn json_that_is_wrong_ends_nothing_and_the_source_is_heard_as_it_is() {
    let source = events(vec![
        Ok("data: {\"text\":\"a\"}\n\nid: 7\ndata: [DONE]\n\n"),
        Ok(
            "data: {}\n\ndata: \"much too long for the limit of this parser, which is not the longest one there is\"\n\n",
        ),
        Ok("data: {\"text\":\"b\"}\n\n"),
        Err("reset"),
        Ok("data: {\"text\":\"c\"}\n\n"),
    ]);
    let mut tokens = JsonEvents::<_, Token>::new(source.with_parser(Parser::new().with_limit(64)));
    let mut all = Vec::new();
    while let Some(item) = tokens.next().now_or_never().expect("nothing here waits") {
        all.push(match item {
            Ok(event) => told(&event),
            Err(ReadError::Source(error)) => format!("source: {error}"),
            Err(error) => error.to_string(),
        });
        assert_eq!(tokens.is_terminated(), tokens.get_ref().is_terminated());
    }
    assert_eq!(
        all,
        [
            "message # a",
            "message #7 data of event \"message\" with last event ID \"7\" is not JSON at line 1 column 2: expected value",
            "message #7 data of event \"message\" with last event ID \"7\" does not fit its type at line 1 column 2: \
             missing field `text`",
            "unfinished event or comment exceeds the limit of 64 bytes",
            "message #7 b",
            "source: reset",
        ]
    );
    assert!(tokens.is_terminated());
    assert!(tokens.next().now_or_never().unwrap().is_none());
    assert_eq!(tokens.get_mut().parser().last_event_id(), "7");
    assert_eq!(tokens.into_inner().into_inner().count().now_or_never(), Some(1), "nothing was read ahead");
}

#[test]
fn it_waits_as_its_source_does() {
    let source = stream::iter([Ok::<_, &str>("data: {\"text\":\"a\"}\n\ndata: {")]).chain(stream::pending());
    let mut tokens = JsonEvents::<_, Token>::new(EventStream::new(source));
    assert_eq!(tokens.next().now_or_never().unwrap().unwrap().unwrap().into_value().unwrap().text, "a");
    assert!(tokens.next().now_or_never().is_none());
    assert!(!tokens.is_terminated());
}

#[test]
fn combinators_may_stand_below() {
    let source = events(vec![Ok("data: {\"text\":\"a\"}\n\ndata: [DONE]\n\ndata: {\"text\":\"b\"}\n\n")]);
    let until_done = source.take_while(|event| ready(event.as_ref().map_or(true, |event| event.data() != "[DONE]")));
    let tokens = JsonEvents::<_, Token>::new(until_done);
    let texts = tokens.map(|event| event.unwrap().into_value().unwrap().text).collect::<Vec<_>>();
    assert_eq!(texts.now_or_never().unwrap(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn over_an_event_source_only_its_events_are_seen() {
    let script = Script::new([
        Answer::refused(),
        ok([text(": hi\nid: 1\ndata: {\"text\":\"a\"}\n\ndata: x\n\ndata: {\"text\":\"cut"), Part::broken()]),
        ok([text("event: t\ndata: {\"text\":\"b\"}\n\n")]),
        status(204),
    ]);
    let source = script.client().source("http://example.com/feed").comments(true).build().unwrap();
    let mut tokens = JsonEvents::<_, Token>::new(source);
    let mut all = Vec::new();
    while let Some(event) = tokens.try_next().await.unwrap() {
        all.push(told(&event));
        assert_eq!(event.event().origin(), "http://example.com");
    }
    assert_eq!(
        all,
        [
            "message #1 a",
            "message #1 data of event \"message\" with last event ID \"1\" is not JSON at line 1 column 1: expected value",
            "t #1 b",
        ]
    );
    assert!(tokens.is_terminated());
    assert_eq!(script.requests().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_failure_of_an_event_source_is_handed_on() {
    let script = Script::new([ok([text("data: {\"text\":\"a\"}\n\n")]), status(404)]);
    let mut tokens = JsonEvents::<_, Token>::new(script.source());
    assert_eq!(told(&tokens.try_next().await.unwrap().unwrap()), "message # a");
    let error: Error = tokens.try_next().await.unwrap_err();
    assert!(error.is_status());
    assert!(tokens.is_terminated());
    assert!(tokens.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_event_source_that_knows_its_end_keeps_it_to_itself() {
    let script = Script::new([ok([text("data: {\"text\":\"a\"}\n\ndata: [DONE]\n\n"), Part::hang()])]);
    let source = script.client().source("http://example.com/").end_on_data("[DONE]").build().unwrap();
    let mut tokens = JsonEvents::<_, Token>::new(source);
    assert_eq!(told(&tokens.try_next().await.unwrap().unwrap()), "message # a");
    assert!(tokens.try_next().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn the_source_within_can_be_closed_and_taken_back() {
    let script = Script::new([ok([text("data: {\"text\":\"a\"}\n\n"), Part::hang()])]);
    let mut tokens = JsonEvents::<_, Token>::new(script.source());
    assert_eq!(told(&tokens.try_next().await.unwrap().unwrap()), "message # a");
    tokens.get_mut().close();
    assert!(tokens.try_next().await.unwrap().is_none());
    assert_eq!(script.live(), 0);
    let source: EventSource = tokens.into_inner();
    assert_eq!(source.ready_state(), ReadyState::Closed);
}

#[test]
fn signals_without_an_event_do_not_keep_the_task() {
    let comments = stream::repeat_with(|| Ok::<_, Error>(Signal::Comment(String::new())));
    let event = stream::iter([Ok(Signal::Message(Event::new("{\"text\":\"a\"}")))]);
    let mut tokens = JsonEvents::<_, Token>::new(comments.take(1000).chain(event));
    let mut polls = 1;
    let event = loop {
        match tokens.next().now_or_never() {
            Some(event) => break event.unwrap().unwrap(),
            None => polls += 1,
        }
    };
    assert_eq!(told(&event), "message # a");
    assert!(polls > 10, "{polls}");
}
