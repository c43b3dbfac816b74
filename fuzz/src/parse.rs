//! Any bytes, any cuts, any limit: equal to the standard's algorithm.

use arbitrary::{Arbitrary, Unstructured};
use ssekit::{Chunk, Event, Item, LimitExceeded, Parser};

use crate::front_ends::{FRONT_ENDS, Run};
use crate::limited::{self, Limited};
use crate::standard::{self, Dispatched, Outcome};
use crate::stream::{SHAPE, Shape};
use crate::{dispatched, pick};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    shape: Shape,
    limit: u16,
    /// Which method parses which chunk.
    methods: [u8; 4],
    last_event_id: u8,
    stream: &'a [u8],
}

/// What stands before the stream in an input.
pub const HEAD: usize = SHAPE + 7;

/// Runs an input.
///
/// # Panics
///
/// If a rule is broken.
pub fn run(input: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(input)) else { return };
    let stream = input.shape.with_runs(input.stream);
    let last_event_id = pick(&["", "7", "\u{20AC}"], input.last_event_id);
    let expected = standard::interpret(&stream, last_event_id);
    let chunks = input.shape.chunks(&stream);

    // Without a limit it is the standard's algorithm, by every way in.
    for (name, front_end) in FRONT_ENDS {
        let (outcome, exceeded) = front_end(&chunks, parser(last_event_id));
        assert_eq!((&outcome, exceeded), (&expected, 0), "{name}");
    }
    assert_eq!(front_end_of(input.methods[0])(&[&stream], parser(last_event_id)), (expected.clone(), 0), "whole");
    assert_eq!(any_methods(&chunks, &input, parser(last_event_id)), expected, "by one method after the other");

    // The model of the limit is that algorithm too, where there is none...
    let model = limited::interpret(&stream, last_event_id, usize::MAX, true);
    assert_eq!((&model.outcome, model.exceeded), (&expected, 0), "the models agree");
    assert_eq!(model.comments, standard::comments(&stream), "on comments too");
    assert_eq!(items(&chunks, parser(last_event_id).with_limit(usize::MAX)), model);

    // ... and with one it is what the parser does.
    let limit = input.limit.into();
    for comments in [false, true] {
        let model = limited::interpret(&stream, last_event_id, limit, comments);
        for chunks in [&chunks[..], &[&stream]] {
            let parser = parser(last_event_id).with_limit(limit);
            let limited = if comments { items(chunks, parser) } else { events(chunks, parser) };
            assert_eq!(limited, model, "limit {limit}, comments {comments}");
        }
    }
}

fn parser(last_event_id: &str) -> Parser {
    Parser::new().with_last_event_id(last_event_id)
}

fn front_end_of(by: u8) -> fn(&[&[u8]], Parser) -> Run {
    pick(&FRONT_ENDS, by).1
}

/// Each chunk by another method; then the same stream once more, as that of another connection.
fn any_methods(chunks: &[&[u8]], input: &Input<'_>, mut parser: Parser) -> Outcome {
    let by_methods = |parser: &mut Parser| {
        let mut events = Vec::new();
        for (bytes, method) in chunks.iter().zip(input.methods.iter().cycle()) {
            by_method(bytes, *method, parser, &mut events);
        }
        let (last_event_id, reconnection_time) = (parser.last_event_id().to_owned(), reconnection_time(parser));
        Outcome { events, last_event_id, reconnection_time }
    };
    let first = by_methods(&mut parser);
    parser.reset();
    assert_eq!((parser.buffered(), parser.last_event_id()), (0, &*first.last_event_id), "it outlives the connection");
    let again = standard::interpret(&chunks.concat(), &first.last_event_id);
    assert_eq!(by_methods(&mut parser), again, "as a stream of its own");
    first
}

fn by_method(mut bytes: &[u8], method: u8, parser: &mut Parser, events: &mut Vec<Dispatched>) {
    let mut chunk = Chunk::new(bytes);
    loop {
        let event = match method % 6 {
            0 => parser.parse(&mut bytes).unwrap().map(|event| Some(event.into_owned())),
            1 => parser.parse_owned(&mut bytes).unwrap().map(Some),
            2 => parser.parse_item(&mut bytes).unwrap().map(event_of),
            3 => parser.parse(&mut chunk).unwrap().map(|event| Some(event.into_owned())),
            4 => parser.parse_owned(&mut chunk).unwrap().map(Some),
            _ => parser.parse_item(&mut chunk).unwrap().map(event_of),
        };
        match event {
            Some(event) => events.extend(event.as_ref().map(dispatched)),
            None => break,
        }
    }
    assert!(bytes.is_empty() || chunk.rest().is_empty());
}

fn event_of(item: Item<'_>) -> Option<Event> {
    if let Item::Event(event) = item { Some(event.into_owned()) } else { None }
}

fn events(chunks: &[&[u8]], parser: Parser) -> Limited {
    limited(chunks, parser, |parser, bytes, limited| {
        let event = parser.parse(bytes)?.map(ssekit::EventRef::into_owned);
        limited.outcome.events.extend(event.as_ref().map(dispatched));
        Ok(event.is_some())
    })
}

fn items(chunks: &[&[u8]], parser: Parser) -> Limited {
    limited(chunks, parser, |parser, bytes, limited| {
        let item = parser.parse_item(bytes)?;
        match item {
            Some(Item::Event(event)) => limited.outcome.events.push(dispatched(&event.into_owned())),
            Some(Item::Comment(comment)) => limited.comments.push(comment.to_owned()),
            _ => {}
        }
        Ok(item.is_some())
    })
}

fn limited(
    chunks: &[&[u8]],
    mut parser: Parser,
    mut next: impl FnMut(&mut Parser, &mut &[u8], &mut Limited) -> Result<bool, LimitExceeded>,
) -> Limited {
    let mut limited = Limited::default();
    for mut bytes in chunks.iter().copied() {
        loop {
            match next(&mut parser, &mut bytes, &mut limited) {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) => limited.exceeded += 1,
            }
        }
    }
    parser.last_event_id().clone_into(&mut limited.outcome.last_event_id);
    limited.outcome.reconnection_time = reconnection_time(&parser);
    limited.held = parser.buffered();
    limited
}

fn reconnection_time(parser: &Parser) -> Option<u64> {
    parser.reconnection_time().map(|time| time.as_millis().try_into().unwrap())
}
