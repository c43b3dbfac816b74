//! Frames come back as the events that they are.

use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use ssekit::{EncodeError, Event, Frame, Item, Parser};

use crate::front_ends::FRONT_ENDS;
use crate::standard::Dispatched;
use crate::stream::{SHAPE, Shape};
use crate::{pick, standard};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    shape: Shape,
    front_end: u8,
    frames: [Parts; 4],
    /// What the values are cut off.
    text: &'a [u8],
}

/// What a frame has: lengths of values, 255 for none.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Parts {
    comment: u8,
    event_type: u8,
    id: u8,
    data: u8,
    /// How many digits of the number there are, in bits; 0 for none, and more than those of a number for what is no whole
    /// millisecond.
    retry: u8,
    number: u64,
}

/// What stands before the text in an input.
pub const HEAD: usize = SHAPE + 1 + 4 * PARTS;
/// What there is of a frame.
pub const PARTS: usize = 13;

/// Runs an input.
///
/// # Panics
///
/// If a rule is broken.
pub fn run(input: &[u8]) {
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(input)) else { return };
    let mut rest = input.text;
    let mut value = |length: u8| {
        let (value, behind) = rest.split_at(rest.len().min(length.into()));
        rest = behind;
        (length != u8::MAX).then(|| String::from_utf8_lossy(value).into_owned())
    };
    let mut wire = String::new();
    let (mut expected, mut comments, mut retry) = (Vec::new(), Vec::new(), None);
    let mut last_event_id = String::new();
    for parts in input.frames {
        let [comment, event_type, id, data] = [parts.comment, parts.event_type, parts.id, parts.data].map(&mut value);
        let time = match parts.retry {
            0 => None,
            bits @ 1..=64 => Some(Duration::from_millis(parts.number >> (64 - bits))),
            bits => Some(Duration::new(parts.number, u32::from(bits) * 1_000_003)),
        };
        let frame = frame([&comment, &event_type, &id, &data], time);

        let before = wire.len();
        let encoded = frame.encode_to(&mut wire);
        assert_eq!(encoded, allowed(event_type.as_deref(), id.as_deref()));
        assert_eq!(frame.encode().as_deref(), encoded.map(|()| &wire[before..]).as_ref().copied());
        if encoded.is_err() {
            assert_eq!(wire.len(), before, "what was there is as it was");
            continue;
        }
        assert!(wire.ends_with('\n') && !wire.contains('\r'));
        comments.extend(comment.iter().flat_map(|comment| lines(comment)).map(|line| spaced(&line)));
        retry = time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)).or(retry);
        last_event_id = id.unwrap_or(last_event_id);
        expected.extend(data.map(|data| Dispatched {
            event_type: event_type.filter(|name| !name.is_empty()).unwrap_or_else(|| "message".to_owned()),
            data: lines(&data).join("\n"),
            last_event_id: last_event_id.clone(),
        }));
    }

    let chunks = input.shape.chunks(wire.as_bytes());
    let (name, front_end) = pick(&FRONT_ENDS, input.front_end);
    let (outcome, exceeded) = front_end(&chunks, Parser::new());
    assert_eq!((&outcome.events, exceeded), (&expected, 0), "{name}");
    assert_eq!((&outcome.last_event_id, outcome.reconnection_time), (&last_event_id, retry), "{name}");
    assert_eq!(standard::interpret(wire.as_bytes(), ""), outcome);
    assert_eq!(passed_on(&chunks), (expected, comments));
}

fn frame([comment, event_type, id, data]: [&Option<String>; 4], retry: Option<Duration>) -> Frame<'_> {
    let mut frame = Frame::new();
    if let Some(comment) = comment {
        frame = frame.with_comment(comment);
    }
    if let Some(event_type) = event_type {
        frame = frame.with_event_type(event_type);
    }
    if let Some(id) = id {
        frame = frame.with_id(id);
    }
    if let Some(data) = data {
        frame = frame.with_data(data);
    }
    if let Some(retry) = retry {
        frame = frame.with_retry(retry);
    }
    frame
}

/// What cannot be written.
fn allowed(event_type: Option<&str>, id: Option<&str>) -> Result<(), EncodeError> {
    let has = |text: Option<&str>, characters: &[char]| text.unwrap_or_default().contains(characters);
    if has(event_type, &['\n', '\r']) {
        Err(EncodeError::EventTypeLineBreak)
    } else if has(id, &['\n', '\r']) {
        Err(EncodeError::IdLineBreak)
    } else if has(id, &['\0']) {
        Err(EncodeError::IdNul)
    } else {
        Ok(())
    }
}

/// The lines of a text, whatever ends them.
fn lines(text: &str) -> Vec<String> {
    text.replace("\r\n", "\n").replace('\r', "\n").split('\n').map(str::to_owned).collect()
}

/// A comment as it is read: with the space that it is written behind.
fn spaced(line: &str) -> String {
    if line.is_empty() { String::new() } else { format!(" {line}") }
}

/// The events after one more round, as a server passes them on, and the comments.
fn passed_on(chunks: &[&[u8]]) -> (Vec<Dispatched>, Vec<String>) {
    let mut parser = Parser::new();
    let (mut events, mut comments) = (Vec::new(), Vec::new());
    for mut chunk in chunks.iter().copied() {
        while let Some(item) = parser.parse_item(&mut chunk).unwrap() {
            match item {
                Item::Event(event) => events.push(event.into_owned()),
                Item::Comment(comment) => comments.push(comment.to_owned()),
                _ => {}
            }
        }
    }
    let wire: String = events.iter().map(|event: &Event| Frame::from(event).encode().unwrap()).collect();
    let (outcome, _) = FRONT_ENDS[0].1(&[wire.as_bytes()], Parser::new());
    (outcome.events, comments)
}
